"""Entries of a state's register are no nations: each nation stands by another source, and no entry is lost."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

import cmgraph
from cmgraph.export.export import Options, export
from cmgraph.graph import Graph
from cmgraph.rdf.terms import CM, RDF_TYPE
from conftest import ROOT, Run

REGISTER = {"ds-isc-loc", "ds-isc-prov", "ds-isc-2021"}


@pytest.fixture(scope="module")
def entries() -> list[dict[str, str]]:
    """Return the rows of the publisher's file."""
    with (ROOT / "data/isc/first-nations.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_nation_stands_by_a_source_that_is_not_the_register(bundled_graph: Graph) -> None:
    source = {t.subject: t.object for t in bundled_graph.asserted if t.predicate.value == CM + "citesSource"}
    cited, spoken_of, nations, named_elsewhere = defaultdict(set), defaultdict(set), set(), set()
    for triple in bundled_graph.asserted:
        if triple.predicate.value == CM + "hasCitation":
            cited[triple.subject].add(source[triple.object].value.rpartition("/")[2])
        elif triple.predicate == RDF_TYPE and triple.object.value == CM + "IndigenousNation":
            nations.add(triple.subject)
        elif triple.predicate.value == CM + "hasNameBasis" and not triple.object.value.endswith("/register"):
            named_elsewhere.add(triple.subject)
        elif triple.predicate.value != CM + "registersAgent":
            spoken_of[triple.object].add(triple.subject)
    assert len(nations) > 50
    for nation in nations - named_elsewhere:
        assert any(cited[statement] - REGISTER for statement in spoken_of[nation]), nation


def test_every_name_that_the_register_prints_leads_to_its_entry_or_to_whom_it_is_about(
    bundled_graph: Graph, entries: list[dict[str, str]]
) -> None:
    about = {
        row.terms[0].value.rpartition("-")[2]: row.terms[4].value
        for row in bundled_graph.query("register-entries", place="any").rows
        if row.terms[4] is not None
    }
    assert len(entries) == 636 and len(about) == 76
    for row in entries:
        number = row["BAND_NUMBER"]
        found = about.get(number, f"https://w3id.org/cmgraph/id/record/first-nations-{number}")
        assert found in bundled_graph.names.called(row["BAND_NAME"]), row["BAND_NAME"]
    assert bundled_graph.entity("Indian Island").kind == "register entry"
    assert bundled_graph.entity("Moravian of the Thames").thing.label == "Delaware Nation at Moraviantown"


def test_the_question_lists_each_entry_once_for_each_name(bundled_graph: Graph, entries: list[dict[str, str]]) -> None:
    rows = [[str(cell) for cell in row.values] for row in bundled_graph.query("register-entries", place="any").rows]
    assert sorted(row[1] for row in rows if row[2] == "None") == sorted(row["BAND_NAME"].strip() for row in entries)
    about = {row[0]: row[4] for row in rows}
    assert about["Walker Mohawk (federal register of First Nations, entry 255)"] == "Walker Mohawk"
    assert about["Nisga'a Village of Gingolx (federal register of First Nations, entry 671)"] == "None"


@pytest.mark.gate
def test_a_lone_entry_has_a_page_and_a_place_in_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    (folder / "data").mkdir(parents=True)
    (folder / "ontology").symlink_to(ROOT / "ontology")
    base = (ROOT / "tests/fixtures/valid/base.ttl").read_text(encoding="utf-8")
    entry = """
record:lone a cm:RegisterEntry ; skos:prefLabel "Lone Island (a register, entry 1)"@en ;
    cm:publishedName "Lone Island" ; cm:registerNumber "1" ; cm:hasCitation cite:base .
"""
    (folder / "data/base.ttl").write_text(base + entry, encoding="utf-8")
    out = tmp_path / "out"
    export(cmgraph.load(folder), out, Options())
    assert "Lone Island (a register, entry 1)" in (out / "id/record/lone.html").read_text(encoding="utf-8")
    assert 'record/lone.html">Lone Island' in (out / "id/record.html").read_text(encoding="utf-8")


@pytest.mark.gate
def test_a_nation_shows_the_entry_about_it(run: Run) -> None:
    shown = run("show", "Whitecap Dakota Nation").stdout
    assert "a register lists Whitecap Dakota Nation as “Whitecap Dakota Nation”, number 372" in shown


def test_all_that_is_stated_of_a_nation_has_money_rights_and_ties(bundled_graph: Graph) -> None:
    def stated(nation: str) -> set[str]:
        return {str(row[2]) for row in bundled_graph.query("statements-by-nation", nation=nation).rows}

    assert stated("Selkirk First Nation") == {"funding commitment"}
    assert "rights interest" in stated("Biigtigong Nishnaabeg")
    assert "representation" in stated("Tahltan Nation")
    assert stated("Delaware") == {"link between bodies"}
