"""A projection as a flow from left to right: a Sankey diagram, as wide as there are reasons, or as there is money."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.kinds import ACTOR, NATION, kind_label, looks, picture_kind, short_names
from cmgraph.analysis.projections import tie_rows
from cmgraph.answers.result import Result, Row, build
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Picture, heading, svg_renderer, tie_reasons, truncate
from cmgraph.rdf.terms import BASE, XSD, NamedRef
from cmgraph.store import builtin
from cmgraph.text.cells import NBSP, as_text
from cmgraph.text.i18n import COLON, message

MOST = 70
"""The most things drawn in a column: those with the largest flow."""

_MONEY = {"funding": "commitments"}
"""Projections whose rows are money, and the query for the amounts."""

_TOTAL = BASE + "vocab/funding-kind/total"
"""The total that a source gives for several commitments, which are in the graph one by one."""

_WIDTH, _SIDE, _BOX = 1200, 290, 14
_TALL, _TALL_EACH = 760.0, 80.0
"""The height of the fullest column without names: at most, and for each box."""

_LINE, _GAP, _HEADING = 15.0, 3.0, 26.0
"""The height of a name, the gap between two boxes, and the height of a kind's heading."""

_LOWER = 0.15
"""How far down a short column is beside a tall one: not in the middle, where a small screen would not show it."""

_SWEEPS = 6
_NICE = (1, 2, 5)


class Node(NamedTuple):
    """A thing in a column."""

    column: int
    thing: NamedRef


@dataclass
class Ribbon:
    """The flow from one thing to another, of one sort: its amount, how often, by which sources."""

    start: Node
    end: Node
    sort: str
    amount: Decimal = Decimal(0)
    times: int = 0
    cited: set[int] = field(default_factory=set)
    firm: bool = True


@dataclass
class _Box:
    kind: str
    height: float
    y: float = 0.0


@dataclass(frozen=True)
class Panel:
    """A flow in one measure: what its width stands for, and its ribbons."""

    measure: str
    ribbons: tuple[Ribbon, ...]
    currency: NamedRef | None = None


def picture(
    graph: Graph, projection: str, network_filter: NetworkFilter, /, by: str = "", **parameters: object
) -> Picture:
    """Draw the flow of a projection, a panel for each currency if its width stands for money.

    :param by: ``count`` or ``money``; by default money, where the projection has any.
    :raises CmgraphError: if the projection goes in circles, or has no money.
    """
    if by == "money" and projection not in _MONEY:
        raise CmgraphError("no amounts of money in this projection", where=projection, hint="Draw it by count.")
    if by not in ("", "count", "money"):
        raise CmgraphError(f"a flow is not drawn by '{by}'", hint="By count or by money.")
    head = heading(graph, projection, network_filter, parameters)
    if projection in _MONEY and by != "count":
        table = commitments(graph, projection, network_filter, **parameters)
        panels, notes = money_panels(graph, table)
        extent = f"{len({row[8] for row in table})} {message('pic_commitments', graph.lang)}"
    else:
        table = tie_rows(graph, projection, network_filter, **parameters)
        panels, notes = [_count_panel(graph, table, projection)], []
        extent = f"{len(panels[0].ribbons)} {message('net_edges', graph.lang)}"
    drawn, top = [], 0.0
    for panel in panels:
        drawn.append(_drawn(graph, panel) | {"top": top})
        top += drawn[-1]["height"] + 84
    svg = svg_renderer("flow.svg", graph, table, _WIDTH, head, panels=drawn, height=top, notes=notes)
    return Picture(head, table, extent, svg)


def commitments(graph: Graph, projection: str, network_filter: NetworkFilter, **parameters: object) -> Result:
    """List the commitments of money behind a projection, one row for each recipient.

    :returns: columns ``source``, ``target``, ``via``, ``date``, ``amount``, ``currency``, ``bound``, ``stage``,
        ``commitment``, ``rival`` (the first of two figures for the same money).
    """
    if unknown := parameters.keys() - {"asOf"}:
        raise CmgraphError(f"unknown parameter '{min(unknown)}'", where=projection, hint="Only asOf.")
    day = parameters.get("asOf", graph.as_of)
    text = day.isoformat() if isinstance(day, dt.date) else str(day or "any")
    as_of = None if text == "any" else Literal(text, datatype=NamedNode(XSD + "date"))
    solutions = builtin.solutions(graph.store, _MONEY[projection], asOf=[as_of])
    details = ("amount", "currency", "bound", "firm", "commitment", "rival")
    keys = ("from", "to", "through", "dated", *(f"pic_{word}" for word in details))
    headings = {name: message(word, graph.lang) for name, word in zip(solutions[0], keys, strict=False)}
    things = ("source", "target", "via", "currency", "bound", "stage", "commitment", "rival")
    result = build(solutions, graph.store, graph.names, "citation", headings, things=things, lang=graph.lang)
    return network_filter.apply(result, graph)


def money_panels(graph: Graph, table: Result) -> tuple[list[Panel], list[str]]:
    """Group commitments into a panel for each currency; return notes on those in none: totals, missing amounts."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table:
        rows[str(row.terms[8])].append(row)
    ribbons: dict[NamedRef, dict[tuple[object, ...], Ribbon]] = defaultdict(dict)
    totals = rivals = without = joint = 0
    for some in rows.values():
        _, _, via, _, amount, currency, bound, stage, _, rival = some[0]
        if isinstance(via, NamedRef) and via.iri == _TOTAL:
            totals += 1
        elif rival is not None:
            rivals += 1
        elif amount is None or not isinstance(currency, NamedRef):
            without += 1
        else:
            start, end = (Node(side, _together(graph, [row[side] for row in some])) for side in (0, 1))
            joint += len({row[1] for row in some}) > 1
            sort = ", ".join(map(str, (via, stage, bound)))
            ribbon = ribbons[currency].setdefault((start, end, sort), Ribbon(start, end, sort))
            ribbon.amount += Decimal(str(amount))
            ribbon.times += 1
            ribbon.cited |= {number for row in some for number in row.citations}
            ribbon.firm = not isinstance(stage, NamedRef) or not stage.iri.endswith("/considered")
    panels = [
        Panel(message("pic_by_money", graph.lang).format(currency), tuple(some.values()), currency)
        for currency, some in sorted(ribbons.items(), key=lambda item: (-len(item[1]), item[0].iri))
    ]
    counted = {"pic_unknown": without, "pic_totals": totals, "pic_rivals": rivals, "pic_joint": joint}
    notes = [message(key, graph.lang).format(count) for key, count in counted.items() if count]
    return panels, [*notes, message("pic_stacked", graph.lang)]


def _together(graph: Graph, targets: Sequence[object]) -> NamedRef:
    """Return who gives or receives: one, or several that a source gives one amount for, or nobody named."""
    named = sorted({target for target in targets if isinstance(target, NamedRef)}, key=lambda thing: thing.label)
    if not named:
        return NamedRef("", message("pic_unnamed", graph.lang))
    if len(named) == 1:
        return named[0]
    alike = len({picture_kind(graph, thing.iri) for thing in named}) == 1
    return NamedRef(
        named[0].iri if alike else "",
        f"{len(named)} {message('pic_together', graph.lang)} {', '.join(map(str, named))}",
    )


def _count_panel(graph: Graph, table: Result, projection: str) -> Panel:
    reasons = tie_reasons(table)
    column = _columns(reasons, projection)
    ribbons = tuple(
        Ribbon(
            Node(column[source], source),
            Node(column[target], target),
            "; ".join(sorted(via)),
            Decimal(len(via)),
            len(via),
            set[int]().union(*via.values()),
        )
        for (source, target), via in sorted(reasons.items())
    )
    return Panel(message("pic_by_count", graph.lang), ribbons)


def _columns(pairs: Iterable[tuple[NamedRef, NamedRef]], projection: str) -> dict[NamedRef, int]:
    """Number the columns: a thing is to the right of everything that flows into it."""
    from graphlib import CycleError, TopologicalSorter

    into: dict[NamedRef, set[NamedRef]] = defaultdict(set)
    for source, target in pairs:
        into[target].add(source)
        into.setdefault(source, set())
    column: dict[NamedRef, int] = {}
    try:
        for node in TopologicalSorter(into).static_order():
            column[node] = 1 + max((column[before] for before in into[node]), default=-1)
    except CycleError:
        raise CmgraphError("this projection contains a cycle", where=projection, hint="Draw a network.") from None
    return column


def _drawn(graph: Graph, panel: Panel) -> dict[str, Any]:
    """Place what a panel shows: headings, boxes with their names, ribbons between them, and a scale."""
    through = _through(panel.ribbons)
    columns = {number: [node for node in through if node.column == number] for number in {n.column for n in through}}
    shown = {
        node
        for members in columns.values()
        for node in sorted(members, key=lambda node: (-through[node], node.thing.label, node.thing.iri))[:MOST]
    }
    ribbons = sorted(
        (ribbon for ribbon in panel.ribbons if {ribbon.start, ribbon.end} <= shown),
        key=lambda ribbon: (ribbon.start, ribbon.end, ribbon.sort),
    )
    boxes, headings = _placed(graph, ribbons)
    last = max((node.column for node in boxes), default=0) or 1
    unit = _unit(_through(ribbons), boxes)
    short = short_names(graph, {node.thing.iri for node in boxes if node.thing.iri.startswith(BASE)})
    called = _Called(graph, panel.currency, ribbons, short)
    scale = _nice(60 / unit) if panel.currency and unit else 0
    return {
        "measure": panel.measure,
        "scale": {"height": round(scale * unit, 1), "text": _millions(Decimal(scale), graph.lang)} if scale else None,
        "headings": [(_x(column, last), y, text, _end(column, last)) for column, y, text in headings],
        "bands": _bands(ribbons, boxes, called, last),
        "boxes": [
            {"x": _x(node.column, last), "y": box.y, "h": box.height, "colour": looks()[box.kind].colour}
            | {"end": _end(node.column, last), "label": node.thing.label, "short": called.name(node)}
            for node, box in boxes.items()
        ],
        "height": max((box.y + max(box.height, _LINE) for box in boxes.values()), default=0.0),
        "left": len(through) - len(boxes),
    }


@dataclass(frozen=True)
class _Called:
    """The labels of the boxes and ribbons of a panel."""

    graph: Graph
    currency: NamedRef | None
    ribbons: Sequence[Ribbon]
    short: Mapping[str, str]

    def name(self, node: Node) -> str:
        """Return a box's short name, with its amount if all money is of one sort: several sorts do not add up."""
        alone = node.thing.label == self.graph.names.labels([node.thing.iri])[node.thing.iri] if node.thing.iri else 0
        name = self.short[node.thing.iri] if alone else node.thing.label
        if not alone and len(name) > 30:
            name = name.partition(":")[0].strip()  # several together: their names are in the tooltip and the table
        if picture_kind(self.graph, node.thing.iri) != NATION:
            name = truncate(name, 30)
        if self.currency is None:
            return name
        mine = [ribbon for ribbon in self.ribbons if node in (ribbon.start, ribbon.end)]
        if len({ribbon.sort for ribbon in mine}) > 1:
            times = sum(ribbon.times for ribbon in mine)
            return f"{name} · {times} {message('pic_commitments', self.graph.lang)}"
        return f"{name} · {_millions(sum((ribbon.amount for ribbon in mine), Decimal(0)), self.graph.lang)}"

    def title(self, ribbon: Ribbon) -> str:
        """Describe a ribbon in words."""
        pair = f"{ribbon.start.thing.label} – {ribbon.end.thing.label}{COLON[self.graph.lang]}{ribbon.sort}"
        if self.currency is None:
            return pair
        times = f"{ribbon.times} {message('pic_commitments', self.graph.lang)}" if ribbon.times > 1 else ""
        return f"{pair}, {_number(ribbon.amount, self.graph.lang)} {self.currency}" + (f" ({times})" if times else "")


def _number(amount: Decimal, lang: str) -> str:
    return as_text(amount.normalize(), lang)


def _millions(amount: Decimal, lang: str) -> str:
    return f"{_number(round(amount / 1_000_000, 2), lang)}{NBSP}M"


def _nice(most: float) -> int:
    """Return the largest of 1, 2, 5, 10, 20… that is not above ``most``."""
    power = 1
    while power * 10 <= most:
        power *= 10
    return power * max((step for step in _NICE if step * power <= most), default=1)


def _through(ribbons: Iterable[Ribbon]) -> dict[Node, Decimal]:
    """Add up what flows through each thing: what comes in or what goes out, whichever is more."""
    leaving: dict[Node, Decimal] = defaultdict(Decimal)
    entering: dict[Node, Decimal] = defaultdict(Decimal)
    for ribbon in ribbons:
        leaving[ribbon.start] += ribbon.amount
        entering[ribbon.end] += ribbon.amount
    return {node: max(leaving.get(node, Decimal(0)), entering.get(node, Decimal(0))) for node in leaving | entering}


def _unit(through: Mapping[Node, Decimal], boxes: Mapping[Node, _Box]) -> float:
    """Return the height of one unit of flow."""
    return next((boxes[node].height / float(amount) for node, amount in through.items() if amount), 0.0)


def _placed(graph: Graph, ribbons: Sequence[Ribbon]) -> tuple[dict[Node, _Box], list[tuple[int, float, str]]]:
    """Place boxes in their columns, kind by kind, near those with which they share a flow; return headings too."""
    through = _through(ribbons)
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in sorted(through, key=lambda node: (-through[node], node.thing.label, node.thing.iri)):
        columns[node.column].append(node)
    fullest = float(max((sum(through[node] for node in members) for members in columns.values()), default=1) or 1)
    unit = min(24.0, min(_TALL, _TALL_EACH * max(map(len, columns.values()), default=1)) / fullest)
    order = [*looks()]
    boxes = {
        node: _Box(picture_kind(graph, node.thing.iri) if node.thing.iri else ACTOR, unit * float(through[node]))
        for node in through
    }
    near: dict[Node, list[tuple[Node, float]]] = defaultdict(list)
    for ribbon in ribbons:
        near[ribbon.start].append((ribbon.end, float(ribbon.amount)))
        near[ribbon.end].append((ribbon.start, float(ribbon.amount)))
    height = max((_stacked(members, boxes) for members in columns.values()), default=0.0)
    for sweep in range(_SWEEPS):
        for number in sorted(columns, reverse=bool(sweep % 2)):
            members = columns[number]
            if sweep:
                members.sort(key=lambda node: (_middle(near[node], boxes), node.thing.label))
            members.sort(key=lambda node: order.index(boxes[node].kind))
            _stacked(members, boxes, (height - _stacked(members, boxes)) * _LOWER)
    headings = []
    for number, members in sorted(columns.items()):
        for place, node in enumerate(members):
            if not place or boxes[members[place - 1]].kind != boxes[node].kind:
                y = boxes[node].y - max(_LINE - boxes[node].height, 0) / 2 - 8
                headings.append((number, y, kind_label(boxes[node].kind, graph.lang)))
    return boxes, headings


def _stacked(members: Sequence[Node], boxes: Mapping[Node, _Box], top: float = 0.0) -> float:
    """Stack boxes from ``top`` down, each with room for its name, each kind with room for a heading."""
    y, kind = top, ""
    for node in members:
        room = max(boxes[node].height, _LINE)
        y += _HEADING if boxes[node].kind != kind else 0
        kind = boxes[node].kind
        boxes[node].y = y + (room - boxes[node].height) / 2
        y += room + _GAP
    return y - top


def _middle(near: Sequence[tuple[Node, float]], boxes: Mapping[Node, _Box]) -> float:
    total = sum(amount for _, amount in near) or 1
    return sum((boxes[other].y + boxes[other].height / 2) * amount for other, amount in near) / total


def _bands(
    ribbons: Sequence[Ribbon], boxes: Mapping[Node, _Box], called: _Called, last: int
) -> list[dict[str, object]]:
    """Draw each flow from box to box, those of a box one below the other with few crossings."""
    through = _through(ribbons)
    share = {node: boxes[node].height / float(through[node] or 1) for node in boxes}
    offsets: dict[tuple[Node, bool], float] = defaultdict(float)
    starts, ends = {}, {}
    for number in sorted(range(len(ribbons)), key=lambda n: (boxes[ribbons[n].end].y, n)):
        ribbon = ribbons[number]
        starts[number] = boxes[ribbon.start].y + offsets[ribbon.start, False]
        offsets[ribbon.start, False] += float(ribbon.amount) * share[ribbon.start]
    for number in sorted(range(len(ribbons)), key=lambda n: (boxes[ribbons[n].start].y, n)):
        ribbon = ribbons[number]
        ends[number] = boxes[ribbon.end].y + offsets[ribbon.end, True]
        offsets[ribbon.end, True] += float(ribbon.amount) * share[ribbon.end]
    bands: list[dict[str, object]] = []
    for number, ribbon in enumerate(ribbons):
        wide = float(ribbon.amount) * share[ribbon.start]
        bands.append(
            {
                "x1": _x(ribbon.start.column, last) + _BOX,
                "x2": _x(ribbon.end.column, last),
                "y1": round(starts[number] + wide / 2, 1),
                "y2": round(ends[number] + wide / 2, 1),
                "wide": round(max(wide, 1.0), 1),
                "colour": looks()[boxes[ribbon.start].kind].colour,
                "faint": 0.4 if ribbon.firm else 0.18,
                "title": called.title(ribbon),
                "cited": sorted(ribbon.cited),
            }
        )
    return bands


def _x(column: int, last: int) -> int:
    return _SIDE + round((_WIDTH - 2 * _SIDE - _BOX) * column / last)


def _end(column: int, last: int) -> str:
    return "first" if not column else "last" if column == last else "middle"
