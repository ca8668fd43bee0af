"""An overview of a country or a mineral: the answer to a saved question, in groups and in sentences."""

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

    :ivar what: the kind.
    :ivar heading: what things of the kind are called.
    :ivar headings: of the columns that hold something.
    :ivar rows: their values, and the numbers of their citations on the page.
    """

    what: NamedRef
    heading: str
    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[Value, ...], tuple[int, ...]], ...]


@dataclass(frozen=True)
class Overview:
    """What is known of a thing at a glance.

    :ivar question: the name of the saved question.
    :ivar sentences: the answer summed up.
    :ivar chart: a drawing, empty if there is none.
    """

    question: str
    answer: Result
    sentences: str
    chart: str
    groups: tuple[Group, ...] = ()


def overviews(graphs: Mapping[str, Graph], folder: str, iri: str) -> dict[str, Overview]:
    """Answer the question about a thing in each language; nothing if the graph does not have it or knows nothing.

    :param folder: the folder of the page.
    """
    first = next(iter(graphs.values()))
    config = _configs().get(folder)
    if not config or config["question"] not in first.questions or iri == _WORLD:
        return {}
    try:
        answers = first.query_in(graphs, config["question"], **{config["parameter"]: iri})
    except UnknownName:  # in the folder, but of another kind
        return {}
    columns = {*config["columns"]}
    return {
        lang: Overview(config["question"], answer, _sentences(answer, config), _chart(graphs[lang], config, iri))
        for lang, answer in answers.items()
        if answer.rows and answer.columns[0] == "what" and columns <= {*answer.columns}
    }


def with_overview(entity: Entity, overview: Overview) -> tuple[Entity, Overview]:
    """Number the citations of an overview as those of the page, and add to the page those that it lacks."""
    number = {citation.iri: n for n, citation in enumerate(entity.citations, 1)}
    for citation in overview.answer.citations:
        number.setdefault(citation.iri, len(number) + 1)
    more = [c for c in overview.answer.citations if number[c.iri] > len(entity.citations)]
    page_numbers = [number[citation.iri] for citation in overview.answer.citations]
    groups = tuple(_group(overview.answer, what, rows, page_numbers) for what, rows in _groups(overview.answer))
    return replace(entity, citations=(*entity.citations, *more)), replace(overview, groups=groups)


def _groups(answer: Result) -> Iterator[tuple[NamedRef, list[Row]]]:
    for what, rows in groupby(answer.rows, key=lambda row: row[0]):
        yield what if isinstance(what, NamedRef) else NamedRef("", as_text(what)), list(rows)


def _group(answer: Result, what: NamedRef, rows: Sequence[Row], page_numbers: Sequence[int]) -> Group:
    filled = [n for n in range(1, len(answer.columns)) if any(row[n] is not None for row in rows)]
    cells = (
        (tuple(row[n] for n in filled), tuple(sorted({page_numbers[c - 1] for c in row.citations}))) for row in rows
    )
    return Group(what, _heading(what, answer.lang), tuple(answer.headings[n] for n in filled), tuple(cells))


def _heading(kind: NamedRef, lang: str) -> str:
    headings = _configs()["_headings"]
    words = headings.get(local_name(kind.iri)) or headings.get(_vocabulary(kind.iri))
    label = best_text(words, lang).format(label=kind.label) if words else kind.label
    return label[:1].upper() + label[1:]


def _sentences(answer: Result, config: Mapping[str, Any]) -> str:
    """Count the things of each kind, then fill in the sentences for which the answer has a row."""
    at = {name: n for n, name in enumerate(answer.columns)}
    groups = [(what.iri, rows) for what, rows in _groups(answer)]
    counted = []
    for kind, words in config["counted"].items():
        things = {
            row[at["thing"]] for what, rows in groups if kind in (_vocabulary(what), local_name(what)) for row in rows
        }
        counted += [f"{best_text(words, answer.lang)} ({as_text(len(things), answer.lang)})"] if things else []
    sentences = [f"{message('seen_of_it', answer.lang)}{COLON[answer.lang]}{', '.join(counted)}."] if counted else []
    for pattern in config["sentences"]:
        rows = [row for what, some in groups if local_name(what) == pattern["group"] for row in some]
        if values := _PICKS[pattern["pick"]](rows, at):
            texts = {name: as_text(value, _amount(name, answer.lang)) for name, value in values.items()}
            sentences.append(best_text(pattern, answer.lang).format_map(texts))
    return " ".join(sentences)


def _vocabulary(iri: str) -> str:
    """Return the local name of a concept's vocabulary."""
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


_PICKS = {"first": _ranked_first, "newest": _newest, "largest": _largest}


def _chart(graph: Graph, config: Mapping[str, Any], iri: str) -> str:
    if "chart" not in config or graph.as_of:
        return ""
    drawn = picture(graph, config["chart"], NetworkFilter(minerals=(iri,)))
    return drawn.svg(True) if len(drawn.table) else ""


@cache
def _configs() -> dict[str, Any]:
    configs: dict[str, Any] = read_yaml(Path(__file__).with_name("overview.yaml"))
    return configs
