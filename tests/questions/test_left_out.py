"""What a question neither leaves out in silence nor counts as what it is not: organs, blanks, ends without a day."""

from __future__ import annotations

import pytest

import cmgraph
from cmgraph.graph import Graph

DATA = """
@prefix act: <https://w3id.org/cmgraph/vocab/act/> .
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix deal-kind: <https://w3id.org/cmgraph/vocab/deal-kind/> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix holding-stage: <https://w3id.org/cmgraph/vocab/holding-stage/> .
@prefix home-kind: <https://w3id.org/cmgraph/vocab/home-kind/> .
@prefix kind-of-member: <https://w3id.org/cmgraph/vocab/kind-of-member/> .
@prefix link-kind: <https://w3id.org/cmgraph/vocab/link-kind/> .
@prefix name-basis: <https://w3id.org/cmgraph/vocab/name-basis/> .
@prefix place: <https://w3id.org/cmgraph/id/place/> .
@prefix project: <https://w3id.org/cmgraph/id/project/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix review-status: <https://w3id.org/cmgraph/vocab/review-status/> .
@prefix role: <https://w3id.org/cmgraph/vocab/role/> .
@prefix search-target: <https://w3id.org/cmgraph/vocab/search-target/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
@prefix support: <https://w3id.org/cmgraph/vocab/support/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

source:dale-old a cm:Source ; dcterms:title "Dale in its day"@en ; dcterms:issued "2003-05"^^xsd:gYearMonth .
source:dale-new a cm:Source ; dcterms:title "Dale is over"@en ; dcterms:issued "2009"^^xsd:gYear .
cite:dale-old a cm:Citation ; cm:citesSource source:dale-old ; cm:hasSupport support:read-in-source .
cite:dale-new a cm:Citation ; cm:citesSource source:dale-new ; cm:hasSupport support:read-from-context .

place:dale a cm:Place ; skos:prefLabel "Dale"@en ; cm:hasCitation cite:dale-old .
agent:government-of-dale a cm:NationalGovernment ; skos:prefLabel "Government of Dale"@en ; cm:governs place:dale ;
    cm:hasCitation cite:dale-old .
agent:dale-survey a cm:GovernmentBody ; skos:prefLabel "Dale Survey"@en ; cm:isOrganOf agent:government-of-dale ;
    cm:hasCitation cite:dale-old .
agent:dale-forum a cm:Forum ; skos:prefLabel "Dale Forum"@en ; cm:dissolutionDate "2009-02-01"^^xsd:date ;
    cm:hasCitation cite:dale-old , cite:dale-new .
agent:hill-forum a cm:Forum ; skos:prefLabel "Hill Forum"@en ; cm:hasCitation cite:dale-old .
rel:dale-in-dale a cm:Membership ; cm:hasMemberAgent agent:government-of-dale ; cm:concernsBody agent:dale-forum ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old .
rel:dale-in-hill a cm:Membership ; cm:hasMemberAgent agent:government-of-dale ; cm:concernsBody agent:hill-forum ;
    cm:hasRole role:member ; cm:hasEndState end-state:ended ; cm:exitOrderDate "2004"^^xsd:gYear ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-new .
rel:dale-gives-to-hill a cm:Affiliation ; cm:hasAffiliate agent:government-of-dale ; cm:concernsBody agent:hill-forum ;
    cm:hasRole role:donor ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:dale-old .
rel:survey-in-hill a cm:Membership ; cm:hasMemberAgent agent:dale-survey ; cm:concernsBody agent:hill-forum ;
    cm:hasRole role:member ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:dale-old .
rel:hill-open a cm:Eligibility ; cm:concernsBody agent:hill-forum ; cm:admitsKind kind-of-member:business ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old .
rel:dale-follows a cm:BodyLink ; cm:linksFromBody agent:hill-forum ; cm:linksToBody agent:dale-forum ;
    cm:hasLinkKind link-kind:supersedes ; cm:qualification "took in its staff" ; cm:hasEndState end-state:unknown ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-new .

arrangement:dale-pact a cm:Agreement ; skos:prefLabel "Dale Pact"@en ; cm:hasCitation cite:dale-old .
rel:dale-party a cm:Participation ; cm:hasParty agent:government-of-dale ; cm:actsThrough agent:dale-survey ;
    cm:concernsArrangement arrangement:dale-pact ; cm:hasEndState end-state:unknown ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old .
rel:dale-signed a cm:DatedAct ; cm:concernsArrangement arrangement:dale-pact ; cm:hasAct act:signed ;
    cm:occurrenceDate "2003"^^xsd:gYear ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old ;
    cm:contradicts rel:dale-not-signed .
rel:dale-not-signed a cm:Absence ; cm:hasSearchTarget search-target:signature ; cm:concernsPlace place:dale ;
    cm:concernsArrangement arrangement:dale-pact ; cm:qualification "its minister was away" ;
    cm:asOfDate "2003-04"^^xsd:gYearMonth ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old .

agent:dale-mining a cm:Enterprise ; skos:prefLabel "Dale Mining"@en ; cm:hasCitation cite:dale-old .
agent:dale-metals a cm:Enterprise ; skos:prefLabel "Dale Metals"@en ; cm:hasCitation cite:dale-old .
rel:dale-deal a cm:Deal ; cm:hasSupplier agent:dale-mining ; cm:hasBuyer agent:dale-metals ;
    cm:hasDealKind deal-kind:offtake ; cm:startDate "2003"^^xsd:gYear ; cm:asOfDate "2009"^^xsd:gYear ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-new .
agent:dale-nation a cm:IndigenousNation ; skos:prefLabel "Dale Nation"@en ; cm:hasNameBasis name-basis:own-publication ;
    cm:hasReviewStatus review-status:public-source-only ; cm:hasCitation cite:dale-old .
agent:hill-nation a cm:IndigenousNation ; skos:prefLabel "Hill Nation"@en ; cm:hasNameBasis name-basis:own-publication ;
    cm:hasReviewStatus review-status:public-source-only ; cm:hasCitation cite:dale-old .
rel:hill-right a cm:RightsInterest ; cm:isAssertedBy agent:hill-nation ; cm:isHeldBy agent:hill-nation ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:dale-old .
project:dale-road a cm:Project ; skos:prefLabel "Dale road"@en ; cm:isSituatedIn place:dale ;
    cm:hasCitation cite:dale-old .
project:dale-pit a cm:Project ; skos:prefLabel "Dale pit"@en ; cm:isSituatedIn place:dale ;
    cm:hasCitation cite:dale-old .
rel:dale-road-lead a cm:ProjectInvolvement ; cm:hasInvolvedAgent agent:dale-nation ;
    cm:concernsProject project:dale-road ; cm:hasRole role:assessment-lead ; cm:hasEndState end-state:unknown ;
    cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:dale-old .
rel:dale-pit-owner a cm:Ownership ; cm:hasOwner agent:dale-mining ; cm:concernsProject project:dale-pit ;
    cm:hasHoldingStage holding-stage:held ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:dale-old .
rel:dale-home a cm:CompanyHome ; cm:concernsBody agent:dale-mining ; cm:concernsPlace place:dale ;
    cm:hasHomeKind home-kind:head-office ; cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:dale-old .
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return the bundled graph with a country of its own, its bodies, deals and projects."""
    folder = tmp_path_factory.mktemp("dale")
    (folder / "data").mkdir()
    (folder / "data/dale.ttl").write_text(DATA)
    return cmgraph.load(folder)


def rows(graph: Graph, question: str, *columns: str, **parameters: str) -> list[tuple[str, ...]]:
    """Return the cells of some columns of an answer, as text."""
    return [
        tuple("" if row[name] is None else str(row[name]) for name in columns)
        for row in graph.query(question, **parameters).to_dicts()
    ]


@pytest.mark.gate
def test_a_member_without_a_role_is_shared_all_the_same(graph: Graph) -> None:
    shared = rows(graph, "shared-members", "member", "role", "other_role", body="Dale Forum", other="Hill Forum")
    assert shared == [("Government of Dale", "", "member")]


@pytest.mark.gate
def test_the_forums_of_an_actor_are_those_of_its_organs_too(graph: Graph) -> None:
    assert rows(graph, "forums-of", "body", "who", actor="Government of Dale", asOf="2005-01-01") == [
        ("Dale Forum", "Government of Dale"),
        ("Hill Forum", "Dale Survey"),
    ]


@pytest.mark.gate
def test_an_organ_has_the_instruments_in_which_it_acted_for_a_party(graph: Graph) -> None:
    assert rows(graph, "instruments-as-of", "instrument", actor="Dale Survey", asOf="2005-01-01") == [("Dale Pact",)]
    between = {"from": "2003-06-01", "to": "2004-01-01"}
    assert rows(graph, "instruments-between", "instrument", actor="Dale Survey", **between) == [("Dale Pact",)]
    assert ("2003", "signed", "Dale Pact", "Dale Survey") in rows(
        graph, "since", "date", "what", "thing", "who", actor="Dale Survey", since="2003-06-01"
    )


def test_a_deal_stands_on_its_own_day_beside_the_other_side(graph: Graph) -> None:
    asked = {"actor": "Dale Mining", "since": "2001-01-01"}
    assert rows(graph, "since", "date", "what", "thing", **asked) == [("2003", "offtake", "Dale Metals")]
    assert rows(graph, "since", "date", actor="Dale Mining", since="2004-01-01") == []


def test_a_body_that_ended_is_among_what_ended_by_a_source_that_can_know(graph: Graph) -> None:
    for question, column, asked in (("ended-or-paused", "thing", {}), ("members", "within", {"body": "Dale Forum"})):
        answer = graph.query(question, **asked)
        when = "date" if question == "ended-or-paused" else "ended"
        at = {name: answer.columns.index(name) for name in (column, when)}
        (row,) = (row for row in answer if str(row[at[column]]) == "Dale Forum" and row[at[when]] is not None)
        assert str(row[at[when]]) == "2009-02-01"
        assert [answer.citations[n - 1].iri.rpartition("/")[2] for n in row.citations] == ["dale-new"]


def test_what_replaced_a_thing_keeps_the_words_that_limit_it(graph: Graph) -> None:
    asked = rows(graph, "replaced-by", "successor", "limit", former="Dale Forum")
    assert asked == [("Hill Forum", "took in its staff")]


def test_an_answer_for_any_body_or_member_says_which(graph: Graph) -> None:
    assert ("Hill Forum", "business") in rows(graph, "who-may-join", "body", "kind", body="any")
    assert ("Government of Dale", "Hill Forum") in rows(graph, "exits-ordered", "member", "body", member="any")


def test_who_stands_near_a_body_and_was_a_member_is_marked(graph: Graph) -> None:
    assert rows(graph, "near-bodies", "agent", "member", body="Hill Forum") == [("Government of Dale", "True")]


def test_a_body_with_members_is_counted_where_nothing_is_said_of_its_list(graph: Graph) -> None:
    assert {("Dale Forum", "", "1"), ("Hill Forum", "", "2")} <= set(
        rows(graph, "rosters", "body", "roster", "members")
    )


def test_only_statements_rest_on_one_source(graph: Graph) -> None:
    kinds = {kind for (kind,) in rows(graph, "single-source", "kind", about="Dale Pact")}
    assert kinds == {"participation", "dated act", "absence from a source"}
    assert "national government" not in {kind for (kind,) in rows(graph, "single-source", "kind", about="Hill Forum")}


def test_a_statement_only_read_from_context_is_listed_whatever_its_mark(graph: Graph) -> None:
    found = {row.terms[0].value.rpartition("/")[2] for row in graph.query("read-from-context") if row.terms[0]}
    assert "dale-deal" in found and "dale-signed" not in found


def test_an_end_on_a_day_not_known_is_counted_as_unknown(graph: Graph, bundled_graph: Graph) -> None:
    def ends(asked: Graph) -> int:
        return int(dict(rows(asked, "unknowns", "kind", "endUndated"))["membership"])

    assert ends(graph) == ends(bundled_graph) + 1


def test_what_was_looked_for_and_not_seen_stands_against_a_claim_in_its_own_words(graph: Graph) -> None:
    said = rows(graph, "contradictions", "about", "of", "claim", "time", "against")
    assert sorted(row[1:] for row in said if row[0] == "Dale Pact") == [
        ("signature", "its minister was away", "2003-04", "2003"),
        ("signed", "2003", "", "its minister was away"),
    ]


def test_who_leads_an_assessment_is_no_owner_and_who_holds_a_share_is(graph: Graph) -> None:
    asked = rows(graph, "not-known-of-projects", "place", "projects", "noOwner", "noSeat")
    assert [row for row in asked if row[0] == "Dale"] == [("Dale", "2", "1", "1")]


def test_a_nation_that_asserts_a_right_has_a_statement(graph: Graph, bundled_graph: Graph) -> None:
    def unsaid(asked: Graph) -> int:
        return sum(int(number) for (number,) in rows(asked, "not-known-of-nations", "noStatement"))

    assert unsaid(graph) == unsaid(bundled_graph)
