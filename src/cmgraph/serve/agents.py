"""Tools for agents, by the Model Context Protocol over standard input and output."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from cmgraph.errors import CmgraphError
from cmgraph.graph import LANGUAGES
from cmgraph.serve.api import Part
from cmgraph.serve.limits import TIMEOUT
from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem, details
from cmgraph.text.yaml_files import read_yaml

SIZE = 16_000
"""Bytes that an answer may have, in both its forms together: clients cut longer ones, or refuse them."""

_ROWS = 50
"""Rows that an answer has unless more are asked for."""

_EVERY: Mapping[str, Any] = {
    "max": {"type": "integer", "minimum": 1, "maximum": 1000, "default": _ROWS, "description": "Rows at most."},
    "offset": {
        "type": "integer",
        "minimum": 0,
        "maximum": 1_000_000,
        "default": 0,
        "description": "Rows to pass over.",
    },
    "lang": {"type": "string", "enum": list(LANGUAGES), "description": "Language of names and texts."},
}
"""What every tool takes."""


def serve_agents(arguments: Mapping[str, Any], timeout: float = TIMEOUT) -> None:
    """Answer the agent at the other end of standard input and output until it leaves.

    :param arguments: what :func:`cmgraph.load` is given.
    :param timeout: seconds after which a call is stopped.
    :raises CmgraphError: if the graph cannot be loaded.
    """
    asyncio.run(_serve(Pool(arguments, timeout, 1)))


async def _serve(pool: Pool) -> None:
    async def list_tools(_: ServerRequestContext, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(name) for name in _described()["tools"]])

    async def call_tool(_: ServerRequestContext, call: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            data, text = await _answer(pool, call.name, call.arguments or {})
        except CmgraphError as error:
            said = details(error)
            text = "\n".join(str(said[part]) for part in ("detail", "excerpt", "hint") if said.get(part))
            content: list[types.ContentBlock] = [types.TextContent(type="text", text=f"Error: {text}")]
            return types.CallToolResult(content=content, structured_content=said, is_error=True)
        content = [types.TextContent(type="text", text=text)]
        return types.CallToolResult(content=content, structured_content=data)

    try:
        await pool.start()
        server = Server(
            "cmgraph",
            instructions=_described()["instructions"],
            on_list_tools=list_tools,
            on_call_tool=call_tool,
        )
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    finally:
        await pool.close()


async def _answer(pool: Pool, name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Do what a tool does.

    :raises CmgraphError: if there is no such tool, or it cannot be done.
    """
    tools = _described()["tools"]
    if name not in tools:
        raise Problem(f"there is no tool '{name[:100]}'", hint=f"There are: {', '.join(tools)}.")
    for error in jsonschema.Draft202012Validator(_tool(name).input_schema).iter_errors(arguments):
        place = "/".join(map(str, error.absolute_path))
        raise Problem(f"{place + ': ' if place else ''}{error.message[:300]}")
    given = {key: value for key, value in arguments.items() if key not in _EVERY}
    if name == "answer":
        given = {"values": {}, **given}
    part = Part(arguments.get("offset", 0), arguments.get("max", _ROWS))
    of = tools[name].get("of", name)
    said, notices = await pool.run("said", arguments.get("lang", ""), of=of, given=given, part=part, size=SIZE)
    data = {**said.data, "notices": notices} if notices else said.data
    return data, "\n".join([said.text, *notices])


@cache
def _described() -> dict[str, Any]:
    described: dict[str, Any] = read_yaml(Path(__file__).with_name("tools.yaml"))
    return described


@cache
def _tool(name: str) -> types.Tool:
    tool = _described()["tools"][name]
    return types.Tool(
        name=name,
        title=tool["title"],
        description=tool["description"],
        input_schema={
            "type": "object",
            "properties": {**tool["takes"], **_EVERY},
            "required": tool.get("required", []),
            "additionalProperties": False,
        },
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )
