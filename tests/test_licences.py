"""Every dependency has a permissive licence, or is a developer's tool with a reason; one that has neither is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.gate  # its tool reads licences by a library that only development needs


def licences(*args: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(path)} if path else None
    command = [sys.executable, ROOT / ".ci/licences.py", *args]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def install(site: Path, name: str, *lines: str) -> None:
    """Put the description of a package where Python looks for it."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines, ""]))


def test_the_installed_program_rests_on_permissive_licences_alone() -> None:
    done = licences("cmgraph")
    assert done.returncode == 0, done.stdout
    packages = {line.split()[0] for line in done.stdout.splitlines()}
    assert "rustworkx" in packages and "igraph" not in packages


def test_so_do_its_extras_and_tools_but_for_those_with_a_reason() -> None:
    done = licences("--except", str(ROOT / ".ci/licences-dev.yaml"), "cmgraph[dev]")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "terms",
    [
        "License-Expression: GPL-3.0-only",
        "License-Expression: MIT AND LGPL-2.1-or-later",
        "Classifier: License :: OSI Approved :: GNU Affero General Public License v3",
        "License: my own",
        "Summary: says nothing of a licence",
    ],
)
def test_what_is_not_permissive_is_refused_with_what_needs_it(tmp_path: Path, terms: str) -> None:
    install(tmp_path, "program", "License-Expression: MIT", "Requires-Dist: middle[more]")
    install(tmp_path, "middle", "License: BSD License", 'Requires-Dist: taint; extra == "more"', "Provides-Extra: more")
    install(tmp_path, "taint", terms)
    done = licences("program", path=tmp_path)
    assert done.returncode == 1
    (refused,) = [line for line in done.stdout.splitlines() if "REFUSED" in line]
    assert refused.startswith("taint 1.0: ") and refused.endswith("(REFUSED; needed by middle)")
    assert licences("middle", path=tmp_path).returncode == 0  # without its extra


def test_a_choice_with_a_permissive_part_is_permissive(tmp_path: Path) -> None:
    install(tmp_path, "program", "License-Expression: GPL-2.0-only OR (MIT AND BSD-3-Clause)")
    assert licences("program", path=tmp_path).returncode == 0


def test_an_exception_that_is_needed_no_more_is_named(tmp_path: Path) -> None:
    install(tmp_path, "program", "License-Expression: MIT")
    (tmp_path / "exceptions.yaml").write_text("gone: was needed once\n")
    done = licences("--except", str(tmp_path / "exceptions.yaml"), "program", path=tmp_path)
    assert done.returncode == 1 and "gone" in done.stderr
