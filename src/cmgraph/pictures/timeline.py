"""What is dated, of one thing or of all, on a line, oldest first."""

from __future__ import annotations

from cmgraph.analysis.timeline import timeline
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, svg_renderer, truncate
from cmgraph.rdf.terms import CM
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message

_WIDTH, _TEXT = 1200, 118


def picture(graph: Graph, name: str | None = None) -> Picture:
    """Draw the timeline of one thing, or of all."""
    table = timeline(graph, name)
    title = _called(graph, name) if name else message("timeline", graph.lang)
    rows, year = [], ""
    for row in table:
        date, what, thing, other = (as_text(value) for value in row.values)
        text = f"{what} – {thing}" + (f" ({other})" if other and other != title else "")
        rows.append(
            {
                "date": date,
                "year": "" if date[:4] == year else date[:4],
                "text": text,
                "short": truncate(text, _TEXT),
                "cited": row.citations,
            }
        )
        year = date[:4]
    sources = [truncate(f"[{number}] {cited}", 185) for number, cited in enumerate(table.citations, 1)]
    head = Head(title, message("timeline", graph.lang) if name else "")
    svg = svg_renderer("timeline.svg", graph, table, _WIDTH, head, rows=rows, cited=sources)
    return Picture(head, table, f"{len(table)} {message('pic_dates', graph.lang)}", svg)


def _called(graph: Graph, name: str) -> str:
    iri = graph.names.resolve_preferring(name, CM + "Agent").value
    return graph.names.labels([iri])[iri]
