"""Where questions are put: Oxigraph in this process, in memory or on disk, or a SPARQL endpoint somewhere else."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import CmgraphError, DamagedStore, EndpointError, excerpt, nearest
from cmgraph.files import rdf_format, readable
from cmgraph.guard import guarded
from cmgraph.terms import XSD, Term
from cmgraph.tokens import Token, check, tokens, uncommented

Solutions: TypeAlias = tuple[tuple[str, ...], list[tuple[Term | None, ...]]]
"""Variable names, and one tuple of terms per row in the same order."""

Step: TypeAlias = Callable[[int, str], object]
"""Told of progress: how many bytes of a file are read, and its name."""

PAGE = 10_000
"""Rows asked of an endpoint at once; servers cut longer answers."""

PATIENCE = 60.0
"""Seconds that an endpoint may be silent."""

_BOOLEANS = {Literal(digit, datatype=NamedNode(XSD + "boolean")): Literal(digit == "1") for digit in ("0", "1")}
"""Some servers spell truth in digits."""

_SMALL = 1000
"""A page of fewer rows is the last one: no server cuts answers as short as that."""


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


class LocalStore:
    """A graph in this process: in memory, or a database on disk that it reads.

    :ivar engine: the Oxigraph store itself.
    :ivar allow_service: let queries call other servers.
    :ivar rebuild: makes the engine anew if its database turns out to be damaged; None if nothing can.
    """

    def __init__(self, triples: Iterable[Triple] = (), engine: Oxigraph | None = None) -> None:
        self.engine = Oxigraph() if engine is None else engine  # an empty one is false
        self.allow_service = False
        self.rebuild: Callable[[], Oxigraph] | None = None
        if engine is None:
            self.add(triples)

    def add(self, triples: Iterable[Triple]) -> None:
        """Add statements."""
        self.engine.bulk_extend(Quad(*triple) for triple in triples)

    def read(self, paths: Iterable[Path], step: Step | None = None) -> None:
        """Add the statements of RDF files, read as a stream."""
        for path in paths:
            with readable(path) as file:
                source: Any = _Counted(file, path.name, step) if step else file
                self.engine.bulk_load(source, rdf_format(path), to_graph=DefaultGraph())

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query, in a process of its own if there is a ``timeout``."""
        words = check(query, name, self.allow_service)

        def solve() -> QuerySolutions:
            return _selected(self.engine, query, prefixes, name, words)

        def work() -> bytes:
            with _told(name):
                return solve().serialize(format=QueryResultsFormat.JSON) or b""

        def answer() -> Solutions:
            if timeout is not None:
                return _rows(_parsed(guarded(work, timeout, name, offline=not self.allow_service)))
            with _told(name):
                return _rows(solve())

        try:
            return answer()
        except DamagedStore as damage:
            self.engine = self._remade(damage)
            return answer()

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Iterator[Triple]:
        """Answer a CONSTRUCT query."""
        words = check(query, name, self.allow_service)
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
        with _told(name):
            triples = _run(self.engine, query, prefixes, name, words)
            if not isinstance(triples, QueryTriples):
                raise _not_a("CONSTRUCT", name)
            yield from triples

    def _remade(self, damage: DamagedStore) -> Oxigraph:
        """Make a damaged database anew; raise the damage if nothing can."""
        if self.rebuild is None:
            raise damage
        return self.rebuild()


class EndpointStore:
    """A SPARQL 1.1 endpoint, asked through SPARQLWrapper.

    ``CMGRAPH_USER`` and ``CMGRAPH_PASSWORD`` say who asks. What fails for a moment is asked again, twice at most.

    :param graph: IRI of the graph to ask, if it is not the server's default.
    """

    def __init__(
        self, url: str, graph: str | None = None, *, allow_service: bool = False, patience: float = PATIENCE
    ) -> None:
        self.url, self._graph, self._allow_service, self._patience = url, graph, allow_service, patience
        self._grammar = Oxigraph()

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query; a long answer is fetched page by page."""
        words = check(query, name, self._allow_service)

        def work() -> bytes:
            with _told(name):
                _selected(self._grammar, query, prefixes, name, words)
            return b"\n".join(self._pages(_declared(query, words, prefixes), words))

        answer = work() if timeout is None else guarded(work, timeout, name, offline=False)
        first, *others = (_parsed(page, self.url) for page in answer.split(b"\n"))
        variables, rows = _rows(first)
        rows += [tuple(row[name] for name in variables) for page in others for row in page]
        return variables, [tuple(_BOOLEANS.get(term, term) for term in row) for row in rows]  # type: ignore[arg-type]

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Iterator[Triple]:
        """Answer a CONSTRUCT query."""
        words = check(query, name, self._allow_service)
        with _told(name):
            if not isinstance(_run(self._grammar, query, prefixes, name, words), QueryTriples):
                raise _not_a("CONSTRUCT", name)
        text, _ = self._ask(_declared(query, words, prefixes), "turtle")
        try:
            yield from (quad.triple for quad in parse(text, format=RdfFormat.TURTLE))
        except SyntaxError:
            raise EndpointError("the answer is not Turtle", where=self.url) from None

    def _pages(self, query: str, words: Sequence[Token]) -> Iterator[bytes]:
        """Yield an answer as JSON, a page a line; ordered by every column if it has no order and must be paged."""
        ends = {word.text for word in words[_last_brace(words) :] if word.kind == "word"}
        if "ORDER" not in ends or ends & {"LIMIT", "OFFSET", "VALUES"}:
            text, cut = self._ask(query, "json")
            variables, rows = _rows(_parsed(text, self.url))
            if not cut or len(rows) < cut:
                yield _line(text)
                return
            if ends & {"LIMIT", "OFFSET", "VALUES"}:
                hint = "End the query with ORDER BY and nothing else: then it is fetched page by page."
                raise EndpointError(f"the server cut the answer at {cut} rows", where=self.url, hint=hint)
            query += f"\nORDER BY {' '.join(f'?{name}' for name in variables)}"
        had = 0
        start = next(word.start for word in tokens(query) if word.text == "SELECT")
        while True:
            # some servers sort no more than a page of rows, unless in a query within the query
            within = f"{query[:start]} SELECT * WHERE {{ {{ {query[start:]} }} }} LIMIT {PAGE} OFFSET {had}"
            text, _ = self._ask(within if had else f"{query}\nLIMIT {PAGE}", "json")
            count = len(_rows(_parsed(text, self.url))[1])
            if count or not had:
                yield _line(text)
            had += count
            if count < _SMALL:
                return

    def _ask(self, query: str, form: str) -> tuple[bytes, int]:
        """Return the answer, and after how many rows the server says that it cuts; 0 if it does not say."""
        from urllib.error import HTTPError, URLError

        from SPARQLWrapper import BASIC, DIGEST, POST, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException, Unauthorized

        user, password = os.environ.get("CMGRAPH_USER"), os.environ.get("CMGRAPH_PASSWORD", "")
        wrapper = SPARQLWrapper(self.url, agent="cmgraph")
        wrapper.setMethod(POST)
        wrapper.setTimeout(round(self._patience) or 1)
        wrapper.setReturnFormat(form)
        wrapper.setQuery(query)
        if self._graph:
            wrapper.addDefaultGraph(self._graph)
        schemes = [BASIC, DIGEST] if user else [BASIC]
        tries = 3
        while True:
            if user:
                wrapper.setCredentials(user, password)
                wrapper.setHTTPAuth(schemes[0])
            try:
                with wrapper.query().response as response:
                    return response.read(), int(response.headers.get("X-SPARQL-MaxRows") or 0)
            except Unauthorized:
                schemes.pop(0)
                if not schemes:
                    hint = "Set CMGRAPH_USER and CMGRAPH_PASSWORD."
                    raise EndpointError("the server wants to know who asks", where=self.url, hint=hint) from None
            except (SPARQLWrapperException, URLError, OSError, ValueError) as error:
                tries -= 1
                if tries and isinstance(error, HTTPError) and error.code in (429, 502, 503, 504):
                    wait = error.headers.get("Retry-After") or ""
                    time.sleep(min(float(wait) if wait.isdigit() else 1.0, 5.0))
                    continue
                reason = re.sub(r"(\s|\\n)+", " ", str(error).replace("Response: b'", ""))[:300]
                hint = "Check the address, and that the server is running."
                raise EndpointError(f"the endpoint did not answer: {reason}", where=self.url, hint=hint) from None


class _Counted:
    """A file that tells how far it has been read."""

    def __init__(self, file: IO[bytes], name: str, step: Step) -> None:
        self._file, self._name, self._step, self._done = file, name, step, 0

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._done += len(block)
        self._step(self._done, self._name)
        return block


def _selected(
    engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token]
) -> QuerySolutions:
    solutions = _run(engine, query, prefixes, name, words)
    if not isinstance(solutions, QuerySolutions):
        raise _not_a("SELECT", name)
    return solutions


def _run(
    engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token]
) -> QuerySolutions | QueryTriples | object:
    try:
        return engine.query(query, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise _syntax_error(query, prefixes, name, words, error) from None


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell in one line what goes wrong while a query is answered."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        if str(error).startswith("Corruption"):
            hint = "Make it anew: cmgraph load --replace --store DIR"
            raise DamagedStore(f"the store is damaged: {error}", where=name, hint=hint) from None
        raise CmgraphError(f"the query failed: {error}", where=name) from None


def _rows(solutions: QuerySolutions) -> Solutions:
    variables = tuple(variable.value for variable in solutions.variables)
    return variables, [tuple(solution) for solution in solutions]


def _parsed(answer: bytes, where: str = "") -> QuerySolutions:
    try:
        solutions = parse_query_results(answer, format=QueryResultsFormat.JSON)
    except (SyntaxError, ValueError):
        solutions = None
    if not isinstance(solutions, QuerySolutions):
        raise EndpointError("the answer is not a SPARQL result", where=where)
    return solutions


def _line(text: bytes) -> bytes:
    """Write JSON on one line; a line's end within a string is escaped in it already."""
    return text.replace(b"\n", b" ").replace(b"\r", b" ")


def _last_brace(words: Sequence[Token]) -> int:
    return max((i for i, word in enumerate(words) if word.text == "}" and word.kind == "sign"), default=0)


def _not_a(form: str, name: str) -> CmgraphError:
    return CmgraphError(f"this is not a {form} query", where=name, hint=f"Write it as {form} … WHERE {{ … }}.")


def _own_prefixes(words: Sequence[Token]) -> set[str]:
    return {
        name.text.partition(":")[0] for word, name in pairwise(words) if (word.kind, word.text) == ("word", "PREFIX")
    }


def _declared(query: str, words: Sequence[Token], prefixes: Mapping[str, str]) -> str:
    """Put the prefixes that a query uses but does not declare in front of it, and leave out its comments.

    SPARQLWrapper guesses the form of a query from its words, those of comments included.
    """
    used = {word.text.partition(":")[0] for word in words if word.kind == "name"} - _own_prefixes(words)
    return "".join(f"PREFIX {p}: <{prefixes[p]}> " for p in prefixes if p in used) + uncommented(query)


def _syntax_error(
    query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token], error: SyntaxError
) -> CmgraphError:
    found = re.match(r"error at (\d+):(\d+): (.*)", str(error), re.DOTALL)
    if not found:
        return CmgraphError(str(error), where=name)
    line, column = int(found[1]), int(found[2])
    rest = query.splitlines()[line - 1 :]
    at_end = not "".join(rest[:1])[column - 1 :].strip() and not "".join(rest[1:]).strip()
    if at_end:
        kept = query.rstrip().splitlines() or [""]
        line, column = len(kept), len(kept[-1]) + 1
    lines = query.splitlines() or [""]
    before = lines[min(line, len(lines)) - 1][: column - 1]
    declared = {*prefixes, *_own_prefixes(words)}
    prefix = re.search(r"([A-Za-z][\w-]*):[\w.%-]*$", before)
    if prefix and prefix[1] not in declared:
        said = f"unknown prefix '{prefix[1]}:'"
        hint = nearest(prefix[1], declared) or f"Add a line: PREFIX {prefix[1]}: <IRI>"
        column = prefix.start() + 1
    else:
        wanted = re.findall(r'"(\w+|[^\w\s])"', found[3]) or re.findall(r"\b[A-Z]{3,}\b", found[3])
        said = "the query ends too early" if at_end else "the query is not valid SPARQL here"
        hint = f"Expected one of: {' '.join(dict.fromkeys(wanted))}" if wanted else ""
    return CmgraphError(said, where=f"{name}:{line}:{column}", excerpt=excerpt(query, line, column), hint=hint)


def values(variable: str, terms: Sequence[Term | None]) -> str:
    """Write a VALUES block that binds ``variable`` to ``terms``; None stands for "any"."""
    return f"VALUES ?{variable} {{ {' '.join('UNDEF' if term is None else str(term) for term in terms)} }}"
