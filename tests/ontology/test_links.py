"""Links to the world: what the graph's minerals, places and units are called elsewhere."""

from __future__ import annotations

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
    assert "http://www.wikidata.org/entity/Q1099" in linked[f"{base}vocab/mineral/antimony"]
    assert linked[f"{base}vocab/unit/metric-ton"] == {"http://qudt.org/vocab/unit/TONNE"}
    assert linked.keys() >= {f"{base}vocab/stage/extraction", f"{base}vocab/activity/producing"}
    assert not any(entry.startswith(base) for entries in linked.values() for entry in entries)


def test_a_link_says_how_it_is_known(bundled_graph: Graph) -> None:
    """Each derived link follows from a record with a citation; a vocabulary's own are made by its authors."""
    _, rows = bundled_graph.store.select(
        """SELECT ?thing ?entry WHERE {
          ?thing skos:closeMatch|<https://schema.org/sameAs> ?entry .
          FILTER NOT EXISTS { ?thing skos:inScheme <https://w3id.org/cmgraph/vocab/activity> }
          FILTER NOT EXISTS {
            ?match cm:matchesMineral|cm:matchesPlace ?thing ; cm:matchedEntry ?address .
            ?match cm:hasCitation/cm:citesSource ?source .
            FILTER(STR(?address) = STR(?entry))
          }
        }""",
        bundled_graph.prefixes,
    )
    assert not list(rows)


def test_no_people_nation_or_their_government_is_given_an_identifier(bundled_graph: Graph) -> None:
    query = """ASK {
      VALUES ?kind { cm:IndigenousNation cm:IndigenousPeople cm:IndigenousGovernment }
      ?who a ?kind ; <https://schema.org/sameAs>|skos:exactMatch|skos:closeMatch ?entry
    }"""
    assert not bundled_graph.store.ask(query, bundled_graph.prefixes)


def test_nothing_is_said_to_be_identical(bundled_graph: Graph) -> None:
    assert not bundled_graph.store.ask("ASK { ?a owl:sameAs ?b }", {"owl": "http://www.w3.org/2002/07/owl#"})
