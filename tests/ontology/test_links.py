"""Links to the world: what the graph's minerals, places, agents and units are called elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmgraph.export.export import single
from cmgraph.graph import Graph

LINKED = """
SELECT ?thing ?entry WHERE {
  ?thing skos:exactMatch|skos:closeMatch|skos:narrowMatch|<https://schema.org/sameAs> ?entry FILTER(isIRI(?entry))
}
"""


def test_things_are_linked_to_entries_of_others(bundled_graph: Graph) -> None:
    linked: dict[str, set[str]] = {}
    for thing, entry in bundled_graph.store.select(LINKED, bundled_graph.prefixes)[1]:
        linked.setdefault(str(thing.value), set()).add(str(entry.value))
    base = "https://w3id.org/cmgraph/"
    assert linked[f"{base}id/place/canada"] == {
        "http://www.wikidata.org/entity/Q16",
        "https://sws.geonames.org/6251999/",
    }
    assert linked[f"{base}id/place/ontario"] == {"https://sws.geonames.org/6093943/"}
    assert "http://www.wikidata.org/entity/Q1099" in linked[f"{base}vocab/mineral/antimony"]
    assert linked[f"{base}id/agent/nrcan-rncan"] == {
        "https://ror.org/05hepy730",
        "http://www.wikidata.org/entity/Q349770",
    }
    assert linked[f"{base}id/agent/glencore-plc"] == {"https://api.gleif.org/api/v1/lei-records/2138002658CPO9NBH955"}
    assert linked[f"{base}vocab/unit/metric-ton"] == {"http://qudt.org/vocab/unit/TONNE"}
    assert linked.keys() >= {f"{base}vocab/stage/extraction", f"{base}vocab/activity/producing"}
    assert not any(entry.startswith(base) for entries in linked.values() for entry in entries)


def test_a_link_says_how_it_is_known(bundled_graph: Graph) -> None:
    """Each derived link follows from a record that cites a source."""
    store, prefixes = bundled_graph.store, bundled_graph.prefixes
    records = """SELECT ?thing (STR(?address) AS ?entry) WHERE {
      ?match cm:matchesMineral|cm:matchesPlace|cm:matchesAgent ?thing ; cm:matchedEntry ?address .
      ?match cm:hasCitation/cm:citesSource ?source
    }"""
    recorded = {(str(thing), entry.value) for thing, entry in store.select(records, prefixes)[1]}
    links = "SELECT ?thing ?entry { ?thing skos:closeMatch|<https://schema.org/sameAs> ?entry FILTER(isIRI(?entry)) }"
    derived = {(str(thing), entry.value) for thing, entry in store.select(links, prefixes)[1]}
    assert len(recorded) > 500
    assert recorded == {pair for pair in derived if "/vocab/activity/" not in pair[0]}


def test_no_people_nation_or_their_government_is_given_an_identifier(bundled_graph: Graph) -> None:
    query = """ASK {
      VALUES ?kind { cm:IndigenousNation cm:IndigenousPeople cm:IndigenousGovernment cm:RightsHolder }
      ?who a ?kind ; <https://schema.org/sameAs>|skos:exactMatch|skos:closeMatch ?entry
    }"""
    assert not bundled_graph.store.ask(query, bundled_graph.prefixes)


def test_nothing_is_said_to_be_identical(bundled_graph: Graph) -> None:
    assert not bundled_graph.store.ask("ASK { ?a owl:sameAs ?b }", {"owl": "http://www.w3.org/2002/07/owl#"})


@pytest.mark.gate
def test_identifiers_reach_programs_that_know_ftm_or_schema_org(bundled_graph: Graph, tmp_path: Path) -> None:
    single(bundled_graph, "", tmp_path / "ftm.jsonl", profile="ftm")
    things = {thing["id"]: thing for thing in map(json.loads, (tmp_path / "ftm.jsonl").read_text("utf-8").splitlines())}
    ministry = things["https://w3id.org/cmgraph/id/agent/nrcan-rncan"]["properties"]
    assert ministry["wikidataId"] == ["Q349770"]
    assert any("ror-records" in page for page in ministry["sourceUrl"])
    company = things["https://w3id.org/cmgraph/id/agent/glencore-plc"]["properties"]
    assert company["leiCode"] == ["2138002658CPO9NBH955"]

    single(bundled_graph, "", tmp_path / "schema-org.ttl", profile="schema-org")
    assert "https://ror.org/05hepy730" in (tmp_path / "schema-org.ttl").read_text(encoding="utf-8")
