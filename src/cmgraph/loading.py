"""A graph put where questions are asked of it: into a store on disk, or onto a server by the Graph Store Protocol."""

from __future__ import annotations

import os
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, serialize

from cmgraph.errors import EndpointError
from cmgraph.graph import Graph
from cmgraph.inference import infer, materialize, subject_triples
from cmgraph.rdf.files import stream_quads, stream_triples
from cmgraph.rdf.terms import Term
from cmgraph.store.base import Progress
from cmgraph.store.disk import replace_store
from cmgraph.store.endpoint import environment_credentials
from cmgraph.store.local import LocalStore

if TYPE_CHECKING:
    from urllib.request import Request

    from cmgraph.store.http import Credentials

_SUBJECTS = 10_000
"""How many subjects are derived from at once, so that memory stays bounded."""

_BATCH = 100_000
"""How many statements are sent on at once."""


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
    :param progress: told how many bytes of which file are read.
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
    progress: Progress | None = None,
) -> int:
    """Send RDF files, the terms of the ontology and what follows by rule to a server's Graph Store.

    It goes in one request, so that the server takes all or nothing; sent again, it adds no more than its blank nodes.

    :param url: address of the Graph Store, not of the SPARQL endpoint.
    :param into: IRI of the graph there; the default graph if none is given.
    :param replace: replace the graph there, not add to it.
    :param credentials: user and password, or a token; those in ``CMGRAPH_USER`` and ``CMGRAPH_PASSWORD``, or in
        ``CMGRAPH_TOKEN``, if None.
    :returns: how many statements were sent.
    :raises EndpointError: if the server refuses.
    """
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
        _request(url, body, into, "PUT" if replace else "POST", credentials or environment_credentials())
    return len(store.engine)


def count_triples(paths: Sequence[Path], graph: Graph, *, progress: Progress | None = None) -> int:
    """Read what would be put into a store, and return how many statements it is."""
    store = LocalStore()
    store.read([*graph.ontology.term_files, *paths], progress)
    materialize(store, graph.ontology)
    return len(store.engine)


def _noted(quads: Iterable[Quad], subjects: dict[Term, None]) -> Iterator[Quad]:
    """Pass statements on, and take note of what they are about."""
    for quad in quads:
        subjects[quad.subject] = None  # type: ignore[index]
        yield quad


def _parts(store: LocalStore, subjects: Iterable[Term]) -> Iterator[LocalStore]:
    """Yield all that the store says of some subjects, a manageable number of subjects at a time."""
    waiting = iter(subjects)
    while some := list(islice(waiting, _SUBJECTS)):
        part = subject_triples(store, [term.value for term in some if isinstance(term, NamedNode)])
        blank = (term for term in some if isinstance(term, BlankNode))
        part.add(quad.triple for term in blank for quad in store.engine.quads_for_pattern(term, None, None))
        yield part


def _request(url: str, body: IO[bytes], into: str | None, method: str, credentials: Credentials | None) -> None:
    from urllib.error import HTTPError, URLError
    from urllib.parse import quote
    from urllib.request import Request, urlopen

    target = f"{url}?graph={quote(into, safe='')}" if into else f"{url}?default"
    headers = {"Content-Type": "application/n-triples"}
    size = str(body.tell())
    body.seek(0)
    try:
        request = Request(target, data=body, headers={**headers, "Content-Length": size}, method=method)  # noqa: S310
        if isinstance(credentials, str):
            request.add_header("Authorization", f"Bearer {credentials}")
        elif credentials:
            probe = Request(target, data=b"", headers=headers, method="POST")  # noqa: S310
            _authorize(request, probe, *credentials)
        with urlopen(request) as answer:  # noqa: S310
            answer.read()
    except HTTPError as error:
        hint = (
            "Set CMGRAPH_USER and CMGRAPH_PASSWORD, or CMGRAPH_TOKEN."
            if error.code in (401, 403)
            else "See the server's log."
        )
        problem = f"the server rejected the upload: {error.code} {error.reason}"
        raise EndpointError(problem, where=url, hint=hint) from None
    except (URLError, OSError, ValueError) as error:
        hint = "Give the address of its Graph Store, and check that the server is running."
        problem = f"the upload failed: {getattr(error, 'reason', error)}"
        raise EndpointError(problem, where=url, hint=hint) from None


def _authorize(request: Request, probe: Request, user: str, password: str) -> None:
    """Let a request say who sends it, in the way that the server asks for when it is sent nothing.

    A server that has to ask while a whole graph is being sent to it may hang up instead.
    """
    from urllib.error import HTTPError
    from urllib.request import (
        AbstractDigestAuthHandler,
        HTTPPasswordMgrWithDefaultRealm,
        parse_http_list,
        parse_keqv_list,
        urlopen,
    )

    try:
        urlopen(probe).close()  # noqa: S310
    except HTTPError as error:
        scheme, _, challenge = (error.headers.get("WWW-Authenticate") or "").partition(" ")
        if error.code != 401:
            raise
        if scheme.lower() == "digest":
            known = HTTPPasswordMgrWithDefaultRealm()
            known.add_password(None, request.full_url, user, password)
            challenge_fields = parse_keqv_list(parse_http_list(challenge))
            authorization = AbstractDigestAuthHandler(known).get_authorization(request, challenge_fields)
        else:
            authorization = b64encode(f"{user}:{password}".encode()).decode()
        request.add_header("Authorization", f"{scheme} {authorization}")
