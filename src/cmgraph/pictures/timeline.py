"""Dated statements, of one thing or of all, to scale, in lanes by kind; a bar with an unknown end is dashed."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cmgraph.analysis.kinds import looks, picture_kind
from cmgraph.analysis.timeline import timeline
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, legend, svg_renderer, truncate
from cmgraph.rdf.terms import BASE, CM, NamedRef
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message

ZOOMS = (1, 3, 9)
"""The zoom levels of the time axis on a page: a drawing for each."""

LANES = {
    "DatedAct": "agreements",
    "Event": "events",
    "Membership": "memberships",
    "Affiliation": "memberships",
    "Negotiation": "talks",
    "Offer": "talks",
    "StatedPosition": "positions",
    "FundingCommitment": "money",
    "Deal": "deals",
    "Ownership": "deals",
    "CorporateAct": "deals",
    "ProjectInvolvement": "deals",
    "MineralList": "founding",
    "Agent": "founding",
}
"""The lane of each kind of statement."""

_END_STATE = BASE + "vocab/end-state/"
_CLASS = re.compile(re.escape(CM) + "[A-Z]")
"""A class, which says no more than its lane."""

_WIDTH, _MARGIN, _ROW, _LETTER, _TEXT = 1200, 24, 21, 6.7, 100
_EARLY = 0.1
"""The share of dates that may lie before the axis, so that the many recent ones have room."""


@dataclass
class _Item:
    """A date, or a span, as drawn: its start and end (as precise as the source), and its text."""

    date: str
    until: str
    what: str
    thing: NamedRef | None
    others: list[NamedRef] = field(default_factory=list)
    cited: set[int] = field(default_factory=set)


def picture(graph: Graph, name: str | None = None) -> Picture:
    """Draw the timeline of one thing, or of all."""
    table = timeline(graph, name)
    asked = graph.names.resolve_preferring(name, CM + "Agent").value if name else ""
    lanes: dict[str, dict[tuple[str, ...], _Item]] = {lane: {} for lane in LANES.values()}
    for row in table:
        date, until, kind, what, thing, other = row.values
        if not isinstance(kind, NamedRef) or (isinstance(what, NamedRef) and what.iri.startswith(_END_STATE)):
            continue  # the end of a membership is the end of its bar
        state = until.iri.removeprefix(_END_STATE) if isinstance(until, NamedRef) else str(until or "")
        text = "" if isinstance(what, NamedRef) and _CLASS.match(what.iri) else as_text(what)
        if isinstance(what, NamedRef) and what.iri == CM + "asOfDate":
            text = message("pic_as_of", graph.lang).format(kind.label)
        key = (str(date), state, text, str(row.terms[4]))
        item = lanes[LANES[kind.iri.removeprefix(CM)]].setdefault(
            key, _Item(str(date), state, text, thing if isinstance(thing, NamedRef) else None)
        )
        if isinstance(other, NamedRef) and other.iri != asked and other not in item.others:
            item.others.append(other)
        item.cited |= set(row.citations)
    used = {lane: [*items.values()] for lane, items in lanes.items() if items}
    title = graph.names.labels([asked])[asked] if asked else message("timeline", graph.lang)
    head = Head(title, message("timeline", graph.lang) if name else "")
    kinds = legend(graph, (kind for items in used.values() for item in items if (kind := _kind(graph, item, asked))))
    drawn = [
        svg_renderer(
            "timeline.svg",
            graph,
            table,
            _WIDTH * zoom,
            head,
            kinds=kinds,
            zoom=zoom,
            **_laid_out(graph, used, asked, _WIDTH * zoom),
        )
        for zoom in ZOOMS
    ]
    extent = f"{len(table)} {message('pic_dates', graph.lang)}"
    return Picture(head, table, extent, lambda bare: "".join(draw(bare) for draw in (drawn if bare else drawn[:1])))


def _kind(graph: Graph, item: _Item, asked: str) -> str:
    """Return the kind of an item's subject: the thing, or who acts with the requested thing, nations first."""
    about = [item.thing] if item.thing and (item.thing.iri != asked or not item.others) else item.others
    kinds = {picture_kind(graph, thing.iri) for thing in about}
    return next((kind for kind in looks() if kind in kinds), "")


def _text(item: _Item, asked: str, graph: Graph, most: int) -> str:
    parts = [item.what, item.thing.label if item.thing and item.thing.iri != asked else ""]
    others = [other.label for other in item.others]
    more = f" + {len(others) - most} {message('more', graph.lang)}" if len(others) > most else ""
    names = f"{', '.join(others[:most])}{more}"
    if names and parts[1]:
        return f"{': '.join(filter(None, parts))} ({names})"
    return ": ".join(filter(None, [*parts, names]))


def _span(date: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that a date may mean, as precise as its source gives it."""
    year, month, day = ([int(part) for part in date[:10].split("-")] + [0, 0])[:3]
    last = calendar.monthrange(year, month or 12)[1]
    return dt.date(year, month or 1, day or 1), dt.date(year, month or 12, day or last)


def _laid_out(graph: Graph, lanes: dict[str, list[_Item]], asked: str, width: int) -> dict[str, Any]:
    """Place lanes, rows and marks; a mark goes into the first row of its lane where its text fits."""
    dates = sorted(_span(item.date)[0] for items in lanes.values() for item in items)
    if not dates:
        return {"lanes": [], "ticks": [], "height": 0, "early": ""}
    first = dates[int(len(dates) * _EARLY)].year
    first = dates[0].year if first - dates[0].year <= (dates[-1].year - first) // 4 else first
    ends = [_span(item.until)[1] for items in lanes.values() for item in items if item.until[:1].isdigit()]
    last = max([dates[-1], *ends]).year + 1
    start, days = dt.date(first, 1, 1).toordinal(), (last - first) * 365.25
    early = 90 if dates[0].year < first else 0

    def x(day: dt.date) -> float:
        if day.year < first:
            return _MARGIN
        inner = width - 2 * _MARGIN - early
        return round(_MARGIN + early + min(day.toordinal() - start, days) / days * inner, 1)

    y, drawn = 34.0, []
    for lane, items in lanes.items():
        marks, height = _packed(graph, items, asked, x, width, x(dt.date(last, 1, 1)))
        drawn.append({"label": message(f"lane_{lane}", graph.lang), "y": y, "height": height, "marks": marks})
        y += height + 12
    step = next(step for step in (1, 2, 5, 10, 25, 50, 100) if (width - 2 * _MARGIN) * step / (last - first) >= 44)
    years = [year for year in range(first, last + 1) if year % step == 0 or year == first]
    ticks = [(x(dt.date(year, 1, 1)), year) for year in years if year == first or year - first >= step / 2]
    return {"lanes": drawn, "ticks": ticks, "height": y, "early": str(first) if early else ""}


def _packed(
    graph: Graph, items: Iterable[_Item], asked: str, x: Any, width: int, edge: float
) -> tuple[list[dict[str, Any]], float]:
    """Put items into rows, the earliest first, so that no texts overlap."""
    rows: list[list[tuple[float, float]]] = []
    marks = []
    for item in sorted(items, key=lambda item: (item.date, item.what, str(item.thing))):
        earliest, latest = _span(item.date)
        left, right = x(earliest), x(latest)
        fits = min(_TEXT, int((max(left, width - left) - 30) / _LETTER) - len(item.date))
        texts = [_text(item, asked, graph, most) for most in range(max(2, len(item.others)), 1, -1)]
        text, short = texts[0], truncate(next((some for some in texts if len(some) <= fits), texts[-1]), fits)
        room = _LETTER * len(f"{item.date} {short}") + 14
        turned = left + room > width - 8 and left - room > 0
        end = _end(item, x, edge)
        span = (left - room, max(end or 0, right) + 4) if turned else (left - 6, max(left + room, end or 0))
        place = next((n for n, row in enumerate(rows) if all(span[1] < a or b < span[0] for a, b in row)), len(rows))
        if place == len(rows):
            rows.append([])
        rows[place].append(span)
        marks.append(
            {"x": left, "to": right, "end": end, "known": item.until[:1].isdigit() or item.until == "ongoing"}
            | {"y": 24 + _ROW * place + 14, "text": f"{item.date} {text}", "short": short, "date": item.date}
            | {"cited": sorted(item.cited), "turned": turned, "until": item.until if item.until[:1].isdigit() else ""}
            | {"look": looks()[_kind(graph, item, asked) or "topic"]}
        )
    return marks, 28.0 + _ROW * len(rows)


def _end(item: _Item, x: Any, edge: float) -> float | None:
    """Return the end of an item's bar: at its last day, or at the edge if it has none."""
    if not item.until:
        return None
    return float(x(_span(item.until)[1])) if item.until[:1].isdigit() else edge
