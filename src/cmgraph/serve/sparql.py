"""A query in SPARQL, answered in the form that the client likes best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pyoxigraph import (
    BlankNode,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from cmgraph.errors import UnknownName
from cmgraph.graph import Graph
from cmgraph.rdf.files import sort_triples
from cmgraph.rdf.terms import XSD, Term
from cmgraph.serve.answers import refuse_long
from cmgraph.serve.documents import RDF_FORMS, Document, rdf_document
from cmgraph.serve.negotiation import best_media_type
from cmgraph.serve.problems import Problem
from cmgraph.serve.things import query_page
from cmgraph.store.base import Solutions
from cmgraph.store.sparql_lexer import query_form, with_base, with_dataset
from cmgraph.text.templating import NOT_XML

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"

_ROW_FORMS = {
    JSON: QueryResultsFormat.JSON,
    "application/json": QueryResultsFormat.JSON,
    XML: QueryResultsFormat.XML,
    "application/xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
"""The forms of rows by media type, the usual one first."""

FORMS = {
    "csv": "text/csv",
    "json": JSON,
    "tsv": "text/tab-separated-values",
    "xml": XML,
    "turtle": "text/turtle",
}
"""Forms by the names that stand in an address, where a reader's program cannot say what it accepts."""

_TRUTH_FORMS = [JSON, "application/json", XML, "application/xml"]


def answer(
    graph: Graph, query: str, accept: str, default: Sequence[str] = (), named: Sequence[str] = (), base: str = ""
) -> Document:
    """Answer a query.

    :param accept: the Accept header of the request.
    :param default: graphs that the request names, in the place of those that the query does.
    :param named: graphs that it names and that are asked by name.
    :param base: where relative IRIs begin: the address of the service.
    :raises AnswerTooLarge: if it has too many rows.
    :raises Problem: if the answer cannot have a form that is accepted.
    :raises CmgraphError: if the query is not valid, or not allowed.
    """
    form, written = query_form(query), query
    query = with_base(query, base) if base else query
    if default or named:
        query = with_dataset(query, _iris(default), _iris(named), graph.prefixes)
    try:
        if form in ("CONSTRUCT", "DESCRIBE"):
            media_type = negotiated(accept, list(RDF_FORMS))
            triples = sort_triples(graph.store.construct(query, graph.prefixes, "query", graph.timeout))
            return rdf_document(triples, media_type, graph.prefixes)
        if form == "ASK":
            media_type = negotiated(accept, _TRUTH_FORMS)
            holds = graph.store.ask(query, graph.prefixes, "query", graph.timeout)
            return _results(json.dumps({"head": {}, "boolean": holds}), media_type)
        media_type = negotiated(accept, [*_ROW_FORMS, "text/html"])
        if media_type == "text/html":
            result = graph.query(query + "\n")
            refuse_long(len(result))
            return query_page(graph, written, answer=result)
        solutions = graph.store.select(query, graph.prefixes, "query", graph.timeout)
    except UnknownName as error:  # a graph after FROM, which is a fault of the query, not of the address
        raise Problem(error.what, 400, hint=error.hint) from None
    refuse_long(len(solutions[1]))
    return _results(json.dumps(results_json(solutions), ensure_ascii=False), media_type)


def _iris(written: Sequence[str]) -> list[str]:
    try:
        return [NamedNode(iri).value for iri in written]
    except ValueError:
        raise Problem("a graph is named by an IRI", hint="Write it like https://example.org/graph") from None


def describe_service(graph: Graph, accept: str, address: str, description: str) -> Document:
    """Describe the service itself.

    :param address: of the service, which the addresses in ``description``, a text in Turtle, begin with.
    """
    media_type = negotiated(accept, list(RDF_FORMS))
    triples = [quad.triple for quad in parse(description, RdfFormat.TURTLE, base_iri=address)]
    return rdf_document(triples, media_type, graph.prefixes)


def negotiated(accept: str, offered: list[str]) -> str:
    """Return the media type that is liked best.

    :raises Problem: if none of those offered is accepted.
    """
    media_type = best_media_type(accept, offered)
    if media_type is None:
        raise Problem("this is not available in a form that is accepted", 406, more={"available": offered})
    return media_type


def results_json(solutions: Solutions) -> dict[str, Any]:
    """Write rows as SPARQL's JSON does."""
    variables, rows = solutions
    bindings = [
        {name: _cell(term) for name, term in zip(variables, row, strict=True) if term is not None} for row in rows
    ]
    return {"head": {"vars": list(variables)}, "results": {"bindings": bindings}}


def _cell(term: Term | Triple) -> dict[str, Any]:
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _cell(part) for name, part in parts.items()}}
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    cell = {"type": "literal", "value": term.value}
    if term.language:
        return {**cell, "xml:lang": term.language, **({"its:dir": term.direction.value} if term.direction else {})}
    return cell if term.datatype.value == XSD + "string" else {**cell, "datatype": term.datatype.value}


def _results(written: str, media_type: str) -> Document:
    """Write an answer that stands in SPARQL's JSON in another form."""
    form = _ROW_FORMS[media_type]
    if form == QueryResultsFormat.JSON:
        return Document(written.encode(), media_type)
    results = parse_query_results(written, format=QueryResultsFormat.JSON)
    body = results.serialize(format=form) or b""
    if form == QueryResultsFormat.XML and isinstance(results, QuerySolutions) and NOT_XML.search(body.decode()):
        raise Problem("the answer holds a character that XML cannot", 406, hint=f"Ask for {JSON}.")
    return Document(body, media_type)
