"""The site: a page per thing in each language, lists, questions with their answers, the model, and downloads.

An IRI of the data set is the path of its page: ``id/agent/x`` is ``id/agent/x.html``, and ``x.ttl`` and ``x.jsonld``
hold its data. Statements and citations share documents, named by the first word of theirs.
"""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, RdfFormat, Triple

from cmgraph.analysis.network import to_networkx
from cmgraph.analysis.projections import projections, tie_rows
from cmgraph.answers.entity import Entity, Said, Statement, build_entity, collect_statements, fetch_triples
from cmgraph.answers.render import to_csv
from cmgraph.answers.result import WHOLE
from cmgraph.answers.sentences import sentence
from cmgraph.export.catalogue import catalogue
from cmgraph.export.dataset import dataset_iri, distributions, schema_org
from cmgraph.export.publication import Publication
from cmgraph.export.rdf import context, jsonld_nodes, serialize_triples
from cmgraph.graph import Graph
from cmgraph.names import normalize_name
from cmgraph.pictures.base import heading
from cmgraph.pictures.entity import ties
from cmgraph.pictures.network import page as network_page
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import BASE, CM, RDF_TYPE, SKOS, NamedRef, Value, best_text, lexical
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

FEW = 30
"""How many statements of a kind are shown at once; more are folded away until asked for."""

MOST = 200
"""How many rows of an answer a page shows."""

_SHARED = ("rel", "obs", "record", "cite")
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

_SOURCED = {"how-well-sourced", "needs-better-source"}
"""The questions that the page on sources answers; a graph that does not have them has no such page."""

_SCHEMA = {
    "agent": "Organization",
    "arrangement": "CreativeWork",
    "event": "Event",
    "place": "Place",
    "project": "Place",
    "source": "CreativeWork",
}
_NO_ORGANIZATION = {CM + name for name in ("Agent", "AgentGroup", "IndigenousNation", "IndigenousPeople")}


@dataclass
class _Site:
    """What pages share."""

    publication: Publication
    folder: Path
    stars: Mapping[str, list[Triple]]
    pages: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    """Every page, with itself in each language."""

    @cached_property
    def context(self) -> dict[str, Any]:
        """The JSON-LD context."""
        terms: dict[str, Any] = context(self.publication)["@context"]
        return terms

    def ending(self, lang: str) -> str:
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
        for iri in sorted(self.stars, key=lambda iri: (iri != iri.lower(), iri)):  # of two that clash, the plainer
            path = iri.removeprefix(BASE)
            if not path.startswith(("id/", "vocab/")):
                continue
            head, _, slug = path.rpartition("/")
            stem = f"{head}/{slug.partition('-')[0]}" if head.removeprefix("id/") in _SHARED else path
            if not _PATH.fullmatch(stem) or not path.isascii() or folded.setdefault(stem.casefold(), stem) != stem:
                without.append(iri)
            else:
                stems[iri] = stem if stem == path else f"{stem}#{slug}"
        if without:
            problem = "things have no page, because their names cannot be file names on every system"
            logging.getLogger("cmgraph").warning("%d %s: %s", len(without), problem, ", ".join(without[:_NAMED]))
        return stems

    def write(
        self, template: str, stem: str, titles: Mapping[str, str], values: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Write a page in every language."""
        publication, root = self.publication, "../" * stem.count("/")
        languages = [(lang, stem + self.ending(lang)) for lang in publication.languages]
        for lang, path in languages:

            def href(iri: str, lang: str = lang) -> str:
                stem, hash_, anchor = (self.stem(iri) or "").partition("#")
                return f"{root}{stem}{self.ending(lang)}{hash_}{anchor}" if stem else web_address(iri)

            html = page(
                publication,
                template,
                lang,
                here=path,
                href=href,
                index="index" + self.ending(lang),
                languages=languages,
                menu=[(message(key, lang), name + self.ending(lang)) for key, name in _MENU.items()],
                root=root,
                served=False,
                stem=stem,
                title=titles[lang],
                **values[lang],
            )
            publication.write(self.folder / path, html)
            self.pages.append((path, languages))


def page(publication: Publication, template: str, lang: str, /, **values: Any) -> str:
    """Write a page in a language: what all pages share, and the ``values`` of this one."""

    def w(key: str) -> str:
        return message(key, lang)

    def words(statement: Statement) -> list[str | Value]:
        return sentence(statement, lang)

    return render_template(
        template,
        about=publication.about,
        as_of=publication.graph.as_of,
        few=FEW,
        lang=lang,
        modified=publication.modified,
        most=MOST,
        site_title=best_text(publication.about["title"], lang),
        w=w,
        whole=WHOLE,
        words=words,
        **values,
    )


_MENU = {
    "home": "index",
    "browse": "browse",
    "network": "network",
    "questions": "questions",
    "model": "def",
    "download": "download",
}


def site(publication: Publication, folder: Path) -> None:
    """Write the site into ``folder``, around the files that are there."""
    stars: dict[str, list[Triple]] = defaultdict(list)
    for triple in publication.stated:
        stars[lexical(triple.subject)].append(triple)
    shared = _Site(publication, folder, dict(stars))
    assets = files("cmgraph") / "text/templates"
    for name in ("style.css", "search.js"):
        publication.write(folder / "assets" / name, (assets / name).read_text(encoding="utf-8"))
    segments = _segments(shared)
    _things(shared, segments)
    _shared(shared)
    _lists(shared, segments)
    _networks(shared)
    _questions(shared)
    if publication.graph.questions.keys() >= _SOURCED:
        _sourced(shared)
    _terms(shared)
    _front(shared, segments)
    text = render_template(
        "sitemap.xml", address=publication.address, modified=publication.modified, pages=sorted(shared.pages)
    )
    publication.write(folder / "sitemap.xml", text)
    french = len(publication.languages) > 1
    publication.write(
        folder / ".htaccess", render_template("htaccess.txt", inner=True, to="%{ENV:HERE}", french=french)
    )
    w3id = render_template("htaccess.txt", inner=False, to=publication.address, french=french)
    publication.write(folder / "w3id/.htaccess", w3id)


def _segments(shared: _Site) -> dict[str, list[str]]:
    """Group the things that have pages of their own by the folder they are in."""
    segments: dict[str, list[str]] = defaultdict(list)
    for iri in sorted(shared.stars):
        folder = (shared.stem(iri) or "").rpartition("/")[0]
        if "/" in folder and "#" not in folder and folder.removeprefix("id/") not in _SHARED:
            segments[folder].append(iri)
    return dict(segments)


def _things(shared: _Site, segments: Mapping[str, list[str]]) -> None:
    publication = shared.publication
    uses: dict[str, list[str]] = defaultdict(list)
    for iri, star in shared.stars.items():
        for triple in star:
            if iri.startswith(BASE + "id/"):
                uses[lexical(triple.object)].append(iri)
    names: dict[str, list[dict[str, Any]]] = defaultdict(list)
    done = 0
    for folder, iris in segments.items():
        counted = folder.removeprefix("vocab/") in _WITHOUT
        pairs: Iterable[tuple[str, Said]] = collect_statements(iris, publication.graph.store, publication.graph.as_of)
        if counted:
            pairs = (
                (iri, {(iri, iri): statements})
                for iri, statements in fetch_triples(set(iris), publication.graph.store).items()
            )
        for iri, statements in pairs:
            entities = {
                lang: build_entity(iri, statements, graph.store, graph.names)
                for lang, graph in publication.by_language.items()
            }
            stem, count = iri.removeprefix(BASE), len(uses[iri]) if counted else 0
            titles = {lang: entity.thing.label for lang, entity in entities.items()}
            schema = _schema(publication, folder, entities[publication.languages[0]], shared.stars[iri])
            shared.write(
                "entity.html", stem, titles, {lang: entity_values(e, count, schema) for lang, e in entities.items()}
            )
            _data(shared, stem, _around(shared.stars, [iri], () if counted else uses[iri]))
            for lang, entity in entities.items():
                called = dict.fromkeys([entity.thing.label, *(name for name, _ in entity.names)])
                names[lang].append({"n": [*called], "p": stem + shared.ending(lang), "k": entity.kind})
            done += 1
            publication.progress(done, stem)
    for lang, entries in names.items():
        text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        publication.write(shared.folder / f"assets/names.{lang}.js", f"window.cmgraphNames = {text};\n")


def entity_values(entity: Entity, count: int = 0, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the page of a thing shows.

    :param count: in how many statements it is used, if they are not shown.
    """
    return {
        "entity": entity,
        "names": entity.names,
        "groups": [(kind, list(group)) for kind, group in groupby(entity.statements, key=lambda s: s.kind)],
        "picture": ties(entity),
        "count": count,
        "schema": schema,
        "forms": [("ttl", "text/turtle", "Turtle"), ("jsonld", "application/ld+json", "JSON-LD")],
    }


def _shared(shared: _Site) -> None:
    """Write the documents that statements, register entries and citations share."""
    publication = shared.publication
    groups: dict[str, list[str]] = defaultdict(list)
    for iri in sorted(shared.stars):
        stem = shared.stem(iri) or ""
        if stem.startswith(tuple(f"id/{part}/" for part in _SHARED)):
            groups[stem.partition("#")[0]].append(iri)
    for stem, iris in groups.items():
        fetched = fetch_triples(set(iris), publication.graph.store)
        kinds = {
            iri: min((lexical(t.object) for t in shared.stars[iri] if t.predicate == RDF_TYPE), default="")
            for iri in iris
        }
        statements = {(kinds[iri], iri): fetched[iri] for iri in sorted(iris, key=lambda iri: (kinds[iri], iri))}
        entities = {
            lang: build_entity(BASE + stem, statements, g.store, g.names) for lang, g in publication.by_language.items()
        }
        segment = stem.split("/")[1]
        titles = {
            lang: f"{message(f'seg_{segment}', lang, default=segment)}: {stem.rpartition('/')[2]}"
            for lang in publication.languages
        }
        values = {
            lang: entity_values(entity) | {"picture": {"left": [], "right": []}} for lang, entity in entities.items()
        }
        shared.write("entity.html", stem, titles, values)
        _data(shared, stem, _around(shared.stars, iris, ()))


def _around(stars: Mapping[str, list[Triple]], iris: Iterable[str], uses: Iterable[str]) -> list[Triple]:
    """Return what is said of things and in the statements they stand in, with citations, sources and names."""
    described = dict.fromkeys([*iris, *uses])
    cited = dict.fromkeys(
        lexical(t.object) for iri in described for t in stars.get(iri, ()) if t.predicate.value == CM + "hasCitation"
    )
    sources = dict.fromkeys(
        lexical(t.object) for iri in cited for t in stars.get(iri, ()) if t.predicate.value == CM + "citesSource"
    )
    triples = [t for iri in {**described, **cited, **sources} for t in stars.get(iri, ())]
    named = {lexical(t.object) for t in triples} - {*described, *cited, *sources}
    names = [
        t for iri in sorted(named & stars.keys()) for t in stars.get(iri, ()) if t.predicate.value == SKOS + "prefLabel"
    ]
    return sorted({*triples, *names}, key=str)


def _data(shared: _Site, stem: str, triples: list[Triple]) -> None:
    publication, prefixes = shared.publication, shared.publication.graph.prefixes
    publication.write(shared.folder / f"{stem}.ttl", serialize_triples(triples, RdfFormat.TURTLE, prefixes))
    nodes = list(jsonld_nodes(triples, shared.context, prefixes))
    keys = {key for node in nodes for key in node} | {"id", "type", *prefixes.used(triples), "xsd"}
    definitions = {key: definition for key, definition in shared.context.items() if key in keys}
    publication.write_json_ld(shared.folder / f"{stem}.jsonld", definitions, nodes)


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


def _lists(shared: _Site, segments: Mapping[str, list[str]]) -> None:
    """Write a list of the things in each folder, and a list of these lists."""
    spoken = shared.publication.by_language
    titles = {folder: _titles(shared, folder) for folder in segments}
    for folder, iris in segments.items():
        values = {lang: {"groups": _by_kind(graph, iris)} for lang, graph in spoken.items()}
        shared.write("kinds.html", folder, titles[folder], values)
    folders = {lang: [NamedRef(BASE + folder, titles[folder][lang]) for folder in segments] for lang in spoken}
    called = {lang: message("browse", lang) for lang in spoken}
    shared.write("kinds.html", "browse", called, {lang: {"groups": [("", some)]} for lang, some in folders.items()})


def _by_kind(graph: Graph, iris: Iterable[str]) -> list[tuple[str, list[NamedRef]]]:
    """Group things by what they are, in the order of their names."""
    labels = graph.names.labels(iris)
    by_kind: dict[str, list[NamedRef]] = defaultdict(list)
    for iri in sorted(labels, key=lambda iri: (normalize_name(labels[iri]), iri)):
        by_kind[graph.names.kind(iri)].append(NamedRef(iri, labels[iri]))
    return sorted(by_kind.items())


def _titles(shared: _Site, folder: str) -> dict[str, str]:
    """Name a folder of things: by a word of ours, or as its vocabulary is called."""
    if folder.startswith("id/") or folder == "vocab/list":
        segment = folder.rpartition("/")[2]
        return {lang: message(f"seg_{segment}", lang, default=segment) for lang in shared.publication.languages}
    named = {
        lang: graph.names.labels([BASE + folder])[BASE + folder]
        for lang, graph in shared.publication.by_language.items()
    }
    return {lang: name[:1].upper() + name[1:] for lang, name in named.items()}


def _networks(shared: _Site) -> None:
    """Write a page to explore each projection, and a list of them."""
    publication = shared.publication
    names = projections(publication.graph)
    for lang, graph in publication.by_language.items():
        for name in names:
            table = tie_rows(graph, name)
            other_pages = [f"{name}{shared.ending(other)}" for other in publication.languages if other != lang]
            home = f"../network{shared.ending(lang)}"
            text = network_page(
                graph, to_networkx(graph, name, table), table, heading(graph, name), home, "".join(other_pages)
            )
            publication.write(shared.folder / f"network/{name}{shared.ending(lang)}", text)
            shared.pages.append(
                (
                    f"network/{name}{shared.ending(lang)}",
                    [(other, f"network/{name}{shared.ending(other)}") for other in publication.languages],
                )
            )

    values = {
        lang: {
            "ending": shared.ending(lang),
            "folder": "network",
            "groups": [
                ("", [(name, best_text(q.title, lang), best_text(q.question, lang)) for name, q in names.items()])
            ],
        }
        for lang in publication.languages
    }
    shared.write(
        "questions.html", "network", {lang: message("network", lang) for lang in publication.languages}, values
    )


def _questions(shared: _Site) -> None:
    """Write each saved question with its answer, as a page and as CSV."""
    publication = shared.publication
    graph = publication.graph
    stated = catalogue(graph)
    publication.write(
        shared.folder / "queries/catalogue.ttl", serialize_triples(stated, RdfFormat.TURTLE, graph.prefixes)
    )
    for question in graph.questions.values():
        _question(shared, question)
    values = {lang: questions_values(graph, lang, shared.ending(lang)) for lang in publication.languages}
    shared.write("questions.html", "questions", {lang: message("questions", lang) for lang in values}, values)


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


def _question(shared: _Site, question: Question) -> None:
    publication, stem = shared.publication, f"queries/{question.name}"
    publication.write(shared.folder / f"{stem}.rq", question.text)
    values: dict[str, dict[str, Any]] = {}
    for lang, graph in publication.by_language.items():
        ending = shared.ending(lang)
        values[lang] = question_values(graph, question, ending)
        csv = shared.folder / f"{stem}{ending.removesuffix('.html')}.csv"
        publication.write(csv, to_csv(values[lang]["answer"], ","))
    shared.write("question.html", stem, {lang: best_text(question.title, lang) for lang in values}, values)


def question_values(graph: Graph, question: Question, ending: str) -> dict[str, Any]:
    """Return what the page of a saved question shows: what it asks, with which values, and the answer."""
    defaults = question.defaults()
    return {
        "answer": graph.query(question),
        "asked": best_text(question.question, graph.lang),
        "ending": ending,
        "name": question.name,
        "parameters": [
            (p.name, best_text(p.label, graph.lang), _said(graph, defaults[p.name])) for p in question.parameters
        ],
        "sparql": "\n".join(line for line in question.text.splitlines() if not line.startswith("#+")),
    }


def _sourced(shared: _Site) -> None:
    """Write how well each kind of statement is sourced, and what most needs a better source."""
    values = {}
    for lang, graph in shared.publication.by_language.items():
        counted = [row.values for row in graph.query("how-well-sourced").rows]
        by_tier: dict[Value, dict[Value, int]] = defaultdict(lambda: defaultdict(int))
        for _, support, tier, statements in counted:
            by_tier[tier][support] += int(str(statements))
        kinds = {kind for kind, *_ in counted}
        values[lang] = {
            "kinds": [row.values for row in graph.stats().rows if row[0] in kinds],
            "supports": sorted({support for _, support, *_ in counted}, key=str),
            "tiers": sorted(by_tier.items(), key=lambda item: -sum(item[1].values())),
            "weakest": [row.values for row in graph.query("needs-better-source").rows[:FEW]],
            "ending": shared.ending(lang),
        }
    shared.write("sourced.html", "sourced", {lang: message("sourced", lang) for lang in values}, values)


def _said(graph: Graph, default: str) -> str:
    """Write a parameter's default for people: names for CURIEs, text for literals."""
    words = []
    for term in re.findall(r'"[^"]*"|[\w-]+:[\w.-]+|<[^>]*>|\w+', re.sub(r"\^\^\S+|@[\w-]+", "", default)):
        node = graph.prefixes.expand(term) if ":" in term and not term.startswith('"') else None
        words.append(graph.names.labels([node.value])[node.value] if node else term.strip('"'))
    return ", ".join(words)


def _terms(shared: _Site) -> None:
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


def _front(shared: _Site, segments: Mapping[str, list[str]]) -> None:
    """Write the first page, and the page of downloads."""
    publication = shared.publication
    data = distributions(shared.folder)
    folders = [
        "id/agent",
        "id/arrangement",
        "id/project",
        "id/event",
        "vocab/mineral",
        "vocab/list",
        "id/place",
        "id/source",
    ]

    fronts = {
        lang: {
            "care": best_text(publication.about["care"] or {}, lang),
            "description": best_text(publication.about["description"] or {}, lang),
            "downloads": "download" + shared.ending(lang),
            "questions": "questions" + shared.ending(lang),
            "sourced": "sourced" + shared.ending(lang) if publication.graph.questions.keys() >= _SOURCED else "",
            "schema": schema_org(publication, data),
            "segments": [
                (_titles(shared, folder)[lang], folder + shared.ending(lang), len(segments[folder]))
                for folder in folders
                if folder in segments
            ],
        }
        for lang in publication.languages
    }
    shared.write("index.html", "index", {lang: best_text(publication.about["title"], lang) for lang in fronts}, fronts)
    uses = {
        lang: {"files": [(file, message(f"for_{file.file.suffix[1:]}", lang)) for file in data]}
        for lang in publication.languages
    }
    shared.write("download.html", "download", {lang: message("download", lang) for lang in uses}, uses)


def web_address(iri: str) -> str:
    """Return an address that a link may have; what could run as a script is none."""
    return iri if iri.startswith(("http://", "https://")) else "#"
