"""Files written for an earlier release of the ontology, rewritten for this one."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.ontology import Ontology, bundled_root
from cmgraph.rdf.files import RdfFile, rdf_format, read_dataset, read_text
from cmgraph.rdf.terms import BASE, RDF_TYPE, Prefixes
from cmgraph.rdf.unpacking import COMPRESSIONS

_Graph: TypeAlias = NamedNode | BlankNode | DefaultGraph
_TODAY = NamedNode(BASE + "ontology")
_DEFAULT = NamedNode("urn:x-cmgraph:default-graph")
"""The named graph that holds the default graph's statements meanwhile, so that updates need named graphs only."""


@dataclass(frozen=True)
class Migrated:
    """The result of migrating a file.

    :ivar target: the file that was written, or would have been if anything had changed.
    :ivar renamed: the earlier terms that it used, each with the one that stands there now.
    :ivar rewritten: how many statements changed.
    :ivar left_out: how many went, since the ontology itself makes them.
    """

    target: Path
    renamed: dict[str, str]
    rewritten: int
    left_out: int


def migrate(path: str | PathLike[str], output: str | PathLike[str] | None = None) -> Migrated:
    """Rewrite an RDF file in the terms of this release, in its graphs; comments and layout are lost.

    A file that uses no earlier term stays as it is, to the byte.

    :param output: where to write instead; in the format of its ending.
    :raises CmgraphError: if the file cannot be read, or not be rewritten without loss.
    """
    source = Path(path)
    target = source if output is None else Path(output)
    if target.suffix.lower() in COMPRESSIONS:
        hint = f"Write it elsewhere: -o {target.with_suffix('').name}"
        raise CmgraphError("a compressed file is not written", where=str(target), hint=hint)
    form = rdf_format(target)
    ontology = Ontology(bundled_root() / "ontology")
    before, prefixes = read_dataset(source)
    renamed = {iri: ontology.replaced[iri] for iri in sorted(_iris(before) & ontology.replaced.keys())}
    if not renamed and (output is None or source.suffixes == target.suffixes):
        if output is not None:
            with atomic_file(target) as scratch:
                shutil.copyfile(source, scratch)
        return Migrated(target, {}, 0, 0)
    after = _updated(before, ontology)
    if left := sorted(_iris(after) & ontology.replaced.keys()):
        hint = "Rewrite by hand the statement about a statement that uses it."
        raise CmgraphError(f"not rewritten: {ontology.prefixes.shorten(left[0])}", where=str(source), hint=hint)
    written = _serialized(after, form, ontology.prefixes, prefixes, target)
    with atomic_file(target) as scratch:
        scratch.write_bytes(written)
    old, new = set(before), set(after)
    return Migrated(target, renamed, rewritten=len(new - old), left_out=len(old) - len(new))


def _updated(quads: Iterable[Quad], ontology: Ontology) -> list[Quad]:
    """Apply the update of every release to some statements."""
    store = Store()
    store.extend(_moved(quads, DefaultGraph(), _DEFAULT))
    terms = (triple for path in ontology.term_files for triple in RdfFile.read(path).triples)
    store.extend(Quad(t.subject, t.predicate, t.object, _TODAY) for t in terms)
    for update in ontology.migrations:
        store.update(read_text(update))
    store.remove_graph(_TODAY)
    return list(_moved(store, _DEFAULT, DefaultGraph()))


def _moved(quads: Iterable[Quad], old: _Graph, new: _Graph) -> Iterator[Quad]:
    """Move the statements of one graph into another."""
    for quad in quads:
        graph = new if quad.graph_name == old else quad.graph_name
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


def _serialized(
    quads: Iterable[Quad], form: RdfFormat, ours: Prefixes, theirs: Mapping[str, str], target: Path
) -> bytes:
    """Write statements, sorted, with those prefixes of the file and of the project that they need."""
    ordered = sorted(
        quads,
        key=lambda q: (str(q.graph_name), str(q.subject), q.predicate != RDF_TYPE, str(q.predicate), str(q.object)),
    )
    own = {prefix: space for prefix, space in theirs.items() if space not in ours.values() and prefix not in ours}
    used = Prefixes({**ours, **own}).used(quad.triple for quad in ordered)
    try:
        return serialize(ordered, format=form, prefixes=used) or b""
    except ValueError as error:
        raise CmgraphError(f"not every statement can be written here: {error}", where=str(target)) from None


def _iris(terms: Iterable[Any]) -> set[str]:
    return set(_each_iri(terms))


def _each_iri(terms: Iterable[Any]) -> Iterator[str]:
    """Yield the IRIs in statements, those in triple terms too."""
    for term in terms:
        if isinstance(term, NamedNode):
            yield term.value
        elif isinstance(term, (Quad, Triple)):
            yield from _each_iri(term)
