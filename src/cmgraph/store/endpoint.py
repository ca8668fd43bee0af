"""A graph on a server that speaks SPARQL 1.1."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import CmgraphError, EndpointError
from cmgraph.rdf.terms import XSD
from cmgraph.store.base import Solutions
from cmgraph.store.engine import answer_query
from cmgraph.store.results import parse_boolean, parse_solutions
from cmgraph.store.sandbox import run_sandboxed
from cmgraph.store.sparql_lexer import (
    Token,
    from_clauses,
    own_prefixes,
    refuse_unsafe_query,
    tokens,
    uncommented,
    without_service,
)

if TYPE_CHECKING:
    from cmgraph.store.http import Credentials, Reply

PAGE = 10_000
"""Rows on a page of an answer that the endpoint truncates."""

DEFAULT_TIMEOUT = 60.0
"""Seconds that an endpoint may be silent."""

_ROUND = 100
"""Servers truncate answers at a multiple of this, some without saying so."""

_LOSES_ROWS = "Virtuoso"
"""A server program that was seen to leave rows out of answers, depending on its query plan."""

_BOOLEANS = {Literal(digit, datatype=NamedNode(XSD + "boolean")): Literal(digit == "1") for digit in ("0", "1")}
"""Some servers spell truth in digits."""


def environment_credentials() -> Credentials | None:
    """Return the token, or else the user and password, that the environment names; None if it names neither."""
    user = os.environ.get("CMGRAPH_USER")
    password = (user, os.environ.get("CMGRAPH_PASSWORD", "")) if user else None
    return os.environ.get("CMGRAPH_TOKEN") or password


class EndpointStore:
    """A SPARQL 1.1 endpoint, asked through SPARQLWrapper.

    What fails for a moment is asked again, twice at most. Nothing but this endpoint is asked.

    :param graph: IRI of the graph to ask, if it is not the server's default.
    :param credentials: user and password, or a token.
    """

    def __init__(
        self,
        url: str,
        graph: str | None = None,
        *,
        allow_service: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        credentials: Credentials | None = None,
    ) -> None:
        self._credentials = credentials
        self._warned = False
        self.url, self._graph, self._allow_service, self._timeout = url, graph, allow_service, timeout

    @cached_property
    def server(self) -> str:
        """Name of the server's program; empty if it does not say."""
        return self._send("ASK { }", "json").server

    def select(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Solutions:
        """Answer a SELECT query; an answer that the server truncates is fetched page by page."""
        doubt, server, *pages = self._fetch("SELECT", query, prefixes, name, timeout, self._pages)
        (variables, rows), *later_pages = (parse_solutions(page, self.url) for page in pages)
        for _, page_rows in later_pages:
            rows += page_rows
        if later_pages and any(isinstance(term, BlankNode) for row in rows for term in row):
            hint = "Ask for less at once, or leave out blank nodes."
            raise EndpointError(
                "the server cuts this answer short, and blank nodes cannot be fetched by page",
                where=self.url,
                hint=hint,
            )
        if server == _LOSES_ROWS and not self._warned:
            self._warned = True
            warning = "warning: %s: %s was seen to leave rows out of answers without saying so; compare with the files"
            logging.getLogger("cmgraph").warning(warning, self.url, server)
        if doubt:
            warning = "warning: %s: exactly %d rows came; the server may cut longer answers without saying so"
            logging.getLogger("cmgraph").warning(warning, self.url, len(rows))
        return variables, [tuple(_BOOLEANS.get(term, term) for term in row) for row in rows]  # type: ignore[arg-type]

    def ask(self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None) -> bool:
        """Answer an ASK query."""
        (answer,) = self._fetch("ASK", query, prefixes, name, timeout, lambda text: [self._send(text, "json").text])
        return parse_boolean(answer, self.url)

    def construct(
        self, query: str, prefixes: Mapping[str, str], name: str = "query", timeout: float | None = None
    ) -> Iterator[Triple]:
        """Answer a CONSTRUCT or DESCRIBE query."""

        def fetch(text: str) -> list[str]:
            reply = self._send(text, "turtle")
            return [reply.media_type, reply.text]

        media_type, text = self._fetch("CONSTRUCT", query, prefixes, name, timeout, fetch)
        form = RdfFormat.from_media_type(media_type) or RdfFormat.TURTLE
        try:
            yield from (quad.triple for quad in parse(text, format=form, base_iri=self.url))
        except (SyntaxError, ValueError) as error:
            problem = f"the answer broke off, or is not {form.name}: {str(error).splitlines()[0]}"
            raise EndpointError(problem, where=self.url) from None

    def _fetch(
        self,
        form: str,
        query: str,
        prefixes: Mapping[str, str],
        name: str,
        timeout: float | None,
        work: Callable[[str], Sequence[str]],
    ) -> list[str]:
        """Send a query to the server once it has passed the checks; in a process of its own if there is a ``timeout``.

        :param work: asks the query given and returns texts.
        """
        refuse_unsafe_query(query, name, self._allow_service)
        if self._graph and (named := from_clauses(query, prefixes)):
            hint = "Leave out --graph, or FROM."
            raise CmgraphError(
                f"the query names its graph, <{named[0].iri}>, and so does --graph", where=name, hint=hint
            )

        def answer() -> bytes:
            with suppress(RuntimeError):  # the server may have this function
                # to check the syntax only: on an empty store, without calling servers
                answer_query(Oxigraph(), form, without_service(query), prefixes, name)
            return json.dumps(work(_declared(query, prefixes))).encode()

        texts: list[str] = json.loads(
            answer() if timeout is None else run_sandboxed(answer, timeout, name, offline=False)
        )
        return texts

    def _pages(self, query: str) -> list[str]:
        """Return whether an answer may be truncated all the same, the server's program, and the texts of its pages."""
        ends = _ends(query)
        keywords = {word.text for word in ends if word.kind == "word"}
        bounded = bool(keywords & {"LIMIT", "OFFSET", "VALUES"})
        # in an ordered answer without LIMIT, Virtuoso orders otherwise and takes IRIs for text
        first = f"{query}\nLIMIT {PAGE}" if "ORDER" in keywords and not bounded else query
        reply = self._send(first, "json")
        variables, rows = parse_solutions(reply.text, self.url)
        count = len(rows)
        limit = next((word.text for before, word in pairwise(ends) if before.text == "LIMIT"), "")
        declared = 0 < reply.cap <= count
        if not count or limit == str(count) or not (declared or count % _ROUND == 0):
            return ["", reply.server, reply.text]
        if not declared:
            try:
                next_row = self._send(_within(query, variables, 1, count), "json").text
                declared = len(parse_solutions(next_row, self.url)[1]) > 0
            except EndpointError:
                return ["doubt", reply.server, reply.text]
        if not declared:
            return ["" if count % 1000 else "doubt", reply.server, reply.text]
        if bounded:
            hint = "End the query with ORDER BY and nothing else: then it is fetched page by page."
            raise EndpointError(f"the server cut the answer at {count} rows", where=self.url, hint=hint)
        order = "" if "ORDER" in keywords else "ORDER BY "
        ordered = f"{query}\n{order}{' '.join(f'?{name}' for name in variables)}"
        size, had, pages = min(count, PAGE), 0, ["", reply.server]
        while True:
            page = self._send(_within(ordered, variables, size, had), "json").text
            count = len(parse_solutions(page, self.url)[1])
            had += count
            pages += [page] if count or len(pages) == 2 else []
            if count < size:
                return pages

    def _send(self, query: str, form: str) -> Reply:
        from cmgraph.store.http import send

        return send(self.url, query, form, self._graph, self._credentials, self._timeout)


def _within(query: str, variables: Sequence[str], limit: int, offset: int) -> str:
    """Write the query for a page of an answer; some servers sort only a page of rows, unless in a sub-select."""
    inner = query
    clauses = from_clauses(query, {})
    for clause in reversed(clauses):
        inner = inner[: clause.start] + " " * (clause.end - clause.start) + inner[clause.end :]
    start = next(word.start for word in tokens(query) if (word.kind, word.text) == ("word", "SELECT"))
    graphs = " ".join(query[clause.start : clause.end] for clause in clauses)
    columns = " ".join(f"?{name}" for name in variables)
    return f"{query[:start]} SELECT {columns} {graphs} WHERE {{ {{ {inner[start:]}\n}} }} LIMIT {limit} OFFSET {offset}"


def _ends(query: str) -> list[Token]:
    """Return the tokens after the last pattern of a query."""
    ends: list[Token] = []
    for word in tokens(query):
        if (word.kind, word.text) == ("sign", "}"):
            ends.clear()
        else:
            ends.append(word)
    return ends


def _declared(query: str, prefixes: Mapping[str, str]) -> str:
    """Put the prefixes that a query uses but does not declare in front of it, and leave out its comments.

    SPARQLWrapper guesses the form of a query from its words, those of comments included.
    """
    undeclared = {word.text.partition(":")[0] for word in tokens(query) if word.kind == "name"} - own_prefixes(
        query
    ).keys()
    return "".join(f"PREFIX {p}: <{prefixes[p]}> " for p in prefixes if p in undeclared) + uncommented(query)
