"""The command ``cmgraph`` and its commands. Whatever is slow to import is imported inside the command that needs it."""

from __future__ import annotations

import logging
from typing import Any

import click

from cmgraph.cli import analyse, data, publish, query, serving
from cmgraph.cli.options import GRAPH_OPTIONS, SETTINGS, Group


@click.group(cls=Group, context_settings=SETTINGS)
@click.version_option(None, "-V", "--version", package_name="cmgraph", prog_name="cmgraph")
@click.option("--quiet", is_flag=True, help="Keep stderr to errors.")
@click.pass_context
def cmgraph(ctx: click.Context, /, quiet: bool, **options: Any) -> None:
    """Who works with whom on critical minerals, under which arrangement, since when, and how do we know.

    \b
    Exit codes: 0 fine · 1 findings · 2 could not run · 3 no such name · 4 the endpoint failed · 5 out of limits
    · 130 stopped · 141 the reader of a pipe left
    """
    if quiet:
        logging.getLogger("cmgraph").setLevel(logging.ERROR)
    ctx.ensure_object(dict).update({name: value for name, value in options.items() if value is not None}, quiet=quiet)


for option in reversed(GRAPH_OPTIONS.values()):
    cmgraph = option(cmgraph)

for command in (
    *(query.query, query.ask, query.queries, query.show, query.search, query.stats),
    *(analyse.network, analyse.path, analyse.compare, analyse.timeline, analyse.reason, analyse.visualise),
    *(publish.export, publish.diff),
    *(serving.serve, serving.mcp),
    *(data.validate, data.migrate, data.load_command, data.template, data.ingest),
):
    cmgraph.add_command(command)
