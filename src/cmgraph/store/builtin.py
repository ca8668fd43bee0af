"""The program's own queries, ``queries/*.rq``, run by name with their values bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from cmgraph.rdf.terms import Term
from cmgraph.store.base import Solutions, Store
from cmgraph.store.values import bind_values

BATCH = 500
"""The most values to put into one query; engines slow down on more."""


@cache
def text(name: str) -> str:
    """Read one of the program's own queries."""
    return (Path(__file__).parent / f"queries/{name}.rq").read_text(encoding="utf-8")


def ask(store: Store, name: str, **bindings: Iterable[Term | str | None]) -> Iterator[tuple[Term | None, ...]]:
    """Yield the rows of the query ``name``.

    :param bindings: by variable, the values of its VALUES block: terms, IRIs as text, or None for "any". If there are
        many, they are put in by batches, and the rows of each batch follow those of the one before.
    :raises CmgraphError: if the query has no block for one of them.
    """
    for query in _batches(name, bindings):
        yield from store.select(query, {}, name)[1]


def solutions(store: Store, name: str, **bindings: Iterable[Term | str | None]) -> Solutions:
    """Return the query's variables with its rows, see :func:`ask`; all values go into one query."""
    return store.select(bind_values(text(name), {key: _terms(some) for key, some in bindings.items()}, name), {}, name)


def construct(store: Store, name: str, **bindings: Iterable[Term | str | None]) -> Iterator[Triple]:
    """Yield the statements that the CONSTRUCT query ``name`` makes, see :func:`ask`."""
    for query in _batches(name, bindings):
        yield from store.construct(query, {}, name)


def _batches(name: str, bindings: Mapping[str, Iterable[Term | str | None]]) -> Iterator[str]:
    terms = {variable: _terms(values) for variable, values in bindings.items()}
    many = max(terms, key=lambda variable: len(terms[variable]), default=None)
    if many is None:
        yield text(name)
        return
    for start in range(0, len(terms[many]), BATCH):
        yield bind_values(text(name), terms | {many: terms[many][start : start + BATCH]}, name)


def _terms(values: Iterable[Term | str | None]) -> list[Term | None]:
    return [NamedNode(value) if isinstance(value, str) else value for value in values]
