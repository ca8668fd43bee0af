"""SHACL shapes turned into SPARQL queries, each of which covers the whole graph, wherever it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, count, pairwise
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from cmgraph.errors import CmgraphError
from cmgraph.rdf.terms import XSD, Term
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.store.sparql_lexer import Token, tokens
from cmgraph.validation.altered import Altered
from cmgraph.validation.shapes import SH, Shapes, constraints, fill_template

_PARTS = 1000
"""The most parts that the query of one shape may have; engines crash on longer ones."""


class Breach(NamedTuple):
    """One validation result: its severity, constraint and shape, and the node, path and value at fault.

    :ivar component: the constraint component.
    :ivar source: the constraint in SPARQL, if it is one.
    :ivar messages: its messages, in one or more languages.
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
    """The query for the breaches of one constraint of a shape."""

    shape: Term
    constraint: str
    text: str
    source: Term | None = None


class _Unknown(Exception):
    """Queries cannot check a shape, for this reason."""


def breaches(store: Store, shapes: Shapes, altered: Altered) -> tuple[list[Breach], dict[Term, str]]:
    """Ask ``store`` for the breaches of all shapes.

    :param altered: the properties whose literals the store holds in another form than the data.
    :return: the breaches, and the shapes that queries cannot check, each with the reason.
    """
    subclasses: dict[str, set[str]] = defaultdict(set)
    for narrow, wide in builtin.ask(store, "superclasses"):
        if isinstance(narrow, NamedNode) and isinstance(wide, NamedNode):
            subclasses[wide.value].add(narrow.value)
    queries = _Queries(shapes, subclasses, _refused_patterns(store, shapes))
    results: list[Breach] = []
    unchecked: dict[Term, str] = {}
    for root in shapes.roots:
        try:
            if reason := altered.reason(root, shapes):
                raise _Unknown(reason)
            shape_queries = list(queries.for_shape(root, queries.target(root)))
            results += [breach for query in shape_queries for breach in _answers(store, shapes, altered, query)]
        except _Unknown as reason:
            unchecked[root] = str(reason)
    return results, unchecked


def _answers(store: Store, shapes: Shapes, altered: Altered, query: Query) -> Iterator[Breach]:
    """Run a query, and turn its solutions into breaches."""
    shape, constraint, text, source = query
    prefixes = shapes.prefixes(source) if source else {}
    name = f"shape {shapes.name(shape)} (sh:{constraint})"
    try:
        variables, rows = store.select(text, prefixes, name)
    except CmgraphError as error:
        if source or type(error) is not CmgraphError:
            raise
        raise _Unknown(error.what) from None
    path = shapes.value(shape, "path")
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
            (str(pattern), str(shapes.value(shape, "flags") or '""'))
            for root in shapes.roots
            for shape in shapes.within(root)
            for pattern in shapes.values(shape, "pattern")
        )
    )
    if not patterns:
        return set()
    rows = " ".join(f"({n} {pattern} {flags})" for n, (pattern, flags) in enumerate(patterns))
    query = f"""SELECT ?n {{ VALUES (?n ?pattern ?flags) {{ {rows} }}
        FILTER(COALESCE(REGEX("", ?pattern, ?flags), "unknown") = "unknown") }}"""
    return {patterns[int(n.value)] for (n,) in store.select(query, {}, "sh:pattern")[1] if n is not None}


class _Queries:
    """The queries that check shapes.

    :param subclasses: the subclasses of each class.
    :param patterns: those that the engine does not know.
    """

    def __init__(self, shapes: Shapes, subclasses: Mapping[str, set[str]], patterns: set[tuple[str, str]]) -> None:
        self._shapes, self._subclasses, self._patterns = shapes, subclasses, patterns
        self._fresh, self._parts = count(), 0

    def target(self, shape: Term) -> str:
        """Return a pattern that binds ?this to every target node of a shape."""
        shapes = self._shapes
        itself = [shape] if shapes.is_class(shape) else []
        classes = {iri for kind in (*shapes.values(shape, "targetClass"), *itself) for iri in self._classes(kind)}
        among = {"targetClass": " ".join(f"<{iri}>" for iri in sorted(classes))}
        among["targetNode"] = " ".join(map(str, shapes.values(shape, "targetNode")))
        targets = [fill_template("targets", kind, x=x) for kind, x in among.items() if x]
        for kind in ("targetSubjectsOf", "targetObjectsOf"):
            targets += [fill_template("targets", kind, x=str(prop)) for prop in shapes.values(shape, kind)]
        return " UNION ".join(targets)

    def for_shape(self, shape: Term, target: str, carried: str = "") -> Iterator[Query]:
        """Yield the queries for the breaches of a shape, and of the shapes within it, by the nodes of a target.

        :param carried: the variables of the nodes that led to ?this.
        :raises _Unknown: if queries cannot check it.
        """
        self._parts = 0
        if self._shapes.is_off(shape):
            return
        if components := self._shapes.custom_components(shape):
            raise _Unknown(f"a constraint component of one's own ({self._shapes.name(components[0])})")
        path = self._path(shape)
        for constraint in self._shapes.constraints(shape):
            for x in self._shapes.values(shape, constraint):
                if constraint == "sparql":
                    if not self._shapes.is_off(x):
                        yield Query(shape, constraint, self._prebound(shape, x, target, path), x)
                elif constraint == "property":
                    up = self._new()
                    above, ways = target.replace("?this", up), f"{carried}{up} "
                    within = fill_template("targets", "property", above=above, up=up, path=path, carried=ways)
                    yield from self.for_shape(x, within, ways) if path else self.for_shape(x, target, carried)
                else:
                    for text in self._texts(shape, constraint, x, {"target": target, "path": path, "carried": carried}):
                        yield Query(shape, constraint, text)

    def _texts(self, shape: Term, constraint: str, x: Term, words: dict[str, str]) -> Iterator[str]:
        """Yield the queries for the breaches of one constraint; ``words`` are target, path and carried."""
        words, path = words | {"x": str(x)}, words["path"]
        if constraint == "closed":
            if x.value in ("true", "1"):
                if path:
                    raise _Unknown("sh:closed beside sh:path")
                test = fill_template("parts", "undeclared", declared=self._declared(shape))
                yield fill_template("queries", "closed", test=test, **words)
            return
        if constraint == "uniqueLang":
            if x.value in ("true", "1"):
                yield fill_template("queries", "language", **words)
            return
        if constraint.startswith("lessThan"):
            yield fill_template("queries", "pair", compared="<" if constraint == "lessThan" else "<=", **words)
            return
        if constraint.lower().endswith(("mincount", "maxcount")) and int(x.value) > 1:
            compared = f"{'<' if constraint.lower().endswith('mincount') else '>'} {int(x.value)}"
            qualified = self._qualified(shape, constraint, "?value")
            yield fill_template("queries", "count", compared=compared, qualified=qualified, **words)
            return
        for test, of_value in self._tests(shape, constraint, x, "?this", "?value"):
            kind = ("path" if path else "itself") if of_value else "node"
            yield fill_template("queries", kind, test=test, **words)
        if constraint == "equals":
            test = fill_template("absent", "path" if path else "itself", node="?this", path=path, value="?value")
            yield fill_template("queries", "absent", test=test, **words)

    def _prebound(self, shape: Term, source: Term, target: str, path: str) -> str:
        """Return the query of a constraint in SPARQL, with the target in each group that mentions $this.

        A solution then binds $this as if it had been bound beforehand; groups of EXISTS see it anyway.
        """
        select = self._shapes.value(source, "select")
        assert isinstance(select, Literal)
        words = list(tokens(select.value))
        openings, groups = [], list[tuple[int, bool]]()
        groups_with_this = {0}
        opened = 0
        for before, word in pairwise([Token("", "", 0), *words]):
            name = word.text[1:] if word.kind == "variable" else ""
            if (word.kind, word.text) in _REFUSED or (before.text == "AS" and name in _GIVEN):
                hint = "SHACL allows neither MINUS, VALUES, SERVICE nor AS $this: use FILTER NOT EXISTS, for instance."
                raise self._shapes.refuse(shape, f"{word.text} is not allowed in sh:select", hint)
            if (word.kind, word.text) in _PER_NODE or name in ("shapesGraph", "currentShape"):
                raise _Unknown(f"{word.text} in sh:select")
            if word.kind == "word" and word.text == "SELECT" and opened:
                raise _Unknown("a SELECT within sh:select")
            if word.text == "{" and word.kind == "sign":
                groups.append((opened, before.text == "EXISTS"))
                openings.append((word.start, before.text == "EXISTS"))
                opened += 1
            elif word.text == "}" and word.kind == "sign":
                groups.pop()
            elif name == "this" and groups:
                groups_with_this.add(groups[-1][0])
        if not any(word.text[1:] == "this" for word in words[: _first_brace(words)] if word.kind == "variable"):
            raise _Unknown("sh:select without $this")
        text = select.value
        for group, (start, exists) in reversed(list(enumerate(openings))):
            if group in groups_with_this and not exists:
                text = f"{text[: start + 1]} {target} {text[start + 1 :]}"
        return text.replace("$PATH", path)

    def _is_broken(self, shape: Term, node: str) -> str:
        """Return an expression that is true if ``node`` breaks ``shape``."""
        self._parts += 1
        if self._parts > _PARTS:
            raise _Unknown(f"more than {_PARTS} parts")
        if self._shapes.is_off(shape):
            return "false"
        if self._shapes.custom_components(shape):
            raise _Unknown("a constraint component of one's own in another constraint")
        path = self._path(shape)
        broken = []
        for constraint in self._shapes.constraints(shape):
            for x in self._shapes.values(shape, constraint):
                value = self._new() if path else node
                for test, of_value in self._tests(shape, constraint, x, node, value):
                    among_values = f"EXISTS {{ {node} {path} {value} . FILTER({test}) }}"
                    broken.append(among_values if of_value and path else f"({test})")
                if constraint == "equals":
                    other = self._new()
                    test = fill_template("absent", "path" if path else "itself", node=node, path=path, value=other)
                    broken.append(f"EXISTS {{ {node} {x} {other} . FILTER({test}) }}")
        return f"({' || '.join(broken)})" if broken else "false"

    def _tests(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> Iterator[tuple[str, bool]]:
        """Yield the conditions under which a constraint is broken, and whether each is about a single value."""
        if constraint == "property":
            yield self._is_broken(x, value), True
            return
        if constraint in ("closed", "uniqueLang") and x.value not in ("true", "1"):
            return
        for of_value, kind in ((True, "values"), (False, "nodes" if self._path(shape) else "itself")):
            if constraint in constraints()[kind]:
                yield fill_template(kind, constraint, **self._words(shape, constraint, x, node, value)), of_value
                return
        raise _Unknown(f"sh:{constraint} here")

    def _words(self, shape: Term, constraint: str, x: Term, node: str, value: str) -> dict[str, str]:
        """Return the values for a constraint's template."""
        words = {"node": node, "value": value, "path": self._path(shape), "x": str(x)}
        words |= {"new": self._new(), "other": self._new(), "flags": str(self._shapes.value(shape, "flags") or '""')}
        match constraint:
            case "class":
                words["classes"] = ", ".join(f"<{iri}>" for iri in self._classes(x))
            case "datatype":
                words["wellformed"] = self._wellformed(x, value)
            case "nodeKind":
                words["kind"] = fill_template("kinds", x.value.removeprefix(SH), value=value)
            case "pattern":
                if (words["x"], words["flags"]) in self._patterns:
                    raise _Unknown(f"the pattern {x}")
            case "languageIn":
                matches = (
                    fill_template("parts", "language", value=value, tag=str(tag)) for tag in self._shapes.members(x)
                )
                words["languages"] = " || ".join(matches) or "false"
            case "in":
                words["list"] = " ".join(map(str, self._shapes.members(x)))
            case "closed":
                words["declared"] = self._declared(shape)
            case "not" | "node":
                words["shape"] = self._is_broken(x, value)
            case "and" | "or" | "xone":
                broken = [self._is_broken(part, value) for part in self._shapes.members(x)]
                words["any"], words["all"] = " || ".join(broken), " && ".join(broken)
                words["two"] = (
                    " || ".join(f"(!{first} && !{second})" for first, second in combinations(broken, 2)) or "false"
                )
            case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
                number = int(x.value) + constraint.lower().endswith("maxcount")
                words["several"] = self._several(shape, constraint, node, number)
        return words

    def _wellformed(self, datatype: Term, value: str) -> str:
        """Return the condition under which a literal of a datatype is well-formed."""
        kind = datatype.value.removeprefix(XSD)
        if (sample := constraints()["compared"].get(kind)) is not None:
            return fill_template("parts", "compares", value=value, sample=f'"{sample}"^^{datatype}')
        if (spelling := constraints()["spelled"].get(kind)) is not None:
            return fill_template("parts", "spelled", value=value, spelling=str(Literal(spelling)))
        if datatype.value.startswith(XSD) and kind in constraints()["retyped"]:
            raise _Unknown(f"the datatype xsd:{kind}")
        return "true"

    def _several(self, shape: Term, constraint: str, node: str, number: int) -> str:
        """Return a pattern that matches if a path leads to so many values, of the qualified shape if there is one."""
        path = self._path(shape)
        if number > 2:
            new = self._new()
            qualified = self._qualified(shape, constraint, new)
            return fill_template("parts", "several", node=node, path=path, new=new, qualified=qualified, x=str(number))
        names = [self._new() for _ in range(number)]
        apart = "FILTER(!sameTerm({}, {}))".format(*names) if number == 2 else ""
        patterns = (f"{node} {path} {name} . {self._qualified(shape, constraint, name)}" for name in names)
        return " ".join([*patterns, apart])

    def _qualified(self, shape: Term, constraint: str, value: str) -> str:
        """Return a filter for the values that count: those of the qualified shape, and of none of its siblings."""
        qualified_shape = self._shapes.value(shape, "qualifiedValueShape")
        if qualified_shape is None or not constraint.startswith("qualified"):
            return ""
        tests = [f"!{self._is_broken(qualified_shape, value)}"]
        tests += [self._is_broken(sibling, value) for sibling in self._shapes.siblings(shape)]
        return fill_template("parts", "qualified", test=" && ".join(tests))

    def _declared(self, shape: Term) -> str:
        return ", ".join(map(str, self._shapes.closed_over(shape)))

    def _path(self, shape: Term) -> str:
        step = self._shapes.value(shape, "path")
        return self._shapes.path(step) if step else ""

    def _classes(self, kind: Term) -> list[str]:
        return sorted({kind.value, *self._subclasses.get(kind.value, ())})

    def _new(self) -> str:
        return f"?x{next(self._fresh)}"


_GIVEN = ("this", "shapesGraph", "currentShape")
_REFUSED = {("word", "MINUS"), ("word", "VALUES"), ("word", "SERVICE")}
_AGGREGATES = ("AVG", "COUNT", "GROUP_CONCAT", "MAX", "MIN", "SAMPLE", "SUM")
_PER_NODE = {("word", text) for text in ("GRAPH", "GROUP", "HAVING", "LIMIT", "OFFSET", *_AGGREGATES)}
"""Words whose meaning differs when a query covers all nodes at once."""


def _first_brace(words: list[Token]) -> int:
    return next((place for place, word in enumerate(words) if (word.kind, word.text) == ("sign", "{")), len(words))
