"""Shapes of SHACL turned into queries, each asked once of the whole graph wherever it lives."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations, count, pairwise
from string import Template
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.rdf.terms import RDF_TYPE, XSD, Term
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.store.sparql_lexer import Token, tokens

SH = "http://www.w3.org/ns/shacl#"
_RDF = RDF_TYPE.value.removesuffix("type")
_TARGETS = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
_SAID = (*_TARGETS, "path", "message", "severity", "deactivated", "flags", "qualifiedValueShape", "name", "description")
_CLASS = NamedNode("http://www.w3.org/2000/01/rdf-schema#Class")
_PATHS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_TRUE = Literal(True)


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

    text = (files("cmgraph") / "validation/constraints.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _written(kind: str, name: str, /, **words: str) -> str:
    return Template(_constraints()[kind][name]).substitute(words)


def breaches(store: Store, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> Iterator[Breach]:
    """Ask ``store`` for whatever breaks a shape.

    :param triples: the shapes; one with a target has an IRI.
    :raises CmgraphError: if a shape says what this does not know; the reference validator may.
    """
    below: dict[str, set[str]] = defaultdict(set)
    for narrow, wide in builtin.ask(store, "superclasses"):
        if isinstance(narrow, NamedNode) and isinstance(wide, NamedNode):
            below[wide.value].add(narrow.value)
    shapes = _Shapes(triples, below)
    known = {**prefixes, **shapes.prefixes()}
    for shape, target in shapes.targets():
        for part, constraint, query in shapes.queries(shape, target):
            path = shapes.one(part, "path")
            variables, rows = store.select(query, known, f"{shape.value} ({constraint})")
            for row in rows:
                bound = {name: term for name, term in zip(variables, row, strict=True) if term is not None}
                value = bound.get("value", bound["this"] if constraint == "sparql" and not path else None)
                severity = shapes.severity(part)
                yield Breach(severity, constraint, shape, bound["this"], bound.get("path") or path, value)


class _Shapes:
    """Statements of SHACL by subject and property, and the queries that they come to.

    :param below: the classes below each class.
    """

    def __init__(self, triples: Iterable[Triple], below: Mapping[str, set[str]]) -> None:
        self._says: dict[Term, dict[str, list[Term]]] = {}
        for s, p, o in triples:
            assert not isinstance(s, Triple) and not isinstance(o, Triple)
            self._says.setdefault(s, {}).setdefault(p.value.removeprefix(SH), []).append(o)
        self._below, self._fresh = below, count()

    def targets(self) -> Iterator[tuple[NamedNode, str]]:
        """Yield each shape that is about something, with a pattern that binds ?this to what it is about."""
        if components := [says for says in self._says.values() if "parameter" in says]:
            hint = "Check with --engine reference."
            raise CmgraphError(
                f"{len(components)} custom constraint components are not supported by this validator", hint=hint
            )
        for shape in sorted(self._says, key=str):
            if not (target := self._target(shape)):
                continue
            if not isinstance(shape, NamedNode):
                raise CmgraphError("a shape has no IRI", hint="Give every shape with a target an IRI.")
            yield shape, target

    def queries(self, shape: Term, target: str) -> Iterator[tuple[Term, str, str]]:
        """Yield each constraint of a shape, and of those within it, with the query for what breaks it."""
        if self._off(shape):
            return
        path = self._path(shape)
        for constraint, said in self._says[shape].items():
            if constraint == "sparql":
                for select in (self.one(one, "select") for one in said):
                    assert isinstance(select, Literal)
                    # the target comes first in the pattern; an answer binds $this as if it had been given
                    _refuse_nested(select.value, shape)
                    text = select.value.replace("$PATH", path)
                    yield shape, constraint, re.sub(r"\{", lambda _: f"{{ {target} ", text, count=1)
            elif constraint == "property":
                up = self._new()
                within = _written("targets", "property", above=target.replace("?this", up), up=up, path=path)
                for part in said:
                    yield from self.queries(part, within if path else target)
            else:
                for test, of_value in self._tests(shape, constraint, "?this", "?value"):
                    kind = ("path" if path else "itself") if of_value else "node"
                    yield shape, constraint, _written("queries", kind, target=target, path=path, test=test)

    def severity(self, shape: Term) -> str:
        """Return how bad it is to break a shape."""
        said = self.one(shape, "severity")
        return said.value.removeprefix(SH).lower() if said else "violation"

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the shapes declare for their SPARQL."""
        declared = [says for says in self._says.values() if "prefix" in says and "namespace" in says]
        return {says["prefix"][0].value: says["namespace"][0].value for says in declared}

    def one(self, shape: Term, name: str) -> Term | None:
        """Return what a shape says of one property of SHACL."""
        return next(iter(self._says[shape].get(name, ())), None)

    def _off(self, shape: Term) -> bool:
        return _TRUE in self._says[shape].get("deactivated", ())

    def _target(self, shape: Term) -> str:
        """Return a pattern that binds ?this to every node that ``shape`` is about."""
        says = self._says[shape]
        itself = [shape] if _CLASS in says.get(RDF_TYPE.value, ()) else []
        classes = [iri for kind in (*says.get("targetClass", ()), *itself) for iri in self._classes(kind)]
        among = {"targetClass": " ".join(f"<{iri}>" for iri in classes)}
        among["targetNode"] = " ".join(map(str, says.get("targetNode", ())))
        found = [_written("targets", kind, x=x) for kind, x in among.items() if x]
        for kind in ("targetSubjectsOf", "targetObjectsOf"):
            found += [_written("targets", kind, x=str(prop)) for prop in says.get(kind, ())]
        return " UNION ".join(found)

    def _breaks(self, shape: Term, node: str) -> str:
        """Return an expression that is true if ``node`` breaks ``shape``."""
        path = self._path(shape)
        found = []
        for constraint in () if self._off(shape) else self._says[shape]:
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
            for of_value, kind in ((True, "values"), (False, "nodes" if self._path(shape) else "itself")):
                if constraint in _constraints()[kind]:
                    words = self._words(shape, constraint, x, node, value)
                    yield _written(kind, constraint, **words), of_value
                    break
            else:
                hint = "Check with --engine reference."
                raise CmgraphError(f"sh:{constraint} is not supported by this validator", where=str(shape), hint=hint)

    def _words(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> dict[str, str]:
        """Return what a constraint's template needs."""
        words = {"node": node, "value": value, "path": self._path(shape), "x": str(x)}
        words |= {"new": self._new(), "other": self._new(), "flags": str(self.one(shape, "flags") or '""')}
        match constraint:
            case "class":
                words["classes"] = ", ".join(f"<{iri}>" for iri in self._classes(x))
            case "datatype":
                kind, samples = x.value.removeprefix(XSD), _constraints()["compared"]
                sample = f'"{samples.get(kind)}"^^{x}'
                compares = _written("parts", "wellformed", value=value, sample=sample)
                words["wellformed"] = compares if kind in samples else "true"
            case "nodeKind":
                words["kind"] = _written("kinds", x.value.removeprefix(SH), value=value)
            case "languageIn":
                matches = (_written("parts", "language", value=value, tag=str(tag)) for tag in self._list(x))
                words["languages"] = " || ".join(matches)
            case "in":
                words["list"] = ", ".join(map(str, self._list(x)))
            case "not" | "node":
                words["shape"] = self._breaks(x, value)
            case "and" | "or" | "xone":
                broken = [self._breaks(part, value) for part in self._list(x)]
                words["any"], words["all"] = " || ".join(broken), " && ".join(broken)
                words["two"] = " || ".join(f"(!{one} && !{other})" for one, other in combinations(broken, 2)) or "false"
            case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
                number = int(x.value) + constraint.lower().endswith("maxcount")
                of = self.one(shape, "qualifiedValueShape") if constraint.startswith("qualified") else None
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
        step = self.one(shape, "path")
        return "" if step is None else self._step(step)

    def _step(self, step: Term) -> str:
        if isinstance(step, NamedNode):
            return str(step)
        says = self._says[step]
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

    def _new(self) -> str:
        return f"?x{next(self._fresh)}"


def _refuse_nested(select: str, shape: Term) -> None:
    """Refuse a constraint that names $this in a group of its own, which only a value given beforehand would reach."""
    groups: list[bool] = []
    words = list(tokens(select))
    for before, word in pairwise([Token("", "", 0), *words]):
        if word.text == "{" and word.kind == "sign":
            groups.append(bool(groups) and before.text != "EXISTS")
        elif word.text == "}" and word.kind == "sign":
            groups.pop()
        elif word.text[1:] in ("shapesGraph", "currentShape") or (word.text[1:] == "this" and any(groups)):
            hint = "Check with --engine reference."
            raise CmgraphError(f"a nested {word.text} is not supported by this validator", where=str(shape), hint=hint)
