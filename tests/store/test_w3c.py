"""Every W3C test of SPARQL 1.0 and 1.1 queries comes out of cmgraph as it comes out of the engine alone."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

import w3c
from cmgraph.cli.main import main
from cmgraph.graph import Graph
from cmgraph.store.disk import replace_store

EVALUATION = [case for case in w3c.cases() if case.valid is None]
SYNTAX = [case for case in w3c.cases() if case.valid is not None]


def test_the_suite_is_whole() -> None:
    assert (len(EVALUATION), len(SYNTAX)) == (519, 302)
    assert sum(w3c.right(case, w3c.by_engine(case)) for case in EVALUATION) > 470


@pytest.mark.thorough
def test_what_the_engine_gets_wrong_comes_out_as_wrong(bundled_graph: Graph) -> None:
    for case in EVALUATION:
        if w3c.right(case, w3c.by_engine(case)):
            continue  # goes through the command, below
        assert w3c.by_library(case, bundled_graph) == w3c.by_engine(case), case.name


@pytest.mark.thorough
def test_what_the_engine_can_read_is_read_and_what_it_cannot_is_refused(bundled_graph: Graph) -> None:
    for case in SYNTAX:
        engine, library = w3c.by_engine(case), w3c.by_library(case, bundled_graph)
        assert (library[0] == "refused") == (engine[0] == "refused"), case.name


@pytest.mark.thorough
def test_every_answer_is_the_engines_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, case in enumerate(case for case in EVALUATION if w3c.right(case, w3c.by_engine(case))):
        store, file = tmp_path / str(number), tmp_path / f"{number}.rq"
        with replace_store(store) as engine:
            engine.bulk_extend(w3c.dataset(case))
        file.write_text(w3c.text(case), encoding="utf-8")
        kind, answer = w3c.by_engine(case)
        form = {"rows": ["-f", "json"], "statements": ["-f", "nt"], "truth": []}[kind]
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["cmgraph", "query", str(file), "--store", str(store), *form])
            patch.setattr(sys, "stdout", out)
            with pytest.raises(SystemExit) as end:
                main()
        out.flush()
        printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
        if kind == "truth":
            assert (printed, end.value.code) == ("true\n", 0) if answer else ("false\n", 1), case.name
            continue
        assert end.value.code == 0, case.name
        if kind == "statements":
            triples = [quad.triple for quad in ox.parse(printed, ox.RdfFormat.N_TRIPLES)]
            assert w3c.canonical_triples(triples) == answer, case.name
        else:
            assert _printed(printed) == _expected(case), case.name


def _printed(text: str) -> Counter[tuple[str, ...]]:
    """Return the rows of the command's JSON, each value by itself."""
    table = json.loads(text)
    names = sorted(column["name"] for column in table["columns"])
    return Counter(tuple(_plain(row[name]) for name in names) for row in table["rows"])


def _plain(cell: Any) -> str:
    if isinstance(cell, dict):
        return str(cell["iri"])
    if isinstance(cell, str) and cell.startswith("_:"):
        return "_:"
    return json.dumps(float(cell)) if type(cell) in (int, float) else json.dumps(cell)


def _expected(case: w3c.Case) -> Counter[tuple[str, ...]]:
    """Return the rows of the engine alone in the same form: numbers by their value."""
    store = ox.Store()
    store.bulk_extend(w3c.dataset(case))
    answer = store.query(w3c.text(case))
    assert isinstance(answer, ox.QuerySolutions)
    order = sorted(variable.value for variable in answer.variables)
    return Counter(tuple(_term(row[name]) for name in order) for row in answer)


def _term(term: Any) -> str:
    if term is None:
        return "null"
    if isinstance(term, ox.NamedNode):
        return term.value
    if isinstance(term, ox.BlankNode):
        return "_:"
    kind = term.datatype.value.rpartition("#")[2]
    numbers = ("integer", "int", "long", "nonNegativeInteger", "positiveInteger", "decimal", "double", "float")
    if kind in numbers:
        try:
            value = float(term.value)
        except ValueError:
            return json.dumps(term.value)
        return json.dumps(value) if abs(value) < float("inf") else json.dumps(term.value)
    if kind == "boolean" and term.value in ("true", "false"):
        return str(term.value)
    return json.dumps(term.value)
