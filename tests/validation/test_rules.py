"""Each rule fires on its own fixture and on nothing else; the bundled graph breaks none."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.ontology import Ontology
from cmgraph.rdf.files import RdfFile
from cmgraph.store.local import LocalStore
from cmgraph.validation.validate import Report, validate
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"
INVALID = sorted((FIXTURES / "invalid").glob("*.ttl"))


def check(graph: Graph, *paths: Path, engine: str = "fast") -> Report:
    """Validate the ontology's terms with the valid base and ``paths``."""
    read = [*_common(graph.root), *map(RdfFile.read, paths)]
    store = LocalStore(triple for file in read for triple in file.triples)
    return validate(store, graph.ontology.shapes, graph.prefixes, engine=engine, files=read)


@cache
def _common(root: Path) -> list[RdfFile]:
    return [RdfFile.read(path) for path in (*Ontology(root / "ontology").term_files, FIXTURES / "valid/base.ttl")]


@cache
def rules(graph: Graph) -> set[str]:
    """Return the ids of all declared rules."""
    spot = "https://w3id.org/cmgraph/shape/"
    return {
        t.subject.value.removeprefix(spot) for f in graph.ontology.shapes for t in f.triples if spot in str(t.subject)
    }


def test_the_valid_base_breaks_no_rule(graph: Graph) -> None:
    assert check(graph).findings == ()


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_rule_fires_exactly_on_its_fixture(graph: Graph, path: Path) -> None:
    findings = check(graph, path).findings
    assert {finding.rule for finding in findings} == {path.stem}
    assert all(finding.message and finding.file == str(path) and finding.line for finding in findings)


def test_every_rule_has_a_fixture(graph: Graph) -> None:
    assert rules(graph) == {path.stem for path in INVALID}


def test_every_rule_speaks_both_languages(graph: Graph) -> None:
    message = "http://www.w3.org/ns/shacl#message"
    tags = [t.object.language for f in graph.ontology.shapes for t in f.triples if t.predicate.value == message]
    assert tags.count("en") == tags.count("fr-t-en") == len(rules(graph))


def test_the_bundled_graph_is_clean(graph: Graph) -> None:
    assert graph.validate().findings == ()


def test_no_shapes_is_an_error_not_a_pass(graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="no shapes"):
        validate(graph.store, [], graph.prefixes)


@pytest.mark.gate
def test_both_validators_find_the_bundled_graph_clean(graph: Graph) -> None:
    assert graph.validate(engine="reference").findings == graph.validate().findings == ()


@pytest.mark.gate
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_both_validators_find_the_same_on_every_fixture(graph: Graph, path: Path) -> None:
    assert check(graph, path, engine="reference").findings == check(graph, path).findings


@pytest.mark.gate
def test_both_validators_find_the_same_in_a_file_that_breaks_many_rules(graph: Graph, tmp_path: Path) -> None:
    broken = [
        path for path in INVALID if path.stem in ("C1", "C4", "D1", "D3", "I5", "K2", "O5", "P1", "T1", "T5", "Y2")
    ]
    found = check(graph, *broken, engine="reference").findings
    assert found == check(graph, *broken).findings and len(found) > 5


def test_an_unknown_validator_is_an_error(graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="no validator is called 'other'"):
        graph.validate(engine="other")
