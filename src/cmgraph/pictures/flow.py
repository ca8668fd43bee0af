"""A projection as a flow from left to right, as wide as there are reasons for it: a Sankey diagram."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.layout import COLOURS
from cmgraph.analysis.projections import tie_rows
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Picture, heading, svg_renderer, truncate
from cmgraph.rdf.terms import NamedRef
from cmgraph.text.i18n import message

MOST = 40
"""At most so many things are drawn in a column: those through which most flows."""

_WIDTH, _SIDE, _BOX = 1200, 250, 14
_TALL = 760.0
"""Height that the fullest column comes to, names aside."""

_LINE, _GAP = 15.0, 3.0
"""Height of a name, and what is between two boxes."""

_SWEEPS = 6
_PLAIN = "#6b737b"


@dataclass
class _Box:
    column: int
    height: float
    y: float = 0.0
    colour: str = _PLAIN


def picture(graph: Graph, projection: str, network_filter: NetworkFilter, /, **parameters: object) -> Picture:
    """Draw the flow of a projection.

    :raises CmgraphError: if the projection goes in circles.
    """
    table = tie_rows(graph, projection, network_filter, **parameters)
    via: dict[tuple[NamedRef, NamedRef], set[str]] = defaultdict(set)
    for row in table:
        if isinstance(row[0], NamedRef) and isinstance(row[1], NamedRef) and row[0] != row[1]:
            via[row[0], row[1]].add(str(row[2]))
    column = _columns(via, projection)
    through = _through({pair: len(reasons) for pair, reasons in via.items()})
    drawn: set[NamedRef] = set()
    for number in set(column.values()):
        members = sorted((t for t in column if column[t] == number), key=lambda t: (-through[t], t.label, t.iri))
        drawn |= set(members[:MOST])
    flows = {pair: len(reasons) for pair, reasons in sorted(via.items()) if set(pair) <= drawn}
    boxes = _placed(flows, column)
    head = heading(graph, projection, network_filter, parameters)
    svg = svg_renderer(
        "flow.svg",
        graph,
        table,
        _WIDTH,
        head,
        bands=_bands(flows, boxes, {pair: "; ".join(sorted(reasons)) for pair, reasons in via.items()}),
        boxes=[
            {"x": _x(box, boxes), "y": box.y, "h": box.height, "colour": box.colour, "end": _end(box, boxes)}
            | {"label": node.label, "short": truncate(node.label, 34)}
            for node, box in boxes.items()
        ],
        columns=_headings(graph, boxes),
        height=max((box.y + max(box.height, _LINE) for box in boxes.values()), default=0.0),
        left=len(column) - len(boxes),
    )
    return Picture(head, table, f"{len(via)} {message('net_edges', graph.lang)}", svg)


def _columns(pairs: Mapping[tuple[NamedRef, NamedRef], object], projection: str) -> dict[NamedRef, int]:
    """Number the columns: a thing stands right of all that flows into it."""
    from graphlib import CycleError, TopologicalSorter

    into: dict[NamedRef, set[NamedRef]] = defaultdict(set)
    for one, other in pairs:
        into[other].add(one)
        into.setdefault(one, set())
    column: dict[NamedRef, int] = {}
    try:
        for node in TopologicalSorter(into).static_order():
            column[node] = 1 + max((column[before] for before in into[node]), default=-1)
    except CycleError:
        raise CmgraphError("this projection contains a cycle", where=projection, hint="Draw a network.") from None
    return column


def _through(flows: Mapping[tuple[NamedRef, NamedRef], int]) -> Counter[NamedRef]:
    """Count what flows through each thing: what comes in or what goes out, whichever is more."""
    leaving, entering = Counter[NamedRef](), Counter[NamedRef]()
    for (one, other), count in flows.items():
        leaving[one] += count
        entering[other] += count
    return leaving | entering


def _placed(flows: Mapping[tuple[NamedRef, NamedRef], int], column: Mapping[NamedRef, int]) -> dict[NamedRef, _Box]:
    """Stand boxes in their columns, near those that they share a flow with."""
    through = _through(flows)
    columns: dict[int, list[NamedRef]] = defaultdict(list)
    for node in sorted(through, key=lambda node: (-through[node], node.label, node.iri)):
        columns[column[node]].append(node)
    fullest = max((sum(through[node] for node in members) for members in columns.values()), default=1)
    unit = min(24.0, _TALL / fullest)
    boxes = {node: _Box(column[node], unit * through[node]) for node in through}
    near: dict[NamedRef, list[tuple[NamedRef, int]]] = defaultdict(list)
    for (one, other), count in flows.items():
        near[one].append((other, count))
        near[other].append((one, count))
    height = max((_stacked(members, boxes) for members in columns.values()), default=0.0)
    for sweep in range(_SWEEPS):
        for number in sorted(columns, reverse=bool(sweep % 2)):
            members = columns[number]
            if sweep:
                members.sort(key=lambda node: (_middle(near[node], boxes), node.label))
            _stacked(members, boxes, (height - _stacked(members, boxes)) / 2)
    fewest: list[NamedRef] = min(columns.values(), key=lambda members: len(members), default=[])
    for node, colour in zip(fewest, COLOURS, strict=False):
        boxes[node].colour = colour
    return boxes


def _stacked(members: Sequence[NamedRef], boxes: Mapping[NamedRef, _Box], top: float = 0.0) -> float:
    """Stack boxes from ``top`` down, each with room for its name; return the height they take."""
    y = top
    for node in members:
        room = max(boxes[node].height, _LINE)
        boxes[node].y = y + (room - boxes[node].height) / 2
        y += room + _GAP
    return y - top


def _middle(near: Sequence[tuple[NamedRef, int]], boxes: Mapping[NamedRef, _Box]) -> float:
    total = sum(count for _, count in near)
    return sum((boxes[neighbour].y + boxes[neighbour].height / 2) * count for neighbour, count in near) / total


def _bands(
    flows: Mapping[tuple[NamedRef, NamedRef], int],
    boxes: Mapping[NamedRef, _Box],
    via: Mapping[tuple[NamedRef, NamedRef], str],
) -> list[dict[str, object]]:
    """Lead each flow from box to box, those of a box one below the other and crossing as little as may be."""
    through = _through(flows)
    offsets: dict[tuple[NamedRef, bool], float] = defaultdict(float)
    starts, ends = {}, {}
    for pair in sorted(flows, key=lambda pair: (boxes[pair[1]].y, pair)):
        starts[pair] = boxes[pair[0]].y + offsets[pair[0], False]
        offsets[pair[0], False] += flows[pair] * boxes[pair[0]].height / through[pair[0]]
    for pair in sorted(flows, key=lambda pair: (boxes[pair[0]].y, pair)):
        ends[pair] = boxes[pair[1]].y + offsets[pair[1], True]
        offsets[pair[1], True] += flows[pair] * boxes[pair[1]].height / through[pair[1]]
    bands: list[dict[str, object]] = []
    for pair, count in flows.items():
        one, other = boxes[pair[0]], boxes[pair[1]]
        wide = count * one.height / through[pair[0]]
        colours = [box.colour for box in (one, other) if box.colour != _PLAIN]
        bands.append(
            {
                "x1": _x(one, boxes) + _BOX,
                "x2": _x(other, boxes),
                "y1": round(starts[pair] + wide / 2, 1),
                "y2": round(ends[pair] + wide / 2, 1),
                "wide": round(max(wide, 1.0), 1),
                "colour": colours[0] if colours else _PLAIN,
                "title": f"{pair[0].label} – {pair[1].label}: {via[pair]}",
            }
        )
    return bands


def _x(box: _Box, boxes: Mapping[NamedRef, _Box]) -> int:
    last = max(other.column for other in boxes.values()) or 1
    return _SIDE + round((_WIDTH - 2 * _SIDE - _BOX) * box.column / last)


def _end(box: _Box, boxes: Mapping[NamedRef, _Box]) -> str:
    return "first" if not box.column else "last" if box.column == max(b.column for b in boxes.values()) else "middle"


def _headings(graph: Graph, boxes: Mapping[NamedRef, _Box]) -> list[tuple[int, str]]:
    """Name each column by the kind of most that stands in it."""
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    for thing, box in boxes.items():
        kinds[_x(box, boxes)][graph.names.kind(thing.iri)] += 1
    return [(x, truncate(count.most_common(1)[0][0], 34)) for x, count in sorted(kinds.items())]
