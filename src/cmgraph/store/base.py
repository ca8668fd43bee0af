"""What a store is: something that answers SPARQL, wherever the graph lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

from pyoxigraph import Triple

from cmgraph.rdf.files import Progress as Progress
from cmgraph.rdf.terms import Term

Solutions: TypeAlias = tuple[tuple[str, ...], list[tuple[Term | None, ...]]]
"""Variable names, and one tuple of terms per row in the same order."""


class Store(Protocol):
    """Something that answers SPARQL."""

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query.

        :param name: what errors call the query's text.
        :param timeout: seconds after which it is stopped; None for no limit.
        :raises QueryStopped: if it took longer, or too much memory.
        """
        ...

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Iterator[Triple]:
        """Answer a CONSTRUCT query."""
        ...
