"""Statements as a page shows them: by kind, the newest first, figures as tables; and what rests on a source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cmgraph.answers.entity import Entity
from cmgraph.answers.result import Citation
from cmgraph.answers.sentences import heading
from cmgraph.answers.statements import Statement
from cmgraph.rdf.terms import BASE, CM, NamedRef, Value
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import COLON, message

_COLUMNS = {
    "period": "fig_when",
    "periodStart": "fig_when",
    "periodEnd": "fig_when",
    "observesQuantity": "fig_quantity",
    "describesMineral": "fig_of",
    "describesBody": "fig_of",
    "describesArrangement": "fig_of",
    "describesEvent": "fig_of",
    "describesPlace": "fig_where",
    "hasCounterpartPlace": "fig_with",
    "hasBound": "fig_value",
    "value": "fig_value",
    "hasMissingReason": "fig_value",
    "hasUnit": "fig_unit",
    "publishedMeasure": "fig_published",
}
"""The column for the value of a property in a table of figures; all others are in the last."""

_QUALIFIERS = tuple(f"{BASE}vocab/{name}/" for name in ("bound", "estimate-status", "missing-reason", "unit"))
_USUAL = ("/claim-status/stated", "/end-state/unknown", "/estimate-status/as-stated")


@dataclass(frozen=True)
class Figures:
    """A table of figures: its headings, and for each statement, in order, the values of each column."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Statement, tuple[tuple[Value, ...], ...]], ...]


@dataclass(frozen=True)
class Group:
    """Statements of a kind, the newest first.

    :ivar figures: the same as a table, if they are figures.
    """

    kind: NamedRef
    statements: tuple[Statement, ...]
    figures: Figures | None


@dataclass(frozen=True)
class Resting:
    """What rests on a source.

    :ivar groups: the statements and things, by kind.
    :ivar places: by IRI of each, the places in the source that carry it.
    :ivar evidence: how they carry, with how many times, the most first.
    """

    groups: tuple[Group, ...]
    places: dict[str, list[Citation]]
    evidence: list[tuple[NamedRef | None, int]]


def group_statements(statements: Iterable[Statement], about: str, lang: str) -> tuple[Group, ...]:
    """Group statements by kind, for the page of what has the IRI ``about``."""
    by_kind: dict[NamedRef, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_kind[statement.kind].append(statement)
    groups = []
    for kind, some in sorted(by_kind.items(), key=lambda item: item[0].label):
        ordered = tuple(sorted(some, key=_date, reverse=True))
        headed = NamedRef(kind.iri, heading(kind, lang))
        groups.append(
            Group(headed, ordered, _figures(ordered, about, lang) if kind.iri == CM + "Observation" else None)
        )
    return tuple(groups)


def resting(source: str, entity: Entity, lang: str) -> Resting:
    """Return which of ``entity.statements`` rest on a source, on which places in it, and how."""
    places = {
        statement.iri: [c for c in (entity.citations[n - 1] for n in statement.citations) if c.source == source]
        for statement in entity.statements
    }
    evidence = Counter(citation.support for some in places.values() for citation in some)
    counted = sorted(evidence.items(), key=lambda item: (-item[1], str(item[0])))
    return Resting(group_statements(entity.statements, source, lang), places, counted)


def _date(statement: Statement) -> str:
    """Return the last date that a statement names; a year stands before its days."""
    dates = [as_text(value) for prop, value in statement.says if prop.iri.endswith(("Date", "#period", "#periodEnd"))]
    return max(dates, default="")


def _figures(statements: Sequence[Statement], about: str, lang: str) -> Figures:
    """Put figures in columns; what is empty or the page's own thing in every row has none."""
    lines = [(statement, dict(_cells(statement, lang))) for statement in statements]
    columns = [
        key
        for key in dict.fromkeys([*_COLUMNS.values(), "fig_more"])
        if any(
            values and not all(isinstance(value, NamedRef) and value.iri == about for value in values)
            for _, cells in lines
            for values in [cells.get(key, [])]
        )
    ]
    return Figures(
        tuple(message(key, lang) for key in columns),
        tuple((statement, tuple(tuple(cells.get(key, ())) for key in columns)) for statement, cells in lines),
    )


def _cells(statement: Statement, lang: str) -> Iterator[tuple[str, list[Value]]]:
    cells: dict[str, list[Value]] = defaultdict(list)
    for prop, value in sorted(statement.says, key=lambda pair: _place(pair[0])):
        if column := _COLUMNS.get(prop.iri.removeprefix(CM)):
            cells[column] += ["–"] if prop.iri.endswith("#periodEnd") else []
            cells[column].append(_plain(value))
        elif not (isinstance(value, NamedRef) and value.iri.endswith(_USUAL)):
            cells["fig_more"] += [
                f"{'; ' if cells['fig_more'] else ''}{prop.label}{COLON[lang].rstrip()}",
                _plain(value),
            ]
    yield from cells.items()


def _plain(value: Value) -> Value:
    """Name what qualifies every figure, such as its unit, without a link."""
    return value.label if isinstance(value, NamedRef) and value.iri.startswith(_QUALIFIERS) else value


def _place(prop: NamedRef) -> int:
    name = prop.iri.removeprefix(CM)
    return [*_COLUMNS].index(name) if name in _COLUMNS else len(_COLUMNS)
