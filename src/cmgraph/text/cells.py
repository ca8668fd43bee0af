"""One value as text, made safe for where it lands: a terminal, or a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import Decimal

from cmgraph.rdf.terms import NamedRef, Value


def as_text(value: Value) -> str:
    """Write one value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.date():
            return value.isoformat()
        case NamedRef():
            return value.label or value.iri
        case Decimal():
            return format(value, "f")
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
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
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
