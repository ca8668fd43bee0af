"""Commands that serve the graph to other programs: over HTTP, and to agents."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from cmgraph.cli.options import graph_options, load_arguments, options_of
from cmgraph.errors import CmgraphError

if TYPE_CHECKING:
    from cmgraph.graph import Graph

SERVED = ("lang", "data", "store", "endpoint", "graph")
"""Options that say which graph is served."""

request_timeout = click.option(
    "--request-timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600, min_open=True),
    default=20.0,
    show_default=True,
    help="Stop a request after this many.",
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for every one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any that is free.")
@click.option("--public-url", metavar="URL", default="", help="Where people reach it, if not at this host and port.")
@request_timeout
@click.option(
    "--per-minute",
    metavar="NUMBER",
    type=click.IntRange(0, 1_000_000),
    default=0,
    help="Requests that one client may make in a minute; 0, the usual, for any number.",
)
@click.option("--behind-proxy", is_flag=True, help="The proxy before it says who a client is, in X-Forwarded-For.")
@click.option(
    "--since",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="An export of an earlier edition, to tell what changed.",
)
@click.option("--log-requests", is_flag=True, help="Tell of each request on stderr, as JSON, without its query.")
@graph_options(*SERVED)
def serve(
    _: Callable[[], Graph],
    host: str,
    port: int,
    public_url: str,
    request_timeout: float,
    per_minute: int,
    behind_proxy: bool,
    since: str | None,
    log_requests: bool,
) -> int:
    """Serve the graph over HTTP until stopped, to be read only: SPARQL, linked data, an API.

    \b
    cmgraph serve --port 8080
    cmgraph serve --store graph-on-disk --public-url https://example.org/minerals/
    """
    _require("uvicorn")
    from cmgraph.serve.app import Settings
    from cmgraph.serve.server import serve as run

    options = options_of(click.get_current_context())
    quiet = bool(options.get("quiet"))
    tell: Callable[[str], object] = (lambda line: None) if quiet else (lambda line: click.echo(line, err=True))
    settings = Settings(per_minute, behind_proxy, log_requests, since or "")
    run(load_arguments(options), host, port, public_url, request_timeout, tell, settings)
    return 0


@click.command()
@request_timeout
@graph_options(*SERVED)
def mcp(_: Callable[[], Graph], request_timeout: float) -> int:
    """Give tools that ask the graph to an agent, by the Model Context Protocol over stdin and stdout.

    \b
    A client starts it itself: { "command": "cmgraph", "args": ["mcp"] }
    """
    _require("mcp")
    from cmgraph.serve.agents import serve_agents

    serve_agents(load_arguments(options_of(click.get_current_context())), request_timeout)
    return 0


def _require(package: str) -> None:
    """Refuse to go on without a package that only serving needs."""
    if find_spec(package) is None:
        raise CmgraphError("this needs packages that are not installed", hint="pip install 'cmgraph[serve]'")
