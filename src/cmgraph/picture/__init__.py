"""Pictures: a network, one thing, a matrix, a timeline, a flow; each says what it shows, of when, and by whose word."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.page import filled
from cmgraph.picture.drawing import Picture, told
from cmgraph.result import WHOLE
from cmgraph.scope import ALL, Scope

KINDS = ("network", "entity", "matrix", "timeline", "flow")
"""What can be drawn."""

FORMS = (".html", ".svg", ".png", ".pdf")
"""The forms of pictures, by their ending."""

_SCALE = 2
"""Pixels of a PNG per unit of its drawing."""


def draw(graph: Graph, kind: str, name: str | None, path: Path, /, scope: Scope = ALL, **parameters: object) -> Picture:
    """Draw a picture into ``path``, in the form that its ending says: one of :data:`FORMS`.

    ``.html`` is one page that needs nothing else: a network to explore, or the drawing with its table and its sources.
    ``.png`` and ``.pdf`` need the extra ``pictures``.

    :param kind: one of :data:`KINDS`. ``network``, ``matrix`` and ``flow`` draw a projection; ``entity`` one thing;
        ``timeline`` one thing, or all that is dated.
    :param name: a projection, or a thing by name, CURIE or IRI; None for the usual one.
    :param scope: which part of a projection.
    :param parameters: values of the projection's own parameters.
    :raises CmgraphError: if there is no such form or kind, or a kind lacks its name.
    """
    if path.suffix not in FORMS:
        raise CmgraphError("not a picture by its ending", where=str(path), hint=f"Use {', '.join(FORMS)}.")
    if kind not in KINDS:
        raise CmgraphError(f"no picture is called '{kind}'", hint=f"One of {', '.join(KINDS)}.")
    if kind in ("entity", "timeline") and (parameters or scope != ALL):
        raise CmgraphError("only a projection has parameters and a scope", where=kind)
    make: Callable[..., Picture] = import_module(f"cmgraph.picture.{kind}").picture
    made = make(graph, name, **({} if kind in ("entity", "timeline") else {"scope": scope, **parameters}))
    forms: dict[str, Callable[[], str | bytes]] = {
        ".html": made.page or (lambda: _page(graph, made)),
        ".svg": lambda: made.svg(False),
        ".png": lambda: _renderer().svg_to_png(made.svg(False), scale=_SCALE),
        ".pdf": lambda: _renderer().svg_to_pdf(made.svg(False)),
    }
    content = forms[path.suffix]()
    with atomic_file(path) as target:
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return made


def _page(graph: Graph, made: Picture) -> str:
    from markupsafe import Markup

    svg = Markup(made.svg(True))  # noqa: S704 - every value in it was escaped when it was drawn
    return filled("picture.html", **told(graph), made=made, svg=svg, href=str, whole=WHOLE)


def _renderer() -> Any:
    try:
        import vl_convert
    except ImportError:
        hint = "Run: pip install 'cmgraph[pictures]', or write .svg."
        raise CmgraphError("this form needs vl-convert", hint=hint) from None
    return vl_convert
