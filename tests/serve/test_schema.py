"""The API keeps to what its description says, whatever is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from serving import serving

QUESTIONS = (
    "^/api/(search|ask|entity|path|neighbours|compare|figures|changes|networks(/[{]file[}])?|"
    "questions(/[{]name[}](/answer)?|/(partners|coverage|projects|points)/answer)?)$"
)


@pytest.mark.thorough
def test_schemathesis_finds_nothing(untrusted_folder: Path, tmp_path: Path) -> None:
    options = {
        "phases": "coverage,fuzzing",
        "checks": "all",
        "exclude-checks": "positive_data_acceptance",  # a name that nothing has is refused, and rightly so
        "include-path-regex": QUESTIONS,
        "max-examples": "20",
        "max-time": "60",
        "seed": "1",
        "workers": "2",
        "generation-database": "none",
    }
    with serving("--data", str(untrusted_folder)) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", server.address + "openapi.json", "--no-color"),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0 and "Test cases:" in done.stdout, done.stdout[-5000:]
