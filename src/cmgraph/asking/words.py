"""Words of a text: split, folded and stemmed, and the texts that contain them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from cmgraph.names import normalize_name
from cmgraph.text.yaml_files import read_yaml

_STEMMERS = {"en": "english", "fr": "french"}
LANGUAGES = tuple(_STEMMERS)

_ELIDED = re.compile(r"(?i)\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)")
"""An article or pronoun that French writes together with the word after it."""

_INITIALS = re.compile(r"(?:[^\W\d_]\.-?){2,}")
_WORD = re.compile(rf"{_INITIALS.pattern}|\w+(?:[’'\-]\w+)*")
_WEIGHTS = "2.0, 1.0, 2.0"
"""How much the title, the question and the keywords count: who writes keywords means them."""


class Word(NamedTuple):
    """A word of a text: folded, and where it stands."""

    plain: str
    start: int
    end: int


def without_controls(text: str) -> str:
    """Return a text with a blank for each control character."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)


@lru_cache(maxsize=10_000)
def split_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text in their order, without what French elides before them and what shows possession.

    >>> [word.plain for word in split_words("l'Australie, Canada's U.S.")]
    ['australie', 'canada', 'us']
    """
    words = []
    for match in _WORD.finditer(_ELIDED.sub(lambda elided: " " * len(elided[0]), text)):
        written = re.sub(r"['’]s$", "", match[0])
        bare = written.replace(".", "") if _INITIALS.fullmatch(written) else written
        if plain := normalize_name(bare):
            words.append(Word(plain, match.start(), match.start() + len(written)))
    return tuple(words)


@cache
def stop_words(lang: str) -> frozenset[str]:
    """Return the stop words of a language, folded; of ``names``, words that a name may lack."""
    listed = read_yaml(Path(__file__).with_name("stop-words.yaml"))
    return frozenset(normalize_name(word) for word in listed[lang].split())


@cache
def _stemmer(lang: str) -> Callable[[str], str]:
    import snowballstemmer

    return cache(snowballstemmer.stemmer(_STEMMERS[lang]).stemWord)


@lru_cache(maxsize=10_000)
def stems(text: str, lang: str) -> tuple[str, ...]:
    """Return the stems of a text's words, without its stop words, in their order.

    >>> stems("Which agreements were signed?", "en")
    ('agreement', 'sign')
    """
    plains = (part for word in split_words(text) for part in word.plain.split())
    return tuple(normalize_name(_stemmer(lang)(plain)) for plain in plains if plain not in stop_words(lang))


class WordIndex:
    """The words of some texts in one language, in a full-text index.

    :param texts: title, question and keywords of each, by name.
    """

    def __init__(self, texts: Mapping[str, tuple[str, str, str]], lang: str) -> None:
        import sqlite3

        self.lang, self.size = lang, len(texts)
        self._forms = {
            word.plain: stem[0]
            for parts in texts.values()
            for part in parts
            for word in split_words(part)
            if len(stem := stems(word.plain, lang)) == 1
        }
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE VIRTUAL TABLE texts USING fts5(name UNINDEXED, title, question, keywords)")
        rows = ((name, *(" ".join(stems(part, lang)) for part in parts)) for name, parts in texts.items())
        self._database.executemany("INSERT INTO texts VALUES (?, ?, ?, ?)", rows)

    @property
    def all_stems(self) -> frozenset[str]:
        """The stems of all words in the texts."""
        return frozenset(self._forms.values())

    def known(self, text: str) -> int:
        """Count the words of a text that are words of this language: stop words, and those of the texts."""
        return sum(word.plain in stop_words(self.lang) or word.plain in self._forms for word in split_words(text))

    def stems_of(self, word: Word) -> tuple[str, ...]:
        """Return the stems of a word, or of the word in the texts that it misspells; none of a stop word."""
        own = stems(word.plain, self.lang)
        if len(own) != 1 or len(word.plain) < 5 or not word.plain.isalpha() or self.having(own):
            return own
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        close = [form for form in self._forms if form[0] == word.plain[0]]
        match = process.extractOne(word.plain, close, scorer=OSA.distance, score_cutoff=1 if len(word.plain) < 9 else 2)
        return (self._forms[match[0]],) if match else own

    def having(self, stemmed: Iterable[str]) -> frozenset[str]:
        """Return the names of the texts that have one of some stems."""
        return frozenset(self.relevance(stemmed))

    def relevance(self, stemmed: Iterable[str]) -> dict[str, float]:
        """Return how well texts that have one of some stems match them, by BM25; higher is better."""
        query = " OR ".join(f'"{stem}"' for stem in dict.fromkeys(stemmed))
        if not query:
            return {}
        select = f"SELECT name, -bm25(texts, 0.0, {_WEIGHTS}) FROM texts WHERE texts MATCH ?"  # noqa: S608
        return dict(self._database.execute(select, (query,)))
