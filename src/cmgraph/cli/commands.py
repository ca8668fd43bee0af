"""The commands of ``cmgraph``. Whatever is slow to import is imported inside the command that needs it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.picture import KINDS

if TYPE_CHECKING:
    from cmgraph.graph import Graph
    from cmgraph.scope import Scope

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class _Group(click.Group):
    """A group whose unknown commands suggest the nearest, and that knows the usual short for one."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, "visualise" if cmd_name == "viz" else cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            hint = nearest(args[0], self.list_commands(ctx)) or "Try: cmgraph --help"
            raise CmgraphError(f"no command is called '{args[0]}'", hint=hint) from None


_GLOBAL = (
    click.option("--lang", type=click.Choice(["en", "fr"]), help="Language of names and texts."),
    click.option("--data", metavar="DIR", help="Folder that replaces (with ontology/) or extends the graph."),
    click.option("--store", metavar="DIR", help="Ask a store on disk, made by: cmgraph load."),
    click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint that holds the graph."),
    click.option("--graph", metavar="IRI", help="The graph at the endpoint, if not the server's default."),
    click.option("--as-of", metavar="DATE", help="Ask for this day, YYYY-MM-DD."),
    click.option(
        "--timeout", metavar="SECONDS", type=click.FloatRange(0, min_open=True), help="Stop a question after; 60."
    ),
    click.option("--allow-service", is_flag=True, default=None, help="Let queries call other servers."),
    click.option("-v", "--verbose", is_flag=True, default=None, help="Say more on stderr."),
)
_GLOBAL_NAMES = ("lang", "data", "store", "endpoint", "graph", "as_of", "timeout", "allow_service", "verbose")


def _global(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the global options too, and hand it a function that loads the graph they describe."""

    @click.pass_context
    def run(ctx: click.Context, /, **options: Any) -> Any:
        mine = {name: options.pop(name) for name in _GLOBAL_NAMES}
        said = {**(ctx.find_root().obj or {}), **{k: v for k, v in mine.items() if v is not None}}
        ctx.find_root().obj = said
        return ctx.invoke(command, lambda: _load(said), **options)

    for option in reversed(_GLOBAL):
        run = option(run)
    return update_wrapper(run, command)


_SCOPE = (
    click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only things of this kind; repeatable."),
    click.option("--mineral", "minerals", multiple=True, metavar="NAME", help="Only ties about this; repeatable."),
    click.option("--stage", "stages", multiple=True, metavar="NAME", help="Only ties at this stage; repeatable."),
    click.option("--since", default="", metavar="DATE", help="Only ties dated then or later."),
    click.option("--until", default="", metavar="DATE", help="Only ties dated then or earlier."),
)


def _scoped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the part of a network that is asked for."""

    def run(*, kinds: Any, minerals: Any, stages: Any, since: str, until: str, **options: Any) -> Any:
        from cmgraph.scope import Scope

        return command(scope=Scope(kinds, minerals, stages, since, until), **options)

    run = update_wrapper(run, command)
    for option in reversed(_SCOPE):
        run = option(run)
    return run


def _load(said: dict[str, Any]) -> Graph:
    import time

    from cmgraph.graph import load

    _who()
    started = time.perf_counter()
    graph = load(
        said.get("data"),
        store=said.get("store"),
        endpoint=said.get("endpoint"),
        graph=said.get("graph"),
        lang=_lang(said),
        as_of=said.get("as_of"),
        timeout=said.get("timeout", 60.0),
        allow_service=said.get("allow_service", False),
    )
    if said.get("verbose"):
        click.echo(f"loaded in {time.perf_counter() - started:.3f} s from {graph.root}", err=True)
    return graph


def _who() -> None:
    """Ask for the password of ``CMGRAPH_USER``, if it is not set and somebody is there to give it."""
    if os.environ.get("CMGRAPH_USER") and "CMGRAPH_PASSWORD" not in os.environ and sys.stdin.isatty():
        os.environ["CMGRAPH_PASSWORD"] = click.prompt("Password", hide_input=True, err=True)


def _lang(said: dict[str, Any]) -> str:
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return said.get("lang") or ("fr" if locale.startswith("fr") else "en")


def _given(params: Iterable[str]) -> dict[str, list[str]]:
    """Read NAME=VALUE options; a name given twice has two values."""
    given: dict[str, list[str]] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise CmgraphError("a parameter is written NAME=VALUE", where=f"-p {param}")
        given.setdefault(name, []).append(value)
    return given


def _form(form: str | None) -> str:
    return form or ("table" if sys.stdout.isatty() else "csv")


def _show(result: Any, form: str, lang: str) -> None:
    from cmgraph.render import render

    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(render(result, form, lang, shutil.get_terminal_size((100, 24)).columns, color), nl=form == "json")


_FORMATS = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "md"]),
    help="Form of the answer: a table on a terminal, CSV otherwise.",
)


def _complete_question(ctx: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Propose the names of saved questions."""
    return [name for name in _load(ctx.find_root().params).questions if name.startswith(begun)]


def _complete_parameter(ctx: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Propose the parameters of the question named so far, and after the equals sign their values."""
    graph = _load(ctx.find_root().params)
    named = ctx.params["question"] or next(iter(ctx.args), "")  # click leaves words alone while an option is begun
    if named not in graph.questions:
        return []
    question = graph.questions[named]
    name, equals, value = begun.partition("=")
    if not equals:
        return [f"{p.name}=" for p in question.parameters if p.name.startswith(name)]
    return [f"{name}={one}" for one in graph.candidates(question).get(name, ()) if one.startswith(value)]


@click.group(cls=_Group, context_settings=_HELP)
@click.version_option(None, "-V", "--version", package_name="cmgraph", prog_name="cmgraph")
@click.option("-q", "--quiet", is_flag=True, help="Keep stderr to errors.")
@click.pass_context
def cmgraph(ctx: click.Context, /, quiet: bool, **options: Any) -> None:
    """Who works with whom on critical minerals, under which arrangement, since when, and how do we know.

    \b
    Exit codes: 0 fine · 1 findings · 2 could not run · 3 no such name · 4 the endpoint failed · 5 out of limits
    · 130 stopped
    """
    ctx.obj = {name: value for name, value in options.items() if value is not None} | {"quiet": quiet}


for _option in reversed(_GLOBAL):
    cmgraph = _option(cmgraph)


@cmgraph.command()
@click.argument("question", required=False, shell_complete=_complete_question)
@click.option("-q", "--text", help="SPARQL to ask, as text.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_complete_parameter,
    help="Set a parameter; repeatable.",
)
@_FORMATS
@_global
def query(
    load: Callable[[], Graph],
    question: str | None,
    text: str | None,
    params: tuple[str, ...],
    form: str | None,
) -> int:
    """Answer a saved QUESTION, a .rq file, or SPARQL from stdin (-), with its numbered sources.

    \b
    cmgraph query partners -p actor=Japan
    cmgraph query -q 'SELECT ?forum { ?forum a cm:Forum } ORDER BY ?forum'
    """
    if (question is None) == (text is None):
        raise CmgraphError("say what to ask: a question's name, a file, - or -q TEXT", hint="See: cmgraph queries")
    given = _given(params)
    graph = load()
    if question == "-":
        text = sys.stdin.read()
    asked: str | Path = question or ""
    if question and (question.endswith(".rq") or "/" in question):
        asked = Path(question)
    if text is not None:
        if not text.strip():
            raise CmgraphError("the query is empty", hint="Write SPARQL, for instance SELECT ?s { ?s a cm:Forum }")
        if given:
            raise CmgraphError("SPARQL text takes no parameters", where="-p", hint="Save it as a .rq file.")
        asked = text.strip() + "\n"
    _show(graph.query(asked, **given), _form(form), graph.lang)
    return 0


@cmgraph.group(cls=_Group, invoke_without_command=True)
@click.option("--tag", help="Only questions with this tag.")
@_FORMATS
@click.pass_context
def queries(ctx: click.Context, tag: str | None, form: str | None) -> None:
    """List the saved questions."""
    if ctx.invoked_subcommand is None:
        graph = _load(ctx.find_root().obj or {})
        _show(graph.catalogue(tag), _form(form), graph.lang)


@queries.command("show")
@click.argument("name", shell_complete=_complete_question)
@click.option("--values", metavar="PARAMETER", help="List every value that this parameter takes.")
@_global
def queries_show(load: Callable[[], Graph], name: str, values: str | None) -> int:
    """Show a saved question: what it asks, its parameters with their values, its columns, and its SPARQL."""
    from cmgraph.cli.text import question_text

    graph = load()
    question = graph.question(name)
    candidates = graph.candidates(question)
    if values is None:
        click.echo(question_text(question, candidates, graph.lang), nl=False)
        return 0
    if values not in candidates:
        raise UnknownName(f"no parameter with a list of values is called '{values}'", hint=nearest(values, candidates))
    click.echo("\n".join(candidates[values]))
    return 0


@queries.command("lint")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@_global
def queries_lint(load: Callable[[], Graph], files: tuple[Path, ...]) -> int:
    """Check questions in .rq FILES against the house rules; all saved ones if none is named."""
    from cmgraph.lint import lint

    paths = files or tuple(question.path for question in load().questions.values())
    faults = [f"{path}: {fault.rule}: {fault.what}" for path in paths for fault in lint(path)]
    click.echo("\n".join(faults) or f"{len(paths)} questions keep to every rule.")
    return 1 if faults else 0


@queries.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_global
def queries_export(load: Callable[[], Graph], folder: Path) -> int:
    """Write the saved questions into FOLDER: as linked data, as a page, and as .rq files."""
    from cmgraph.catalogue import write_catalogue

    click.echo(f"{len(write_catalogue(load(), folder))} files: {folder}", err=True)
    return 0


@cmgraph.command()
@click.argument("projection", required=False)
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write .gexf, .graphml, .cyjs, .csv, .parquet.",
)
@click.option("--two-mode", is_flag=True, help="In that file, tie things to what ties them.")
@click.option("--brokerage", "broker", is_flag=True, help="Count brokers' roles by kind of actor, instead of measures.")
@click.option("--change", "days", nargs=2, metavar="DAY DAY", help="Say which ties changed between two days.")
@click.option("--communities", type=click.Choice(["louvain", "leiden"]), default="louvain", show_default=True)
@_FORMATS
@_scoped
@_global
def network(
    load: Callable[[], Graph],
    projection: str | None,
    params: tuple[str, ...],
    output: Path | None,
    two_mode: bool,
    broker: bool,
    days: tuple[str, str] | None,
    communities: str,
    form: str | None,
    scope: Scope,
) -> int:
    """Measure who is central in a PROJECTION of the graph, or write it for Gephi; list projections if none is named.

    \b
    cmgraph network actors -p asOf=2023-12-31
    cmgraph network members --kind Government -o members.gexf
    """
    from cmgraph.netfile import write
    from cmgraph.network import brokerage, change, measures, network, projection_list

    graph, given = load(), _given(params)
    if projection is None:
        _show(projection_list(graph), _form(form), graph.lang)
    elif output is not None:
        net = network(graph, projection, two_mode=two_mode, scope=scope, **given)
        write(net, output)
        click.echo(f"{len(net)} nodes, {net.number_of_edges()} edges: {output}", err=True)
    elif days:
        _show(change(graph, projection, *days, scope, **given), _form(form), graph.lang)
    elif broker:
        _show(brokerage(graph, projection, scope, **given), _form(form), graph.lang)
    else:
        _show(measures(graph, projection, communities, scope, **given), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", required=False)
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Write this .html, .svg, .png or .pdf file.",
)
@_scoped
@_global
def visualise(
    load: Callable[[], Graph], kind: str, name: str | None, params: tuple[str, ...], scope: Scope, output: Path
) -> int:
    """Draw the network, matrix or flow of a projection, one thing, or a timeline; as a page, a drawing, or a print.

    \b
    cmgraph visualise network actors -o actors.html
    cmgraph visualise flow --mineral lithium -o lithium.svg
    cmgraph visualise entity "Galore Creek" -o galore.pdf --lang fr
    """
    from cmgraph.picture import draw

    said = draw(load(), kind, name, output, scope=scope, **_given(params)).said
    click.echo(f"{said}: {output}", err=True)
    return 0


@cmgraph.command()
@click.argument("one")
@click.argument("other")
@click.option("--over", default="actors", show_default=True, help="The projection that paths run over.")
@click.option("-k", "--count", type=click.IntRange(1), default=3, show_default=True, help="How many paths.")
@click.option("--max-hops", "hops", type=click.IntRange(1), default=6, show_default=True, help="No longer ones.")
@_FORMATS
@_scoped
@_global
def path(
    load: Callable[[], Graph],
    one: str,
    other: str,
    over: str,
    count: int,
    hops: int,
    form: str | None,
    scope: Scope,
) -> int:
    """Find the shortest paths from ONE to OTHER: each hop with what it runs through, its date and its sources."""
    from cmgraph.network import paths

    graph = load()
    _show(paths(graph, one, other, over, count, hops, scope), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("actors", nargs=-1, required=True)
@_FORMATS
@_global
def compare(load: Callable[[], Graph], actors: tuple[str, ...], form: str | None) -> int:
    """Say what ACTORS share and what only some have: arrangements, bodies, partners, minerals, themes."""
    from cmgraph.views import compare as view

    graph = load()
    _show(view(graph, actors), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("name", required=False)
@_FORMATS
@_global
def timeline(load: Callable[[], Graph], name: str | None, form: str | None) -> int:
    """List what is dated about one thing, or about all, oldest first."""
    from cmgraph.views import timeline as view

    graph = load()
    _show(view(graph, name), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("name", required=False)
@click.option("--explain", is_flag=True, help="Say what each statement follows from, with its sources.")
@click.option("--owl-rl", "closure", type=click.Path(path_type=Path, dir_okay=False), help="Write what OWL RL entails.")
@_FORMATS
@_global
def reason(load: Callable[[], Graph], name: str | None, explain: bool, closure: Path | None, form: str | None) -> int:
    """Show what is derived about one thing, by which rule; or the rules, if none is named.

    \b
    cmgraph reason "Yukon" --explain
    cmgraph reason --owl-rl closure.nt
    """
    from cmgraph.reason import derived, owl_rl, rules

    graph = load()
    if closure is not None:
        click.echo(f"{owl_rl(graph, closure)} statements follow by OWL RL: {closure}", err=True)
    elif name is None and explain:
        raise CmgraphError("say what to explain", where="--explain", hint="Name a thing: cmgraph reason NAME --explain")
    elif name is None:
        _show(rules(graph), _form(form), graph.lang)
    else:
        _show(derived(graph, name, explain=explain), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("name")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_global
def show(load: Callable[[], Graph], name: str, form: str) -> int:
    """Show one thing: its names, its relationships with dates, and their sources."""
    from cmgraph.cli.text import entity_json, entity_text

    graph = load()
    entity = graph.entity(name)
    click.echo(entity_json(entity) if form == "json" else entity_text(entity, graph.lang), nl=form == "json")
    return 0


@cmgraph.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most this many.")
@_FORMATS
@_global
def search(load: Callable[[], Graph], text: tuple[str, ...], limit: int, form: str | None) -> int:
    """Find things by any of their names; accents, case and diacritics do not count."""
    graph = load()
    hits = graph.search(" ".join(text), limit)
    if not hits:
        raise UnknownName(f"nothing goes by '{' '.join(text)}'", hint="Try fewer or other words.")
    from cmgraph.cli.text import hits_result

    _show(hits_result(hits, graph), _form(form), graph.lang)
    return 0


@cmgraph.command()
@click.argument("files", nargs=-1)
@click.option(
    "--fail-on",
    type=click.Choice(["violation", "warning", "info"]),
    default="violation",
    show_default=True,
    help="How bad a finding must be for exit code 1.",
)
@click.option("-f", "--format", "form", type=click.Choice(["table", "json", "ttl"]), default="table")
@click.option(
    "--engine",
    type=click.Choice(["fast", "reference"]),
    default="fast",
    show_default=True,
    help="Queries asked where the graph lives, or pySHACL; both find the same.",
)
@_global
def validate(load: Callable[[], Graph], files: tuple[str, ...], fail_on: str, form: str, engine: str) -> int:
    """Check the graph, together with FILES if given, against the shapes.

    Exit code 0: nothing as bad as --fail-on; 1: findings; 2: the check could not run.
    """
    from cmgraph.cli.text import report_text

    graph = load()
    report = graph.validate(*files, engine=engine)
    click.echo(report_text(report, form, graph.lang), nl=False)
    return int(report.failed(fail_on))


@cmgraph.command("load")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what is there, not add to it.")
@click.option("--dry-run", is_flag=True, help="Read the files, say what would go where, and change nothing.")
@_global
def load_(load: Callable[[], Graph], files: tuple[Path, ...], replace: bool, dry_run: bool) -> int:
    """Put FILES (RDF, .gz or not), or else the graph, into --store DIR, or by the Graph Store Protocol --endpoint URL.

    The terms of the ontology and what follows by rule go along. What was there stays as it was until all is done.

    \b
    cmgraph load more.nt.gz --store mystore && cmgraph stats --store mystore
    cmgraph load --endpoint http://localhost:7878/store --replace
    """
    from cmgraph.fill import count, fill, send
    from cmgraph.graph import load as load_graph

    said = click.get_current_context().find_root().obj
    store, url, into = said.get("store"), said.get("endpoint"), said.get("graph")
    if (store is None) == (url is None):
        raise CmgraphError("say where to load it: --store DIR or --endpoint URL", hint="See: cmgraph load --help")
    _who()
    graph = load_graph(said.get("data"), lang=_lang(said))
    paths = list(files) or graph.data_files()
    where = f"{store or url}{f' ({into})' if into else ''}"
    with _progress("", "MB", 1_000_000, quiet=bool(said.get("quiet"))) as step:
        if dry_run:
            number = count(paths, graph, step=step)
            click.echo(f"{number} statements would {'replace what is in' if replace else 'go into'} {where}", err=True)
            return 0
        if store:
            number = fill(store, paths, graph, replace=replace, step=step)
        else:
            number = send(url, paths, graph, into=into, replace=replace, step=step)
    click.echo(f"{number} statements {'in' if store else 'sent to'} {where}", err=True)
    return 0


@cmgraph.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Replace the folder if it is there.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Write this alone: cmgraph.nt, tables, site, …; repeatable."
)
@click.option("--zip", "packed", is_flag=True, help="Write one ZIP file instead of a folder.")
@click.option("-f", "--format", "form", metavar="FORM", help="Write one file: nt, nq, trig, ttl, rdf, jsonld, xlsx.")
@click.option("-o", "--output", metavar="FILE", help="That file; - for stdout.")
@click.option("--profile", metavar="NAME", help="Write one file in another vocabulary: org, schema-org, popolo, ftm.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only what cites this source; repeatable.")
@click.option("--include", multiple=True, metavar="KIND", help="Only things of this kind, and what they point at.")
@click.option("--exclude", multiple=True, metavar="KIND", help="Nothing of this kind; repeatable.")
@click.option(
    "--base-iri", "base", metavar="IRI", help="Begin the project's IRIs with this instead of its own address."
)
@click.option("--site", metavar="URL", help="Where the files will be served, if not at their IRIs.")
@click.option("--check", is_flag=True, help="Say whether FOLDER is what the graph gives today, and write nothing.")
@_global
def export(
    load: Callable[[], Graph],
    folder: Path | None,
    force: bool,
    packed: bool,
    form: str | None,
    output: str | None,
    profile: str | None,
    check: bool,
    **chosen: Any,
) -> int:
    """Publish the graph in FOLDER: linked data, tables, networks, a site, and descriptions of them.

    With --lang, in this language alone; with --as-of, as it may have held on that day.
    Exit code 0: written, or as it should be; 1: --check found differences; 2: could not run.

    \b
    cmgraph export public
    cmgraph export -f ttl -o - --source "Partnerships page, version A"
    """
    from cmgraph.export import Options, pack, single
    from cmgraph.export import check as compare
    from cmgraph.export import export as write

    said = click.get_current_context().find_root().obj
    quiet = bool(said.get("quiet"))
    options = Options(language=said.get("lang"), **{name: value for name, value in chosen.items() if value})
    if form or profile:
        if folder is not None or output is None:
            raise CmgraphError("say where to write the one file", hint="-o FILE, or -o - for stdout")
        if output == "-":
            single(load(), form or "", None, options, profile=profile or "")
        else:
            single(load(), form or "", Path(output), options, profile=profile or "")
        return 0
    if folder is None:
        raise CmgraphError("say where to write", hint="cmgraph export DIR, or -f FORM -o FILE")
    if check:
        differing = compare(load(), folder)
        click.echo("\n".join(differing) or f"{folder} is what the graph gives today.")
        return 1 if differing else 0
    with _progress("", "", 1, quiet=quiet) as step:
        if packed:
            target = folder if folder.suffix == ".zip" else folder.with_name(folder.name + ".zip")
            number, size = len(pack(load(), target, options, step=step)), target.stat().st_size
        else:
            target, paths = folder, write(load(), folder, options, force=force, step=step)
            number, size = len(paths), sum(path.stat().st_size for path in paths)
    if not quiet:
        click.echo(f"{number} files, {size / 1e6:.1f} MB in {target}", err=True)
        if not options.only and find_spec("pyarrow") is None:
            click.echo("left out: parquet, which needs pip install 'cmgraph[parquet]'", err=True)
    return 0


@cmgraph.command()
@click.argument("old")
@click.argument("new")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "patch"]), default="text", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Name everything that changed, however much.")
@_global
def diff(load: Callable[[], Graph], old: str, new: str, form: str, everything: bool) -> int:
    """Say what changed from OLD to NEW: RDF files, folders, exports or git revisions; as text, JSON or RDF Patch.

    Exit code 0: the same; 1: something changed; 2: could not run.

    \b
    cmgraph diff HEAD~1 .
    cmgraph diff public-2026-10 public -f patch
    """
    from cmgraph.cli.text import changes_json, changes_text
    from cmgraph.diff import diff as compare

    graph = load()
    changes, patch = compare(graph, old, new)
    match form:
        case "patch":
            click.echo(patch, nl=False)
        case "json":
            click.echo(changes_json(changes))
        case _:
            text = changes_text(changes, graph.lang, sys.maxsize) if everything else changes_text(changes, graph.lang)
            click.echo(text, nl=False)
    return 1 if patch else 0


@cmgraph.command()
@_FORMATS
@_global
def stats(load: Callable[[], Graph], form: str | None) -> int:
    """Count what the graph holds, by kind, with the citations it rests on."""
    graph = load()
    _show(graph.stats(), _form(form), graph.lang)
    return 0


@cmgraph.command("template")
@click.argument("name", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write an empty table: .csv, .tsv or .xlsx.")
@_FORMATS
@_global
def template_(load: Callable[[], Graph], name: str | None, output: Path | None, form: str | None) -> int:
    """List the templates for tables, show the columns of one, or write an empty table for it."""
    graph = load()
    if name is None:
        _show(graph.template_list(), _form(form), graph.lang)
    elif output is None:
        from cmgraph.cli.text import template_result

        _show(template_result(graph.template(name), graph), _form(form), graph.lang)
    else:
        graph.blank_table(name, output)
        click.echo(f"{output}: fill it in, then: cmgraph ingest {output} --template {name}", err=True)
    return 0


@cmgraph.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("-t", "--template", "by", help="Template, by name or .rq file; the table's own name if left out.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Turtle file; beside the table if left out.")
@click.option("-p", "--param", "params", multiple=True, metavar="COLUMN=VALUE", help="Fill a column in every row.")
@click.option("--create", is_flag=True, help="Let names that nothing goes by become new things.")
@click.option("--encoding", help="How the table's text is encoded; told by its bytes if left out.")
@click.option("--dry-run", is_flag=True, help="Find problems and changes, and write nothing.")
@_global
def ingest(
    load: Callable[[], Graph],
    table: Path,
    by: str | None,
    output: Path | None,
    params: tuple[str, ...],
    **options: Any,
) -> int:
    """Turn TABLE (CSV, TSV or XLSX) into a Turtle file by a template, or say all that is wrong with it.

    Exit code 0: written, or nothing changed; 1: problems, nothing written; 2: could not run.
    """
    from cmgraph.cli.text import changes_text
    from cmgraph.ingest import ingest as take_in

    said = click.get_current_context().find_root().obj or {}
    given = {name: values[-1] for name, values in _given(params).items()}
    with _progress(str(table), "rows", 1, quiet=bool(said.get("quiet"))) as step:
        done = take_in(
            table, by, output, data=said.get("data"), lang=_lang(said), given=given, progress=step, **options
        )
    click.echo(changes_text(done.changes, _lang(said)), nl=False)
    if not said.get("quiet"):
        target = output or table.with_suffix(".ttl")
        read_as = f", read as {done.encoding}" if done.encoding == "cp1252" else ""
        wrote = "nothing written" if options["dry_run"] or not done.changes else str(target)
        click.echo(f"{done.rows} rows, {done.statements} statements: {wrote}{read_as}", err=True)
    return 0


@contextmanager
def _progress(what: str, unit: str, every: int, *, quiet: bool) -> Iterator[Callable[..., object]]:
    """Show how much is done, on a terminal and nowhere else.

    What is given is told the number done, and may be told the name of what is being done.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, name="": None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} " + unit), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, name=what: bar.update(task, completed=round(done / every), description=name)
