"""A query from somebody else reaches neither the network nor the disk."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph


@pytest.mark.parametrize("form", ["SERVICE", "service SILENT", "SeRvIcE"])
def test_service_is_refused_and_nothing_is_called(graph: Graph, form: str) -> None:
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def listen() -> None:
            try:
                server.accept()[0].close()
                called.set()
            except TimeoutError:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/sparql"
        with pytest.raises(CmgraphError, match="SERVICE is not allowed") as error:
            graph.query(f"SELECT ?s {{\n  {form} <{address}> {{ ?s ?p ?o }} }}")
        listener.join()
    assert not called.is_set()
    assert error.value.where == "query:2:3" and "--endpoint" in error.value.hint


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { BIND('SERVICE' AS ?service) }",
        'SELECT ?x { BIND("""a \\""" SERVICE <x> """ AS ?x) }',
        "SELECT ?x { BIND(<https://example.org/SERVICE> AS ?x) } # SERVICE <x>",
        "PREFIX service: <https://example.org/> SELECT ?x { BIND(service:service AS ?x) }",
    ],
)
def test_the_word_alone_is_no_call(graph: Graph, query: str) -> None:
    assert len(graph.query(query)) == 1


def test_from_a_file_reads_nothing(graph: Graph, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<https://example.org/s> <https://example.org/p> 'secret' .")
    with pytest.raises(CmgraphError, match="FROM is not allowed"):
        graph.query(f"SELECT ?o FROM <{secret.as_uri()}> {{ ?s ?p ?o }}")
