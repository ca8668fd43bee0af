"""Tables as people keep them: CSV, TSV and XLSX, read row by row, and empty ones to fill in."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError, nearest
from cmgraph.rdf.terms import best_text
from cmgraph.tables.template import TableColumn, Template

COMMENT = "#"
"""A row whose first cell begins with this is a note to the reader and no data."""

ENCODINGS = ("utf-8-sig", "cp1252")


@dataclass(frozen=True)
class Table:
    """A table in a file.

    :ivar encoding: how its text is encoded; empty for a workbook.
    :ivar columns: which of the file's columns holds which of the template's, by position.
    """

    path: Path
    encoding: str
    delimiter: str
    columns: Mapping[int, TableColumn]

    @classmethod
    def open(cls, path: Path, template: Template, encoding: str | None = None, given: Container[str] = ()) -> Table:
        """Find out how ``path`` is written and which of its columns the template uses.

        :param encoding: how the text is encoded; None to tell UTF-8 from Windows-1252 by its bytes.
        :param given: columns that need not be there, because every row has the same value.
        :raises CmgraphError: if the file cannot be read, or its header does not fit the template.
        """
        if path.suffix == ".xlsx":
            coded, delimiters = "", [""]
        elif path.suffix in (".csv", ".tsv", ".txt"):
            coded, delimiters = _encoding(path, encoding), ["\t"] if path.suffix == ".tsv" else [",", ";", "\t"]
        else:
            raise CmgraphError("unknown table format", where=str(path), hint="Use .csv, .tsv or .xlsx.")
        tried = [cls(path, coded, delimiter, {}) for delimiter in delimiters]
        headers = [(table, next((cells for _, cells in table._lines()), [])) for table in tried]
        known = _headings(template)
        table, header = max(headers, key=lambda pair: sum(_key(cell) in known for cell in pair[1]))
        if not any(header):
            raise CmgraphError("the table is empty", where=str(path), hint=f"cmgraph template {template.name} -o FILE")
        return cls(path, coded, table.delimiter, _fit(path, header, template, given))

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each row's number, counted from 1 with the header, and its cells by the template's column names."""
        lines = self._lines()
        next(lines, None)
        for number, cells in lines:
            if any(cells) and not cells[0].startswith(COMMENT):
                yield number, {c.name: cells[i] if i < len(cells) else "" for i, c in self.columns.items()}

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        if self.encoding:
            with self.path.open(encoding=self.encoding, newline="") as file:
                reader = csv.reader(file, delimiter=self.delimiter)
                try:
                    for cells in reader:
                        yield (
                            reader.line_num - sum(cell.count("\n") for cell in cells),
                            [cell.strip() for cell in cells],
                        )
                except csv.Error as error:
                    raise CmgraphError(f"not a table: {error}", where=f"{self.path}:{reader.line_num}") from None
            return
        import openpyxl

        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except Exception as error:  # openpyxl lets errors of zipfile, XML and its own through
            raise CmgraphError(f"not a workbook: {error}", where=str(self.path), hint="Save it as .xlsx.") from None
        with closing(book):
            for number, values in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                yield number, [_written(value) for value in values]


def _written(value: object) -> str:
    """Write a workbook's cell as a person would type it."""
    if value is None:
        return ""
    if hasattr(value, "date"):
        return str(value.date().isoformat())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _encoding(path: Path, declared: str | None) -> str:
    """Return an encoding in which the whole file can be read."""
    for name in [declared] if declared else ENCODINGS:
        try:
            decoder = codecs.getincrementaldecoder(name)()
            with path.open("rb") as file:
                while chunk := file.read(1 << 16):
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return name
        except LookupError:
            raise CmgraphError(f"unknown encoding '{name}'", hint="For instance utf-8 or cp1252.") from None
        except UnicodeDecodeError:
            continue
        except FileNotFoundError:
            raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
        except OSError as error:
            raise CmgraphError(f"cannot be read: {error.strerror}", where=str(path)) from None
    said = f"the file is not {declared}" if declared else "the file is neither UTF-8 nor Windows-1252"
    raise CmgraphError(said, where=str(path), hint="Save it as UTF-8, or name its encoding with --encoding.")


def _key(heading: str) -> str:
    return " ".join(heading.casefold().replace("_", " ").split())


def _headings(template: Template) -> dict[str, TableColumn]:
    """Return the columns by every heading they may have: name, label in a language, the publisher's own."""
    return {_key(h): c for c in template.columns for h in (*c.label.values(), c.name, c.header) if h}


def _fit(path: Path, header: Sequence[str], template: Template, given: Container[str]) -> dict[int, TableColumn]:
    known = _headings(template)
    fitted = {i: known[_key(cell)] for i, cell in enumerate(header) if _key(cell) in known}
    problems = []
    for i, cell in enumerate(header):
        if cell and i not in fitted and not template.others:
            hint = nearest(cell, (c.name for c in template.columns)) or "Leave it out."
            problems.append(f"{path}:1: the template has no column '{cell}'. {hint}")
    names = [column.name for column in fitted.values()]
    problems += [f"{path}:1: column '{name}' is there twice." for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [
        f"{path}:1: column '{column.header or column.name}' is missing."
        for column in template.columns
        if column.required and column.name not in names and column.name not in given
    ]
    if problems:
        hint = f"See: cmgraph template {template.name}"
        raise CmgraphError("the header does not fit the template", where=str(path), hint="\n  ".join([*problems, hint]))
    return fitted


def write_blank(template: Template, path: Path, choices: Mapping[str, Sequence[str]], lang: str) -> None:
    """Write an empty table for ``template``: a header, and a row of help that is read as a note.

    :param choices: by column, the names that may stand in it; a workbook offers them in a list.
    """
    header = [column.name for column in template.columns]
    helps = [_help(column, lang) for column in template.columns]
    helps[0] = f"{COMMENT} {helps[0]}"
    with atomic_file(path) as scratch:
        if path.suffix == ".xlsx":
            _workbook(template, scratch, header, helps, choices)
        elif path.suffix in (".csv", ".tsv"):
            with scratch.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",").writerows([header, helps])
        else:
            raise CmgraphError("unknown table format", where=str(path), hint="Use .csv, .tsv or .xlsx.")


def _help(column: TableColumn, lang: str) -> str:
    parts = [best_text(column.help, lang) or best_text(column.label, lang) or column.name]
    parts += ["*" if column.required else "", f"(… {column.split} …)" if column.split else ""]
    return " ".join(part for part in parts if part)


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
        offered = choices.get(column.name, ())
        for row, name in enumerate(offered, 1):
            lists.cell(row, place, name)
        if offered:
            rule = DataValidation("list", formula1=f"lists!${letter}$1:${letter}${len(offered)}", allow_blank=True)
            rule.showErrorMessage = not column.split
            sheet.add_data_validation(rule)
            rule.add(f"{letter}3:{letter}10000")
    book.save(path)
