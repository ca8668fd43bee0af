"""Pictures of networks, things and figures; each has its subject, date and sources on it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.answers.result import AS_A_WHOLE
from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.pictures.base import Picture, template_context
from cmgraph.text.templating import render_template

KINDS = ("network", "entity", "matrix", "timeline", "flow", "chart", "map")
"""The kinds of pictures."""

USUAL = {"network": "actors", "matrix": "themes", "flow": "chain", "chart": "production", "map": "projects"}
"""The projection, chart or map that is drawn if none is named."""

PROJECTED = ("network", "matrix", "flow")
"""The kinds of pictures that draw a projection."""

BY = ("count", "money")
"""What the width of a flow may stand for."""

FORMATS = (".html", ".svg", ".png", ".pdf")
"""The formats of pictures, by their ending."""

SPECIFICATION = ".vl.json"
"""The ending of a chart's Vega-Lite specification."""

_SCALE = 2
"""Pixels of a PNG per unit of its drawing."""


def draw(
    graph: Graph,
    kind: str,
    name: str | None,
    path: Path,
    /,
    network_filter: NetworkFilter = EVERYTHING,
    **parameters: object,
) -> Picture:
    """Draw a picture into ``path``, in the format of its ending: one of :data:`FORMATS`.

    ``.html`` is one page that needs nothing else: a network to explore, or the drawing with its table and its sources.
    ``.png`` and ``.pdf`` need the extra ``pictures``. A chart can be written as ``.vl.json`` too, for Vega-Lite.

    :param kind: one of :data:`KINDS`. ``network``, ``matrix`` and ``flow`` draw a projection; ``entity`` one thing;
        ``timeline`` one thing, or all that is dated; ``chart`` and ``map`` the answer to a saved question.
    :param name: a projection, chart or map, or a thing by name, CURIE or IRI; None for the usual one.
    :param network_filter: which part of a projection; of charts and maps, only minerals.
    :param parameters: values of the projection's or question's own parameters; of a flow also ``by``.
    :raises CmgraphError: if there is no such form or kind, or a kind lacks its name.
    :returns: the picture, with its content as a table.

    >>> import cmgraph, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "themes.svg"
    >>> picture = cmgraph.draw(cmgraph.load(), "matrix", "themes", path)
    >>> path.read_text(encoding="utf-8").startswith("<svg")
    True
    """
    form = SPECIFICATION if path.name.lower().endswith(SPECIFICATION) else path.suffix.lower()
    formats = (*FORMATS, SPECIFICATION) if kind == "chart" else FORMATS
    if form not in formats:
        raise CmgraphError("unknown picture format", where=str(path), hint=f"Use {', '.join(formats)}.")
    if kind not in KINDS:
        raise CmgraphError(f"unknown picture '{kind}'", hint=f"One of {', '.join(KINDS)}.")
    if kind not in USUAL and (parameters or network_filter != EVERYTHING):
        raise CmgraphError("a picture of one thing takes no parameters and filters", where=kind)
    make: Callable[..., Picture] = import_module(f"cmgraph.pictures.{kind}").picture
    projection = (name or USUAL[kind], network_filter) if kind in USUAL else (name,)
    picture = make(graph, *projection, **parameters)
    forms: dict[str, Callable[[], str | bytes]] = {
        ".html": picture.page or (lambda: _page(graph, picture)),
        ".svg": lambda: picture.svg(False),
        ".png": lambda: _renderer().svg_to_png(picture.svg(False), scale=_SCALE),
        ".pdf": lambda: _renderer().svg_to_pdf(picture.svg(False)),
        SPECIFICATION: picture.spec or str,
    }
    content = forms[form]()
    with atomic_file(path) as target:
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return picture


def _page(graph: Graph, picture: Picture) -> str:
    from markupsafe import Markup

    svg = Markup(picture.svg(True))  # noqa: S704 - every value in it was escaped when it was drawn
    return render_template(
        "picture.html", **template_context(graph), picture=picture, svg=svg, href=str, as_a_whole=AS_A_WHOLE
    )


def _renderer() -> Any:
    try:
        import vl_convert
    except ImportError:
        hint = "Run: pip install 'cmgraph[pictures]', or write .svg."
        raise CmgraphError("this form needs vl-convert", hint=hint) from None
    return vl_convert
