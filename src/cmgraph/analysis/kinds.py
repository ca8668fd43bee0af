"""The visual language of pictures: how each kind of thing is drawn, and short names where room is limited."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE, CM, best_text
from cmgraph.store import builtin
from cmgraph.text.yaml_files import read_yaml

REST = "topic"
"""The kind of things that are in none of the others."""

ACTOR = "actor"
"""The kind of actors that are in none of the others."""

NATION = "nation"
"""The kind of Indigenous nations, peoples and their governments; they keep their names in full."""

_ABBREVIATION = re.compile(r"(?=(?:\S*[A-Z]){2})[^\s()]{2,10}")


@dataclass(frozen=True)
class Look:
    """How a kind is drawn: its colour (#rrggbb), and the corners of its shape around a point, y downwards."""

    colour: str
    corners: tuple[tuple[float, float], ...]

    def outline(self, x: float, y: float, size: float) -> str:
        """Return the corners of the shape at a place, as SVG has them; empty for a circle."""
        return " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in self.corners)


@cache
def _language() -> dict[str, Any]:
    language: dict[str, Any] = read_yaml(Path(__file__).with_name("kinds.yaml"))
    return language


@cache
def looks() -> dict[str, Look]:
    """Return how each kind is drawn, in the order of legends."""
    shapes = _language()["shapes"]
    return {
        kind: Look(drawn["colour"], tuple((x, y) for x, y in shapes[drawn["shape"]]))
        for kind, drawn in _language()["kinds"].items()
    }


@cache
def _classes() -> dict[str, tuple[str, ...]]:
    spaces = {"cm": CM, "vocab": BASE + "vocab/"}
    pairs = {kind: (name.split(":") for name in drawn["of"]) for kind, drawn in _language()["kinds"].items()}
    return {kind: tuple(spaces[space] + name for space, name in some) for kind, some in pairs.items()}


def picture_kind(graph: Graph, iri: str) -> str:
    """Return the kind of :func:`looks` as which a thing is drawn."""
    own = graph.names.kinds(iri)
    return next((kind for kind, classes in _classes().items() if not own.isdisjoint(classes)), REST)


def kind_label(kind: str, lang: str) -> str:
    """Name a kind in a legend."""
    return best_text(_language()["kinds"][kind]["label"], lang)


def short_names(graph: Graph, iris: Iterable[str]) -> dict[str, str]:
    """Name things where room is short: a government by its place, others by an abbreviation that the graph gives.

    A name that would stand for two of them stays as it is, and so do the names of Indigenous nations.
    """
    labels = graph.names.labels(iris)
    names_by_iri: dict[str, list[str]] = defaultdict(list)
    for thing, name, governed in builtin.ask(graph.store, "short-names", thing=sorted(labels)):
        if not isinstance(thing, NamedNode) or not isinstance(name, Literal):
            continue
        if isinstance(governed, NamedNode):
            names_by_iri[thing.value] = [graph.names.labels([governed.value])[governed.value]]
        elif name.language in (graph.lang, None) and _ABBREVIATION.fullmatch(name.value):
            names_by_iri[thing.value].append(name.value)
    short = labels | {
        iri: min(names, key=lambda name: (len(name), name))
        for iri, names in names_by_iri.items()
        if picture_kind(graph, iri) != NATION
    }
    uses = Counter(short.values())
    return {iri: name if uses[name] == 1 else labels[iri] for iri, name in short.items()}
