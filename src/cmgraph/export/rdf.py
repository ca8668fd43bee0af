"""The graph in every common RDF format, and the ontology by itself."""

from __future__ import annotations

import heapq
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain, count, groupby, islice
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    serialize,
)

from cmgraph.errors import CmgraphError
from cmgraph.export.publication import Publication, json_line
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import RdfFile, read_text, sort_triples, to_lines
from cmgraph.rdf.terms import BASE, RDF_TYPE, XSD, Prefixes, lexical, local_name
from cmgraph.store import builtin
from cmgraph.store.local import LocalStore
from cmgraph.text.templating import NOT_XML

CHUNK = 500_000
"""How many statements are sorted in memory at once."""

PARTS = 50
"""How many sorted parts are open at once, at most."""


def ntriples(publication: Publication, path: Path) -> None:
    """Write the asserted triples as N-Triples, sorted, as a stream."""
    _write_lines(publication, path, canonical(publication.graph.asserted), to_lines)


def derived(publication: Publication, path: Path) -> None:
    """Write the inferred triples as N-Triples."""
    follows = (triple for rule in publication.graph.inferred.values() for triple in rule)
    _write_lines(publication, path, follows, to_lines)


def everything(publication: Publication, path: Path) -> None:
    """Write the asserted and inferred triples as N-Triples, for the saved questions."""
    follows = (triple for rule in publication.graph.inferred.values() for triple in rule)
    _write_lines(publication, path, chain(canonical(publication.graph.asserted), follows), to_lines)


def nquads(publication: Publication, path: Path) -> None:
    """Write the asserted triples as N-Quads: a graph per source, with what its citations support.

    What cites two sources stands in both graphs; what cites none, sources and terms among it, in the default graph.
    So does all that is said of a node without an IRI, its own citations too: nothing outside can point at it to say
    which source it belongs to, and in one place it stays one node. Nothing is lost, but a source's graph lacks it.
    """

    def placed(some: Iterable[Triple]) -> set[str]:
        lines = set[str]()
        for line in to_lines(some):
            graphs = publication.sources.get(line.partition(" ")[0][1:-1], ())
            lines |= {f"{line.removesuffix('.')}<{source}> ." for source in graphs} or {line}
        return lines

    _write_lines(publication, path, canonical(publication.graph.asserted), placed)


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
    """Write the asserted triples as Turtle."""
    publication.write(path, serialize_triples(publication.stated, RdfFormat.TURTLE, publication.graph.prefixes))


def rdf_xml(publication: Publication, path: Path) -> None:
    """Write the asserted triples as RDF/XML."""
    publication.write(path, serialize_triples(publication.stated, RdfFormat.RDF_XML, publication.graph.prefixes))


def json_ld(publication: Publication, path: Path) -> None:
    """Write the asserted triples as JSON-LD, with the context included."""
    terms = context(publication)["@context"]
    names = JsonLdNames(terms, publication.graph.prefixes)
    publication.write_json_ld(path, terms, map(json_line, jsonld_nodes(publication.stated, names)))


def json_ld_context(publication: Publication, path: Path) -> None:
    """Write the context alone."""
    publication.write_json(path, context(publication))


def ontology(publication: Publication, folder: Path) -> None:
    """Write the model in four forms, once more under its version; shapes and alignments as they are.

    Each term has its label and definition once more as RDFS calls them, for programs that do not know SKOS.
    """
    source = publication.graph.ontology
    stated = [triple for path in source.model_files for triple in RdfFile.read(path).triples]
    model = sort_triples(canonical([*stated, *builtin.construct(LocalStore(stated), "annotations")]))
    texts = ((lexical(t.subject), t.predicate.value, lexical(t.object)) for t in model)
    version = next((text for s, p, text in texts if s == BASE + "ontology" and p.endswith("owl#versionInfo")), "0")
    for ending, form in _FORMS.items():
        text = serialize_triples(model, form, publication.graph.prefixes)
        publication.write(folder.with_suffix(ending), text)
        publication.write(folder / f"{version}{ending}", text)
    for part, paths in (("shapes", source.shape_files), ("alignments", source.alignment_files)):
        for path in paths:
            publication.write(folder / part / path.name, path.read_bytes())


_FORMS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


def serialize_triples(triples: list[Triple], form: RdfFormat, prefixes: Prefixes) -> bytes:
    """Write statements in ``form``, with the prefixes they need.

    :raises CmgraphError: if the form cannot hold one of them.
    """
    declared = prefixes.used(triples)
    if form == RdfFormat.RDF_XML:
        written = serialize(_for_xml(triples, prefixes, declared), format=form, prefixes=declared) or b""
        return written.replace(b"\r", b"&#13;")  # an XML parser would normalize it to a line feed
    if form == RdfFormat.JSON_LD:
        for triple in triples:
            _refuse_triple_term(triple, prefixes)
    return serialize(triples, format=form, prefixes=declared) or b""


_ELSEWHERE = "Choose another format: with -f for one file, with --only for a publication."


def _for_xml(triples: list[Triple], prefixes: Prefixes, declared: Mapping[str, str]) -> list[Triple]:
    """Return statements in an order in which RDF/XML can hold them all, or refuse one that it cannot hold."""
    nameless = {
        iri for iri in {t.predicate.value for t in triples} if not _names_element(NamedNode(iri), None, declared)
    }
    kinds = {t.object for t in triples if t.predicate == RDF_TYPE and isinstance(t.object, NamedNode)}
    attributes = {kind for kind in kinds if not _names_element(RDF_TYPE, kind, declared)}
    describable = {t.subject for t in triples if t.predicate != RDF_TYPE or t.object not in attributes}
    for triple in triples:
        if any(NOT_XML.search(lexical(term)) for term in triple):
            hint = f"Take the control character out of the data. {_ELSEWHERE}"
            raise _unsayable("XML cannot hold this text", triple, prefixes, hint)
        if triple.predicate.value in nameless:
            problem = f"XML has no name for the property <{triple.predicate.value}>"
            raise _unsayable(problem, triple, prefixes, _ELSEWHERE)
        if triple.subject not in describable:
            problem = f"XML has no name for the class {triple.object}"
            raise _unsayable(problem, triple, prefixes, _ELSEWHERE)
    if not attributes:
        return triples
    # the first triple of a thing names its element
    return [
        triple
        for _, star in groupby(triples, key=lambda triple: triple.subject)
        for triple in sorted(star, key=lambda triple: triple.predicate == RDF_TYPE and triple.object in attributes)
    ]


def _names_element(prop: NamedNode, kind: NamedNode | None, declared: Mapping[str, str]) -> bool:
    """Return whether a property, or else a kind of thing, can be the name of an element, as a parser of XML sees it."""
    from xml.parsers import expat

    triple = Triple(NamedNode("x:x"), prop, Literal("x") if kind is None else kind)
    names = list[str]()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.StartElementHandler = lambda name, _: names.append(name.replace("\n", ""))
    try:
        parser.Parse(serialize([triple], format=RdfFormat.RDF_XML, prefixes=dict(declared)) or b"", True)
    except (OSError, expat.ExpatError):
        return False
    return kind is not None or names[-1] == prop.value


def _refuse_triple_term(triple: Triple, prefixes: Prefixes) -> None:
    if isinstance(triple.object, Triple):
        raise _unsayable("JSON-LD cannot hold a triple term", triple, prefixes, _ELSEWHERE)


def _unsayable(problem: str, triple: Triple, prefixes: Prefixes, hint: str) -> CmgraphError:
    where = f"{prefixes.shorten(lexical(triple.subject))} {prefixes.shorten(triple.predicate.value)}"
    return CmgraphError(problem, where=where, hint=hint)


def _write_lines(
    publication: Publication, path: Path, triples: Iterable[Triple], written: Callable[[Iterable[Triple]], set[str]]
) -> None:
    """Write statements as lines, sorted, each once, in bounded memory."""
    rest, done, number = iter(triples), 0, count()
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        parts: list[Path] = []

        def merge(target: Path) -> None:
            with ExitStack() as stack, target.open("w", encoding="utf-8", newline="") as file:
                opened = [stack.enter_context(part.open(encoding="utf-8", newline="\n")) for part in parts]
                file.writelines(line for line, _ in groupby(heapq.merge(*opened)))

        while some := list(islice(rest, CHUNK)):
            done += len(some)
            if len(parts) == PARTS:
                merge(merged := Path(scratch) / str(next(number)))
                for part in parts:
                    part.unlink()
                parts = [merged]
            parts.append(Path(scratch) / str(next(number)))
            publication.write(parts[-1], "".join(f"{line}\n" for line in sorted(written(some))))
            publication.progress(done, path.name)
        merge(path)


def context(publication: Publication) -> dict[str, Any]:
    """Return the JSON-LD context: the one kept with the ontology, or else one that fits the statements."""
    path = publication.graph.ontology.context
    if path.is_file():
        own_context: dict[str, Any] = json.loads(read_text(path))
        return own_context
    return {"@context": jsonld_context(publication.stated, publication.graph.prefixes)}


def jsonld_context(triples: Iterable[Triple], prefixes: Prefixes) -> dict[str, Any]:
    """Return a JSON-LD context: prefixes, and each property with the one kind of value it takes.

    A property's key is its local name, unless that is taken by a prefix, a keyword or another property.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        value = triple.object
        if isinstance(value, Literal):
            language = "@direction" if value.direction else "@language"
            kinds[triple.predicate.value].add(language if value.language else value.datatype.value)
        else:
            kinds[triple.predicate.value].add("@id")
    known = Prefixes({prefix: space for prefix, space in prefixes.items() if _TERM.fullmatch(prefix)})
    names = Counter(local_name(iri) for iri in kinds)
    terms: dict[str, Any] = {}
    for iri in sorted(kinds.keys() - {RDF_TYPE.value}):
        name = local_name(iri)
        free = _TERM.fullmatch(name) and name not in known and names[name] == 1
        term: dict[str, Any] = {"@id": known.shorten(iri)}
        if kinds[iri] == {"@language"}:
            term["@container"] = "@language"
        elif len(kinds[iri]) == 1 and (kind := next(iter(kinds[iri]))) not in (XSD + "string", "@direction"):
            term["@type"] = kind if kind == "@id" else known.shorten(kind)
        terms[name if free else term["@id"]] = term
    return {**known, "id": "@id", "type": "@type", **terms}


_TERM = re.compile(r"(?!(?:id|type)$)[A-Za-z][\w-]*")
"""What may be a prefix or the name of a property; ``id`` and ``type`` are taken."""


def jsonld_nodes(triples: Iterable[Triple], names: JsonLdNames) -> Iterator[dict[str, Any]]:
    """Yield one JSON-LD node per subject of statements in order, written for the context of ``names``.

    :raises CmgraphError: if JSON-LD, or the context, cannot hold a statement.
    """
    for subject, group in groupby(triples, key=lambda triple: triple.subject):
        node: dict[str, Any] = {"id": names.name(subject)}
        for triple in group:
            value = triple.object
            if triple.predicate == RDF_TYPE and isinstance(value, (NamedNode, BlankNode)):
                node.setdefault("type", []).append(names.name(value))
                continue
            _refuse_triple_term(triple, names.prefixes)
            key, term = names.term(triple.predicate)
            if "@container" in term and isinstance(value, Literal) and _in_language_map(value):
                node.setdefault(key, {}).setdefault(value.language or "@none", []).append(value.value)
                continue
            if "@container" in term:
                key, term = names.name(triple.predicate), {}
            node.setdefault(key, []).append(_json_value(value, term.get("@type"), names))
        yield node


class JsonLdNames:
    """The names of IRIs in a JSON-LD context."""

    def __init__(self, context: Mapping[str, Any], prefixes: Prefixes) -> None:
        self._context, self.prefixes = context, prefixes
        self._prefixes = Prefixes({p: space for p, space in prefixes.items() if context.get(p) == space})
        self._shortened: dict[str, str] = {}
        defined = ((key, term) for key, term in context.items() if isinstance(term, dict) and "@id" in term)
        self._terms: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for key, term in defined:
            prefix, _, local = term["@id"].partition(":")
            iri = self._prefixes[prefix] + local if prefix in self._prefixes else term["@id"]
            self._terms[iri] = key, term

    def name(self, node: Any) -> str:
        """Return the name of an IRI or blank node."""
        if isinstance(node, BlankNode):
            return str(node)
        if name := self._shortened.get(node.value):
            return name
        name = self._prefixes.shorten(node.value)
        scheme, _, rest = node.value.partition(":")
        if name == node.value and scheme in self._context and not rest.startswith("//"):
            hint = f"Give the prefix another name. {_ELSEWHERE}"
            raise CmgraphError(f"'{scheme}:' is a prefix in the JSON-LD context", where=str(node), hint=hint)
        self._shortened[node.value] = name
        return name

    def term(self, prop: NamedNode) -> tuple[str, Mapping[str, Any]]:
        """Return the key of a property, and its definition in the context."""
        return self._terms.get(prop.value) or (self.name(prop), {})


def _in_language_map(value: Literal) -> bool:
    """Return whether a map of texts by language can hold a value."""
    return value.direction is None and (value.language is not None or value.datatype.value == XSD + "string")


def _json_value(value: Any, kind: str | None, names: JsonLdNames) -> str | dict[str, str]:
    """Write a value as briefly as the type that the context gives its property allows."""
    if not isinstance(value, Literal):
        name = names.name(value)
        return name if kind == "@id" else {"id": name}
    if value.language:
        direction = {"@direction": value.direction.value} if value.direction else {}
        return {"@value": value.value, "@language": value.language, **direction}
    if kind is None and value.datatype.value == XSD + "string":
        return value.value
    datatype = names.name(value.datatype)
    return value.value if kind == datatype else {"@value": value.value, "@type": datatype}
