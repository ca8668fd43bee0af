"""The notebook: it runs as a notebook, and what it shows is what the graph says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.network import build_network
from cmgraph.graph import Graph
from conftest import ROOT


@pytest.mark.thorough
def test_the_notebook_runs_shows_what_the_graph_says_and_one_that_fails_is_seen(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    import jupytext
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    def ran(text: str) -> str:
        notebook = jupytext.reads(text, fmt="py:percent")
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return str([cell.get("outputs") for cell in notebook.cells])

    text = (ROOT / "docs/notebooks/canada_partnerships.py").read_text(encoding="utf-8")
    shown = ran(text)
    states = NetworkFilter(kinds=("national government", "supranational union"))
    canada = bundled_graph.names.resolve("Government of Canada").value
    partners = build_network(bundled_graph, "actors", network_filter=states, asOf="2020-12-31").degree(canada)
    assert f"2020 {'#' * partners} {partners}" in shown
    assert "Canada-Japan Comprehensive Strategic Partnership" in shown and "https://" in shown
    assert "image/svg+xml" in shown and "text/html" in shown
    assert "</svg>" in (tmp_path / "canada_partnerships.svg").read_text(encoding="utf-8")
    with pytest.raises(CellExecutionError, match="unknown projection"):
        ran(text.replace('"actors"', '"actresses"'))
