"""Values for the parameters of a question, from the names, days and numbers in a text."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, combinations, permutations
from math import log
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

from cmgraph.asking.days import Time, times_in
from cmgraph.asking.words import split_words, stems, stop_words
from cmgraph.errors import UnknownName
from cmgraph.names import Names, normalize_name
from cmgraph.questions.header import Parameter
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import Prefixes, best_text
from cmgraph.text.yaml_files import read_yaml

LONGEST_NAME = 14
"""The most words that a name in a text has."""

_CLOSE, _LOOSE = 0.55, 0.34
"""The part of a name, by weight, that a text must have: of the name of a thing, and of a name in common words."""

_SURE = 0.7
"""The part of a name, by weight, from which on it is meant rather than a whole name among the same words."""

_RARE = 12
"""Names that may share a word by which one of them is meant."""

_LONG = 5
"""Letters from which a word, or its stem, may be a misspelling of one in a name."""

_FEW = 5
"""Names in a text that are tried for the parameters of a question."""

_SUBJECT = re.compile(r"(?<!\S)(?:crit\w* min(?:\w*s)?|min\w*x crit\w*)(?!\S)")
"""The subject of every question, in the plural: a single critical mineral is what a list names."""

_ARTICLES = frozenset({"the", "le", "la", "les"})
_FIRST, _LAST = ("from", "since"), ("to", "until")
"""Names of date parameters, by the end of a time that they take; ``asOf`` takes the last day."""


class Mention(NamedTuple):
    """A name in a text: as written, the numbers of its words, and all things that it may mean."""

    text: str
    words: frozenset[int]
    things: frozenset[str]


@dataclass(frozen=True)
class Filling:
    """The values that a text gives a question.

    :ivar values: by parameter, as a person writes them; a list of a parameter that is given several at once.
    :ivar words: the numbers of the words that they are taken from.
    :ivar missing: parameters without a value whose default is one thing among many.
    :ivar alike: the part of the things given that are of the kinds the question is usually asked about.
    """

    values: Mapping[str, str | list[str]]
    words: frozenset[int]
    missing: tuple[str, ...]
    alike: float


@cache
def _adjectives(lang: str) -> dict[str, str]:
    """Return places by the stems of the adjectives for them."""
    listed = read_yaml(Path(__file__).with_name("adjectives.yaml"))
    return {" ".join(stems(form, lang)): place for place, forms in listed.items() for form in forms}


def _singular(plain: str) -> str:
    return plain.rstrip("sx") if len(plain) > 4 else plain


class PartialNames:
    """Names of one kind of thing by their words, to find one that a text gives in part.

    :param named: things with their folded names.
    :param lang: language by which words are stemmed; empty to compare them nearly as they are.
    """

    def __init__(self, named: Iterable[tuple[str, str]], lang: str = "") -> None:
        stopped = stop_words("en") | stop_words("fr") | stop_words("names")
        split = (
            (
                thing,
                frozenset(stems(plain, lang))
                if lang
                else frozenset(_singular(word) for word in plain.split() if word not in stopped),
            )
            for thing, plain in named
        )
        self._names = sorted({(thing, words) for thing, words in split if words}, key=lambda name: name[0])
        self._having: dict[str, list[int]] = defaultdict(list)
        for number, (_, words) in enumerate(self._names):
            for word in words:
                self._having[word].append(number)
        count = len(self._names)
        self._weights = {word: log(1 + count / len(numbers)) for word, numbers in self._having.items()}
        self._rare = {word for word, numbers in self._having.items() if len(numbers) <= _RARE}
        self._slips: dict[str, str] = {}

    def find(
        self, numbers_by_word: Mapping[str, set[int]], own: set[int], least: float
    ) -> Iterator[tuple[float, Mention]]:
        """Yield each thing whose name is for a good part in a text, and the part.

        :param numbers_by_word: the words of the text with their numbers.
        :param own: the numbers of words, one of which must be in the name, and be rare unless one is misspelled.
        :param least: the part of a name, by weight, that the text must have.
        """
        corrected = {self._corrected(word, numbers & own): numbers for word, numbers in numbers_by_word.items()}
        has_slips, numbers_by_word = corrected.keys() != numbers_by_word.keys(), corrected
        rare = [
            word for word, numbers in numbers_by_word.items() if word in self._rare and (has_slips or numbers & own)
        ]
        for number in sorted({number for word in rare for number in self._having[word]}):
            thing, words = self._names[number]
            shared = words & numbers_by_word.keys()
            part = sum(self._weights[word] for word in shared) / sum(self._weights[word] for word in words)
            places = [min(numbers_by_word[word]) for word in shared]
            at = frozenset(n for word in shared for n in numbers_by_word[word])
            if part >= least and at & own and max(places) - min(places) <= len(words) + 2:
                yield part, Mention(" ".join(sorted(shared)), at, frozenset({thing}))

    def _corrected(self, word: str, own: set[int]) -> str:
        """Return the word in the names that a word of a text misspells, or the word itself."""
        if word in self._having or not own or len(word) < _LONG or not word.isalpha():
            return word
        if word not in self._slips:
            from rapidfuzz import process
            from rapidfuzz.distance import OSA

            close = [known for known in self._having if known[0] == word[0]]
            match = process.extractOne(word, close, scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2)
            self._slips[word] = match[0] if match else word
        return self._slips[word]


_PARTIAL_NAMES: WeakKeyDictionary[Names, dict[tuple[tuple[str, ...], str], PartialNames]] = WeakKeyDictionary()
"""By kinds and language, the index that takes longest to build from a graph's names, while the graph exists."""


@lru_cache(maxsize=1000)
def _phrase_patterns(phrases: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each comma-separated phrase of two words or more, to find it in folded text."""
    split = ([" ".join(word.plain for word in split_words(part)) for part in p.split("*")] for p in phrases.split(","))
    patterns = (r" \S+(?: \S+){0,3} ".join(parts) for parts in split if len(parts) > 1 or " " in parts[0])
    return tuple(re.compile(rf"(?<!\S){pattern}(?!\S)") for pattern in patterns)


class Text:
    """What a text names.

    :param text: the text, without control characters.
    :param lang: its language.
    :param kinds: the classes and schemes whose things count.
    :param common: words of questions: what is written in them, in small letters, need not be a name.
    :ivar words: its words.
    :ivar times: the times in it, with the numbers of their words.
    :ivar mentions: the names in it, the longest that start at a word.
    :ivar content: the numbers of the words that carry meaning, those in names too.
    """

    def __init__(
        self, text: str, lang: str, names: Names, kinds: Iterable[str], common: frozenset[str] = frozenset()
    ) -> None:
        self.text, self.lang, self._names, self._kinds, self._common = text, lang, names, frozenset(kinds), common
        self._mentions_by_kind: dict[tuple[str, float], list[Mention]] = {}
        self.words = split_words(text)
        self.times = list(self._find_times())
        time_words = {number for _, numbers in self.times for number in numbers}
        self._years = {n for n in time_words if re.fullmatch(r"\d{4}", self.words[n].plain)}
        self.mentions = list(self._find_mentions(time_words))
        self._named = {number for mention in self.mentions for number in mention.words}
        content = [
            number
            for number, word in enumerate(self.words)
            if number not in time_words and word.plain not in stop_words(lang) | stop_words("en")
        ]
        subject = {n for match in _SUBJECT.finditer(self._folded) for n in self._words_in(match.start(), match.end())}
        subject -= self._named
        has_other_content = self.times or set(content) - self._named - subject
        self.content = [number for number in content if number not in subject or not has_other_content]

    @property
    def proper(self) -> list[Mention]:
        """The mentions that are names, and not common words that happen to be one."""
        return [mention for mention in self.mentions if not self._is_common(mention)]

    def phrases(self, phrases: str) -> frozenset[int]:
        """Return the numbers of the words that form one of some comma-separated phrases in the text.

        A phrase has two words or more; a ``*`` in it stands for one to four.
        """
        numbers: set[int] = set()
        for pattern in _phrase_patterns(phrases):
            for match in pattern.finditer(self._folded):
                numbers |= self._words_in(match.start(), match.end())
        return frozenset(numbers)

    def words_among(self, listed: str) -> frozenset[int]:
        """Return the numbers of the words that are among some comma-separated words."""
        plain = {normalize_name(word) for word in listed.split(",")}
        return frozenset(number for number, word in enumerate(self.words) if word.plain in plain)

    @cached_property
    def _folded(self) -> str:
        return " ".join(word.plain for word in self.words)

    def _words_in(self, start: int, end: int) -> frozenset[int]:
        """Return the numbers of the words in a part of the folded text."""
        starts = accumulate((len(word.plain) + 1 for word in self.words), initial=0)
        return frozenset(number for number, at in enumerate(starts) if start <= at < end)

    def _is_common(self, mention: Mention) -> bool:
        return mention.text == mention.text.lower() and all(
            stem in self._common for number in mention.words for stem in stems(self.words[number].plain, self.lang)
        )

    def _find_times(self) -> Iterator[tuple[Time, frozenset[int]]]:
        for time in times_in(self._folded):
            yield time, self._words_in(time.start, time.end)

    def _find_mentions(self, time_words: set[int]) -> Iterator[Mention]:
        at = 0
        while at < len(self.words):
            for count in range(min(LONGEST_NAME, len(self.words) - at), 0, -1):
                numbers = frozenset(range(at, at + count))
                if not numbers <= time_words and (things := self._called(at, count)):
                    yield Mention(self._written(at, count), numbers, things)
                    at += count - 1
                    break
            at += 1

    def _written(self, at: int, count: int) -> str:
        return self.text[self.words[at].start : self.words[at + count - 1].end]

    def _called(self, at: int, count: int) -> frozenset[str]:
        """Return the things of the kinds that count which some words name."""
        text, stopped = self._written(at, count), stop_words(self.lang)
        first, last = self.words[at].plain, self.words[at + count - 1].plain
        if {first, last} & stopped and not (text.isupper() and len(text) > 1):
            return frozenset()
        plain = " ".join(word.plain for word in self.words[at : at + count])
        if plain.isdigit():  # an amount, not the register entry with that number
            return frozenset()
        called = self._names.called(text) | (self._names.called(plain) if len(plain) > 4 else set())
        if not called and count <= 2 and (place := _adjectives(self.lang).get(" ".join(stems(plain, self.lang)))):
            called = self._names.called(place)
        return frozenset(thing for thing in called if self._names.kinds(thing) & self._kinds)

    @cached_property
    def _asked(self) -> dict[str, set[int]]:
        """The words that may be part of a name, with their numbers; a name brings those of its other forms."""
        asked: dict[str, set[int]] = defaultdict(set)
        for number in (*self.content, *self._years):
            for part in self.words[number].plain.split():
                for form in {_singular(part), *stems(part, self.lang)}:
                    asked[form].add(number)
        for mention in self.mentions:
            for label in self._names.labels(mention.things).values():
                for part in normalize_name(label).split():
                    if part not in stop_words(self.lang):
                        asked[_singular(part)] |= mention.words
        return asked

    def mentions_of(self, kind: str, least: float, is_concept: bool) -> list[Mention]:
        """Return the names of things of a class or scheme in the text, in order; names given in part too.

        :param kind: the class or scheme; empty for any.
        :param least: the part of a name, by weight, that the text must have.
        :param is_concept: whether they are named in common words, which may stand in another form.
        """
        if (kind, least) not in self._mentions_by_kind:
            self._mentions_by_kind[kind, least] = self._find_mentions_of(kind, least, is_concept)
        return self._mentions_by_kind[kind, least]

    def _find_mentions_of(self, kind: str, least: float, is_concept: bool) -> list[Mention]:
        complete = [
            mention._replace(things=things)
            for mention in self.mentions
            if (things := frozenset(t for t in mention.things if not kind or kind in self._names.kinds(t)))
        ]
        own = (set(self.content) - self._named) | self._years
        parts: list[tuple[float, Mention]] = []
        for share, mention in sorted(
            self._partial(kind, is_concept).find(self._asked, own, least), key=lambda hit: -hit[0]
        ):
            if len(mention.words) == 1 and mention.words <= self._common_words and share < 1:
                continue
            if share < _SURE and any(mention.words & other.words for other in complete):
                continue
            clash = next((p for p in parts if p[1].words & mention.words & own), None)
            if clash is None:
                parts.append((share, mention))
            elif clash[0] - share < 0.02 and clash[1].words == mention.words:
                parts[parts.index(clash)] = share, mention._replace(things=mention.things | clash[1].things)
        longer = [mention for _, mention in parts]
        remaining = [mention for mention in complete if not any(mention.words < part.words for part in longer)]
        return sorted([*remaining, *longer], key=lambda mention: min(mention.words & own or mention.words))

    @cached_property
    def _common_words(self) -> set[int]:
        return {n for n in self.content if set(stems(self.words[n].plain, self.lang)) <= self._common}

    def _partial(self, kind: str, is_concept: bool) -> PartialNames:
        by_kind = _PARTIAL_NAMES.setdefault(self._names, {})
        lang = self.lang if is_concept else ""
        kinds = (kind,) if kind else tuple(sorted(self._kinds))
        if (kinds, lang) not in by_kind:
            by_kind[kinds, lang] = PartialNames((name for each in kinds for name in self._names.folded(each)), lang)
        return by_kind[kinds, lang]

    @cached_property
    def numbers(self) -> list[tuple[int, str, bool]]:
        """The whole numbers outside times and names: number of the word, value, and whether it is a percentage."""
        used = {n for _, at in self.times for n in at} | self._named
        whole_numbers = []
        for number, word in enumerate(self.words):
            if number not in used and re.fullmatch(r"[0-9]{1,9}", word.plain):
                rest = self.text[word.end :].lstrip().lower()
                percent = rest.startswith(("%", "percent", "per cent", "pour cent", "pourcent", "p. 100"))
                whole_numbers.append((number, word.plain, percent))
        return whole_numbers

    def follows(self, mention: Mention, phrases: str) -> bool:
        """Return whether one of some comma-separated phrases precedes a mention; articles do not count."""
        at = min(mention.words)
        words = [word.plain for word in self.words[max(0, at - 6) : at]]
        while words and words[-1] in _ARTICLES:
            words.pop()
        words_before = f" {' '.join(words)}"
        return any(
            words_before.endswith(f" {normalize_name(phrase)}") for phrase in phrases.split(",") if phrase.strip()
        )


def fill(question: Question, text: Text, names: Names, prefixes: Prefixes) -> Filling:
    """Return the values that a text gives a question."""
    defaults = question.defaults()
    by_kind: dict[str, list[Parameter]] = defaultdict(list)
    for parameter in question.parameters:
        if parameter.type in ("entity", "concept"):
            by_kind[parameter.of].append(parameter)
    values: dict[str, str | list[str]] = {}
    used: set[int] = set()
    alike: list[bool] = []
    missing: list[str] = []
    for curie, parameters in by_kind.items():
        kind = node.value if curie and (node := prefixes.expand(curie)) else ""
        loose = parameters[0].type == "concept" and "UNDEF" not in defaults[parameters[0].name]
        mentioned = [
            (mention, value)
            for mention in text.mentions_of(kind, _LOOSE if loose else _CLOSE, parameters[0].type == "concept")
            if (value := _value(mention, kind, names, prefixes))
        ]
        usual = {p.name: _usual(question, p, defaults[p.name], kind, names) for p in parameters}
        chosen = _assign(parameters, [(mention, thing) for mention, (_, thing) in mentioned], usual, text, names)
        for name, number in chosen.items():
            mention, (written, thing) = mentioned[number]
            values[name] = written
            used |= mention.words
            alike.append(_is_like(thing, usual[name], names))
        for parameter in (p for p in parameters if p.several and p.name in chosen):
            others = [number for number in range(len(mentioned)) if number not in chosen.values()]
            values[parameter.name] = [mentioned[number][1][0] for number in sorted([chosen[parameter.name], *others])]
            used |= {n for number in others for n in mentioned[number][0].words}
        missing += [p.name for p in parameters if p.name not in values and "UNDEF" not in defaults[p.name]]
    for parameter in question.parameters:
        for choice, synonyms in parameter.choices.items():
            if at := text.words_among(best_text(synonyms, text.lang)) - used:
                values[parameter.name] = choice
                used |= at
    for name, literal, at, fits in _days_and_numbers(question, text, used):
        values[name] = literal
        used |= at
        alike.append(fits)
    in_order = {p.name: values[p.name] for p in question.parameters if p.name in values}
    return Filling(in_order, frozenset(used), tuple(missing), sum(alike) / len(alike) if alike else 0.0)


def _usual(question: Question, parameter: Parameter, default: str, kind: str, names: Names) -> list[str]:
    """Return things that a question is usually asked about: its default, and the other value it is checked with."""
    usual = []
    for text in (default, question.also.get(parameter.name, "")):
        with suppress(UnknownName):
            usual += [names.resolve(text, kind).value] if text and text not in ("UNDEF", "any") else []
    return usual


def _is_like(thing: str, usual: Iterable[str], names: Names) -> bool:
    """Return whether a thing is of exactly the kinds of one of some others."""
    return any(names.kinds(thing) == names.kinds(other) for other in usual)


def _value(mention: Mention, kind: str, names: Names, prefixes: Prefixes) -> tuple[str, str] | None:
    """Return the value of a kind that a mention means, as written in a command, and the thing; None if unclear."""
    if len(mention.things) == 1:
        (thing,) = mention.things
    else:
        try:
            thing = names.resolve(mention.text, kind).value
        except UnknownName:
            return None
    for written in (mention.text, names.labels([thing])[thing]):
        with suppress(UnknownName):
            if names.resolve(written, kind).value == thing:
                return written, thing
    return prefixes.shorten(thing), thing


def _assign(
    parameters: Sequence[Parameter],
    mentioned: Sequence[tuple[Mention, str]],
    usual: Mapping[str, Sequence[str]],
    text: Text,
    names: Names,
) -> dict[str, int]:
    """Return which parameter takes which mentioned thing, by its number.

    A word before a thing may decide (imports *from* Chile). Otherwise things go where things of their kinds usually go
    and, unless that decides clearly, in their order.
    """
    few = range(min(len(mentioned), _FEW))
    count = min(len(parameters), len(few))
    best, best_score = dict[str, int](), -100.0
    for taking in combinations(parameters, count):
        for order in permutations(few, count):
            pairs = list(zip(taking, order, strict=True))
            cued = sum(text.follows(mentioned[n][0], best_text(p.after, text.lang)) for p, n in pairs)
            like = sum(_is_like(mentioned[n][1], usual[p.name], names) for p, n in pairs)
            score = 10 * cued + like - (0 if order == tuple(sorted(order)) else 1.5)
            if score > best_score:
                best, best_score = {p.name: n for p, n in pairs}, score
    return best


def _days_and_numbers(
    question: Question, text: Text, used: set[int]
) -> Iterator[tuple[str, str, frozenset[int], bool]]:
    """Yield the days and numbers that a text gives a question: parameter, value, numbers of its words, if it fits well.

    The last day of a year can stand for it, but a question that takes its first day too fits better.

    :param used: the words that are used already: the year of a list is no day.
    """
    time, at = next(((time, at) for time, at in text.times if not at & used), (None, frozenset[int]()))
    numbers = list(text.numbers)
    for p in question.parameters:
        if p.type == "date" and time:
            if p.name == "asOf" and time.is_short and time.last:
                yield p.name, str(time.last), at, time.is_day
            elif p.name in _FIRST and not time.is_day:
                yield p.name, str(time.first or dt.date.min), at, True
            elif p.name in _LAST and not time.is_day:
                yield p.name, str(time.last or dt.date.today()), at, True
        elif p.type == "integer" and p.name == "year":
            if time and time.year:
                yield p.name, str(time.year), at, True
        elif p.type == "integer":
            for candidate in numbers:
                if candidate[2] == (p.name == "percent"):
                    numbers.remove(candidate)
                    yield p.name, candidate[1], frozenset({candidate[0]}), True
                    break
