"""How the command line words what the library returns."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from pyoxigraph import RdfFormat, serialize

from cmgraph.answers.dossier import entity_object
from cmgraph.answers.entity import Entity
from cmgraph.answers.render import to_json
from cmgraph.answers.result import Result
from cmgraph.asking.ask import Asked, Suggestion
from cmgraph.diff import Change
from cmgraph.errors import Phrase, say
from cmgraph.graph import Graph
from cmgraph.names import SearchHit
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import best_text
from cmgraph.tables.ingest import Ingested
from cmgraph.tables.template import Template
from cmgraph.text.cells import strip_controls
from cmgraph.text.i18n import COLON, message
from cmgraph.validation.shapes import SH
from cmgraph.validation.validate import SEVERITIES, Report

FEW = 8
"""How many of the values that a parameter takes are shown with a question."""

SHOWN = 20
"""How many things of one kind a report of changes names."""


def entities_json(entities: Sequence[Entity]) -> str:
    """Write what a name means as JSON: the thing meant first, with the others that it may mean under ``also_meant``."""
    first, *others = map(entity_object, entities)
    return json.dumps({**first, "also_meant": others}, ensure_ascii=False, indent=2)


def hits_result(hits: Sequence[SearchHit], graph: Graph) -> Result:
    """Put the things found into an answer with the columns thing, kind, matched."""
    rows = ((hit.thing, hit.kind, hit.matched) for hit in hits)
    return Result.of(("thing", "kind", "matched"), rows, graph.lang, things=("thing",))


def suggestions_text(suggestions: Sequence[Suggestion], lang: str) -> str:
    """Write suggestions with the command that asks each, and what of the text it leaves out."""
    lines = []
    for one in suggestions:
        lines += [
            f"{one.question.name}{COLON[lang]}{best_text(one.question.title, lang)}",
            f"  {strip_controls(one.command)}",
        ]
        for key, words in (("left_out", one.unused), ("by_default", one.missing)):
            lines += [f"  {message(key, lang)}{COLON[lang]}{strip_controls(', '.join(words))}"] if words else []
    return "\n".join(lines) + "\n"


def suggestions_result(suggestions: Sequence[Suggestion], lang: str) -> Result:
    """List suggestions, with the columns question, title, command, left_out and by_default."""
    rows = (
        (
            one.question.name,
            best_text(one.question.title, lang),
            one.command,
            "; ".join(one.unused),
            "; ".join(one.missing),
        )
        for one in suggestions
    )
    return Result.of(("question", "title", "command", "left_out", "by_default"), rows, lang)


def asked_json(asked: Asked, lang: str) -> str:
    """Write suggestions, and the answer if there is one, as JSON."""
    suggestions = [
        {
            "question": one.question.name,
            "title": best_text(one.question.title, lang),
            "parameters": dict(one.values),
            "command": one.command,
            "left_out": list(one.unused),
            "ignored": list(one.ignored),
            "by_default": list(one.missing),
            "score": round(one.score, 3),
        }
        for one in asked.suggestions
    ]
    answer = json.loads(to_json(asked.answer)) if asked.answer is not None else None
    asked_of = {"asked": asked.text, "suggestions": suggestions, "answer": answer}
    return json.dumps(asked_of, ensure_ascii=False, indent=2)


def question_text(question: Question, candidates: Mapping[str, Sequence[str]], lang: str) -> str:
    """Write out a saved question: what it asks, takes and gives, then its SPARQL."""
    defaults = question.defaults()
    lines = [
        question.name,
        best_text(question.title, lang),
        "",
        best_text(question.question, lang),
        best_text(question.note, lang),
    ]
    if question.keywords:
        lines += [f"{message('keywords', lang)}{COLON[lang]}{best_text(question.keywords, lang)}"]
    if question.parameters:
        lines += ["", message("parameters", lang)]
        for p in question.parameters:
            kind = f"{p.type} {p.of}".strip()
            lines.append(f"  {p.name} ({kind}) = {defaults.get(p.name, '')}  {best_text(p.label, lang)}")
            if names := candidates.get(p.name):
                some = "; ".join(names[:FEW])
                lines.append(
                    f"    {len(names)} {message('values', lang)}{COLON[lang]}{some}{' …' if len(names) > FEW else ''}"
                )
    if question.columns:
        lines += ["", message("columns", lang)]
        lines += [f"  {column.name}  {best_text(column.label, lang)}" for column in question.columns]
    sparql = [line for line in question.text.splitlines() if not line.startswith("#+")]
    return "\n".join([*lines, "", *sparql]) + "\n"


def report_text(report: Report, form: str, lang: str) -> str:
    """Write a validation report: text grouped by rule, JSON, or the SHACL report as Turtle."""
    if form == "ttl":
        text = serialize(report.triples, format=RdfFormat.TURTLE, prefixes={"sh": SH})
        return (text or b"").decode()
    if form == "json":
        rows = [dataclasses.asdict(f) | {"focus": f.focus._asdict()} for f in report.findings]
        return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    if not report.findings:
        return message("clean", lang) + "\n"
    lines: list[str] = []
    for (severity, rule, text), findings in groupby(report.findings, lambda f: (f.severity, f.rule, f.message)):
        lines.append(f"{rule} {severity_text(severity, lang)}{COLON[lang]}{text}")
        for f in findings:
            place = f"  {':'.join(map(str, filter(None, (f.file, f.line, f.column))))}" if f.file else ""
            detail = " ".join(part for part in (f.path, f"= {f.value}" if f.value else "") if part)
            lines.append(strip_controls(f"  {f.focus.label}  {detail}{place}".rstrip()))
    numbers = Counter(f.severity for f in report.findings)
    counts = [f"{n} {severity_text(severity, lang)}" for severity, n in numbers.items()]
    return (
        "\n".join([*lines, "", f"{len(report.findings)} {message('findings', lang)}{COLON[lang]}{', '.join(counts)}"])
        + "\n"
    )


def severity_text(severity: str, lang: str) -> str:
    """Name a severity; one that SHACL does not define, by its IRI."""
    return message(severity, lang) if severity in SEVERITIES else severity


def template_result(template: Template, graph: Graph) -> Result:
    """List a template's columns: name, what it holds, whether it must be filled."""
    lang = graph.lang
    rows = []
    for c in template.columns:
        of = graph.prefixes.shorten(c.of.strip("<>")) if c.of else ""
        kind = " ".join(part for part in (c.type, of, f"({c.split})" if c.split else "") if part)
        rows.append((c.name, best_text(c.label, lang), kind, "*" if c.required else ""))
    title, note = best_text(template.title, lang), best_text(template.about, lang) + "."
    return Result.of(("name", "label", "type", "required"), rows, lang, title, note)


def changes_text(changes: Sequence[Change], lang: str, shown: int = SHOWN) -> str:
    """Say what was added, changed and removed; of each kind, ``shown`` by name."""
    if not changes:
        return message("unchanged", lang) + "\n"
    lines = []
    for (how, kind), group in groupby(changes, key=lambda c: (c.how, c.kind)):
        alike = list(group)
        lines.append(f"{message(how, lang)}{COLON[lang]}{len(alike)} {kind}")
        if how in ("confirmed", "uncited"):
            continue
        for change in alike[:shown]:
            lines.append(f"  {strip_controls(change.thing.label)}")
            lines += [
                strip_controls(f"    {prop}{COLON[lang]}{old or '–'} → {new or '–'}")
                for prop, old, new in change.details
            ]
        lines += [f"  … {len(alike) - shown} {message('more', lang)}"] if len(alike) > shown else []
    return "\n".join(lines) + "\n"


def notes_text(ingested: Ingested, shown: int = SHOWN) -> list[Phrase]:
    """Say what of a table was not read, and which rows say nothing."""
    lines = [say("not read: {part}", part=part) for part in ingested.unread]
    rows_that = (
        (say("rows that produce no statements by the template"), ingested.silent),
        (say("rows that repeat rows before them"), ingested.repeated),
        (say("rows that differ from rows before them about the same thing, all kept"), ingested.differing),
    )
    for finding, rows in rows_that:
        if rows:
            named = say("{finding}: {rows}", finding=finding, rows=", ".join(map(str, rows[:shown])))
            left = len(rows) - shown
            lines.append(say("{named} and {count} more", named=named, count=left) if left > 0 else named)
    if ingested.superseded:
        why = say("the graph cites the same source for the statement itself")
        lines.append(
            say(
                "citations for a record as a whole left out, because {why}: {count}", why=why, count=ingested.superseded
            )
        )
    return lines


def changes_json(changes: Sequence[Change]) -> str:
    """Write changes as JSON."""
    rows = [
        {
            "how": change.how,
            "kind": change.kind,
            **change.thing._asdict(),
            "details": [{"property": prop, "before": old, "after": new} for prop, old, new in change.details],
        }
        for change in changes
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)
