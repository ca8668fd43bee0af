"""Pipes that end, full disks, closed streams, letters that an encoding lacks: one line each, and never a trace."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Run

CMGRAPH = f"{shlex.quote(sys.executable)} -c 'from cmgraph.cli.main import main; main()'"

pytestmark = pytest.mark.thorough


def shell(line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``cmgraph`` is the command; a pipe's first exit code counts."""
    script = f'cmgraph() {{ {CMGRAPH} "$@"; }}\n{line}'
    clean = {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_ALL", "PYTHONUTF8")}
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        env={**clean, **env},
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize(
    "command", ["stats -f json", "export -f nt -o -", "--help", "network actors -f table", "diff ontology data"]
)
def test_a_reader_that_leaves_ends_the_command_by_sigpipe_and_in_silence(command: str) -> None:
    done = shell(f"cmgraph {command} | true; exit ${{PIPESTATUS[0]}}", PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize(
    "command",
    [
        "query partners -f csv",
        "show Chile",
        "export -f nt -o -",
        "--help",
        "query --help",
        "validate ontology/axioms.ttl",
    ],
)
def test_a_full_disk_is_one_line_and_no_finding(command: str) -> None:
    done = shell(f"cmgraph {command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "cmgraph: standard input or output: No space left on device\n"
    assert shell(f"cmgraph {command} > /dev/full 2>&1").returncode == 2


@pytest.mark.parametrize("command", ["show Chile >&-", "query - <&-", "export -f ttl -o - >&-"])
def test_a_closed_stream_that_is_needed_is_one_line(command: str) -> None:
    done = shell(f"cmgraph {command}")
    assert done.returncode == 2
    assert done.stderr == "cmgraph: standard input or output: Bad file descriptor\n"


def test_a_closed_stream_that_is_not_needed_does_not_matter() -> None:
    assert shell("cmgraph show Chile <&- 2>&-").stdout.startswith("Government of Chile (national government)")
    assert shell("cmgraph show Atlantis 2>&-").returncode == 3
    assert shell("cmgraph show Atlantis 2>/dev/full").returncode == 3


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "latin-1:strict"])
def test_letters_that_an_encoding_lacks_are_escaped_and_said(encoding: str) -> None:
    done = shell("cmgraph show 'ʔaq̓am'", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stdout.startswith(r"\u0294aq\u0313am (Indigenous nation)")
    assert done.stderr.strip().endswith("are written as \\uXXXX; set PYTHONIOENCODING=utf-8 to keep them")
    hits = shell("cmgraph search 'ʔaq̓am' -f json", PYTHONIOENCODING=encoding)
    assert json.loads(hits.stdout)["rows"][0]["matched"] == "ʔaq̓am"


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_a_plain_locale_changes_neither_what_is_asked_nor_what_is_answered(env: dict[str, str]) -> None:
    done = shell("cmgraph show 'ʔaq̓am'; cmgraph query -q 'SELECT ?x { ?x a cmm:Ʋ }'", **env)
    assert done.stdout.startswith("ʔaq̓am (Indigenous nation)")
    assert "unknown prefix 'cmm:'" in done.stderr and "cmm:Ʋ" in done.stderr


def test_bytes_that_are_no_text_are_refused_or_a_file_name() -> None:
    for command in (r"query -q $'SELECT ?x { ?x a \"\xff\" }'", r"query partners -p actor=$'\xff'"):
        done = shell(f"cmgraph {command}")
        assert done.returncode in (2, 3) and done.stderr.startswith("cmgraph: ") and "a bug" not in done.stderr
    assert "no such file" in shell(r"cmgraph validate $'no-\xff.ttl'").stderr


def test_a_bug_is_one_line_that_asks_for_a_report_and_the_rest_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import cmgraph.graph
    from cmgraph.cli.main import REPORT, main

    def fail(*_: object, **__: object) -> None:
        raise KeyError("two\nlines")

    monkeypatch.setattr(cmgraph.graph, "load", fail)
    for verbose in ([], ["-v"]):
        monkeypatch.setattr(sys, "argv", ["cmgraph", *verbose, "stats"])
        with pytest.raises(SystemExit) as end:
            main()
        errors = capsys.readouterr().err
        assert end.value.code == 2
        assert "cmgraph: a bug in cmgraph itself: KeyError: 'two\\nlines'\n" in errors and REPORT in errors
        assert ("Traceback" in errors) == bool(verbose)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["network", "actors", "--since", "2020-13"], "'2020-13' is not a date"),
        (["network", "actors", "--until", "2020-02-30"], "'2020-02-30' is not a date"),
        (["visualise", "network", "--since", "20２0", "-o", "x.svg"], "is not a date"),
        (["path", "Canada", "Japan", "--since", "0000"], "'0000' is not a date"),
        (["network", "actors", "--since", "2024", "--until", "2020"], "2024 is after 2020"),
        (["network", "actors", "--change", "2024-01-01", "2024-01-01"], "2024-01-01 is not after 2024-01-01"),
        (["network", "actors", "--as-of", "2020-02-30"], "2020-02-30: not a day"),
        (["timeline", "--as-of", "2020-13"], "2020-13: not a day"),
        (["path", "Canada", "CA"], "are the same thing"),
    ],
)
def test_dates_that_are_none_and_ways_to_oneself_are_refused(run: Run, command: list[str], says: str) -> None:
    done = run(*command)
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr


@pytest.mark.parametrize("columns", ["0", "1", "20", "-5", "abc", "100000"])
def test_a_table_is_drawn_at_any_width(run: Run, columns: str) -> None:
    done = run("query", "partners", "-p", "actor=Chile", "-f", "table", COLUMNS=columns)
    assert done.returncode == 0 and "Chile" in run("show", "Chile", COLUMNS=columns).stdout


def test_no_home_is_no_hindrance(tmp_path: object) -> None:
    plain = shell("cmgraph query partners -p actor=Chile -f csv").stdout
    for line in ("unset HOME;", "HOME=;", "export HOME=/proc;", "export XDG_CACHE_HOME=/dev/null;"):
        done = shell(f"unset CMGRAPH_CACHE; {line} cmgraph query partners -p actor=Chile -f csv")
        assert (done.returncode, done.stderr) == (0, "") and done.stdout == plain, line


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 300 kB, where one can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize(
    "command",
    [
        "network members -o {}/old",
        "export -f nt -o {}/old",
        "export -f xlsx -o {}/old",
        "export --only tables {}/new",
        "export --only tables --zip {}/new",
        "visualise network members -o {}/old",
        "template memberships -o {}/old",
        "load --store {}/new",
    ],
)
def test_a_disk_that_fills_is_one_line_and_what_was_there_stays(small_disk: Path, command: str) -> None:
    form = {"network": ".gexf", "visualise": ".html", "template": ".xlsx"}.get(command.split()[0], ".any")
    old = small_disk / f"old{form}"
    old.write_text("old")
    (small_disk / "fill").write_bytes(bytes(280_000))
    done = shell(f"cmgraph {command.format(small_disk).replace('old', old.name)}")
    assert done.returncode == 2 and "cannot be written: " in done.stderr and "No space left" in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("warning: ")]) == 1, done.stderr
    left = {path.name for path in small_disk.iterdir()} - {"new"}
    assert left == {old.name, "fill"} and old.read_text() == "old"
