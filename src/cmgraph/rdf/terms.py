"""RDF terms as the project writes them: prefixes, CURIEs, and the Python values behind literals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError, UnknownName, nearest

if TYPE_CHECKING:
    import rdflib

Term: TypeAlias = NamedNode | BlankNode | Literal
"""A node of the graph, as the engine returns it."""

BASE = "https://w3id.org/cmgraph/"
CM = BASE + "def#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
XSD = "http://www.w3.org/2001/XMLSchema#"


def lexical(term: Term | Triple) -> str:
    """Return a term's IRI or a literal's own spelling."""
    return str(term) if isinstance(term, Triple) else term.value


def has_language(term: Term | Triple, language: str) -> bool:
    """Return whether a term is text in a language, or a variant of it."""
    tag = getattr(term, "language", None) or ""
    return tag == language or tag.startswith(language + "-")


def local_name(iri: str) -> str:
    """Return the last part of an IRI; no two properties in use share one."""
    return iri.rpartition("#")[2] if "#" in iri else iri.rpartition("/")[2]


class NamedRef(NamedTuple):
    """An IRI with its name in the language asked for."""

    iri: str
    label: str

    def __str__(self) -> str:
        return self.label


Value: TypeAlias = NamedRef | str | int | float | Decimal | bool | dt.date | None
"""A cell: a thing, a number, a day (``datetime.date``), text, or nothing.

Years and months keep the source's precision and stay text ("2020", "2020-01").
"""


class Prefixes(dict[str, str]):
    """Prefix to namespace, as ``ontology/prefixes.ttl`` declares them."""

    @classmethod
    def declared(cls, triples: Iterable[Triple]) -> Prefixes:
        """Collect the ``sh:declare`` entries among ``triples``."""
        sh = "http://www.w3.org/ns/shacl#"
        name: dict[str, str] = {}
        space: dict[str, str] = {}
        for triple in triples:
            if triple.predicate.value == sh + "prefix":
                name[lexical(triple.subject)] = lexical(triple.object)
            elif triple.predicate.value == sh + "namespace":
                space[lexical(triple.subject)] = lexical(triple.object)
        return cls(sorted((name[node], space[node]) for node in name.keys() & space.keys()))

    def expand(self, text: str) -> NamedNode | None:
        """Turn ``<iri>``, an http(s) IRI or a CURIE into a node; None if ``text`` is none of them."""
        bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
        try:
            if bare.startswith(("http://", "https://")):
                return NamedNode(bare)
            prefix, colon, local_name = text.partition(":")
            if colon and " " not in text and local_name and prefix.replace("-", "").isalnum():
                if prefix not in self:
                    raise UnknownName(f"unknown prefix '{prefix}:'", where=text, hint=nearest(prefix, self))
                return NamedNode(self[prefix] + local_name)
        except ValueError as error:
            raise UnknownName(f"not a valid IRI: {error}", where=text, hint="Give a name, or the whole IRI.") from None
        return None

    def shorten(self, iri: str) -> str:
        """Write ``iri`` as a CURIE where a declared prefix fits, else unchanged."""
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._by_space.get(iri[:cut])
        return f"{prefix}:{iri[cut:]}" if prefix is not None and len(iri) > cut else iri

    @cached_property
    def _by_space(self) -> dict[str, str]:
        return {space: prefix for prefix, space in self.items()}

    def used(self, triples: Iterable[Triple]) -> dict[str, str]:
        """Return the prefixes that some statement needs when it is written, sorted."""
        written = {_datatype(term) if isinstance(term, Literal) else lexical(term) for t in triples for term in t}
        spaces = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in written}
        return {prefix: space for prefix, space in sorted(self.items()) if space in spaces}


def _datatype(literal: Literal) -> str:
    """Return the datatype that has to be written; plain text and text in a language need none."""
    plain = literal.language or literal.datatype.value == XSD + "string"
    return "" if plain else literal.datatype.value


_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_LEXICAL = {
    **dict.fromkeys(("integer", "int", "long", "nonNegativeInteger", "positiveInteger"), _INTEGER),
    **dict.fromkeys(("double", "float"), _DOUBLE),
    "decimal": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    "boolean": re.compile(r"true|false|0|1"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""Lexical forms of XML Schema; Python accepts more. Other spellings stay text."""


def to_python(term: Term | Triple | None, labels: Mapping[str, str]) -> Value:
    """Turn a term into the value a reader of a row expects; IRIs come with their name from ``labels``."""
    if term is None:
        return None
    if isinstance(term, NamedNode):
        return NamedRef(term.value, labels.get(term.value, ""))
    if isinstance(term, (BlankNode, Triple)):
        return str(term)
    kind, text = term.datatype.value.removeprefix(XSD), term.value
    if kind in _LEXICAL and not _LEXICAL[kind].fullmatch(text):
        return text
    try:
        match kind:
            case "integer" | "int" | "long" | "nonNegativeInteger" | "positiveInteger":
                return int(text)
            case "decimal":
                return Decimal(text)
            case "double" | "float":
                return float(text)
            case "boolean":
                return text in ("true", "1")
            case "date":
                return dt.date.fromisoformat(text)
    except (ValueError, ArithmeticError):
        pass
    return text


def to_rdflib(term: Term | Triple) -> rdflib.term.Node:
    """Turn an engine term into rdflib's, with the literal's own spelling.

    :raises CmgraphError: if it is of RDF 1.2, which rdflib does not know.
    """
    import rdflib

    if isinstance(term, Triple) or (isinstance(term, Literal) and term.direction is not None):
        feature = "triple terms" if isinstance(term, Triple) else "the direction of texts"
        hint = "Use what does not need rdflib: cmgraph query, and validate --engine fast."
        raise CmgraphError(f"rdflib does not know {feature}", where=str(term), hint=hint)
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype.value == XSD + "string":
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)


def from_rdflib(term: rdflib.term.Node | None) -> Term | None:
    """Turn one of rdflib's terms into the engine's."""
    import rdflib

    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)
    return None if term is None else BlankNode(str(term))


def rdflib_graph(triples: Iterable[Triple]) -> rdflib.Graph:
    """Copy statements into an rdflib graph, literals spelled as they are."""
    import rdflib

    graph = rdflib.Graph()
    for s, p, o in triples:
        graph.add((to_rdflib(s), to_rdflib(p), to_rdflib(o)))
    return graph


def best_text(texts: Mapping[str, str], lang: str) -> str:
    """Choose among texts keyed by language tag: ``lang``, its variants, English, then the first tag.

    Unreviewed French carries the tag ``fr-t-en`` and comes after reviewed ``fr``.
    """
    for preferred in (lang, "en"):
        for tag in sorted(texts):
            if tag == preferred or tag.startswith(preferred + "-"):
                return texts[tag]
    return texts[min(texts)] if texts else ""
