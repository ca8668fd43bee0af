"""What is said of things, as columns of a spreadsheet: the data extension of the Reconciliation API."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pyoxigraph import NamedNode

from cmgraph.answers.statements import fetch_triples
from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE, CM, Term, has_language, lexical, to_python
from cmgraph.serve.problems import Problem
from cmgraph.store import builtin

ROWS = 500
"""Things whose properties one request may ask for."""

_COLUMNS = 50
"""Properties that it may ask for."""

_THINGS = (BASE + "id/", BASE + "vocab/")
"""What a spreadsheet may be about: not the terms of the model."""

KINDS = (
    *(CM + name for name in ("Agent", "Arrangement", "Project", "Place", "Event", "Source")),
    BASE + "vocab/mineral",
)
"""Classes and schemes that are proposed; every other may be asked for."""


def properties(graph: Graph, kind: str, limit: int) -> dict[str, Any]:
    """Propose properties for things of a kind, those that most of them have first.

    :param kind: empty for any of the usual kinds.
    """
    kinds = expanded_kinds(graph, [kind]) if kind else KINDS
    return {"type": kind, "limit": limit, "properties": named(graph, properties_of(graph, tuple(kinds))[:limit])}


def extend(graph: Graph, query: str) -> dict[str, Any]:
    """Return values of things, for columns that are added to a spreadsheet.

    :param query: which properties of which things, as JSON.
    :raises Problem: if it is something else, or too much.
    """
    asked = read_object("extend", query)
    ids, wanted = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or not isinstance(wanted, list) or not all(isinstance(one, str) for one in ids):
        raise Problem("'extend' has a list of texts 'ids', and a list 'properties'")
    if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in wanted):
        raise Problem("each of 'properties' has a text 'id'")
    if len(ids) > ROWS or len(wanted) > _COLUMNS:
        raise Problem(f"there are more than {ROWS} things or {_COLUMNS} properties", 413, hint="Send them in parts.")
    props = {one["id"]: known_property(graph, one["id"]) for one in wanted}
    said = values_of(graph, [BASE + one for one in ids if is_thing(BASE + one)])
    labels = graph.names.labels(term.value for some in said.values() for term in nodes_in(some))
    return {
        "meta": [{"id": name, "name": graph.names.labels([prop])[prop]} for name, prop in props.items()],
        "rows": {
            one: {
                name: [_cell(term, labels) for term in _in_language(said.get(BASE + one, {}).get(prop, []), graph.lang)]
                for name, prop in props.items()
            }
            for one in ids
        },
    }


def read_object(name: str, text: str) -> dict[str, Any]:
    """Read an object of JSON.

    :raises Problem: if it is something else.
    """
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(f"'{name}' is not JSON") from None
    if not isinstance(sent, dict):
        raise Problem(f"'{name}' is not an object")
    try:
        json.dumps(sent, ensure_ascii=False).encode()
    except UnicodeError:
        raise Problem(f"'{name}' holds half a character") from None
    return sent


def is_thing(iri: str) -> bool:
    """Say whether an IRI is that of a thing."""
    return iri.startswith(_THINGS)


def named(graph: Graph, iris: Iterable[str]) -> list[dict[str, str]]:
    """Name terms of the model as they are sent."""
    labels = graph.names.labels(iris)
    return [{"id": graph.prefixes.shorten(iri), "name": label} for iri, label in labels.items()]


def expanded_kinds(graph: Graph, kinds: Iterable[str]) -> set[str]:
    """Return the classes and schemes that are meant.

    :raises Problem: if one is none.
    """
    expanded = set()
    for kind in kinds:
        node = graph.prefixes.expand(kind)
        if node is None:
            raise Problem(f"there is no type '{kind[:100]}'", hint="Write it like cm:Agent.")
        expanded.add(node.value)
    return expanded


def known_property(graph: Graph, name: str) -> str:
    """Return the property that is meant.

    :raises Problem: if nothing has it.
    """
    node = graph.prefixes.expand(name)
    if node is None or node.value not in properties_of(graph, KINDS):
        raise Problem(f"there is no property '{name[:100]}'", hint="/reconcile/properties lists those that there are.")
    return node.value


@lru_cache(maxsize=64)
def properties_of(graph: Graph, kinds: tuple[str, ...]) -> list[str]:
    """Return the properties of things of some kinds, those of most first."""
    rows = builtin.ask(graph.store, "properties", kind=kinds)
    return [prop.value for prop, _ in rows if isinstance(prop, NamedNode)]


def values_of(graph: Graph, iris: Iterable[str]) -> dict[str, dict[str, list[Term]]]:
    """Return the values of things by property."""
    said: dict[str, dict[str, list[Term]]] = {}
    for iri, pairs in fetch_triples(nameable(iris), graph.store).items():
        said[iri] = defaultdict(list)
        for prop, value in pairs:
            said[iri][prop].append(value)
    return said


def nameable(iris: Iterable[str]) -> set[str]:
    """Leave out what cannot be an IRI."""
    kept = set()
    for iri in iris:
        try:
            kept.add(NamedNode(iri).value)
        except ValueError:
            continue
    return kept


def nodes_in(said: Mapping[str, list[Term]]) -> Iterator[NamedNode]:
    """Yield the values that are things."""
    return (term for some in said.values() for term in some if isinstance(term, NamedNode))


def _in_language(terms: list[Term], lang: str) -> list[Term]:
    """Leave out texts in other languages, if there is one in this."""
    if not any(has_language(term, lang) for term in terms):
        return terms
    return [term for term in terms if has_language(term, lang) or not getattr(term, "language", None)]


def _cell(term: Term, labels: Mapping[str, str]) -> dict[str, Any]:
    """Write a value; a day stays text, since this API would have an hour with it."""
    if isinstance(term, NamedNode) and is_thing(term.value):
        return {"id": term.value.removeprefix(BASE), "name": labels[term.value]}
    value = to_python(term, {})
    if isinstance(value, int) and not isinstance(value, bool):
        return {"int": value}
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return {"float": float(value)}
    return {"str": lexical(term)}
