"""A query or a file from somebody else reaches neither the network nor the disk, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import cmgraph
import servers
from cmgraph.errors import CmgraphError, QueryStopped
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.store import sandbox
from cmgraph.store.local import LocalStore
from cmgraph.store.sandbox import run_sandboxed
from cmgraph.validation.shapes import SH
from cmgraph.validation.validate import validate
from conftest import Run


@contextmanager
def listening() -> Iterator[tuple[str, threading.Event]]:
    """Give an address of this machine, and whether anybody called there."""
    called, over = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def listen() -> None:
            while not called.is_set():
                try:
                    server.accept()[0].close()
                    called.set()
                except TimeoutError:
                    if over.is_set():
                        return

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/sparql", called
        finally:
            over.set()
            listener.join()


@pytest.mark.parametrize("form", ["SERVICE", "service SILENT", "SeRvIcE"])
def test_service_is_refused_and_nothing_is_called(bundled_graph: Graph, form: str) -> None:
    with (
        listening() as (address, called),
        pytest.raises(CmgraphError, match="SERVICE is not allowed") as error,
    ):
        bundled_graph.query(f"SELECT ?s {{\n  {form} <{address}> {{ ?s ?p ?o }} }}")
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
def test_the_word_alone_is_no_call(bundled_graph: Graph, query: str) -> None:
    assert len(bundled_graph.query(query)) == 1


def test_from_a_file_reads_nothing(bundled_graph: Graph, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<https://example.org/s> <https://example.org/p> 'secret' .")
    for clause in ("FROM", "FROM NAMED"):
        with pytest.raises(cmgraph.UnknownName, match="the store holds no graph <file:"):
            bundled_graph.query(f"SELECT ?o {clause} <{secret.as_uri()}> {{ ?s ?p ?o }}")


@pytest.mark.parametrize(
    "hidden",
    [
        'SELECT * { ?s cm:a\\\' ?o . SERVICE <%s> { ?s ?p ?o } FILTER("\'" = "x") }',
        "SELECT * { ?s cm:a.b\\#c ?o . SERVICE <%s> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b) SERVICE<%s>{ ?s ?p ?o } FILTER(?c>?d) }",
        "SELECT * { ?s ?p 1.SERVICE <%s> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { { SERVICE <%s> { ?s ?p ?o } } } } }",
    ],
)
def test_service_is_seen_wherever_it_hides(bundled_graph: Graph, hidden: str) -> None:
    with listening() as (address, called), pytest.raises(CmgraphError, match="SERVICE is not allowed"):
        bundled_graph.query(hidden % address)
    assert not called.is_set()


def test_service_is_called_by_who_means_it() -> None:
    graph = cmgraph.load(allow_service=True, timeout=5)
    with listening() as (address, called), pytest.raises(CmgraphError):
        graph.query(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
    assert called.is_set()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * { ?s ?p 'a\\u0027 } SERVICE <http://x> { #' }", "SERVICE is not allowed"),
        ("SELECT * # \\u000A SERVICE\n { ?s ?p ?o }", "SERVICE is not allowed"),
        ("SELECT * { ?s ?p ?o . S\\u0045RVICE <http://x> {} }", "SERVICE is not allowed"),
        ('SELECT * { ?s ?p "a\n } SERVICE <http://x> { ?s ?p ?o }', "never closed"),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", "INSERT is an update"),
        ("PREFIX a: <a:> LOAD <http://127.0.0.1:9/x>", "LOAD is an update"),
        ("DROP ALL", "DROP is an update"),
        ("SELECT * { " + "{" * 3000 + "}" * 3000 + " }", "nested more deeply than 64"),
        ("SELECT (" + "(" * 5000 + "1" + ")" * 5000 + " AS ?x) { }", "nested more deeply than 64"),
        ("SELECT (1" + "+1" * 8000 + " AS ?x) { }", "more than 1000 patterns"),
        ("SELECT * { " + " UNION ".join(["{}"] * 8000) + " }", "more than 1000 patterns"),
        ("SELECT * { ?s a ?o " + "MINUS { ?s a ?z } " * 3000 + "}", "more than 1000 patterns"),
        ("SELECT * { " + "GRAPH <a:g> { } " * 3000 + "}", "more than 1000 patterns"),
        ("SELECT * { " + "?s ?p ?o . " * 3000 + "}", "more than 1000 patterns"),
        ("SELECT " + " ".join(f"(1 AS ?x{i})" for i in range(3000)) + " { }", "more than 1000 patterns"),
        ("SELECT * { " + "VALUES ?x { 1 } " * 3000 + "}", "more than 1000 patterns"),
        ("SELECT * { ?s ?p " + ", ".join(["?o"] * 20000) + " }", "more than 20000 words"),
        ("DESCRIBE " + " ".join(f"<a:{i}>" for i in range(3000)), "more than 1000 patterns"),
        ("SELECT * { ?s ?p '" + "x" * 10_000_000 + "' }", "longer than 10,000,000 characters"),
    ],
)
def test_what_could_hide_change_or_crash_is_refused(bundled_graph: Graph, query: str, said: str) -> None:
    with pytest.raises(CmgraphError, match=said):
        bundled_graph.query(query)


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.mark.gate
def test_a_query_stops_in_time_wherever_it_runs(
    bundled_graph: Graph, tmp_path: Path, international_folder: Path
) -> None:
    with servers.oxigraph(tmp_path) as server:
        cmgraph.upload(server.graph_store, sorted((international_folder / "data").rglob("*.ttl")), bundled_graph)
        cmgraph.load_store(tmp_path / "disk", sorted((international_folder / "data").rglob("*.ttl")), bundled_graph)
        for home in ({"data": international_folder}, {"store": tmp_path / "disk"}, {"endpoint": server.endpoint}):
            there = cmgraph.load(**home, timeout=1)  # type: ignore[arg-type]
            started = time.monotonic()
            with pytest.raises(QueryStopped, match="stopped after 1 s"):
                there.query(ENDLESS)
            assert time.monotonic() - started < 3
            assert len(there.query("partners")) > 0


def test_the_command_says_that_it_stopped(run: Run) -> None:
    done = run("query", "-q", ENDLESS, "--timeout", "1")
    assert done.returncode == 5 and "stopped after 1 s" in done.stderr and "--timeout" in done.stderr


def test_a_query_gets_no_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY", 200 << 20)
    doubling = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(30))
    with pytest.raises(QueryStopped, match="memory"):
        cmgraph.load(timeout=20).query(f'SELECT (STRLEN(?x30) AS ?n) {{ BIND("0123456789" AS ?x0) {doubling} }}')


def test_guarded_work_opens_nothing_and_its_crash_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    assert run_sandboxed(path.read_bytes, 5, offline=False) == b"text"
    with pytest.raises(OSError, match="Too many open files"):
        run_sandboxed(path.read_bytes, 5)
    with pytest.raises(OSError, match="Too many open files"):
        run_sandboxed(lambda: socket.create_connection(("127.0.0.1", 9)).recv(1), 5)
    with pytest.raises(QueryStopped, match="nested too deeply"):
        run_sandboxed(lambda: bytes(os.kill(os.getpid(), signal.SIGSEGV) or 0), 5)


RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "laughs.rdf",
            "<!DOCTYPE x ["
            + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(10))
            + f'<!ENTITY a0 "ha">]>{RDF}<e:A><e:p>&a10;</e:p></e:A></rdf:RDF>',
            "amplification|recursive|undefined",
        ),
        (
            "outside.rdf",
            f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{RDF}<e:A><e:p>&a;</e:p></e:A></rdf:RDF>',
            "external entity 'a' is not allowed",
        ),
        ("deep.rdf", RDF + "<e:A><e:p>" * 500 + "</e:p></e:A>" * 500 + "</rdf:RDF>", "nested more deeply than 200"),
        ("deep.jsonld", '{"http://e/p":' * 10000 + "1" + "}" * 10000, "nested more deeply than 200"),
        ("remote.jsonld", '{"@context": "http://127.0.0.1:9/context", "@id": "http://e/a", "p": 1}', "remote"),
        (
            "terms.ttl",
            "<a:a> <a:b> " + "<<( <a:a> <a:b> " * 2000 + "1" + " )>>" * 2000 + " .",
            "nested more deeply than 200",
        ),
    ],
)
def test_a_file_neither_crashes_nor_swells_nor_reads_another(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CmgraphError, match=f"(?i){said}") as error:
        RdfFile.read(tmp_path / name)
    assert error.value.where.startswith(str(tmp_path / name)) and error.value.hint


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_an_import_is_not_followed(international_folder: Path, tmp_path: Path, engine: str) -> None:
    with listening() as (address, called):
        owl = "http://www.w3.org/2002/07/owl#"
        (tmp_path / "data.ttl").write_text(
            f"<a:a> a <{owl}Ontology> ; <{owl}imports> <{address}> ; <{SH}targetNode> <a:a> ."
        )
        store = LocalStore()
        store.read([tmp_path / "data.ttl"])
        shape = RdfFile.read(tmp_path / "data.ttl")
        validate(store, [shape], cmgraph.load(international_folder).prefixes, engine=engine)
    assert not called.is_set()


def test_a_function_nobody_knows_is_one_clear_message(bundled_graph: Graph) -> None:
    unknown = "{ BIND(<http://example.org/f>(1) AS ?x) }"
    for ask in (
        lambda: bundled_graph.query(f"SELECT ?x {unknown}"),
        lambda: list(bundled_graph.store.construct(f"CONSTRUCT {{ ?x ?x ?x }} {unknown}", {})),
    ):
        with pytest.raises(CmgraphError, match="the query failed"):
            ask()
