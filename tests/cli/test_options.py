"""Every command honours each option that it takes, and refuses the others; none is passed over."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from cmgraph.cli.commands import cmgraph
from cmgraph.cli.options import GRAPH_OPTIONS
from conftest import Run

VALUES = {
    "lang": ["--lang", "fr"],
    "data": ["--data", "."],
    "store": ["--store", "nowhere"],
    "endpoint": ["--endpoint", "http://127.0.0.1:9"],
    "graph": ["--graph", "http://example.org/g"],
    "as_of": ["--as-of", "2020-12-31"],
    "timeout": ["--timeout", "5"],
    "allow_service": ["--allow-service"],
    "verbose": ["-v"],
}


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Return every command with the words that call it."""
    found = []
    for name, command in group.commands.items():
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
    return found


COMMANDS = _commands(cmgraph)


def test_every_graph_option_is_tried() -> None:
    assert VALUES.keys() == GRAPH_OPTIONS.keys()


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_a_graph_option_that_a_command_does_not_take_is_refused_before_and_after_it(
    path: tuple[str, ...], command: click.Command
) -> None:
    taken = {parameter.name for parameter in command.params}
    arguments = ["x"] * sum(isinstance(p, click.Argument) and p.required for p in command.params)
    arguments += ["-o", "x.svg"] if any(p.required and p.name == "output" for p in command.params) else []
    if "kind" in taken and path == ("visualise",):
        arguments[0] = "network"
    for name in GRAPH_OPTIONS.keys() - taken:
        for words in ([*VALUES[name], *path, *arguments], [*path, *arguments, *VALUES[name]]):
            with pytest.raises(Exception) as error:
                cmgraph.main(words, standalone_mode=False)
            option = VALUES[name][0]
            assert option in str(error.value) and type(error.value).__name__ in ("CmgraphError", "NoSuchOption")


@pytest.mark.parametrize(
    "command",
    [
        "network --brokerage actors --change 2020-01-01 2021-01-01",
        "network actors --change 2020-01-01 2021-01-01 -o x.gexf",
        "network actors --two-mode",
        "network actors --communities leiden --brokerage",
        "network actors -o x.gexf -f csv",
        "network --mineral lithium",
        "network chain --as-of 2020-01-01",
        "query on-all-lists --as-of 2020-01-01",
        "queries --tag figures lint",
        "reason Canada --owl-rl x.nt",
        "reason --owl-rl x.nt -f csv",
        "export -f ttl -o x.ttl --force",
        "export -f ttl -o x.ttl --zip",
        "export -f ttl -o x.ttl --only tables",
        "export -f ttl --profile org -o x.ttl",
        "export public --check --base-iri http://example.org/",
        "export public --zip --force",
        "export public -o x.nt",
        "diff a b -f json --all",
        "template -o x.csv",
        "template memberships -o x.csv -f json",
        "load --store x --graph http://example.org/g",
        "ingest x.csv -p since=2020 -p since=2021",
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(run: Run, tmp_path: Path, command: str) -> None:
    ended = run(*command.split(), cwd=tmp_path)
    assert ended.returncode == 2 and ended.stderr.startswith("cmgraph: ") and ended.stdout == ""
    assert not list(tmp_path.iterdir())


def test_lists_are_headed_in_french_too(run: Run) -> None:
    listed = run("queries", "--lang", "fr", "-f", "md")
    assert listed.returncode == 0 and listed.stdout.startswith("| nom | titre | sujets |")
    assert run("--lang", "fr", "queries", "-f", "md").stdout == listed.stdout
