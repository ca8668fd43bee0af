"""A store on disk holds what it held or what it was to hold, whatever happens while it is filled."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM
from cmgraph.store.disk import open_store, replace_store
from conftest import ROOT

SEED = sorted((ROOT / "data/seed-page").glob("*.ttl"))
MORE = sorted((ROOT / "data/international").glob("*.ttl"))


def held(store: Path) -> set[str]:
    """Return every statement that a store holds, derived ones as they were stored."""
    return {str(quad.triple) for quad in open_store(store)}


@pytest.mark.gate
def test_what_is_added_stays_beside_what_was_there_and_what_follows_follows(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    cmgraph.load_store(tmp_path / "both", [*SEED, *MORE], bundled_graph)
    cmgraph.load_store(tmp_path / "one", SEED, bundled_graph)
    cmgraph.load_store(tmp_path / "one", MORE, bundled_graph)
    one, both = (held(tmp_path / name) for name in ("one", "both"))
    assert one == both and any(f" <{CM}hasBeenPartyTo> <" in line for line in both)
    count = cmgraph.load_store(tmp_path / "one", SEED, bundled_graph, replace=True)
    assert count < len(both)


@pytest.mark.gate
def test_a_statement_whose_parts_come_in_two_files_lets_the_same_follow(bundled_graph: Graph, tmp_path: Path) -> None:
    """Rules read one subject at a time, so halves of every subject are the hardest that can come."""
    triples = sorted({str(triple) for path in SEED for triple in RdfFile.read(path).triples})
    for name, some in (("even", triples[::2]), ("odd", triples[1::2])):
        with gzip.open(tmp_path / f"{name}.nt.gz", "wt", encoding="utf-8") as file:
            file.write("".join(f"{triple} .\n" for triple in some))
    cmgraph.load_store(tmp_path / "whole", SEED, bundled_graph)
    for name in ("even", "odd"):
        cmgraph.load_store(tmp_path / "halves", [tmp_path / f"{name}.nt.gz"], bundled_graph)
    assert held(tmp_path / "halves") == held(tmp_path / "whole")


def test_a_mistake_in_a_file_is_told_and_changes_nothing(bundled_graph: Graph, tmp_path: Path) -> None:
    store, wrong = tmp_path / "store", tmp_path / "wrong.nt"
    before = cmgraph.load_store(store, SEED, bundled_graph)
    wrong.write_text("<a:a> <a:b> <a:c> .\n<a:a> <a:b> oops .\n", encoding="utf-8")
    with pytest.raises(CmgraphError) as error:
        cmgraph.load_store(store, [wrong], bundled_graph)
    assert error.value.where.startswith(f"{wrong}:2:") and "oops" in error.value.excerpt
    assert len(held(store)) == before


def test_only_one_fills_a_store_and_only_a_store_is_filled(bundled_graph: Graph, tmp_path: Path) -> None:
    with replace_store(tmp_path / "store"), pytest.raises(CmgraphError, match="another process is writing"):
        cmgraph.load_store(tmp_path / "store", [], bundled_graph)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    with pytest.raises(CmgraphError, match=r"contains something else: letter\.txt"):
        cmgraph.load_store(tmp_path / "mine", [], bundled_graph)
    with pytest.raises(CmgraphError, match="there is no store here"):
        cmgraph.load(store=tmp_path / "mine")
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"


def test_what_a_killed_load_left_is_cleaned_up_by_the_next(bundled_graph: Graph, tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "state-1").mkdir(parents=True)
    (store / "state-1/000004.log").touch()
    (store / "lock").touch()
    (store / "current.new").write_text("state-")
    (store / ".current-abc").mkdir()
    assert cmgraph.load_store(store, SEED, bundled_graph) > 0
    assert sorted(path.name.partition("-")[0] for path in store.iterdir()) == ["current", "lock", "state"]


@pytest.mark.parametrize("name", ["state-1/letter.txt", "state-old/CURRENT", "notes/state-1/CURRENT", "current.txt"])
def test_nothing_that_only_looks_like_a_store_is_touched(bundled_graph: Graph, tmp_path: Path, name: str) -> None:
    letter = tmp_path / "store" / name
    letter.parent.mkdir(parents=True)
    letter.write_text("dear")
    with pytest.raises(CmgraphError, match="contains something else"):
        cmgraph.load_store(tmp_path / "store", SEED, bundled_graph, replace=True)
    assert letter.read_text() == "dear"


def test_a_damaged_store_says_so(bundled_graph: Graph, tmp_path: Path) -> None:
    store = tmp_path / "store"
    cmgraph.load_store(store, SEED, bundled_graph)
    for table in store.glob("state-*/*.sst"):
        content = bytearray(table.read_bytes())
        content[: len(content) * 9 // 10 : 1000] = bytes(len(content[: len(content) * 9 // 10 : 1000]))
        table.write_bytes(content)
    with pytest.raises(CmgraphError, match=r"damaged|cannot be opened"):
        cmgraph.load(store=store).stats()
