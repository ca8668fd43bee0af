"""One thing, all that the graph says of it, and by which sources."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from cmgraph.names import Names, sparql
from cmgraph.result import Citation, citations
from cmgraph.store import Store, values
from cmgraph.terms import CM, SKOS, XSD, Term, Thing, Value, to_python

_CITED = CM + "hasCitation"
_NAMES = (SKOS + "prefLabel", SKOS + "altLabel", "http://purl.org/dc/terms/title")


@dataclass(frozen=True)
class Statement:
    """A relationship or observation: its kind, what it says as (property, value) pairs, its citations' numbers."""

    kind: Thing
    iri: str
    says: tuple[tuple[Thing, Value], ...]
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Entity:
    """A thing of the graph.

    :ivar names: every name, as (name, language tag).
    :ivar facts: what is said of the thing itself, as (property, value) pairs.
    :ivar cited: numbers of the citations that support the facts.
    :ivar statements: relationships and observations it stands in, grouped by kind.
    :ivar citations: what the numbers stand for; number 1 is the first.
    """

    thing: Thing
    kind: str
    names: tuple[tuple[str, str], ...]
    facts: tuple[tuple[Thing, Value], ...]
    cited: tuple[int, ...]
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def describe(node: NamedNode, store: Store, names: Names, as_of: dt.date | None = None) -> Entity:
    """Collect what the store says of ``node``; with ``as_of``, only statements that may hold on that day."""
    me = values("thing", [node])
    day = [Literal(as_of.isoformat(), datatype=NamedNode(XSD + "date")) if as_of else None]
    query = sparql("relationships").replace(values("thing", [None]), me)
    related = store.select(query.replace(values("asOf", [None]), values("asOf", day)), {})[1]
    about = store.select(sparql("about").replace(values("thing", [None]), me), {})[1]

    said: dict[tuple[str, str], list[tuple[str, Term]]] = defaultdict(list)
    rows: list[tuple[Term | None, ...]] = [*((node, node, *row) for row in about), *related]
    for kind, statement, says, what in rows:
        if kind is not None and statement is not None and says is not None and what is not None:
            said[kind.value, statement.value].append((says.value, what))
    mine = said.pop((node.value, node.value), [])

    number: dict[str, int] = {}
    for pairs in (mine, *said.values()):
        for prop, value in pairs:
            if prop == _CITED:
                number.setdefault(value.value, len(number) + 1)
    labels = names.labels(
        {node.value, *(of for of, _ in said)}
        | {prop for pairs in (mine, *said.values()) for prop, _ in pairs}
        | {v.value for pairs in (mine, *said.values()) for _, v in pairs if isinstance(v, NamedNode)}
    )
    known = citations(store, set(number), names.lang)

    def thing(iri: str) -> Thing:
        return Thing(iri, labels.get(iri, iri))

    def pairs_of(pairs: Iterable[tuple[str, Term]]) -> tuple[tuple[Thing, Value], ...]:
        return tuple(
            (thing(prop), to_python(value, labels))
            for prop, value in pairs
            if prop not in (_CITED, *_NAMES) and value != node
        )

    def cited(pairs: Iterable[tuple[str, Term]]) -> tuple[int, ...]:
        return tuple(sorted(number[value.value] for prop, value in pairs if prop == _CITED))

    return Entity(
        thing=thing(node.value),
        kind=names.kind(node.value),
        names=tuple((v.value, v.language or "") for p, v in mine if p in _NAMES and isinstance(v, Literal)),
        facts=pairs_of(mine),
        cited=cited(mine),
        statements=tuple(Statement(thing(of), iri, pairs_of(pairs), cited(pairs)) for (of, iri), pairs in said.items()),
        citations=tuple(known[iri] for iri in number),
    )
