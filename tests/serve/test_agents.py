"""Tools for agents, called by the official client through the real command."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult

import cmgraph
from serving import COMMAND

Calls = list[tuple[str, dict[str, Any]]]

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def session(*options: str) -> StdioServerParameters:
    environment = {name: value for name, value in os.environ.items() if name != "LANG"}
    return StdioServerParameters(command=sys.executable, args=[*COMMAND[1:], "mcp", *options], env=environment)


def call(*calls: tuple[str, dict[str, Any]], options: tuple[str, ...] = ()) -> list[CallToolResult]:
    """Call tools one after the other in one session with the bundled graph."""

    async def run() -> list[CallToolResult]:
        async with Client(session(*options)) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(run())


def text(result: CallToolResult) -> str:
    (block,) = result.content
    return str(getattr(block, "text", ""))


def size(result: CallToolResult) -> int:
    return len(json.dumps(result.structured_content, ensure_ascii=False).encode()) + len(text(result).encode())


def test_an_agent_finds_its_way_from_the_list_of_tools() -> None:
    async def run() -> tuple[Any, Any]:
        async with Client(session()) as client:
            return await client.list_tools(), client.instructions

    listed, instructions = asyncio.run(run())
    assert {tool.name for tool in listed.tools} == {
        *("search", "describe", "questions", "question", "answer", "sparql", "path")
    }
    assert all(tool.annotations.read_only_hint and tool.description for tool in listed.tools)
    assert len(listed.model_dump_json()) < 16_000 and "was not seen" in instructions


def test_answers_carry_their_sources_in_both_forms_and_fit() -> None:
    expected = cmgraph.load().query("partners", actor="European Investment Bank")
    answered, described, path, asked = call(
        ("answer", {"name": "partners", "values": {"actor": "European Investment Bank"}}),
        ("describe", {"name": "Government of Canada"}),
        ("path", {"one": "Canada", "other": "Japan", "count": 1}),
        ("sparql", {"query": "SELECT ?x ?cite { ?x a cm:Membership ; cm:hasCitation ?cite } ORDER BY ?x LIMIT 5"}),
    )
    rows = answered.structured_content
    assert [row["partner"]["label"] for row in rows["rows"]] == [str(row[0]) for row in expected]
    assert [source["citation"] for source in rows["sources"]] == [citation.iri for citation in expected.citations]
    assert rows["sources"][0]["support"]["label"] == "read in the source" and expected.citations[0].url in text(
        answered
    )
    for result in (answered, described, path, asked):
        said = result.structured_content
        assert not result.is_error and said["sources"] and "was not seen" in said["not_listed"]
        assert "was not seen" in text(result) and size(result) <= 16_000
        numbers = {source["number"] for source in said["sources"]}
        assert {n for row in said.get("rows", said.get("statements")) for n in row["citations"]} <= numbers


def test_parts_lead_through_the_whole_of_a_long_answer() -> None:
    expected = cmgraph.load().query("partners", actor="Canada")

    async def run() -> list[Any]:
        rows: list[Any] = []
        async with Client(session()) as client:
            following: int | None = 0
            while following is not None and len(rows) < 120:
                values = {"actor": "Canada"}
                given = {"name": "partners", "values": values, "offset": following, "max": 1000}
                result = await client.call_tool("answer", given)
                assert size(result) <= 16_000 and result.structured_content["total"] == len(expected)
                rows += result.structured_content["rows"]
                following = result.structured_content["next_offset"]
                assert following is None or following == len(rows)
        return rows

    rows = asyncio.run(run())
    assert len(rows) >= 100
    shown = [(row["partner"]["iri"], row["via"]["iri"]) for row in rows]
    assert shown == [(row[0].iri, row[1].iri) for row in expected.rows[: len(rows)]]  # type: ignore[union-attr]


def test_every_question_can_be_described_and_listed() -> None:
    names = [*cmgraph.load().questions]
    listed, *described = call(("questions", {"max": 1000}), *(("question", {"name": name}) for name in names))
    assert listed.structured_content["total"] == len(names) and size(listed) <= 16_000
    for name, result in zip(names, described, strict=True):
        assert not result.is_error and result.structured_content["name"] == name and size(result) <= 16_000


def test_what_goes_wrong_is_an_error_and_never_an_empty_answer() -> None:
    calls: Calls = [
        ("sparql", {"query": ENDLESS}),
        ("sparql", {"query": "INSERT DATA { <urn:a> <urn:b> <urn:c> }"}),
        ("sparql", {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}),
        ("sparql", {"query": "DESCRIBE agent:european-union"}),
        ("describe", {"name": "European Unoin"}),
        ("answer", {"name": "partners", "values": {"actor": '") } UNION { ?s ?p ?o } #'}}),
        ("answer", {"name": "partners", "values": {"actr": "EU"}}),
        ("search", {"text": "eu", "max": 0}),
        ("search", {"text": "eu", "path": "/etc/passwd"}),
        ("shell", {"command": "ls"}),
    ]
    *failed, alive = call(*calls, ("sparql", {"query": "ASK {}"}), options=("--request-timeout", "2"))
    says = [
        "stopped after 2 s",
        "INSERT is an update",
        "SERVICE",
        "SELECT",
        "European Union",
        "",
        "actor",
        "max",
        "path",
    ]
    for result, part in zip(failed, [*says, "no tool 'shell'"], strict=True):
        assert result.is_error and text(result).startswith("Error: ") and part in text(result)
        assert "Traceback" not in text(result) and str(Path(cmgraph.__file__).parent.parent) not in text(result)
    assert not alive.is_error and alive.structured_content == {"boolean": True}


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_an_agent_is_answered_in_its_language(lang: str) -> None:
    (result,) = call(("describe", {"name": "EU", "lang": lang, "max": 1}))
    assert result.structured_content["label"] == {"en": "European Union", "fr": "Union européenne"}[lang]
