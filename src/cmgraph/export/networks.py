"""Every projection of the graph as network files."""

from __future__ import annotations

from pathlib import Path

from cmgraph.analysis.formats import WRITERS
from cmgraph.analysis.network import build_network
from cmgraph.analysis.projections import projections
from cmgraph.export.publication import Publication


def networks(publication: Publication, folder: Path) -> None:
    """Write each projection for Gephi, Cytoscape, yEd and spreadsheets."""
    graph = publication.by_language[publication.languages[0]]
    for name in projections(graph):
        net = build_network(graph, name)
        for ending, form in WRITERS.items():
            publication.write(folder / f"{name}{ending}", form(net))
        publication.progress(len(net), name)
