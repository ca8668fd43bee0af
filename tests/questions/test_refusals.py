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
        bundled_graph.query("on-all-lists", issuer=["Canada", "Japan", "Government of Saskatchewan"])
    with pytest.raises(cmgraph.CmgraphError, match="what is on it is not known"):
        bundled_graph.query("listed-here-not-there", first="Government of the United Kingdom", second="Canada")


def test_an_edition_seen_in_part_has_lost_nothing(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="was not seen as a whole"):
        bundled_graph.query("list-changes", older="list:uk-2021", newer="list:uk-2024")


@pytest.mark.parametrize("question", ["all-listings", "list-editions"])
def test_an_issuer_without_a_list_is_not_answered_as_if_its_list_were_empty(
    bundled_graph: Graph, question: str
) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="no list of Government of Saskatchewan was seen"):
        bundled_graph.query(question, issuer="Saskatchewan")


@pytest.mark.parametrize("province", ["Saskatchewan", "Newfoundland and Labrador"])
def test_a_province_whose_list_was_not_seen_as_a_whole_is_not_compared(bundled_graph: Graph, province: str) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="what is on it is not known"):
        bundled_graph.query("provincial-lists", province=province)
    compared = {str(row[0]) for row in bundled_graph.query("provincial-lists", province="any")}
    assert compared == {"Government of Ontario", "Government of Quebec"}


def test_editions_of_two_issuers_are_not_a_list_and_its_revision(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.CmgraphError, match="is not of the same issuer as the older edition"):
        bundled_graph.query("list-changes", older="list:ca-2021", newer="list:eu-2024-critical")


def test_the_refusal_speaks_the_language_asked_for(run: Run) -> None:
    refused = run("query", "listed-here-not-there", "-p", "second=Saskatchewan", "--lang", "fr")
    assert refused.returncode == 2 and refused.stdout == "" and "on ne peut y répondre" in refused.stderr
