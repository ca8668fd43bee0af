"""Oxigraph, asked a query; what goes wrong is told in the words of the query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise

from pyoxigraph import QueryResultsFormat, QuerySolutions, QueryTriples, parse_query_results
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import CmgraphError, DamagedStore, EndpointError, excerpt, nearest
from cmgraph.store.base import Solutions
from cmgraph.store.sparql_lexer import Token


def select(
    engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token]
) -> QuerySolutions:
    """Answer a SELECT query; another form is an error."""
    solutions = run_query(engine, query, prefixes, name, words)
    if not isinstance(solutions, QuerySolutions):
        raise wrong_form("SELECT", name)
    return solutions


def run_query(
    engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str, words: Sequence[Token]
) -> QuerySolutions | QueryTriples | object:
    """Answer a query of any form.

    :param words: the words of the query, see :func:`cmgraph.store.sparql_lexer.refuse_unsafe_query`.
    :raises CmgraphError: if it is not valid SPARQL; it names line, column and remedy.
    """
    try:
        return engine.query(query, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise _syntax_error(query, prefixes, name, words, error) from None


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Tell in one line what goes wrong while a query is answered."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        if str(error).startswith("Corruption"):
            hint = "Rebuild it: cmgraph load --replace --store DIR"
            raise DamagedStore(f"the store is damaged: {error}", where=name, hint=hint) from None
        raise CmgraphError(f"the query failed: {error}", where=name) from None


def to_rows(solutions: QuerySolutions) -> Solutions:
    """Take all rows out of the engine."""
    variables = tuple(variable.value for variable in solutions.variables)
    return variables, [tuple(solution) for solution in solutions]


def parse_solutions(answer: bytes, where: str = "") -> QuerySolutions:
    """Read an answer in SPARQL's JSON.

    :raises EndpointError: if it is something else.
    """
    try:
        solutions = parse_query_results(answer, format=QueryResultsFormat.JSON)
    except (SyntaxError, ValueError):
        solutions = None
    if not isinstance(solutions, QuerySolutions):
        raise EndpointError("the answer is not a SPARQL result", where=where)
    return solutions


def wrong_form(form: str, name: str) -> CmgraphError:
    """Say that a query should have been of another form."""
    return CmgraphError(f"this is not a {form} query", where=name, hint=f"Write it as {form} … WHERE {{ … }}.")


def own_prefixes(words: Sequence[Token]) -> set[str]:
    """Return the prefixes that a query declares."""
    return {
        name.text.partition(":")[0] for word, name in pairwise(words) if (word.kind, word.text) == ("word", "PREFIX")
    }


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
    declared = {*prefixes, *own_prefixes(words)}
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
