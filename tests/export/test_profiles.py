"""The graph in vocabularies of others: in their terms, as they define them, and every fact with its sources."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable

import pytest
import rdflib
from pyoxigraph import QuerySolutions, RdfFormat, Store
from rdflib.namespace import DCTERMS, FOAF, GEO, ORG, PROV, QB, RDFS, SKOS, TIME

from cmgraph.export.export import single
from cmgraph.export.profiles import PROFILES
from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE

CHECKED = [name for name, ending in PROFILES.items() if ending == ".ttl" and name != "schema-org"]
"""Those whose terms rdflib knows; its list of schema.org is older than what is used of it."""

PREFIXES = f"""PREFIX cm: <{BASE}def#> PREFIX dcterms: <{DCTERMS}> PREFIX foaf: <{FOAF}> PREFIX geo: <{GEO}>
PREFIX prov: <{PROV}> PREFIX qb: <{QB}> PREFIX rdfs: <{RDFS}> PREFIX skos: <{SKOS}>
PREFIX eli: <http://data.europa.eu/eli/ontology#>
"""

Ask = Callable[[str, str], list[tuple[str, ...]]]


@pytest.fixture(scope="module")
def ask(bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return what asks a profile of the bundled graph a query, and gives rows of texts."""
    folder, stores = tmp_path_factory.mktemp("profiles"), dict[str, Store]()

    def ask(name: str, query: str) -> list[tuple[str, ...]]:
        if name not in stores:
            single(bundled_graph, "", folder / f"{name}.ttl", profile=name)
            stores[name] = Store()
            stores[name].load(path=folder / f"{name}.ttl", format=RdfFormat.TURTLE)
        rows = stores[name].query(PREFIXES + query)
        assert isinstance(rows, QuerySolutions)
        return [tuple("" if term is None else term.value for term in row) for row in rows]

    return ask


@pytest.mark.gate
@pytest.mark.parametrize("name", CHECKED)
def test_a_profile_uses_only_terms_that_their_vocabulary_has(ask: Ask, name: str) -> None:
    used = {p for (p,) in ask(name, "SELECT DISTINCT ?p { ?s ?p ?o }")}
    used |= {kind for (kind,) in ask(name, "SELECT DISTINCT ?kind { ?s a ?kind }")}
    spaces = {str(space): space for space in (DCTERMS, FOAF, GEO, ORG, PROV, QB, RDFS, SKOS, TIME)}
    known = {term for term in used if any(term.startswith(space) for space in spaces)}
    assert known
    for term in known:
        space = next(space for space in spaces if term.startswith(space))
        assert term.removeprefix(space) in spaces[space], term


@pytest.mark.gate
@pytest.mark.parametrize(
    ("name", "stated", "sourced"),
    [
        ("prov", "?thing prov:wasDerivedFrom ?citation", "?citation prov:wasDerivedFrom? ?source"),
        ("data-cube", "?thing a qb:Observation", "?thing dcterms:source ?source"),
        ("geosparql", "?project geo:hasGeometry ?thing", "?thing dcterms:source ?source"),
        ("eli", "?thing a eli:LegalResource", "?thing dcterms:source ?source"),
    ],
)
def test_a_profile_keeps_the_sources_of_what_it_says(ask: Ask, name: str, stated: str, sourced: str) -> None:
    titled = f"{sourced} . ?source dcterms:title ?title"
    assert ask(name, f"SELECT ?thing ?page {{ {stated} . {titled} ; foaf:page ?page }}")
    assert ask(name, f"SELECT ?thing {{ {stated} FILTER NOT EXISTS {{ {titled} }} }}") == []


@pytest.mark.gate
def test_each_figure_has_a_place_of_its_own_in_one_well_formed_cube(ask: Ask) -> None:
    """The integrity constraints of the vocabulary that bear on data sets without slices."""
    figures = ask(
        "data-cube", "SELECT ?figure ?set { ?figure a qb:Observation . OPTIONAL { ?figure qb:dataSet ?set } }"
    )
    assert len(figures) == len({figure for figure, _ in figures}) > 3000
    part = "qb:dataSet/qb:structure/qb:component"
    for kind in ("qb:dimension", "qb:measure"):
        lacking = f"?figure {part}/{kind} ?property FILTER NOT EXISTS {{ ?figure ?property ?value }}"
        assert ask("data-cube", f"SELECT ?figure ?property {{ {lacking} }}") == []
    unsaid = "?property a qb:DimensionProperty FILTER NOT EXISTS { ?property rdfs:range ?range }"
    assert ask("data-cube", f"SELECT ?property {{ {unsaid} }}") == []
    coded = "?property a qb:DimensionProperty ; rdfs:range skos:Concept . ?figure a qb:Observation ; ?property ?value"
    listed = "?property qb:codeList ?list . ?value skos:inScheme ?list"
    assert ask("data-cube", f"SELECT ?value {{ {coded} FILTER NOT EXISTS {{ {listed} }} }}") == []
    places = defaultdict[str, dict[str, str]](dict)
    given = f"?figure {part}/qb:dimension ?property ; ?property ?value"
    for figure, prop, value in ask("data-cube", f"SELECT ?figure ?property ?value {{ {given} }}"):
        assert places[figure].setdefault(prop, value) == value
    sets = dict(figures)
    taken = {(sets[figure], frozenset(place.items())) for figure, place in places.items()}
    assert len(taken) == len(places) == len(figures)


def test_only_sites_of_projects_have_a_geometry_and_no_community_has_one(ask: Ask) -> None:
    features = {feature for (feature,) in ask("geosparql", "SELECT ?feature { ?feature geo:hasGeometry ?geometry }")}
    assert len(features) > 250 and all("/id/project/" in feature for feature in features)
    both = "?one a geo:Feature , geo:Geometry"
    assert ask("geosparql", f"SELECT ?one {{ {both} }}") == []
    points = ask("geosparql", "SELECT ?point ?meaning { ?one geo:asWKT ?point ; skos:note ?meaning }")
    for point, meaning in points:
        east, north = map(float, point.removeprefix("POINT(").removesuffix(")").split())
        assert meaning and -180 <= east <= 180 and -90 <= north <= 90


@pytest.mark.gate
def test_a_search_is_an_activity_and_what_it_left_an_entity(ask: Ask) -> None:
    searches = ask("prov", "SELECT ?record ?source { ?record prov:wasGeneratedBy ?search . ?search prov:used ?source }")
    assert searches
    assert ask("prov", "SELECT ?one { ?one a prov:Activity , prov:Entity }") == []
    assert not [one for (one,) in ask("prov", "SELECT ?one { ?one a prov:Entity }") if "/id/agent/" in one]


@pytest.mark.gate
def test_a_law_is_dated_by_full_days_and_what_is_only_proposed_is_none(ask: Ask) -> None:
    laws = {
        law.removeprefix(BASE + "id/arrangement/") for (law,) in ask("eli", "SELECT ?law { ?law a eli:LegalResource }")
    }
    assert {"impact-assessment-act", "eu-critical-raw-materials-act"} <= laws
    assert not laws & {"australia-critical-minerals-regulations-2025", "brazil-bill-2780-2024"}
    for kind in ("date_document", "first_date_entry_in_force"):
        days = ask("eli", f"SELECT ?day {{ ?law eli:{kind} ?day }}")
        assert days and all(len(day) == 10 for (day,) in days)
    agents = ask("eli", "SELECT ?agent { ?law eli:responsibility_of_agent ?agent }")
    assert agents and all("/id/agent/" in agent for (agent,) in agents)


@pytest.mark.gate
def test_vocabularies_are_complete_for_who_knows_skos_alone(ask: Ask) -> None:
    top = ask("skos", "SELECT ?scheme ?top { ?scheme skos:hasTopConcept ?top . ?top skos:topConceptOf ?scheme }")
    schemes = {scheme for (scheme,) in ask("skos", "SELECT ?scheme { ?scheme a skos:ConceptScheme }")}
    assert schemes == {scheme for scheme, _ in top} and len(schemes) == 50
    above = "?top skos:topConceptOf ?scheme ; skos:broader ?above"
    assert ask("skos", f"SELECT ?top {{ {above} }}") == []
    below = "FILTER NOT EXISTS { ?one skos:broader*/skos:topConceptOf ?scheme }"
    assert ask("skos", f"SELECT ?one {{ ?one a skos:Concept {below} }}") == []
    for said in ("prefLabel", "definition"):
        for lang in ("en", "fr"):
            unsaid = f'FILTER NOT EXISTS {{ ?one skos:{said} ?text FILTER(LANGMATCHES(LANG(?text), "{lang}")) }}'
            assert (
                ask(
                    "skos",
                    f"SELECT ?one {{ ?one a ?kind FILTER(?kind IN (skos:Concept, skos:ConceptScheme)) {unsaid} }}",
                )
                == []
            )
    codes = ask("skos", "SELECT ?scheme ?code { ?one skos:inScheme ?scheme ; skos:notation ?code }")
    assert len(codes) == len(set(codes)) == len(ask("skos", "SELECT ?one { ?one a skos:Concept }"))
    matched = "?one skos:exactMatch|skos:closeMatch ?entry ; dcterms:source ?source"
    assert ask("skos", f'SELECT ?entry {{ {matched} FILTER(CONTAINS(STR(?entry), "geosciml")) }}')


@pytest.mark.gate
def test_skosify_has_nothing_to_warn_of_and_nothing_to_add(
    bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    skosify = pytest.importorskip("skosify", reason="install cmgraph[dev] for Skosify")
    path = tmp_path_factory.mktemp("skos") / "skos.ttl"
    single(bundled_graph, "", path, profile="skos")
    before = rdflib.Graph().parse(path)
    with caplog.at_level(logging.WARNING):
        after = skosify.skosify(
            before, enrich_mappings=False, default_language="en", mark_top_concepts=True, namespace=BASE, narrower=True
        )
    assert [text for text in caplog.messages if not text.startswith("Multiple concept schemes found")] == []
    assert [t for t in after - before if t[1] != DCTERMS.modified] == []
    assert set(before - after) == set()
