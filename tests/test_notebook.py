"""The notebook: what it prints is what the library says, and it runs as a notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cmgraph.graph import Graph
from cmgraph.network import network
from cmgraph.scope import Scope
from conftest import ROOT

NOTEBOOK = ROOT / "docs/notebooks/canada_partnerships.py"


def test_the_notebook_says_what_the_graph_says_and_draws(graph: Graph, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, NOTEBOOK], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    states = Scope(kinds=("national government", "supranational union"))
    canada = graph.names.resolve("Government of Canada").value
    partners = network(graph, "actors", scope=states, asOf="2020-12-31").degree(canada)
    assert f"2020 {'#' * partners} {partners}" in done.stdout
    assert "Canada-Japan Comprehensive Strategic Partnership" in done.stdout and "https://" in done.stdout
    assert "</svg>" in (tmp_path / "canada_partnerships.svg").read_text(encoding="utf-8")


@pytest.mark.gate
def test_the_notebook_runs_as_a_notebook_and_one_that_fails_is_seen(tmp_path: Path) -> None:
    import jupytext
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    def ran(text: str) -> list[str]:
        notebook = jupytext.reads(text, fmt="py:percent")
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return [kind for cell in notebook.cells for out in cell.get("outputs", ()) for kind in out.get("data", ())]

    text = NOTEBOOK.read_text(encoding="utf-8")
    assert {"image/svg+xml", "text/html"} <= set(ran(text))
    with pytest.raises(CellExecutionError, match="no projection is called"):
        ran(text.replace('"actors"', '"actresses"'))
