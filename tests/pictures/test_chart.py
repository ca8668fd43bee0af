"""Charts: their numbers are the answers of saved questions; what has no number is never drawn as zero."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.pictures.draw import draw
from conftest import Run, write_minimal_root

LITHIUM = NetworkFilter(minerals=("lithium",))


def charted(graph: Graph, path: Path, name: str, mineral: str = "lithium", **parameters: object) -> dict[str, Any]:
    """Return a chart's specification."""
    draw(graph, "chart", name, path / "c.vl.json", network_filter=NetworkFilter(minerals=(mineral,)), **parameters)
    spec: dict[str, Any] = json.loads((path / "c.vl.json").read_text(encoding="utf-8"))
    return spec


def numbers(spec: dict[str, Any]) -> set[tuple[str, str, Decimal | None]]:
    """Return place, period and number of each figure in a specification."""
    return {
        (one["place"], one["period"], None if one["value"] is None else Decimal(str(one["value"])))
        for panel in spec["vconcat"]
        for one in panel["data"]["values"]
    }


@pytest.mark.parametrize(
    ("name", "mineral", "quantity", "year"),
    [("production", "cobalt", "mine-production", "2024"), ("reserves", "potash", "reserves", "2025")],
)
def test_bars_are_the_figures_of_the_question(
    bundled_graph: Graph, tmp_path: Path, name: str, mineral: str, quantity: str, year: str
) -> None:
    answer = bundled_graph.query("figures", quantity=quantity, mineral=mineral, year=year).to_dicts()
    asked = {(str(row["where"]), row["period"], row["value"]) for row in answer if str(row["where"]) != "World"}
    spec = charted(bundled_graph, tmp_path, name, mineral, quantity=quantity, year=year)
    assert numbers(spec) == asked and len(asked) > 5
    for panel in spec["vconcat"]:
        bars = [one["value"] for one in panel["data"]["values"] if one["value"] is not None]
        assert bars == sorted(bars, reverse=True)


def test_a_bar_is_as_long_as_its_number_and_dashed_if_it_is_estimated(bundled_graph: Graph, tmp_path: Path) -> None:
    cobalt = NetworkFilter(minerals=("cobalt",))
    draw(bundled_graph, "chart", "reserves", tmp_path / "c.svg", network_filter=cobalt)
    draw(bundled_graph, "chart", "production", tmp_path / "d.svg", network_filter=LITHIUM)
    for name, estimated in (("c", False), ("d", True)):
        text = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        panel = text.split("</g>\n<g transform")[0]
        bars = re.findall(r'<rect [^>]* width="([\d.]+)"([^>]*)/>\s*<text[^>]*>([\d,]+)( e)?<', panel)
        each = [float(width) / int(number.replace(",", "")) for width, _, number, _ in bars if float(width) > 20]
        assert len(bars) > 5 and max(each) - min(each) < max(each) / 100
        marked = {("dasharray" in style, bool(mark)) for _, style, _, mark in bars}
        assert marked == {(estimated, estimated)}


def test_a_point_stands_as_high_as_its_number(bundled_graph: Graph, tmp_path: Path) -> None:
    draw(bundled_graph, "chart", "years", tmp_path / "c.svg", network_filter=NetworkFilter(minerals=("uranium",)))
    text = (tmp_path / "c.svg").read_text(encoding="utf-8").split("</g>\n<g transform")[0]
    points = re.findall(r"<title>[^<]*: ([\d,]+)[^<]*</title><circle [^>]*cy=\"([\d.]+)\"", text)
    spots = sorted((int(number.replace(",", "")), float(y)) for number, y in points)
    (low, bottom), (high, top) = spots[0], spots[-1]
    assert len(spots) > 20 and top < bottom
    assert all(abs(bottom + (top - bottom) * (number - low) / (high - low) - y) < 0.3 for number, y in spots)


@pytest.mark.gate
def test_lines_are_the_figures_of_the_question_and_shares_those_of_theirs(bundled_graph: Graph, tmp_path: Path) -> None:
    places = ["Canada", "Namibia"]
    answer = bundled_graph.query("figures", quantity="mine-production", mineral="uranium", place=places).to_dicts()
    asked = {(str(row["where"]), row["period"], row["value"]) for row in answer}
    assert numbers(charted(bundled_graph, tmp_path, "years", "uranium", place=places)) == asked and len(asked) == 20
    answer = bundled_graph.query("dominant-places", percent=0, year=[2024, 2025]).to_dicts()
    shares = {(str(r["place"]), r["period"], r["share"]) for r in answer if str(r["mineral"]) == "lithium"}
    drawn = numbers(charted(bundled_graph, tmp_path, "shares"))
    assert {one for one in drawn if one[2] is not None} == shares and len(shares) > 10
    rounded = charted(bundled_graph, tmp_path, "shares")["usermeta"]["key"][-1]
    assert ("Portugal", "2025", 0) in drawn and rounded.startswith("0: less than half a percent")
    assert drawn - shares == {("United States", "2024", None), ("United States", "2025", None)}
    draw(
        bundled_graph,
        "chart",
        "shares",
        tmp_path / "c.svg",
        network_filter=NetworkFilter(minerals=("zirconium",)),
        quantity="reserves",
    )
    assert "≤ 79" in (tmp_path / "c.svg").read_text(encoding="utf-8")  # of a total that is more than its number


@pytest.mark.gate
def test_one_year_of_what_is_drawn_over_years_is_bars(bundled_graph: Graph, tmp_path: Path) -> None:
    spec = charted(bundled_graph, tmp_path, "shares", year=2025)
    assert {one["period"] for panel in spec["vconcat"] for one in panel["data"]["values"]} == {"2025"}
    assert all(panel["layer"][0]["mark"] == "bar" for panel in spec["vconcat"])
    spec = charted(bundled_graph, tmp_path, "shares")
    assert all(panel["layer"][0]["mark"] != "bar" for panel in spec["vconcat"])


def test_imports_name_each_partner_with_the_share_of_the_question(bundled_graph: Graph, tmp_path: Path) -> None:
    answer = bundled_graph.query("suppliers", mineral="gallium").to_dicts()
    shares = {(str(row["supplier"]), row["percent"]) for row in answer if row["supplier"]}
    drawn = numbers(charted(bundled_graph, tmp_path, "imports", "gallium"))
    assert shares == {(place, value) for place, _, value in drawn if place != "gallium"} and len(shares) > 3
    assert ("gallium", "2025", Decimal(100)) in drawn


def test_numbers_printed_on_the_drawing_are_those_of_its_table(bundled_graph: Graph, tmp_path: Path) -> None:
    drawing = draw(bundled_graph, "chart", "production", tmp_path / "c.svg", network_filter=LITHIUM)
    text = (tmp_path / "c.svg").read_text(encoding="utf-8")
    printed = dict(re.findall(r'<g class="mark" data-cites="1"><title>(.*?): ([\d,]+) e</title>', text))
    table = {str(r["where"]): f"{r['value']:,}" for r in drawing.table.to_dicts() if r.get("value")}
    assert printed == {place: value for place, value in table.items() if place != "World"} and len(printed) == 9
    assert f"same source: {table['World']} e" in text
    assert "United States" not in printed and re.search(r'font-style="italic"[^>]*>withheld<', text)
    assert "that is not zero" in text and "as an estimate" in text
    assert "USGS" in text and "last checked 20" in text and "edition 20" in text and "(metric tons)" in text


def test_stages_and_units_never_share_an_axis(bundled_graph: Graph, tmp_path: Path) -> None:
    drawing = draw(
        bundled_graph, "chart", "production", tmp_path / "c.svg", network_filter=NetworkFilter(minerals=("copper",))
    )
    kinds = {
        (row["what"], row["published"], row["unit"]) for row in drawing.table.to_dicts() if str(row["where"]) != "World"
    }
    titles = re.findall(r'font-weight="bold">([^<]*\([^<]*\), \d+)', (tmp_path / "c.svg").read_text(encoding="utf-8"))
    assert len(titles) == len(kinds) > 2


def test_a_chart_is_a_page_in_french_with_its_table_and_every_source(bundled_graph: Graph, tmp_path: Path) -> None:
    graph = bundled_graph.with_language("fr")
    drawing = draw(graph, "chart", "production", tmp_path / "c.html", network_filter=LITHIUM)
    text = unescape((tmp_path / "c.html").read_text(encoding="utf-8"))
    assert text.count("<tr>") == len(drawing.table) + 1 and 'lang="fr"' in text
    assert "92\xa0000 e" in text and ">non divulgué<" in text and "États-Unis" in text
    assert all(f'id="source-{number}"' in text for number in range(1, len(drawing.table.citations) + 1))


ONE = """
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix mineral: <https://w3id.org/cmgraph/vocab/mineral/> .
@prefix obs: <https://w3id.org/cmgraph/id/obs/> .
@prefix omission: <https://w3id.org/cmgraph/vocab/omission/> .
@prefix place: <https://w3id.org/cmgraph/id/place/> .
@prefix quantity: <https://w3id.org/cmgraph/vocab/quantity/> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
@prefix unit: <https://w3id.org/cmgraph/vocab/unit/> .
mineral:lithium a skos:Concept ; skos:inScheme <https://w3id.org/cmgraph/vocab/mineral> ; skos:prefLabel "lithium"@en .
place:evil a cm:Place ; skos:prefLabel "Evil <script>alert(1)</script> & </svg>"@en .
place:land a cm:Place ; skos:prefLabel "Land"@en .
source:s a cm:Source ; dcterms:title "S <script>"@en .
cite:s a cm:Citation ; cm:citesSource source:s ; cm:locator "p. 1" .
"""


def observed(name: str, place: str, says: str) -> str:
    """Write a figure of lithium mined."""
    return (
        f"obs:{name} a cm:Observation ; cm:observesQuantity quantity:mine-production ; cm:describesMineral "
        f"mineral:lithium ; cm:describesPlace place:{place} ; cm:hasUnit unit:metric-ton ; cm:period "
        f'"2025"^^xsd:gYear ; cm:publishedMeasure "Mined <b>"@en ; cm:hasCitation cite:s ; {says} .\n'
    )


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """Make a graph of the bundled model, and these figures alone."""

    def made(*figures: str) -> Graph:
        import shutil

        import cmgraph
        from conftest import ROOT

        write_minimal_root(tmp_path / "own", (), ONE + "".join(figures))
        shutil.copytree(ROOT / "ontology", tmp_path / "own/ontology", dirs_exist_ok=True)
        shutil.copytree(ROOT / "queries", tmp_path / "own/queries", dirs_exist_ok=True)
        return cmgraph.load(tmp_path / "own")

    return made


@pytest.mark.usefixtures("no_cache")
def test_withheld_zero_and_hostile_figures_are_told_apart_and_escaped(own: Any, tmp_path: Path) -> None:
    graph = own(observed("a", "evil", "cm:hasMissingReason omission:withheld"), observed("b", "land", "cm:value 0"))
    draw(graph, "chart", "production", tmp_path / "c.html", network_filter=LITHIUM)
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text and "<b>" not in text and ">withheld<" in text
    assert [
        width for _, width in re.findall(r'<title>(Land): 0</title>(?:.|\n)*?<rect[^>]* width="([\d.]+)"', text)
    ] == ["0.0"]
    assert numbers(charted(graph, tmp_path, "production")) == {
        ("Evil <script>alert(1)</script> & </svg>", "2025", None),
        ("Land", "2025", Decimal(0)),
    }
    one, two = tmp_path / "1.svg", tmp_path / "2.svg"
    for path in (one, two):
        draw(graph, "chart", "years", path, network_filter=LITHIUM)
    assert one.read_bytes() == two.read_bytes() and b"Land" in one.read_bytes()


@pytest.mark.usefixtures("no_cache")
def test_a_graph_without_figures_and_one_with_withheld_ones_alone_say_so(own: Any, tmp_path: Path) -> None:
    for name in ("production", "years", "shares"):
        drawing = draw(own(), "chart", name, tmp_path / "c.svg", network_filter=LITHIUM)
        assert not drawing.table.rows and "No rows" in (tmp_path / "c.svg").read_text(encoding="utf-8")
    graph = own(observed("a", "land", "cm:hasMissingReason omission:withheld"))
    draw(graph, "chart", "production", tmp_path / "c.svg", network_filter=LITHIUM)
    text = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert "withheld" in text and 'height="16"' not in text


def test_what_cannot_be_charted_is_refused_with_a_reason(bundled_graph: Graph, run: Run, tmp_path: Path) -> None:
    done = run("visualise", "chart", "production", "--mineral", "lithum", "-o", str(tmp_path / "x.svg"))
    assert done.returncode == 3 and "Did you mean lithium?" in done.stderr and not list(tmp_path.iterdir())
    with pytest.raises(UnknownName, match="unknown chart 'reserve'"):
        draw(bundled_graph, "chart", "reserve", tmp_path / "x.svg", network_filter=LITHIUM)
    with pytest.raises(CmgraphError, match="a chart is of one mineral"):
        draw(bundled_graph, "chart", None, tmp_path / "x.svg")
    with pytest.raises(CmgraphError, match="takes no filter but --mineral"):
        draw(bundled_graph, "chart", None, tmp_path / "x.svg", network_filter=NetworkFilter(since="2020"))
    with pytest.raises(CmgraphError, match="where Canada imports minerals"):
        charted(bundled_graph, tmp_path, "imports", country="Canada")
    with pytest.raises(CmgraphError, match="unknown picture format"):
        draw(bundled_graph, "network", None, tmp_path / "x.vl.json")


def test_the_specification_is_one_that_vega_lite_draws(bundled_graph: Graph, tmp_path: Path) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for name in ("production", "years"):
        svg = vl_convert.vegalite_to_svg(charted(bundled_graph, tmp_path, name), vl_version="6.1")
        assert "Zimbabwe" in svg and "United States" in svg
