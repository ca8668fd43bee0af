"""The API over HTTP: typed parameters, parts, sources with everything, and problems that say what to do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import networkx
import pytest

import cmgraph
from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE, RDF_TYPE
from conftest import ROOT, Run
from serving import Server, serving


@pytest.fixture(scope="module")
def graph(untrusted_folder: Path) -> Graph:
    """Return the graph that is served."""
    return cmgraph.load(untrusted_folder)


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts, with seven questions."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


def get(server: Server, path: str, **parameters: object) -> dict[str, Any]:
    answer = server.get(f"{path}?{urlencode(parameters, doseq=True)}")
    assert answer.status == 200, answer.text
    said: dict[str, Any] = json.loads(answer.body)
    return said


def test_a_saved_question_is_answered_as_on_the_command_line(server: Server, graph: Graph) -> None:
    expected = graph.query("partners", actor="Government of Canada")
    said = get(server, "/api/questions/partners/answer", actor="Government of Canada", max=1000)
    assert said["total"] == len(expected) > 3 and said["next_offset"] is None and said["not_listed"]
    assert [row["partner"]["label"] for row in said["rows"]] == [str(row[0]) for row in expected]
    assert [source["citation"] for source in said["sources"]] == [citation.iri for citation in expected.citations]


def test_the_command_line_asks_this_server_as_any_other(server: Server, untrusted_folder: Path, run: Run) -> None:
    asked = ("query", "partners", "-p", "actor=Canada", "-f", "json", "--data", str(untrusted_folder))
    here, there = run(*asked), run(*asked, "--endpoint", server.address + "sparql")
    assert here.returncode == there.returncode == 0, there.stderr
    assert json.loads(here.stdout)["rows"] and there.stdout == here.stdout


def test_parts_put_together_are_the_whole_each_with_the_sources_it_rests_on(server: Server) -> None:
    def row(said: dict[str, Any], row: dict[str, Any]) -> tuple[object, ...]:
        cited = {source["number"]: source["citation"] for source in said["sources"]}
        return row["partner"]["iri"], row["via"]["iri"], *(cited[number] for number in row["citations"])

    path = "/api/questions/partners/answer?actor=Canada"
    whole = json.loads(server.get(path + "&max=1000").body)
    rows, following = [], path + "&max=2"
    while following:
        answer = server.get(following)
        said = json.loads(answer.body)
        rows += [row(said, one) for one in said["rows"]]
        assert {n for one in said["rows"] for n in one["citations"]} == {s["number"] for s in said["sources"]}
        link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("link", ""))
        following = link[1] if link else ""
    assert rows == [row(whole, one) for one in whole["rows"]]


def test_an_answer_comes_as_csv(server: Server) -> None:
    answer = server.get("/api/questions/partners/answer?actor=Canada&max=2", accept="text/csv")
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert answer.media_type == "text/csv" and header[:2] == ["partner", "partner_iri"] and len(rows) == 2
    assert int(answer.headers["x-total"]) > 2


def test_a_thing_is_described_with_its_statements_in_parts(server: Server, graph: Graph) -> None:
    expected = graph.entity("European Union")
    said = get(server, "/api/entity", name="EU", max=2, offset=1)
    assert said["total"] == len(expected.statements)
    assert [one["iri"] for one in said["statements"]] == [one.iri for one in expected.statements[1:3]]
    assert said["sources"] and all(source["checked"] for source in said["sources"])
    french = get(server, "/api/entity", name="EU", lang="fr")
    assert french["label"] == "Union européenne"


def test_things_are_found_by_name_and_by_what_lies_between_them(server: Server) -> None:
    assert get(server, "/api/search", q="european union", max=1)["results"][0]["curie"] == "agent:european-union"
    assert get(server, "/api/search", q="qqqq")["results"] == []
    said = get(server, "/api/path", **{"from": "Canada", "to": "European Union", "count": 1})
    assert said["rows"][0]["from"]["label"] == "Government of Canada" and said["rows"][0]["citations"]


def test_what_lies_around_a_thing_is_listed_with_its_sources(server: Server) -> None:
    said = get(server, "/api/neighbours", name="European Union", max=1000)
    assert "Government of Canada" in {row["thing"]["label"] for row in said["rows"]}
    numbers = {source["number"] for source in said["sources"]}
    assert all(row["citations"] and {*row["citations"]} <= numbers for row in said["rows"])
    assert get(server, "/api/neighbours", name="source:partnerships-page-a")["total"] == 0


def test_actors_are_compared_as_on_the_command_line(server: Server, graph: Graph) -> None:
    expected = cmgraph.compare_actors(graph, ["Canada", "EU"], through="agreements")
    said = get(server, "/api/compare", actor=["Canada", "EU"], through="agreements", max=1000)
    assert [row["thing"]["iri"] for row in said["rows"]] == [row[1].iri for row in expected]  # type: ignore[union-attr]
    assert said["total"] > 0 and {source["citation"] for source in said["sources"]} == {
        citation.iri for citation in expected.citations
    }


@pytest.mark.parametrize(
    "path",
    [
        "/api/neighbours?name=EU",
        "/api/compare?actor=Canada&actor=EU",
        "/api/path?from=Canada&to=EU",
        "/api/networks?",
    ],
)
def test_every_table_comes_as_csv_too(server: Server, path: str) -> None:
    rows = json.loads(server.get(path).body)["total"]
    answer = server.get(path + "&max=2", accept="text/csv")
    assert answer.media_type == "text/csv" and int(answer.headers["x-total"]) == rows > 0
    assert len([*csv.reader(io.StringIO(answer.text))]) == 1 + min(2, rows)
    assert server.get(path, accept="image/png").status == 406


@pytest.mark.gate
def test_figures_are_those_of_the_question(bundled_graph: Graph) -> None:
    asked = {"quantity": "mine production", "mineral": "uranium", "place": "Canada"}
    with serving() as server:
        said = get(server, "/api/figures", **asked, max=1000)
        assert said["total"] == len(bundled_graph.query("figures", **asked)) > 0 and said["sources"]
        assert get(server, "/api/figures", place="Canada", year=2023, max=1)["total"] > 1


@pytest.mark.gate
def test_what_changed_since_an_edition_is_told(untrusted_folder: Path, untrusted_export: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    for name in ("export.json", "cmgraph.nt"):
        shutil.copy(untrusted_export / name, earlier)
    lines = (earlier / "cmgraph.nt").read_text(encoding="utf-8").splitlines(keepends=True)
    gone = f"<{BASE}id/arrangement/memorandum-gone> <{RDF_TYPE.value}> <{BASE}def#Agreement> .\n"
    kept = [line for line in lines if f"<{BASE}id/agent/european-union>" not in line]
    (earlier / "cmgraph.nt").write_text("".join([*kept, gone]), encoding="utf-8")
    (earlier / "dataset.jsonld").write_text('{"version": "0.0", "datePublished": "2020-01-01"}', encoding="utf-8")
    with serving("--data", str(untrusted_folder), "--since", str(earlier)) as server:
        said = get(server, "/api/changes", how="added", max=1000)
        added = next(row for row in said["rows"] if row["thing"]["iri"] == f"{BASE}id/agent/european-union")
        assert added["thing"]["label"] == "European Union" and added["citations"] and said["sources"]
        (removed,) = get(server, "/api/changes", how="removed")["rows"]
        assert removed["thing"]["iri"].endswith("memorandum-gone") and removed["citations"] == []
        page = server.get("/changes").text
        assert "0.0 (2020-01-01)" in page and "European Union</a>" in page
        assert "0.0" in server.get("/").text and "european-union" in server.get("/changes.csv").text


def test_a_server_that_knows_no_earlier_edition_says_so(server: Server) -> None:
    answer = server.get("/api/changes")
    assert answer.status == 404 and "no earlier edition" in answer.text  # and not: nothing changed


@pytest.mark.parametrize(
    ("status", "path", "says"),
    [
        (400, "/api/search", "'q' is missing"),
        (400, "/api/search?q=a&q=b", "given 2 times"),
        (400, "/api/search?q=a&max=0", "from 1 to 1,000"),
        (400, "/api/search?q=a&offset=-1", "whole number"),
        (400, "/api/search?q=a&offset=%D9%A3", "whole number"),
        (400, "/api/search?q=a&nope=1", "no parameter 'nope'"),
        (400, "/api/search?q=a&lang=de", "no language"),
        (400, "/api/search?q=a&lang=", "no language"),
        (400, "/api/search?q=%ED%A0%80", "not UTF-8"),
        (400, "/api/questions/partners/answer?actor=Nowhere", "Nowhere"),
        (400, "/api/questions/partners/answer?actr=EU", "no parameter 'actr'"),
        (400, "/api/questions/coverage/answer?asOf=yesterday", "asOf"),
        (400, "/api/questions/partners/answer?asOf=yesterday", "asOf: not a day"),
        (400, "/api/questions/partners/answer?actor=Nobody", "actor: unknown actor 'Nobody'"),
        (400, "/api/questions/partners/answer?through=ships", "through: not one of the choices"),
        (404, "/api/questions/partnrs/answer", "unknown question"),
        (404, "/api/questions/..%2F..%2Fetc%2Fpasswd", ""),
        (404, "/api/entity?name=European%20Unoin", "unknown entity"),
        (404, "/api/path?from=Canada&to=EU&over=nothing", ""),
        (400, "/api/compare?actor=Canada", "from 2 to 20 actors"),
        (400, "/api/compare?actor=Canada&actor=Canada", "two actors or more"),
        (400, "/api/compare?actor=Canada&actor=EU&through=ships", "agreements or bodies"),
        (400, "/api/compare?actor=Canada&actor=EU&since=soon", "since"),
        (404, "/api/neighbours?name=Nobody", "unknown"),
        (404, "/api/neighbours?name=EU&over=nothing", ""),
        (404, "/api/figures?place=Canada", "unknown question"),
        (400, "/api/changes?how=sideways", "'how' is one of"),
        (405, "/api/search?q=a", ""),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(
    server: Server, untrusted_folder: Path, status: int, path: str, says: str
) -> None:
    answer = server.send("DELETE" if status == 405 else "GET", path)
    said = json.loads(answer.body)
    assert (answer.status, said["status"], answer.media_type) == (status, status, "application/problem+json")
    assert says in said["detail"] and str(untrusted_folder) not in answer.text and "--" not in answer.text


@pytest.mark.parametrize(
    "value", ['") } UNION { ?s ?p ?o } #', "} } # {", "<script>", "\\u0022", "any any", "x" * 5000]
)
def test_a_value_stays_a_value(server: Server, value: str) -> None:
    answer = server.get(f"/api/questions/partners/answer?actor={quote(value)}")
    assert answer.status == 400 and answer.media_type == "application/problem+json"


def test_what_is_answered_is_as_openapi_says(server: Server, graph: Graph) -> None:
    described = json.loads(server.get("/openapi.json").body)
    assert described["openapi"].startswith("3.1") and described["servers"] == [{"url": server.address.rstrip("/")}]
    for name in graph.questions:
        assert f"/api/questions/{name}/answer" in described["paths"]
    schemas = {"components": described["components"]}
    part = {"$ref": "#/components/schemas/Part", **schemas}
    for path in ("/api/search?q=eu", "/api/entity?name=EU", "/api/questions", "/api/questions/partners/answer"):
        jsonschema.validate(json.loads(server.get(path).body), part)
    problem = {"$ref": "#/components/schemas/Problem", **schemas}
    jsonschema.validate(json.loads(server.get("/api/search").body), problem)
    declared = {
        p["name"] for p in described["paths"]["/api/questions/partners/answer"]["get"]["parameters"] if "name" in p
    }
    assert declared == {parameter.name for parameter in graph.question("partners").parameters}


def test_a_network_is_a_file_that_other_tools_open(server: Server) -> None:
    listed = json.loads(server.get("/api/networks").body)
    names = [row["name"] for row in listed["rows"]]
    assert listed["total"] == len(names) and "actors" in names
    graphml = server.get("/api/networks/actors.graphml")
    assert graphml.media_type == "application/graphml+xml"
    net = networkx.parse_graphml(graphml.text)
    assert net.number_of_edges() > 5 and all(data["sources"] for _, _, data in net.edges(data=True))
    earlier = networkx.parse_graphml(server.get("/api/networks/actors.graphml?asOf=1990-01-01").text)
    assert earlier.number_of_edges() < net.number_of_edges()
    assert server.get("/api/networks/actors.csv").text.startswith("source,source_iri,target")
    assert server.get("/api/networks/actors.gexf").status == server.get("/api/networks/actors.cyjs").status == 200
    for status, path in (
        (404, "actors"),
        (404, "actors.exe"),
        (404, "nothing.gexf"),
        (404, ".gexf"),
        (400, "actors.gexf?asOf=soon"),
        (400, "actors.gexf?two_mode=1"),
        (400, "actors.gexf?network_filter=1"),
    ):
        answer = server.get(f"/api/networks/{path}")
        assert (answer.status, answer.media_type) == (status, "application/problem+json"), path


@pytest.mark.gate
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_of_the_documentation_run(tmp_path: Path) -> None:
    page = (ROOT / "docs/serve.md").read_text(encoding="utf-8")
    examples = re.findall("^curl (.*)$", page, re.M)
    with serving() as server:
        for example in examples:
            command = f"curl -sf {example.replace('http://127.0.0.1:8000/', server.address)}"
            done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
            written = done.stdout + "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
            assert done.returncode == 0 and len(written.splitlines()) + written.count('"total"') > 1, command
            assert '"total":0' not in written, command
    assert len(examples) >= 10
