"""One thing with its ties: actors on the left, everything else on the right."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cmgraph.analysis.kinds import NATION, looks, picture_kind
from cmgraph.answers.entity import Entity
from cmgraph.answers.result import Result, Row
from cmgraph.answers.sentences import sentence
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, legend, svg_renderer, truncate
from cmgraph.rdf.terms import BASE, CM, NamedRef, best_text
from cmgraph.store import builtin
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message
from cmgraph.text.yaml_files import read_yaml

SIDE = 8
"""How many ties of a thing are drawn on each side."""

_NAME = 34
"""The most characters of a name that are drawn."""

_EACH = 3
"""How many of each kind of tie come before the rest."""

_ENDS = tuple(f"{BASE}id/{part}/" for part in ("agent", "arrangement", "event", "place", "project")) + tuple(
    f"{BASE}vocab/{part}/" for part in ("list", "mineral", "theme", "sector", "stage", "product")
)
"""IRIs that can be at the end of a tie."""


def picture(graph: Graph, name: str | None = None) -> Picture:
    """Draw one thing; each end of a tie is a link.

    :raises CmgraphError: if none is named.
    """
    if name is None:
        raise CmgraphError("say which thing to draw", hint="cmgraph visualise entity NAME -o FILE")
    entity = graph.meant(name)[0]
    rank = {CM + kind: place for place, kind in enumerate(_words())}
    rows = tuple(
        Row((statement.kind, "".join(map(as_text, sentence(statement, graph.lang)))), (None, None), statement.citations)
        for statement in sorted(entity.statements, key=lambda statement: rank.get(statement.kind.iri, len(rank)))
    )
    headings = (message("kind", graph.lang), message("what", graph.lang))
    table = Result(("kind", "what"), headings, rows, entity.citations, cited=True)
    head = Head(entity.thing.label, entity.kind)
    drawn = ties(graph, entity)
    shown = [entity.thing, *(end["thing"] for side in ("left", "right") for end in drawn[side])]
    kinds = legend(graph, (picture_kind(graph, thing.iri) for thing in shown))
    svg = svg_renderer("ties.svg", graph, table, 940, head, href=str, picture=drawn, kinds=kinds)
    return Picture(head, table, f"{len(rows)} {message('pic_statements', graph.lang)}", svg)


def ties(graph: Graph, entity: Entity) -> dict[str, Any]:
    """Place the ends of a thing's ties, each once: actors on the left, everything else on the right, by importance.

    Of each kind of tie a few come before the rest, so that many of one kind do not leave out the others.
    """
    words = _words()
    ends_by_side: dict[str, dict[str, tuple[NamedRef, list[str]]]] = {"left": {}, "right": {}}
    counted: Counter[tuple[str, str]] = Counter()
    for statement in entity.statements:
        class_name = statement.kind.iri.removeprefix(CM)
        for prop, value in statement.says if class_name in words else ():
            kind = next(key for key in (f"{class_name}.{prop.iri.removeprefix(CM)}", class_name) if key in words)
            if isinstance(value, NamedRef) and value.iri.startswith(_ENDS) and value.iri != entity.thing.iri:
                side = "left" if value.iri.startswith(BASE + "id/agent/") else "right"
                kinds = ends_by_side[side].setdefault(value.iri, (value, []))[1]
                counted[value.iri, kind] += 1
                if kind not in kinds:
                    kinds.append(kind)
    rank = {kind: place for place, kind in enumerate(words)}
    dates, older = _dates(graph, ends_by_side["right"])
    ordered = {
        side: _first_of_each([end for iri, end in some.items() if iri not in older], rank, counted, dates)
        + [end for iri, end in some.items() if iri in older]
        for side, some in ends_by_side.items()
    }
    rows = max(2, *(min(len(some), SIDE) for some in ordered.values()))
    height = rows * 46 + 24
    drawn: dict[str, Any] = {"more": {side: max(0, len(some) - SIDE) for side, some in ordered.items()}}
    for side, some in ordered.items():
        short = _short(graph, [thing for thing, _ in some[:SIDE]])
        top = (height - min(len(some), SIDE) * 46) // 2 + 16
        drawn[side] = [
            {
                "thing": thing,
                "short": short[thing.iri],
                "label": truncate(", ".join(best_text(words[kind], graph.lang) for kind in kinds), 40),
                "look": looks()[picture_kind(graph, thing.iri)],
                "y": top + n * 46,
            }
            for n, (thing, kinds) in enumerate(some[:SIDE])
        ]
    title = textwrap.wrap(truncate(entity.thing.label, 70), 19)[:4]
    look = looks()[picture_kind(graph, entity.thing.iri)]
    return drawn | {"height": height + 16, "middle": height // 2, "title": title, "look": look}


def _first_of_each(
    ends: Iterable[tuple[NamedRef, list[str]]],
    rank: Mapping[str, int],
    counted: Mapping[tuple[str, str], int],
    dates: Mapping[str, str],
) -> list[tuple[NamedRef, list[str]]]:
    """Order ends by kind of tie, those with most and then the newest first; a few of every kind before the rest."""
    by_kind: dict[str, list[tuple[NamedRef, list[str]]]] = defaultdict(list)
    for thing, kinds in ends:
        kinds.sort(key=lambda kind: rank[kind])
        by_kind[kinds[0]].append((thing, kinds))
    first, rest = [], []
    for kind in sorted(by_kind, key=lambda kind: rank[kind]):
        some = sorted(by_kind[kind], key=lambda end: (end[0].label, end[0].iri))
        some.sort(key=lambda end: (counted[end[0].iri, kind], dates.get(end[0].iri, "")), reverse=True)
        first += some[:_EACH]
        rest += some[_EACH:]
    room = max(0, SIDE - len(first))
    return sorted([*first, *rest[:room]], key=lambda end: rank[end[1][0]]) + rest[room:]


def _dates(graph: Graph, ends: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """Return the last dates of agreements, lists and events, and the lists older than the newest of their issuer."""
    dates: dict[str, str] = {}
    newest: dict[str, str] = {}
    issuers: dict[str, str] = {}
    for thing, date, issuer in builtin.ask(graph.store, "dates", thing=sorted(ends)):
        if thing and date:
            dates[thing.value] = date.value
            if issuer:
                issuers[thing.value] = issuer.value
                newest[issuer.value] = max(newest.get(issuer.value, ""), date.value)
    return dates, {iri for iri, issuer in issuers.items() if dates[iri] < newest[issuer]}


def _short(graph: Graph, things: Sequence[NamedRef]) -> dict[str, str]:
    """Shorten names at the end, or in the middle if two would read alike; names of nations stay in full."""
    cut = {thing.iri: truncate(thing.label, _NAME) for thing in things}
    times = Counter(cut.values())
    half = _NAME // 2 - 1
    return {
        thing.iri: thing.label
        if picture_kind(graph, thing.iri) == NATION
        else cut[thing.iri]
        if times[cut[thing.iri]] == 1
        else f"{thing.label[:half]}…{thing.label[-half:]}"
        for thing in things
    }


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("ties.yaml"))
    return words
