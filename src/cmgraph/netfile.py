"""A network as a file that other tools open, laid out and coloured, with the sources of every edge."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmgraph.errors import CmgraphError
from cmgraph.files import whole
from cmgraph.layout import spots
from cmgraph.page import NOT_XML, filled

if TYPE_CHECKING:
    import networkx

TIES = ("via", "since", "until", "citations", "sources")
"""What an edge carries besides its weight."""


def write(net: networkx.Graph[str], path: Path) -> None:
    """Write a network as the ending of ``path`` says, the same bytes every time.

    GEXF and Cytoscape JSON carry positions, sizes and colours; CSV is the list of edges.

    :raises CmgraphError: if the ending is none of :data:`FORMS`.
    """
    if path.suffix not in FORMS:
        hint = f"Use {', '.join(FORMS)}."
        raise CmgraphError("not a network by its ending", where=str(path), hint=hint)
    with whole(path) as scratch:
        scratch.write_text(FORMS[path.suffix](net), encoding="utf-8", newline="")


def gexf(net: networkx.Graph[str]) -> str:
    """Write GEXF 1.3, for Gephi; an edge begins on the first day of its first date."""
    nodes = [(iri, net.nodes[iri]) for iri in sorted(net)]
    return filled("gexf.xml", net=net, nodes=nodes, edges=_edges(net), spots=spots(net), ties=TIES)


def graphml(net: networkx.Graph[str]) -> str:
    """Write GraphML, for Cytoscape, yEd and igraph."""
    import networkx as nx

    return NOT_XML.sub("", "\n".join(nx.generate_graphml(net))) + "\n"


def cytoscape(net: networkx.Graph[str]) -> str:
    """Write Cytoscape JSON, with positions (y downwards, as screens count)."""
    where = spots(net)
    nodes = [
        {
            "data": {
                "id": iri,
                "value": iri,
                "name": net.nodes[iri]["label"],
                **net.nodes[iri],
                "colour": where[iri].colour,
                "size": where[iri].size,
            },
            "position": {"x": where[iri].x, "y": -where[iri].y},
        }
        for iri in sorted(net)
    ]
    edges = [
        {"data": {"id": f"e{number}", "source": one, "target": other, **data}}
        for number, (one, other, data) in enumerate(_edges(net))
    ]
    said = {"data": {"name": net.name}, "elements": {"nodes": nodes, "edges": edges}}
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def edge_list(net: networkx.Graph[str]) -> str:
    """Write the edges as CSV, both ends by name and IRI."""
    from cmgraph.render import defused

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["source", "source_iri", "target", "target_iri", "weight", *TIES])
    for one, other, data in _edges(net):
        names = (net.nodes[one]["label"], one, net.nodes[other]["label"], other)
        writer.writerow([*map(defused, names), data["weight"], *(defused(data[name]) for name in TIES)])
    return out.getvalue()


def _edges(net: networkx.Graph[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """List the edges in order, the lesser end first."""
    return sorted(((min(a, b), max(a, b), data) for a, b, data in net.edges(data=True)), key=lambda edge: edge[:2])


FORMS: dict[str, Callable[[networkx.Graph[str]], str]] = {
    ".gexf": gexf,
    ".graphml": graphml,
    ".cyjs": cytoscape,
    ".csv": edge_list,
}
"""The forms of network files, by their ending."""
