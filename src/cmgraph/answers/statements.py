"""Statements: relationships and observations, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cmgraph.rdf.terms import CM, NamedRef, Term, Value
from cmgraph.store import builtin
from cmgraph.store.base import Store

CITED = CM + "hasCitation"
"""What ties a statement to its citations."""

CONTRADICTS = CM + "contradicts"
"""What ties a statement to another that cannot be true with it."""


@dataclass(frozen=True)
class Statement:
    """A relationship or observation: its kind, what it says as (property, value) pairs, its citations' numbers."""

    kind: NamedRef
    iri: str
    says: tuple[tuple[NamedRef, Value], ...]
    citations: tuple[int, ...]


Fetched = dict[str, list[tuple[str, Term]]]
"""By IRI, the properties and values of a thing or statement."""


def fetch_triples(iris: Iterable[str], store: Store, fetched: Fetched | None = None) -> Fetched:
    """Return what is said of each thing or statement itself.

    :param fetched: what was fetched before; what is fetched now is added.
    """
    fetched = {} if fetched is None else fetched
    wanted = sorted(set(iris))
    missing: Fetched = {iri: [] for iri in wanted if iri not in fetched}
    for thing, prop, value in builtin.ask(store, "about", thing=missing):
        if thing and prop and value:
            missing[thing.value].append((prop.value, value))
    fetched |= missing
    return {iri: fetched[iri] for iri in wanted}
