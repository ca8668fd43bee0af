"""Figures are the publisher's: a spot check against its own file, and what a figure never loses."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from cmgraph.graph import Graph
from conftest import ROOT

PICKED = [
    ("Copper", "Canada", "Mine production", "2025"),
    ("Copper", "Canada", "Mine production", "2024"),
    ("Copper", "Chile", "Mine production", "2025"),
    ("Copper", "China", "Refinery production", "2025"),
    ("Nickel", "Canada", "Mine production", "2025"),
    ("Nickel", "Indonesia", "Mine production", "2024"),
    ("Nickel", "Canada", "Reserves", "2025"),
    ("Lithium", "Canada", "Mine production", "2025"),
    ("Lithium", "Australia", "Mine production", "2024"),
    ("Cobalt", "Canada", "Mine production", "2025"),
    ("Cobalt", "Congo (Kinshasa)", "Mine production", "2025"),
    ("Graphite (Natural)", "Canada", "Mine production", "2025"),
    ("Graphite (Natural)", "China", "Mine production", "2025"),
    ("Potash", "Canada", "Mine production", "2025"),
    ("Niobium (Columbium)", "Canada", "Mine production", "2025"),
    ("Niobium (Columbium)", "Brazil", "Mine production", "2025"),
    ("Rare Earths", "China", "Mine production", "2025"),
    ("Tungsten", "China", "Mine production", "2025"),
    ("Antimony", "China", "Mine production", "2025"),
    ("Vanadium", "China", "Mine production", "2025"),
    ("Gold", "Canada", "Mine production", "2025"),
    ("Iron Ore", "Canada", "Mine production: Usable ore", "2025"),
    ("Tin", "Indonesia", "Mine production", "2025"),
    ("Molybdenum", "Canada", "Mine production", "2025"),
    ("Fluorspar", "Mexico", "Mine production", "2025"),
]


@pytest.fixture(scope="module")
def publisher_figures() -> dict[tuple[str, ...], str]:
    """Read the publisher's file by commodity, country, detail and year."""
    text = (ROOT / "data/usgs/mcs2026.csv").read_text(encoding="cp1252")
    rows = csv.DictReader(text.splitlines())
    return {(r["Commodity"], r["Country"], r["Statistics_detail"], r["Year"]): r["Value"] for r in rows}


@pytest.mark.gate
@pytest.mark.parametrize("key", PICKED, ids=lambda key: "-".join(key))
def test_a_figure_is_the_one_in_the_publisher_s_file(
    bundled_graph: Graph, publisher_figures: dict[tuple[str, ...], str], key: tuple[str, str, str, str]
) -> None:
    commodity, country, detail, year = key
    rows = bundled_graph.query(
        f"""SELECT ?value ?cite {{
          ?figure cm:publishedMeasure "{commodity}: {detail}"@en ; cm:describesPlace/cm:publishedName "{country}" ;
            cm:period "{year}"^^xsd:gYear ; cm:value ?value ; cm:hasCitation ?cite }}"""
    )
    assert [row[0] for row in rows] == [Decimal(publisher_figures[key].replace(",", ""))]
    assert rows.rows[0].citations


def test_withheld_and_missing_numbers_are_said_and_never_filled_in(bundled_graph: Graph) -> None:
    rows = bundled_graph.query(
        "SELECT ?reason (COUNT(?figure) AS ?count) { ?figure cm:publishedMeasure ?p ; cm:hasMissingReason ?reason "
        "FILTER NOT EXISTS { ?figure cm:value ?v } } GROUP BY ?reason"
    )
    reasons = {str(row[0]) for row in rows}
    assert {"withheld", "net exporter", "given in words"} <= reasons


def test_mining_and_refining_never_mix(bundled_graph: Graph) -> None:
    rows = bundled_graph.query(
        "SELECT DISTINCT ?said { ?figure cm:observesQuantity quantity:mine-production ; cm:publishedMeasure ?said }"
    )
    assert rows.rows and not any("refine" in str(row[0]).lower() or "smelter" in str(row[0]).lower() for row in rows)
