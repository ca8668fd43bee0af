"""The site: a page per thing in each language, lists, questions with their answers, the model, and downloads.

An IRI of the data set is the path of its page: ``id/agent/x`` is ``id/agent/x.html``, and ``x.ttl`` and ``x.jsonld``
hold its data. Statements and citations share documents, named by the first word of theirs.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from posixpath import relpath
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from cmgraph.analysis.filters import EVERYTHING
from cmgraph.analysis.network import to_networkx
from cmgraph.analysis.projections import projections, tie_rows
from cmgraph.answers.entity import (
    Entity,
    Statements,
    ValuesByStatement,
    build_entities,
    build_entity,
    collect_statements,
)
from cmgraph.answers.render import to_csv
from cmgraph.answers.result import AS_A_WHOLE, Citation, Result
from cmgraph.answers.sentences import heading as kind_heading
from cmgraph.answers.sentences import sentence
from cmgraph.answers.statements import Fetched, Statement, fetch_triples
from cmgraph.export.build_cache import BuildCache, Unit, contents, digest, program
from cmgraph.export.catalogue import catalogue
from cmgraph.export.changes import HOW, Edition, History, day, grouped, write_record
from cmgraph.export.dataset import Distribution, dataset_iri, distributions, schema_org
from cmgraph.export.lists import COLUMNS, MARK, SUMMED, list_tables, summaries
from cmgraph.export.overview import Overview, overviews, with_overview
from cmgraph.export.publication import Publication, json_line
from cmgraph.export.rdf import JsonLdNames, context, jsonld_nodes, serialize_triples
from cmgraph.export.statements import Group, Resting, group_statements, resting
from cmgraph.graph import Graph
from cmgraph.names import normalize_name
from cmgraph.pictures.base import heading
from cmgraph.pictures.entity import ties
from cmgraph.pictures.map import picture as map_picture
from cmgraph.pictures.network import page as network_page
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import BASE, CM, RDF_TYPE, SKOS, NamedRef, Value, best_text, lexical
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import COLON, message
from cmgraph.text.templating import linked, render_template

TOGETHER = 200
"""How many things are looked up at once."""

FEW = 10
"""How many statements of a kind are shown at once; more are folded away until asked for."""

MOST = 200
"""How many rows of an answer a page shows."""

ALL = "cmgraph-all.nt"
"""The file that answers every saved question."""

_DOWNLOAD_ORDER = (
    ALL,
    "cmgraph.xlsx",
    "tables/",
    "cmgraph.ttl",
    "cmgraph.",
    "derived.nt",
    "network/",
    "profiles/",
    "parquet/",
)
"""Beginnings of paths, those that most people want to download first."""

SHARED = ("rel", "obs", "record", "cite")
"""Folders whose things share documents, named by the first word of theirs."""

_PART = r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))[a-z0-9][a-z0-9._~-]{0,119}(?<!\.)(?<!\.en)(?<!\.fr)"
_PATH = re.compile(rf"(id|vocab)(/{_PART}){{1,2}}", re.ASCII | re.IGNORECASE)
"""What may become the path of a file on every system: Windows keeps some names for devices, and drops a
last dot; an ending of a language is a page's."""

_NAMED = 5
"""How many of the things without a page are named."""

_WITHOUT = (
    "claim-status",
    "end-state",
    "estimate-status",
    "unit",
    "basis",
    "point-meaning",
    "quantity",
    "role",
    "activity",
)
"""Vocabularies whose concepts qualify so many statements that a page counts these only."""

_OTHERS = {"changes": "changes_title", "map": "map", "questions": "questions", "sourced": "sourced", "def": "model"}
_SEARCH = {"search": "search_title"}
"""Words that pages of ours are called by."""

_SOURCED = {"how-well-sourced", "needs-better-source"}
"""The questions that the page on sources answers; a graph that does not have them has no such page."""

_MAPPED = {"points", "projects"}
"""The questions that the map answers; a graph that does not have them has none."""

_SCHEMA = {
    "agent": "Organization",
    "arrangement": "CreativeWork",
    "event": "Event",
    "place": "Place",
    "project": "Place",
    "source": "CreativeWork",
}
_FORMER = "http://www.w3.org/2002/07/owl#NamedIndividual"
"""What terms and vocabularies of earlier releases are; they have pages, and nobody is led there."""

_NO_ORGANIZATION = {CM + name for name in ("Agent", "AgentGroup", "IndigenousNation", "IndigenousPeople")}


class Job(NamedTuple):
    """Some of the pages, which can be written apart from all others.

    :ivar part: the name of what writes them.
    :ivar subjects: what they are about: IRIs, paths, or names of questions or projections.
    """

    part: str
    subjects: tuple[str, ...] = ()


class Written(NamedTuple):
    """What a job wrote.

    :ivar pages: every page, with itself in each language.
    :ivar names: by language, the entries of the search index.
    :ivar units: the files that the next export may reuse.
    :ivar reused: the names of those that were reused from the export before.
    """

    pages: list[tuple[str, list[tuple[str, str]]]]
    names: dict[str, list[dict[str, Any]]]
    units: dict[str, Unit]
    reused: set[str]


class DataPart(NamedTuple):
    """What a document of data holds of one thing.

    :ivar triples: the statements.
    :ivar lines: the same in JSON-LD.
    :ivar terms: the terms of the JSON-LD context that these have.
    :ivar prefixes: the prefixes that both need.
    """

    triples: list[Triple]
    lines: list[str]
    terms: set[str]
    prefixes: set[str]


@dataclass
class Site:
    """What pages share, and those that were written.

    :ivar folder: where they are written, around the files that are there.
    :ivar build_cache: what an earlier export made, and what this one contains.
    :ivar fetched: the triples of things and statements looked up so far.
    """

    publication: Publication
    folder: Path
    build_cache: BuildCache
    pages: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    names: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    done: int = 0
    fetched: Fetched = field(default_factory=dict)
    _values: dict[str, ValuesByStatement] = field(default_factory=lambda: defaultdict(dict))
    _links: dict[tuple[str, str], Links] = field(default_factory=dict)
    _parts: dict[tuple[str, bool], DataPart] = field(default_factory=dict)

    @cached_property
    def stars(self) -> Mapping[str, list[Triple]]:
        """By subject, what is stated of it, in the order of its text."""
        stars: dict[str, list[Triple]] = defaultdict(list)
        for triple in self.publication.stated:
            stars[lexical(triple.subject)].append(triple)
        return {subject: sorted(star, key=str) for subject, star in stars.items()}

    @cached_property
    def segments(self) -> Mapping[str, list[str]]:
        """The things that have pages of their own, by the folder they are in."""
        segments: dict[str, list[str]] = defaultdict(list)
        for iri in sorted(self.stars):
            folder = (self.stem(iri) or "").rpartition("/")[0]
            if "/" in folder and "#" not in folder and (folder.removeprefix("id/") not in SHARED or iri in self.lone):
                segments[folder].append(iri)
        return dict(segments)

    @cached_property
    def gathered(self) -> Mapping[str, list[str]]:
        """The statements, citations and register entries, by the document that they share; not the lone entries."""
        documents: dict[str, list[str]] = defaultdict(list)
        for iri in sorted(self.stars):
            stem = self.stem(iri) or ""
            if stem.startswith(tuple(f"id/{part}/" for part in SHARED)) and iri not in self.lone:
                documents[stem.partition("#")[0]].append(iri)
        return dict(documents)

    @cached_property
    def lone(self) -> set[str]:
        """The register entries about nothing that the graph has, which have pages of their own, to be found by name."""
        about = {CM + "registersAgent", CM + "registersProject"}
        entry = NamedNode(CM + "RegisterEntry")
        return {
            iri
            for iri, star in self.stars.items()
            if any(t.object == entry for t in star) and about.isdisjoint(t.predicate.value for t in star)
        }

    @cached_property
    def summaries(self) -> Mapping[str, Mapping[str, str]]:
        """In each language, a line on each thing, from the columns of its list."""
        folders = {folder: iris for folder, iris in self.segments.items() if folder in SUMMED}
        return {lang: summaries(list_tables(g, folders, {}), lang) for lang, g in self.publication.by_language.items()}

    @cached_property
    def codes(self) -> Mapping[str, list[str]]:
        """The codes by which people know a country, of the place and of who governs it."""
        codes = {
            iri: [lexical(t.object) for t in star if t.predicate.value in (CM + "countryCode", CM + "alpha3Code")]
            for iri, star in self.stars.items()
            if iri.startswith(BASE + "id/place/")
        }
        governed = {
            iri: codes.get(lexical(t.object), [])
            for iri, star in self.stars.items()
            for t in star
            if t.predicate.value == CM + "governs"
        }
        return {iri: own_codes for iri, own_codes in (codes | governed).items() if own_codes}

    @cached_property
    def ingredients(self) -> Ingredients:
        """Digests of what pages are made from."""
        return Ingredients(self)

    @cached_property
    def json_ld_names(self) -> JsonLdNames:
        """What IRIs are called in JSON-LD."""
        return JsonLdNames(self.context, self.publication.graph.prefixes)

    @cached_property
    def context(self) -> dict[str, Any]:
        """The JSON-LD context."""
        terms: dict[str, Any] = context(self.publication)["@context"]
        return terms

    def values(self, lang: str) -> ValuesByStatement:
        """Return the values of statements that all pages in a language share; as of a day, pages may differ."""
        return {} if self.publication.graph.as_of else self._values[lang]

    def part(self, iri: str, full: bool) -> DataPart:
        """Return what documents hold of a thing, the same in each: all that is stated of it, or its names."""
        if (iri, full) not in self._parts:
            star = self.stars[iri]
            triples = star if full else [t for t in star if t.predicate.value == SKOS + "prefLabel"]
            nodes = [*jsonld_nodes(triples, self.json_ld_names)]
            terms, prefixes = {key for node in nodes for key in node}, self.publication.graph.prefixes.used(triples)
            self._parts[iri, full] = DataPart(triples, [*map(json_line, nodes)], terms, {*prefixes})
        return self._parts[iri, full]

    def ending(self, lang: str) -> str:
        """Return how the names of the pages in a language end."""
        return ".html" if lang == self.publication.languages[0] else f".{lang}.html"

    def stem(self, iri: str) -> str | None:
        """Return the path of a thing's documents without their ending, and the place in them; None if it has none."""
        if iri.startswith(CM):
            return f"def#{iri.removeprefix(CM)}"
        return self._stems.get(iri)

    @cached_property
    def _stems(self) -> dict[str, str]:
        """Where things have their documents; one whose name cannot be a file's is in the data all the same."""
        stems: dict[str, str] = {}
        folded: dict[str, str] = {}
        without: list[str] = []
        for iri in sorted(self.stars, key=lambda iri: (iri != iri.lower(), iri)):  # lower case wins a clash
            path = iri.removeprefix(BASE)
            if not path.startswith(("id/", "vocab/")):
                continue
            head, _, slug = path.rpartition("/")
            shared = head.removeprefix("id/") in SHARED and iri not in self.lone
            stem = f"{head}/{slug.partition('-')[0]}" if shared else path
            if not _PATH.fullmatch(stem) or not path.isascii() or folded.setdefault(stem.casefold(), stem) != stem:
                without.append(iri)
            else:
                stems[iri] = stem if stem == path else f"{stem}#{slug}"
                if "/" in head and stem == path:
                    stems.setdefault(BASE + head, head)  # the list of the folder
        if without:
            problem = "things have no page, because their names cannot be file names on every system"
            logging.getLogger("cmgraph").warning("%d %s: %s", len(without), problem, ", ".join(without[:_NAMED]))
        return stems

    @cached_property
    def uses(self) -> Mapping[str, list[tuple[str, str]]]:
        """By each thing, what points at it, and by which property."""
        uses: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for iri, star in self.stars.items():
            for triple in star:
                if iri.startswith((BASE + "id/", BASE + "vocab/")):
                    uses[lexical(triple.object)].append((iri, triple.predicate.value))
        return uses

    def citing(self, source: str) -> set[str]:
        """Return what cites a place in a source."""
        return {
            user
            for citation, prop in self.uses.get(source, ())
            if prop == CM + "citesSource"
            for user, how in self.uses.get(citation, ())
            if how == CM + "hasCitation"
        }

    def write(
        self, template: str, stem: str, titles: Mapping[str, str], values: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Write a page in every language."""
        publication, root = self.publication, "../" * stem.count("/")
        languages = [(lang, stem + self.ending(lang)) for lang in publication.languages]
        for lang, path in languages:
            page_values = dict(values[lang])
            heading = page_values.pop("heading", titles[lang])
            html = page(
                publication,
                template,
                lang,
                heading=heading if self.headings[lang, heading] == stem else f"{heading} – {stem}",
                here=path,
                to=self._seen_from(stem.rpartition("/")[0], lang),
                index="index" + self.ending(lang),
                languages=languages,
                menu=[(message(key, lang), name + self.ending(lang)) for key, name in _MENU.items()],
                root=root,
                search_page="search" + self.ending(lang),
                served=False,
                stem=stem,
                title=titles[lang],
                **page_values,
            )
            publication.write(self.folder / path, html)
            self.pages.append((path, languages))

    def reuse(self, stem: str, key: str) -> Unit | None:
        """Reuse the pages and the data of ``stem`` if their inputs are the same; else return None."""
        unit = self.build_cache.reuse(stem, key)
        if unit:
            languages = [(lang, stem + self.ending(lang)) for lang in self.publication.languages]
            self.pages += [(path, languages) for _, path in languages]
        return unit

    def record(self, stem: str, key: str, value: Any) -> None:
        """Record the pages and the data of ``stem`` for the next export."""
        endings = [*map(self.ending, self.publication.languages), ".ttl", ".jsonld"]
        self.build_cache.units[stem] = Unit(key, tuple(stem + ending for ending in endings), value)

    def _seen_from(self, folder: str, lang: str) -> Links:
        """Return where pages in a folder and a language find what they link to, by the shortest way."""

        def href(iri: str) -> str:
            stem, hash_, anchor = (self.stem(iri) or "").partition("#")
            if not stem:
                return web_address(iri)
            return f"{relpath(stem + self.ending(lang), folder or '.')}{hash_}{anchor}"

        if (folder, lang) not in self._links:
            self._links[folder, lang] = Links(href, lang)
        return self._links[folder, lang]

    @cached_property
    def headings(self) -> Mapping[tuple[str, str], str]:
        """By language and heading, the first page that has it: what others have of it names them apart."""
        headings: dict[tuple[str, str], str] = {}
        for lang, graph in self.publication.by_language.items():
            iris = [iri for folder_iris in self.segments.values() for iri in folder_iris]
            labels = graph.names.labels(iris)
            pages = [(iri.removeprefix(BASE), _heading(labels[iri], graph.names.kind(iri))) for iri in iris]
            pages += [(stem, _gathered_title(self, stem, lang)) for stem in self.gathered]
            pages += [(folder, _titles(self, folder)[lang]) for folder in self.segments]
            pages += [(stem, message(stem, lang)) for stem in ("browse", "network")]
            pages += [(f"queries/{name}", best_text(q.title, lang)) for name, q in graph.questions.items()]
            pages += [(stem, message(key, lang)) for stem, key in _OTHERS.items()]
            pages += [("index", best_text(self.publication.about["title"], lang))]
            pages += [(stem, message(key, lang)) for stem, key in {"download": "download", **_SEARCH}.items()]
            for stem, text in pages:
                headings.setdefault((lang, text), stem)
        return headings


class Links:
    """What pages of a language link to, as they see it from one folder, and the sentences and cells that hold links.

    :ivar href: returns the address of an IRI.
    """

    def __init__(self, href: Callable[[str], str], lang: str) -> None:
        self.href, self._lang = cache(href), lang
        self._sentences: dict[tuple[str, NamedRef, tuple[tuple[NamedRef, Value], ...]], Markup] = {}
        self._things: dict[NamedRef, str] = {}
        self._places: dict[str, str] = {}

    def sentence(self, statement: Statement) -> Markup:
        """Write a statement as a sentence in HTML; it is cached, for it appears on several pages."""
        key = (statement.iri, statement.kind, statement.says)
        if key not in self._sentences:
            self._sentences[key] = Markup("".join(map(self._link, sentence(statement, self._lang))))  # noqa: S704 - escaped
        return self._sentences[key]

    def row(self, cells: Iterable[Sequence[Value]]) -> Markup:
        """Write the cells of a row of figures."""
        return Markup("".join(f"<td>{self._cell(values)}</td>" for values in cells))  # noqa: S704 - escaped

    def evidence(self, statement: Statement, places: Mapping[str, Sequence[Citation]] | None = None) -> Markup:
        """Write the evidence of a statement: marks of footnotes, or the places in the page's own source."""
        if places is None:
            return Markup("".join(f'<sup><a href="#source-{n}">[{n}]</a></sup>' for n in statement.citations))  # noqa: S704 - numbers
        return Markup(f"<small>{' · '.join(map(self._place, places[statement.iri]))}</small>")  # noqa: S704 - escaped

    def _link(self, value: Value) -> str:
        if not isinstance(value, NamedRef):
            return linked(value, self.href, self._lang)
        if value not in self._things:
            self._things[value] = linked(value, self.href, self._lang)
        return self._things[value]

    def _cell(self, values: Sequence[Value]) -> str:
        parts: list[str] = []
        for value in values:
            if parts and not (isinstance(value, str) and value.startswith(";")):
                parts.append(" ")
            parts.append(self._link(value))
        return "".join(parts)

    def _place(self, citation: Citation) -> str:
        if citation.iri not in self._places:
            named = citation.locator and citation.locator != AS_A_WHOLE
            where = citation.locator if named else message("whole_source", self._lang)
            words = f": “{citation.words}”" if citation.words else ""
            how = citation.support.label if citation.support else message("not_said", self._lang)
            text = f'<a href="{escape(self.href(citation.iri))}">{escape(where)}</a>{escape(words)}, {escape(how)}'
            self._places[citation.iri] = text
        return self._places[citation.iri]


class Ingredients:
    """Digests of what pages are made from: a page with the same digest has the same content.

    A page shows its things and what points at them, with the citations and sources of all these; of anything else that
    these name, it shows the label, the kind, and where its page is. All pages depend on the model, the description of
    the data set, and the program.
    """

    def __init__(self, shared: Site) -> None:
        self._shared = shared
        self._named: dict[str, str] = {}
        lines: dict[str, list[str]] = {iri: [*map(str, star)] for iri, star in shared.stars.items()}
        for follows in shared.publication.graph.inferred.values():
            for triple in follows:
                lines.setdefault(lexical(triple.subject), []).append(str(triple))
        self._stars = {iri: digest(sorted(star)) for iri, star in lines.items()}
        self._common = self._digest_of_all()

    def of_thing(self, iri: str, counted: bool, more: Iterable[str]) -> str:
        """Return the digest of the page of a thing.

        :param counted: whether what points at it is counted only.
        :param more: what else the page shows.
        """
        shared = self._shared
        uses = shared.uses.get(iri, [])
        users = [user for user, _ in uses]
        around = {iri} if counted else {iri, *users, *shared.citing(iri)}
        count = sum(user.startswith(BASE + "id/") for user in users)
        headings = []
        for lang, graph in shared.publication.by_language.items():
            heading = _heading(graph.names.labels([iri])[iri], graph.names.kind(iri))
            headings.append(str(shared.headings[lang, heading] == iri.removeprefix(BASE)))
        return self._digest(around, [iri, str(count), *shared.codes.get(iri, []), *headings, *more])

    def of_document(self, stem: str) -> str:
        """Return the digest of a document that statements share."""
        return self._digest(set(self._shared.gathered[stem]), [stem])

    def _digest(self, around: set[str], more: Iterable[str]) -> str:
        stars = self._shared.stars
        cited = {iri for subject in around for iri in self._objects(subject, "hasCitation")}
        sources = {iri for subject in around | cited for iri in self._objects(subject, "citesSource")}
        in_full = sorted(around | cited | sources)
        named = {t.object.value for iri in in_full for t in stars.get(iri, ()) if isinstance(t.object, NamedNode)}
        return digest(
            [self._common, *more, *(self._stars.get(iri, "") for iri in in_full), *map(self._name, sorted(named))]
        )

    def _objects(self, iri: str, name: str) -> list[str]:
        return [lexical(t.object) for t in self._shared.stars.get(iri, ()) if t.predicate.value == CM + name]

    def _name(self, iri: str) -> str:
        """Return a digest of what pages show of something that they only name."""
        if iri not in self._named:
            star = self._shared.stars.get(iri, ())
            schemes = [lexical(t.object) for t in star if t.predicate.value == SKOS + "inScheme"]
            naming = [
                t for node in (iri, *schemes) for t in self._shared.stars.get(node, ()) if t.predicate.value in _NAMING
            ]
            self._named[iri] = digest([iri, self._shared.stem(iri) or "", *schemes, *map(str, naming)])
        return self._named[iri]

    def _digest_of_all(self) -> str:
        publication = self._shared.publication
        ontology = publication.graph.ontology
        model = sorted(iri for iri in self._stars if not iri.startswith((BASE + "id/", BASE + "vocab/")))
        details = [repr(sorted(publication.about.items())), publication.modified, publication.base, publication.site]
        rules = contents([path for path in (*ontology.rules.values(), ontology.context) if path.is_file()])
        return digest([program(), *details, *publication.languages, *rules, *(self._stars[iri] for iri in model)])


_NAMING = (SKOS + "prefLabel", "http://purl.org/dc/terms/title", RDF_TYPE.value)
"""The properties by which pages that name something call it, and say what it is."""


def page(
    publication: Publication, template: str, lang: str, /, *, heading: str, here: str, to: Links, **values: Any
) -> str:
    """Write a page in a language: what all pages share, and the ``values`` of this one.

    :param heading: what the page is called in a list of pages.
    :param here: its path.
    :param to: what it links to.
    """

    def w(key: str) -> str:
        return message(key, lang)

    shared = {
        "about": publication.about,
        "address": publication.address,
        "as_of": publication.graph.as_of,
        "evidence": to.evidence,
        "correct": _correct(publication, f"{heading} <{publication.address}{here}>"),
        "few": FEW,
        "heading": heading,
        "here": here,
        "href": to.href,
        "lang": lang,
        "modified": publication.modified,
        "most": MOST,
        "row": to.row,
        "sentence": to.sentence,
        "site_title": best_text(publication.about["title"], lang),
        "summary": best_text(publication.about["description"] or {}, lang),
        "w": w,
        "as_a_whole": AS_A_WHOLE,
    }
    return render_template(template, **shared | values)


_MENU = {
    "home": "index",
    "browse": "browse",
    "network": "network",
    "questions": "questions",
    "model": "def",
    "download": "download",
}


def jobs(shared: Site) -> list[Job]:
    """List what can be written apart, in order: the pages that look at no other file."""
    listed = [Job("things", part) for iris in shared.segments.values() for part in _parts_of(iris)]
    listed += [Job("gathered", (stem,)) for stem in shared.gathered]
    listed += [Job("network", (name,)) for name in projections(shared.publication.graph)]
    listed += [Job("question", (name,)) for name in shared.publication.graph.questions]
    listed += [Job("map")] if is_mapped(shared.publication.graph) else []
    return [*listed, Job("lists"), Job("network list"), Job("question list"), Job("terms")]


def _parts_of(iris: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(iris[start : start + TOGETHER]) for start in range(0, len(iris), TOGETHER))


def write(shared: Site, job: Job) -> Written:
    """Run a job."""
    shared.pages, shared.names = [], defaultdict(list)
    shared.build_cache.units, shared.build_cache.reused = {}, set()
    _WRITERS[job.part](shared, *([job.subjects] if job.part == "things" else job.subjects))
    return Written(shared.pages, dict(shared.names), shared.build_cache.units, shared.build_cache.reused)


def finish(shared: Site, written: Sequence[Written], history: History) -> None:
    """Write what depends on all other files, once they are there.

    :param written: the outcomes of :func:`jobs`, in order.
    :param history: the editions of what is published.
    """
    publication, folder = shared.publication, shared.folder
    shared.pages = [page for outcome in written for page in outcome.pages]
    for outcome in written:
        shared.build_cache.units |= outcome.units
        shared.build_cache.reused |= outcome.reused
    for lang in publication.languages:
        entries = [entry for outcome in written for entry in outcome.names.get(lang, ())]
        text = json.dumps([*entries, *_search_entries(shared, lang)], ensure_ascii=False, separators=(",", ":"))
        publication.write(folder / f"assets/names.{lang}.js", f"window.cmgraphNames = {text};\n")
    assets = Path(__file__).parents[1] / "text/templates"
    for name in ("style.css", "search.js", "list.js", "minisearch.js", "page.js", "icon.svg"):
        publication.write(folder / "assets" / name, (assets / name).read_text(encoding="utf-8"))
    _front(shared, history)
    _changes(shared, history)
    _search(shared)
    text = render_template(
        "sitemap.xml", address=publication.address, modified=publication.modified, pages=sorted(shared.pages)
    )
    publication.write(folder / "sitemap.xml", text)
    publication.write(folder / "robots.txt", render_template("robots.txt", address=publication.address))
    publication.write(folder / "404.html", _missing(shared))
    french = len(publication.languages) > 1
    publication.write(
        folder / ".htaccess", render_template("htaccess.txt", inner=True, to="%{ENV:HERE}", french=french)
    )
    w3id = render_template("htaccess.txt", inner=False, to=publication.address, french=french)
    publication.write(folder / "w3id/.htaccess", w3id)


def _search(shared: Site) -> None:
    """Write the page of what a search finds, and how a browser asks it."""
    publication = shared.publication
    titles = {lang: message("search_title", lang) for lang in publication.languages}
    shared.write("search.html", "search", titles, {lang: {} for lang in titles})
    for lang in titles:
        ending, title = shared.ending(lang), best_text(publication.about["title"], lang)
        text = render_template("opensearch.xml", address=publication.address, title=title, page=f"search{ending}")
        publication.write(shared.folder / f"opensearch{ending.removesuffix('.html')}.xml", text)


def _missing(shared: Site) -> str:
    """Write the page for an address that has none: it may be shown anywhere, so it asks for nothing else."""
    languages = shared.publication.languages
    return render_template(
        "404.html",
        address=shared.publication.address,
        endings={lang: shared.ending(lang) for lang in languages},
        languages=languages,
        messages={lang: {key: message(key, lang) for key in ("missing", "browse")} for lang in languages},
        titles={lang: best_text(shared.publication.about["title"], lang) for lang in languages},
    )


def _things(shared: Site, iris: Sequence[str]) -> None:
    """Write the pages of things in one folder, and their data, or reuse them."""
    folder = iris[0].removeprefix(BASE).rpartition("/")[0]
    counted = folder.removeprefix("vocab/") in _WITHOUT
    page_overviews = {iri: _overviews(shared, folder, iri) for iri in iris}
    lines = {iri: {lang: line_by_iri.get(iri, "") for lang, line_by_iri in shared.summaries.items()} for iri in iris}
    keys = {
        iri: shared.ingredients.of_thing(iri, counted, [*map(repr, page_overviews[iri].values()), *lines[iri].values()])
        for iri in iris
    }
    units = {iri: shared.reuse(iri.removeprefix(BASE), keys[iri]) for iri in iris}
    entries = _make_things(shared, [iri for iri in iris if not units[iri]], folder, counted, page_overviews, lines)
    for iri in iris:
        stem, unit = iri.removeprefix(BASE), units[iri]
        entry = unit.value if unit else entries[iri]
        if not unit:
            shared.record(stem, keys[iri], entry)
        for lang in shared.publication.languages:
            shared.names[lang].append(entry[lang])
        shared.done += 1
        shared.publication.progress(shared.done, stem)


def _overviews(shared: Site, folder: str, iri: str) -> dict[str, Overview]:
    """Return the overview of a thing; of a government, that of the place that it governs."""
    governed = [lexical(t.object) for t in shared.stars[iri] if t.predicate.value == CM + "governs"]
    if len(governed) == 1:
        folder, iri = "id/place", governed[0]
    return overviews(shared.publication.by_language, folder, iri)


def _make_things(
    shared: Site,
    iris: Sequence[str],
    folder: str,
    counted: bool,
    page_overviews: Mapping[str, Mapping[str, Overview]],
    lines: Mapping[str, Mapping[str, str]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Write the pages of things and their data; return the entry of each in the search index, by language."""
    publication = shared.publication
    entries: dict[str, dict[str, dict[str, Any]]] = {}
    if counted:
        fetched = fetch_triples(iris, publication.graph.store, shared.fetched)
        statements: dict[str, Statements] = {iri: {(iri, iri): fetched[iri]} for iri in iris}
    else:
        statements = dict(collect_statements(iris, publication.graph.store, publication.graph.as_of, shared.fetched))
    entities = {
        lang: build_entities(statements, graph.store, graph.names, shared.values(lang))
        for lang, graph in publication.by_language.items()
    }
    rests = {lang: _resting(shared, graph, iris) for lang, graph in publication.by_language.items()}
    for iri in iris:
        stem, uses = iri.removeprefix(BASE), shared.uses.get(iri, [])
        linked_uses = [(user, prop) for user, prop in uses if shared.stem(user)]
        users = [user for user, _ in uses if user.startswith(BASE + "id/")]
        entity_by_language = {lang: entity_by_iri[iri] for lang, entity_by_iri in entities.items()}
        titles = {lang: entity.thing.label for lang, entity in entity_by_language.items()}
        schema = _schema(publication, folder, entity_by_language[publication.languages[0]], shared.stars[iri])
        values = {
            lang: entity_values(
                entity,
                publication.by_language[lang],
                len(users) if counted else 0,
                schema,
                page_overviews[iri].get(lang),
                lines[iri][lang],
            )
            | {"named_by": [] if counted else named_by(publication.by_language[lang], entity, linked_uses)}
            | {"resting": rests[lang].get(iri), "ending": shared.ending(lang)}
            for lang, entity in entity_by_language.items()
        }
        shared.write("entity.html", stem, titles, values)
        _data(shared, stem, [iri], [] if counted else users)
        codes = {"c": shared.codes[iri]} if iri in shared.codes else {}
        entries[iri] = {
            lang: {
                "n": [*dict.fromkeys([entity.thing.label, *(name for name, _ in entity.names)])],
                "p": stem + shared.ending(lang),
                "k": entity.kind,
                **codes,
            }
            for lang, entity in entity_by_language.items()
        }
    return entries


def _search_entries(shared: Site, lang: str) -> list[dict[str, Any]]:
    """Return the saved questions as entries of the search index, with the words that find them."""
    kind = message("question", lang)
    return [
        {
            "n": [best_text(question.title, lang)],
            "p": f"queries/{name}{shared.ending(lang)}",
            "k": kind,
            "x": " ".join(best_text(text, lang) for text in (question.question, question.keywords) if text),
        }
        for name, question in sorted(shared.publication.graph.questions.items())
    ]


def named_by(graph: Graph, entity: Entity, uses: Iterable[tuple[str, str]]) -> list[tuple[str, str, list[NamedRef]]]:
    """List the things whose own description points at a thing: by their kind and the property.

    :param uses: what points at it, and by which property.
    """
    shown = {statement.iri for statement in entity.statements}
    others = [(user, prop) for user, prop in uses if user not in shown and not user.startswith(BASE + "id/cite/")]
    labels = graph.names.labels({CM + "governs", *(iri for pair in others for iri in pair)})
    governs = labels[CM + "governs"]
    grouped: dict[tuple[str, str], list[NamedRef]] = defaultdict(list)
    for user, prop in others:
        grouped[graph.names.kind(user), labels[prop]].append(NamedRef(user, labels[user]))
    return [
        (kind, prop, sorted(things, key=lambda thing: (normalize_name(thing.label), thing.iri)))
        for (kind, prop), things in sorted(grouped.items(), key=lambda item: (item[0][1] != governs, item[0]))
    ]


def _class(star: Iterable[Triple]) -> str:
    """Return what something is: of two classes, the first."""
    return min((lexical(triple.object) for triple in star if triple.predicate == RDF_TYPE), default="")


def _resting(shared: Site, graph: Graph, iris: Iterable[str]) -> dict[str, Resting]:
    """Return what cites a place in each source among ``iris``."""
    citing = {iri: shared.citing(iri) for iri in iris if iri.startswith(BASE + "id/source/")}
    fetched = fetch_triples(set().union(*citing.values()), graph.store, shared.fetched)
    statements = {
        source: {(_class(shared.stars[iri]), iri): fetched[iri] for iri in sorted(users)}
        for source, users in citing.items()
    }
    entities = build_entities(statements, graph.store, graph.names, shared.values(graph.lang))
    return {
        source: rests(graph, entity, {s.iri for s in entity.statements if "#" not in (shared.stem(s.iri) or "#")})
        for source, entity in entities.items()
    }


def rests(graph: Graph, entity: Entity, things: Set[str]) -> Resting:
    """Tell what cites a place in a source.

    :param entity: the source, with all that cites it in the place of its statements.
    :param things: what of that is shown by its name, under what it is.
    """
    labels = graph.names.labels(things)
    statements = tuple(
        replace(
            s,
            kind=NamedRef(s.kind.iri, graph.names.kind(s.iri)),
            says=((NamedRef(s.kind.iri, ""), NamedRef(s.iri, labels[s.iri])),),
        )
        if s.iri in things
        else s
        for s in entity.statements
    )
    return resting(entity.thing.iri, replace(entity, statements=statements), graph.lang)


def entity_values(
    entity: Entity,
    graph: Graph,
    count: int = 0,
    schema: dict[str, Any] | None = None,
    overview: Overview | None = None,
    line: str = "",
) -> dict[str, Any]:
    """Return what the page of a thing shows.

    :param count: in how many statements it is used, if they are not shown.
    :param overview: what is known of it at a glance.
    :param line: what is known of it in a line, if there is no overview.
    """
    in_brief = overview.sentences if overview else line
    groups = group_statements(entity.statements, entity.thing.iri, graph.lang)
    if overview:
        entity, overview = with_overview(entity, overview)
    return {
        "colon": COLON[graph.lang],
        "chart": Markup(overview.chart) if overview else "",  # noqa: S704 - every value in it was escaped when it was drawn
        "entity": entity,
        "overview": overview,
        "names": entity.names,
        "groups": groups,
        "heading": _heading(entity.thing.label, entity.kind),
        "summary": f"{entity.thing.label}: {entity.kind}. {in_brief}" if in_brief else _summary(entity, groups),
        "in_brief": in_brief,
        "named_by": [],
        "resting": None,
        "picture": ties(graph, entity),
        "count": count,
        "schema": schema,
        "forms": [("ttl", "text/turtle", "Turtle"), ("jsonld", "application/ld+json", "JSON-LD")],
    }


def _heading(label: str, kind: str) -> str:
    return f"{label} ({kind})" if kind else label


def _summary(entity: Entity, groups: Sequence[Group]) -> str:
    """Say in a line what a thing is and what of it is known, the most first."""
    known = sorted(groups, key=lambda group: -len(group.statements))
    counted = ", ".join(f"{group.kind.label} ({len(group.statements)})" for group in known)
    return f"{entity.thing.label}: {entity.kind}. {counted}".strip(" .:")


def _gathered(shared: Site, stem: str) -> None:
    """Write a document that statements, register entries or citations share."""
    publication, iris = shared.publication, shared.gathered[stem]
    key = shared.ingredients.of_document(stem)
    if shared.reuse(stem, key):
        return
    fetched = fetch_triples(iris, publication.graph.store, shared.fetched)
    kinds = {iri: _class(shared.stars[iri]) for iri in iris}
    statements = {(kinds[iri], iri): fetched[iri] for iri in sorted(iris, key=lambda iri: (kinds[iri], iri))}
    entities = {
        lang: build_entities({BASE + stem: statements}, g.store, g.names, shared.values(lang))[BASE + stem]
        for lang, g in publication.by_language.items()
    }
    titles = {lang: _gathered_title(shared, stem, lang) for lang in publication.languages}
    values = {
        lang: gathered_values(entity, titles[lang], publication.by_language[lang]) for lang, entity in entities.items()
    }
    shared.write("entity.html", stem, titles, values)
    _data(shared, stem, iris, ())
    shared.record(stem, key, None)


def gathered_values(entity: Entity, title: str, graph: Graph) -> dict[str, Any]:
    """Return what a document that statements share shows.

    :param entity: what has them all.
    """
    called = replace(entity, thing=NamedRef(entity.thing.iri, title))
    return entity_values(called, graph) | {"heading": title, "picture": {"left": [], "right": []}}


def _gathered_title(shared: Site, stem: str, lang: str) -> str:
    return gathered_title(stem, (_class(shared.stars[iri]) for iri in shared.gathered[stem]), lang)


def gathered_title(stem: str, classes: Iterable[str], lang: str) -> str:
    """Name a document by the kinds of relationships that share it, or else as it is called itself."""
    _, segment, name = stem.split("/")
    headings = sorted({kind_heading(NamedRef(kind, name), lang) for kind in classes}) if segment == "rel" else []
    return f"{message(f'seg_{segment}', lang, default=segment)} – {', '.join(headings) or name}"


def _data(shared: Site, stem: str, iris: Iterable[str], uses: Iterable[str]) -> None:
    """Write what is said of things and in the statements they stand in, with citations, sources and names."""
    stars, publication = shared.stars, shared.publication
    described = dict.fromkeys([*iris, *uses])
    cited = dict.fromkeys(
        lexical(t.object) for iri in described for t in stars.get(iri, ()) if t.predicate.value == CM + "hasCitation"
    )
    sources = dict.fromkeys(
        lexical(t.object) for iri in cited for t in stars.get(iri, ()) if t.predicate.value == CM + "citesSource"
    )
    in_full = {iri for iri in (*described, *cited, *sources) if iri in stars}
    named = {o for iri in in_full for t in stars[iri] if (o := lexical(t.object)) in stars and o not in in_full}
    parts = [shared.part(iri, True) for iri in in_full] + [shared.part(iri, False) for iri in named]
    parts = sorted((part for part in parts if part.triples), key=lambda part: str(part.triples[0].subject))
    used = {prefix for part in parts for prefix in part.prefixes}
    prefixes = {prefix: space for prefix, space in sorted(publication.graph.prefixes.items()) if prefix in used}
    triples = [triple for part in parts for triple in part.triples]
    turtle = serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes)
    publication.write(shared.folder / f"{stem}.ttl", turtle or b"")
    keys = {term for part in parts for term in part.terms} | {"id", "type", "xsd", *used}
    definitions = {key: definition for key, definition in shared.context.items() if key in keys}
    publication.write_json_ld(
        shared.folder / f"{stem}.jsonld", definitions, (line for part in parts for line in part.lines)
    )


def _schema(publication: Publication, folder: str, entity: Entity, star: list[Triple]) -> dict[str, Any]:
    kinds = {lexical(t.object) for t in star if t.predicate == RDF_TYPE}
    kind = "Thing" if kinds & _NO_ORGANIZATION else _SCHEMA.get(folder.removeprefix("id/"), "DefinedTerm")
    other_names = [name for name, _ in entity.names if name != entity.thing.label]
    record = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": publication.rebased(entity.thing.iri),
        "name": entity.thing.label,
        "isPartOf" if kind == "CreativeWork" else "subjectOf": {"@type": "Dataset", "@id": dataset_iri(publication)},
    }
    return record | ({"alternateName": other_names} if other_names else {})


def _lists(shared: Site) -> None:
    """Write a list of the things in each folder, and a list of these lists."""
    segments = shared.segments
    graphs = shared.publication.by_language
    titles = {folder: _titles(shared, folder) for folder in segments}
    statements = {iri: _count(shared, iri) for iris in segments.values() for iri in iris}
    tables = {lang: list_tables(graph, segments, statements) for lang, graph in graphs.items()}
    for folder, iris in segments.items():
        if folder in COLUMNS:
            values = {lang: {"table": tables[lang][folder], "mark": MARK} for lang in graphs}
            shared.write("list.html", folder, titles[folder], values)
        else:
            kinds = {lang: {"groups": by_kind(graph, iris)} for lang, graph in graphs.items()}
            shared.write("kinds.html", folder, titles[folder], kinds)
    browse_titles = {lang: message("browse", lang) for lang in graphs}
    shared.write(
        "kinds.html", "browse", browse_titles, {lang: browse_values(graph, segments) for lang, graph in graphs.items()}
    )


def browse_values(graph: Graph, folders: Iterable[str]) -> dict[str, Any]:
    """Return what the list of lists shows."""
    listed = [folder for folder in folders if _FORMER not in graph.names.kinds(BASE + folder)]
    return {"groups": [("", [NamedRef(BASE + folder, folder_title(graph, folder)) for folder in listed])]}


def _count(shared: Site, iri: str) -> int:
    """Count the statements that name a thing, or what rests on a source."""
    statements = tuple(f"{BASE}id/{part}/" for part in ("rel", "obs", "record"))
    naming = {user for user, _ in shared.uses.get(iri, ()) if user.startswith(statements)}
    return len(naming | shared.citing(iri))


def by_kind(graph: Graph, iris: Iterable[str]) -> list[tuple[str, list[NamedRef]]]:
    """Group things by what they are, in the order of their names."""
    labels = graph.names.labels(iris)
    grouped: dict[str, list[NamedRef]] = defaultdict(list)
    for iri in sorted(labels, key=lambda iri: (normalize_name(labels[iri]), iri)):
        grouped[graph.names.kind(iri)].append(NamedRef(iri, labels[iri]))
    return sorted(grouped.items())


def _titles(shared: Site, folder: str) -> dict[str, str]:
    return {lang: folder_title(graph, folder) for lang, graph in shared.publication.by_language.items()}


def folder_title(graph: Graph, folder: str) -> str:
    """Name a folder of things: by a word of ours, or as its vocabulary is called."""
    if folder.startswith("id/") or folder == "vocab/list":
        segment = folder.rpartition("/")[2]
        return message(f"seg_{segment}", graph.lang, default=segment)
    name = graph.names.labels([BASE + folder])[BASE + folder]
    return name[:1].upper() + name[1:]


def _network(shared: Site, name: str) -> None:
    """Write a page to explore a projection."""
    publication = shared.publication
    pages = [(lang, f"network/{name}{shared.ending(lang)}") for lang in publication.languages]
    for lang, path in pages:
        graph = publication.by_language[lang]
        table = tie_rows(graph, name)
        others = "".join(other.rpartition("/")[2] for page_lang, other in pages if page_lang != lang)
        home = f"../network{shared.ending(lang)}"
        text = network_page(graph, to_networkx(graph, name, table), table, heading(graph, name), home, others)
        publication.write(shared.folder / path, text)
        shared.pages.append((path, pages))


def _network_list(shared: Site) -> None:
    """Write the list of the networks."""
    graph = shared.publication.graph
    values = {lang: networks_values(graph, lang, shared.ending(lang)) for lang in shared.publication.languages}
    shared.write("questions.html", "network", {lang: message("network", lang) for lang in values}, values)


def networks_values(graph: Graph, lang: str, ending: str) -> dict[str, Any]:
    """Return what the list of networks shows.

    :param ending: of the addresses of their pages.
    """
    listed = projections(graph).items()
    networks = [(name, best_text(q.title, lang), best_text(q.question, lang)) for name, q in listed]
    return {"ending": ending, "folder": "network", "groups": [("", networks)]}


def _question_list(shared: Site) -> None:
    """Write the list of the saved questions, for people and for programs."""
    publication = shared.publication
    graph = publication.graph
    publication.write(
        shared.folder / "queries/catalogue.ttl", serialize_triples(catalogue(graph), RdfFormat.TURTLE, graph.prefixes)
    )
    values = {lang: questions_values(graph, lang, shared.ending(lang)) for lang in publication.languages}
    shared.write("questions.html", "questions", {lang: message("questions", lang) for lang in values}, values)
    if is_sourced(graph):
        _sourced(shared)


def questions_values(graph: Graph, lang: str, ending: str) -> dict[str, Any]:
    """Return what the list of saved questions shows, by subject.

    :param ending: of the addresses of their pages.
    """
    ordered = sorted(graph.questions.values(), key=lambda q: (q.path.parent.name, q.name))
    groups = [
        (subject, [(q.name, best_text(q.title, lang), best_text(q.question, lang)) for q in group])
        for subject, group in groupby(ordered, key=lambda q: q.path.parent.name)
    ]
    return {"ending": ending, "folder": "queries", "groups": groups}


def _question(shared: Site, name: str) -> None:
    """Write a saved question with its answer, as a page and as CSV."""
    publication, stem = shared.publication, f"queries/{name}"
    question = publication.graph.questions[name]
    head, sparql = _parts(question.text)
    publication.write(shared.folder / f"{stem}.rq", f"{head}# Ask it of {publication.address}{ALL}\n{sparql}")
    answers = publication.graph.query_in(publication.languages, question)
    values: dict[str, dict[str, Any]] = {}
    for lang, graph in publication.by_language.items():
        ending = shared.ending(lang)
        values[lang] = question_values(graph, question, answers[lang], ending)
        csv = shared.folder / f"{stem}{ending.removesuffix('.html')}.csv"
        publication.write(csv, to_csv(answers[lang], ","))
    shared.write("question.html", stem, {lang: best_text(question.title, lang) for lang in values}, values)


def question_values(graph: Graph, question: Question, answer: Result, ending: str) -> dict[str, Any]:
    """Return what the page of a saved question shows: what it asks, with which values, and the answer."""
    defaults = question.defaults()
    return {
        "answer": answer,
        "asked": best_text(question.question, graph.lang),
        "summary": best_text(question.question, graph.lang),
        "ending": ending,
        "file": ALL,
        "name": question.name,
        "parameters": [
            (p.name, best_text(p.label, graph.lang), _default_text(graph, defaults[p.name]))
            for p in question.parameters
        ],
        "sparql": _parts(question.text)[1],
    }


def _parts(text: str) -> tuple[str, str]:
    """Split a question's file into its head and its SPARQL."""
    lines = text.splitlines(keepends=True)
    sparql = "".join(line for line in lines if not line.startswith("#+"))
    return "".join(line for line in lines if line.startswith("#+")), sparql


def _sourced(shared: Site) -> None:
    """Write how well each kind of statement is sourced, and what most needs a better source."""
    spoken = shared.publication.by_language
    values = {lang: sourced_values(graph, shared.ending(lang)) for lang, graph in spoken.items()}
    shared.write("sourced.html", "sourced", {lang: message("sourced", lang) for lang in values}, values)


def sourced_values(graph: Graph, ending: str) -> dict[str, Any]:
    """Return what the page on sources shows.

    :param ending: of the addresses of questions.
    """
    counted = [row.values for row in graph.query("how-well-sourced").rows]
    by_tier: dict[Value, dict[Value, int]] = defaultdict(lambda: defaultdict(int))
    for _, support, tier, statements in counted:
        by_tier[tier][support] += int(str(statements))
    kinds = {kind for kind, *_ in counted}
    statistics = [row.values for row in graph.stats().rows]
    dates = message("about_dates", graph.lang)
    return {
        "groups": [
            (str(row[0]), row[-1])
            for row in statistics
            if (not isinstance(row[0], NamedRef) or row[0].iri == CM + "Membership") and row[0] != dates
        ],
        "dated": [row[-1] for row in statistics if row[0] == dates],
        "kinds": [row for row in statistics if row[0] in kinds],
        "supports": sorted({support for _, support, *_ in counted}, key=str),
        "tiers": sorted(by_tier.items(), key=lambda item: -sum(item[1].values())),
        "weakest": [row.values for row in graph.query("needs-better-source").rows[:FEW]],
        "ending": ending,
    }


def is_mapped(graph: Graph) -> bool:
    """Say whether there is a map of projects, which are as of the day of their inventory and of no other."""
    return graph.questions.keys() >= _MAPPED and graph.as_of is None


def is_sourced(graph: Graph) -> bool:
    """Say whether there is a page on how well statements are sourced."""
    return graph.questions.keys() >= _SOURCED


def _map(shared: Site) -> None:
    """Write the map of projects, each a link to its page."""
    spoken = shared.publication.by_language
    values = {lang: map_values(graph, shared._seen_from("", lang).href) for lang, graph in spoken.items()}
    shared.write("map.html", "map", {lang: message("map", lang) for lang in values}, values)


def map_values(graph: Graph, href: Callable[[str], str]) -> dict[str, Any]:
    """Return what the map of projects shows.

    :param href: returns the address of a thing.
    """
    picture = map_picture(graph, "projects", EVERYTHING, href=href)
    drawing = Markup(picture.svg(True))  # noqa: S704 - every value in it was escaped when it was drawn
    return {"drawing": drawing, "note": picture.head.note, "table": picture.table, "most": len(picture.table)}


def _default_text(graph: Graph, default: str) -> str:
    """Write a parameter's default for people: names for CURIEs, text for literals."""
    words = []
    for term in re.findall(r'"[^"]*"|[\w-]+:[\w.-]+|<[^>]*>|\w+', re.sub(r"\^\^\S+|@[\w-]+", "", default)):
        node = graph.prefixes.expand(term) if ":" in term and not term.startswith('"') else None
        words.append(graph.names.labels([node.value])[node.value] if node else term.strip('"'))
    return ", ".join(words)


def _terms(shared: Site) -> None:
    """Write the reference of the model."""
    values = model_values(shared.publication, shared.stars)
    shared.write("terms.html", "def", {lang: message("model", lang) for lang in values}, values)


def model_values(publication: Publication, stars: Mapping[str, Sequence[Triple]]) -> dict[str, dict[str, Any]]:
    """Return what the reference of the model shows, by language.

    :param stars: by IRI, what is stated of each term, and of the ontology itself.
    """
    iris = sorted(iri for iri in stars if iri.startswith(CM))
    triples = fetch_triples({*iris, BASE + "ontology"}, publication.graph.store)
    classes = {iri for iri in iris for t in stars[iri] if lexical(t.object).endswith("owl#Class")}

    texts = {
        t.object.language or "": t.object.value
        for t in stars[BASE + "ontology"]
        if t.predicate.value.endswith("/description") and isinstance(t.object, Literal)
    }
    values = {}
    for lang, graph in publication.by_language.items():
        terms = [build_entity(iri, {(iri, iri): triples[iri]}, graph.store, graph.names) for iri in iris]
        terms.sort(key=lambda term: (normalize_name(term.thing.label), term.thing.iri))
        values[lang] = {
            "description": best_text(texts, lang),
            "namespace": publication.rebased(CM),
            "groups": [
                (message("classes", lang), [term for term in terms if term.thing.iri in classes]),
                (message("properties", lang), [term for term in terms if term.thing.iri not in classes]),
            ],
        }
    return values


def _changes(shared: Site, history: History) -> None:
    """Write what changed since the edition before: as a page, a record, a table and a feed."""
    publication, values, main = shared.publication, {}, shared.publication.languages[0]
    write_record(publication, history, shared.folder)
    titles = {lang: message("changes_title", lang) for lang in publication.languages}
    for lang, graph in publication.by_language.items():
        values[lang] = changes_values(history, graph, shared.stars.keys(), _feed(shared, history, lang), main)
    shared.write("changes.html", "changes", titles, values)


def changes_values(history: History, graph: Graph, present: Set[str], feed: str, recorded_in: str) -> dict[str, Any]:
    """Return what the page of changes shows.

    :param present: the IRIs of what the graph has.
    :param feed: the name of the feed; empty if there is none.
    :param recorded_in: the language of what changed.
    """
    groups = grouped(history, graph, present)
    return {
        "colon": COLON[graph.lang],
        "editions": history.editions,
        "feed": feed,
        "groups": [(how, list(some)) for how, some in groupby(groups, key=lambda group: group.how)],
        "hows": [how for how in HOW if any(edition.counts.get(how) for edition in history.editions)],
        "recorded_in": recorded_in,
        "since": history.since,
        "present": present,
    }


def _feed(shared: Site, history: History, lang: str) -> str:
    """Write the feed of the editions in a language and return its name; empty if an edition has no day."""
    ending = shared.ending(lang)
    name = f"changes{ending.removesuffix('.html')}.atom"
    if not (text := feed(shared.publication, history, lang, name, f"changes{ending}")):
        return ""
    shared.publication.write(shared.folder / name, text)
    return name


def feed(publication: Publication, history: History, lang: str, name: str, page: str) -> str:
    """Write the feed of the editions in a language; empty if an edition has no day.

    :param name: its own path.
    :param page: the path of the page of changes.
    """
    days = [day(edition, publication.modified) for edition in history.editions]
    if not all(days):
        return ""
    entries = [
        {"edition": edition, "day": when, "text": counted(edition, lang) or message("changes_first", lang)}
        for edition, when in zip(history.editions, days, strict=True)
    ]
    return render_template(
        "changes.xml",
        about=publication.about,
        address=publication.address,
        entries=entries,
        feed=name,
        lang=lang,
        page=page,
        site_title=best_text(publication.about["title"], lang),
        title=message("changes_title", lang),
        w=lambda key: message(key, lang),
    )


def counted(edition: Edition, lang: str) -> str:
    """Say how much an edition changed."""
    return ", ".join(
        f"{message(how, lang)}{COLON[lang]}{as_text(number, lang)}" for how, number in edition.counts.items()
    )


def _front(shared: Site, history: History) -> None:
    """Write the first page, and the page of downloads."""
    publication, data = shared.publication, distributions(shared.folder)
    fronts = {
        lang: front_values(publication, graph, shared.segments, _ended(shared.ending(lang)))
        | {"new": counted(history.editions[0], lang), "since": history.since}
        | {"schema": schema_org(publication, data)}
        for lang, graph in publication.by_language.items()
    }
    shared.write("index.html", "index", {lang: best_text(publication.about["title"], lang) for lang in fronts}, fronts)
    uses = {lang: {"files": downloads(data, lang)} for lang in publication.languages}
    shared.write("download.html", "download", {lang: message("download", lang) for lang in uses}, uses)


def _ended(ending: str) -> Callable[[str], str]:
    return lambda path: path + ending


_FOLDERS = (
    "id/agent",
    "id/arrangement",
    "id/project",
    "id/event",
    "id/record",
    "vocab/mineral",
    "vocab/list",
    "id/place",
    "id/source",
)
"""The lists that the first page leads to."""


def front_values(
    publication: Publication, graph: Graph, segments: Mapping[str, Sequence[str]], at: Callable[[str], str]
) -> dict[str, Any]:
    """Return what the first page shows.

    :param segments: the things that have pages, by folder.
    :param at: returns the address of a page.
    """
    kinds = Counter(map(graph.names.kind, segments.get("id/agent", ()))).most_common()
    return {
        "care": best_text(publication.about["care"] or {}, graph.lang),
        "description": best_text(publication.about["description"] or {}, graph.lang),
        "downloads": at("download"),
        "questions": at("questions"),
        "map": at("map") if is_mapped(graph) else "",
        "sourced": at("sourced") if is_sourced(graph) else "",
        "changes": at("changes"),
        "kinds": [(kind, f"{at('id/agent')}#{urlencode({'kind': kind})}", number) for kind, number in kinds],
        "segments": [
            (folder_title(graph, folder), at(folder), len(segments[folder]))
            for folder in _FOLDERS
            if folder in segments
        ],
    }


def downloads(files: Iterable[Distribution], lang: str) -> list[tuple[Distribution, str]]:
    """Return files that can be downloaded, those first that most people want, and what each is for."""
    ordered = sorted(
        files, key=lambda file: next((n for n, p in enumerate(_DOWNLOAD_ORDER) if file.path.startswith(p)), 99)
    )
    return [(file, message(_use(file), lang)) for file in ordered]


def _use(file: Distribution) -> str:
    """Return the key of the words that say what a file is for."""
    return "for_all" if file.path == ALL else f"for_{file.file.suffix[1:]}"


_WRITERS: Mapping[str, Callable[..., None]] = {
    "things": _things,
    "gathered": _gathered,
    "network": _network,
    "question": _question,
    "lists": _lists,
    "map": _map,
    "network list": _network_list,
    "question list": _question_list,
    "terms": _terms,
}
"""The functions that run the jobs, by their parts."""


def _correct(publication: Publication, page: str) -> str:
    """Return where a correction of a page is asked for, if the data set names an address."""
    contact = str(publication.about["contact"] or "")
    if contact.startswith(("http://", "https://")):
        return contact
    return f"mailto:{contact.removeprefix('mailto:')}?subject={quote(page)}" if "@" in contact else ""


def web_address(iri: str) -> str:
    """Return an address that a link may have; what could run as a script is none."""
    return iri if iri.startswith(("http://", "https://")) else "#"
