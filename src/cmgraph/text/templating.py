"""Texts filled in from templates in ``templates/``: what comes from data is escaped wherever it lands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from cmgraph.rdf.terms import NamedRef, Value, local_name
from cmgraph.text.cells import as_text

if TYPE_CHECKING:
    from jinja2 import Environment

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML, and so a workbook, cannot hold."""


def render_template(template: str, /, **values: Any) -> str:
    """Fill in ``templates/<template>``; in XML and HTML every value is escaped."""
    return NOT_XML.sub("", _environment().get_template(template).render(values))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("cmgraph", "text/templates"),
        autoescape=select_autoescape(("html", "svg", "xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "bibtex": bibtex,
        "by_property": by_property,
        "first_day": first_day,
        "linked": linked,
        "literal": literal,
        "local": local_name,
        "one_line": one_line,
        "plain": as_text,
        "rgb": rgb,
        "script_json": script_json,
    }
    environment.filters |= filters
    environment.tests |= {
        "thing": lambda value: isinstance(value, NamedRef),
        "web": _is_web,
    }
    return environment


def linked(value: Value, href: Callable[[str], str], lang: str = "") -> Markup:
    """Write a value for HTML: a thing by its name, with a link, and an address of the web as a link to it.

    A number is written as ``lang`` has it.
    """
    if isinstance(value, NamedRef):
        return Markup(f'<a href="{escape(href(value.iri))}">{escape(value.label or value.iri)}</a>')  # noqa: S704
    text = escape(as_text(value, lang))
    return Markup(f'<a href="{text}">{text}</a>') if _is_web(value) else text  # noqa: S704 - escaped, all of it


def _is_web(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def by_property(facts: Iterable[tuple[NamedRef, Value]]) -> list[tuple[NamedRef, list[Value]]]:
    """Group values by their property."""
    return [(prop, [value for _, value in group]) for prop, group in groupby(facts, key=lambda pair: pair[0])]


def rgb(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into its parts."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def first_day(date: str) -> str:
    """Return the first day of a year, a month, or a day."""
    return date + "-01-01"[(len(date) - 4) :] if len(date) < 10 else date


def literal(text: str, language: str = "") -> str:
    """Write text as a literal of Turtle."""
    from pyoxigraph import Literal

    return str(Literal(text, language=language or None))


def one_line(text: object) -> str:
    """Write text on one line."""
    return " ".join(str(text).split())


def bibtex(text: object) -> str:
    """Write text for BibTeX, where some signs are commands."""
    signs = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    signs |= {sign: "\\" + sign for sign in "{}%&#$_"}
    return "".join(signs.get(sign, sign) for sign in one_line(text))


def script_json(value: Any) -> Any:
    """Write JSON that may stand in a script element: nothing in it ends the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing of HTML is left in it
