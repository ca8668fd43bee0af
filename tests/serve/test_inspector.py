"""The official inspector of the Model Context Protocol, against ``cmgraph mcp`` and against the server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving import COMMAND, serving

INSPECTOR = "@modelcontextprotocol/inspector"

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the inspector, where the registry of npm can be reached."""
    folder = tmp_path_factory.mktemp("inspector")
    install = ["npm", "install", "--no-fund", "--no-audit", INSPECTOR]
    try:
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm takes too long")
    if done.returncode:
        pytest.skip(f"the inspector cannot be installed: {done.stderr[-200:]}")
    return folder / "node_modules/.bin/mcp-inspector"


@pytest.fixture(scope="module", params=["stdio", "http"])
def reached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Return how the inspector reaches an agent's tools."""
    if request.param == "http":
        with serving() as server:
            yield [server.address + "mcp", "--transport", "http"]
        return
    command = tmp_path_factory.mktemp("command") / "mcp"
    command.write_text(f"#!/bin/sh\nexec {COMMAND[0]} -c '{COMMAND[2]}' mcp\n", encoding="utf-8")
    command.chmod(0o755)
    yield [str(command), *(part for name in ("PYTHONPATH", "CMGRAPH_CACHE") for part in kept(name))]


def kept(name: str) -> list[str]:
    return ["-e", f"{name}={os.environ[name]}"] if name in os.environ else []


def inspect(inspector: Path, reached: list[str], method: str, *given: str) -> Any:
    command = [inspector, "--cli", *reached, "--method", method, *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_tools_and_resources(inspector: Path, reached: list[str]) -> None:
    tools = inspect(inspector, reached, "tools/list")["tools"]
    assert {"search", "answer", "sparql", "path", "compare"} <= {tool["name"] for tool in tools}
    for tool in tools:
        for name, schema in tool["inputSchema"]["properties"].items():
            assert None not in schema.values(), f"{tool['name']}, {name}: {schema}"
    listed = inspect(inspector, reached, "resources/list")["resources"]
    (read,) = inspect(inspector, reached, "resources/read", "--uri", listed[1]["uri"])["contents"]
    assert "- partners:" in read["text"]


def test_the_inspector_calls_tools(inspector: Path, reached: list[str]) -> None:
    said = inspect(
        inspector,
        reached,
        "tools/call",
        *("--tool-name", "compare", "--tool-arg", 'actors=["Canada","Japan"]', "--tool-arg", "max=2"),
    )
    content = said["structuredContent"]
    assert content["total"] > len(content["rows"]) == 2 and content["sources"] and content["next_offset"] == 2
    refused = inspect(
        inspector, reached, "tools/call", "--tool-name", "describe", "--tool-arg", "name=nothing that is called so"
    )
    assert refused["isError"] and "unknown" in refused["content"][0]["text"]
