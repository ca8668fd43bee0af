"""The written forms of an answer: table, CSV, TSV, JSON, Markdown, HTML."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from cmgraph.rdf.terms import NamedRef, Value
from cmgraph.text.cells import NBSP, as_text, escape_formula, strip_controls, write_csv
from cmgraph.text.i18n import message

if TYPE_CHECKING:
    from rich.console import JustifyMethod

    from cmgraph.answers.result import Citation, Result

_NARROWEST = 40
"""The least width of a table, in characters."""

_BETWEEN = 3
"""Characters between two columns of a table."""

_UNBROKEN = "\ue000"
"""Stands for a no-break space while a table is laid out; the library would break a line there. No text has it."""

FORMATS = ("table", "csv", "csv-excel", "tsv", "json", "md")


def render(result: Result, form: str, lang: str = "en", width: int | None = None, color: bool = False) -> str:
    """Write ``result`` as ``form``, one of :data:`FORMATS`. Only a table has a width and colours."""
    match form:
        case "csv" | "tsv":
            return to_csv(result, "," if form == "csv" else "\t")
        case "csv-excel":
            return "\ufeff" + to_csv(result, ",")
        case "json":
            return to_json(result)
        case "md":
            return to_markdown(result, lang)
        case _:
            return to_table(result, lang, width, color)


def to_csv(result: Result, delimiter: str) -> str:
    """Write comma- or tab-separated values; cells that a spreadsheet would run as a formula are escaped."""
    return write_csv(([_cell(value) for value in line] for line in result.to_records()), delimiter)


def _cell(value: Value) -> str:
    return escape_formula(value) if isinstance(value, str) else as_text(value)


def to_json(result: Result) -> str:
    """Write the rows with IRIs and names, and the sources they point to by number."""
    return json.dumps(result_object(result), ensure_ascii=False, indent=2, allow_nan=False)


def result_object(result: Result) -> dict[str, Any]:
    """Return an answer as what JSON can hold."""

    def cell(value: Value) -> Any:
        match value:
            case NamedRef():
                return {"iri": value.iri, "label": value.label}
            case dt.date():
                return value.isoformat()
            case Decimal():
                number = int(value) if value == value.to_integral_value() else float(value)
                return number if Decimal(repr(number)) == value else as_text(value)
            case float():
                return value if math.isfinite(value) else as_text(value)
            case _:
                return value

    return {
        "title": result.title,
        "note": result.note,
        "columns": [{"name": n, "heading": h} for n, h in zip(result.columns, result.headings, strict=True)],
        "rows": [
            {"citations": list(row.citations)}
            | {name: cell(v) for name, v in zip(result.columns, row.values, strict=True)}
            for row in result.rows
        ],
        "sources": source_objects(result.citations),
    }


def source_objects(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Return numbered citations as what JSON can hold."""
    return [
        {"number": number, "citation": c.iri, "source": c.source, "title": c.title}
        | {"publisher": c.publisher, "locator": c.locator, "url": c.url, "checked": c.checked}
        | {"support": c.support and c.support._asdict(), "words": c.words}
        | {"issued": c.issued, "tier": c.tier and c.tier._asdict(), "copy": c.copy}
        for number, c in enumerate(citations, 1)
    ]


def footnotes(result: Result, lang: str) -> list[str]:
    """Return the numbered sources, one line each."""
    return [
        f"[{number}] {c}" + (f" ({message('checked', lang)} {c.checked})" if c.checked else "")
        for number, c in enumerate(result.citations, 1)
    ]


def footnote_marks(numbers: Iterable[int]) -> str:
    """Write the numbers of citations as marks: [1][2]."""
    return "".join(f"[{number}]" for number in numbers)


def to_markdown(result: Result, lang: str) -> str:
    """Write a Markdown table with footnotes."""

    def safe(text: str, special: str = "\\|<>[]`*_") -> str:
        for character in special:
            text = text.replace(character, "\\" + character)
        return re.sub(rf"[^\S{NBSP}]+", " ", text).strip()

    result = result.folded()
    if not result.rows:
        return message("none", lang) + "\n"
    headings = [*result.headings, *([message("sources", lang)] if result.citations else [])]
    lines = [f"| {' | '.join(map(safe, headings))} |", "|" + " --- |" * len(headings)]
    for row in result.rows:
        cells = [safe(as_text(value, result.lang)) for value in row.values]
        cells += ["".join(f"[^{n}]" for n in row.citations)] if result.citations else []
        lines.append(f"| {' | '.join(cells)} |")
    # underscores are not escaped: most are in URLs, which would break
    texts = (safe(note.partition("] ")[2], "\\|<>[]`*") for note in footnotes(result, lang))
    notes = [f"[^{n}]: {text}" for n, text in enumerate(texts, 1)]
    note_lines = ["", safe(result.note)] if result.note else []
    return "\n".join([*lines, *note_lines, *([""] if notes else []), *notes]) + "\n"


def to_table(result: Result, lang: str, width: int | None = None, color: bool = False) -> str:
    """Write a table for a terminal, ended by its numbered sources and what it means.

    Where its columns cannot stand side by side without breaking words, each row is written as a list of its own.
    """
    result = result.folded()
    if not result.rows:
        return message("none", lang) + "\n"
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = max(width or 100, _NARROWEST)
    headings = list(result.headings)
    cells = [
        [strip_controls(as_text(value, result.lang)).replace(NBSP, _UNBROKEN) for value in row.values]
        for row in result.rows
    ]
    narrowest = [
        max(cell_len(word) for text in column for word in ["", *text.split()])
        for column in zip(headings, *cells, strict=True)
    ]
    justified: list[JustifyMethod] = [
        "right" if all(isinstance(row[index], (int, float, Decimal)) for row in result.rows) else "left"
        for index in range(len(headings))
    ]
    if result.citations:
        headings.append(message("sources", lang))
        narrowest.append(cell_len(headings[-1]))  # marks break anywhere
        justified.append("left")
        for texts, row in zip(cells, result.rows, strict=True):
            texts.append(footnote_marks(row.citations))
    if sum(narrowest) + _BETWEEN * len(headings) <= width:
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        widest = [max(map(cell_len, column)) for column in zip(headings, *cells, strict=True)]
        widths = _widths(narrowest, widest, width - _BETWEEN * len(headings))
        for heading, justify, chosen in zip(headings, justified, widths, strict=True):
            grid.add_column(Text(heading), justify=justify, overflow="fold", width=chosen)
        for texts in cells:
            grid.add_row(*map(Text, texts))
    else:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", min_width=max(map(cell_len, headings)))
        grid.add_column(overflow="fold")
        for texts in cells:
            for heading, text in zip(headings, texts, strict=True):
                if text:
                    grid.add_row(Text(heading), Text(text))
            grid.add_row()
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        soft_wrap=False,
    )
    console.print(grid)
    console.print()
    for line in footnotes(result, lang):
        console.print(Text(strip_controls(line)), soft_wrap=True)
    if result.note:
        console.print(Text("\n" + result.note, style="italic"))
    lines = buffer.getvalue().replace(_UNBROKEN, NBSP).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _widths(narrowest: Sequence[int], widest: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns within some room, each within its bounds.

    What needs no more than its share of the room gets it whole; of the others, what has most lines is given more.
    """
    widths = list(narrowest)
    for index, most in enumerate(widest):
        if most <= room // len(widths) and sum(widths) + most - widths[index] <= room:
            widths[index] = max(most, widths[index])
    for _ in range(room - sum(widths)):
        lines = [most / now if most > now else 0 for most, now in zip(widest, widths, strict=True)]
        if not any(lines):
            break
        widths[lines.index(max(lines))] += 1
    return widths


def to_html(result: Result, limit: int = 50) -> str:
    """Write an HTML table of the first ``limit`` rows, as notebooks show it."""

    result = result.folded()

    def cell(value: Value) -> str:
        text = escape(as_text(value, result.lang))
        return f'<a href="{escape(value.iri)}">{text}</a>' if isinstance(value, NamedRef) else text

    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in result.headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + f"<td>{footnote_marks(row.citations)}</td></tr>"
        for row in result.rows[:limit]
    )
    notes = "".join(f"<li>{escape(str(citation))}</li>" for citation in result.citations)
    note = f"<p>{escape(result.note)}</p>" if result.note else ""
    return (
        f"<table><caption>{escape(result.title)} ({len(result)})</caption>"
        f"<thead><tr>{head}<th></th></tr></thead><tbody>{body}</tbody></table>{note}<ol>{notes}</ol>"
    )
