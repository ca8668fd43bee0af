"""67 queries that are meant to stop, crash or misuse a server: each is answered in its time, and the server goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from cmgraph.graph import Graph
from serving import Server, serving

pytestmark = pytest.mark.gate

LIMIT = 4
NUMBERS = " ".join(map(str, range(1000)))
PRODUCT = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
DOUBLED = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(40))
REPLACED = " ".join(f"BIND(REPLACE(?t{n}, 'a', 'aaaaaaaaaa') AS ?t{n + 1})" for n in range(12))

NESTED = {
    "groups": "SELECT * " + "{" * 3000 + "}" * 3000,
    "brackets": "SELECT (" + "(" * 5000 + "1" + ")" * 5000 + " AS ?x) {}",
    "ifs": "SELECT (" + "IF(true, " * 1000 + "1" + ", 2)" * 1000 + " AS ?x) {}",
    "sums": "SELECT (1" + "+1" * 8000 + " AS ?x) {}",
    "nots": "SELECT * { FILTER(" + "!" * 5000 + "true) }",
    "minuses": "SELECT (" + "-" * 5000 + "1 AS ?x) {}",
    "lists": "SELECT * { ?s ?p " + "(" * 300 + "1" + ")" * 300 + " }",
    "blank nodes": "SELECT * { ?s ?p " + "[ ?q " * 1000 + "1" + "]" * 1000 + " }",
    "paths": "SELECT * { ?s " + "(" * 3000 + "a" + ")" * 3000 + " ?o }",
    "inverse paths": "SELECT * { ?s " + "^" * 3000 + "a ?o }",
    "closures": "SELECT (COUNT(*) AS ?n) { ?s " + "(" * 200 + "!a" + ")*" * 200 + " ?o }",
    "unions": "SELECT * { " + " UNION ".join(["{ ?s a ?o }"] * 3000) + " } LIMIT 1",
    "optionals": "SELECT * { ?s a ?o " + "OPTIONAL { ?s ?p ?o " * 500 + "}" * 500 + " } LIMIT 1",
    "subtractions": "SELECT * { ?s a ?o " + " ".join(["MINUS { ?s ?p ?q }"] * 300) + " } LIMIT 1",
    "existences": "SELECT * { ?s a ?o " + "FILTER NOT EXISTS { ?s ?p ?o " * 300 + "}" * 300 + " } LIMIT 1",
    "subselects": "SELECT * { " * 500 + "?s a ?o" + " }" * 500 + " LIMIT 1",
    "calls": "SELECT (" + "STR(" * 3000 + "1" + ")" * 3000 + " AS ?x) {}",
    "quoted triples": "SELECT * { " + "<< " * 500 + "?s ?p ?o" + " >> ?p ?o" * 500 + " }",
}
LARGE = {
    "patterns": "SELECT * { " + " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(300)) + " } LIMIT 1",
    "a chain": "SELECT * { ?s0 " + " . ".join(f"?p{n} ?s{n + 1} . ?s{n + 1}" for n in range(400)) + " a ?x } LIMIT 1",
    "a long path": "SELECT * { ?s " + "/".join(["a"] * 1000) + " ?o } LIMIT 1",
    "alternatives": "SELECT * { ?s " + "|".join(f"<urn:{n}>" for n in range(5000)) + " ?o } LIMIT 1",
    "values": "SELECT * { VALUES ?x { " + " ".join(map(str, range(120_000))) + " } } LIMIT 1",
    "a list of values": "SELECT * { ?s a ?o FILTER(?s IN (" + ", ".join(f"<urn:{n}>" for n in range(50_000)) + ")) }",
    "a long text": "SELECT ('" + "a" * 900_000 + "' AS ?x) {}",
    "a long IRI": "SELECT * { <urn:" + "a" * 900_000 + "> ?p ?o }",
    "a long name": "SELECT ?" + "a" * 900_000 + " { ?s ?p ?o }",
    "a long number": "SELECT (" + "9" * 100_000 + " + 1 AS ?x) {}",
    "comments": "#" + "a" * 900_000 + "\nASK {}",
    "prefixes": "".join(f"PREFIX p{n}: <urn:{n}>\n" for n in range(20_000)) + "ASK {}",
    "columns": "SELECT " + " ".join(f"({n} AS ?x{n})" for n in range(5000)) + " {}",
    "orders": "SELECT * { ?s a ?o } ORDER BY " + " ".join(f"(STRLEN(STR(?s)) + {n})" for n in range(500)) + " LIMIT 1",
}
ENDLESS = {
    "a product": f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}",
    "a sorted product": f"SELECT * {{ {PRODUCT} }} ORDER BY ?c ?f ?i LIMIT 1",
    "a distinct product": f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {PRODUCT} }}",
    "a grouped product": f"SELECT ?a (COUNT(*) AS ?n) {{ {PRODUCT} }} GROUP BY ?a ?d ?g",
    "a product passed over": f"SELECT * {{ {PRODUCT} }} OFFSET 1000000000 LIMIT 1",
    "a product by chance": f"SELECT * {{ {PRODUCT} FILTER(RAND() < 0) }}",
    "a hashed product": f"SELECT * {{ {PRODUCT} FILTER(SHA512(CONCAT(STR(?a), STR(?d), STR(?g))) = '') }}",
    "a product of numbers": "SELECT (SUM(?x0) AS ?n) { "
    + " ".join(f"VALUES ?x{n} {{ {NUMBERS} }}" for n in range(5))
    + " }",
    "doubled texts": f"SELECT (STRLEN(?t40) AS ?n) {{ BIND('aaaaaaaa' AS ?t0) {DOUBLED} }}",
    "replaced texts": f"SELECT (STRLEN(?t12) AS ?n) {{ BIND('a' AS ?t0) {REPLACED} }}",
    "joined texts": "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?f))) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
    "every path": "SELECT (COUNT(*) AS ?n) { ?s (!<urn:x>|^!<urn:x>)* ?o }",
    "every path of paths": "SELECT (COUNT(*) AS ?n) { ?s ((!<urn:x>)+/(!<urn:y>)+)* ?o . ?o (!<urn:z>)* ?q }",
    "a product of statements": "CONSTRUCT { ?a ?e ?i } WHERE { " + PRODUCT + " }",
    "everything described": "DESCRIBE * { ?s ?p ?o }",
    "everything": "SELECT * { ?s ?p ?o }",
    "all statements": "CONSTRUCT WHERE { ?s ?p ?o }",
    "a truth of a product": f"ASK {{ {PRODUCT} FILTER(?a = ?i && ?b = <urn:x>) }}",
    "a slow expression": "SELECT * { ?s ?p ?o . ?t ?q ?r FILTER(REGEX(CONCAT(STR(?o), STR(?r)), '^("
    + "a?" * 200
    + ")+$')) }",
    "a large expression": "ASK { FILTER(REGEX('aaaa', '((a{1,1000}){1,1000}){1,1000}')) }",
}
REACHING = {
    "a service": "SELECT * { SERVICE <$> { ?s ?p ?o } }",
    "a silent service": "SELECT * { SERVICE SILENT <$> { ?s ?p ?o } }",
    "a service by escapes": "SELECT * { S\\u0045RVICE <$> { ?s ?p ?o } }",
    "a service by name": "SELECT * { BIND(<$> AS ?at) SERVICE ?at { ?s ?p ?o } }",
    "a graph of elsewhere": "SELECT * FROM <$> { ?s ?p ?o }",
    "a named graph of elsewhere": "SELECT * FROM NAMED <$> { GRAPH ?g { ?s ?p ?o } }",
    "a graph of files": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "a load": "LOAD <$>",
    "an insertion": "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    "a deletion": "DELETE WHERE { ?s ?p ?o }",
    "a clearance": "CLEAR ALL",
    "two at once": "ASK {} ; DROP ALL",
}
ODD = {
    "an end in the middle": "SELECT * { ?s ?p '\0' }",
    "half a character": "SELECT ('\\uD800' AS ?x) {}",
    "an order of reading": "SELECT ('\u202e' AS ?x) { <urn:\u202e> ?p ?o }",
}
QUERIES = NESTED | LARGE | ENDLESS | REACHING | ODD


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[socket.socket]:
    """Listen where queries would be led."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture(scope="module")
def server(bundled_graph: Graph) -> Iterator[Server]:
    """Serve the bundled graph."""
    with serving("--request-timeout", str(LIMIT)) as running:
        yield running


def test_there_are_as_many_as_are_told_of() -> None:
    assert len(QUERIES) == 67


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_answered_in_its_time_and_the_server_goes_on(server: Server, elsewhere: socket.socket, name: str) -> None:
    query = QUERIES[name].replace("$", f"http://127.0.0.1:{elsewhere.getsockname()[1]}/")
    began = time.monotonic()
    answer = server.send("POST", "/sparql", query.encode(), content_type="application/sparql-query")
    assert time.monotonic() - began < 3 * LIMIT  # of which it may wait for a worker
    expected = {"REACHING": (400, 403), "ODD": (200, 400)}
    kind = "REACHING" if name in REACHING else "ODD" if name in ODD else ""
    assert answer.status in expected.get(kind, (200, 400, 403, 422, 503)), answer.text[:500]
    if answer.status != 200:
        assert answer.media_type == "application/problem+json" and "Traceback" not in answer.text
    assert server.get("/healthz").status == 200
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
