"""Names: the label of a thing in a language, and the thing that somebody means by a name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import AmbiguousName, CmgraphError, UnknownName, nearest
from cmgraph.rdf.terms import CM, SKOS, NamedRef, Prefixes, best_text, local_name
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.text.yaml_files import read_yaml

_LOOKALIKES = str.maketrans("łøđħŧıʔʼ’‘`'", "lodhtiʼʼʼʼʼʼ")

_ASCII = {code: None if chr(code) in "'`" else " " for code in range(128) if not chr(code).isalnum()}
"""How ASCII punctuation is folded in a name: most of it separates words."""

_FEW = 50
"""How many things have their kinds looked up singly; beyond that, looking up those of all is quicker."""

_CODES = {CM + name for name in ("countryCode", "alpha3Code", "chemicalSymbol")}
"""Properties whose values are codes: ``NO`` is Norway, ``no`` is a word."""

_SHORT = 4
"""The most letters of a name that people type as an abbreviation, which counts only as written."""

_INITIALS = re.compile(r"(?:[^\W\d_]\. ?){2,}|(?:[^\W\d_]\.)+[^\W\d_]")


def normalize_name(text: str) -> str:
    """Fold a name for comparison only: case, accents, diacritics, punctuation and invisible characters do not count.

    :raises CmgraphError: if it holds bytes that are no UTF-8, which Python keeps as half characters.
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split())
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise CmgraphError("this is not UTF-8", where=text, hint="Write it in UTF-8.")
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LOOKALIKES))
    folded = "".join(
        c if c.isalnum() else " "
        for c in decomposed
        if c != "ʼ" and (c.isalnum() or not (unicodedata.combining(c) or unicodedata.category(c) == "Cf"))
    )
    return " ".join(folded.split())


class _Name(NamedTuple):
    """A name of a thing, as written and folded; whether it is the preferred one, or a code."""

    iri: str
    text: str
    plain: str
    preferred: bool
    code: bool


def _without_article(text: str) -> str:
    """Write a name without an article before it and without the dots of initials: the U.S.A. is USA."""
    bare = re.sub(r"(?i)^the\s+", "", text.strip())
    return bare.replace(".", "").replace(" ", "") if _INITIALS.fullmatch(bare) else bare


def _alias_key(text: str) -> str:
    """Fold a name that people type; what is as short as a code keeps its case."""
    return text if len(text) <= _SHORT else normalize_name(text)


@cache
def _aliases() -> dict[str, set[str]]:
    """Return the names that people type for things, with the codes or names that the graph may have for them.

    They come from ``text/typed-names.yaml`` and, of countries, the Unicode Common Locale Data Repository.
    """
    from babel import Locale

    typed = read_yaml(Path(__file__).parent / "text/typed-names.yaml")
    pairs = [(_without_article(alias), known) for known, aliases in typed.items() for alias in aliases]
    pairs += [(name, code) for language in ("en", "fr") for code, name in Locale(language).territories.items()]
    aliases: dict[str, set[str]] = defaultdict(set)
    for alias, known in pairs:
        aliases[_alias_key(alias)].add(known)
    return aliases


def _codes_or_names(text: str) -> set[str]:
    """Return the codes or names that the graph may have for what people type as ``text``."""
    return _aliases().get(_alias_key(_without_article(text)), set())


@cache
def _terms() -> dict[str, dict[str, str]]:
    """Return labels for people of terms, by CURIE and language, where these differ from the terms' own."""
    terms: dict[str, dict[str, str]] = read_yaml(Path(__file__).parent / "text/terms.yaml")
    return terms


@dataclass(frozen=True)
class SearchHit:
    """A thing found by name, the name that matched, and how well (higher is better, at most 1)."""

    thing: NamedRef
    kind: str
    matched: str
    score: float


class Names:
    """The names in a store.

    :param lang: language in which things are shown, ``en`` or ``fr``.
    """

    def __init__(self, store: Store, prefixes: Prefixes, lang: str) -> None:
        self._store, self._prefixes, self.lang = store, prefixes, lang
        self._labels: dict[str, str] = {}
        self._kinds_of_few: dict[str, set[str]] = {}

    def labels(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the name of each IRI in the language asked for; its CURIE if it has none."""
        requested = dict.fromkeys(iris)
        unlabelled = sorted(iri for iri in requested if iri not in self._labels)
        texts: dict[str, dict[str, str]] = defaultdict(dict)
        for thing, label in builtin.ask(self._store, "labels", thing=unlabelled):
            if isinstance(thing, NamedNode) and isinstance(label, Literal):
                texts[thing.value][label.language or ""] = label.value
        for iri in unlabelled:
            short = self._prefixes.shorten(iri)
            known = _terms().get(short) or texts.get(iri)
            self._labels[iri] = best_text(known, self.lang) if known else short
        return {iri: self._labels[iri] for iri in requested}

    @cached_property
    def _all(self) -> list[_Name]:
        """Every name of everything named."""
        preferred = SKOS + "prefLabel"
        return [
            _Name(thing.value, name.value, normalize_name(name.value), how.value == preferred, how.value in _CODES)
            for thing, name, how in builtin.ask(self._store, "names")
            if isinstance(thing, NamedNode) and isinstance(name, Literal) and isinstance(how, NamedNode)
        ]

    @cached_property
    def _index(self) -> dict[str, list[tuple[str, bool]]]:
        """Things by each of their names, as written and, unless it is a code, folded; and whether it is preferred."""
        index: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for name in self._all:
            for key in {name.text} if name.code else {name.text, name.plain}:
                index[key].append((name.iri, name.preferred))
        return index

    @cached_property
    def _codes(self) -> set[str]:
        return {name.text for name in self._all if name.code}

    @cached_property
    def _kinds(self) -> dict[str, set[str]]:
        """The kinds of everything."""
        return self._ask_kinds([None])

    def _ask_kinds(self, things: Iterable[NamedNode | None]) -> dict[str, set[str]]:
        kinds: dict[str, set[str]] = defaultdict(set)
        for thing, kind in builtin.ask(self._store, "kinds", thing=things):
            if isinstance(thing, NamedNode) and isinstance(kind, NamedNode):
                kinds[thing.value].add(kind.value)
        return kinds

    def resolve(self, text: str, kind: str = "") -> NamedNode:
        """Find the one thing meant by an IRI, a CURIE, or a name in either language.

        :param kind: class or concept scheme the thing must belong to; empty for any.
        :raises UnknownName: if nothing, or more than one thing, has this name.
        """
        if node := self._prefixes.expand(text):
            if self.has(node.value, kind):
                return node
            known = (self._prefixes.shorten(iri) for iri in self._kinds)
            hint = "It is of another kind." if self.has(node.value) else nearest(text, known)
            raise UnknownName(f"no {_noun(kind)} with this IRI", where=text, hint=hint)
        source = None
        for key in dict.fromkeys((text, normalize_name(text), *_forms(text))):
            if node := self._named(key, kind, text):
                if not kind and self.has(node.value, CM + "Source"):
                    source = source or node  # a thing with this name takes precedence over a source with this title
                    continue
                if key in self._codes and (others := self._aliased(kind, text) - {node.value}):
                    raise self._ambiguous(text, {node.value, *others})  # NL is the Netherlands, and a province
                return node
        candidates = self._aliased(kind, text)
        if len(candidates) == 1:
            return NamedNode(candidates.pop())
        if source:
            return source
        if candidates:
            raise self._ambiguous(text, candidates)
        raise UnknownName(f"unknown {_noun(kind)} '{text[:80]}'", hint=self._hint(text, kind))

    def called(self, text: str) -> set[str]:
        """Return all things that have a text as a name, whatever their kind."""
        keys = {text, normalize_name(text), *_forms(text), *_codes_or_names(text)}
        return {iri for key in keys for iri, _ in self._index.get(key, ())}

    def folded(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield each name, folded, of each thing of class or scheme ``kind``, codes left out."""
        return ((name.iri, name.plain) for name in self._all if not name.code and kind in self._kinds[name.iri])

    def kinds(self, iri: str) -> set[str]:
        """Return the classes and schemes that a thing belongs to."""
        if iri not in self._kinds_of_few and len(self._kinds_of_few) < _FEW and "_kinds" not in self.__dict__:
            self._kinds_of_few[iri] = set()
            with suppress(ValueError):  # an invalid IRI has no kinds
                self._kinds_of_few[iri] = self._ask_kinds([NamedNode(iri)]).get(iri, set())
        return self._kinds_of_few[iri] if iri in self._kinds_of_few else self._kinds.get(iri, set())

    def likelier(self, text: str, node: NamedNode, kind: str) -> list[NamedNode]:
        """Return the things of class ``kind`` whose names begin with ``text``, and that more statements mention.

        :param node: the thing with exactly this name, see :meth:`resolve`.
        """
        start = text.strip().casefold() + " "
        longer = {n.iri for n in self._all if kind in self._kinds[n.iri] and n.text.casefold().startswith(start)}
        longer.discard(node.value)
        if not kind or not longer:
            return []
        mentions = {node.value: 0, **dict.fromkeys(longer, 0)}
        for thing, statements in builtin.ask(self._store, "mentions", thing=mentions):
            if isinstance(thing, NamedNode) and isinstance(statements, Literal):
                mentions[thing.value] = int(statements.value)
        above = [iri for iri in longer if mentions[iri] > mentions[node.value]]
        return [NamedNode(iri) for iri in sorted(above, key=lambda iri: (-mentions[iri], iri))]

    def _aliased(self, kind: str, text: str) -> set[str]:
        return {node.value for alias in _codes_or_names(text) if (node := self._named(alias, kind, text))}

    def _named(self, key: str, kind: str, text: str) -> NamedNode | None:
        """Return the one thing with a name; things that prefer it come before others."""
        named = [(iri, best) for iri, best in self._index.get(key, ()) if not kind or kind in self.kinds(iri)]
        for matches in ({iri for iri, best in named if best}, {iri for iri, _ in named}):
            if len(matches) == 1:
                return NamedNode(matches.pop())
            if matches:
                raise self._ambiguous(text, matches)
        return None

    def _ambiguous(self, text: str, iris: Iterable[str]) -> AmbiguousName:
        choices = ", ".join(self._prefixes.shorten(iri) for iri in sorted(iris))
        return AmbiguousName(f"'{text}' is ambiguous", hint=f"Use one of these CURIEs: {choices}.")

    def _hint(self, text: str, kind: str) -> str:
        """Suggest what an unknown name may mean: things of other kinds that have it, or similar names."""
        if kind and any(c.isalpha() for c in text):
            keys = (text, normalize_name(text), *_forms(text), *_codes_or_names(text))
            namesakes = sorted({self._prefixes.shorten(iri) for key in keys for iri, _ in self._index.get(key, ())})
            if namesakes:
                return f"This is the name of {', '.join(namesakes[:3])}, of another kind."
        close = [] if _codes_or_names(text) else self.nearest_names(text, kind)
        return f"Did you mean {', '.join(close)}?" if close else "Try: cmgraph search TEXT"

    def nearest_names(self, text: str, kind: str = "", limit: int = 3) -> list[str]:
        """Return names of which a text may be a misspelling or a short form, best first, one for each thing."""
        from rapidfuzz import fuzz, process

        plain = normalize_name(text)
        if len(plain) < _SHORT:
            return []
        names = [name for name in self._all if not name.code and (not kind or kind in self._kinds[name.iri])]
        plains = [name.plain for name in names]
        scores = {
            place: score for _, score, place in process.extract(plain, plains, scorer=fuzz.ratio, score_cutoff=76)
        }
        scores |= {place: 90.0 for place, known in enumerate(plains) if f" {plain} " in f" {known} "}
        best: dict[str, int] = {}
        for place in sorted(scores, key=lambda place: (-scores[place], not names[place].preferred, len(plains[place]))):
            best.setdefault(names[place].iri, place)
        top = max(scores.values(), default=0.0)
        return [names[place].text for place in best.values() if scores[place] > top - 5][:limit]

    def nearly(self, text: str, kind: str = "") -> str:
        """Return the known name from which a text differs by a misspelling or legal form only; empty if none."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        plain = _without_form(normalize_name(text))
        names = [name for name in self._all if not name.code and (not kind or kind in self._kinds[name.iri])]
        plains = [_without_form(name.plain) for name in names]
        most = max(1, len(plain) // 9) if len(plain) > _SHORT else 0
        for close, _, place in process.extract(plain, plains, scorer=OSA.distance, score_cutoff=most, limit=20):
            if not _differ_on_purpose(plain, close):
                return names[place].text
        return ""

    def resolve_preferring(self, text: str, kind: str) -> NamedNode:
        """Find the thing meant by a name, preferring one of class ``kind`` to others with this name."""
        try:
            return self.resolve(text, kind)
        except UnknownName:
            return self.resolve(text)

    def search(self, text: str, limit: int = 20) -> list[SearchHit]:
        """Find things by any of their names, best match first; accents, case and old names included."""
        words = normalize_name(text).split()
        best: dict[str, tuple[float, str]] = {}
        for iri, name, plain, preferred, _ in self._all:
            score = _score(words, plain) * (1.0 if preferred else 0.95)
            if score and score > best.get(iri, (0.0, ""))[0]:
                best[iri] = (score, name)
        for iri in self.called(text):
            score, name = best.get(iri, (0.0, ""))
            if score < 0.99:
                best[iri] = (0.99, name if normalize_name(name) == " ".join(words) else self.labels([iri])[iri])
        hits = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
        labels = self.labels(iri for iri, _ in hits)
        return [
            SearchHit(NamedRef(iri, labels.get(iri, name)), self.kind(iri), name, round(score, 3))
            for iri, (score, name) in hits
        ]

    def has(self, iri: str, kind: str = "") -> bool:
        """Return whether there is such a thing, of class or in scheme ``kind`` if one is given."""
        kinds = self.kinds(iri)
        return kind in kinds if kind else bool(kinds)

    def values_of(self, kind: str) -> list[str]:
        """Return the names, in the language asked for, of all things of class or scheme ``kind``, sorted."""
        return sorted(self.labels(iri for iri, kinds in self._kinds.items() if kind in kinds).values())

    def kind(self, iri: str) -> str:
        """Name the most specific kind of a thing."""
        kinds = self.kinds(iri)
        own = kinds - {above for kind in kinds for above in self._superclasses.get(kind, ())}
        return ", ".join(sorted(self.labels(own).values()))

    @cached_property
    def _superclasses(self) -> dict[str, set[str]]:
        above: dict[str, set[str]] = defaultdict(set)
        for child, parent in builtin.ask(self._store, "superclasses"):
            if isinstance(child, NamedNode) and isinstance(parent, NamedNode):
                above[child.value].add(parent.value)
        return above


def _forms(text: str) -> Iterator[str]:
    """Yield other ways to write a name: without article and dots, and without the blank in G 7."""
    written = _without_article(text)
    yield written
    plain = normalize_name(written)
    yield plain
    if len(plain) <= _SHORT and any(c.isdigit() for c in plain):
        yield plain.replace(" ", "")


_FORMS = re.compile(
    r"\b(inc|incorporated|ltd|limited|ltee|limitee|corp|corporation|co|company|plc|llc|lp|sa|s a|ag|the)\b"
)
"""Words for the legal form in a company's name."""


def _noun(kind: str) -> str:
    """Return the noun for a thing of a class or scheme: ``cm:MineralList`` is a mineral list."""
    words = re.sub("(?<=[a-z])(?=[A-Z])|-", " ", local_name(kind)).lower()
    return {"": "entity", "agent": "actor", "class": "kind"}.get(words, words)


def _without_form(plain: str) -> str:
    return " ".join(_FORMS.sub(" ", plain).split()) or plain


def _differ_on_purpose(first: str, second: str) -> bool:
    """Return whether two similar names differ on purpose: by a number, or by a word of one or two letters."""
    pairs = [(a, b) for a, b in zip(first.split(), second.split(), strict=False) if a != b]
    if len(first.split()) != len(second.split()):
        return re.findall(r"\d+", first) != re.findall(r"\d+", second)
    return any(re.findall(r"\d+", a) != re.findall(r"\d+", b) or max(len(a), len(b)) <= 2 for a, b in pairs)


def _score(words: list[str], plain: str) -> float:
    """Rate a folded name: 1 for the whole, less for its beginning, for whole words, for parts of words."""
    if not words or not plain:
        return 0.0
    phrase = " ".join(words)
    if plain == phrase:
        return 1.0
    share = len(phrase) / max(len(plain), len(phrase))
    if plain.startswith(phrase + " "):
        return 0.8 + 0.15 * share
    tokens = plain.split()
    if all(word in tokens for word in words):
        return 0.6 + 0.15 * share
    if all(any(token.startswith(word) for token in tokens) for word in words):
        return 0.4 + 0.15 * share
    if phrase in plain:
        return 0.2 + 0.15 * share
    return 0.0
