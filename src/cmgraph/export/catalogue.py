"""The saved questions as a publication: linked data that SPARQL editors read, a page, and the files themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from cmgraph.atomic import atomic_file
from cmgraph.errors import UnknownName
from cmgraph.graph import Graph
from cmgraph.questions.question import Question
from cmgraph.rdf.files import sort_triples
from cmgraph.rdf.terms import RDF_TYPE, SKOS, best_text
from cmgraph.text.i18n import COLON, message

_SH = "http://www.w3.org/ns/shacl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SCHEMA = "https://schema.org/"


def write_catalogue(graph: Graph, folder: Path) -> list[Path]:
    """Write ``catalogue.ttl``, ``questions.md`` and each question's ``.rq`` into ``folder``; return the files, sorted.

    In the Turtle a question is a ``sh:SPARQLSelectExecutable``; with its second set of values it is another one,
    ``…/example``, so that an editor can run both as they stand.
    """
    questions = [graph.questions[name] for name in sorted(graph.questions)]
    for question in questions:
        with atomic_file(folder / "queries" / question.path.name) as scratch:
            shutil.copyfile(question.path, scratch)
    stated = catalogue(graph)
    with atomic_file(folder / "catalogue.ttl") as scratch:
        serialize(stated, scratch, RdfFormat.TURTLE, prefixes=graph.prefixes.used(stated))
    with atomic_file(folder / "questions.md") as scratch:
        scratch.write_text(page(questions, graph.lang), encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def catalogue(graph: Graph) -> list[Triple]:
    """Describe the saved questions as linked data, in order."""
    return sort_triples(triple for name in sorted(graph.questions) for triple in _triples(graph, graph.questions[name]))


def _triples(graph: Graph, question: Question) -> Iterator[Triple]:
    iri = graph.prefixes["query"] + question.name
    runs = {iri: (question.text, "")}
    if question.also:
        with suppress(UnknownName):  # a subset of the graph may lack what the example names
            bound = question.bind(question.also, graph.names, graph.prefixes)
            runs[f"{iri}/example"] = (bound, f" ({', '.join(question.also.values())})")
    for run, (text, values) in runs.items():
        node = NamedNode(run)
        sparql = "\n".join(line for line in text.splitlines() if not line.startswith("#+")) + "\n"
        yield Triple(node, RDF_TYPE, NamedNode(_SH + "SPARQLExecutable"))
        yield Triple(node, RDF_TYPE, NamedNode(_SH + "SPARQLSelectExecutable"))
        yield Triple(node, NamedNode(_SH + "select"), Literal(sparql))
        for tag, title in question.title.items():
            yield Triple(node, NamedNode(_RDFS + "label"), Literal(title + values, language=tag))
        for tag, question_text in question.question.items():
            yield Triple(node, NamedNode(_RDFS + "comment"), Literal(question_text, language=tag))
        for keyword in question.tags:
            yield Triple(node, NamedNode(_SCHEMA + "keywords"), Literal(keyword))
    for tag, note in question.note.items():
        yield Triple(NamedNode(iri), NamedNode(SKOS + "scopeNote"), Literal(note, language=tag))
    for parameter in question.parameters:
        node = NamedNode(f"{iri}/{parameter.name}")
        yield Triple(NamedNode(iri), NamedNode(_SH + "parameter"), node)
        yield Triple(node, RDF_TYPE, NamedNode(_SH + "Parameter"))
        yield Triple(node, NamedNode(_SH + "name"), Literal(parameter.name))
        for tag, label in parameter.label.items():
            yield Triple(node, NamedNode(_SH + "description"), Literal(label, language=tag))


def page(questions: list[Question], lang: str) -> str:
    """Write all questions as Markdown, by subject: what each asks, means, takes and gives."""
    lines = [f"# {message('questions', lang)}"]
    subjects = sorted(questions, key=lambda q: (q.path.parent.name, q.name))
    for subject, group in groupby(subjects, key=lambda q: q.path.parent.name):
        lines += ["", f"## {subject}"]
        for q in group:
            lines += [
                "",
                f"### {best_text(q.title, lang)}",
                "",
                best_text(q.question, lang),
                "",
                best_text(q.note, lang),
                "",
            ]
            lines.append(f"`cmgraph query {q.name}`")
            lines += [f"- `-p {p.name}=…` {best_text(p.label, lang)}" for p in q.parameters]
            lines += [
                "",
                f"{message('columns', lang)}{COLON[lang]}{', '.join(best_text(c.label, lang) for c in q.columns)}.",
            ]
    return "\n".join(lines) + "\n"
