"""The language of pictures: kinds are told apart on each ground and by everyone; nations are a kind of their own."""

from __future__ import annotations

from itertools import combinations

import pytest

from cmgraph.analysis.kinds import looks, picture_kind, short_names
from cmgraph.graph import Graph

ACTORS = [*looks()][:9]


def _linear(colour: str) -> list[float]:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(linear: list[float]) -> tuple[float, float, float]:
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (
            sum(max(part, 0) * share for part, share in zip(linear, row, strict=True)) / reference
            for row, reference in zip(rows, white, strict=True)
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


# Machado, Oliveira and Fernandes (2009), severity 1
SIGHT = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _apart(one: str, other: str, sight: str) -> float:
    seen = [
        _lab([sum(a * b for a, b in zip(row, _linear(colour), strict=True)) for row in SIGHT[sight]])
        for colour in (one, other)
    ]
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


@pytest.mark.parametrize("ground", ["#ffffff", "#16181b"])
def test_every_colour_stands_out_from_a_light_and_a_dark_ground(ground: str) -> None:
    for kind, look in looks().items():
        light, dark = sorted((_luminance(look.colour), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, kind


def test_every_kind_has_a_shape_and_a_colour_of_its_own() -> None:
    for what in ("colour", "corners"):
        assert len({getattr(look, what) for look in looks().values()}) == len(looks())


def test_actors_whose_shapes_are_alike_differ_in_colour_whoever_looks() -> None:
    for one, other in combinations(ACTORS, 2):
        assert _apart(looks()[one].colour, looks()[other].colour, "all colours") >= 12, (one, other)
    for alike in (("nation", "union"), ("country", "house"), ("country", "region"), ("country", "actor")):
        one, other = (looks()["organ" if kind == "house" else kind].colour for kind in alike)
        for sight in SIGHT:
            assert _apart(one, other, sight) >= 6, (alike, sight)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Government of Canada", "country"),
        ("Tahltan Nation", "nation"),
        ("agent:inuit", "nation"),
        ("Tahltan Central Government", "nation"),
        ("Government of Ontario", "region"),
        ("Natural Resources Canada", "organ"),
        ("European Union", "union"),
        ("Galore Creek", "project"),
        ("lithium", "mineral"),
    ],
)
def test_a_thing_is_drawn_as_its_kind_and_nations_never_as_governments_or_companies(
    bundled_graph: Graph, name: str, kind: str
) -> None:
    assert picture_kind(bundled_graph, bundled_graph.entity(name).thing.iri) == kind


def test_no_nation_of_the_graph_is_drawn_as_anything_else(bundled_graph: Graph) -> None:
    for iri in bundled_graph.names.labels(
        iri
        for iri, kinds in bundled_graph.names._kinds.items()
        if any(kind.rpartition("#")[2].startswith("Indigenous") for kind in kinds)
    ):
        assert picture_kind(bundled_graph, iri) == "nation", iri


def test_governments_are_called_by_their_place_and_others_by_an_abbreviation_of_that_language(
    bundled_graph: Graph,
) -> None:
    agent = bundled_graph.prefixes["agent"]
    iris = [agent + "government-of-canada", agent + "nrcan-rncan", agent + "export-development-canada"]
    assert [*short_names(bundled_graph, iris).values()] == ["Canada", "NRCan", "EDC"]
    french = bundled_graph.with_language("fr")
    full = french.names.labels(iris)
    assert [*short_names(french, iris).values()] == ["Canada", "RNCan", full[iris[2]]]
    place = bundled_graph.prefixes["place"] + "canada"
    assert short_names(bundled_graph, [iris[0], place]) == bundled_graph.names.labels([iris[0], place])
