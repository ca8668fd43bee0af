"""Lists of things as tables: a row for each thing, in columns that people sort and filter by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from cmgraph.graph import Graph
from cmgraph.names import normalize_name
from cmgraph.rdf.terms import NamedRef, Term, has_language, lexical
from cmgraph.store import builtin
from cmgraph.text.i18n import COLON, message

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id/agent": ("kind", "place", "part_of", "statements"),
    "id/arrangement": ("kind", "type", "date", "parties", "force", "minerals", "statements"),
    "id/event": ("date", "part_of", "statements"),
    "id/place": ("code", "place", "statements"),
    "id/record": ("number", "place", "statements"),
    "id/project": ("place", "phase", "activity", "minerals", "owner", "statements"),
    "id/source": ("publisher", "date", "tier", "language", "statements"),
    "vocab/list": ("issuer", "date", "type", "listed", "statements"),
    "vocab/mineral": ("symbol", "group", "statements"),
}
"""The columns of each list that is a table, after the name."""

NUMBERS = {"listed", "statements"}
MARK = " · "
"""What stands between the values of a cell."""

SUMMED: Mapping[str, tuple[str, ...]] = {
    "id/agent": ("place", "part_of"),
    "id/arrangement": ("type", "date", "parties", "force", "minerals"),
    "id/project": ("place", "phase", "activity", "minerals", "owner"),
}
"""The columns that the page of a thing begins with."""

_NAMED = 6
"""How many values of a column it names."""


@dataclass(frozen=True)
class Column:
    """A column of a list."""

    key: str
    heading: str
    number: bool


@dataclass(frozen=True)
class Table:
    """A list as a table: its columns after the name, and for each thing the text of each cell."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[NamedRef, tuple[str, ...]], ...]


def list_tables(graph: Graph, folders: Mapping[str, Sequence[str]], statements: Mapping[str, int]) -> dict[str, Table]:
    """Make the table of each folder of :data:`COLUMNS`.

    :param folders: the things in each folder.
    :param statements: how many statements name each thing.
    """
    terms_by_cell: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    one = [iri for iris in folders.values() for iri in iris]
    for thing, column, value in builtin.ask(graph.store, "lists", thing=one if len(one) == 1 else [None]):
        if isinstance(thing, NamedNode) and isinstance(column, Literal) and value is not None:
            terms_by_cell[thing.value][column.value].append(value)
    values = (term for cells in terms_by_cell.values() for terms in cells.values() for term in terms)
    named = {term.value for term in values if isinstance(term, NamedNode)}
    labels = graph.names.labels(named | {iri for folder in COLUMNS for iri in folders.get(folder, ())})

    def cell(iri: str, key: str) -> str:
        if key == "statements":
            return str(statements.get(iri, 0))
        if key == "kind":
            return graph.names.kind(iri)
        return MARK.join(sorted(dict.fromkeys(_texts(terms_by_cell[iri][key], labels, graph.lang))))

    tables = {}
    for folder, keys in COLUMNS.items():
        if folder in folders:
            ordered = sorted(folders[folder], key=lambda iri: (normalize_name(labels[iri]), iri))
            rows = [(NamedRef(iri, labels[iri]), {key: cell(iri, key) for key in keys}) for iri in ordered]
            shown = [key for key in keys if any(cells[key] for _, cells in rows)]
            tables[folder] = Table(
                tuple(Column(key, message(f"list_{key}", graph.lang), key in NUMBERS) for key in shown),
                tuple((thing, tuple(cells[key] for key in shown)) for thing, cells in rows),
            )
    return tables


def summaries(tables: Mapping[str, Table], lang: str) -> dict[str, str]:
    """Return by IRI a line on each thing, from its cells in the tables; things whose cells are empty are left out."""
    lines: dict[str, str] = {}
    for folder, keys in SUMMED.items():
        for thing, cells in tables[folder].rows if folder in tables else ():
            columns = zip(tables[folder].columns, cells, strict=True)
            values = {column.key: (column.heading, cell.split(MARK)) for column, cell in columns if cell}
            parts = [
                f"{heading[:1].upper()}{heading[1:]}{COLON[lang]}{_first(texts)}."
                for heading, texts in (values[key] for key in keys if key in values)
            ]
            lines |= {thing.iri: " ".join(parts)} if parts else {}
    return lines


def _first(values: Sequence[str]) -> str:
    more = f" (+ {len(values) - _NAMED})" if len(values) > _NAMED else ""
    return ", ".join(values[:_NAMED]) + more


def _texts(terms: Iterable[Term], labels: Mapping[str, str], lang: str) -> list[str]:
    """Write terms as text, in a language where there is one in it."""
    terms = list(terms)
    in_language = [term for term in terms if has_language(term, lang)]
    return [labels[term.value] if isinstance(term, NamedNode) else lexical(term) for term in in_language or terms]
