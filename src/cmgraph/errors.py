"""What can go wrong, said once: what, where, what to do, and the exit code a command ends with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Self

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {9: "\\t", 10: "\\n", 13: "\\r"}
"""How characters that would steer a terminal, or break a line, are written in a message."""


_NO_WORDS: Mapping[str, str] = {}


class Phrase(str):
    """English that remembers what it was made of, so that it can be said in another language."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    @classmethod
    def made(cls, text: str, template: str, values: Mapping[str, object]) -> Self:
        """Return ``text``, which ``values`` made of ``template``."""
        phrase = cls(text)
        phrase.template, phrase.values = template, values
        return phrase


def say(template: str, **values: object) -> Phrase:
    """Put values into a sentence, as :meth:`str.format` does; a value may be said too."""
    if isinstance(template, Phrase):
        return template
    return Phrase.made(template.format(**values) if values else template, template, values)


def together(parts: Iterable[str], between: str = "") -> Phrase:
    """Say several things, one after the other."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return say(between.join(f"{{{name}}}" for name in values), **values)


def either(choices: Iterable[str]) -> Phrase:
    """Name several things of which one is to be chosen."""
    first, *rest = choices
    chosen = say("{choice}", choice=first)
    for choice in rest:
        chosen = say("{some} or {other}", some=chosen, other=choice)
    return chosen


def reword(text: str, words: Mapping[str, str]) -> str:
    """Return what is said in other words, by the English sentence; what has none stays English."""
    if not isinstance(text, Phrase):
        return words.get(text, text)
    template = words.get(text.template, text.template)
    values = {name: reword(value, words) if isinstance(value, Phrase) else value for name, value in text.values.items()}
    return template.format(**values) if values else template


def _safe(text: str) -> str:
    safe = text.translate(_CONTROLS)
    return Phrase.made(safe, text.template, text.values) if isinstance(text, Phrase) else safe


class CmgraphError(Exception):
    """Work could not be done.

    :param what: one sentence that says what is wrong, made by :func:`say` if it holds values.
    :param where: file, line and column, or the part of a call, that is at fault.
    :param hint: what to do about it.
    :param excerpt: the line at fault, with a caret under the place.
    :ivar parameter: the parameter of a question whose value is at fault, if one is.
    """

    exit_code = 2
    parameter = ""

    def __init__(self, what: str, *, where: str = "", hint: str = "", excerpt: str = "") -> None:
        what, where = _safe(what), _safe(where)
        super().__init__(what)
        self.what, self.where, self.hint, self.excerpt = what, where, hint, excerpt

    def __str__(self) -> str:
        return self.told(_NO_WORDS)

    def told(self, words: Mapping[str, str], colon: str = ": ") -> str:
        """Return the whole message in other words, see :func:`reword`."""
        what, hint = reword(self.what, words).translate(_CONTROLS), reword(self.hint, words)
        where = reword(self.where, words).translate(_CONTROLS) if isinstance(self.where, Phrase) else self.where
        head = f"{where}{colon}{what}" if where else what
        return "\n".join(part for part in (head, self.excerpt, hint and f"  {hint}") if part)


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


def did_you_mean(names: Iterable[str]) -> Phrase:
    """Suggest names."""
    return say("Did you mean {names}?", names=", ".join(dict.fromkeys(names)))


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return "Did you mean …?" with the names that ``name`` may be a slip for, best first, or an empty string.

    It is asked where a query runs in its sandbox, which opens no file: what it needs is imported beforehand.
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), folded, count, 0.72)
    return did_you_mean(folded[match] for match in close) if close else ""


def excerpt(text: str, line: int, column: int) -> str:
    """Return line ``line`` of ``text`` with a caret under ``column`` (both counted from 1)."""
    lines = text.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    source_line, start = lines[line - 1].replace("\t", " "), max(0, column - 60)
    return f"  {source_line[start : start + 100]}\n  {' ' * (column - 1 - start)}^"
