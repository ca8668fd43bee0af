"""Questions on projects and money: nothing said of one that is true of several, and nobody left out in silence."""

from __future__ import annotations

import pytest

import cmgraph
from cmgraph.graph import Graph
from conftest import Run

STATEMENTS = """
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix bound: <https://w3id.org/cmgraph/vocab/bound/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix funding-kind: <https://w3id.org/cmgraph/vocab/funding-kind/> .
@prefix funding-stage: <https://w3id.org/cmgraph/vocab/funding-stage/> .
@prefix holding-stage: <https://w3id.org/cmgraph/vocab/holding-stage/> .
@prefix interest: <https://w3id.org/cmgraph/vocab/interest/> .
@prefix place: <https://w3id.org/cmgraph/id/place/> .
@prefix project: <https://w3id.org/cmgraph/id/project/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix role: <https://w3id.org/cmgraph/vocab/role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix unit: <https://w3id.org/cmgraph/vocab/unit/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

project:far-pit a cm:Project ; skos:prefLabel "Far Pit"@en ; cm:isSituatedIn place:yukon ;
    cm:hasCitation cite:ca-page-fr .
agent:digger a cm:Company ; skos:prefLabel "Digger"@en ; cm:hasCitation cite:ca-page-fr .
agent:partner a cm:Company ; skos:prefLabel "Partner"@en ; cm:hasCitation cite:ca-page-fr .
agent:parent a cm:Company ; skos:prefLabel "Parent"@en ; cm:hasSeatIn place:peru ; cm:hasCitation cite:ca-page-fr .
rel:far-pit-digger a cm:ProjectInvolvement ; cm:concernsProject project:far-pit ; cm:hasInvolvedAgent agent:digger ;
    cm:hasRole role:owner ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:digger-stream a cm:Ownership ; cm:hasOwner agent:digger ; cm:concernsProject project:far-pit ; cm:value 9.0 ;
    cm:hasUnit unit:percent ; cm:hasBound bound:exact ; cm:hasInterest interest:cash-flow ;
    cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:far-pit-partner a cm:Ownership ; cm:hasOwner agent:partner ; cm:concernsProject project:far-pit ; cm:value 40.0 ;
    cm:hasUnit unit:percent ; cm:hasBound bound:exact ; cm:hasInterest interest:participating ;
    cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:digger-parent-few a cm:Ownership ; cm:hasOwner agent:parent ; cm:concernsBody agent:digger ; cm:value 10.0 ;
    cm:hasUnit unit:percent ; cm:hasBound bound:exact ; cm:hasInterest interest:shares ; cm:asOfDate "2001"^^xsd:gYear ;
    cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:digger-parent-most a cm:Ownership ; cm:hasOwner agent:parent ; cm:concernsBody agent:digger ; cm:value 80.0 ;
    cm:hasUnit unit:percent ; cm:hasBound bound:exact ; cm:hasInterest interest:shares ; cm:asOfDate "2009"^^xsd:gYear ;
    cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:partner-parent a cm:Ownership ; cm:hasOwner agent:parent ; cm:concernsBody agent:partner ;
    cm:hasInterest interest:parent ; cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
rel:money-of-two a cm:FundingCommitment ; cm:concernsProject project:far-pit ; cm:asOfDate "2019-05-04"^^xsd:date ;
    cm:hasFunder agent:government-of-canada , agent:government-of-yukon ; cm:hasFundingKind funding-kind:total ;
    cm:hasFundingStage funding-stage:received ; cm:value 7 ; cm:hasUnit unit:canadian-dollar ;
    cm:hasBound bound:exact ; cm:qualification "both together" ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:money-unknown a cm:FundingCommitment ; cm:concernsProject project:far-pit ; cm:hasFunder agent:government-of-peru ;
    cm:hasFundingKind funding-kind:grant ; cm:hasFundingStage funding-stage:announced ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""


@pytest.fixture(scope="module")
def pit(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return the bundled graph with a project of two owners under one parent, and money of two governments."""
    folder = tmp_path_factory.mktemp("pit")
    (folder / "data").mkdir()
    (folder / "data/pit.ttl").write_text(STATEMENTS, encoding="utf-8")
    return cmgraph.load(folder)


def told(graph: Graph, question: str, *columns: str, **values: object) -> set[tuple[str, ...]]:
    """Return what stands in some columns, each row once."""
    rows = graph.query(question, **values).to_dicts()
    return {tuple("" if row[column] is None else str(row[column]) for column in columns) for row in rows}


def names(graph: Graph, question: str, column: str, **values: object) -> set[str]:
    return {name for (name,) in told(graph, question, column, **values)}


@pytest.mark.gate
def test_money_of_several_says_of_how_many_and_as_of_when(pit: Graph) -> None:
    columns = ("funder", "amount", "funders", "date", "reported", "qualification")
    together = ("7", "2", "", "2019-05-04", "both together")
    both = {(f"Government of {who}", *together) for who in ("Canada", "Yukon")}
    assert both <= told(pit, "backers", *columns, project="Far Pit")
    assert both & told(pit, "backers", *columns, project="Far Pit", asOf="2019-05-03") == set()
    on_the_day = told(pit, "backers", "funder", "date", "reported", project="Far Pit", asOf="2019-05-04")
    assert ("Government of Canada", "", "2019-05-04") in on_the_day


@pytest.mark.gate
def test_an_unknown_sum_is_empty_and_no_zero(pit: Graph) -> None:
    sums = told(pit, "funding-by-program", "funder", "commitments", "sum")
    assert ("Government of Peru", "1", "") in sums
    assert "0" not in {total for *_, total in sums}


def test_every_owner_has_those_above_it_however_a_source_names_it_owner(pit: Graph) -> None:
    assert told(pit, "owners", "held", "owner", project="Far Pit") == {
        ("Far Pit", "Digger"),
        ("Far Pit", "Partner"),
        ("Digger", "Parent"),
        ("Partner", "Parent"),
    }


def test_a_right_to_cash_hides_no_owner_and_a_minority_dates_no_majority(pit: Graph) -> None:
    assert told(pit, "owned-from", "project", "owner", "share", "heldAsOf", country="Peru") == {
        ("Far Pit", "Digger", "", "2009"),
        ("Far Pit", "Partner", "40", ""),
    }


def test_a_mineral_has_the_projects_deals_and_mines_of_its_forms_and_members(bundled_graph: Graph) -> None:
    def projects(mineral: str) -> set[str]:
        return names(bundled_graph, "projects", "project", mineral=mineral)

    assert projects("palladium") < projects("platinum group metals")
    assert projects("high-purity iron ore") < projects("iron ore")
    products = names(bundled_graph, "deals", "product", mineral="iron ore")
    assert {"high-purity iron ore", "iron ore"} <= products
    mines = told(bundled_graph, "control-by-mineral", "mineral", "ultimate", mineral="iron ore")
    assert {who for _, who in mines} >= names(
        bundled_graph, "control-by-mineral", "ultimate", mineral="high-purity iron ore"
    )
    assert {mineral for mineral, _ in mines} == {"iron ore"}


@pytest.mark.gate
def test_a_project_of_which_no_mineral_is_known_is_among_all(bundled_graph: Graph) -> None:
    assert "Grays Bay Road and Port" in names(bundled_graph, "projects", "project", mineral="any", place="Nunavut")


def test_what_happened_to_a_company_is_found_by_who_bought_it_and_who_sold(bundled_graph: Graph) -> None:
    for who in ("Taseko Mines Limited", "Sojitz Corporation"):
        assert "Cariboo Copper Corp" in names(bundled_graph, "company-events", "subject", thing=who)


@pytest.mark.gate
def test_money_is_said_with_its_amount_and_a_contradiction_without_an_address(run: Run) -> None:
    shown = run("show", "La Loutre").stdout
    said = (
        "U.S. Department of Defense – award (announced) – Lomiko Metals Inc., for La Loutre (“La Loutre”), "
        "exactly 8,300,000 U.S. dollars, on 2024-05-16"
    )
    assert said in shown and "contradicts another statement" in shown and "rel:" not in shown
    assert "contredit une autre déclaration" in run("show", "La Loutre", "--lang", "fr").stdout
