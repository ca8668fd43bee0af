"""The ten questions of decision 18, asked by who opens the published ontology in Protégé or browses it in Skosmos.

Owlready2 reads the files as Protégé does; of Skosmos there is what it reads, SKOS alone. ``test_model.py`` asks the
Turtle. SKOS has no axioms: what never overlaps, from what a property is derived and what is a kind of something
elsewhere cannot be seen there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.namespace import SKOS

from cmgraph.export.export import Options, export, single
from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE, CM

pytestmark = pytest.mark.gate


@pytest.fixture(scope="module")
def world(bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the published ontology with its alignments, read from RDF/XML and N-Triples alone."""
    owlready2 = pytest.importorskip("owlready2", reason="install cmgraph[dev] for Owlready2")
    folder = tmp_path_factory.mktemp("published") / "out"
    export(bundled_graph, folder, Options(only=["ontology"]))
    alignments = rdflib.Graph()
    for path in (folder / "ontology/alignments").glob("*.ttl"):
        alignments.parse(path)
    alignments.serialize(folder / "alignments.nt", format="nt", encoding="utf-8")
    world = owlready2.World()
    for name, form in (("ontology.rdf", "rdfxml"), ("alignments.nt", "ntriples")):
        world.get_ontology(f"file://{folder / name}").load(format=form)
    return world


@pytest.fixture(scope="module")
def skos(bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> rdflib.Graph:
    path: Path = tmp_path_factory.mktemp("skos") / "skos.ttl"
    single(bundled_graph, "", path, profile="skos")
    return rdflib.Graph().parse(path)


def names(things: Any) -> set[str]:
    return {thing.iri.rpartition("#")[2] for thing in things if hasattr(thing, "iri")}


def test_protege_shows_which_kinds_never_overlap(world: Any) -> None:
    groups = [names(group.entities) for group in world.disjoint_classes()]
    assert any({"Agent", "Arrangement", "Statement", "Source", "Citation"} <= group for group in groups)
    assert {"Relationship", "Record", "Observation"} in groups


def test_protege_shows_where_one_reads_from_which_source_a_statement_was_taken(world: Any) -> None:
    cites = world[CM + "citesSource"]
    assert names(world[CM + "hasCitation"].range) == {"Citation"}
    assert (names(cites.domain), names(cites.range)) == ({"Citation"}, {"Source"})
    includes = world["https://schema.org/domainIncludes"]
    assert CM + "Citation" in {getattr(kind, "iri", kind) for kind in includes[world[CM + "locator"]]}


def test_protege_shows_which_statements_can_end(world: Any) -> None:
    assert names(world[CM + "Statement"].subclasses()) == {"Relationship", "Record", "Observation"}
    assert names(world[CM + "hasEndState"].domain) == {"Relationship"}


def test_protege_shows_what_goes_with_a_membership(world: Any) -> None:
    includes, target = world["https://schema.org/domainIncludes"], world[CM + "Membership"]
    fitting = {p for p in world.properties() if target in includes[p]}
    assert {"hasMemberAgent", "concernsBody"} <= names(fitting)


def test_protege_shows_what_is_derived_and_from_what(world: Any) -> None:
    shortcut = world[CM + "isShortcut"]
    assert {"hasBeenMemberOf", "hasBeenPartyTo"} <= names(p for p in world.properties() if True in shortcut[p])
    (chain,) = world[CM + "hasBeenMemberOf"].property_chain
    assert "concernsBody" in names(chain.properties)


def test_protege_shows_how_a_right_is_stated_and_sets_apart_engagement_and_participation(world: Any) -> None:
    includes, note = world["https://schema.org/domainIncludes"], world[str(SKOS.scopeNote)]
    holder = {p for p in world.properties() if world[CM + "RightsInterest"] in includes[p]}
    assert {"isHeldBy", "isAssertedBy", "hasRightsBasis"} <= names(holder)
    assert any("attributed" in text for text in note[world[CM + "RightsInterest"]])
    for name in ("Engagement", "Participation"):
        assert {text.lang for text in world[CM + name].comment} == {"en", "fr-t-en"}


def test_protege_shows_what_became_of_a_term_and_what_is_a_kind_of_something_elsewhere(world: Any) -> None:
    replaced = world.as_rdflib_graph().value(
        rdflib.URIRef(CM + "Talks"), rdflib.URIRef("http://purl.org/dc/terms/isReplacedBy")
    )
    assert str(replaced) == CM + "Negotiation"
    wider = {kind.iri for kind in world[CM + "Membership"].is_a if hasattr(kind, "iri")}
    assert "http://www.w3.org/ns/org#Membership" in wider


def test_skosmos_shows_what_an_end_state_may_be_and_what_each_means(skos: rdflib.Graph) -> None:
    scheme = rdflib.URIRef(BASE + "vocab/end-state")
    states = set(skos.objects(scheme, SKOS.hasTopConcept))
    assert {str(state).rpartition("/")[2] for state in states} == {"ended", "ongoing", "unknown"}
    for state in states:
        assert {text.language for text in skos.objects(state, SKOS.definition)} == {"en", "fr-t-en"}  # type: ignore[attr-defined]


def test_skosmos_shows_the_model_as_a_tree_with_what_goes_with_what(skos: rdflib.Graph) -> None:
    term = rdflib.Namespace(CM)
    assert set(skos.objects(term.Statement, SKOS.narrower)) == {term.Relationship, term.Record, term.Observation}
    assert term.Citation in set(skos.objects(term.hasCitation, SKOS.related))
    assert {term.locator, term.citesSource} <= set(skos.objects(term.Citation, SKOS.related))
    assert {term.hasMemberAgent, term.concernsBody} <= set(skos.objects(term.Membership, SKOS.related))
    assert {term.isHeldBy, term.isAssertedBy} <= set(skos.objects(term.RightsInterest, SKOS.related))
    assert rdflib.URIRef(BASE + "vocab/end-state") in set(skos.objects(term.hasEndState, rdflib.RDFS.seeAlso))
    assert set(skos.objects(term.hasEndState, SKOS.related)) == {term.Relationship}


def test_skosmos_shows_notes_what_is_derived_and_former_names(skos: rdflib.Graph) -> None:
    term = rdflib.Namespace(CM)
    assert any("attributed" in text for text in skos.objects(term.RightsInterest, SKOS.scopeNote))
    for kind in (term.Engagement, term.Participation):
        assert {text.language for text in skos.objects(kind, SKOS.definition)} == {"en", "fr-t-en"}  # type: ignore[attr-defined]
    assert rdflib.Literal("derived by rule, never stated", lang="en") in set(
        skos.objects(term.hasBeenMemberOf, SKOS.note)
    )
    assert rdflib.Literal("Talks before version 0.2.0", lang="en") in set(
        skos.objects(term.Negotiation, SKOS.historyNote)
    )
