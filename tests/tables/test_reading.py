"""Tables as text: encodings, delimiters, headings and quotes are told apart, and nothing in a row is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cmgraph
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.tables.ingest import Ingested, TableErrors, ingest
from cmgraph.tables.reader import Row, Table
from cmgraph.tables.template import Template
from conftest import ROOT, Run

MEMBERSHIPS = Template.read(ROOT / "ontology/templates/memberships.rq")
BODIES = Template.read(ROOT / "ontology/templates/bodies.rq")
INVENTORY = Template.read(ROOT / "ontology/templates/inventory.rq")

HEADER = "body,member,role,since,source\n"
SOURCE = "kallanish-2025-cmap"
ROW = f"G7,Ghana,participant,2021,{SOURCE}\n"


def rows(path: Path, content: str | bytes, template: Template = MEMBERSHIPS, encoding: str | None = None) -> list[Row]:
    """Write a table and read its rows."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(Table.open(path, template, encoding).rows())


@pytest.fixture
def write(tmp_path: Path, international_folder: Path) -> Callable[..., Ingested]:
    """Write a table and ingest it."""

    def write(content: str, template: str = "memberships", **options: Any) -> Ingested:
        (tmp_path / "t.csv").write_text(content, encoding="utf-8")
        return ingest(tmp_path / "t.csv", template, data=international_folder, **options)

    return write


@pytest.fixture
def told(tmp_path: Path, write: Callable[..., Ingested]) -> Callable[..., str]:
    """Return what ingest says is wrong with a table."""

    def told(content: str, template: str = "memberships", **options: Any) -> str:
        with pytest.raises(TableErrors) as error:
            write(content, template, **options)
        assert not (tmp_path / "t.ttl").exists()
        return str(error.value)

    return told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_an_encoding_is_told_by_its_bytes(tmp_path: Path, encoding: str) -> None:
    content = "name_en,name_fr,class,source\nForum of Snow,Forum d’été « à côté »,forum,x\n"
    (row,) = rows(tmp_path / "t.csv", content.encode(encoding), BODIES)
    assert row.cells["name_fr"] == "Forum d’été « à côté »"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name_en\nThéâtre\n".encode() + "Çà et là\n".encode("cp1252"), "t.csv:3: the file is UTF-8, except for this"),
        ("name_en\n\nhôtel\n".encode("mac_roman"), "t.csv:3: the file is not UTF-8, and read as Windows-1252 it holds"),
        ("name_en\r\nhébergé\r\n".encode("cp850"), "t.csv:2: .* holds 'h‚berg‚'"),
        (b"name_en\rx\r\x81\r", "t.csv:3: the file is neither UTF-8 nor Windows-1252"),
    ],
)
def test_text_that_would_be_misread_is_refused_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CmgraphError, match=said):
        rows(tmp_path / "t.csv", content, BODIES)


def test_an_encoding_that_is_named_is_taken(tmp_path: Path) -> None:
    content = "name_en,class,source\nhébergé,forum,x\n".encode("cp850")
    assert rows(tmp_path / "t.csv", content, BODIES, "cp850")[0].cells["name_en"] == "hébergé"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_told_apart(tmp_path: Path, mark: str, end: str) -> None:
    content = (HEADER + ROW + ROW).replace(",", mark).replace("\n", end)
    assert [(row.number, row.cells["member"]) for row in rows(tmp_path / "T.CSV", content)] == [
        (2, "Ghana"),
        (3, "Ghana"),
    ]


@pytest.mark.parametrize(
    ("above", "notes", "number"),
    [
        ("", (), 2),
        ("\n\n", (), 4),
        ("Members of forums\nas of spring\n\n", ("above the heading, in rows 1 to 2",), 5),
        ("sep=,\n", (), 3),
    ],
)
def test_the_heading_is_found_and_what_stands_above_it_is_named(
    tmp_path: Path, above: str, notes: tuple[str, ...], number: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(above + HEADER + ROW)
    table = Table.open(path, MEMBERSHIPS)
    assert table.notes == notes and [row.number for row in table.rows()] == [number]


@pytest.mark.parametrize(
    "heading", ["MEMBER", " member* ", "l’acteur", "L'ACTEUR", "the\nagent", "\u200bmember", "the  agent"]
)
def test_a_heading_is_known_however_it_is_typed(tmp_path: Path, heading: str) -> None:
    (row,) = rows(tmp_path / "t.csv", HEADER.replace("member", f'"{heading}"') + ROW)
    assert row.cells["member"] == "Ghana"


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        (HEADER + f'G7,"Ghana,participant,2021,{SOURCE}\n' + ROW, 2, "never closed"),
        (HEADER + ROW + f'"so-called" G7,Ghana,participant,2021,{SOURCE}\n', 3, "closes before the cell ends"),
    ],
)
def test_a_quotation_mark_left_open_is_told_where_it_opens(tmp_path: Path, content: str, place: int, what: str) -> None:
    with pytest.raises(CmgraphError, match=what) as error:
        rows(tmp_path / "t.csv", content)
    assert error.value.where.endswith(f"t.csv:{place}")


def test_a_cell_that_swallowed_rows_is_told(tmp_path: Path) -> None:
    content = f'{HEADER.strip()},note\nG7,Ghana,participant,2021,{SOURCE},"see\n{ROW}{ROW}end"\n'
    (row,) = rows(tmp_path / "t.csv", content)
    assert [(p.row, p.column, p.what) for p in row.problems] == [
        (2, "note", "this cell contains what looks like more rows")
    ]


@pytest.mark.parametrize("header", [HEADER, HEADER.replace("\n", ",,\n")])
def test_a_cell_below_no_heading_is_told(tmp_path: Path, header: str) -> None:
    (row,) = rows(tmp_path / "t.csv", header + ROW.replace("\n", ",left over\n"))
    assert [(p.row, p.value, p.what) for p in row.problems] == [(2, "left over", "this cell has no heading above it")]


@pytest.mark.gate
def test_only_the_help_of_an_empty_table_is_a_note(tmp_path: Path, run: Run, told: Callable[..., str]) -> None:
    path = tmp_path / "memberships.csv"
    assert run("template", "memberships", "-o", str(path), "--lang", "fr").returncode == 0
    blank = path.read_text(encoding="utf-8-sig")
    comment = "# ask again" + "," * blank.splitlines()[0].count(",") + "\n"
    assert [row.number for row in rows(path, blank + comment)] == [3]
    assert "t.csv:2: column body: '#1 Forum': unknown actor" in told(HEADER + ROW.replace("G7", "#1 Forum"))


def test_a_column_that_a_publisher_renamed_is_told_and_one_that_is_not_used_is_named(tmp_path: Path) -> None:
    header = "Operation Group,Property Name,Operator Owners,Province/Territory,Commodities,Development Stage,"
    header += "Activity Status,Latitude,Longitude,Website\n"
    path = tmp_path / "inventory.csv"
    path.write_text(header)
    table = Table.open(path, INVENTORY, fixed={"release", "source"})
    unread = ("columns that the template does not use: Website", "columns that are not there: Unique identifier")
    assert table.notes == unread
    path.write_text(header.replace("Commodities", "Commodity"))
    with pytest.raises(
        CmgraphError, match=r"column 'Commodities' is missing. Did you mean Commodity\? .*-p commodities="
    ):
        Table.open(path, INVENTORY, fixed={"release", "source"})


def test_a_column_that_is_there_and_given_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW)
    with pytest.raises(CmgraphError, match="column 'source' is there, and given with -p"):
        ingest(tmp_path / "t.csv", "memberships", given={"source": SOURCE})


def test_a_defused_formula_comes_back_as_it_was(tmp_path: Path) -> None:
    from cmgraph.text.cells import escape_formula, write_csv

    notes = ["=1+1", "-5 %", "'=quoted", "'s-Hertogenbosch", "＝1+1", "a\rb", "+1\t2"]
    lines = [["body", "member", "role", "source", "note"], *(["b", "m", "r", "s", escape_formula(n)] for n in notes)]
    for ending, mark in ((".csv", ","), (".tsv", "\t")):
        read = rows(tmp_path / f"t{ending}", write_csv(lines, mark))
        assert [row.cells["note"] for row in read] == [note.replace("\r", "\n") for note in notes]


@pytest.mark.gate
@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("since,20210102", "'20210102': not a date"),
        ("since,2021-W01-4", "'2021-W01-4': not a date"),
        ("since,２０２１", "'２０２１': not a date"),
        ("checked,2021", "'2021': not a day"),
        ("note,#VALUE!", "a formula that failed"),
        ("note,lost \ufffd letter", "a character was lost in conversion, U\\+FFFD"),
        ("note,a\0b", "a control character, U\\+0000"),
        ("until,n/a", "this may mean that there is no value"),
    ],
)
def test_a_cell_that_is_doubtful_is_told(cell: str, what: str, told: Callable[..., str]) -> None:
    column, value = cell.split(",")
    header = ",".join(["body", "member", "role", "source", "locator", column])
    problems = told(f"{header}\nG7,Ghana,participant,{SOURCE},p. 1,{value}\n")
    assert re.search(f"t.csv:2: column {column}: .*{what}", problems)


@pytest.mark.gate
@pytest.mark.parametrize("value", ["1_000", "١٢", "１２", "1 234", "1,5", "NaN", "1e3", "−5", "12 %"])
def test_a_number_in_a_form_that_is_none_is_told(value: str, told: Callable[..., str]) -> None:
    header = "id,quantity,for_place,minerals,value,unit,period,source\n"
    row = f'x-1,mine production,Chile,copper,"{value}",percent,2021,{SOURCE}\n'
    assert f"column value: '{value}'" in told(header + row, "observations", create=True)


@pytest.mark.gate
@pytest.mark.parametrize("word", ["no", "is", "NA"])
def test_a_word_or_a_sign_for_nothing_is_no_country(word: str, told: Callable[..., str]) -> None:
    assert f"column member: '{word}'" in told(HEADER + ROW.replace("Ghana", word))


def test_a_cell_that_nothing_is_made_of_is_told_with_what_counts_in_its_place(told: Callable[..., str]) -> None:
    header = HEADER.replace("member", "event,member", 1)
    problems = told(header + ROW.replace("G7,", "G7,2026 Critical Minerals Ministerial,"))
    assert "column event" in problems and "this cell produces no statements. body counts in its place" in problems


def test_a_row_that_lacks_what_its_cells_need_says_what(told: Callable[..., str]) -> None:
    problems = told(HEADER + ROW + ROW.replace("G7", ""))
    assert "t.csv:3: column member, role, since" in problems and "Fill body or event too" in problems
    checked = HEADER.replace("\n", ",checked\n") + ROW.replace("\n", ",2026-01-02\n")
    assert (
        "column checked: '2026-01-02': this cell produces no statements. Fill support or locator or words too"
        in told(checked)
    )


def test_rows_that_meet_in_one_statement_and_differ_are_told_together(
    told: Callable[..., str], write: Callable[..., Ingested]
) -> None:
    content = HEADER.replace("\n", ",until\n") + ROW.replace("\n", ",2022\n") + ROW.replace("\n", ",2023\n")
    problems = told(content)
    assert (
        "t.csv:3: row 2 and this one describe the same thing" in problems and "end date '2022' and '2023'" in problems
    )
    done = write(HEADER + ROW + ROW)
    assert done.repeated == (3,) and done.rows == 2


@pytest.mark.gate
@pytest.mark.parametrize("cell", ["Ghana\nChile", "Ghana, Chile", "Ghana and Chile", "Ghana/Chile", "Ghana；Chile"])
def test_several_values_parted_by_another_mark_are_no_new_thing(cell: str, told: Callable[..., str]) -> None:
    header = "name_en,class,kind,parties,date,act,source\n"
    row = f'Pact of Snow,agreement,memorandum of understanding,"{cell}",2021,signed,{SOURCE}\n'
    problems = told(header + row, "instruments", create=["id", "parties"])
    assert (
        "column parties" in problems
        and "looks like several values. Separate the values in this column with ';'" in problems
    )


@pytest.mark.gate
@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["Canadda"], "nearly the known name 'Canada'"),
        (["Rio Tinto Ltd"], "nearly the known name 'Rio Tinto'"),
        (["Rio Tinto S.A."], "nearly the known name 'Rio Tinto'"),
        (["Group of Seven 七"], "its IRI would be agent:group-of-seven, which is 'Group of Seven'"),
        (["C+ Snow", "C Snow"], "the same as that of 'C+ Snow' in row 2"),
        (["Мороз"], "no IRI can be made from this name"),
        (["Snow " * 80], "characters are too long for a name"),
    ],
)
def test_a_new_name_that_is_probably_none_is_refused(names: list[str], what: str, told: Callable[..., str]) -> None:
    content = HEADER + "".join(ROW.replace("Ghana", name) for name in names)
    assert what in told(content, create=True)


def test_names_that_differ_by_a_number_are_two(tmp_path: Path, write: Callable[..., Ingested]) -> None:
    content = HEADER + ROW.replace("Ghana", "Snow Fund 2021") + ROW.replace("Ghana", "Snow Fund 2022")
    assert len(write(content, create=True).created) == 2


@pytest.mark.gate
def test_create_is_per_column(tmp_path: Path, run: Run) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW.replace("Ghana", "Forum of Snow"))
    refused = run("ingest", str(tmp_path / "t.csv"), "-t", "memberships")
    assert refused.returncode == 1 and "Add it as new with --create member." in refused.stderr
    wrong = run("ingest", str(tmp_path / "t.csv"), "-t", "memberships", "--create", "body")
    assert wrong.returncode == 3 and "does not create new things in column 'body'" in wrong.stderr
    done = run("ingest", str(tmp_path / "t.csv"), "-t", "memberships", "--create", "member")
    assert done.returncode == 0, done.stderr
    alone = run("ingest", str(tmp_path / "t.csv"), "-t", "memberships", "--create")
    assert alone.returncode == 0 and "nothing written" in alone.stderr


@pytest.mark.gate
def test_a_file_that_no_table_was_turned_into_stays(tmp_path: Path) -> None:
    path, own = tmp_path / "t.csv", tmp_path / "t.ttl"
    own.write_text("# by hand\n<https://example.org/a> <https://example.org/b> 1 .\n")
    path.write_text(HEADER + ROW)
    with pytest.raises(CmgraphError, match="was not written by cmgraph ingest"):
        ingest(path, "memberships")
    assert own.read_text().startswith("# by hand")
    ingest(path, "memberships", own)
    first = own.read_bytes()
    path.write_text(HEADER + ROW.replace("2021", "2022"))
    ingest(path, "memberships", dry_run=True)
    assert own.read_bytes() == first
    assert ingest(path, "memberships").changes and own.read_bytes() != first
    with pytest.raises(CmgraphError, match="the output is the table itself"):
        ingest(path, "memberships", path)


def test_a_table_without_rows_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER)
    with pytest.raises(CmgraphError, match="a heading but no rows"):
        ingest(tmp_path / "t.csv", "memberships")
    assert not (tmp_path / "t.ttl").exists()


@pytest.mark.gate
def test_the_next_inventory_goes_into_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (ROOT / "data/nrcan/inventory.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "next.csv").write_text("".join(lines[:3]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given = {"release": "2027-02-01", "source": "ds-nrcan-cm"}
    done = ingest("next.csv", "inventory", "data/nrcan/inventory.ttl", given=given)
    assert (tmp_path / "data/nrcan/inventory.ttl").is_file()
    assert {change.how for change in done.changes} == {"removed", "confirmed"}
    assert not ingest("next.csv", "inventory", "data/nrcan/inventory.ttl", given=given).changes


@pytest.mark.gate
def test_and_is_read_in_the_place_of_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines = (ROOT / "data/nrcan/inventory.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "next.csv").write_text("".join(lines[:3]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given = {"release": "2027-02-01", "source": "ds-nrcan-cm"}
    for folder in ("", "there"):
        done = ingest(
            "next.csv", "inventory", f"{folder or '.'}/data/nrcan/inventory.ttl", given=given, data=folder or None
        )
        assert {change.how for change in done.changes} == {"removed", "confirmed"}
        (tmp_path / "there/data").mkdir(parents=True, exist_ok=True)
    (tmp_path / "there/data/places.ttl").write_text("<http://e.org/a> <http://e.org/b> <http://e.org/c> .")
    caplog.clear()
    graph = cmgraph.load("there")
    assert [record.getMessage() for record in caplog.records] == [
        "there/data/nrcan/inventory.ttl: read in the place of the bundled file of that name"
    ]
    own, bundled = Path("there/data"), ROOT / "data"
    files = set(graph.data_files)
    assert {own / "nrcan/inventory.ttl", own / "places.ttl", bundled / "places.ttl"} < files
    assert bundled / "nrcan/inventory.ttl" not in files
    assert graph.ask("ASK { <http://e.org/a> ?p ?o }")


def test_the_wrong_column_in_create_names_those_that_will_do(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW)
    with pytest.raises(UnknownName, match="does not create new things in column 'role'"):
        ingest(tmp_path / "t.csv", "memberships", create=["role"])


@pytest.mark.gate
@pytest.mark.parametrize(
    ("encoding", "says"),
    [("utf-16", "the file is not utf-16"), ("utf-32", "the file is not utf-32"), ("zip", "unknown encoding 'zip'")],
)
def test_an_encoding_that_cannot_be_read_is_refused(tmp_path: Path, encoding: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW, encoding="utf-16-le")
    with pytest.raises(CmgraphError, match=says):
        ingest(tmp_path / "t.csv", "memberships", encoding=encoding)
