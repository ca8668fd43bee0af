"""Workbooks as people save them: what a cell shows counts, and what is not read is named."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cmgraph.errors import CmgraphError
from cmgraph.tables.ingest import Ingested, TableErrors, ingest
from cmgraph.tables.reader import Table
from cmgraph.tables.template import Template
from cmgraph.tables.workbook import read_workbook
from conftest import ROOT

HEADER = ["body", "member", "role", "since", "source"]
MEMBERSHIPS = Template.read(ROOT / "ontology/templates/memberships.rq")
OBSERVATIONS = Template.read(ROOT / "ontology/templates/observations.rq")


def save(path: Path, *rows: list[Any], edit: Callable[[Worksheet], object] = lambda sheet: None) -> Path:
    """Save rows as a workbook, changed by ``edit``."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    edit(sheet)
    book.save(path)
    return path


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change the parts of a workbook whose name matches."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if re.search(part, name) else content)


def texts(path: Path) -> list[list[str]]:
    """Return the cells of the first sheet."""
    return [line.texts for line in read_workbook(path)[0].lines]


def told(path: Path, template: Template = MEMBERSHIPS) -> list[tuple[int, str, str]]:
    """Return row, column and complaint of what is doubtful in a table."""
    return [(p.row, p.column, p.what) for row in Table.open(path, template).rows() for p in row.problems]


MARCH = dt.date(2021, 3, 1)


@pytest.mark.parametrize(
    ("value", "shown_as", "text"),
    [
        (MARCH, "mmm-yy", "2021-03"),
        (MARCH, "[$-40C]mmmm yyyy;@", "2021-03"),
        (MARCH, "yyyy", "2021"),
        (MARCH, "dd/mm/yyyy", "2021-03-01"),
        (dt.datetime(2021, 3, 1, 9, 5), "yyyy-mm-dd", "2021-03-01"),
        (dt.datetime(2021, 3, 1, 9, 5), "yyyy-mm-dd hh:mm", "2021-03-01 09:05"),
        (dt.datetime(2021, 3, 1), "yyyy-mm-dd hh:mm", "2021-03-01"),
        (dt.time(9, 5), "hh:mm", "09:05:00"),
        (2021.0, "General", "2021"),
        (0.1 + 0.2, "General", "0.3"),
        (1e-7, "General", "0.0000001"),
        (True, "General", "TRUE"),
        ("a_x000D_\nb", "General", "a\nb"),
        ("a_x005F_x000D_b", "General", "a_x000D_b"),
    ],
)
def test_a_cell_is_read_as_it_shows_itself(tmp_path: Path, value: object, shown_as: str, text: str) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet["A1"].number_format = shown_as

    assert texts(save(tmp_path / "t.xlsx", [value], edit=shape)) == [[text]]


def test_a_long_number_keeps_the_digits_that_are_stored(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", [424242])
    rewrite(path, "sheet1", lambda xml: xml.replace(b"424242", b"12345678901234567890"))
    assert texts(path) == [["12345678901234567890"]]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.worksheets[0].append([dt.date(2020, 5, 4)])
    book.save(tmp_path / "mac.xlsx")
    assert texts(tmp_path / "mac.xlsx") == [["2020-05-04"]]


@pytest.mark.parametrize(
    ("column", "value", "shown_as", "what"),
    [
        ("note", MARCH, "mmm-yy", "the cell is a date"),
        ("note", 4, "000", "in a custom format (000)"),
        ("since", MARCH, "d-mmm", "the cell shows no year"),
        ("since", 2019, "yyyy-mm-dd", "the cell shows 1905-07-11, as does the year 2019"),
        ("since", 2019, "yyyy", "the cell shows 1905, as does the year 2019"),
        ("note", 0.125, "0.0%", "as a percentage"),
    ],
)
def test_a_cell_that_shows_something_else_than_it_holds_is_told(
    tmp_path: Path, column: str, value: object, shown_as: str, what: str
) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet["A2"].number_format = shown_as

    path = save(tmp_path / "t.xlsx", [column, "member", "role", "source"], [value, "a", "b", "c"], edit=shape)
    ((row, name, told_of),) = told(path)
    assert (row, name) == (2, column) and what in told_of


@pytest.mark.parametrize(
    ("shown_as", "what"),
    [("0%", "as a percentage"), ("#,##0,", "in thousands"), ('0.0,,"M"', "in thousands"), ("#,##0.00", "")],
)
def test_a_number_that_is_shown_scaled_is_told(tmp_path: Path, shown_as: str, what: str) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet["D2"].number_format = shown_as

    header = ["id", "quantity", "unit", "value", "source"]
    path = save(tmp_path / "t.xlsx", header, ["a", "b", "c", 1234.5, "d"], edit=shape)
    assert [what in words for *_, words in told(path, OBSERVATIONS)] == ([True] if what else [])


def test_merged_cells_are_told_in_every_row_that_they_cover(tmp_path: Path) -> None:
    rows = [["G7", "Ghana", "member", "", "s"], [None, "Peru", "member", "", "s"], ["G7", "Chile", "member", "", "s"]]
    path = save(tmp_path / "t.xlsx", HEADER, *rows, edit=lambda sheet: sheet.merge_cells("A2:A3"))
    assert told(path) == [(n, "body", "the cells A2:A3 are merged") for n in (2, 3)]


def test_a_formula_without_a_stored_result_is_told_and_one_with_it_is_read(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", HEADER, ["G7", "Ghana", "member", "=2000+21", "s"])
    assert told(path) == [(2, "since", "the formula has no stored result")]
    rewrite(path, "sheet1", lambda xml: re.sub(rb"<v ?/>|<v></v>", b"<v>2021</v>", xml))
    assert texts(path)[1][3] == "2021" and not told(path)


def test_a_failed_lookup_is_told_with_its_column(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", [*HEADER, "note"], ["G7", "Ghana", "member", "", "kallanish-2025-cmap", "#REF!"])
    with pytest.raises(TableErrors, match=r"t\.xlsx:2: column note: '#REF!': a formula that failed"):
        ingest(path, "memberships")


def test_what_the_dimension_says_does_not_count(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", HEADER, *([["G7", str(n), "member", "", "s"] for n in range(3)]))
    rewrite(path, "sheet1", lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml))
    assert len(texts(path)) == 4 and len(texts(path)[0]) == 5


def test_a_strict_workbook_is_read(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", HEADER, ["G7", "Ghana", "member", MARCH, "s"])
    before = texts(path)
    spaces = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    for transitional, strict in spaces.items():
        rewrite(path, "", lambda xml, a=transitional, b=strict: xml.replace(a, b))  # type: ignore[misc]
    assert texts(path) == before


def test_the_sheet_that_is_seen_and_fits_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    old, notes, new = book.worksheets[0], book.create_sheet("notes"), book.create_sheet("new")
    for sheet, year in ((old, "2001"), (new, "2002")):
        sheet.append(HEADER)
        sheet.append(["G7", "Ghana", "member", year, "s"])
    old.title, old.sheet_state = "old", "hidden"
    notes.append(["ask the office"])
    book.save(tmp_path / "t.xlsx")
    table = Table.open(tmp_path / "t.xlsx", MEMBERSHIPS)
    assert [row.cells["since"] for row in table.rows()] == ["2002"]
    assert table.notes == ("hidden sheet 'old'", "sheet 'notes'")
    old.sheet_state = "visible"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(CmgraphError, match="sheets 'old', 'new' all have a heading that fits"):
        Table.open(tmp_path / "t.xlsx", MEMBERSHIPS)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 encrypted"])
def test_what_is_no_workbook_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(CmgraphError, match="not a workbook"):
        read_workbook(tmp_path / "t.xlsx")


def test_text_columns_of_an_empty_workbook_are_formatted_as_text(tmp_path: Path) -> None:
    from cmgraph.tables.reader import write_blank

    write_blank(OBSERVATIONS, tmp_path / "blank.XLSX", {}, "en")
    sheet = openpyxl.load_workbook(tmp_path / "blank.XLSX").worksheets[0]
    formats = {cell.value: sheet.column_dimensions[cell.column_letter].number_format for cell in sheet[1]}
    assert {name for name, shown_as in formats.items() if shown_as != "@"} == {"value"}
    assert list(Table.open(tmp_path / "blank.XLSX", OBSERVATIONS).rows()) == []  # the row of help is a note


@pytest.mark.gate
def test_a_month_typed_into_a_workbook_is_a_month_in_the_graph(tmp_path: Path) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet["D2"].number_format = "mmm-yy"

    path = save(tmp_path / "t.xlsx", HEADER, ["G7", "Ghana", "participant", MARCH, "kallanish-2025-cmap"], edit=shape)
    done: Ingested = ingest(path, "memberships")
    assert done.rows == 1 and '"2021-03"^^xsd:gYearMonth' in done.target.read_text()
