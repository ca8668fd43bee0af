"""Commands that take data in: validation, stores, templates and tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmgraph.cli.completion import complete_template
from cmgraph.cli.options import (
    HELD,
    credentials,
    echo_result,
    format_option,
    graph_options,
    language,
    note,
    options_of,
    parse_parameters,
    progress_bar,
    refuse,
)
from cmgraph.errors import CmgraphError, say, together

if TYPE_CHECKING:
    from cmgraph.graph import Graph


@click.command()
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
@click.option("--shapes", multiple=True, metavar="FILE", help="Check against the shapes in FILE too; repeatable.")
@graph_options(*HELD)
def validate(
    load: Callable[[], Graph], files: tuple[str, ...], fail_on: str, form: str, engine: str, shapes: tuple[str, ...]
) -> int:
    """Check the graph, together with FILES if given, against the shapes.

    Shapes are those of the ontology, of the folder shapes/ in --data, of --shapes, and any that stand among the data
    or in FILES. One that cannot be checked is refused by name. A severity that SHACL does not define counts as a
    violation.

    Exit code 0: nothing as bad as --fail-on; 1: findings; 2: the check could not run.
    """
    from cmgraph.cli.format import report_text

    graph = load()
    report = graph.validate(*files, shapes=shapes, engine=engine)
    for text in report.notes:
        note(say("note: {text}", text=text))
    click.echo(report_text(report, form, graph.lang), nl=False)
    return int(report.failed(fail_on))


@click.command("load")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what is there, not add to it.")
@click.option("--dry-run", is_flag=True, help="Read the files, say what would go where, and change nothing.")
@graph_options(*HELD)
def load_command(load: Callable[[], Graph], files: tuple[Path, ...], replace: bool, dry_run: bool) -> int:
    """Put FILES (RDF), or else the graph, into --store DIR, or by the Graph Store Protocol --endpoint URL.

    The ontology's terms and inferred statements are loaded too. The store stays as it was until the load is complete.

    \b
    cmgraph load more.nt.gz --store mystore && cmgraph stats --store mystore
    cmgraph load --endpoint http://localhost:7878/store --replace
    """
    from cmgraph.graph import load as load_files
    from cmgraph.loading import count_triples, load_store, upload

    options = options_of(click.get_current_context())
    store, url, into = options.get("store"), options.get("endpoint"), options.get("graph")
    if (store is None) == (url is None):
        raise CmgraphError("say where to load it: --store DIR or --endpoint URL", hint="See: cmgraph load --help")
    if store is not None:
        refuse(graph=into)
    graph = load_files(options.get("data"))
    paths = list(files) or graph.data_files
    target = f"{store or url}{f' ({into})' if into else ''}"
    with progress_bar("", "MB", 1_000_000, quiet=bool(options.get("quiet"))) as progress:
        if dry_run:
            number = count_triples(paths, graph, progress=progress)
            instead = say("{count} statements would replace what is in {target}", count=number, target=target)
            more = say("{count} statements would go into {target}", count=number, target=target)
            note(instead if replace else more)
            return 0
        if store is not None:
            number = load_store(store, paths, graph, replace=replace, progress=progress)
        elif url is not None:
            wait = {"timeout": options["timeout"]} if "timeout" in options else {}
            who = credentials()
            number = upload(url, paths, graph, into=into, replace=replace, credentials=who, progress=progress, **wait)
    sent = say("{count} statements sent to {target}", count=number, target=target)
    note(say("{count} statements in {target}", count=number, target=target) if store else sent)
    return 0


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead; for one file.")
@graph_options("lang")
def migrate(load: Callable[[], Graph], files: tuple[Path, ...], output: Path | None) -> int:
    """Rewrite FILES (RDF) that use terms of an earlier release of the ontology in the terms of this one.

    Each file keeps its format and its named graphs, and is replaced whole or not at all; comments and layout are lost.
    A file that uses no earlier term stays as it is, to the byte.

    \b
    cmgraph migrate mine.ttl && cmgraph validate mine.ttl
    """
    from cmgraph.migration import migrate as migrate_file

    if output is not None and len(files) > 1:
        raise CmgraphError("-o takes the place of one file, and there are more", hint="Give one, or leave out -o.")
    quiet = bool(options_of(click.get_current_context()).get("quiet"))
    for path in files:
        done = migrate_file(path, output)
        if not quiet:
            rewritten = say("{count} statements rewritten, comments and layout not kept", count=done.rewritten)
            left = say("{count} left out, as the ontology makes them itself", count=done.left_out)
            what = rewritten if done.renamed else say("no term of an earlier release")
            what = together((what, left), "; ") if done.renamed and done.left_out else what
            note(say("{path}: {what}", path=path, what=what))
    return 0


@click.command()
@click.argument("name", required=False, shell_complete=complete_template)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write an empty table: .csv, .tsv or .xlsx.")
@format_option
@graph_options(*HELD)
def template(load: Callable[[], Graph], name: str | None, output: Path | None, form: str | None) -> int:
    """List the templates for tables, show the columns of one, or write an empty table for it."""
    from cmgraph.cli.format import template_result
    from cmgraph.tables.library import find_template, list_templates, write_blank_table

    graph = load()
    if name is None:
        refuse(output=output)
        echo_result(list_templates(graph), form, graph.lang)
    elif output is None:
        echo_result(template_result(find_template(graph, name), graph), form, graph.lang)
    else:
        refuse(format=form)
        write_blank_table(graph, name, output)
        note(say("{output}: fill it in, then: cmgraph ingest {output} --template {name}", output=output, name=name))
    return 0


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("-t", "--template", "by", help="Template, by name or .rq file; the table's own name if left out.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Turtle file; beside the table if left out.")
@click.option("-p", "--param", "parameters", multiple=True, metavar="COLUMN=VALUE", help="Fill a column in every row.")
@click.option(
    "--create",
    metavar="[COLUMN]",
    multiple=True,
    is_flag=False,
    flag_value="",
    help="Let unknown names in this column become new things; repeatable. Alone: in the one that rows describe.",
)
@click.option("--encoding", help="Encoding of the table's text; detected if left out.")
@click.option("--dry-run", is_flag=True, help="Find problems and changes, and write nothing.")
@graph_options("lang", "data", "timeout", "verbose")
def ingest(
    load: Callable[[], Graph],
    table: Path,
    by: str | None,
    output: Path | None,
    parameters: tuple[str, ...],
    create: tuple[str, ...],
    encoding: str | None,
    dry_run: bool,
) -> int:
    """Turn TABLE (CSV, TSV or XLSX) into a Turtle file by a template, or report everything that is wrong with it.

    Exit code 0: written, or nothing changed; 1: problems, nothing written; 2: could not run.
    """
    from cmgraph.cli.format import changes_text, notes_text
    from cmgraph.tables.ingest import ingest as ingest_table

    options = options_of(click.get_current_context())
    quiet, lang = bool(options.get("quiet")), language(options)
    cells = {}
    for name, values in parse_parameters(parameters).items():
        if len(values) > 1:
            raise CmgraphError("a column has one value for every row", where=f"-p {name}", hint="Give it once.")
        cells[name] = values[0]
    with progress_bar(str(table), "rows", 1, quiet=quiet) as progress:
        ingested = ingest_table(
            table,
            by,
            output,
            data=options.get("data"),
            lang=lang,
            given=cells,
            create=True if create == ("",) else create,
            encoding=encoding,
            dry_run=dry_run,
            progress=progress,
        )
    click.echo(changes_text(ingested.changes, lang), nl=False)
    if not quiet:
        for words in notes_text(ingested):
            note(words)
        wrote = say("nothing written") if dry_run or not ingested.changes else str(ingested.target)
        done = say("{rows} rows, {count} statements", rows=ingested.rows, count=ingested.statements)
        told = say("{size}: {output}", size=done, output=wrote)
        read_as = say("read as {encoding}", encoding=ingested.encoding)
        note(together((told, read_as), ", ") if ingested.encoding not in ("", "utf-8-sig") else told)
    return 0
