"""An answer as it goes over the wire, and the forms that statements have."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoxigraph import RdfFormat, Triple

from cmgraph.export.rdf import serialize_triples
from cmgraph.rdf.terms import Prefixes
from cmgraph.serve.problems import Problem

RDF_FORMS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
"""The forms of statements by media type, the usual one first."""


@dataclass(frozen=True)
class Document:
    """The body of an answer, what it is, and what else is said of it."""

    body: bytes
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def whole(self) -> bytes:
        """The body."""
        return self.body


def rdf_document(triples: list[Triple], media_type: str, prefixes: Prefixes) -> Document:
    """Write statements.

    :param media_type: one of :data:`RDF_FORMS`.
    :raises Problem: if this form cannot hold them.
    """
    try:
        return Document(serialize_triples(triples, RDF_FORMS[media_type], prefixes), media_type)
    except OSError as error:  # how the engine says that a form cannot hold a statement
        raise Problem(f"this cannot be written as {media_type}: {error}", 406, hint="Ask for text/turtle.") from None
