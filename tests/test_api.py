"""The library as a notebook or a script uses it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import rdflib

import cmgraph
from cmgraph.graph import Graph
from cmgraph.names import normalize_name


def test_rows_are_typed(bundled_graph: Graph) -> None:
    rows = bundled_graph.query("figures", quantity="quantity:bilateral-mineral-trade").to_dicts()
    assert rows[0]["value"] == Decimal("95.6") and rows[0]["period"] == "2020"
    assert rows[0]["where"] == cmgraph.NamedRef("https://w3id.org/cmgraph/id/place/canada", "Canada")
    assert rows[0]["citations"][0].locator == "International partnerships, paragraph 2"
    dated = bundled_graph.query("dated-by").to_dicts()
    plan = [row for row in dated if "Joint Action Plan" in str(row["arrangement"])]
    assert plan[0]["dated"] == dt.date(2020, 1, 9) and plan[0]["certain"] is True


@pytest.mark.gate
def test_rdflib_is_at_the_surface(bundled_graph: Graph) -> None:
    assert len(bundled_graph.rdflib) == len(set(bundled_graph.triples))
    answer = bundled_graph.query("figures", quantity="quantity:bilateral-mineral-trade")
    value = answer.terms[0][answer.columns.index("value")]
    assert value == rdflib.Literal("95.6", datatype=rdflib.XSD.decimal)


def test_pandas_keeps_the_sources(bundled_graph: Graph) -> None:
    frame = bundled_graph.query("partners", actor="Japan").to_pandas()
    assert list(frame.columns) == [
        "partner",
        "partner_iri",
        "via",
        "via_iri",
        "date",
        "tie",
        "tie_iri",
        "citations",
        "sources",
    ]
    assert frame["sources"].str.contains(r"https?://").all()


def test_a_notebook_gets_escaped_html(bundled_graph: Graph) -> None:
    html = bundled_graph.query("SELECT ?x { VALUES ?x { '<script>' } }")._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_search_folds_and_finds_old_names(bundled_graph: Graph) -> None:
    assert normalize_name("ʔaq̓am Tŝilhqot'in Tłı̨chǫ") == "aqam tsilhqotin tlicho"
    assert bundled_graph.search("metis nation")[0].thing.label == "Métis"
    assert (
        bundled_graph.search("energy resource and governance")[0].thing.label == "Energy Resource Governance Initiative"
    )


@pytest.mark.gate
def test_an_entity_at_a_day_leaves_out_what_began_later() -> None:
    late = cmgraph.load(as_of="2026-11-23").entity("Canada-U.S. Joint Action Plan on Critical Minerals")
    early = cmgraph.load(as_of="2019-12-31").entity("Canada-U.S. Joint Action Plan on Critical Minerals")
    assert "dated act" in {s.kind.label for s in late.statements}
    assert "dated act" not in {s.kind.label for s in early.statements}
    assert all(statement.citations for statement in late.statements)


def test_nothing_heavy_is_imported_to_answer() -> None:
    import subprocess
    import sys

    script = (
        "import sys, cmgraph; cmgraph.load().query('partners');"
        "print([m for m in ('rdflib', 'pyshacl', 'networkx', 'pandas', 'rich', 'SPARQLWrapper') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
