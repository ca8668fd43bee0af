"""Shapes of SHACL turned into queries, each asked once of the whole graph wherever it lives."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations, count
from string import Template
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.names import sparql
from cmgraph.store import Store
from cmgraph.terms import RDF_TYPE, XSD, Term

SH = "http://www.w3.org/ns/shacl#"
_RDF = RDF_TYPE.value.removesuffix("type")
_TARGETS = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
_SAID = (*_TARGETS, "path", "message", "severity", "deactivated", "flags", "qualifiedValueShape", "name", "description")
_PATHS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


class Breach(NamedTuple):
    """One result of validation: how bad, by which constraint of which shape, at which node, path and value."""

    severity: str
    constraint: str
    shape: NamedNode
    focus: Term
    path: Term | None
    value: Term | None


@cache
def _constraints() -> dict[str, Any]:
    import yaml

    text = (files("cmgraph") / "sparql/constraints.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


class Shapes:
    """The shapes in some statements.

    :param triples: statements of SHACL; a shape with a target has an IRI.
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._says: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for s, p, o in triples:
            assert not isinstance(s, Triple) and not isinstance(o, Triple)
            self._says[s][p.value.removeprefix(SH)].append(o)
        self._below: Mapping[str, set[str]] = {}
        self._fresh = count()

    def breaches(self, store: Store, prefixes: Mapping[str, str]) -> Iterator[Breach]:
        """Ask ``store`` for whatever breaks a shape.

        :raises CmgraphError: if a shape says what this does not know; the reference validator may.
        """
        below: dict[str, set[str]] = defaultdict(set)
        for narrow, wide in store.select(sparql("superclasses"), {})[1]:
            if isinstance(narrow, NamedNode) and isinstance(wide, NamedNode):
                below[wide.value].add(narrow.value)
        self._below = below
        shapes = [shape for shape, says in self._says.items() if any(target in says for target in _TARGETS)]
        for shape in sorted(shapes, key=str):
            if not isinstance(shape, NamedNode):
                raise CmgraphError("a shape without an id", hint="Give every shape with a target an IRI.")
            severity = self._one(shape, "severity")
            said = severity.value.removeprefix(SH).lower() if isinstance(severity, NamedNode) else "violation"
            path = self._one(shape, "path")
            for constraint, query in self._queries(shape):
                for row in map(dict, _rows(store, query, prefixes, f"{shape.value} ({constraint})")):
                    yield Breach(said, constraint, shape, row["this"], row.get("path") or path, row.get("value"))

    def _queries(self, shape: NamedNode) -> Iterator[tuple[str, str]]:
        """Yield the name of each constraint of a shape with the query for what breaks it."""
        target = self._target(shape)
        for constraint in self._says[shape]:
            if constraint == "sparql":
                for said in self._says[shape]["sparql"]:
                    select = self._one(said, "select")
                    assert isinstance(select, Literal)
                    # the target comes first in the pattern; an answer binds $this as if it had been given
                    yield constraint, re.sub(r"\{", lambda _: f"{{ {target} ", select.value, count=1)
            else:
                for test, of_value in self._tests(shape, constraint, "?this", "?value"):
                    if not of_value:
                        yield constraint, f"SELECT DISTINCT ?this WHERE {{ {target} FILTER({test}) }}"
                    elif path := self._path(shape):
                        where = f"{target} ?this {path} ?value . FILTER({test})"
                        yield constraint, f"SELECT DISTINCT ?this ?value WHERE {{ {where} }}"
                    else:
                        where = f"{target} BIND(?this AS ?value) FILTER({test})"
                        yield constraint, f"SELECT DISTINCT ?this ?value WHERE {{ {where} }}"

    def _target(self, shape: Term) -> str:
        """Return a pattern that binds ?this to every node that ``shape`` is about."""
        says = self._says[shape]
        found = []
        if classes := says.get("targetClass"):
            among = " ".join(f"<{iri}>" for kind in classes for iri in self._classes(kind))
            found.append(f"{{ SELECT DISTINCT ?this WHERE {{ VALUES ?kind {{ {among} }} ?this a ?kind }} }}")
        ends = [f"?this {prop} ?any" for prop in says.get("targetSubjectsOf", ())]
        ends += [f"?any {prop} ?this" for prop in says.get("targetObjectsOf", ())]
        found += [f"{{ SELECT DISTINCT ?this WHERE {{ {end} }} }}" for end in ends]
        if nodes := says.get("targetNode"):
            found.append(f"{{ VALUES ?this {{ {' '.join(map(str, nodes))} }} }}")
        return " UNION ".join(found)

    def _breaks(self, shape: Term, node: str) -> str:
        """Return an expression that is true if ``node`` breaks ``shape``."""
        path = self._path(shape)
        found = []
        for constraint in self._says[shape]:
            value = self._new() if path else node
            for test, of_value in self._tests(shape, constraint, node, value):
                inside = f"EXISTS {{ {node} {path} {value} . FILTER({test}) }}" if of_value and path else f"({test})"
                found.append(inside)
        return f"({' || '.join(found)})" if found else "false"

    def _tests(self, shape: Term, constraint: str, node: str, value: str) -> Iterator[tuple[str, bool]]:
        """Yield what is true if a constraint is broken, and whether it is said of each value."""
        if constraint in _SAID or ":" in constraint:  # whatever is not of SHACL says nothing to check
            return
        for x in self._says[shape][constraint]:
            if constraint == "property":
                yield self._breaks(x, value), True
                continue
            for of_value, kind in ((True, "values"), (False, "nodes")):
                if text := _constraints()[kind].get(constraint):
                    words = self._words(shape, constraint, x, node, value)
                    yield Template(text).substitute(words), of_value
                    break
            else:
                hint = "Check with --engine reference."
                raise CmgraphError(f"sh:{constraint} is not known here", where=str(shape), hint=hint)

    def _words(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> dict[str, str]:
        """Return what a constraint's template needs."""
        words = {"node": node, "value": value, "path": self._path(shape), "x": str(x)}
        words |= {"new": self._new(), "other": self._new(), "flags": str(self._one(shape, "flags") or '""')}
        match constraint:
            case "class":
                words["classes"] = ", ".join(f"<{iri}>" for iri in self._classes(x))
            case "datatype":
                local = x.value.removeprefix(XSD)
                compares = f"COALESCE({value} <= {value}, false)"
                words["wellformed"] = compares if local in _constraints()["ordered"] else "true"
            case "nodeKind":
                kind = _constraints()["kinds"][x.value.removeprefix(SH)]
                words["kind"] = Template(kind).substitute(value=value)
            case "languageIn":
                words["languages"] = " || ".join(f"LANGMATCHES(LANG({value}), {tag})" for tag in self._list(x))
            case "in":
                words["list"] = ", ".join(map(str, self._list(x)))
            case "not" | "node":
                words["shape"] = self._breaks(x, value)
            case "and" | "or" | "xone":
                broken = [self._breaks(part, value) for part in self._list(x)]
                words["any"], words["all"] = " || ".join(broken), " && ".join(broken)
                words["conforming"] = " + ".join(f"IF({test}, 0, 1)" for test in broken)
            case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
                number = int(x.value) + constraint.lower().endswith("maxcount")
                of = self._one(shape, "qualifiedValueShape") if constraint.startswith("qualified") else None
                words["several"] = self._several(node, self._path(shape), number, of)
        return words

    def _several(self, node: str, path: str, number: int, of: Term | None) -> str:
        """Return a pattern that holds if a path leads to so many values, all of a shape if one is given."""
        names = [self._new() for _ in range(number)]
        apart = [f"!sameTerm({one}, {other})" for one, other in combinations(names, 2)]
        apart += [f"!{self._breaks(of, name)}" for name in names] if of else []
        held = f" FILTER({' && '.join(apart)})" if apart else ""
        return " ".join(f"{node} {path} {name} ." for name in names) + held

    def _path(self, shape: Term) -> str:
        step = self._one(shape, "path")
        return "" if step is None else self._step(step)

    def _step(self, step: Term) -> str:
        says = self._says[step]
        if isinstance(step, NamedNode):
            return str(step)
        if _RDF + "first" in says:
            return "(" + "/".join(map(self._step, self._list(step))) + ")"
        if "alternativePath" in says:
            return "(" + "|".join(map(self._step, self._list(says["alternativePath"][0]))) + ")"
        if "inversePath" in says:
            return f"^({self._step(says['inversePath'][0])})"
        kind = next(kind for kind in _PATHS if kind in says)
        return f"({self._step(says[kind][0])}){_PATHS[kind]}"

    def _list(self, head: Term) -> list[Term]:
        items = []
        while head.value != _RDF + "nil":
            items.append(self._says[head][_RDF + "first"][0])
            head = self._says[head][_RDF + "rest"][0]
        return items

    def _classes(self, kind: Term) -> list[str]:
        return sorted({kind.value, *self._below.get(kind.value, ())})

    def _one(self, shape: Term, name: str) -> Term | None:
        return next(iter(self._says[shape][name]), None) if name in self._says[shape] else None

    def _new(self) -> str:
        return f"?x{next(self._fresh)}"


def _rows(store: Store, query: str, prefixes: Mapping[str, str], name: str) -> Iterator[list[tuple[str, Term]]]:
    variables, rows = store.select(query, prefixes, name)
    for row in rows:
        yield [(variable, term) for variable, term in zip(variables, row, strict=True) if term is not None]
