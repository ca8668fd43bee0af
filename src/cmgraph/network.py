"""The graph as a network: what a projection ties together, with the sources of every tie; measures of it, and paths.

A projection is a saved question with the columns ``source``, ``target``, ``via`` and ``date``; each row is a reason
for a tie.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations, islice, pairwise
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.layout import SEED
from cmgraph.question import Question, find
from cmgraph.render import word
from cmgraph.result import Result, Row, build
from cmgraph.scope import ALL, MINERAL, STAGE, Scope, subjects, subjects_of
from cmgraph.terms import CM, Term, Thing, pick

if TYPE_CHECKING:
    import networkx

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


def reasons(graph: Graph, name: str, /, scope: Scope = ALL, **parameters: object) -> Result:
    """Return the reasons for ties by the projection ``name``, as far as they are in scope.

    :returns: columns ``source``, ``target``, ``via`` and ``date``.
    :raises UnknownName: if there is no such projection; the error proposes the nearest.
    """
    known = projections(graph)
    if name not in known:
        raise UnknownName(f"no projection is called '{name}'", hint=nearest(name, known) or "See: cmgraph network")
    return scope.of(graph.query(known[name], **parameters), graph)


def network(
    graph: Graph, name: str, /, two_mode: bool = False, scope: Scope = ALL, **parameters: object
) -> networkx.Graph[str]:
    """Turn the graph into a network by the projection ``name``.

    :param two_mode: tie things to what ties them (actors to instruments), not to each other.
    :param scope: which part of the network.
    :param parameters: values of the projection's own parameters, as for a question.
    :returns: an undirected graph whose nodes are IRIs with ``label`` and ``kind``, and whose edges have ``weight`` (how
        many things tie the two), ``via``, ``minerals``, ``stages``, ``citations`` and ``sources`` (names, IRIs and
        addresses joined by "; "), ``since`` and ``latest`` (first and last date of what ties them).
    :raises UnknownName: if there is no such projection; the error proposes the nearest.
    """
    return knit(graph, name, reasons(graph, name, scope, **parameters), two_mode)


def knit(graph: Graph, name: str, answer: Result, two_mode: bool = False) -> networkx.Graph[str]:
    """Make the network of :func:`network` out of the reasons for its ties."""
    import networkx as nx

    net: networkx.Graph[str] = nx.Graph(name=name)
    ties, about = sorted(tied(answer, two_mode).items()), subjects(graph)

    def named(subject: set[str], scheme: str) -> str:
        return "; ".join(sorted(graph.names.labels(iri for iri in subject if iri.startswith(scheme)).values()))

    for iri, label in sorted(graph.names.labels(end for pair, _ in ties for end in pair).items()):
        net.add_node(iri, label=label, kind=graph.names.kind(iri))
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
    return net


def measures(
    graph: Graph, name: str, /, communities: str = "louvain", scope: Scope = ALL, **parameters: object
) -> Result:
    """Measure each node of a network.

    ``degree`` counts neighbours, ``ties`` the reasons for them; ``betweenness`` is the share of shortest paths between
    others that run through it; ``eigenvector`` is high for whoever is tied to those for whom it is high (by weight, all
    squares sum to 1); ``pagerank`` is the share of a walk along ties, by weight, that ends there; ``core`` is the
    largest k of a k-core that holds it; ``bridges`` counts ties of its without which the network would fall apart;
    ``component`` and ``community`` are numbered, largest first.

    :param communities: ``louvain`` or ``leiden``; both by weight, with a seed.
    """
    import networkx as nx

    net = network(graph, name, False, scope, **parameters)
    if not net:
        return _table(graph, name, [], MEASURES)
    flat = _flat(net)
    between = dict(zip(sorted(net), flat.betweenness(), strict=True))
    pairs = max((len(net) - 1) * (len(net) - 2) / 2, 1)
    rank = nx.eigenvector_centrality(net, max_iter=10_000, weight="weight")
    page = dict(zip(sorted(net), flat.pagerank(weights="weight"), strict=True))
    core = nx.core_number(net)
    cut = Counter(end for bridge in nx.bridges(net) for end in bridge)
    component = _numbered(nx.connected_components(net))
    community = _numbered(_communities(net, communities))
    ties = dict(net.degree(weight="weight"))
    found = [
        (
            *(iri, net.degree(iri), ties[iri], f"{between[iri] / pairs:.4f}", f"{rank[iri]:.4f}", f"{page[iri]:.4f}"),
            *(core[iri], cut[iri], component[iri], community[iri]),
        )
        for iri in sorted(net, key=lambda iri: (-ties[iri], iri))
    ]
    return _table(graph, name, found, MEASURES)


def brokerage(graph: Graph, name: str, /, scope: Scope = ALL, **parameters: object) -> Result:
    """Count, for each node, the pairs of its neighbours that are not tied themselves, by Gould and Fernandez's roles.

    Groups are kinds of things. ``coordinator``: all three of one kind. ``consultant``: the two of one kind, the broker
    of another. ``gatekeeper``: the broker of one kind with one of the two. ``liaison``: three kinds. Ties have no
    direction here, so that gatekeeper and representative are one.
    """
    net = network(graph, name, False, scope, **parameters)
    kind = {iri: data["kind"] for iri, data in net.nodes(data=True)}
    roles: dict[str, Counter[str]] = {}
    for broker in net:
        count = roles[broker] = Counter()
        for one, other in combinations(sorted(net[broker]), 2):
            if not net.has_edge(one, other):
                same = (kind[one] == kind[broker], kind[other] == kind[broker])
                role = "gatekeeper" if any(same) else "consultant" if kind[one] == kind[other] else "liaison"
                count["coordinator" if all(same) else role] += 1
    order = sorted((iri for iri in net if roles[iri]), key=lambda iri: (-roles[iri].total(), iri))
    names = ("coordinator", "consultant", "gatekeeper", "liaison")
    return _table(graph, name, [(iri, *(roles[iri][role] for role in names)) for iri in order], names)


def change(graph: Graph, name: str, old: str, new: str, /, scope: Scope = ALL, **parameters: object) -> Result:
    """Say which ties came, went, grew or shrank between two days (YYYY-MM-DD).

    :returns: columns ``from``, ``to``, ``before`` and ``after`` (how many things tied the two).
    """
    before, after = (network(graph, name, False, scope, **parameters, asOf=day) for day in (old, new))
    ties = [{(min(a, b), max(a, b)): data["weight"] for a, b, data in net.edges(data=True)} for net in (before, after)]
    rows: list[tuple[Term | None, ...]] = [
        (NamedNode(pair[0]), NamedNode(pair[1]), *(Literal(tie.get(pair, 0)) for tie in ties))
        for pair in sorted(ties[0].keys() | ties[1].keys())
        if ties[0].get(pair) != ties[1].get(pair)
    ]
    return build((("from", "to", "before", "after"), rows), graph.store, graph.names, "none")


def _flat(net: networkx.Graph[str]) -> Any:
    """Copy a network for igraph, its nodes in order."""
    import igraph

    number = {iri: index for index, iri in enumerate(sorted(net))}
    edges = sorted((number[a], number[b], data["weight"]) for a, b, data in net.edges(data=True))
    weights = [weight for *_, weight in edges]
    return igraph.Graph(len(number), [(a, b) for a, b, _ in edges], edge_attrs={"weight": weights})


def _communities(net: networkx.Graph[str], how: str) -> Iterable[set[str]]:
    if how == "louvain":
        import networkx as nx

        found: Iterable[set[str]] = nx.community.louvain_communities(net, weight="weight", seed=SEED)
        return found
    if how != "leiden":
        raise CmgraphError(f"no way to find communities is called '{how}'", hint="louvain or leiden")
    import random

    import igraph

    igraph.set_random_number_generator(random.Random(SEED))  # noqa: S311
    groups = _flat(net).community_leiden(objective_function="modularity", weights="weight", n_iterations=-1)
    order = sorted(net)
    return [{order[index] for index in group} for group in groups]


def _numbered(groups: Iterable[set[str]]) -> dict[str, int]:
    """Number groups, the largest first."""
    order = sorted(groups, key=lambda group: (-len(group), min(group)))
    return {iri: number for number, group in enumerate(order, 1) for iri in group}


def paths(
    graph: Graph, one: str, other: str, over: str = "actors", count: int = 3, hops: int = 6, scope: Scope = ALL
) -> Result:
    """Find the shortest paths between two things, each hop with what it runs through, its date and its sources.

    :param one: a name, CURIE or IRI; so is ``other``.
    :param over: the projection the path runs over; with ``actors`` or ``members``, from actor to actor.
    :param count: how many paths, shortest first.
    :param hops: no path longer than this.
    :raises CmgraphError: if one of them is not in the network, or nothing connects them.
    """
    import networkx as nx

    answer = reasons(graph, over, scope)
    ties = tied(answer)
    net = knit(graph, over, answer)
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


def _node(graph: Graph, net: networkx.Graph[str], text: str) -> str:
    """Find the node meant by a name: an actor rather than the place that goes by the same name."""
    iri = graph.names.prefer(text, CM + "Agent").value
    if iri not in net:
        raise CmgraphError(f"'{text}' is in no tie of this network", where=net.name, hint="Try --over with another.")
    return iri


def tied(answer: Result, two_mode: bool = False) -> dict[tuple[str, str], list[Row]]:
    """Group the reasons for ties by the IRIs of the two things that they tie, the lesser one first."""
    ties: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in answer:
        pairs = ((row[0], row[2]), (row[1], row[2])) if two_mode else ((row[0], row[1]),)
        for one, other in pairs:
            if isinstance(one, Thing) and isinstance(other, Thing) and one != other:
                ties[min(one.iri, other.iri), max(one.iri, other.iri)].append(row)
    return ties


def _table(graph: Graph, name: str, found: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> Result:
    """Make a table of scores, headed in the graph's language, with what each score means."""
    rows: list[tuple[Term | None, ...]] = [(NamedNode(iri), *map(Literal, values)) for iri, *values in found]
    said = {score: word(f"score_{score}", graph.lang).partition(": ") for score in names}
    headings = {"thing": word("thing", graph.lang)} | {score: heading for score, (heading, _, _) in said.items()}
    title = pick(projections(graph)[name].title, graph.lang)
    note = " ".join(f"{heading[:1].upper()}{heading[1:]}: {meaning}" for heading, _, meaning in said.values())
    return build((("thing", *names), rows), graph.store, graph.names, "none", headings, title, note)
