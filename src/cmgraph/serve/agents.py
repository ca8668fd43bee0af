"""Tools for agents, by the Model Context Protocol: over standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError

from cmgraph.errors import CmgraphError
from cmgraph.graph import LANGUAGES
from cmgraph.serve.api import Part
from cmgraph.serve.limits import BODY, TIMEOUT
from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem, details
from cmgraph.text.yaml_files import read_yaml

SIZE = 16_000
"""Bytes that an answer may have, in both its forms together: clients cut longer ones, or refuse them."""

_ROWS = 50
"""Rows that an answer has unless more are asked for."""

_LINES = 10_000
"""Lines that a resource may have, if they fit."""

_SCHEME, _PLAIN = "cmgraph://", "text/plain"

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
    try:
        await pool.start()
        server = _server(pool)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    finally:
        await pool.close()


def over_http(pool: Pool, hosts: Collection[str], origins: Collection[str]) -> StreamableHTTPSessionManager:
    """Return what answers agents over HTTP, each request by itself.

    :param hosts: what a request may call this server, so that no other name can be made to lead here.
    :param origins: of which pages may ask.
    """
    logging.getLogger("mcp").setLevel(logging.ERROR)  # what strangers send is no fault of this server
    return StreamableHTTPSessionManager(
        _server(pool),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(allowed_hosts=[*hosts], allowed_origins=[*origins]),
        max_request_body_size=BODY,
    )


def _server(pool: Pool) -> Server[Any]:
    async def list_tools(_: ServerRequestContext, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(name) for name in _described()["tools"]])

    async def call_tool(_: ServerRequestContext, call: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            data, text = await _answer(pool, call.name, call.arguments or {})
        except CmgraphError as error:
            said = details(error)
            content: list[types.ContentBlock] = [types.TextContent(type="text", text=f"Error: {_in_words(said)}")]
            return types.CallToolResult(content=content, structured_content=said, is_error=True)
        content = [types.TextContent(type="text", text=text)]
        return types.CallToolResult(content=content, structured_content=data)

    async def list_resources(
        _: ServerRequestContext, __: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        listed = [
            types.Resource(
                uri=_SCHEME + name,
                name=name,
                title=one["title"],
                description=one["description"],
                mime_type=_PLAIN,
            )
            for name, one in _described()["resources"].items()
        ]
        return types.ListResourcesResult(resources=listed)

    async def read_resource(
        _: ServerRequestContext, asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        resources = {_SCHEME + name: one["of"] for name, one in _described()["resources"].items()}
        if asked.uri not in resources:
            raise MCPError(types.INVALID_PARAMS, f"there is no such resource; there are: {', '.join(resources)}")
        try:
            said, _notices = await pool.run("said", of=resources[asked.uri], given={}, part=Part(0, _LINES), size=SIZE)
        except CmgraphError as error:
            raise MCPError(types.INTERNAL_ERROR, _in_words(details(error))) from None
        contents = types.TextResourceContents(uri=asked.uri, mime_type=_PLAIN, text=said.text)
        return types.ReadResourceResult(contents=[contents])

    return Server(
        "cmgraph",
        instructions=_described()["instructions"],
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


def _in_words(said: Mapping[str, Any]) -> str:
    """Tell an error as text."""
    return "\n".join(str(said[part]) for part in ("detail", "excerpt", "hint") if said.get(part))


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
