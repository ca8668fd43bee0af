"""A projection as a matrix: who is tied to what, and by how many things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.kinds import looks, picture_kind, short_names
from cmgraph.analysis.projections import tie_rows
from cmgraph.graph import Graph
from cmgraph.pictures.base import Picture, heading, legend, svg_renderer, tie_reasons, truncate
from cmgraph.rdf.terms import NamedRef
from cmgraph.text.i18n import message

ROWS, COLUMNS = 40, 30
"""The most rows and columns that are drawn: those with most ties, first."""


def picture(graph: Graph, projection: str, network_filter: NetworkFilter, /, **parameters: object) -> Picture:
    """Draw the matrix of a projection."""
    table = tie_rows(graph, projection, network_filter, **parameters)
    via = tie_reasons(table)
    ties = len(via)
    if {source for source, _ in via} & {target for _, target in via}:  # actors with actors: both ways
        for (source, target), reasons in list(via.items()):
            back = via.setdefault((target, source), {})
            for why, cited in reasons.items():
                back[why] = back.get(why, set()) | cited
    ends = [Counter(pair[place] for pair in via) for place in (0, 1)]
    ranked = [sorted(some, key=lambda thing: (-some[thing], thing.label, thing.iri)) for some in ends]
    rows, columns = ranked[0][:ROWS], ranked[1][:COLUMNS]
    short = short_names(graph, {thing.iri for thing in (*rows, *columns)})
    cells = [
        {"x": x, "y": y, "n": len(via[source, target]), "via": "; ".join(sorted(via[source, target]))}
        | {"cited": sorted(set().union(*via[source, target].values()))}
        for y, source in enumerate(rows)
        for x, target in enumerate(columns)
        if (source, target) in via
    ]
    head = heading(graph, projection, network_filter, parameters)
    svg = svg_renderer(
        "matrix.svg",
        graph,
        table,
        max(760, 480 + 26 * len(columns)),
        head,
        cells=cells,
        columns=[_called(graph, target, short, 30) for target in columns],
        kinds=legend(graph, (picture_kind(graph, thing.iri) for thing in (*rows, *columns))),
        left=(len(ranked[0]) - len(rows), len(ranked[1]) - len(columns)),
        rows=[_called(graph, source, short, 38) for source in rows],
    )
    return Picture(head, table, f"{ties} {message('net_edges', graph.lang)}", svg)


def _called(graph: Graph, thing: NamedRef, short: Mapping[str, str], most: int) -> dict[str, object]:
    """Return the heading of a row or column: a short name, the full one, and the look of its kind."""
    look = looks()[picture_kind(graph, thing.iri)]
    return {"label": thing.label, "short": truncate(short[thing.iri], most), "look": look}
