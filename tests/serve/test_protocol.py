"""The SPARQL 1.1 protocol for queries, each case that the W3C's tests of it have, asked of the real server.

A server of files has one graph, without a name. So that requests may name graphs, it passes on what it is asked to an
Oxigraph that has three.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

import servers
from serving import Server, serving

DIRECT, FORM = "application/sparql-query", "application/x-www-form-urlencoded"
ONE, TWO, THREE = (f"http://example.org/graphs/{n}" for n in (1, 2, 3))
ROWS = {"application/sparql-results+json", "application/sparql-results+xml"}
STATEMENTS = {"text/turtle", "application/rdf+xml", "application/n-triples"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, untrusted_folder: Path) -> Iterator[Server]:
    """Serve three graphs, of one statement each."""
    with servers.oxigraph(tmp_path_factory.mktemp("graphs")) as store:
        for graph in (ONE, TWO, THREE):
            request = urllib.request.Request(
                f"{store.graph_store}?graph={quote(graph, safe='')}",
                f"<{graph}> a <http://example.org/Graph> .".encode(),
                {"Content-Type": "text/turtle"},
                method="PUT",
            )
            urllib.request.urlopen(request, timeout=30).close()
        with serving("--data", str(untrusted_folder), "--endpoint", store.endpoint) as running:
            yield running


def of(*default: str, named: tuple[str, ...] = ()) -> str:
    """Return the part of an address that names graphs."""
    return urlencode({"default-graph-uri": default, "named-graph-uri": named}, doseq=True)


BOTH = f"ASK {{ <{ONE}> a ?type . <{TWO}> a ?type }}"
BY_NAME = f"ASK {{ GRAPH ?g {{ <{ONE}> a ?type }} GRAPH ?h {{ <{TWO}> a ?type }} }}"
FULL = f"ASK {{ <{THREE}> a ?type GRAPH ?g {{ <{ONE}> a ?type }} GRAPH ?h {{ <{TWO}> a ?type }} }}"
OTHER = f"ASK FROM <{THREE}> {{ GRAPH ?g {{ <{ONE}> a ?type }} GRAPH ?h {{ <{TWO}> a ?type }} }}"


@pytest.mark.parametrize(
    ("graphs", "query"),
    [
        (of(ONE, TWO), BOTH),
        (of(named=(ONE, TWO)), BY_NAME),
        (of(THREE, named=(ONE, TWO)), FULL),
        (of(named=(ONE, TWO)), OTHER),
        (of(ONE, TWO), BOTH.replace("ASK {", "ASK WHERE {")),
        ("", BOTH.replace("ASK", f"ASK FROM <{ONE}> FROM <{TWO}>")),
    ],
)
def test_the_graphs_of_a_request_are_those_that_are_asked(server: Server, graphs: str, query: str) -> None:
    answers = [
        server.get(f"/sparql?{urlencode({'query': query})}&{graphs}"),
        server.send("POST", f"/sparql?{graphs}", query.encode(), content_type=DIRECT),
        server.send("POST", "/sparql", f"{urlencode({'query': query})}&{graphs}".encode(), content_type=FORM),
    ]
    for answer in answers:
        assert (answer.status, json.loads(answer.body).get("boolean")) == (200, True), answer.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("SELECT ?s (COUNT(?t) AS ?n) WHERE { ?s a ?t } GROUP BY ?s", 2),
        ("SELECT (EXISTS { ?s a ?t } AS ?x) ?s { ?s a ?t } ORDER BY ?s", 2),
        ("CONSTRUCT { ?s a ?t . ?s a <urn:x> } WHERE { ?s a ?t }", 4),
        ("CONSTRUCT WHERE { ?s a ?t } LIMIT 1", 1),
        (f"DESCRIBE <{ONE}>", 1),
        (f"DESCRIBE ?s FROM NAMED <{THREE}> WHERE {{ ?s a ?t }} LIMIT 1", 1),
    ],
)
def test_they_are_put_where_every_form_of_query_takes_them(server: Server, query: str, count: int) -> None:
    accept = "text/csv, application/n-triples"
    answer = server.send("POST", f"/sparql?{of(ONE, TWO)}", query.encode(), content_type=DIRECT, accept=accept)
    assert answer.status == 200, answer.text
    rows = len(answer.text.splitlines()) - (answer.media_type == "text/csv")
    assert rows == count


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("SELECT * { ?s ?p ?o }", ROWS | {"text/csv", "text/tab-separated-values"}),
        ("ASK {}", ROWS),
        ("DESCRIBE <http://example.org/>", STATEMENTS),
        ("CONSTRUCT WHERE { ?s ?p ?o }", STATEMENTS),
    ],
)
def test_an_answer_says_what_it_is(server: Server, query: str, types: set[str]) -> None:
    body = urlencode({"query": query}).encode()
    answer = server.send("POST", f"/sparql?{of(ONE)}", body, content_type=FORM)
    assert answer.status == 200 and answer.media_type in types


@pytest.mark.parametrize(
    ("query", "iri"),
    [
        ("SELECT ?x { BIND(<test> AS ?x) }", "test"),
        ("SELECT ?x { BIND(<#test> AS ?x) }", "sparql#test"),
        ("BASE <things/> SELECT ?x { BIND(<one> AS ?x) }", "things/one"),
        ("PREFIX t: <things/> SELECT ?x { BIND(t:one AS ?x) }", "things/one"),
    ],
)
def test_a_relative_iri_begins_at_the_address_of_the_service(server: Server, query: str, iri: str) -> None:
    for answer in (
        server.get(f"/sparql?{urlencode({'query': query})}"),
        server.send("POST", "/sparql", query.encode(), content_type=DIRECT),
    ):
        assert answer.status == 200, answer.text
        (row,) = json.loads(answer.body)["results"]["bindings"]
        assert row["x"] == {"type": "uri", "value": server.address + iri}


def test_a_base_of_the_query_is_kept(server: Server) -> None:
    query = "BASE <http://example.org/> SELECT ?x { BIND(<a> AS ?x) }"
    answer = server.get(f"/sparql?{urlencode({'query': query})}", accept="text/csv")
    assert answer.text.splitlines() == ["x", "http://example.org/a"]


@pytest.mark.parametrize(
    ("method", "target", "kind", "body"),
    [
        ("PUT", "?query=ASK%20%7B%7D", "", b""),
        ("GET", "?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", "", b""),
        ("POST", "", "text/plain", b"ASK {}"),
        ("POST", "", "", b"query=ASK%20%7B%7D"),
        ("POST", "", "", b"ASK {}"),
        ("POST", "", f"{DIRECT}; charset=UTF-16", "ASK {}".encode("utf-16")),
        ("GET", "?query=ASK%20%7B", "", b""),
    ],
)
def test_what_is_no_request_for_a_query_is_refused(
    server: Server, method: str, target: str, kind: str, body: bytes
) -> None:
    answer = server.send(method, "/sparql" + target, body, **({"content_type": kind} if kind else {}))
    assert 400 <= answer.status < 500 and answer.media_type == "application/problem+json"


def test_a_graph_that_is_not_there_is_refused(untrusted_folder: Path) -> None:
    with serving("--data", str(untrusted_folder)) as server:
        for text in ("ASK FROM <healthz> {}", "ASK FROM NAMED <../../etc/passwd> {}"):
            answer = server.get(f"/sparql?{urlencode({'query': text})}")
            assert answer.status == 400 and "graph" in answer.text
        answer = server.get(f"/sparql?{urlencode({'query': 'ASK { SERVICE <sparql> {} }'})}")
        assert answer.status == 403
        for graphs in (of("http://127.0.0.1:9/data.ttl"), of(named=("file:///etc/passwd",)), of("no iri"), of("")):
            answer = server.get(f"/sparql?query=ASK%20%7B%7D&{graphs}")
            assert answer.status == 400 and "graph" in answer.text and "passwd>" not in answer.text.partition("hint")[2]
