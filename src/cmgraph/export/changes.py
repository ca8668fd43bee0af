"""What changed since an earlier edition: a record, from which a page, a table and a feed are made.

The record of an edition lists its changes and, for the editions before it, how many each had. Its days are those in the
description of the data set.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cmgraph.answers.sentences import in_words
from cmgraph.diff import Change, diff_triples, lines_of
from cmgraph.errors import CmgraphError, say
from cmgraph.export.publication import Publication, to_json
from cmgraph.graph import Graph
from cmgraph.names import normalize_name
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import read_text, to_lines
from cmgraph.rdf.terms import BASE, NamedRef
from cmgraph.text.cells import escape_formula, write_csv

RECORD = "changes.json"

HOW = ("added", "changed", "removed", "confirmed", "uncited")
"""How a thing changed, what people look for first."""

_SHOWN = 200
"""How many things of a kind that changed alike a page names; the table names all."""

_FIRST = tuple(
    f"{BASE}{part}/"
    for part in (
        *("id/arrangement", "id/agent", "id/project", "id/event", "id/place", "vocab/list"),
        *("id/rel", "id/obs", "id/record", "id/source"),
    )
)
"""What a page tells first, by its IRI; citations go with what cites them."""

_CITATION = f"{BASE}id/cite/"


@dataclass(frozen=True)
class Edition:
    """An edition of the data set.

    :ivar version: its number.
    :ivar issued: its day.
    :ivar counts: how many things changed since the edition before, by how they changed, without citations.
    """

    version: str
    issued: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class History:
    """The editions, the newest first, and what the newest changed.

    :ivar since: the edition that the newest was compared with, if there is one.
    """

    editions: tuple[Edition, ...]
    since: Edition | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Group:
    """Things of a kind that changed alike.

    :ivar named: the first of them, as they are called, with what changed of each.
    :ivar number: how many there are.
    """

    how: str
    kind: str
    named: tuple[tuple[NamedRef, tuple[tuple[str, str, str], ...]], ...]
    number: int


def compare(publication: Publication, options: Mapping[str, Any], earlier: Path | None) -> History:
    """Compare what is about to be published with an earlier edition.

    :param options: those of this export.
    :param earlier: the folder of an export.
    :raises CmgraphError: if it is none that can be compared.
    """
    about = publication.about
    version, issued = str(about["version"] or ""), str(about["issued"] or "")
    if earlier is None:
        return History((Edition(version, issued, {}),))
    _refuse_another_part(earlier, options)
    before = _history(publication, earlier)
    since = before.editions[0]
    if (since.version, since.issued) == (version, issued):
        problem = say(
            "this is the same edition: version {version} of {issued}",
            version=version or "unknown",
            issued=issued or "no day",
        )
        hint = "Name an export of an earlier one, or set version and issued in data/dataset.yaml."
        raise CmgraphError(problem, where=str(earlier), hint=hint)
    old = {_own(publication, line) for line in lines_of(str(earlier))}
    changes = diff_triples(old, to_lines(canonical(publication.graph.asserted)), publication.graph.names.labels)
    counted = Counter(change.how for change in changes if not change.thing.iri.startswith(_CITATION))
    edition = Edition(version, issued, {how: counted[how] for how in HOW if counted[how]})
    return History((edition, *before.editions), since, changes)


def recorded(publication: Publication, folder: Path) -> History:
    """Return what an export records of its editions."""
    return _history(publication, folder)


def write_record(publication: Publication, history: History, folder: Path) -> None:
    """Write the record, and all that changed as a table."""
    publication.write(folder / RECORD, to_record(history))
    publication.write(folder / "changes.csv", to_table(history))


def to_record(history: History) -> str:
    """Write a history as JSON."""
    record = {
        "editions": [vars(edition) for edition in history.editions],
        "since": vars(history.since) if history.since else None,
        "changes": [vars(change) for change in history.changes],
    }
    return to_json(record)


def to_table(history: History) -> str:
    """Write all that changed as comma-separated values."""
    rows = [("how", "kind", "iri", "name", "property", "before", "after")]
    rows += [
        (change.how, change.kind, change.thing.iri, change.thing.label, *detail)
        for change in history.changes
        for detail in change.details or (("", "", ""),)
    ]
    return write_csv(([*map(escape_formula, row)] for row in rows), ",")


def grouped(history: History, graph: Graph, present: Iterable[str]) -> list[Group]:
    """Put what changed into groups, in the language of ``graph``.

    :param present: the IRIs that the graph describes.
    """
    known = {change.thing.iri for change in history.changes} & {*present}
    changes = [change for change in history.changes if not change.thing.iri.startswith(_CITATION)]
    kinds = {iri: graph.names.kind(iri) for iri in known}

    def key(change: Change) -> tuple[int, int, str]:
        first = next((place for place, start in enumerate(_FIRST) if change.thing.iri.startswith(start)), len(_FIRST))
        return HOW.index(change.how), first, kinds.get(change.thing.iri) or change.kind

    groups = []
    for (place, _, kind), group in groupby(sorted(changes, key=key), key=key):
        alike = list(group)
        named_iris = [change.thing.iri for change in alike if change.thing.iri in known]
        names = graph.names.labels(named_iris) | in_words(named_iris, graph.store, graph.names)
        named = [(NamedRef(c.thing.iri, names.get(c.thing.iri, c.thing.label)), c.details) for c in alike]
        named.sort(key=lambda pair: (normalize_name(pair[0].label), pair[0].iri))
        groups.append(Group(HOW[place], kind, tuple(named[:_SHOWN]), len(alike)))
    return groups


def day(edition: Edition, otherwise: str) -> str:
    """Return the day of an edition as a feed needs it; empty if the data set names no whole day."""
    return next((text for text in (edition.issued, otherwise) if re.fullmatch(r"\d{4}-\d\d-\d\d", text)), "")


def _history(publication: Publication, folder: Path) -> History:
    try:
        if (path := folder / RECORD).is_file():
            return from_record(_own(publication, read_text(path)))
        described = json.loads(read_text(folder / "dataset.jsonld"))
        edition = Edition(str(described.get("version", "")), str(described.get("datePublished", "")), {})
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, CmgraphError):
        hint = say(
            "Name the folder of a whole export: {record} or dataset.jsonld in it says which edition it is.",
            record=RECORD,
        )
        raise CmgraphError("it cannot be told which edition this is", where=str(folder), hint=hint) from None
    return History((edition,))


def from_record(text: str) -> History:
    """Read a history that :func:`to_record` wrote."""
    record = json.loads(text)
    editions = tuple(Edition(**edition) for edition in record["editions"])
    since = Edition(**record["since"]) if record["since"] else None
    changes = (
        Change(**change | {"thing": NamedRef(*change["thing"]), "details": _details(change["details"])})
        for change in record["changes"]
    )
    return History((editions[0], *editions[1:]), since, tuple(changes))


def _details(details: Sequence[Sequence[str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((prop, before, after) for prop, before, after in details)


def _refuse_another_part(earlier: Path, options: Mapping[str, Any]) -> None:
    """Refuse to compare parts of the graph that were not chosen alike."""
    hint = "--since names a folder that cmgraph export wrote with the same options, with cmgraph.nt in it."
    try:
        theirs = json.loads(read_text(earlier / "export.json"))
        differing = [name for name in _CHOOSING if (theirs.get(name) or None) != (options.get(name) or None)]
    except (OSError, ValueError, AttributeError, CmgraphError):
        raise CmgraphError("this folder is not an export", where=str(earlier), hint=hint) from None
    if differing:
        raise CmgraphError(
            say("it was exported with another {differing}", differing=differing[0]), where=str(earlier), hint=hint
        )
    if not (earlier / "cmgraph.nt").is_file():
        raise CmgraphError("this export has no cmgraph.nt", where=str(earlier), hint=hint)


_CHOOSING = ("base", "language", "sources", "include", "exclude", "as_of")
"""The options that choose what is exported."""


def _own(publication: Publication, text: str) -> str:
    return text if publication.base == BASE else text.replace(publication.base, BASE)
