"""The graph: its files, what is inferred from them, and the questions and look-ups that it answers."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.answers.entity import Entity, describe
from cmgraph.answers.result import Result, build
from cmgraph.answers.sentences import with_statements_in_words
from cmgraph.errors import CmgraphError, EndpointError, UnknownName, nearest
from cmgraph.inference import infer, materialize
from cmgraph.names import Names, SearchHit
from cmgraph.ontology import Ontology, bundled_root, shape_files
from cmgraph.questions.header import Parameter
from cmgraph.questions.question import Question, find_questions
from cmgraph.rdf.blank_nodes import blank_nodes
from cmgraph.rdf.files import RdfFile, data_files, refuse_unreadable, sort_triples, unread_files
from cmgraph.rdf.terms import CM, Term, best_text, rdflib_graph
from cmgraph.store import builtin, cache
from cmgraph.store.base import Solutions, Store
from cmgraph.store.disk import open_store
from cmgraph.store.endpoint import DEFAULT_TIMEOUT, EndpointStore, environment_credentials
from cmgraph.store.local import LocalStore
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import COLON, message

if TYPE_CHECKING:
    import rdflib

    from cmgraph.store.http import Credentials
    from cmgraph.validation.validate import Report

ADDED = ("data", "projections", "queries", "shapes", "templates")
"""What a folder may add to the bundled graph."""

LANGUAGES = ("en", "fr")


class Graph:
    """A graph of critical-mineral relationships, made by :func:`load`.

    :ivar folders: the folder of the graph, with ``ontology/``, ``data/`` and ``queries/``, and the one that extends it,
        if any.
    :ivar ontology: the terms, rules and shapes that count.
    :ivar store: what answers questions.
    :ivar paths: the RDF files the graph is in; None if it is in a store or at an endpoint.
    :ivar lang: language in which things are named, ``en`` or ``fr``.
    :ivar as_of: day that questions are asked for, if one was given.
    :ivar timeout: seconds after which a question is stopped; None for no limit.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        ontology: Ontology,
        store: Store,
        paths: Sequence[Path] | None,
        *,
        lang: str = "en",
        as_of: dt.date | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> None:
        self.folders, self.ontology, self.store, self.paths = folders, ontology, store, paths
        self.lang, self.as_of, self.timeout = lang, as_of, timeout
        self.prefixes = ontology.prefixes
        self.names = Names(store, self.prefixes, lang)
        self._read_questions: dict[str, Question] = {}
        self._triples: Sequence[Triple] | None = None

    @property
    def root(self) -> Path:
        """The folder of the graph."""
        return self.folders[0]

    def with_as_of(self, day: dt.date | None) -> Graph:
        """Return this graph asked for a day.

        >>> import cmgraph, datetime
        >>> before = cmgraph.load().with_as_of(datetime.date(2020, 12, 31))
        >>> len(before.query("instruments-as-of")) < len(cmgraph.load().query("instruments-as-of"))
        True
        """
        changed = copy(self)
        changed.as_of = day
        return changed

    def with_language(self, lang: str) -> Graph:
        """Return this graph with things named in ``lang``, ``en`` or ``fr``.

        >>> import cmgraph
        >>> cmgraph.load().with_language("fr").entity("NRCan").thing.label
        'Ressources naturelles Canada'
        """
        changed = copy(self)
        changed.lang, changed.names = lang, Names(self.store, self.prefixes, lang)
        return changed

    def _with_triples(self, store: Store, asserted: Sequence[Triple]) -> Graph:
        """Return a graph like this one that asserts these triples; ``store`` holds them and what follows."""
        options = {"lang": self.lang, "as_of": self.as_of, "timeout": self.timeout}
        changed = Graph(self.folders, self.ontology, store, None, **options)  # type: ignore[arg-type]
        changed._triples = asserted
        return changed

    @cached_property
    def files(self) -> list[RdfFile]:
        """The RDF files the graph is in; only those of the ontology's terms, if it is in a store or at an endpoint."""
        return [RdfFile.read(path) for path in (self.ontology.term_files if self.paths is None else self.paths)]

    @property
    def data_files(self) -> list[Path]:
        """The data files in the graph's folders."""
        return data_files(self.folders)[0]

    @cached_property
    def inferred(self) -> dict[str, tuple[Triple, ...]]:
        """The triples that follow by rule, by the rule's name."""
        inferred = {rule: tuple(triples) for rule, triples in infer(self.store, self.ontology)}
        if self.paths is not None and any(any(blank_nodes(t)) for triples in inferred.values() for t in triples):
            store = LocalStore(self.asserted)  # a snapshot has other blank node labels than the files as read now
            return {rule: tuple(triples) for rule, triples in infer(store, self.ontology)}
        return inferred

    @property
    def asserted(self) -> Iterator[Triple]:
        """Every triple that is not inferred: as its file spells it, or as the store or endpoint hands it out."""
        if self._triples is not None:
            yield from self._triples
        elif self.paths is not None:
            yield from (triple for file in self.files for triple in file.triples)
        else:
            inferred = {triple for triples in self.inferred.values() for triple in triples}
            yield from (triple for triple in builtin.construct(self.store, "everything") if triple not in inferred)

    @property
    def triples(self) -> Iterator[Triple]:
        """Every triple, inferred ones after those asserted."""
        yield from self.asserted
        yield from (triple for rule in self.inferred.values() for triple in rule)

    @cached_property
    def rdflib(self) -> rdflib.Graph:
        """The whole graph as an rdflib graph, a copy made on first use."""
        graph = rdflib_graph(self.triples)
        for prefix, space in self.prefixes.items():
            graph.bind(prefix, space)
        return graph

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The saved questions, by name."""
        return {name: self.question(name) for name in self._question_files}

    @cached_property
    def _question_files(self) -> dict[str, Path]:
        return find_questions(folder / "queries" for folder in self.folders)

    def has_question(self, name: str) -> bool:
        """Return whether there is a saved question ``name``."""
        return name in self._question_files

    def question(self, name: str) -> Question:
        """Return the saved question ``name``.

        :raises UnknownName: if there is none; the error proposes the nearest.

        >>> import cmgraph
        >>> cmgraph.load().question("partners").title["en"]
        'Partners of an actor'
        """
        if name not in self._question_files:
            hint = nearest(name, self._question_files) or "List them with: cmgraph queries"
            raise UnknownName(f"unknown question '{name}'", hint=hint)
        if name not in self._read_questions:
            self._read_questions[name] = Question.read(self._question_files[name])
        return self._read_questions[name]

    def list_questions(self, tag: str | None = None) -> Result:
        """List the saved questions, those with ``tag`` if one is given; columns ``name``, ``title``, ``tags``.

        >>> import cmgraph
        >>> questions = cmgraph.load().list_questions(tag="figures")
        >>> questions.rows[0].values[:2]
        ('concentration', 'Concentration of production')
        """
        rows = (
            (question.name, best_text(question.title, self.lang), ", ".join(question.tags))
            for question in self.questions.values()
            if tag is None or tag in question.tags
        )
        return Result.of(("name", "title", "tags"), rows, self.lang)

    def candidates(self, question: Question) -> dict[str, list[str]]:
        """Return the names that each parameter of ``question`` can take, where they can be listed.

        >>> import cmgraph
        >>> graph = cmgraph.load()
        >>> "European Investment Bank" in graph.candidates(graph.question("partners"))["actor"]
        True
        """
        kinds = {p.name: self.prefixes.expand(p.of) for p in question.parameters if p.of}
        choices = {p.name: list(p.choices) for p in question.parameters if p.choices}
        return choices | {name: self.names.values_of(kind.value) for name, kind in kinds.items() if kind is not None}

    def query(self, question: str | PathLike[str] | Question, /, **parameters: object) -> Result:
        """Answer a question that selects rows. SPARQL of other people's is safe to ask, see :func:`load`.

        Rows are the solutions of the query, equal ones too. Only a saved question that declares a citation column puts
        together the rows that differ in nothing else.

        :param question: name of a saved question, SPARQL text, a path to a file with a query, or a :class:`Question`.
        :param parameters: values for the question's parameters: names in either language, CURIEs, IRIs, days,
            numbers; a list for several at once, ``"any"`` for no restriction.
        :raises UnknownName: if there is no such question, parameter or thing.
        :raises CmgraphError: if a value cannot be what its parameter takes, the query is not valid, or what is known of
            a value is not enough for a true answer.
        :raises EndpointError: if the server did not answer, refused, or is known to leave rows out of this answer.
        :raises QueryStopped: if it took longer than the graph's time-out.

        >>> import cmgraph
        >>> answer = cmgraph.load().query("partners", actor="European Investment Bank")
        >>> [str(cell) for cell in answer.rows[0]][0]
        'Government of Canada'
        """
        return self.query_in([self.lang], question, **parameters)[self.lang]

    def query_in(
        self, languages: Iterable[str], question: str | PathLike[str] | Question, /, **parameters: object
    ) -> dict[str, Result]:
        """Answer a question in several languages, asked once; see :meth:`query`.

        >>> import cmgraph
        >>> answers = cmgraph.load().query_in(["en", "fr"], "partners", actor="European Investment Bank")
        >>> [str(answer.rows[0][0]) for answer in answers.values()]
        ['Government of Canada', 'gouvernement du Canada']
        """
        text, name, saved = self.sparql(question, **parameters)
        if saved and saved.loses_rows_on and (server := self.store.server) in saved.loses_rows_on:
            problem = f"{server} leaves rows out of this answer without saying so"
            hint = "Ask the graph in files or in a store, or on a server of another kind."
            raise EndpointError(problem, where=name, hint=hint)
        solutions = self.store.select(text, self.prefixes, name, self.timeout)
        return {lang: self._result(solutions, saved, text, lang) for lang in languages}

    def _result(self, solutions: Solutions, saved: Question | None, asked: str, lang: str) -> Result:
        names = self.names if lang == self.lang else Names(self.store, self.prefixes, lang)
        if saved is None:
            return build(solutions, self.store, names)
        answer = build(
            solutions,
            self.store,
            names,
            saved.citation,
            {column.name: best_text(column.label, lang) or column.name for column in saved.columns},
            best_text(saved.title, lang),
            best_text(saved.note, lang),
            saved.things,
            saved.one_line,
            lang if saved.columns else "",
        )
        answer = with_statements_in_words(answer, self.store, names)
        return answer.say_undated(saved.dated, lang) if saved.dated and saved.asks_for_a_day(asked) else answer

    def ask(self, question: str | PathLike[str] | Question, /, **parameters: object) -> bool:
        """Answer a question that asks whether something is so, an ASK query; see :meth:`query`.

        >>> import cmgraph
        >>> cmgraph.load().ask("ASK { ?forum a cm:Forum }")
        True
        """
        text, name, _ = self.sparql(question, **parameters)
        return self.store.ask(text, self.prefixes, name, self.timeout)

    def construct(self, question: str | PathLike[str] | Question, /, **parameters: object) -> list[Triple]:
        """Answer a question that makes statements, a CONSTRUCT or DESCRIBE query; see :meth:`query`.

        :returns: the statements, each once and sorted.

        >>> import cmgraph
        >>> len(cmgraph.load().construct("CONSTRUCT { ?forum a cm:Forum } WHERE { ?forum a cm:Forum } LIMIT 2"))
        2
        """
        text, name, _ = self.sparql(question, **parameters)
        return sort_triples(self.store.construct(text, self.prefixes, name, self.timeout))

    def sparql(
        self, question: str | PathLike[str] | Question, /, **parameters: object
    ) -> tuple[str, str, Question | None]:
        """Return a question's SPARQL, what errors call it, and the saved question if it is one; see :meth:`query`."""
        if isinstance(question, str) and not question.isspace() and any(c in question for c in " \n{"):
            return question, "query", None
        if isinstance(question, str):
            question = self.question(question)
        elif not isinstance(question, Question):
            question = Question.read(Path(question))
        values: Mapping[str, object] = parameters
        if self.as_of and question.time == "as-of" and "asOf" not in parameters:
            values = {"asOf": self.as_of, **parameters}
        values = self._as_likely_meant(question, values)
        text = question.bind(values, self.names, self.prefixes)
        self._refuse(question, text)
        return text, str(question.path), question

    def _as_likely_meant(self, question: Question, values: Mapping[str, object]) -> Mapping[str, object]:
        """Replace a name with which others begin by the one with most rows in the answer, and warn of it."""
        meant = dict(values)
        for parameter in question.parameters:
            if parameter.type != "entity" or parameter.name not in values:
                continue
            value = values[parameter.name]
            several = list(value) if isinstance(value, (list, tuple)) else [value]
            meant[parameter.name] = [self._likely_meant(question, meant, parameter, single) for single in several]
        return meant

    def _likely_meant(
        self, question: Question, values: Mapping[str, object], parameter: Parameter, name: object
    ) -> object:
        if not isinstance(name, str) or name == "any":
            return name
        named = parameter.term(name, self.names, self.prefixes)
        if self.prefixes.expand(name):
            return name
        kind = self.prefixes.expand(parameter.of or "cm:Agent")  # of all kinds, actors are the ones named in part
        assert isinstance(named, NamedNode) and kind is not None
        others = self.names.likelier(name, named, kind.value)
        if not others:
            return name
        choices = [named, *others]
        best = max(choices, key=lambda choice: self._count_rows(question, {**values, parameter.name: choice.value}))
        labels = self.names.labels(choice.value for choice in choices)
        listed = "; ".join(f"{labels[c.value]} ({self.prefixes.shorten(c.value)})" for c in choices if c != best)
        text = message("likeliest", self.lang).format(name=name, best=labels[best.value], others=listed)
        logging.getLogger("cmgraph").warning("%s: %s", parameter.name, text)
        return best.value

    def _count_rows(self, question: Question, values: Mapping[str, object]) -> int:
        bound = question.bind(values, self.names, self.prefixes)
        return len(self.store.select(bound, self.prefixes, str(question.path), self.timeout)[1])

    def _refuse(self, question: Question, bound: str) -> None:
        """Refuse a question whose answer would not be true for the values bound in its query."""
        for requirement, query in question.refusals(bound):
            for (value,) in self.store.select(query, self.prefixes, str(question.path), self.timeout)[1]:
                name = self.names.labels([value.value])[value.value] if value is not None else ""
                why = best_text(requirement.otherwise, self.lang).format(value=name)
                where = f"{question.name} {requirement.parameter}"
                raise CmgraphError(f"{message('refused', self.lang)}{COLON[self.lang]}{why}", where=where)

    def entity(self, name: str) -> Entity:
        """Describe one thing, found by IRI, CURIE or name; with :attr:`as_of`, as it may have been on that day.

        :raises UnknownName: if nothing, or more than one thing, is called so.

        >>> import cmgraph
        >>> cmgraph.load().entity("NRCan").thing.label
        'Natural Resources Canada'
        """
        return describe(self.names.resolve(name), self.store, self.names, self.as_of)

    def meant(self, name: str) -> list[Entity]:
        """Describe what people mean by a name: of a country or province, its government first, then the place.

        :raises UnknownName: if nothing, or more than one thing, is called so.

        >>> import cmgraph
        >>> [entity.thing.label for entity in cmgraph.load().meant("Japan")]
        ['Government of Japan', 'Japan']
        """
        node = self.names.resolve(name)
        nodes = [node]
        if self.names.has(node.value, CM + "Place") and not self.prefixes.expand(name):
            with suppress(UnknownName):
                nodes.insert(0, self.names.resolve(name, CM + "Government"))
        return [describe(node, self.store, self.names, self.as_of) for node in nodes]

    def search(self, text: str, limit: int = 20) -> list[SearchHit]:
        """Find things by any of their names, former ones included, best match first; accents and case do not count.

        >>> import cmgraph
        >>> cmgraph.load().search("tlicho agreement")[0].thing.label
        'Tłı̨chǫ Agreement'
        """
        return self.names.search(text, limit)

    def stats(self) -> Result:
        """Count statements, citations and things, by kind, and how many have evidence of their own.

        The last rows have no kind but words: statements about the seed page's systems and about Canada's agreements.

        >>> import cmgraph
        >>> stats = cmgraph.load().stats()
        >>> len(stats) > 10
        True
        """
        columns, by_kind = builtin.solutions(self.store, "stats")
        about = [
            (Literal(message(words.value, self.lang)), things, None, own)
            for words, things, own in builtin.ask(self.store, "shares")
            if words
        ]
        rows = [(*row, self._share(*row)) for row in (*by_kind, *about)]
        shown = (*columns, "share_evidenced")
        headings = {column: message(column, self.lang) for column in shown}
        return build((shown, rows), self.store, self.names, headings=headings, lang=self.lang)

    def _share(self, _: Term | None, things: Term | None, citations: Term | None, own: Term | None) -> Literal | None:
        """Return in words how many of the things that cite sources have evidence of their own; never rounded up."""
        number, total = (int(count.value) if count else 0 for count in (own, things))
        if citations and citations.value == "0":
            return None
        words = message("n_of", self.lang).format(
            as_text(number, self.lang), as_text(total, self.lang), 100 * number // total
        )
        return Literal(words)

    @cached_property
    def shapes(self) -> list[RdfFile]:
        """The files of shapes that count: the ontology's, and those in ``shapes/`` of the graph's folders."""
        return [
            *self.ontology.shapes,
            *(RdfFile.read(path) for folder in self.folders for path in shape_files(folder / "shapes")),
        ]

    def validate(
        self, *paths: str | PathLike[str], shapes: Iterable[str | PathLike[str]] = (), engine: str = "fast"
    ) -> Report:
        """Check the graph against the shapes, together with the RDF files at ``paths``.

        Shapes that stand among the data, or in the files at ``paths``, count too.

        :param shapes: RDF files with further shapes.
        :param engine: ``fast`` or ``reference``, see :func:`cmgraph.validation.validate.validate`.
        :raises CmgraphError: if files are given and the graph is in a store or at an endpoint, or if a shape cannot be
            checked.
        :returns: what was found, worst first.

        >>> import cmgraph
        >>> cmgraph.load().validate().failed()
        False
        """
        from cmgraph.validation.validate import validate

        rules = [*self.shapes, *(RdfFile.read(Path(path)) for path in shapes)]
        own = [RdfFile.read(Path(path)) for path in paths]
        store, files = self.store, []
        if self.paths is not None:
            files = [*self.files, *own]
            store = LocalStore(triple for file in files for triple in file.triples)
        elif own:
            raise CmgraphError(
                "files can only be checked with a graph loaded from files", hint="Load them first: cmgraph load FILES"
            )
        return validate(store, rules, self.prefixes, self.lang, engine, files)


def load(
    data: str | PathLike[str] | None = None,
    *,
    store: str | PathLike[str] | None = None,
    endpoint: str | None = None,
    graph: str | None = None,
    lang: str = "en",
    as_of: dt.date | str | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    allow_service: bool = False,
    credentials: Credentials | None = None,
    exclude_file: str | PathLike[str] | None = None,
) -> Graph:
    """Load the bundled graph or a folder's, open one in a store, or reach one at an endpoint.

    :param data: folder laid out as the project's own; one with an ``ontology/`` replaces the bundled graph, one
        without adds its ``data/``, ``queries/``, ``projections/``, ``shapes/`` and ``templates/`` to it. A file in it
        stands for the bundled one of the same path that is made of a table.
    :param store: folder of a store that holds the graph, see :func:`cmgraph.load_store`; then no data files are read.
    :param endpoint: address of a SPARQL endpoint that holds the graph; then no data files are read.
    :param graph: IRI of the graph at the endpoint, if it is not the server's default.
    :param lang: ``en`` or ``fr``, the language things are named in.
    :param as_of: day to ask for (``datetime.date`` or "YYYY-MM-DD"), where a question takes one.
    :param timeout: seconds after which a question is stopped. It is answered in a process of its own, which takes no
        more than 4 GiB and opens nothing. None is for questions that you trust: they are answered in this process,
        without any limit, and one that is too deep or too large ends it.
    :param allow_service: let questions call other servers.
    :param credentials: user and password for the endpoint, or a token; those in ``CMGRAPH_USER`` and
        ``CMGRAPH_PASSWORD``, or in ``CMGRAPH_TOKEN``, if None.
    :param exclude_file: a data file not to read, nor what it stands for: one that is about to be written again. Then
        nothing is inferred.
    :raises CmgraphError: if an option cannot be honoured, or a file cannot be read.

    >>> import cmgraph
    >>> cmgraph.load(lang="fr").entity("Canada").thing.label
    'Canada'
    """
    if lang not in LANGUAGES:
        raise CmgraphError(f"unknown language '{lang}'", hint="Use en or fr.")
    try:
        day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise CmgraphError("not a day", where=f"as of {as_of}", hint="Write it as 2020-01-09.") from None
    if endpoint and store is not None:
        raise CmgraphError("a graph is in a store or at an endpoint, not both", hint="Leave one out.")
    if graph and not endpoint:
        raise CmgraphError(
            "a graph can be chosen by name only at an endpoint", where=f"graph {graph}", hint="Give its address too."
        )
    folders = folders_of(data)
    ontology = Ontology(folders[0] / "ontology")
    paths: list[Path] | None = None
    opened: Store
    if endpoint:
        opened = EndpointStore(
            endpoint,
            graph,
            allow_service=allow_service,
            timeout=timeout or DEFAULT_TIMEOUT,
            credentials=credentials or environment_credentials(),
        )
    elif store is not None:
        opened = LocalStore(engine=open_store(Path(store)), allow_service=allow_service)
    else:
        excluded = Path(exclude_file) if exclude_file is not None else None
        data_paths, replacing = data_files(folders, excluded)
        paths = [*ontology.term_files, *data_paths]
        for path in replacing:
            logging.getLogger("cmgraph").warning("%s: read in the place of the bundled file of that name", path)
        for folder in folders:
            if unread := [str(path.relative_to(folder)) for path in unread_files(folder)]:
                logging.getLogger("cmgraph").warning("%s: not read: %s", folder, ", ".join(unread))
        for path in (*paths, *ontology.rules.values()):
            refuse_unreadable(path)
        if excluded:
            opened = LocalStore()
            opened.read(paths)
        else:
            opened = _open_cached(paths, ontology)
        opened.allow_service = allow_service
    return Graph(folders, ontology, opened, paths, lang=lang, as_of=day, timeout=timeout)


def folders_of(data: str | PathLike[str] | None) -> list[Path]:
    """Return the graph's folder, and the one that extends it, if any.

    :raises CmgraphError: if there is none.
    """
    if data is None:
        return [bundled_root()]
    data = Path(data)
    if not data.is_dir():
        raise CmgraphError("no such folder", where=str(data), hint="Name a folder with data/ in it.")
    if (data / "ontology").is_dir():
        return [data]
    if any((data / part).is_dir() for part in ADDED):
        return [bundled_root(), data]
    problem = f"the folder has neither ontology/ nor {'/, '.join(ADDED)}/"
    raise CmgraphError(problem, where=str(data), hint="See README, --data.")


def _read(paths: Sequence[Path], ontology: Ontology) -> LocalStore:
    store = LocalStore()
    store.read(paths)
    materialize(store, ontology)
    return store


def _open_cached(paths: Sequence[Path], ontology: Ontology) -> LocalStore:
    """Open the snapshot of the graph in the cache, or read its files and leave one there."""
    snapshot = cache.cache_path([*paths, *ontology.rules.values()])
    if snapshot is None:
        return _read(paths, ontology)

    def rebuild() -> pyoxigraph.Store:
        engine = _read(paths, ontology).engine
        cache.write_cache(snapshot, engine)
        return engine

    engine = cache.open_cached(snapshot)
    return LocalStore(engine=rebuild() if engine is None else engine, rebuild=None if engine is None else rebuild)
