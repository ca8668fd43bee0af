"""Tables as people have them: CSV, TSV and XLSX, read row by row, and empty ones to fill in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError, nearest
from cmgraph.names import normalize_name
from cmgraph.rdf.terms import best_text
from cmgraph.tables.template import TableColumn, Template
from cmgraph.tables.workbook import Doubt, Line, Sheet, read_workbook, tidy
from cmgraph.text.cells import unescape_formula

NOTE = "# "
"""What the row of help in an empty table begins with."""

ABOVE = 30
"""Rows among which the heading is looked for."""

LONGEST = 1 << 24
"""Characters that one cell of a text file may hold."""

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_LISTS = "lists"
"""The hidden sheet of an empty workbook, with the values that its columns may have."""

_UTF8_LETTER = re.compile(rb"[\xc3-\xcf][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
_MISREAD = re.compile("[^\\W\\d_][‚„ƒˆ‰‹˜][^\\W\\d_]?|[^\\W\\d_][†‡•™”“›][^\\W\\d_]|[a-zß-ÿ][ŠŽŸŒ]")
"""Letters of Windows-1252 that hardly occur together; text in other old encodings looks like this."""


class Problem(NamedTuple):
    """A problem in one cell, or, without a column, in one row."""

    row: int
    column: str
    value: str
    what: str
    hint: str


class Row(NamedTuple):
    """A row's number, counted from 1 as a spreadsheet does, its cells by the template's columns, and its problems."""

    number: int
    cells: dict[str, str]
    problems: list[Problem]


@dataclass(frozen=True)
class _Grid:
    """The lines of a file, split by one delimiter, or those of a sheet.

    :ivar read: reads the lines from the start.
    :ivar heading: the line that looks most like the heading.
    :ivar known: how many of the template's columns it names.
    """

    name: str
    delimiter: str
    read: Callable[[], Iterable[Line]]
    heading: Line
    known: int


@dataclass(frozen=True)
class Table:
    """A table in a file.

    :ivar encoding: how its text is encoded; empty for a workbook.
    :ivar columns: which of the file's columns holds which of the template's, by position.
    :ivar notes: the parts of the file that are not read, in words.
    """

    path: Path
    template: Template
    encoding: str
    columns: Mapping[int, TableColumn]
    notes: tuple[str, ...]
    _grid: _Grid

    @classmethod
    def open(cls, path: Path, template: Template, encoding: str | None = None, fixed: Container[str] = ()) -> Table:
        """Find out how ``path`` is written, where its heading is, and which of its columns the template uses.

        :param encoding: how the text is encoded; None to tell UTF-8, UTF-16 and Windows-1252 by the bytes.
        :param fixed: columns that need not be there, because every row has the same value.
        :raises CmgraphError: if the file cannot be read, or its heading does not fit the template.
        """
        headings, ending = _headings(template), path.suffix.casefold()
        code = ""
        notes: list[str] = []
        if ending == ".xlsx":
            if encoding:
                raise CmgraphError("a workbook has no encoding", where=str(path), hint="Leave out --encoding.")
            grid, notes = _sheet_to_read(path, template, headings, fixed)
        elif ending in (".csv", ".tsv", ".txt", ".tab"):
            code = _encoding(path, encoding)
            grid = _delimited(path, code, "\t" if ending in (".tsv", ".tab") else "", headings)
        else:
            raise CmgraphError("unknown table format", where=str(path), hint="Use .csv, .tsv or .xlsx.")
        if not grid.heading.texts:
            raise CmgraphError("the table is empty", where=str(path), hint=f"cmgraph template {template.name} -o FILE")
        columns, unread = _fit(path, grid.heading, template, headings, fixed)
        above = [line.number for line in grid.read() if line.number < grid.heading.number and any(line.texts)]
        if above:
            notes.append(f"above the heading, in {_rows(above)}")
        if unread:
            notes.append(f"columns that the template does not use: {', '.join(unread)}")
        absent = [c.header for c in template.columns if c.header and c not in columns.values() and c.name not in fixed]
        if absent:
            notes.append(f"columns that are not there: {', '.join(absent)}")
        return cls(path, template, code, columns, tuple(notes), grid)

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the heading that hold anything, but not the help that an empty table comes with."""
        header = self._grid.heading.texts
        columns = [(place, column.name) for place, column in self.columns.items()]
        helps = {column.name: {*_helps(column)} for column in self.columns.values()}
        unnamed = [place for place, text in enumerate(header) if not text]
        for line in self._grid.read():
            number, texts, doubts = line
            if number <= self._grid.heading.number or (not any(texts) and not doubts):
                continue
            cells = {name: texts[place] if place < len(texts) else "" for place, name in columns}
            if texts[0].startswith(NOTE) and _is_help(cells, helps):
                continue
            problems = self._doubtful(line) if doubts else []
            if len(texts) > len(header) or any(texts[place] for place in unnamed if place < len(texts)):
                problems += self._unnamed(line)
            if self._grid.delimiter and any("\n" in text for text in texts):
                problems += self._swallowed(line)
            yield Row(number, cells, problems)

    def _doubtful(self, line: Line) -> list[Problem]:
        return [
            Problem(line.number, column.name, line.texts[place] if place < len(line.texts) else "", *doubt[:2])
            for place, doubt in line.doubts.items()
            if (column := self.columns.get(place)) and column.type not in doubt.sure_for
        ]

    def _unnamed(self, line: Line) -> list[Problem]:
        """Report cells that have no heading above them."""
        header = self._grid.heading.texts
        cells = [text for place, text in enumerate(line.texts) if text and (place >= len(header) or not header[place])]
        mark = DELIMITERS.get(self._grid.delimiter)
        more = f" A {mark} within a cell needs quotation marks around the cell." if mark else ""
        hint = f"Give the column a heading, or remove the cell.{more}"
        return [Problem(line.number, "", text, "this cell has no heading above it", hint) for text in cells]

    def _swallowed(self, line: Line) -> list[Problem]:
        """Report cells that seem to contain other rows, because a quotation mark is left open."""
        wide = max(3, len(self._grid.heading.texts) - 1)
        problem = "this cell contains what looks like more rows"
        hint = "Close the quotation mark that opens it, or remove its line breaks."
        return [
            Problem(line.number, column.name, text, problem, hint)
            for place, column in self.columns.items()
            if place < len(line.texts) and "\n" in (text := line.texts[place])
            if any(part.count(self._grid.delimiter) + 1 >= wide for part in text.split("\n")[1:])
        ]


def _rows(numbers: Sequence[int]) -> str:
    return f"row {numbers[0]}" if len(numbers) == 1 else f"rows {numbers[0]} to {numbers[-1]}"


def _grid(name: str, delimiter: str, read_lines: Callable[[], Iterable[Line]], headings: Container[str]) -> _Grid:
    """Find the heading among the first lines: the one that names most columns; of equals, the first."""
    best, most = Line(0, [], {}), -1
    lines = iter(read_lines())
    for _ in range(ABOVE):
        try:
            line = next(lines, None)
        except CmgraphError:  # reported when all rows are read
            break
        if line is None:
            break
        known = sum(_key(text) in headings for text in line.texts)
        if any(line.texts) and known > most:
            best, most = line, known
    return _Grid(name, delimiter, read_lines, best, most)


def _sheet_to_read(
    path: Path, template: Template, headings: Mapping[str, TableColumn], fixed: Container[str]
) -> tuple[_Grid, list[str]]:
    """Choose the one sheet that a person sees and whose heading fits; name the others."""

    def lines_of(sheet: Sheet) -> list[Line]:
        return sheet.lines

    sheets = [sheet for sheet in read_workbook(path) if sheet.lines and not (sheet.hidden and sheet.name == _LISTS)]
    grids = [_grid(sheet.name, "", partial(lines_of, sheet), headings) for sheet in sheets if not sheet.hidden]
    if not grids:
        hidden = " except hidden ones" if sheets else ""
        hint = "Show the sheet to be read." if sheets else f"cmgraph template {template.name} -o FILE"
        raise CmgraphError(f"the workbook has no sheet that holds anything{hidden}", where=str(path), hint=hint)
    required = {column.name for column in template.columns if column.required and column.name not in fixed}
    named = [{headings[_key(text)].name for text in grid.heading.texts if _key(text) in headings} for grid in grids]
    fitting = [grid for grid, names in zip(grids, named, strict=True) if names and required <= names]
    if len(fitting) > 1:
        names = ", ".join(f"'{grid.name}'" for grid in fitting)
        hint = "Hide those that are not to be read, or put their rows into one."
        raise CmgraphError(f"sheets {names} all have a heading that fits", where=str(path), hint=hint)
    chosen = max(grids, key=lambda grid: grid.known)
    others = [
        f"{'hidden ' if sheet.hidden else ''}sheet '{sheet.name}'" for sheet in sheets if sheet.name != chosen.name
    ]
    return chosen, others


def _delimited(path: Path, encoding: str, delimiter: str, headings: Container[str]) -> _Grid:
    """Choose the delimiter that splits a heading into most known names; a first line ``sep=;`` names it."""
    with path.open(encoding=encoding, newline="") as file:
        declared = re.match(r'"?sep=(.)', file.readline(), re.IGNORECASE)
    marks = [declared[1]] if declared else [delimiter] if delimiter else DELIMITERS
    grids = (
        _grid("", mark, partial(_read_delimited, path, encoding, mark, declared is not None), headings)
        for mark in marks
    )
    return max(grids, key=lambda grid: grid.known)


def _read_delimited(path: Path, encoding: str, delimiter: str, skip_first: bool) -> Iterator[Line]:
    csv.field_size_limit(LONGEST)
    no_doubts: dict[int, Doubt] = {}
    with path.open(encoding=encoding, newline="") as file:
        start = 1 + len(list(islice(file, int(skip_first))))
        reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
        number = start
        try:
            for texts in reader:
                yield Line(number, [unescape_formula(tidy(text)) for text in texts], no_doubts)
                number = start + reader.line_num
        except csv.Error as error:
            raise _csv_error(path, number, error) from None


def _csv_error(path: Path, number: int, error: csv.Error) -> CmgraphError:
    reason = str(error)
    if "unexpected end" in reason:
        problem = "a quotation mark opens a cell in this row and is never closed"
    elif "expected after" in reason:
        problem = "a cell in this row begins with a quotation mark that closes before the cell ends"
    elif "field limit" in reason:
        problem = f"a cell in this row is longer than {LONGEST} characters: a quotation mark may be left open"
    else:
        problem = f"this row cannot be read: {reason}"
    hint = 'Quote the whole cell, and write each quotation mark within it twice: "the ""so-called"" forum".'
    return CmgraphError(problem, where=f"{path}:{number}", hint=hint)


def _encoding(path: Path, declared: str | None) -> str:
    """Return the encoding of a whole file.

    :raises CmgraphError: if it cannot be determined, with the line that is inconsistent with the rest.
    """
    try:
        if path.exists() and not path.is_file():
            raise CmgraphError("not a file", where=str(path), hint="Save the table as a file.")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
    except OSError as error:
        raise CmgraphError(f"cannot be read: {error.strerror}", where=str(path)) from None
    remedy = "Save it as UTF-8, or name its encoding with --encoding."
    if declared:
        try:
            io.TextIOWrapper(
                io.BytesIO(raw), declared
            ).read()  # decoded as it will be read: UTF-16 has to begin with its mark
        except LookupError:
            raise CmgraphError(f"unknown encoding '{declared}'", hint="For instance utf-8 or cp1252.") from None
        except UnicodeError as error:
            place = getattr(error, "start", 0)
            raise CmgraphError(f"the file is not {declared}", where=_place(path, raw, place), hint=remedy) from None
        return declared
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decodable(path, raw, "utf-16", remedy)
    if raw[:2000].count(0) * 3 > len(raw[:2000]):
        little = raw[1:2000:2].count(0) > raw[0:2000:2].count(0)
        return _decodable(path, raw, "utf-16-le" if little else "utf-16-be", remedy)
    try:
        raw.decode("utf-8")
        return "utf-8-sig"
    except UnicodeDecodeError as error:
        start = error.start
    if _UTF8_LETTER.search(raw):
        problem = "the file is UTF-8, except for this line"
        raise CmgraphError(problem, where=_place(path, raw, start), hint=remedy)
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        problem = "the file is neither UTF-8 nor Windows-1252"
        raise CmgraphError(problem, where=_place(path, raw, error.start), hint=remedy) from None
    if misread := _MISREAD.search(text):
        word = re.split(r"[\s,;|]", text[: misread.end()])[-1] + re.split(r"[\s,;|]", text[misread.end() :])[0]
        problem = f"the file is not UTF-8, and read as Windows-1252 it holds '{word}'"
        hint = "Save it as UTF-8, or name its encoding: --encoding mac_roman, cp850, or cp1252 if this is right."
        raise CmgraphError(problem, where=_place(path, raw, misread.start()), hint=hint)
    return "cp1252"


def _decodable(path: Path, raw: bytes, encoding: str, remedy: str) -> str:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CmgraphError("the file is not whole UTF-16", where=_place(path, raw, error.start), hint=remedy) from None
    return encoding


def _place(path: Path, raw: bytes, start: int) -> str:
    line = len(re.findall(rb"\r\n|\r|\n", raw[:start])) + 1
    return f"{path}:{line}"


def _key(heading: str) -> str:
    """Fold a heading: case, accents, punctuation and invisible characters do not count."""
    return normalize_name(heading)


def _headings(template: Template) -> dict[str, TableColumn]:
    """Return the columns by every heading they may have: label in a language, name, the publisher's own."""
    columns = template.columns
    labels = ((label, column) for column in columns for label in column.label.values())
    names = chain(((c.name, c) for c in columns), ((c.header, c) for c in columns if c.header))
    return {_key(heading): column for heading, column in chain(labels, names)}


def _fit(
    path: Path, heading: Line, template: Template, headings: Mapping[str, TableColumn], fixed: Container[str]
) -> tuple[dict[int, TableColumn], list[str]]:
    """Return the template's columns by position, and the headings of the columns that it does not use."""
    header, where = heading.texts, f"{path}:{heading.number}"
    fitted = {i: headings[_key(cell)] for i, cell in enumerate(header) if _key(cell) in headings}
    unread = [cell for i, cell in enumerate(header) if cell and i not in fitted]
    names = [column.name for column in fitted.values()]
    problems = [f"{where}: column '{name}' is there twice." for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [
        f"{where}: column '{name}' is there, and given with -p: leave one out." for name in names if name in fixed
    ]
    absent = [column for column in template.columns if column.name not in names and column.name not in fixed]
    if not template.others:
        free = [column.name for column in absent]
        for cell in unread:
            hint = nearest(cell, free) or nearest(cell, (c.name for c in template.columns)) or "Leave it out."
            problems.append(f"{where}: the template has no column '{cell}'. {hint}")
    for column in absent:
        name = column.header or column.name
        if column.required:
            problems.append(f"{where}: column '{name}' is missing. {nearest(name, unread)}".rstrip())
        elif close := nearest(name, unread):
            problems.append(f"{where}: column '{name}' is missing. {close} If it is not there: -p {column.name}=")
    if problems:
        hint = f"See: cmgraph template {template.name}"
        raise CmgraphError("the header does not fit the template", where=str(path), hint="\n  ".join([*problems, hint]))
    return fitted, unread


def write_blank(template: Template, path: Path, choices: Mapping[str, Sequence[str]], lang: str) -> None:
    """Write an empty table for ``template``: a header, and a row of help that is read as a note.

    :param choices: by column, the names that may stand in it; a workbook offers them in a list.
    """
    header = [column.name for column in template.columns]
    helps = [_help(column, lang) for column in template.columns]
    helps[0] = NOTE + helps[0]
    ending = path.suffix.casefold()
    with atomic_file(path) as scratch:
        if ending == ".xlsx":
            _workbook(template, scratch, header, helps, choices)
        elif ending in (".csv", ".tsv"):
            with scratch.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file, delimiter="\t" if ending == ".tsv" else ",").writerows([header, helps])
        else:
            raise CmgraphError("unknown table format", where=str(path), hint="Use .csv, .tsv or .xlsx.")


def _help(column: TableColumn, lang: str) -> str:
    parts = [best_text(column.help, lang) or best_text(column.label, lang) or column.name]
    parts += ["*" if column.required else "", f"(… {column.split} …)" if column.split else ""]
    return " ".join(part for part in parts if part)


def _helps(column: TableColumn) -> Iterator[str]:
    """Yield the help of a column in each language."""
    return (_help(column, lang) for lang in ("en", "fr"))


def _is_help(cells: Mapping[str, str], helps: Mapping[str, Container[str]]) -> bool:
    """Return whether a row is the help of an empty table: each of its cells is its column's."""
    return all(not text or text.removeprefix(NOTE) in helps[name] for name, text in cells.items())


def _workbook(
    template: Template, path: Path, header: Sequence[str], helps: Sequence[str], choices: Mapping[str, Sequence[str]]
) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet, lists = book.worksheets[0], book.create_sheet("lists")
    sheet.title = template.name[:31]
    lists.sheet_state = "hidden"
    sheet.append(list(header))
    sheet.append(list(helps))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for cell in sheet[2]:
        cell.font, cell.alignment = Font(italic=True), Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A3"
    for place, column in enumerate(template.columns, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 26
        if column.type not in ("number", "integer"):
            sheet.column_dimensions[letter].number_format = "@"  # otherwise 2025-03 becomes a day, and 004 becomes 4
        offered = choices.get(column.name, ())
        for row, name in enumerate(offered, 1):
            lists.cell(row, place, name)
        if offered:
            rule = DataValidation("list", formula1=f"lists!${letter}$1:${letter}${len(offered)}", allow_blank=True)
            rule.showErrorMessage = not column.split
            sheet.add_data_validation(rule)
            rule.add(f"{letter}3:{letter}10000")
    book.save(path)
