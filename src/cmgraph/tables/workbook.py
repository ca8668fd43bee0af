"""Workbooks (.xlsx, Transitional or Strict): their sheets, and each row as its cells show it.

The XML is read directly, because what a person sees depends on parts that libraries leave out: how a number is
shown, which cells are merged, and whether a formula has a result.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError, iterparse

from cmgraph.errors import CmgraphError

LARGEST = 1 << 29
"""The most bytes that one part of a workbook may have once it is unpacked."""

_CELL = re.compile(r"([A-Z]{1,3})([0-9]+)")
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
"""Parts of a number format that are no code for a digit or a part of a date: quoted text, padding, colours, locales."""


class Doubt(NamedTuple):
    """Why a cell's text may not be what a person sees or means.

    :ivar sure_for: types of columns in which there is no doubt.
    """

    what: str
    hint: str
    sure_for: tuple[str, ...] = ()


class Line(NamedTuple):
    """A row of a table: its number, the texts of its cells, and what is doubtful about them, by position."""

    number: int
    texts: list[str]
    doubts: Mapping[int, Doubt]


@dataclass(frozen=True)
class Sheet:
    """A worksheet with all rows that hold anything."""

    name: str
    hidden: bool
    lines: list[Line] = field(repr=False)


_SURE = Doubt("", "")
_NO_RESULT = Doubt("the formula has no stored result", "Open the workbook, let it calculate, and save it.")
_YEARS = frozenset(map(str, range(1900, 2101)))
_NO_YEAR = Doubt("the cell shows no year", "Format it as text and type the date as its source gives it.")
_DATE = Doubt("the cell is a date", "Format it as text and type it again.", ("date", "when"))
_PERCENT = "the cell shows {} as a percentage"
_SCALED = "the cell shows {} in thousands"


def read_workbook(path: Path) -> list[Sheet]:
    """Read all worksheets of a workbook.

    :raises CmgraphError: if it is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_Parts(archive, path).sheets())
    except FileNotFoundError:
        raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
    except OSError as error:
        raise CmgraphError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    except (
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        IndexError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        EOFError,
        zlib.error,
    ) as error:
        hint = "Open it in a spreadsheet program and save it as .xlsx, without a password."
        raise CmgraphError(f"not a workbook: {error}", where=str(path), hint=hint) from None


class _Parts:
    """The parts of one workbook that its sheets need."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self.archive, self.path = archive, path
        self.book = PurePosixPath("xl/workbook.xml")
        for element in self._elements("_rels/.rels", "Relationship"):
            if element.get("Type", "").endswith("/officeDocument"):
                self.book = PurePosixPath(element.get("Target", "").lstrip("/"))
        self.targets: dict[str, tuple[str, str]] = {}
        for element in self._elements(str(self.book.parent / "_rels" / f"{self.book.name}.rels"), "Relationship"):
            target = element.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else str(self.book.parent / target)
            self.targets[element.get("Id", "")] = element.get("Type", "").rpartition("/")[2], part
        properties = next(self._elements(str(self.book), "workbookPr"), None)
        self.from_1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")
        self.strings = [_text(item) for item in self._of_kind("sharedStrings", "si")]
        self.formats = list(self._number_formats())

    def sheets(self) -> Iterator[Sheet]:
        """Yield the worksheets in order; what is none, such as a chart, is left out."""
        for element in self._elements(str(self.book), "sheet"):
            identifier = next((value for key, value in element.items() if key.endswith("}id")), "")
            kind, part = self.targets[identifier]
            if kind == "worksheet":
                hidden = element.get("state", "visible") != "visible"
                yield Sheet(element.get("name", ""), hidden, self._lines(part))

    def _open(self, part: str) -> IO[bytes]:
        if self.archive.getinfo(part).file_size > LARGEST:
            problem = f"{part} is too large: more than {LARGEST >> 20} MB unpacked"
            raise CmgraphError(problem, where=str(self.path), hint="Save the table as CSV.")
        return self.archive.open(part)

    def _elements(self, part: str, *names: str) -> Iterator[Element]:
        """Yield the elements of a part that have one of these names, whatever their namespace."""
        with closing(self._open(part)) as file:
            root: Element | None = None
            for event, element in iterparse(file, ("start", "end")):  # noqa: S314 - expat bounds what entities swell to
                if root is None:
                    root = element
                if event == "end" and _local(element) in names:
                    yield element
                    element.clear()
                    if _local(element) == "row":
                        root.clear()

    def _of_kind(self, kind: str, *names: str) -> Iterator[Element]:
        for part_kind, part in self.targets.values():
            if part_kind == kind:
                yield from self._elements(part, *names)

    def _number_formats(self) -> Iterator[str]:
        """Yield how numbers are shown, by the number of the style."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        own = {element.get("numFmtId"): element.get("formatCode", "") for element in self._of_kind("styles", "numFmt")}
        for styles in self._of_kind("styles", "cellXfs"):
            for style in styles:
                number = style.get("numFmtId", "0")
                yield own.get(number) or BUILTIN_FORMATS.get(int(number), "General")

    def _lines(self, part: str) -> list[Line]:
        lines: dict[int, Line] = {}
        merged: list[str] = []
        number = 0
        for element in self._elements(part, "row", "mergeCell"):
            if _local(element) == "mergeCell":
                merged.append(element.get("ref", ""))
                continue
            number = int(element.get("r", number + 1))
            texts: list[str] = []
            doubts: dict[int, Doubt] = {}
            place = -1
            for cell in element:
                place = _place(cell.get("r", "")) if cell.get("r") else place + 1
                text, doubt = self._shown(cell)
                if text or doubt is not _SURE:
                    texts += [""] * (place + 1 - len(texts))
                    texts[place] = text
                if doubt is not _SURE:
                    doubts[place] = doubt
            if texts:
                lines[number] = Line(number, texts, doubts)
        for area in merged:
            _doubt_merged(lines, area)
        return [lines[number] for number in sorted(lines)]

    def _shown(self, cell: Element) -> tuple[str, Doubt]:
        """Return a cell's text as the cell shows it, and whether it may be misread."""
        parts = {_local(part): part for part in cell}
        kind, value = cell.get("t", "n"), parts.get("v")
        text = (value.text or "") if value is not None else ""
        if kind == "inlineStr":
            return (_text(parts["is"]) if "is" in parts else ""), _SURE
        if "f" in parts and not text and kind != "str":
            return "", _NO_RESULT
        if kind == "s":
            return (self.strings[int(text)] if text else ""), _SURE
        if kind == "b":
            return ("TRUE" if text in ("1", "true") else "FALSE"), _SURE
        if kind in ("str", "e") or not text:
            return tidy(_unescaped(text)), _SURE
        style = int(cell.get("s", 0))
        shown_as = self.formats[style] if style < len(self.formats) else "General"
        if kind == "d":
            return _date(dt.datetime.fromisoformat(text), shown_as)
        return self._number(text, shown_as)

    def _number(self, stored: str, shown_as: str) -> tuple[str, Doubt]:
        from openpyxl.styles.numbers import is_date_format
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        text = plain(stored)
        if is_date_format(shown_as):
            try:
                moment = from_excel(float(stored), MAC_EPOCH if self.from_1904 else WINDOWS_EPOCH)
            except (ValueError, OverflowError):
                return text, Doubt("the cell shows an invalid date", "Format it as text and type the date.")
            if not isinstance(moment, dt.datetime):
                return str(moment), _DATE
            date, doubt = _date(moment, shown_as)
            if stored in _YEARS:
                problem = f"the cell shows {date}, as does the year {stored} where cells are formatted as dates"
                doubt = Doubt(problem, "Format it as text and type the date as its source gives it.")
            return date, doubt
        codes = _NOT_SHOWN.sub("", shown_as.partition(";")[0])
        if "%" in codes:
            return text, Doubt(_PERCENT.format(text), "Format it as a plain number, in the unit that the row names.")
        if re.search(r"[0#?],+(?![0#?,])", codes):
            return text, Doubt(_SCALED.format(text), "Format it as a plain number and type it in full.")
        if shown_as not in ("General", "@", "0", "GENERAL"):
            problem = f"the cell shows the number {text} in a custom format ({shown_as})"
            return text, Doubt(problem, "Format it as text and type it again.", ("number", "integer", "when", "date"))
        return text, _SURE


def plain(stored: str) -> str:
    """Write a number of a cell in digits: a fraction in the fifteen that a spreadsheet keeps, without an exponent."""
    if stored.lstrip("-").isdigit():
        return stored
    digits = format(Decimal(format(float(stored), ".15g")), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def tidy(text: str) -> str:
    """Take blanks from the ends of a cell, and write its line breaks in one way."""
    text = text.strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _date(moment: dt.datetime, shown_as: str) -> tuple[str, Doubt]:
    """Write a date as precisely as its cell shows it; a time of day is not left out if there is one."""
    codes = _NOT_SHOWN.sub("", shown_as.partition(";")[0]).casefold()
    codes = re.sub(r"(?<=h)([^a-z]*)m+|m+(?=[^a-z]*s)", r"\1", codes)  # minutes
    if "y" not in codes and "e" not in codes and codes != "general":
        return moment.date().isoformat(), _NO_YEAR
    if re.search("[hs]", codes) and moment.time() != dt.time():
        return moment.isoformat(" ", "minutes"), _DATE
    if "d" in codes or codes == "general":
        return moment.date().isoformat(), _DATE
    return f"{moment:%Y-%m}" if "m" in codes else f"{moment:%Y}", _DATE


def _doubt_merged(lines: Mapping[int, Line], area: str) -> None:
    """Doubt the cells of an area that are merged into one that holds something: it may hold for all, or be one."""
    first, _, last = area.partition(":")
    (left, top), (right, bottom) = _corner(first), _corner(last or first)
    line = lines.get(top)
    value = line.texts[left] if line and left < len(line.texts) else ""
    if not value:
        return
    doubt = Doubt(f"the cells {area} are merged", "Unmerge them, and write into each cell what holds for its row.")
    for number in range(top, bottom + 1):
        if number in lines:
            line = lines[number]
            doubts = {**line.doubts, **dict.fromkeys(range(left, right + 1), doubt)}
            texts = line.texts + [""] * (right + 1 - len(line.texts))
            texts[left] = value
            lines[number] = Line(number, texts, doubts)  # type: ignore[index]


def _corner(reference: str) -> tuple[int, int]:
    cell = _CELL.fullmatch(reference.replace("$", ""))
    if cell is None:
        raise ValueError(f"no cell is called '{reference}'")
    return _place(cell[1]), int(cell[2])


def _place(reference: str) -> int:
    """Return the position of a column, from 0, by the letters of a cell's reference."""
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - 64
    return place - 1


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(item: Element) -> str:
    """Return the text of a string, whose parts may be formatted apart; readings of characters are left out."""
    runs = [part for part in item if _local(part) in ("t", "r")]
    pieces = (run if _local(run) == "t" else next((t for t in run if _local(t) == "t"), run) for run in runs)
    return tidy(_unescaped("".join(piece.text or "" for piece in pieces)))


def _unescaped(text: str) -> str:
    """Turn ``_x000D_`` and its like into the characters they stand for."""
    if "_x" not in text:
        return text
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)
