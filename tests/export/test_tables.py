"""Tables of a publication and of answers, as other programs read them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

import cmgraph
from cmgraph.answers.render import render
from cmgraph.answers.result import Result
from cmgraph.export.export import Options, export
from cmgraph.export.tables import _fits_a_number
from conftest import Run

ODD = ["a\r=1+1", "two\nlines", 'a "quoted" word', "tab\there", "plain", "'tis", ""]


@pytest.mark.parametrize(("form", "mark"), [("csv", ","), ("csv-excel", ","), ("tsv", "\t")])
def test_every_cell_comes_back_and_none_breaks_its_row(form: str, mark: str) -> None:
    text = render(Result.of(("name", "type"), ((cell, 1) for cell in ODD), "en"), form)
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=mark))
    assert read == [["name", "type"], *([cell, "1"] for cell in ODD)]
    assert text.startswith("\ufeff") == (form == "csv-excel")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1+1", "'=1"])
def test_a_cell_that_would_run_as_a_formula_is_text(cell: str) -> None:
    text = render(Result.of(("name",), [(cell,)], "en"), "csv")
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [f"'{cell}"]


def test_the_byte_order_mark_reaches_standard_output(run: Run) -> None:
    done = run("query", "-q", 'SELECT ?x { BIND("é" AS ?x) }', "-f", "csv-excel")
    assert done.stdout == "\ufeffx\né\n"


def test_frictionless_accepts_the_data_package(untrusted_export: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(untrusted_export / "datapackage.json"))
    assert report.valid, report.flatten(["title", "note"])[:3]
    package = json.loads((untrusted_export / "datapackage.json").read_text(encoding="utf-8"))
    keys = {resource["name"]: resource["schema"].get("primaryKey") for resource in package["resources"]}
    assert keys["sources"] is None or keys["sources"] == ["source_iri"]
    assert keys["relationships"] is None  # a relationship takes several rows
    assert "" in package["resources"][0]["schema"]["missingValues"]


def test_the_workbook_holds_the_rows_and_values_of_the_csv_tables(untrusted_export: Path) -> None:
    book = openpyxl.load_workbook(untrusted_export / "cmgraph.xlsx")
    for path in (untrusted_export / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        shown = [name for name in header if name not in ("citations", "sources")]
        sheet = [["" if cell is None else cell for cell in row] for row in book[path.stem].iter_rows(values_only=True)]
        assert [str(cell) for cell in sheet[0][: len(shown)]] == shown and len(sheet) == len(lines) + 1, path.stem
        for row, line in zip(sheet[1:], lines, strict=True):
            for cell, text in zip(row, line[: len(shown)], strict=False):
                number = isinstance(cell, (int, float))
                assert Decimal(str(cell)) == Decimal(text) if number else cell in (text, text.removeprefix("'"))
        assert (book[path.stem].column_dimensions["A"].width or 0) > 20


def test_marks_on_maps_are_geojson_and_a_table_with_what_they_stand_for(untrusted_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(untrusted_folder, folder)
    spaces = {"cm": "def#", "rel": "id/rel/", "cite": "id/cite/", "agent": "id/agent/", "record": "id/record/"}
    spaces["pm"] = "vocab/point-meaning/"
    lines = [f"@prefix {name}: <https://w3id.org/cmgraph/{space}> ." for name, space in spaces.items()]
    lines += [
        "record:one a cm:RegisterEntry ; cm:registersAgent agent:evil ; cm:hasCitation cite:evil .",
        "rel:mark a cm:MapPoint ; cm:locatesThing record:one ; cm:latitude 46.357927527000015 ; cm:longitude -62.5 ;",
        "    cm:hasPointMeaning pm:community-point ; cm:hasCitation cite:evil .",
        'rel:off a cm:MapPoint ; cm:locatesThing agent:evil ; cm:latitude "north" ; cm:longitude 0 ;',
        "    cm:hasCitation cite:evil .",
    ]
    (folder / "data/marks.ttl").write_text("\n".join(lines), encoding="utf-8")
    export(cmgraph.load(folder), tmp_path / "out", Options(only=["tables", "points.geojson"]))
    marks = json.loads((tmp_path / "out/points.geojson").read_text(encoding="utf-8"))
    (mark,) = marks["features"]
    assert mark["geometry"] == {"type": "Point", "coordinates": [-62.5, 46.357927527000015]}
    assert (mark["properties"]["registers"], mark["properties"]["meaning"]) == (
        "<script>alert(1)</script>",
        "community point",
    )
    assert mark["properties"]["citations"] == "https://w3id.org/cmgraph/id/cite/evil" and "no boundary" in marks["note"]
    with (tmp_path / "out/tables/points.csv").open(encoding="utf-8", newline="") as file:
        off, row = csv.DictReader(file)
    assert off["latitude"] == "north"
    assert (row["latitude"], row["longitude"], row["meaning"]) == ("46.357927527000015", "-62.5", "community point")


@pytest.mark.parametrize(
    ("value", "fits"),
    [(5, True), (Decimal("46.3579"), True), (Decimal("46.357927527000015"), False), (10**18 + 1, False), (True, False)],
)
def test_a_number_with_more_digits_than_a_workbook_keeps_is_text(value: Decimal | int, fits: bool) -> None:
    assert _fits_a_number(value) is fits
