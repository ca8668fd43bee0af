"""A value goes into a query as a term, where the query has a place for it, or not at all."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode

import cmgraph
from cmgraph.graph import Graph
from cmgraph.store import builtin
from cmgraph.store.values import bind_values, blocks

CANADA = NamedNode("https://w3id.org/cmgraph/id/agent/government-of-canada")


@pytest.mark.parametrize("block", ["VALUES ?s { UNDEF }", "values ?s{UNDEF}", "VALUES   $s\n  {\n  UNDEF # none\n}"])
def test_a_block_is_found_however_it_is_spaced(block: str) -> None:
    bound = bind_values(f"SELECT * {{ {block} ?s ?p ?o }}", {"s": [CANADA]})
    assert bound == f"SELECT * {{ VALUES ?s {{ {CANADA} }} ?s ?p ?o }}"


def test_what_looks_like_a_block_in_a_string_or_a_comment_is_none() -> None:
    query = 'SELECT * { # VALUES ?s { UNDEF }\n BIND("VALUES ?s { 1 }" AS ?x) VALUES ?t { "}" "VALUES ?s {" } }'
    assert blocks(query).keys() == {"t"}
    assert blocks(query)["t"][0].content.strip() == '"}" "VALUES ?s {"'
    assert bind_values(query, {"t": [Literal("}")]}).endswith('VALUES ?t { "}" } }')


def test_every_block_of_a_name_is_bound_and_others_stay() -> None:
    query = "SELECT * { { VALUES ?a { 1 } } UNION { VALUES ?a { 2 } VALUES ?b { 3 } } }"
    bound = bind_values(query, {"a": [None]})
    assert bound == "SELECT * { { VALUES ?a { UNDEF } } UNION { VALUES ?a { UNDEF } VALUES ?b { 3 } } }"


def test_a_query_without_a_place_for_a_value_is_refused(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.CmgraphError, match=r"no VALUES block for \?thing"):
        bind_values("SELECT * { VALUES (?thing) { (UNDEF) } }", {"thing": [CANADA]})
    with pytest.raises(cmgraph.CmgraphError, match=r"labels: there is no VALUES block for \?nobody"):
        list(builtin.ask(bundled_graph.store, "labels", nobody=[CANADA]))


def test_many_values_are_asked_in_batches_and_every_row_comes(
    bundled_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    iris = sorted({str(row[0].value) for row in builtin.ask(bundled_graph.store, "kinds") if row[0]})[:1200]
    rows = set(builtin.ask(bundled_graph.store, "labels", thing=iris))
    monkeypatch.setattr(builtin, "BATCH", 7)
    assert set(builtin.ask(bundled_graph.store, "labels", thing=iris)) == rows
