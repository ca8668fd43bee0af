"""Shapes asked as queries find what pySHACL finds, constraint by constraint, or say that they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.store.local import LocalStore
from cmgraph.validation.validate import validate

PREFIXES = """
@prefix : <https://w3id.org/cmgraph/shape/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = """
:Narrow rdfs:subClassOf :Kind .
:a a :Kind ; :p "x"@en , "y"@en , "z"@fr ; :n 1 , 5 ; :date "2020-02-30"^^xsd:date ; :to :b .
:b a :Narrow ; :p "long enough" ; :n 7 ; :date "2020-02-29"^^xsd:date ; :back :b ; :to :b , :c ; :q 7 .
:c a :Other ; :flag "none"^^xsd:boolean , true ; :to "text" ; :n "seven" ; :back :a ; :n "9"^^xsd:decimal .
"""
COMPONENT = """
:Own a sh:ConstraintComponent ; sh:parameter [ sh:path :own ] ;
    sh:nodeValidator [ a sh:SPARQLSelectValidator ;
        sh:select "SELECT $this { $this <https://w3id.org/cmgraph/shape/n> ?n FILTER(?n = $own) }" ] .
"""
TARGET = "sh:targetClass :Kind , :Other"
CONSTRAINTS = [
    "sh:path :n ; sh:minCount 2",
    "sh:path :n ; sh:maxCount 1",
    "sh:path :n ; sh:minInclusive 5",
    "sh:path :n ; sh:maxExclusive 7",
    "sh:path :n ; sh:lessThan :q",
    "sh:path :n ; sh:in ( 1 5 7 )",
    "sh:path :n ; sh:datatype xsd:integer",
    "sh:path :date ; sh:datatype xsd:date",
    "sh:path :flag ; sh:datatype xsd:boolean",
    "sh:path :p ; sh:uniqueLang true",
    'sh:path :p ; sh:languageIn ( "en" )',
    "sh:path :p ; sh:minLength 2 ; sh:maxLength 5",
    'sh:path :p ; sh:pattern "^X$" ; sh:flags "i"',
    "sh:path :to ; sh:class :Kind",
    "sh:path :to ; sh:nodeKind sh:IRI",
    "sh:path :to ; sh:hasValue :b",
    "sh:path ( :to :to ) ; sh:minCount 1",
    "sh:path [ sh:inversePath :to ] ; sh:minCount 1",
    "sh:path [ sh:alternativePath ( :to :back ) ] ; sh:class :Kind",
    "sh:path [ sh:zeroOrMorePath :to ] ; sh:hasValue :a",
    "sh:path :to ; sh:disjoint :back",
    "sh:path :p ; sh:qualifiedValueShape [ sh:languageIn ( 'en' ) ] ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1",
    "sh:path :to ; sh:node [ sh:property [ sh:path :q ; sh:minCount 1 ] ]",
    "sh:not [ sh:path :q ; sh:minCount 1 ]",
    "sh:or ( [ sh:path :q ; sh:minCount 1 ] [ sh:path :back ; sh:minCount 1 ] )",
    "sh:and ( [ sh:path :q ; sh:minCount 1 ] [ sh:path :n ; sh:maxCount 1 ] )",
    "sh:xone ( [ sh:path :q ; sh:minCount 1 ] [ sh:path :n ; sh:minCount 1 ] [ sh:path :back ; sh:minCount 1 ] )",
    "sh:hasValue :a",
    "sh:closed true ; sh:ignoredProperties ( :p :n ) ; sh:property [ sh:path :to ]",
    "sh:not [ sh:closed true ; sh:ignoredProperties ( :flag :to :n :back rdf:type ) ]",
    "sh:path :to ; sh:closed true",
    "sh:path :to ; sh:equals :back",
    "sh:equals :back",
    "sh:disjoint :back",
    "sh:not [ sh:path :q ; sh:equals :q ]",
    "sh:path :n ; sh:lessThanOrEquals :date",
    "sh:node [ sh:property [ sh:path :n ; sh:lessThan :q ] ]",
    "sh:node [ sh:property [ sh:path :p ; sh:uniqueLang true ] ]",
    "sh:path :n ; sh:minCount 4",
    "sh:path [ sh:inversePath :to ] ; sh:minCount 2000",
    "sh:path [ sh:oneOrMorePath :to ] ; sh:maxCount 2",
    "sh:node [ sh:property [ sh:path [ sh:oneOrMorePath :to ] ; sh:maxCount 2 ] ]",
    "sh:not [ sh:path :p ; sh:minCount 3 ]",
    "sh:path :n ; sh:qualifiedValueShape [ sh:minInclusive 2 ] ; sh:qualifiedMinCount 3",
    """sh:property [ sh:path :n ; sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMinCount 1 ;
        sh:qualifiedValueShape [ sh:minInclusive 1 ] ] ,
    [ sh:path :n ; sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMinCount 1 ;
        sh:qualifiedValueShape [ sh:minInclusive 5 ] ]""",
    "sh:path :to ; sh:in ( :a :b )",
    "sh:path :n ; sh:in ( )",
    "sh:nodeKind sh:Literal ; sh:severity :own",
    "sh:path :p ; sh:pattern '^(?!x)'",
    "sh:path :n ; sh:datatype xsd:byte",
    ":own 1",
    "sh:node [ sh:sparql [ sh:select 'SELECT $this { $this <https://w3id.org/cmgraph/shape/n> 7 }' ] ]",
    "sh:property :within . :within sh:path :n ; sh:minCount 2 ; sh:severity sh:Warning",
    "sh:property :within . :within sh:path :to ; sh:property :deeper . :deeper sh:path :q ; sh:minCount 1",
    "sh:property :within . :within sh:path :n ; sh:minCount 9 ; sh:deactivated true",
    "sh:not [ sh:path :n ; sh:minCount 9 ; sh:deactivated true ]",
    "sh:deactivated true ; sh:path :n ; sh:minCount 9",
    "sh:severity sh:Warning ; sh:path :n ; sh:minCount 9",
]


def found(graph: Graph, shape: str, folder: Path, engine: str) -> set[tuple[str, ...]]:
    """Return what breaks a shape: severity, focus, path, value."""
    files = []
    for name, text in (("data", DATA), ("shapes", COMPONENT + shape)):
        path = folder / f"{name}.ttl"
        path.write_text(PREFIXES + text, encoding="utf-8")
        files.append(RdfFile.read(path))
    store = LocalStore(files[0].triples)
    report = validate(store, [files[1]], graph.prefixes, engine=engine, files=[files[0]])
    return {(f.severity, f.focus.iri, f.path, f.value) for f in report.findings}


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_both_validators_find_the_same(bundled_graph: Graph, tmp_path: Path, constraint: str) -> None:
    shape = f":s {TARGET} ; {constraint} ."
    expected = found(bundled_graph, shape, tmp_path, "reference")
    assert found(bundled_graph, shape, tmp_path, "fast") == expected
    assert expected or "deactivated" in constraint


@pytest.mark.parametrize(
    "targets",
    [
        ":s sh:targetSubjectsOf :back ; sh:path :n ; sh:minCount 9 .",
        ":s sh:targetObjectsOf :to ; sh:nodeKind sh:IRI .",
        ":s sh:targetNode :c , :nobody ; sh:path :n ; sh:minCount 9 .",
        ":Kind a rdfs:Class , sh:NodeShape ; sh:not [ sh:path :q ; sh:minCount 1 ] .",
        ":Kind a <http://www.w3.org/2002/07/owl#Class> ; sh:property [ sh:path :q ; sh:minCount 1 ] .",
        ":Kind a :Meta ; sh:not [ sh:class :Kind ] . :Meta rdfs:subClassOf rdfs:Class .",
        "[] sh:targetClass :Kind ; sh:property [ sh:path :q ; sh:minCount 1 ] .",
        "[] a sh:PropertyShape ; sh:targetClass :Other ; sh:path :q ; sh:minCount 1 .",
        ":unused a sh:NodeShape ; sh:property [ sh:path :q ; sh:targetClass :Other ; sh:minCount 1 ] ; "
        "sh:targetNode :nobody .",
        ':s sh:targetClass :Kind ; sh:sparql [ sh:select "SELECT $this ?value { $this '
        '<https://w3id.org/cmgraph/shape/n> ?value FILTER(?value > 4) }" ] .',
    ],
)
def test_targets_are_the_same(bundled_graph: Graph, tmp_path: Path, targets: str) -> None:
    expected = found(bundled_graph, targets, tmp_path, "reference")
    assert found(bundled_graph, targets, tmp_path, "fast") == expected != set()
