"""Nodes without an IRI: two files' stay apart, equal graphs call theirs the same, hostile ones are refused in time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import RdfFile

P, Q = NamedNode("p:p"), NamedNode("p:q")
FIRST, REST = NamedNode("p:first"), NamedNode("p:rest")


def node(number: int) -> BlankNode:
    return BlankNode(f"n{number}")


def ring(size: int, start: int = 0) -> list[Triple]:
    return [Triple(node(start + i), P, node(start + (i + 1) % size)) for i in range(size)]


def mixed(triples: Iterable[Triple], seed: int) -> list[Triple]:
    """Say the same in another order with other labels."""
    chance, labels = random.Random(seed), dict[BlankNode, BlankNode]()

    def other(term: object) -> object:
        if isinstance(term, BlankNode):
            return labels.setdefault(term, BlankNode(f"m{chance.getrandbits(60):x}"))
        return Triple(*map(other, term)) if isinstance(term, Triple) else term  # type: ignore[arg-type]

    renamed = [Triple(*map(other, triple)) for triple in triples]  # type: ignore[arg-type]
    chance.shuffle(renamed)
    return renamed


GRAPHS = {
    "leaves": [Triple(NamedNode(f"a:{i}"), P, node(i)) for i in range(50)],
    "equal leaves of one thing": [Triple(NamedNode("a:a"), P, node(i)) for i in range(50)],
    "list of equal items": [
        *(Triple(node(i), REST, node(i + 1) if i < 999 else NamedNode("p:nil")) for i in range(1000)),
        *(Triple(node(i), FIRST, Literal("0")) for i in range(1000)),
    ],
    "trees with equal branches": [
        *(Triple(node(100 * t), P, node(100 * t + i)) for t in range(3) for i in range(1, 6)),
        *(Triple(node(100 * t + i), Q, node(100 * t + 10 * i)) for t in range(3) for i in range(1, 6)),
    ],
    "ring": ring(40),
    "two rings": [*ring(12), *ring(12, 100)],
    "all know all": [Triple(node(i), P, node(j)) for i, j in permutations(range(5), 2)],
    "oneself": [Triple(node(0), P, node(0)), Triple(node(1), P, node(0))],
    "inside triple terms": [Triple(node(0), P, Triple(node(1), Q, node(2))), Triple(node(2), Q, Literal("x"))],
}


@pytest.mark.parametrize("triples", GRAPHS.values(), ids=GRAPHS)
def test_equal_graphs_call_their_nodes_the_same(triples: list[Triple]) -> None:
    written = sorted(map(str, canonical(triples)))
    assert len(set(written)) == len(triples)
    assert all(sorted(map(str, canonical(mixed(triples, seed)))) == written for seed in range(3))


def test_rings_that_differ_only_as_wholes_are_told_apart() -> None:
    one, two = [*ring(6)], [*ring(3), *ring(3, 10)]
    assert sorted(map(str, canonical(one))) != sorted(map(str, canonical(two)))


def test_a_change_elsewhere_leaves_names_as_they_are() -> None:
    triples = GRAPHS["trees with equal branches"]
    more = [*triples, Triple(node(999), Q, Literal("new"))]
    assert len(set(map(str, canonical(mixed(more, 1)))) - set(map(str, canonical(triples)))) == 1


def test_nodes_made_to_be_alike_are_refused_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(CmgraphError, match="too alike") as error:
        list(canonical(Triple(node(i), P, node(j)) for i, j in permutations(range(14), 2)))
    assert error.value.hint and time.monotonic() - started < 30


TWO = {
    "one.ttl": "<a:1> <a:in> _:b0 . _:b0 <a:city> 'Moose Factory' .",
    "two.nt": '<a:2> <a:in> _:b0 .\n_:b0 <a:city> "Baker Lake" .',
    "three.jsonld": '{"@id": "a:3", "a:in": {"@id": "_:b0", "a:city": "Gamètì"}}',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with hardly any ontology, in which three files of data use one label."""
    for name in ("data", "ontology"):
        (tmp_path / name).mkdir()
    (tmp_path / "ontology/terms.ttl").write_text("<a:a> a <a:Term> .")
    for name, text in TWO.items():
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_files_share_no_node(folder: Path) -> None:
    labels = [t.object for name in TWO for t in RdfFile.read(folder / "data" / name).triples if "in" in str(t)]
    assert len({label for label in labels if isinstance(label, BlankNode)}) == 3


ASK = "SELECT ?thing ?city { ?thing <a:in>/<a:city> ?city } ORDER BY ?thing"


def test_a_folder_and_a_store_keep_them_apart(folder: Path, tmp_path: Path) -> None:
    graph = cmgraph.load(folder)
    assert [str(row[1]) for row in graph.query(ASK)] == ["Moose Factory", "Baker Lake", "Gamètì"]
    assert len(list(graph.rdflib.query(ASK))) == 3
    paths = [folder / "data" / name for name in TWO]
    cmgraph.load_store(tmp_path / "store", paths[:1], graph)
    cmgraph.load_store(tmp_path / "store", paths[1:], graph)
    assert len(cmgraph.load(store=tmp_path / "store").query(ASK)) == 3


@pytest.mark.parametrize("engine", ["fast", pytest.param("reference", marks=pytest.mark.thorough)])
def test_validation_keeps_them_apart(tmp_path: Path, seed_page_folder: str, engine: str) -> None:
    cm = "https://w3id.org/cmgraph/def#"
    paths = [tmp_path / "a.ttl", tmp_path / "b.ttl"]
    for path in paths:
        path.write_text(f"\n_:x a <{cm}Participation> .")
    findings = [f for f in cmgraph.load(seed_page_folder).validate(*paths, engine=engine).findings if f.rule == "P2"]
    assert {(f.file, f.line, f.column) for f in findings} == {(str(path), 2, 1) for path in paths}
    assert len({f.focus.iri for f in findings}) == 2


@pytest.mark.gate
def test_what_is_added_to_a_store_is_derived_from_though_it_has_no_name(tmp_path: Path, seed_page_folder: str) -> None:
    cm, one = "https://w3id.org/cmgraph/def#", tmp_path / "one.ttl"
    one.write_text(f"[] a <{cm}Membership> ; <{cm}hasMemberAgent> <a:a> ; <{cm}concernsBody> <a:b> .")
    graph = cmgraph.load(seed_page_folder)
    for folder, loads in (("once", [[one]]), ("added", [[], [one]])):
        for paths in loads:
            cmgraph.load_store(tmp_path / folder, paths, graph)
    asked = [
        cmgraph.load(store=tmp_path / folder).query("SELECT ?p { <a:a> ?p <a:b> }") for folder in ("once", "added")
    ]
    assert len(asked[0]) == len(asked[1]) > 0
