"""The protocol of a store: something that answers SPARQL, wherever the graph is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

from pyoxigraph import Triple

from cmgraph.rdf.files import Progress as Progress
from cmgraph.rdf.terms import Term

Solutions: TypeAlias = tuple[tuple[str, ...], list[tuple[Term | None, ...]]]
"""Variable names, and one tuple of terms per row in the same order."""


class Store(Protocol):
    """Something that answers SPARQL.

    Each method answers one form of query. ``name`` is what errors call the query's text; ``timeout`` is after how many
    seconds it is stopped, None for no limit of time, memory or depth.

    :raises QueryStopped: if a query took longer, or too much memory.
    """

    @property
    def server(self) -> str:
        """The name of the server's program; empty if it does not say, or there is no server."""
        ...

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query."""
        ...

    def ask(self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None) -> bool:
        """Answer an ASK query."""
        ...

    def construct(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Iterator[Triple]:
        """Answer a CONSTRUCT or DESCRIBE query."""
        ...
