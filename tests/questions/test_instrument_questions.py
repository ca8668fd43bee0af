"""Questions on instruments: one thing is one line, each link, capacity and reading is said as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmgraph
from cmgraph.answers.result import Result
from cmgraph.graph import Graph

UNION = """@prefix act: <https://w3id.org/cmgraph/vocab/act/> .
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix role: <https://w3id.org/cmgraph/vocab/role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

agent:leaver a cm:NationalGovernment ; skos:prefLabel "Leaver"@en ; cm:hasCitation cite:ca-page-fr .
rel:leaver-union a cm:Membership ; cm:hasMemberAgent agent:leaver ; cm:concernsBody agent:european-union ;
    cm:hasRole role:member-state ; cm:startDate "2000"^^xsd:gYear ; cm:endDate "2010"^^xsd:gYear ;
    cm:hasEndState end-state:ended ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""
INSTRUMENT = """arrangement:{slug} a cm:Agreement ; skos:prefLabel "{slug}"@en ; cm:hasCitation cite:ca-page-fr .
rel:{slug}-union a cm:Participation ; cm:hasParty agent:european-union ; cm:concernsArrangement arrangement:{slug} ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
rel:{slug}-signed a cm:DatedAct ; cm:concernsArrangement arrangement:{slug} ; cm:hasAct act:signed ;
    cm:occurrenceDate "{year}"^^xsd:gYear ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""
OPINION = """rel:{slug}-position a cm:StatedPosition ; cm:concernsArrangement arrangement:{slug} ;
    cm:occurrenceDate "2001"^^xsd:gYear ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""


def told(answer: Result, *columns: str) -> list[tuple[str, ...]]:
    """Return some columns of an answer as texts."""
    return [tuple(str(row[answer.columns.index(column)]) for column in columns) for row in answer]


@pytest.mark.gate
def test_a_state_that_has_left_is_not_reached_and_an_opinion_dates_no_instrument(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    instruments = "".join(INSTRUMENT.format(slug=f"deal-of-{year}", year=year) for year in (2005, 2010, 2015))
    text = UNION + instruments + OPINION.format(slug="deal-of-2015")
    (tmp_path / "data/union.ttl").write_text(text, encoding="utf-8")
    answer = cmgraph.load(tmp_path).query("through-union", state="agent:leaver")
    reached = {row for row in told(answer, "instrument", "date", "act") if row[0].startswith("deal")}
    assert reached == {("deal-of-2005", "2005", "signed"), ("deal-of-2010", "2010", "signed")}


@pytest.mark.parametrize(
    ("question", "values", "one"),
    [
        ("by-mineral", {"mineral": "rare earth elements"}, ("instrument", "named_as", "party")),
        ("by-theme", {"theme": "supply chain resilience"}, ("thing", "read_from", "printed")),
        ("signed-through", {"actor": "European Union"}, ("body", "instrument")),
    ],
)
def test_an_instrument_of_several_dates_has_one_line_with_the_first(
    bundled_graph: Graph, question: str, values: dict[str, str], one: tuple[str, ...]
) -> None:
    rows = told(bundled_graph.query(question, **values), *one)
    assert rows and len(rows) == len(set(rows))


def test_an_instrument_that_names_the_group_of_a_mineral_is_found_and_says_so(bundled_graph: Graph) -> None:
    assert {name for (name,) in told(bundled_graph.query("by-mineral", mineral="platinum"), "named_as")} == {
        "platinum",
        "platinum group metals",
    }


def test_what_an_instrument_covers_has_its_minerals_and_what_a_theme_is_read_from(bundled_graph: Graph) -> None:
    rows = told(bundled_graph.query("coverage", thing="arrangement:ca-de-jdi-2025"), "subject", "read_from")
    assert ("lithium", "None") in rows and any(source != "None" for _, source in rows)


def test_who_negotiates_an_instrument_takes_part_in_it_as_that(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("parties", arrangement="arrangement:ca-za-talks-2025")
    assert set(told(answer, "participant", "capacity")) == {
        ("Government of Canada", "negotiator"),
        ("Government of South Africa", "negotiator"),
    }


def test_what_an_actor_issues_has_a_status_too(bundled_graph: Graph) -> None:
    instruments = {name for (name,) in told(bundled_graph.query("status", actor="China"), "instrument")}
    assert any("gallium" in name.lower() for name in instruments)
    everything = bundled_graph.query(
        "SELECT DISTINCT ?i { ?a cm:hasInstrumentStatus ?s ; cm:concernsArrangement ?i } ORDER BY ?i"
    )
    assert len({name for (name,) in told(bundled_graph.query("status", actor="any"), "instrument")}) == len(everything)
