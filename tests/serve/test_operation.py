"""What an operator sees and does: figures, lines of requests, limits, a graph that is read again."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import Run, write_minimal_root
from serving import Answer, Server, serving

AGENT = """<https://w3id.org/cmgraph/id/agent/{}> a <https://w3id.org/cmgraph/def#Agent> ;
    <http://www.w3.org/2004/02/skos/core#prefLabel> "somebody"@en ."""
COUNT = f"/sparql?query={quote('SELECT (COUNT(*) AS ?n) { ?x a cm:Agent }')}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a graph of one statement."""
    write_minimal_root(tmp_path, ["prefixes.ttl"], AGENT.format("x"), ["ontology/rules", "ontology/shapes"])
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """Serve it."""
    with serving("--data", str(folder), "--request-timeout", "12") as running:
        await_workers(running)
        yield running


def await_workers(server: Server) -> None:
    while server.figures()["cmgraph_workers"] < 2:
        time.sleep(0.05)


def agents(server: Server) -> int:
    answer = server.get(COUNT)
    assert answer.status == 200, answer.text
    return int(json.loads(answer.body)["results"]["bindings"][0]["n"]["value"])


def test_figures_tell_of_requests_and_workers_and_not_of_who_asked_what(server: Server) -> None:
    for path in ("/id/agent/secret", COUNT, "/healthz", "/healthz"):
        server.get(path)
    seen = server.figures()
    assert seen['cmgraph_requests_total{route="/healthz",status="200"}'] == 2
    assert seen['cmgraph_requests_total{route="/sparql",status="200"}'] == 1
    assert seen['cmgraph_requests_total{route="/{path:path}",status="404"}'] == 1
    assert seen['cmgraph_request_seconds_count{route="/healthz"}'] == 2
    assert seen["cmgraph_workers"] >= 1 and seen["cmgraph_waiting"] == 0 and seen["cmgraph_reloads"] == 0
    assert "secret" not in server.get("/metrics").text and "COUNT" not in server.get("/metrics").text


@pytest.mark.gate
def test_each_request_is_a_line_of_json_without_its_query_if_that_is_asked_for(folder: Path) -> None:
    with serving("--data", str(folder), "--log-requests") as server:
        server.get(COUNT)
        server.get("/search?q=secret", cookie="secret")
        server.get("/id/agent/%22x")
        server.process.terminate()
        assert server.process.stderr is not None
        lines = server.process.stderr.read().splitlines()
    told = [json.loads(line) for line in lines]
    assert [(one["route"], one["status"]) for one in told] == [
        *(("/sparql", 200), ("/search", 200), ("/{path:path}", 404))
    ]
    assert told[0]["bytes"] > 10 and 0 < told[0]["seconds"] < 20 and told[2]["path"] == '/id/agent/"x'
    assert not any(word in line for line in lines for word in ("secret", "COUNT", "127.0.0.1"))


@pytest.mark.gate
def test_who_asks_too_often_is_told_when_to_ask_again(folder: Path) -> None:
    with serving("--data", str(folder), "--per-minute", "12") as server:
        answers = [server.get("/assets/style.css", x_forwarded_for=f"192.0.2.{n}") for n in range(6)]
        assert [answer.status for answer in answers[:2]] == [200] * 2
        turned = answers[-1]
        assert turned.status == 429 and turned.media_type == "application/problem+json"
        assert 1 <= int(turned.headers["retry-after"]) <= 5 and turned.headers["x-content-type-options"] == "nosniff"
        time.sleep(int(turned.headers["retry-after"]))
        assert server.get("/assets/style.css").status == 200


def test_behind_a_proxy_each_of_its_clients_has_a_limit_of_its_own(folder: Path) -> None:
    def asked(server: Server, written: str) -> list[int]:
        return [server.get("/assets/style.css", x_forwarded_for=written).status for _ in range(4)]

    with serving("--data", str(folder), "--per-minute", "6", "--behind-proxy") as server:
        assert asked(server, "192.0.2.1") == [200, 429, 429, 429]
        assert asked(server, "192.0.2.2") == [200, 429, 429, 429]
        assert asked(server, "203.0.113.9, 192.0.2.1") == [429] * 4  # what a client writes itself stands before
        assert asked(server, "2001:db8::1") == [200, 429, 429, 429]
        assert asked(server, "2001:db8::2") == [429] * 4  # one customer has them all


@pytest.mark.gate
def test_a_graph_that_changed_is_read_again_at_a_signal(server: Server, folder: Path) -> None:
    before = server.get("/id/agent/x.ttl").headers["etag"]
    (folder / "data/b.ttl").write_text(AGENT.format("y"), encoding="utf-8")
    assert agents(server) == 1
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stderr is not None
    assert server.process.stderr.readline() == "the graph was read again\n"
    assert [agents(server) for _ in range(6)] == [2] * 6
    assert server.get("/id/agent/y.ttl").status == 200 and server.get("/id/agent/x.ttl").headers["etag"] != before
    assert server.figures()["cmgraph_reloads"] == 1


@pytest.mark.gate
def test_who_is_being_answered_keeps_the_graph_that_was_there(server: Server, folder: Path) -> None:
    numbers = " ".join(map(str, range(1000)))
    product = "".join(f"VALUES ?x{i} {{ {numbers} }} " for i in range(5))
    query = f"SELECT (COUNT(*) AS ?n) {{ {product} }}".encode()
    answers: list[Answer] = []
    slow = threading.Thread(
        target=lambda: answers.append(server.send("POST", "/sparql", query, content_type="application/sparql-query"))
    )
    slow.start()
    server.await_work()
    (folder / "data/b.ttl").write_text(AGENT.format("y"), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stderr is not None and server.process.stderr.readline()
    assert agents(server) == 2 and not answers
    slow.join()
    assert answers[0].status == 503 and "stopped after 12 s" in answers[0].text  # by its own time, not by the signal
    assert [agents(server) for _ in range(6)] == [2] * 6


@pytest.mark.gate
def test_a_graph_that_cannot_be_read_leaves_the_one_that_was_there(server: Server, folder: Path) -> None:
    (folder / "data/b.ttl").write_text("<urn:a> <urn:b> ", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stderr is not None
    line = server.process.stderr.readline()
    assert line.startswith("the graph stays as it was") and "b.ttl" in line
    assert [agents(server) for _ in range(4)] == [1] * 4


@pytest.mark.gate
def test_a_graph_that_changed_is_read_again_by_itself(server: Server, folder: Path) -> None:
    assert server.process.stderr is not None
    (folder / "data/b.ttl").write_text(AGENT.format("y"), encoding="utf-8")
    assert server.process.stderr.readline() == "the graph was read again\n"
    assert [agents(server) for _ in range(6)] == [2] * 6
    await_workers(server)
    (folder / "data/b.ttl").write_text("<urn:a> <urn:b> ", encoding="utf-8")
    line = server.process.stderr.readline()
    assert line.startswith("the graph stays as it was") and "b.ttl" in line
    assert [agents(server) for _ in range(4)] == [2] * 4
    (folder / "data/b.ttl").unlink()
    while server.process.stderr.readline() != "the graph was read again\n":  # the rest of why it stayed
        pass
    assert [agents(server) for _ in range(6)] == [1] * 6 and server.figures()["cmgraph_reloads"] == 2


@pytest.mark.gate
def test_a_store_that_was_replaced_is_read_again_by_itself(folder: Path, tmp_path: Path, run: Run) -> None:
    store = tmp_path / "store"
    run("load", "--data", str(folder), "--store", str(store))
    with serving("--data", str(folder), "--store", str(store)) as server:
        assert agents(server) == 1
        (folder / "data/b.ttl").write_text(AGENT.format("y"), encoding="utf-8")
        done = run("load", "--replace", "--data", str(folder), "--store", str(store))
        assert done.returncode == 0, done.stderr
        assert server.process.stderr is not None
        assert server.process.stderr.readline() == "the graph was read again\n"
        assert [agents(server) for _ in range(6)] == [2] * 6


@pytest.mark.gate
def test_a_worker_that_comes_up_with_a_newer_graph_brings_the_others_along(server: Server, folder: Path) -> None:
    agents(server)
    (folder / "data/b.ttl").write_text(AGENT.format("y"), encoding="utf-8")
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    for _ in range(1200):
        if server.get("/id/agent/y.ttl").status == 200:
            break
        time.sleep(0.1)
    assert [agents(server) for _ in range(6)] == [2] * 6


@pytest.mark.gate
def test_servers_of_copies_of_one_store_give_a_document_the_same_tag(folder: Path, tmp_path: Path, run: Run) -> None:
    store = tmp_path / "store"
    done = run("load", "--data", str(folder), "--store", str(store))
    assert done.returncode == 0, done.stderr
    tags = []
    for _ in range(2):
        with serving("--data", str(folder), "--store", str(store)) as server:
            tags.append(server.get("/id/agent/x.ttl").headers["etag"])
    run("load", "--replace", "--data", str(folder), "--store", str(store))
    with serving("--data", str(folder), "--store", str(store)) as server:
        tags.append(server.get("/id/agent/x.ttl").headers["etag"])
    assert tags[0] == tags[1] != tags[2]
