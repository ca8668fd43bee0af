"""The W3C's tests of SPARQL 1.0 and 1.1 queries: read from the archive, and answered by the engine and by cmgraph.

``python tests/w3c.py`` prints the figures.
"""

from __future__ import annotations

import re
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pyoxigraph as ox

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.store.local import LocalStore

ARCHIVE = Path(__file__).parent / "fixtures/w3c/sparql-query.tar.xz"
BASE = "http://www.w3.org/w3c-tests/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

Answer = tuple[str, Any]
"""What kind of answer it is, and the answer in a form that compares.

Kinds are rows, statements, truth, refused (it is not SPARQL), failed (it is, but a graph or function is not known).
"""


@dataclass(frozen=True)
class Case:
    """A test: what it is called, its query, its data by graph, its result; ``valid`` is None if it is of evaluation."""

    name: str
    query: str
    data: tuple[str, ...]
    named: tuple[str, ...]
    result: str
    valid: bool | None


@cache
def files() -> dict[str, bytes]:
    """Return the files of the archive by their IRI."""
    with tarfile.open(ARCHIVE) as archive:
        return {
            BASE + member.name: handle.read()
            for member in archive
            if (handle := archive.extractfile(member)) is not None
        }


@cache
def cases() -> tuple[Case, ...]:
    """Return the tests, sorted by name."""
    found: dict[str, Case] = {}
    for iri in files():
        if iri.endswith("/manifest.ttl"):
            for case in _manifest(iri):
                found[case.name] = case
    return tuple(found[name] for name in sorted(found))


def _manifest(iri: str) -> Iterator[Case]:
    store = ox.Store()
    store.load(files()[iri], ox.RdfFormat.TURTLE, base_iri=iri)

    def values(node: Any, prop: str) -> list[str]:
        return sorted(q.object.value for q in store.quads_for_pattern(node, ox.NamedNode(prop), None))

    for quad in list(store.quads_for_pattern(None, ox.NamedNode(MF + "action"), None)):
        kinds = " ".join(values(quad.subject, RDF + "type"))
        name = iri.removeprefix(BASE).removesuffix("manifest.ttl") + quad.subject.value.rpartition("#")[2]
        if "Syntax" in kinds and "Update" not in kinds:
            yield Case(name, quad.object.value, (), (), "", "Positive" in kinds)
        elif "QueryEvaluationTest" in kinds or "CSVResultFormatTest" in kinds:
            (query,) = values(quad.object, QT + "query")
            data, named = values(quad.object, QT + "data"), values(quad.object, QT + "graphData")
            (result,) = values(quad.subject, MF + "result")
            yield Case(name, query, tuple(data), tuple(named), result, None)


def text(case: Case) -> str:
    """Return the query of a test, its relative IRIs resolved against where it stands."""
    return f"BASE <{case.query}>\n" + files()[case.query].decode("utf-8-sig")


def dataset(case: Case) -> list[ox.Quad]:
    """Return the data of a test; every file is a graph of its own too, for those that FROM names."""
    named = {*case.named}
    if re.search(r"\bFROM\b", text(case)):
        for reference in re.findall(r"<(.+?\.(?:ttl|rdf|nt))>", text(case)):
            named |= {urljoin(case.query, reference)} & files().keys()
    quads = [quad for iri in case.data for quad in _parse(iri)]
    return quads + [
        ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(iri)) for iri in sorted(named) for q in _parse(iri)
    ]


def _parse(iri: str) -> list[ox.Quad]:
    form = ox.RdfFormat.from_extension(iri.rpartition(".")[2])
    # blank nodes of two files are two, and of one file read twice one
    prefix = "".join(c for c in iri if c.isalnum())

    def own(term: Any) -> Any:
        return ox.BlankNode(prefix + term.value) if isinstance(term, ox.BlankNode) else term

    quads = ox.parse(files()[iri], form, base_iri=iri, without_named_graphs=True)
    return [ox.Quad(own(q.subject), q.predicate, own(q.object)) for q in quads]


def canonical_rows(variables: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Answer:
    """Return rows in a form in which blank nodes have no names: a multiset."""
    order = sorted(range(len(variables)), key=lambda i: variables[i])
    counted = Counter(tuple(row[i] and respelled(row[i]) for i in order) for row in rows)
    triples = []
    for number, (row, count) in enumerate(counted.items()):
        node = ox.BlankNode(f"row{number}")
        triples.append(ox.Quad(node, ox.NamedNode("urn:count"), ox.Literal(count)))
        for at, term in zip(order, row, strict=True):
            if term is not None:
                triples.append(ox.Quad(node, ox.NamedNode(f"urn:var:{variables[at]}"), term))
    return "rows", (tuple(sorted(variables)), canonical_triples(triples))


@cache
def respelled(term: Any) -> Any:
    """Return a term as a store of Oxigraph spells it, which writes 1.0 as 1."""
    if not isinstance(term, ox.Literal):
        return term
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), term))
    return next(iter(store)).object


def canonical_triples(triples: list[Any]) -> frozenset[str]:
    """Return statements as text in which blank nodes have no names."""
    graph = ox.Dataset(ox.Quad(t.subject, t.predicate, respelled(t.object)) for t in triples)
    graph.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, graph))


@cache
def by_engine(case: Case) -> Answer:
    """Answer a test by the engine alone."""
    store = ox.Store()
    store.bulk_extend(dataset(case))
    try:
        answer = store.query(text(case))
    except SyntaxError:
        return "refused", None
    except RuntimeError:
        return "failed", None
    return _canonical(answer)


def _canonical(answer: Any) -> Answer:
    if isinstance(answer, ox.QueryBoolean):
        return "truth", bool(answer)
    if isinstance(answer, ox.QueryTriples):
        return "statements", canonical_triples(list(answer))
    return canonical_rows(tuple(v.value for v in answer.variables), [tuple(row) for row in answer])


def by_library(case: Case, graph: Graph) -> Answer:
    """Answer a test through :mod:`cmgraph`."""
    engine = ox.Store()
    engine.bulk_extend(dataset(case))
    there = Graph(graph.folders, graph.ontology, LocalStore(engine=engine), None)
    query = text(case)
    asked: list[Callable[[], Answer]] = [
        lambda: canonical_rows((result := there.query(query)).columns, [row.terms for row in result.rows]),
        lambda: ("truth", there.ask(query)),
        lambda: ("statements", canonical_triples(there.construct(query))),
    ]
    for ask in asked:
        try:
            return ask()
        except CmgraphError as error:
            if isinstance(error, cmgraph.UnknownName) or error.what.startswith("the query failed"):
                return "failed", None
    return "refused", None


def expected(case: Case) -> Answer | None:
    """Return what the suite says; None if it is in a form whose terms are not whole, as CSV."""
    ending, content = case.result.rpartition(".")[2], files()[case.result]
    if ending in ("srx", "srj", "tsv"):
        return _canonical(ox.parse_query_results(content, format=ox.QueryResultsFormat.from_extension(ending)))
    if ending == "csv":
        return None
    triples = _parse(case.result)
    if not any(quad.object == ox.NamedNode(RS + "ResultSet") for quad in triples):
        return "statements", canonical_triples(triples)
    store = ox.Store()
    store.bulk_extend(triples)

    def values(node: Any, prop: str) -> list[Any]:
        return [quad.object for quad in store.quads_for_pattern(node, ox.NamedNode(RS + prop), None)]

    for truth in values(None, "boolean"):
        return "truth", truth.value == "true"
    variables = tuple(sorted(term.value for term in values(None, "resultVariable")))
    rows = []
    for solution in values(None, "solution"):
        bound = {values(b, "variable")[0].value: values(b, "value")[0] for b in values(solution, "binding")}
        rows.append(tuple(bound.get(name) for name in variables))
    return canonical_rows(variables, rows)


def right(case: Case, answer: Answer) -> bool:
    """Say whether an answer is what the suite says."""
    if case.valid is not None:
        return (answer[0] != "refused") == case.valid
    wanted = expected(case)
    return answer == wanted if wanted is not None else answer[0] == "rows"


def figures() -> str:
    """Count the tests that the engine alone and cmgraph pass."""
    graph = cmgraph.load()
    lines = [f"{'':24}{'tests':>8}{'engine':>8}{'cmgraph':>9}{'alike':>8}"]
    for suite in ("sparql10", "sparql11"):
        for kind, of_kind in (("evaluation", lambda c: c.valid is None), ("syntax", lambda c: c.valid is not None)):
            some = [case for case in cases() if case.name.startswith(suite) and of_kind(case)]
            pairs = [(case, by_engine(case), by_library(case, graph)) for case in some]
            counts = (sum(right(c, e) for c, e, _ in pairs), sum(right(c, o) for c, _, o in pairs))
            alike = sum(e == o for _, e, o in pairs)
            lines.append(f"{suite} {kind:15}{len(some):8}{counts[0]:8}{counts[1]:9}{alike:8}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(figures())
