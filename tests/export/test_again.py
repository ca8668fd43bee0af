"""An export with workers, and over an earlier one: the bytes of one made by a single process from nothing."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.export import jobs
from cmgraph.export.dataset import checksum
from cmgraph.export.export import Options, export
from conftest import write_minimal_root

ONTOLOGY = (
    *("prefixes.ttl", "context.jsonld", "cmgraph.ttl", "modules/agents.ttl", "modules/relationships.ttl"),
    *("modules/sources.ttl", "vocabularies/role.ttl", "vocabularies/end-state.ttl", "rules/has-been-member-of.rq"),
)
DATA = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix role: <https://w3id.org/cmgraph/vocab/role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
source:minutes a cm:Source ; dcterms:title "Minutes"@en ; cm:publisherName "Secretariat" .
source:gazette a cm:Source ; dcterms:title "Gazette"@en .
cite:minutes-page-1 a cm:Citation ; cm:citesSource source:minutes ; cm:locator "page 1" .
cite:gazette-page-2 a cm:Citation ; cm:citesSource source:gazette ; cm:locator "page 2" .
agent:club a cm:Forum ; skos:prefLabel "Club"@en .
agent:ada a cm:Government ; skos:prefLabel "Ada"@en ; cm:hasCitation cite:gazette-page-2 .
agent:bea a cm:Government ; skos:prefLabel "Bea"@en .
agent:cyd a cm:Government ; skos:prefLabel "Cyd"@en ; skos:altLabel "Sid"@en .
rel:ada-in-club a cm:Membership ; cm:hasMemberAgent agent:ada ; cm:concernsBody agent:club ; cm:hasRole role:member ;
    cm:hasEndState end-state:unknown ; cm:hasCitation cite:minutes-page-1 .
rel:bea-in-club a cm:Membership ; cm:hasMemberAgent agent:bea ; cm:concernsBody agent:club ; cm:hasRole role:observer ;
    cm:hasEndState end-state:unknown ; cm:hasCitation cite:minutes-page-1 , cite:gazette-page-2 .
"""
CHANGES = {
    "a name": ('"Ada"@en', '"Ada the First"@en'),
    "another name": ('"Sid"@en', '"El"@en'),
    "a name that a later page has": ('"Ada"@en', '"Cyd"@en'),
    "the title of a source": ('"Minutes"@en', '"Minutes, corrected"@en'),
    "the publisher of a source": ('"Secretariat"', '"Chair"'),
    "a place in a source": ('"page 1"', '"page 11"'),
    "the source of a citation": ("source:gazette ; cm:locator", "source:minutes ; cm:locator"),
    "the role in a statement": ("role:observer", "role:chair"),
    "the kind of a thing": ("agent:bea a cm:Government", "agent:bea a cm:GovernmentBody"),
    "a citation less": (" , cite:gazette-page-2", ""),
    "a thing less": ('agent:cyd a cm:Government ; skos:prefLabel "Cyd"@en ; skos:altLabel "Sid"@en .', ""),
    "a statement more": ("agent:cyd a cm:Government", "agent:cyd cm:isOrganOf agent:ada ; a cm:Government"),
    "the day of the last check": ('"page 2" .', '"page 2" ; cm:lastCheckDate "2026-01-01" .'),
}
SITE = Options(only=["site"])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a small graph, with a cache of its own."""
    monkeypatch.setenv("CMGRAPH_CACHE", str(tmp_path / "cache"))
    write_minimal_root(tmp_path / "root", ONTOLOGY, DATA)
    return tmp_path / "root"


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def fresh(root: Path, folder: Path) -> dict[str, bytes]:
    """Return the files of an export that nothing was there for."""
    export(cmgraph.load(root), folder, SITE)
    return files(folder)


@pytest.mark.gate
def test_an_export_over_an_earlier_one_has_the_bytes_of_one_from_nothing(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = fresh(root, out)
    (record,) = (tmp_path / "cache").glob("export-*.json")
    recorded = record.read_bytes()
    shutil.copytree(out, tmp_path / "earlier")
    for change, (old, new) in CHANGES.items():
        shutil.rmtree(out)
        shutil.copytree(tmp_path / "earlier", out)
        record.write_bytes(recorded)
        inodes = {path: path.stat().st_ino for path in out.rglob("*.html")}
        assert old in DATA
        (root / "data/a.ttl").write_text(DATA.replace(old, new), encoding="utf-8")
        export(cmgraph.load(root), out, SITE, force=True)
        after = files(out)
        assert after == fresh(root, tmp_path / f"anew: {change}") and after != before, change
        taken = [path for path, inode in inodes.items() if path.exists() and path.stat().st_ino == inode]
        assert bool(taken) is (change != "the day of the last check"), change  # which every page tells


def test_a_page_that_somebody_edited_is_made_anew_though_the_checksums_were_edited_too(
    root: Path, tmp_path: Path
) -> None:
    before = fresh(root, tmp_path / "out")
    edited = tmp_path / "out/id/agent/ada.html"
    earlier = checksum(edited)
    edited.write_text("<p>Ada left.</p>", encoding="utf-8")
    sums = tmp_path / "out/SHA256SUMS"
    sums.write_text(sums.read_text().replace(earlier, checksum(edited)))
    export(cmgraph.load(root), tmp_path / "out", SITE, force=True)
    assert files(tmp_path / "out") == before


@pytest.mark.gate
@pytest.mark.parametrize(
    "content", ["", "{", '{"units": 1, "files": []}', '{"units": {"id/agent/ada": ["k", ["x"], 1]}}']
)
def test_a_record_of_an_earlier_export_that_cannot_be_read_is_no_matter(
    root: Path, tmp_path: Path, content: str
) -> None:
    before = fresh(root, tmp_path / "out")
    (record,) = (tmp_path / "cache").glob("export-*.json")
    record.write_text(content)
    export(cmgraph.load(root), tmp_path / "out", SITE, force=True)
    assert files(tmp_path / "out") == before


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exports of small graphs have two workers."""
    monkeypatch.setattr(jobs, "WORKERS_FROM", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)


@pytest.mark.gate
def test_workers_write_the_bytes_that_one_process_does(
    root: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    alone = fresh(root, tmp_path / "alone")
    request.getfixturevalue("helped")
    assert fresh(root, tmp_path / "helped") == alone
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "cache", "helped", "root"]
    export(cmgraph.load(root), tmp_path / "helped", SITE, force=True)
    assert files(tmp_path / "helped") == alone


@pytest.mark.usefixtures("helped")
def test_a_worker_that_ends_too_early_is_told_in_one_sentence_and_nothing_is_left(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "no-python"))
    with pytest.raises(CmgraphError, match="a process that helped with the export ended: exit code 1"):
        export(cmgraph.load(root), tmp_path / "out", SITE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "root"]


def worker(input_path: Path, answer: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cmgraph.export.worker", str(input_path), str(answer)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def test_what_goes_wrong_in_a_worker_is_handed_back(tmp_path: Path) -> None:
    process = worker(tmp_path / "nothing", tmp_path / "answer")
    assert process.wait(60) == 1
    assert isinstance(pickle.loads((tmp_path / "answer").read_bytes()), FileNotFoundError)
    process.communicate()


def test_a_worker_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "input")
    process = worker(tmp_path / "input", tmp_path / "answer")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.communicate(timeout=60)  # closes its standard input
    assert process.returncode == -signal.SIGKILL and not (tmp_path / "answer").exists()


def test_ctrl_c_ends_workers_too_and_leaves_nothing(root: Path, tmp_path: Path) -> None:
    code = (
        "import os; os.sched_getaffinity = lambda _: {0, 1, 2}; "
        "from cmgraph.export import jobs; jobs.WORKERS_FROM = 0; "
        "from cmgraph.cli.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--data", str(root), "export", str(tmp_path / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while not (inputs := list(tmp_path.glob(".cmgraph-*/new/.*/input"))):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "root"]
    if shutil.which("pgrep"):
        assert subprocess.run(["pgrep", "-f", str(inputs[0])], check=False, capture_output=True).stdout == b""
