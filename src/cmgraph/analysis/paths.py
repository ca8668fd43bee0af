"""How two things are connected: the shortest paths between them, hop by hop with sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.analysis.network import group_ties
from cmgraph.analysis.projections import find_projection, tie_rows
from cmgraph.answers.result import Result, Row, build
from cmgraph.errors import CmgraphError, say
from cmgraph.graph import Graph
from cmgraph.rdf.terms import CM, Term, best_text
from cmgraph.text.i18n import message

if TYPE_CHECKING:
    import networkx


USUAL_HOPS = ("actors", "acting", "parts")
"""The default kinds of hop in paths."""


def shortest_paths(
    graph: Graph,
    one: str,
    other: str,
    over: str | Sequence[str] = USUAL_HOPS,
    count: int = 3,
    hops: int = 6,
    network_filter: NetworkFilter = EVERYTHING,
) -> Result:
    """Find the shortest paths between two things, each hop with what it runs through, its date and its sources.

    :param one: a name, CURIE or IRI; so is ``other``.
    :param over: the kinds of hop: the projection that the path runs over, or several. As a rule, parties to the same
        arrangement, who acted for whom, and what is part of what.
    :param count: how many paths, shortest first.
    :param hops: no path longer than this.
    :raises CmgraphError: if one of them is not in the network, both are the same, or nothing connects them.
    :param network_filter: which part of the network.
    :returns: a row per hop and reason: ``path``, ``hop``, ``from``, ``to``, ``through``, ``dated``, ``how``.

    >>> import cmgraph
    >>> path = cmgraph.shortest_paths(cmgraph.load(), "Canada", "European Investment Bank", count=1)
    >>> [str(cell) for cell in path.rows[0]][2:4]
    ['Government of Canada', 'European Investment Bank']
    """
    import networkx as nx

    kinds = (over,) if isinstance(over, str) else tuple(over)
    where = ", ".join(kinds)
    reasons: dict[tuple[str, str], list[tuple[str, Result, Row]]] = defaultdict(list)
    for kind in kinds:
        answer = tie_rows(graph, kind, network_filter)
        for pair, rows in group_ties(answer).items():
            reasons[pair] += [(kind, answer, row) for row in rows]
    net: networkx.Graph[str] = nx.Graph(name=where)
    net.add_edges_from(sorted(reasons))
    start, end = (_node(graph, net, text) for text in (one, other))
    if start == end:
        raise CmgraphError(
            say("'{one}' and '{other}' are the same thing", one=one, other=other), where=where, hint="Name two things."
        )
    paths = list(islice(_simple_paths(net, start, end, hops), count))
    if not paths:
        raise CmgraphError(
            say("no path of {hops} hops was found between '{one}' and '{other}'", hops=hops, one=one, other=other),
            where=where,
        )
    words_by_kind = {kind: _hop_words(graph, kind) for kind in kinds}
    solutions: list[tuple[Term | None, ...]] = []
    for number, path in enumerate(paths, 1):
        for place, (tail, head) in enumerate(pairwise(path), 1):
            for kind, answer, row in _first_dated(reasons[min(tail, head), max(tail, head)]):
                hop = (Literal(number), Literal(place), NamedNode(tail), NamedNode(head), *row.terms[2:4])
                how = Literal(words_by_kind[kind].format(source=row[0], target=row[1]))
                solutions += [(*hop, how, NamedNode(answer.citations[cite - 1].iri)) for cite in row.citations]
    columns = ("path", "hop", "from", "to", "through", "dated", "how", "citation")
    headings = {column: message(column, graph.lang, default=column) for column in columns}
    things = ("from", "to", "through")
    return build((columns, solutions), graph.store, graph.names, "citation", headings, things=things, lang=graph.lang)


def neighbours(graph: Graph, name: str, over: Sequence[str] = USUAL_HOPS) -> Result:
    """List what a thing is tied to, each tie with what it runs through, its date and its sources.

    :param name: a name, CURIE or IRI.
    :param over: see :func:`shortest_paths`.
    :returns: a row per tie and reason: ``thing``, ``through``, ``dated``, ``how``; none if it has no ties.
    """
    node = graph.names.resolve_preferring(name, CM + "Agent")
    solutions: list[tuple[Term | None, ...]] = []
    for kind in over:
        answer, words = tie_rows(graph, kind), _hop_words(graph, kind)
        ties = [(row.terms[1 - at], row) for row in answer.rows for at in (0, 1) if row.terms[at] == node]
        for other, row in sorted(ties, key=lambda tie: str(tie[0])):
            tie = (other, *row.terms[2:4], Literal(words.format(source=row[0], target=row[1])))
            solutions += [(*tie, NamedNode(answer.citations[cite - 1].iri)) for cite in row.citations]
    columns = ("thing", "through", "dated", "how", "citation")
    headings = {column: message(column, graph.lang, default=column) for column in columns}
    things = ("thing", "through")
    return build((columns, solutions), graph.store, graph.names, "citation", headings, things=things, lang=graph.lang)


def _first_dated(reasons: Sequence[tuple[str, Result, Row]]) -> list[tuple[str, Result, Row]]:
    """Return each instrument of a usual hop once, with the first and closest date of its acts; others as they are."""
    first: dict[tuple[str, Term | None], Row] = {}
    for kind, _, row in sorted(reasons, key=lambda reason: f"{reason[2][3] or ''}~"):
        first.setdefault((kind, row.terms[2]), row)
    return [
        (kind, answer, row)
        for kind, answer, row in reasons
        if kind not in USUAL_HOPS or first[kind, row.terms[2]] is row
    ]


def _hop_words(graph: Graph, kind: str) -> str:
    """Return the words for a hop of a kind between its two ends; the projection's title, if it has none."""
    projection = find_projection(graph, kind)
    return best_text(projection.tie, graph.lang) or best_text(projection.title, graph.lang)


def _simple_paths(net: networkx.Graph[str], start: str, end: str, hops: int) -> Iterator[tuple[str, ...]]:
    """Yield the simple paths from ``start`` to ``end`` lazily, shortest first."""
    import networkx as nx

    left: Mapping[str, int] = nx.single_source_shortest_path_length(net, end, cutoff=hops)
    if start not in left:
        return
    for length in range(left[start], min(hops, len(net) - 1) + 1):
        path, ways = [start], [iter(sorted(net[start]))]
        while ways:
            further = length + 1 - len(path)
            for node in ways[-1]:
                reaches = left.get(node, length) < further and (node == end) == (further == 1)
                if reaches and node not in path:
                    break
            else:
                ways.pop()
                path.pop()
                continue
            if further == 1:
                yield (*path, node)
            else:
                path.append(node)
                ways.append(iter(sorted(net[node])))


def _node(graph: Graph, net: networkx.Graph[str], text: str) -> str:
    """Find the node meant by a name: an actor rather than the place of the same name."""
    iri = graph.names.resolve_preferring(text, CM + "Agent").value
    if iri not in net:
        raise CmgraphError(
            say("'{text}' has no ties in this network", text=text),
            where=net.name,
            hint="Try another projection with --over, or a wider filter.",
        )
    return iri
