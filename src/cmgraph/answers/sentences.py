"""Statements in words: a sentence for each, by the patterns in ``sentences.yaml``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from cmgraph.answers.result import Result
from cmgraph.answers.statements import CITED, CONTRADICTS, Statement, fetch_triples
from cmgraph.names import Names
from cmgraph.rdf.terms import CM, NamedRef, Value, best_text, to_python
from cmgraph.store.base import Store
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message
from cmgraph.text.yaml_files import read_yaml

Words = list[str | Value]
"""A sentence in pieces: text, and the things and values in it."""

_VOWELS = frozenset("aàâæeéèêëiîïoôœuùû")

_USUAL = ("/end-state/unknown", "/claim-status/stated")
"""Values that most statements have are left out."""


def sentence(statement: Statement, lang: str) -> Words:
    """Write a statement as a sentence with all of its values."""
    values: dict[str, list[Value]] = defaultdict(list)
    labels: dict[str, str] = {}
    for prop, value in statement.says:
        if not (isinstance(value, NamedRef) and value.iri.endswith(_USUAL)):
            name = prop.iri.removeprefix(CM)
            if name == "contradicts" and isinstance(value, NamedRef):
                value = NamedRef(value.iri, message("another_statement", lang))
            values[name].append(value)
            labels[name] = prop.label
    patterns = [best_text(pattern, lang) for pattern in _words().get(statement.kind.iri.removeprefix(CM), ())]
    words, names_used = next(filter(None, (_filled(pattern, values, lang) for pattern in patterns)), ([], set[str]()))
    values_left = {name: phrase for name, phrase in values.items() if name not in names_used}
    tail, names_in_tail = _filled(best_text(_words()["_"][0], lang), values_left, lang) or ([], set[str]())
    words += tail
    rest = [
        [f"{labels[name]} ", *_listed(phrase, lang)]
        for name, phrase in values_left.items()
        if name not in names_in_tail
    ]
    if not words:
        return [word for place, phrase in enumerate(rest) for word in (["; "] if place else []) + phrase]
    for place, phrase in enumerate(rest):
        words += ["; " if place else " (", *phrase]
    return [*words, ")"] if rest else words


def _filled(pattern: str, values: Mapping[str, Sequence[Value]], lang: str) -> tuple[Words, set[str]] | None:
    """Fill in a pattern; return None if a value is missing that it must have."""
    words: Words = []
    names_used: set[str] = set()
    for needed, optional, pieces in _parts(pattern):
        if not all(values.get(name) for name in needed):
            if optional:
                continue
            return None
        for piece in pieces:
            if piece.startswith("{"):
                listed = _listed(values[piece[1:-1]], lang)
                if lang == "fr" and words:
                    words[-1] = _elided(words[-1], listed[0])
                words += listed
            else:
                words.append(piece)
        names_used |= needed
    return words, names_used


def _elided(before: str | Value, after: str | Value) -> str | Value:
    """Shorten "de" before a vowel, as French does: d'uranium."""
    is_cut = isinstance(before, str) and before.endswith(" de ") and as_text(after)[:1].lower() in _VOWELS
    return f"{str(before)[:-2]}'" if is_cut else before


@cache
def _parts(pattern: str) -> list[tuple[frozenset[str], bool, list[str]]]:
    """Split a pattern into parts: the values that each needs, whether it may be left out, and its pieces."""
    return [
        (
            frozenset(re.findall(r"\{(\w+)\}", part)),
            part.startswith("["),
            re.findall(r"\{\w+\}|[^{}]+", part.strip("[]")),
        )
        for part in re.findall(r"\[[^\]]*\]|[^\[\]]+", pattern)
    ]


def _listed(values: Sequence[Value], lang: str) -> Words:
    words: Words = []
    for value in values:
        word = as_text(value, lang) if isinstance(value, (int, Decimal)) else value
        words += [", ", word] if words else [word]
    return words


def with_statements_in_words(answer: Result, store: Store, names: Names) -> Result:
    """Return an answer in which statements, which have no names, are sentences."""
    values = (value for row in answer.rows for value in row)
    unnamed = {value.iri for value in values if isinstance(value, NamedRef) and ":" in value.label}
    return answer.renamed(in_words(unnamed, store, names))


def in_words(iris: Iterable[str], store: Store, names: Names) -> dict[str, str]:
    """Return the sentence of each statement, in the language of ``names``; what is no statement is left out.

    The sentence does not repeat another statement that it contradicts.
    """
    kinds = {iri: min(names.kinds(iri) & _kinds_with_words(), default="") for iri in iris}
    triples = fetch_triples({iri for iri, kind in kinds.items() if kind}, store)
    pairs_by_iri = {
        iri: [pair for pair in pairs if pair[0] not in (CITED, CONTRADICTS)] for iri, pairs in triples.items()
    }
    labels = names.labels(
        {prop for pairs in pairs_by_iri.values() for prop, _ in pairs}
        | {value.value for pairs in pairs_by_iri.values() for _, value in pairs if isinstance(value, NamedNode)}
    )
    return {
        iri: "".join(
            as_text(piece)
            for piece in sentence(
                Statement(
                    NamedRef(kinds[iri], ""),
                    iri,
                    tuple((NamedRef(prop, labels[prop]), to_python(value, labels)) for prop, value in pairs),
                    (),
                ),
                names.lang,
            )
        )
        for iri, pairs in pairs_by_iri.items()
    }


def _kinds_with_words() -> set[str]:
    return {CM + name for name in _words()["_headings"]}


def heading(kind: NamedRef, lang: str) -> str:
    """Return the heading of statements of a kind: plain words, or the kind's label if there are none."""
    texts: dict[str, str] = _words()["_headings"].get(kind.iri.removeprefix(CM), {})
    return best_text(texts, lang) or kind.label


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = read_yaml(Path(__file__).with_name("sentences.yaml"))
    return words
