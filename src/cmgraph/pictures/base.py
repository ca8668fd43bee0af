"""The common parts of all pictures: a title, a footer with the day and the sources, and an equivalent table."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyoxigraph import NamedNode

from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.analysis.kinds import Look, kind_label, looks
from cmgraph.analysis.projections import find_projection
from cmgraph.answers.result import Result
from cmgraph.graph import Graph
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import NamedRef, best_text
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

SOURCES = 8
"""The most sources named on a drawing: those on which most of it rests. The table has all."""

_WIDE = 7
"""Characters of a title per hundred units of a drawing's width."""


class Head(NamedTuple):
    """The title of a picture, the question that it answers, and what it means and does not mean."""

    title: str
    question: str = ""
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """What a picture shows and how it is drawn.

    :ivar table: its content as a table.
    :ivar extent: how much it shows, in words.
    :ivar svg: draws it; if True, without title and footer, for a page that has them.
    :ivar page: renders a page of its own, if it has one.
    :ivar spec: writes its Vega-Lite specification, if it is a chart.
    """

    head: Head
    table: Result
    extent: str
    svg: Callable[[bool], str]
    page: Callable[[], str] | None = None
    spec: Callable[[], str] | None = None

    def _repr_svg_(self) -> str:
        return self.svg(False)


def template_context(graph: Graph) -> dict[str, Any]:
    """Return the values that every template needs: the language, its words, and the day."""
    return {"as_of": graph.as_of, "lang": graph.lang, "w": lambda key: message(key, graph.lang)}


def heading(
    graph: Graph,
    projection: str,
    network_filter: NetworkFilter = EVERYTHING,
    parameters: Mapping[str, object] | None = None,
) -> Head:
    """Return a projection's title, its question with the filters in use, and its note."""
    query = find_projection(graph, projection)
    title, question, note = (best_text(text, graph.lang) for text in (query.title, query.question, query.note))
    cut = [*network_filter.describe(graph), *(f"{name} {value}" for name, value in (parameters or {}).items())]
    only = f" ({message('pic_only', graph.lang)} {', '.join(cut)})" if cut else ""
    return Head(title, question + only, note)


def as_lists(parameters: Mapping[str, object]) -> dict[str, list[Any]]:
    """Return the values of each parameter as a list, a single one too."""
    return {name: list(some) if isinstance(some, (list, tuple)) else [some] for name, some in parameters.items()}


def asked_labels(graph: Graph, question: Question, asked: Mapping[str, Sequence[object]]) -> list[str]:
    """Return the labels of requested values other than "any", in the graph's language."""
    by_name = {parameter.name: parameter for parameter in question.parameters}
    terms = [
        by_name[name].term(value, graph.names, graph.prefixes)
        for name in sorted(asked.keys() & by_name.keys())
        for value in asked[name]
        if value != "any"
    ]
    labels = graph.names.labels(term.value for term in terms if isinstance(term, NamedNode))
    return [labels.get(term.value, term.value) for term in terms]


def svg_renderer(
    template: str, graph: Graph, table: Result, width: int, head: Head, **values: Any
) -> Callable[[bool], str]:
    """Return a renderer of a drawing's template, with a title that fits its width and a footer; or without both."""
    cited = Counter(table.citations[number - 1] for row in table for number in row.citations)
    weight: Counter[str] = Counter()
    for citation, count in cited.items():
        weight[". ".join(filter(None, (citation.publisher, citation.title)))] += count
    named = [truncate(source, width // 7) for source, _ in weight.most_common(SOURCES)]
    foot = {
        "sources": named,
        "others": len(weight) - len(named),
        "notes": [
            line
            for text in (
                "" if table.rows else message("none", graph.lang),
                head.note or message("not_seen", graph.lang),
                message("unreviewed", graph.lang),
            )
            for line in textwrap.wrap(text, width // 6)
        ],
        "checked": max((citation.checked for citation in table.citations), default=""),
    }
    lines = textwrap.wrap(head.title, width * _WIDE // 100) or [""]
    values |= template_context(graph) | head._asdict() | {"width": width, "lines": lines, "foot": foot}
    return lambda bare: render_template(template, bare=bare, **values)


def tie_reasons(table: Result) -> dict[tuple[NamedRef, NamedRef], dict[str, set[int]]]:
    """Return for each tied pair in a projection's rows the reasons, each with the numbers of its citations."""
    reasons: dict[tuple[NamedRef, NamedRef], dict[str, set[int]]] = {}
    for row in table:
        source, target = row[0], row[1]
        if isinstance(source, NamedRef) and isinstance(target, NamedRef) and source != target:
            reasons.setdefault((source, target), {}).setdefault(str(row[2]), set()).update(row.citations)
    return reasons


def legend(graph: Graph, kinds: Iterable[str]) -> list[tuple[str, Look]]:
    """Return the label and look of each kind in a picture, in the order of all legends."""
    present = set(kinds)
    return [(kind_label(kind, graph.lang), look) for kind, look in looks().items() if kind in present]


def tie_legend(graph: Graph, projection: str) -> str:
    """Return what a line between two things of a projection means."""
    return message("pic_tie", graph.lang).format(heading(graph, projection).question)


def tie_width(weight: int) -> float:
    """Return the width of a tie with so many reasons: twice as wide for four times as many."""
    return round(min(8.0, math.sqrt(weight)), 1)


def truncate(text: str, most: int) -> str:
    """Cut text at a word, or within one if it has no other end."""
    if len(text) <= most:
        return text
    cut = text[: most - 1].rpartition(" ")[0]
    return (cut if len(cut) > most // 2 else text[: most - 1]) + "…"
