"""What goes into an export comes back from every form of it, to every reader; what a form cannot hold is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.dom.minidom
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.export.export import single
from cmgraph.rdf.blank_nodes import canonical

PREFIXES = """@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix e: <https://example.org/odd#> .
"""
FORMS = {
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "ttl": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}

ODD = {
    "nodes without a name": "<a:a> e:in [ e:city 'x' ; e:list ( 1 1 _:k ) ] . _:k a e:Mine ; e:self _:k . _:z a _:k .",
    "terms that clash": (
        "<a:a> dcterms:source <b:b> , 'text' ; e:source 'other' ; e:id 1 ; e:type <a:a> ; dcterms:type 'x' ; "
        "e:event 'y' ; e:place <b:b> ; e:list _:l ; <https://example.org/source> 'third' ; e:vocab 'v' ; "
        "<https://example.org/context> 'w' ."
    ),
    "kinds of texts": (
        "<a:a> e:p 'x' , 'x'@en , 'x'@en-CA , 'x'@fr-t-en , '01'^^xsd:integer , 'x'^^e:own , ' ' , '' , true , 1.50 ; "
        "e:lang 'a'@en , 'b'@fr , 'c' ; e:day '2020-01-09'^^xsd:date ; e:json '[1]'^^rdf:JSON ; rdf:type 'literal' ."
    ),
    "line ends and signs": (
        '<a:a> e:p "cr\\rhere" , "crlf\\r\\n" , "\\t tab" , "<&]]>\\"" , "\\u0085\\u2028" , "\\U0001F5FA" .'
    ),
    "odd addresses": (
        "<https://example.org/a?b=c&d=%20'(1)> e:p <urn:x:y> , <mailto:a@b> , <https://example.org/é> , <file:///a> ; "
        "<https://example.org/1abc> 1 ; <https://example.org/a%20b> 2 ; <https://example.org/a.b> 3 ; <urn:p> 5 ."
    ),
    "kinds without an element": "<a:a> a <https://example.org/123> , e:Mine ; e:p 1 .",
    "numbered members": "<a:a> rdf:_1 <b:b> ; rdf:_2 <b:c> ; rdf:value 3 .",
}
NEW = {
    "triple term": "<a:r> rdf:reifies <<( <a:a> e:p 'cr\\rhere' )>> , <<( _:b e:q <<( _:b e:p 1 )>> )>> . _:b e:p 1 .",
    "direction": "<a:a> e:p 'x'@ar--rtl , 'y'@ar , 'x'@en--ltr .",
}


ONTOLOGY = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://example.org/odd> sh:declare <d:1> , <d:2> , <d:3> , <d:4> .
<d:1> sh:prefix "e" ; sh:namespace "https://example.org/odd#" .
<d:2> sh:prefix "source" ; sh:namespace "https://example.org/source/" .
<d:3> sh:prefix "dcterms" ; sh:namespace "http://purl.org/dc/terms/" .
<d:4> sh:prefix "id" ; sh:namespace "https://example.org/id/" .
"""


def graph_of(tmp_path: Path, text: str) -> cmgraph.Graph:
    """Return a graph of its own, with a few prefixes for an ontology."""
    for folder in ("ontology", "data"):
        (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "ontology/prefixes.ttl").write_text(ONTOLOGY)
    (tmp_path / "data/odd.ttl").write_text(f"{PREFIXES}\n{text}", encoding="utf-8")
    return cmgraph.load(tmp_path)


def original(tmp_path: Path) -> list[str]:
    paths = (tmp_path / "data/odd.ttl", tmp_path / "ontology/prefixes.ttl")
    stated = (quad.triple for path in paths for quad in parse(path=path, format=RdfFormat.TURTLE))
    return sorted(map(str, canonical(stated)))


def original_in_rdflib(tmp_path: Path) -> Graph:
    return Graph().parse(tmp_path / "data/odd.ttl").parse(tmp_path / "ontology/prefixes.ttl")


def same(one: Graph, other: Graph) -> bool:
    return set(one) == set(other) or isomorphic(one, other)


def read_back(path: Path, form: str) -> list[str]:
    return sorted(set(map(str, canonical(quad.triple for quad in parse(path=path, format=FORMS[form])))))


def written(graph: cmgraph.Graph, form: str, tmp_path: Path) -> Path:
    path = tmp_path / f"out.{form}"
    single(graph, form, path)
    return path


@pytest.mark.gate
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_graph_comes_back_to_the_engine(tmp_path: Path, text: str, form: str) -> None:
    path = written(graph_of(tmp_path, text), form, tmp_path)
    assert read_back(path, form) == original(tmp_path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_graph_comes_back_to_rdflib(tmp_path: Path, text: str, form: str) -> None:
    path = written(graph_of(tmp_path, text), form, tmp_path)
    names = {"nt": "nt", "nq": "nquads", "ttl": "turtle", "trig": "trig", "rdf": "xml", "jsonld": "json-ld"}
    graph = Graph()
    for s, p, o, _ in Dataset().parse(path, format=names[form]).quads():
        graph.add((s, p, o))
    assert same(graph, original_in_rdflib(tmp_path))


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_json_ld_comes_back_to_a_third_reader(tmp_path: Path, text: str) -> None:
    jsonld = pytest.importorskip("pyld").jsonld
    path = written(graph_of(tmp_path, text), "jsonld", tmp_path)
    quads = jsonld.to_rdf(json.loads(path.read_text(encoding="utf-8")), {"format": "application/n-quads"})
    assert same(Graph().parse(data=quads, format="nt"), original_in_rdflib(tmp_path))


def test_json_ld_tells_a_third_reader_the_direction(tmp_path: Path) -> None:
    jsonld = pytest.importorskip("pyld").jsonld
    path = written(graph_of(tmp_path, NEW["direction"]), "jsonld", tmp_path)
    options = {"format": "application/n-quads", "rdfDirection": "i18n-datatype"}
    quads = jsonld.to_rdf(json.loads(path.read_text(encoding="utf-8")), options)
    assert "i18n#ar_rtl>" in quads and "i18n#en_ltr>" in quads and '"y"@ar' in quads


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", NEW.values(), ids=NEW)
def test_what_is_new_in_rdf_comes_back(tmp_path: Path, text: str, form: str) -> None:
    if form == "jsonld" and text == NEW["triple term"]:
        pytest.skip("refused, see below")
    path = written(graph_of(tmp_path, text), form, tmp_path)
    assert read_back(path, form) == original(tmp_path)


REFUSED = {
    "triple term": ("jsonld", NEW["triple term"], "JSON-LD cannot hold a triple term", "a:r http"),
    "property that ends in a digit": ("rdf", "<a:a> <https://example.org/p/1> 1 .", "no name for the property", "a:a "),
    "property that ends in a slash": ("rdf", "<a:a> <https://example.org/p/> 1 .", "no name for the property", "a:a "),
    "property of the syntax": ("rdf", "<a:a> rdf:li 1 .", "no name for the property", "a:a http"),
    "nothing but a kind without a name": ("rdf", "<a:a> a <f:1> .", "no name for the class", "a:a http"),
    "control character": ("rdf", '<a:a> e:p "a\\u0001b" .', "XML cannot hold this text", "a:a "),
    "scheme that is a prefix": ("jsonld", "<a:a> e:p <source:x> .", "is a prefix", "<source:x>"),
}


@pytest.mark.parametrize(("form", "text", "said", "where"), REFUSED.values(), ids=REFUSED)
def test_what_a_form_cannot_hold_is_refused_with_its_place(
    tmp_path: Path, form: str, text: str, said: str, where: str
) -> None:
    with pytest.raises(CmgraphError, match=said) as error:
        written(graph_of(tmp_path, text), form, tmp_path)
    assert error.value.where.startswith(where) and error.value.hint
    assert not (tmp_path / f"out.{form}").exists()


def test_a_carriage_return_survives_any_parser_of_xml(tmp_path: Path) -> None:
    path = written(graph_of(tmp_path, '<a:a> e:p "cr\\rhere" .'), "rdf", tmp_path)
    texts = [n.firstChild.data for n in xml.dom.minidom.parse(str(path)).getElementsByTagName("*") if n.firstChild]
    assert "cr\rhere" in texts


@pytest.mark.parametrize("form", FORMS)
def test_another_reading_gives_the_same_bytes(tmp_path: Path, form: str) -> None:
    graph = graph_of(tmp_path, ODD["nodes without a name"])
    first = written(graph, form, tmp_path).read_bytes()
    assert written(cmgraph.load(tmp_path), form, tmp_path).read_bytes() == first
    (tmp_path / "data/odd.ttl").rename(tmp_path / "data/another.ttl")
    assert written(cmgraph.load(tmp_path), form, tmp_path).read_bytes() == first


def test_parquet_keeps_names_directions_and_triple_terms(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    from cmgraph.export.export import Options, export

    text = "<a:a> e:in [ e:city 'x'@ar--rtl ] . <a:r> rdf:reifies <<( <a:a> e:p 1 )>> ."
    export(graph_of(tmp_path, text), tmp_path / "out", Options(only=["parquet"]))
    edges = pq.read_table(tmp_path / "out/parquet/edges.parquet").to_pylist()
    (inside,) = (row["object"] for row in edges if row["property"].endswith("odd#in"))
    values = pq.read_table(tmp_path / "out/parquet/values.parquet").to_pylist()
    assert inside.startswith("_:b")
    assert [row["language"] for row in values if row["subject"] == inside] == ["ar--rtl"]
    assert any(row["object"].startswith("<<( <a:a>") for row in edges)


@pytest.mark.parametrize("form", ["nt", "nq", "ttl", "trig", "rdf"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.thorough
def test_a_graph_comes_back_to_raptor(tmp_path: Path, text: str, form: str) -> None:
    if not shutil.which("rapper"):
        pytest.skip("no Raptor here")
    path = written(graph_of(tmp_path, text), form, tmp_path)
    names = {"nt": "ntriples", "nq": "nquads", "ttl": "turtle", "trig": "trig", "rdf": "rdfxml"}
    done = subprocess.run(["rapper", "-q", "-i", names[form], str(path)], capture_output=True, check=True)
    assert same(Graph().parse(data=done.stdout, format="nt"), original_in_rdflib(tmp_path))


def test_rdflib_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "ontology/shapes").mkdir(parents=True)
    shape = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <s:s> a sh:NodeShape ; sh:targetNode <a:a> ; sh:nodeKind sh:IRI ."
    )
    (tmp_path / "ontology/shapes/one.ttl").write_text(shape)
    for text in NEW.values():
        with pytest.raises(CmgraphError, match="rdflib does not know"):
            _ = graph_of(tmp_path, text).rdflib
        with pytest.raises(CmgraphError, match="rdflib does not know"):
            graph_of(tmp_path, text).validate(engine="reference")


@pytest.mark.gate
def test_an_upload_keeps_the_nodes_of_two_files_apart(tmp_path: Path) -> None:
    import servers

    paths = []
    for number in range(2):
        paths.append(tmp_path / f"{number}.ttl")
        paths[-1].write_text(f"<a:{number}> <a:in> _:b0 . _:b0 <a:city> 'City {number}' .")
    with servers.oxigraph(tmp_path) as server:
        cmgraph.upload(server.graph_store, paths, cmgraph.load())
        rows = cmgraph.load(endpoint=server.endpoint).query("SELECT ?a ?c { ?a <a:in>/<a:city> ?c } ORDER BY ?a")
        assert [str(row[1]) for row in rows] == ["City 0", "City 1"]
