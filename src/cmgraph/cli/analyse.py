"""Commands that analyse: networks, paths, comparisons, timelines, inferences, pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cmgraph.cli.completion import complete_projection, complete_thing
from cmgraph.cli.options import (
    ASKED,
    HELD,
    echo_result,
    format_option,
    graph_options,
    note,
    options_of,
    parameter_option,
    parse_parameters,
    refuse,
)
from cmgraph.errors import CmgraphError, say, together
from cmgraph.pictures.draw import BY, KINDS

if TYPE_CHECKING:
    from cmgraph.analysis.filters import NetworkFilter
    from cmgraph.answers.result import Result
    from cmgraph.graph import Graph

_FILTERS = (
    click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only things of this kind; repeatable."),
    click.option("--mineral", "minerals", multiple=True, metavar="NAME", help="Only ties about this; repeatable."),
    click.option("--stage", "stages", multiple=True, metavar="NAME", help="Only ties at this stage; repeatable."),
    click.option("--since", default="", metavar="DATE", help="Only ties dated on or after this."),
    click.option("--until", default="", metavar="DATE", help="Only ties dated on or before this."),
)


def _filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the part of a network that is asked for."""

    def run(*, kinds: Any, minerals: Any, stages: Any, since: str, until: str, **options: Any) -> Any:
        from cmgraph.analysis.filters import NetworkFilter

        return command(network_filter=NetworkFilter(kinds, minerals, stages, since, until), **options)

    run = update_wrapper(run, command)
    for option in reversed(_FILTERS):
        run = option(run)
    return run


def _echo(result: Result, form: str | None, graph: Graph, why: Iterable[str] = ()) -> None:
    """Print an answer, and on stderr that it is empty, with what of the graph was asked for."""
    echo_result(result, form, graph.lang)
    if not result.rows and not options_of(click.get_current_context()).get("quiet"):
        parts = [*why, *([say("as of {day}", day=graph.as_of)] if graph.as_of else [])]
        nothing = say("empty: nothing in the graph matches")
        note(say("{nothing} ({asked})", nothing=nothing, asked=together(parts, ", ")) if parts else nothing)


def _refuse_day(graph: Graph, projection: str) -> None:
    """Refuse a day that a projection would not ask for."""
    from cmgraph.analysis.projections import find_projection

    if graph.as_of and find_projection(graph, projection).time != "as-of":
        raise CmgraphError(
            say("projection '{projection}' does not take a day", projection=projection),
            where="--as-of",
            hint="Leave it out.",
        )


@click.command()
@click.argument("projection", required=False, shell_complete=complete_projection)
@parameter_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write .gexf, .graphml, .cyjs, .csv, .parquet.",
)
@click.option("--two-mode", is_flag=True, help="In that file, tie things to what ties them.")
@click.option("--brokerage", "broker", is_flag=True, help="Count brokers' roles by kind of actor, instead of measures.")
@click.option(
    "--change", "days", nargs=2, metavar="DAY DAY", help="List which ties changed between two days, the earlier first."
)
@click.option(
    "--communities",
    type=click.Choice(["louvain", "leiden"]),
    help="Algorithm for communities, louvain by default; leiden needs an extra.",
)
@format_option
@_filtered
@graph_options(*ASKED)
def network(
    load: Callable[[], Graph],
    projection: str | None,
    parameters: tuple[str, ...],
    output: Path | None,
    two_mode: bool,
    broker: bool,
    days: tuple[str, str] | None,
    communities: str | None,
    form: str | None,
    network_filter: NetworkFilter,
) -> int:
    """Measure who is central in a PROJECTION of the graph, or write it for Gephi; list projections if none is named.

    \b
    cmgraph network actors -p asOf=2023-12-31
    cmgraph network members --kind Government -o members.gexf
    """
    from cmgraph.analysis.filters import EVERYTHING
    from cmgraph.analysis.formats import write_network
    from cmgraph.analysis.measures import brokerage, network_changes, node_measures
    from cmgraph.analysis.network import build_network
    from cmgraph.analysis.projections import list_projections

    graph, values = load(), parse_parameters(parameters)
    if projection is None:
        refuse(param=parameters, output=output, two_mode=two_mode, brokerage=broker, change=days)
        refuse(communities=communities, as_of=graph.as_of, filter=None if network_filter == EVERYTHING else True)
        echo_result(list_projections(graph), form, graph.lang)
        return 0
    _refuse_day(graph, projection)
    if output is not None:
        refuse(brokerage=broker, change=days, communities=communities, format=form)
        net = build_network(graph, projection, two_mode=two_mode, network_filter=network_filter, **values)
        write_network(net, output)
        size = say("{nodes} nodes, {edges} edges", nodes=len(net), edges=net.number_of_edges())
        note(say("{size}: {output}", size=size, output=output))
        return 0
    refuse(two_mode=two_mode)
    if days:
        refuse(brokerage=broker, communities=communities, as_of=graph.as_of)
        result = network_changes(graph, projection, *days, network_filter, **values)
    elif broker:
        refuse(communities=communities)
        result = brokerage(graph, projection, network_filter, **values)
    else:
        result = node_measures(graph, projection, communities or "louvain", network_filter, **values)
    _echo(result, form, graph, [projection, *network_filter.describe(graph), *parameters, *(days or ())])
    return 0


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", required=False)
@parameter_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Write this .html, .svg, .png or .pdf file; a chart, .vl.json too.",
)
@click.option("--nations", is_flag=True, help="On a map of projects, show offices of First Nations; no territory.")
@click.option("--by", type=click.Choice(BY), help="What the width of a flow stands for; money where there is any.")
@_filtered
@graph_options(*ASKED)
def visualise(
    load: Callable[[], Graph],
    kind: str,
    name: str | None,
    parameters: tuple[str, ...],
    nations: bool,
    network_filter: NetworkFilter,
    output: Path,
    by: str | None,
) -> int:
    """Draw the network, matrix or flow of a projection, one thing, a timeline, a chart of a mineral's figures
    (production, reserves, years, shares, imports) or a map (projects, partners, members); as a page, a drawing, or a
    print.

    \b
    cmgraph visualise network actors -o actors.html
    cmgraph visualise flow --mineral lithium -o lithium.svg
    cmgraph visualise entity "Galore Creek" -o galore.pdf --lang fr
    cmgraph visualise chart production --mineral cobalt -o cobalt.svg
    cmgraph visualise map projects --mineral lithium -o lithium.html
    """
    from cmgraph.pictures.draw import PROJECTED, USUAL, draw

    graph = load()
    if kind in PROJECTED:
        _refuse_day(graph, name or USUAL[kind])
    if by is not None and kind != "flow":
        raise CmgraphError("only a flow is drawn by count or money", where="--by", hint="Leave it out.")
    values: dict[str, Any] = {**parse_parameters(parameters)} | ({"by": by} if by else {})
    if kind == "map":
        values["nations"] = nations
    else:
        refuse(nations=nations)
    picture = draw(graph, kind, name, output, network_filter=network_filter, **values)
    click.echo(f"{picture.extent}: {output}", err=True)
    return 0


@click.command()
@click.argument("one", shell_complete=complete_thing)
@click.argument("other", shell_complete=complete_thing)
@click.option(
    "--over",
    shell_complete=complete_projection,
    multiple=True,
    help="A kind of hop, as a projection; repeatable. By default actors, acting and parts.",
)
@click.option("-k", "--count", type=click.IntRange(1), default=3, show_default=True, help="How many paths.")
@click.option(
    "--max-hops", "hops", type=click.IntRange(1), default=6, show_default=True, help="At most this many hops."
)
@format_option
@_filtered
@graph_options(*ASKED)
def path(
    load: Callable[[], Graph],
    one: str,
    other: str,
    over: tuple[str, ...],
    count: int,
    hops: int,
    form: str | None,
    network_filter: NetworkFilter,
) -> int:
    """Find the shortest paths from ONE to OTHER: each hop with what it runs through, its date and its sources."""
    from cmgraph.analysis.paths import USUAL_HOPS, shortest_paths

    graph = load()
    kinds = over or USUAL_HOPS
    for kind in kinds:
        _refuse_day(graph, kind)
    echo_result(shortest_paths(graph, one, other, kinds, count, hops, network_filter), form, graph.lang)
    return 0


@click.command()
@click.argument("actors", nargs=-1, required=True, shell_complete=complete_thing)
@click.option("--through", type=click.Choice(["agreements", "bodies"]), help="Agreements alone, or bodies.")
@click.option("--bilateral", is_flag=True, help="Only where two parties or members were seen, no more.")
@click.option("--since", metavar="DAY", help="Only what is dated or began on this day or later.")
@format_option
@graph_options(*HELD)
def compare(
    load: Callable[[], Graph],
    actors: tuple[str, ...],
    through: str | None,
    bilateral: bool,
    since: str | None,
    form: str | None,
) -> int:
    """Say what ACTORS share and what only some have: arrangements, bodies, partners, minerals, themes."""
    from cmgraph.analysis.compare import compare_actors

    graph = load()
    echo_result(compare_actors(graph, actors, through=through, bilateral=bilateral, since=since), form, graph.lang)
    return 0


@click.command()
@click.argument("name", required=False, shell_complete=complete_thing)
@format_option
@graph_options(*HELD, "as_of")
def timeline(load: Callable[[], Graph], name: str | None, form: str | None) -> int:
    """List what is dated about one thing, or about all, oldest first."""
    from cmgraph.analysis.timeline import timeline as list_dated

    graph = load()
    _echo(list_dated(graph, name), form, graph, [say("dates of {name}", name=name) if name else say("dates")])
    return 0


@click.command()
@click.argument("name", required=False, shell_complete=complete_thing)
@click.option("--explain", is_flag=True, help="Say what each statement follows from, with its sources.")
@click.option("--owl-rl", "closure", type=click.Path(path_type=Path, dir_okay=False), help="Write what OWL RL entails.")
@format_option
@graph_options(*HELD)
def reason(load: Callable[[], Graph], name: str | None, explain: bool, closure: Path | None, form: str | None) -> int:
    """Show what is inferred about one thing, by which rule; or the rules, if none is named.

    \b
    cmgraph reason "Yukon" --explain
    cmgraph reason --owl-rl closure.nt
    """
    from cmgraph.explain import inferred_about, list_rules, write_owl_rl

    graph = load()
    if closure is not None:
        refuse(explain=explain, format=form)
        if name is not None:
            raise CmgraphError("OWL RL is applied to the whole graph", where=name, hint="Leave the name out.")
        count = write_owl_rl(graph, closure)
        note(say("{count} statements follow by OWL RL: {output}", count=count, output=closure))
    elif name is None and explain:
        raise CmgraphError("say what to explain", where="--explain", hint="Name a thing: cmgraph reason NAME --explain")
    elif name is None:
        echo_result(list_rules(graph), form, graph.lang)
    else:
        echo_result(inferred_about(graph, name, explain=explain), form, graph.lang)
    return 0
