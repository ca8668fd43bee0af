"""One thing as text, a short dossier, and as an object for JSON."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable, Sequence
from itertools import groupby
from typing import Any

from cmgraph.answers.entity import Entity
from cmgraph.answers.render import footnote_marks, source_objects
from cmgraph.answers.result import Citation
from cmgraph.answers.sentences import heading, sentence
from cmgraph.answers.statements import Statement
from cmgraph.rdf.terms import BASE, CM, NamedRef, Value
from cmgraph.text.cells import as_text, strip_controls
from cmgraph.text.i18n import COLON, message

FOLDED = 20
"""The most statements of one kind that are shown."""

_FIRST = ("Participation", "Membership", "Listing", "MineralUse", "Scope", "Responsibility", "DatedAct", "Assessment")
"""The kinds of statements that people look for first, in order."""

_FIGURES = {"mineral": "vocab/mineral/", "place": "id/place/"}
"""The parameters of the question on figures, and the path in the IRIs of their values."""


def entity_object(entity: Entity) -> dict[str, Any]:
    """Return a thing as an object for JSON; ``says`` has [property, value] pairs."""

    def value(item: Value) -> object:
        return item._asdict() if isinstance(item, NamedRef) else as_text(item)

    def pair_list(pairs: Iterable[tuple[NamedRef, Value]]) -> list[list[object]]:
        return [[value(prop), value(item)] for prop, item in pairs]

    return {
        **entity.thing._asdict(),
        "kind": entity.kind,
        "names": [{"name": name, "language": tag} for name, tag in entity.names],
        "facts": pair_list(entity.facts),
        "citations": list(entity.cited),
        "statements": [
            {"kind": value(s.kind), "iri": s.iri, "says": pair_list(s.says), "citations": list(s.citations)}
            for s in entity.statements
        ],
        "sources": source_objects(entity.citations),
    }


def entity_text(entity: Entity, lang: str, whole: bool = False) -> str:
    """Write an entity as a short dossier that ends with its numbered sources.

    The most requested kinds come first, and in each the newest; long groups are folded and figures counted, with the
    command that shows them, unless ``whole``.
    """
    colon = COLON[lang]
    lines = [f"{strip_controls(entity.thing.label)} ({entity.kind})", entity.thing.iri]
    other_names = [f"{name} [{tag}]" for name, tag in entity.names if name != entity.thing.label]
    lines += [f"{message('also', lang)}{colon}{strip_controls('; '.join(other_names))}"] if other_names else []
    lines += [f"{prop.label}{colon}{strip_controls(as_text(value, lang))}" for prop, value in entity.facts]
    lines[-1] += _marks(entity.cited)
    numbers = set(entity.cited)
    name = shlex.quote(strip_controls(entity.thing.label))
    for kind, group in groupby(sorted(entity.statements, key=_rank), key=lambda s: s.kind):
        statements = sorted(group, key=_newest, reverse=True)
        figures_of = next(
            (parameter for parameter, start in _FIGURES.items() if entity.thing.iri.startswith(BASE + start)), ""
        )
        counted = figures_of and kind.iri == CM + "Observation"
        shown = statements if whole else [] if counted else statements[:FOLDED]
        lines += ["", f"{heading(kind, lang)} ({len(statements)})"]
        for statement in shown:
            text = "".join(strip_controls(as_text(piece)) for piece in sentence(statement, lang))
            lines.append(f"  {text}{_marks(statement.citations)}")
            numbers.update(statement.citations)
        if left := len(statements) - len(shown):
            command = f"query figures -p quantity=any -p {figures_of}={name}" if counted else f"show {name} --all"
            lines.append(f"  … {left} {message('more', lang)}{colon}cmgraph {command}")
    return "\n".join([*lines, "", *_sources(entity.citations, lang, numbers)]) + "\n"


def _rank(statement: Statement) -> tuple[int, str]:
    """Return the rank of a statement's kind."""
    kind = statement.kind.iri.removeprefix(CM)
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), kind)


def _newest(statement: Statement) -> str:
    """Return the latest date that a statement gives; empty if it gives none."""
    return max((as_text(value) for prop, value in statement.says if prop.iri.endswith("Date")), default="")


def _marks(numbers: Iterable[int]) -> str:
    return f" {footnote_marks(numbers)}".rstrip()


def _sources(citations: Sequence[Citation], lang: str, numbers: Container[int]) -> list[str]:
    checked = message("checked", lang)
    numbered = ((n, c) for n, c in enumerate(citations, 1) if n in numbers)
    return [f"[{n}] {strip_controls(str(c))} ({checked} {c.checked})" for n, c in numbered]
