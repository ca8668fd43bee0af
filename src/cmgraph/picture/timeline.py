"""What is dated, of one thing or of all, on a line, oldest first."""

from __future__ import annotations

from cmgraph.graph import Graph
from cmgraph.picture.drawing import Head, Picture, drawn, shortened
from cmgraph.render import plain, word
from cmgraph.terms import CM
from cmgraph.views import timeline

_WIDTH, _TEXT = 1200, 118


def picture(graph: Graph, name: str | None = None) -> Picture:
    """Draw the timeline of one thing, or of all."""
    table = timeline(graph, name)
    title = _called(graph, name) if name else word("timeline", graph.lang)
    rows, year = [], ""
    for row in table:
        date, what, thing, other = (plain(value) for value in row.values)
        text = f"{what} – {thing}" + (f" ({other})" if other and other != title else "")
        rows.append(
            {
                "date": date,
                "year": "" if date[:4] == year else date[:4],
                "text": text,
                "short": shortened(text, _TEXT),
                "cited": row.citations,
            }
        )
        year = date[:4]
    sources = [shortened(f"[{number}] {cited}", 185) for number, cited in enumerate(table.citations, 1)]
    head = Head(title, word("timeline", graph.lang) if name else "")
    svg = drawn("timeline.svg", graph, table, _WIDTH, head, rows=rows, cited=sources)
    return Picture(head, table, f"{len(table)} {word('pic_dates', graph.lang)}", svg)


def _called(graph: Graph, name: str) -> str:
    iri = graph.names.prefer(name, CM + "Agent").value
    return graph.names.labels([iri])[iri]
