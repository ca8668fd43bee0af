"""What a shell completes: questions, projections, parameters with their values, and things by name.

bash takes ``=`` and ``:`` for ends of words, and inserts what it is given as it is. So the line is read here rather
than in words that bash parted, and what is proposed is quoted as the line is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, FishComplete, ShellComplete, ZshComplete, add_completion_class

from cmgraph.cli.options import load_graph
from cmgraph.errors import CmgraphError

if TYPE_CHECKING:
    from cmgraph.graph import Graph

Complete = Callable[[click.Context, click.Parameter, str], list[str]]

MOST = 200
"""At most so many things are proposed by name."""

_BASH = """\
%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *) COMPREPLY+=("$value"); [[ $value == *= ]] && compopt -o nospace ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Bash(ShellComplete):
    """Completion for bash 4.4 and later."""

    name = "bash"
    source_template = _BASH

    def complete(self) -> str:
        """Propose how the word before the cursor goes on, from where bash takes it to begin."""
        line, breaks = os.environ.get("COMP_LINE"), os.environ.get("COMP_WORDBREAKS", "")
        if line is None:  # from click's own script, which somebody may have kept
            parted = os.environ["COMP_WORDS"]
            line = re.sub(r"\s+=\s*", "=", parted)
            breaks = "" if line == parted else "="
        words, begun, settled, quote = split_line(line, breaks)
        proposed = self.get_completions(words[1:], begun)
        return "\n".join(self._reply(item, settled, quote) for item in proposed if item.value.startswith(settled))

    def _reply(self, item: CompletionItem[str], settled: str, quote: str) -> str:
        rest = item.value[len(settled) :]
        if quote == "'":
            rest = rest.replace("'", "'\\''")
        elif quote:
            rest = re.sub(r'([\\"$`])', r"\\\1", rest)
        elif not rest.endswith("="):
            rest = re.sub(r"([^\w@%+=,./:-])", r"\\\1", rest)
        return f"{item.type},{rest}"


def split_line(line: str, breaks: str) -> tuple[list[str], str, str, str]:
    """Split a command line that is being typed as bash does.

    :param breaks: what bash takes for the end of a word when it completes.
    :returns: the words before the last, the last, that part of it which bash takes for settled, and its open quote.
    """
    words: list[str] = []
    word: str | None = None
    settled = quote = ""
    escaped = False
    for letter in line:
        if escaped:
            word, escaped = (word or "") + letter, False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote, word = ("", word) if letter == quote else (quote, (word or "") + letter)
        elif letter in "'\"":
            quote, word = letter, word or ""
            settled = word
        elif letter.isspace():
            words += [] if word is None else [word]
            word, settled = None, ""
        else:
            word = (word or "") + letter
            settled = word if letter in breaks else settled
    while words and re.match(r"\w+=", words[0]):  # NAME=VALUE before a command is for its environment
        words.pop(0)
    return words, word or "", settled, quote


@add_completion_class
class Zsh(ZshComplete):
    """Completion for zsh, with no space after a parameter's equals sign."""

    def source(self) -> str:
        """Give click's script, but for that space."""
        added = "compadd -U -V unsorted -a completions"
        begun = "compadd -U -V unsorted -S '' -- ${(M)completions:#*=}"
        rest = "completions=(${completions:#*=})"
        return super().source().replace(added, f"{begun}; {rest}; {added}")


@add_completion_class
class Fish(FishComplete):
    """Completion for fish, of names with commas too."""

    def source(self) -> str:
        """Give click's script, but for what it cuts off after a comma."""
        return super().source().replace('string split "," ', 'string split -m 1 "," ')


def _quietly(complete: Callable[[Graph, click.Context, str], Iterable[str]]) -> Complete:
    """Propose nothing where the graph cannot be asked, and never go to a server for it."""

    @wraps(complete)
    def run(ctx: click.Context, _: click.Parameter, begun: str) -> list[str]:
        params = {**ctx.find_root().params, **ctx.params}
        options = {name: value for name, value in params.items() if value is not None}
        if "endpoint" in options:
            return []
        try:
            proposed = complete(load_graph(options), ctx, begun)
            return [text for text in dict.fromkeys(proposed) if text.startswith(begun)]
        except CmgraphError:
            return []

    return run


@_quietly
def complete_question(graph: Graph, _: click.Context, __: str) -> Iterable[str]:
    """Propose the names of saved questions."""
    return graph.questions


@_quietly
def complete_projection(graph: Graph, _: click.Context, __: str) -> Iterable[str]:
    """Propose the names of projections."""
    from cmgraph.analysis.projections import projections

    return projections(graph)


@_quietly
def complete_template(graph: Graph, _: click.Context, __: str) -> Iterable[str]:
    """Propose the names of templates."""
    from cmgraph.tables.library import template_files

    return template_files(graph)


@_quietly
def complete_thing(graph: Graph, _: click.Context, begun: str) -> Iterable[str]:
    """Propose the names of things."""
    return _names(graph, begun)


@_quietly
def complete_parameter(graph: Graph, ctx: click.Context, begun: str) -> Iterable[str]:
    """Propose the parameters of the question named so far, and after the equals sign their values: names or CURIEs."""
    named = ctx.params["question"] or next(iter(ctx.args), "")  # click leaves words alone while an option is begun
    if named not in graph.questions:
        return []
    question = graph.questions[named]
    name, equals, value = begun.partition("=")
    if not equals:
        return [f"{p.name}=" for p in question.parameters]
    kinds = {p.name: kind for p in question.parameters if p.of and (kind := graph.prefixes.expand(p.of))}
    if name not in kinds:
        return []
    values = [*graph.candidates(question).get(name, ()), *_names(graph, value, kinds[name].value)]
    return (f"{name}={value}" for value in values)


def _names(graph: Graph, begun: str, of: str = "") -> list[str]:
    """List the names, and with a colon the CURIEs, that begin so, of things of a class or scheme."""
    from cmgraph.store import builtin

    if ":" in begun:
        kinds = builtin.ask(graph.store, "kinds")
        things = {thing.value for thing, kind in kinds if thing and kind and of in ("", kind.value)}
        return sorted(filter(lambda curie: curie.startswith(begun), map(graph.prefixes.shorten, things)))
    hits = graph.search(begun, MOST)
    return sorted(hit.matched for hit in hits if graph.names.has(hit.thing.iri, of) and hit.matched.startswith(begun))
