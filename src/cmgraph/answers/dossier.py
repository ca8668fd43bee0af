"""The written forms of one thing: a short dossier, and what JSON can hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from cmgraph.answers.entity import Entity
from cmgraph.answers.render import footnote_marks
from cmgraph.answers.sentences import sentence
from cmgraph.rdf.terms import NamedRef, Value
from cmgraph.text.cells import as_text, strip_controls
from cmgraph.text.i18n import message


def entity_object(entity: Entity) -> dict[str, Any]:
    """Return a thing as what JSON can hold; ``says`` holds [property, value] pairs."""

    def value(item: Value) -> object:
        return item._asdict() if isinstance(item, NamedRef) else as_text(item)

    def says(pairs: Iterable[tuple[NamedRef, Value]]) -> list[list[object]]:
        return [[value(prop), value(item)] for prop, item in pairs]

    return {
        **entity.thing._asdict(),
        "kind": entity.kind,
        "names": [{"name": name, "language": tag} for name, tag in entity.names],
        "facts": says(entity.facts),
        "citations": list(entity.cited),
        "statements": [
            {"kind": value(s.kind), "iri": s.iri, "says": says(s.says), "citations": list(s.citations)}
            for s in entity.statements
        ],
        "sources": [
            {"number": n, **dataclasses.asdict(c), "support": c.support and c.support._asdict()}
            for n, c in enumerate(entity.citations, 1)
        ],
    }


def entity_text(entity: Entity, lang: str) -> str:
    """Write an entity as a short dossier that ends with its numbered sources."""

    def marks(numbers: Iterable[int]) -> str:
        return f" {footnote_marks(numbers)}".rstrip()

    lines = [f"{strip_controls(entity.thing.label)} ({entity.kind})", entity.thing.iri]
    other_names = [f"{name} [{tag}]" for name, tag in entity.names if name != entity.thing.label]
    lines += [f"{message('also', lang)}: {strip_controls('; '.join(other_names))}"] if other_names else []
    lines += [f"{prop.label}: {strip_controls(as_text(value))}" for prop, value in entity.facts]
    lines[-1] += marks(entity.cited)
    for kind, statements in groupby(entity.statements, key=lambda s: s.kind):
        lines += ["", kind.label]
        for statement in statements:
            text = "".join(strip_controls(as_text(piece)) for piece in sentence(statement, lang))
            lines.append(f"  {text}{marks(statement.citations)}")
    checked = message("checked", lang)
    sources = [f"[{n}] {strip_controls(str(c))} ({checked} {c.checked})" for n, c in enumerate(entity.citations, 1)]
    return "\n".join([*lines, "", *sources]) + "\n"
