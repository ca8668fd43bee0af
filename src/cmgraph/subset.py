"""A part of the graph: of a day, of some sources, of some kinds, in one language. It is a graph like any other.

Nothing in a part points at what was left out of it, and every statement keeps its citations.
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
"""May point at a statement that the part lacks: then the pointer goes, and the statement stays."""

_DATA = (BASE + "id/", BASE + "vocab/list/")
"""Where things stand that a part may lack; the terms and vocabularies of the ontology are in every part."""


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
    gone = set[str]()
    if graph.as_of is not None:
        day = Literal(graph.as_of.isoformat(), datatype=NamedNode(XSD + "date"))
        gone |= _found(graph, "later", "asOf", [day]) | _found(graph, "over", "asOf", [day])
    if exclude:
        gone |= _found(graph, "of-kind", "kind", _classes(graph, exclude))
    in_part = things - gone
    if include:
        in_part = _reachable(in_part & _found(graph, "of-kind", "kind", _classes(graph, include)), stars, in_part)
    if sources:
        source_terms: list[Term] = [graph.names.resolve(name, CM + "Source") for name in sources]
        in_part = _reachable(in_part & _found(graph, "from-source", "source", source_terms), stars, in_part)
    in_part = _drop_dangling(in_part, things, stars)
    if gone or include or sources:
        in_part = _drop_uncited(in_part, stars)
    rest = (t for iri, star in stars.items() if iri in in_part or iri not in things for t in star)
    triples: Iterable[Triple] = (t for t in rest if (iri := lexical(t.object)) in in_part or iri not in things)
    if language:
        triples = _in_language(triples, language)
    stated = list(canonical(triples))
    store = LocalStore(stated)
    materialize(store, graph.ontology)
    return graph._with_triples(store, stated)


def _found(graph: Graph, query: str, variable: str, values: Iterable[Term]) -> set[str]:
    rows = builtin.ask(graph.store, f"selection/{query}", **{variable: values})
    return {term.value for (term,) in rows if isinstance(term, NamedNode)}


def _classes(graph: Graph, names: Iterable[str]) -> list[Term]:
    return [graph.names.resolve(name, "http://www.w3.org/2002/07/owl#Class") for name in names]


def _reachable(seeds: set[str], stars: dict[str, list[Triple]], within: set[str]) -> set[str]:
    """Return ``seeds`` and all they point at, by any number of steps."""
    reached, todo = set(seeds), list(seeds)
    while todo:
        for triple in stars[todo.pop()]:
            if (iri := lexical(triple.object)) in within and iri not in reached:
                reached.add(iri)
                todo.append(iri)
    return reached


def _drop_dangling(in_part: set[str], things: set[str], stars: dict[str, list[Triple]]) -> set[str]:
    """Leave out relationships and the like one end of which is not kept; a thing of its own name stays without it."""
    missing = things - in_part
    lost = {
        iri
        for iri in in_part
        if iri.startswith((BASE + "id/rel/", BASE + "id/obs/", BASE + "id/record/"))
        and any(t.predicate.value != _CONTRADICTS and lexical(t.object) in missing for t in stars[iri])
    }
    return _drop_dangling(in_part - lost, things, stars) if lost else in_part


def _drop_uncited(in_part: set[str], stars: dict[str, list[Triple]]) -> set[str]:
    """Leave out citations that nothing kept has, and sources that no citation kept points into."""
    cited = {lexical(t.object) for iri in in_part for t in stars[iri] if t.predicate.value == _CITED}
    unused = {iri for iri in in_part if iri.startswith(BASE + "id/cite/")} - cited
    in_part = in_part - unused
    sources_used = {lexical(t.object) for iri in in_part for t in stars[iri]}
    return in_part - ({iri for iri in in_part if iri.startswith(BASE + "id/source/")} - sources_used)


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
