"""The statements that a template makes from the rows of a table, with one query for many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

from pyoxigraph import BlankNode, NamedNode, Triple

from cmgraph.rdf.terms import Prefixes, Term
from cmgraph.store.engine import answer_query, reported
from cmgraph.store.local import LocalStore
from cmgraph.store.sandbox import turnstile
from cmgraph.store.sparql_lexer import Token, tokens
from cmgraph.store.values import blocks, values_block
from cmgraph.tables.template import Template

Bindings: TypeAlias = Mapping[str, Sequence[Term | None]]
"""The terms of a row's cells, by column; ``[None]`` for an empty cell."""

BATCH = 1000
"""How many rows are read at once, to group those that fill the same columns."""

PER_QUERY = 100
"""How many rows one query has; where a template joins without a key, time grows with their square."""

_ROW = "number_of_the_row"
"""A variable that no template has."""

_VARIABLE = "urn:variable:"

_ALONE = frozenset(["SELECT", "MINUS", "BNODE", "RAND", "UUID", "STRUUID", "GROUP", "LIMIT", "OFFSET", "["])
"""Words of a template with which rows in one query might give other statements than each row by itself."""


class Construct:
    """A template, prepared for many rows.

    Each block ``VALUES ?column`` becomes one with the number of a row and the column, so that the cells of a row join
    only with each other, and a solution says which row it is from. Statements are built from the solutions by the
    template's head, which the engine reads with an IRI in the place of each variable.

    :ivar together: how many rows to pass at once; one, if the template makes new nodes or limits its solutions.
    :raises CmgraphError: if the template is not valid SPARQL, or does what no query may.
    """

    def __init__(self, template: Template, store: LocalStore, prefixes: Prefixes) -> None:
        self._engine, self._prefixes, self._name = store.engine, dict(prefixes), str(template.path)
        columns = [column.name for column in template.columns]
        self._construct = _cut(template.text, columns)
        list(store.construct(_written(self._construct, dict.fromkeys(columns, ())), prefixes, self._name))
        words = list(tokens(template.text))
        opening = next(i for i, word in enumerate(words) if word.text == "CONSTRUCT") + 1
        closing = next(i for i, word in enumerate(words) if word.text == "}" and i >= opening)
        head = words[opening : closing + 1]
        alone = head[0].text != "{" or any(word.text == "(" for word in head) or any(map(_is_alone, words))
        self.together = 1 if alone else BATCH
        if not alone:
            variables = list(dict.fromkeys(word.text[1:] for word in head if word.kind == "variable"))
            start, end = head[0].start, head[-1].start + 1
            prologue = template.text[: words[opening - 1].start]
            self._patterns = self._read_head(prologue, template.text[start:end], variables)
            selected = " ".join(f"?{name}" for name in [_ROW, *variables])
            self._select = _cut(f"{prologue}SELECT {selected} {template.text[end:]}", columns)

    def triples(self, rows: Sequence[Bindings]) -> list[set[Triple]]:
        """Return the statements of each row."""
        if self.together == 1:
            return [set(self._ask("CONSTRUCT", _written(self._construct, bindings))) for bindings in rows]
        triples_by_row: list[set[Triple]] = [set() for _ in rows]
        for numbers in self._alike(rows):
            group = [triples_by_row[number] for number in numbers]
            for row, *values in self._ask("SELECT", _numbered(self._select, [rows[number] for number in numbers])):
                targets = group if row is None else [group[int(row.value)]]  # without a block, it holds for every row
                for pattern in self._patterns:
                    subject, prop, value = (values[part] if isinstance(part, int) else part for part in pattern)
                    if (
                        value is not None
                        and isinstance(subject, (NamedNode, BlankNode))
                        and isinstance(prop, NamedNode)
                    ):
                        for triples in targets:
                            triples.add(Triple(subject, prop, value))
        return triples_by_row

    def _alike(self, rows: Sequence[Bindings]) -> Iterable[Sequence[int]]:
        """Group rows by the cells they fill: a variable that all or none of the rows bind, the engine joins quickly."""
        alike: dict[tuple[bool, ...], list[int]] = {}
        for number, row in enumerate(rows):
            alike.setdefault(tuple(terms != [None] for terms in row.values()), []).append(number)
        return (numbers[at : at + PER_QUERY] for numbers in alike.values() for at in range(0, len(numbers), PER_QUERY))

    def _read_head(self, prologue: str, head: str, variables: Sequence[str]) -> list[tuple[Term | int, ...]]:
        """Return the triples of the head, each variable as its place among ``variables``."""
        names = {_VARIABLE + name: place for place, name in enumerate(variables)}
        values = " ".join(f"<{name}>" for name in names)
        query = (
            f"{prologue}CONSTRUCT {head} WHERE {{ VALUES ({' '.join(f'?{v}' for v in variables)}) {{ ({values}) }} }}"
        )
        return [tuple(names.get(term.value, term) for term in triple) for triple in self._ask("CONSTRUCT", query)]

    def _ask(self, form: str, query: str) -> list[Any]:
        """Answer a query of the template's own words and terms, which need no check again."""
        with turnstile.asking(), reported(self._name):
            return list(answer_query(self._engine, form, query, self._prefixes, self._name))  # type: ignore[arg-type]


def _is_alone(word: Token) -> bool:
    return word.kind == "blank" or (word.kind in ("word", "sign") and word.text in _ALONE)


def _cut(text: str, columns: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """Cut a query at its columns' VALUES blocks: the text before some that follow each other, and their columns."""
    known = blocks(text)
    parts: list[tuple[str, list[str]]] = []
    at = 0
    for start, end, name in sorted((b.start, b.end, column) for column in columns for b in known[column]):
        if parts and not text[at:start].strip():
            parts[-1][1].append(name)
        else:
            parts.append((text[at:start], [name]))
        at = end
    return [*parts, (text[at:], [])]


def _written(parts: Sequence[tuple[str, Sequence[str]]], bindings: Bindings) -> str:
    """Write a query that was cut, with a row in the places of its blocks."""
    return "".join(text + " ".join(values_block(name, bindings[name]) for name in names) for text, names in parts)


def _numbered(parts: Sequence[tuple[str, Sequence[str]]], rows: Sequence[Bindings]) -> str:
    """Write a query that was cut, with rows and their numbers in the places of its blocks.

    Columns that follow each other stand in one block, except those of which a row has several values.
    """
    several = {name for row in rows for name, terms in row.items() if len(terms) > 1}
    pieces = []
    for text, names in parts:
        together = [name for name in dict.fromkeys(names) if name not in several]
        apart = [[name] for name in names if name in several]
        pieces += [text, *(_block(some, rows) for some in ([together] if together else []) + apart)]
    return "".join(pieces)


def _block(names: Sequence[str], rows: Sequence[Bindings]) -> str:
    lines = (
        f"({number} {' '.join('UNDEF' if term is None else str(term) for term in terms)})"
        for number, row in enumerate(rows)
        for terms in product(*(row[name] for name in names))
    )
    return f"VALUES ({' '.join(f'?{name}' for name in (_ROW, *names))}) {{ {' '.join(lines)} }} "
