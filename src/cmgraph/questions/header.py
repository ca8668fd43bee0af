"""Headers of ``.rq`` files: the ``#+`` lines in YAML that describe a question or a template, and its parameters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError
from cmgraph.names import Names
from cmgraph.rdf.files import read_text
from cmgraph.rdf.terms import XSD, Prefixes, Term
from cmgraph.text.yaml_files import parse_yaml

TYPES = ("entity", "concept", "choice", "date", "when", "integer", "number", "text", "url")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a question, or a column of a table.

    :ivar type: one of ``entity``, ``concept``, ``choice``, ``date`` (a day), ``when`` (a day, month or year, as precise
        as the source), ``integer``, ``number``, ``text``, ``url``.
    :ivar of: class (for an entity) or scheme (for a concept) the value must belong to, as a CURIE or IRI.
    :ivar after: words, with commas between, that stand before such a value where people ask in their own words.
    :ivar choices: the values of a choice, each with the words, with commas between, by which people mean it.
    :ivar several: whether it is usually given several values at once.
    """

    name: str
    type: str
    of: str
    label: Mapping[str, str] = field(hash=False)
    after: Mapping[str, str] = field(default_factory=dict, hash=False)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    several: bool = False

    def term(self, value: object, names: Names, prefixes: Prefixes) -> Term:
        """Turn text as a person writes it into the term it means.

        :raises CmgraphError: if this parameter does not take it; the hint says what it takes.
        """
        text = value.isoformat() if isinstance(value, dt.date) else str(value).strip()
        try:
            return self._term(text, names, prefixes)
        except CmgraphError as error:
            error.parameter, error.where = self.name, f"{self.name}={text}"
            raise

    def _term(self, text: str, names: Names, prefixes: Prefixes) -> Term:
        match self.type:
            case "entity" | "concept":
                kind = prefixes.expand(self.of) if self.of else None
                return names.resolve(text, kind.value if kind else "")
            case "choice":
                for choice, synonyms in self.choices.items():
                    words = {word.strip().casefold() for words in synonyms.values() for word in words.split(",")}
                    if text.casefold() in {choice, *words}:
                        return Literal(choice)
                raise CmgraphError("not one of the choices", hint=f"Use {' or '.join(self.choices)}.")
            case "date":
                if len(text) != 10 or not _is_date(text):
                    raise CmgraphError("not a day", hint="Write it as 2020-01-09.")
                return Literal(text, datatype=NamedNode(XSD + "date"))
            case "when":
                return _when(text)
            case "integer":
                if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
                    raise CmgraphError("not a whole number", hint="For instance 2.")
                return Literal(int(text))
            case "number":
                if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text):
                    raise CmgraphError("not a number", hint="Write it as 1234.5, without separators.")
                return Literal(text, datatype=NamedNode(XSD + "decimal"))
            case "url":
                if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", text):
                    raise CmgraphError("not a web address", hint="Write it whole: https://…")
                return Literal(text, datatype=NamedNode(XSD + "anyURI"))
            case "text":
                return Literal(text)
        raise CmgraphError(f"unknown parameter type '{self.type}'", hint=f"Use {', '.join(TYPES)}.")


def _when(text: str) -> Literal:
    """Keep a date as precise as it is written."""
    if not _is_date(text):
        raise CmgraphError("not a date", hint="Write 2020, 2020-01 or 2020-01-09, as the source does.")
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]
    return Literal(text, datatype=NamedNode(XSD + kind))


def _is_date(text: str) -> bool:
    """Return whether a text is a year, month or day that there is."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text):
        return False
    try:
        dt.date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        return False
    return True


def read_header(path: Path) -> tuple[str, dict[str, Any]]:
    """Read a ``.rq`` file: its text, and its header as a mapping (empty if it has none)."""
    text = read_text(path)
    lines = [line[2:].removeprefix(" ") if line.startswith("#+") else "" for line in re.split(r"\r\n|\r|\n", text)]
    return text, parse_mapping("\n".join(lines), path, "the #+ header", indent=2)


def parse_mapping(text: str, path: Path, what: str, indent: int = 0) -> dict[str, Any]:
    """Parse YAML that is a mapping, or nothing at all.

    :param what: what errors call it.
    :param indent: how far to the right it stands in its file.
    :raises CmgraphError: if it is something else.
    """
    import yaml

    where = str(path)
    try:
        parsed = parse_yaml(text) or {}
    except yaml.MarkedYAMLError as error:
        if mark := error.problem_mark or error.context_mark:
            where = f"{path}:{mark.line + 1}:{mark.column + 1 + indent}"
        raise CmgraphError(f"{what} is not valid YAML: {error.problem or error.context}", where=where) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CmgraphError(f"{what} holds a control character", where=f"{path}:{line}", hint="Remove it.") from None
    except (ValueError, TypeError, RecursionError) as error:  # an invalid day, a list as a key, an extra bracket
        raise CmgraphError(f"{what} is not valid YAML: {error}", where=where) from None
    if not isinstance(parsed, dict):
        raise CmgraphError(f"{what} is not a mapping", where=where, hint="Write it as name: value.")
    return parsed


def by_language(texts: object) -> dict[str, str]:
    """Return texts keyed by language tag.

    :raises TypeError: if it is anything else.
    """
    if not isinstance(texts, dict) or not all(isinstance(part, str) for pair in texts.items() for part in pair):
        raise TypeError("a text is written by language, as { en: …, fr: … }")
    return texts


def word(value: object) -> str:
    """Return a single word or text.

    :raises TypeError: if it is anything else.
    """
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} stands where text was expected")
    return value


def header_error(path: Path, why: object) -> CmgraphError:
    """Return the error that a header lacks something."""
    return CmgraphError(f"the #+ header is not as expected: {why}", where=str(path), hint="See docs/style-guide.md.")
