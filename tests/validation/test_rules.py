"""Each rule fires on its own fixture and on nothing else; the bundled graph breaks none."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM, lexical
from cmgraph.store.local import LocalStore
from cmgraph.validation.validate import ENGINES, Finding, Report, validate
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"
INVALID = sorted((FIXTURES / "invalid").glob("*.ttl"))


def check(graph: Graph, *paths: Path, engine: str = "fast") -> Report:
    """Validate the ontology's terms with the valid base and ``paths``."""
    read = [*_common(graph), *map(RdfFile.read, paths)]
    store = LocalStore(triple for file in read for triple in file.triples)
    return validate(store, graph.ontology.shapes, graph.prefixes, engine=engine, files=read)


@cache
def _common(graph: Graph) -> list[RdfFile]:
    return [RdfFile.read(path) for path in (*graph.ontology.term_files, FIXTURES / "valid/base.ttl")]


def rules(graph: Graph) -> set[str]:
    """Return the ids of all declared rules."""
    spot = "https://w3id.org/cmgraph/shape/"
    triples = (triple for file in graph.ontology.shapes for triple in file.triples)
    return {t.subject.value.removeprefix(spot) for t in triples if spot in str(t.subject)}


def test_the_valid_base_breaks_no_rule(bundled_graph: Graph) -> None:
    assert check(bundled_graph).findings == ()


@pytest.mark.thorough
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_rule_fires_exactly_on_its_fixture(bundled_graph: Graph, path: Path) -> None:
    findings = check(bundled_graph, path).findings
    assert {finding.rule for finding in findings} == {path.stem}
    assert all(finding.message and finding.file == str(path) and finding.line for finding in findings)


def test_every_rule_has_a_fixture(bundled_graph: Graph) -> None:
    assert rules(bundled_graph) == {path.stem for path in INVALID}


def test_every_rule_speaks_both_languages(bundled_graph: Graph) -> None:
    message = "http://www.w3.org/ns/shacl#message"
    tags = [t.object.language for f in bundled_graph.ontology.shapes for t in f.triples if t.predicate.value == message]
    assert tags.count("en") == tags.count("fr-t-en") == len(rules(bundled_graph))


def test_the_bundled_graph_is_clean(bundled_graph: Graph) -> None:
    assert bundled_graph.validate().findings == ()


def test_no_shapes_is_an_error_not_a_pass(bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="no shapes"):
        validate(bundled_graph.store, [], bundled_graph.prefixes)


@pytest.mark.thorough
def test_both_validators_find_the_bundled_graph_clean(bundled_graph: Graph) -> None:
    assert bundled_graph.validate(engine="reference").findings == bundled_graph.validate().findings == ()


@pytest.fixture(scope="module")
def apart(bundled_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every fixture again, about things of its own: its name stands in their IRIs.

    In those of terms it stands inside, as rules say how terms begin and end, and before their texts.
    """
    folder = tmp_path_factory.mktemp("apart")
    shared = {subject for file in _common(bundled_graph) for subject in file.subjects}

    for fixture in map(RdfFile.read, INVALID):
        name = fixture.path.stem
        own = {
            iri: iri[:-3] + name + iri[-3:] if iri.startswith(CM) else iri + name for iri in fixture.subjects - shared
        }
        new = {iri: NamedNode(renamed) for iri, renamed in own.items()}
        texts = {
            t.object: Literal(f"{name} {t.object.value}", language=t.object.language)
            for t in fixture.triples
            if isinstance(t.object, Literal) and t.object.language and CM in str(t.subject)
        }
        named = (Triple(t.subject, t.predicate, texts.get(t.object, t.object)) for t in fixture.triples)
        triples = [Triple(*(new.get(lexical(term), term) for term in triple)) for triple in named]
        serialize(triples, str(folder / fixture.path.name), RdfFormat.TURTLE)
    return folder


@pytest.fixture(scope="module")
def found(bundled_graph: Graph, apart: Path) -> dict[str, set[str]]:
    """Return the rules that the fast validator finds broken in each fixture, all apart in one graph."""
    broken: dict[str, set[str]] = {}
    for finding in check(bundled_graph, *sorted(apart.glob("*.ttl"))).findings:
        assert finding.message and finding.line
        broken.setdefault(Path(str(finding.file)).stem, set()).add(finding.rule)
    return broken


@pytest.mark.parametrize("name", [path.stem for path in INVALID])
def test_each_rule_fires_exactly_on_its_fixture_where_all_stand_apart(found: dict[str, set[str]], name: str) -> None:
    assert found[name] == {name}


@pytest.fixture(scope="module")
def merged(bundled_graph: Graph, apart: Path) -> dict[str, tuple[Finding, ...]]:
    """Return what each validator finds in one graph of all fixtures, the reference in a single run.

    Every fixture is in it twice: apart, where none can hide what is wrong with another; and as it is, where what
    several call by one name is one thing, which breaks many rules at once.
    """
    paths = [*INVALID, *sorted(apart.glob("*.ttl"))]
    return {engine: check(bundled_graph, *paths, engine=engine).findings for engine in ENGINES}


@pytest.mark.gate
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_rule_fires_exactly_on_its_fixture_among_all_others(
    merged: dict[str, tuple[Finding, ...]], apart: Path, path: Path, engine: str
) -> None:
    assert {f.rule for f in merged[engine] if f.file == str(apart / path.name)} == {path.stem}


@pytest.mark.gate
def test_both_validators_find_the_same_in_all_fixtures_and_where_a_thing_breaks_many_rules(
    merged: dict[str, tuple[Finding, ...]],
) -> None:
    assert merged["reference"] == merged["fast"]
    broken = {finding.rule for finding in merged["fast"] if finding.focus.iri.endswith("/id/rel/bad")}
    assert len(broken) > 20


def test_an_unknown_validator_is_an_error(bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="unknown validator 'other'"):
        bundled_graph.validate(engine="other")
