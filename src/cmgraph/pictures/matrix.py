"""A projection as a matrix: who is tied to what, and by how many things."""

from __future__ import annotations

from collections import Counter, defaultdict

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.projections import tie_rows
from cmgraph.graph import Graph
from cmgraph.pictures.base import Picture, heading, svg_renderer, truncate
from cmgraph.rdf.terms import NamedRef
from cmgraph.text.i18n import message

ROWS, COLUMNS = 40, 30
"""How large a matrix is drawn: those with most ties, first."""


def picture(graph: Graph, projection: str, network_filter: NetworkFilter, /, **parameters: object) -> Picture:
    """Draw the matrix of a projection."""
    table = tie_rows(graph, projection, network_filter, **parameters)
    via: dict[tuple[NamedRef, NamedRef], set[str]] = defaultdict(set)
    for row in table:
        one, other = row[0], row[1]
        if isinstance(one, NamedRef) and isinstance(other, NamedRef) and one != other:
            via[one, other].add(str(row[2]))
    ties = len(via)
    if {one for one, _ in via} & {other for _, other in via}:  # actors with actors: both ways
        for (one, other), reasons in list(via.items()):
            via[other, one] |= reasons
    ends = [Counter(pair[place] for pair in via) for place in (0, 1)]
    ranked = [sorted(some, key=lambda thing: (-some[thing], thing.label, thing.iri)) for some in ends]
    rows, columns = ranked[0][:ROWS], ranked[1][:COLUMNS]
    cells = [
        {"x": x, "y": y, "n": len(via[one, other]), "via": "; ".join(sorted(via[one, other]))}
        for y, one in enumerate(rows)
        for x, other in enumerate(columns)
        if (one, other) in via
    ]
    head = heading(graph, projection, network_filter, parameters)
    svg = svg_renderer(
        "matrix.svg",
        graph,
        table,
        max(760, 480 + 26 * len(columns)),
        head,
        cells=cells,
        columns=[truncate(other.label, 30) for other in columns],
        left=(len(ranked[0]) - len(rows), len(ranked[1]) - len(columns)),
        rows=[truncate(one.label, 40) for one in rows],
    )
    return Picture(head, table, f"{ties} {message('net_edges', graph.lang)}", svg)
