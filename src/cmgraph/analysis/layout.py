"""The layout of a network: the place, size and colour of each node, reproducibly."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cmgraph.analysis.kinds import REST, looks
from cmgraph.store.sandbox import run_stoppable

if TYPE_CHECKING:
    import networkx

SEED = 1
"""The random seed, so that pictures and communities are reproducible."""

_APART = 60.0
"""Distance between components, and between the two nodes of a pair."""

_ROUNDS, _ROUNDS_AT_LEAST = 500, 30
"""How often the nodes of a component push and pull each other."""

_CROWD = 5_000
"""With more nodes than this, a component is placed by distances to a few of its nodes."""

_PIVOTS, _SHAKE = 50, 0.25

_PAIRS = 100_000_000
"""How many pairs of nodes are computed in all those rounds: a second or two."""


@dataclass(frozen=True)
class NodeLayout:
    """The place of a node (x to the right, y upwards), its size, and its colour as #rrggbb."""

    x: float
    y: float
    size: float
    colour: str


def layout_nodes(net: networkx.Graph[str]) -> dict[str, NodeLayout]:
    """Lay out a network by its ties; components other than the largest are in rows below it.

    Sizes grow with the number of ties. It takes ten seconds for 5,000 nodes, twenty for 50,000, and can be stopped.
    """
    import networkx as nx
    import numpy.ma  # noqa: F401 - before it is needed where no file can be opened
    import rustworkx as rx  # noqa: F401 - likewise

    tied = net.to_undirected() if net.is_directed() else net
    components = sorted(nx.connected_components(tied), key=lambda some: (-len(some), min(some)))
    drawn = run_stoppable(lambda: [_placed(tied.subgraph(sorted(component))) for component in components])
    return {
        node: NodeLayout(
            round(x, 1),
            round(y, 1),
            round(6 + 3 * math.sqrt(net.degree(node)), 1),
            looks()[net.nodes[node].get("drawn_as", REST)].colour,
        )
        for node, (x, y) in sorted(_rows(drawn).items())
    }


def _placed(net: networkx.Graph[str]) -> dict[str, tuple[float, float]]:
    """Place the nodes of a connected network, rightwards and upwards from zero, longer than high."""
    order = sorted(net)
    number = {node: index for index, node in enumerate(order)}
    ties = sorted((min(a, b), max(a, b)) for a, b in ((number[a], number[b]) for a, b in net.edges))
    spots = (_pulled if len(order) <= _CROWD else _measured)(len(order), ties)
    middle = sum(spots) / len(spots)
    spread = sum((spot - middle) ** 2 for spot in spots)  # its angle is twice that of the longest axis
    length = sum(abs(spots[a] - spots[b]) for a, b in ties) / max(len(ties), 1)
    scale = _APART * (2 - 2 / len(net)) / (length or 1)  # a pair stands _APART, neighbours in a crowd up to twice that
    spots = [spot * scale * cmath.rect(1, -cmath.phase(spread) / 2) for spot in spots]
    left, below = min(spot.real for spot in spots), min(spot.imag for spot in spots)
    return {node: (spots[index].real - left, spots[index].imag - below) for node, index in number.items()}


def _pulled(count: int, ties: Sequence[tuple[int, int]]) -> list[complex]:
    """Place nodes by forces: neighbours attract, all repel each other; time grows with the square of the nodes."""
    import rustworkx as rx

    spring: rx.PyGraph[int, None] = rx.PyGraph(multigraph=False)
    spring.add_nodes_from(range(count))
    spring.add_edges_from_no_data(list(ties))
    rounds = min(_ROUNDS, max(_ROUNDS_AT_LEAST, _PAIRS // count**2))
    drawn = rx.spring_layout(spring, num_iter=rounds, adaptive_cooling=False, seed=SEED)
    return [complex(*drawn[index]) for index in range(count)]


def _measured(count: int, ties: Sequence[tuple[int, int]]) -> list[complex]:
    """Place a crowd by its distances to a few pivots, each far from the others (Brandes and Pich's pivot MDS).

    Those at equal distances to all would lie on each other; each moves a little, by the golden angle.
    """
    import numpy as np

    ends = np.array(ties)
    both = np.concatenate([ends, ends[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    nearest = np.full(count, count)
    away = np.empty((count, _PIVOTS))
    pivot = int(np.argmax(np.diff(starts)))
    for place in range(_PIVOTS):
        away[:, place] = _steps(pivot, starts, both[:, 1])
        nearest = np.minimum(nearest, away[:, place])
        pivot = int(np.argmax(nearest))
    squares = away**2
    centred = squares - squares.mean(0) - squares.mean(1, keepdims=True) + squares.mean()
    _, axes = np.linalg.eigh(centred.T @ centred)
    x, y = (centred @ axes[:, -rank] * np.sign(axes[np.argmax(np.abs(axes[:, -rank])), -rank]) for rank in (1, 2))
    spots = x / (x.std() or 1) + 1j * y / (y.std() or 1) / 1.5
    shaken = spots + _SHAKE * np.sqrt(np.arange(count) % 997 / 997) * np.exp(2.399963j * np.arange(count))
    return [complex(round(spot.real, 6), round(spot.imag, 6)) for spot in shaken]


def _steps(start: int, starts: Any, others: Any) -> Any:
    """Return the distance of each node from one, in ties, by an adjacency in rows."""
    import numpy as np

    away = np.full(len(starts) - 1, -1)
    away[start] = 0
    front = np.array([start])
    while len(front):
        spans = [others[a:b] for a, b in zip(starts[front], starts[front + 1], strict=True)]
        neighbours = np.unique(np.concatenate(spans))
        far = away[front[0]] + 1
        front = neighbours[away[neighbours] < 0]
        away[front] = far
    return away


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
