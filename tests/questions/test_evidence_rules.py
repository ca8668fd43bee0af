"""Rules of evidence that the data does not meet everywhere are questions; each finds what breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmgraph
from cmgraph.graph import Graph
from conftest import ROOT, write_minimal_root

BROKEN = """
@prefix act: <https://w3id.org/cmgraph/vocab/act/> .
@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix end-state: <https://w3id.org/cmgraph/vocab/end-state/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix role: <https://w3id.org/cmgraph/vocab/role/> .
@prefix source: <https://w3id.org/cmgraph/id/source/> .
@prefix source-tier: <https://w3id.org/cmgraph/vocab/source-tier/> .
@prefix support: <https://w3id.org/cmgraph/vocab/support/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

source:bad-old a cm:Source ; dcterms:title "An old digest"@en ; cm:publisherName "Somebody" ;
    dcterms:issued "2001"^^xsd:gYear ; cm:hasTier source-tier:weak-mirror-or-digest ;
    cm:url "https://example.org/a"^^xsd:anyURI .
source:bad-idle a cm:Source ; dcterms:title "A page nothing cites"@en ; cm:publisherName "Somebody" ;
    cm:hasTier source-tier:official ; cm:url "https://staging.example.org/b"^^xsd:anyURI .
cite:bad-old a cm:Citation ; cm:citesSource source:bad-old ; cm:hasSupport support:record-as-a-whole ;
    cm:locator "as a whole" ; cm:lastCheckDate "2026-01-01"^^xsd:date .
rel:bad-one a cm:Membership ; cm:hasMemberAgent agent:government-of-japan ; cm:concernsBody agent:group-of-seven ;
    cm:hasRole role:member ; cm:endDate "2024"^^xsd:gYear ; cm:hasEndState end-state:ended ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:bad-old ; cm:contradicts rel:bad-other .
rel:bad-other a cm:Membership ; cm:hasMemberAgent agent:government-of-japan ; cm:concernsBody agent:group-of-seven ;
    cm:hasRole role:guest ; cm:hasEndState end-state:unknown ;
    cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:bad-old .
rel:fine-announced a cm:DatedAct ; cm:concernsArrangement arrangement:cusma ; cm:hasAct act:due-to-end ;
    cm:occurrenceDate "2036"^^xsd:gYear ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:bad-old .
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return the bundled graph with statements that break each rule."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "data").mkdir()
    (folder / "data/bad.ttl").write_text(BROKEN)
    return cmgraph.load(folder)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("newer-than-its-sources", "/id/rel/bad-one"),
        ("ends-unsaid", "/id/rel/bad-one"),
        ("contradictions-on-one-source", "/id/rel/bad-one"),
        ("sources-to-mend", "/id/source/bad-idle"),
        ("needs-better-source", "/id/source/bad-old"),
    ],
)
def test_what_breaks_a_rule_of_evidence_is_found(
    bundled_graph: Graph, broken: Graph, question: str, found: str
) -> None:
    def first(graph: Graph) -> set[str]:
        return {row.terms[0].value for row in graph.query(question).rows if row.terms[0]}

    assert {iri.partition("cmgraph")[2] for iri in first(broken) - first(bundled_graph)} == {found}


@pytest.mark.parametrize(
    ("address", "lasts"),
    [
        ("https://staging.example.org/a", False),
        ("https://prod.example.org/a", False),
        ("https://shop-test.example.org/a", False),
        ("https://forum.dev.example.org/a", False),
        ("https://admin.example.org/a", False),
        ("https://vpn.example.org/a", False),
        ("https://example-org.translate.goog/a", False),
        ("https://example.azureedge.net/a", False),
        ("http://mail.example.org/viewer.php?id=1", False),
        ("https://eur02.safelinks.protection.example.org/?url=a", False),
        ("http://192.0.2.7/a", False),
        ("https://example.org/", False),
        ("https://example.org", False),
        ("https://www.example.org/a", True),
        ("https://www.dev-toolbox.example/a", True),
        ("https://stories.pages.dev/a", True),
        ("https://production.example.org/a", True),
    ],
)
def test_each_kind_of_address_that_cannot_last_is_found(
    tmp_path: Path, no_cache: None, address: str, lasts: bool
) -> None:
    write_minimal_root(
        tmp_path,
        ["prefixes.ttl", "modules/relationships.ttl"],
        "@prefix cm: <https://w3id.org/cmgraph/def#> . @prefix source: <https://w3id.org/cmgraph/id/source/> . "
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
        f'source:page a cm:Source ; cm:url "{address}"^^xsd:anyURI .',
        ["ontology/rules", "ontology/shapes"],
    )
    question = (ROOT / "queries/evidence/sources-to-mend.rq").read_text(encoding="utf-8")
    (row,) = cmgraph.load(tmp_path).query(question).to_dicts()
    assert (row["address"] is None) is lasts


def test_every_source_carries_a_statement(bundled_graph: Graph) -> None:
    uncited = [str(row[0]) for row in bundled_graph.query("sources-to-mend").rows if row[1] is not False]
    assert not uncited


def test_each_side_of_a_contradiction_has_its_own_line_and_sources(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("contradictions")
    at = {name: answer.columns.index(name) for name in answer.columns}
    sides = [
        tuple(str(row[at[name]]) for name in ("about", "claim", "unit", "against", "other_unit")) for row in answer
    ]
    assert all((about, other, in_other, claim, unit) in sides for about, claim, unit, other, in_other in sides)
    assert all((claim, unit) != (other, in_other) for _, claim, unit, other, in_other in sides), "nothing differs"
    alliance = "Critical Minerals Production Alliance"
    said = {str(row[at["claim"]]): row.citations for row in answer if str(row[at["about"]]) == alliance}
    assert said.keys() == {"participant", "supporter"} and not set(said["participant"]) & set(said["supporter"])
