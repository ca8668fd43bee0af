"""The graph: files read, what follows derived, and every question, look-up, check and export asked of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph
from pyoxigraph import Triple

from cmgraph import files, snapshot
from cmgraph.database import opened
from cmgraph.derive import complete, derive
from cmgraph.entity import Entity, describe
from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.names import Hit, Names, sparql
from cmgraph.question import Question, find
from cmgraph.result import Result, Row, build
from cmgraph.store import PATIENCE, EndpointStore, LocalStore, Store
from cmgraph.template import TableColumn, Template, find_templates
from cmgraph.terms import Prefixes, pick, rdflib_graph

if TYPE_CHECKING:
    import rdflib

    from cmgraph.validate import Report

ADDED = ("data", "projections", "queries", "templates")
"""What a folder may add to the bundled graph."""

LANGUAGES = ("en", "fr")


class Graph:
    """A graph of critical-mineral relationships. Make one with :func:`load`.

    :ivar lang: language in which things are named, ``en`` or ``fr``.
    :ivar as_of: day that questions are asked for, if one was given.
    """

    def __init__(
        self,
        root: Path,
        extra: Path | None,
        home: Store | None,
        lang: str,
        as_of: dt.date | None,
        timeout: float | None = None,
        leave_out: Path | None = None,
    ) -> None:
        self.root, self._extra = root, extra
        self.lang, self.as_of, self._timeout = lang, as_of, timeout
        self._paths = files.terms(root)
        declared = [files.RdfFile.read(path) for path in self._paths]
        self.prefixes = Prefixes.declared(triple for file in declared for triple in file.triples)
        self.in_files = home is None
        if self.in_files:
            self._paths += self.data_files(leave_out)
        self.store = home or (self._read() if leave_out else self._snapshot())
        self.names = Names(self.store, self.prefixes, lang)
        self._read_questions: dict[str, Question] = {}
        self._part: Sequence[Triple] | None = None

    def part(self, store: Store, stated: Sequence[Triple]) -> Graph:
        """Return a graph like this one whose statements are ``stated``; ``store`` holds them and what follows."""
        made = Graph(self.root, self._extra, store, self.lang, self.as_of, self._timeout)
        made._part = stated
        return made

    def at(self, day: dt.date | None) -> Graph:
        """Return this graph asked for a day."""
        made = copy(self)
        made.as_of = day
        return made

    def spoken(self, lang: str) -> Graph:
        """Return this graph with things named in ``lang``."""
        made = copy(self)
        made.lang, made.names = lang, Names(self.store, self.prefixes, lang)
        return made

    def data_files(self, leave_out: Path | None = None) -> list[Path]:
        """List the data files below the graph's folders, all but one if it is given."""
        return [path for folder in self.folders for path in files.data(folder, leave_out)]

    def _read(self) -> LocalStore:
        memory = LocalStore()
        memory.read(self._paths)
        complete(memory, self.root, self.prefixes)
        return memory

    def _snapshot(self) -> LocalStore:
        """Open the snapshot of the graph, or read its files and leave one."""
        spot = snapshot.place([*self._paths, *sorted((self.root / "ontology/rules").glob("*.rq"))])
        if spot is not None and (engine := snapshot.recall(spot)):
            store = LocalStore(engine=engine)
            store.rebuild = lambda: self._rebuilt(spot)
            return store
        memory = self._read()
        if spot is not None:
            snapshot.keep(spot, memory.engine)
        return memory

    def _rebuilt(self, spot: Path) -> pyoxigraph.Store:
        memory = self._read()
        snapshot.keep(spot, memory.engine)
        return memory.engine

    @cached_property
    def files(self) -> list[files.RdfFile]:
        """The RDF files the graph is in; only those of the ontology's terms, if it is in a store or at an endpoint."""
        return [files.RdfFile.read(path) for path in self._paths]

    @cached_property
    def derived(self) -> dict[str, tuple[Triple, ...]]:
        """The statements that follow by rule, by the rule's name."""
        return {rule: tuple(triples) for rule, triples in derive(self.store, self.root, self.prefixes)}

    @property
    def stated(self) -> Iterator[Triple]:
        """Every statement that is not derived: as its file spells it, or as the store or endpoint hands it out."""
        if self._part is not None:
            yield from self._part
        elif self.in_files:
            yield from (triple for file in self.files for triple in file.triples)
        else:
            derived = {triple for triples in self.derived.values() for triple in triples}
            everything = self.store.construct(sparql("everything"), self.prefixes)
            yield from (triple for triple in everything if triple not in derived)

    @property
    def folders(self) -> list[Path]:
        """The folder of the graph, and the one that extends it, if any."""
        return [self.root, *([self._extra] if self._extra else [])]

    @cached_property
    def templates(self) -> dict[str, Path]:
        """The files of the templates, by name."""
        return find_templates([self.root / "ontology/templates", *(f / "templates" for f in self.folders)])

    def template(self, name: str) -> Template:
        """Return the template ``name``, or the one in the ``.rq`` file of that name.

        :raises UnknownName: if there is none; the error proposes the nearest.
        """
        if name.endswith(".rq"):
            return Template.read(Path(name))
        if name not in self.templates:
            hint = nearest(name, self.templates) or "List them with: cmgraph template"
            raise UnknownName(f"no template is called '{name}'", hint=hint)
        return Template.read(self.templates[name])

    def template_list(self) -> Result:
        """List the templates; columns ``name``, ``title``, ``about``."""
        found = [self.template(name) for name in self.templates]
        rows = tuple(
            Row((t.name, pick(t.title, self.lang), pick(t.about, self.lang)), (None, None, None), ()) for t in found
        )
        return Result(("name", "title", "about"), ("name", "title", "about"), rows, ())

    def blank_table(self, name: str, path: str | PathLike[str]) -> None:
        """Write an empty table for the template ``name``: CSV, TSV, or XLSX with lists of what may stand in it."""
        from cmgraph.table import blank

        found = self.template(name)
        choices = {column.name: self.names.choices(of) for column in found.columns if (of := self._choice(column))}
        blank(found, Path(path), choices, self.lang)

    def _choice(self, column: TableColumn) -> str:
        of = self.prefixes.expand(column.of) if column.of and column.type in ("entity", "concept") else None
        return "" if of is None or column.prefix in ("cm", "rel", "obs") else of.value

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The saved questions, by name."""
        return {name: self.question(name) for name in self._question_files}

    @cached_property
    def _question_files(self) -> dict[str, Path]:
        return find(folder / "queries" for folder in self.folders)

    def question(self, name: str) -> Question:
        """Return the saved question ``name``.

        :raises UnknownName: if there is none; the error proposes the nearest.
        """
        if name not in self._question_files:
            hint = nearest(name, self._question_files) or "List them with: cmgraph queries"
            raise UnknownName(f"no saved question is called '{name}'", hint=hint)
        if name not in self._read_questions:
            self._read_questions[name] = Question.read(self._question_files[name])
        return self._read_questions[name]

    def candidates(self, question: Question) -> dict[str, list[str]]:
        """Return the names that each parameter of ``question`` can take, where they can be listed."""
        kinds = {p.name: self.prefixes.expand(p.of) for p in question.parameters if p.of}
        return {name: self.names.choices(kind.value) for name, kind in kinds.items() if kind is not None}

    def catalogue(self, tag: str | None = None) -> Result:
        """List the saved questions, those with ``tag`` if one is given; columns ``name``, ``title``, ``tags``."""
        rows = tuple(
            Row((q.name, pick(q.title, self.lang), ", ".join(q.tags)), (None, None, None), ())
            for q in self.questions.values()
            if tag is None or tag in q.tags
        )
        return Result(("name", "title", "tags"), ("name", "title", "tags"), rows, ())

    def query(self, question: str | PathLike[str] | Question, /, **parameters: object) -> Result:
        """Answer a question.

        :param question: name of a saved question, SPARQL text, a path to a ``.rq`` file, or a :class:`Question`.
        :param parameters: values for the question's parameters: names in either language, CURIEs, IRIs, days,
            numbers; a list for several at once, ``"any"`` for no restriction.
        """
        if isinstance(question, str) and not question.isspace() and any(c in question for c in " \n{"):
            found = self.store.select(question, self.prefixes, timeout=self._timeout)
            return build(found, self.store, self.names)
        if isinstance(question, str):
            question = self.question(question)
        elif not isinstance(question, Question):
            question = Question.read(Path(question))
        wanted: Mapping[str, object] = parameters
        if self.as_of and question.time == "as-of" and "asOf" not in parameters:
            wanted = {"asOf": self.as_of, **parameters}
        text = question.bind(wanted, self.names, self.prefixes)
        return build(
            self.store.select(text, self.prefixes, str(question.path), self._timeout),
            self.store,
            self.names,
            question.citation,
            {column.name: pick(column.label, self.lang) or column.name for column in question.columns},
            pick(question.title, self.lang),
            pick(question.note, self.lang),
        )

    def entity(self, name: str) -> Entity:
        """Describe one thing, found by IRI, CURIE or name."""
        return describe(self.names.resolve(name), self.store, self.names, self.as_of)

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Find things by any of their names, former ones included; accents and case do not count."""
        return self.names.search(text, limit)

    def stats(self) -> Result:
        """Count statements, citations and things, by kind."""
        return build(self.store.select(sparql("stats"), self.prefixes), self.store, self.names)

    def validate(self, *paths: str | PathLike[str], engine: str = "fast") -> Report:
        """Check the graph against the shapes, together with the RDF files at ``paths``.

        :param engine: ``fast`` or ``reference``, see :func:`cmgraph.validate.validate`.
        """
        from cmgraph.validate import shapes, validate

        own = [files.RdfFile.read(Path(path)) for path in paths]
        if own and not self.in_files:
            raise CmgraphError("files are checked with a graph in files", hint="Load them first: cmgraph load FILES")
        read = [*self.files, *own] if self.in_files else []
        store = LocalStore(triple for file in read for triple in file.triples) if self.in_files else self.store
        return validate(store, shapes(self.root), self.prefixes, self.lang, engine, read)

    @property
    def triples(self) -> Iterator[Triple]:
        """Every statement, derived ones after those stated."""
        yield from self.stated
        yield from (triple for rule in self.derived.values() for triple in rule)

    @cached_property
    def rdflib(self) -> rdflib.Graph:
        """The whole graph as an rdflib graph, a copy made on first use."""
        graph = rdflib_graph(self.triples)
        for prefix, space in self.prefixes.items():
            graph.bind(prefix, space)
        return graph


def load(
    data: str | PathLike[str] | None = None,
    *,
    store: str | PathLike[str] | None = None,
    endpoint: str | None = None,
    graph: str | None = None,
    lang: str = "en",
    as_of: dt.date | str | None = None,
    timeout: float | None = None,
    allow_service: bool = False,
    leave_out: str | PathLike[str] | None = None,
) -> Graph:
    """Load the bundled graph or a folder's, open one in a store, or reach one at an endpoint.

    :param data: folder laid out as the project's own; one with an ``ontology/`` replaces the bundled graph, one
        without adds its ``data/``, ``queries/``, ``projections/`` and ``templates/`` to it.
    :param store: folder of a store that holds the graph, see :func:`cmgraph.fill.fill`; then no data files are read.
    :param endpoint: address of a SPARQL endpoint that holds the graph; then no data files are read.
    :param graph: IRI of the graph at the endpoint, if it is not the server's default.
    :param lang: ``en`` or ``fr``, the language things are named in.
    :param as_of: day to ask for (``datetime.date`` or "YYYY-MM-DD"), where a question takes one.
    :param timeout: seconds after which a question is stopped, in a process of its own; None for no limit.
    :param allow_service: let questions call other servers.
    :param leave_out: a data file not to read, for instance one that is about to be written again.
    """
    if lang not in LANGUAGES:
        raise CmgraphError(f"unknown language '{lang}'", hint="Use en or fr.")
    try:
        day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise CmgraphError("not a day", where=f"as of {as_of}", hint="Write it as 2020-01-09.") from None
    root, extra = files.bundle(), None
    if data is not None:
        folder = Path(data)
        if not folder.is_dir():
            raise CmgraphError("no such folder", where=str(folder), hint="Name a folder with data/ in it.")
        if (folder / "ontology").is_dir():
            root = folder
        elif any((folder / part).is_dir() for part in ADDED):
            extra = folder
        else:
            raise CmgraphError(
                f"the folder has neither ontology/ nor {'/, '.join(ADDED)}/",
                where=str(folder),
                hint="See README, --data.",
            )
    home: Store | None = None
    if endpoint:
        home = EndpointStore(endpoint, graph, allow_service=allow_service, patience=timeout or PATIENCE)
    elif store is not None:
        home = LocalStore(engine=opened(Path(store)))
    made = Graph(root, extra, home, lang, day, timeout, Path(leave_out) if leave_out is not None else None)
    if isinstance(made.store, LocalStore):
        made.store.allow_service = allow_service
    return made
