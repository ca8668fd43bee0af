"""One thing of the graph as a document: a page in a language, or statements in a form of RDF."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode, Triple

from cmgraph.answers.entity import Entity, Statements, build_entity
from cmgraph.answers.result import Result
from cmgraph.answers.statements import fetch_triples
from cmgraph.errors import CmgraphError
from cmgraph.export.lists import SUMMED, list_tables, summaries
from cmgraph.export.overview import Overview, overviews
from cmgraph.export.publication import Publication
from cmgraph.export.site import (
    SHARED,
    Links,
    entity_values,
    model_values,
    named_by,
    page,
    question_values,
    questions_values,
    rests,
    web_address,
)
from cmgraph.export.statements import Resting
from cmgraph.graph import LANGUAGES, Graph
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import RdfFile, sort_triples
from cmgraph.rdf.terms import BASE, CM, RDF_TYPE, SKOS, NamedRef, best_text, lexical
from cmgraph.serve.answers import asked
from cmgraph.serve.documents import Document, rdf_document
from cmgraph.serve.notices import Notices
from cmgraph.serve.problems import Problem, details, status_of
from cmgraph.store import builtin
from cmgraph.text.i18n import message

ENDINGS = {
    ".ttl": ("text/turtle", "Turtle"),
    ".jsonld": ("application/ld+json", "JSON-LD"),
    ".nt": ("application/n-triples", "N-Triples"),
    ".rdf": ("application/rdf+xml", "RDF/XML"),
}
"""The endings of addresses that hold statements, with the media type and name of each form."""

PAGES = {"en": ".html", "fr": ".fr.html"}
"""The endings of addresses that hold a page, by language."""

MOST = 1000
"""Statements that a document of a thing holds; of one that is in more, they are counted."""

_MENU = (
    *(("home", "./"), ("browse", "browse"), ("network", "network"), ("questions", "questions")),
    *(("model", "def"), ("SPARQL", "sparql"), ("API", "openapi.json"), ("download", "download")),
)
_PLAIN: dict[str, Any] = {
    "lead": "",
    "links": [],
    "query": None,
    "answer": None,
    "wrong": (),
    "saved": (),
    "prefixes": {},
}
_NEAREST = 5

FEW = 4
"""Facts and names that a preview shows."""

_FIRST = "SELECT ?forum ?name\nWHERE {\n  ?forum a cm:Forum ; skos:prefLabel ?name .\n}\nORDER BY ?name\nLIMIT 20"
"""A query to begin with."""


class Field(NamedTuple):
    """What a form asks for: a parameter, its label, the values it has, and those that it may have."""

    name: str
    label: str
    values: list[str]
    proposed: list[str]


def find(graph: Graph, path: str) -> None:
    """Make sure that the graph says something of a thing.

    :param path: its IRI, from the project's own address on.
    :raises Problem: if it does not; it names those whose names are nearest.
    """
    if path in ("def", "ontology"):
        return
    node = _node(graph, path)
    if not fetch_triples({node.value}, graph.store)[node.value] and not relations(graph, node.value):
        raise _unknown(graph, path)


def statements(graph: Graph, path: str, media_type: str) -> Document:
    """Write what is said of a thing, and of the statements it stands in, with their citations and sources.

    :param path: see :func:`find`.
    :param media_type: a form of RDF.
    """
    find(graph, path)
    if path in ("def", "ontology"):
        return rdf_document(_model(graph), media_type, graph.prefixes)
    iri = BASE + path
    related = relations(graph, iri)
    described = {iri, *(at for _, at in related if len(related) <= MOST)}
    return rdf_document(around(graph, described), media_type, graph.prefixes)


def thing_page(graph: Graph, path: str) -> Document:
    """Write the page of a thing in the language of the graph."""
    find(graph, path)
    if path in ("def", "ontology"):
        return html_document(_model_page(graph))
    iri = BASE + path
    related = relations(graph, iri)
    count = len(related) if len(related) > MOST else 0
    entity = describe(graph, iri, () if count else related)
    folder = path.rpartition("/")[0]
    line = summaries(list_tables(graph, {folder: [iri]}, {}), graph.lang).get(iri, "") if folder in SUMMED else ""
    values = {
        **entity_values(entity, graph, count, overview=_overview(graph, folder, entity), line=line),
        "named_by": [] if count else named_by(graph, entity, _uses(graph, iri)),
        "resting": _resting(graph, entity) if folder == "id/source" else None,
        "ending": f"?lang={graph.lang}",
        "forms": [(ending[1:], media_type, name) for ending, (media_type, name) in ENDINGS.items()],
    }
    return html_document(served_page(graph, "entity.html", path, entity.thing.label, **values))


def _overview(graph: Graph, folder: str, entity: Entity) -> Overview | None:
    """Return what is known of a thing at a glance; of who governs a place, what is known of the place."""
    iri = entity.thing.iri
    governed = [value.iri for prop, value in entity.facts if prop.iri == CM + "governs" and isinstance(value, NamedRef)]
    if len(governed) == 1:
        folder, iri = "id/place", governed[0]
    return overviews({graph.lang: graph}, folder, iri).get(graph.lang)


def _uses(graph: Graph, iri: str) -> list[tuple[str, str]]:
    rows = builtin.ask(graph.store, "uses", thing=[iri])
    return [(lexical(user), lexical(prop)) for user, prop in rows if user and prop]


def _resting(graph: Graph, source: Entity) -> Resting | None:
    """Tell what cites a place in a source; nothing if that is too much for a page."""
    classes: dict[str, str] = {}
    for user, kind in builtin.ask(graph.store, "citing", source=[source.thing.iri]):
        if user and kind:
            classes.setdefault(lexical(user), lexical(kind))
    if len(classes) > MOST:
        return None
    fetched = fetch_triples(classes, graph.store)
    statements: Statements = {(kind, iri): fetched[iri] for iri, kind in classes.items()}
    entity = build_entity(source.thing.iri, statements, graph.store, graph.names)
    return rests(graph, entity, {iri for iri in classes if iri.split("/")[-2] not in SHARED})


def preview_page(graph: Graph, path: str) -> Document:
    """Write a thing in a few lines, for the frame of a program that lines up names."""
    if not path.startswith(("id/", "vocab/")):
        raise _unknown(graph, path)
    find(graph, path)
    entity = describe(graph, BASE + path, ())
    facts = {prop: value for prop, value in entity.facts if prop.iri != CM + "hasCitation"}
    return html_document(
        served_page(
            graph,
            "preview.html",
            "reconcile/preview",
            entity.thing.label,
            entity=entity,
            facts=[*facts.items()][:FEW],
            count=len(relations(graph, BASE + path)),
        )
    )


def search_page(graph: Graph, text: str) -> Document:
    """Write a page of what is found by a name."""
    hits = graph.search(text) if text.strip() else []
    links = [(address_of(hit.thing.iri, graph.lang), hit.thing.label, hit.kind) for hit in hits]
    lead = "" if hits or not text.strip() else message("search_none", graph.lang)
    title = text[:200] or message("search", graph.lang)
    return html_document(plain_page(graph, "search", title, links=links, lead=lead))


def query_page(
    graph: Graph, query: str = "", question: str = "", answer: Result | None = None, wrong: Sequence[str] = ()
) -> Document:
    """Write a page to write a query on, with the answer to the one before.

    :param question: the saved question to begin with, if there is no query.
    :param wrong: why there is no answer.
    """
    if question:
        query = "\n".join(line for line in graph.question(question).text.splitlines() if not line.startswith("#+"))
    saved = [(one.name, best_text(one.title, graph.lang)) for one in graph.questions.values()]
    values = {"query": query.strip() or _FIRST, "answer": answer, "saved": saved, "wrong": wrong}
    return html_document(plain_page(graph, "sparql", "SPARQL", prefixes=graph.prefixes, **values))


def problem_page(graph: Graph, path: str, said: dict[str, Any], query: str) -> Document:
    """Write a page that says what is wrong, and leads to what is near.

    :param path: where the page stands.
    :param said: the details of the problem.
    :param query: a query that it is about, which can be mended where it was written.
    """
    wrong = [said[part] for part in ("detail", "excerpt", "hint") if said.get(part)]
    if query:
        return query_page(graph, query, wrong=wrong)
    near = [(address_of(one["iri"], graph.lang), one["label"], one["kind"]) for one in said.get("nearest", [])]
    title = message("nothing_here" if said["status"] == 404 else "not_answered", graph.lang)
    lead = message("nearest", graph.lang) if near else ""
    return html_document(plain_page(graph, path, title, links=near, lead=lead, wrong=[] if near else wrong))


def questions_page(graph: Graph) -> Document:
    """Write a page of the saved questions."""
    values = questions_values(graph, graph.lang, f"?lang={graph.lang}")
    return html_document(served_page(graph, "questions.html", "questions", message("questions", graph.lang), **values))


def question_page(graph: Graph, name: str, values: Mapping[str, Sequence[str]]) -> Document:
    """Write the page of a saved question: a form for its parameters, and the answer.

    :param values: see :func:`asked`.
    """
    saved, status = graph.question(name), 200
    with Notices() as notices:
        try:
            answer = asked(graph, name, values)
        except CmgraphError as error:
            if (status := status_of(error)) != 400:
                raise
            refused = details(error)
            notices.texts += [refused["detail"], *([refused["hint"]] if "hint" in refused else [])]
            answer = Result.of((), [], graph.lang)
    shown = question_values(graph, saved, answer, f"?lang={graph.lang}")
    candidates = graph.candidates(saved)
    fields = [
        Field(
            parameter,
            label,
            [*values.get(parameter, ["any" if said == "UNDEF" else said])],
            candidates.get(parameter, []),
        )
        for parameter, label, said in shown.pop("parameters")
    ]
    title = best_text(saved.title, graph.lang)
    page = served_page(
        graph,
        "question.html",
        f"queries/{name}",
        title,
        more=f"&{urlencode(values, doseq=True)}" if values else "",
        fields=fields,
        notices=notices.texts,
        choices={p.name for p in saved.parameters if p.choices},
        days={p.name for p in saved.parameters if p.type == "date"},
        refused=status != 200,
        **shown,
    )
    return replace(html_document(page), status=status)


def question_text(graph: Graph, name: str) -> Document:
    """Return a saved question as it is."""
    return Document(graph.question(name).text.encode(), "application/sparql-query")


def relations(graph: Graph, iri: str) -> list[tuple[str, str]]:
    """Return the statements that a thing stands in, each with its kind before it."""
    kinds = {kind.value for (kind,) in builtin.ask(graph.store, "statement-kinds") if kind}
    rows = builtin.ask(graph.store, "relationships", thing=[iri], asOf=[None])
    return [(kind.value, at.value) for _, kind, at in rows if kind and at and kind.value in kinds]


def describe(graph: Graph, iri: str, related: Iterable[tuple[str, str]]) -> Entity:
    """Describe a thing with some of the statements that it stands in."""
    pairs = [*related]
    said = fetch_triples({iri, *(at for _, at in pairs)}, graph.store)
    statements: Statements = {(iri, iri): said[iri], **{(kind, at): said[at] for kind, at in pairs}}
    return build_entity(iri, statements, graph.store, graph.names)


def _node(graph: Graph, path: str) -> NamedNode:
    try:
        return NamedNode(BASE + path)
    except ValueError:
        raise _unknown(graph, path) from None


def _unknown(graph: Graph, path: str) -> Problem:
    words = " ".join(re.findall(r"\w+", path.rpartition("/")[2]))[:100]
    hits = graph.search(words, _NEAREST) if words else []
    if not hits:
        names = graph.names.nearest_names(words) if words else []
        hits = [hit for name in names for hit in graph.search(name, 1)]
    nearest = [{"iri": hit.thing.iri, "label": hit.thing.label, "kind": hit.kind} for hit in hits]
    return Problem("the graph has nothing of this name", 404, more={"nearest": nearest})


def around(graph: Graph, described: set[str]) -> list[Triple]:
    """Return what is said of things and statements, with citations, sources and names."""
    triples = _said_of(graph, described)
    for predicate in ("hasCitation", "citesSource"):
        triples |= _said_of(graph, {lexical(t.object) for t in triples if t.predicate.value == CM + predicate})
    known = {lexical(triple.subject) for triple in triples}
    named = {t.object.value for t in triples if isinstance(t.object, NamedNode)} - known
    triples |= {t for t in _said_of(graph, named) if t.predicate.value == SKOS + "prefLabel"}
    return sort_triples(triples)


def _said_of(graph: Graph, iris: set[str]) -> set[Triple]:
    """Return what is said of things, but for what is only derived from it."""
    pairs = fetch_triples(iris, graph.store)
    said = {Triple(NamedNode(iri), NamedNode(prop), value) for iri, some in pairs.items() for prop, value in some}
    kinds = builtin.construct(graph.store, "subject_triples", thing=sorted(iris)) if iris else ()
    return said | {triple for triple in kinds if triple.predicate == RDF_TYPE}


@cache
def _model(graph: Graph) -> list[Triple]:
    """Return what the files of the model state."""
    stated = (triple for path in graph.ontology.model_files for triple in RdfFile.read(path).triples)
    return sort_triples(canonical(stated))


@cache
def _model_page(graph: Graph) -> str:
    stars: dict[str, list[Triple]] = defaultdict(list)
    for subject, some in groupby(_model(graph), key=lambda triple: lexical(triple.subject)):
        stars[subject] += some
    publication = publication_of(graph)
    values = model_values(publication, stars)[graph.lang]
    return served_page(graph, "terms.html", "def", message("model", graph.lang), **values)


@cache
def publication_of(graph: Graph) -> Publication:
    """Return what pages in the language of a graph have in common."""
    return Publication(graph, languages=(graph.lang,))


def html_document(text: str) -> Document:
    """Return a page as an answer."""
    return Document(text.encode(), "text/html")


def plain_page(graph: Graph, path: str, title: str, **values: Any) -> str:
    """Write a page that the site does not have."""
    return served_page(graph, "served.html", path, title, **{**_PLAIN, **values})


def served_page(graph: Graph, template: str, path: str, title: str, more: str = "", **values: Any) -> str:
    """Write a page in the language of a graph.

    :param path: where it stands, from the service's own address on.
    :param more: what its address says beside the language.
    """
    publication, root = publication_of(graph), "../" * path.count("/")
    languages = [(lang, _other(path, lang) + more) for lang in LANGUAGES]
    menu = [(message(key, graph.lang, default=key), f"{to}?lang={graph.lang}") for key, to in _MENU]
    return page(
        publication,
        template,
        graph.lang,
        heading=values.pop("heading", title),
        here=_other(path, graph.lang) + more,
        to=Links(linking(graph, path), graph.lang),
        index=f"./?lang={graph.lang}",
        languages=languages,
        menu=menu,
        more=more,
        root=root,
        search_page=f"search{PAGES[graph.lang]}",
        served=True,
        stem=quote(path),
        title=title,
        **values,
    )


def linking(graph: Graph, path: str) -> Callable[[str], str]:
    """Return what gives the address of a thing, as the page at ``path`` has it."""
    root = "../" * path.count("/")

    def href(iri: str) -> str:
        answers = iri.startswith(BASE) and {".", ".."}.isdisjoint(iri.split("/"))  # a browser would take these away
        return root + address_of(iri, graph.lang) if answers else web_address(iri)

    return href


def _other(path: str, lang: str) -> str:
    """Return the address of a page in a language."""
    return f"{quote(path)}?lang={lang}"


def address_of(iri: str, lang: str) -> str:
    """Return the address at which a thing answers, from the service's own on."""
    path, hash_, anchor = iri.removeprefix(BASE).partition("#")
    return f"{quote(path)}?lang={lang}{hash_}{anchor}"
