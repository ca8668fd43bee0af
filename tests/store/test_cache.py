"""A snapshot makes the bundled graph open at once, and never changes an answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyoxigraph import Store as Oxigraph

import cmgraph
from cmgraph.graph import Graph
from cmgraph.store import cache as snapshots


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in which snapshots are kept."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CMGRAPH_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def read(international_folder: Path) -> Graph:
    """Return the graph of ``international_folder``, of which no snapshot is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMGRAPH_CACHE", "")
        return cmgraph.load(international_folder)


@pytest.mark.gate
def test_a_snapshot_is_left_once_and_answers_the_same(cache: Path, international_folder: Path, read: Graph) -> None:
    first = cmgraph.load(international_folder)
    (spot,) = cache.iterdir()
    changed_at = (spot / "current").stat().st_mtime_ns
    second = cmgraph.load(international_folder)
    assert [(path / "current").stat().st_mtime_ns for path in cache.iterdir()] == [changed_at]
    assert first.query("partners") == second.query("partners") == read.query("partners")
    assert first.stats() == second.stats() and first.inferred.keys() == second.inferred.keys()
    assert sorted(map(str, first.triples)) == sorted(map(str, second.triples))


@pytest.mark.gate
def test_a_broken_snapshot_is_made_anew(cache: Path, international_folder: Path) -> None:
    cmgraph.load(international_folder)
    (spot,) = cache.iterdir()
    for path in (path for path in spot.rglob("*") if path.is_file() and path.name != "current"):
        path.write_bytes(b"broken")
    assert len(cmgraph.load(international_folder).query("partners")) > 0
    assert snapshots.open_cached(spot) is not None


def test_no_folder_or_one_that_cannot_be_written_is_no_matter(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CMGRAPH_CACHE", "")
    assert snapshots.cache_path([]) is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("CMGRAPH_CACHE", str(tmp_path / "file"))
    assert len(cmgraph.load().query("partners")) > 0
    assert not cache.exists()


def test_a_snapshot_goes_by_what_files_hold_not_by_when_or_where_they_were_written(cache: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ttl", tmp_path / "b.ttl"
    path.write_text("a")
    before = snapshots.cache_path([path])
    os.utime(path, ns=(1, 1))
    copy.write_text("a")
    assert snapshots.cache_path([path]) == snapshots.cache_path([copy]) == before
    modified = path.stat().st_mtime_ns
    path.write_text("b")
    os.utime(path, ns=(modified, modified))
    assert snapshots.cache_path([path]) != before


@pytest.mark.gate
def test_a_flipped_bit_is_noticed_and_the_snapshot_made_anew(
    cache: Path, international_folder: Path, read: Graph
) -> None:
    cmgraph.load(international_folder)
    (spot,) = cache.iterdir()
    for table in spot.glob("state-*/*.sst"):
        content = bytearray(table.read_bytes())
        for place in range(0, len(content) * 9 // 10, 4000):
            content[place] ^= 1
        table.write_bytes(content)
    damaged = cmgraph.load(international_folder)
    assert damaged.query("partners") == read.query("partners")
    assert sorted(map(str, damaged.triples)) == sorted(map(str, read.triples))
    assert cmgraph.load(international_folder).query("partners") == read.query("partners")


def test_only_snapshots_are_ever_removed_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "KEPT", 1)
    mine = ["thesis", "graph-thesis", f"graph-{0:024x}", f"graph-{1:024x}"]
    for name in mine:
        (cache / name / "state-1").mkdir(parents=True)
        (cache / name / "state-1/only-copy.txt").write_text("years of work")
        os.utime(cache / name, (0, 0))
    spots = [cache / f"graph-{number:024x}" for number in (2, 3, 4)]
    for age, spot in enumerate(spots):
        snapshots.write_cache(spot, Oxigraph())
        os.utime(spot, (age, age))
    snapshots.write_cache(spots[0], Oxigraph())
    assert sorted(path.name for path in cache.iterdir()) == sorted([*mine, spots[0].name])
    assert all((cache / name / "state-1/only-copy.txt").exists() for name in mine)


@pytest.mark.gate
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_cache_that_others_may_write_to_is_not_used(
    cache: Path, international_folder: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    cache.mkdir()
    cache.chmod(mode)
    assert len(cmgraph.load(international_folder).query("partners")) > 0
    assert not list(cache.iterdir()) and "others may write to it" in caplog.text


@pytest.mark.gate
def test_a_cache_that_is_made_is_its_users_alone(cache: Path, international_folder: Path) -> None:
    previous = os.umask(0)
    try:
        cmgraph.load(international_folder)
    finally:
        os.umask(previous)
    assert cache.stat().st_mode & 0o777 == 0o700
