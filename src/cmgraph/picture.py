"""Pictures of a network: a page to explore it, or a drawing; each says what it shows, of when, by how many sources."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmgraph.errors import CmgraphError
from cmgraph.files import whole
from cmgraph.graph import Graph
from cmgraph.layout import colours, spots
from cmgraph.network import network, projections
from cmgraph.page import filled
from cmgraph.render import word
from cmgraph.terms import pick

if TYPE_CHECKING:
    import networkx

LABELLED = 60
"""At most so many nodes of a drawing have their names beside them: those with most ties, where there is room."""

_SHAPES = ((0, 0.0), (4, 0.25), (3, -0.5), (4, 0.0), (6, 0.0), (5, -0.5), (8, 0.0))
"""Corners of the shapes of kinds, and by how much of a half turn they are turned; no corners make a circle."""


def draw_network(graph: Graph, name: str, path: Path, /, **parameters: object) -> networkx.Graph[str]:
    """Draw the network of the projection ``name``: a page (``.html``) to explore it, or a drawing (``.svg``).

    :returns: the network drawn.
    :raises CmgraphError: if ``path`` ends in neither.
    """
    forms: dict[str, Callable[[Graph, str, networkx.Graph[str]], str]] = {".html": page, ".svg": drawing}
    if path.suffix not in forms:
        raise CmgraphError("not a picture by its ending", where=str(path), hint="Use .html or .svg.")
    net = network(graph, name, False, **parameters)
    with whole(path) as target:
        target.write_text(forms[path.suffix](graph, name, net), encoding="utf-8", newline="")
    return net


def page(graph: Graph, name: str, net: networkx.Graph[str], home: str = "") -> str:
    """Return a page that shows a network, its ties in a table, ways through it, and every source; from disk too.

    :param home: the page that a link back leads to.
    """
    where, order = spots(net), sorted(net)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds, number = sorted(tones), {iri: index for index, iri in enumerate(order)}
    keys = {"source": "net_source", "ties": "net_ties", "path": "net_way", "none": "net_no_way"}
    keys |= {"nodes": "net_nodes", "edges": "net_edges"}
    data = {
        "kinds": [{"name": kind, "colour": tones[kind]} for kind in kinds],
        "nodes": [
            {
                "i": graph.prefixes.shorten(iri),
                "n": net.nodes[iri]["label"],
                "k": kinds.index(net.nodes[iri]["kind"]),
                "x": where[iri].x,
                "y": where[iri].y,
                "s": where[iri].size,
            }
            for iri in order
        ],
        "edges": [
            {
                "a": number[a],
                "b": number[b],
                "via": tie["via"],
                "since": tie["since"],
                "sources": [url for url in tie["sources"].split("; ") if url.startswith(("http://", "https://"))],
            }
            for a, b, tie in sorted(net.edges(data=True), key=lambda edge: edge[:2])
        ],
        "words": {key: word(said, graph.lang) for key, said in keys.items()},
    }
    return filled("network.html", **_told(graph, name), data=data, home=home, name=name)


def drawing(graph: Graph, name: str, net: networkx.Graph[str]) -> str:
    """Return a drawing with title, legend, day and sources."""
    where = spots(net)
    left = min((spot.x for spot in where.values()), default=0.0)
    top = max((spot.y for spot in where.values()), default=0.0)
    width = max((spot.x for spot in where.values()), default=0.0) - left or 1.0
    height = top - min((spot.y for spot in where.values()), default=0.0) or 1.0
    scale = min(960 / width, 900 / height)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds = sorted(tones)
    nodes = [
        {
            "label": net.nodes[iri]["label"],
            "x": round(120 + (where[iri].x - left) * scale, 1),
            "y": round(100 + (top - where[iri].y) * scale, 1),
            "size": round(max(3.0, where[iri].size / 2.5), 1),
            "colour": where[iri].colour,
            "kind": kinds.index(net.nodes[iri]["kind"]),
        }
        for iri in sorted(net)
    ]
    for node in nodes:
        node["outline"] = outline(node["kind"], node["x"], node["y"], node["size"])
    number = {iri: index for index, iri in enumerate(sorted(net))}
    order = [nodes[number[iri]] for iri in sorted(net, key=lambda iri: (-net.degree(iri), iri))]
    cited = {iri for *_, data in net.edges(data=True) for iri in data["citations"].split("; ")}
    return filled(
        "drawing.svg",
        **_told(graph, name),
        edges=[(nodes[number[a]], nodes[number[b]]) for a, b in sorted(net.edges)],
        height=round(height * scale) + 160 + 22 * len(tones),
        kinds=[(kind, tones[kind], outline(place, 50, 0, 7)) for place, kind in enumerate(kinds)],
        legend=round(height * scale) + 150,
        named=_apart(order),
        nodes=nodes,
        sources=len(cited),
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
    taken: list[tuple[float, float, float]] = []
    chosen = []
    for node in nodes:
        half, y = 3.4 * min(len(node["label"]), 38), node["y"] + node["size"] + 11
        if all(abs(y - other) > 12 or abs(node["x"] - x) > half + width for x, other, width in taken):
            taken.append((node["x"], y, half))
            chosen.append(node)
    return chosen[:LABELLED]


def _told(graph: Graph, name: str) -> dict[str, Any]:
    """Say what a picture shows, in the graph's language."""
    question = projections(graph)[name]

    def w(key: str) -> str:
        return word(key, graph.lang)

    return {
        "as_of": graph.as_of,
        "lang": graph.lang,
        "note": pick(question.note, graph.lang),
        "question": pick(question.question, graph.lang),
        "title": pick(question.title, graph.lang),
        "w": w,
    }
