"""The site: a page per thing in each language, lists, questions with their answers, the model, and downloads.

An IRI of the data set is the path of its page: ``id/agent/x`` is ``id/agent/x.html``, and ``x.ttl`` and ``x.jsonld``
hold its data. Statements and citations share documents, named by the first word of theirs.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from pyoxigraph import Literal, RdfFormat, Triple

from cmgraph.analysis.filters import EVERYTHING
from cmgraph.analysis.network import to_networkx
from cmgraph.analysis.projections import projections, tie_rows
from cmgraph.answers.entity import Entity, Said, Statement, build_entity, collect_statements, fetch_triples
from cmgraph.answers.render import to_csv
from cmgraph.answers.result import WHOLE
from cmgraph.answers.sentences import sentence
from cmgraph.export.catalogue import catalogue
from cmgraph.export.dataset import Distribution, dataset_iri, distributions, schema_org
from cmgraph.export.lists import COLUMNS, MARK, list_tables
from cmgraph.export.publication import Publication
from cmgraph.export.rdf import context, jsonld_nodes, serialize_triples
from cmgraph.export.statements import Group, Resting, group_statements, resting
from cmgraph.graph import Graph
from cmgraph.names import normalize_name
from cmgraph.pictures.base import heading
from cmgraph.pictures.entity import ties
from cmgraph.pictures.map import picture as map_picture
from cmgraph.pictures.network import page as network_page
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import BASE, CM, RDF_TYPE, SKOS, NamedRef, Value, best_text, lexical
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

FEW = 10
"""How many statements of a kind are shown at once; more are folded away until asked for."""

MOST = 200
"""How many rows of an answer a page shows."""

ALL = "cmgraph-all.nt"
"""The file that answers every saved question."""

_WANTED = (ALL, "cmgraph.xlsx", "tables/", "cmgraph.ttl", "cmgraph.", "derived.nt", "network/", "profiles/", "parquet/")
"""What most people want to download, first."""

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
_NO_ORGANIZATION = {CM + name for name in ("Agent", "AgentGroup", "IndigenousNation", "IndigenousPeople")}


@dataclass
class _Site:
    """What pages share."""

    publication: Publication
    folder: Path
    stars: Mapping[str, list[Triple]]
    headings: dict[tuple[str, str], str] = field(default_factory=dict)
    """By language and heading, the page that has it."""
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
                if "/" in head and stem == path:
                    stems.setdefault(BASE + head, head)  # the list of what the folder holds
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

    def href(self, lang: str, root: str, iri: str) -> str:
        """Return the address of a thing's page from one that is ``root`` below the site's first, or else its own."""
        stem, hash_, anchor = (self.stem(iri) or "").partition("#")
        return f"{root}{stem}{self.ending(lang)}{hash_}{anchor}" if stem else web_address(iri)

    def write(
        self, template: str, stem: str, titles: Mapping[str, str], values: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Write a page in every language."""
        publication, root = self.publication, "../" * stem.count("/")
        languages = [(lang, stem + self.ending(lang)) for lang in publication.languages]
        for lang, path in languages:
            given = dict(values[lang])
            heading = self._heading(given.pop("heading", titles[lang]), stem, lang)
            html = page(
                publication,
                template,
                lang,
                heading=heading,
                here=path,
                href=partial(self.href, lang, root),
                index="index" + self.ending(lang),
                languages=languages,
                menu=[(message(key, lang), name + self.ending(lang)) for key, name in _MENU.items()],
                root=root,
                search_page="search" + self.ending(lang),
                served=False,
                stem=stem,
                title=titles[lang],
                **given,
            )
            publication.write(self.folder / path, html)
            self.pages.append((path, languages))

    def _heading(self, heading: str, stem: str, lang: str) -> str:
        """Return the heading, with the path of the page if another has the same."""
        return heading if self.headings.setdefault((lang, heading), stem) == stem else f"{heading} – {stem}"


def page(publication: Publication, template: str, lang: str, /, *, heading: str, here: str, **values: Any) -> str:
    """Write a page in a language: what all pages share, and the ``values`` of this one.

    :param heading: what the page is called in a list of pages.
    :param here: its path.
    """

    def w(key: str) -> str:
        return message(key, lang)

    def words(statement: Statement) -> list[str | Value]:
        return sentence(statement, lang)

    shared = {
        "about": publication.about,
        "address": publication.address,
        "as_of": publication.graph.as_of,
        "correct": _correct(publication, f"{heading} <{publication.address}{here}>"),
        "few": FEW,
        "heading": heading,
        "here": here,
        "lang": lang,
        "modified": publication.modified,
        "most": MOST,
        "site_title": best_text(publication.about["title"], lang),
        "summary": best_text(publication.about["description"] or {}, lang),
        "w": w,
        "whole": WHOLE,
        "words": words,
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


def site(publication: Publication, folder: Path) -> None:
    """Write the site into ``folder``, around the files that are there."""
    stars: dict[str, list[Triple]] = defaultdict(list)
    for triple in publication.stated:
        stars[lexical(triple.subject)].append(triple)
    shared = _Site(publication, folder, dict(stars))
    assets = files("cmgraph") / "text/templates"
    for name in ("style.css", "search.js", "list.js", "minisearch.js", "page.js", "icon.svg"):
        publication.write(folder / "assets" / name, (assets / name).read_text(encoding="utf-8"))
    segments = _segments(shared)
    _things(shared, segments)
    _shared(shared)
    _lists(shared, segments)
    _networks(shared)
    _questions(shared)
    if publication.graph.questions.keys() >= _SOURCED:
        _sourced(shared)
    if _is_mapped(publication.graph):
        _map(shared)
    _terms(shared)
    _front(shared, segments)
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


def _search(shared: _Site) -> None:
    """Write the page of what a search finds, and how a browser asks it."""
    publication = shared.publication
    titles = {lang: message("search_title", lang) for lang in publication.languages}
    shared.write("search.html", "search", titles, {lang: {} for lang in titles})
    for lang in titles:
        ending, title = shared.ending(lang), best_text(publication.about["title"], lang)
        text = render_template("opensearch.xml", address=publication.address, title=title, page=f"search{ending}")
        publication.write(shared.folder / f"opensearch{ending.removesuffix('.html')}.xml", text)


def _missing(shared: _Site) -> str:
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
    codes = _codes(shared.stars)
    uses, rests = shared.uses, _rests(shared, segments)
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
            stem, users = (
                iri.removeprefix(BASE),
                [user for user, _ in uses.get(iri, []) if user.startswith(BASE + "id/")],
            )
            titles = {lang: entity.thing.label for lang, entity in entities.items()}
            schema = _schema(publication, folder, entities[publication.languages[0]], shared.stars[iri])
            values = {
                lang: entity_values(entity, lang, len(users) if counted else 0, schema)
                | {"named_by": [] if counted else _named_by(shared, graph, entity, uses.get(iri, []))}
                | {"resting": _resting(shared, graph, iri, rests[iri]) if iri in rests else None}
                for (lang, entity), graph in zip(entities.items(), publication.by_language.values(), strict=True)
            }
            shared.write("entity.html", stem, titles, values)
            _data(shared, stem, _around(shared.stars, [iri], [] if counted else users))
            for lang, entity in entities.items():
                called = dict.fromkeys([entity.thing.label, *(name for name, _ in entity.names)])
                entry = {"n": [*called], "p": stem + shared.ending(lang), "k": entity.kind}
                names[lang].append(entry | ({"c": codes[iri]} if iri in codes else {}))
            done += 1
            publication.progress(done, stem)
    for lang in publication.languages:
        entries = [*names[lang], *_askable(shared, lang)]
        text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        publication.write(shared.folder / f"assets/names.{lang}.js", f"window.cmgraphNames = {text};\n")


def _codes(stars: Mapping[str, list[Triple]]) -> dict[str, list[str]]:
    """Return the codes by which people know a country, of the place and of who governs it."""
    codes = {
        iri: [lexical(t.object) for t in star if t.predicate.value in (CM + "countryCode", CM + "alpha3Code")]
        for iri, star in stars.items()
        if iri.startswith(BASE + "id/place/")
    }
    governed = {
        iri: codes.get(lexical(t.object), [])
        for iri, star in stars.items()
        for t in star
        if t.predicate.value == CM + "governs"
    }
    return {iri: some for iri, some in (codes | governed).items() if some}


def _askable(shared: _Site, lang: str) -> list[dict[str, Any]]:
    """List the saved questions among the names that are searched, with the words that they are found by."""
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


def _named_by(
    shared: _Site, graph: Graph, entity: Entity, uses: Iterable[tuple[str, str]]
) -> list[tuple[str, str, list[NamedRef]]]:
    """List the things whose own description points at a thing: by their kind and the property."""
    shown = {statement.iri for statement in entity.statements}
    others = [(user, prop) for user, prop in uses if user not in shown and not user.startswith(BASE + "id/cite/")]
    labels = graph.names.labels({CM + "governs", *(iri for pair in others for iri in pair)})
    governs = labels[CM + "governs"]
    grouped: dict[tuple[str, str], list[NamedRef]] = defaultdict(list)
    for user, prop in others:
        if shared.stem(user):
            grouped[graph.names.kind(user), labels[prop]].append(NamedRef(user, labels[user]))
    return [
        (kind, prop, sorted(things, key=lambda thing: (normalize_name(thing.label), thing.iri)))
        for (kind, prop), things in sorted(grouped.items(), key=lambda item: (item[0][1] != governs, item[0]))
    ]


def _rests(shared: _Site, segments: Mapping[str, list[str]]) -> dict[str, Said]:
    """Return by each source what cites a place in it."""
    citing = {source: shared.citing(source) for source in segments.get("id/source", ())}
    fetched = fetch_triples(set().union(*citing.values()), shared.publication.graph.store)
    return {
        source: {(_class(shared.stars[iri]), iri): fetched[iri] for iri in sorted(iris)}
        for source, iris in citing.items()
    }


def _class(star: Iterable[Triple]) -> str:
    """Return what something is: of two classes, the first."""
    return min((lexical(triple.object) for triple in star if triple.predicate == RDF_TYPE), default="")


def _resting(shared: _Site, graph: Graph, source: str, said: Said) -> Resting:
    """Tell what cites a place in a source; a thing is shown by its name, under what it is."""
    entity = build_entity(source, said, graph.store, graph.names)
    things = {s.iri for s in entity.statements if "#" not in (shared.stem(s.iri) or "#")}
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
    return resting(source, replace(entity, statements=statements), graph.lang)


def entity_values(entity: Entity, lang: str, count: int = 0, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the page of a thing shows.

    :param count: in how many statements it is used, if they are not shown.
    """
    groups = group_statements(entity.statements, entity.thing.iri, lang)
    return {
        "entity": entity,
        "names": entity.names,
        "groups": groups,
        "heading": f"{entity.thing.label} ({entity.kind})" if entity.kind else entity.thing.label,
        "summary": _summary(entity, groups),
        "named_by": [],
        "resting": None,
        "picture": ties(entity),
        "count": count,
        "schema": schema,
        "forms": [("ttl", "text/turtle", "Turtle"), ("jsonld", "application/ld+json", "JSON-LD")],
    }


def _summary(entity: Entity, groups: Sequence[Group]) -> str:
    """Say in a line what a thing is and what of it is known, the most first."""
    known = sorted(groups, key=lambda group: -len(group.statements))
    counted = ", ".join(f"{group.kind.label} ({len(group.statements)})" for group in known)
    return f"{entity.thing.label}: {entity.kind}. {counted}".strip(" .:")


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
        kinds = {iri: _class(shared.stars[iri]) for iri in iris}
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
            lang: entity_values(replace(entity, thing=NamedRef(BASE + stem, titles[lang])), lang)
            | {"heading": titles[lang], "picture": {"left": [], "right": []}}
            for lang, entity in entities.items()
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
    statements = {iri: _count(shared, iri) for iris in segments.values() for iri in iris}
    tables = {lang: list_tables(graph, segments, statements) for lang, graph in spoken.items()}
    for folder, iris in segments.items():
        if folder in COLUMNS:
            values = {lang: {"table": tables[lang][folder], "mark": MARK} for lang in spoken}
            shared.write("list.html", folder, titles[folder], values)
        else:
            kinds = {lang: {"groups": _by_kind(graph, iris)} for lang, graph in spoken.items()}
            shared.write("kinds.html", folder, titles[folder], kinds)
    folders = {lang: [NamedRef(BASE + folder, titles[folder][lang]) for folder in segments] for lang in spoken}
    called = {lang: message("browse", lang) for lang in spoken}
    shared.write("kinds.html", "browse", called, {lang: {"groups": [("", some)]} for lang, some in folders.items()})


def _count(shared: _Site, iri: str) -> int:
    """Count the statements that name a thing, or what rests on a source."""
    statements = tuple(f"{BASE}id/{part}/" for part in ("rel", "obs", "record"))
    naming = {user for user, _ in shared.uses.get(iri, ()) if user.startswith(statements)}
    return len(naming | shared.citing(iri))


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
    head, sparql = _parts(question.text)
    publication.write(shared.folder / f"{stem}.rq", f"{head}# Ask it of {publication.address}{ALL}\n{sparql}")
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
        "summary": best_text(question.question, graph.lang),
        "ending": ending,
        "file": ALL,
        "name": question.name,
        "parameters": [
            (p.name, best_text(p.label, graph.lang), _said(graph, defaults[p.name])) for p in question.parameters
        ],
        "sparql": _parts(question.text)[1],
    }


def _parts(text: str) -> tuple[str, str]:
    """Split a question's file into its head and its SPARQL."""
    lines = text.splitlines(keepends=True)
    sparql = "".join(line for line in lines if not line.startswith("#+"))
    return "".join(line for line in lines if line.startswith("#+")), sparql


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


def _is_mapped(graph: Graph) -> bool:
    """Say whether there is a map of projects, which are as of the day of their inventory and of no other."""
    return graph.questions.keys() >= _MAPPED and graph.as_of is None


def _map(shared: _Site) -> None:
    """Write the map of projects, each a link to its page."""
    from markupsafe import Markup

    values, titles = {}, {}
    for lang, graph in shared.publication.by_language.items():
        picture = map_picture(graph, "projects", EVERYTHING, href=partial(shared.href, lang, ""))
        drawing = Markup(picture.svg(True))  # noqa: S704 - every value in it was escaped when it was drawn
        values[lang] = {
            "drawing": drawing,
            "note": picture.head.note,
            "table": picture.table,
            "most": len(picture.table),
        }
        titles[lang] = message("map", lang)
    shared.write("map.html", "map", titles, values)


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
            "map": "map" + shared.ending(lang) if _is_mapped(publication.graph) else "",
            "sourced": "sourced" + shared.ending(lang) if publication.graph.questions.keys() >= _SOURCED else "",
            "schema": schema_org(publication, data),
            "kinds": [
                (kind, f"id/agent{shared.ending(lang)}#{urlencode({'kind': kind})}", number)
                for kind, number in Counter(map(graph.names.kind, segments.get("id/agent", ()))).most_common()
            ],
            "segments": [
                (_titles(shared, folder)[lang], folder + shared.ending(lang), len(segments[folder]))
                for folder in folders
                if folder in segments
            ],
        }
        for lang, graph in publication.by_language.items()
    }
    shared.write("index.html", "index", {lang: best_text(publication.about["title"], lang) for lang in fronts}, fronts)
    wanted = sorted(data, key=lambda file: next((n for n, p in enumerate(_WANTED) if file.path.startswith(p)), 99))
    uses = {lang: {"files": [(file, message(_use(file), lang)) for file in wanted]} for lang in publication.languages}
    shared.write("download.html", "download", {lang: message("download", lang) for lang in uses}, uses)


def _use(file: Distribution) -> str:
    """Return the key of the words that say what a file is for."""
    return "for_all" if file.path == ALL else f"for_{file.file.suffix[1:]}"


def _correct(publication: Publication, page: str) -> str:
    """Return where a correction of a page is asked for, if the data set names an address."""
    contact = str(publication.about["contact"] or "")
    if contact.startswith(("http://", "https://")):
        return contact
    return f"mailto:{contact.removeprefix('mailto:')}?subject={quote(page)}" if "@" in contact else ""


def web_address(iri: str) -> str:
    """Return an address that a link may have; what could run as a script is none."""
    return iri if iri.startswith(("http://", "https://")) else "#"
