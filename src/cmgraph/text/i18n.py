"""What the program itself says, in both languages.

The texts of ``messages.yaml`` have names. What is only told on the command line, errors, notes and help, is
written where it is said, in English; ``french.yaml`` holds its French by the English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path

from cmgraph.errors import reword
from cmgraph.rdf.terms import best_text
from cmgraph.text.yaml_files import read_yaml

COLON = {"en": ": ", "fr": " : "}
"""What stands between a label and what it labels, by language."""


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("messages.yaml"))
    return words


def message(key: str, lang: str, *, default: str | None = None) -> str:
    """Return one of the program's own words in ``lang``; ``default`` if one is given and there is no such word."""
    return default if default is not None and key not in _words() else best_text(_words()[key], lang)


@cache
def phrases() -> Mapping[str, str]:
    """Return the French of errors, notes and help, by their English."""
    words: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("french.yaml"))
    return {english: french for group in words.values() for english, french in group.items()}


def words_of(lang: str) -> Mapping[str, str]:
    """Return what English is replaced by in a language, see :func:`cmgraph.errors.reword`."""
    return phrases() if lang == "fr" else {}


def in_language(text: str, lang: str) -> str:
    """Return an error, a note or a help text in a language; what has no words in it stays English."""
    return reword(text, words_of(lang))


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text, each on one line, but for those that keep their lines."""
    for part in cleandoc(text).split("\n\n"):
        yield part if part.startswith("\b") else " ".join(part.split())
