"""A graph in this process: in memory, or a database on disk that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import Quad, QueryResultsFormat, QuerySolutions, QueryTriples, Triple
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import DamagedStore
from cmgraph.rdf.files import Progress, stream_quads
from cmgraph.store.base import Solutions
from cmgraph.store.engine import parse_solutions, reported, run_query, select, to_rows, wrong_form
from cmgraph.store.sandbox import run_sandboxed
from cmgraph.store.sparql_lexer import Token, refuse_unsafe_query


class LocalStore:
    """A graph in this process: in memory, or a database on disk that it reads.

    :ivar engine: the Oxigraph store itself.
    :ivar allow_service: let queries call other servers.
    :ivar rebuild: makes the engine anew if its database turns out to be damaged; None if nothing can.
    """

    def __init__(
        self,
        triples: Iterable[Triple] = (),
        engine: Oxigraph | None = None,
        *,
        allow_service: bool = False,
        rebuild: Callable[[], Oxigraph] | None = None,
    ) -> None:
        self.engine = Oxigraph() if engine is None else engine  # an empty one is false
        self.allow_service, self.rebuild = allow_service, rebuild
        if engine is None:
            self.add(triples)

    def add(self, triples: Iterable[Triple]) -> None:
        """Add statements."""
        self.engine.bulk_extend(Quad(*triple) for triple in triples)

    def read(self, paths: Iterable[Path], progress: Progress | None = None, *, merge: bool = True) -> None:
        """Add the statements of RDF files, read as a stream.

        :param merge: put those of named graphs into the default graph; else they stay where they are.
        """
        for path in paths:
            self.engine.bulk_extend(stream_quads(path, progress, merge=merge))

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query, in a process of its own if there is a ``timeout``."""
        words = refuse_unsafe_query(query, name, self.allow_service)

        def solve() -> QuerySolutions:
            return select(self.engine, query, prefixes, name, words)

        def work() -> bytes:
            with reported(name):
                return solve().serialize(format=QueryResultsFormat.JSON) or b""

        def answer() -> Solutions:
            if timeout is not None:
                return to_rows(parse_solutions(run_sandboxed(work, timeout, name, offline=not self.allow_service)))
            with reported(name):
                return to_rows(solve())

        try:
            return answer()
        except DamagedStore as damage:
            self.engine = self._remade(damage)
            return answer()

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Iterator[Triple]:
        """Answer a CONSTRUCT query."""
        words = refuse_unsafe_query(query, name, self.allow_service)
        given = False
        try:
            for triple in self._constructed(query, prefixes, name, words):
                given = True
                yield triple
        except DamagedStore as damage:
            self.engine = self._remade(damage)
            if given:
                raise
            yield from self._constructed(query, prefixes, name, words)

    def _constructed(
        self, query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token]
    ) -> Iterator[Triple]:
        with reported(name):
            triples = run_query(self.engine, query, prefixes, name, words)
            if not isinstance(triples, QueryTriples):
                raise wrong_form("CONSTRUCT", name)
            yield from triples

    def _remade(self, damage: DamagedStore) -> Oxigraph:
        """Make a damaged database anew; raise the damage if nothing can."""
        if self.rebuild is None:
            raise damage
        return self.rebuild()
