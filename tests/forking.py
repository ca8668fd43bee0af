"""Runs ``cmgraph`` in forked copies of a process that has imported it: one for each command, started in no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class ForkServer:
    """A process that forks itself for every command."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, args: tuple[str, ...], stdin: str, cwd: Path | None, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and return what it wrote and how it ended."""
        assert self._process.stdin and self._process.stdout
        with tempfile.TemporaryDirectory() as folder:
            streams = [Path(folder, name) for name in ("in", "out", "err")]
            streams[0].write_text(stdin, encoding="utf-8")
            request = {
                "args": args,
                "cwd": str(cwd or Path.cwd()),
                "env": dict(env),
                "streams": list(map(str, streams)),
            }
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            exit_code = int(self._process.stdout.readline())
            out, err = (path.read_text(encoding="utf-8") for path in streams[1:])
            return subprocess.CompletedProcess(args, exit_code, out, err)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve() -> None:
    """Fork for each request that comes in, until no more come."""
    import cmgraph.analysis.network
    import cmgraph.cli.commands
    import cmgraph.export.export
    import cmgraph.tables.ingest
    import cmgraph.validation.validate  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            return
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def become(request: dict[str, Any]) -> None:
    """Turn this copy into the command that is asked for."""
    streams = [
        os.open(str(path), os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number, path in enumerate(request["streams"])
    ]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = ["cmgraph", *request["args"]]
    from cmgraph.cli.main import main

    main()


if __name__ == "__main__":
    serve()
