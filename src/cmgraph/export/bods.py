"""Who holds which company, as statements of the Beneficial Ownership Data Standard 0.4."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cmgraph.answers.result import Citation, build
from cmgraph.export.publication import Publication
from cmgraph.rdf.files import read_text
from cmgraph.rdf.terms import NamedRef, Value, local_name

_READ = "/support/read-in-source"


def statements(publication: Publication, rule: Path) -> list[dict[str, Any]]:
    """Return the statements: each entity that holds or is held, then each holding.

    The standard asks for whole days: a statement has the day on which its source was last read. A day that the source
    gives less precisely stands in words, as does the company between in an indirect holding.
    """
    graph = publication.graph.with_language("en")
    result = build(graph.store.select(read_text(rule), graph.prefixes), graph.store, graph.names, "citation")
    entities: dict[str, list[dict[str, Value]]] = defaultdict(list)
    holdings: dict[tuple[str, str], list[dict[str, Value]]] = defaultdict(list)
    cited: dict[str, set[int]] = defaultdict(set)
    for row in result.rows:
        cells = dict(zip(result.columns, row, strict=True))
        record, owner = _iri(cells["record"]), _iri(cells["owner"])
        cited[record].update(row.citations)
        if owner:
            holdings[record, owner].append(cells)
        else:
            entities[record].append(cells)
    shared = [record for record, _ in holdings]
    details = _publication_details(publication)

    def citations(record: str) -> list[Citation]:
        supporting = (result.citations[number - 1] for number in sorted(cited[record]))
        return sorted(supporting, key=lambda citation: not (citation.support and citation.support.iri.endswith(_READ)))

    relationships, used = [], set()
    for (record, owner), rows in sorted(holdings.items()):
        company = _iri(rows[0]["company"])
        if {company, owner} <= entities.keys():
            used |= {company, owner}
            name = record if shared.count(record) == 1 else f"{record}#{local_name(owner)}"
            body = _relationship(company, owner, rows)
            relationships.append(_statement(name, "relationship", company, body, citations(record), details))
    return [
        _statement(record, "entity", record, _entity(record, entities[record][0]), citations(record), details)
        for record in sorted(used)
    ] + relationships


def _statement(
    record: str,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    citations: Sequence[Citation],
    details: Mapping[str, Any],
) -> dict[str, Any]:
    first, *others = citations
    statement = {
        "statementDate": max(citation.checked for citation in citations),
        "declarationSubject": subject,
        "recordId": record,
        "recordType": kind,
        "recordDetails": body,
        "source": _source(first),
        "annotations": [_annotation(citation) for citation in others],
        **details,
    }
    known = {name: value for name, value in statement.items() if value}
    return {"statementId": str(uuid5(NAMESPACE_URL, json.dumps(known, sort_keys=True))), **known}


def _entity(record: str, cells: Mapping[str, Value]) -> dict[str, Any]:
    kind = {"type": str(cells["type"]), "details": str(cells["kind"])}
    return {"isComponent": False, "entityType": kind, "name": str(cells["record"]), "uri": record}


def _relationship(company: str, owner: str, rows: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
    cells = rows[0]
    share, together = cells["share"], cells["together"]
    known: dict[str, float] = {}
    if isinstance(share, (int, Decimal)) and cells["limit"]:
        known = {str(cells["limit"]): float(share)}
    elif isinstance(together, (int, Decimal)):
        known = {"maximum": float(together)}  # one of several holds no more than all of them
    parts = [
        str(cells["interest"]),
        f"{cells['bound']} {share} per cent" if share is not None and not known else "",
        f"{together} per cent together with others" if together is not None else "",
        *_each(rows, "via", "through "),
        *(f"{word} {cells[name]}" for name, word in _DATES.items() if cells[name]),
        *_each(rows, "note"),
    ]
    interest = {
        "type": cells["interestType"],
        "directOrIndirect": "indirect" if cells["via"] else "unknown",
        "details": "; ".join(filter(None, parts)),
        "share": known,
        "startDate": _day(cells["since"]),
        "endDate": _day(cells["until"]),
    }
    interests = [{name: value for name, value in interest.items() if value}]
    return {"isComponent": False, "subject": company, "interestedParty": owner, "interests": interests}


_DATES = {"since": "since", "until": "until", "asOf": "as of"}


def _each(rows: Iterable[Mapping[str, Value]], name: str, before: str = "") -> list[str]:
    return [f"{before}{text}" for text in sorted({str(cells[name]) for cells in rows if cells[name]})]


def _day(value: Value) -> str:
    return value.isoformat() if isinstance(value, dt.date) else ""


def _iri(value: Value) -> str:
    return value.iri if isinstance(value, NamedRef) else ""


def _source(citation: Citation) -> dict[str, Any]:
    source = {
        "description": str(replace(citation, url="")),
        "url": citation.url,
        "retrievedAt": citation.checked,
        "assertedBy": [{"name": citation.publisher}] if citation.publisher else [],
    }
    return {name: value for name, value in source.items() if value}


def _annotation(citation: Citation) -> dict[str, Any]:
    link = {"motivation": "linking", "url": citation.url} if citation.url else {"motivation": "commenting"}
    return {"statementPointerTarget": "", **link, "description": str(replace(citation, url=""))}


def _publication_details(publication: Publication) -> dict[str, Any]:
    """Return the publisher and the date, if the description of the data set has them."""
    about, issued = publication.about, publication.about["issued"] or publication.modified
    if not (issued and about["creator"]):
        return {}
    licence = (about["licence"] or {}).get("path")
    details = {
        "publicationDate": str(issued),
        "bodsVersion": "0.4",
        "license": licence,
        "publisher": {"name": about["creator"], "url": publication.address},
    }
    return {"publicationDetails": {name: value for name, value in details.items() if value}}
