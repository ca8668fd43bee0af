"""Saved questions: real SPARQL files whose ``#+`` head says what is asked, of what, and what comes back.

A parameter's default is the ``VALUES ?name { … }`` block in the query, so the file runs as it stands on any engine.
Asking with another value puts a block built from RDF terms in its place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError, UnknownName, nearest
from cmgraph.files import read_text
from cmgraph.names import Names
from cmgraph.store import values
from cmgraph.terms import XSD, Prefixes, Term

TYPES = ("entity", "concept", "date", "integer", "text")


@dataclass(frozen=True)
class Parameter:
    """One thing a question lets you choose.

    :ivar type: one of ``entity``, ``concept``, ``date``, ``integer``, ``text``.
    :ivar of: class (for an entity) or scheme (for a concept) the value must belong to, as a CURIE or IRI.
    """

    name: str
    type: str
    of: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One column of an answer, with its heading by language."""

    name: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """A saved question. Texts for people are keyed by language tag.

    :ivar note: what the answer means and does not mean.
    :ivar citation: the column that carries citations.
    :ivar time: ``as-of`` if the question asks for a day, ``timeless`` if it ignores time.
    :ivar text: the SPARQL itself.
    """

    name: str
    path: Path
    title: Mapping[str, str]
    question: Mapping[str, str]
    note: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    citation: str
    tags: tuple[str, ...]
    time: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Question:
        """Read a ``.rq`` file. A file without a head is a question without parameters."""
        import yaml

        text = read_text(path)
        lines = text.splitlines()
        head = [line[2:].removeprefix(" ") if line.startswith("#+") else "" for line in lines]
        try:
            found: Any = (
                yaml.load("\n".join(head), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}  # noqa: S506
            )
            return cls(
                name=path.stem,
                path=path,
                title=found.get("title", {"en": path.stem}),
                question=found.get("question", {}),
                note=found.get("note", {}),
                parameters=tuple(
                    Parameter(p["name"], p["type"], p.get("of", ""), p.get("label", {}))
                    for p in found.get("parameters", ())
                ),
                columns=tuple(Column(c["name"], c.get("label", {})) for c in found.get("columns", ())),
                citation=found.get("citation", ""),
                tags=tuple(found.get("tags", ())),
                time=found.get("time", ""),
                text=text,
            )
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f"{path}:{mark.line + 1}:{mark.column + 3}" if mark else str(path)
            raise CmgraphError(f"the #+ head is not YAML: {error.problem}", where=where) from None
        except (KeyError, TypeError, AttributeError) as error:
            raise CmgraphError(
                f"the #+ head is not as expected: {error}", where=str(path), hint="See docs/style-guide.md."
            ) from None

    def bind(self, given: Mapping[str, object], names: Names, prefixes: Prefixes) -> str:
        """Return the query with ``given`` bound as terms; parameters left out keep their defaults.

        :param given: parameter name to one value or several (a list); a value is text as a person writes it,
            a number, a day, or an IRI.
        """
        text = self.text
        by_name = {parameter.name: parameter for parameter in self.parameters}
        for name, value in given.items():
            if name not in by_name:
                hint = nearest(name, by_name) or (f"It takes: {', '.join(by_name)}." if by_name else "It takes none.")
                raise UnknownName(f"question '{self.name}' has no parameter '{name}'", hint=hint)
            many = value if isinstance(value, (list, tuple)) else [value]
            terms = [_term(by_name[name], one, names, prefixes) for one in many]
            block = values(name, terms)
            text = re.sub(_block(name), lambda _, block=block: block, text)  # type: ignore[misc]
        return text

    def defaults(self) -> dict[str, str]:
        """Return each parameter's default as the file writes it; UNDEF means "any"."""
        return {
            p.name: " ".join(found[1].split())
            for p in self.parameters
            if (found := re.search(_block(p.name), self.text))
        }


def find(folders: Iterable[Path]) -> dict[str, Path]:
    """Find every question below ``folders``, by name; a later folder's question replaces an earlier one."""
    paths = {path.stem: path for folder in folders for path in folder.rglob("*.rq")}
    return {name: paths[name] for name in sorted(paths)}


def _block(name: str) -> str:
    return rf"(?i)\bVALUES\s+\?{re.escape(name)}\s*\{{([^}}]*)\}}"


def _term(parameter: Parameter, value: object, names: Names, prefixes: Prefixes) -> Term | None:
    text = value.isoformat() if isinstance(value, dt.date) else str(value).strip()
    where = f"{parameter.name}={text}"
    if text == "any":
        return None
    match parameter.type:
        case "entity" | "concept":
            of = prefixes.expand(parameter.of) if parameter.of else None
            return names.resolve(text, of.value if of else "", parameter.name)
        case "date":
            try:
                return Literal(dt.date.fromisoformat(text).isoformat(), datatype=NamedNode(XSD + "date"))
            except ValueError:
                raise CmgraphError("not a day", where=where, hint="Write it as 2020-01-09.") from None
        case "integer":
            if not re.fullmatch(r"[+-]?\d{1,18}", text):
                raise CmgraphError("not a whole number", where=where, hint="For instance 2.")
            return Literal(int(text))
        case "text":
            return Literal(text)
    raise CmgraphError(f"unknown parameter type '{parameter.type}'", where=where, hint=f"Use {', '.join(TYPES)}.")
