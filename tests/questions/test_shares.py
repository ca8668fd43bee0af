"""The share of statements with evidence of their own, counted once by the program and once by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Triple

import cmgraph
from cmgraph.graph import Graph
from conftest import write_minimal_root

ID, CM = "https://w3id.org/cmgraph/id/", "https://w3id.org/cmgraph/def#"
WHOLE = "https://w3id.org/cmgraph/vocab/support/record-as-a-whole"
ABOUT = {
    *("concernsArrangement", "concernsBody", "linksFromArrangement", "linksToArrangement", "linksFromBody"),
    *("linksToBody", "describesArrangement", "describesBody", "namesThing"),
}
PAGE, ABROAD, OTHER = (
    "statements about the agreements and bodies of the federal page on partnerships",
    "statements about agreements of Canada or a province with other states",
    "statements about other agreements of Canada or a province",
)
DATES = "sources whose own date is known"

FEW = """
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix place: <https://w3id.org/cmgraph/id/place/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
@prefix support: <https://w3id.org/cmgraph/vocab/support/> .

place:canada a cm:Place . place:japan a cm:Place .
place:quebec a cm:Place ; cm:isLocatedIn place:canada .
agent:quebec a cm:Government ; cm:governs place:quebec .
agent:quebec-mines a cm:GovernmentBody ; cm:isOrganOf agent:quebec .
agent:japan a cm:Government ; cm:governs place:japan .
agent:miner a cm:Enterprise .
agent:panel a cm:Forum ; cm:hasCitation cite:read .
cite:read a cm:Citation ; cm:citesSource source:partnerships-page-a ; cm:hasSupport support:read-in-source .
cite:whole a cm:Citation ; cm:citesSource source:other ; cm:hasSupport support:record-as-a-whole .

arrangement:abroad a cm:Agreement .
rel:a1 a cm:Participation ; cm:concernsArrangement arrangement:abroad ; cm:hasParty agent:quebec-mines ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:whole , cite:read .
rel:a2 a cm:Participation ; cm:concernsArrangement arrangement:abroad ; cm:hasParty agent:japan ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:whole .
rel:a3 a cm:ArrangementLink ; cm:linksFromArrangement arrangement:abroad ; cm:linksToBody agent:panel ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:read .

arrangement:other a cm:Agreement .
rel:o1 a cm:Participation ; cm:concernsArrangement arrangement:other ; cm:hasParty agent:quebec ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:whole .
rel:o2 a cm:Participation ; cm:concernsArrangement arrangement:other ; cm:hasParty agent:miner ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:whole .

arrangement:foreign a cm:Agreement .
rel:f1 a cm:Participation ; cm:concernsArrangement arrangement:foreign ; cm:hasParty agent:japan ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:read .
rel:m1 a cm:Membership ; cm:concernsBody agent:panel ; cm:hasMemberAgent agent:japan ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:whole .
rel:m2 a cm:Membership ; cm:concernsBody agent:panel ; cm:hasMemberAgent agent:quebec ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:read .
"""


NEEDED = ["prefixes.ttl", "modules/relationships.ttl"]


@pytest.fixture
def few(tmp_path: Path, no_cache: None) -> Path:
    """Return a folder of a graph whose shares one can count on fingers."""
    write_minimal_root(tmp_path, NEEDED, FEW, ["ontology/rules", "ontology/shapes"])
    return tmp_path


def by_hand(triples: Iterable[Triple]) -> dict[str, tuple[int, int]]:
    """Count in a loop: of the statements about each group of things, those with evidence of their own, and all."""
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for triple in triples:
        prop = triple.predicate.value.rpartition("#")[2]
        said[getattr(triple.subject, "value", "")][prop].add(getattr(triple.object, "value", ""))

    def is_in_canada(place: str) -> bool:
        return place == ID + "place/canada" or any(map(is_in_canada, said[place]["isLocatedIn"]))

    def governed(agent: str) -> set[str]:
        return said[agent]["governs"].union(*map(governed, said[agent]["isOrganOf"]))

    parties = defaultdict(set)
    for at in [*said]:
        for arrangement in said[at]["concernsArrangement"]:
            parties[arrangement] |= said[at]["hasParty"] | said[at]["actsThrough"]
    groups: dict[str, set[str]] = {PAGE: set(), ABROAD: set(), OTHER: set()}
    for thing in [*said]:
        kinds = {kind.rpartition("#")[2] for kind in said[thing]["type"]}
        cited = {source for cite in said[thing]["hasCitation"] for source in said[cite]["citesSource"]}
        if any("/partnerships-page-" in source for source in cited) and kinds & {
            *("Agreement", "PolicyInstrument", "Forum", "IntergovernmentalOrganization")
        }:
            groups[PAGE].add(thing)
        places = {place for party in parties[thing] for place in governed(party)}
        if "Agreement" in kinds and any(map(is_in_canada, places)):
            union = any(CM + "SupranationalUnion" in said[party]["type"] for party in parties[thing])
            groups[ABROAD if union or not all(map(is_in_canada, places)) else OTHER].add(thing)

    def count(statements: set[str]) -> tuple[int, int]:
        own = {s for s in statements if {u for c in said[s]["hasCitation"] for u in said[c]["hasSupport"]} - {WHOLE}}
        return len(own), len(statements)

    stated = [at for at in said if said[at]["hasClaimStatus"]]
    counts = {
        words: count({at for at in stated if things & {thing for prop in ABOUT for thing in said[at][prop]}})
        for words, things in groups.items()
    }
    return counts | {"membership": count({at for at in stated if CM + "Membership" in said[at]["type"]})}


def shares(graph: Graph) -> dict[str, str]:
    return {str(row[0]): str(row[-1]) for row in graph.stats().rows}


def test_the_shares_are_those_counted_by_hand(few: Path) -> None:
    graph = cmgraph.load(few)
    counted = by_hand(triple for file in graph.files for triple in file.triples)
    assert counted == {PAGE: (2, 3), ABROAD: (2, 3), OTHER: (0, 2), "membership": (1, 2)}
    told = shares(graph)
    assert {words: told[words] for words in counted} == {
        PAGE: "2 of 3 (66\u00a0%)",
        ABROAD: "2 of 3 (66\u00a0%)",
        OTHER: "0 of 2 (0\u00a0%)",
        "membership": "1 of 2 (50\u00a0%)",
    }


@pytest.mark.gate
def test_the_shares_of_the_bundled_graph_are_those_counted_by_hand(bundled_graph: Graph) -> None:
    counted = by_hand(triple for file in bundled_graph.files for triple in file.triples)
    told = shares(bundled_graph)
    assert counted.keys() <= told.keys()
    for words, (own, of) in counted.items():
        assert told[words] == f"{own:,} of {of:,} ({100 * own // of}\u00a0%)"


def test_a_reader_of_french_is_told_in_french(few: Path) -> None:
    told = shares(cmgraph.load(few, lang="fr"))
    assert (
        told["énoncés sur les accords et organismes de la page fédérale sur les partenariats"] == "2 sur 3 (66\u00a0%)"
    )


def test_sources_that_say_when_they_were_published_are_counted(tmp_path: Path, no_cache: None) -> None:
    sources = """
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix omission: <https://w3id.org/cmgraph/vocab/omission/> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
source:dated a cm:Source ; dcterms:issued "2025"^^xsd:gYear .
source:undated a cm:Source ; cm:omits omission:publication-date .
source:unsaid a cm:Source .
"""
    write_minimal_root(tmp_path, NEEDED, sources, ["ontology/rules", "ontology/shapes"])
    assert shares(cmgraph.load(tmp_path))[DATES] == "1 of 3 (33\u00a0%)"


def test_nothing_is_told_of_what_a_graph_does_not_hold(tmp_path: Path, no_cache: None) -> None:
    write_minimal_root(tmp_path, NEEDED, "", ["ontology/rules", "ontology/shapes"])
    assert not {PAGE, ABROAD, OTHER, DATES} & shares(cmgraph.load(tmp_path)).keys()
