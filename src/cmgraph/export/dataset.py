"""Descriptions of the publication: VoID, DCAT, schema.org, a record for open.canada.ca, citations, checksums."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, RdfFormat, Triple, parse

from cmgraph.export.publication import Publication, to_json
from cmgraph.export.rdf import serialize_triples
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import sort_triples
from cmgraph.rdf.terms import BASE, RDF_TYPE, Prefixes, best_text
from cmgraph.store import builtin
from cmgraph.text.templating import render_template

MEDIA = {
    ".csv": ("text/csv", "CSV"),
    ".cyjs": ("application/json", "JSON"),
    ".geojson": ("application/geo+json", "GEOJSON"),
    ".gexf": ("application/xml", "other"),
    ".graphml": ("application/xml", "other"),
    ".jsonld": ("application/ld+json", "JSONLD"),
    ".nq": ("application/n-quads", "other"),
    ".nt": ("application/n-triples", "NT"),
    ".parquet": ("application/vnd.apache.parquet", "other"),
    ".rdf": ("application/rdf+xml", "RDF"),
    ".trig": ("application/trig", "TRIG"),
    ".ttl": ("text/turtle", "TTL"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
}
"""Media type of a file by its ending, and what open.canada.ca calls its format."""

_RDF = (".jsonld", ".nq", ".nt", ".rdf", ".trig", ".ttl")
_ASIDE = ("id/", "vocab/", "queries/", "ontology/")
"""Folders of files that are part of the site, and no distributions of the data set."""

_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "spdx": "http://spdx.org/rdf/terms#",
    "void": "http://rdfs.org/ns/void#",
    "void-ext": "http://ldf.fi/void-ext#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True)
class Distribution:
    """A file that holds the data set, or one form of a part of it.

    :ivar path: from the publication's folder, with slashes.
    """

    path: str
    file: Path

    @property
    def media(self) -> str:
        """The media type."""
        return MEDIA[self.file.suffix][0]

    @property
    def rdf(self) -> bool:
        """Whether it holds the whole data set as RDF."""
        return self.path.startswith("cmgraph.") and self.file.suffix in _RDF

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """The checksum, in hexadecimal digits."""
        return checksum(self.file)


def distributions(folder: Path) -> list[Distribution]:
    """List the data files of a publication."""
    data_files = (
        (path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.suffix in MEDIA
    )
    return [Distribution(name, path) for name, path in data_files if not name.startswith(_ASIDE)]


def describe(publication: Publication, folder: Path) -> None:
    """Write every description of what is in ``folder``: call it when all else is there."""
    for name, text in descriptions(publication, distributions(folder)).items():
        publication.write(folder / name, text())


DESCRIPTIONS = {
    ".well-known/void": "text/turtle",
    "CITATION.cff": "application/yaml",
    "cite.bib": "application/x-bibtex",
    "cite.json": "application/vnd.citationstyles.csl+json",
    "cite.ris": "application/x-research-info-systems",
    "dataset.jsonld": "application/ld+json",
    "dcat.jsonld": "application/ld+json",
    "dcat.ttl": "text/turtle",
    "open-canada.json": "application/json",
    "void.ttl": "text/turtle",
}
"""The descriptions of a publication, with the media type of each."""


def descriptions(
    publication: Publication, files: list[Distribution]
) -> dict[str, Callable[[], str] | Callable[[], bytes]]:
    """Return what describes a publication in each way of :data:`DESCRIPTIONS`.

    :param files: those that it consists of.
    """
    prefixes = Prefixes({**publication.graph.prefixes, **_PREFIXES})
    title = best_text(publication.about["title"], publication.languages[0])
    named = {"about": publication.about, "title": title, "address": publication.address}

    @cache
    def dcat() -> list[Triple]:
        return sort_triples(_dataset(publication, files))

    @cache
    def void() -> bytes:
        facts = [t for t in dcat() if t.predicate.value.startswith(_PREFIXES["void"]) or t.predicate == RDF_TYPE]
        return serialize_triples(sort_triples([*facts, *_partitions(publication)]), RdfFormat.TURTLE, prefixes)

    return {
        ".well-known/void": void,
        "CITATION.cff": partial(render_template, "CITATION.cff", **named),
        "cite.bib": partial(render_template, "cite.bib", **named),
        "cite.json": lambda: to_json(csl(publication)),
        "cite.ris": partial(render_template, "cite.ris", **named),
        "dataset.jsonld": lambda: to_json(schema_org(publication, files)),
        "dcat.jsonld": lambda: serialize_triples(dcat(), RdfFormat.JSON_LD, prefixes),
        "dcat.ttl": lambda: serialize_triples(dcat(), RdfFormat.TURTLE, prefixes),
        "open-canada.json": lambda: to_json(open_canada(publication, files)),
        "void.ttl": void,
    }


def dataset_iri(publication: Publication) -> str:
    """Return the IRI of this version of the data set."""
    version = publication.about.get("version")
    return f"{BASE}dataset/{version}" if version else f"{BASE}dataset"


def _dataset(publication: Publication, files: list[Distribution]) -> Iterator[Triple]:
    names, rows = builtin.solutions(publication.graph.store, "void-counts")
    counts = {name: term.value for name, term in zip(names, rows[0], strict=True) if isinstance(term, Literal)}
    text = render_template(
        "dataset.ttl",
        about=publication.about,
        address=publication.address,
        base=BASE,
        counts=counts,
        dataset=dataset_iri(publication),
        distributions=files,
        endpoint=publication.about.get("endpoint"),
        modified=publication.modified,
    )
    yield from canonical(quad.triple for quad in parse(text, format=RdfFormat.TURTLE))


def _partitions(publication: Publication) -> Iterator[Triple]:
    yield from builtin.construct(publication.graph.store, "void", dataset=[dataset_iri(publication)])


def schema_org(publication: Publication, files: list[Distribution]) -> dict[str, Any]:
    """Describe the data set to search engines."""
    about = publication.about
    record: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset_iri(publication),
        "name": [{"@value": text, "@language": tag} for tag, text in sorted(about["title"].items())],
        "description": [
            {"@value": text, "@language": tag} for tag, text in sorted(about.get("description", {}).items())
        ],
        "url": publication.address + "index.html",
        "keywords": [word for _, words in sorted(about.get("keywords", {}).items()) for word in words],
        "inLanguage": [*publication.languages],
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": publication.address + file.path,
                "encodingFormat": file.media,
                "contentSize": str(file.size),
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
    known = {
        "license": about.get("licence", {}).get("path"),
        "creator": about.get("creator") and {"@type": "Organization", "name": about["creator"]},
        "version": about.get("version"),
        "datePublished": about.get("issued") and str(about["issued"]),
        "dateModified": publication.modified,
    }
    return record | {name: value for name, value in known.items() if value}


def csl(publication: Publication) -> dict[str, Any]:
    """Return the citation of the data set as CSL-JSON."""
    about = publication.about
    issued = about["issued"]
    known = {
        "author": about["creator"] and [{"literal": about["creator"]}],
        "issued": {"date-parts": [[issued.year, issued.month, issued.day]]}
        if isinstance(issued, dt.date)
        else issued and {"raw": str(issued)},
        "version": about["version"] and str(about["version"]),
        "license": about["licence"] and about["licence"].get("name"),
    }
    record: dict[str, Any] = {"id": "cmgraph", "type": "dataset", "URL": publication.address}
    record["title"] = best_text(about["title"], publication.languages[0])
    return record | {name: value for name, value in known.items() if value}


def open_canada(publication: Publication, files: list[Distribution]) -> dict[str, Any]:
    """Write a record for the catalogue of the Government of Canada.

    Who publishes there (``owner_org``, ``maintainer_email``) is not known here and stays null.
    """
    about, choices = publication.about, publication.about.get("open_canada", {})

    def both(texts: dict[str, Any]) -> dict[str, Any]:
        return {tag: text for tag, text in sorted(texts.items()) if tag in ("en", "fr", "fr-t-en", "en-t-fr")}

    return {
        **choices,
        "name": "cmgraph",
        "owner_org": choices.get("owner_org"),
        "maintainer_email": choices.get("maintainer_email"),
        "title_translated": both(about["title"]),
        "notes_translated": both(about.get("description", {})),
        "keywords": both(about.get("keywords", {})),
        "date_published": str(about.get("issued") or ""),
        "date_modified": publication.modified,
        "restrictions": "unrestricted",
        "imso_approval": "false",
        "ready_to_publish": "false",
        "resources": [
            {
                "name_translated": {"en": file.path, "fr": file.path},
                "resource_type": "dataset",
                "format": MEDIA[file.file.suffix][1],
                "character_set": "UTF-8",
                "size": file.size,
                "language": [*publication.languages],
                "url": publication.address + file.path,
                "date_published": str(about.get("issued") or ""),
            }
            for file in files
        ],
    }


def checksums(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 of every file, by path, sorted.

    :param known: those of some files.
    """
    names = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file())
    return {name: known.get(name) or checksum(path) for name, path in names}


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
