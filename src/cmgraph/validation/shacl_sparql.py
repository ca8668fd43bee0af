"""Shapes of SHACL turned into queries, each asked once of the whole graph wherever it lives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, count, pairwise
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError, say
from cmgraph.rdf.terms import XSD, Term
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.store.sparql_lexer import Token, tokens
from cmgraph.validation.altered import Altered
from cmgraph.validation.shapes import SH, Shapes, constraints, written

_PARTS = 1000
"""How many parts one shape may come to; more would make a query that engines crash on."""


class Breach(NamedTuple):
    """One result of validation: how bad, by which constraint of which shape, at which node, path and value.

    :ivar component: the constraint component.
    :ivar source: the constraint in SPARQL, if it is one.
    :ivar messages: what is said of it, in one or more languages.
    """

    severity: NamedNode
    component: NamedNode
    shape: Term
    focus: Term
    path: Term | None
    value: Term | None
    source: Term | None
    messages: tuple[Literal, ...]


class Query(NamedTuple):
    """What asks for the breaches of one constraint of a shape."""

    shape: Term
    constraint: str
    text: str
    source: Term | None = None


class _Unknown(Exception):
    """Queries cannot tell whether a shape is broken, for this reason."""


def breaches(store: Store, shapes: Shapes, altered: Altered) -> tuple[list[Breach], dict[Term, str]]:
    """Ask ``store`` for whatever breaks a shape.

    :param altered: the properties whose literals the store holds in another form than the data.
    :return: what was found, and the shapes that queries cannot check, each with the reason.
    """
    below: dict[str, set[str]] = defaultdict(set)
    for narrow, wide in builtin.ask(store, "superclasses"):
        if isinstance(narrow, NamedNode) and isinstance(wide, NamedNode):
            below[wide.value].add(narrow.value)
    queries = _Queries(shapes, below, _refused_patterns(store, shapes))
    results: list[Breach] = []
    unchecked: dict[Term, str] = {}
    for root in shapes.roots:
        try:
            if reason := altered.reason(root, shapes):
                raise _Unknown(reason)
            shape_queries = list(queries.of(root, queries.target(root)))
            results += [breach for query in shape_queries for breach in _answers(store, shapes, altered, query)]
        except _Unknown as reason:
            unchecked[root] = str(reason)
    return results, unchecked


def _answers(store: Store, shapes: Shapes, altered: Altered, query: Query) -> Iterator[Breach]:
    """Ask a query, and turn what it answers into breaches."""
    shape, constraint, text, source = query
    prefixes = shapes.prefixes(source) if source else {}
    name = f"shape {shapes.name(shape)} (sh:{constraint})"
    try:
        variables, rows = store.select(text, prefixes, name)
    except CmgraphError as error:
        if source or type(error) is not CmgraphError:
            raise
        raise _Unknown(error.what) from None
    path = shapes.one(shape, "path")
    component = "SPARQL" if source else constraint[0].upper() + constraint[1:]
    for row in dict.fromkeys(rows):
        bound = {variable: term for variable, term in zip(variables, row, strict=True) if term is not None}
        if source and getattr(bound.get("failure"), "value", "false") in ("true", "1"):
            raise CmgraphError("the query says that it failed (?failure is true)", where=name)
        this = bound["this"]
        value = bound.get("value", this if source and not path else None)
        value = altered.spelled.get((this, bound.get("path") or path, value), value)
        spoken = bound | ({"value": value} if value else {}) | ({"path": path} if path and "path" not in bound else {})
        yield Breach(
            shapes.severity(shape),
            NamedNode(f"{SH}{component}ConstraintComponent"),
            shape,
            this,
            bound.get("path") or path,
            value,
            source,
            shapes.messages(shape, constraint, source, spoken),
        )


def _refused_patterns(store: Store, shapes: Shapes) -> set[tuple[str, str]]:
    """Return the patterns, each with its flags, that the engine of ``store`` does not know."""
    patterns = list(
        dict.fromkeys(
            (str(pattern), str(shapes.one(shape, "flags") or '""'))
            for root in shapes.roots
            for shape in shapes.within(root)
            for pattern in shapes.all(shape, "pattern")
        )
    )
    if not patterns:
        return set()
    rows = " ".join(f"({n} {pattern} {flags})" for n, (pattern, flags) in enumerate(patterns))
    query = f"""SELECT ?n {{ VALUES (?n ?pattern ?flags) {{ {rows} }}
        FILTER(COALESCE(REGEX("", ?pattern, ?flags), "unknown") = "unknown") }}"""
    return {patterns[int(n.value)] for (n,) in store.select(query, {}, "sh:pattern")[1] if n is not None}


class _Queries:
    """The queries that shapes come to.

    :param below: the classes below each class.
    :param patterns: those that the engine does not know.
    """

    def __init__(self, shapes: Shapes, below: Mapping[str, set[str]], patterns: set[tuple[str, str]]) -> None:
        self._shapes, self._below, self._patterns = shapes, below, patterns
        self._fresh, self._parts = count(), 0

    def target(self, shape: Term) -> str:
        """Return a pattern that binds ?this to every node that a shape is about."""
        shapes = self._shapes
        itself = [shape] if shapes.is_class(shape) else []
        classes = {iri for kind in (*shapes.all(shape, "targetClass"), *itself) for iri in self._classes(kind)}
        among = {"targetClass": " ".join(f"<{iri}>" for iri in sorted(classes))}
        among["targetNode"] = " ".join(map(str, shapes.all(shape, "targetNode")))
        targets = [written("targets", kind, x=x) for kind, x in among.items() if x]
        for kind in ("targetSubjectsOf", "targetObjectsOf"):
            targets += [written("targets", kind, x=str(prop)) for prop in shapes.all(shape, kind)]
        return " UNION ".join(targets)

    def of(self, shape: Term, target: str, carried: str = "") -> Iterator[Query]:
        """Yield the queries for what breaks a shape, and the shapes within it, for the nodes of a target.

        :param carried: the variables of the nodes that led to ?this.
        :raises _Unknown: if there is none.
        """
        self._parts = 0
        if self._shapes.off(shape):
            return
        if components := self._shapes.components_of(shape):
            raise _Unknown(say("a constraint component of one's own ({name})", name=self._shapes.name(components[0])))
        path = self._path(shape)
        for constraint in self._shapes.constraints(shape):
            for x in self._shapes.all(shape, constraint):
                if constraint == "sparql":
                    if not self._shapes.off(x):
                        yield Query(shape, constraint, self._prebound(shape, x, target, path), x)
                elif constraint == "property":
                    up = self._new()
                    above, ways = target.replace("?this", up), f"{carried}{up} "
                    within = written("targets", "property", above=above, up=up, path=path, carried=ways)
                    yield from self.of(x, within, ways) if path else self.of(x, target, carried)
                else:
                    for text in self._texts(shape, constraint, x, {"target": target, "path": path, "carried": carried}):
                        yield Query(shape, constraint, text)

    def _texts(self, shape: Term, constraint: str, x: Term, words: dict[str, str]) -> Iterator[str]:
        """Yield the queries for what breaks one constraint; ``words`` are target, path and carried."""
        words, path = words | {"x": str(x)}, words["path"]
        if constraint == "closed":
            if x.value in ("true", "1"):
                if path:
                    raise _Unknown("sh:closed beside sh:path")
                test = written("parts", "undeclared", declared=self._declared(shape))
                yield written("queries", "closed", test=test, **words)
            return
        if constraint == "uniqueLang":
            if x.value in ("true", "1"):
                yield written("queries", "language", **words)
            return
        if constraint.startswith("lessThan"):
            yield written("queries", "pair", compared="<" if constraint == "lessThan" else "<=", **words)
            return
        if constraint.lower().endswith(("mincount", "maxcount")) and int(x.value) > 1:
            compared = f"{'<' if constraint.lower().endswith('mincount') else '>'} {int(x.value)}"
            of = self._qualified(shape, constraint, "?value")
            yield written("queries", "count", compared=compared, of=of, **words)
            return
        for test, of_value in self._tests(shape, constraint, x, "?this", "?value"):
            kind = ("path" if path else "itself") if of_value else "node"
            yield written("queries", kind, test=test, **words)
        if constraint == "equals":
            test = written("absent", "path" if path else "itself", node="?this", path=path, value="?value")
            yield written("queries", "absent", test=test, **words)

    def _prebound(self, shape: Term, source: Term, target: str, path: str) -> str:
        """Return the query of a constraint in SPARQL, with the target in each group that speaks of $this.

        An answer binds $this then as if it had been given beforehand; groups of EXISTS see it without.
        """
        select = self._shapes.one(source, "select")
        assert isinstance(select, Literal)
        words = list(tokens(select.value))
        at, groups = [], list[tuple[int, bool]]()
        speaks = {0}
        opened = 0
        for before, word in pairwise([Token("", "", 0), *words]):
            name = word.text[1:] if word.kind == "variable" else ""
            if (word.kind, word.text) in _REFUSED or (before.text == "AS" and name in _GIVEN):
                hint = "SHACL allows neither MINUS, VALUES, SERVICE nor AS $this: use FILTER NOT EXISTS, for instance."
                raise self._shapes.refuse(shape, say("{text} is not allowed in sh:select", text=word.text), hint)
            if (word.kind, word.text) in _PER_NODE or name in ("shapesGraph", "currentShape"):
                raise _Unknown(say("{text} in sh:select", text=word.text))
            if word.kind == "word" and word.text == "SELECT" and opened:
                raise _Unknown("a SELECT within sh:select")
            if word.text == "{" and word.kind == "sign":
                groups.append((opened, before.text == "EXISTS"))
                at.append((word.start, before.text == "EXISTS"))
                opened += 1
            elif word.text == "}" and word.kind == "sign":
                groups.pop()
            elif name == "this" and groups:
                speaks.add(groups[-1][0])
        if not any(word.text[1:] == "this" for word in words[: _first_brace(words)] if word.kind == "variable"):
            raise _Unknown("sh:select without $this")
        text = select.value
        for group, (start, exists) in reversed(list(enumerate(at))):
            if group in speaks and not exists:
                text = f"{text[: start + 1]} {target} {text[start + 1 :]}"
        return text.replace("$PATH", path)

    def _breaks(self, shape: Term, node: str) -> str:
        """Return an expression that is true if ``node`` breaks ``shape``."""
        self._parts += 1
        if self._parts > _PARTS:
            raise _Unknown(say("more than {parts} parts", parts=_PARTS))
        if self._shapes.off(shape):
            return "false"
        if self._shapes.components_of(shape):
            raise _Unknown("a constraint component of one's own in another constraint")
        path = self._path(shape)
        broken = []
        for constraint in self._shapes.constraints(shape):
            for x in self._shapes.all(shape, constraint):
                value = self._new() if path else node
                for test, of_value in self._tests(shape, constraint, x, node, value):
                    among_values = f"EXISTS {{ {node} {path} {value} . FILTER({test}) }}"
                    broken.append(among_values if of_value and path else f"({test})")
                if constraint == "equals":
                    other = self._new()
                    test = written("absent", "path" if path else "itself", node=node, path=path, value=other)
                    broken.append(f"EXISTS {{ {node} {x} {other} . FILTER({test}) }}")
        return f"({' || '.join(broken)})" if broken else "false"

    def _tests(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> Iterator[tuple[str, bool]]:
        """Yield what is true if a constraint is broken, and whether it is said of each value."""
        if constraint == "property":
            yield self._breaks(x, value), True
            return
        if constraint in ("closed", "uniqueLang") and x.value not in ("true", "1"):
            return
        for of_value, kind in ((True, "values"), (False, "nodes" if self._path(shape) else "itself")):
            if constraint in constraints()[kind]:
                yield written(kind, constraint, **self._words(shape, constraint, x, node, value)), of_value
                return
        raise _Unknown(f"sh:{constraint} here")

    def _words(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> dict[str, str]:
        """Return what a constraint's template needs."""
        words = {"node": node, "value": value, "path": self._path(shape), "x": str(x)}
        words |= {"new": self._new(), "other": self._new(), "flags": str(self._shapes.one(shape, "flags") or '""')}
        match constraint:
            case "class":
                words["classes"] = ", ".join(f"<{iri}>" for iri in self._classes(x))
            case "datatype":
                words["wellformed"] = self._wellformed(x, value)
            case "nodeKind":
                words["kind"] = written("kinds", x.value.removeprefix(SH), value=value)
            case "pattern":
                if (words["x"], words["flags"]) in self._patterns:
                    raise _Unknown(say("the pattern {x}", x=x))
            case "languageIn":
                matches = (written("parts", "language", value=value, tag=str(tag)) for tag in self._shapes.members(x))
                words["languages"] = " || ".join(matches) or "false"
            case "in":
                words["list"] = " ".join(map(str, self._shapes.members(x)))
            case "closed":
                words["declared"] = self._declared(shape)
            case "not" | "node":
                words["shape"] = self._breaks(x, value)
            case "and" | "or" | "xone":
                broken = [self._breaks(part, value) for part in self._shapes.members(x)]
                words["any"], words["all"] = " || ".join(broken), " && ".join(broken)
                words["two"] = " || ".join(f"(!{one} && !{other})" for one, other in combinations(broken, 2)) or "false"
            case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
                number = int(x.value) + constraint.lower().endswith("maxcount")
                words["several"] = self._several(shape, constraint, node, number)
        return words

    def _wellformed(self, datatype: Term, value: str) -> str:
        """Return what is true of a literal of a datatype that is spelled as it should be."""
        kind = datatype.value.removeprefix(XSD)
        if (sample := constraints()["compared"].get(kind)) is not None:
            return written("parts", "compares", value=value, sample=f'"{sample}"^^{datatype}')
        if (spelling := constraints()["spelled"].get(kind)) is not None:
            return written("parts", "spelled", value=value, spelling=str(Literal(spelling)))
        if datatype.value.startswith(XSD) and kind in constraints()["retyped"]:
            raise _Unknown(say("the datatype xsd:{kind}", kind=kind))
        return "true"

    def _several(self, shape: Term, constraint: str, node: str, number: int) -> str:
        """Return a pattern that holds if a path leads to so many values, all of a shape if one is given."""
        path = self._path(shape)
        if number > 2:
            new = self._new()
            of = self._qualified(shape, constraint, new)
            return written("parts", "several", node=node, path=path, new=new, of=of, x=str(number))
        names = [self._new() for _ in range(number)]
        apart = "FILTER(!sameTerm({}, {}))".format(*names) if number == 2 else ""
        patterns = (f"{node} {path} {name} . {self._qualified(shape, constraint, name)}" for name in names)
        return " ".join([*patterns, apart])

    def _qualified(self, shape: Term, constraint: str, value: str) -> str:
        """Return a filter for the values that count: those of the qualified shape, and of none of its siblings."""
        of = self._shapes.one(shape, "qualifiedValueShape")
        if of is None or not constraint.startswith("qualified"):
            return ""
        tests = [f"!{self._breaks(of, value)}"]
        tests += [self._breaks(sibling, value) for sibling in self._shapes.siblings(shape)]
        return written("parts", "of", test=" && ".join(tests))

    def _declared(self, shape: Term) -> str:
        return ", ".join(map(str, self._shapes.closed_over(shape)))

    def _path(self, shape: Term) -> str:
        step = self._shapes.one(shape, "path")
        return self._shapes.path(step) if step else ""

    def _classes(self, kind: Term) -> list[str]:
        return sorted({kind.value, *self._below.get(kind.value, ())})

    def _new(self) -> str:
        return f"?x{next(self._fresh)}"


_GIVEN = ("this", "shapesGraph", "currentShape")
_REFUSED = {("word", "MINUS"), ("word", "VALUES"), ("word", "SERVICE")}
_AGGREGATES = ("AVG", "COUNT", "GROUP_CONCAT", "MAX", "MIN", "SAMPLE", "SUM")
_PER_NODE = {("word", text) for text in ("GRAPH", "GROUP", "HAVING", "LIMIT", "OFFSET", *_AGGREGATES)}
"""Words whose meaning differs if a query is asked for all nodes at once."""


def _first_brace(words: list[Token]) -> int:
    return next((place for place, word in enumerate(words) if (word.kind, word.text) == ("sign", "{")), len(words))
