"""Where the nodes of a network stand on paper, how large, and in which colour: the same each time."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cmgraph.store.sandbox import run_stoppable

if TYPE_CHECKING:
    import networkx

SEED = 1
"""Seed of whatever is random, so that pictures and communities are the same each time."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b37400", "#2a8cc4", "#666666")
"""Colours of kinds, told apart by those who see few colours, and dark enough for text on white."""

_APART = 60.0
"""Distance between components, and between the two nodes of a pair."""

_ROUNDS, _ROUNDS_AT_LEAST = 500, 30
"""How often the nodes of a component push and pull each other."""

_PAIRS = 100_000_000
"""How many pairs of nodes are looked at in all those rounds: a second or two."""


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

    Sizes grow with the number of ties. It takes half a minute for 10,000 nodes, and can be stopped.
    """
    import networkx as nx
    import rustworkx as rx  # noqa: F401 - before it is needed where no file can be opened

    tied = net.to_undirected() if net.is_directed() else net
    components = sorted(nx.connected_components(tied), key=lambda some: (-len(some), min(some)))
    drawn = run_stoppable(lambda: [_component(tied.subgraph(sorted(component))) for component in components])
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    return {
        node: NodeLayout(
            round(x, 1), round(y, 1), round(6 + 3 * math.sqrt(net.degree(node)), 1), tones[net.nodes[node]["kind"]]
        )
        for node, (x, y) in sorted(_rows(drawn).items())
    }


def _component(net: networkx.Graph[str]) -> dict[str, tuple[float, float]]:
    """Place the nodes of a connected network, rightwards and upwards from zero, longer than high."""
    import rustworkx as rx

    spring: rx.PyGraph[str, None] = rx.PyGraph(multigraph=False)
    number = dict(zip(sorted(net), spring.add_nodes_from(sorted(net)), strict=True))
    ties = sorted((min(a, b), max(a, b)) for a, b in ((number[a], number[b]) for a, b in net.edges))
    spring.add_edges_from_no_data(ties)
    rounds = min(_ROUNDS, max(_ROUNDS_AT_LEAST, _PAIRS // len(net) ** 2))
    drawn = rx.spring_layout(spring, num_iter=rounds, adaptive_cooling=False, seed=SEED)
    spots = [complex(*drawn[index]) for index in range(len(net))]
    middle = sum(spots) / len(spots)
    spread = sum((spot - middle) ** 2 for spot in spots)  # its angle is twice that of the longest axis
    length = sum(abs(spots[a] - spots[b]) for a, b in ties) / max(len(ties), 1)
    scale = _APART * (2 - 2 / len(net)) / (length or 1)  # a pair stands _APART, neighbours in a crowd up to twice that
    spots = [spot * scale * cmath.rect(1, -cmath.phase(spread) / 2) for spot in spots]
    left, below = min(spot.real for spot in spots), min(spot.imag for spot in spots)
    return {node: (spots[index].real - left, spots[index].imag - below) for node, index in number.items()}


def _rows(components: Sequence[Mapping[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Put the first component above rows of the others, about as wide as all is high; y is below zero."""
    extents = [tuple(max(spot[axis] for spot in spots.values()) for axis in (0, 1)) for spots in components]
    area = sum((wide + _APART) * (high + _APART) for wide, high in extents)
    width = max([math.sqrt(area), *(wide for wide, _ in extents[:1])])
    placed: dict[str, tuple[float, float]] = {}
    left = below = deepest = 0.0
    for place, (spots, (wide, high)) in enumerate(zip(components, extents, strict=True)):
        if place == 1 or left + wide > width:
            left, below, deepest = 0.0, below - deepest - _APART, 0.0
        placed |= {node: (left + x, below - high + y) for node, (x, y) in spots.items()}
        left, deepest = left + wide + _APART, max(deepest, high)
    return placed
