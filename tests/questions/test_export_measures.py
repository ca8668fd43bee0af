"""What a desk officer's sheet of export measures says on a day: announced, in force, suspended, not known, ended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import cmgraph
from cmgraph.graph import Graph
from cmgraph.tables.ingest import TableErrors, ingest

SOURCES = (
    "id,title,publisher,url,tier,checked\n"
    "ministry,A minister speaks,Ministry,https://example.org/m,official,2026-01-02\n"
    "gazette,Gazette,Crown,https://example.org/g,official,2026-01-02\n"
)
HEAD = (
    "name_en,kind,issuers,destinations,minerals,unnamed,announced,due_in_force,in_force,suspended,suspended_until,"
    "resumed,ended,status,status_as_of,status_basis,source\n"
)
RUBIDIUM = (
    "Licences for rubidium,export licensing requirement,CA,Japan,rubidium,,2001-03,2001-06-01,,,,,,,,,ministry\n"
    "Licences for rubidium,export licensing requirement,CA,Japan,rubidium,,,,2001-06-15,,,,,,,,gazette\n"
    "Licences for rubidium,export licensing requirement,CA,Japan,rubidium,,,,,2002-02-01,2002-08-01,,,,,,gazette\n"
    "Licences for rubidium,export licensing requirement,CA,Japan,rubidium,,,,,,,2003,,,,,gazette\n"
    "Licences for rubidium,export licensing requirement,CA,Japan,rubidium,,,,,,,,2004-05-01,,,,gazette\n"
)


pytestmark = pytest.mark.usefixtures("no_cache")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder beside the bundled graph, with two sources of its own."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "data").mkdir()
    (folder / "data/sources.csv").write_text(SOURCES)
    ingest(folder / "data/sources.csv", data=folder, create=True)
    return folder


@pytest.fixture
def folder(sources: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder with two sources, to add to."""
    return shutil.copytree(sources, tmp_path / "folder")


def loaded(folder: Path, rows: str) -> Graph:
    """Take the rows in as a table of export measures and return the graph."""
    (folder / "data/export-measures.csv").write_text(HEAD + rows)
    ingest(folder / "data/export-measures.csv", data=folder, create=True)
    return cmgraph.load(folder)


def states(graph: Graph, measure: str, day: str, mineral: str = "rubidium") -> set[tuple[str, str]]:
    """Return the states of a measure on a day, each with the date it has been so since."""
    rows = graph.query("export-controls", mineral=mineral, asOf=day).to_dicts()
    return {(str(row["state"]), str(row["since"] or "")) for row in rows if str(row["measure"]) == measure}


@pytest.mark.gate
def test_a_measure_is_what_was_last_done_to_it(folder: Path) -> None:
    graph = loaded(folder, RUBIDIUM)
    name = "Licences for rubidium"
    assert states(graph, name, "2001-02-28") == set()
    assert states(graph, name, "2001-05-31") == {("announced", "2001-03")}
    assert states(graph, name, "2001-06-10") == {("announced", "2001-03"), ("not known", "2001-06-01")}
    assert states(graph, name, "2002-01-31") == {("in force", "2001-06-15")}
    assert states(graph, name, "2002-02-01") == {("suspended", "2002-02-01")}
    assert states(graph, name, "2002-07-31") == {("suspended", "2002-02-01")}
    assert states(graph, name, "2002-08-01") == {("not known", "2002-08-01")}
    assert states(graph, name, "2003-12-31") == {("in force", "2003")}
    assert states(graph, name, "2004-05-01") == {("ended", "2004-05-01")}
    row = graph.query("export-controls", mineral="rubidium", asOf="2003-06-30").to_dicts()[0]
    assert (str(row["country"]), str(row["destination"]), row["certain"]) == ("Canada", "Japan", False)
    changes = graph.query("measures-changed", since="2002-03-01", country="Canada").to_dicts()
    assert [(str(r["date"]), str(r["change"])) for r in changes] == [
        ("2002-08-01", "suspension due to end"),
        ("2003", "resumed"),
        ("2004-05-01", "ended"),
    ]


@pytest.mark.gate
def test_a_class_of_minerals_is_listed_for_each_and_says_that_it_does_not_name_it(folder: Path) -> None:
    graph = loaded(folder, "Ban on raw minerals,export ban,CA,,,yes,,,2001,,,,,,,,gazette\n")
    rows = graph.query("export-controls", mineral="cesium", asOf="2002-01-01").to_dicts()
    assert [(str(r["measure"]), r["named"]) for r in rows] == [("Ban on raw minerals", False)]
    mined = graph.query("controlled-and-mined", country="Canada", asOf="2002-01-01")
    assert "Ban on raw minerals" not in {str(row["measure"]) for row in mined.to_dicts()}


@pytest.mark.gate
def test_a_measure_on_a_group_is_listed_for_a_member_and_the_other_way_with_what_it_names(folder: Path) -> None:
    ban = "Ban on {},export ban,CA,,{},,,,2001,,,,,,,,gazette\n"
    graph = loaded(folder, ban.format("rare earths", "rare earth elements") + ban.format("terbium", "terbium"))

    def found(mineral: str) -> list[tuple[str, bool, str]]:
        rows = graph.query("export-controls", mineral=mineral, asOf="2002-01-01").to_dicts()
        own = [row for row in rows if str(row["measure"]).startswith("Ban on ")]
        return [(str(row["measure"]), bool(row["named"]), str(row["names"])) for row in own]

    group = ("Ban on rare earths", False, "rare earth elements")
    assert found("terbium") == [("Ban on terbium", True, "terbium"), group]
    assert found("cerium") == [group]
    assert found("rare earth elements") == [
        ("Ban on rare earths", True, "rare earth elements"),
        ("Ban on terbium", False, "terbium"),
    ]
    assert found("cesium") == []


@pytest.mark.gate
def test_what_a_minister_announces_is_not_taken_in_as_in_force(folder: Path) -> None:
    row = "Ban on cesium,export ban,CA,,cesium,,2001-03-01,,,,,,,in force,2001-03-01,text or official page,ministry\n"
    with pytest.raises(TableErrors, match="only announces a measure does not say that it is in force"):
        loaded(folder, row)


@pytest.mark.gate
def test_a_status_within_a_suspension_is_not_taken_in(folder: Path) -> None:
    row = (
        "Ban on cesium,export ban,CA,,cesium,,,,2001,2002-01-01,2003-01-01,,,in force,2002-06-01,"
        "text or official page,gazette\n"
    )
    with pytest.raises(TableErrors, match="not in force on a day within the suspension"):
        loaded(folder, row)
