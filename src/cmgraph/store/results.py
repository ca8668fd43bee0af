"""SPARQL results in JSON as servers write it, valid or nearly so: what is unambiguous is read, the rest refused."""

from __future__ import annotations

import json
import re
from typing import Any

from pyoxigraph import BaseDirection, BlankNode, Literal, NamedNode, Triple

from cmgraph.errors import EndpointError
from cmgraph.rdf.terms import Term
from cmgraph.store.base import Solutions


def parse_solutions(text: str, where: str) -> Solutions:
    """Read the answer to a SELECT.

    :param where: the address it comes from.
    :raises EndpointError: if it is something else, broke off, or holds what is no term; the row is named.
    """
    answer = _parse(text, where)
    try:
        variables = tuple(str(name) for name in answer["head"]["vars"])
        rows = answer["results"]["bindings"]
    except (KeyError, TypeError):
        raise EndpointError("the answer is not that of a SELECT query", where=where) from None
    terms: list[tuple[Term | None, ...]] = []
    for number, row in enumerate(rows, 1):
        cells: list[Term | None] = []
        for name in variables:
            try:
                cells.append(_term(row.get(name)))  # type: ignore[arg-type]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
                cell = json.dumps(row.get(name) if isinstance(row, dict) else row, ensure_ascii=False)[:200]
                problem = f"row {number} of the answer, ?{name}, is not an RDF term: {cell}: {reason}"
                hint = f"Ask for STR(?{name}), which is text."
                raise EndpointError(problem, where=where, hint=hint) from None
        terms.append(tuple(cells))
    return variables, terms


def parse_boolean(text: str, where: str) -> bool:
    """Read the answer to an ASK, see :func:`parse_solutions`."""
    answer = _parse(text, where)
    value = answer.get("boolean") if isinstance(answer, dict) else answer
    if not isinstance(value, bool):
        raise EndpointError("the answer is not that of an ASK query", where=where)
    return value


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError as error:
        began = text.lstrip()[:1] in ("{", "t", "f")
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        problem = (
            f"the answer broke off, or is broken: … {line[-100:]}" if began else f"the answer is not JSON: {line[:100]}"
        )
        hint = "The server may have stopped in the middle: ask for less." if began else ""
        raise EndpointError(problem, where=where, hint=hint) from error
    except RecursionError:
        raise EndpointError("the answer is nested too deeply", where=where) from None


def _term(cell: Any) -> Term | Triple | None:
    """Make a term from a cell; null or empty means unbound."""
    if not cell:
        return None
    kind, value = cell["type"], cell["value"]
    if kind == "triple":
        return Triple(_term(value["subject"]), _term(value["predicate"]), _term(value["object"]))  # type: ignore[arg-type]
    text = value if isinstance(value, str) else json.dumps(value)
    if kind == "uri":
        return NamedNode(text)
    if kind == "bnode":
        legal = re.fullmatch(r"[A-Za-z0-9]+", text)
        return BlankNode(
            text if legal else "x" + text.encode().hex()
        )  # a blank node label is only valid within its answer
    if kind not in ("literal", "typed-literal"):
        raise ValueError(f"unknown kind of term: {kind}")
    if language := cell.get("xml:lang"):
        direction = {"ltr": BaseDirection.LTR, "rtl": BaseDirection.RTL}.get(cell.get("its:dir"))
        return Literal(text, language=language, direction=direction)
    return Literal(text, datatype=NamedNode(cell["datatype"]) if cell.get("datatype") else None)
