"""Tools for agents, called by the official client through the real command."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

import cmgraph
from cmgraph.answers.result import Result
from cmgraph.graph import Graph
from cmgraph.rdf.terms import NamedRef
from cmgraph.text.i18n import message
from conftest import ROOT
from serving import COMMAND, Answer, Server, serving

ASKED = yaml.safe_load((ROOT / "tests/asking/asked.yaml").read_text(encoding="utf-8"))
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


class Agent:
    """An agent in a session of its own."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self.portal, self.client = portal, client

    def call(self, tool: str, /, **given: object) -> CallToolResult:
        return self.portal.call(self.client.call_tool, tool, given)


@pytest.fixture(scope="module", params=["stdio", "http"])
def agent(bundled_graph: Graph, request: pytest.FixtureRequest) -> Iterator[Agent]:
    """Let an agent ask the bundled graph: of ``cmgraph mcp``, and of ``cmgraph serve``."""
    if request.param == "http":
        with (
            serving("--request-timeout", "8") as running,
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(Client(running.address + "mcp")) as client,
        ):
            yield Agent(portal, client)
        return
    environment = {name: value for name, value in os.environ.items() if name != "LANG"}
    args = [*COMMAND[1:], "mcp", "--request-timeout", "8"]
    server = StdioServerParameters(command=COMMAND[0], args=args, env=environment)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server)) as client:
        yield Agent(portal, client)


def text(result: CallToolResult) -> str:
    (block,) = result.content
    return str(getattr(block, "text", ""))


def size(result: CallToolResult) -> int:
    return len(json.dumps(result.structured_content, ensure_ascii=False).encode()) + len(text(result).encode())


@pytest.mark.gate
def test_an_agent_finds_its_way_from_the_list_of_tools(agent: Agent) -> None:
    listed: Any = agent.portal.call(agent.client.list_tools)
    assert {tool.name for tool in listed.tools} == {
        *("search", "ask", "describe", "questions", "question", "answer", "sparql", "path", "compare")
    }
    assert all(tool.annotations.read_only_hint and tool.description for tool in listed.tools)
    schemas = [schema for tool in listed.tools for schema in tool.input_schema["properties"].values()]
    assert all(None not in schema.values() for schema in schemas)  # a text cut at its comma
    assert len(listed.model_dump_json()) < 16_000 and "was not seen" in str(agent.client.instructions)


@pytest.mark.gate
def test_rows_are_those_of_the_question_and_their_sources_stand_in_both_forms(
    agent: Agent, bundled_graph: Graph
) -> None:
    expected = bundled_graph.query("partners", actor="European Investment Bank")
    answered = agent.call("answer", name="partners", values={"actor": "European Investment Bank"})
    said = answered.structured_content
    assert [row["partner"]["label"] for row in said["rows"]] == [str(row[0]) for row in expected]
    assert [source["citation"] for source in said["sources"]] == [citation.iri for citation in expected.citations]
    assert said["sources"][0]["support"]["label"] == "read in the source"
    assert all(citation.url in text(answered) for citation in expected.citations)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("answer", {"name": "partners", "values": {"actor": "Canada"}, "max": 1000}),
        ("describe", {"name": "Government of Canada"}),
        ("describe", {"name": "lithium", "lang": "fr"}),
        ("path", {"one": "Canada", "other": "Japan", "count": 1}),
        ("sparql", {"query": "SELECT ?x ?cite { ?x a cm:Membership ; cm:hasCitation ?cite } ORDER BY ?x LIMIT 500"}),
    ],
)
def test_every_answer_fits_and_is_complete_in_itself(agent: Agent, tool: str, given: dict[str, Any]) -> None:
    result = agent.call(tool, **given)
    said = result.structured_content
    absent = message("not_seen", given.get("lang", "en"))
    assert not result.is_error and said["sources"] and said["not_listed"] == absent and absent in text(result)
    assert size(result) <= 16_000 and said["next_offset"] < said["total"]
    numbers = {source["number"] for source in said["sources"]}
    assert {n for row in said.get("rows", said.get("statements")) for n in row["citations"]} <= numbers


@pytest.mark.gate
def test_the_text_of_a_thing_has_its_figures_too_and_needs_no_command_line(agent: Agent) -> None:
    said, answered = {"next_offset": 0}, None
    while answered is None or "observation" not in {one["kind"]["label"] for one in said["statements"]}:
        answered = agent.call("describe", name="lithium", offset=said["next_offset"], max=50)
        said = answered.structured_content
    assert sum(line.startswith("  ") for line in text(answered).splitlines()) == len(said["statements"])
    assert "cmgraph" not in re.sub(r"https?://\S+", "", text(answered))


@pytest.mark.gate
def test_parts_lead_through_a_long_answer(agent: Agent, bundled_graph: Graph) -> None:
    expected = bundled_graph.query("partners", actor="Japan")
    rows: list[Any] = []
    while True:
        result = agent.call("answer", name="partners", values={"actor": "Japan"}, offset=len(rows), max=1000)
        said = result.structured_content
        assert size(result) <= 16_000 and said["total"] == len(expected)
        rows += said["rows"]
        if said["next_offset"] is None or len(rows) > 50:
            break
        assert said["next_offset"] == len(rows)
    shown = [(row["partner"]["iri"], row["via"]["iri"]) for row in rows]
    assert len(shown) > 20 and shown == [(row[0].iri, row[1].iri) for row in expected.rows[: len(rows)]]  # type: ignore[union-attr]


@pytest.mark.gate
def test_every_question_is_listed_and_can_be_described(agent: Agent, bundled_graph: Graph) -> None:
    listed: list[str] = []
    while len(listed) < len(bundled_graph.questions):
        said = agent.call("questions", max=1000, offset=len(listed))
        assert size(said) <= 16_000
        listed += [one["name"] for one in said.structured_content["questions"]]
    assert listed == [*bundled_graph.questions]
    for name in listed:
        result = agent.call("question", name=name)
        assert not result.is_error and result.structured_content["name"] == name and size(result) <= 16_000


def shown(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return the things in the first rows of what a tool answered."""
    return [[cell["iri"] for cell in row.values() if isinstance(cell, dict) and "iri" in cell] for row in rows[:5]]


def things(result: Result) -> list[list[str]]:
    """Return those of an answer of the library."""
    return [[cell.iri for cell in row if isinstance(cell, NamedRef)] for row in result.rows[:5]]


@pytest.mark.gate
@pytest.mark.parametrize("agent", [pytest.param("stdio", marks=pytest.mark.thorough), "http"], indirect=True)
def test_thirty_questions_in_plain_words_are_answered_by_tools_alone(agent: Agent, bundled_graph: Graph) -> None:
    """What a script does that has nothing but the tools: it asks which question is meant, and answers the first."""
    answered, wrong = 0, []
    for asked in [one for one in ASKED if one["fits"]][:30]:
        first = agent.call("ask", text=asked["text"]).structured_content["suggestions"][0]
        result = agent.call("answer", name=first["name"], values=first["values"])
        said = result.structured_content
        assert not result.is_error and size(result) <= 16_000 and said["not_listed"]
        assert not said["rows"] or said["sources"], first
        fits = {name: values for fit in asked["fits"] for name, values in fit.items()}
        expected = bundled_graph.query(first["name"], **fits[first["name"]]) if first["name"] in fits else None
        if (
            expected is not None
            and said["total"] == len(expected)
            and shown(said["rows"]) == things(expected)[: len(said["rows"])]
        ):
            answered += 1
        else:
            wrong.append((asked["text"], first["name"], first["values"]))
    assert answered >= 25, wrong


@pytest.mark.gate
@pytest.mark.parametrize(
    ("tool", "given", "says"),
    [
        ("sparql", {"query": ENDLESS}, "stopped after 8 s"),
        ("sparql", {"query": "INSERT DATA { <urn:a> <urn:b> <urn:c> }"}, "INSERT is an update"),
        ("sparql", {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}, "SERVICE is not allowed"),
        ("sparql", {"query": "DESCRIBE agent:european-union"}, "not a SELECT"),
        ("sparql", {"query": "partners"}, ""),
        ("sparql", {"query": "SELECT * { ?s ?p ?o }"}, "larger than"),
        ("describe", {"name": "European Unoin"}, "European Union"),
        ("describe", {"name": "agent:nobody-at-all"}, ""),
        ("answer", {"name": "partners", "values": {"actor": '") } UNION { ?s ?p ?o } #'}}, "actor"),
        ("answer", {"name": "partners", "values": {"actr": "EU"}}, "actor"),
        ("answer", {"name": "partners", "values": {"actor": {"a": "b"}}}, "values/actor"),
        ("search", {"text": "eu", "max": 0}, "max"),
        ("search", {"text": "eu", "path": "/etc/passwd"}, "path"),
        ("shell", {"command": "ls"}, "no tool 'shell'"),
    ],
)
def test_what_goes_wrong_is_an_error_and_never_an_empty_answer(
    agent: Agent, tool: str, given: dict[str, Any], says: str
) -> None:
    result = agent.call(tool, **given)
    assert result.is_error and text(result).startswith("Error: ") and says in text(result)
    assert "Traceback" not in text(result) and str(Path(cmgraph.__file__).parent.parent) not in text(result)
    assert agent.call("sparql", query="ASK {}").structured_content == {"boolean": True}


def test_the_model_and_the_questions_are_there_to_read(agent: Agent, bundled_graph: Graph) -> None:
    listed: Any = agent.portal.call(agent.client.list_resources)
    read = {}
    for resource in listed.resources:
        (contents,) = agent.portal.call(agent.client.read_resource, resource.uri).contents
        read[resource.name] = contents.text
        assert resource.description and len(contents.text.encode()) <= 16_000
    assert "- cm:Membership: membership (class" in read["model"] and "cm:hasCitation" in read["model"]
    assert [line.split(":")[0] for line in read["questions"].splitlines()] == [
        f"- {n}" for n in bundled_graph.questions
    ]
    with pytest.raises(MCPError, match="no such resource"):
        agent.portal.call(agent.client.read_resource, "file:///etc/passwd")


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


def post(server: Server, body: bytes = b"", **headers: str) -> Answer:
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
    accepted = {"accept": "application/json, text/event-stream", "content_type": "application/json"}
    return server.send("POST", "/mcp", body or asked, **{**accepted, **headers})


@pytest.mark.gate
def test_no_other_site_can_ask_through_a_browser(server: Server) -> None:
    assert len(json.loads(post(server).body)["result"]["tools"]) == 9
    assert post(server, host="evil.example").status == 421
    assert post(server, origin="https://evil.example").status == 403
    assert post(server, origin=server.address.rstrip("/")).status == 200


@pytest.mark.gate
def test_behind_another_server_its_name_is_taken_too(untrusted_folder: Path) -> None:
    with serving("--data", str(untrusted_folder), "--public-url", "https://example.org/minerals/") as server:
        assert post(server, host="example.org", origin="https://example.org").status == 200
        assert post(server, host="example.com").status == 421


def test_what_is_no_call_is_refused(server: Server) -> None:
    assert server.get("/mcp").status == 405 and server.send("DELETE", "/mcp").status == 405
    assert post(server, b"{").status == 400
    assert post(server, b"[" * 900_000).status == 400
    assert post(server, b" " * 1_000_001).status == 413
    assert post(server).status == 200
