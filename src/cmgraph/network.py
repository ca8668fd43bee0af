"""The graph as a network: what a projection ties together, with the sources of every tie; measures of it, and paths.

A projection is a saved question with the columns ``source``, ``target``, ``via`` and ``date``; each row is a reason
for a tie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.layout import SEED
from cmgraph.question import Question, find
from cmgraph.result import Result, Row, build
from cmgraph.terms import CM, Term, Thing, pick

if TYPE_CHECKING:
    import networkx

MEASURES = ("degree", "ties", "betweenness", "eigenvector", "core", "community")


def projections(graph: Graph) -> dict[str, Question]:
    """Return the projections by name: the bundled ones, and those in ``projections/`` of a folder given as data."""
    folders = (graph.root / "ontology/projections", *(folder / "projections" for folder in graph.folders))
    return {name: Question.read(path) for name, path in find(folders).items()}


def projection_list(graph: Graph) -> Result:
    """List the projections; columns ``name``, ``title``, ``question``."""
    found = projections(graph).values()
    rows = tuple(
        Row((q.name, pick(q.title, graph.lang), pick(q.question, graph.lang)), (None, None, None), ()) for q in found
    )
    return Result(("name", "title", "question"), ("name", "title", "question"), rows, ())


def network(graph: Graph, name: str, /, **parameters: object) -> networkx.Graph[str]:
    """Turn the graph into a network by the projection ``name``.

    :returns: an undirected graph whose nodes are IRIs with ``label`` and ``kind``, and whose edges have ``weight`` (how
        many things tie the two), ``via``, ``citations`` and ``sources`` (names, IRIs and addresses joined by "; "),
        ``since`` and ``until`` (first and last date).
    :raises UnknownName: if there is no such projection; the error proposes the nearest.
    """
    return _network(graph, name, graph.query(_projection(graph, name), **parameters))


def measures(graph: Graph, name: str, /, **parameters: object) -> Result:
    """Measure each node of a network.

    ``degree`` counts neighbours, ``ties`` the reasons for them; ``betweenness`` is the share of shortest paths between
    others that run through it; ``eigenvector`` is high for whoever is tied to those for whom it is high (by weight, all
    squares sum to 1); ``core`` is the largest k of a k-core that holds it; ``community`` numbers Louvain's communities
    by weight, largest first.
    """
    import networkx as nx

    net = network(graph, name, **parameters)
    if not net:
        return _table(graph, [], ())
    between = nx.betweenness_centrality(net)
    rank = nx.eigenvector_centrality(net, max_iter=10_000, weight="weight")
    core = nx.core_number(net)
    groups = sorted(nx.community.louvain_communities(net, weight="weight", seed=SEED), key=lambda g: (-len(g), min(g)))
    community = {iri: number for number, group in enumerate(groups, 1) for iri in group}
    ties = dict(net.degree(weight="weight"))
    order = sorted(net, key=lambda iri: (-ties[iri], iri))
    found = [
        (iri, net.degree(iri), ties[iri], f"{between[iri]:.4f}", f"{rank[iri]:.4f}", core[iri], community[iri])
        for iri in order
    ]
    return _table(graph, found, MEASURES)


def paths(graph: Graph, one: str, other: str, over: str = "actors", count: int = 3, hops: int = 6) -> Result:
    """Find the shortest paths between two things, each hop with what it runs through, its date and its sources.

    :param one: a name, CURIE or IRI; so is ``other``.
    :param over: the projection the path runs over; with ``actors`` or ``members``, from actor to actor.
    :param count: how many paths, shortest first.
    :param hops: no path longer than this.
    :raises CmgraphError: if one of them is not in the network, or nothing connects them.
    """
    import networkx as nx

    answer = graph.query(_projection(graph, over))
    net, ties = _network(graph, over, answer), _ties(answer)
    start, end = (_node(graph, net, text) for text in (one, other))
    try:
        found = list(islice(nx.shortest_simple_paths(net, start, end), count))
    except nx.NetworkXNoPath:
        found = []
    if not (found := [path for path in found if len(path) <= hops + 1]):
        raise CmgraphError(f"no path of {hops} hops was seen between '{one}' and '{other}'", where=over)
    solutions: list[tuple[Term | None, ...]] = []
    for number, path in enumerate(found, 1):
        for place, (here, there) in enumerate(pairwise(path), 1):
            for row in ties[min(here, there), max(here, there)]:
                for cite in row.citations:
                    said = (row.terms[2], row.terms[3], NamedNode(answer.citations[cite - 1].iri))
                    solutions.append((Literal(number), Literal(place), NamedNode(here), NamedNode(there), *said))
    columns = ("path", "hop", "from", "to", "through", "dated", "citation")
    return build((columns, solutions), graph.store, graph.names, "citation")


def _projection(graph: Graph, name: str) -> Question:
    known = projections(graph)
    if name not in known:
        raise UnknownName(f"no projection is called '{name}'", hint=nearest(name, known) or "See: cmgraph network")
    return known[name]


def _node(graph: Graph, net: networkx.Graph[str], text: str) -> str:
    """Find the node meant by a name: an actor rather than the place that goes by the same name."""
    try:
        iri = graph.names.resolve(text, CM + "Agent").value
    except UnknownName:
        iri = graph.names.resolve(text).value
    if iri not in net:
        raise CmgraphError(f"'{text}' is in no tie of this network", where=net.name, hint="Try --over with another.")
    return iri


def _network(graph: Graph, name: str, answer: Result) -> networkx.Graph[str]:
    import networkx as nx

    net: networkx.Graph[str] = nx.Graph(name=name)
    ties = sorted(_ties(answer).items())
    for iri, label in sorted(graph.names.labels(end for pair, _ in ties for end in pair).items()):
        net.add_node(iri, label=label, kind=graph.names.kind(iri))
    for pair, rows in ties:
        dates = sorted(str(row[3]) for row in rows if row[3] is not None)
        cited = [answer.citations[number - 1] for row in rows for number in row.citations]
        via = {str(row[2]) for row in rows}
        net.add_edge(
            *pair,
            weight=len(via),
            via="; ".join(sorted(via)),
            since=dates[0] if dates else "",
            until=dates[-1] if dates else "",
            citations="; ".join(sorted({citation.iri for citation in cited})),
            sources="; ".join(sorted({citation.url for citation in cited} - {""})),
        )
    return net


def _ties(answer: Result) -> dict[tuple[str, str], list[Row]]:
    """Group the reasons for ties by the IRIs of the two things that they tie, the lesser one first."""
    ties: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in answer:
        if isinstance(row[0], Thing) and isinstance(row[1], Thing) and row[0] != row[1]:
            ties[min(row[0].iri, row[1].iri), max(row[0].iri, row[1].iri)].append(row)
    return ties


def _table(graph: Graph, found: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> Result:
    rows: list[tuple[Term | None, ...]] = [(NamedNode(iri), *map(Literal, values)) for iri, *values in found]
    return build((("thing", *names), rows), graph.store, graph.names, "none")
