"""The tokens of Turtle, TriG, N-Triples and N-Quads, with where each starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_LETTER = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARACTER = f"{_LETTER}0-9_\u00b7\u0300-\u036f\u203f-\u2040-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
# no possessive group around an alternation: Python before 3.11.5 mishandles them
STRING = "|".join(
    rf"{q}{q}{q}[^{q}\\]*(?:(?:\\.|{q}(?!{q}{q}))[^{q}\\]*)*{q}{q}{q}|{q}(?:[^{q}\\\n\r]++|\\.)*+{q}" for q in "\"'"
)
_PLAIN = r"[^<>\"{}|^`\\\x00-\x20]*"
IRI = rf"<{_PLAIN}(?:\\(?:u[0-9A-Fa-f]{{4}}|U[0-9A-Fa-f]{{8}}){_PLAIN})*>"
COMMENT = r"\#[^\r\n]*+"
_TOKEN = rf"""
    (?P<space>\s+|{COMMENT})
  | (?P<string>{STRING})
  | (?P<iri>{IRI})
  | (?P<blank>_:[{_LETTER}_0-9](?:[{_CHARACTER}.]*[{_CHARACTER}])?)
  | (?P<name>(?:[{_LETTER}](?:[{_CHARACTER}.]*[{_CHARACTER}])?)?:
      (?:(?:[{_LETTER}_:0-9]|{_ESCAPED})(?:(?:[{_CHARACTER}.:]|{_ESCAPED})*(?:[{_CHARACTER}:]|{_ESCAPED}))?)?)
  | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?)
  | (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z]\w*)
  | (?P<sign><<\(|<<|\)>>|>>|\^\^|\{{\||\|\}}|.)
"""


class Token(NamedTuple):
    """One token: its kind, its text, and where it starts, counted from 0."""

    kind: str
    text: str
    start: int


@cache
def _token() -> re.Pattern[str]:
    # 20 ms, which a command that reads no file need not pay
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a file, without blanks and comments, by the grammar's own terminals."""
    for match in _token().finditer(text):
        if (kind := match.lastgroup or "") != "space":
            yield Token(kind, match[0], match.start())
