"""A question is refused where its answer would not be true, and the refusal says why."""

from __future__ import annotations

import pytest

import cmgraph
from cmgraph.graph import Graph
from conftest import Run


@pytest.mark.parametrize("second", ["Government of Saskatchewan", "Government of the United Kingdom"])
def test_nothing_is_missing_from_a_list_that_was_not_seen_as_a_whole(bundled_graph: Graph, second: str) -> None:
    with pytest.raises(cmgraph.CmgraphError, match=r"no general list of .* was seen as a whole"):
        bundled_graph.query("listed-here-not-there", first="Canada", second=second)


def test_one_value_of_several_is_enough_to_refuse(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="Government of Saskatchewan"):
        bundled_graph.query("on-all-lists", first="Canada", second=["Japan", "Government of Saskatchewan"])
    with pytest.raises(cmgraph.CmgraphError, match="what is on it is not known"):
        bundled_graph.query("listed-here-not-there", first="Government of the United Kingdom", second="Canada")


def test_an_edition_seen_in_part_has_lost_nothing(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="was not seen as a whole"):
        bundled_graph.query("list-changes", older="list:uk-2021", newer="list:uk-2024")


def test_the_refusal_speaks_the_language_asked_for(run: Run) -> None:
    refused = run("query", "listed-here-not-there", "-p", "second=Saskatchewan", "--lang", "fr")
    assert refused.returncode == 2 and refused.stdout == "" and "on ne peut y répondre" in refused.stderr


def test_japan_quebec_and_nato_have_lists_too(bundled_graph: Graph) -> None:
    def minerals(**issuers: str) -> set[str]:
        return {str(row[0]) for row in bundled_graph.query("listed-here-not-there", **issuers)}

    assert not minerals(first="Canada", second="Japan") & {"lithium", "cobalt", "uranium"}
    assert minerals(first="NATO", second="Canada") == {"beryllium"}
    assert minerals(first="Canada", second="Government of Quebec") >= {"potash", "uranium", "tungsten"}


@pytest.mark.parametrize(
    ("older", "newer", "entered", "left"),
    [
        ("ca-2021", "ca-2024", {"high-purity iron ore", "phosphorus", "silicon metal"}, set()),
        (
            "eu-2020",
            "eu-2024-critical",
            {"arsenic", "copper", "feldspar", "helium", "manganese", "nickel"},
            {"indium", "natural rubber"},
        ),
        ("us-doi-2018", "us-doi-2022", {"nickel", "zinc"}, {"helium", "potash", "rhenium", "strontium", "uranium"}),
    ],
)
def test_what_is_printed_or_grouped_otherwise_has_neither_entered_nor_left(
    bundled_graph: Graph, older: str, newer: str, entered: set[str], left: set[str]
) -> None:
    changes = bundled_graph.query("list-changes", older=f"list:{older}", newer=f"list:{newer}")
    assert {str(row[1]) for row in changes if row[0] == "entered"} == entered
    assert {str(row[1]) for row in changes if row[0] == "left"} == left
