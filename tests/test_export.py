"""The export: whole, cited, byte-stable, and read by others as the same graph."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.export import export
from cmgraph.graph import Graph
from conftest import ROOT


@pytest.fixture(scope="module")
def graph(small: Path) -> Graph:
    """Return a graph small enough to be exported many times."""
    return cmgraph.load(small)


@pytest.fixture(scope="module")
def folder(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an export of the graph."""
    path = tmp_path_factory.mktemp("export") / "out"
    export(graph, path)
    return path


def stated(graph: Graph) -> set[str]:
    """Return every statement as files spell it, in N-Triples."""
    return {str(t) for file in graph.files for t in file.triples}


def test_every_rdf_format_is_the_same_graph(graph: Graph, folder: Path) -> None:
    wanted = rdflib.Graph().parse(folder / "cmgraph.nt")
    assert len(wanted) == len(stated(graph))
    for name in ("cmgraph.ttl", "cmgraph.jsonld"):
        assert set(rdflib.Graph().parse(folder / name)) == set(wanted)
    assert set((folder / "cmgraph.nt").read_text().splitlines()) == {line + " ." for line in stated(graph)}


def test_spelling_of_numbers_is_kept(graph: Graph, folder: Path) -> None:
    text = (folder / "cmgraph.nt").read_text()
    assert '"95.6"^^' in text
    assert all(str(t.object) in text for t in graph.files[-1].triples if isinstance(t.object, Literal))


def test_citations_survive_in_tables(graph: Graph, folder: Path) -> None:
    cited = {t.object.value for f in graph.files for t in f.triples if t.predicate.value.endswith("#hasCitation")}
    seen: set[str] = set()
    for path in sorted((folder / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                assert row["sources"] or path.stem == "names", f"{path.name}: {row}"
                seen |= set(row["citations"].split())
    assert cited <= seen


def test_an_export_under_another_hash_seed_is_the_same_bytes(folder: Path, small: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from cmgraph.cli import main; main()", "-q", "--data", str(small)]
    command += ["export", str(tmp_path / "again")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "1"})
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 18
    for file in files:
        assert (tmp_path / "again" / file).read_bytes() == (folder / file).read_bytes()


def test_lines_of_a_large_graph_are_sorted_in_parts_and_each_is_there_once(
    graph: Graph, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmgraph.export._CHUNK", 1000)
    assert export(graph, tmp_path / "some", only=["cmgraph.nt"]) == [tmp_path / "some/cmgraph.nt"]
    assert (tmp_path / "some/cmgraph.nt").read_bytes() == (folder / "cmgraph.nt").read_bytes()
    with pytest.raises(CmgraphError, match=r"an export has no 'cmgraph\.xls'"):
        export(graph, tmp_path / "other", only=["cmgraph.xls"])


def test_the_context_stands_alone(folder: Path) -> None:
    context = json.loads((folder / "context.jsonld").read_text())["@context"]
    assert context["hasParty"] == {"@id": "cm:hasParty", "@type": "@id"}
    assert context["prefLabel"]["@container"] == ["@language", "@set"]


def test_a_full_folder_is_replaced_only_on_request(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(CmgraphError, match="not empty"):
        export(graph, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_failed_export_leaves_the_old_folder_whole(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    before = {path: path.read_bytes() for path in export(graph, out)}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cmgraph.export._write_json", full)
    with pytest.raises(CmgraphError, match="No space left"):
        export(graph, out, force=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nations_names_keep_every_character_in_every_format(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ontology", tmp_path / "ontology")
    for name in ("domestic/sources", "domestic/nations", "domestic/namings", "isc/first-nations"):
        target = tmp_path / f"data/{name}.ttl"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"data/{name}.ttl", target)
    graph = cmgraph.load(tmp_path)
    named = {t.predicate.value.rpartition("#")[2]: set[str]() for f in graph.files for t in f.triples}
    for triple in (t for f in graph.files for t in f.triples if isinstance(t.object, Literal)):
        named[triple.predicate.value.rpartition("#")[2]].add(triple.object.value)
    names = named["prefLabel"] | named["altLabel"] | named["nameText"] | named["publishedName"]
    assert {"ʔaq̓am", "Tłı̨chǫ Government", "Tŝilhqot'in Nation", "?aqam"} <= names
    out = tmp_path / "out"
    export(graph, out)
    for file in ("cmgraph.nt", "cmgraph.ttl", "cmgraph.jsonld"):
        assert names <= {str(o) for o in rdflib.Graph().parse(out / file).objects() if isinstance(o, rdflib.Literal)}
    cells: set[str] = set()
    for path in (out / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            cells |= {cell.removeprefix("'") for row in csv.reader(lines) for cell in row}
    nations = {t.subject for f in graph.files for t in f.triples if t.predicate.value.endswith("#hasNameBasis")}
    labels = {
        t.object.value
        for f in graph.files
        for t in f.triples
        if t.subject in nations and isinstance(t.object, Literal) and t.predicate.value.endswith("prefLabel")
    }
    assert len(labels) > 650 and labels | named["publishedName"] | named["nameText"] <= cells
