"""One thing: everything that the graph states about it, and by which sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from cmgraph.answers.result import Citation, citations
from cmgraph.answers.sentences import in_words
from cmgraph.answers.statements import CITED, CONTRADICTS, Fetched, Statement, fetch_triples
from cmgraph.names import Names
from cmgraph.rdf.terms import BASE, CM, SKOS, XSD, NamedRef, Term, Value, has_language, to_python
from cmgraph.store import builtin
from cmgraph.store.base import Store

_ENDS = (CM + "endDate", CM + "dissolutionDate", CM + "exitOrderDate")
"""Dates of what may happen after a thing began: not stated as of a day before them."""

_BELONGING = (CM + "Membership", CM + "Engagement")
"""Kinds of statements that end with the body that they are about."""

_NAMES = (SKOS + "prefLabel", SKOS + "altLabel", "http://purl.org/dc/terms/title")

_LINKS = (SKOS + "closeMatch", SKOS + "exactMatch", SKOS + "narrowMatch", "https://schema.org/sameAs")
"""Links to other data sets, which come last."""

Statements = Mapping[tuple[str, str], Sequence[tuple[str, Term]]]
"""By (kind, IRI), the properties and values of each statement of a thing; its own are under (its IRI, its IRI)."""

PropertyValues = tuple[tuple[NamedRef, Value], ...]
"""(property, value) pairs, with labels in one language."""

ValuesByStatement = dict[str, PropertyValues]
"""By the IRI of a statement, its properties and values."""


@dataclass(frozen=True)
class Entity:
    """A thing of the graph.

    :ivar names: every name, as (name, language tag).
    :ivar facts: the properties of the thing itself, as (property, value) pairs.
    :ivar cited: numbers of the citations that support the facts.
    :ivar statements: relationships and observations that involve it, grouped by kind.
    :ivar citations: the citations by number, the first is number 1.
    """

    thing: NamedRef
    kind: str
    names: tuple[tuple[str, str], ...]
    facts: tuple[tuple[NamedRef, Value], ...]
    cited: tuple[int, ...]
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def describe(node: NamedNode, store: Store, names: Names, as_of: dt.date | None = None) -> Entity:
    """Describe ``node`` from the store; with ``as_of``, only what may hold on that day."""
    statements = dict(collect_statements([node.value], store, as_of))[node.value]
    return build_entity(node.value, statements, store, names)


class _Day:
    """What had not begun on a day, and what had ended."""

    def __init__(self, day: dt.date, store: Store) -> None:
        self.text = day.isoformat()
        self.term = Literal(self.text, datatype=NamedNode(XSD + "date"))
        self.later, self.over = (
            {term.value for (term,) in builtin.ask(store, f"selection/{name}", asOf=[self.term]) if term}
            for name in ("later", "over")
        )

    def known(self, iri: str, statements: Statements) -> Statements:
        """Leave out statements from after the day, and membership of bodies that no longer existed."""
        return {
            (kind, statement): [
                (prop, value)
                for prop, value in pairs
                if prop not in _ENDS or value.value <= self.text[: len(value.value)]
            ]
            for (kind, statement), pairs in statements.items()
            if statement == iri or (iri not in self.later and self._may_hold(kind, statement, pairs))
        }

    def _may_hold(self, kind: str, statement: str, pairs: Sequence[tuple[str, Term]]) -> bool:
        named = {value.value for prop, value in pairs if prop != CONTRADICTS}
        if statement in self.later or named & self.later:
            return False
        if any(prop == CM + "asOfDate" and value.value[: len(self.text)] > self.text for prop, value in pairs):
            return False  # what a source states for a later day it does not state for this one
        left = BASE + "vocab/end-state/ended" in named and all(prop != CM + "endDate" for prop, _ in pairs)
        return kind not in _BELONGING or not (left or named & self.over)


def collect_statements(
    iris: Iterable[str], store: Store, as_of: dt.date | None = None, fetched: Fetched | None = None
) -> Iterator[tuple[str, Statements]]:
    """Yield each thing with its statements, for :func:`build_entity`; each statement is fetched once.

    With ``as_of``, only what may hold on that day.

    :param fetched: the triples that were fetched before; others are added.
    """
    day = _Day(as_of, store) if as_of else None
    kinds = {kind.value for (kind,) in builtin.ask(store, "statement-kinds") if kind}
    fetched = {} if fetched is None else fetched
    to_fetch = list(iris)
    for start in range(0, len(to_fetch), builtin.BATCH):
        batch = to_fetch[start : start + builtin.BATCH]
        solutions = builtin.ask(store, "relationships", thing=batch, asOf=[day.term if day else None])
        rows = (tuple(term.value for term in row if term) for row in solutions)
        related = [row for row in rows if row[1] in kinds]
        fetch_triples({*batch, *(statement for _, _, statement in related)}, store, fetched)
        statements: dict[str, dict[tuple[str, str], list[tuple[str, Term]]]] = {i: {(i, i): fetched[i]} for i in batch}
        for thing, kind, statement in related:
            statements[thing][kind, statement] = fetched[statement]
        for thing, its_statements in statements.items():
            yield thing, day.known(thing, its_statements) if day else its_statements


def build_entity(iri: str, statements: Statements, store: Store, names: Names) -> Entity:
    """Describe a thing in one language from its statements, with its citations numbered in order of appearance."""
    return build_entities({iri: statements}, store, names)[iri]


def build_entities(
    statements: Mapping[str, Statements], store: Store, names: Names, values: ValuesByStatement | None = None
) -> dict[str, Entity]:
    """Do the same as :func:`build_entity` for many things, looking up names and citations once for all.

    :param statements: the statements of each thing, by its IRI.
    :param values: the values of statements in the language of ``names`` that are known already; others are added.
    """
    values = {} if values is None else values
    stated = [pairs for of_thing in statements.values() for pairs in of_thing.values()]
    cited = {value.value for pairs in stated for prop, value in pairs if prop == CITED}
    labels = names.labels(
        {*statements, *(kind for of_thing in statements.values() for kind, _ in of_thing)}
        | {prop for pairs in stated for prop, _ in pairs}
        | {value.value for pairs in stated for _, value in pairs if isinstance(value, NamedNode)}
    )
    contradicted = {value.value for pairs in stated for prop, value in pairs if prop == CONTRADICTS}
    labels |= in_words(contradicted, store, names)
    citation_by_iri = citations(store, cited, names)
    return {iri: _entity(iri, of_thing, names, labels, citation_by_iri, values) for iri, of_thing in statements.items()}


def _entity(
    iri: str,
    statements: Statements,
    names: Names,
    labels: Mapping[str, str],
    citation_by_iri: Mapping[str, Citation],
    values: ValuesByStatement,
) -> Entity:
    own = statements.get((iri, iri), [])
    linked = {key: pairs for key, pairs in statements.items() if key != (iri, iri)}
    number: dict[str, int] = {}
    for pairs in (own, *linked.values()):
        for prop, value in pairs:
            if prop == CITED:
                number.setdefault(value.value, len(number) + 1)

    def thing(iri: str) -> NamedRef:
        return NamedRef(iri, labels.get(iri, iri))

    def pairs_of(pairs: Sequence[tuple[str, Term]]) -> PropertyValues:
        spoken = {prop for prop, value in pairs if has_language(value, names.lang)}
        return tuple(
            (thing(prop), to_python(value, labels))
            for prop, value in pairs
            if prop not in (CITED, *_NAMES) and (prop not in spoken or has_language(value, names.lang))
        )

    def values_of(statement: str, pairs: Sequence[tuple[str, Term]]) -> PropertyValues:
        if statement not in values:
            values[statement] = pairs_of(pairs)
        return values[statement]

    def cited(pairs: Iterable[tuple[str, Term]]) -> tuple[int, ...]:
        return tuple(sorted(number[value.value] for prop, value in pairs if prop == CITED))

    return Entity(
        thing=thing(iri),
        kind=names.kind(iri),
        names=tuple((v.value, v.language or "") for p, v in own if p in _NAMES and isinstance(v, Literal)),
        facts=tuple(sorted(pairs_of(own), key=lambda fact: fact[0].iri in _LINKS)),
        cited=cited(own),
        statements=tuple(
            Statement(thing(kind), at, values_of(at, pairs), cited(pairs)) for (kind, at), pairs in linked.items()
        ),
        citations=tuple(citation_by_iri[iri] for iri in number),
    )
