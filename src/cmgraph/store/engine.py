"""Queries on Oxigraph; errors are reported at their place in the query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from pyoxigraph import Store as Oxigraph

from cmgraph.errors import CmgraphError, DamagedStore, UnknownName, excerpt, nearest
from cmgraph.store.base import Solutions
from cmgraph.store.sparql_lexer import Token, from_clauses, own_prefixes, query_form, tokens

Answer: TypeAlias = QuerySolutions | QueryTriples | QueryBoolean
"""What the engine gives for SELECT, for CONSTRUCT and DESCRIBE, and for ASK."""

_REASONS = {
    "Prefix not found": "the prefix is not declared",
    "IRI parsing failed": "this is not an absolute IRI",
    "Duplicated variable name in SELECT": "a variable is selected twice",
    "The SELECT overrides an existing variable using an expression": "SELECT gives a value to a variable that has one",
    "The SELECT contains a variable that is unbound": "a variable is selected that is not grouped",
    "The SELECT contains an expression with a variable that is unbound": "an expression has a variable not grouped",
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot be used with GROUP BY",
}
"""The engine's reasons, in plain words."""

_AGGREGATES = frozenset(["COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"])
_MODIFIERS = frozenset(["HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"])


def run_query(engine: Oxigraph, form: str, query: str, prefixes: Mapping[str, str], name: str) -> Answer:
    """Answer a query that :func:`cmgraph.store.sparql_lexer.refuse_unsafe_query` lets pass.

    :param form: SELECT, ASK, or CONSTRUCT, which stands for DESCRIBE too.
    :raises CmgraphError: if it is of another form or not valid SPARQL; it names line, column and remedy.
    """
    _refuse_unknown_graphs(engine, query, prefixes, name)
    _refuse_patterns(engine, query, name)
    return answer_query(engine, form, query, prefixes, name)


def answer_query(engine: Oxigraph, form: str, query: str, prefixes: Mapping[str, str], name: str) -> Answer:
    """Answer a query whatever graphs and patterns it names, see :func:`run_query`."""
    try:
        answer = engine.query(query, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise _syntax_error(query, prefixes, name, error) from None
    kind = {"SELECT": QuerySolutions, "ASK": QueryBoolean, "CONSTRUCT": QueryTriples}[form]
    if not isinstance(answer, kind):
        raise CmgraphError(f"this is not a {form} query", where=name, hint=f"It is a {query_form(query)} query.")
    return answer


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Raise errors of the engine as ones of a single line."""
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


def to_bytes(answer: Answer) -> bytes:
    """Write an answer as bytes: SPARQL's JSON, or N-Triples."""
    if isinstance(answer, QueryTriples):
        return answer.serialize(format=RdfFormat.N_TRIPLES) or b""
    return answer.serialize(format=QueryResultsFormat.JSON) or b""


def read_solutions(answer: bytes) -> Solutions:
    """Read what :func:`to_bytes` wrote of a SELECT."""
    return to_rows(parse_query_results(answer, format=QueryResultsFormat.JSON))  # type: ignore[arg-type]


def read_boolean(answer: bytes) -> bool:
    """Read what :func:`to_bytes` wrote of an ASK."""
    return bool(parse_query_results(answer, format=QueryResultsFormat.JSON))


def read_triples(answer: bytes) -> list[Triple]:
    """Read what :func:`to_bytes` wrote of a CONSTRUCT."""
    return [quad.triple for quad in parse(answer, format=RdfFormat.N_TRIPLES)]


def _refuse_unknown_graphs(engine: Oxigraph, query: str, prefixes: Mapping[str, str], name: str) -> None:
    """Refuse FROM and FROM NAMED of a graph that the store lacks: it would silently be empty."""
    for clause in from_clauses(query, prefixes):
        if not engine.contains_named_graph(NamedNode(clause.iri)):
            iris = sorted(graph.value for graph in engine.named_graphs())
            hint = nearest(clause.iri, iris) or (f"It holds: {', '.join(iris[:5])}." if iris else "It holds none.")
            where, line = _place(query, name, clause.start)
            raise UnknownName(f"the store holds no graph <{clause.iri}>", where=where, hint=hint, excerpt=line)


def _refuse_patterns(engine: Oxigraph, query: str, name: str) -> None:
    """Refuse a literal pattern that the engine cannot read: every row would silently fail."""
    words: Sequence[Token] | None = None
    for match in re.finditer(r"(?i)\b(?:REGEX|REPLACE)\b", query):
        words = list(tokens(query)) if words is None else words
        index = next((i for i, word in enumerate(words) if word.start == match.start() and word.kind == "word"), None)
        if index is None:
            continue
        arguments = _arguments(words, index + 1)
        literal = [part[0].text if len(part) == 1 and part[0].kind == "string" else "" for part in arguments]
        flags_at = 2 if words[index].text == "REGEX" else 3
        flags = f", {literal[flags_at]}" if len(literal) > flags_at and literal[flags_at] else ""
        if len(literal) < 2 or not literal[1]:
            continue
        test = engine.query(f'SELECT (REGEX("", {literal[1]}{flags}) AS ?known) {{ }}')
        assert isinstance(test, QuerySolutions)
        if next(test)[0] is None:
            where, line = _place(query, name, arguments[1][0].start)
            hint = "SPARQL has neither look-around nor back-references; see XPath's fn:matches."
            raise CmgraphError("the engine cannot read this pattern", where=where, hint=hint, excerpt=line)


def _arguments(words: Sequence[Token], opening: int) -> list[list[Token]]:
    """Return the arguments of a function, each as its tokens."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for word in words[opening:]:
        if word.kind == "sign" and word.text in "([{":
            depth += 1
            if depth == 1:
                continue
        elif word.kind == "sign" and word.text in ")]}":
            depth -= 1
        if depth <= 0:
            break
        if depth == 1 and (word.kind, word.text) == ("sign", ","):
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _place(query: str, name: str, start: int) -> tuple[str, str]:
    """Return the place of a token in a query, and its line with a caret."""
    line, column = query.count("\n", 0, start) + 1, start - query.rfind("\n", 0, start)
    return f"{name}:{line}:{column}", excerpt(query, line, column)


def _syntax_error(query: str, prefixes: Mapping[str, str], name: str, error: SyntaxError) -> CmgraphError:
    place = re.match(r"error at (\d+):(\d+): (.*)", str(error), re.DOTALL)
    if not place:
        return CmgraphError(str(error), where=name)
    reason = next(
        (plain for text, plain in _REASONS.items() if re.search(rf"(ed|of|,) {re.escape(text)}", place[3])), ""
    )
    words = list(tokens(query))
    if misuse := _misused_variable(words, reason):
        problem, hint, start = misuse
        where, line = _place(query, name, start)
        return CmgraphError(problem, where=where, excerpt=line, hint=hint)
    line_number, column = int(place[1]), int(place[2])
    lines = query.splitlines() or [""]
    rest = lines[line_number - 1 :]
    at_end = not "".join(rest[:1])[column - 1 :].strip() and not "".join(rest[1:]).strip()
    if at_end:
        written = query.rstrip().splitlines() or [""]
        line_number, column = len(written), len(written[-1]) + 1
    before = lines[min(line_number, len(lines)) - 1][: column - 1]
    declared = {*prefixes, *own_prefixes(query)}
    prefix = re.search(r"([A-Za-z][\w-]*):[\w.%-]*$", before)
    iri = re.search(r"<[^<>]*>?\s*$", before)
    if prefix and prefix[1] not in declared:
        problem = f"unknown prefix '{prefix[1]}:'"
        hint = nearest(prefix[1], declared) or f"Add a line: PREFIX {prefix[1]}: <IRI>"
        column = prefix.start() + 1
    elif reason == _REASONS["IRI parsing failed"] and iri:
        problem, column = f"this is not an absolute IRI: {iri[0].strip()}", iri.start() + 1
        hint = "Write it whole, a blank as %20, or begin with BASE <IRI>."
    elif reason:
        problem, hint = reason, ""
    elif not query_form(query):
        problem, hint = "this is not a query", "Begin it with SELECT, ASK, CONSTRUCT or DESCRIBE."
    else:
        expected = re.findall(r'"(\w+|[^\w\s])"', place[3]) or re.findall(r"\b[A-Z]{3,}\b", place[3])
        problem = "the query ends too early" if at_end else "the query is not valid SPARQL here"
        hint = f"Expected one of: {' '.join(dict.fromkeys(expected))}" if expected else ""
    line = excerpt(query, line_number, column)
    return CmgraphError(problem, where=f"{name}:{line_number}:{column}", excerpt=line, hint=hint)


def _misused_variable(words: Sequence[Token], reason: str) -> tuple[str, str, int] | None:
    """Find the variable that a reason of the engine is about: what is wrong with it, what to do, where it stands.

    The engine keeps its reason to itself if it stands within braces; then any variable that is misused is found.
    """
    for at in (i for i, word in enumerate(words) if (word.kind, word.text) == ("word", "SELECT")):
        plain, expressions, body = _selected(words, at)
        aliases = [part[-1] for part in expressions if len(part) > 2 and part[-1].kind == "variable"]
        names = [word.text[1:] for word in (*plain, *aliases)]
        if reason in ("", _REASONS["Duplicated variable name in SELECT"]):
            for position, word in enumerate((*plain, *aliases)):
                if word.text[1:] in names[:position]:
                    return f"{word.text} is selected twice", "Leave it out, or give it another name.", word.start
        if reason in ("", _REASONS["The SELECT overrides an existing variable using an expression"]):
            bound = {word.text[1:] for word in words[body[0] : body[1]] if word.kind == "variable"}
            for word in aliases:
                if word.text[1:] in bound:
                    problem = f"SELECT gives a value to {word.text}, which the pattern already gives one"
                    return problem, f"Choose another name: AS {word.text}2", word.start
        grouped = {word.text[1:] for word in _grouped(words, body[1])}
        aggregated = any(word.kind == "word" and word.text in _AGGREGATES for part in expressions for word in part)
        if "grouped" in reason or (not reason and (grouped or aggregated)):
            selected = [*plain, *(word for part in expressions for word in _outside_aggregates(part))]
            for word in selected:
                if word.text[1:] not in {*grouped, *(alias.text[1:] for alias in aliases)}:
                    hint = f"Add {word.text} to GROUP BY, or ask for one of its values: (SAMPLE({word.text}) AS …)."
                    return f"{word.text} is selected, but neither grouped nor aggregated", hint, word.start
    return None if reason else _rebound(words)


def _rebound(words: Sequence[Token]) -> tuple[str, str, int] | None:
    """Find a BIND that gives a value to a variable which its group already has."""
    groups: list[set[str]] = []
    in_bind = False
    for index, word in enumerate(words):
        if (word.kind, word.text) == ("sign", "{"):
            groups.append(set())
        elif (word.kind, word.text) == ("sign", "}") and groups:
            inner = groups.pop()
            if groups:
                groups[-1] |= inner
        elif (word.kind, word.text) == ("word", "BIND"):
            in_bind = True
        elif word.kind == "variable" and groups:
            if in_bind and words[index - 1].text == "AS" and words[index - 1].kind == "word":
                in_bind = False
                if word.text[1:] in groups[-1]:
                    problem = f"BIND gives a value to {word.text}, which the pattern already gives one"
                    return problem, f"Choose another name: AS {word.text}2", word.start
            groups[-1].add(word.text[1:])
    return None


def _selected(words: Sequence[Token], at: int) -> tuple[list[Token], list[list[Token]], tuple[int, int]]:
    """Split a SELECT into its plain variables, the tokens of its expressions, and the start and end of its pattern."""
    plain: list[Token] = []
    expressions: list[list[Token]] = []
    index = at + 1
    while index < len(words) and words[index].text not in ("{", "WHERE", "FROM"):
        if words[index].text == "(" and words[index].kind == "sign":
            end = _closing(words, index)
            expressions.append(list(words[index + 1 : end]))
            index = end
        elif words[index].kind == "variable":
            plain.append(words[index])
        index += 1
    while index < len(words) and words[index].text != "{":
        index += 1
    return plain, expressions, (index, _closing(words, index))


def _closing(words: Sequence[Token], opening: int) -> int:
    """Return the index of the bracket that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(words)):
        if words[index].kind == "sign":
            depth += (words[index].text in "([{") - (words[index].text in ")]}")
            if depth == 0:
                return index
    return len(words)


def _grouped(words: Sequence[Token], end: int) -> Iterator[Token]:
    """Yield the variables that the GROUP BY after a pattern groups by."""
    if [word.text for word in words[end + 1 : end + 3]] != ["GROUP", "BY"]:
        return
    for word in words[end + 3 :]:
        if (word.kind == "word" and word.text in _MODIFIERS) or (word.kind, word.text) == ("sign", "}"):
            return
        if word.kind == "variable":
            yield word


def _outside_aggregates(expression: Sequence[Token]) -> Iterator[Token]:
    """Yield the variables of an expression that are in no aggregate, without the one it is named by."""
    index = 0
    while index < len(expression):
        word = expression[index]
        if word.kind == "word" and word.text in _AGGREGATES:
            index = _closing(expression, index + 1)
        elif word.kind == "variable" and index != len(expression) - 1:
            yield word
        index += 1
