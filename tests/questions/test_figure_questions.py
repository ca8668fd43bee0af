"""Questions on production: every stage and mineral is seen, and a share says of which total it is one."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from conftest import ROOT


def world_and_largest(commodity: str, detail: str, year: str) -> tuple[Decimal, Decimal]:
    """Read the world total and the largest place's figure from the publisher's own file."""
    rows = csv.DictReader((ROOT / "data/usgs/mcs2026.csv").read_text(encoding="cp1252").splitlines())
    total, values = Decimal(0), [Decimal(0)]
    for row in rows:
        if (row["Commodity"], row["Year"]) == (commodity, year) and row["Value"].replace(",", "").isdigit():
            value = Decimal(row["Value"].replace(",", ""))
            if row["Statistics_detail"] == f"{detail}: rounded":
                total = value
            elif row["Statistics_detail"] == detail and not row["Country"].startswith(("World", "Other")):
                values.append(value)
    return total, max(values)


def test_a_place_is_ranked_at_every_stage_in_the_newest_year_of_each_figure(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("rank", place="Canada")
    ranks = {(str(row[0]), str(row[1])): (row[6], str(row[3])) for row in answer}
    assert ranks["potash", "mine production"] == (1, "2025")
    assert ranks["uranium", "mine production"] == (2, "2024")
    assert ranks["cadmium", "refinery production"] == (3, "2025")
    assert ranks["aluminum", "smelter production"] == (4, "2025")
    assert ranks["helium", "production, stage as published"] == (5, "2025")
    assert all(row[4] > 0 and row[7] > 1 for row in answer)  # type: ignore[operator]


def test_a_year_asked_for_is_the_only_one(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("rank", place="Canada", year="2024")
    assert {str(row[3]) for row in answer} == {"2024"} and "uranium" in {str(row[0]) for row in answer}
    assert "uranium" not in {str(row[0]) for row in bundled_graph.query("rank", place="Canada", year="2025")}


def test_concentration_and_dominant_places_divide_by_the_world_total_of_the_publisher(bundled_graph: Graph) -> None:
    dominant = bundled_graph.query("dominant-places", quantity="quantity:mine-production", year="2025", percent="40")
    concentration = bundled_graph.query("concentration", quantity="quantity:mine-production", year="2025")
    share = {str(row[2]): (row[7], row[9]) for row in dominant}
    top = {str(row[2]): (row[5], row[8]) for row in concentration}
    for commodity in ("Tungsten", "Nickel", "Cobalt", "Graphite (Natural)"):
        world, largest = world_and_largest(commodity, "Mine production", "2025")
        assert top[f"{commodity}: Mine production"] == (world, round(100 * largest / world))
    common = share.keys() & top.keys()
    assert len(common) > 10 and {key: share[key] for key in common} == {key: top[key] for key in common}


def test_one_word_in_small_letters_does_not_hide_a_world_total(bundled_graph: Graph) -> None:
    shares = bundled_graph.query("dominant-places", quantity="quantity:mine-production", year="2025", percent="40")
    assert "Titanium Mineral Concentrates: Mine production: Rutile" in {str(row[2]) for row in shares}


def test_a_list_narrows_to_minerals_that_it_or_their_group_names(bundled_graph: Graph) -> None:
    listed = {str(row[0]) for row in bundled_graph.query("dominant-places", list="list:ca-2024")}
    everything = {str(row[0]) for row in bundled_graph.query("dominant-places")}
    assert {"platinum", "aluminum", "titanium"} <= listed and "mercury" in everything - listed


@pytest.mark.parametrize("edition", ["us-doi-2025", "eu-2024-critical"])
def test_a_group_counts_with_a_list_that_names_its_members(bundled_graph: Graph, edition: str) -> None:
    answer = bundled_graph.query("dominant-places", percent="30", list=f"list:{edition}")
    assert "rare earth elements" in {str(row[0]) for row in answer}


def test_what_only_rounding_takes_up_to_the_least_share_does_not_reach_it(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("dominant-places", percent="61")
    assert answer.rows and all(100 * row[5] >= 61 * row[7] for row in answer)  # type: ignore[operator]


def test_a_group_mined_through_its_members_is_mined(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("reserves-not-mined", place="Canada")
    assert {str(row[0]): row[5] for row in rows} == {"antimony": 0, "rare earth elements": 0}


def test_a_production_that_is_withheld_is_said_to_be(bundled_graph: Graph) -> None:
    reasons = {str(row[0]): str(row[6]) for row in bundled_graph.query("reserves-not-mined", place="United States")}
    assert (reasons["boron"], reasons["niobium"]) == ("withheld", "None")


def test_the_world_is_no_place_among_others(bundled_graph: Graph) -> None:
    assert not bundled_graph.query("rank", place="place:world").rows


def test_a_chain_shows_uranium_and_the_members_of_a_group(bundled_graph: Graph) -> None:
    uranium = bundled_graph.query("value-chain", mineral="uranium", place="Canada")
    assert ("mine production", "2024") in {(str(row[0]), str(row[uranium.columns.index("period")])) for row in uranium}
    group = bundled_graph.query("value-chain", mineral="platinum group metals", place="Canada")
    assert "Palladium: Mine production: Palladium" in {str(row[1]) for row in group}


def test_a_chain_says_with_whom_how_bounded_and_what_is_withheld(bundled_graph: Graph) -> None:
    def chain(mineral: str, place: str) -> set[tuple[str, ...]]:
        answer = bundled_graph.query("value-chain", mineral=mineral, place=place)
        return {tuple(str(row[at]) for at in (0, 3, 4, 7, 8)) for row in answer}

    assert ("share of supply from a partner", "25", "about", "Canada", "None") in chain("uranium", "United States")
    assert ("production, stage as published", "100000", "less than", "None", "None") in chain(
        "zirconium", "United States"
    )
    assert ("mine production", "None", "None", "None", "withheld") in chain("lithium", "United States")


@pytest.mark.parametrize("question", ["codes", "sectors-using"])
def test_of_a_group_what_is_said_of_its_members_counts(bundled_graph: Graph, question: str) -> None:
    answer = bundled_graph.query(question, mineral="platinum group metals")
    said_of = {str(row[answer.columns.index("of")]) for row in answer}
    assert {"platinum group metals", "platinum", "palladium"} <= said_of


def test_what_a_furnace_or_a_ferroalloy_plant_makes_of_a_metal_is_refined(bundled_graph: Graph) -> None:
    only = {(str(row[0]), str(row[1])) for row in bundled_graph.query("mined-not-refined")}
    assert not {metal for metal, _ in only} & {"titanium", "niobium", "molybdenum"}
    assert {metal for metal, stage in only if stage.startswith("refining")} >= {"gallium", "silicon metal"}


def test_refined_metal_is_not_contrasted_with_ore_or_scrap(bundled_graph: Graph) -> None:
    rows = [(str(row[0]), row[4], row[6], str(row[7])) for row in bundled_graph.query("stated-differently")]
    every = "Titanium Mineral Concentrates: All"
    assert rows == [("titanium", 13, 16, every), ("titanium", 32, 26, every)]


def test_a_share_that_its_source_only_bounds_is_not_told_as_exact(bundled_graph: Graph) -> None:
    bounds = {str(row[1]): str(row[3]) for row in bundled_graph.query("imports-from")}
    assert bounds["Copper: Copper content of ore and concentrate"] == "more than" and bounds["Mercury: All"] == "None"


def test_reliance_counts_whatever_its_source_calls_it(bundled_graph: Graph) -> None:
    (row,) = bundled_graph.query("suppliers", mineral="rubidium")
    assert (str(row[0]), row[2], str(row[7])) == ("net import reliance", 100, "2025")


@pytest.mark.parametrize(
    ("question", "values", "why"),
    [
        ("imports-from", {"place": "Canada"}, "no source seen says where Canada imports minerals from"),
        ("stated-differently", {"quantity": "mine production"}, "of mine production there are none"),
    ],
)
def test_what_no_source_can_tell_is_refused_and_not_answered_with_nothing(
    bundled_graph: Graph, question: str, values: dict[str, str], why: str
) -> None:
    with pytest.raises(CmgraphError, match=why):
        bundled_graph.query(question, **values)


def test_figures_say_of_which_mineral_where_and_when(bundled_graph: Graph) -> None:
    answer = bundled_graph.query(
        "figures", quantity="quantity:mine-production", mineral="lithium", place="Canada", year="2025"
    )
    assert {"mineral", "place", "year"} <= set(answer.headings)
    (row,) = answer
    assert [str(row[index]) for index in (1, 2, 7, 9)] == ["lithium", "Canada", "5600", "2025"]
