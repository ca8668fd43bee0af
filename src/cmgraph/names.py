"""Names: what a thing is called in a language, and which thing somebody means by a name."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import AmbiguousName, UnknownName, nearest
from cmgraph.rdf.terms import SKOS, NamedRef, Prefixes, best_text
from cmgraph.store import builtin
from cmgraph.store.base import Store

_LOOKALIKES = str.maketrans("łøđħŧıʔʼ’‘`'", "lodhtiʼʼʼʼʼʼ")


def normalize_name(text: str) -> str:
    """Fold a name for comparison only: case, accents, diacritics and punctuation do not count."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LOOKALIKES))
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c) and c != "ʼ")
    return " ".join(kept.split())


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

    def labels(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the name of each IRI in the language asked for; one without a name goes by its CURIE."""
        asked = dict.fromkeys(iris)
        wanted = sorted(iri for iri in asked if iri not in self._labels)
        texts: dict[str, dict[str, str]] = defaultdict(dict)
        for thing, label in builtin.ask(self._store, "labels", thing=wanted):
            if isinstance(thing, NamedNode) and isinstance(label, Literal):
                texts[thing.value][label.language or ""] = label.value
        for iri in wanted:
            self._labels[iri] = best_text(texts[iri], self.lang) if iri in texts else self._prefixes.shorten(iri)
        return {iri: self._labels[iri] for iri in asked}

    @cached_property
    def _all(self) -> list[tuple[str, str, str, bool]]:
        """(IRI, name, folded name, whether it is the preferred one) of everything named."""
        rows = builtin.ask(self._store, "names")
        preferred = SKOS + "prefLabel"
        return [
            (thing.value, name.value, normalize_name(name.value), how.value == preferred)
            for thing, name, how in rows
            if isinstance(thing, NamedNode) and isinstance(name, Literal) and isinstance(how, NamedNode)
        ]

    @cached_property
    def _index(self) -> dict[str, list[tuple[str, bool]]]:
        """Things by each of their names, as written and folded, and whether it is the preferred one."""
        index: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for iri, name, plain, preferred in self._all:
            for key in {name, plain}:
                index[key].append((iri, preferred))
        return index

    @cached_property
    def _kinds(self) -> dict[str, set[str]]:
        kinds: dict[str, set[str]] = defaultdict(set)
        for thing, kind in builtin.ask(self._store, "kinds"):
            if isinstance(thing, NamedNode) and isinstance(kind, NamedNode):
                kinds[thing.value].add(kind.value)
        return kinds

    def resolve(self, text: str, of: str = "", what: str = "entity") -> NamedNode:
        """Find the one thing meant by an IRI, a CURIE, or a name in either language.

        :param of: class or concept scheme the thing must belong to; empty for any.
        :raises UnknownName: if nothing, or more than one thing, goes by the name.
        """
        if node := self._prefixes.expand(text):
            if node.value in self._kinds and (not of or of in self._kinds[node.value]):
                return node
            kind = f" of kind {self._prefixes.shorten(of)}" if of and node.value in self._kinds else ""
            known = (self._prefixes.shorten(iri) for iri in self._kinds)
            raise UnknownName(f"no {what}{kind} with this IRI", where=text, hint=nearest(text, known))
        for key in (text, normalize_name(text)):
            called = [(iri, best) for iri, best in self._index[key] if not of or of in self._kinds[iri]]
            for matches in ({iri for iri, best in called if best}, {iri for iri, _ in called}):
                if len(matches) == 1:
                    return NamedNode(matches.pop())
                if matches:
                    choices = ", ".join(self._prefixes.shorten(iri) for iri in sorted(matches))
                    hint = f"Use one of these CURIEs: {choices}."
                    raise AmbiguousName(f"'{text}' is ambiguous", hint=hint)
        hint = nearest(text, (n for i, n, _, _ in self._all if not of or of in self._kinds[i]))
        raise UnknownName(f"unknown {what} '{text}'", hint=hint or "Try: cmgraph search TEXT")

    def resolve_preferring(self, text: str, of: str) -> NamedNode:
        """Find the thing meant by a name, one of class ``of`` rather than another that goes by it."""
        try:
            return self.resolve(text, of)
        except UnknownName:
            return self.resolve(text)

    def search(self, text: str, limit: int = 20) -> list[SearchHit]:
        """Find things by any of their names, best match first; accents, case and old names included."""
        words = normalize_name(text).split()
        best: dict[str, tuple[float, str]] = {}
        for iri, name, plain, preferred in self._all:
            score = _score(words, plain) * (1.0 if preferred else 0.95)
            if score and score > best.get(iri, (0.0, ""))[0]:
                best[iri] = (score, name)
        found = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
        labels = self.labels(iri for iri, _ in found)
        return [
            SearchHit(NamedRef(iri, labels.get(iri, name)), self.kind(iri), name, round(score, 3))
            for iri, (score, name) in found
        ]

    def has(self, iri: str, of: str = "") -> bool:
        """Say whether there is such a thing, of class or in scheme ``of`` if one is given."""
        return iri in self._kinds and (not of or of in self._kinds[iri])

    def values_of(self, of: str) -> list[str]:
        """Return the names, in the language asked for, of all things of class or scheme ``of``, sorted."""
        return sorted(self.labels(iri for iri, kinds in self._kinds.items() if of in kinds).values())

    def kind(self, iri: str) -> str:
        """Name the most specific kind of a thing."""
        kinds = self._kinds.get(iri, set())
        own = kinds - {above for kind in kinds for above in self._superclasses.get(kind, ())}
        return ", ".join(sorted(self.labels(own).values()))

    @cached_property
    def _superclasses(self) -> dict[str, set[str]]:
        above: dict[str, set[str]] = defaultdict(set)
        for child, parent in builtin.ask(self._store, "superclasses"):
            if isinstance(child, NamedNode) and isinstance(parent, NamedNode):
                above[child.value].add(parent.value)
        return above


def _score(words: list[str], plain: str) -> float:
    """Rate a folded name: 1 for the whole, less for its beginning, for whole words, for parts of words."""
    if not words or not plain:
        return 0.0
    whole = " ".join(words)
    if plain == whole:
        return 1.0
    share = len(whole) / max(len(plain), len(whole))
    if plain.startswith(whole + " "):
        return 0.8 + 0.15 * share
    tokens = plain.split()
    if all(word in tokens for word in words):
        return 0.6 + 0.15 * share
    if all(any(token.startswith(word) for token in tokens) for word in words):
        return 0.4 + 0.15 * share
    if whole in plain:
        return 0.2 + 0.15 * share
    return 0.0
