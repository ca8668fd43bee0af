"""Where questions are put: Oxigraph in this process, or a SPARQL endpoint somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, QueryTriples, Triple
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import CmgraphError, EndpointError, excerpt, nearest
from cmgraph.terms import Term

Solutions: TypeAlias = tuple[tuple[str, ...], list[tuple[Term | None, ...]]]
"""Variable names, and one tuple of terms per row in the same order."""


class Store(Protocol):
    """Something that answers SPARQL."""

    def select(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Solutions:
        """Answer a SELECT query; ``name`` is what errors call its text."""
        ...

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> list[Triple]:
        """Answer a CONSTRUCT query."""
        ...


class MemoryStore:
    """The graph in this process: in memory, or opened from a snapshot of it.

    :ivar engine: the Oxigraph store itself.
    """

    def __init__(self, triples: Iterable[Triple] = (), engine: Oxigraph | None = None) -> None:
        self.engine = engine or Oxigraph()
        if engine is None:
            self.add(triples)

    def add(self, triples: Iterable[Triple]) -> None:
        """Add statements."""
        self.engine.bulk_extend(Quad(*triple) for triple in triples)

    def select(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Solutions:
        """Answer a SELECT query."""
        solutions = _run(self.engine, query, prefixes, name)
        if not isinstance(solutions, QuerySolutions):
            raise _not_a("SELECT", name)
        variables = tuple(variable.value for variable in solutions.variables)
        return variables, [tuple(solution) for solution in solutions]

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> list[Triple]:
        """Answer a CONSTRUCT query."""
        triples = _run(self.engine, query, prefixes, name)
        if not isinstance(triples, QueryTriples):
            raise _not_a("CONSTRUCT", name)
        return list(triples)


class EndpointStore:
    """A SPARQL 1.1 endpoint, asked through SPARQLWrapper."""

    def __init__(self, url: str, timeout: int = 60) -> None:
        self.url, self.timeout = url, timeout
        self._grammar = Oxigraph()

    def select(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> Solutions:
        """Answer a SELECT query."""
        if not isinstance(_run(self._grammar, query, prefixes, name), QuerySolutions):
            raise _not_a("SELECT", name)
        from SPARQLWrapper import JSON

        answer = self._ask(query, prefixes, JSON)
        try:
            variables = tuple(answer["head"]["vars"])
            rows = [tuple(_term(row.get(v)) for v in variables) for row in answer["results"]["bindings"]]
        except (KeyError, TypeError, ValueError):
            raise EndpointError("the answer is not a SPARQL result", where=self.url) from None
        return variables, rows

    def construct(self, query: str, prefixes: Mapping[str, str], name: str = "query") -> list[Triple]:
        """Answer a CONSTRUCT query."""
        if not isinstance(_run(self._grammar, query, prefixes, name), QueryTriples):
            raise _not_a("CONSTRUCT", name)
        from pyoxigraph import RdfFormat, parse
        from SPARQLWrapper import TURTLE

        text = self._ask(query, prefixes, TURTLE)
        try:
            return [quad.triple for quad in parse(text, format=RdfFormat.TURTLE)]
        except SyntaxError:
            raise EndpointError("the answer is not Turtle", where=self.url) from None

    def _ask(self, query: str, prefixes: Mapping[str, str], form: str) -> Any:
        from urllib.error import URLError

        from SPARQLWrapper import POST, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

        wrapper = SPARQLWrapper(self.url, agent="cmgraph")
        wrapper.setMethod(POST)
        wrapper.setTimeout(self.timeout)
        wrapper.setReturnFormat(form)
        # SPARQLWrapper guesses the form of a query from its words, those of comments included.
        said = _ASIDE.sub(lambda m: "" if m[0].startswith("#") else m[0], query)
        wrapper.setQuery(_declared(said, prefixes))
        try:
            return wrapper.query().convert()
        except (SPARQLWrapperException, URLError, OSError, ValueError) as error:
            reason = re.sub(r"\s+", " ", str(getattr(error, "msg", "") or error))[:200]
            hint = "Check the address, and that the server is running."
            raise EndpointError(f"the endpoint did not answer: {reason}", where=self.url, hint=hint) from None


_ASIDE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""'
    r"|'''(?:[^\\]|\\.)*?'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\"{}|^`\\\s]*>|#[^\n]*|[?$]\w+|[\w-]*:[\w.%-]*",
    re.DOTALL,
)
"""What in a query is no keyword: strings, IRIs, comments, variables, names with a prefix."""


def _refuse_service(query: str, name: str) -> None:
    """Raise an error if a query would make whoever answers it call another server."""
    if found := re.search(r"\bSERVICE\b", _ASIDE.sub(lambda m: " " * len(m[0]), query), re.IGNORECASE):
        line = query.count("\n", 0, found.start()) + 1
        column = found.start() - query.rfind("\n", 0, found.start())
        raise CmgraphError(
            "SERVICE is not allowed: a query may not call other servers",
            where=f"{name}:{line}:{column}",
            excerpt=excerpt(query, line, column),
            hint="Ask the other server with --endpoint URL, and join the answers.",
        )


def _run(
    engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str
) -> QuerySolutions | QueryTriples | object:
    _refuse_service(query, name)
    try:
        return engine.query(query, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise _syntax_error(query, prefixes, name, error) from None
    except (RuntimeError, OSError) as error:
        raise CmgraphError(f"the query failed: {error}", where=name) from None


def _not_a(form: str, name: str) -> CmgraphError:
    return CmgraphError(f"this is not a {form} query", where=name, hint=f"Write it as {form} … WHERE {{ … }}.")


def _syntax_error(query: str, prefixes: Mapping[str, str], name: str, error: SyntaxError) -> CmgraphError:
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
    declared = {*prefixes, *re.findall(r"(?im)^\s*prefix\s+([\w-]*):", query)}
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


def _declared(query: str, prefixes: Mapping[str, str]) -> str:
    """Put the prefixes that a query uses but does not declare in front of it, on one line."""
    own = set(re.findall(r"(?im)^\s*prefix\s+([\w-]*):", query))
    used = [p for p in prefixes if p not in own and re.search(rf"(?<![\w-]){re.escape(p)}:", query)]
    return "".join(f"PREFIX {p}: <{prefixes[p]}> " for p in used) + query


def _term(cell: Mapping[str, str] | None) -> Term | None:
    if cell is None:
        return None
    match cell["type"]:
        case "uri":
            return NamedNode(cell["value"])
        case "bnode":
            return BlankNode(cell["value"])
    if "xml:lang" in cell:
        return Literal(cell["value"], language=cell["xml:lang"])
    if "datatype" in cell:
        return Literal(cell["value"], datatype=NamedNode(cell["datatype"]))
    return Literal(cell["value"])


def values(variable: str, terms: Sequence[Term | None]) -> str:
    """Write a VALUES block that binds ``variable`` to ``terms``; None stands for "any"."""
    return f"VALUES ?{variable} {{ {' '.join('UNDEF' if term is None else str(term) for term in terms)} }}"
