"""Questions on partners and policies: what is over, or of others, is not said of an actor; of its departments it is."""

from __future__ import annotations

import pytest

from cmgraph.graph import Graph


def named(graph: Graph, question: str, column: str, **values: object) -> list[str]:
    """Return what stands in a column, row by row."""
    return [str(row[column] or "") for row in graph.query(question, **values).to_dicts()]


def test_who_is_no_longer_named_is_said_to_be_left_out_and_bodies_are_there(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("engaged-by", actor="Canada").to_dicts()
    assert {str(row["engaged"]) for row in rows if row["dropped"]} == {"First Nations", "Inuit", "Métis"}
    assert "Group of Seven" in {str(row["engaged"]) for row in rows}


def test_provinces_share_agreements_with_each_other_and_canada_each_once(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("jurisdictions-sharing").to_dicts()
    pairs = [(str(row["jurisdiction"]), str(row["agreement"])) for row in rows]
    assert len(pairs) == len(set(pairs))
    abroad = named(bundled_graph, "partners", "via", actor="Japan", through="agreements")
    assert not {agreement for _, agreement in pairs} & set(abroad)


def test_bodies_of_any_size_count_where_no_size_is_asked(bundled_graph: Graph) -> None:
    every = named(bundled_graph, "meets-without-instrument", "body", largest="any")
    assert set(every) > set(named(bundled_graph, "meets-without-instrument", "body", largest="40"))


def test_a_figure_that_no_other_place_has_gives_a_country_no_rank(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("country-profile", country="United States").to_dicts()
    copper = {row["rank"] for row in rows if str(row["thing"]) == "copper"}
    assert None in copper and copper - {None} and "1" not in {str(rank) for rank in copper}
    assert {str(row["rank"]) for row in rows if str(row["thing"]) == "beryllium"} == {"1", "None"}


@pytest.mark.gate
def test_a_profile_leaves_out_bodies_that_were_left_or_have_ended(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("country-profile", country="United States").to_dicts()
    bodies = {str(row["thing"]) for row in rows if str(row["what"]) == "membership"}
    assert "Forum on Resource Geostrategic Engagement" in bodies
    assert not bodies & {"Minerals Security Partnership", "Extractive Industries Transparency Initiative"}


def test_what_a_department_set_out_is_a_policy_of_its_government(bundled_graph: Graph) -> None:
    strategy = "The Canadian Critical Minerals Strategy: From Exploration to Recycling"
    rows = bundled_graph.query("policies-of", government="Canada").to_dicts()
    assert {str(row["by"]) for row in rows if str(row["policy"]) == strategy} == {"Natural Resources Canada"}
    both = "Critical Minerals Production Alliance, first round"
    assert {str(row["by"]) for row in rows if str(row["policy"]).startswith(both)} == {"Government of Canada"}
    assert strategy in named(bundled_graph, "country-profile", "thing", country="Canada")
