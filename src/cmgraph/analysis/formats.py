"""Network files for other tools, laid out and coloured, with the sources of every edge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmgraph.analysis.layout import layout_nodes
from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.text.templating import NOT_XML, render_template

if TYPE_CHECKING:
    import networkx

TIES = ("via", "since", "latest", "minerals", "stages", "citations", "sources")
"""The attributes of an edge besides its weight."""

_COLUMNS = ("source", "source_iri", "target", "target_iri", "weight", *TIES)


def write_network(net: networkx.Graph[str], path: Path) -> None:
    """Write a network in the format of the ending of ``path``, byte-for-byte reproducible.

    GEXF and Cytoscape JSON carry positions, sizes and colours; CSV and Parquet are the list of edges.

    :raises CmgraphError: if the ending is neither ``.parquet`` nor one of :data:`FORMS`, or Parquet is not installed.
    """
    if (ending := path.suffix.lower()) not in (*WRITERS, ".parquet"):
        hint = f"Use {', '.join(WRITERS)} or .parquet."
        raise CmgraphError("unknown network format", where=str(path), hint=hint)
    with atomic_file(path) as scratch:
        if ending == ".parquet":
            _parquet(net, scratch)
        else:
            scratch.write_text(WRITERS[ending](net), encoding="utf-8", newline="")


def gexf(net: networkx.Graph[str]) -> str:
    """Write GEXF 1.3, for Gephi; an edge begins on the first day of its first date."""
    nodes = [(iri, net.nodes[iri]) for iri in sorted(net)]
    return render_template("gexf.xml", net=net, nodes=nodes, edges=_edges(net), spots=layout_nodes(net), ties=TIES)


def graphml(net: networkx.Graph[str]) -> str:
    """Write GraphML, for Cytoscape, yEd and igraph."""
    import networkx as nx

    return NOT_XML.sub("", "\n".join(nx.generate_graphml(net))) + "\n"


def cytoscape(net: networkx.Graph[str]) -> str:
    """Write Cytoscape JSON, with positions (y downwards, as screens count)."""
    positions = layout_nodes(net)
    nodes = [
        {
            "data": {
                "id": iri,
                "value": iri,
                "name": net.nodes[iri]["label"],
                **net.nodes[iri],
                "colour": positions[iri].colour,
                "size": positions[iri].size,
            },
            "position": {"x": positions[iri].x, "y": -positions[iri].y},
        }
        for iri in sorted(net)
    ]
    edges = [
        {"data": {"id": f"e{number}", "source": source, "target": target, **data}}
        for number, (source, target, data) in enumerate(_edges(net))
    ]
    document = {"data": {"name": net.name}, "elements": {"nodes": nodes, "edges": edges}}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def edge_list(net: networkx.Graph[str]) -> str:
    """Write the edges as CSV, both ends by name and IRI."""
    from cmgraph.text.cells import escape_formula, write_csv

    rows = [[escape_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in _rows(net)]
    return write_csv([_COLUMNS, *rows], ",")


def _parquet(net: networkx.Graph[str], path: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        hint = "pip install 'cmgraph[parquet]'"
        raise CmgraphError("Parquet needs pyarrow", where=str(path), hint=hint) from None
    all_integers = all(isinstance(data["weight"], int) for *_, data in net.edges(data=True))
    number = pa.int64() if all_integers else pa.float64()
    kinds = [number if name == "weight" else pa.string() for name in _COLUMNS]
    columns = zip(*_rows(net), strict=True) if net.edges else ([] for _ in _COLUMNS)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(_COLUMNS)), path, compression="zstd")


def _rows(net: networkx.Graph[str]) -> Iterator[tuple[str | float, ...]]:
    """List the edges with both ends by name and IRI."""
    for source, target, data in _edges(net):
        names = (net.nodes[source]["label"], source, net.nodes[target]["label"], target)
        yield (*names, data["weight"], *(data[name] for name in TIES))


def _edges(net: networkx.Graph[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """List the edges in order, with the source first, or else the lesser end."""
    ends = ((a, b, data) if net.is_directed() else (min(a, b), max(a, b), data) for a, b, data in net.edges(data=True))
    return sorted(ends, key=lambda edge: edge[:2])


WRITERS: dict[str, Callable[[networkx.Graph[str]], str]] = {
    ".gexf": gexf,
    ".graphml": graphml,
    ".cyjs": cytoscape,
    ".csv": edge_list,
}
"""The formats of network files, by their ending."""
