"""The same commands against a real SPARQL server on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cmgraph
from cmgraph.graph import Graph


@pytest.fixture(scope="module")
def endpoint(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Load the graph into an Oxigraph server and give its address."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if program is None:
        pytest.skip("the package oxigraph is not installed")
    folder = tmp_path_factory.mktemp("server")
    (folder / "graph.nt").write_text("".join(f"{triple} .\n" for triple in set(graph.triples)), encoding="utf-8")
    store = ["--location", str(folder / "store")]
    subprocess.run([program, "load", *store, "--file", str(folder / "graph.nt")], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        [program, "serve-read-only", *store, "--bind", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection((address.split(":")[0], int(address.split(":")[1])), 0.1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://{address}/query"
    finally:
        server.terminate()
        server.wait()


def test_every_question_answers_alike(graph: Graph, endpoint: str) -> None:
    remote = cmgraph.load(endpoint=endpoint)
    for name, question in graph.questions.items():
        assert remote.query(name) == graph.query(name), name
        assert remote.query(name, **question.also) == graph.query(name, **question.also), name


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s {\n  # what a source\n  # adds to another\n  ?s a cm:Forum # insert, delete\n} ORDER BY ?s",
        'SELECT ?x { BIND("""one\n# two""" AS ?x) } # add',
        "# add\n# construct\nSELECT ?s { ?s a cm:Forum } ORDER BY ?s",
    ],
)
def test_comments_change_nothing_and_strings_are_kept(graph: Graph, endpoint: str, query: str) -> None:
    assert cmgraph.load(endpoint=endpoint).query(query) == graph.query(query)


def test_search_show_and_stats_answer_alike(graph: Graph, endpoint: str) -> None:
    remote = cmgraph.load(endpoint=endpoint)
    assert remote.search("japan") == graph.search("japan")
    assert remote.entity("NRCan") == graph.entity("NRCan")
    assert remote.stats() == graph.stats()


def test_what_an_endpoint_cannot_do_is_said(endpoint: str) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="not validated from here"):
        cmgraph.load(endpoint=endpoint).validate()
    with pytest.raises(cmgraph.EndpointError, match="did not answer"):
        cmgraph.load(endpoint=endpoint.replace("/query", "/nothing")).stats()
