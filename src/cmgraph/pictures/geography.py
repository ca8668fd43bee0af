"""Outlines of countries, and map projections: Lambert conformal conic for Canada, Equal Earth for the world."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Spot = tuple[float, float]
"""Degrees east and north; or, once projected, x to the right and y downwards."""

CANADA = "124"
_ANTARCTICA = "010"
_NEAR = 0.6
"""Corners of an outline closer to each other than this, as drawn, are left out."""


class Outline(NamedTuple):
    """The outline of a country: its ISO 3166 number, empty if it has none, and rings of degrees."""

    code: str
    rings: list[list[Spot]]


class Frame(NamedTuple):
    """The frame of a map: its size, projection and outlines.

    :ivar outlines: path data by country; what has no code comes under "".
    :ivar middles: the middle of the largest ring of each country.
    """

    width: float
    height: float
    spot: Callable[[float, float], Spot]
    outlines: list[tuple[str, str]]
    middles: dict[str, Spot]

    def holds(self, spot: Spot) -> bool:
        """Return whether a spot is within the frame."""
        return 0 <= spot[0] <= self.width and 0 <= spot[1] <= self.height


def lambert(east: float, north: float) -> Spot:
    """Project a point by the Lambert conformal conic with parallels 49 and 77 degrees north, as is usual for Canada."""
    southern, northern = math.radians(49), math.radians(77)

    def tangent(angle: float) -> float:
        return math.tan(math.pi / 4 + angle / 2)

    cone = math.log(math.cos(southern) / math.cos(northern)) / math.log(tangent(northern) / tangent(southern))
    far = math.cos(southern) * tangent(southern) ** cone / cone / tangent(math.radians(max(north, -80))) ** cone
    turn = cone * math.radians(east + 91.866667)
    return far * math.sin(turn), far * math.cos(turn)


def equal_earth(east: float, north: float) -> Spot:
    """Project a point by the Equal Earth projection of Šavrič, Patterson and Jenny (2018): areas stay comparable."""
    a, b, c, d = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(north)))
    rise = t * (a + b * t**2 + t**6 * (c + d * t**2))
    slope = a + 3 * b * t**2 + t**6 * (7 * c + 9 * d * t**2)
    return 2 * math.sqrt(3) * math.radians(east) * math.cos(t) / (3 * slope), -rise


@cache
def frame(which: str, width: float) -> Frame:
    """Return the frame of a map of ``canada`` or the ``world`` with a width."""
    canada = which == "canada"
    flat = lambert if canada else equal_earth
    countries = outlines("north-america-50m" if canada else "countries-110m")
    shown = {outline.code: outline.rings for outline in countries}.get(CANADA, [])
    edge = (
        [flat(*spot) for ring in shown for spot in ring]
        if canada
        else [flat(east, north) for east in (-180.0, 180.0) for north in (-58.0, 0.0, 84.0)]
    )
    left, right = min(x for x, _ in edge), max(x for x, _ in edge)
    top, bottom = min(y for _, y in edge), max(y for _, y in edge)
    margin = (right - left) * 0.02
    scale = width / (right - left + 2 * margin)
    height = (bottom - top + 2 * margin) * scale

    def spot(east: float, north: float) -> Spot:
        x, y = flat(east, north)
        return (x - left + margin) * scale, (y - top + margin) * scale

    drawn, middles = [], {}
    for outline in countries:
        pieces = [
            [spot(*corner) for corner in ring]
            for outline_ring in outline.rings
            for ring in ([outline_ring] if canada else _within_the_date_line(outline_ring))
        ]
        visible = [_sparse(_framed(ring, width, height)) for ring in pieces]
        path = "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ring) + "Z" for ring in visible if len(ring) > 2)
        if path and outline.code != _ANTARCTICA:
            drawn.append((outline.code, path))
            if outline.code:
                middles[outline.code] = _middle(max(visible, key=_area))
    return Frame(width, round(height, 1), spot, drawn, middles)


def outlines(name: str) -> list[Outline]:
    """Read the outlines in a TopoJSON file of ``outlines/``."""
    topology = json.loads((Path(__file__).parent / f"outlines/{name}.json").read_text(encoding="utf-8"))
    (wide, high), (east, north) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[list[Spot]] = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            arc.append((x * wide + east, y * high + north))
        arcs.append(arc)

    def ring(numbers: Iterable[int]) -> list[Spot]:
        spots: list[Spot] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            spots += arc[1:] if spots else arc
        return spots

    def polygons(geometry: dict[str, Any]) -> list[Any]:
        parts: list[Any] = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        return parts

    return [
        Outline(geometry.get("id", ""), [ring(numbers) for polygon in polygons(geometry) for numbers in polygon])
        for geometry in topology["objects"]["countries"]["geometries"]
    ]


def _within_the_date_line(ring: Sequence[Spot]) -> Iterator[list[Spot]]:
    """Cut a ring where it crosses 180 degrees."""
    unrolled, turn, before = [], 0.0, ring[0][0]
    for east, north in ring:
        turn += 360 if east - before < -180 else -360 if east - before > 180 else 0
        before = east
        unrolled.append((east + turn, north))
    for shift in (-360.0, 0.0, 360.0):
        moved = [(east + shift, north) for east, north in unrolled]
        yield _cut(_cut(moved, 0, -180, 1), 0, 180, -1)


def _framed(ring: list[Spot], width: float, height: float) -> list[Spot]:
    return _cut(_cut(_cut(_cut(ring, 0, 0, 1), 0, width, -1), 1, 0, 1), 1, height, -1)


def _cut(ring: list[Spot], axis: int, limit: float, side: int) -> list[Spot]:
    """Clip a ring at one side of a line, by Sutherland and Hodgman's algorithm."""
    inside: list[Spot] = []
    for before, spot in zip(ring[-1:] + ring[:-1], ring, strict=True):
        within, was = (side * (corner[axis] - limit) >= 0 for corner in (spot, before))
        if within != was:
            part = (limit - before[axis]) / (spot[axis] - before[axis])
            inside.append((before[0] + part * (spot[0] - before[0]), before[1] + part * (spot[1] - before[1])))
        if within:
            inside.append(spot)
    return inside


def _sparse(ring: list[Spot]) -> list[Spot]:
    thinned: list[Spot] = []
    for spot in ring:
        if not thinned or math.dist(spot, thinned[-1]) >= _NEAR:
            thinned.append(spot)
    return thinned


def _area(ring: Sequence[Spot]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], *ring[:1]], strict=True)))


def _middle(ring: Sequence[Spot]) -> Spot:
    """Return the centre of mass of a ring."""
    pairs = list(zip(ring, [*ring[1:], *ring[:1]], strict=True))
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)
    if not twice:
        return ring[0]
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    return round(x, 1), round(y, 1)
