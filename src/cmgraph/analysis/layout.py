"""Where the nodes of a network stand on paper, how large, and in which colour: the same each time."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx

SEED = 1
"""Seed of whatever is random, so that pictures and communities are the same each time."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b37400", "#2a8cc4", "#666666")
"""Colours of kinds, told apart by those who see few colours, and dark enough for text on white."""

_APART = 60.0
"""Distance between nodes that have no ties to lay out."""


@dataclass(frozen=True)
class NodeLayout:
    """Where a node stands (x to the right, y upwards), its size, and its colour as #rrggbb."""

    x: float
    y: float
    size: float
    colour: str


def colours(kinds: Iterable[str]) -> dict[str, str]:
    """Give each kind a colour, by the alphabet."""
    return {kind: COLOURS[number % len(COLOURS)] for number, kind in enumerate(sorted(set(kinds)))}


def layout_nodes(net: networkx.Graph[str]) -> dict[str, NodeLayout]:
    """Lay a network out by its ties; what is apart from the largest component stands in rows below it.

    Sizes grow with the number of ties.
    """
    import igraph
    import networkx as nx

    if not net:
        return {}
    igraph.set_random_number_generator(random.Random(SEED))  # noqa: S311
    placed: dict[str, tuple[float, float]] = {}
    left = below = width = deepest = 0.0
    for component in sorted(nx.connected_components(net), key=lambda some: (-len(some), min(some))):
        nodes = sorted(component)
        number = {node: index for index, node in enumerate(nodes)}
        edges = sorted(sorted((number[a], number[b])) for a, b in net.subgraph(nodes).edges)
        drawn = igraph.Graph(len(nodes), edges)
        turns, radius = (2 * math.pi * i / len(nodes) for i in range(len(nodes))), math.sqrt(len(nodes))
        start = [[radius * math.cos(turn), radius * math.sin(turn)] for turn in turns]
        where = drawn.layout_fruchterman_reingold(seed=start, niter=500, grid="nogrid" if len(nodes) < 1000 else "grid")
        xs, ys = ([spot[axis] * _APART for spot in where.coords] for axis in (0, 1))
        if placed and left and left + max(xs) - min(xs) > width:
            left, below, deepest = 0.0, below - deepest - _APART, 0.0
        for node, x, y in zip(nodes, xs, ys, strict=True):
            placed[node] = (left + x - min(xs), below - (max(ys) - y))
        high, wide = max(ys) - min(ys), max(xs) - min(xs)
        if not width:
            width, below = max(wide, 10 * _APART), below - high - _APART
        else:
            left, deepest = left + wide + _APART, max(deepest, high)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    return {
        node: NodeLayout(
            round(x, 1), round(y, 1), round(6 + 3 * math.sqrt(net.degree(node)), 1), tones[net.nodes[node]["kind"]]
        )
        for node, (x, y) in sorted(placed.items())
    }
