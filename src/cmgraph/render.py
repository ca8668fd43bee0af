"""The written forms of an answer: table, CSV, TSV, JSON, Markdown, HTML."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from cmgraph.result import Result
from cmgraph.terms import Thing, Value, pick

FORMATS = ("table", "csv", "tsv", "json", "md")


@cache
def _words() -> dict[str, dict[str, str]]:
    import yaml

    words: dict[str, dict[str, str]] = yaml.safe_load((files("cmgraph") / "words.yaml").read_text(encoding="utf-8"))
    return words


def word(key: str, lang: str) -> str:
    """Return one of the program's own words in ``lang``."""
    return pick(_words()[key], lang)


def render(result: Result, form: str, lang: str = "en", width: int | None = None, color: bool = False) -> str:
    """Write ``result`` as ``form``, one of :data:`FORMATS`. Only a table has a width and colours."""
    match form:
        case "csv" | "tsv":
            return delimited(result, "," if form == "csv" else "\t")
        case "json":
            return as_json(result)
        case "md":
            return markdown(result, lang)
        case _:
            return table(result, lang, width, color)


def delimited(result: Result, delimiter: str) -> str:
    """Write comma- or tab-separated values; cells a spreadsheet would run as a formula are defused."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([_cell(value) for value in line] for line in result.flat())
    return out.getvalue()


def _cell(value: Value) -> str:
    return defused(value) if isinstance(value, str) else plain(value)


def defused(text: str) -> str:
    """Mark text that a spreadsheet would run as a formula as text."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def plain(value: Value) -> str:
    """Write one value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.date():
            return value.isoformat()
        case Thing():
            return value.label or value.iri
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def as_json(result: Result) -> str:
    """Write the rows with IRIs and names, and the sources they point to by number."""

    def cell(value: Value) -> Any:
        match value:
            case Thing():
                return {"iri": value.iri, "label": value.label}
            case dt.date():
                return value.isoformat()
            case Decimal():
                return int(value) if value == value.to_integral_value() else float(value)
            case _:
                return value

    return json.dumps(
        {
            "title": result.title,
            "note": result.note,
            "columns": [{"name": n, "heading": h} for n, h in zip(result.columns, result.headings, strict=True)],
            "rows": [
                {name: cell(v) for name, v in zip(result.columns, row.values, strict=True)}
                | {"citations": list(row.citations)}
                for row in result.rows
            ],
            "sources": [
                {"number": number, "citation": c.iri, "source": c.source, "title": c.title}
                | {"publisher": c.publisher, "locator": c.locator, "url": c.url, "checked": c.checked}
                for number, c in enumerate(result.citations, 1)
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def footnotes(result: Result, lang: str) -> list[str]:
    """Return the numbered sources, one line each."""
    return [
        f"[{number}] {c}" + (f" ({word('checked', lang)} {c.checked})" if c.checked else "")
        for number, c in enumerate(result.citations, 1)
    ]


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def markdown(result: Result, lang: str) -> str:
    """Write a Markdown table with footnotes."""

    def safe(text: str) -> str:
        for character in "\\|<>[]`*_":
            text = text.replace(character, "\\" + character)
        return " ".join(text.split())

    if not result.rows:
        return word("none", lang) + "\n"
    headings = [*result.headings, *([word("sources", lang)] if result.citations else [])]
    lines = [f"| {' | '.join(map(safe, headings))} |", "|" + " --- |" * len(headings)]
    for row in result.rows:
        cells = [safe(plain(value)) for value in row.values]
        cells += ["".join(f"[^{n}]" for n in row.citations)] if result.citations else []
        lines.append(f"| {' | '.join(cells)} |")
    notes = [f"[^{n}]: {note.partition('] ')[2]}" for n, note in enumerate(footnotes(result, lang), 1)]
    said = ["", safe(result.note)] if result.note else []
    return "\n".join([*lines, *said, *([""] if notes else []), *notes]) + "\n"


def table(result: Result, lang: str, width: int | None = None, color: bool = False) -> str:
    """Write a table for a terminal, ended by its numbered sources and what it means."""
    if not result.rows:
        return word("none", lang) + "\n"
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", show_edge=False)
    for index, heading in enumerate(result.headings):
        numeric = all(isinstance(row[index], (int, float, Decimal)) for row in result.rows)
        grid.add_column(Text(heading), justify="right" if numeric else "left", overflow="fold")
    if result.citations:
        grid.add_column(Text(word("sources", lang)), overflow="fold")
    for row in result.rows:
        marks = [Text(_marks(row.citations), style="dim")] if result.citations else []
        grid.add_row(*(Text(printable(plain(value))) for value in row.values), *marks)
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or 100,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        soft_wrap=False,
    )
    console.print(grid)
    console.print()
    for line in footnotes(result, lang):
        console.print(Text(printable(line)), soft_wrap=True)
    if result.note:
        console.print(Text("\n" + result.note, style="italic"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def printable(text: str) -> str:
    """Drop control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)


def html(result: Result, limit: int = 50) -> str:
    """Write an HTML table of the first ``limit`` rows, as notebooks show it."""

    def cell(value: Value) -> str:
        text = escape(plain(value))
        return f'<a href="{escape(value.iri)}">{text}</a>' if isinstance(value, Thing) else text

    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in result.headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + f"<td>{_marks(row.citations)}</td></tr>"
        for row in result.rows[:limit]
    )
    notes = "".join(f"<li>{escape(str(citation))}</li>" for citation in result.citations)
    said = f"<p>{escape(result.note)}</p>" if result.note else ""
    return (
        f"<table><caption>{escape(result.title)} ({len(result)})</caption>"
        f"<thead><tr>{head}<th></th></tr></thead><tbody>{body}</tbody></table>{said}<ol>{notes}</ol>"
    )
