"""VALUES blocks: the places of a query for values from outside, which always go in as terms and never as text.

A query has a parameter ``?name`` where it has a block ``VALUES ?name { … }``; the content of the block is the default,
so that the query runs as it is. Binding puts a block built from terms in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from cmgraph.errors import CmgraphError
from cmgraph.rdf.terms import Term
from cmgraph.store.sparql_lexer import tokens


class Block(NamedTuple):
    """A VALUES block: its start and end in the query, and the content of its braces."""

    start: int
    end: int
    content: str


def values_block(name: str, terms: Iterable[Term | None]) -> str:
    """Write the block that binds ``?name`` to ``terms``; None stands for "any"."""
    return f"VALUES ?{name} {{ {' '.join('UNDEF' if term is None else str(term) for term in terms)} }}"


@lru_cache(maxsize=512)
def blocks(query: str) -> Mapping[str, tuple[Block, ...]]:
    """Find the VALUES blocks of one variable each, by the variable's name."""
    by_name: dict[str, list[Block]] = {}
    words = list(tokens(query))
    for word, variable, opening in zip(words, words[1:], words[2:], strict=False):
        if (word.kind, word.text, variable.kind, opening.text) == ("word", "VALUES", "variable", "{"):
            end = next((w.start for w in words if w.start > opening.start and (w.kind, w.text) == ("sign", "}")), None)
            if end is not None:
                content = query[opening.start + 1 : end]
                by_name.setdefault(variable.text[1:], []).append(Block(word.start, end + 1, content))
    return {name: tuple(some) for name, some in by_name.items()}


def bind_values(query: str, bindings: Mapping[str, Iterable[Term | None]], where: str = "query") -> str:
    """Return ``query`` with every block of each name replaced by one that holds the terms given.

    :param where: what errors call the query.
    :raises CmgraphError: if the query has no block for one of the names.
    """
    blocks_by_name = blocks(query)
    if missing := sorted(bindings.keys() - blocks_by_name.keys()):
        hint = f"Write the block into the query: VALUES ?{missing[0]} {{ UNDEF }}"
        raise CmgraphError(f"there is no VALUES block for ?{missing[0]}", where=where, hint=hint)
    written = {name: values_block(name, terms) for name, terms in bindings.items()}
    spans = sorted((block.start, block.end, written[name]) for name in bindings for block in blocks_by_name[name])
    parts, at = [], 0
    for start, end, text in spans:
        parts += [query[at:start], text]
        at = end
    return "".join([*parts, query[at:]])
