"""The graph as a network: what a projection ties together, with the sources of every tie."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cmgraph.analysis.filters import EVERYTHING, MINERAL, STAGE, NetworkFilter, subjects, subjects_of
from cmgraph.analysis.kinds import picture_kind
from cmgraph.analysis.projections import find_projection, tie_rows
from cmgraph.answers.result import Result, Row
from cmgraph.graph import Graph
from cmgraph.rdf.terms import NamedRef

if TYPE_CHECKING:
    import networkx


def build_network(
    graph: Graph, name: str, /, two_mode: bool = False, network_filter: NetworkFilter = EVERYTHING, **parameters: object
) -> networkx.Graph[str]:
    """Turn the graph into a network by the projection ``name``.

    :param two_mode: tie things to what ties them (actors to instruments), not to each other.
    :param network_filter: which part of the network.
    :param parameters: values of the projection's own parameters, as for a question.
    :returns: a graph, directed if the projection is, whose nodes are IRIs with ``label``, ``kind`` and ``drawn_as``
        (their kind in pictures), and whose edges have ``weight`` (how many things tie the two; or the largest number
        that the projection gives for one of these, never a sum: then ``reasons`` is how many), ``via``, ``minerals``,
        ``stages``, ``citations`` and ``sources`` (names, IRIs and addresses joined by "; "), ``since`` and ``latest``
        (first and last date of what ties them).
    :raises UnknownName: if there is no such projection; the error proposes the nearest.

    >>> import cmgraph
    >>> network = cmgraph.build_network(cmgraph.load(), "actors")
    >>> tie = network.edges["https://w3id.org/cmgraph/id/agent/european-investment-bank",
    ...                     "https://w3id.org/cmgraph/id/agent/government-of-canada"]
    >>> tie["weight"], tie["since"]
    (1, '2026-03-02')
    """
    return to_networkx(graph, name, tie_rows(graph, name, network_filter, **parameters), two_mode)


def to_networkx(graph: Graph, name: str, answer: Result, two_mode: bool = False) -> networkx.Graph[str]:
    """Build the network of :func:`build_network` from the reasons for its ties."""
    import networkx as nx

    directed = find_projection(graph, name).directed and not two_mode
    net: networkx.Graph[str] = nx.DiGraph(name=name) if directed else nx.Graph(name=name)
    ties, about = sorted(group_ties(answer, two_mode, directed).items()), subjects(graph)

    def named(subject: set[str], scheme: str) -> str:
        return "; ".join(sorted(graph.names.labels(iri for iri in subject if iri.startswith(scheme)).values()))

    for iri, label in sorted(graph.names.labels(end for pair, _ in ties for end in pair).items()):
        net.add_node(iri, label=label, kind=graph.names.kind(iri), drawn_as=picture_kind(graph, iri))
    for pair, rows in ties:
        dates = sorted(str(row[3]) for row in rows if row[3] is not None)
        cited = [answer.citations[number - 1] for row in rows for number in row.citations]
        via = {str(row[2]) for row in rows}
        subject = set[str]().union(*(subjects_of(row, about) for row in rows))
        net.add_edge(
            *pair,
            weight=len(via),
            via="; ".join(sorted(via)),
            since=dates[0] if dates else "",
            latest=dates[-1] if dates else "",
            minerals=named(subject, MINERAL),
            stages=named(subject, STAGE),
            citations="; ".join(sorted({citation.iri for citation in cited})),
            sources="; ".join(sorted({citation.url for citation in cited} - {""})),
        )
        if "weight" in answer.columns:
            net.edges[pair].update(weight=_largest(rows), reasons=len(via))
    return net


def _largest(rows: list[Row]) -> float:
    """Return the largest number among the reasons for a tie: they may be about one thing, and do not add up."""
    return max(float(str(row[4])) for row in rows)


def group_ties(answer: Result, two_mode: bool = False, directed: bool = False) -> dict[tuple[str, str], list[Row]]:
    """Group the reasons for ties by the IRIs of the two things that they tie, the lesser one first if undirected."""
    ties: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in answer:
        pairs = ((row[0], row[2]), (row[1], row[2])) if two_mode else ((row[0], row[1]),)
        for source, target in pairs:
            if isinstance(source, NamedRef) and isinstance(target, NamedRef) and source != target:
                pair = (source.iri, target.iri)
                ties[pair if directed else (min(pair), max(pair))].append(row)
    return ties
