"""One thing between those who act on it or with it and what it acts on."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cmgraph.analysis.kinds import looks, picture_kind
from cmgraph.answers.entity import Entity
from cmgraph.answers.result import Result, Row
from cmgraph.answers.sentences import sentence
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, svg_renderer, truncate
from cmgraph.rdf.terms import BASE, CM, NamedRef, best_text
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message
from cmgraph.text.yaml_files import read_yaml

SIDE = 8
"""How many ties of a thing are drawn on each side."""

_NAME = 34
"""Characters of a name that are drawn."""

_EACH = 3
"""How many of each kind of tie come before the rest."""

_ENDS = tuple(f"{BASE}id/{part}/" for part in ("agent", "arrangement", "event", "place", "project")) + tuple(
    f"{BASE}vocab/{part}/" for part in ("list", "mineral", "theme", "sector", "stage", "product")
)
"""What can be at the end of a tie that is drawn."""


def picture(graph: Graph, name: str | None = None) -> Picture:
    """Draw one thing; each end of a tie is a link.

    :raises CmgraphError: if none is named.
    """
    if name is None:
        raise CmgraphError("say which thing to draw", hint="cmgraph visualise entity NAME -o FILE")
    entity = graph.entity(name)
    rank = {CM + kind: place for place, kind in enumerate(_words())}
    rows = tuple(
        Row((statement.kind, "".join(map(as_text, sentence(statement, graph.lang)))), (None, None), statement.citations)
        for statement in sorted(entity.statements, key=lambda statement: rank.get(statement.kind.iri, len(rank)))
    )
    headings = (message("kind", graph.lang), message("what", graph.lang))
    table = Result(("kind", "what"), headings, rows, entity.citations, cited=True)
    head = Head(entity.thing.label, entity.kind)
    svg = svg_renderer("ties.svg", graph, table, 940, head, href=str, picture=ties(graph, entity))
    return Picture(head, table, f"{len(rows)} {message('pic_statements', graph.lang)}", svg)


def ties(graph: Graph, entity: Entity) -> dict[str, Any]:
    """Place the ends of a thing's ties, each once: actors on the left, all else on the right, what matters first.

    Of each kind of tie a few come before the rest, so that many of one kind do not leave out the others.
    """
    words = _words()
    found: dict[str, dict[str, tuple[NamedRef, list[str]]]] = {"left": {}, "right": {}}
    counted: Counter[tuple[str, str]] = Counter()
    for statement in entity.statements:
        kind = statement.kind.iri.removeprefix(CM)
        for _, value in statement.says if kind in words else ():
            if isinstance(value, NamedRef) and value.iri.startswith(_ENDS) and value.iri != entity.thing.iri:
                side = "left" if value.iri.startswith(BASE + "id/agent/") else "right"
                kinds = found[side].setdefault(value.iri, (value, []))[1]
                counted[value.iri, kind] += 1
                if kind not in kinds:
                    kinds.append(kind)
    rank = {kind: place for place, kind in enumerate(words)}
    ordered = {side: _first_of_each(some.values(), rank, counted) for side, some in found.items()}
    rows = max(2, *(min(len(some), SIDE) for some in ordered.values()))
    height = rows * 46 + 24
    drawn: dict[str, Any] = {"more": {side: max(0, len(some) - SIDE) for side, some in ordered.items()}}
    for side, some in ordered.items():
        short = _short([thing for thing, _ in some[:SIDE]])
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
    title = textwrap.wrap(truncate(entity.thing.label, 54), 19)[:3]
    look = looks()[picture_kind(graph, entity.thing.iri)]
    return drawn | {"height": height + 16, "middle": height // 2, "title": title, "look": look}


def _first_of_each(
    ends: Iterable[tuple[NamedRef, list[str]]], rank: Mapping[str, int], counted: Mapping[tuple[str, str], int]
) -> list[tuple[NamedRef, list[str]]]:
    """Order ends by what ties them, those with most first; the first few of every kind come before the rest."""
    by_kind: dict[str, list[tuple[NamedRef, list[str]]]] = defaultdict(list)
    for thing, kinds in ends:
        kinds.sort(key=lambda kind: rank[kind])
        by_kind[kinds[0]].append((thing, kinds))
    first, rest = [], []
    for kind in sorted(by_kind, key=lambda kind: rank[kind]):
        some = sorted(by_kind[kind], key=lambda end: (-counted[end[0].iri, kind], end[0].label, end[0].iri))
        first += some[:_EACH]
        rest += some[_EACH:]
    room = max(0, SIDE - len(first))
    return sorted([*first, *rest[:room]], key=lambda end: rank[end[1][0]]) + rest[room:]


def _short(things: Sequence[NamedRef]) -> dict[str, str]:
    """Cut names at their end; those that would then read alike, in their middle."""
    cut = {thing.iri: truncate(thing.label, _NAME) for thing in things}
    times = Counter(cut.values())
    half = _NAME // 2 - 1
    return {
        thing.iri: cut[thing.iri] if times[cut[thing.iri]] == 1 else f"{thing.label[:half]}…{thing.label[-half:]}"
        for thing in things
    }


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("ties.yaml"))
    return words
