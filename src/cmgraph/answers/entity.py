"""One thing, all that the graph says of it, and by which sources."""

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
"""Dates of what may come later than a thing's beginning, and is not said of a day before."""

_BELONGING = (CM + "Membership", CM + "Engagement", CM + "Participation")
"""Statements that hold no longer than the body or arrangement that they are about."""

_NAMES = (SKOS + "prefLabel", SKOS + "altLabel", "http://purl.org/dc/terms/title")

_LINKS = (SKOS + "closeMatch", SKOS + "exactMatch", SKOS + "narrowMatch", "https://schema.org/sameAs")
"""What points at entries of others, and comes last."""

Said = Mapping[tuple[str, str], Sequence[tuple[str, Term]]]
"""By (kind, statement), the properties and values of each statement; what is said of a thing itself is by itself."""

Says = tuple[tuple[NamedRef, Value], ...]
"""What a statement says, as (property, value) pairs."""

Told = dict[str, Says]
"""What statements say, by their IRIs."""


@dataclass(frozen=True)
class Entity:
    """A thing of the graph.

    :ivar names: every name, as (name, language tag).
    :ivar facts: what is said of the thing itself, as (property, value) pairs.
    :ivar cited: numbers of the citations that support the facts.
    :ivar statements: relationships and observations it stands in, grouped by kind.
    :ivar citations: what the numbers stand for; number 1 is the first.
    """

    thing: NamedRef
    kind: str
    names: tuple[tuple[str, str], ...]
    facts: tuple[tuple[NamedRef, Value], ...]
    cited: tuple[int, ...]
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def describe(node: NamedNode, store: Store, names: Names, as_of: dt.date | None = None) -> Entity:
    """Collect what the store says of ``node``; with ``as_of``, only what may hold on that day."""
    statements = dict(collect_statements([node.value], store, as_of))[node.value]
    return build_entity(node.value, statements, store, names)


class _Day:
    """What had not begun on a day, and what was over."""

    def __init__(self, day: dt.date, store: Store) -> None:
        self.text = day.isoformat()
        self.term = Literal(self.text, datatype=NamedNode(XSD + "date"))
        self.later, self.over = (
            {term.value for (term,) in builtin.ask(store, f"selection/{name}", asOf=[self.term]) if term}
            for name in ("later", "over")
        )

    def known(self, iri: str, statements: Said) -> Said:
        """Leave out of what is said of a thing what came after the day, and membership of what was over."""
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
) -> Iterator[tuple[str, Said]]:
    """Yield each thing with all that is said of it, for :func:`entity`; each statement is fetched once.

    With ``as_of``, only what may hold on that day.

    :param fetched: what was fetched before; what is fetched now is added.
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
        for thing, said in statements.items():
            yield thing, day.known(thing, said) if day else said


def build_entity(iri: str, statements: Said, store: Store, names: Names) -> Entity:
    """Put what is said of a thing into words of one language, its citations numbered as they come."""
    return build_entities({iri: statements}, store, names)[iri]


def build_entities(said: Mapping[str, Said], store: Store, names: Names, told: Told | None = None) -> dict[str, Entity]:
    """Do as :func:`build_entity` for many things, with names and citations looked up for all at once.

    :param said: by IRI of each thing, what is said of it.
    :param told: what statements say in the language of ``names``, as it was told before; what is told now is added.
    """
    told = {} if told is None else told
    stated = [pairs for statements in said.values() for pairs in statements.values()]
    cited = {value.value for pairs in stated for prop, value in pairs if prop == CITED}
    labels = names.labels(
        {*said, *(of for statements in said.values() for of, _ in statements)}
        | {prop for pairs in stated for prop, _ in pairs}
        | {value.value for pairs in stated for _, value in pairs if isinstance(value, NamedNode)}
    )
    contradicted = {value.value for pairs in stated for prop, value in pairs if prop == CONTRADICTS}
    labels |= in_words(contradicted, store, names)
    citation_by_iri = citations(store, cited, names)
    return {iri: _entity(iri, statements, names, labels, citation_by_iri, told) for iri, statements in said.items()}


def _entity(
    iri: str,
    statements: Said,
    names: Names,
    labels: Mapping[str, str],
    citation_by_iri: Mapping[str, Citation],
    told: Told,
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

    def pairs_of(pairs: Sequence[tuple[str, Term]]) -> Says:
        spoken = {prop for prop, value in pairs if has_language(value, names.lang)}
        return tuple(
            (thing(prop), to_python(value, labels))
            for prop, value in pairs
            if prop not in (CITED, *_NAMES) and (prop not in spoken or has_language(value, names.lang))
        )

    def says(at: str, pairs: Sequence[tuple[str, Term]]) -> Says:
        if at not in told:
            told[at] = pairs_of(pairs)
        return told[at]

    def cited(pairs: Iterable[tuple[str, Term]]) -> tuple[int, ...]:
        return tuple(sorted(number[value.value] for prop, value in pairs if prop == CITED))

    return Entity(
        thing=thing(iri),
        kind=names.kind(iri),
        names=tuple((v.value, v.language or "") for p, v in own if p in _NAMES and isinstance(v, Literal)),
        facts=tuple(sorted(pairs_of(own), key=lambda fact: fact[0].iri in _LINKS)),
        cited=cited(own),
        statements=tuple(Statement(thing(of), at, says(at, pairs), cited(pairs)) for (of, at), pairs in linked.items()),
        citations=tuple(citation_by_iri[iri] for iri in number),
    )
