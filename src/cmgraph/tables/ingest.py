"""Tables in, graph out: each row of a table becomes statements by a template, or an error that says what to mend."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from cmgraph.atomic import atomic_file
from cmgraph.diff import Change, diff_triples
from cmgraph.errors import AmbiguousName, CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph, load
from cmgraph.names import normalize_name
from cmgraph.rdf.files import RdfFile, from_lines, read_text, to_lines
from cmgraph.rdf.places import Place
from cmgraph.rdf.terms import CM, RDF_TYPE, SKOS, Term, lexical
from cmgraph.store.local import LocalStore
from cmgraph.store.values import blocks, values_block
from cmgraph.tables.library import find_template
from cmgraph.tables.reader import Table
from cmgraph.tables.template import TableColumn, Template, slug
from cmgraph.validation.validate import validate

_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
"""Characters that no file of names should hold: controls, and marks that turn the direction of text."""

SLICE = 5000
"""Rows that are validated together, so that memory does not grow with the table."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell, or, with no column, in one row."""

    row: int
    column: str
    value: str
    what: str
    hint: str


class TableErrors(CmgraphError):
    """A table has problems, all of them listed in :attr:`problems`; nothing was written."""

    exit_code = 1

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        listed = [
            f"{path}:{p.row}: "
            + (f"column {p.column}: " if p.column else "")
            + (f"'{p.value}': " if p.value else "")
            + p.what
            + (f" {p.hint}" if p.hint else "")
            for p in self.problems
        ]
        count = f"{len(listed)} problem{'s' if len(listed) != 1 else ''}; nothing was written"
        super().__init__(count, where=str(path), hint="\n  ".join(listed))


@dataclass(frozen=True)
class Ingested:
    """What a table became.

    :ivar rows: how many rows were read.
    :ivar silent: numbers of the rows that say nothing by the template.
    :ivar created: IRIs of things that were unknown before.
    :ivar statements: how many statements the rows make.
    :ivar changes: what differs from the file that was there before.
    :ivar encoding: how the table's text was encoded; empty for a workbook.
    """

    rows: int
    silent: tuple[int, ...]
    created: tuple[str, ...]
    statements: int
    changes: tuple[Change, ...]
    encoding: str


@dataclass(frozen=True)
class _TableFile(RdfFile):
    """The statements of a table, as validation sees them: a subject stands in the row that made it."""

    rows: Mapping[str, int] = field(default_factory=dict, repr=False, hash=False)

    def place_of(self, term: NamedNode | BlankNode) -> Place | None:
        return Place(self.rows[term.value], 0) if term.value in self.rows else None


def ingest(
    path: str | PathLike[str],
    by: str | None = None,
    output: str | PathLike[str] | None = None,
    *,
    data: str | PathLike[str] | None = None,
    lang: str = "en",
    given: Mapping[str, str] | None = None,
    create: bool = False,
    encoding: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda row: None,
) -> Ingested:
    """Turn a table into a Turtle file, sorted, whole or not at all.

    :param path: the table: CSV, TSV or XLSX.
    :param by: name or file of the template; the table's own name if left out.
    :param output: the Turtle file; the table's name with ``.ttl`` if left out. What it holds now is not consulted.
    :param data: as for :func:`cmgraph.load`.
    :param given: cells that are the same in every row, by column, for instance the edition of a publisher's file.
    :param create: whether names that nothing goes by may become new things, where the template allows it.
    :param encoding: how the table's text is encoded; None to tell UTF-8 from Windows-1252.
    :param dry_run: find problems and changes, and write nothing.
    :param progress: called with the number of each row that is done.
    :raises TableErrors: if any row has a problem; it lists all of them.
    """
    table_path = Path(path)
    target = Path(output) if output is not None else table_path.with_suffix(".ttl")
    graph = load(data, lang=lang, exclude_file=target)
    found = find_template(graph, by or table_path.stem)
    same = dict(given or {})
    if strange := sorted(same.keys() - {column.name for column in found.columns}):
        hint = nearest(strange[0], (column.name for column in found.columns))
        raise UnknownName(f"template '{found.name}' has no column '{strange[0]}'", hint=hint)
    table = Table.open(table_path, found, encoding, same)
    reading = _Reading(graph, found, table, same, create)
    new = reading.read(progress)
    if reading.problems:
        raise TableErrors(table_path, sorted(reading.problems, key=lambda p: p.row))
    old = to_lines(RdfFile.read(target).triples) if target.is_file() and read_text(target).strip() else set()
    if not dry_run and (new != old or not target.is_file()):
        used = graph.prefixes.used(from_lines(sorted(new)))
        with atomic_file(target) as scratch:
            serialize(from_lines(sorted(new)), scratch, RdfFormat.TURTLE, prefixes=used)
    return Ingested(
        rows=reading.count,
        silent=tuple(reading.silent),
        created=tuple(sorted(reading.minted)),
        statements=len(new),
        changes=diff_triples(old, new, graph.names.labels),
        encoding=table.encoding,
    )


class _Reading:
    """One pass over a table: its rows' statements, and all that is wrong with them."""

    def __init__(self, graph: Graph, found: Template, table: Table, given: Mapping[str, str], create: bool) -> None:
        self.graph, self.template, self.table, self.given, self.create = graph, found, table, given, create
        self.problems: list[Problem] = []
        self.silent: list[int] = []
        self.minted: set[str] = set()
        self.count = 0
        self._failed: set[str] = set()
        self._fresh: dict[tuple[str, str], NamedNode] = {}
        self._described: dict[int, NamedNode | CmgraphError] = {}
        self._cells: dict[tuple[str, str], Term | CmgraphError] = {}
        self._parts = _parts(found)

    def read(self, progress: Callable[[int], object]) -> set[str]:
        """Return what the rows state, as lines of N-Triples."""
        if self.template.describes:
            for number, cells in self.table.rows():
                self._described[number] = self._describe(cells)
        every: set[str] = set()
        some: set[str] = set()
        rows: dict[str, int] = {}
        for number, cells in self.table.rows():
            self.count += 1
            for line in self._state(number, {**self.given, **cells}):
                some.add(line)
                rows.setdefault(line.partition(" ")[0][1:-1], number)
            if self.count % SLICE == 0:
                self._check(some, rows)
                every |= some
                some, rows = set(), {}
            progress(self.count)
        self._check(some, rows)
        return every | some

    def _state(self, number: int, cells: Mapping[str, str]) -> set[str]:
        """Return what one row states; nothing, if something is wrong with it."""
        given: dict[str, list[Term | None]] = {}
        wrong = len(self.problems)
        for column in self.template.columns:
            cell = cells.get(column.name, "")
            texts = [] if cell in column.blank else [cell]
            if column.split:
                texts = [part.strip() for text in texts for part in _outside_brackets(column.split).split(text)]
            terms = [self._term(number, column, text) for text in texts if text]
            if column.name == self.template.describes:
                terms = [self._thing(number, column, cell)]
            if column.required and not terms:
                what = "this column must be filled."
                self.problems.append(Problem(number, column.name, "", what, _wanted(column)))
            given[column.name] = terms or [None]
        if len(self.problems) > wrong:
            node = self._described.get(number)
            self._failed |= {node.value} if isinstance(node, NamedNode) else set()
            return set()
        query = "".join(values_block(part, given[part]) if name else part for name, part in self._parts)
        store = self.graph.store
        assert isinstance(store, LocalStore)  # tables are read beside files, never at an endpoint
        made = list(store.construct(query, self.graph.prefixes, str(self.template.path)))
        stated = to_lines(made)
        if not stated and not self.template.silent:
            what = "this row produces no statements."
            self.problems.append(Problem(number, "", "", what, f"See: cmgraph template {self.template.name}"))
        elif not stated:
            self.silent.append(number)
        return stated | to_lines(self._new_things(given, made))

    def _new_things(self, given: Mapping[str, Sequence[Term | None]], made: Sequence[Triple]) -> Iterator[Triple]:
        """Describe the things that a row mentions and nobody described: class, name, and the row's citations."""
        cited = {t.object for t in made if t.predicate.value == CM + "hasCitation"}
        for (name, key), node in self._fresh.items():
            if name and any(node in terms for terms in given.values()):
                column = next(c for c in self.template.columns if c.name == name)
                kind = self.graph.prefixes.expand(column.of)
                if kind is not None:
                    yield Triple(node, RDF_TYPE, kind)
                yield Triple(node, NamedNode(SKOS + "prefLabel"), Literal(key, language="en"))
                yield from (Triple(node, NamedNode(CM + "hasCitation"), cite) for cite in cited)

    def _thing(self, number: int, column: TableColumn, cell: str) -> Term | None:
        node = self._described[number]
        if isinstance(node, NamedNode):
            return node
        self.problems.append(Problem(number, column.name, cell, f"{node.what}.", node.hint))
        return None

    def _describe(self, cells: Mapping[str, str]) -> NamedNode | CmgraphError:
        """Find or mint the thing a row describes."""
        column = next(c for c in self.template.columns if c.name == self.template.describes)
        named = cells.get(column.names, "")
        text = cells.get(column.name, "") or named
        if not text:
            return CmgraphError(
                "the row does not say which thing it describes", hint=f"Fill {column.names or column.name}."
            )
        try:
            return self._known(column, text)
        except AmbiguousName as error:
            return error
        except CmgraphError as error:
            if not self.create or not column.new:
                more = " Add new things with --create." if column.new else ""
                return CmgraphError(error.what, hint=error.hint + more)
            if not (last := slug(text)):
                return CmgraphError("no IRI can be made of this name", hint=f"Fill {column.name} with a slug.")
            node = NamedNode(self.graph.prefixes[column.prefix] + last)
            self.minted.add(node.value)
            for key in (text, named):
                self._fresh.setdefault(("", normalize_name(key)), node)
            return node

    def _term(self, number: int, column: TableColumn, text: str) -> Term | None:
        """Turn a cell's text into a term; what cannot be becomes a problem of its row."""
        if column.name == self.template.describes:
            return None
        key = (column.name, text)
        if key not in self._cells:
            try:
                if bad := _BAD.search(text):
                    raise CmgraphError(f"there is a control character, U+{ord(bad[0]):04X}", hint="Take it out.")
                self._cells[key] = self._known(column, text)
            except AmbiguousName as error:
                self._cells[key] = error
            except UnknownName as error:
                self._cells[key] = self._mint(column, text) or error
            except CmgraphError as error:
                self._cells[key] = error
        found = self._cells[key]
        if not isinstance(found, CmgraphError):
            return found
        hint = found.hint + (" Add it as new with --create." if column.new and not self.create else "")
        self.problems.append(Problem(number, column.name, text, f"{found.what}.", hint))
        return None

    def _known(self, column: TableColumn, text: str) -> NamedNode:
        """Return the term for ``text``: a thing described in this table, one known by its slug, or what it names."""
        prefixes, names = self.graph.prefixes, self.graph.names
        if column.type in ("entity", "concept"):
            of = prefixes.expand(column.of)
            space = prefixes.get(column.prefix) or (f"{of.value}/" if of and column.type == "concept" else "")
            if space and names.has(space + text, of.value if of else ""):
                return NamedNode(space + text)
            fresh = self._fresh.get(("", normalize_name(text)))
            if fresh is not None and space and fresh.value.startswith(space):
                return fresh
        return column.term(text, names, prefixes)  # type: ignore[return-value]

    def _mint(self, column: TableColumn, text: str) -> NamedNode | None:
        if not (self.create and column.new and column.prefix and slug(text)):
            return None
        node = NamedNode(self.graph.prefixes[column.prefix] + slug(text))
        self.minted.add(node.value)
        return self._fresh.setdefault((column.name, text), node)

    def _check(self, some: set[str], rows: Mapping[str, int]) -> None:
        """Validate some rows' statements with what the graph says of the things they mention; findings are problems."""
        triples = tuple(quad.triple for quad in parse("\n".join(some), format=RdfFormat.N_TRIPLES))
        mentioned: dict[str, str] = {}
        for triple in triples:
            for term in (triple.object, triple.predicate):
                if isinstance(term, NamedNode):
                    mentioned.setdefault(term.value, lexical(triple.subject))
        said = [triple for iri in rows for triple in self._said.get(iri, ())]
        near = {*mentioned, *(lexical(triple.object) for triple in said)} - rows.keys()
        context = _TableFile(self.table.path, (*said, *(t for iri in near for t in self._said.get(iri, ()))))
        mine = _TableFile(self.table.path, triples, rows)
        graph = self.graph
        read = [*self._terms, context, mine]
        store = LocalStore(triple for file in read for triple in file.triples)
        report = validate(store, graph.shapes, graph.prefixes, graph.lang, files=read)
        for finding in report.findings:
            focus = finding.focus
            unknown = focus.iri not in self._said
            row = rows.get(focus.iri) or (rows.get(mentioned.get(focus.iri, "")) if unknown else None)
            if row is None or finding.severity != "violation" or focus.iri in self._failed:
                continue
            value = " ".join(part for part in (finding.path, finding.value) if part)
            what = f"{finding.rule}: {focus.label}: {finding.message}"
            self.problems.append(Problem(row, "", value, what, ""))

    @cached_property
    def _terms(self) -> list[RdfFile]:
        """The classes and properties, without which no shape can be read."""
        return [file for file in self.graph.files if file.path.parent.name in ("ontology", "modules")]

    @cached_property
    def _said(self) -> dict[str, list[Triple]]:
        """Everything the graph says, by what it is said of."""
        said: dict[str, list[Triple]] = defaultdict(list)
        for file in self.graph.files:
            for triple in file.triples:
                said[lexical(triple.subject)].append(triple)
        return dict(said)


def _outside_brackets(mark: str) -> re.Pattern[str]:
    """Return what separates the values of a cell: ``mark``, but not within brackets."""
    return re.compile(re.escape(mark) + r"(?![^()]*\))")


def _parts(found: Template) -> list[tuple[str, str]]:
    """Cut a template's text at its columns' VALUES blocks: (column, column) for a block, ("", text) between."""
    known = blocks(found.text)
    spots = sorted((block.start, block.end, column.name) for column in found.columns for block in known[column.name])
    parts, at = [], 0
    for start, end, name in spots:
        parts += [("", found.text[at:start]), (name, name)]
        at = end
    return [*parts, ("", found.text[at:])]


def _wanted(column: TableColumn) -> str:
    return {
        "entity": "Name a thing the graph knows.",
        "concept": "Name one of the vocabulary.",
        "date": "For instance 2020-01-09.",
        "when": "For instance 2020, 2020-01 or 2020-01-09.",
        "integer": "For instance 2.",
        "number": "For instance 1234.5.",
        "url": "For instance https://example.org/page.",
    }.get(column.type, "")
