"""What no source says of an instrument's legal force is not told as if one did."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmgraph
from cmgraph.graph import Graph
from conftest import Run

STATEMENTS = """@prefix arrangement: <https://w3id.org/cmgraph/id/arrangement/> .
@prefix basis: <https://w3id.org/cmgraph/vocab/basis/> .
@prefix bindingness: <https://w3id.org/cmgraph/vocab/bindingness/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

arrangement:handshake a cm:Agreement ; skos:prefLabel "Handshake"@en ; cm:hasCitation cite:ca-page-fr .
arrangement:silent a cm:Agreement ; skos:prefLabel "Silent"@en ; cm:hasCitation cite:ca-page-fr .
rel:presumed a cm:Assessment ; cm:concernsArrangement arrangement:handshake ; cm:hasBasis basis:form-of-instrument ;
    cm:hasBindingness bindingness:presumed-not-binding ; cm:hasClaimStatus claim-status:unverified ;
    cm:hasCitation cite:ca-page-fr .
"""
SAID = """
rel:said a cm:Assessment ; cm:concernsArrangement arrangement:handshake ; cm:hasBasis basis:instrument-specific ;
    cm:hasBindingness bindingness:not-binding ; cm:hasClaimStatus claim-status:stated ; cm:hasCitation cite:ca-page-fr .
"""


def forces(tmp_path: Path, statements: str, force: str) -> dict[str, str]:
    """Return what is answered of the two instruments for a legal force."""
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data/forces.ttl").write_text(statements, encoding="utf-8")
    answer = cmgraph.load(tmp_path).query("binding", force=force)
    return {str(row[0]): str(row[1]) for row in answer if str(row[0]) in ("Handshake", "Silent")}


@pytest.mark.gate
def test_a_presumption_is_found_as_unknown_and_not_as_not_binding(tmp_path: Path) -> None:
    unknown = {"Handshake": "legal force not stated; presumed not binding", "Silent": "legal force not stated"}
    for word in ("unknown", "inconnue", "any"):
        assert forces(tmp_path, STATEMENTS, word) == unknown
    assert forces(tmp_path, STATEMENTS, "not binding") == {}


@pytest.mark.gate
def test_once_a_source_says_so_nothing_is_presumed(tmp_path: Path) -> None:
    assert forces(tmp_path, STATEMENTS + SAID, "not binding") == {"Handshake": "not binding"}
    assert forces(tmp_path, STATEMENTS + SAID, "unknown") == {"Silent": "legal force not stated"}


@pytest.mark.gate
def test_every_instrument_has_one_force_or_none(bundled_graph: Graph) -> None:
    said, presumed, everything = (
        {row.terms[0] for row in bundled_graph.query("binding", force=force)}
        for force in (["binding", "not binding"], "unknown", "any")
    )
    assert not said & presumed and said | presumed == everything
    assert len(bundled_graph.query("binding", force="any", basis="form of the instrument")) > 90


@pytest.mark.gate
@pytest.mark.parametrize(("lang", "words"), [("en", "presumed not binding"), ("fr", "présumé non contraignant")])
def test_a_page_of_an_instrument_says_what_is_presumed(run: Run, lang: str, words: str) -> None:
    shown = run("show", "arrangement:ca-jp-js-2025", "--lang", lang).stdout
    assert words in shown and "not binding" not in shown.replace("presumed not binding", "")


def test_who_was_convened_is_no_founder(bundled_graph: Graph) -> None:
    answer = bundled_graph.query(
        "SELECT ?member ?role { ?membership cm:concernsBody agent:energy-resource-governance-initiative ;"
        " cm:hasMemberAgent ?member ; cm:hasRole ?role } ORDER BY ?member"
    )
    roles = {str(row[0]): str(row[1]) for row in answer}
    assert roles["Government of Chile"] == "participant" and roles["Government of Canada"] == "founding partner"
