"""SPARQL 1.1 over HTTP, asked of the real server."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pyoxigraph
import pytest
import rdflib
from SPARQLWrapper import SPARQLWrapper

from cmgraph.graph import Graph
from serving import Answer, Server, serving

FORUMS = "SELECT ?forum { ?forum a cm:Forum } ORDER BY ?forum LIMIT 3"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def server(bundled_graph: Graph) -> Iterator[Server]:
    """Serve the bundled graph."""
    with serving("--request-timeout", "8") as running:
        yield running


def ask(server: Server, query: str, accept: str = "") -> Answer:
    return server.get(f"/sparql?query={quote(query)}", **({"accept": accept} if accept else {}))


def problem(answer: Answer) -> dict[str, object]:
    assert answer.media_type == "application/problem+json"
    said: dict[str, object] = json.loads(answer.body)
    assert said["status"] == answer.status
    return said


@pytest.mark.gate
def test_a_query_is_taken_in_the_address_in_a_form_and_as_it_is(server: Server, bundled_graph: Graph) -> None:
    expected = [row[0].iri for row in bundled_graph.query(FORUMS).rows]
    form = urlencode({"query": FORUMS}).encode()
    answers = [
        ask(server, FORUMS),
        server.send("POST", "/sparql", form, content_type="application/x-www-form-urlencoded"),
        server.send("POST", "/sparql", FORUMS.encode(), content_type="application/sparql-query; charset=UTF-8"),
    ]
    for answer in answers:
        rows = json.loads(answer.body)["results"]["bindings"]
        assert (answer.status, [row["forum"]["value"] for row in rows]) == (200, expected)
    assert server.send("HEAD", f"/sparql?query={quote(FORUMS)}").status == 200


def test_every_form_of_rows_says_the_same(server: Server) -> None:
    query = 'SELECT ?a ?b { VALUES (?a ?b) { ("1,5"@fr 7) (<urn:x> UNDEF) } } ORDER BY ?b'
    expected = pyoxigraph.Store().query(query)
    assert isinstance(expected, pyoxigraph.QuerySolutions)
    rows = [[row["a"], row["b"]] for row in expected]
    for name in ("JSON", "XML", "TSV"):
        form = getattr(pyoxigraph.QueryResultsFormat, name)
        answer = ask(server, query, form.media_type)
        read = pyoxigraph.parse_query_results(answer.body, format=form)
        assert isinstance(read, pyoxigraph.QuerySolutions)
        assert answer.media_type == form.media_type.partition(";")[0] and [[row["a"], row["b"]] for row in read] == rows
    answer = ask(server, query, "text/csv")
    assert [*csv.reader(io.StringIO(answer.text))] == [["a", "b"], ["urn:x", ""], ["1,5", "7"]]


def test_statements_come_in_every_form_and_are_the_same(server: Server) -> None:
    query = "CONSTRUCT WHERE { ?forum a cm:Forum ; skos:prefLabel ?name }"
    forms = ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
    read = []
    for media_type in forms:
        answer = ask(server, query, media_type)
        assert answer.media_type == media_type
        form = pyoxigraph.RdfFormat.from_media_type(media_type)
        assert form is not None
        read.append({quad.triple for quad in pyoxigraph.parse(answer.body, format=form)})
    assert len(read[0]) > 5 and all(triples == read[0] for triples in read)
    assert ask(server, "DESCRIBE agent:government-of-canada", "*/*").media_type == "text/turtle"


def test_yes_and_no_are_answers(server: Server) -> None:
    assert json.loads(ask(server, "ASK { ?x a cm:Forum }").body)["boolean"] is True
    assert (
        "<boolean>false</boolean>"
        in ask(server, "ASK { ?x a cm:Forum, cm:Agreement }", "text/xml, */*;q=0.1, application/xml").text
    )


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv;q=0.4, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("text/*, application/json;q=0.2", "text/csv"),
        ("text/csv;q=0, */*;q=0.1", "application/sparql-results+json"),
        ("application/json;q=nonsense, text/csv", "text/csv"),
    ],
)
def test_the_form_that_is_liked_best_is_sent(server: Server, accept: str, media_type: str) -> None:
    answer = ask(server, FORUMS, accept)
    assert answer.media_type == media_type and "Accept" in answer.headers["vary"]


def test_a_form_that_is_not_there_is_refused_with_those_that_are(server: Server) -> None:
    said = problem(ask(server, FORUMS, "image/png"))
    assert said["status"] == 406 and "text/csv" in str(said["available"])


@pytest.mark.parametrize(
    ("status", "query"),
    [
        (403, "INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
        (403, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
        (403, "SELECT * { S\\u0045RVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
        (400, "SELECT * FROM <http://127.0.0.1:9/data.ttl> { ?s ?p ?o }"),
        (400, "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"),
        (400, "SELECT {"),
        (400, "SELECT * { ?s ?p ?o } ; ASK {}"),
        (400, ""),
        (400, "SELECT * " + "{" * 3000 + "}" * 3000),
        (422, "SELECT * { ?s ?p ?o }"),
        (422, "SELECT ?s { ?s ?p ?o } LIMIT 100001"),
    ],
)
def test_what_a_query_may_not_do_is_refused(server: Server, status: int, query: str) -> None:
    said = problem(server.send("POST", "/sparql", query.encode(), content_type="application/sparql-query"))
    assert said["status"] == status and said["detail"]
    assert "--" not in str(said.get("hint")) and "cmgraph" not in str(said)  # what helps at the command line alone


@pytest.mark.parametrize(
    ("status", "method", "target", "kind", "body"),
    [
        (400, "GET", "/sparql?query=ASK%20%7B%7D&query=ASK%20%7B%7D", "", b""),
        (400, "GET", "/sparql?query=ASK%20%7B%7D&default-graph-uri=http%3A%2F%2F127.0.0.1%3A9%2F", "", b""),
        (400, "GET", "/sparql?query=ASK%20%7B%7D%FF", "", b""),
        (400, "POST", "/sparql", "application/sparql-query", b"ASK { ?s ?p '\xff' }"),
        (400, "POST", "/sparql?query=ASK%20%7B%7D", "application/sparql-query", b"ASK {}"),
        (403, "POST", "/sparql", "application/sparql-update", b"CLEAR ALL"),
        (403, "POST", "/sparql", "application/x-www-form-urlencoded", b"update=CLEAR%20ALL"),
        (405, "PUT", "/sparql", "application/sparql-query", b"ASK {}"),
        (413, "POST", "/sparql", "application/sparql-query", b"#" * 1_000_001),
        (415, "POST", "/sparql", "text/plain", b"ASK {}"),
        (415, "POST", "/sparql", "application/sparql-query; charset=latin-1", b"ASK {}"),
        (415, "POST", "/sparql", "", b"query=ASK%20%7B%7D"),
    ],
)
def test_what_the_protocol_does_not_allow_is_refused(
    server: Server, status: int, method: str, target: str, kind: str, body: bytes
) -> None:
    answer = server.send(method, target, body, **({"content_type": kind} if kind else {}))
    assert problem(answer)["status"] == status


@pytest.mark.gate
def test_a_query_out_of_time_is_an_error_and_others_do_not_notice(server: Server) -> None:
    slow: list[Answer] = []
    began = time.monotonic()
    waiting = threading.Thread(target=lambda: slow.append(ask(server, ENDLESS)))
    waiting.start()
    server.await_work()
    assert ask(server, "ASK {}").status == 200 and not slow
    waiting.join()
    said = problem(slow[0])
    assert said["status"] == 503 and "stopped after 8 s" in str(said["detail"])
    assert 7.5 < time.monotonic() - began < 60


def test_a_query_out_of_memory_is_an_error(server: Server) -> None:
    said = problem(ask(server, "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f LIMIT 1"))
    assert said["status"] == 503 and "memory" in str(said["detail"])
    assert ask(server, "ASK {}").status == 200


def test_the_service_describes_itself(server: Server) -> None:
    graph = rdflib.Graph().parse(data=server.get("/sparql", accept="text/turtle").body, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    (endpoint,) = graph.objects(None, sd.endpoint)
    assert str(endpoint) == server.address + "sparql"


def test_clients_that_exist_get_on_with_it(server: Server, bundled_graph: Graph) -> None:
    expected = [row[0].iri for row in bundled_graph.query(FORUMS).rows]
    wrapper = SPARQLWrapper(server.address + "sparql", returnFormat="json")
    wrapper.setQuery(FORUMS)
    assert [row["forum"]["value"] for row in wrapper.queryAndConvert()["results"]["bindings"]] == expected
    store = rdflib.Graph("SPARQLStore")
    store.open(server.address + "sparql")
    named = store.query(
        "SELECT ?name { <https://w3id.org/cmgraph/id/agent/government-of-canada> skos:prefLabel ?name }"
    )
    assert "Government of Canada" in {str(row[0]) for row in named}


@pytest.mark.gate
@pytest.mark.skipif("COMUNICA" not in os.environ, reason="COMUNICA does not name the program comunica-sparql")
@pytest.mark.parametrize(
    ("source", "query", "rows"),
    [
        ("sparql@{}sparql", FORUMS, 3),
        ("{}sparql", "SELECT (COUNT(*) AS ?n) { ?forum a cm:Forum }", 1),  # it finds out what answers there
        (
            "{}id/agent/nrcan-rncan",
            "SELECT ?name { ?x skos:prefLabel ?name FILTER(STRENDS(STR(?x), 'nrcan-rncan')) }",
            2,
        ),
    ],
)
def test_comunica_asks_the_endpoint_and_the_documents(server: Server, source: str, query: str, rows: int) -> None:
    declared = "PREFIX cm: <https://w3id.org/cmgraph/def#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    command = [os.environ["COMUNICA"], source.format(server.address), declared + query, "-t", "text/csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines()[1:] if line.strip()]) == rows


def test_a_page_of_another_site_may_read(server: Server) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = server.send("OPTIONS", "/sparql", **asked, Access_Control_Request_Headers="content-type")
    assert preflight.status == 200 and preflight.headers["access-control-allow-origin"] == "*"
    answer = server.get(f"/sparql?query={quote('ASK {}')}", Origin="https://example.org")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
