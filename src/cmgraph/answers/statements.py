"""Statements: relationships and observations, and what is said of each."""

from __future__ import annotations

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


def fetch_triples(iris: set[str], store: Store) -> dict[str, list[tuple[str, Term]]]:
    """Return what is said of each thing or statement itself."""
    pairs: dict[str, list[tuple[str, Term]]] = {iri: [] for iri in sorted(iris)}
    for thing, prop, value in builtin.ask(store, "about", thing=pairs):
        if thing and prop and value:
            pairs[thing.value].append((prop.value, value))
    return pairs
