"""A snapshot makes the bundled graph open at once, and never changes an answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import cmgraph
from cmgraph import snapshot
from cmgraph.graph import Graph


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in which snapshots are kept."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CMGRAPH_CACHE", str(folder))
    return folder


def test_a_snapshot_is_left_once_and_answers_the_same(cache: Path, graph: Graph) -> None:
    first = cmgraph.load()
    (spot,) = cache.iterdir()
    made = spot.stat().st_mtime_ns
    second = cmgraph.load()
    assert [path.stat().st_mtime_ns for path in cache.iterdir()] == [made]
    assert first.query("partners") == second.query("partners") == graph.query("partners")
    assert first.stats() == second.stats() and first.derived.keys() == second.derived.keys()
    assert sorted(map(str, first.triples)) == sorted(map(str, second.triples))


def test_a_broken_snapshot_is_done_without_and_made_anew(cache: Path) -> None:
    cmgraph.load()
    (spot,) = cache.iterdir()
    for path in (path for path in spot.rglob("*") if path.is_file() and path.name != "current"):
        path.write_bytes(b"broken")
    assert len(cmgraph.load().query("partners")) > 0
    assert snapshot.recall(spot) is not None


def test_no_folder_or_one_that_cannot_be_written_is_no_matter(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CMGRAPH_CACHE", "")
    assert snapshot.place([]) is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("CMGRAPH_CACHE", str(tmp_path / "file"))
    assert len(cmgraph.load().query("partners")) > 0
    assert not cache.exists()


def test_a_file_that_changes_is_another_snapshot(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("a")
    before = snapshot.place([path])
    os.utime(path, ns=(1, 1))
    assert snapshot.place([path]) != before
