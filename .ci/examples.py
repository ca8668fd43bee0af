#!/usr/bin/env python3
"""Run the console examples of the pages given, and say which no longer print what the page shows.

A line that begins with "$ " is run by bash; the lines below it, up to the next one, are what it must print, on stdout
and stderr together; a line "…" stands for all that follows. Where nothing is shown, the command must succeed. Examples
of one page run in order, in one scratch folder that also holds the repository's tests/, on a terminal 110 columns wide.

With --accept, the pages are rewritten with what is printed, to be read in the diff.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
EXAMPLE = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
MORE = "…\n"


def printed(command: str, shown: str, folder: str) -> str:
    """Run one command and return what the page should show below it."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "110"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if not shown and not done.returncode:
        return ""
    lines = [line.rstrip() + "\n" for line in done.stdout.splitlines()]
    return "".join([*lines[: shown.count("\n") - 1], MORE] if shown.endswith(MORE) else lines)


def main() -> int:
    """Return 1 if an example differs."""
    accept, wrong = "--accept" in sys.argv, 0
    for page in map(Path, (name for name in sys.argv[1:] if name != "--accept")):
        text, number = page.read_text(encoding="utf-8"), 0
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "tests").symlink_to(ROOT / "tests")
            for command, shown in [pair for block in BLOCK.findall(text) for pair in EXAMPLE.findall(block)]:
                now, number = printed(command, shown, folder), number + 1
                if now != shown:
                    wrong += 1
                    difference = difflib.unified_diff(
                        shown.splitlines(), now.splitlines(), "shown", "printed", lineterm=""
                    )
                    print(f"{page}: $ {command}", *difference, "", sep="\n")
                    text = text.replace(f"$ {command}\n{shown}", f"$ {command}\n{now}", 1)
        if accept:
            page.write_text(text, encoding="utf-8")
        print(f"{page}: {number} examples run")
    return 1 if wrong and not accept else 0


sys.exit(main())
