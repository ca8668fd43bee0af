"""The words of a query by SPARQL's own rules, and what a query from somebody else may not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cmgraph.errors import CmgraphError, excerpt

DEPTH, CHAIN = 64, 1000
"""How deep brackets may nest, and how many operators a query may hold: engines crash on more."""

_LOCAL = r"(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])*"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s\ufeff]+|\#[^\n\r]*)
  | (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<blank>_:[\w.-]+)
  | (?P<name>(?:[^\W\d_][\w.-]*)?:{_LOCAL})
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\|\||&&|\^\^|!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = frozenset(["+", "-", "*", "/", "|", "||", "&&", "!", "^", "UNION", "OPTIONAL"])


class Token(NamedTuple):
    """One word of a query: its kind, its text (a keyword's in capitals), and where it starts, counted from 0."""

    kind: str
    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """Yield the words of a query, without blanks and comments.

    Terminals are those of the SPARQL 1.1 grammar, the longest first, so no keyword is mistaken for text or the reverse.
    """
    for found in _TOKEN.finditer(query):
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(kind, found[0].upper() if kind == "word" else found[0], found.start())


def uncommented(query: str) -> str:
    """Return a query without its comments; strings and IRIs stay as they are."""
    return _TOKEN.sub(lambda found: "" if found[0].startswith("#") else found[0], query)


def refuse_unsafe_query(query: str, name: str, allow_service: bool = False) -> list[Token]:
    """Return the words of a query that calls nobody, reads no file, and is no deeper than engines bear.

    :param name: what errors call the query's text.
    :param allow_service: let the query call other servers.
    :raises CmgraphError: if it holds SERVICE, FROM, an escaped character that could hide them, or too much.
    """
    if found := re.search(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}", query):
        said, hint = "escaped characters (\\u…) are not allowed", "Write the character itself."
        raise _refused(said, hint, query, name, found.start())
    words = list(tokens(query))
    depth = chain = 0
    for token in words:
        if token.kind == "word" and token.text == "SERVICE" and not allow_service:
            said = "SERVICE is not allowed: a query may not call other servers"
            raise _refused(
                said, "Ask the other server with --endpoint URL, or mean it: --allow-service.", query, name, token.start
            )
        if token.kind == "word" and token.text == "FROM":
            raise _refused(
                "FROM is not allowed: a query is about the graph alone", "Leave it out.", query, name, token.start
            )
        if token.kind == "sign" and token.text in "{([":
            depth += 1
        elif token.kind == "sign" and token.text in "})]":
            depth -= 1
        chain += token.kind in ("sign", "word") and token.text in _OPERATORS
        if depth > DEPTH or chain > CHAIN:
            said = f"the query is nested more deeply than {DEPTH}" if depth > DEPTH else f"more than {CHAIN} operators"
            raise _refused(said, "Engines crash on such queries: write it in parts.", query, name, token.start)
    return words


def _refused(said: str, hint: str, query: str, name: str, start: int) -> CmgraphError:
    line, column = query.count("\n", 0, start) + 1, start - query.rfind("\n", 0, start)
    where = f"{name}:{line}:{column}"
    return CmgraphError(said, where=where, excerpt=excerpt(query, line, column), hint=hint)
