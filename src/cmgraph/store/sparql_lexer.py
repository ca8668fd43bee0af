"""The tokens of a query by SPARQL's grammar, and what a query from somebody else may not contain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urljoin

from cmgraph.errors import CmgraphError, NotAllowed, excerpt, say
from cmgraph.rdf.turtle_tokens import STRING

DEPTH, PARTS, WORDS = 64, 1000, 20_000
"""How deep brackets may nest, and how many patterns and operators, and words outside VALUES lists, a query may hold:
engines crash on more."""

SIZE = 10_000_000
"""How many characters a query may have."""

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")

_LOCAL = r"(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])*"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s\ufeff]+|\#[^\n\r]*)
  | (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*>)
  | (?P<string>{STRING})
  | (?P<open>["'].*)
  | (?P<variable>[?$]\w+)
  | (?P<blank>_:[\w.-]+)
  | (?P<name>(?:[^\W\d_][\w.-]{{0,99}})?:{_LOCAL})
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\|\||&&|\^\^|!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = ("+", "-", "*", "/", "|", "||", "&&", "!", "^", ".", ";", "{")
_PARTS = frozenset(
    [*_SIGNS, "UNION", "OPTIONAL", "MINUS", "LATERAL", "GRAPH", "SERVICE", "FILTER", "EXISTS", "BIND", "VALUES", "AS"]
)
"""Keywords that begin or join a pattern or an expression."""

_AFTER_FROM = frozenset(["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"])

_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])


class Token(NamedTuple):
    """One word of a query: its kind, its text (a keyword's in capitals), and where it starts, counted from 0."""

    kind: str
    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """Yield the words of a query, without blanks and comments.

    Terminals are those of the SPARQL 1.1 grammar, the longest first, so no keyword is mistaken for text or the reverse.
    """
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, match[0].upper() if kind == "word" else match[0], match.start())


def uncommented(query: str) -> str:
    """Return a query without its comments; strings and IRIs stay as they are."""
    return _TOKEN.sub(lambda match: "" if match[0].startswith("#") else match[0], query)


def query_form(query: str) -> str:
    """Return the form of a query: SELECT, ASK, CONSTRUCT or DESCRIBE; empty if it is no query."""
    return next((word.text for word in tokens(query) if word.kind == "word" and word.text in FORMS), "")


def own_prefixes(query: str) -> dict[str, str]:
    """Return the prefixes that a query declares, and their namespaces."""
    declared: dict[str, str] = {}
    base = ""
    word, name = Token("", "", 0), Token("", "", 0)
    for token in tokens(query):
        if token.kind == "iri" and (word.text, name.kind) == ("PREFIX", "name"):
            declared[name.text.partition(":")[0]] = urljoin(base, token.text[1:-1])
        elif token.kind == "iri" and name.text == "BASE":
            base = token.text[1:-1]
        word, name = name, token
    return declared


_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


def with_base(query: str, base: str) -> str:
    """Return a query whose relative IRIs begin at ``base``, unless it names a base of its own before them."""
    before = Token("", "", 0)
    for word in tokens(query):
        if word.kind == "iri" and not _SCHEME.match(word.text):
            return f"BASE <{base}> {query}"
        if word.kind == "iri" and (before.kind, before.text) == ("word", "BASE"):
            break
        before = word
    return query


class FromClause(NamedTuple):
    """A FROM clause: the IRI it names, and where it starts and ends in its query."""

    iri: str
    start: int
    end: int


def from_clauses(query: str, prefixes: Mapping[str, str]) -> list[FromClause]:
    """Find the graphs that a query names after FROM and FROM NAMED.

    :param prefixes: those that count beside the query's own.
    """
    clauses: list[FromClause] = []
    if not re.search(r"(?i)\bFROM\b", query):
        return clauses
    spaces: Mapping[str, str] | None = None
    start, base = -1, ""
    for word, token in pairwise(tokens(query)):
        if (word.kind, word.text, token.kind) == ("word", "BASE", "iri"):
            base = token.text[1:-1]
        if (word.kind, word.text) == ("word", "FROM"):
            start = word.start
        elif word.text != "NAMED":
            start = -1
        if start < 0 or token.kind not in ("iri", "name"):
            continue
        if token.kind == "iri":
            iri = urljoin(base, token.text[1:-1])
        else:
            spaces = {**prefixes, **own_prefixes(query)} if spaces is None else spaces
            prefix, _, local = token.text.partition(":")
            iri = spaces.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)
        clauses.append(FromClause(iri, start, token.start + len(token.text)))
    return clauses


def with_dataset(query: str, default: Sequence[str], named: Sequence[str], prefixes: Mapping[str, str]) -> str:
    """Return a query of these graphs, whatever graphs it names itself.

    :param default: the IRIs of the graphs that are asked as one.
    :param named: the IRIs of those that are asked by name.
    :param prefixes: see :func:`from_clauses`.
    """
    for clause in from_clauses(query, prefixes):
        query = query[: clause.start] + " " * (clause.end - clause.start) + query[clause.end :]
    clauses = "".join([*(f" FROM <{iri}> " for iri in default), *(f" FROM NAMED <{iri}> " for iri in named)])
    at = _pattern_start(query)
    return query[:at] + clauses + query[at:]


def _pattern_start(query: str) -> int:
    """Return the place for FROM clauses in a query: after its projection, before its pattern."""
    form, depth, template = "", 0, False
    for word in tokens(query):
        if not form:
            form = word.text if word.kind == "word" and word.text in FORMS else ""
        elif form == "CONSTRUCT" and word.text == "{":
            template, form = True, "TEMPLATE"
        elif template:
            template = word.text != "}"
        elif word.kind == "sign" and word.text in "()":
            depth += 1 if word.text == "(" else -1
        elif not depth and (word.text == "{" or (word.kind == "word" and word.text in _AFTER_FROM)):
            return word.start
    return len(query)


def without_service(query: str) -> str:
    """Return a query that asks no other server and is as long and as valid: ``SERVICE x`` becomes ``GRAPH x``."""
    text, calls = query, False
    for word in tokens(query):
        if word.kind == "word" and (word.text == "SERVICE" or (word.text == "SILENT" and calls)):
            other = "GRAPH" if word.text == "SERVICE" else ""
            text = text[: word.start] + other.ljust(len(word.text)) + text[word.start + len(word.text) :]
        calls = (word.kind, word.text) == ("word", "SERVICE")
    return text


def refuse_unsafe_query(query: str, name: str, allow_service: bool = False) -> None:
    """Refuse a query that calls another server, changes data, or is too large or too deep for engines.

    :param name: what errors call the query's text.
    :param allow_service: let the query call other servers.
    :raises NotAllowed: if it holds SERVICE, or is an update.
    :raises CmgraphError: if it holds too much.
    """
    if len(query) > SIZE:
        hint = "Put the values into a data file and query that."
        raise CmgraphError(say("the query is longer than {size:,} characters", size=SIZE), where=name, hint=hint)
    if broken := re.search("[\ud800-\udfff]", query):
        token = Token("", "", broken.start())
        raise _refused(
            "this is not UTF-8", "Save the query again with the encoding UTF-8.", query[: broken.start()], name, token
        )
    _refuse_unsafe(query, name, allow_service)
    if "\\u" in query or "\\U" in query:
        # some engines replace escaped characters before they read the query, others within its words: either way
        _refuse_unsafe(_unescaped(query), name, allow_service)


def _unescaped(query: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code <= 0x10FFFF else match[0]

    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", character, query)


def _refuse_unsafe(query: str, name: str, allow_service: bool) -> None:
    depth = parts = words = 0
    in_values = form = ""
    for token in tokens(query):
        if token.kind == "open":
            raise _refused("this string is never closed", "Close it with the same quotation mark.", query, name, token)
        if token.kind == "word":
            if token.text == "SERVICE" and not allow_service:
                hint = "Ask the other server with --endpoint URL, or allow it: --allow-service."
                problem = "SERVICE is not allowed: a query may not call other servers"
                raise _refused(problem, hint, query, name, token, NotAllowed)
            if not form and token.text in _UPDATES:
                hint = "Ask with SELECT, ASK, CONSTRUCT or DESCRIBE; data comes in with: cmgraph load"
                problem = say("{text} is an update, and queries cannot change anything", text=token.text)
                raise _refused(problem, hint, query, name, token, NotAllowed)
            form = form or (token.text if token.text in FORMS else "")
            in_values = "VALUES" if token.text == "VALUES" else in_values
        elif token.kind == "sign" and token.text in "{([":
            depth += 1
            in_values = "{" if in_values and token.text == "{" else in_values
        elif token.kind == "sign" and token.text in "})]":
            depth -= 1
            in_values = "" if token.text == "}" else in_values
        parts += form == "DESCRIBE" and depth == 0 and token.kind in ("iri", "name")
        words += in_values != "{"
        parts += token.kind in ("sign", "word") and token.text in _PARTS and (in_values != "{" or token.text == "{")
        if depth > DEPTH:
            problem = say("the query is nested more deeply than {depth}", depth=DEPTH)
        elif parts > PARTS:
            problem = say("the query has more than {parts} patterns and operators", parts=PARTS)
        elif words > WORDS:
            problem = say("the query has more than {words} words outside VALUES lists", words=WORDS)
        else:
            continue
        raise _refused(problem, "Engines crash on such queries: write it in parts.", query, name, token)


def _refused(
    problem: str, hint: str, query: str, name: str, token: Token, kind: type[CmgraphError] = CmgraphError
) -> CmgraphError:
    line, column = query.count("\n", 0, token.start) + 1, token.start - query.rfind("\n", 0, token.start)
    where = f"{name}:{line}:{column}"
    return kind(problem, where=where, excerpt=excerpt(query, line, column), hint=hint)
