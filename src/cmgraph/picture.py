"""Pictures: a network, one thing, a matrix, a timeline; each says what it shows, of when, and by how many sources."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmgraph.entity import Entity
from cmgraph.errors import CmgraphError
from cmgraph.files import whole
from cmgraph.graph import Graph
from cmgraph.layout import colours, spots
from cmgraph.network import network, projections
from cmgraph.page import filled
from cmgraph.render import plain, word
from cmgraph.result import Result
from cmgraph.terms import BASE, Thing, pick
from cmgraph.views import timeline

if TYPE_CHECKING:
    import networkx

SIDE = 8
"""How many ties of a thing are drawn on each side."""

ROWS, COLUMNS = 40, 30
"""How large a matrix is drawn."""

_ENDS = tuple(f"{BASE}id/{part}/" for part in ("agent", "arrangement", "event", "place", "project")) + tuple(
    f"{BASE}vocab/{part}/" for part in ("list", "mineral", "theme", "sector", "stage", "product")
)
"""What can be at the end of a tie that is drawn."""

LABELLED = 60
"""At most so many nodes of a drawing have their names beside them: those with most ties, where there is room."""

_SHAPES = ((0, 0.0), (4, 0.25), (3, -0.5), (4, 0.0), (6, 0.0), (5, -0.5), (8, 0.0))
"""Corners of the shapes of kinds, and by how much of a half turn they are turned; no corners make a circle."""


def draw_network(graph: Graph, name: str, path: Path, /, **parameters: object) -> networkx.Graph[str]:
    """Draw the network of the projection ``name``: a page (``.html``) to explore it, or a drawing (``.svg``).

    :returns: the network drawn.
    :raises CmgraphError: if ``path`` ends in neither.
    """
    forms: dict[str, Callable[[Graph, str, networkx.Graph[str]], str]] = {".html": page, ".svg": drawing}
    if path.suffix not in forms:
        raise CmgraphError("not a picture by its ending", where=str(path), hint="Use .html or .svg.")
    net = network(graph, name, False, **parameters)
    with whole(path) as target:
        target.write_text(forms[path.suffix](graph, name, net), encoding="utf-8", newline="")
    return net


def page(graph: Graph, name: str, net: networkx.Graph[str], home: str = "") -> str:
    """Return a page that shows a network, its ties in a table, ways through it, and every source; from disk too.

    :param home: the page that a link back leads to.
    """
    where, order = spots(net), sorted(net)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds, number = sorted(tones), {iri: index for index, iri in enumerate(order)}
    keys = {"source": "net_source", "ties": "net_ties", "path": "net_way", "none": "net_no_way"}
    keys |= {"nodes": "net_nodes", "edges": "net_edges"}
    data = {
        "kinds": [{"name": kind, "colour": tones[kind]} for kind in kinds],
        "nodes": [
            {
                "i": graph.prefixes.shorten(iri),
                "n": net.nodes[iri]["label"],
                "k": kinds.index(net.nodes[iri]["kind"]),
                "x": where[iri].x,
                "y": where[iri].y,
                "s": where[iri].size,
            }
            for iri in order
        ],
        "edges": [
            {
                "a": number[a],
                "b": number[b],
                "via": tie["via"],
                "since": tie["since"],
                "sources": [url for url in tie["sources"].split("; ") if url.startswith(("http://", "https://"))],
            }
            for a, b, tie in sorted(net.edges(data=True), key=lambda edge: edge[:2])
        ],
        "words": {key: word(said, graph.lang) for key, said in keys.items()},
    }
    return filled("network.html", **_told(graph, name), data=data, home=home, name=name)


def drawing(graph: Graph, name: str, net: networkx.Graph[str]) -> str:
    """Return a drawing with title, legend, day and sources."""
    where = spots(net)
    left = min((spot.x for spot in where.values()), default=0.0)
    top = max((spot.y for spot in where.values()), default=0.0)
    width = max((spot.x for spot in where.values()), default=0.0) - left or 1.0
    height = top - min((spot.y for spot in where.values()), default=0.0) or 1.0
    scale = min(960 / width, 900 / height)
    tones = colours(data["kind"] for _, data in net.nodes(data=True))
    kinds = sorted(tones)
    nodes = [
        {
            "label": net.nodes[iri]["label"],
            "x": round(120 + (where[iri].x - left) * scale, 1),
            "y": round(100 + (top - where[iri].y) * scale, 1),
            "size": round(max(3.0, where[iri].size / 2.5), 1),
            "colour": where[iri].colour,
            "kind": kinds.index(net.nodes[iri]["kind"]),
        }
        for iri in sorted(net)
    ]
    for node in nodes:
        node["outline"] = outline(node["kind"], node["x"], node["y"], node["size"])
    number = {iri: index for index, iri in enumerate(sorted(net))}
    order = [nodes[number[iri]] for iri in sorted(net, key=lambda iri: (-net.degree(iri), iri))]
    cited = {iri for *_, data in net.edges(data=True) for iri in data["citations"].split("; ")}
    return filled(
        "drawing.svg",
        **_told(graph, name),
        edges=[(nodes[number[a]], nodes[number[b]]) for a, b in sorted(net.edges)],
        height=round(height * scale) + 160 + 22 * len(tones),
        kinds=[(kind, tones[kind], outline(place, 50, 0, 7)) for place, kind in enumerate(kinds)],
        legend=round(height * scale) + 150,
        named=_apart(order),
        nodes=nodes,
        sources=len(cited),
    )


def outline(kind: int, x: float, y: float, size: float) -> str:
    """Return the points of the shape that a kind is drawn in; empty for a circle.

    A colour that comes again comes with another shape.
    """
    corners, turn = _SHAPES[(kind + kind // len(_SHAPES)) % len(_SHAPES)]
    angles = [math.pi * (turn + 2 * corner / corners) for corner in range(corners)]
    return " ".join(f"{x + 1.2 * size * math.cos(a):.1f},{y + 1.2 * size * math.sin(a):.1f}" for a in angles)


def _apart(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose the nodes whose names do not lie on each other, the first ones first."""
    taken: list[tuple[float, float, float]] = []
    chosen = []
    for node in nodes:
        half, y = 3.4 * min(len(node["label"]), 38), node["y"] + node["size"] + 11
        if all(abs(y - other) > 12 or abs(node["x"] - x) > half + width for x, other, width in taken):
            taken.append((node["x"], y, half))
            chosen.append(node)
    return chosen[:LABELLED]


def draw_entity(graph: Graph, name: str, path: Path) -> Entity:
    """Draw one thing between those who act on it or with it and what it acts on, as SVG; each end is a link.

    :param name: a name, CURIE or IRI.
    :returns: the thing drawn.
    """
    found = graph.entity(name)
    _write(graph, path, "ties.svg", entity=found, href=str, picture=ties(found), title=found.thing.label)
    return found


def draw_timeline(graph: Graph, name: str | None, path: Path) -> Result:
    """Draw what is dated, of one thing or of all, oldest first, as SVG; each line with the numbers of its sources.

    :returns: the timeline drawn, see :func:`cmgraph.views.timeline`.
    """
    answer = timeline(graph, name)
    title = graph.entity(name).thing.label if name else word("timeline", graph.lang)
    rows, year = [], ""
    for row in answer:
        date, what, thing, other = (plain(value) for value in row.values)
        text = f"{what} – {thing}" + (f" ({other})" if other and other != title else "")
        rows.append({"date": date, "year": "" if date[:4] == year else date[:4], "text": text, "cited": row.citations})
        year = date[:4]
    sources = [f"[{number}] {shortened(str(cited), 185)}" for number, cited in enumerate(answer.citations, 1)]
    _write(graph, path, "timeline.svg", rows=rows, sources=sources, title=title)
    return answer


def draw_matrix(graph: Graph, name: str, path: Path, /, **parameters: object) -> networkx.Graph[str]:
    """Draw the network of a projection as a matrix, as SVG: who is tied to what, and by how many things.

    Those with most ties come first; at most :data:`ROWS` rows and :data:`COLUMNS` columns.

    :returns: the network drawn.
    """
    net = network(graph, name, False, **parameters)
    ranked: list[list[Thing]] = []
    for place in (0, 1):
        ends = (row[place] for row in graph.query(projections(graph)[name], **parameters))
        ranked.append([thing for thing, _ in Counter(end for end in ends if isinstance(end, Thing)).most_common()])
    if set(ranked[0]) & set(ranked[1]):  # actors with actors
        both = sorted({*ranked[0], *ranked[1]}, key=lambda thing: (-net.degree(thing.iri), thing.iri))
        ranked = [both, both]
    rows, columns = ranked[0][:ROWS], ranked[1][:COLUMNS]
    cells = [
        {"x": x, "y": y, "n": net.edges[one.iri, other.iri]["weight"], "via": net.edges[one.iri, other.iri]["via"]}
        for y, one in enumerate(rows)
        for x, other in enumerate(columns)
        if net.has_edge(one.iri, other.iri)
    ]
    left = [max(0, len(some) - len(shown)) for some, shown in zip(ranked, (rows, columns), strict=True)]
    cited = {iri for *_, data in net.edges(data=True) for iri in data["citations"].split("; ")}
    told = _told(graph, name)
    shown = {
        "rows": [shortened(one.label, 40) for one in rows],
        "columns": [shortened(one.label, 30) for one in columns],
    }
    _write(graph, path, "matrix.svg", **{**told, **shown}, cells=cells, left=left, sources=len(cited))
    return net


def ties(found: Entity) -> dict[str, Any]:
    """Place the ends of a thing's ties: those who act on the left, what they act on at the right."""
    ends: dict[str, dict[str, tuple[Thing, list[str]]]] = {"left": {}, "right": {}}
    for statement in found.statements:
        for _, value in statement.says:
            if isinstance(value, Thing) and value.iri.startswith(_ENDS) and value.iri != found.thing.iri:
                side = "left" if value.iri.startswith(BASE + "id/agent/") else "right"
                kinds = ends[side].setdefault(value.iri, (value, []))[1]
                if statement.kind.label not in kinds:
                    kinds.append(statement.kind.label)
    drawn: dict[str, Any] = {"more": {}}
    rows = max(2, *(min(len(some), SIDE) for some in ends.values()))
    height = rows * 46 + 24
    for side, some in ends.items():
        shown = list(some.values())[:SIDE]
        top = (height - len(shown) * 46) // 2 + 16
        drawn[side] = [
            {
                "thing": thing,
                "short": shortened(thing.label, 36),
                "label": shortened(", ".join(kinds), 42),
                "y": top + n * 46,
            }
            for n, (thing, kinds) in enumerate(shown)
        ]
        drawn["more"][side] = len(some) - len(shown)
    title = textwrap.wrap(shortened(found.thing.label, 54), 19)[:3]
    return drawn | {"height": height + 16, "middle": height // 2, "title": title}


def shortened(text: str, most: int) -> str:
    """Cut text at a word, or within one if it has no other end."""
    if len(text) <= most:
        return text
    cut = text[: most - 1].rpartition(" ")[0]
    return (cut if len(cut) > most // 2 else text[: most - 1]) + "…"


def _write(graph: Graph, path: Path, template: str, **values: Any) -> None:
    if path.suffix != ".svg":
        raise CmgraphError("not a picture by its ending", where=str(path), hint="Use .svg.")

    def w(key: str) -> str:
        return word(key, graph.lang)

    with whole(path) as target:
        text = filled(template, **{"as_of": graph.as_of, "lang": graph.lang, "w": w, **values})
        target.write_text(text, encoding="utf-8", newline="")


def _told(graph: Graph, name: str) -> dict[str, Any]:
    """Say what a picture shows, in the graph's language."""
    question = projections(graph)[name]

    def w(key: str) -> str:
        return word(key, graph.lang)

    return {
        "as_of": graph.as_of,
        "lang": graph.lang,
        "note": pick(question.note, graph.lang),
        "question": pick(question.question, graph.lang),
        "title": pick(question.title, graph.lang),
        "w": w,
    }
