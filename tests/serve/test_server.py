"""The server as an operator meets it: it starts, says where, ends well, and bears what strangers send."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zstandard

from conftest import Run, write_minimal_root
from serving import Answer, Server, serving

THING = "<https://w3id.org/cmgraph/id/agent/x> a <https://w3id.org/cmgraph/def#Agent> ."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a graph of one statement."""
    root = tmp_path_factory.mktemp("graph")
    write_minimal_root(root, ["prefixes.ttl"], THING, ["ontology/rules", "ontology/shapes"])
    return root


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """Serve it."""
    with serving("--data", str(folder)) as running:
        yield running


def workers(server: Server) -> list[int]:
    """Return the processes that the server has started."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(child) for child in children.split()]


@pytest.mark.gate
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_starts_at_once_and_ends_well(folder: Path, stop: signal.Signals, code: int) -> None:
    began = time.monotonic()
    with serving("--data", str(folder)) as server:
        assert server.get("/healthz").status == 200 and time.monotonic() - began < 60
        started = workers(server)
        server.process.send_signal(stop)
        assert server.process.wait(60) == code
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ("" if code == 0 else "cmgraph: stopped\n")
    assert started
    for pid in started:
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() - began < 120
            time.sleep(0.05)


def test_what_makes_it_fail_to_start_is_said(run: Run, folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--data", str(folder), "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (2, "") and "nobody can listen here" in done.stderr
    assert "--port" in done.stderr
    for host in ("203.0.113.5", "no.such.host.invalid", ""):  # the first is kept for documentation
        done = run("serve", "--data", str(folder), "--host", host, "--port", "0")
        assert done.returncode == 2 and "--host" in done.stderr and "(while" not in done.stderr
    broken = tmp_path / "broken"
    write_minimal_root(broken, ["prefixes.ttl"], "<urn:a> <urn:b> ", ["ontology/rules", "ontology/shapes"])
    done = run("serve", "--data", str(broken), "--port", "0")
    assert done.returncode == 2 and "a.ttl" in done.stderr and "Traceback" not in done.stderr
    done = run("serve", "--public-url", "javascript:alert(1)")
    assert done.returncode == 2 and "--public-url" in done.stderr


def test_a_missing_extra_is_one_message() -> None:
    main = "import importlib.util as u; find = u.find_spec; "
    main += "u.find_spec = lambda name, *a: None if name == 'uvicorn' else find(name, *a); "
    main += "from cmgraph.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", main, "serve"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "pip install 'cmgraph[serve]'" in done.stderr


@pytest.mark.gate
def test_a_worker_that_is_killed_is_replaced(server: Server) -> None:
    server.get("/healthz")
    before = workers(server)
    os.kill(before[0], signal.SIGKILL)
    statuses = [server.get("/healthz").status for _ in range(4)]
    assert statuses.count(200) >= 3 and set(statuses) <= {200, 503}
    for _ in range(1200):
        if len(workers(server)) >= len(before) and before[0] not in workers(server):
            break
        time.sleep(0.05)
    assert before[0] not in workers(server) and server.get("/healthz").status == 200


def test_a_worker_that_is_killed_in_the_middle_is_a_clean_error(server: Server) -> None:
    numbers = " ".join(map(str, range(1000)))
    product = "".join(f"VALUES ?x{i} {{ {numbers} }} " for i in range(5))
    query = f"SELECT (COUNT(*) AS ?n) {{ {product} }}".encode()
    answers: list[Answer] = []
    asking = threading.Thread(
        target=lambda: answers.append(server.send("POST", "/sparql", query, content_type="application/sparql-query"))
    )
    asking.start()
    server.await_work()
    assert not answers
    for worker in workers(server):
        os.kill(worker, signal.SIGKILL)
    asking.join()
    assert answers[0].status == 503 and "ended" in answers[0].text
    assert server.get("/healthz").status == 200 or server.get("/healthz").status == 200


def test_every_answer_keeps_a_browser_to_this_server(server: Server) -> None:
    for path in ("/healthz", "/sparql", "/nowhere"):
        headers = server.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff" and "server" not in headers


@pytest.mark.parametrize(
    ("accepted", "packed", "unpack"),
    [
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, br, zstd", "zstd", lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)),
        ("zstd;q=0, gzip", "gzip", gzip.decompress),
        ("zstd;q=0", "", bytes),
        ("", "", bytes),
    ],
)
def test_a_long_answer_is_packed_as_the_client_can_unpack_it(
    server: Server, accepted: str, packed: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = server.get("/assets/style.css").body
    answer = server.get("/assets/style.css", accept_encoding=accepted)
    assert answer.headers.get("content-encoding", "") == packed and "Accept-Encoding" in answer.headers["vary"]
    assert unpack(answer.body) == plain and (len(answer.body) < len(plain)) == bool(packed)
    short = server.get("/healthz", accept_encoding=accepted)
    assert "content-encoding" not in short.headers


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: \xff\xfe\r\n\r\n",
        b"GET /sparql?" + b"a=b&" * 200 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET //elsewhere.example/%2e%2e HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
        b"GET /id/agent/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: evil.example\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + b'"' * 60_000 + b"\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    ],
)
def test_what_strangers_send_gets_a_clean_answer(server: Server, folder: Path, sent: bytes) -> None:
    parts = urlsplit(server.address)
    with socket.create_connection((parts.hostname, parts.port or 0), 10) as connection:
        connection.sendall(sent)
        answer = b""
        while block := connection.recv(65536):
            answer += block
            if b"\r\n\r\n" in answer:
                break
    assert answer.startswith(b"HTTP/1.1 ") and answer[9:12] in (b"200", b"400", b"404", b"405", b"415", b"421")
    assert b"Traceback" not in answer and b"evil.example" not in answer and str(folder).encode() not in answer
    assert server.get("/healthz").status == 200


@pytest.mark.gate
def test_who_says_nothing_is_not_waited_for(server: Server) -> None:
    parts = urlsplit(server.address)
    idle = [socket.create_connection((parts.hostname, parts.port or 0), 60) for _ in range(50)]
    try:
        for connection in idle:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert server.get("/healthz").status == 200
        began = time.monotonic()
        assert all(connection.recv(1) == b"" for connection in idle) and time.monotonic() - began < 60
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.gate
@pytest.mark.parametrize("path", ["/sparql", "/mcp", "/reconcile"])
def test_who_sends_a_body_by_drops_is_not_waited_for(server: Server, path: str) -> None:
    parts = urlsplit(server.address)
    kind = {"/sparql": "application/sparql-query", "/mcp": "application/json"}.get(path, "")
    head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port or 0), 60) as connection:
        began = time.monotonic()
        connection.sendall(head.encode())
        for _ in range(12):
            time.sleep(0.5)
            try:
                connection.sendall(b"{")
            except OSError:
                break
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408") and time.monotonic() - began < 60
    assert server.get("/healthz").status == 200
