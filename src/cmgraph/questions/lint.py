"""The rules for saved questions, so that they answer alike on every engine and every row can be checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cmgraph.questions.header import TYPES
from cmgraph.questions.question import Question
from cmgraph.store.values import blocks

_LANGUAGES = ({"en", "fr"}, {"en", "fr-t-en"})


class LintError(NamedTuple):
    """A rule that a question breaks, and what to do about it."""

    rule: str
    what: str


def lint(path: Path) -> tuple[LintError, ...]:
    """Check the question in a ``.rq`` file.

    :returns: the rules it breaks: ``syntax``, ``languages``, ``tags``, ``time``, ``parameters``, ``also``, ``columns``,
        ``things``, ``citation``, ``order``, ``sub-select``, ``service``; empty if none.
    """
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    question = Question.read(path)
    try:
        tree = translateQuery(parseQuery(question.text)).algebra
    except Exception as error:  # the parser has no error class of its own
        return (LintError("syntax", f"not SPARQL: {error}. Fix it."),)
    return (*_head(question), *_body(question, tree))


def _head(question: Question) -> Iterator[LintError]:
    texts: dict[str, Mapping[str, str]] = {
        "title": question.title,
        "question": question.question,
        "note": question.note,
        **({"keywords": question.keywords} if question.keywords else {}),
        **{f"label of {p.name}": p.label for p in question.parameters},
        **{f"words after which {p.name} stands": p.after for p in question.parameters if p.after},
        **{f"{p.name}={choice}": words for p in question.parameters for choice, words in p.choices.items()},
        **{f"label of {c.name}": c.label for c in question.columns},
        **{f"requires {r.parameter}": r.otherwise for r in question.requires},
    }
    for name, text in texts.items():
        if set(text) not in _LANGUAGES:
            yield LintError("languages", f"{name}: write it in en and in fr (fr-t-en if nobody reviewed it).")
    names = {
        column.name for column in question.columns
    }  # a projection, with a column source, has its dates in the column date
    if not question.tags:
        yield LintError("tags", "tags: name at least one subject.")
    takes_day = any(p.name == "asOf" for p in question.parameters)
    if (question.time == "as-of") != takes_day:
        yield LintError("time", "time: as-of if there is a parameter asOf, timeless if there is none.")
    if (takes_day and "source" not in names) != bool(question.dated):
        yield LintError("dated", "dated: name the columns that say when, if and only if a day can be asked for.")
    for p in question.parameters:
        if (p.type == "choice") != bool(p.choices):
            yield LintError("parameters", f"{p.name}: a choice, and nothing else, lists its choices.")
        if p.type not in TYPES or p.name not in blocks(question.text):
            yield LintError("parameters", f"{p.name}: give it a type and a block VALUES ?{p.name} {{ default }}.")
    for requirement in question.requires:
        if requirement.parameter not in {p.name for p in question.parameters}:
            yield LintError("parameters", f"requires: there is no parameter {requirement.parameter}.")
    if not set(question.also) <= {p.name for p in question.parameters} or bool(question.also) != bool(
        question.parameters
    ):
        yield LintError("also", "also: give a second set of values, for parameters there are.")


def _body(question: Question, tree: Any) -> Iterator[LintError]:
    projected = [str(variable) for variable in tree.PV or ()]
    declared = [c.name for c in question.columns]
    if [name for name in projected if name != question.citation] != declared:
        yield LintError("columns", f"columns: name what is projected, in its order: {', '.join(projected)}.")
    if not set(question.things) <= set(declared):
        yield LintError("things", "things: name columns that hold things.")
    if not {*question.dated, *question.one_line} <= set(declared):
        yield LintError("columns", "dated, one_line: name columns.")
    if question.citation not in (*projected, "none"):
        yield LintError("citation", 'citation: name the column that holds it, or "none" if the answer only counts.')
    nodes = list(_walk(tree.p, ()))
    outer = [node.name for node, within in nodes if not within]
    if "OrderBy" not in outer:
        yield LintError("order", "end with ORDER BY: engines order rows as they like.")
    names = {p.name for p in question.parameters}
    for node, within in nodes:
        if node.name == "ServiceGraphPattern" or (node is tree.p and tree.datasetClause):
            yield LintError("service", "leave out SERVICE and FROM: a question is about the graph alone.")
        if node.name == "values" and within:
            bound = {str(variable) for row in node.res for variable in row} & names
            if hidden := sorted(bound - {str(variable) for variable in within[-1].PV}):
                yield LintError("sub-select", f"project ?{hidden[0]} from the sub-select that has its VALUES block.")


def _walk(node: Any, within: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield every part of an algebra with the sub-selects around it, from the outside in."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue):
        yield node, within
        select = node.p if node.name == "ToMultiSet" else None
        while select and select.name in ("Slice", "Distinct", "Reduced"):
            select = select.p
        inner = (*within, select) if select and select.name == "Project" else within
        for key, part in node.items():
            if key not in ("PV", "_vars"):
                yield from _walk(part, inner)
    elif isinstance(node, (list, tuple)):
        for part in node:
            yield from _walk(part, within)
