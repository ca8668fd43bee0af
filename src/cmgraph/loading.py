"""Loading a graph: into a store on disk, or onto a server by the Graph Store Protocol."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, serialize

from cmgraph.graph import Graph
from cmgraph.inference import infer, materialize, subject_triples
from cmgraph.rdf.files import stream_quads, stream_triples
from cmgraph.rdf.terms import Term
from cmgraph.store.base import Progress
from cmgraph.store.disk import replace_store
from cmgraph.store.endpoint import environment_credentials
from cmgraph.store.local import LocalStore

if TYPE_CHECKING:
    from cmgraph.store.http import Credentials

_SUBJECTS = 10_000
"""How many subjects are inferred from at once, so that memory stays bounded."""

_BATCH = 100_000
"""How many statements are sent on at once."""

_PATIENCE = 600.0
"""Seconds that a server may be silent while it takes a graph in."""


def load_store(
    folder: str | os.PathLike[str],
    paths: Sequence[Path],
    graph: Graph,
    *,
    replace: bool = False,
    progress: Progress | None = None,
) -> int:
    """Put RDF files, the terms of the ontology and what follows by rule into a store on disk.

    What the store held stays, unless ``replace``; it is whole at every moment, and as it was if this is stopped.

    :param paths: RDF files, compressed or not; they are read as a stream. Statements in named graphs are put into the
        default graph too, so that every question sees them.
    :param graph: the graph whose ontology and rules count.
    :returns: how many statements the store holds then, each once.
    :param replace: begin with an empty store, not with what is there.
    :param progress: called with the number of bytes read of a file, and its name.
    :raises CmgraphError: if another process is writing to it, the folder contains other things, or a file is wrong.

    >>> import cmgraph, tempfile
    >>> folder, graph = tempfile.mkdtemp(), cmgraph.load()
    >>> cmgraph.load_store(folder, [], graph) > 0
    True
    >>> cmgraph.load(store=folder).prefixes["cm"]
    'https://w3id.org/cmgraph/def#'
    """
    everything = [*graph.ontology.term_files, *paths]
    with replace_store(Path(folder), replace=replace) as engine:
        store, added, subjects = LocalStore(engine=engine), len(engine) > 0, dict[Term, None]()
        for path in everything:
            quads = stream_quads(path, progress, named=True)
            engine.bulk_extend(_noted(quads, subjects) if added else quads)
        for part in _parts(store, subjects) if added else [store]:
            materialize(store, graph.ontology, part)
        engine.optimize()
        return sum(1 for _ in engine.quads_for_pattern(None, None, None, DefaultGraph()))


def upload(
    url: str,
    paths: Sequence[Path],
    graph: Graph,
    *,
    into: str | None = None,
    replace: bool = False,
    credentials: Credentials | None = None,
    timeout: float = _PATIENCE,
    progress: Progress | None = None,
) -> int:
    """Send RDF files, the terms of the ontology and what follows by rule to a server's Graph Store.

    It goes in one request, so that the server takes all or nothing; sent again, it adds no more than its blank nodes.

    :param url: address of the Graph Store, not of the SPARQL endpoint.
    :param into: IRI of the graph there; the default graph if none is given.
    :param replace: replace the graph there, not add to it.
    :param credentials: user and password, or a token; those in ``CMGRAPH_USER`` and ``CMGRAPH_PASSWORD``, or in
        ``CMGRAPH_TOKEN``, if None.
    :param timeout: seconds that the server may be silent, as it is while it takes the graph in.
    :returns: how many statements were sent.
    :raises EndpointError: if the server refuses, has moved, or does not say that it took them.
    """
    from cmgraph.store.http import send_graph

    everything = [*graph.ontology.term_files, *paths]
    store = LocalStore()
    with tempfile.TemporaryFile() as body:

        def send(triples: Iterable[Triple]) -> None:
            while batch := list(islice(triples, _BATCH)):
                store.add(batch)
                serialize(batch, body, RdfFormat.N_TRIPLES)

        for path in everything:
            send(stream_triples(path, progress))
        for _, triples in infer(store, graph.ontology):
            send(iter(list(triples)))
        send_graph(url, body, into, credentials or environment_credentials(), timeout, replace=replace)
    return len(store.engine)


def count_triples(paths: Sequence[Path], graph: Graph, *, progress: Progress | None = None) -> int:
    """Read what would be loaded into a store, and return the number of statements."""
    store = LocalStore()
    store.read([*graph.ontology.term_files, *paths], progress)
    materialize(store, graph.ontology)
    return len(store.engine)


def _noted(quads: Iterable[Quad], subjects: dict[Term, None]) -> Iterator[Quad]:
    """Pass statements on, and record their subjects."""
    for quad in quads:
        subjects[quad.subject] = None  # type: ignore[index]
        yield quad


def _parts(store: LocalStore, subjects: Iterable[Term]) -> Iterator[LocalStore]:
    """Yield the triples of some subjects in the store, a manageable number of subjects at a time."""
    waiting = iter(subjects)
    while some := list(islice(waiting, _SUBJECTS)):
        part = subject_triples(store, [term.value for term in some if isinstance(term, NamedNode)])
        blank = (term for term in some if isinstance(term, BlankNode))
        part.add(quad.triple for term in blank for quad in store.engine.quads_for_pattern(term, None, None))
        yield part
