"""Shapes of SHACL turned into queries, each asked once of the whole graph wherever it lives."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations, count, pairwise
from string import Template
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.names import sparql
from cmgraph.store import Store
from cmgraph.terms import RDF_TYPE, XSD, Term
from cmgraph.tokens import Token, tokens

SH = "http://www.w3.org/ns/shacl#"
_RDF = RDF_TYPE.value.removesuffix("type")
_TARGETS = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
_SAID = (*_TARGETS, "path", "message", "severity", "deactivated", "flags", "qualifiedValueShape", "name", "description")
_CLASS = NamedNode("http://www.w3.org/2000/01/rdf-schema#Class")
_PATHS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


class Breach(NamedTuple):
    """One result of validation: how bad, by which constraint of which shape, at which node, path and value."""

    severity: str
    constraint: str
    shape: NamedNode
    focus: Term
    path: Term | None
    value: Term | None


@cache
def _constraints() -> dict[str, Any]:
    import yaml

    text = (files("cmgraph") / "sparql/constraints.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


class Shapes:
    """The shapes in some statements.

    :param triples: statements of SHACL; a shape with a target has an IRI.
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._says: dict[Term, dict[str, list[Term]]] = {}
        for s, p, o in triples:
            assert not isinstance(s, Triple) and not isinstance(o, Triple)
            self._says.setdefault(s, {}).setdefault(p.value.removeprefix(SH), []).append(o)
        self._below: Mapping[str, set[str]] = {}
        self._fresh = count()

    def breaches(self, store: Store, prefixes: Mapping[str, str]) -> Iterator[Breach]:
        """Ask ``store`` for whatever breaks a shape.

        :raises CmgraphError: if a shape says what this does not know; the reference validator may.
        """
        below: dict[str, set[str]] = defaultdict(set)
        for narrow, wide in store.select(sparql("superclasses"), {})[1]:
            if isinstance(narrow, NamedNode) and isinstance(wide, NamedNode):
                below[wide.value].add(narrow.value)
        self._below = below
        if components := [says for says in self._says.values() if "parameter" in says]:
            hint = "Check with --engine reference."
            raise CmgraphError(f"{len(components)} constraints of the shapes' own are not known here", hint=hint)
        known = {**prefixes, **self._prefixes()}
        off = Literal("true", datatype=NamedNode(XSD + "boolean"))
        for shape in sorted(self._says, key=str):
            target = self._target(shape)
            if not target or off in self._says[shape].get("deactivated", ()):
                continue
            if not isinstance(shape, NamedNode):
                raise CmgraphError("a shape without an id", hint="Give every shape with a target an IRI.")
            severity = self._one(shape, "severity")
            said = severity.value.removeprefix(SH).lower() if isinstance(severity, NamedNode) else "violation"
            path = self._one(shape, "path")
            for constraint, query in self._queries(shape, target):
                for row in map(dict, _rows(store, query, known, f"{shape.value} ({constraint})")):
                    value = row.get("value", row["this"] if constraint == "sparql" and not path else None)
                    yield Breach(said, constraint, shape, row["this"], row.get("path") or path, value)

    def _queries(self, shape: Term, target: str) -> Iterator[tuple[str, str]]:
        """Yield the name of each constraint of a shape with the query for what breaks it among the target's nodes."""
        for constraint in self._says[shape]:
            if constraint == "sparql":
                for said in self._says[shape]["sparql"]:
                    select = self._one(said, "select")
                    assert isinstance(select, Literal)
                    # the target comes first in the pattern; an answer binds $this as if it had been given
                    _refuse_nested(select.value, shape)
                    text = select.value.replace("$PATH", self._path(shape))
                    yield constraint, re.sub(r"\{", lambda _: f"{{ {target} ", text, count=1)
            elif constraint == "property":
                above = f"{target.replace('?this', up := self._new())} {up} {self._path(shape)} ?this"
                below = f"{{ SELECT DISTINCT ?this WHERE {{ {above} }} }}" if self._path(shape) else target
                for part in self._says[shape][constraint]:
                    yield from self._queries(part, below)
            else:
                for test, of_value in self._tests(shape, constraint, "?this", "?value"):
                    if not of_value:
                        yield constraint, f"SELECT DISTINCT ?this WHERE {{ {target} FILTER({test}) }}"
                    elif path := self._path(shape):
                        where = f"{target} ?this {path} ?value . FILTER({test})"
                        yield constraint, f"SELECT DISTINCT ?this ?value WHERE {{ {where} }}"
                    else:
                        where = f"{target} BIND(?this AS ?value) FILTER({test})"
                        yield constraint, f"SELECT DISTINCT ?this ?value WHERE {{ {where} }}"

    def _prefixes(self) -> dict[str, str]:
        """Return the prefixes that the shapes declare for their SPARQL."""
        declared = [says for says in self._says.values() if "prefix" in says and "namespace" in says]
        return {says["prefix"][0].value: says["namespace"][0].value for says in declared}

    def _target(self, shape: Term) -> str:
        """Return a pattern that binds ?this to every node that ``shape`` is about."""
        says = self._says[shape]
        found = []
        itself = [shape] if _CLASS in says.get(RDF_TYPE.value, ()) else []
        if classes := [*says.get("targetClass", ()), *itself]:
            among = " ".join(f"<{iri}>" for kind in classes for iri in self._classes(kind))
            found.append(f"{{ SELECT DISTINCT ?this WHERE {{ VALUES ?kind {{ {among} }} ?this a ?kind }} }}")
        ends = [f"?this {prop} ?any" for prop in says.get("targetSubjectsOf", ())]
        ends += [f"?any {prop} ?this" for prop in says.get("targetObjectsOf", ())]
        found += [f"{{ SELECT DISTINCT ?this WHERE {{ {end} }} }}" for end in ends]
        if nodes := says.get("targetNode"):
            found.append(f"{{ VALUES ?this {{ {' '.join(map(str, nodes))} }} }}")
        return " UNION ".join(found)

    def _breaks(self, shape: Term, node: str) -> str:
        """Return an expression that is true if ``node`` breaks ``shape``."""
        path = self._path(shape)
        found = []
        for constraint in self._says[shape]:
            value = self._new() if path else node
            for test, of_value in self._tests(shape, constraint, node, value):
                inside = f"EXISTS {{ {node} {path} {value} . FILTER({test}) }}" if of_value and path else f"({test})"
                found.append(inside)
        return f"({' || '.join(found)})" if found else "false"

    def _tests(self, shape: Term, constraint: str, node: str, value: str) -> Iterator[tuple[str, bool]]:
        """Yield what is true if a constraint is broken, and whether it is said of each value."""
        if constraint in _SAID or ":" in constraint:  # whatever is not of SHACL says nothing to check
            return
        for x in self._says[shape][constraint]:
            if constraint == "property":
                yield self._breaks(x, value), True
                continue
            for of_value, kind in ((True, "values"), (False, "nodes" if self._path(shape) else "itself")):
                if text := _constraints()[kind].get(constraint):
                    words = self._words(shape, constraint, x, node, value)
                    yield Template(text).substitute(words), of_value
                    break
            else:
                hint = "Check with --engine reference."
                raise CmgraphError(f"sh:{constraint} is not known here", where=str(shape), hint=hint)

    def _words(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> dict[str, str]:
        """Return what a constraint's template needs."""
        words = {"node": node, "value": value, "path": self._path(shape), "x": str(x)}
        words |= {"new": self._new(), "other": self._new(), "flags": str(self._one(shape, "flags") or '""')}
        match constraint:
            case "class":
                words["classes"] = ", ".join(f"<{iri}>" for iri in self._classes(x))
            case "datatype":
                sample = _constraints()["compared"].get(x.value.removeprefix(XSD))
                literal = f'"{sample}"^^{x}'
                compares = f"COALESCE({value} = {literal} || {value} != {literal}, false)"
                words["wellformed"] = compares if sample else "true"
            case "nodeKind":
                kind = _constraints()["kinds"][x.value.removeprefix(SH)]
                words["kind"] = Template(kind).substitute(value=value)
            case "languageIn":
                words["languages"] = " || ".join(f"LANGMATCHES(LANG({value}), {tag})" for tag in self._list(x))
            case "in":
                words["list"] = ", ".join(map(str, self._list(x)))
            case "not" | "node":
                words["shape"] = self._breaks(x, value)
            case "and" | "or" | "xone":
                broken = [self._breaks(part, value) for part in self._list(x)]
                words["any"], words["all"] = " || ".join(broken), " && ".join(broken)
                words["two"] = " || ".join(f"(!{one} && !{other})" for one, other in combinations(broken, 2)) or "false"
            case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
                number = int(x.value) + constraint.lower().endswith("maxcount")
                of = self._one(shape, "qualifiedValueShape") if constraint.startswith("qualified") else None
                words["several"] = self._several(node, self._path(shape), number, of)
        return words

    def _several(self, node: str, path: str, number: int, of: Term | None) -> str:
        """Return a pattern that holds if a path leads to so many values, all of a shape if one is given."""
        names = [self._new() for _ in range(number)]
        apart = [f"!sameTerm({one}, {other})" for one, other in combinations(names, 2)]
        apart += [f"!{self._breaks(of, name)}" for name in names] if of else []
        held = f" FILTER({' && '.join(apart)})" if apart else ""
        return " ".join(f"{node} {path} {name} ." for name in names) + held

    def _path(self, shape: Term) -> str:
        step = self._one(shape, "path")
        return "" if step is None else self._step(step)

    def _step(self, step: Term) -> str:
        if isinstance(step, NamedNode):
            return str(step)
        says = self._says[step]
        if _RDF + "first" in says:
            return "(" + "/".join(map(self._step, self._list(step))) + ")"
        if "alternativePath" in says:
            return "(" + "|".join(map(self._step, self._list(says["alternativePath"][0]))) + ")"
        if "inversePath" in says:
            return f"^({self._step(says['inversePath'][0])})"
        kind = next(kind for kind in _PATHS if kind in says)
        return f"({self._step(says[kind][0])}){_PATHS[kind]}"

    def _list(self, head: Term) -> list[Term]:
        items = []
        while head.value != _RDF + "nil":
            items.append(self._says[head][_RDF + "first"][0])
            head = self._says[head][_RDF + "rest"][0]
        return items

    def _classes(self, kind: Term) -> list[str]:
        return sorted({kind.value, *self._below.get(kind.value, ())})

    def _one(self, shape: Term, name: str) -> Term | None:
        return next(iter(self._says[shape].get(name, ())), None)

    def _new(self) -> str:
        return f"?x{next(self._fresh)}"


def _refuse_nested(select: str, shape: Term) -> None:
    """Refuse a constraint that names $this in a group of its own, which only a value given beforehand would reach."""
    groups: list[bool] = []
    words = list(tokens(select))
    for before, word in pairwise([Token("", "", 0), *words]):
        if word.text == "{" and word.kind == "sign":
            groups.append(bool(groups) and before.text != "EXISTS")
        elif word.text == "}" and word.kind == "sign":
            groups.pop()
        elif word.text[1:] in ("shapesGraph", "currentShape") or (word.text[1:] == "this" and any(groups)):
            hint = "Check with --engine reference."
            raise CmgraphError(f"a nested {word.text} is not known here", where=str(shape), hint=hint)


def _rows(store: Store, query: str, prefixes: Mapping[str, str], name: str) -> Iterator[list[tuple[str, Term]]]:
    variables, rows = store.select(query, prefixes, name)
    for row in rows:
        yield [(variable, term) for variable, term in zip(variables, row, strict=True) if term is not None]
