"""Nothing that was researched is lost quietly: rows, things in the graph, and what is left out with its reason."""

from __future__ import annotations

import csv
from typing import Any

import pytest
import yaml

from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from conftest import ROOT

LEDGER: list[dict[str, Any]] = yaml.safe_load((ROOT / "data/coverage.yaml").read_text(encoding="utf-8"))
PAGE = ROOT / "docs/coverage.md"


def rows(table: str) -> int:
    """Count the rows of a table; one that is left out whole has no file."""
    path = ROOT / f"data/{table}.csv"
    return (
        len(list(csv.DictReader(path.read_text(encoding="utf-8", errors="replace").splitlines())))
        if path.is_file()
        else 0
    )


@pytest.fixture(scope="module")
def things(bundled_graph: Graph) -> dict[str, int]:
    """Count, for each table, the things of its kind that its file describes."""
    kinds: dict[str, set[str]] = {}
    for thing, kind in (
        row.terms for row in bundled_graph.query("SELECT ?thing ?kind { ?thing a/rdfs:subClassOf* ?kind }")
    ):
        kinds.setdefault(thing.value, set()).add(bundled_graph.prefixes.shorten(kind.value))
    counts = {}
    for entry in LEDGER:
        path = ROOT / f"data/{entry['table']}.ttl"
        of = {entry.get("of")} if isinstance(entry.get("of"), str) else set(entry.get("of", ()))
        if of and path.is_file():
            counts[entry["table"]] = sum(bool(kinds.get(s, set()) & of) for s in RdfFile.read(path).subjects)
    return counts


@pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry["table"])
def test_every_row_is_in_the_graph_or_left_out_with_a_reason(entry: dict[str, Any], things: dict[str, int]) -> None:
    left = entry.get("out", 0)
    gone = entry.get("seed", 0) + entry.get("elsewhere", 0) + left
    assert rows(entry["table"]) == entry["researched"] - gone + entry.get("added", 0)
    assert things.get(entry["table"], rows(entry["table"])) == rows(entry["table"])
    assert entry.get("notes") or not left


def test_every_table_is_in_the_ledger() -> None:
    tables = {p.relative_to(ROOT / "data").with_suffix("").as_posix() for p in (ROOT / "data").rglob("*.csv")}
    assert tables == {e["table"] for e in LEDGER if rows(e["table"])}


def test_the_page_shows_the_ledger(things: dict[str, int], request: pytest.FixtureRequest) -> None:
    lines = [
        "# What was researched and what is in the graph",
        "",
        "Written by `pytest tests/data/test_coverage.py --accept` from `data/coverage.yaml`, the tables and the graph.",
        "",
        "| table | researched | in the seed page | in another table | left out | added | rows | things in the graph |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for e in LEDGER:
        numbers = [e["researched"], *(e.get(key, 0) for key in ("seed", "elsewhere", "out", "added")), rows(e["table"])]
        lines.append(f"| {e['table']} | {' | '.join(map(str, numbers))} | {things.get(e['table'], '')} |")
    for e in LEDGER:
        if e.get("notes"):
            lines += ["", f"## {e['table']}", "", *(f"- {note}" for note in e["notes"])]
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--accept"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


def test_no_actor_goes_by_another_s_name(bundled_graph: Graph) -> None:
    """One company, one IRI: a name that is another's alias would be two things for one."""
    twice = bundled_graph.query(
        "SELECT ?one ?other ?name { ?one a/rdfs:subClassOf* cm:Agent ; skos:prefLabel ?name ."
        " ?other a/rdfs:subClassOf* cm:Agent ; skos:prefLabel|skos:altLabel ?name . FILTER(?one != ?other) }"
    )
    assert [tuple(map(str, row)) for row in twice] == []


def test_no_two_statements_say_the_same(bundled_graph: Graph) -> None:
    """One statement, its citations together: what two tables say once is not two things."""
    how = {"hasCitation", "hasClaimStatus", "hasBasis", "printedText", "contradicts"}
    said: dict[str, set[tuple[str, str]]] = {}
    for triple in (triple for file in bundled_graph.files for triple in file.triples):
        said.setdefault(str(triple.subject), set()).add((triple.predicate.value.rpartition("#")[2], str(triple.object)))
    same: dict[frozenset[tuple[str, str]], list[str]] = {}
    for at, pairs in said.items():
        if any(prop == "hasClaimStatus" for prop, _ in pairs):
            same.setdefault(frozenset(pair for pair in pairs if pair[0] not in how), []).append(at)
    assert len(same) > 9000 and [twice for twice in same.values() if len(twice) > 1] == []
