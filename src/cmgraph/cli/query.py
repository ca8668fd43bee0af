"""Commands that ask: saved questions and SPARQL, names, things, counts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmgraph.cli.completion import complete_parameter, complete_question
from cmgraph.cli.options import (
    ASKED,
    HELD,
    Group,
    echo_result,
    format_option,
    graph_options,
    language,
    note,
    options_of,
    parse_parameters,
    refuse,
)
from cmgraph.errors import CmgraphError, UnknownName, nearest, say
from cmgraph.text.i18n import in_language, message

ROW_FORMATS = ("table", "csv", "csv-excel", "tsv", "json", "md")
"""Forms of rows."""

GRAPH_FORMATS = ("ttl", "nt", "rdf", "jsonld")
"""Forms of statements."""

ENDINGS = (".rq", ".sparql", ".txt")
"""How the names of files end that hold a query; a file of another name is found too, if no question has it."""

if TYPE_CHECKING:
    from cmgraph.graph import Graph
    from cmgraph.questions.question import Question


@click.command()
@click.argument("question", required=False, shell_complete=complete_question)
@click.option("-q", "--text", help="SPARQL to ask, as text.")
@click.option(
    "-p",
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=complete_parameter,
    help="Set a parameter; repeatable.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([*ROW_FORMATS, *GRAPH_FORMATS]),
    help="Format of the answer: for rows, a table on a terminal, CSV otherwise; for statements, ttl.",
)
@graph_options(*ASKED)
def query(
    load: Callable[[], Graph],
    question: str | None,
    text: str | None,
    parameters: tuple[str, ...],
    form: str | None,
) -> int:
    """Answer a saved QUESTION, a file with a query, or SPARQL from stdin (-), with its numbered sources.

    A query asks the default graph, unless it names others that the store holds with FROM or GRAPH. SELECT gives rows,
    as many as SPARQL says; CONSTRUCT and DESCRIBE give statements; ASK prints true (exit code 0) or false (1).

    \b
    cmgraph query partners -p actor=Japan
    cmgraph query -q 'SELECT ?forum { ?forum a cm:Forum } ORDER BY ?forum'
    cmgraph query -q 'DESCRIBE agent:government-of-canada' -f ttl
    """
    from cmgraph.questions.question import Question
    from cmgraph.store.sparql_lexer import query_form

    if (question is None) == (text is None):
        raise CmgraphError("say what to ask: a question's name, a file, - or -q TEXT", hint="See: cmgraph queries")
    values = parse_parameters(parameters)
    graph = load()
    to_ask: str | Question
    if question is None or question == "-":
        to_ask = ((sys.stdin.read() if text is None else text).strip().removeprefix("\ufeff")) + "\n"
        if not to_ask.strip():
            raise CmgraphError("the query is empty", hint="Write SPARQL, for instance SELECT ?s { ?s a cm:Forum }")
        if values:
            raise CmgraphError("SPARQL text takes no parameters", where="-p", hint="Save it as a .rq file.")
        refuse(as_of=graph.as_of)
        kind = query_form(to_ask)
    else:
        is_file = question.endswith(ENDINGS) or "/" in question
        is_file = is_file or (Path(question).is_file() and not graph.has_question(question))
        to_ask = Question.read(Path(question)) if is_file else graph.question(question)
        if graph.as_of and to_ask.time != "as-of":
            problem = say("question '{name}' does not take a day", name=to_ask.name)
            raise CmgraphError(
                problem, where="--as-of", hint="Leave it out: the question says in its note how it treats time."
            )
        kind = query_form(to_ask.text)
    if kind in ("CONSTRUCT", "DESCRIBE"):
        from pyoxigraph import RdfFormat

        from cmgraph.export.rdf import serialize_triples

        _refuse_form(form, GRAPH_FORMATS, kind)
        rdf_form = RdfFormat.from_extension(form or "ttl")
        assert rdf_form is not None
        triples = graph.construct(to_ask, **values)
        try:
            written = serialize_triples(triples, rdf_form, graph.prefixes)
        except OSError as error:  # how the engine says that a form cannot hold a statement
            raise CmgraphError(
                say("this cannot be written as {form}: {error}", form=form, error=error), hint="Use -f nt or ttl."
            ) from None
        click.echo(written, nl=False)
        return 0
    _refuse_form(form, ROW_FORMATS, kind)
    if kind == "ASK":
        holds = graph.ask(to_ask, **values)
        click.echo("true" if holds else "false")
        return 0 if holds else 1
    answer = graph.query(to_ask, **values)
    echo_result(answer, form, graph.lang)
    if not answer.rows and not options_of(click.get_current_context()).get("quiet"):
        click.echo(_why_empty(graph, to_ask, values), err=True)
    return 0


@click.command()
@click.argument("text", nargs=-1, required=True)
@format_option
@graph_options(*HELD, "allow_service")
def ask(load: Callable[[], Graph], text: tuple[str, ...], form: str | None) -> int:
    """Find the saved question that a TEXT in plain words asks, and answer it if it is clear which.

    The text is English or French. The best three questions are shown with the commands that ask them. Exit code 1 says
    that it is not clear which is meant, 3 that no saved question asks this.

    \b
    cmgraph ask "Which agreements does Japan have since 2022?"
    cmgraph ask "Qui inscrit le graphite?" -f csv
    """
    from cmgraph.asking import ask as asking
    from cmgraph.cli.format import asked_json, suggestions_result, suggestions_text

    graph = load()
    asked = asking.ask(graph, " ".join(text))
    if form == "json":
        click.echo(asked_json(asked, graph.lang))
    elif asked.answer is not None:
        click.echo(suggestions_text(asked.suggestions, graph.lang), err=True)
        echo_result(asked.answer, form, graph.lang)
    else:
        click.echo(message("unclear", graph.lang), err=True)
        if form in (None, "table"):
            click.echo(suggestions_text(asked.suggestions, graph.lang), nl=False)
        else:
            echo_result(suggestions_result(asked.suggestions, graph.lang), form, graph.lang)
    return 0 if asked.answer is not None else 1


def _why_empty(graph: Graph, question: str | Question, values: Mapping[str, list[str]]) -> str:
    """Say what nothing matches, and which of the values given stands alone between the question and an answer.

    A thing asked about is left in where the question would take another in its place.
    """
    given = {**values, **({"asOf": [str(graph.as_of)]} if graph.as_of and "asOf" not in values else {})}
    written = {name: " ".join(f"{name}={value}" for value in some) for name, some in given.items()}
    if isinstance(question, str):
        return message("empty", graph.lang).format(given=", ".join(written.values()) or "-q")
    why = message("empty", graph.lang).format(given=", ".join([question.name, *written.values()]))
    defaults = question.defaults()
    for parameter in question.parameters:
        name = parameter.name
        if name not in given or (parameter.type in ("entity", "concept") and "UNDEF" not in defaults[name]):
            continue
        others = {other: some for other, some in given.items() if other != name}
        with suppress(CmgraphError):  # what is refused without it would not answer either
            if rows := len(graph.with_as_of(None).query(question, **others)):
                why += message("empty-for", graph.lang).format(one=written[name], rows=rows)
    return why


def _refuse_form(form: str | None, forms: Sequence[str], kind: str) -> None:
    """Refuse a form that an answer of this kind has not."""
    if form is not None and form not in forms:
        raise CmgraphError(
            say("{kind} is not answered as {form}", kind=kind or say("this"), form=form),
            where="--format",
            hint=say("Use {names}.", names=", ".join(forms)),
        )


@click.group(cls=Group, invoke_without_command=True)
@click.option("--tag", help="Only questions with this tag.")
@format_option
@graph_options(*HELD)
def queries(load: Callable[[], Graph], tag: str | None, form: str | None) -> None:
    """List the saved questions."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        refuse(tag=tag, format=form)
        return
    graph = load()
    echo_result(graph.list_questions(tag), form, graph.lang)


@queries.command("show")
@click.argument("name", shell_complete=complete_question)
@click.option("--values", metavar="PARAMETER", help="List every value that this parameter takes.")
@graph_options(*HELD)
def queries_show(load: Callable[[], Graph], name: str, values: str | None) -> int:
    """Show a saved question: what it asks, its parameters with their values, its columns, and its SPARQL."""
    from cmgraph.cli.format import question_text

    graph = load()
    question = graph.question(name)
    candidates = graph.candidates(question)
    if values is None:
        click.echo(question_text(question, candidates, graph.lang), nl=False)
        return 0
    if values not in candidates:
        hint = nearest(values, candidates) or say("See: cmgraph queries show {name}", name=name)
        raise UnknownName(
            say("question '{name}' has no parameter '{parameter}' with a list of values", name=name, parameter=values),
            hint=hint,
        )
    click.echo("\n".join(candidates[values]))
    return 0


@queries.command("lint")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@graph_options("lang", "data", "timeout", "verbose")
def queries_lint(load: Callable[[], Graph], files: tuple[Path, ...]) -> int:
    """Check questions in .rq FILES against the house rules; all saved ones if none is named."""
    from cmgraph.questions.lint import lint

    paths = files or tuple(question.path for question in load().questions.values())
    errors = [f"{path}: {error.rule}: {error.what}" for path in paths for error in lint(path)]
    fine = say("{count} questions keep to every rule.", count=len(paths))
    click.echo("\n".join(errors) or in_language(fine, language(options_of(click.get_current_context()))))
    return 1 if errors else 0


@queries.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@graph_options(*HELD)
def queries_export(load: Callable[[], Graph], folder: Path) -> int:
    """Write the saved questions into FOLDER: as linked data, as a page, and as .rq files."""
    from cmgraph.export.catalogue import write_catalogue

    count = len(write_catalogue(load(), folder))
    note(say("{count} files: {folder}", count=count, folder=folder))
    return 0


@click.command()
@click.argument("name")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "whole", is_flag=True, help="All statements and figures, however many.")
@graph_options(*HELD, "as_of")
def show(load: Callable[[], Graph], name: str, form: str, whole: bool) -> int:
    """Show one thing: its names, its relationships with dates, and their sources.

    The name of a country shows its government first and then the place, as JSON under "also_meant".
    """
    from cmgraph.answers.dossier import entity_text
    from cmgraph.cli.format import entities_json

    graph = load()
    if form == "json":
        click.echo(entities_json(graph.meant(name)))
    else:
        shown = [entity_text(entity, graph.lang, whole) for entity in graph.meant(name)]
        click.echo("\n".join(shown), nl=False)
    return 0


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most this many.")
@format_option
@graph_options(*HELD)
def search(load: Callable[[], Graph], text: tuple[str, ...], limit: int, form: str | None) -> int:
    """Find things by any of their names; accents, case and diacritics do not count."""
    from cmgraph.cli.format import hits_result

    graph = load()
    hits = graph.search(" ".join(text), limit)
    if not hits:
        raise UnknownName(say("nothing is called '{names}'", names=" ".join(text)), hint="Try fewer or other words.")
    echo_result(hits_result(hits, graph), form, graph.lang)
    return 0


@click.command()
@format_option
@graph_options(*HELD)
def stats(load: Callable[[], Graph], form: str | None) -> int:
    """Count what the graph holds, by kind, with the citations it rests on."""
    graph = load()
    echo_result(graph.stats(), form, graph.lang)
    return 0
