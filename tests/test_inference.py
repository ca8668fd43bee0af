"""What follows by rule: shortcuts and day bounds, and what must not follow."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.graph import Graph
from cmgraph.inference import infer
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM, XSD
from cmgraph.store.local import LocalStore
from conftest import ROOT

BASE = ROOT / "tests/fixtures/valid/base.ttl"


@pytest.fixture(scope="module")
def derived(bundled_graph: Graph) -> set[str]:
    """Return what follows from the valid base, as CURIEs."""
    rules = dict(infer(LocalStore(RdfFile.read(BASE).triples), bundled_graph.ontology))
    return {
        " ".join(bundled_graph.prefixes.shorten(term.value) for term in triple)
        for rule in rules.values()
        for triple in rule
    }


def test_a_party_has_been_party(derived: set[str]) -> None:
    assert "agent:base-government cm:hasBeenPartyTo arrangement:base-agreement" in derived


def test_an_observer_has_taken_part_but_is_never_a_party(derived: set[str]) -> None:
    assert "agent:base-nation cm:hasTakenPartIn arrangement:base-agreement" in derived
    assert "agent:base-nation cm:hasBeenPartyTo arrangement:base-agreement" not in derived


def test_a_rights_holder_follows_from_an_attributed_statement_only(derived: set[str]) -> None:
    assert [line.split()[0] for line in derived if line.endswith(" cm:RightsHolder")] == ["agent:base-nation"]


@pytest.mark.parametrize(
    ("date", "kind", "first", "last"),
    [
        ("2020", "gYear", "2020-01-01", "2020-12-31"),
        ("2020-02", "gYearMonth", "2020-02-01", "2020-02-29"),
        ("2021-02", "gYearMonth", "2021-02-01", "2021-02-28"),
        ("1900-02", "gYearMonth", "1900-02-01", "1900-02-28"),
        ("2000-02", "gYearMonth", "2000-02-01", "2000-02-29"),
        ("2024-11", "gYearMonth", "2024-11-01", "2024-11-30"),
        ("2020-01-09", "date", "2020-01-09", "2020-01-09"),
    ],
)
def test_bounds_of_a_date(bundled_graph: Graph, date: str, kind: str, first: str, last: str) -> None:
    thing, started = NamedNode("http://x"), NamedNode(CM + "startDate")
    stated = [Triple(thing, started, Literal(date, datatype=NamedNode(XSD + kind)))]
    bounds = dict(infer(LocalStore(stated), bundled_graph.ontology))["start-bounds"]
    assert {t.predicate.value.removeprefix(CM): t.object.value for t in bounds} == {
        "earliestStart": first,
        "latestStart": last,
    }
