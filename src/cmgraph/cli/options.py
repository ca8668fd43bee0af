"""What commands have in common: the options for the graph, how answers are shown, and what a shell completes."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from cmgraph.cli.language import language_of_environment
from cmgraph.cli.watchdog import limited
from cmgraph.errors import CmgraphError, nearest, say
from cmgraph.text.i18n import in_language

if TYPE_CHECKING:
    from cmgraph.answers.result import Result
    from cmgraph.graph import Graph
    from cmgraph.store.http import Credentials

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

GRAPH_OPTIONS = {
    "lang": click.option("--lang", type=click.Choice(["en", "fr"]), help="Language of names and texts."),
    "data": click.option("--data", metavar="DIR", help="Folder that replaces (with ontology/) or extends the graph."),
    "store": click.option("--store", metavar="DIR", help="Ask a store on disk, made by: cmgraph load."),
    "endpoint": click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint that holds the graph."),
    "graph": click.option("--graph", metavar="IRI", help="The graph at the endpoint, if not the server's default."),
    "as_of": click.option("--as-of", metavar="DATE", help="Answer as of this day, YYYY-MM-DD."),
    "timeout": click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(0, min_open=True),
        help="Stop the command after this many; without it, a question is stopped after 60.",
    ),
    "allow_service": click.option(
        "--allow-service", is_flag=True, default=None, help="Let queries call other servers."
    ),
    "verbose": click.option("-v", "--verbose", is_flag=True, default=None, help="Say more on stderr."),
}
"""Options that may stand before a command or after it, by the name of their value."""

HELD = ("lang", "data", "store", "endpoint", "graph", "timeout", "verbose")
"""Options that say which graph, and in which language."""

ASKED = (*HELD, "as_of", "allow_service")
"""Options of commands that put a question."""


class Group(click.Group):
    """A group whose unknown commands suggest the nearest, and that knows the usual short for one."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; ``viz`` is short for ``visualise``."""
        return super().get_command(ctx, "visualise" if cmd_name == "viz" else cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command that arguments name.

        :raises CmgraphError: if there is none.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            hint = nearest(args[0], self.list_commands(ctx)) or "Try: cmgraph --help"
            raise CmgraphError(say("unknown command '{name}'", name=args[0]), hint=hint) from None


def graph_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command take some of :data:`GRAPH_OPTIONS`, and hand it a function that loads the graph they describe.

    One that was given before the command, and that the command does not take, is an error. The command is held to its
    limits of time and memory.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.pass_context
        def run(ctx: click.Context, /, **options: Any) -> Any:
            own = {name: value for name in names if (value := options.pop(name)) is not None}
            options_of(ctx).update(own)
            refuse_graph_options(ctx, names)
            with limited(options_of(ctx).get("timeout")):
                return ctx.invoke(command, lambda: load_graph(options_of(ctx)), **options)

        for name in reversed(names):
            run = GRAPH_OPTIONS[name](run)
        return update_wrapper(run, command)

    return decorate


def options_of(ctx: click.Context) -> dict[str, Any]:
    """Return the graph options given so far, before the command or after it, and ``quiet``."""
    options: dict[str, Any] = ctx.find_root().obj
    return options


def refuse_graph_options(ctx: click.Context, taken: Iterable[str]) -> None:
    """Refuse graph options that a command does not take."""
    for name in options_of(ctx).keys() - {*taken, "quiet"}:
        option, path = f"--{name.replace('_', '-')}", ctx.command_path
        raise CmgraphError(
            say("{path} does not take {option}", path=path, option=option),
            hint=say("Leave it out, or see: {path} --help", path=path),
        )


def refuse(**options: object) -> None:
    """Refuse options that have no effect: give each by its name, with its value if it was given.

    :raises CmgraphError: if one of them is neither None, False nor empty.
    """
    for name, value in options.items():
        if value not in (None, False, (), ""):
            raise CmgraphError(
                say("--{option} has no effect here", option=name.replace("_", "-")), hint="Leave it out."
            )


def note(text: str) -> None:
    """Tell something beside the answer, on stderr, in the reader's language."""
    click.echo(in_language(text, language(options_of(click.get_current_context()))), err=True)


def load_graph(options: dict[str, Any]) -> Graph:
    """Load the graph that the options describe, named in the language that they or the environment ask for."""
    from cmgraph.graph import load

    started = time.perf_counter()
    graph = load(**load_arguments(options), timeout=options.get("timeout", 60.0))
    if options.get("verbose"):
        note(say("loaded in {took:.3f} s from {root}", took=time.perf_counter() - started, root=graph.root))
    return graph


def load_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the options, or the environment, say to :func:`cmgraph.load`, but for the time-out."""
    names = ("data", "store", "endpoint", "graph", "as_of", "allow_service")
    arguments = {name: options[name] for name in names if name in options}
    arguments |= {"credentials": credentials()} if "endpoint" in options else {}
    return {**arguments, "lang": language(options)}


def credentials() -> Credentials | None:
    """Return who asks an endpoint; ask for the password if it is not set and somebody is there to give it."""
    from cmgraph.store.endpoint import environment_credentials

    login = environment_credentials()
    if isinstance(login, tuple) and "CMGRAPH_PASSWORD" not in os.environ and sys.stdin.isatty():
        return login[0], click.prompt(in_language("Password", language_of_environment()), hide_input=True, err=True)
    return login


def language(options: dict[str, Any]) -> str:
    """Return the language that the options or the environment ask for."""
    chosen: str | None = options.get("lang")
    return chosen or language_of_environment()


def parse_parameters(texts: Iterable[str]) -> dict[str, list[str]]:
    """Read NAME=VALUE options; a name given twice has two values."""
    parameters: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise CmgraphError("a parameter is written NAME=VALUE", where=f"-p {text}")
        parameters.setdefault(name, []).append(value)
    return parameters


def echo_result(result: Result, form: str | None, lang: str) -> None:
    """Print an answer in a form: a table on a terminal and CSV elsewhere, if none is named."""
    from cmgraph.answers.render import render

    terminal = sys.stdout.isatty()
    color = terminal and "NO_COLOR" not in os.environ
    form = form or ("table" if terminal else "csv")
    click.echo(render(result, form, lang, shutil.get_terminal_size((100, 24)).columns, color), nl=form == "json")


format_option = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", "csv", "csv-excel", "tsv", "json", "md"]),
    help="Format of the answer: a table on a terminal, CSV otherwise. csv-excel has the byte-order mark Excel needs.",
)

parameter_option = click.option(
    "-p", "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable."
)


@contextmanager
def progress_bar(task_name: str, unit: str, every: int, *, quiet: bool) -> Iterator[Callable[..., object]]:
    """Show how much is done, on a terminal and nowhere else.

    The function given takes the number done and, if it changes, the name of what is being done.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, name="": None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} " + unit), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(task_name, total=None)
        yield lambda done, name=task_name: bar.update(task, completed=round(done / every), description=name)
