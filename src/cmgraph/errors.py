"""What can go wrong, said once: what, where, what to do, and the exit code a command ends with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {9: "\\t", 10: "\\n", 13: "\\r"}
"""How characters that would steer a terminal, or break a line, are written in a message."""


class CmgraphError(Exception):
    """Work could not be done.

    :param what: one sentence that says what is wrong.
    :param where: file, line and column, or the part of a call, that is at fault.
    :param hint: what to do about it.
    :param excerpt: the line at fault, with a caret under the place.
    :ivar parameter: the parameter of a question whose value is at fault, if one is.
    """

    exit_code = 2
    parameter = ""

    def __init__(self, what: str, *, where: str = "", hint: str = "", excerpt: str = "") -> None:
        what, where = what.translate(_CONTROLS), where.translate(_CONTROLS)
        super().__init__(what)
        self.what, self.where, self.hint, self.excerpt = what, where, hint, excerpt

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(part for part in (head, self.excerpt, self.hint and f"  {self.hint}") if part)


class NotAllowed(CmgraphError):
    """A query would change something, or call another server."""


class UnknownName(CmgraphError):
    """No question, entity or parameter has this name; ``hint`` carries the nearest ones."""

    exit_code = 3


class AmbiguousName(UnknownName):
    """More than one thing has this name; ``hint`` lists them."""


class EndpointError(CmgraphError):
    """A remote SPARQL endpoint did not answer, or refused."""

    exit_code = 4


class DamagedStore(CmgraphError):
    """A database on disk does not hold what was written to it."""


class QueryStopped(CmgraphError):
    """A query took too long or too much memory, or crashed the engine, and was stopped."""

    exit_code = 5


class AnswerTooLarge(QueryStopped):
    """A query was stopped because its answer is larger than whoever asks can take."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return "Did you mean …?" with the names that ``name`` may be a slip for, best first, or an empty string.

    It is asked where a query runs in its sandbox, which opens no file: what it needs is imported beforehand.
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), folded, count, 0.72)
    return f"Did you mean {', '.join(folded[match] for match in close)}?" if close else ""


def excerpt(text: str, line: int, column: int) -> str:
    """Return line ``line`` of ``text`` with a caret under ``column`` (both counted from 1)."""
    lines = text.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    source_line, start = lines[line - 1].replace("\t", " "), max(0, column - 60)
    return f"  {source_line[start : start + 100]}\n  {' ' * (column - 1 - start)}^"
