"""One value as text, made safe for where it lands: a terminal, or a spreadsheet."""

from __future__ import annotations

import datetime as dt
import math
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


def escape_formula(text: str) -> str:
    """Mark text that a spreadsheet would run as a formula as text."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def strip_controls(text: str) -> str:
    """Drop control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
