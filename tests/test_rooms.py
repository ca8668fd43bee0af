"""The program's rooms: what the public API offers, and that imports run one way."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cmgraph
from conftest import ROOT


def test_no_name_of_the_public_api_is_a_module_and_importing_modules_changes_none() -> None:
    modules = [name for _, name, _ in pkgutil.walk_packages(cmgraph.__path__, "cmgraph.")]
    assert not set(cmgraph.__all__) & {name.removeprefix("cmgraph.").partition(".")[0] for name in modules}
    before = {name: getattr(cmgraph, name) for name in cmgraph.__all__}
    for name in modules:
        importlib.import_module(name)
    assert {name: getattr(cmgraph, name) for name in cmgraph.__all__} == before


def test_every_public_function_and_class_says_what_it_is_for() -> None:
    assert all(getattr(cmgraph, name).__doc__ for name in cmgraph.__all__)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("room", "line", "says"),
    [
        ("rdf/terms.py", "import cmgraph.graph", "cmgraph.rdf is not allowed to import cmgraph.graph"),
        ("questions/header.py", "import cmgraph.answers.result", "cmgraph.questions is not allowed to import"),
        ("store/base.py", "import cmgraph.store.local", "No cycles are allowed in cmgraph.store"),
    ],
)
def test_an_import_that_runs_back_up_is_told(tmp_path: Path, room: str, line: str, says: str) -> None:
    shutil.copytree(ROOT / "src/cmgraph", tmp_path / "cmgraph", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]

    def lint() -> subprocess.CompletedProcess[str]:
        command = [*linter, "--config", "pyproject.toml", "--no-cache"]
        path = {"PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, text=True, check=False)

    assert lint().returncode == 0
    with (tmp_path / "cmgraph" / room).open("a") as file:
        file.write(f"\n{line}\n")
    linted = lint()
    assert linted.returncode == 1 and says in " ".join(linted.stdout.split())
