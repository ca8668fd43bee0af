"""Which saved question a text asks, and with which values."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from cmgraph.answers.result import Result
from cmgraph.asking.values import Text, fill
from cmgraph.asking.words import LANGUAGES, WordIndex, without_controls
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.questions.header import parse_mapping
from cmgraph.questions.question import Question
from cmgraph.rdf.files import read_text
from cmgraph.rdf.terms import best_text
from cmgraph.text.i18n import COLON, message

LONGEST = 1000
"""The most characters that a text may have."""

LEAST, CLEAR = 0.3, 0.85
"""The part of a text, by weight, that a question must cover to fit, and to be answered straight away."""

AHEAD = 0.05
"""How far a question must be ahead of the next to be answered straight away."""

_NAME, _TIME, _UNKNOWN = 3.0, 2.0, 2.0
"""The weight of a name, of a time, and of a word that no question has; other words weigh more the rarer they are."""

_RELEVANCE, _PHRASE, _ALIKE, _UNUSED, _MISSING, _NONE_GIVEN = 0.35, 0.25, 0.12, 0.1, 0.06, 0.12
"""What counts besides the part of the text that a question covers: how well its words match, whether the text has a
phrase of its keywords, whether it is usually asked about such things, each name or time that it does not use, each
thing that is missing, and whether all are."""


@dataclass(frozen=True)
class Suggestion:
    """A saved question that a text may ask.

    :ivar values: the values of its parameters that are in the text; the others keep their defaults.
    :ivar unused: the names and times in the text that the question does not use.
    :ivar ignored: the other words in it that the question does not cover.
    :ivar missing: its parameters for which the text has no value, and whose default is one thing among many.
    :ivar share: the part of the text, by weight, that it covers.
    :ivar score: how well it fits; higher is better.
    """

    question: Question
    values: Mapping[str, str | list[str]]
    unused: tuple[str, ...]
    ignored: tuple[str, ...]
    missing: tuple[str, ...]
    share: float
    score: float

    @property
    def is_whole(self) -> bool:
        """Whether it covers the whole text and lacks no value."""
        return self.share >= CLEAR and not self.unused and not self.missing

    @property
    def command(self) -> str:
        """The command that asks it, as a shell takes it."""
        arguments = (
            part
            for name, value in self.values.items()
            for text in ([value] if isinstance(value, str) else value)
            for part in ("-p", f"{name}={text}")
        )
        return shlex.join(["cmgraph", "query", self.question.name, *arguments])


@dataclass(frozen=True)
class Asked:
    """What a text may ask.

    :ivar suggestions: the saved questions that fit best, the best first.
    :ivar answer: the answer of the first, if it is clear that the first is meant; else None.
    """

    text: str
    suggestions: tuple[Suggestion, ...]
    answer: Result | None


def ask(graph: Graph, text: str, limit: int = 3) -> Asked:
    """Find the saved questions that a text in plain English or French asks, and answer the first if it is clear.

    Questions are found by the words of their titles, questions and keywords; the values of their parameters by the
    names in the graph, and by days and numbers. No language model guesses, and nothing leaves this machine.

    :param limit: how many questions to suggest at most.
    :raises UnknownName: if no saved question fits; the error names the nearest, and says why if that is known.
    :raises CmgraphError: if the text is empty, or longer than 1000 characters.

    >>> import cmgraph
    >>> asked = cmgraph.ask(cmgraph.load(), "Which agreements name graphite?")
    >>> asked.suggestions[0].command
    'cmgraph query by-mineral -p mineral=graphite'
    """
    suggestions = suggest(graph, text)
    first = suggestions[0]
    clear = first.is_whole and (len(suggestions) == 1 or first.score - suggestions[1].score >= AHEAD)
    answer = graph.query(first.question, **first.values) if clear else None
    return Asked(text, suggestions[:limit], answer)


def suggest(graph: Graph, text: str) -> tuple[Suggestion, ...]:
    """Return the saved questions that a text may ask, the best first; raises as :func:`ask` does."""
    shown = text if len(text) <= 60 else text[:59] + "…"
    if len(text) > LONGEST:
        problem = f"a question has at most {LONGEST} characters, and this has {len(text)}"
        raise CmgraphError(problem, where=shown, hint="Ask for one thing at a time.")
    text = without_controls(text)
    unanswered = _unanswered(graph)
    texts = {name: (q.title, q.question, q.keywords) for name, q in graph.questions.items()}
    texts |= {name: ({}, {}, entry["keywords"]) for name, entry in unanswered.items()}
    indexes = {lang: _index(texts, lang) for lang in LANGUAGES}
    index = indexes[max(LANGUAGES, key=lambda lang: (indexes[lang].known(text), lang == graph.lang))]
    expanded = (graph.prefixes.expand(p.of) for q in graph.questions.values() for p in q.parameters if p.of)
    parsed = Text(text, index.lang, graph.names, {node.value for node in expanded if node}, index.all_stems)
    if not parsed.words:
        raise CmgraphError("there is no question", hint='For instance: cmgraph ask "Who works with Japan?"')
    parts = list(_parts(parsed, index))
    for entry in unanswered.values():
        if parsed.phrases(best_text(entry.get("phrases", {}), index.lang)):
            raise UnknownName(_no_question(graph, entry["why"]), where=shown, hint="All: cmgraph queries")
    phrases = {name: parsed.phrases(best_text(q.keywords, index.lang)) for name, q in graph.questions.items()}
    plain = [number for part in parts if not part.is_name for number in part.words]
    relevance = index.relevance(stem for number in plain for stem in index.stems_of(parsed.words[number]))
    top = max(relevance.values(), default=0.0) or 1.0
    matched = {name: _RELEVANCE * score / top for name, score in relevance.items()}
    ranked = sorted(
        (
            _suggestion(graph, question, parsed, parts, matched.get(name, 0.0), phrases[name])
            for name, question in graph.questions.items()
            if name in matched or question.parameters or phrases[name]
        ),
        key=lambda suggestion: (-suggestion.score, suggestion.question.name),
    )
    hint = f"Nearest: {', '.join(suggestion.question.name for suggestion in ranked[:3])}. " if ranked else ""
    hint += "All: cmgraph queries"
    for name in (name for part in parts for name in sorted(part.questions & unanswered.keys())):
        if not ranked or any(name in part.questions and part.text in ranked[0].ignored for part in parts):
            raise UnknownName(_no_question(graph, unanswered[name]["why"]), where=shown, hint=hint)
    if not any(suggestion.share >= LEAST for suggestion in ranked[:3]):
        raise UnknownName(message("no_question", graph.lang), where=shown, hint=hint)
    return tuple(ranked)


def _no_question(graph: Graph, why: Mapping[str, str]) -> str:
    return f"{message('no_question', graph.lang)}{COLON[graph.lang]}{best_text(why, graph.lang)}"


def _unanswered(graph: Graph) -> dict[str, dict[str, dict[str, str]]]:
    """Return known questions that nothing here answers: their keywords and the reason, by language."""
    files = [path for folder in graph.folders if (path := folder / "queries" / "unanswered.yaml").is_file()]
    listed = {str(path): parse_mapping(read_text(path), path, "the file") for path in files}
    return {f"{path} {name}": entry for path, entries in listed.items() for name, entry in entries.items()}


def _index(texts: Mapping[str, Sequence[Mapping[str, str]]], lang: str) -> WordIndex:
    """Index texts in a language: title, question and keywords of each, by name; in English the name has words too."""
    return WordIndex(
        {
            name: (
                f"{best_text(title, lang)} {name if lang == 'en' and title else ''}",
                best_text(question, lang),
                best_text(keywords, lang),
            )
            for name, (title, question, keywords) in texts.items()
        },
        lang,
    )


class _Part(NamedTuple):
    """A part of a text: its words' numbers, its weight, the questions that have its words, and what it is."""

    words: frozenset[int]
    weight: float
    questions: frozenset[str]
    text: str
    is_name: bool


def _parts(parsed: Text, index: WordIndex) -> Iterator[_Part]:
    """Divide a text into names, times, and other words that carry meaning."""
    named: set[int] = set()
    for mention in parsed.proper:
        named |= mention.words
        questions_by_word = [
            index.having(stems) for n in sorted(mention.words) if (stems := index.stems_of(parsed.words[n]))
        ]
        yield _Part(
            mention.words,
            _NAME,
            frozenset.intersection(*questions_by_word) if questions_by_word else frozenset(),
            mention.text,
            True,
        )
    for _, at in parsed.times:
        yield _Part(at, _TIME, frozenset(), " ".join(parsed.words[n].plain for n in sorted(at)), True)
    for number in parsed.content:
        if number not in named:
            questions = index.having(index.stems_of(parsed.words[number]))
            weight = log(1 + index.size / len(questions)) if questions else _UNKNOWN
            yield _Part(frozenset({number}), weight, questions, parsed.words[number].plain, False)


def _suggestion(
    graph: Graph, question: Question, parsed: Text, parts: Sequence[_Part], relevance: float, phrases: frozenset[int]
) -> Suggestion:
    filling = fill(question, parsed, graph.names, graph.prefixes)
    used_words = filling.words | phrases
    used_parts = [part for part in parts if part.words & used_words or question.name in part.questions]
    weight = sum(part.weight for part in parts)
    share = sum(part.weight for part in used_parts) / weight if weight else float(bool(phrases))
    has_thing = any(p.type in ("entity", "concept") for p in question.parameters if p.name in filling.values)
    penalty = _MISSING * len(filling.missing) + (_NONE_GIVEN if filling.missing and not has_thing else 0.0)
    left = [part for part in parts if part not in used_parts]
    unused = tuple(part.text for part in left if part.is_name)
    ignored = tuple(part.text for part in left if not part.is_name)
    score = share + relevance + (_PHRASE if phrases else 0.0) + _ALIKE * filling.alike - _UNUSED * len(unused) - penalty
    return Suggestion(question, filling.values, unused, ignored, filling.missing, share, score)
