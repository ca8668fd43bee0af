"""Maps: what is shown is what saved questions answer; what has no place is counted; nations have no territory drawn."""

from __future__ import annotations

import math
import re
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

import cmgraph
from cmgraph.analysis.filters import NetworkFilter
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.pictures.draw import draw
from cmgraph.pictures.geography import CANADA, equal_earth, frame, lambert, outlines
from cmgraph.pictures.map import picture
from cmgraph.rdf.terms import NamedRef
from conftest import Run

LITHIUM = NetworkFilter(minerals=("lithium",))


def drawn(graph: Graph, path: Path, name: str, minerals: tuple[str, ...] = (), **parameters: object) -> str:
    """Return a map's drawing as text."""
    draw(graph, "map", name, path / "m.svg", network_filter=NetworkFilter(minerals=minerals), **parameters)
    return unescape((path / "m.svg").read_text(encoding="utf-8"))


@pytest.mark.gate
def test_points_are_the_projects_of_the_question_and_those_without_a_place_are_counted(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    projects = {row[0] for row in bundled_graph.query("projects", mineral="any") if isinstance(row[0], NamedRef)}
    placed = {row[0] for row in bundled_graph.query("points", place="any") if isinstance(row[0], NamedRef)}
    text = drawn(bundled_graph, tmp_path, "projects")
    assert set(re.findall(r'<a href="(\S+?)"', text)) == {thing.iri for thing in projects & placed}
    unplaced = len(projects - placed)
    assert unplaced and f"With no place known, in the table only: {unplaced}." in text
    legend = sum(int(count) for count in re.findall(r"<text[^>]*>[^<]*\((\d+)\)</text>", text))
    assert legend == len(projects & placed) > 250


@pytest.mark.gate
def test_each_point_of_a_projects_newest_day_is_drawn(tmp_path: Path) -> None:
    def point(name: str, record: str, day: str) -> str:
        return f"""<https://w3id.org/cmgraph/id/rel/point-{name}> a cm:MapPoint ; cm:locatesThing record:{record} ;
            cm:asOfDate "{day}"^^xsd:date ; cm:latitude 55.5 ; cm:longitude -101.5 ; cm:hasPointMeaning
            <https://w3id.org/cmgraph/vocab/point-meaning/site-point> ; cm:hasClaimStatus
            <https://w3id.org/cmgraph/vocab/claim-status/stated> ; cm:hasCitation
            <https://w3id.org/cmgraph/id/cite/ds-nrcan-cm-row> .\n"""

    (tmp_path / "data").mkdir()
    (tmp_path / "data/points.ttl").write_text(
        "@prefix cm: <https://w3id.org/cmgraph/def#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "@prefix record: <https://w3id.org/cmgraph/id/record/> .\n"
        + point("second", "inventory-1901-snow-lake--manitoba", "2026-06-24")
        + point("older", "inventory-abcourt-barvue-quebec", "2020-06-24"),
        encoding="utf-8",
    )
    text = drawn(cmgraph.load(tmp_path), tmp_path, "projects")
    assert text.count('/project/1901-snow-lake"') == 2 and text.count('/project/abcourt-barvue"') == 1


def test_a_map_is_cut_to_minerals_and_phases_and_tells_what_is_not_active(bundled_graph: Graph, tmp_path: Path) -> None:
    answer = bundled_graph.query("projects", mineral="lithium").to_dicts()
    mines = {str(row["project"]) for row in answer if str(row["phase"]) == "mine"}
    text = drawn(bundled_graph, tmp_path, "projects", ("lithium",), phase="mine")
    titles = re.findall(r"<a [^>]*><title>(.*?)</title>", text)
    assert {title.split(",")[0] for title in titles} == mines and "(lithium, mine)" in text
    waiting = [row for row in answer if str(row["activity"]) != "active"]
    text = drawn(bundled_graph, tmp_path, "projects", ("lithium",))
    assert text.count('fill="#ffffff" fill-opacity') == len(waiting) > 0 and "Hollow" in text


def test_a_point_leads_where_the_page_around_it_says(bundled_graph: Graph) -> None:
    mapped = picture(bundled_graph, "projects", LITHIUM, href=lambda iri: f"there/{iri.rpartition('/')[2]}.html")
    assert mapped.svg(True).count('href="there/') == 32 and 'href="http' not in mapped.svg(True)


@pytest.mark.gate
def test_points_of_nations_come_only_when_asked_for_and_with_the_caveat(
    bundled_graph: Graph, tmp_path: Path, run: Run
) -> None:
    nations = bundled_graph.query("points", meaning="community-point", place="any")
    without = drawn(bundled_graph, tmp_path, "projects", ("lithium",))
    assert "First Nation" not in without and "No boundary of a nation" in without
    text = drawn(bundled_graph, tmp_path, "projects", ("lithium",), nations=True)
    assert f"({len(nations)}): a point is an office or a community, not a territory" in text
    assert text.count('stroke-width="1.4"') == len(nations) + 1
    drawing = draw(bundled_graph, "map", "projects", tmp_path / "m.html", network_filter=LITHIUM, nations=True)
    assert len(drawing.table) == len(nations) + len(bundled_graph.query("projects", mineral="lithium"))
    assert all(row.citations for row in drawing.table)
    done = run("visualise", "matrix", "--nations", "-o", str(tmp_path / "x.svg"))
    assert done.returncode == 2 and "--nations" in done.stderr


def test_countries_are_shaded_by_the_ties_of_the_question(bundled_graph: Graph, tmp_path: Path) -> None:
    ties: dict[str, set[str]] = {}
    for row in bundled_graph.query("partners", actor="Canada"):
        ties.setdefault(str(row[0]), set()).add(str(row[1]))
    text = drawn(bundled_graph, tmp_path, "partners", actor="Canada")
    shaded = dict(re.findall(r'<path d="[^"]*" fill="#\w+" [^>]*><title>(\w+): (.*?)</title>', text))
    assert set(shaded["Japan"].split("; ")) == ties["Government of Japan"] and len(shaded) > 50
    assert text.count("stroke-width") > len(shaded) and "European Union" in text  # no country: in words
    fills = re.findall(r'<path d="[^"]*" fill="(#\w+)" [^>]*><title>([^<]+?): ', text)
    counts = {name: len(shaded[name].split("; ")) for _, name in fills if name in shaded}
    shades: dict[str, set[int]] = {}
    for fill, name in fills:
        if name in counts:
            shades.setdefault(fill, set()).add(counts[name])
    steps = [range(1, 2), range(2, 5), range(5, 10), range(10, 100)]
    assert [sum(some <= set(step) for some in shades.values()) for step in steps] == [1, 1, 1, 1]
    on_a_day = drawn(bundled_graph, tmp_path, "partners", actor="Canada", asOf="2005-01-01")
    assert 0 < on_a_day.count("<title>") < text.count("<title>")


def test_members_are_shaded_by_how_their_membership_stands(bundled_graph: Graph, tmp_path: Path) -> None:
    members = {str(row["member"]).removeprefix("Government of ").removeprefix("the ") for row in
               bundled_graph.query("members", body="G7").to_dicts()}  # fmt: skip
    text = drawn(bundled_graph, tmp_path, "members", body="G7")
    assert set(re.findall(r"<title>([\w ]+): no end seen</title>", text)) == members and len(members) == 7
    assert "no end seen (7)" in text and "from which lines go out" not in text


@pytest.mark.gate
def test_every_map_says_whose_borders_it_draws_and_asks_for_nothing(bundled_graph: Graph, tmp_path: Path) -> None:
    for name, lang, says in (("projects", "en", "Borders, disputed ones too"), ("members", "fr", "même contestées")):
        one, two = tmp_path / "1.html", tmp_path / "2.html"
        for path in (one, two):
            draw(bundled_graph.with_language(lang), "map", name, path, network_filter=NetworkFilter())
        assert one.read_bytes() == two.read_bytes() and len(one.read_bytes()) < 1_500_000
        text = unescape(one.read_text(encoding="utf-8"))
        assert says in text and "Natural Earth" in text
        assert not re.search(r'(src|url\()="?http|@import|<link', text)


def test_what_cannot_be_mapped_is_refused_with_a_reason(bundled_graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown map 'project'") as caught:
        draw(bundled_graph, "map", "project", tmp_path / "x.svg")
    assert "projects" in caught.value.hint
    with pytest.raises(UnknownName, match="unknown mineral"):
        drawn(bundled_graph, tmp_path, "projects", ("lithum",))
    with pytest.raises(CmgraphError, match="a map takes no filter but --mineral"):
        drawn(bundled_graph, tmp_path, "partners", ("lithium",))
    with pytest.raises(CmgraphError, match="points of nations are shown on the map of projects"):
        drawn(bundled_graph, tmp_path, "members", nations=True)
    with pytest.raises(CmgraphError, match="a map of partners is of one actor"):
        drawn(bundled_graph, tmp_path, "partners", actor=["Canada", "Japan"])


def test_equal_earth_keeps_areas_and_lamberts_cone_keeps_angles() -> None:
    def cell(east: float, north: float) -> float:
        corners = [equal_earth(east + x, north + y) for x, y in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1))]
        twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
        return abs(twice) / 2 / (math.sin(math.radians(north + 0.1)) - math.sin(math.radians(north)))

    assert cell(20, 0) == pytest.approx(cell(-140, 60), rel=1e-3) == pytest.approx(cell(170, -45), rel=1e-3)
    for east, north in ((-123, 49), (-63, 45), (-95, 80)):
        here, up, right = lambert(east, north), lambert(east, north + 1e-4), lambert(east + 1e-4, north)
        across, along = math.dist(here, right) / math.cos(math.radians(north)), math.dist(here, up)
        assert across == pytest.approx(along, rel=1e-4)
        assert (up[0] - here[0]) * (right[0] - here[0]) + (up[1] - here[1]) * (right[1] - here[1]) == pytest.approx(
            0, abs=1e-13
        )
    assert lambert(-91.866667, 60)[0] == pytest.approx(0, abs=1e-9)


def test_outlines_lie_within_their_frame_and_no_ring_runs_across_the_map() -> None:
    assert {CANADA, "840", "304"} <= {outline.code for outline in outlines("north-america-50m")}
    world = frame("world", 960.0)
    for _, path in world.outlines:
        for ring in path.strip("MZ").split("ZM"):
            spots = [tuple(map(float, spot.split(","))) for spot in ring.split("L")]
            assert all(0 <= x <= 960 and 0 <= y <= world.height for x, y in spots)
            assert all(math.dist(a, b) < 200 for a, b in pairwise(spots))
    assert world.middles["643"][0] > 480  # the middle of Russia is not on this side of the date line
