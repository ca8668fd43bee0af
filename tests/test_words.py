"""The files of words: each thing is called once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

WORDS = sorted((ROOT / "src/cmgraph").rglob("*.yaml"))


def called_twice(text: str) -> list[str]:
    """Return the keys that a mapping of a YAML text has more than once; a reader of YAML keeps the last."""

    def visit(node: yaml.Node) -> Iterator[str]:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            yield from (key for place, key in enumerate(keys) if key in keys[:place])
        for child in node.value if isinstance(node, yaml.CollectionNode) else ():
            for part in child if isinstance(child, tuple) else (child,):
                yield from visit(part)

    return list(visit(yaml.compose(text)))


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_no_word_is_given_twice(path: Path) -> None:
    assert called_twice(path.read_text(encoding="utf-8")) == []


def test_a_word_given_twice_is_found_wherever_it_stands() -> None:
    assert called_twice("a: 1\nb: [{ c: 1, c: 2 }]\na: 3\n") == ["a", "c"]
