"""A projection as a matrix: who is tied to what, and by how many things."""

from __future__ import annotations

from collections import Counter, defaultdict

from cmgraph.graph import Graph
from cmgraph.network import reasons
from cmgraph.picture.drawing import Picture, drawn, headed, shortened
from cmgraph.render import word
from cmgraph.scope import ALL, Scope
from cmgraph.terms import Thing

ROWS, COLUMNS = 40, 30
"""How large a matrix is drawn: those with most ties, first."""


def picture(graph: Graph, name: str | None = None, /, scope: Scope = ALL, **parameters: object) -> Picture:
    """Draw the matrix of a projection, of ``themes`` if none is named."""
    projection = name or "themes"
    table = reasons(graph, projection, scope, **parameters)
    via: dict[tuple[Thing, Thing], set[str]] = defaultdict(set)
    for row in table:
        one, other = row[0], row[1]
        if isinstance(one, Thing) and isinstance(other, Thing) and one != other:
            via[one, other].add(str(row[2]))
    ties = len(via)
    if {one for one, _ in via} & {other for _, other in via}:  # actors with actors: both ways
        for (one, other), said in list(via.items()):
            via[other, one] |= said
    ends = [Counter(pair[place] for pair in via) for place in (0, 1)]
    ranked = [sorted(some, key=lambda thing: (-some[thing], thing.label, thing.iri)) for some in ends]
    rows, columns = ranked[0][:ROWS], ranked[1][:COLUMNS]
    cells = [
        {"x": x, "y": y, "n": len(via[one, other]), "via": "; ".join(sorted(via[one, other]))}
        for y, one in enumerate(rows)
        for x, other in enumerate(columns)
        if (one, other) in via
    ]
    head = headed(graph, projection, scope, parameters)
    svg = drawn(
        "matrix.svg",
        graph,
        table,
        max(760, 480 + 26 * len(columns)),
        head,
        cells=cells,
        columns=[shortened(other.label, 30) for other in columns],
        left=(len(ranked[0]) - len(rows), len(ranked[1]) - len(columns)),
        rows=[shortened(one.label, 40) for one in rows],
    )
    return Picture(head, table, f"{ties} {word('net_edges', graph.lang)}", svg)
