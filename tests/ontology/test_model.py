"""What a stranger can learn of the model from the published ontology alone; and that the model says what is so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from cmgraph.export.export import Options, export
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE, CM, RDF_TYPE, SKOS

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA = "https://schema.org/"
OWL = "http://www.w3.org/2002/07/owl#"
PROPERTIES = {OWL + "ObjectProperty", OWL + "DatatypeProperty"}
PREFIXES = f"""PREFIX cm: <{CM}> PREFIX skos: <{SKOS}> PREFIX rdfs: <{RDFS}> PREFIX schema: <{SCHEMA}>
PREFIX owl: <{OWL}> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
"""


Ask = Callable[[str], set[tuple[str, ...]]]


@pytest.fixture(scope="module")
def ask(bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return what asks the published Turtle a query, and gives rows of local names and texts."""
    folder = tmp_path_factory.mktemp("published") / "out"
    export(bundled_graph, folder, Options(only=["ontology"]))
    store = Store()
    for path in (folder / "ontology.ttl", *(folder / "ontology/alignments").glob("*.ttl")):
        store.load(path=path, format=RdfFormat.TURTLE)

    def ask(query: str) -> set[tuple[str, ...]]:
        rows = store.query(PREFIXES + query)
        assert isinstance(rows, QuerySolutions)
        return {tuple("" if term is None else _short(term.value) for term in row) for row in rows}

    return ask


def _short(text: str) -> str:
    return text.rpartition("#")[2] if text.startswith("http") and "#" in text else text.removeprefix(BASE)


def test_which_kinds_of_thing_never_overlap(ask: Ask) -> None:
    groups = defaultdict(set)
    members = "owl:members/rdf:rest*/rdf:first"
    for group, name in ask(f"SELECT ?group ?name {{ ?group a owl:AllDisjointClasses ; {members} ?name }}"):
        groups[group].add(name)
    top = next(names for names in groups.values() if "Agent" in names)
    assert {"Agent", "Arrangement", "Event", "Place", "Project", "Source", "Citation", "Statement"} <= top
    assert {"Relationship", "Record", "Observation"} in groups.values()


def test_where_one_reads_from_which_source_a_statement_was_taken(ask: Ask) -> None:
    cited = ask("SELECT ?range { cm:hasCitation schema:domainIncludes cm:Statement ; rdfs:range ?range }")
    assert cited == {("Citation",)}
    assert ask("SELECT ?property ?range { ?property rdfs:domain cm:Citation ; rdfs:range ?range }") >= {
        ("citesSource", "Source")
    }
    where = ask("SELECT ?property { ?property schema:domainIncludes cm:Citation }")
    assert {("locator",), ("lastCheckDate",)} <= where


def test_which_statements_can_end_and_which_are_records(ask: Ask) -> None:
    kinds = ask("SELECT ?kind { ?kind rdfs:subClassOf cm:Statement }")
    assert kinds == {("Relationship",), ("Record",), ("Observation",)}
    assert ask("SELECT ?kind { cm:hasEndState rdfs:domain ?kind }") == {("Relationship",)}
    records = ask("SELECT ?kind { ?kind rdfs:subClassOf cm:Record }")
    assert {("Listing",), ("Absence",), ("StatedPosition",)} <= records
    assert not records & ask("SELECT ?kind { ?kind rdfs:subClassOf cm:Relationship }")


def test_which_properties_go_with_a_membership_and_what_each_points_at(ask: Ask) -> None:
    rows = ask("""SELECT ?property ?what {
      cm:Membership rdfs:subClassOf* ?kind .
      ?property schema:domainIncludes|rdfs:domain ?kind ; rdfs:range|schema:rangeIncludes|rdfs:seeAlso ?what
      FILTER NOT EXISTS { ?property schema:domainIncludes ?other
        FILTER NOT EXISTS { ?property schema:domainIncludes ?own . cm:Membership rdfs:subClassOf* ?own } }
    }""")
    assert {
        ("hasMemberAgent", "Agent"),
        ("concernsBody", "Forum"),
        ("hasRole", "vocab/role"),
        ("startDate", "gYearMonth"),
        ("hasEndState", "vocab/end-state"),
        ("hasCitation", "Citation"),
    } <= rows
    assert not {"hasParty", "listsMineral", "isHeldBy"} & {name for name, _ in rows}


def test_what_an_end_state_may_be_and_what_each_means(ask: Ask) -> None:
    rows = ask("""SELECT ?state (LANG(?meaning) AS ?language) {
      cm:hasEndState rdfs:seeAlso ?scheme . ?state skos:inScheme ?scheme ; skos:definition ?meaning }""")
    states = ("ended", "ongoing", "unknown")
    assert rows == {(f"vocab/end-state/{name}", language) for name in states for language in ("en", "fr-t-en")}


def test_which_properties_are_derived_and_from_what(ask: Ask) -> None:
    derived = ask("SELECT ?property { ?property cm:isShortcut true }")
    assert {("hasBeenMemberOf",), ("hasBeenPartyTo",), ("restsOn",)} <= derived
    path = "owl:propertyChainAxiom/rdf:rest*/rdf:first/owl:inverseOf?"
    assert ask(f"SELECT ?from {{ cm:hasBeenMemberOf {path} ?from FILTER(isIRI(?from)) }}") == {
        ("hasMemberAgent",),
        ("concernsBody",),
    }


def test_how_it_is_said_that_a_nation_holds_a_right_and_whose_word_it_is(ask: Ask) -> None:
    properties = {name for (name,) in ask("SELECT ?property { ?property schema:domainIncludes cm:RightsInterest }")}
    assert {"isHeldBy", "isAssertedBy", "hasRightsKind", "hasRightsBasis"} <= properties
    ((note,),) = ask('SELECT ?note { cm:RightsInterest skos:scopeNote ?note FILTER(LANG(?note) = "en") }')
    assert note.startswith("Always attributed")


def test_what_sets_an_engagement_apart_from_a_participation_in_both_languages(ask: Ask) -> None:
    rows = ask("""SELECT ?kind (LANG(?text) AS ?language) ?text {
      VALUES ?kind { cm:Engagement cm:Participation } ?kind rdfs:comment ?text }""")
    assert len(rows) == 4
    ((note,),) = ask('SELECT ?note { cm:Engagement skos:scopeNote ?note FILTER(LANG(?note) = "en") }')
    assert "neither membership nor agreement" in note


def test_what_became_of_an_earlier_term_and_since_when(ask: Ask) -> None:
    rows = ask(
        "SELECT ?new ?since { cm:Talks owl:deprecated true ; dcterms:isReplacedBy ?new ; owl:versionInfo ?since }"
    )
    assert rows == {("Negotiation", "0.2.0")}


def test_which_terms_are_a_kind_of_something_that_others_define(ask: Ask) -> None:
    elsewhere = f'FILTER(STRSTARTS(STR(?term), "{CM}") && !STRSTARTS(STR(?wider), "{BASE}"))'
    rows = ask(f"SELECT ?term ?wider {{ ?term rdfs:subClassOf|rdfs:subPropertyOf ?wider {elsewhere} }}")
    assert {("Membership", "Membership"), ("Forum", "Organization"), ("isAssertedBy", "wasAttributedTo")} <= rows
    assert not {"Agent", "Government", "IndigenousNation", "IndigenousPeople", "AgentGroup"} & {
        term for term, _ in rows
    }
    match = "skos:exactMatch|skos:closeMatch|skos:broadMatch|skos:narrowMatch|skos:relatedMatch"
    assert ask(f"SELECT ?kind {{ ?kind a owl:Class ; {match} ?other }}") == set()


def test_every_term_says_what_defines_it_and_has_its_texts_as_rdfs_calls_them(ask: Ask) -> None:
    mine = f'?term a ?kind FILTER(STRSTARTS(STR(?term), "{CM}"))'
    assert ask(f"SELECT ?term {{ {mine} FILTER NOT EXISTS {{ ?term rdfs:isDefinedBy ?ontology }} }}") == set()
    for old, new in (("skos:prefLabel", "rdfs:label"), ("skos:definition", "rdfs:comment")):
        assert ask(f"SELECT ?term {{ ?term {old} ?text FILTER NOT EXISTS {{ ?term {new} ?text }} }}") == set()


def test_data_uses_each_property_with_what_the_model_says_it_goes_with(bundled_graph: Graph) -> None:
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    kinds: dict[object, set[str]] = defaultdict(set)
    schemes: dict[object, str] = {}
    triples = [t for path in bundled_graph.ontology.term_files for t in RdfFile.read(path).triples]
    for s, p, o in (*triples, *bundled_graph.asserted):
        name = p.value.removeprefix(SCHEMA).removeprefix(RDFS)
        if name in ("domainIncludes", "rangeIncludes", "seeAlso", "domain", "subClassOf") and isinstance(o, NamedNode):
            said[s.value][name].add(o.value)
        elif p == RDF_TYPE and isinstance(o, NamedNode):
            kinds[s].add(o.value)
        elif p.value == SKOS + "inScheme" and isinstance(o, NamedNode):
            schemes[s] = o.value

    def widened(some: set[str]) -> set[str]:
        """Return classes with all above them."""
        new = {wider for kind in some for wider in said[kind]["subClassOf"]} - some
        return widened(some | new) if new else some

    wrong = set()
    for s, p, o in bundled_graph.asserted:
        if not p.value.startswith(CM):
            continue
        model, name = said[p.value], p.value.removeprefix(CM)
        if model["domainIncludes"] and not widened(kinds[s]) & model["domainIncludes"]:
            wrong.add((name, "of", *sorted(kinds[s])))
        found = {o.datatype.value} if isinstance(o, Literal) else widened(kinds[o])
        if model["rangeIncludes"] and not found & model["rangeIncludes"]:
            wrong.add((name, "to", *sorted(found)))
        if model["seeAlso"] and schemes.get(o) not in model["seeAlso"]:
            wrong.add((name, "in", schemes.get(o, "")))
    assert wrong == set()
    properties = {
        node.value
        for node, types in kinds.items()
        if isinstance(node, NamedNode) and node.value.startswith(CM) and types & PROPERTIES
    }
    assert {iri for iri in properties if not said[iri]["domain"] | said[iri]["domainIncludes"]} == set()


def test_classes_beside_each_other_are_kept_apart_or_overlap_for_a_reason(ask: Ask) -> None:
    apart = set[frozenset[str]]()
    groups = defaultdict(set)
    for group, name in ask("SELECT ?group ?name { ?group owl:members/rdf:rest*/rdf:first ?name }"):
        groups[group].add(name)
    for names in groups.values():
        apart |= {frozenset((one, other)) for one in names for other in names if one != other}
    apart |= {frozenset(pair) for pair in ask("SELECT ?one ?other { ?one owl:disjointWith ?other }")}
    above = defaultdict(set)
    for name, wider in ask("SELECT ?name ?wider { ?name rdfs:subClassOf+ ?wider FILTER(isIRI(?wider)) }"):
        above[name].add(wider)
    beside = "?one rdfs:subClassOf ?wider . ?other rdfs:subClassOf ?wider"
    ours = f'FILTER(STRSTARTS(STR(?wider), "{CM}") && STR(?one) < STR(?other))'
    loose = set()
    for one, other in ask(f"SELECT ?one ?other {{ {beside} {ours} }}"):
        lines = {one, *above[one]}, {other, *above[other]}
        if not any(frozenset((a, b)) in apart for a in lines[0] for b in lines[1]):
            loose.add((one, other))
    # Anybody may hold rights; an Indigenous government may be the nation, so only those of states are kept apart.
    assert {pair for pair in loose if not {"RightsHolder", "Government"} & set(pair)} == set()
