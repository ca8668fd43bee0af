"""How actors compare: what they share, and what only some of them have, each with its sources."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode

from cmgraph.answers.result import Result, build
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.questions.header import Parameter
from cmgraph.rdf.terms import CM, Term
from cmgraph.store import builtin
from cmgraph.text.i18n import message


def compare_actors(
    graph: Graph,
    actors: Sequence[str],
    *,
    through: str | None = None,
    bilateral: bool = False,
    since: dt.date | str | None = None,
) -> Result:
    """List what actors share and what only some of them have: arrangements, bodies, partners, minerals, themes.

    :param actors: two names or more, CURIEs or IRIs.
    :param through: ``agreements`` for what comes of agreements alone, ``bodies`` for bodies and who is in them.
    :param bilateral: only agreements or bodies in which two parties or members were seen, no more.
    :param since: only agreements with an act dated on this day or later, and memberships that began then or later.
    :returns: columns ``respect``, ``thing``, ``whose`` (the actors that have it) and ``number``; what most share first.
    :raises CmgraphError: if there are not two, or ``since`` is not a day.

    >>> import cmgraph
    >>> shared = cmgraph.compare_actors(cmgraph.load(), ["Canada", "Japan"]).filter(lambda row: row[3] == 2)
    >>> {str(row[0]) for row in shared} >= {"arrangement", "body"}
    True
    """
    day = Parameter("since", "date", "", {}).term(since, graph.names, graph.prefixes) if since else None
    nodes = list(dict.fromkeys(graph.names.resolve(name, CM + "Agent") for name in actors))
    if len(nodes) < 2:
        raise CmgraphError("name two actors or more, none of them twice", hint="cmgraph compare Canada Japan")
    have: dict[tuple[str, Term], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = builtin.ask(
        graph.store, "compare", actor=nodes, bilateral=[Literal("yes" if bilateral else "no")], since=[day]
    )
    for respect, thing, actor, citation in rows:
        if through is not None and isinstance(respect, Literal) and (respect.value == "body") != (through == "bodies"):
            continue
        if isinstance(respect, Literal) and thing and isinstance(actor, NamedNode) and isinstance(citation, NamedNode):
            have[respect.value, thing][actor.value].add(citation.value)
    called = graph.names.labels(node.value for node in nodes)
    solutions: list[tuple[Term | None, ...]] = []
    order = sorted(have.items(), key=lambda item: (item[0][0], -len(item[1]), str(item[0][1])))
    for (kind, shared), whose in order:
        names = "; ".join(called[node.value] for node in nodes if node.value in whose)
        cells = (Literal(message(f"respect_{kind}", graph.lang)), shared, Literal(names), Literal(len(whose)))
        solutions += [(*cells, NamedNode(iri)) for iri in sorted(set().union(*whose.values()))]
    columns = ("respect", "thing", "whose", "number")
    headings = {name: message(name, graph.lang) for name in columns}
    return build(
        ((*columns, "citation"), solutions),
        graph.store,
        graph.names,
        "citation",
        headings,
        things=("thing",),
        lang=graph.lang,
    )
