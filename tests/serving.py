"""The real server on the loopback address, and a client that sends what it is told to."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by their names in small letters, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True)
class Server:
    """A running server."""

    address: str
    process: subprocess.Popen[str]

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; ``_`` in the name of a header stands for a hyphen."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def figures(self) -> dict[str, float]:
        """Return what the server says of itself."""
        text = self.get("/metrics").text
        return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*(?: \S+=\S+)*) (\S+)$", text, re.M)}

    def await_work(self) -> None:
        """Return when a worker is at work."""
        while (now := self.figures())["cmgraph_workers_free"] >= now["cmgraph_workers"]:
            time.sleep(0.05)


COMMAND = [sys.executable, "-c", "from cmgraph.cli.main import main; main()"]


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[Server]:
    """Start ``cmgraph serve`` at a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LANG": "C.UTF-8", **environment},
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert " is ready" in line, line + process.stderr.read()
        yield Server(f"http://127.0.0.1:{port}/", process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
