"""What a server says, however it says it: read, or refused in one line with its reason; no part passes as the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cmgraph
from cmgraph.errors import CmgraphError, EndpointError
from cmgraph.loading import upload
from cmgraph.store.endpoint import EndpointStore
from cmgraph.store.http import Credentials
from conftest import Run
from manners import REFUSALS, ROWS, Manners, manners

ALL = "SELECT ?mine { ?s ?p ?mine }"


@pytest.fixture(scope="module")
def server() -> Iterator[Manners]:
    with manners() as there:
        yield there


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("good", ['"Voisey\'s Bay"']),
        ("mark", ['"Voisey\'s Bay"']),
        ("backwards", ['"Voisey\'s Bay"']),
        ("old-kind", ['"4"^^<http://www.w3.org/2001/XMLSchema#int>']),
        ("number", ['"4"^^<http://www.w3.org/2001/XMLSchema#integer>']),
        ("no-language", ['"nickel"']),
        ("null", ["None", "None", "None"]),
        ("control", ['"a\\tb\\nc"']),
        ("scheme", ["<nodeID://b7>"]),
        ("latin", ['"Métis"']),
        ("get-only?infer=no", ['"Voisey\'s Bay"']),
    ],
)
def test_what_can_be_read_is_read(server: Manners, path: str, values: list[str]) -> None:
    store = EndpointStore(server.at(path))
    for timeout in (None, 10):
        assert [str(row[0]) for row in store.select(ALL, {}, timeout=timeout)[1]] == values


def test_a_server_that_leaves_rows_out_is_told_of_once_and_not_asked_what_it_is_known_to_get_wrong(
    server: Manners, caplog: pytest.LogCaptureFixture
) -> None:
    graph = cmgraph.load(endpoint=server.at("virtuoso"))
    for _ in range(2):
        graph.store.select(ALL, {})
    (warned,) = caplog.records
    assert "Virtuoso was seen to leave rows out of answers without saying so" in warned.getMessage()
    with pytest.raises(EndpointError, match="Virtuoso leaves rows out of this answer without saying so"):
        graph.query("export-controls")
    EndpointStore(server.at("good")).select(ALL, {})
    assert len(caplog.records) == 1


def test_blank_nodes_stay_apart_however_they_are_labelled(server: Manners) -> None:
    (one,), (other,) = EndpointStore(server.at("node")).select(ALL, {})[1]
    assert one != other


@pytest.mark.gate
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("blank-in-iri", r"row 2 of the answer, \?mine, is not an RDF term: .*open pit.*Invalid IRI"),
        ("relative", r"row 1 of the answer, \?mine, is not an RDF term: .*mine/12.*No scheme"),
        ("language", r"row 1 of the answer, \?mine, is not an RDF term: .*fr_CA"),
        ("no-kind", r"row 1 of the answer, \?mine, is not an RDF term: .*it has no 'type'"),
        ("broken-off", "the answer broke off, or is broken: … .*time limit reached"),
        ("in-a-text", "the answer broke off"),
        ("hung-up", "the answer broke off"),
        ("empty", "the answer is empty"),
        ("page", "the server sent a web page, not an answer: Please sign in"),
        ("xml", "the answer is not JSON: <.xml"),
        ("csv", "the answer is not JSON: mine"),
        ("truth", "the answer is not that of a SELECT"),
        ("nested", "broke off|not JSON|nested too deeply"),
        ("any-time", "did not give the whole answer: RC: incomplete results"),
        ("part", "did not give the whole answer: HTTP 206"),
        ("parser", 'refused: 400 Bad Request: Parse error: Encountered "<EOF>" Was expecting'),
        ("compiler", "refused: 500 Internal Server Error: 37000 Error SP030: compiler"),
        ("policy", "refused: 403 Forbidden: Say who you are"),
        ("busy", "refused: 503 .*one moment"),
        ("later", "refused: 429 .*too many"),
        ("strange", "authentication required"),
        ("another-tongue", "the answer broke off"),
    ],
)
def test_what_cannot_is_one_line_with_its_reason(server: Manners, path: str, says: str) -> None:
    with pytest.raises(EndpointError, match=f"^{server.at(path)}: .*{says}") as error:
        EndpointStore(server.at(path)).select(ALL, {})
    assert "\n" not in error.value.what and len(error.value.what) < 500


@pytest.mark.parametrize("path", sorted(path for path in REFUSALS if path.startswith("moved")))
def test_a_move_is_told_and_nothing_goes_after_it(server: Manners, path: str) -> None:
    server.requests.clear()
    with pytest.raises(EndpointError, match="the endpoint has moved") as error:
        EndpointStore(server.at(path), credentials=("me", "secret")).select(ALL, {})
    assert error.value.hint == f"Use this address: {server.at('good')}"
    assert [request[1] for request in server.requests] == [f"/{path}"]


def test_who_asks_is_told_as_the_server_wants(server: Manners, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    with pytest.raises(EndpointError) as error:
        EndpointStore(server.at("token"), credentials=("me", "secret")).select(ALL, {})
    assert error.value.hint == "Set CMGRAPH_TOKEN."
    assert EndpointStore(server.at("digest"), credentials=("me", "secret")).select(ALL, {})[1]
    done = run("query", "--endpoint", server.at("token"), "-q", ALL, CMGRAPH_TOKEN="s3cret")
    assert done.stdout == "mine\nVoisey's Bay\n" and "s3cret" not in done.stderr
    monkeypatch.setenv("CMGRAPH_TOKEN", "s3cret")
    assert cmgraph.load(endpoint=server.at("token")).store.select(ALL, {})[1]


@pytest.mark.parametrize("path", ["says-1", "says-700", "says-1000", "silent-100", "silent-1000", "silent-2000"])
def test_an_answer_that_is_cut_comes_whole(server: Manners, path: str) -> None:
    if path == "says-1":
        server_rows = EndpointStore(server.at(path)).select(ALL + " LIMIT 1", {})[1]
        assert len(server_rows) == 1
        return
    for query in (ALL, ALL + " ORDER BY ?mine"):
        rows = EndpointStore(server.at(path)).select(query, {})[1]
        assert [row[0].value for row in rows if row[0]] == [str(number) for number in range(ROWS)]


@pytest.mark.parametrize("path", ["says-700", "silent-1000"])
def test_or_not_at_all(server: Manners, path: str) -> None:
    with pytest.raises(EndpointError, match="the server cut the answer at") as error:
        EndpointStore(server.at(path)).select(ALL + " LIMIT 2000", {})
    assert "ORDER BY" in error.value.hint
    with pytest.raises(EndpointError, match="blank nodes cannot be fetched by page"):
        EndpointStore(server.at("nodes-1000")).select(ALL, {})


def test_as_many_rows_as_were_asked_for_are_all(server: Manners) -> None:
    server.requests.clear()
    assert len(EndpointStore(server.at("silent-1000")).select(ALL + " LIMIT 1000", {})[1]) == 1000
    assert len(server.requests) == 1


def test_the_pages_of_a_query_keep_its_graphs(server: Manners) -> None:
    server.requests.clear()
    query = "PREFIX e: <http://e.org/> SELECT ?mine FROM e:a FROM NAMED <http://e.org/b> { ?s ?p ?mine }"
    assert len(EndpointStore(server.at("silent-1000")).select(query, {})[1]) == ROWS
    last = " ".join(server.requests[-1][2].split())
    assert "SELECT ?mine FROM e:a FROM NAMED <http://e.org/b> WHERE { { SELECT ?mine { ?s ?p ?mine }" in last
    with pytest.raises(CmgraphError, match=r"names its graph, <http://e\.org/a>, and so does"):
        EndpointStore(server.at("good"), "http://e.org/g").select(query, {})


def test_other_forms_are_answered(server: Manners) -> None:
    assert EndpointStore(server.at("truth")).ask("ASK { ?s ?p ?o }", {}, timeout=10)
    for query in ("CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://e.org/a>"):
        assert len(list(EndpointStore(server.at("turtle")).construct(query, {}))) == 1
        with pytest.raises(EndpointError, match="broke off, or is not Turtle"):
            list(EndpointStore(server.at("turtle-cut")).construct(query, {}))
    with pytest.raises(EndpointError, match="not that of an ASK"):
        EndpointStore(server.at("good")).ask("ASK { ?s ?p ?o }", {})


def test_a_query_is_sent_as_it_is_and_its_services_are_asked_by_the_server_alone(server: Manners) -> None:
    server.requests.clear()
    inner = server.at("good?inner")
    query = f"SELECT ?mine {{ SERVICE SILENT <{inner}> {{ ?s ?p ?mine }} FILTER(<http://e.org/near>(?mine)) }}"
    assert EndpointStore(server.at("good"), allow_service=True).select(query, {}, timeout=10)[1]
    assert [(path, sent) for _, path, sent, _ in server.requests] == [("/good", query)]
    with pytest.raises(CmgraphError, match="SERVICE is not allowed"):
        EndpointStore(server.at("good")).select(query, {})


def test_a_server_that_sends_a_byte_now_and_then_is_stopped(server: Manners, run: Run) -> None:
    started = time.monotonic()
    done = run("--timeout", "1", "query", "--endpoint", server.at("drip"), "-q", ALL)
    assert done.returncode == 5 and "stopped after 1 s" in done.stderr and time.monotonic() - started < 6


def test_the_command_ends_with_4_and_one_message(server: Manners, run: Run) -> None:
    for path in ("page", "part", "moved-302", "blank-in-iri", "broken-off"):
        done = run("query", "--endpoint", server.at(path), "-q", ALL)
        assert done.returncode == 4 and done.stdout == "" and len(done.stderr.splitlines()) <= 2


@pytest.mark.gate
@pytest.mark.parametrize("path", sorted(path for path in REFUSALS if path.startswith("moved")))
@pytest.mark.parametrize("credentials", [None, "s3cret", ("me", "secret")])
def test_no_graph_goes_after_a_move(
    server: Manners, untrusted_folder: Path, path: str, credentials: Credentials | None
) -> None:
    server.requests.clear()
    with pytest.raises(EndpointError, match="the endpoint has moved") as error:
        upload(server.at(path), [], cmgraph.load(untrusted_folder), credentials=credentials)
    assert error.value.hint == f"Use this address: {server.at('good')}"
    assert [request[1] for request in server.requests] == [f"/{path}?default"]


@pytest.mark.gate
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("page", "does not say that it took the graph: 200 OK: Please sign in"),
        ("part", "does not say that it took the graph: 206"),
        ("later-perhaps", "does not say that it took the graph: 202 Accepted: queued"),
        ("parser", "refused: 400 Bad Request: Parse error"),
        ("policy", "refused: 403 Forbidden: Say who you are"),
        ("busy", "refused: 503 .*one moment"),
        ("token", "authentication required"),
        ("another-tongue", "the answer broke off"),
        ("asleep", "did not answer: timed out"),
    ],
)
def test_a_graph_that_may_not_have_arrived_is_one_line(
    server: Manners, untrusted_folder: Path, path: str, says: str
) -> None:
    server.requests.clear()
    with pytest.raises(EndpointError, match=f"^{server.at(path)}: .*{says}") as error:
        upload(server.at(path), [], cmgraph.load(untrusted_folder), timeout=1)
    assert "\n" not in error.value.what and len(error.value.what) < 500
    assert len(server.requests) == 1


def test_a_graph_goes_to_the_address_given_from_whom_the_server_wants(
    server: Manners, untrusted_folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = cmgraph.load(untrusted_folder)
    server.requests.clear()
    assert upload(server.at("taken?tenant=1"), [], graph, into="http://e.org/a&b", replace=True) > 0
    assert [request[:2] for request in server.requests] == [("PUT", "/taken?tenant=1&graph=http%3A%2F%2Fe.org%2Fa%26b")]
    assert upload(server.at("digest"), [], graph, credentials=("me", "secret")) > 0
    done = run("load", "--data", str(untrusted_folder), "--endpoint", server.at("token"), CMGRAPH_TOKEN="s3cret")
    assert done.returncode == 0 and "s3cret" not in done.stderr
    done = run("load", "--data", str(untrusted_folder), "--endpoint", server.at("moved-307"), CMGRAPH_TOKEN="s3cret")
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("file:///etc/hostname", "no address of a server"),
        ("example.org/sparql", "no address of a server"),
        ("http:///sparql", "no address of a server"),
        ("http://[::1/sparql", "did not answer: Invalid IPv6 URL"),
        ("http://127.0.0.1:port/sparql", "no address of a server: nonnumeric port"),
        ("http://me:s3cret@127.0.0.1:9/sparql", "an address holds no password"),
    ],
)
def test_what_is_no_address_is_said(untrusted_folder: Path, address: str, says: str) -> None:
    with pytest.raises(EndpointError, match=says) as error:
        EndpointStore(address).select(ALL, {})
    assert "s3cret" not in str(error.value)
    with pytest.raises(EndpointError, match=says) as error:
        upload(address, [], cmgraph.load(untrusted_folder))
    assert "s3cret" not in str(error.value)
