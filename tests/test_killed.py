"""Killed at any moment, by a signal that nobody can handle, each command leaves the old or the new, and works again."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cmgraph
from cmgraph.export.export import Options, export
from cmgraph.graph import Graph
from cmgraph.store.disk import open_store
from cmgraph.tables.ingest import ingest
from conftest import write_minimal_root

ONTOLOGY = (
    *("prefixes.ttl", "context.jsonld", "cmgraph.ttl", "modules/agents.ttl", "modules/relationships.ttl"),
    *("modules/sources.ttl", "vocabularies/role.ttl", "templates/memberships.rq", "rules/has-been-member-of.rq"),
)
DATA = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/cmgraph/id/source/s> a cm:Source ; dcterms:title "S"@en .
agent:club a cm:Forum ; skos:prefLabel "Club"@en .
"""
SHAPE = """@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/cmgraph/shape/X> a sh:NodeShape ; sh:targetClass cm:Forum ; sh:property [
    sh:path skos:prefLabel ; sh:minCount 1 ; sh:message "Name it."@en ] .
"""
STARTER = """
import os, sys, time
os.environ["CMGRAPH_CACHE"] = ""
from pathlib import Path
import cmgraph
from cmgraph.export.export import Options, export
from cmgraph.tables.ingest import ingest
root, place = Path(sys.argv[1]), Path(sys.argv[2])
graph = cmgraph.load(root)
def snapshot():
    os.environ["CMGRAPH_CACHE"] = str(place / "cache")
    cmgraph.load(root)
work = {
    "load": lambda: cmgraph.load_store(place / "store", [place / "more.nt"], graph),
    "export": lambda: export(graph, place / "public", Options(only=["cmgraph.nt", "tables"]), force=True),
    "ingest": lambda: ingest(place / "memberships.csv", data=root),
    "snapshot": snapshot,
}
for line in sys.stdin:
    name, seconds = line.split()
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            work[name]()
        finally:
            os._exit(0)
    if float(seconds):
        time.sleep(float(seconds))
        os.kill(child, 9)  # if it has ended by then, nothing
    os.waitpid(child, 0)
    print(time.perf_counter() - started, flush=True)
"""
"""Forks for each line that it reads, and does there what the line names: without the time that imports take."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a graph so small that it is read in milliseconds."""
    root = tmp_path_factory.mktemp("small")
    members = "".join(
        f'agent:m{n} a cm:Government ; skos:prefLabel "Member {n}"@en ; skos:altLabel "M{n}"@en .\n' for n in range(300)
    )
    write_minimal_root(root, ONTOLOGY, DATA + members, ["ontology/shapes"])
    (root / "ontology/shapes/named.ttl").write_text(SHAPE, encoding="utf-8")
    return root


def held(store: Path) -> str:
    return digest("\n".join(sorted(str(quad) for quad in open_store(store))).encode())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def folder_digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest(b"".join(f"{path.relative_to(folder)}\n".encode() + path.read_bytes() for path in files))


def prepare(place: Path, graph: Graph) -> dict[str, Callable[[], str]]:
    """Make what is there before, and return how to see what is there after."""
    lines = "".join(f"<a:{n}> <a:p> <a:{n + 1}> .\n" for n in range(5_000))
    (place / "more.nt").write_text(lines, encoding="utf-8")
    rows = "".join(f"Club,Member {n},member,2020,S,page {n},2026-01-01\n" for n in range(100))
    (place / "memberships.csv").write_text(f"body,member,role,since,source,locator,checked\n{rows}", encoding="utf-8")
    (place / "before.csv").write_text(
        "body,member,role,since,source,locator,checked\nClub,Member 1,member,2020,S,page 1,2026-01-01\n",
        encoding="utf-8",
    )
    cmgraph.load_store(place / "store", graph.data_files, graph)
    export(graph, place / "public", Options(only=["cmgraph.nt"]))
    ingest(place / "before.csv", "memberships", place / "memberships.ttl", data=graph.root)

    def answered() -> str:
        os.environ["CMGRAPH_CACHE"] = str(place / "cache")
        try:
            return str(len(cmgraph.load(graph.root).query("SELECT ?s ?p ?o { ?s ?p ?o }").rows))
        finally:
            os.environ["CMGRAPH_CACHE"] = ""

    (place / "cache").mkdir(mode=0o700)
    return {
        "load": lambda: held(place / "store"),
        "export": lambda: folder_digest(place / "public"),
        "ingest": lambda: digest((place / "memberships.ttl").read_bytes()),
        "snapshot": answered,
    }


class Starter:
    """A process that does things in copies of itself, which can be killed."""

    def __init__(self, root: Path, place: Path) -> None:
        command = [sys.executable, "-c", STARTER, str(root), str(place)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Starter:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, work: str, kill_after: float = 0.0) -> float:
        """Do it, to the end or for so many seconds; return how long it took."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{work} {kill_after}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def kill_often(work: str, times: int, root: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Do some work and kill it, over and over; return what was there afterwards."""
    monkeypatch.setenv("CMGRAPH_CACHE", "")
    chance = random.Random(work)
    look = prepare(place, cmgraph.load(root))[work]
    before = look() if work != "snapshot" else ""
    keep = place.with_name(f"{place.name}-kept")
    shutil.copytree(place, keep)
    with Starter(root, place) as starter:
        took = max(starter.run(work), starter.run(work))
        after, first = look(), sorted(path.name for path in place.iterdir())
        seen: set[str] = set()
        for _ in range(times):
            shutil.rmtree(place)
            shutil.copytree(keep, place)
            starter.run(work, kill_after=chance.uniform(0, 1.1 * took))
            seen.add(look())
            assert seen <= {before, after}
            assert not [path for path in place.iterdir() if path.name not in first and path.name[:9] != ".cmgraph-"]
            starter.run(work)
            assert look() == after and sorted(path.name for path in place.iterdir()) == first
    return seen


@pytest.mark.gate
@pytest.mark.parametrize("work", ["load", "export", "ingest", "snapshot"])
def test_killed_at_some_moments_nothing_is_lost(
    work: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "place").mkdir()
    kill_often(work, 4, root, tmp_path / "place", monkeypatch)


@pytest.mark.thorough
@pytest.mark.parametrize("work", ["load", "export", "ingest", "snapshot"])
def test_killed_at_200_moments_nothing_is_lost(
    work: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "place").mkdir()
    seen = kill_often(work, 50, root, tmp_path / "place", monkeypatch)
    assert len(seen) == (1 if work == "snapshot" else 2)  # some kills came in time, some did not
