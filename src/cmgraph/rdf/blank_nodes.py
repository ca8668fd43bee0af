"""Labels for blank nodes that depend only on the statements about them, so that equal graphs are written alike.

Nodes are distinguished by their neighbourhoods, by refining a partition of them; only those that still look alike in
one component are tried in turn. RDFC-1.0 would do the same, but takes minutes for a list of some hundred equal items.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pyoxigraph import BlankNode, Triple

from cmgraph.errors import CmgraphError

WORK = 300_000
"""How many statements may be read while nodes are distinguished by trial, counted once for each trial."""


class _Edge(NamedTuple):
    """A statement with its blank nodes taken out, and these in the order in which they stand in it."""

    text: str
    nodes: tuple[BlankNode, ...]


_Colors = dict[BlankNode, str]


def blank_nodes(term: object) -> Iterator[BlankNode]:
    """Yield the blank nodes of a term or statement, those within triple terms too."""
    if isinstance(term, BlankNode):
        yield term
    elif isinstance(term, Triple):
        for part in term:
            yield from blank_nodes(part)


def canonical(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield each statement, those with blank nodes last and with labels that are the same in every equal graph.

    A name depends only on the nodes that hang together with its own, so that a change elsewhere leaves it as it is.

    :raises CmgraphError: if some nodes are too alike to be distinguished.
    """
    with_blanks: dict[Triple, None] = {}
    for triple in triples:
        if any(blank_nodes(triple)):
            with_blanks[triple] = None
        else:
            yield triple
    names = _names(with_blanks)
    yield from (_renamed(triple, names) for triple in with_blanks)


def _names(triples: Iterable[Triple]) -> dict[BlankNode, BlankNode]:
    edges: dict[BlankNode, list[_Edge]] = defaultdict(list)
    for triple in triples:
        edge = _Edge(_renamed_text(triple), tuple(blank_nodes(triple)))
        for node in dict.fromkeys(edge.nodes):
            edges[node].append(edge)
    names: dict[BlankNode, BlankNode] = {}
    copies: Counter[str] = Counter()
    for part in _components(edges, edges):
        structure = _Structure(part, edges)
        order = structure.order()
        digest = hashlib.sha256("\n".join(structure.form(order, {})).encode()).hexdigest()[:16]
        copy = f"x{copies[digest]}" if copies[digest] else ""
        copies[digest] += 1
        names |= {node: BlankNode(f"b{digest}n{number}{copy}") for number, node in enumerate(order)}
    return names


def _renamed_text(triple: Triple) -> str:
    """Write a statement with the same label for every blank node."""
    return str(_renamed(triple, defaultdict(lambda: BlankNode("x"))))


def _renamed(triple: Triple, names: Mapping[BlankNode, BlankNode]) -> Triple:
    subject, predicate, value = triple
    if isinstance(subject, BlankNode):
        subject = names[subject]
    if isinstance(value, BlankNode):
        value = names[value]
    elif isinstance(value, Triple):
        value = _renamed(value, names)
    return Triple(subject, predicate, value)


def _components(nodes: Iterable[BlankNode], edges: Mapping[BlankNode, list[_Edge]]) -> Iterator[list[BlankNode]]:
    """Yield the connected components of ``nodes``."""
    waiting = dict.fromkeys(nodes)
    while waiting:
        first, _ = waiting.popitem()
        part = [first]
        for node in part:  # grows while it is read
            for near in (near for edge in edges[node] for near in edge.nodes if near in waiting):
                del waiting[near]
                part.append(near)
        yield part


class _Structure:
    """A connected component of blank nodes, and their canonical order."""

    def __init__(self, nodes: list[BlankNode], edges: Mapping[BlankNode, list[_Edge]]) -> None:
        self._nodes, self._edges, self._left = nodes, edges, WORK

    def order(self) -> list[BlankNode]:
        """Return all nodes in an order that depends only on the statements about them."""
        if len(self._nodes) == 1:
            return self._nodes
        return self._order(self._nodes, self._refine(self._nodes, dict.fromkeys(self._nodes, ""), self._nodes))

    def form(self, order: list[BlankNode], outside: Mapping[BlankNode, str]) -> list[str]:
        """Write the statements about some nodes, each labelled by its place in ``order``, others by their color."""
        places = {node: str(place) for place, node in enumerate(order)}
        lines = {
            f"{edge.text} {' '.join(places.get(near) or outside[near] for near in edge.nodes)}"
            for node in order
            for edge in self._edges[node]
        }
        return sorted(lines)

    def _order(self, nodes: list[BlankNode], colors: _Colors) -> list[BlankNode]:
        sizes = Counter(colors[node] for node in nodes)
        unique = sorted((node for node in nodes if sizes[colors[node]] == 1), key=colors.__getitem__)
        alike = [node for node in nodes if sizes[colors[node]] > 1]
        parts = list(_components(alike, self._edges))
        if len(parts) == 1 and not unique:
            return self._try_each(nodes, colors, sizes)
        ordered = [self._order(part, colors) for part in parts]
        ordered.sort(key=lambda part: self.form(part, colors))
        return [*unique, *(node for part in ordered for node in part)]

    def _try_each(self, nodes: list[BlankNode], colors: _Colors, sizes: Counter[str]) -> list[BlankNode]:
        """Single out each node of the smallest class in turn, and return the order that reads first."""
        _, color = min((size, color) for color, size in sizes.items())
        orders = []
        for node in (node for node in nodes if colors[node] == color):
            self._spend(sum(len(self._edges[near]) for near in nodes))
            singled = self._refine(nodes, {**colors, node: _hash(color, "first")}, [node, *self._near(node)])
            orders.append(self._order(nodes, singled))
        return min(orders, key=lambda order: self.form(order, colors))

    def _near(self, node: BlankNode) -> Iterator[BlankNode]:
        return (near for edge in self._edges[node] for near in edge.nodes)

    def _refine(self, nodes: list[BlankNode], colors: _Colors, changed: Iterable[BlankNode]) -> _Colors:
        """Give nodes colors until two of one color have neighbours of the same colors.

        Of a class that falls apart, the largest part keeps its color, so that few others have to be looked at again.
        """
        within, colors = set(nodes), dict(colors)
        classes: dict[str, set[BlankNode]] = defaultdict(set)
        for node in nodes:
            classes[colors[node]].add(node)
        todo = within & set(changed)
        while todo:
            by_signature: dict[str, dict[str, set[BlankNode]]] = defaultdict(lambda: defaultdict(set))
            for node in todo:
                by_signature[colors[node]][self._signature(node, colors)].add(node)
            todo = set()
            for color, parts in sorted(by_signature.items()):
                rest = classes[color] - set().union(*parts.values())
                groups = sorted([*parts.items(), *([("", rest)] if rest else [])])
                if len(groups) == 1 and color:
                    continue
                stays = max(groups, key=lambda group: (len(group[1]), group[0]))[0] if color else None
                for signature, members in groups:
                    if signature == stays:
                        classes[color] = members
                        continue
                    new = _hash(color, signature)
                    classes[new] = members
                    colors |= dict.fromkeys(members, new)
                    todo |= {near for node in members for near in self._near(node)}
            todo &= within
        return colors

    def _signature(self, node: BlankNode, colors: _Colors) -> str:
        """Describe the neighbourhood of a node, with the node itself marked wherever it occurs."""
        return _hash(
            *sorted(
                f"{edge.text} {' '.join('*' if near == node else colors[near] for near in edge.nodes)}"
                for edge in self._edges[node]
            )
        )

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            problem = "nodes without an IRI are too alike to be told apart"
            raise CmgraphError(problem, where=self._edges[self._nodes[0]][0].text, hint="Give them IRIs.")


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
