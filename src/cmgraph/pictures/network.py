"""The network of a projection: a page to explore it, and a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cmgraph.analysis.filters import MINERAL, STAGE, NetworkFilter, subjects, subjects_of
from cmgraph.analysis.kinds import kind_label, looks, short_names
from cmgraph.analysis.layout import layout_nodes
from cmgraph.analysis.network import group_ties, to_networkx
from cmgraph.analysis.projections import tie_rows
from cmgraph.answers.result import Result
from cmgraph.graph import Graph
from cmgraph.pictures.base import (
    Head,
    Picture,
    heading,
    legend,
    svg_renderer,
    template_context,
    tie_legend,
    tie_width,
    truncate,
)
from cmgraph.rdf.terms import BASE
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

if TYPE_CHECKING:
    import networkx

LABELLED = 60
"""The most nodes with a name in a drawing: those with most ties, where there is room."""

CROWD = 400
"""With more nodes than this, each is drawn smaller."""

_WIDTH = 1200

_NAME = 38
"""Characters of a name in a drawing."""


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
    """Return a page with a network, a table of its ties, paths through it, and every source; it works from disk too.

    :param table: the reasons for its ties.
    :param home: the page that a link back leads to.
    :param other: the same page in the other language.
    """
    positions, order = layout_nodes(net), sorted(net)
    drawn = {data["drawn_as"] for _, data in net.nodes(data=True)}
    kinds, number = [kind for kind in looks() if kind in drawn], {iri: index for index, iri in enumerate(order)}
    short = short_names(graph, order)
    ties, about = sorted(group_ties(table).items()), subjects(graph)
    via, topics = _Numbered(), {scheme: _Numbered() for scheme in (MINERAL, STAGE)}
    edges = []
    for (source, target), rows in ties:
        edge: dict[str, Any] = {"a": number[source], "b": number[target], "r": []}
        for row in rows:
            subject = sorted(subjects_of(row, about))
            numbers = [[some[iri] for iri in subject if iri.startswith(scheme)] for scheme, some in topics.items()]
            edge["r"].append([via[str(row[2])], str(row[3] or ""), [n - 1 for n in row.citations], *numbers])
        edges.append(edge)
    labels = graph.names.labels(iri for some in topics.values() for iri in some)
    minerals, stages = ([labels[iri] for iri in some] for some in topics.values())
    data = {
        "kinds": [
            {"id": kind, "name": kind_label(kind, graph.lang), "colour": looks()[kind].colour}
            | {"corners": looks()[kind].corners}
            for kind in kinds
        ],
        "nodes": [
            {
                "i": graph.prefixes.shorten(iri),
                "p": iri.removeprefix(BASE),
                "n": net.nodes[iri]["label"],
                "l": short[iri],
                "t": net.nodes[iri]["kind"],
                "k": kinds.index(net.nodes[iri]["drawn_as"]),
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
        "tie": tie_legend(graph, net.name),
        "base": BASE,
        "root": "../" if home else BASE,
        "ending": home.removeprefix("../network") if home else "",
        "words": {key.removeprefix("net_"): message(key, graph.lang) for key in _SCRIPT_WORDS},
    }
    return render_template(
        "network.html",
        **template_context(graph),
        **head._asdict(),
        data=data,
        home=home,
        name=net.name,
        other=other,
        tie=tie_legend(graph, net.name),
    )


class _Numbered(dict[str, int]):
    """Numbers its keys in the order of first access."""

    def __missing__(self, key: str) -> int:
        self[key] = len(self)
        return self[key]


_SCRIPT_WORDS = (
    *("net_source", "net_sources", "net_ties", "net_way", "net_no_way", "net_nodes", "net_edges"),
    *("net_page", "net_keep", "net_drop", "net_more", "net_within"),
)
"""Messages that the page's script shows."""


def _drawing(graph: Graph, net: networkx.Graph[str], table: Result, head: Head) -> Callable[[bool], str]:
    positions = layout_nodes(net)
    left = min((spot.x for spot in positions.values()), default=0.0)
    top = max((spot.y for spot in positions.values()), default=0.0)
    width = max((spot.x for spot in positions.values()), default=0.0) - left or 1.0
    height = top - min((spot.y for spot in positions.values()), default=0.0) or 1.0
    scale = min(960 / width, 900 / height, 4.0)
    shift = (_WIDTH - width * scale) / 2
    crowd, short = min(1.0, math.sqrt(CROWD / max(len(net), 1))), short_names(graph, net)
    nodes = {
        iri: {
            "label": net.nodes[iri]["label"],
            "short": truncate(short[iri], _NAME),
            "x": round(shift + (positions[iri].x - left) * scale, 1),
            "y": round(30 + (top - positions[iri].y) * scale, 1),
            "size": round(max(1.0, positions[iri].size / 2.5 * crowd), 1),
            "look": looks()[net.nodes[iri]["drawn_as"]],
        }
        for iri in sorted(net)
    }
    return svg_renderer(
        "drawing.svg",
        graph,
        table,
        _WIDTH,
        head,
        edges=[(nodes[a], nodes[b], tie_width(net.edges[a, b]["weight"])) for a, b in sorted(net.edges)],
        faint=round(max(0.12, min(0.5, math.sqrt(60 / max(net.number_of_edges(), 1)))), 2),
        height=round(height * scale) + 60,
        kinds=legend(graph, (net.nodes[iri]["drawn_as"] for iri in net)),
        tie=tie_legend(graph, net.name),
        named=_apart([nodes[iri] for iri in sorted(net, key=lambda iri: (-net.degree(iri), iri))]),
        nodes=list(nodes.values()),
    )


def _apart(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose nodes whose names do not overlap, the first ones first."""
    occupied: list[tuple[float, float, float]] = []
    chosen = []
    for node in nodes:
        half, y = 3.4 * len(node["short"]), node["y"] + node["size"] + 11
        if all(abs(y - other) > 12 or abs(node["x"] - x) > half + width for x, other, width in occupied):
            occupied.append((node["x"], y, half))
            chosen.append(node)
    return chosen[:LABELLED]
