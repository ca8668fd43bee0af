"""Projects as points on a map, and partners or members as shaded countries, from saved questions."""

from __future__ import annotations

import math
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.answers.result import Citation, Result, Row
from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.pictures.base import Head, Picture, as_lists, asked_labels, svg_renderer, truncate
from cmgraph.pictures.geography import Frame, frame
from cmgraph.rdf.terms import BASE, NamedRef, Value, best_text, lexical, local_name
from cmgraph.store import builtin
from cmgraph.text.i18n import message

MAPS = ("projects", "partners", "members")
"""What can be mapped; each is a saved question."""

CLASSES, NAMED = 7, 40
"""The most kinds of marks, and of names beside them, that are drawn."""

_WIDTH, _MAP = 1000, 960.0
_TONES = ("#0072b2", "#b04a00", "#007a5a", "#9c4a7f", "#7a5200", "#2b2b8f", "#505050")
_CORNERS = ((0, 0.0), (4, 0.25), (3, -0.5), (4, 0.0), (6, 0.0), (5, -0.5), (3, 0.5))
_SHADES = ("#c6dcec", "#86b6d8", "#3d8bbf", "#0b5a8f")
_HOME = "#b04a00"
_STEPS = (1, 2, 5, 10)
"""The numbers of ties from which a country has the next darker shade."""

_PHASE = BASE + "vocab/project-phase"


def picture(
    graph: Graph,
    name: str,
    network_filter: NetworkFilter,
    /,
    *,
    nations: bool = False,
    href: Callable[[str], str] = str,
    **parameters: object,
) -> Picture:
    """Draw a map.

    :param name: ``projects``, ``partners`` or ``members``.
    :param network_filter: only its minerals count, and on the map of projects alone.
    :param nations: show where a register has a point for a nation, too: an office or a community, no territory.
    :param href: gives the address that a point leads to, from the IRI of what it is.
    :param parameters: values of the question's parameters; of projects, ``phase`` too.
    :raises CmgraphError: if there is no such map, or it does not take what is given.
    """
    if name not in MAPS:
        raise UnknownName(f"unknown map '{name}'", hint=nearest(name, MAPS) or f"One of {', '.join(MAPS)}.")
    minerals = network_filter.minerals
    if network_filter != NetworkFilter(minerals=minerals) or (minerals and name != "projects"):
        raise CmgraphError("a map takes no filter but --mineral, and that of projects alone", where=name)
    if name == "projects":
        mineral = {"mineral": list(minerals)} if minerals else {}
        return _projects(graph, nations, href, {"mineral": ["any"], **mineral, **parameters})
    if nations:
        raise CmgraphError("points of nations are shown on the map of projects alone", where=name)
    return _countries(graph, name, parameters)


def _projects(graph: Graph, nations: bool, href: Callable[[str], str], parameters: Mapping[str, object]) -> Picture:
    if graph.as_of:
        raise CmgraphError("projects are as of the day of their inventory", where="--as-of", hint="Leave it out.")
    asked = as_lists(parameters)
    phases = {graph.names.resolve(str(phase), _PHASE).value for phase in asked.pop("phase", []) if phase != "any"}
    answer = graph.query("projects", **asked).filter(
        lambda row: not phases or (isinstance(row[2], NamedRef) and row[2].iri in phases)
    )
    sites = graph.query("points", meaning="site-point", place="any")
    at = _newest_points(sites)
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in answer:
        if isinstance(row[0], NamedRef):
            rows[row[0].iri].append(row)
    lands, table = _located(graph, answer, sites, at, nations)
    newest = {iri: max(some, key=lambda row: str(row[4])) for iri, some in rows.items()}
    placed = {iri: row for iri, row in newest.items() if iri in at}
    chart = frame("canada" if all(_in_canada(point) for iri in placed for point in at[iri]) else "world", _MAP)
    cited = _cited(table, 0)
    marks, outside = _marks(chart, placed, at, cited)
    counts = {"map_shown": len(marks), "map_no_place": len(newest) - len(placed), "map_outside": outside}
    notes = [
        " ".join(f"{message(key, graph.lang)} {count}." for key, count in counts.items() if count or key == "map_shown")
    ]
    if any(mark["hollow"] for mark in marks):
        notes.append(message("map_hollow", graph.lang))
    offices = [mark | {"cited": sorted(cited[mark["iri"]])} for land in lands if (mark := _office(chart, land))]
    if nations:
        notes.append(message("map_offices", graph.lang).format(len(offices)))
    question = graph.question("projects")
    only = [*asked_labels(graph, question, asked), *graph.names.labels(sorted(phases)).values()]
    classes = [
        {"name": f"{mark['kind']} ({count})", "colour": mark["colour"], "outline": _outline(mark["number"], 30, -4, 6)}
        for mark, count in _classes(marks)
    ]
    others = sum(mark["number"] >= CLASSES for mark in marks)
    if others:
        label = f"{message('map_other', graph.lang)} ({others})"
        classes.append({"name": label, "colour": "#ffffff", "outline": _outline(CLASSES, 30, -4, 6)})
    return _picture(
        graph,
        _titled(graph, "projects", only),
        table,
        f"{len(marks)} {message('map_points', graph.lang)}",
        chart,
        notes,
        href=href,
        marks=marks,
        offices=offices,
        classes=classes,
        named=_apart(marks if len(marks) <= NAMED else [], chart, beside=True),
    )


def _located(
    graph: Graph, answer: Result, sites: Result, at: Mapping[str, Sequence[Row]], nations: bool
) -> tuple[list[Row], Result]:
    """Add the points to the projects, and those of nations below them if requested."""
    columns = (*answer.columns, *sites.columns[3:6])
    table = replace(answer, columns=columns, headings=(*answer.headings, *sites.headings[3:6]))
    cited: dict[Citation, int] = {}
    rows = []

    def add(values: tuple[Value, ...], like: Row, *origins: tuple[Result, Row]) -> None:
        citations = [result.citations[number - 1] for result, row in origins for number in row.citations]
        numbers = sorted({cited.setdefault(citation, len(cited) + 1) for citation in citations})
        rows.append(replace(like, values=values, terms=(None,) * len(values), citations=tuple(numbers)))

    for row in answer:
        points = at.get(row[0].iri, []) if isinstance(row[0], NamedRef) else []
        if not points:
            add((*row.values, None, None, None), row, (answer, row))
        for point in points:
            add((*row.values, *point.values[3:6]), row, (answer, row), (sites, point))
    lands: list[Row] = []
    if nations:
        offices = graph.query("points", meaning="community-point", place="any")
        lands = list(offices.rows)
        for land in lands:
            add((land[1], land[2], None, None, land[6], *land.values[3:6]), land, (offices, land))
    return lands, replace(table, rows=tuple(rows), citations=tuple(cited))


def _cited(table: Result, column: int) -> dict[str, set[int]]:
    """Return by the IRI of each thing in a column the citation numbers of its rows."""
    cited: dict[str, set[int]] = defaultdict(set)
    for row in table:
        if isinstance(thing := row[column], NamedRef):
            cited[thing.iri] |= set(row.citations)
    return cited


def _newest_points(sites: Result) -> dict[str, list[Row]]:
    """Return the points of each project, by its IRI: those of the newest day that has any."""
    points: dict[str, list[Row]] = defaultdict(list)
    for row in sites:
        if isinstance(row[0], NamedRef):
            points[row[0].iri].append(row)
    return {
        iri: [row for row in some if row[6] == max(some, key=lambda point: str(point[6]))[6]]
        for iri, some in points.items()
    }


def _degrees(point: Row) -> tuple[float, float] | None:
    """Return degrees east and north, if they are valid."""
    north, east = (float(str(point[number])) for number in (4, 5))
    return (east, north) if abs(north) <= 90 and abs(east) <= 180 else None


def _in_canada(point: Row) -> bool:
    degrees = _degrees(point)
    return degrees is None or (-142 < degrees[0] < -52 and 41 < degrees[1] < 84)


def _marks(
    chart: Frame, placed: Mapping[str, Row], at: Mapping[str, Sequence[Row]], cited: Mapping[str, set[int]]
) -> tuple[list[dict[str, Any]], int]:
    """Place a mark at each point of a project, in the shape of its phase, hollow unless it is active."""
    phases = Counter(str(row[2]) for row in placed.values())
    number = {phase: place for place, phase in enumerate(sorted(phases, key=lambda phase: (-phases[phase], phase)))}
    marks, outside = [], 0
    for iri, row, point in [(project, placed[project], spot) for project in sorted(placed) for spot in at[project]]:
        degrees = _degrees(point)
        spot = chart.spot(*degrees) if degrees else (-1.0, -1.0)
        if not chart.holds(spot):
            outside += 1
            continue
        x, y, place = round(spot[0], 1), round(spot[1], 1), number[str(row[2])]
        active = isinstance(row[3], NamedRef) and local_name(row[3].iri) in ("active", "producing")
        marks.append(
            {
                "x": x,
                "y": y,
                "iri": iri,
                "cited": sorted(cited[iri]),
                "name": str(row[0]),
                "title": ", ".join(str(value) for value in row.values if value is not None),
                "kind": str(row[2]),
                "number": place,
                "colour": _TONES[place] if place < CLASSES else "#ffffff",
                "hollow": not active,
                "outline": _outline(place, x, y, 5),
            }
        )
    return marks, outside


def _classes(marks: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Return a mark of each phase that has a colour of its own, with how many there are."""
    counted = Counter(mark["kind"] for mark in marks)
    first = {mark["kind"]: mark for mark in marks if mark["number"] < CLASSES}
    return [(mark, counted[kind]) for kind, mark in sorted(first.items(), key=lambda pair: pair[1]["number"])]


def _outline(number: int, x: float, y: float, size: float) -> str:
    """Return the corners of the shape of a class; empty for a circle."""
    corners, turn = _CORNERS[number] if number < CLASSES else (0, 0.0)
    angles = [math.pi * (turn + 2 * corner / corners) for corner in range(corners)]
    return " ".join(f"{x + 1.25 * size * math.cos(a):.1f},{y + 1.25 * size * math.sin(a):.1f}" for a in angles)


def _office(chart: Frame, land: Row) -> dict[str, Any] | None:
    """Place the point of a nation's entry in a register; it is the entry's, not the nation's."""
    degrees = _degrees(land)
    spot = chart.spot(*degrees) if degrees else (-1.0, -1.0)
    if not chart.holds(spot) or not isinstance(land[1], NamedRef):
        return None
    return {"x": round(spot[0], 1), "y": round(spot[1], 1), "iri": land[1].iri, "title": f"{land[1]}, {land[3]}"}


def _countries(graph: Graph, name: str, parameters: Mapping[str, object]) -> Picture:
    """Shade the countries of an actor's partners, with lines to them, or those of a body's members."""
    question = graph.question(name)
    asked = as_lists(parameters)
    parameter = question.parameters[0]
    asked = {parameter.name: question.defaults()[parameter.name].split(), **asked}
    if name == "partners" and (len(asked[parameter.name]) != 1 or asked[parameter.name] == ["any"]):
        raise CmgraphError(
            "a map of partners is of one actor", where=name, hint="visualise map partners -p actor=Canada"
        )
    answer = graph.query(name, **asked)
    centres = [
        parameter.term(value, graph.names, graph.prefixes).value for value in asked[parameter.name] if value != "any"
    ]
    end, reason = (0, 1) if name == "partners" else (1, 5)
    reasons: dict[str, set[str]] = defaultdict(set)
    for row in answer:
        if isinstance(thing := row[end], NamedRef):
            reasons[thing.iri].add(str(row[reason]))
    governed = {
        (lexical(government), part is not None): (lexical(code), lexical(country))
        for government, country, code, part in builtin.ask(
            graph.store, "countries", government=sorted({*reasons, *centres})
        )
        if government is not None and country is not None and code is not None
    }
    chart, labels = frame("world", _MAP), graph.names.labels(country for _, country in governed.values())
    shaded: dict[str, dict[str, Any]] = {}
    undrawn, cited = [], _cited(answer, end)
    for iri in sorted(reasons):
        code, country = governed.get((iri, False), ("", ""))
        if code in chart.middles:
            shade = shaded.setdefault(code, {"name": labels[country], "via": set(), "cited": set()})
            shade["via"] |= reasons[iri]
            shade["cited"] |= cited[iri]
        else:
            undrawn.append(iri)
    (key, shades, legend) = _tied(graph, shaded) if name == "partners" else _standing(graph, shaded)
    for code, shade in shaded.items():
        shade |= {"x": chart.middles[code][0], "y": chart.middles[code][1], "n": len(shade["via"])}
        shade["title"] = f"{shade['name']}: {'; '.join(sorted(shade['via']))}"
    ranked = sorted(shaded.values(), key=lambda shade: (-shade["n"], shade["name"]))
    arcs = []
    if name == "partners":
        homes = [governed[centre, part] for centre in centres for part in (False, True) if (centre, part) in governed]
        for code, country in [home for home in homes if home[0] in chart.middles][:1]:
            start = chart.middles[code]
            arcs = [_arc(start, shade) for shade in ranked[::-1] if (shade["x"], shade["y"]) != start]
            shaded[code] = {"name": labels[country], "x": start[0], "y": start[1], "tone": _HOME, "cited": set()}
            shaded[code]["title"] = labels[country]
            ranked.insert(0, shaded[code])
    notes, names = [key], sorted(graph.names.labels(undrawn).values())
    if names:
        rest = f" + {len(names) - NAMED}" if len(names) > NAMED else ""
        colon = " :" if graph.lang == "fr" else ":"
        undrawn_words = message("map_undrawn", graph.lang)
        notes.append(f"{undrawn_words} ({len(names)}){colon} {', '.join(names[:NAMED])}{rest}.")
    return _picture(
        graph,
        _titled(graph, name, asked_labels(graph, question, asked)),
        answer,
        f"{sum('via' in shade for shade in shaded.values())} {message('map_countries', graph.lang)}",
        chart,
        notes,
        shaded=shaded,
        arcs=arcs,
        shades=shades,
        legend=legend,
        named=_apart(ranked, chart, beside=False)[:NAMED],
    )


_Key = tuple[str, list[dict[str, str]], str]
"""The meaning of shades: in a sentence, each with its name, and their heading."""


def _tied(graph: Graph, shaded: Mapping[str, dict[str, Any]]) -> _Key:
    """Shade countries by number of ties, darker for more."""
    for shade in shaded.values():
        shade["tone"] = _SHADES[sum(len(shade["via"]) >= step for step in _STEPS) - 1]
    names = [f"{low}–{high - 1}" if high - low > 1 else f"{low}" for low, high in pairwise(_STEPS)]
    shades = [{"name": name, "colour": tone} for name, tone in zip([*names, f"{_STEPS[-1]}+"], _SHADES, strict=True)]
    return message("map_ties", graph.lang), shades, message("map_legend", graph.lang)


def _standing(graph: Graph, shaded: Mapping[str, dict[str, Any]]) -> _Key:
    """Shade countries by state of membership, most frequent first."""
    states = Counter("; ".join(sorted(shade["via"])) for shade in shaded.values())
    ranked = sorted(states, key=lambda state: (-states[state], state))
    tones = {state: _SHADES[::-1][min(place, len(_SHADES) - 1)] for place, state in enumerate(ranked)}
    for shade in shaded.values():
        shade["tone"] = tones["; ".join(sorted(shade["via"]))]
    shades = [{"name": f"{state} ({states[state]})", "colour": tones[state]} for state in ranked[: len(_SHADES)]]
    return message("map_members", graph.lang), shades, ""


def _arc(start: tuple[float, float], shade: Mapping[str, Any]) -> dict[str, Any]:
    """Draw an arc from one country to another, thicker for more ties."""
    x, y = (start[0] + shade["x"]) / 2, (start[1] + shade["y"]) / 2 - 0.22 * math.dist(start, (shade["x"], shade["y"]))
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{x:.1f} {max(y, 4):.1f} {shade['x']:.1f} {shade['y']:.1f}"
    return {"path": path, "width": round(0.6 + 0.5 * math.sqrt(shade["n"]), 1), "title": shade["title"]}


def _titled(graph: Graph, name: str, only: Sequence[str]) -> Head:
    question = graph.question(name)
    title, note = (best_text(text, graph.lang) for text in (question.title, question.note))
    return Head(
        f"{title} ({', '.join(only)})" if only else title,
        message("pic_answer", graph.lang).format(title, name),
        note,
    )


def _picture(
    graph: Graph, head: Head, table: Result, extent: str, chart: Frame, notes: Sequence[str], **content: Any
) -> Picture:
    """Draw the layers of a map on its frame, with its key and the source of the outlines."""
    texts = [*notes, message("map_outlines", graph.lang)]
    layers: dict[str, Any] = {"shaded": {}, "arcs": [], "marks": [], "offices": [], "classes": []}
    layers |= {"shades": [], "legend": ""} | content
    svg = svg_renderer(
        "map.svg",
        graph,
        table,
        _WIDTH,
        head,
        chart=chart,
        remarks=[line for text in texts for line in textwrap.wrap(text, 150)],
        **layers,
    )
    return Picture(head, table, extent, svg)


def _apart(marks: Sequence[Mapping[str, Any]], chart: Frame, *, beside: bool) -> list[dict[str, Any]]:
    """Choose names that overlap no other, the first ones first: in the middle, or beside a mark and on none."""
    occupied = [(mark["x"] - 5, mark["y"] - 5, mark["x"] + 5, mark["y"] + 5) for mark in marks if beside]
    chosen = []
    for mark in marks:
        short = truncate(mark["name"], 28)
        wide, x, y = 6.4 * len(short), mark["x"], mark["y"]
        for left in (x + 8, x - 8 - wide) if beside else (x - wide / 2,):
            box = (left, y - 9, left + wide, y + 5)
            inside = left >= 0 and box[2] <= chart.width
            if inside and all(box[2] < a or c < box[0] or box[3] < b or d < box[1] for a, b, c, d in occupied):
                occupied.append(box)
                chosen.append({"x": round(left, 1), "y": y + 4, "name": short})
                break
    return chosen
