"""One thing between those who act on it or with it and what it acts on."""

from __future__ import annotations

import textwrap
from typing import Any

from cmgraph.answers.entity import Entity
from cmgraph.answers.result import Result, Row
from cmgraph.answers.sentences import sentence
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, svg_renderer, truncate
from cmgraph.rdf.terms import BASE, NamedRef
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message

SIDE = 8
"""How many ties of a thing are drawn on each side."""

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
    rows = tuple(
        Row((statement.kind, "".join(map(as_text, sentence(statement, graph.lang)))), (None, None), statement.citations)
        for statement in entity.statements
    )
    headings = (message("kind", graph.lang), message("what", graph.lang))
    table = Result(("kind", "what"), headings, rows, entity.citations, cited=True)
    head = Head(entity.thing.label, entity.kind)
    svg = svg_renderer("ties.svg", graph, table, 940, head, href=str, picture=ties(entity))
    return Picture(head, table, f"{len(rows)} {message('pic_statements', graph.lang)}", svg)


def ties(entity: Entity) -> dict[str, Any]:
    """Place the ends of a thing's ties: those who act on the left, what they act on at the right."""
    ends: dict[str, dict[str, tuple[NamedRef, list[str]]]] = {"left": {}, "right": {}}
    for statement in entity.statements:
        for _, value in statement.says:
            if isinstance(value, NamedRef) and value.iri.startswith(_ENDS) and value.iri != entity.thing.iri:
                side = "left" if value.iri.startswith(BASE + "id/agent/") else "right"
                kinds = ends[side].setdefault(value.iri, (value, []))[1]
                if statement.kind.label not in kinds:
                    kinds.append(statement.kind.label)
    svg_renderer: dict[str, Any] = {"more": {}}
    rows = max(2, *(min(len(some), SIDE) for some in ends.values()))
    height = rows * 46 + 24
    for side, some in ends.items():
        shown = list(some.values())[:SIDE]
        top = (height - len(shown) * 46) // 2 + 16
        svg_renderer[side] = [
            {
                "thing": thing,
                "short": truncate(thing.label, 36),
                "label": truncate(", ".join(kinds), 42),
                "y": top + n * 46,
            }
            for n, (thing, kinds) in enumerate(shown)
        ]
        svg_renderer["more"][side] = len(some) - len(shown)
    title = textwrap.wrap(truncate(entity.thing.label, 54), 19)[:3]
    return svg_renderer | {"height": height + 16, "middle": height // 2, "title": title}
