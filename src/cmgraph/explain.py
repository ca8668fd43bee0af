"""What is inferred, by which rule, and from what; and, for those who want it, everything that OWL RL entails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.answers.result import Result, build
from cmgraph.answers.sentences import with_statements_in_words
from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.inference import infer, subject_triples
from cmgraph.questions.header import read_header
from cmgraph.rdf.files import RdfFile, to_lines
from cmgraph.rdf.terms import CM, best_text, from_rdflib, rdflib_graph
from cmgraph.store import builtin
from cmgraph.text.i18n import message

_CITED = CM + "hasCitation"


def list_rules(graph: Graph) -> Result:
    """List the rules with how many statements each gives; columns ``rule``, ``title``, ``statements``."""
    rows = ((name, _title(graph, name), len(triples)) for name, triples in graph.inferred.items())
    return Result.of(("rule", "title", "statements"), rows, graph.lang)


def inferred_about(graph: Graph, name: str, *, explain: bool = False) -> Result:
    """List what is inferred about one thing; columns ``subject``, ``property``, ``value``, ``rule``.

    :param name: a name, CURIE or IRI.
    :param explain: add the column ``from``, the statement that each follows from, and its citations.
    """
    node = graph.names.resolve(name)
    solutions: list[tuple[Any, ...]] = []
    for (source,) in builtin.ask(graph.store, "near", thing=[node]):
        if not isinstance(source, NamedNode):
            continue
        star = subject_triples(graph.store, [source.value])
        cited: list[Any] = [q.object for q in star.engine.quads_for_pattern(source, NamedNode(_CITED), None)]
        for rule, triples in infer(star, graph.ontology):
            for triple in sorted(set(triples), key=str):
                if node not in (triple.subject, triple.object):
                    continue
                inferred: tuple[Any, ...] = (triple.subject, triple.predicate, triple.object, Literal(rule))
                solutions += [(*inferred, source, cite) for cite in (cited or [None])] if explain else [inferred]
    solutions.sort(key=lambda row: tuple(map(str, row)))
    columns = ("subject", "property", "value", "rule", *(("from", "citation") if explain else ()))
    answer = (columns, list(dict.fromkeys(solutions)))
    things = ("subject", "property", "from") if explain else ("subject", "property")
    headings = {column: message(column, graph.lang) for column in columns}
    result = build(
        answer, graph.store, graph.names, "citation" if explain else "none", headings, things=things, lang=graph.lang
    )
    return with_statements_in_words(result, graph.store, graph.names)


def write_owl_rl(graph: Graph, path: Path) -> int:
    """Write everything that OWL RL entails from the graph and its axioms, and that the graph lacks, as N-Triples.

    Statements about blank nodes, which are parts of axioms, are left out. Contradictions are not reported here: the
    project's tests look for those.

    :returns: how many statements follow.
    :raises CmgraphError: if the reasoner is not installed.
    """
    try:
        import reasonable
    except ImportError:
        hint = "pip install 'cmgraph[reason]'"
        raise CmgraphError("the reasoner is not installed", hint=hint) from None
    axioms = RdfFile.read(graph.ontology.axioms).triples
    premises = [*graph.triples, *axioms]
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(rdflib_graph(premises))
    entailed = (tuple(map(from_rdflib, triple)) for triple in reasoner.reason())
    statements = (
        Triple(s, p, o)
        for s, p, o in entailed
        if isinstance(s, NamedNode) and isinstance(p, NamedNode) and isinstance(o, (NamedNode, Literal))
    )
    new = sorted(to_lines(statements) - to_lines(premises))
    with atomic_file(path) as target:
        target.write_text("".join(f"{line}\n" for line in new), encoding="utf-8", newline="")
    return len(new)


def _title(graph: Graph, rule: str) -> str:
    head = read_header(graph.ontology.rules[rule])[1]
    return best_text(head.get("title", {}), graph.lang)
