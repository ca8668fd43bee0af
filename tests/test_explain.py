"""What is derived can be listed, explained and widened to all that OWL RL entails."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal

import cmgraph
from cmgraph.explain import inferred_about, list_rules, write_owl_rl
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import lexical
from conftest import ROOT, Run


def test_every_rule_is_listed_with_what_it_gives(bundled_graph: Graph) -> None:
    listed = {row[0]: row[2] for row in list_rules(bundled_graph)}
    assert (
        listed == {rule: len(triples) for rule, triples in bundled_graph.inferred.items()}
        and sum(listed.values()) > 10_000
    )
    assert all(row[1] for row in list_rules(cmgraph.load(lang="fr")))


def test_what_is_derived_about_a_thing_is_all_that_is(bundled_graph: Graph) -> None:
    iri = bundled_graph.names.resolve("European Investment Bank").value
    every = {
        (rule, *map(lexical, triple))
        for rule, triples in bundled_graph.inferred.items()
        for triple in triples
        if iri in (lexical(triple.subject), lexical(triple.object))
    }
    explained = {
        (str(row[3]), *(lexical(term) for term in row.terms[:3] if term)) for row in inferred_about(bundled_graph, iri)
    }
    assert explained == every != set()


def test_an_explanation_names_the_statement_and_its_sources(bundled_graph: Graph) -> None:
    answer = inferred_about(bundled_graph, "European Investment Bank", explain=True)
    assert answer.columns == ("subject", "property", "value", "rule", "from")
    for row in answer:
        source = row.terms[4]
        assert source is not None and row.citations
        objects = {lexical(t.object) for t in bundled_graph.asserted if t.subject == source}
        assert {answer.citations[number - 1].iri for number in row.citations} <= objects
        ends = [term for term in (row.terms[0], row.terms[2]) if term != source and not isinstance(term, Literal)]
        assert {lexical(term) for term in ends if term} <= objects


def test_owl_rl_entails_what_must_follow_and_nothing_that_must_not(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("reasonable")
    folder = tmp_path / "graph"
    folder.mkdir()
    (folder / "ontology").symlink_to(ROOT / "ontology")
    (folder / "data").mkdir()
    (folder / "data/base.ttl").write_bytes((ROOT / "tests/fixtures/valid/base.ttl").read_bytes())
    done = run("reason", "--data", str(folder), "--owl-rl", str(tmp_path / "closure.nt"))
    assert done.returncode == 0 and "follow by OWL RL" in done.stderr
    graph = cmgraph.load(folder)
    known = {*RdfFile.read(tmp_path / "closure.nt").triples, *graph.triples}
    for path in (ROOT / "tests/fixtures/competency/must-follow").glob("*.ttl"):
        assert set(RdfFile.read(path).triples) <= known, path
    for path in (ROOT / "tests/fixtures/competency/must-not-follow").glob("*.ttl"):
        assert not set(RdfFile.read(path).triples) & known, path
    assert write_owl_rl(graph, tmp_path / "again.nt") == len((tmp_path / "closure.nt").read_text().splitlines())
    assert (tmp_path / "again.nt").read_bytes() == (tmp_path / "closure.nt").read_bytes()
