#!/usr/bin/env python3
"""Every sentence of an error, of a note on stderr and of help has French: lists those that lack it."""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cmgraph import errors
from cmgraph.cli.commands import cmgraph
from cmgraph.text.i18n import paragraphs, phrases

ROOT = Path(__file__).parent.parent
RAISED = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SAYING = {*RAISED, "Doubt", "Loss", "Problem", "_Unknown", "_hint", "note", "refuse", "say"}
PLACE = {"Loss": 1, "Problem": 3, "refuse": 1}
"""Which argument of those that take others before it is the sentence."""

TYPED = ("cmgraph ", "visualise ", "pip install ", "-o FILE", "VALUES ")
"""How what is to be typed begins, which is alike in both languages."""


def sentences(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression may give."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp():
            yield from sentences(node.body)
            yield from sentences(node.orelse)
        case ast.BoolOp() | ast.Tuple() | ast.List() | ast.Dict():
            for part in node.elts if isinstance(node, (ast.Tuple, ast.List)) else node.values:
                yield from sentences(part)


def said_in(tree: ast.AST) -> Iterator[str]:
    """Yield the sentences of a module: what says them, and the variables they are given to on the way."""
    carried: set[str] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in SAYING:
            first = PLACE.get(name, 0)
            parts = [*call.args[first : first + 2], *(k.value for k in call.keywords if k.arg in ("what", "hint"))]
            for part in parts:
                yield from sentences(part)
                carried |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(n, ast.Name) and n.id in carried for target in targets for n in ast.walk(target)):
                yield from sentences(node.value)


def helped(command: click.Command) -> Iterator[str]:
    """Yield the help of a command, of its options, and of its own commands."""
    yield from paragraphs(command.help or "")
    for parameter in command.params:
        yield getattr(parameter, "help", None) or ""
    for other in command.commands.values() if isinstance(command, click.Group) else ():
        yield from helped(other)


def is_words(text: str) -> bool:
    """Say whether a text has words to be said in another language."""
    fixed = "".join(part for part, *_ in string.Formatter().parse(text)) if "{" in text else text
    typed = text.startswith((*TYPED, "\b\ncmgraph "))
    return " " in fixed.strip() and any(c.isalpha() for c in fixed) and not typed


def every() -> set[str]:
    """Return all sentences there are."""
    found = set(helped(cmgraph))
    for path in (ROOT / "src/cmgraph").rglob("*.py"):
        if "serve" not in path.relative_to(ROOT / "src/cmgraph").parts:
            found |= set(said_in(ast.parse(path.read_text(encoding="utf-8"))))
    return found


if __name__ == "__main__":
    lacking = sorted(text for text in every() - phrases().keys() if is_words(text))
    for text in lacking:
        print(repr(text))
    sys.exit(1 if lacking else 0)
