"""Figures of a mineral as bars by place or lines over years, each number as a saved question answers it."""

from __future__ import annotations

import json
import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.answers.result import Result, Row
from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, as_lists, asked_labels, svg_renderer, truncate
from cmgraph.rdf.terms import BASE, NamedRef, best_text, local_name
from cmgraph.text.i18n import message
from cmgraph.text.yaml_files import read_yaml

PANELS, BARS, LINES = 10, 30, 8
"""The most panels, bars in a panel, and lines in a panel that are drawn; the rest is counted."""

PALETTE = ("#0072b2", "#b04a00", "#00805e", "#b05a92", "#8a6200", "#6464d8", "#767676", "#c04040")
"""Colours of lines, visible on white and on black; each line is labelled too."""

_WORLD = BASE + "id/place/world"
_MINERAL = BASE + "vocab/mineral"
_WIDTH, _LEFT, _ROOM, _BAR = 900, 262, 420, 22
_PLOT, _TALL = (76, 550), 240
_SIGNS = {"more-than": ">", "less-than": "<", "at-least": "≥", "up-to": "≤", "about": "≈"}
_OF_TOTAL = {">": "≤", "≥": "≤", "<": "≥", "≤": "≥"}
"""How a bound of the world total changes that of a share."""

_COLUMNS = {
    "figures": {"place": "where", "value": "value", "what": "what", "subject": "of", "period": "period"},
    "dominant-places": {
        "place": "place",
        "value": "share",
        "what": "quantity",
        "subject": "mineral",
        "period": "period",
    },
    "suppliers": {"place": "supplier", "value": "percent", "what": "quantity", "subject": "part", "period": "from"},
}
"""The columns of each question that hold the fields of a figure."""


@dataclass(frozen=True)
class Figure:
    """One figure as it is drawn.

    :ivar name: the place; of imports, where they come from.
    :ivar value: None if the source gives no number.
    :ivar sign: the sign before the number: more than, less than, about.
    :ivar unsaid: why there is no number.
    :ivar flag: what is wrong with it in its source.
    :ivar rounded: the question rounds the number to a whole one.
    """

    name: str
    iri: str
    period: str
    value: Decimal | None
    sign: str
    estimated: bool
    unsaid: str
    flag: str
    rounded: bool
    row: Row


@dataclass(frozen=True)
class Panel:
    """Figures that may share an axis: of one quantity, with the same wording, unit, edition and source.

    :ivar sources: the IRI of each, and who publishes it.
    :ivar world: what the same source gives for the world.
    """

    what: NamedRef
    subject: str
    published: str
    unit: str
    edition: str
    sources: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    world: tuple[Figure, ...] = ()

    @property
    def over_years(self) -> bool:
        """Return whether its figures make lines over years, and not bars of one period."""
        return len({figure.period for figure in self.figures if figure.value is not None}) > 1


@cache
def charts() -> dict[str, dict[str, Any]]:
    """Return the charts by name, from ``charts.yaml``."""
    known: dict[str, dict[str, Any]] = read_yaml(Path(__file__).with_name("charts.yaml"))
    return known


def picture(graph: Graph, name: str, network_filter: NetworkFilter, /, **parameters: object) -> Picture:
    """Draw a chart of a mineral.

    :param name: one of :func:`charts`.
    :param network_filter: only its minerals count.
    :param parameters: values of the question's parameters; ``mineral`` is one mineral.
    :raises CmgraphError: if there is no such chart, or the mineral is missing.
    """
    if name not in charts():
        raise UnknownName(f"unknown chart '{name}'", hint=nearest(name, charts()) or f"One of {', '.join(charts())}.")
    if graph.as_of:
        raise CmgraphError(
            "figures do not depend on a day", where="--as-of", hint="Leave it out, or give -p year=2025."
        )
    if network_filter != NetworkFilter(minerals=network_filter.minerals):
        raise CmgraphError("a chart takes no filter but --mineral", where=name)
    values: dict[str, list[Any]] = {"mineral": list(network_filter.minerals), **as_lists(parameters)}
    minerals = values["mineral"]
    if len(minerals) != 1 or minerals == ["any"]:
        raise CmgraphError("a chart is of one mineral", where=name, hint=f"visualise chart {name} --mineral lithium")
    mineral = graph.names.resolve(str(minerals[0]), _MINERAL).value
    chart = charts()[name]
    table, figures_of = _answer(graph, chart, mineral, {**values, "mineral": mineral})
    panels = _panels(table, figures_of, chart, all_places="place" not in parameters)
    shown = panels[:PANELS]
    drawn = {id(figure.row) for panel in shown for figure in (*panel.figures, *panel.world)}
    drawn_table = _without_empty_columns(table.filter(lambda row: id(row) in drawn))
    row_ids = [id(row) for row in table if id(row) in drawn]
    cited = {row: " ".join(map(str, like.citations)) for row, like in zip(row_ids, drawn_table, strict=True)}
    head = _head(graph, chart, mineral, values)
    drawings, bottom = [], 0.0
    for panel in shown:
        drawings.append({"top": bottom, **(_lines if panel.over_years else _bars)(graph, panel, cited)})
        bottom += drawings[-1]["height"]
    svg = svg_renderer(
        "chart.svg",
        graph,
        drawn_table,
        _WIDTH,
        head,
        panels=drawings,
        height=bottom,
        others=len(panels) - len(shown),
        key=_key(graph, shown),
        left=_LEFT,
        plot=_PLOT,
    )
    return Picture(
        head,
        drawn_table,
        f"{len(drawn_table)} {message('pic_figures', graph.lang)}",
        svg,
        spec=lambda: _vega_lite(graph, head, drawn_table, shown),
    )


def _without_empty_columns(table: Result) -> Result:
    """Leave out the columns that are empty in every row."""
    filled = [n for n in range(len(table.columns)) if any(row[n] is not None for row in table)]
    rows = (replace(r, values=tuple(r[n] for n in filled), terms=tuple(r.terms[n] for n in filled)) for r in table)
    columns, headings = (tuple(some[n] for n in filled) for some in (table.columns, table.headings))
    return replace(table, columns=columns, headings=headings, rows=tuple(rows))


def _head(graph: Graph, chart: Mapping[str, Any], mineral: str, parameters: Mapping[str, Sequence[object]]) -> Head:
    """Return the title of the chart, with the mineral and the parameters in use."""
    question = graph.question(chart["question"])
    usual = {"mineral", "percent"} | ({"quantity"} - parameters.keys())
    asked = {name: some for name, some in {**chart["values"], **parameters}.items() if name not in usual}
    cut = asked_labels(graph, question, asked)
    title = f"{graph.names.labels([mineral])[mineral]} – {best_text(chart['title'], graph.lang)}"
    return Head(
        f"{title} ({', '.join(cut)})" if cut else title,
        message("pic_answer", graph.lang).format(best_text(question.title, graph.lang), question.name),
        best_text(question.note, graph.lang),
    )


def _answer(
    graph: Graph, chart: Mapping[str, Any], mineral: str, parameters: Mapping[str, object]
) -> tuple[Result, list[dict[str, Any]]]:
    """Answer the chart's question, and return the fields of the figure in each row."""
    name, columns = chart["question"], _COLUMNS[chart["question"]]
    values = {**chart["values"], **parameters}
    if name != "dominant-places":
        answer = graph.query(name, **values)
        return answer, [_figure_fields(answer, row, columns) for row in answer]
    del values["mineral"]
    figures = graph.query("figures", quantity=values["quantity"], mineral=mineral)
    fields_by_figure = {
        (fields["place"], fields["period"], fields["published"].lower()): fields
        for fields in (_figure_fields(figures, row, _COLUMNS["figures"]) for row in figures)
    }
    years = sorted({period for _, period, _ in fields_by_figure if period.isdigit()})
    if not years:
        return replace(graph.query(name, **values), rows=(), citations=()), []
    asked = years if values.get("year", ["any"]) == ["any"] else [str(year) for year in values["year"]]
    answer = graph.query(name, **{**values, "year": asked}).filter(
        lambda row: isinstance(row[0], NamedRef) and row[0].iri == mineral
    )
    rows = [_figure_fields(answer, row, columns) for row in answer]
    for fields in rows:
        figure = fields_by_figure.get((fields["place"], fields["period"], fields["published"].lower()), {})
        fields |= {"unit": "%", "rounded": True, "sign": _OF_TOTAL.get(fields["sign"], fields["sign"])}
        fields |= {key: figure[key] for key in ("basis", "flag") if key in figure}
    drawn = {fields["published"].lower() for fields in rows}
    without = [
        fields
        for fields in fields_by_figure.values()
        if fields["value"] is None and fields["published"].lower() in drawn
    ]
    rows += [fields | {"unit": "%", "edition": None} for fields in without if fields["period"] in asked]
    return answer, rows


def _figure_fields(answer: Result, row: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    cells = dict(zip(answer.columns, row.values, strict=True))
    fields: dict[str, Any] = {key: cells.get(column) for key, column in columns.items()}
    fields |= {key: cells.get(key) for key in ("unit", "edition", "basis", "flag", "unsaid", "bound")}
    fields["published"] = str(cells.get("published") or cells.get("qualification") or "")
    period = " – ".join(str(cells[end]) for end in ("from", "to") if cells.get(end) is not None)
    fields["period"] = period or str(fields["period"] or "")
    fields["counterpart"] = cells.get("with")
    bound = fields.pop("bound")
    fields["sign"] = _SIGNS.get(local_name(bound.iri), str(bound)) if isinstance(bound, NamedRef) else ""
    if "percent" in cells:
        fields["unit"] = "%"
    cited = [answer.citations[number - 1] for number in row.citations]
    fields["sources"] = tuple(sorted({(citation.source, citation.publisher or citation.title) for citation in cited}))
    fields["row"] = row
    return fields


def _figure(fields: Mapping[str, Any]) -> Figure:
    place, value = fields["place"], fields["value"]
    return Figure(
        " – ".join(str(end) for end in (place, fields["counterpart"]) if end is not None)
        or str(fields["subject"] or fields["what"]),
        place.iri if isinstance(place, NamedRef) else "",
        fields["period"],
        Decimal(str(value)) if isinstance(value, (int, float, Decimal)) else None,
        fields["sign"],
        isinstance(fields["basis"], NamedRef) and local_name(fields["basis"].iri) == "estimated",
        str(fields["unsaid"] or ""),
        str(fields["flag"] or ""),
        value is not None and bool(fields.get("rounded")),
        fields["row"],
    )


def _panels(
    table: Result, rows: Iterable[Mapping[str, Any]], chart: Mapping[str, Any], *, all_places: bool
) -> list[Panel]:
    """Group figures into panels, ordered by the chart's quantities and then by most places."""
    groups: dict[tuple[Any, ...], dict[str, dict[tuple[Any, ...], Figure]]] = defaultdict(lambda: defaultdict(dict))
    for fields in rows:
        if isinstance(fields["what"], NamedRef):
            key = (
                fields["what"],
                str(fields["subject"] or ""),
                str(fields["unit"]),
                str(fields["edition"] or ""),
                fields["sources"],
            )
            figure = _figure(fields)
            same = (figure.iri, figure.name, figure.period, figure.value)
            before = groups[key][fields["published"]].get(same)
            groups[key][fields["published"]][same] = (
                replace(figure, estimated=figure.estimated or before.estimated) if before else figure
            )
    panels = []
    for (what, subject, unit, edition, sources), by_words in groups.items():
        is_world = {words: all(f.iri == _WORLD for f in some.values()) for words, some in by_words.items()}
        used = set()
        for words, some in by_words.items():
            if is_world[words]:
                continue
            ends = (words.lower(), f"{words.lower()}, rounded", f"{words.lower()}: rounded")
            totals = [total for total, world in is_world.items() if world and total.lower() in ends]
            used.update(totals)
            world = [f for total in totals for f in by_words[total].values()]
            world += [f for f in some.values() if f.iri == _WORLD and all_places]
            own = [f for f in some.values() if f.iri != _WORLD or not all_places]
            panels.append(Panel(what, subject, words, unit, edition, sources, tuple(own), tuple(world)))
        panels += [
            Panel(what, subject, words, unit, edition, sources, tuple(by_words[words].values()))
            for words, world in is_world.items()
            if world and words not in used
        ]
    if chart["over"] == "places":
        panels = [_newest(panel) for panel in panels]
    else:
        panels = [
            panel if panel.over_years else _newest(panel)
            for panel in panels
            if any(figure.value is not None for figure in panel.figures)
        ]
    order = [
        local_name(str(curie).replace(":", "/")) for curie in chart["values"].get("quantity", ["net-import-reliance"])
    ]
    places = {id(panel): len({f.name for f in panel.figures}) for panel in panels}

    def rank(panel: Panel) -> tuple[int, int, str]:
        quantity = local_name(panel.what.iri)
        return order.index(quantity) if quantity in order else len(order), -places[id(panel)], panel.published

    return sorted(panels, key=rank)


def _newest(panel: Panel) -> Panel:
    """Keep the figures of the newest period, largest first and those without a number last."""
    newest = max(figure.period for figure in panel.figures)
    figures = sorted(
        (figure for figure in panel.figures if figure.period == newest),
        key=lambda f: (f.value is None, -(f.value or 0), f.name),
    )
    return replace(panel, figures=tuple(figures), world=tuple(f for f in panel.world if f.period == newest))


def _heading(graph: Graph, panel: Panel) -> dict[str, str]:
    periods = sorted({figure.period for figure in panel.figures} - {""})
    when = periods[0] if len(periods) == 1 else f"{periods[0]} – {periods[-1]}" if periods else ""
    edition = f"{message('pic_edition', graph.lang)} {panel.edition}" if panel.edition else ""
    quoted = "« {} »" if graph.lang == "fr" else "“{}”"
    words = quoted.format(panel.published) if panel.published else ""
    publishers = dict.fromkeys(publisher for _, publisher in panel.sources)
    return {
        "title": ", ".join(filter(None, (f"{panel.what} ({panel.unit})", when))),
        "words": truncate(" · ".join(filter(None, (words, *publishers, edition))), 125),
    }


def _number(graph: Graph, figure: Figure) -> str:
    from babel.numbers import format_decimal

    if figure.value is None:
        return figure.unsaid or message("pic_no_number", graph.lang)
    locale = "fr_CA" if graph.lang == "fr" else "en_CA"
    number = format_decimal(figure.value, format="#,##0.##########", locale=locale)
    return f"{figure.sign} {number}".strip() + (" e" if figure.estimated else "") + (" †" if figure.flag else "")


def _bars(graph: Graph, panel: Panel, cited: Mapping[int, str]) -> dict[str, Any]:
    most = _ticks(panel)[-1]
    bars = [
        {
            "y": 64 + _BAR * row,
            "name": truncate(figure.name, 36),
            "full": figure.name,
            "width": round(float((figure.value or 0) / most) * _ROOM, 1) if most else 0,
            "number": _number(graph, figure),
            "cited": cited.get(id(figure.row), ""),
            "known": figure.value is not None,
            "estimated": figure.estimated,
        }
        for row, figure in enumerate(panel.figures[:BARS])
    ]
    under = []
    if len(panel.figures) > BARS:
        under.append(f"+ {len(panel.figures) - BARS} {message('pic_rows', graph.lang)}")
    if panel.world:
        totals = " / ".join(_number(graph, figure) for figure in panel.world)
        under.append(f"{message('pic_world', graph.lang)} {totals}")
    return {
        "bars": bars,
        "under": under,
        "axis": 52,
        "end": 58 + _BAR * len(bars),
        "height": 92 + _BAR * len(bars) + 18 * len(under),
        **_heading(graph, panel),
    }


def _lines(graph: Graph, panel: Panel, cited: Mapping[int, str]) -> dict[str, Any]:
    series: dict[str, list[Figure]] = defaultdict(list)
    for figure in panel.figures:
        series[figure.name].append(figure)
    known = {
        name: some for name, some in series.items() if any(f.value is not None and f.period.isdigit() for f in some)
    }
    latest = {name: max((f.period, f.value) for f in some if f.value is not None)[1] for name, some in known.items()}
    ranked = sorted(known, key=lambda name: (-latest[name], name))
    years = sorted({int(f.period) for some in known.values() for f in some if f.period.isdigit()})
    ticks, (left, right) = _ticks(panel), _PLOT

    def spot(figure: Figure) -> tuple[float, float]:
        across = (int(figure.period) - years[0]) / max(years[-1] - years[0], 1)
        return round(left + across * (right - left), 1), round(64 + _TALL * (1 - float(figure.value / ticks[-1])), 1)  # type: ignore[operator]

    lines: list[dict[str, Any]] = []
    for place, name in enumerate(ranked[:LINES]):
        points = sorted((f for f in known[name] if f.period.isdigit()), key=lambda f: f.period)
        strokes: list[list[tuple[float, float]]] = [[]]
        for figure in points:  # a year without a number breaks the line
            if figure.value is None:
                strokes.append([])
            else:
                strokes[-1].append(spot(figure))
        numbered = [figure for figure in points if figure.value is not None]
        lines.append(
            {
                "colour": PALETTE[place % len(PALETTE)],
                "name": f"{truncate(name, 32)} {_number(graph, numbered[-1])}",
                "strokes": [" ".join(f"{x},{y}" for x, y in stroke) for stroke in strokes if len(stroke) > 1],
                "points": [
                    {
                        "at": spot(f),
                        "hollow": f.estimated,
                        "cited": cited.get(id(f.row), ""),
                        "full": f"{name}, {f.period}: {_number(graph, f)}",
                    }
                    for f in numbered
                ],
                "end": spot(numbered[-1])[1],
            }
        )
    below = -math.inf
    for line in sorted(lines, key=lambda line: line["end"]):
        line["label"] = below = max(line["end"] + 4, below + 15)
    without = [
        f"{f.name} {f.period} ({f.unsaid or message('pic_no_number', graph.lang)})"
        for f in panel.figures
        if f.value is None
    ]
    under = []
    if len(ranked) > LINES:
        under.append(f"+ {len(ranked) - LINES} {message('pic_places', graph.lang)}")
    if without:
        under += textwrap.wrap(f"{message('pic_unnumbered', graph.lang)} {', '.join(without)}", 130)
    floor = 64 + _TALL
    return {
        "lines": lines,
        "ticks": [
            {"y": round(floor - _TALL * float(tick / ticks[-1]), 1), "at": _plain(graph, tick)} for tick in ticks
        ],
        "years": [
            {"x": round(left + (year - years[0]) / max(years[-1] - years[0], 1) * (right - left), 1), "at": year}
            for year in years
        ],
        "under": under,
        "end": floor + 20,
        "height": max(floor + 52, below + 30) + 18 * len(under),
        **_heading(graph, panel),
    }


def _plain(graph: Graph, number: Decimal) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(number, locale="fr_CA" if graph.lang == "fr" else "en_CA"))


def _ticks(panel: Panel) -> list[Decimal]:
    """Return round numbers from zero to the largest figure or just beyond; of shares, to a hundred."""
    most = max((figure.value for figure in panel.figures if figure.value is not None), default=Decimal(0))
    if panel.unit == "%":
        most = max(most, Decimal(100))
    if most <= 0:
        return [Decimal(0), Decimal(1)]
    step = Decimal(10) ** (most / 4).adjusted()
    step = next(step * times for times in (1, 2, 5, 10) if step * times * 5 >= most)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def _key(graph: Graph, panels: Sequence[Panel]) -> list[str]:
    """Return the key to the marks on the picture."""
    figures = [figure for panel in panels for figure in (*panel.figures, *panel.world)]
    flags = sorted({figure.flag for figure in figures} - {""})
    lines = [message("pic_estimated", graph.lang)] if any(figure.estimated for figure in figures) else []
    lines += [f"† {message('pic_flagged', graph.lang)} {', '.join(flags)}"] if flags else []
    lines += [message("pic_withheld", graph.lang)] if any(figure.value is None for figure in figures) else []
    signs = sorted({figure.sign for figure in figures} - {""})
    lines += [f"{' '.join(signs)} {message('pic_sign', graph.lang)}"] if signs else []
    lines += (
        [message("pic_rounded", graph.lang)] if any(figure.rounded and not figure.value for figure in figures) else []
    )
    return [line for text in lines for line in textwrap.wrap(text, 140)]


def _vega_lite(graph: Graph, head: Head, table: Result, panels: Sequence[Panel]) -> str:
    """Write the chart as a specification of Vega-Lite, the figures within it."""
    charted = [
        {
            "title": {"text": heading["title"], "subtitle": heading["words"], "anchor": "start"},
            "data": {
                "values": [
                    {
                        "place": figure.name,
                        "iri": figure.iri,
                        "period": figure.period,
                        "value": None if figure.value is None else _json_number(figure.value),
                        "shown": _number(graph, figure),
                        "estimated": figure.estimated,
                        "flag": figure.flag,
                        "sources": [iri for iri, _ in panel.sources],
                    }
                    for figure in panel.figures
                ]
            },
            "width": 480,
            **(_vega_lines(panel) if panel.over_years else _vega_bars(panel)),
        }
        for panel, heading in ((panel, _heading(graph, panel)) for panel in panels)
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": head.title, "subtitle": [head.question]},
        "description": head.title,
        "usermeta": {
            "note": head.note,
            "key": _key(graph, panels),
            "sources": [str(citation) for citation in table.citations],
            "checked": max((citation.checked for citation in table.citations), default=""),
        },
        "vconcat": charted,
    }
    return json.dumps(spec, ensure_ascii=False, indent=1) + "\n"


_TOOLTIP = [{"field": field, "type": "nominal"} for field in ("place", "period", "shown")]


def _vega_bars(panel: Panel) -> dict[str, Any]:
    down = {"field": "place", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}}
    across = {"field": "value", "type": "quantitative", "title": panel.unit, "scale": {"zero": True}}
    faint = {"condition": {"test": "datum.estimated", "value": 0.6}, "value": 1}
    text = {"type": "text", "align": "left", "dx": 4}
    written = {"y": down, "text": {"field": "shown", "type": "nominal"}}
    numbered, unnumbered = ([{"filter": f"datum.value {sign} null"}] for sign in ("!==", "==="))
    return {
        "layer": [
            {
                "mark": "bar",
                "transform": numbered,
                "encoding": {"y": down, "x": across, "opacity": faint, "tooltip": _TOOLTIP},
            },
            {"mark": text, "transform": numbered, "encoding": {"x": across, **written}},
            {
                "mark": {**text, "fontStyle": "italic"},
                "transform": unnumbered,
                "encoding": {"x": {"value": 0}, **written},
            },
        ]
    }


def _vega_lines(panel: Panel) -> dict[str, Any]:
    hollow = {"condition": {"test": "datum.estimated", "value": "white"}, "value": None}
    return {
        "height": 240,
        "encoding": {
            "x": {"field": "period", "type": "ordinal", "title": None},
            "y": {"field": "value", "type": "quantitative", "title": panel.unit, "scale": {"zero": True}},
            "color": {"field": "place", "type": "nominal", "title": None},
            "tooltip": _TOOLTIP,
        },
        "layer": [
            {"mark": {"type": "line", "invalid": "break-paths-show-domains"}},
            {"mark": {"type": "point", "filled": True}, "encoding": {"fill": hollow}},
        ],
    }


def _json_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
