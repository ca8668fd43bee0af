"""Ingesting tables: each row becomes statements by a template, or an error that says what to fix."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from os import PathLike
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from cmgraph.atomic import atomic_file
from cmgraph.diff import Change, diff_triples
from cmgraph.errors import AmbiguousName, CmgraphError, UnknownName, nearest
from cmgraph.graph import Graph, load
from cmgraph.names import normalize_name
from cmgraph.ontology import bundled_root
from cmgraph.rdf.files import RdfFile, from_lines, is_made_of_table, read_text, to_lines
from cmgraph.rdf.places import Place
from cmgraph.rdf.terms import CM, RDF_TYPE, SKOS, Term, lexical, local_name
from cmgraph.store import builtin
from cmgraph.store.local import LocalStore
from cmgraph.tables.construct import Bindings, Construct
from cmgraph.tables.library import find_template
from cmgraph.tables.reader import Problem, Row, Table
from cmgraph.tables.template import TableColumn, Template, slug
from cmgraph.validation.validate import validate

_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd\ufffe\uffff\ud800-\udfff]")
"""Characters no cell should contain: controls, marks of text direction, and the replacement for a lost one."""

_FAILED = re.compile(r"#[A-Z0-9/]+[!?]|#N/[AD]|#GETTING_DATA")
"""What a spreadsheet shows when a formula failed."""

_NOTHING = {"NA", "N/A", "n/a", "N.A.", "n.a.", "NULL", "null", "NaN", "nan"}
"""What programs write for a missing value, but what may be a value: NA is Namibia."""

_OTHER_MARKS = re.compile(r"\s*(?:[,/;；|&\n]|\band\b|\bet\b)\s*")
"""Separators that people use between several values, whichever the column takes."""

LONGEST_NAME = 250
"""The most characters that the name of a thing may have."""

SHOWN = 80
"""The most characters of a cell that an error quotes."""

SLICE = 5000
"""Rows that are validated together, so that memory does not grow with the table."""


class TableErrors(CmgraphError):
    """A table has problems, all of them listed in :attr:`problems`; nothing was written."""

    exit_code = 1

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        listed = [
            f"{path}:{p.row}: "
            + (f"column {p.column}: " if p.column else "")
            + (f"'{_short(p.value)}': " if p.value else "")
            + f"{p.what.removesuffix('.')}."
            + (f" {p.hint}" if p.hint else "")
            for p in self.problems
        ]
        count = f"{len(listed)} problem{'s' if len(listed) != 1 else ''}; nothing was written"
        super().__init__(count, where=str(path), hint="\n  ".join(listed))


def _short(text: str) -> str:
    line = " ".join(text.split()) if len(text) > SHOWN or "\n" in text else text
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


@dataclass(frozen=True)
class Ingested:
    """The result of ingesting a table.

    :ivar target: the Turtle file.
    :ivar rows: how many rows were read.
    :ivar silent: numbers of the rows that produce no statements by the template.
    :ivar repeated: numbers of the rows that state nothing new after the rows before them.
    :ivar differing: numbers of the rows of a publisher's file that differ from an earlier row about the same thing;
        the statements of both are kept.
    :ivar created: IRIs of things that were unknown before.
    :ivar statements: how many statements the rows make.
    :ivar changes: the differences from the file that was there before.
    :ivar encoding: how the table's text was encoded; empty for a workbook.
    :ivar superseded: how many citations for a record as a whole are left out, because the graph cites the same source
        for the statement itself.
    :ivar unread: the parts of the table's file that were not read, in words.
    """

    target: Path
    rows: int
    silent: tuple[int, ...]
    repeated: tuple[int, ...]
    differing: tuple[int, ...]
    created: tuple[str, ...]
    statements: int
    changes: tuple[Change, ...]
    encoding: str
    superseded: int
    unread: tuple[str, ...]


@dataclass(frozen=True)
class _TableFile(RdfFile):
    """The statements of a table, for validation: the place of a subject is the row that states it."""

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
    create: Collection[str] | bool = False,
    encoding: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda row: None,
) -> Ingested:
    """Turn a table into a Turtle file, sorted, whole or not at all.

    :param path: the table: CSV, TSV or XLSX.
    :param by: name or file of the template; the table's own name if left out.
    :param output: the Turtle file; the table's name with ``.ttl`` if left out, and then a file that was not made by
        ``ingest`` is not replaced. What it holds now is not consulted. An output ``data/…`` stands for the
        bundled file of that name, if it is made of a table; changes are reported against that until it exists.
    :param data: as for :func:`cmgraph.load`.
    :param given: cells that are the same in every row, by column, for instance the edition of a publisher's file.
    :param create: columns in which unknown names become new things; True for the column that says what a
        row describes, or else the only one where the template allows it.
    :param encoding: how the table's text is encoded; None to tell UTF-8, UTF-16 and Windows-1252 by the bytes.
    :param dry_run: find problems and changes, and write nothing.
    :param progress: called with the number of each row that is done.
    :raises TableErrors: if any row has a problem; it lists all of them.
    """
    table_path = Path(path)
    target = Path(output) if output is not None else table_path.with_suffix(".ttl")
    if target.exists() and table_path.exists() and target.samefile(table_path):
        raise CmgraphError("the output is the table itself", where=str(target), hint="Name a .ttl file with -o.")
    bundled = _bundled_version(target, data)
    before = target if target.is_file() else bundled
    graph = load(data, lang=lang, exclude_file=target if data is not None and target.exists() else bundled or target)
    template = find_template(graph, by or table_path.stem)
    constants = dict(given or {})
    if strange := sorted(constants.keys() - {column.name for column in template.columns}):
        hint = nearest(strange[0], (column.name for column in template.columns))
        raise UnknownName(f"template '{template.name}' has no column '{strange[0]}'", hint=hint)
    table = Table.open(table_path, template, encoding, constants)
    old = to_lines(RdfFile.read(before).triples) if before and read_text(before).strip() else set()
    if output is None and before and old and not _made_by_ingest(before, old, graph):
        hint = f"Name another file with -o, or replace it with -o {target}."
        raise CmgraphError("this file exists and was not written by cmgraph ingest", where=str(target), hint=hint)
    reading = _Reading(graph, template, table, constants, _creating(template, create))
    new = reading.read(progress)
    if not reading.count:
        raise CmgraphError("the table has a heading but no rows", where=str(table_path), hint="Fill it in.")
    if reading.problems:
        raise TableErrors(table_path, sorted(reading.problems, key=lambda p: p.row))
    superseded = new & _superseded(new, graph)
    new -= superseded
    if not dry_run and (new != old or not target.is_file()):
        with atomic_file(target) as scratch:
            scratch.write_bytes(_turtle(new, graph))
    return Ingested(
        target=target,
        rows=reading.count,
        silent=tuple(reading.silent),
        repeated=tuple(reading.repeated),
        differing=tuple(reading.differing),
        created=tuple(sorted(reading.minted)),
        statements=len(new),
        changes=diff_triples(old, new, graph.names.labels),
        encoding=table.encoding,
        superseded=len(superseded),
        unread=table.notes,
    )


def _superseded(stated: Iterable[str], graph: Graph) -> set[str]:
    """Return those of the lines that cite a source for a record as a whole, where the graph cites the same source for
    the statement itself; things other than statements keep theirs, which speak of their names too."""
    claims = f" <{CM}hasClaimStatus> "
    statements = {line.partition(" ")[0] for line in stated if claims in line}
    pairs = builtin.ask(graph.store, "superseded-citations")
    return {f"{thing} <{CM}hasCitation> {citation} ." for thing, citation in pairs if str(thing) in statements}


def _bundled_version(target: Path, data: str | PathLike[str] | None) -> Path | None:
    """Return the bundled file that the output stands for, if any: of the same path, and made of a table."""
    if data is not None and (Path(data) / "ontology").is_dir():
        return None
    folder = Path(data) if data is not None else Path()
    place = target.relative_to(folder) if target.is_relative_to(folder) else target
    bundled = bundled_root() / place
    return bundled if place.parts[:1] == ("data",) and bundled.is_file() and is_made_of_table(bundled) else None


def _turtle(lines: Iterable[str], graph: Graph) -> bytes:
    triples = list(from_lines(sorted(lines)))
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=graph.prefixes.used(triples)) or b""


def _made_by_ingest(path: Path, lines: Iterable[str], graph: Graph) -> bool:
    """Return whether a file is what ingest would write from its statements, to the byte."""
    return path.read_bytes() == _turtle(lines, graph)


def _creating(template: Template, create: Collection[str] | bool) -> frozenset[str]:
    """Return the columns in which names may become new things.

    :raises CmgraphError: if the template does not allow it there, or it has to be said where.
    """
    able = [column.name for column in template.columns if column.new]
    if create is True:
        if template.describes in able:
            return frozenset({template.describes})
        if len(able) != 1:
            problem = f"template '{template.name}' " + (
                "creates nothing new" if not able else "creates new things in several columns"
            )
            raise CmgraphError(
                problem, hint=f"Name the columns: --create {' --create '.join(able)}" if able else "Leave out --create."
            )
        return frozenset(able)
    columns = frozenset(create or ())
    for name in sorted(columns.difference(able)):
        hint = f"It does in: {', '.join(able)}." if able else "Leave out --create."
        raise UnknownName(f"template '{template.name}' does not create new things in column '{name}'", hint=hint)
    return columns


class _Reading:
    """One pass over a table: the statements of its rows, and every problem with them."""

    def __init__(
        self, graph: Graph, template: Template, table: Table, constants: Mapping[str, str], create: frozenset[str]
    ) -> None:
        self.graph, self.template, self.table, self.constants, self.create = graph, template, table, constants, create
        assert isinstance(graph.store, LocalStore)  # it was read from files
        self._engine = graph.store.engine
        self.problems: list[Problem] = []
        self.silent: list[int] = []
        self.repeated: list[int] = []
        self.minted: dict[str, tuple[str, int]] = {}
        """The new things, with the name that each was made from, and its row."""
        self.count = 0
        self._failed: set[str] = set()
        self._fresh: dict[tuple[str, str], NamedNode] = {}
        self._described: dict[int, NamedNode | CmgraphError] = {}
        self._cells: dict[tuple[str, str], Term | CmgraphError] = {}
        self._construct = Construct(template, graph.store, graph.prefixes)
        self.differing: list[int] = []
        self._first_values: dict[str, tuple[int, str]] = {}
        """By subject and property, the row that first gave a value, and the value."""
        self._counts: dict[tuple[str, ...], bool] = {}

    def read(self, progress: Callable[[int], object]) -> set[str]:
        """Return the statements of the rows, as lines of N-Triples."""
        if self.template.describes:
            for row in self.table.rows():
                self._described[row.number] = self._describe(row)
        every: set[str] = set()
        some: set[str] = set()
        rows: dict[str, int] = {}
        for row, stated in self._stated():
            self.count += 1
            if stated and stated <= some:
                self.repeated.append(row.number)
            self._compare(row.number, stated)
            for line in stated:
                some.add(line)
                rows.setdefault(line.partition(" ")[0][1:-1], row.number)
            if self.count % SLICE == 0:
                self._check(some, rows)
                every |= some
                some, rows = set(), {}
            progress(self.count)
        self._check(some, rows)
        return every | some

    def _stated(self) -> Iterator[tuple[Row, set[str]]]:
        """Yield each row with its statements; with none, if there is a problem with it."""
        rest = self.table.rows()
        while rows := list(islice(rest, self._construct.together)):
            bound = [self._bind(row) for row in rows]
            triples_by_row = iter(self._construct.triples([bindings for bindings in bound if bindings]))
            for row, bindings in zip(rows, bound, strict=True):
                yield row, self._state(row.number, bindings, next(triples_by_row)) if bindings else set()

    def _bind(self, row: Row) -> Bindings | None:
        """Return the terms of a row's cells; None, if there is a problem with one."""
        number, cells = row.number, {**self.constants, **row.cells}
        bindings: dict[str, list[Term | None]] = {}
        count = len(self.problems)
        self.problems += row.problems
        doubtful = {problem.column for problem in row.problems}
        for column in self.template.columns:
            cell = cells.get(column.name, "")
            texts = [] if cell in column.blank or column.name in doubtful else [cell]
            if column.split:
                texts = [part.strip() for text in texts for part in _outside_brackets(column.split).split(text)]
            terms = [self._term(number, column, text) for text in texts if text]
            if column.name == self.template.describes:
                terms = [self._thing(number, column, cell)]
            if column.required and not terms and column.name not in doubtful:
                refusal = "this column must be filled."
                self.problems.append(Problem(number, column.name, "", refusal, _example_value(column)))
            bindings[column.name] = terms or [None]
        if len(self.problems) > count:
            node = self._described.get(number)
            self._failed |= {node.value} if isinstance(node, NamedNode) else set()
            return None
        return bindings

    def _state(self, number: int, bindings: Bindings, triples: set[Triple]) -> set[str]:
        """Return the statements of a row, as lines of N-Triples; none, if a cell is lost."""
        count = len(self.problems)
        stated = to_lines(triples)
        if not stated and self.template.silent:
            self.silent.append(number)
        elif not self.template.silent:
            self.problems += self._lost(number, bindings, triples)
            if not stated and len(self.problems) == count:
                refusal, hint = "this row produces no statements", f"See: cmgraph template {self.template.name}"
                self.problems.append(Problem(number, "", "", refusal, hint))
        return stated | to_lines(self._new_things(bindings, triples)) if len(self.problems) == count else set()

    def _lost(self, number: int, bindings: Bindings, triples: Collection[Triple]) -> Iterator[Problem]:
        """Report cells that produce no statements, because another cell takes precedence or one is missing."""
        values = {lexical(triple.object) for triple in triples}
        iris = " ".join(values | {lexical(triple.subject) for triple in triples})
        filled = {name: terms for name, terms in bindings.items() if terms != [None] and name not in self.constants}
        lost: dict[str, dict[str, str]] = defaultdict(dict)
        for name, terms in filled.items():
            for term in terms:
                if term is None or term.value in values:
                    continue
                if isinstance(term, NamedNode) and local_name(term.value) in iris:
                    continue
                key = (name, term.value, *filled)
                if key not in self._counts:
                    rest = [other for other in terms if other != term]
                    self._counts[key] = self._triples({**bindings, name: rest or [None]}) != triples
                if not self._counts[key]:
                    lost[self._remedy(bindings, name)][name] = self._shown(term)
        for remedy, cells in lost.items():
            value, problem = ", ".join(cells.values()), "this cell produces no statements"
            problem = problem if len(cells) == 1 else "these cells produce no statements"
            yield Problem(number, ", ".join(cells), value, problem, remedy)

    def _triples(self, bindings: Bindings) -> set[Triple]:
        return self._construct.triples([bindings])[0]

    def _remedy(self, bindings: Bindings, name: str) -> str:
        """Return the hint for a lost cell: which other takes precedence, or must be filled too."""

        def counts(**others: Sequence[Term | None]) -> bool:
            return self._triples({**bindings, **others}) != self._triples({**bindings, **others, name: [None]})

        empty = [column for column in self.template.columns if list(bindings[column.name]) == [None]]
        for column in self.template.columns:
            if column not in empty and column.name not in (name, *self.constants) and counts(**{column.name: [None]}):
                return f"{column.name} counts in its place: leave one of them empty, or make two rows."
        partners = [column.name for column in empty if counts(**{column.name: [self._example(column)]})]
        return f"Fill {' or '.join(partners)} too, or empty it." if partners else "Leave it empty."

    def _example(self, column: TableColumn) -> Term:
        """Return some term of the kind that a column takes."""
        kind = self.graph.prefixes.expand(column.of) if column.of else None
        space = self.graph.prefixes.get(column.prefix)
        if column.type in ("entity", "concept"):
            return NamedNode((space or f"{kind.value if kind else CM}/") + "example")
        return Literal("2000")

    def _shown(self, term: Term) -> str:
        return self.graph.names.labels([term.value])[term.value] if isinstance(term, NamedNode) else term.value

    def _compare(self, number: int, stated: Collection[str]) -> None:
        """Report rows that describe the same thing with different values of the same property.

        In a publisher's own file they are noted; in other tables they are a problem.
        """
        described = {line.partition(" ")[0] for line in stated if _TYPE in line}
        differing: dict[tuple[int, str], list[tuple[str, str, str]]] = defaultdict(list)
        for line in stated:
            subject, prop, value = line.removesuffix(" .").split(" ", 2)
            if subject not in described or prop in _SEVERAL:
                continue
            language = value.rpartition('"@')[2] if '"@' in value else ""
            first, other = self._first_values.setdefault(f"{subject} {prop} {language}", (number, value))
            if first != number and other != value:
                differing[first, subject].append((prop, other, value))
        if differing and self.template.others:
            self.differing.append(number)
            return
        for (first, subject), differences in differing.items():
            self._failed.add(subject[1:-1])
            words = "; ".join(
                f"{self._readable(prop)} {self._readable(other)} and {self._readable(value)}"
                for prop, other, value in sorted(differences)
            )
            problem = (
                f"row {first} and this one describe the same thing ({self._readable(subject)}) but differ: {words}"
            )
            self.problems.append(Problem(number, "", "", problem, "Make them agree, or say what tells them apart."))

    def _readable(self, written: str) -> str:
        """Write a term of N-Triples for people."""
        if not written.startswith("<"):
            return f"'{_short(written[1:].rpartition(chr(34))[0])}'"
        return self._shown(NamedNode(written[1:-1]))

    def _new_things(self, bindings: Bindings, triples: Collection[Triple]) -> Iterator[Triple]:
        """Describe the new things that a row mentions and no row describes: class, name, and the row's citations."""
        cited = {t.object for t in triples if t.predicate.value == CM + "hasCitation"}
        for (name, key), node in self._fresh.items():
            if name and any(node in terms for terms in bindings.values()):
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
        self.problems.append(Problem(number, column.name, cell, node.what, node.hint))
        return None

    def _describe(self, row: Row) -> NamedNode | CmgraphError:
        """Find or mint the thing a row describes."""
        column = next(c for c in self.template.columns if c.name == self.template.describes)
        named = row.cells.get(column.names, "")
        text = row.cells.get(column.name, "") or named
        if not text:
            return CmgraphError(
                "the row does not say which thing it describes", hint=f"Fill {column.names or column.name}."
            )
        try:
            _refuse_odd(column, text)
            return self._known(column, text)
        except AmbiguousName as error:
            return error
        except UnknownName as error:
            if column.name not in self.create:
                more = " Add new things with --create." if column.new else ""
                return CmgraphError(error.what, hint=error.hint + more)
            try:
                node = self._mint(column, text, row.number)
            except CmgraphError as refusal:
                return refusal
            for key in (text, named):
                self._fresh.setdefault(("", normalize_name(key)), node)
            return node
        except CmgraphError as error:
            return error

    def _term(self, number: int, column: TableColumn, text: str) -> Term | None:
        """Turn a cell's text into a term; if it cannot be, report a problem of its row."""
        if column.name == self.template.describes:
            return None
        key = (column.name, text)
        if key not in self._cells:
            self._cells[key] = self._read(number, column, text)
        term = self._cells[key]
        if not isinstance(term, CmgraphError):
            return term
        self.problems.append(Problem(number, column.name, text, term.what, term.hint))
        return None

    def _read(self, number: int, column: TableColumn, text: str) -> Term | CmgraphError:
        try:
            _refuse_odd(column, text)
            return self._known(column, text)
        except AmbiguousName as error:
            return error
        except UnknownName as error:
            try:
                if column.split:
                    self._refuse_several(column, text)
                if column.name in self.create:
                    node = self._mint(column, text, number)
                    return self._fresh.setdefault((column.name, self.minted[node.value][0]), node)
            except CmgraphError as refusal:
                return refusal
            more = f" Add it as new with --create {column.name}." if column.new else ""
            return UnknownName(error.what, hint=error.hint + more)
        except CmgraphError as error:
            return error

    def _known(self, column: TableColumn, text: str) -> NamedNode:
        """Return the term for ``text``: a thing described in this table, one known by its slug, or what it names."""
        prefixes, names = self.graph.prefixes, self.graph.names
        if column.type in ("entity", "concept"):
            kind = prefixes.expand(column.of)
            space = prefixes.get(column.prefix) or (f"{kind.value}/" if kind and column.type == "concept" else "")
            if space and names.has(space + text, kind.value if kind else ""):
                return NamedNode(space + text)
            fresh = self._fresh.get(("", normalize_name(text)))
            if fresh is not None and space and fresh.value.startswith(space):
                return fresh
        return column.term(text, names, prefixes)  # type: ignore[return-value]

    def _refuse_several(self, column: TableColumn, text: str) -> None:
        """Refuse several names that are separated by another mark than the column's."""
        parts = [part for part in _OTHER_MARKS.split(text) if part]
        if len(parts) > 1 and any(self._is_known(column, part) for part in parts):
            hint = f"Separate the values in this column with '{column.split}'."
            raise CmgraphError("this looks like several values", hint=hint)

    def _is_known(self, column: TableColumn, text: str) -> bool:
        try:
            return bool(self._known(column, text))
        except CmgraphError:
            return False

    def _mint(self, column: TableColumn, text: str, number: int) -> NamedNode:
        """Make an IRI for a new thing.

        :raises CmgraphError: if it cannot be a name, gets the IRI of another, or is nearly a known name.
        """
        last = slug(text)
        own = f"give it a slug of its own in column {column.name}."
        remedy = own if column.names else "describe it first, in a table of such things that has a column id."
        if "\n" in text:
            raise CmgraphError("a name cannot contain a line break", hint="Put one value into the cell.")
        if len(text) > LONGEST_NAME:
            raise CmgraphError(f"{len(text)} characters are too long for a name", hint=f"Use at most {LONGEST_NAME}.")
        if not last:
            raise CmgraphError("no IRI can be made from this name", hint=remedy.capitalize())
        node = NamedNode(self.graph.prefixes[column.prefix] + last)
        iri = self.graph.prefixes.shorten(node.value)
        if text != last and self.graph.names.has(node.value):
            known_name = self._shown(node)
            raise CmgraphError(
                f"its IRI would be {iri}, which is '{known_name}'",
                hint=f"Write '{known_name}' if you mean it; if not, {remedy}",
            )
        first, row = self.minted.setdefault(node.value, (text, number))
        if _spelling(first) != _spelling(text):
            problem = f"its IRI would be {iri}, the same as that of '{_short(first)}' in row {row}"
            raise CmgraphError(problem, hint=f"Spell them alike if they are the same; if not, {remedy}")
        kind = self.graph.prefixes.expand(column.of)
        if text != last and (known_name := self.graph.names.nearly(text, kind.value if kind else "")):
            del self.minted[node.value]
            problem = f"this is nearly the known name '{known_name}'"
            raise CmgraphError(problem, hint=f"Write '{known_name}' if you mean it; if not, {remedy}")
        return node

    def _check(self, some: set[str], rows: Mapping[str, int]) -> None:
        """Validate statements together with those of the graph about the things they mention; findings are problems."""
        triples = tuple(quad.triple for quad in parse("\n".join(some), format=RdfFormat.N_TRIPLES))
        mentioned: dict[str, str] = {}
        for triple in triples:
            for term in (triple.object, triple.predicate):
                if isinstance(term, NamedNode):
                    mentioned.setdefault(term.value, lexical(triple.subject))
        asserted = [triple for iri in rows for triple in self._asserted(NamedNode(iri))]
        near: set[NamedNode | BlankNode] = {NamedNode(iri) for iri in mentioned}
        near |= {t.object for t in asserted if isinstance(t.object, (NamedNode, BlankNode))}
        near -= {NamedNode(iri) for iri in rows}
        context = _TableFile(self.table.path, (*asserted, *(t for thing in near for t in self._asserted(thing))))
        mine = _TableFile(self.table.path, triples, rows)
        graph = self.graph
        files = [*self._terms, context, mine]
        store = LocalStore(triple for file in files for triple in file.triples)
        report = validate(store, graph.shapes, graph.prefixes, graph.lang, files=files)
        for finding in report.findings:
            focus = finding.focus
            row = rows.get(focus.iri)
            if row is None and focus.iri in mentioned and not self._asserted(NamedNode(focus.iri)):
                row = rows.get(mentioned[focus.iri])
            if row is None or finding.severity != "violation" or focus.iri in self._failed:
                continue
            value = " ".join(part for part in (finding.path, finding.value) if part)
            problem = f"{finding.rule}: {focus.label}: {finding.message}"
            self.problems.append(Problem(row, "", value, problem, ""))

    @cached_property
    def _terms(self) -> list[RdfFile]:
        """The classes and properties, without which no shape can be read."""
        paths = self.graph.ontology.term_files
        return [RdfFile.read(path) for path in paths if path.parent.name in ("ontology", "modules")]

    def _asserted(self, thing: NamedNode | BlankNode) -> list[Triple]:
        """Return the statements of the graph's files about a thing."""
        return [quad.triple for quad in self._engine.quads_for_pattern(thing, None, None)]


_SEVERAL = {f"<{iri}>" for iri in (CM + "hasCitation", SKOS + "altLabel", SKOS + "hiddenLabel")}
"""Properties of which rows may each give a value for the same thing."""

_TYPE = f" <{RDF_TYPE.value}> "


def _refuse_odd(column: TableColumn, text: str) -> None:
    """Refuse a cell that nobody typed: control characters, failed formulas, and words for a missing value."""
    if bad := _BAD.search(text):
        lost = bad[0] == "\ufffd"
        problem = "a character was lost in conversion" if lost else "there is a control character"
        raise CmgraphError(f"{problem}, U+{ord(bad[0]):04X}", hint="Type the letter." if lost else "Take it out.")
    if _FAILED.fullmatch(text):
        raise CmgraphError("a formula that failed", hint="Fix it, or type what it should give.")
    if text in _NOTHING and column.type != "text":
        raise CmgraphError(
            "this may mean that there is no value", hint="Leave the cell empty, or write in full what is meant."
        )


def _spelling(name: str) -> str:
    """Normalize the spelling of a name: case, blanks and the form of apostrophes do not matter."""
    return " ".join(unicodedata.normalize("NFC", name).replace("’", "'").casefold().split())


def _outside_brackets(mark: str) -> re.Pattern[str]:
    """Return what separates the values of a cell: ``mark``, but not within brackets."""
    return re.compile(re.escape(mark) + r"(?![^()]*\))")


def _example_value(column: TableColumn) -> str:
    return {
        "entity": "Name a thing the graph knows.",
        "concept": "Name one of the vocabulary.",
        "date": "For instance 2020-01-09.",
        "when": "For instance 2020, 2020-01 or 2020-01-09.",
        "integer": "For instance 2.",
        "number": "For instance 1234.5.",
        "url": "For instance https://example.org/page.",
    }.get(column.type, "")
