"""Statements: relationships and observations, with their properties and values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cmgraph.rdf.terms import CM, NamedRef, Term, Value
from cmgraph.store import builtin
from cmgraph.store.base import Store

CITED = CM + "hasCitation"
"""Links a statement to its citations."""

CONTRADICTS = CM + "contradicts"
"""Links a statement to another that cannot be true at the same time."""


@dataclass(frozen=True)
class Statement:
    """A relationship or observation: its kind, its (property, value) pairs, and the numbers of its citations."""

    kind: NamedRef
    iri: str
    says: tuple[tuple[NamedRef, Value], ...]
    citations: tuple[int, ...]


Fetched = dict[str, list[tuple[str, Term]]]
"""By IRI, the properties and values of a thing or statement."""


def fetch_triples(iris: Iterable[str], store: Store, fetched: Fetched | None = None) -> Fetched:
    """Return the properties and values of each thing or statement.

    :param fetched: those that were fetched before; others are added.
    """
    fetched = {} if fetched is None else fetched
    requested = sorted(set(iris))
    missing: Fetched = {iri: [] for iri in requested if iri not in fetched}
    for thing, prop, value in builtin.ask(store, "about", thing=missing):
        if thing and prop and value:
            missing[thing.value].append((prop.value, value))
    fetched |= missing
    return {iri: fetched[iri] for iri in requested}
