"""A subset of the graph: as of a day, from some sources, of some kinds, in one language. It is a graph itself.

Nothing in a subset points at what was left out, and every statement keeps its citations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.graph import LANGUAGES, Graph
from cmgraph.inference import materialize
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.terms import BASE, CM, XSD, Term, has_language, lexical
from cmgraph.store import builtin
from cmgraph.store.local import LocalStore

_CITED = CM + "hasCitation"
_CONTRADICTS = CM + "contradicts"
"""May point at a statement outside the subset: then this triple is dropped, and its subject stays."""

_DATA = (BASE + "id/", BASE + "vocab/list/")
"""IRIs of things that a subset may lack; the terms and vocabularies of the ontology are in every one."""


def subset(
    graph: Graph,
    *,
    sources: Iterable[str] = (),
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    language: str | None = None,
) -> Graph:
    """Return the part of ``graph`` that is asked for; with ``graph.as_of``, as far as it may have held on that day.

    :param sources: names or IRIs of sources; keeps what cites one of them, with what that points at.
    :param include: names or CURIEs of classes; keeps things of these kinds, with what they point at.
    :param exclude: names or CURIEs of classes; leaves out things of these kinds, and every relationship of theirs.
    :param language: keeps, of the texts that one property has in several languages, those in this one.
    :raises UnknownName: if one of the names is unknown.
    """
    stars: dict[str, list[Triple]] = defaultdict(list)
    for triple in graph.asserted:
        stars[lexical(triple.subject)].append(triple)
    things = {iri for iri in stars if iri.startswith(_DATA)}
    left_out = set[str]()
    if graph.as_of is not None:
        day = Literal(graph.as_of.isoformat(), datatype=NamedNode(XSD + "date"))
        left_out |= _selected(graph, "later", "asOf", [day]) | _selected(graph, "over", "asOf", [day])
    if exclude:
        left_out |= _selected(graph, "of-kind", "kind", _classes(graph, exclude))
    included = things - left_out
    if include:
        included = _reachable(included & _selected(graph, "of-kind", "kind", _classes(graph, include)), stars, included)
    if sources:
        source_terms: list[Term] = [graph.names.resolve(name, CM + "Source") for name in sources]
        included = _reachable(included & _selected(graph, "from-source", "source", source_terms), stars, included)
    included = _drop_dangling(included, things, stars)
    if left_out or include or sources:
        included = _drop_uncited(included, stars)
    rest = (t for iri, star in stars.items() if iri in included or iri not in things for t in star)
    triples: Iterable[Triple] = (t for t in rest if (iri := lexical(t.object)) in included or iri not in things)
    if language:
        triples = _in_language(triples, language)
    stated = list(canonical(triples))
    store = LocalStore(stated)
    materialize(store, graph.ontology)
    return graph._with_triples(store, stated)


def _selected(graph: Graph, query: str, variable: str, values: Iterable[Term]) -> set[str]:
    rows = builtin.ask(graph.store, f"selection/{query}", **{variable: values})
    return {term.value for (term,) in rows if isinstance(term, NamedNode)}


def _classes(graph: Graph, names: Iterable[str]) -> list[Term]:
    return [graph.names.resolve(name, "http://www.w3.org/2002/07/owl#Class") for name in names]


def _reachable(seeds: set[str], stars: dict[str, list[Triple]], within: set[str]) -> set[str]:
    """Return ``seeds`` and everything reachable from them."""
    reached, todo = set(seeds), list(seeds)
    while todo:
        for triple in stars[todo.pop()]:
            if (iri := lexical(triple.object)) in within and iri not in reached:
                reached.add(iri)
                todo.append(iri)
    return reached


def _drop_dangling(included: set[str], things: set[str], stars: dict[str, list[Triple]]) -> set[str]:
    """Leave out relationships, observations and records of which one end is left out; things stay without it."""
    missing = things - included
    lost = {
        iri
        for iri in included
        if iri.startswith((BASE + "id/rel/", BASE + "id/obs/", BASE + "id/record/"))
        and any(t.predicate.value != _CONTRADICTS and lexical(t.object) in missing for t in stars[iri])
    }
    return _drop_dangling(included - lost, things, stars) if lost else included


def _drop_uncited(included: set[str], stars: dict[str, list[Triple]]) -> set[str]:
    """Leave out citations and sources that nothing in the subset cites."""
    cited = {lexical(t.object) for iri in included for t in stars[iri] if t.predicate.value == _CITED}
    unused = {iri for iri in included if iri.startswith(BASE + "id/cite/")} - cited
    included = included - unused
    sources_used = {lexical(t.object) for iri in included for t in stars[iri]}
    return included - ({iri for iri in included if iri.startswith(BASE + "id/source/")} - sources_used)


def _in_language(triples: Iterable[Triple], language: str) -> Iterable[Triple]:
    """Leave out texts in the other official language where the same property has one in ``language``."""
    all_triples = list(triples)
    other_languages = [other for other in LANGUAGES if other != language]
    has = {(t.subject, t.predicate) for t in all_triples if has_language(t.object, language)}
    return (
        t
        for t in all_triples
        if (t.subject, t.predicate) not in has or not any(has_language(t.object, other) for other in other_languages)
    )
