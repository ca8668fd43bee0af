"""Lining up a spreadsheet's names with things: the Reconciliation API 0.2 of the W3C's community group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from cmgraph.errors import UnknownName
from cmgraph.graph import Graph
from cmgraph.names import SearchHit, normalize_name
from cmgraph.rdf.terms import BASE, CM, NamedRef, lexical
from cmgraph.serve.extension import (
    KINDS,
    expanded_kinds,
    is_thing,
    known_property,
    nameable,
    named,
    nodes_in,
    properties_of,
    read_object,
    values_of,
)
from cmgraph.serve.problems import Problem
from cmgraph.store import builtin

BATCH = 50
"""Names that one request may ask for, and candidates that are given for each."""

_FEW = 10
_HITS = 200
"""Things that are looked at for a name."""

_SLIP = 0.7
"""The score of a thing whose name differs from what was sent by a slip."""

_SUGGESTED = 20
"""What is suggested at once."""


def manifest(graph: Graph, address: str) -> dict[str, Any]:
    """Describe the service.

    :param address: where people reach the server.
    """
    at = address.rstrip("/")
    suggest = {
        what: {"service_url": at, "service_path": f"/reconcile/suggest/{what}"}
        for what in ("entity", "property", "type")
    }
    return {
        "versions": ["0.2"],
        "name": "cmgraph",
        "identifierSpace": BASE,
        "schemaSpace": CM,
        "view": {"url": address + "{{id}}"},
        "preview": {"url": address + "reconcile/preview?id={{id}}", "width": 430, "height": 300},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": at, "service_path": "/reconcile/properties"},
            "property_settings": [],
        },
        "defaultTypes": named(graph, KINDS),
        "batchSize": BATCH,
    }


def reconcile(graph: Graph, queries: str) -> dict[str, Any]:
    """Propose things for names.

    :param queries: a batch of queries by their names, as JSON.
    :raises Problem: if it is something else, or too much.
    """
    batch = read_object("queries", queries)
    if not all(isinstance(one, dict) for one in batch.values()):
        raise Problem("'queries' is not an object of queries")
    if len(batch) > BATCH:
        raise Problem(f"there are more than {BATCH} queries", 413, hint="Send them in parts.")
    return {name: {"result": _candidates(graph, one)} for name, one in batch.items()}


def suggest(graph: Graph, what: str, prefix: str, cursor: int) -> dict[str, Any]:
    """Complete what somebody types.

    :param what: ``entity``, ``property`` or ``type``.
    :param cursor: how many suggestions to pass over.
    """
    if what == "entity":
        hits = _hits(graph, prefix) if prefix.strip() else []
        listed = [_entity(graph, hit) for hit in hits]
    else:
        known = _kinds_in_use(graph) if what == "type" else properties_of(graph, KINDS)
        listed = _completed(named(graph, known), prefix)
    return {"result": listed[cursor : cursor + _SUGGESTED]}


def _candidates(graph: Graph, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Propose things for one name; one is a match only if it alone has exactly this name, and what else is said."""
    text, limit, kind = query.get("query") or "", query.get("limit", _FEW), query.get("type", "")
    kinds = kind if isinstance(kind, list) else [kind] if kind else []
    if not isinstance(text, str) or type(limit) is not int or not all(isinstance(one, str) for one in kinds):
        raise Problem("a query has a text 'query', and may have a number 'limit' and a text 'type'")
    if not text.strip():  # allowed, but what other columns say does not make out a thing
        return []
    of = expanded_kinds(graph, kinds)
    hits = [hit for hit in _hits(graph, text[:500]) if not of or of & graph.names.kinds(hit.thing.iri)]
    exact = {hit.thing.iri for hit in hits if hit.score >= 1 or normalize_name(hit.matched) == normalize_name(text)}
    others = query.get("properties", [])
    compared = _compared(graph, [hit.thing.iri for hit in hits], others)
    candidates = []
    for hit in hits:
        features = compared[hit.thing.iri]
        share = sum(features.values()) / len(features) if features else 1.0
        candidates.append(
            {
                **_entity(graph, hit),
                "type": _types(graph, hit),
                "score": round(100 * hit.score * (0.5 + 0.5 * share), 1),
                "match": exact == {hit.thing.iri} and all(features.values()),
                "features": [{"id": name, "value": value} for name, value in features.items()],
            }
        )
    candidates.sort(key=lambda one: -one["score"])
    return candidates[: max(1, min(limit, BATCH))]


def _compared(graph: Graph, iris: list[str], asked: Any) -> dict[str, dict[str, bool]]:
    """Say of each thing which properties have one of the values that another column of the spreadsheet has."""
    if not isinstance(asked, list) or not all(
        isinstance(one, dict) and isinstance(one.get("pid"), str) for one in asked
    ):
        raise Problem("'properties' is a list, and each of it has a text 'pid' and values 'v'")
    if not asked:
        return {iri: {} for iri in iris}
    wanted = {one["pid"]: (known_property(graph, one["pid"]), {*_written(one.get("v", []))}) for one in asked}
    said = values_of(graph, iris)
    labels = graph.names.labels(term.value for some in said.values() for term in nodes_in(some))
    return {
        iri: {
            name: bool(
                values
                & {
                    normalize_name(written)
                    for term in said[iri].get(prop, [])
                    for written in (lexical(term), lexical(term).removeprefix(BASE), labels.get(lexical(term), ""))
                }
            )
            for name, (prop, values) in wanted.items()
        }
        for iri in iris
    }


def _written(values: Any) -> Iterator[str]:
    for value in values if isinstance(values, list) else [values]:
        yield normalize_name(str(value.get("id", "") if isinstance(value, dict) else value))


def _hits(graph: Graph, text: str) -> list[SearchHit]:
    """Find things by an identifier, by name, or by a name with a slip, best first."""
    found = graph.search(text, _HITS)
    if (iri := _identified(graph, text)) is not None:
        label = graph.names.labels([iri])[iri]
        found.insert(0, SearchHit(NamedRef(iri, label), graph.names.kind(iri), label, 1.0))
    if not found or found[0].score < 1:
        slips = dict.fromkeys([graph.names.nearly(text), *graph.names.nearest_names(text)])
        found += [replace(hit, score=_SLIP) for name in slips if name for hit in graph.search(name, 1)]
    best: dict[str, SearchHit] = {}
    for hit in sorted(found, key=lambda hit: -hit.score):
        best.setdefault(hit.thing.iri, hit)
    return [hit for hit in best.values() if is_thing(hit.thing.iri)]


def _identified(graph: Graph, text: str) -> str | None:
    """Return the IRI of a thing that is named by its identifier; None if the text is none."""
    try:
        node = graph.prefixes.expand(text.strip())
    except UnknownName:
        return None
    iri = node.value if node else BASE + text.strip()
    return iri if nameable([iri]) and graph.names.has(iri) else None


def _entity(graph: Graph, hit: SearchHit) -> dict[str, Any]:
    return {"id": hit.thing.iri.removeprefix(BASE), "name": hit.thing.label, "description": hit.kind}


def _types(graph: Graph, hit: SearchHit) -> list[dict[str, str]]:
    return named(graph, sorted(graph.names.kinds(hit.thing.iri)))


def _completed(terms: Iterable[dict[str, str]], prefix: str) -> list[dict[str, str]]:
    """Return the terms in whose names a word begins with each word that is typed, or that have this identifier."""
    words = normalize_name(prefix).split()

    def begins(term: dict[str, str]) -> bool:
        names = normalize_name(term["name"]).split()
        return term["id"] == prefix.strip() or all(any(name.startswith(word) for name in names) for word in words)

    return sorted((term for term in terms if begins(term)), key=lambda term: term["name"].casefold())


@cache
def _kinds_in_use(graph: Graph) -> list[str]:
    rows = builtin.ask(graph.store, "kinds")
    return sorted({lexical(kind) for thing, kind in rows if thing and kind and is_thing(lexical(thing))})
