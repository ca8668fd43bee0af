"""The network of a projection: a page to explore it, and a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cmgraph.analysis.filters import MINERAL, STAGE, NetworkFilter, subjects, subjects_of
from cmgraph.analysis.layout import colours, layout_nodes
from cmgraph.analysis.network import group_ties, to_networkx
from cmgraph.analysis.projections import tie_rows
from cmgraph.answers.result import Result
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, heading, svg_renderer, template_context
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

if TYPE_CHECKING:
    import networkx

LABELLED = 60
"""At most so many nodes of a drawing have their names beside them: those with most ties, where there is room."""

CROWD = 400
"""With more nodes than so many, each is drawn smaller."""

_WIDTH = 1200
_SHAPES = ((0, 0.0), (4, 0.25), (3, -0.5), (4, 0.0), (6, 0.0), (5, -0.5), (8, 0.0))
"""Corners of the shapes of kinds, and by how much of a half turn they are turned; no corners make a circle."""


def picture(graph: Graph, projection: str, network_filter: NetworkFilter, /, **parameters: object) -> Picture:
    """Draw the network of a projection."""
    table = tie_rows(graph, projection, network_filter, **parameters)
    net = to_networkx(graph, projection, table)
    head = heading(graph, projection, network_filter, parameters)
    counts = (
        f"{len(net)} {message('net_nodes', graph.lang)}, {net.number_of_edges()} {message('net_edges', graph.lang)}"
    )
    return Picture(
        head,
        table,
        counts,
        lambda bare: _drawing(graph, net, table, head)(bare),
        lambda: page(graph, net, table, head),
    )


def page(graph: Graph, net: networkx.Graph[str], table: Result, head: Head, home: str = "", other: str = "") -> str:
    """Return a page that shows a network, its ties in a table, ways through it, and every source; from disk too.

    :param table: the reasons for its ties.
    :param home: the page that a link back leads to.
    :param other: the same page in the other language.
    """
    positions, order = layout_nodes(net), sorted(net)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds, number = sorted(tones), {iri: index for index, iri in enumerate(order)}
    ties, about = sorted(group_ties(table).items()), subjects(graph)
    via, topics = _Numbered(), {scheme: _Numbered() for scheme in (MINERAL, STAGE)}
    edges = []
    for (one, another), rows in ties:
        edge: dict[str, Any] = {"a": number[one], "b": number[another], "r": []}
        for row in rows:
            subject = sorted(subjects_of(row, about))
            numbers = [[some[iri] for iri in subject if iri.startswith(scheme)] for scheme, some in topics.items()]
            edge["r"].append([via[str(row[2])], str(row[3] or ""), [n - 1 for n in row.citations], *numbers])
        edges.append(edge)
    called = graph.names.labels(iri for some in topics.values() for iri in some)
    minerals, stages = ([called[iri] for iri in some] for some in topics.values())
    data = {
        "kinds": [{"name": kind, "colour": tones[kind]} for kind in kinds],
        "nodes": [
            {
                "i": graph.prefixes.shorten(iri),
                "n": net.nodes[iri]["label"],
                "k": kinds.index(net.nodes[iri]["kind"]),
                "x": positions[iri].x,
                "y": positions[iri].y,
                "s": positions[iri].size,
            }
            for iri in order
        ],
        "edges": edges,
        "via": [*via],
        "minerals": minerals,
        "stages": stages,
        "sources": [{"t": str(cited).removesuffix(f". {cited.url}"), "u": cited.url} for cited in table.citations],
        "words": {key.removeprefix("net_"): message(key, graph.lang) for key in _SPOKEN},
    }
    return render_template(
        "network.html",
        **template_context(graph),
        **head._asdict(),
        data=data,
        home=home,
        name=net.name,
        other=other,
    )


class _Numbered(dict[str, int]):
    """Numbers what it is asked for, in the order it is asked."""

    def __missing__(self, key: str) -> int:
        self[key] = len(self)
        return self[key]


_SPOKEN = ("net_source", "net_sources", "net_ties", "net_way", "net_no_way", "net_nodes", "net_edges")
"""Words that the page's script says."""


def _drawing(graph: Graph, net: networkx.Graph[str], table: Result, head: Head) -> Callable[[bool], str]:
    positions = layout_nodes(net)
    left = min((spot.x for spot in positions.values()), default=0.0)
    top = max((spot.y for spot in positions.values()), default=0.0)
    width = max((spot.x for spot in positions.values()), default=0.0) - left or 1.0
    height = top - min((spot.y for spot in positions.values()), default=0.0) or 1.0
    scale = min(960 / width, 900 / height, 4.0)
    shift = (_WIDTH - width * scale) / 2
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds, crowd = sorted(tones), min(1.0, math.sqrt(CROWD / max(len(net), 1)))
    nodes = {
        iri: {
            "label": net.nodes[iri]["label"],
            "x": round(shift + (positions[iri].x - left) * scale, 1),
            "y": round(30 + (top - positions[iri].y) * scale, 1),
            "size": round(max(1.0, positions[iri].size / 2.5 * crowd), 1),
            "colour": positions[iri].colour,
            "kind": kinds.index(net.nodes[iri]["kind"]),
        }
        for iri in sorted(net)
    }
    for node in nodes.values():
        node["outline"] = outline(node["kind"], node["x"], node["y"], node["size"])
    return svg_renderer(
        "drawing.svg",
        graph,
        table,
        _WIDTH,
        head,
        edges=[(nodes[a], nodes[b]) for a, b in sorted(net.edges)],
        height=round(height * scale) + 60,
        kinds=[(kind, tones[kind], outline(place, 30, 0, 7)) for place, kind in enumerate(kinds)],
        named=_apart([nodes[iri] for iri in sorted(net, key=lambda iri: (-net.degree(iri), iri))]),
        nodes=list(nodes.values()),
    )


def outline(kind: int, x: float, y: float, size: float) -> str:
    """Return the points of the shape that a kind is drawn in; empty for a circle.

    A colour that comes again comes with another shape.
    """
    corners, turn = _SHAPES[(kind + kind // len(_SHAPES)) % len(_SHAPES)]
    angles = [math.pi * (turn + 2 * corner / corners) for corner in range(corners)]
    return " ".join(f"{x + 1.2 * size * math.cos(a):.1f},{y + 1.2 * size * math.sin(a):.1f}" for a in angles)


def _apart(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose the nodes whose names do not lie on each other, the first ones first."""
    occupied: list[tuple[float, float, float]] = []
    chosen = []
    for node in nodes:
        half, y = 3.4 * min(len(node["label"]), 38), node["y"] + node["size"] + 11
        if all(abs(y - other) > 12 or abs(node["x"] - x) > half + width for x, other, width in occupied):
            occupied.append((node["x"], y, half))
            chosen.append(node)
    return chosen[:LABELLED]
