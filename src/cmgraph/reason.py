"""What is derived, by which rule, and from what; and all that OWL RL entails, for those who want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.atomic import atomic_file
from cmgraph.derive import derive, stars
from cmgraph.errors import CmgraphError
from cmgraph.files import RdfFile, lines
from cmgraph.graph import Graph
from cmgraph.head import read_head
from cmgraph.names import sparql
from cmgraph.result import Result, Row, build
from cmgraph.store import values
from cmgraph.terms import CM, from_rdflib, pick, rdflib_graph

_CITED = CM + "hasCitation"


def rules(graph: Graph) -> Result:
    """List the rules with how many statements each gives; columns ``rule``, ``title``, ``statements``."""
    columns = ("rule", "title", "statements")
    found = ((name, _title(graph, name), len(triples)) for name, triples in graph.derived.items())
    rows = tuple(Row(values, (None, None, None), ()) for values in found)
    return Result(columns, columns, rows, ())


def derived(graph: Graph, name: str, *, explain: bool = False) -> Result:
    """List what is derived about one thing; columns ``subject``, ``property``, ``value``, ``rule``.

    :param name: a name, CURIE or IRI.
    :param explain: add the column ``from``, the statement that each follows from, and its citations.
    """
    node = graph.names.resolve(name)
    near = sparql("near").replace(values("thing", [None]), values("thing", [node]))
    found: list[tuple[Any, ...]] = []
    for (source,) in graph.store.select(near, graph.prefixes)[1]:
        if not isinstance(source, NamedNode):
            continue
        star = stars(graph.store, [source.value], graph.prefixes)
        cited: list[Any] = [q.object for q in star.engine.quads_for_pattern(source, NamedNode(_CITED), None)]
        for rule, triples in derive(star, graph.root, graph.prefixes):
            for triple in sorted(set(triples), key=str):
                if node not in (triple.subject, triple.object):
                    continue
                said: tuple[Any, ...] = (triple.subject, triple.predicate, triple.object, Literal(rule))
                found += [(*said, source, cite) for cite in (cited or [None])] if explain else [said]
    found.sort(key=lambda row: tuple(map(str, row)))
    columns = ("subject", "property", "value", "rule", *(("from", "citation") if explain else ()))
    return build((columns, list(dict.fromkeys(found))), graph.store, graph.names, "citation" if explain else "none")


def owl_rl(graph: Graph, path: Path) -> int:
    """Write all that OWL RL entails from the graph with its axioms, and the graph does not say, as N-Triples.

    What it says of nodes without an IRI, which are parts of axioms, is left out. A clash is not told here: the
    project's tests look for those.

    :returns: how many statements follow.
    :raises CmgraphError: if the reasoner is not installed.
    """
    try:
        import reasonable
    except ImportError:
        hint = "pip install 'cmgraph[reason]'"
        raise CmgraphError("the reasoner is not installed", hint=hint) from None
    axioms = RdfFile.read(graph.root / "ontology/axioms.ttl").triples
    known = [*graph.triples, *axioms]
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(rdflib_graph(known))
    entailed = (tuple(map(from_rdflib, triple)) for triple in reasoner.reason())
    kept = (
        Triple(s, p, o)
        for s, p, o in entailed
        if isinstance(s, NamedNode) and isinstance(p, NamedNode) and isinstance(o, (NamedNode, Literal))
    )
    new = sorted(lines(kept) - lines(known))
    with atomic_file(path) as target:
        target.write_text("".join(f"{line}\n" for line in new), encoding="utf-8", newline="")
    return len(new)


def _title(graph: Graph, rule: str) -> str:
    head = read_head(graph.root / f"ontology/rules/{rule}.rq")[1]
    return pick(head.get("title", {}), graph.lang)
