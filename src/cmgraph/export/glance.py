"""What is known of a country or a mineral at a glance: the answer of a saved question, in groups and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.answers.entity import Entity
from cmgraph.answers.result import Result, Row
from cmgraph.errors import UnknownName
from cmgraph.graph import Graph
from cmgraph.pictures.chart import picture
from cmgraph.rdf.terms import BASE, NamedRef, Value, best_text, local_name
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import COLON, message
from cmgraph.text.yaml_files import read_yaml

_WORLD = BASE + "id/place/world"
_MOST = 6
"""How many things a sentence names."""


@dataclass(frozen=True)
class Group:
    """The rows of an answer that are of a kind.

    :ivar headings: of the columns that hold something.
    :ivar rows: their values, and the numbers of their citations on the page.
    """

    what: NamedRef
    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[Value, ...], tuple[int, ...]], ...]


@dataclass(frozen=True)
class Glance:
    """What is known of a thing at a glance.

    :ivar question: the name of the saved question.
    :ivar said: what there is, in sentences.
    :ivar chart: a drawing, empty if there is none.
    """

    question: str
    answer: Result
    said: str
    chart: str
    groups: tuple[Group, ...] = ()


def glances(graphs: Mapping[str, Graph], folder: str, iri: str) -> dict[str, Glance]:
    """Answer the question about a thing in each language; nothing if the graph does not have it or knows nothing.

    :param folder: the folder of the page.
    """
    first = next(iter(graphs.values()))
    told = _told().get(folder)
    if not told or told["question"] not in first.questions or iri == _WORLD:
        return {}
    try:
        answers = first.query_in(graphs, told["question"], **{told["parameter"]: iri})
    except UnknownName:  # it is in the folder, but of another kind
        return {}
    columns = {*told["columns"]}
    return {
        lang: Glance(told["question"], answer, _sentences(answer, told), _chart(graphs[lang], told, iri))
        for lang, answer in answers.items()
        if answer.rows and answer.columns[0] == "what" and columns <= {*answer.columns}
    }


def with_glance(entity: Entity, glance: Glance) -> tuple[Entity, Glance]:
    """Number the citations of a glance as those of the page, which takes in what it does not have yet."""
    number = {citation.iri: n for n, citation in enumerate(entity.citations, 1)}
    for citation in glance.answer.citations:
        number.setdefault(citation.iri, len(number) + 1)
    more = [c for c in glance.answer.citations if number[c.iri] > len(entity.citations)]
    of = [number[citation.iri] for citation in glance.answer.citations]
    groups = tuple(_group(glance.answer, what, rows, of) for what, rows in _groups(glance.answer))
    return replace(entity, citations=(*entity.citations, *more)), replace(glance, groups=groups)


def _groups(answer: Result) -> Iterator[tuple[NamedRef, list[Row]]]:
    for what, rows in groupby(answer.rows, key=lambda row: row[0]):
        yield what if isinstance(what, NamedRef) else NamedRef("", as_text(what)), list(rows)


def _group(answer: Result, what: NamedRef, rows: Sequence[Row], of: Sequence[int]) -> Group:
    kept = [n for n in range(1, len(answer.columns)) if any(row[n] is not None for row in rows)]
    cells = ((tuple(row[n] for n in kept), tuple(sorted({of[c - 1] for c in row.citations}))) for row in rows)
    return Group(what, tuple(answer.headings[n] for n in kept), tuple(cells))


def _sentences(answer: Result, told: Mapping[str, Any]) -> str:
    """Say how much of each kind there is, then what the patterns ask for."""
    at = {name: n for n, name in enumerate(answer.columns)}
    groups = [(what.iri, rows) for what, rows in _groups(answer)]
    counted = []
    for kind, words in told["counted"].items():
        things = {
            row[at["thing"]] for what, rows in groups if kind in (_vocabulary(what), local_name(what)) for row in rows
        }
        counted += [f"{best_text(words, answer.lang)} ({as_text(len(things), answer.lang)})"] if things else []
    sentences = [f"{message('seen_of_it', answer.lang)}{COLON[answer.lang]}{', '.join(counted)}."] if counted else []
    for pattern in told["said"]:
        rows = [row for what, some in groups if local_name(what) == pattern["of"] for row in some]
        if values := _CHOICES[pattern["where"]](rows, at):
            texts = {name: as_text(value, _amount(name, answer.lang)) for name, value in values.items()}
            sentences.append(best_text(pattern, answer.lang).format_map(texts))
    return " ".join(sentences)


def _vocabulary(iri: str) -> str:
    """Return the last part of the name of a concept's vocabulary."""
    return iri.rpartition("/")[0].rpartition("/")[2] if iri.startswith(f"{BASE}vocab/") else ""


def _amount(column: str, lang: str) -> str:
    return lang if column == "value" else ""


def _ranked_first(rows: Sequence[Row], at: Mapping[str, int]) -> dict[str, Value]:
    names = list(dict.fromkeys(as_text(row[at["thing"]]) for row in rows if row[at["rank"]] == 1))
    more = f" (+ {len(names) - _MOST})" if len(names) > _MOST else ""
    return {"things": ", ".join(names[:_MOST]) + more} if names else {}


def _newest(rows: Sequence[Row], at: Mapping[str, int]) -> dict[str, Value]:
    dated = [row for row in rows if row[at["date"]] is not None]
    newest = max(dated, key=lambda row: as_text(row[at["date"]]), default=None)
    return {name: newest[at[name]] for name in ("thing", "date")} if newest else {}


def _largest(rows: Sequence[Row], at: Mapping[str, int]) -> dict[str, Value]:
    """Return the largest figure of a place, if those of the newest year are of one mineral and unit, without bounds."""
    newest = max((as_text(row[at["date"]]) for row in rows), default="")
    some = [row for row in rows if as_text(row[at["date"]]) == newest and _place(row[at["who"]])]
    if len({(row[at["unit"]], row[at["of"]]) for row in some}) != 1 or any(
        row[at["bound"]] is not None for row in some
    ):
        return {}
    largest = max(some, key=lambda row: (row[at["value"]], as_text(row[at["who"]])))
    return {name: largest[at[name]] for name in ("who", "value", "unit", "date")}


def _place(value: Value) -> bool:
    return isinstance(value, NamedRef) and value.iri != _WORLD


_CHOICES = {"first": _ranked_first, "newest": _newest, "largest": _largest}


def _chart(graph: Graph, told: Mapping[str, Any], iri: str) -> str:
    if "chart" not in told or graph.as_of:
        return ""
    drawn = picture(graph, told["chart"], NetworkFilter(minerals=(iri,)))
    return drawn.svg(True) if len(drawn.table) else ""


@cache
def _told() -> dict[str, Any]:
    told: dict[str, Any] = read_yaml(Path(__file__).with_name("glance.yaml"))
    return told
