"""What is asked for a day leaves out what had not begun or was over by it, whoever's beginning or end that is."""

from __future__ import annotations

import datetime as dt

import pytest

import cmgraph
from cmgraph.analysis.projections import tie_rows
from cmgraph.graph import Graph


def texts(graph: Graph, question: str, column: int = 0, **parameters: str) -> set[str]:
    return {str(row[column]) for row in graph.query(question, **parameters)}


def test_no_forum_is_listed_on_a_day_before_it_was_founded(bundled_graph: Graph) -> None:
    then = texts(bundled_graph, "forums-of", actor="Canada", asOf="1990-01-01")
    assert {"North Atlantic Treaty Organization", "International Energy Agency"} <= then
    assert not {name for name in then if "Dialogue" in name and "Energy Policy" not in name}
    assert "International Renewable Energy Agency" not in then and "Minerals Security Partnership" not in then


def test_a_beginning_is_said_with_no_end_seen(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("forums-of", actor="Canada", asOf="2021-12-31")
    since = {(str(row[0]), str(row[1])): (str(row[3]), str(row[5])) for row in rows}
    assert since["North Atlantic Treaty Organization", "membership"] == ("1949", "no end seen")
    forum = "Intergovernmental Forum on Mining, Minerals, Metals and Sustainable Development"
    assert since[forum, "membership"] == ("2005", "no end seen")
    assert all(str(row[3])[:4] <= "2021" for row in rows if str(row[3]) != "date not known")


@pytest.mark.gate
def test_who_left_on_a_day_not_known_is_a_member_on_no_day_and_is_still_told(bundled_graph: Graph) -> None:
    left = {"Government of the United States", "Government of Azerbaijan", "Government of Yemen"}
    assert not left & texts(bundled_graph, "members", 1, body="EITI", asOf="2026-06-01")
    ever = {str(row[1]): str(row[5]) for row in bundled_graph.query("members", body="EITI")}
    assert {ever[name] for name in left} == {"ended"}
    assert not left & {
        str(end)
        for row in tie_rows(bundled_graph, "members", asOf="2026-06-01")
        if str(row[2]) == "Extractive Industries Transparency Initiative"
        for end in row[:2]
    }


def test_a_body_that_ended_says_so_and_what_came_next(bundled_graph: Graph) -> None:
    (row,) = bundled_graph.query("members", body="MSP", asOf="2026-06-01")
    assert row[1] is None and [str(cell) for cell in row.values[6:]] == [
        "2026-02-04",
        "Forum on Resource Geostrategic Engagement",
    ]
    assert row.citations
    assert len(bundled_graph.query("members", body="MSP", asOf="2026-02-04")) == 15
    assert len(bundled_graph.query("members", body="MSP", asOf="2022-06-13")) == 0


@pytest.mark.gate
def test_a_body_s_end_ends_what_its_members_share(bundled_graph: Graph) -> None:
    shared = {"body": "MSP", "other": "Group of Seven"}
    assert len(bundled_graph.query("shared-members", **shared, asOf="2025-09-01")) > 0
    assert len(bundled_graph.query("shared-members", **shared, asOf="2026-06-01")) == 0


def test_a_thing_shown_for_a_day_keeps_what_came_later_to_itself(bundled_graph: Graph) -> None:
    def shown(name: str, day: str) -> str:
        entity = bundled_graph.with_as_of(dt.date.fromisoformat(day)).entity(name)
        said = [*entity.facts, *(pair for statement in entity.statements for pair in statement.says)]
        return "\n".join(f"{prop.iri.rpartition('#')[2]} {value}" for prop, value in said)

    before, after = shown("MSP", "2024-05-01"), shown("MSP", "2026-06-01")
    assert "dissolutionDate" not in before and "Forum on Resource" not in before and "hasMemberAgent" in before
    assert "dissolutionDate 2026-02-04" in after and "Forum on Resource" in after
    assert "hasMemberAgent" not in after
    assert "linksFromBody" not in shown("FORGE", "2024-05-01")
    irena = "International Renewable Energy Agency"
    assert "exitOrderDate" not in shown(irena, "2025-12-31") and "exitOrderDate" in shown(irena, "2026-01-31")
    canada = shown("Government of Canada", "2019-12-31")
    assert "Minerals Security Partnership" not in canada and "Critical Minerals Production Alliance" not in canada
    assert "North Atlantic Treaty Organization" in canada


@pytest.mark.gate
def test_partners_on_a_day_are_members_of_what_was_there_and_who_had_come(bundled_graph: Graph) -> None:
    def partners(day: str) -> set[tuple[str, str]]:
        rows = bundled_graph.query("partners", actor="Canada", asOf=day).to_dicts()
        return {(str(row["via"]), str(row["partner"])) for row in rows}

    nato, then, now = "North Atlantic Treaty Organization", partners("1960-01-01"), partners("2025-01-01")
    assert (nato, "Government of Germany") in then and (nato, "Government of Spain") not in then
    assert (nato, "Government of Spain") in now
    assert "Minerals Security Partnership" in {via for via, _ in now} - {via for via, _ in then}
    assert "Minerals Security Partnership" not in {via for via, _ in partners("2026-06-01")}  # it had ended


@pytest.mark.gate
def test_a_date_that_nobody_knows_is_said_to_be_unknown_on_every_day(bundled_graph: Graph) -> None:
    """What has no date may not have been so on the day asked for, in any question that takes one."""
    undated = 0
    for name, question in bundled_graph.questions.items():
        if question.time != "as-of":
            continue
        asked = {key: value for key, value in question.also.items() if key != "asOf"}
        answer = bundled_graph.query(name, **asked, asOf="1850-01-01")
        for row in answer.to_dicts():
            assert row[question.dated[0]] == "date not known", (name, row)
        assert not answer.rows or f"Of the {len(answer)} rows, {len(answer)} have no known date" in answer.note
        undated += len(answer)
    assert undated > 20


@pytest.mark.gate
def test_what_is_dated_keeps_its_date_and_no_day_leaves_the_cell_empty(bundled_graph: Graph) -> None:
    french = bundled_graph.with_language("fr").query("partners", actor="Canada", asOf="2025-01-01")
    assert {"date inconnue", "2024-03-04"} <= {str(row["date"]) for row in french.to_dicts()}
    assert "n'ont pas de date connue" in french.note
    ever = bundled_graph.query("partners", actor="Canada")
    assert None in {row["date"] for row in ever.to_dicts()} and "date not known" not in ever.note


def test_nobody_was_party_to_what_was_made_later(bundled_graph: Graph) -> None:
    ceta = "EU-Canada Comprehensive Economic and Trade Agreement (CETA)"
    assert texts(bundled_graph, "parties", arrangement=ceta, asOf="2010-01-01") == set()
    assert "Government of Canada" in texts(bundled_graph, "parties", arrangement=ceta, asOf="2018-01-01")


@pytest.mark.parametrize(
    "name",
    [
        "Government of Canada",
        "Minerals Security Partnership",
        "graphite",
        "place:quebec",
        "Lac-des-Îles",
        "list:ca-2024",
        "Canada-U.S. Joint Action Plan on Critical Minerals",
        "Nouveau Monde Graphite Inc.",
        "Tahltan Central Government",
        "NICO",
        "International Energy Agency",
    ],
)
def test_nothing_dated_later_is_said_of_any_kind_of_thing_on_a_day(name: str, bundled_graph: Graph) -> None:
    later = ("startDate", "occurrenceDate", "asOfDate", "exitOrderDate", "arrangementDate", "eventDate", "period")
    day = bundled_graph.with_as_of(dt.date(2019, 6, 30)).entity(name)
    said = [(p.iri.rpartition("#")[2], str(value)) for s in day.statements for p, value in s.says]
    assert [pair for pair in said if pair[0] in later and pair[1][:4] > "2019"] == []
    ever = bundled_graph.entity(name)
    assert len(day.statements) < len(ever.statements)


ENDED = """@prefix act: <https://w3id.org/cmgraph/vocab/act/> .
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix bindingness: <https://w3id.org/cmgraph/vocab/bindingness/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
arrangement:pact a cm:Agreement ; skos:prefLabel "Pact"@en ; cm:hasCitation cite:ca-page-fr .
rel:pact-signed a cm:DatedAct ; cm:concernsArrangement arrangement:pact ; cm:hasAct act:signed ;
    cm:occurrenceDate "2020-01-01"^^xsd:date ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:pact-ended a cm:DatedAct ; cm:concernsArrangement arrangement:pact ; cm:hasAct act:ended ;
    cm:occurrenceDate "2024-05"^^xsd:gYearMonth ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:pact-japan a cm:Participation ; cm:concernsArrangement arrangement:pact ; cm:hasParty agent:government-of-japan ;
    cm:endDate "2022-06-30"^^xsd:date ; cm:hasEndState end-state:ended ; cm:hasClaimStatus claim-status:stated ;
    cm:hasCitation cite:ca-page-fr .
rel:pact-canada a cm:Participation ; cm:concernsArrangement arrangement:pact ; cm:hasParty agent:government-of-canada ;
    cm:hasEndState end-state:unknown ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""


@pytest.fixture(scope="module")
def graph_with_ends(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("ends")
    (folder / "data").mkdir()
    (folder / "data/pact.ttl").write_text(ENDED, encoding="utf-8")
    return cmgraph.load(folder)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("day", "parties", "no_longer"),
    [
        ("2021-01-01", {"Canada", "Japan"}, set()),
        ("2022-06-30", {"Canada", "Japan"}, set()),
        ("2022-07-01", {"Canada"}, {"Japan"}),
        ("2024-05-31", {"Canada"}, {"Japan"}),
        ("2024-06-01", set(), {"Canada", "Japan"}),
    ],
)
def test_who_left_and_everyone_after_the_end_is_told_as_no_party_any_more(
    graph_with_ends: Graph, day: str, parties: set[str], no_longer: set[str]
) -> None:
    rows = graph_with_ends.query("parties", arrangement="Pact", asOf=day).to_dicts()
    name = "Government of "
    assert {str(row["participant"]) for row in rows if row["capacity"]} == {name + party for party in parties}
    assert {str(row["participant"]) for row in rows if row["former"]} == {name + party for party in no_longer}
    for party in ("Canada", "Japan"):
        entity = graph_with_ends.with_as_of(dt.date.fromisoformat(day)).entity(name + party)
        assert ("pact-" in " ".join(s.iri for s in entity.statements)) == (party in parties)
    together = graph_with_ends.query("partners", actor="Canada", asOf=day).to_dicts()
    assert ("Pact" in {str(row["via"]) for row in together}) == (parties == {"Canada", "Japan"})
