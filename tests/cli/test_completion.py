"""Completion in the shells people use: each is started, set up as documented, and given what somebody types and TAB."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

from cmgraph.cli.completion import split_line

SHELLS = {
    "bash": (["bash", "--norc", "-i"], 'eval "$(_CMGRAPH_COMPLETE=bash_source cmgraph)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -U compinit; compinit -D; eval "$(_CMGRAPH_COMPLETE=zsh_source cmgraph)"',
    ),
    "fish": (["fish", "--no-config", "-i"], "_CMGRAPH_COMPLETE=fish_source cmgraph | source"),
}
_CONTROLS = re.compile(r"\x1b\][^\x07]*\x07|\x1b[\[(][0-9;?]*[a-zA-Z]|[\x07\r]")


class Terminal:
    """A shell at a terminal, as a person has it."""

    def __init__(self, shell: str) -> None:
        command, setup = SHELLS[shell]
        child, self._end = pty.fork()
        if child == 0:
            os.environ.update(PS1="$ ", TERM="xterm" if shell == "fish" else "dumb", LC_ALL="C.UTF-8")
            os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            os.execvp(command[0], command)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 250, 0, 0))
        self.read(until="", seconds=2)
        self._write(f"{setup}; echo re''ady\n")
        assert "ready" in self.read(until="ready", seconds=60)

    def type(self, text: str, until: str) -> str:
        """Type, press TAB, and return what is on the line once it holds ``until``; press again if nothing comes."""
        self._write(text)
        shown = self.read(text[-4:], seconds=5)
        for _ in range(3):
            self._write("\t")
            shown = self.read(until, seconds=15, shown=shown)
            if until in shown:
                break
        self._write("\x15")  # clears the line
        self.read(until="", seconds=0.5)
        return shown

    def read(self, until: str, seconds: float, shown: str = "") -> str:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not (until and until in shown):
            if select.select([self._end], [], [], 0.1)[0]:
                shown += _CONTROLS.sub("", os.read(self._end, 1 << 16).decode("utf-8", "replace"))
        return shown

    def _write(self, text: str) -> None:
        os.write(self._end, text.encode())


@pytest.mark.thorough
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_questions_parameters_and_values(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    terminal = Terminal(shell)
    for typed, completed in {
        "cmgraph query near-b": "near-bodies",
        "cmgraph network act": "actors",
        "cmgraph query partners -p act": "actor=",
        "cmgraph query partners -p actor=Chil": "actor=Chile",
        r"cmgraph query partners -p actor=Government\ of\ Cana": r"actor=Government\ of\ Canada",
        r"cmgraph query partners -p actor=Government\ of\ Tür": r"actor=Government\ of\ Türkiye",
        "cmgraph query partners -p actor=agent:government-of-chil": "actor=agent:government-of-chile",
        r"cmgraph compare Intergovernmental\ Forum\ on\ Mini": r"Intergovernmental\ Forum\ on\ Mining,\ Minerals",
    }.items():
        assert completed in terminal.type(typed, completed).replace(r"\,", ","), typed
    if shell != "zsh":  # which turns quotes into backslashes
        assert "Türkiye'" in terminal.type("cmgraph query partners -p actor='Government of Tür", "Türkiye'")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("cmgraph query p", (["cmgraph", "query"], "p", "", "")),
        ("cmgraph query ", (["cmgraph", "query"], "", "", "")),
        ("cmgraph -p actor=Chi", (["cmgraph", "-p"], "actor=Chi", "actor=", "")),
        ("cmgraph -p actor=agent:x", (["cmgraph", "-p"], "actor=agent:x", "actor=agent:", "")),
        (r"cmgraph -p actor=A\ b\=c", (["cmgraph", "-p"], "actor=A b=c", "actor=", "")),
        ('cmgraph -p actor="A b', (["cmgraph", "-p"], "actor=A b", "actor=", '"')),
        ("cmgraph -p 'actor=A b", (["cmgraph", "-p"], "actor=A b", "", "'")),
        ("NO_COLOR=1 cmgraph sh", (["cmgraph"], "sh", "", "")),
    ],
)
def test_a_line_for_bash_is_read_as_bash_takes_it(line: str, parts: tuple[list[str], str, str, str]) -> None:
    assert split_line(line, " \t\n\"'><=;|&(:") == parts


def test_what_cannot_be_completed_is_passed_over_in_silence(run: object) -> None:
    asked = {"COMP_LINE": "cmgraph query --data nowhere part", "_CMGRAPH_COMPLETE": "bash_complete"}
    done = run(**asked)  # type: ignore[operator]
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
