"""Every projection of the graph as network files."""

from __future__ import annotations

from pathlib import Path

from cmgraph.export.publication import Publication
from cmgraph.netfile import FORMS
from cmgraph.network import network, projections


def networks(publication: Publication, folder: Path) -> None:
    """Write each projection for Gephi, Cytoscape, yEd and spreadsheets."""
    graph = publication.spoken[publication.languages[0]]
    for name in projections(graph):
        net = network(graph, name)
        for ending, form in FORMS.items():
            publication.write(folder / f"{name}{ending}", form(net))
        publication.step(len(net), name)
