"""Two views across the graph: how actors compare, and what happened when; each row with its sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.names import sparql
from cmgraph.render import word
from cmgraph.result import Result, build
from cmgraph.store import values
from cmgraph.terms import CM, Term


def compare(graph: Graph, actors: Sequence[str]) -> Result:
    """Say what actors share and what only some of them have: arrangements, bodies, partners, minerals, themes.

    :param actors: two names or more, CURIEs or IRIs.
    :returns: columns ``respect``, ``thing``, ``whose`` (the actors that have it) and ``number``; what most share first.
    :raises CmgraphError: if there are not two.
    """
    nodes = [graph.names.resolve(name, CM + "Agent", "actor") for name in actors]
    if len(set(nodes)) < 2:
        raise CmgraphError("name two actors or more", hint="cmgraph compare Canada Japan")
    query = sparql("compare").replace(values("actor", [None]), values("actor", nodes))
    have: dict[tuple[str, Term], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for respect, thing, actor, citation in graph.store.select(query, graph.prefixes)[1]:
        if isinstance(respect, Literal) and thing and isinstance(actor, NamedNode) and isinstance(citation, NamedNode):
            have[respect.value, thing][actor.value].add(citation.value)
    called = graph.names.labels(node.value for node in nodes)
    solutions: list[tuple[Term | None, ...]] = []
    order = sorted(have.items(), key=lambda item: (item[0][0], -len(item[1]), str(item[0][1])))
    for (kind, what), whose in order:
        names = "; ".join(called[node.value] for node in nodes if node.value in whose)
        said = (Literal(word(f"respect_{kind}", graph.lang)), what, Literal(names), Literal(len(whose)))
        solutions += [(*said, NamedNode(iri)) for iri in sorted(set().union(*whose.values()))]
    columns = ("respect", "thing", "whose", "number")
    headings = {name: word(name, graph.lang) for name in columns}
    return build(((*columns, "citation"), solutions), graph.store, graph.names, "citation", headings)


def timeline(graph: Graph, name: str | None = None) -> Result:
    """List what is dated, of one thing or of all, oldest first.

    :param name: a name, CURIE or IRI; None for everything.
    :returns: columns ``date`` (as precise as its source), ``what``, ``thing``, ``with``; up to ``graph.as_of``.
    """
    entity = [graph.names.prefer(name, CM + "Agent")] if name else [None]
    query = sparql("timeline").replace(values("entity", [None]), values("entity", entity))
    columns, rows = graph.store.select(query, graph.prefixes)
    if graph.as_of:
        rows = [row for row in rows if row[0] is not None and row[0].value <= graph.as_of.isoformat()]
    headings = {column: word(column, graph.lang) for column in columns}
    return build((columns, rows), graph.store, graph.names, "citation", headings)
