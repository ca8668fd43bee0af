"""What a desk officer asks is answered by one command, with the rows that decide."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml

from cmgraph.cli.options import parse_parameters
from cmgraph.graph import Graph
from conftest import ROOT

ASKED: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/questions/desk.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked['command']} {asked.get('where', '')}")
def test_one_command_gives_the_rows_that_decide(asked: dict[str, Any], bundled_graph: Graph) -> None:
    _, question, *options = shlex.split(asked["command"])
    result = bundled_graph.query(question, **parse_parameters(tuple(options[1::2])))
    rows = [dict(zip(result.columns, ("" if v is None else str(v) for v in row), strict=True)) for row in result]
    values = {row[asked["column"]] for row in rows if asked.get("where", {}).items() <= row.items()}
    if "exactly" in asked:
        assert values == set(asked["exactly"])
    assert set(asked.get("among", ())) <= values
    assert values.isdisjoint(asked.get("never", ()))
