"""Measures of a network: who is central, who brokers, and what changed between two days."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.analysis.layout import SEED
from cmgraph.analysis.network import build_network
from cmgraph.analysis.projections import projections
from cmgraph.answers.result import Result, build
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.rdf.terms import Term, best_text
from cmgraph.store.sandbox import run_stoppable
from cmgraph.text.i18n import message

if TYPE_CHECKING:
    import networkx
    import rustworkx

MEASURES = (
    "degree",
    "ties",
    "betweenness",
    "eigenvector",
    "pagerank",
    "core",
    "bridges",
    "component",
    "community",
)


_REPEATS = 10
"""The rounds of Leiden, and the number of starts, of which the best is taken."""


def node_measures(
    graph: Graph,
    name: str,
    /,
    communities: str = "louvain",
    network_filter: NetworkFilter = EVERYTHING,
    **parameters: object,
) -> Result:
    """Measure each node of a network.

    ``degree`` counts neighbours, ``ties`` the reasons for them; ``betweenness`` is the share of shortest paths between
    others that run through it; ``eigenvector`` is high for whoever is tied to those for whom it is high (by weight, all
    squares sum to 1); ``pagerank`` is the share of a walk along ties, by weight, that ends there; ``core`` is the
    largest k of a k-core that holds it; ``bridges`` counts ties of its without which the network would fall apart;
    ``component`` and ``community`` are numbered, largest first.

    :param communities: ``louvain`` or ``leiden``, which needs the extra of its name; both by weight, with a seed.
    :param name: the projection, see :func:`cmgraph.analysis.projections.list_projections`.
    :param network_filter: which part of the network.
    :param parameters: values of the projection's own parameters, as for a question.
    :returns: a row per node, with most ties first: ``thing``, then a column per measure.
    :raises UnknownName: if there is no such projection.

    >>> import cmgraph
    >>> measures = cmgraph.node_measures(cmgraph.load(), "actors")
    >>> str(measures.rows[0][0]), measures.columns[:3]
    ('Government of Canada', ('thing', 'degree', 'ties'))
    """
    import networkx as nx
    import rustworkx as rx

    net = _without_direction(build_network(graph, name, False, network_filter, **parameters))
    if not net:
        return _table(graph, name, [], MEASURES)
    flat = _flat(net)

    def central() -> tuple[dict[int, float], ...]:
        # in one thread, because sums over several threads differ in the last digit
        between = rx.betweenness_centrality(flat, parallel_threshold=sys.maxsize)
        eigenvector = rx.eigenvector_centrality(flat, weight_fn=float, tol=1e-7, max_iter=1_000_000)
        page = rx.pagerank(flat.to_directed(), weight_fn=float, tol=1e-9, max_iter=10_000)
        return dict(between), dict(eigenvector), dict(page)

    between, eigenvector, page = run_stoppable(central)
    core = nx.core_number(net)
    cut = Counter(end for bridge in nx.bridges(net) for end in bridge)
    component = _numbered(nx.connected_components(net))
    community = _numbered(_communities(net, communities))
    ties = {iri: sum(tie.get("reasons", tie["weight"]) for *_, tie in net.edges(iri, data=True)) for iri in net}
    shares = {iri: (between[index], eigenvector[index], page[index]) for index, iri in enumerate(flat.nodes())}
    scores = [
        (
            *(iri, net.degree(iri), ties[iri], *(f"{share:.4f}" for share in shares[iri])),
            *(core[iri], cut[iri], component[iri], community[iri]),
        )
        for iri in sorted(net, key=lambda iri: (-ties[iri], iri))
    ]
    return _table(graph, name, scores, MEASURES)


def brokerage(graph: Graph, name: str, /, network_filter: NetworkFilter = EVERYTHING, **parameters: object) -> Result:
    """Count, for each node, the pairs of its neighbours that are not tied themselves, by Gould and Fernandez's roles.

    Groups are kinds of things. ``coordinator``: all three of one kind. ``consultant``: the two of one kind, the broker
    of another. ``gatekeeper``: the broker of one kind with one of the two. ``liaison``: three kinds. Ties have no
    direction here, so that gatekeeper and representative are one.
    :param name: the projection, see :func:`cmgraph.analysis.projections.list_projections`.
    :param network_filter: which part of the network.
    :param parameters: values of the projection's own parameters, as for a question.
    :returns: a row per broker, with most pairs first.

    >>> import cmgraph
    >>> cmgraph.brokerage(cmgraph.load(), "actors").columns
    ('thing', 'coordinator', 'consultant', 'gatekeeper', 'liaison')
    """
    net = _without_direction(build_network(graph, name, False, network_filter, **parameters))
    kind = {iri: data["kind"] for iri, data in net.nodes(data=True)}
    roles: dict[str, Counter[str]] = {}
    for broker in net:
        count = roles[broker] = Counter()
        for source, target in combinations(sorted(net[broker]), 2):
            if not net.has_edge(source, target):
                same = (kind[source] == kind[broker], kind[target] == kind[broker])
                role = "gatekeeper" if any(same) else "consultant" if kind[source] == kind[target] else "liaison"
                count["coordinator" if all(same) else role] += 1
    order = sorted((iri for iri in net if roles[iri]), key=lambda iri: (-roles[iri].total(), iri))
    names = ("coordinator", "consultant", "gatekeeper", "liaison")
    return _table(graph, name, [(iri, *(roles[iri][role] for role in names)) for iri in order], names)


def network_changes(
    graph: Graph, name: str, old: str, new: str, /, network_filter: NetworkFilter = EVERYTHING, **parameters: object
) -> Result:
    """List the ties that were added, removed, grew or shrank between two days (YYYY-MM-DD).

    :returns: columns ``from``, ``to``, ``before`` and ``after`` (how many things tied the two).
    :param name: the projection, see :func:`cmgraph.analysis.projections.list_projections`.
    :param network_filter: which part of the network.
    :param parameters: values of the projection's own parameters, as for a question.
    :raises CmgraphError: if the second day is not after the first.

    >>> import cmgraph
    >>> changes = cmgraph.network_changes(cmgraph.load(), "members", "2022-01-01", "2023-01-01")
    >>> changes.columns
    ('from', 'to', 'before', 'after')
    """
    if new <= old:
        raise CmgraphError(f"{new} is not after {old}", where="--change", hint="Give the earlier day first.")
    before, after = (build_network(graph, name, False, network_filter, **parameters, asOf=day) for day in (old, new))
    ties = [{(min(a, b), max(a, b)): data["weight"] for a, b, data in net.edges(data=True)} for net in (before, after)]
    rows: list[tuple[Term | None, ...]] = [
        (NamedNode(pair[0]), NamedNode(pair[1]), *(Literal(tie.get(pair, 0)) for tie in ties))
        for pair in sorted(ties[0].keys() | ties[1].keys())
        if ties[0].get(pair) != ties[1].get(pair)
    ]
    columns = ("from", "to", "before", "after")
    headings = {column: message(column, graph.lang) for column in columns}
    return build((columns, rows), graph.store, graph.names, "none", headings, things=("from", "to"), lang=graph.lang)


def _without_direction(net: networkx.Graph[str]) -> networkx.Graph[str]:
    """Return a network as measures see it: who is tied to whom, whichever way."""
    return net.to_undirected() if net.is_directed() else net


def _flat(net: networkx.Graph[str]) -> rustworkx.PyGraph[str, float]:
    """Copy a network for rustworkx, with its nodes and edges in order."""
    import rustworkx as rx

    flat: rx.PyGraph[str, float] = rx.PyGraph(multigraph=False)
    number = dict(zip(sorted(net), flat.add_nodes_from(sorted(net)), strict=True))
    # amounts in units of the largest: in dollars, the eigenvector iteration does not converge
    unit = max((tie["weight"] for *_, tie in net.edges(data=True) if "reasons" in tie), default=1) or 1
    ties = [(number[a], number[b], tie["weight"] / unit) for a, b, tie in net.edges(data=True)]
    flat.add_edges_from(sorted((min(a, b), max(a, b), weight) for a, b, weight in ties))
    return flat


def _communities(net: networkx.Graph[str], how: str) -> Iterable[set[str]]:
    if how == "louvain":
        import networkx as nx

        louvain: Iterable[set[str]] = nx.community.louvain_communities(net, weight="weight", seed=SEED)
        return louvain
    if how != "leiden":
        raise CmgraphError(f"unknown community algorithm '{how}'", hint="Use louvain or leiden.")
    try:
        import graspologic_native
    except ImportError:
        hint = "Run: pip install 'cmgraph[leiden]', or use louvain."
        raise CmgraphError("Leiden needs graspologic-native", where="--communities leiden", hint=hint) from None
    edges = sorted((min(a, b), max(a, b), float(tie["weight"])) for a, b, tie in net.edges(data=True))
    _, community = graspologic_native.leiden(edges, iterations=_REPEATS, trials=_REPEATS, seed=SEED)
    groups: dict[int, set[str]] = defaultdict(set)
    for iri, number in community.items():
        groups[number].add(iri)
    return groups.values()


def _numbered(groups: Iterable[set[str]]) -> dict[str, int]:
    """Number groups, the largest first."""
    order = sorted(groups, key=lambda group: (-len(group), min(group)))
    return {iri: number for number, group in enumerate(order, 1) for iri in group}


def _table(graph: Graph, name: str, scores: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> Result:
    """Make a table of scores, headed in the graph's language, with what each score means."""
    rows: list[tuple[Term | None, ...]] = [(NamedNode(iri), *map(Literal, values)) for iri, *values in scores]
    meanings = {score: message(f"score_{score}", graph.lang) for score in names}
    scores_called = {score: meaning.partition(":")[0].strip() for score, meaning in meanings.items()}
    title = best_text(projections(graph)[name].title, graph.lang)
    note = " ".join(meaning[:1].upper() + meaning[1:] for meaning in meanings.values())
    headings = {"thing": message("thing", graph.lang)} | scores_called
    return build(
        (("thing", *names), rows), graph.store, graph.names, "none", headings, title, note, ("thing",), lang=graph.lang
    )
