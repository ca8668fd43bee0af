"""A graph on a server that speaks SPARQL 1.1."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, QueryTriples, RdfFormat, Triple, parse
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import EndpointError
from cmgraph.rdf.terms import XSD
from cmgraph.store.base import Solutions
from cmgraph.store.engine import own_prefixes, parse_solutions, reported, run_query, select, to_rows, wrong_form
from cmgraph.store.sandbox import run_sandboxed
from cmgraph.store.sparql_lexer import Token, refuse_unsafe_query, tokens, uncommented

PAGE = 10_000
"""Rows asked of an endpoint at once; servers cut longer answers."""

DEFAULT_TIMEOUT = 60.0
"""Seconds that an endpoint may be silent."""

_BOOLEANS = {Literal(digit, datatype=NamedNode(XSD + "boolean")): Literal(digit == "1") for digit in ("0", "1")}
"""Some servers spell truth in digits."""

_SMALL = 1000
"""A page of fewer rows is the last one: no server cuts answers as short as that."""


def environment_credentials() -> tuple[str, str] | None:
    """Return the user and password that the environment names; None if it names no user."""
    user = os.environ.get("CMGRAPH_USER")
    return (user, os.environ.get("CMGRAPH_PASSWORD", "")) if user else None


class EndpointStore:
    """A SPARQL 1.1 endpoint, asked through SPARQLWrapper.

    What fails for a moment is asked again, twice at most.

    :param graph: IRI of the graph to ask, if it is not the server's default.
    :param credentials: user and password.
    """

    def __init__(
        self,
        url: str,
        graph: str | None = None,
        *,
        allow_service: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._credentials = credentials
        self.url, self._graph, self._allow_service, self._timeout = url, graph, allow_service, timeout
        self._grammar = Oxigraph()

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query; a long answer is fetched page by page."""
        words = refuse_unsafe_query(query, name, self._allow_service)

        def work() -> bytes:
            with reported(name):
                select(self._grammar, query, prefixes, name, words)
            return b"\n".join(self._pages(_declared(query, words, prefixes), words))

        answer = work() if timeout is None else run_sandboxed(work, timeout, name, offline=False)
        first, *others = (parse_solutions(page, self.url) for page in answer.split(b"\n"))
        variables, rows = to_rows(first)
        rows += [tuple(row[name] for name in variables) for page in others for row in page]
        return variables, [tuple(_BOOLEANS.get(term, term) for term in row) for row in rows]  # type: ignore[arg-type]

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Iterator[Triple]:
        """Answer a CONSTRUCT query."""
        words = refuse_unsafe_query(query, name, self._allow_service)
        with reported(name):
            if not isinstance(run_query(self._grammar, query, prefixes, name, words), QueryTriples):
                raise wrong_form("CONSTRUCT", name)
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
            variables, rows = to_rows(parse_solutions(text, self.url))
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
            count = len(to_rows(parse_solutions(text, self.url))[1])
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

        wrapper = SPARQLWrapper(self.url, agent="cmgraph")
        wrapper.setMethod(POST)
        wrapper.setTimeout(round(self._timeout) or 1)
        wrapper.setReturnFormat(form)
        wrapper.setQuery(query)
        if self._graph:
            wrapper.addDefaultGraph(self._graph)
        schemes = [BASIC, DIGEST] if self._credentials else [BASIC]
        tries = 3
        while True:
            if self._credentials:
                wrapper.setCredentials(*self._credentials)
                wrapper.setHTTPAuth(schemes[0])
            try:
                with wrapper.query().response as response:
                    return response.read(), int(response.headers.get("X-SPARQL-MaxRows") or 0)
            except Unauthorized:
                schemes.pop(0)
                if not schemes:
                    hint = "Set CMGRAPH_USER and CMGRAPH_PASSWORD."
                    raise EndpointError("authentication required", where=self.url, hint=hint) from None
            except (SPARQLWrapperException, URLError, OSError, ValueError) as error:
                tries -= 1
                if tries and isinstance(error, HTTPError) and error.code in (429, 502, 503, 504):
                    wait = error.headers.get("Retry-After") or ""
                    time.sleep(min(float(wait) if wait.isdigit() else 1.0, 5.0))
                    continue
                reason = re.sub(r"(\s|\\n)+", " ", str(error).replace("Response: b'", ""))[:300]
                hint = "Check the address, and that the server is running."
                raise EndpointError(f"the endpoint did not answer: {reason}", where=self.url, hint=hint) from None


def _line(text: bytes) -> bytes:
    """Write JSON on one line; a line's end within a string is escaped in it already."""
    return text.replace(b"\n", b" ").replace(b"\r", b" ")


def _last_brace(words: Sequence[Token]) -> int:
    return max((i for i, word in enumerate(words) if word.text == "}" and word.kind == "sign"), default=0)


def _declared(query: str, words: Sequence[Token], prefixes: Mapping[str, str]) -> str:
    """Put the prefixes that a query uses but does not declare in front of it, and leave out its comments.

    SPARQLWrapper guesses the form of a query from its words, those of comments included.
    """
    used = {word.text.partition(":")[0] for word in words if word.kind == "name"} - own_prefixes(words)
    return "".join(f"PREFIX {p}: <{prefixes[p]}> " for p in prefixes if p in used) + uncommented(query)
