"""What tests share: the bundled graph, loaded once, and the command as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cmgraph
from cmgraph.graph import Graph
from forking import ForkServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent

Run = Callable[..., subprocess.CompletedProcess[str]]


FINDS_FAULTS = {"contradictions-on-one-source", "ends-unsaid", "newer-than-its-sources"}
"""Questions that find what should not be, of which no answer is the best; test_evidence_rules shows each finding it."""


def write_minimal_root(root: Path, ontology: Iterable[str], data: str, empty: Iterable[str] = ()) -> None:
    """Make a folder of a graph that is read in milliseconds.

    :param ontology: the files of the bundled ontology that it has.
    :param data: its statements, in Turtle.
    :param empty: folders that it needs and that may hold nothing.
    """
    for name in ontology:
        (root / "ontology" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "ontology" / name, root / "ontology" / name)
    for name in ("data", "queries", "ontology/projections", *empty):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "data/a.ttl").write_text(data, encoding="utf-8")


@pytest.fixture(scope="session")
def bundled_graph() -> Graph:
    """Return the bundled graph: 129,000 statements, what follows by rule aside."""
    return cmgraph.load()


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Run ``cmgraph`` in a process of its own, begun anew where the environment tells Python how to begin."""
    server = ForkServer()

    def run(*args: str, stdin: str = "", cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if k not in ("LANG", "LC_ALL", "LC_MESSAGES", "NO_COLOR")}
        if not any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env):
            return server.run(args, stdin, cwd, {**clean, **env})
        return subprocess.run(
            [sys.executable, "-c", "from cmgraph.cli.main import main; main()", *args],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env={**clean, **env},
            check=False,
        )

    yield run
    server.close()


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a graph that is asked once leave no snapshot, which takes as long to write as the graph to read."""
    monkeypatch.setenv("CMGRAPH_CACHE", "")


@pytest.fixture(scope="session")
def seed_page_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with the ontology and the seed page alone: 7,000 statements, 1,300 of them data."""
    folder = tmp_path_factory.mktemp("seed-page")
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    shutil.copytree(ROOT / "data/seed-page", folder / "data")
    return str(folder)


@pytest.fixture(scope="session")
def untrusted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with most of the ontology, the seed page, nine questions and hostile texts: 6,200 statements."""
    folder = tmp_path_factory.mktemp("tiny")
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    shutil.copytree(ROOT / "data/seed-page", folder / "data/seed-page")
    shutil.copy(ROOT / "data/dataset.yaml", folder / "data")
    for name in ("body-kind", "mineral", "product", "project-phase"):
        (folder / f"ontology/vocabularies/{name}.ttl").unlink()
    shutil.copy(ROOT / "tests/fixtures/untrusted/texts.ttl", folder / "data/evil.ttl")
    for name in (
        "partners",
        "coverage",
        "unknowns",
        "how-well-sourced",
        "needs-better-source",
        "points",
        "projects",
        "country-profile",
        "mineral-profile",
    ):
        (question,) = ROOT.glob(f"queries/*/{name}.rq")
        target = folder / "queries" / question.parent.name / question.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(question, target)
    return folder


@pytest.fixture(scope="session")
def untrusted_export(untrusted_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a whole export of ``untrusted_folder``: 2,500 files."""
    from cmgraph.export.export import export

    folder = tmp_path_factory.mktemp("published") / "out"
    export(cmgraph.load(untrusted_folder), folder)
    return folder


@pytest.fixture(scope="session")
def international_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the ontology, the seed page and the network between countries: 35,000 statements."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    (folder / "queries").symlink_to(ROOT / "queries")
    patterns = ("seed-page/*", "international/*.ttl", "places.ttl", "minerals/minerals.ttl", "minerals/sources.ttl")
    for path in (path for pattern in patterns for path in (ROOT / "data").glob(pattern)):
        target = folder / "data" / path.relative_to(ROOT / "data")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium, where there is one."""
    chromium = shutil.which("chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    if chromium is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--accept``, which writes the answers of today beside the questions, to be read in the diff."""
    parser.addoption("--accept", action="store_true", help="write expected answers instead of comparing them")


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory where there is room: hundreds of stores are made, and each waits for the disk."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30:
        tempfile.tempdir = os.environ["TMPDIR"] = str(memory)
