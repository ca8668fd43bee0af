"""What the program itself says, in both languages: the texts in ``messages.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

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
