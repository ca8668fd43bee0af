"""One value as text, made safe for where it lands: a terminal, or a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import Decimal

from cmgraph.rdf.terms import NamedRef, Value

NBSP = "\u00a0"
"""The space that parts thousands in French, at which no line is broken."""


def as_text(value: Value, lang: str = "") -> str:
    """Write one value as text; a number as ``lang`` has it if people read it, with all the digits that it has.

    A year is no number: it comes as text.

    >>> as_text(44_000_000, "en")
    '44,000,000'
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.date():
            return value.isoformat()
        case NamedRef():
            return value.label or value.iri
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
        case int() | float() | Decimal() if lang:
            grouped = format(value, ",f" if isinstance(value, Decimal) else ",")
            return grouped.translate({ord(","): NBSP, ord("."): ","}) if lang == "fr" else grouped
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def escape_formula(text: str) -> str:
    """Mark text that a spreadsheet would run as a formula, by an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Take off the apostrophe of :func:`escape_formula`; any other stays."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _Lines(list[str]):
    """Lines as a CSV writer hands them out, each ended by a line feed alone."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def write_csv(rows: Iterable[Iterable[object]], delimiter: str) -> str:
    """Write rows as CSV or TSV; a cell with a line break of any kind is quoted."""
    lines = _Lines()
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return "".join(lines)


def strip_controls(text: str) -> str:
    """Drop control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() or c in f"\u200c\u200d{NBSP}" else " " for c in text)
