"""The graph as RDF, in every form that others read, and the ontology by itself."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TextIO

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    serialize,
)

from cmgraph.errors import CmgraphError
from cmgraph.export.publication import Publication
from cmgraph.rdf.files import RdfFile, read_text, sort_triples, to_lines
from cmgraph.rdf.terms import RDF_TYPE, XSD, Prefixes, lexical, local_name
from cmgraph.text.templating import NOT_XML

CHUNK = 500_000
"""How many statements are sorted in memory at once."""


def ntriples(publication: Publication, path: Path) -> None:
    """Write what files state as N-Triples, sorted, as a stream."""
    _write_lines(publication, path, publication.graph.asserted, to_lines)


def derived(publication: Publication, path: Path) -> None:
    """Write what follows by rule as N-Triples."""
    follows = (triple for rule in publication.graph.inferred.values() for triple in rule)
    _write_lines(publication, path, follows, to_lines)


def nquads(publication: Publication, path: Path) -> None:
    """Write what files state as N-Quads: a graph per source, with what its citations support.

    What cites two sources stands in both graphs; what cites none, sources and terms among it, in the default graph.
    """

    def placed(some: Iterable[Triple]) -> set[str]:
        found = set[str]()
        for line in to_lines(some):
            graphs = publication.sources.get(line.partition(" ")[0][1:-1], ())
            found |= {f"{line.removesuffix('.')}<{source}> ." for source in graphs} or {line}
        return found

    _write_lines(publication, path, publication.graph.asserted, placed)


def trig(publication: Publication, path: Path) -> None:
    """Write the quads of :func:`nquads` as TriG."""
    quads: list[Quad] = []
    for triple in publication.stated:
        cited = publication.sources.get(lexical(triple.subject), ())
        graphs: list[NamedNode | DefaultGraph] = [NamedNode(source) for source in cited]
        quads += [Quad(triple.subject, triple.predicate, triple.object, at) for at in graphs or [DefaultGraph()]]
    quads.sort(key=lambda quad: str(quad.graph_name))
    prefixes = publication.graph.prefixes.used(publication.stated)
    publication.write(path, serialize(quads, format=RdfFormat.TRIG, prefixes=prefixes) or b"")


def turtle(publication: Publication, path: Path) -> None:
    """Write what files state as Turtle."""
    publication.write(path, serialize_triples(publication.stated, RdfFormat.TURTLE, publication.graph.prefixes))


def rdf_xml(publication: Publication, path: Path) -> None:
    """Write what files state as RDF/XML."""
    publication.write(path, serialize_triples(publication.stated, RdfFormat.RDF_XML, publication.graph.prefixes))


def json_ld(publication: Publication, path: Path) -> None:
    """Write what files state as JSON-LD, complete with its context."""
    terms = context(publication)["@context"]
    publication.write_json_ld(path, terms, jsonld_nodes(publication.stated, terms, publication.graph.prefixes))


def json_ld_context(publication: Publication, path: Path) -> None:
    """Write the context alone."""
    publication.write_json(path, context(publication))


def ontology(publication: Publication, folder: Path) -> None:
    """Write the terms with their axioms, in four forms, once more under their version, and the shapes as they are."""
    paths = publication.graph.ontology.model_files
    model = Dataset(Quad(t.subject, t.predicate, t.object) for path in paths for t in RdfFile.read(path).triples)
    model.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)  # whatever has no IRI is called the same each time
    said = sort_triples(quad.triple for quad in model)
    version = next((lexical(t.object) for t in said if t.predicate.value.endswith("owl#versionInfo")), "0")
    for ending, form in _FORMS.items():
        text = serialize_triples(said, form, publication.graph.prefixes)
        publication.write(folder.with_suffix(ending), text)
        publication.write(folder / f"{version}{ending}", text)
    for path in publication.graph.ontology.shape_files:
        publication.write(folder / "shapes" / path.name, path.read_bytes())


_FORMS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


def serialize_triples(triples: list[Triple], form: RdfFormat, prefixes: Prefixes) -> bytes:
    """Write statements in ``form``, with the prefixes they need.

    :raises CmgraphError: if a text holds a character that XML cannot, and the form is XML.
    """
    if form == RdfFormat.RDF_XML and (bad := next((t for t in triples if NOT_XML.search(lexical(t.object))), None)):
        hint = "Take the control character out of the data, or choose another format with --only."
        raise CmgraphError("XML cannot hold this text", where=prefixes.shorten(lexical(bad.subject)), hint=hint)
    return serialize(triples, format=form, prefixes=prefixes.used(triples)) or b""


def _write_lines(
    publication: Publication, path: Path, triples: Iterable[Triple], written: Callable[[Iterable[Triple]], set[str]]
) -> None:
    """Write statements as lines, sorted, each once, in bounded memory."""
    rest, done = iter(triples), 0
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, ExitStack() as stack:
        parts: list[TextIO] = []
        while some := list(islice(rest, CHUNK)):
            done += len(some)
            part = Path(scratch) / str(len(parts))
            publication.write(part, "".join(f"{line}\n" for line in sorted(written(some))))
            parts.append(stack.enter_context(part.open(encoding="utf-8", newline="\n")))
            publication.progress(done, path.name)
        with path.open("w", encoding="utf-8", newline="") as target:
            target.writelines(line for line, _ in groupby(heapq.merge(*parts)))


def context(publication: Publication) -> dict[str, Any]:
    """Return the JSON-LD context: the one kept with the ontology, or else one that fits the statements."""
    kept = publication.graph.ontology.context
    if kept.is_file():
        found: dict[str, Any] = json.loads(read_text(kept))
        return found
    return {"@context": jsonld_context(publication.stated, publication.graph.prefixes)}


def jsonld_context(triples: Iterable[Triple], prefixes: Prefixes) -> dict[str, Any]:
    """Return a JSON-LD context: prefixes, and each property with the one kind of value it takes."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        value = triple.object
        if isinstance(value, Literal):
            kinds[triple.predicate.value].add("@language" if value.language else value.datatype.value)
        else:
            kinds[triple.predicate.value].add("@id")
    terms: dict[str, Any] = {}
    for iri in sorted(kinds.keys() - {RDF_TYPE.value}):
        term: dict[str, Any] = {"@id": prefixes.shorten(iri)}
        if kinds[iri] == {"@language"}:
            term["@container"] = "@language"
        elif len(kinds[iri]) == 1 and (kind := next(iter(kinds[iri]))) != XSD + "string":
            term["@type"] = kind if kind == "@id" else prefixes.shorten(kind)
        terms[local_name(iri)] = term
    return {**prefixes, "id": "@id", "type": "@type", **terms}


def jsonld_nodes(triples: Iterable[Triple], context: Mapping[str, Any], prefixes: Prefixes) -> Iterator[dict[str, Any]]:
    """Yield one JSON-LD node per subject of statements in order, written for ``context``."""
    for subject, group in groupby(triples, key=lambda triple: triple.subject):
        node: dict[str, Any] = {"id": prefixes.shorten(lexical(subject))}
        for triple in group:
            if triple.predicate == RDF_TYPE:
                node.setdefault("type", []).append(prefixes.shorten(lexical(triple.object)))
                continue
            key, curie, value = (
                local_name(triple.predicate.value),
                prefixes.shorten(triple.predicate.value),
                triple.object,
            )
            term = context.get(key, {})
            if term.get("@id") != curie:
                key, term = curie, {}
            if isinstance(value, Literal) and "@container" in term:
                node.setdefault(key, {}).setdefault(value.language or "@none", []).append(value.value)
            else:
                node.setdefault(key, []).append(_json_value(value, term.get("@type"), prefixes))
        yield node


def _json_value(value: Any, kind: str | None, prefixes: Prefixes) -> str | dict[str, str]:
    """Write a value as briefly as the type that the context gives its property allows."""
    if not isinstance(value, Literal):
        iri = prefixes.shorten(lexical(value))
        return iri if kind == "@id" else {"id": iri}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    if kind is None and value.datatype.value == XSD + "string":
        return value.value
    datatype = prefixes.shorten(value.datatype.value)
    return value.value if kind == datatype else {"@value": value.value, "@type": datatype}
