"""The graph in other vocabularies, by the queries in ``ontology/alignments``."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from cmgraph.errors import CmgraphError, nearest, say
from cmgraph.export import bods
from cmgraph.export.publication import Publication
from cmgraph.rdf.files import read_text, sort_triples
from cmgraph.rdf.terms import RDF_TYPE, Prefixes, lexical, local_name

PROFILES = {
    "org": ".ttl",
    "schema-org": ".ttl",
    "prov": ".ttl",
    "skos": ".ttl",
    "data-cube": ".ttl",
    "geosparql": ".ttl",
    "eli": ".ttl",
    "popolo": ".json",
    "ftm": ".jsonl",
    "bods": ".json",
}
"""The profiles, and how the file of each ends."""


def profiles(publication: Publication, folder: Path) -> None:
    """Write the graph in every profile."""
    for name, ending in PROFILES.items():
        profile(publication, name, folder / f"{name}{ending}")


def profile(publication: Publication, name: str, path: Path) -> None:
    """Write the graph in one profile: Turtle, or the JSON that users of the vocabulary expect.

    :raises CmgraphError: if there is no such profile.
    """
    if name not in PROFILES:
        raise CmgraphError(
            say("unknown profile '{name}'", name=name), hint=nearest(name, PROFILES) or ", ".join(PROFILES)
        )
    graph, rule = publication.graph, publication.graph.ontology.alignment(name)
    if name == "bods":
        publication.write(path, json.dumps(bods.statements(publication, rule), ensure_ascii=False, indent=1) + "\n")
        return
    triples = sort_triples(graph.store.construct(read_text(rule), graph.prefixes, str(rule)))
    if PROFILES[name] == ".ttl":
        prefixes = Prefixes({**graph.prefixes, **_SPACES}).used(triples)
        publication.write(path, serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes) or b"")
    elif name == "popolo":
        lists: dict[str, list[Any]] = defaultdict(list)
        for schema, entity in _entities(triples):
            lists[schema].append(_popolo(entity))
        publication.write_json(path, dict(sorted(lists.items())))
    else:
        lines = [
            {"id": entity.pop("id"), "schema": schema, "properties": {name: entity[name] for name in sorted(entity)}}
            for schema, entity in _entities(triples)
        ]
        publication.write(path, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))


_SPACES = {
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "org": "http://www.w3.org/ns/org#",
    "qb": "http://purl.org/linked-data/cube#",
    "sf": "http://www.opengis.net/ont/sf#",
    "time": "http://www.w3.org/2006/time#",
}


def _entities(triples: Iterable[Triple]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield each thing with what it is and, by property, its values; both by local name."""
    stars: dict[str, tuple[list[str], dict[str, Any]]] = {}
    for triple in triples:
        schemas, entity = stars.setdefault(lexical(triple.subject), ([], {"id": lexical(triple.subject)}))
        if triple.predicate == RDF_TYPE and isinstance(triple.object, NamedNode):
            schemas.append(local_name(triple.object.value))
        else:
            entity.setdefault(local_name(triple.predicate.value), []).append(lexical(triple.object))
    for _, (schemas, entity) in sorted(stars.items()):
        if schemas:
            yield min(schemas), entity


def _popolo(entity: dict[str, Any]) -> dict[str, Any]:
    """Shape an entity as Popolo does: lists of objects for names and sources, single values else."""
    shaped = {name: values if name == "id" else values[0] for name, values in entity.items()}
    for name, part in {"other_names": "name", "sources": "url"}.items():
        if name in entity:
            shaped[name] = [{part: value} for value in entity[name]]
    return shaped | ({"member": {"id": entity["member"][0]}} if "member" in entity else {})
