"""SPARQL servers that tests start on this machine, each in a folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_INI = """
[Database]
DatabaseFile = {folder}/v.db
ErrorLogFile = {folder}/v.log
LockFile = {folder}/v.lck
TransactionFile = {folder}/v.trx
xa_persistent_file = {folder}/v.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 40000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
[SPARQL]
ResultSetMaxRows = 10000
"""


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, where it takes graphs, and what else it has to be told."""

    endpoint: str
    graph_store: str
    graph: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def oxigraph(folder: Path) -> Iterator[Server]:
    """Start an empty Oxigraph server; skip the test if there is none."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if program is None:
        pytest.skip("the package oxigraph is not installed")
    port = _free()
    with _running([program, "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"], port):
        yield Server(f"http://127.0.0.1:{port}/query", f"http://127.0.0.1:{port}/store")


@contextmanager
def virtuoso(folder: Path) -> Iterator[Server]:
    """Start an empty Virtuoso; skip the test if there is none."""
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("virtuoso-t is not installed (Debian: virtuoso-opensource-7)")
    sql, http = _free(), _free()
    (folder / "v.ini").write_text(_INI.format(folder=folder, sql=sql, http=http))
    with _running([program, "+foreground", "+configfile", str(folder / "v.ini")], http):
        yield Server(
            f"http://127.0.0.1:{http}/sparql",
            f"http://127.0.0.1:{http}/sparql-graph-crud-auth",
            "https://example.org/graph",
            {"CMGRAPH_USER": "dba", "CMGRAPH_PASSWORD": "dba"},
        )


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        server.kill()
        server.wait()


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
