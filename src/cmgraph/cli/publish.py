"""Commands that publish: exports, and what changed between two of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cmgraph.cli.options import HELD, graph_options, language, note, options_of, progress_bar, refuse
from cmgraph.errors import CmgraphError, say
from cmgraph.text.i18n import in_language

if TYPE_CHECKING:
    from cmgraph.graph import Graph


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Replace the folder if it holds an earlier export.")
@click.option("--only", multiple=True, metavar="NAME", help="Write only this: cmgraph.nt, tables, site, …; repeatable.")
@click.option("--zip", "packed", is_flag=True, help="Write one ZIP file instead of a folder.")
@click.option("-f", "--format", "form", metavar="FORM", help="Write one file: nt, nq, trig, ttl, rdf, jsonld, xlsx.")
@click.option("-o", "--output", metavar="FILE", help="That file; - for stdout.")
@click.option(
    "--profile",
    metavar="NAME",
    help="Write one file in another vocabulary: org, schema-org, prov, skos, data-cube, geosparql, eli, popolo, ftm or "
    "bods.",
)
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only what cites this source; repeatable.")
@click.option("--include", multiple=True, metavar="KIND", help="Only things of this kind, and what they point at.")
@click.option("--exclude", multiple=True, metavar="KIND", help="Nothing of this kind; repeatable.")
@click.option(
    "--base-iri", "base", metavar="IRI", help="Begin the project's IRIs with this instead of its own address."
)
@click.option("--site", metavar="URL", help="Where the files will be served, if not at their IRIs.")
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="An export of an earlier edition: the pages tell what changed since.",
)
@click.option("--check", is_flag=True, help="Report whether FOLDER is up to date with the graph, and write nothing.")
@graph_options(*HELD, "as_of")
def export(
    load: Callable[[], Graph],
    folder: Path | None,
    force: bool,
    packed: bool,
    form: str | None,
    output: str | None,
    profile: str | None,
    since: Path | None,
    check: bool,
    **chosen: Any,
) -> int:
    """Publish the graph in FOLDER: linked data, tables, networks, a site, and descriptions of them.

    With --lang, in this language alone; with --as-of, as it may have held on that day.
    Exit code 0: written, or up to date; 1: --check found differences; 2: could not run.

    \b
    cmgraph export public
    cmgraph export public --force --since public-2026-10
    cmgraph export -f ttl -o - --source "Partnerships page, version A"
    """
    from cmgraph.export.export import Options, check_export, pack, single
    from cmgraph.export.export import export as write_export

    global_options = options_of(click.get_current_context())
    quiet = bool(global_options.get("quiet"))
    options = Options(language=global_options.get("lang"), **{name: value for name, value in chosen.items() if value})
    if form or profile:
        if folder is not None or output is None:
            raise CmgraphError("say where to write the one file", hint="-o FILE, or -o - for stdout")
        if form and profile:
            raise CmgraphError("a profile has its own format", where="--format", hint="Leave --format out.")
        refuse(force=force, zip=packed, check=check, only=options.only, since=since, site=options.site)
        single(load(), form or "", None if output == "-" else Path(output), options, profile=profile or "")
        return 0
    refuse(output=output)
    if folder is None:
        raise CmgraphError("say where to write", hint="cmgraph export DIR, or -f FORM -o FILE")
    if check:
        refuse(force=force, zip=packed, since=since, lang=global_options.get("lang"), as_of=global_options.get("as_of"))
        refuse(**{{"sources": "source", "base": "base_iri"}.get(name, name): value for name, value in chosen.items()})
        differing = check_export(load(), folder)
        click.echo(
            "\n".join(differing)
            or in_language(say("{folder} is up to date with the graph.", folder=folder), language(global_options))
        )
        return 1 if differing else 0
    with progress_bar("", "", 1, quiet=quiet) as progress:
        if packed:
            refuse(force=force)
            target = folder if folder.suffix == ".zip" else folder.with_name(folder.name + ".zip")
            number, size = len(pack(load(), target, options, since=since, progress=progress)), target.stat().st_size
        else:
            target, paths = folder, write_export(load(), folder, options, force=force, since=since, progress=progress)
            number, size = len(paths), sum(path.stat().st_size for path in paths)
    if not quiet:
        note(say("{count} files, {size:.1f} MB in {target}", count=number, size=size / 1e6, target=target))
        if not options.only and find_spec("pyarrow") is None:
            note("left out: parquet, which needs pip install 'cmgraph[parquet]'")
    return 0


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "patch"]), default="text", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Name everything that changed, however much.")
@graph_options(*HELD)
def diff(load: Callable[[], Graph], old: str, new: str, form: str, everything: bool) -> int:
    """Say what changed from OLD to NEW: RDF files, folders, exports or git revisions; as text, JSON or RDF Patch.

    Exit code 0: the same; 1: something changed; 2: could not run.

    \b
    cmgraph diff HEAD~1 .
    cmgraph diff public-2026-10 public -f patch
    """
    from cmgraph.cli.format import SHOWN, changes_json, changes_text
    from cmgraph.diff import diff_versions

    if form != "text":
        refuse(all=everything)
    graph = load()
    changes, patch = diff_versions(graph, old, new)
    match form:
        case "patch":
            click.echo(patch, nl=False)
        case "json":
            click.echo(changes_json(changes))
        case _:
            click.echo(changes_text(changes, graph.lang, sys.maxsize if everything else SHOWN), nl=False)
    return 1 if patch else 0
