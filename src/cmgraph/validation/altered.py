"""Literals that the store changes: Oxigraph normalizes numbers and dates, and gives all integers one datatype."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import XSD, Term
from cmgraph.validation.shapes import Shapes, constraints


@dataclass(frozen=True)
class Altered:
    """The properties whose literals the store holds in another form than the data.

    :ivar how: for each of ``retyped``, ``respelled`` and ``merged``, the IRIs of the properties.
    :ivar spelled: the literals of the data, by subject, property and the literal that the store holds.
    """

    how: Mapping[str, set[str]] = field(default_factory=dict)
    spelled: Mapping[tuple[Term, Term | None, Term | None], Literal] = field(default_factory=dict)

    @classmethod
    def from_files(cls, files: Sequence[RdfFile]) -> Altered:
        """Find the literals in the data that Oxigraph changes."""
        types = {XSD + kind for section in ("retyped", "respelled") for kind in constraints()[section]}
        literals = {
            literal
            for file in files
            for triple in file.triples
            if type(literal := triple.object) is Literal and literal.datatype.value in types
        }
        forms = {literal: form for literal, form in _as_stored(filterfalse(_is_plain, literals)) if literal != form}
        how: dict[str, set[str]] = defaultdict(set)
        spelled: dict[tuple[Term, Term | None, Term | None], Literal] = {}
        if not forms:
            return cls()
        for s, p, literal in (triple for file in files for triple in file.triples):
            if not isinstance(literal, Literal) or isinstance(s, Triple):
                continue
            form = forms.get(literal, literal)
            if literal != form:
                how["respelled"].add(p.value)
            if literal.datatype != form.datatype:
                how["retyped"].add(p.value)
            if spelled.setdefault((s, p, form), literal) != literal:
                how["merged"].add(p.value)
        return cls(how, spelled)

    def reason(self, root: Term, shapes: Shapes) -> str:
        """Return why a shape cannot be checked in the store; empty if it can."""
        targets = [term for term in shapes.values(root, "targetNode") if isinstance(term, Literal)]
        if respelled := [str(literal) for literal, form in _as_stored(targets) if literal != form]:
            return f"the target {respelled[0]}, which the store spells or types its own way"
        if not any(self.how.values()):
            return ""
        parts = list(shapes.within(root))
        constraint_names = {c for part in parts for c in shapes.constraints(part)}
        named = {
            iri
            for part in parts
            for name in ("path", "targetObjectsOf", "equals", "disjoint")
            for step in shapes.values(part, name)
            for iri in shapes.properties(step)
        }
        for how, sensitive in constraints()["altered"].items():
            if (at := sorted(named & self.how.get(how, set()))) and (hit := sorted(constraint_names & set(sensitive))):
                return f"sh:{hit[0]} with literals of <{at[0]}> that the store spells or types its own way"
        return ""


def _is_plain(literal: Literal) -> bool:
    """Return whether a literal is certainly unchanged: most are, and trying takes time."""
    return literal.datatype.value in _PLAIN_TYPES and _PLAIN.fullmatch(literal.value) is not None


_PLAIN = re.compile(r"0|-?[1-9][0-9]{0,17}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_PLAIN_TYPES = {XSD + kind for kind in ("date", "decimal", "gYear", "gYearMonth", "integer")}


def _as_stored(literals: Iterable[Literal]) -> Iterable[tuple[Literal, Literal]]:
    """Yield each literal with the form in which Oxigraph stores it."""
    listed = list(literals)
    if not listed:
        return
    store = Store()
    about = NamedNode("x:n")
    store.bulk_extend(Quad(NamedNode(f"x:{n}"), about, literal, DefaultGraph()) for n, literal in enumerate(listed))
    for quad in store:
        assert isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
        yield listed[int(quad.subject.value[2:])], quad.object
