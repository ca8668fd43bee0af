"""A graph in this process: in memory, or a database on disk that it reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pyoxigraph import Quad, Triple
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import DamagedStore
from cmgraph.rdf.files import Progress, open_checked, rdf_format, stream_quads
from cmgraph.store.base import Solutions
from cmgraph.store.engine import read_boolean, read_solutions, read_triples, reported, run_query, to_bytes, to_rows
from cmgraph.store.sandbox import run_sandboxed, turnstile
from cmgraph.store.sparql_lexer import refuse_unsafe_query

T = TypeVar("T")

_SOME = 1000
"""How many triples are read from the engine at once."""


class LocalStore:
    """A graph in this process: in memory, or a database on disk that it reads.

    :ivar server: none answers but this program.
    :ivar engine: the Oxigraph store itself.
    :ivar allow_service: let queries call other servers.
    :ivar largest: how many bytes the answer to a question with a time-out may have.
    :ivar rebuild: rebuilds the engine if its database turns out to be damaged; None if nothing can.
    """

    server = ""

    def __init__(
        self,
        triples: Iterable[Triple] = (),
        engine: Oxigraph | None = None,
        *,
        allow_service: bool = False,
        rebuild: Callable[[], Oxigraph] | None = None,
    ) -> None:
        self.largest = math.inf
        self.engine = Oxigraph() if engine is None else engine  # an empty store is falsy
        self.allow_service, self.rebuild = allow_service, rebuild
        if engine is None:
            self.add(triples)

    def add(self, triples: Iterable[Triple]) -> None:
        """Add statements."""
        self.engine.bulk_extend(Quad(*triple) for triple in triples)

    def read(self, paths: Iterable[Path], progress: Progress | None = None) -> None:
        """Add the statements of RDF files, read as a stream, those of all their graphs as one."""
        for path in paths:
            if (form := rdf_format(path)).supports_datasets:
                self.engine.bulk_extend(stream_quads(path, progress))
            else:
                with open_checked(path, progress) as file:  # without a Python object per statement: a third faster
                    self.engine.load(file, format=form)

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query, in a process of its own if there is a ``timeout``."""
        return self._answer("SELECT", query, prefixes, name, timeout, to_rows, read_solutions)

    def ask(self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None) -> bool:
        """Answer an ASK query, in a process of its own if there is a ``timeout``."""
        return self._answer("ASK", query, prefixes, name, timeout, bool, read_boolean)

    def construct(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Iterator[Triple]:
        """Answer a CONSTRUCT or DESCRIBE query, in a process of its own if there is a ``timeout``."""
        if timeout is not None:
            yield from self._answer("CONSTRUCT", query, prefixes, name, timeout, list[Triple], read_triples)
            return
        refuse_unsafe_query(query, name, self.allow_service)
        yielded = False
        try:
            for triple in self._constructed(query, prefixes, name):
                yielded = True
                yield triple
        except DamagedStore as damage:
            self.engine = self._remade(damage)
            if yielded:
                raise
            yield from self._constructed(query, prefixes, name)

    def _answer(
        self,
        form: str,
        query: str,
        prefixes: Mapping[str, str],
        name: str,
        timeout: float | None,
        take: Callable[[Any], T],
        from_bytes: Callable[[bytes], T],
    ) -> T:
        """Answer a query of a form.

        :param take: makes what is asked for of the engine's answer.
        :param from_bytes: makes the same of that answer's bytes.
        """
        refuse_unsafe_query(query, name, self.allow_service)

        def work() -> bytes:
            with reported(name):
                return to_bytes(run_query(self.engine, form, query, prefixes, name))

        def answer() -> T:
            if timeout is not None:
                offline = not self.allow_service
                return from_bytes(run_sandboxed(work, timeout, name, offline=offline, largest=self.largest))
            with turnstile.asking(), reported(name):
                return take(run_query(self.engine, form, query, prefixes, name))

        try:
            return answer()
        except DamagedStore as damage:
            self.engine = self._remade(damage)
            return answer()

    def _constructed(self, query: str, prefixes: Mapping[str, str], name: str) -> Iterator[Triple]:
        with turnstile.asking(), reported(name):
            triples: Any = run_query(self.engine, "CONSTRUCT", query, prefixes, name)
        while True:
            with turnstile.asking(), reported(name):
                if not (some := list(islice(triples, _SOME))):
                    return
            yield from some

    def _remade(self, damage: DamagedStore) -> Oxigraph:
        """Rebuild a damaged database; raise the damage if nothing can."""
        if self.rebuild is None:
            raise damage
        return self.rebuild()
