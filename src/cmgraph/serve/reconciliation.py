"""Lining up a spreadsheet's names with things: the Reconciliation API 0.2 of the W3C's community group."""

from __future__ import annotations

import json
from typing import Any

from cmgraph.graph import Graph
from cmgraph.names import SearchHit, normalize_name
from cmgraph.rdf.terms import BASE, CM
from cmgraph.serve.problems import Problem

BATCH = 50
"""Names that one request may ask for, and candidates that are given for each."""

_FEW = 10
_HITS = 200
"""Things that are looked at for a name."""

_KINDS = (
    *(CM + name for name in ("Agent", "Arrangement", "Project", "Place", "Event", "Source")),
    BASE + "vocab/mineral",
)
"""Classes and schemes that are proposed; every other may be asked for."""


def manifest(graph: Graph, address: str) -> dict[str, Any]:
    """Describe the service.

    :param address: where people reach the server.
    """
    labels = graph.names.labels(_KINDS)
    return {
        "versions": ["0.2"],
        "name": "cmgraph",
        "identifierSpace": BASE,
        "schemaSpace": CM,
        "view": {"url": address + "{{id}}"},
        "defaultTypes": [{"id": graph.prefixes.shorten(kind), "name": labels[kind]} for kind in _KINDS],
        "batchSize": BATCH,
    }


def reconcile(graph: Graph, queries: str) -> dict[str, Any]:
    """Propose things for names.

    :param queries: a batch of queries by their names, as JSON.
    :raises Problem: if it is something else, or too much.
    """
    try:
        batch = json.loads(queries)
    except (ValueError, RecursionError):
        raise Problem("'queries' is not JSON") from None
    if not isinstance(batch, dict) or not all(isinstance(one, dict) for one in batch.values()):
        raise Problem("'queries' is not an object of queries")
    if len(batch) > BATCH:
        raise Problem(f"there are more than {BATCH} queries", 413, hint="Send them in parts.")
    return {name: {"result": _candidates(graph, one)} for name, one in batch.items()}


def _candidates(graph: Graph, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Propose things for one name; one is a match only if it alone has exactly this name."""
    text, limit, kind = query.get("query"), query.get("limit", _FEW), query.get("type", "")
    kinds = kind if isinstance(kind, list) else [kind] if kind else []
    if not isinstance(text, str) or type(limit) is not int or not all(isinstance(one, str) for one in kinds):
        raise Problem("a query has a text 'query', and may have a number 'limit' and a text 'type'")
    of = {node.value for one in kinds if (node := graph.prefixes.expand(one)) is not None}
    if len(of) < len(kinds):
        raise Problem(f"there is no type '{kinds[0][:100]}'", hint="Write it like cm:Agent.")
    hits = [hit for hit in graph.search(text[:500], _HITS) if hit.thing.iri.startswith(BASE)]
    hits = [hit for hit in hits if not of or of & graph.names.kinds(hit.thing.iri)]
    exact = {hit.thing.iri for hit in hits if normalize_name(hit.matched) == normalize_name(text)}
    return [
        {
            "id": hit.thing.iri.removeprefix(BASE),
            "name": hit.thing.label,
            "score": round(100 * hit.score, 1),
            "match": exact == {hit.thing.iri},
            "type": _types(graph, hit),
        }
        for hit in hits[: max(1, min(limit, BATCH))]
    ]


def _types(graph: Graph, hit: SearchHit) -> list[dict[str, str]]:
    kinds = sorted(graph.names.kinds(hit.thing.iri))
    labels = graph.names.labels(kinds)
    return [{"id": graph.prefixes.shorten(kind), "name": labels[kind]} for kind in kinds]
