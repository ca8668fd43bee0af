"""What programs and agents ask, answered as what JSON can hold: each answer with its sources, in parts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from cmgraph.analysis.compare import compare_actors
from cmgraph.analysis.formats import WRITERS
from cmgraph.analysis.network import build_network
from cmgraph.analysis.paths import USUAL_HOPS, neighbours, shortest_paths
from cmgraph.analysis.projections import find_projection, list_projections
from cmgraph.answers.dossier import entity_object, entity_text
from cmgraph.answers.render import result_object, source_objects, to_csv, to_markdown
from cmgraph.answers.result import Result, build
from cmgraph.answers.statements import fetch_triples
from cmgraph.asking.ask import suggest
from cmgraph.errors import AnswerTooLarge, UnknownName
from cmgraph.export.changes import from_record
from cmgraph.graph import Graph
from cmgraph.names import SearchHit
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import CM, Term, best_text
from cmgraph.serve.answers import asked, refuse_long
from cmgraph.serve.documents import Document
from cmgraph.serve.problems import Problem
from cmgraph.serve.things import describe, relations
from cmgraph.store import builtin
from cmgraph.store.sparql_lexer import query_form
from cmgraph.text.i18n import message
from cmgraph.text.yaml_files import read_yaml

HITS = 500
"""Things that a search finds at most."""

VALUES = 50
"""Values that are listed of a parameter."""

ACTORS = 20
"""How many actors may be compared."""

PATHS, HOPS = 10, 8
"""How many paths may be asked for, and how long they may be."""

_TYPES: Mapping[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
}
"""How OpenAPI calls the types of parameters that are not text."""


_NETWORK_FORMS = {
    ".gexf": "application/gexf+xml",
    ".graphml": "application/graphml+xml",
    ".cyjs": "application/json",
    ".csv": "text/csv",
}
"""The forms of networks by the ending of a file."""


@dataclass(frozen=True)
class Part:
    """A part of what there is.

    :ivar most: how many rows it may have.
    """

    offset: int
    most: int

    def of(self, total: int) -> dict[str, Any]:
        """Say which part this is of ``total`` rows."""
        after = self.offset + self.most
        return {"total": total, "offset": self.offset, "next_offset": after if after < total else None}


@dataclass(frozen=True)
class Said:
    """An answer, as what JSON can hold and as text for people."""

    data: dict[str, Any]
    text: str


Parts = Callable[[Part], Said]
"""What there is to say, a part at a time."""


def said(graph: Graph, of: str, given: Mapping[str, Any], part: Part, size: float = math.inf) -> Said:
    """Answer one of :data:`TABLES` or :data:`ASKED`: a part of it, or as much of that as fits.

    :param given: what is asked for, by parameter.
    :param size: bytes that the answer may have, in both its forms together.
    :raises AnswerTooLarge: if not even one row fits.
    """
    parts, most = _asked(graph, of, given), part.most
    while True:
        answered = parts(Part(part.offset, most))
        if (length := _length(answered)) <= size:
            return answered
        if most == 1:
            return _shortened(answered, size)
        most = max(1, min(most - 1, int(most * size / length)))


def _asked(graph: Graph, of: str, given: Mapping[str, Any]) -> Parts:
    return _parts_of(graph, TABLES[of](graph, **given)) if of in TABLES else ASKED[of](graph, **given)


def _length(answered: Said) -> int:
    return len(json.dumps(answered.data, ensure_ascii=False).encode()) + len(answered.text.encode())


def _shortened(answered: Said, size: float) -> Said:
    """Leave out sources until an answer of one row fits, and say how many."""
    sources = answered.data.get("sources", [])
    for kept in range(len(sources) - 1, 0, -1):
        left_out = {"sources": sources[:kept], "sources_left_out": len(sources) - kept}
        text = "\n".join(line for line in answered.text.splitlines() if not _is_source(line, kept))
        shorter = Said({**answered.data, **left_out}, f"{text}\n({len(sources) - kept} sources left out)")
        if _length(shorter) <= size:
            return shorter
    raise AnswerTooLarge("one row of this answer is larger than an answer may be", hint="Ask for fewer columns.")


def _is_source(line: str, after: int) -> bool:
    """Say whether a line is that of a source with a number above ``after``."""
    found = re.match(r"\[\^?(\d+)\]", line)
    return found is not None and int(found[1]) > after


def search(graph: Graph, text: str) -> Parts:
    """Find things by name."""
    hits = graph.search(text, HITS)

    def parts(part: Part) -> Said:
        shown = hits[part.offset : part.offset + part.most]
        data = {
            **part.of(len(hits)),
            "total_is_a_minimum": len(hits) == HITS,
            "results": [_hit(graph, hit) for hit in shown],
            "not_listed": message("not_seen", graph.lang),
        }
        lines = [f"- {hit.thing.label} ({hit.kind}) {graph.prefixes.shorten(hit.thing.iri)}" for hit in shown]
        return Said(data, "\n".join(lines) or message("search_none", graph.lang))

    return parts


def _hit(graph: Graph, hit: SearchHit) -> dict[str, Any]:
    curie = graph.prefixes.shorten(hit.thing.iri)
    return {**hit.thing._asdict(), "curie": curie, "kind": hit.kind, "matched": hit.matched, "score": hit.score}


def entity(graph: Graph, name: str) -> Parts:
    """Describe a thing, with the statements that it stands in.

    :raises UnknownName: if nothing, or more than one thing, is called so.
    """
    node = graph.names.resolve(name)
    related = relations(graph, node.value)

    def parts(part: Part) -> Said:
        described = describe(graph, node.value, related[part.offset : part.offset + part.most])
        data = {
            **part.of(len(related)),
            "curie": graph.prefixes.shorten(node.value),
            **entity_object(described),
            "sources": source_objects(described.citations),
            "not_listed": message("not_seen", graph.lang),
        }
        return Said(data, f"{entity_text(described, graph.lang, whole=True)}\n{message('not_seen', graph.lang)}")

    return parts


def suggested(graph: Graph, text: str) -> Parts:
    """Name the saved questions that a text in plain words may ask, the best first, with the values in it.

    :raises UnknownName: if none fits.
    """
    suggestions = suggest(graph, text)

    def parts(part: Part) -> Said:
        listed = [
            {
                "name": one.question.name,
                "title": best_text(one.question.title, graph.lang),
                "values": dict(one.values),
                "takes_all_that_is_said": one.is_whole,
                "not_used": [*one.unused, *one.ignored],
                "missing": list(one.missing),
            }
            for one in suggestions[part.offset : part.offset + part.most]
        ]
        lines = [f"- {one['name']} {json.dumps(one['values'], ensure_ascii=False)}: {one['title']}" for one in listed]
        return Said({**part.of(len(suggestions)), "suggestions": listed}, "\n".join(lines))

    return parts


def questions(graph: Graph, tag: str = "") -> Parts:
    """List the saved questions, those with a tag if one is named."""
    some = [saved for saved in graph.questions.values() if not tag or tag in saved.tags]

    def parts(part: Part) -> Said:
        listed = [
            {
                "name": saved.name,
                "title": best_text(saved.title, graph.lang),
                "question": best_text(saved.question, graph.lang),
                "tags": list(saved.tags),
                "parameters": [parameter.name for parameter in saved.parameters],
            }
            for saved in some[part.offset : part.offset + part.most]
        ]
        lines = [
            f"- {one['name']}({', '.join(one['parameters'])}): {one['question'] or one['title']}" for one in listed
        ]
        return Said({**part.of(len(some)), "questions": listed}, "\n".join(lines))

    return parts


def question(graph: Graph, name: str) -> Parts:
    """Describe a saved question: what it asks, and takes, and what its answer means; it is all in one part."""
    saved = graph.question(name)
    defaults, candidates = saved.defaults(), graph.candidates(saved)
    parameters = [
        {
            "name": parameter.name,
            "type": parameter.type,
            "of": parameter.of,
            "label": best_text(parameter.label, graph.lang),
            "default": "any" if defaults.get(parameter.name) == "UNDEF" else defaults.get(parameter.name, ""),
            "values": candidates.get(parameter.name, [])[:VALUES],
            "total_values": len(candidates.get(parameter.name, [])),
        }
        for parameter in saved.parameters
    ]
    data: dict[str, Any] = {
        "name": saved.name,
        "title": best_text(saved.title, graph.lang),
        "question": best_text(saved.question, graph.lang),
        "note": best_text(saved.note, graph.lang),
        "tags": list(saved.tags),
        "parameters": parameters,
        "columns": [{"name": c.name, "label": best_text(c.label, graph.lang)} for c in saved.columns],
        "sparql": "\n".join(line for line in saved.text.splitlines() if not line.startswith("#+")).strip(),
    }
    lines = [f"- {p['name']} ({p['type']} {p['of']}): {p['label']}; default {p['default']}" for p in parameters]
    described = Said(data, "\n".join([data["title"], data["question"], data["note"], *lines]))
    return lambda part: described


def catalogue(graph: Graph) -> Parts:
    """Name the saved questions, a line each."""
    return _lines([f"- {saved.name}: {best_text(saved.title, graph.lang)}" for saved in graph.questions.values()])


def model(graph: Graph) -> Parts:
    """Name the classes and properties of the model, a line each."""
    kinds = {term.value: kind.value for term, kind in builtin.ask(graph.store, "terms") if term and kind}
    labels = graph.names.labels({*kinds, *kinds.values()})
    by_kind = sorted(kinds, key=lambda term: (kinds[term], term))
    return _lines([f"- {graph.prefixes.shorten(term)}: {labels[term]} ({labels[kinds[term]]})" for term in by_kind])


def _lines(lines: Sequence[str]) -> Parts:
    def parts(part: Part) -> Said:
        of = part.of(len(lines))
        left = "" if of["next_offset"] is None else f"\n({len(lines) - of['next_offset']} more)"
        return Said(of, "\n".join(lines[part.offset : part.offset + part.most]) + left)

    return parts


def said_csv(graph: Graph, of: str, given: Mapping[str, Any], part: Part) -> Document:
    """Answer one of :data:`TABLES` as comma-separated values."""
    result = TABLES[of](graph, **given)
    return Document(to_csv(_rows(result, part), ",").encode(), "text/csv", {"x-total": str(len(result))})


def compared(
    graph: Graph, actors: Sequence[str], through: str = "", bilateral: bool = False, since: str = ""
) -> Result:
    """Say what actors share, and what only some of them have; see :func:`cmgraph.compare_actors`."""
    return compare_actors(graph, actors, through=through or None, bilateral=bilateral, since=since or None)


def figures(graph: Graph, values: Mapping[str, Sequence[str]]) -> Result:
    """List figures of a quantity, a mineral, a place, a year: the saved question ``figures``, of any unless said."""
    return asked(graph, "figures", {"quantity": ["any"], **values})


def changes(graph: Graph, since: str, how: str = "") -> Result:
    """List what changed since an earlier edition, with the sources of what there is now.

    :param since: a record of it.
    :param how: only what changed so.
    :raises Problem: if no earlier edition is known.
    """
    if not since or not (history := from_record(since)).since:
        hint = "/changes lists the editions; the saved question 'since' lists what an actor did since a day."
        raise Problem("this server knows no earlier edition to compare with", 404, hint=hint)
    some = [change for change in history.changes if how in ("", change.how)]
    refuse_long(len(some))
    there = fetch_triples((change.thing.iri for change in some), graph.store)
    solutions: list[tuple[Term | None, ...]] = []
    for change in some:
        pairs = there[change.thing.iri]
        cited: list[Term | None] = [value for prop, value in pairs if prop == CM + "hasCitation"]
        thing = NamedNode(change.thing.iri)
        for detail in change.details or (("", "", ""),):
            texts = [Literal(text) if text else None for text in detail]
            cells = (Literal(message(change.how, graph.lang)), Literal(change.kind), thing, *texts)
            solutions += [(*cells, citation) for citation in cited or [None]]
    columns = ("how", "kind", "thing", "property", "before", "after", "citation")
    headings = {column: message(column, graph.lang, default=column) for column in columns}
    result = build((columns, solutions), graph.store, graph.names, "citation", headings, things=("thing",))
    return result.renamed({change.thing.iri: change.thing.label for change in some if not there[change.thing.iri]})


def network_file(graph: Graph, file: str, values: Mapping[str, Sequence[str]]) -> Document:
    """Write a network as a file that other tools open.

    :param file: the name of a projection, and the ending of a form.
    :param values: values of the projection's parameters.
    :raises UnknownName: if there is no such projection.
    :raises Problem: if there is no such form, or a value is not known.
    """
    name, _, form = file.rpartition(".")
    if (ending := f".{form}") not in _NETWORK_FORMS:
        raise Problem("there is no network of this form", 404, hint=f"Its name ends in {', '.join(_NETWORK_FORMS)}.")
    known = {parameter.name for parameter in find_projection(graph, name).parameters}
    if others := sorted(values.keys() - known):
        hint = f"It takes: {', '.join(sorted(known))}." if known else ""
        raise Problem(f"this network has no parameter '{others[0]}'", hint=hint)
    given: dict[str, Any] = dict(values)
    try:
        net = build_network(graph, name, **given)
    except UnknownName as error:
        raise Problem(error.what, 400, hint=error.hint) from None
    return Document(WRITERS[ending](net).encode(), _NETWORK_FORMS[ending])


def ask(graph: Graph, query: str) -> Parts:
    """Answer a query in SPARQL, a SELECT or an ASK."""
    if query_form(query) == "ASK":
        holds = graph.ask(query + "\n")
        return lambda part: Said({"boolean": holds}, str(holds).lower())
    result = graph.query(query + "\n")
    refuse_long(len(result))
    return _parts_of(graph, result)


def paths(graph: Graph, one: str, other: str, over: Sequence[str] = (), count: int = 3, hops: int = 6) -> Result:
    """Find the shortest paths between two things, each hop with its sources.

    :param over: the kinds of hop; the usual ones if there are none.
    """
    return shortest_paths(graph, one, other, over or USUAL_HOPS, count, hops)


def around(graph: Graph, name: str, over: Sequence[str] = ()) -> Result:
    """List what a thing is tied to, see :func:`paths`."""
    return neighbours(graph, name, over or USUAL_HOPS)


TABLES: Mapping[str, Callable[..., Result]] = {
    "answer": asked,
    "changes": changes,
    "compare": compared,
    "figures": figures,
    "neighbours": around,
    "networks": list_projections,
    "path": paths,
}
"""What is answered by a table."""

ASKED: Mapping[str, Callable[..., Parts]] = {
    "search": search,
    "entity": entity,
    "suggested": suggested,
    "questions": questions,
    "question": question,
    "ask": ask,
    "catalogue": catalogue,
    "model": model,
}
"""What else can be asked for in parts."""


def openapi(graph: Graph, address: str) -> dict[str, Any]:
    """Describe the API as OpenAPI 3.1 does, with a path for each saved question."""
    described: dict[str, Any] = read_yaml(Path(__file__).with_name("openapi.yaml"))
    described["servers"] = [{"url": address.rstrip("/")}]
    shared = described["paths"]["/api/questions/{name}/answer"]["get"]
    for saved in graph.questions.values():
        own = [_openapi_parameter(graph, saved, index) for index in range(len(saved.parameters))]
        described["paths"][f"/api/questions/{saved.name}/answer"] = {
            "get": {
                "operationId": f"answer-{saved.name}",
                "summary": best_text(saved.title, graph.lang),
                "description": best_text(saved.question, graph.lang) or best_text(saved.title, graph.lang),
                "tags": ["questions"],
                "parameters": [*own, *shared["parameters"][1:]],
                "responses": shared["responses"],
            }
        }
    return described


def _openapi_parameter(graph: Graph, saved: Question, index: int) -> dict[str, Any]:
    parameter = saved.parameters[index]
    plain = _TYPES.get(parameter.type, {"type": "string"})
    schema = {"type": "array", "items": {"anyOf": [plain, {"const": "any"}]} if plain["type"] != "string" else plain}
    text = best_text(parameter.label, graph.lang) or parameter.name
    described = f"{text} ({parameter.type}{' of ' + parameter.of if parameter.of else ''}); 'any' for no restriction"
    return {"name": parameter.name, "in": "query", "description": described, "schema": schema, "explode": True}


def _parts_of(graph: Graph, result: Result) -> Parts:
    def parts(part: Part) -> Said:
        shown = _rows(result, part)
        data = {**part.of(len(result)), **result_object(shown), "not_listed": message("not_seen", graph.lang)}
        return Said(data, f"{to_markdown(shown, graph.lang)}\n{message('not_seen', graph.lang)}")

    return parts


def _rows(result: Result, part: Part) -> Result:
    """Return some rows of an answer, with the sources they rest on."""
    shown = {id(row) for row in result.rows[part.offset : part.offset + part.most]}
    return result.filter(lambda row: id(row) in shown)
