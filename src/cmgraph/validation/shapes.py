"""SHACL shapes as read from files: their constraints, targets and names, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from string import Template
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError, nearest
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE, RDF_TYPE, XSD, Prefixes, Term
from cmgraph.store.base import Solutions, Store
from cmgraph.text.yaml_files import read_yaml

SH = "http://www.w3.org/ns/shacl#"
_SHAPE = BASE + "shape/"
_RDF = RDF_TYPE.value.removesuffix("type")
_CLASSES = {"http://www.w3.org/2000/01/rdf-schema#Class", "http://www.w3.org/2002/07/owl#Class"}
_SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
_IMPORTS = "http://www.w3.org/2002/07/owl#imports"
_SHAPE_TYPES = {SH + "NodeShape", SH + "PropertyShape", SH + "Shape"}
_TARGETS = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
_PATHS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_SEVERITIES = {SH + name for name in ("Violation", "Warning", "Info")}
_TRUE = ("true", "1")
DEPTH = 30
"""How deeply shapes may be nested."""


@cache
def constraints() -> dict[str, Any]:
    """Read ``constraints.yaml``: what is known of SHACL."""
    known: dict[str, Any] = read_yaml(Path(__file__).with_name("constraints.yaml"))
    return known


def fill_template(section: str, name: str, /, **words: str) -> str:
    """Fill in a template of ``constraints.yaml``."""
    return Template(constraints()[section][name]).substitute(words)


def makes_shape(triple: Triple) -> bool:
    """Return whether a statement makes its subject a shape."""
    predicate = triple.predicate.value
    if predicate.startswith(SH):
        return predicate.removeprefix(SH) in _marks()
    return predicate == RDF_TYPE.value and getattr(triple.object, "value", "") in _SHAPE_TYPES


def is_target(predicate: Term | None) -> bool:
    """Return whether a property gives a shape's target."""
    return predicate is not None and predicate.value.removeprefix(SH) in _TARGETS


def stored_shapes(store: Store) -> Solutions:
    """Ask a store for the statements that make their subjects shapes: rows of subject, property and value."""
    marks = " ".join(f"<{SH}{name}>" for name in sorted(_marks()))
    types = " ".join(f"<{kind}>" for kind in sorted(_SHAPE_TYPES))
    typed = f"VALUES ?o {{ {types} }} BIND(rdf:type AS ?p) ?s rdf:type ?o"
    query = f"SELECT ?s ?p ?o {{ {{ VALUES ?p {{ {marks} }} ?s ?p ?o }} UNION {{ {typed} }} }}"
    return store.select(query, {"rdf": _RDF}, "shapes")


@cache
def _marks() -> frozenset[str]:
    """Return the properties of SHACL that make their subject a shape."""
    return frozenset({*_TARGETS, "path", "target", *constraints()["parameters"]} - {"flags"})


class Shapes:
    """The shapes in some files.

    :param rules: the files; other statements in them do no harm.
    :param prefixes: how IRIs are shortened in the names of shapes.
    :ivar nodes: all the shapes, those within others included.
    :raises CmgraphError: if a shape has what nobody can check, if it has no target and nothing uses it, or if it leads
        back to itself.
    """

    def __init__(self, rules: Sequence[RdfFile], prefixes: Prefixes) -> None:
        self._rules, self._prefixes = rules, prefixes
        self._values: dict[Term, dict[str, list[Term]]] = {}
        marked: dict[Term, None] = {}
        for triple in dict.fromkeys(triple for file in rules for triple in file.triples):
            s, p, o = triple
            if isinstance(s, Triple) or isinstance(o, Triple):
                continue
            self._values.setdefault(s, {}).setdefault(p.value.removeprefix(SH), []).append(o)
            if makes_shape(triple):
                marked[s] = None
        parameters = {o for properties in self._values.values() for o in properties.get("parameter", ())}
        self.nodes = [shape for shape in marked if shape not in parameters]
        self._users: dict[Term, tuple[Term, str]] = {}
        self._check()

    def value(self, subject: Term, name: str) -> Term | None:
        """Return the first value of a SHACL property, if there is one."""
        return next(iter(self.values(subject, name)), None)

    def values(self, subject: Term, name: str) -> Sequence[Term]:
        """Return all values of a SHACL property; a property of another vocabulary is named by its IRI."""
        return self._values.get(subject, {}).get(name, ())

    def constraints(self, shape: Term) -> Iterator[str]:
        """Yield the constraints that a shape has, by the names of their parameters."""
        for name in self._values.get(shape, {}):
            if name in constraints()["parameters"] and name not in ("flags", "ignoredProperties"):
                qualified = name.startswith("qualified")
                if not qualified or (name.endswith("Count") and self.value(shape, "qualifiedValueShape")):
                    yield name

    @cached_property
    def roots(self) -> list[Term]:
        """The shapes that have a target and are not deactivated, sorted by name."""
        return sorted((s for s in self.nodes if self._is_about(s) and not self.is_off(s)), key=self.name)

    def is_off(self, node: Term) -> bool:
        """Return whether a shape or a constraint in SPARQL is deactivated."""
        return any(value.value in _TRUE for value in self.values(node, "deactivated"))

    def is_class(self, shape: Term) -> bool:
        """Return whether a shape is a class too, whose instances are then its targets."""
        kinds, seen = [t.value for t in self.values(shape, RDF_TYPE.value)], set[str]()
        while kinds:
            if (kind := kinds.pop()) in _CLASSES:
                return isinstance(shape, NamedNode)
            if kind not in seen:
                seen.add(kind)
                kinds += [wide.value for wide in self.values(NamedNode(kind), _SUBCLASS)]
        return False

    def parts(self, shape: Term) -> Iterator[tuple[str, Term]]:
        """Yield the shapes that a shape uses, with the constraint that does."""
        for name, values in self._values.get(shape, {}).items():
            kind = constraints()["parameters"].get(name, "")
            for value in values:
                if kind.endswith(("shape", "property")):
                    yield name, value
                elif kind.endswith("of shapes"):
                    yield from ((name, part) for part in self.members(value))

    def within(self, shape: Term) -> Iterator[Term]:
        """Yield a shape and every shape within it that is not deactivated."""
        waiting, seen = [shape], set[Term]()
        while waiting:
            if (inner := waiting.pop()) not in seen and not self.is_off(inner):
                seen.add(inner)
                yield inner
                waiting += (part for _, part in self.parts(inner))

    def closed_over(self, shape: Term) -> Iterator[Term]:
        """Yield the properties that a closed shape allows."""
        for part in self.values(shape, "property"):
            if isinstance(step := self.value(part, "path"), NamedNode):
                yield step
        if ignored := self.value(shape, "ignoredProperties"):
            yield from self.members(ignored)

    def siblings(self, shape: Term) -> Iterator[Term]:
        """Yield the sibling shapes that values of a qualified shape must not match, if it is declared disjoint."""
        if getattr(self.value(shape, "qualifiedValueShapesDisjoint"), "value", "") not in _TRUE:
            return
        own = self.values(shape, "qualifiedValueShape")
        for parent in self.nodes:
            parts = self.values(parent, "property")
            if shape in parts:
                yield from (
                    other for part in parts for other in self.values(part, "qualifiedValueShape") if other not in own
                )

    def severity(self, shape: Term) -> NamedNode:
        """Return the severity of a breach of a shape."""
        severity = self.value(shape, "severity")
        return severity if isinstance(severity, NamedNode) else NamedNode(SH + "Violation")

    def prefixes(self, constraint: Term) -> dict[str, str]:
        """Return the prefixes that a constraint in SPARQL may use, those of what it imports included."""
        declared, ontologies, seen = dict(self._prefixes), list(self.values(constraint, "prefixes")), set[Term]()
        while ontologies:
            ontology = ontologies.pop()
            if ontology not in seen:
                seen.add(ontology)
                ontologies += self.values(ontology, _IMPORTS)
                for entry in self.values(ontology, "declare"):
                    prefix, space = self.value(entry, "prefix"), self.value(entry, "namespace")
                    if prefix and space:
                        declared[prefix.value] = space.value
        return declared

    @property
    def imports(self) -> Iterator[tuple[str, str]]:
        """The file of each owl:imports beside shapes, and what it imports, if that is not in the files too."""
        for file in self._rules:
            for s, p, o in file.triples:
                if p.value == _IMPORTS and isinstance(o, NamedNode) and o not in self._values and s != o:
                    yield str(file.path), o.value

    @cached_property
    def components(self) -> dict[Term, set[str]]:
        """The custom constraint components that the files define, with the parameters that each needs."""
        defined = {}
        for component, properties in self._values.items():
            if "parameter" in properties and not component.value.startswith(SH):
                needed = (
                    p for p in properties["parameter"] if getattr(self.value(p, "optional"), "value", "") not in _TRUE
                )
                defined[component] = {path.value for p in needed if (path := self.value(p, "path"))}
        return defined

    def custom_components(self, shape: Term) -> list[Term]:
        """Return the custom constraint components that a shape uses."""
        return [c for c, needed in self.components.items() if needed and all(self.values(shape, iri) for iri in needed)]

    def messages(
        self, shape: Term, constraint: str, source: Term | None, bound: dict[str, Term]
    ) -> tuple[Literal, ...]:
        """Return the messages of a breach, in every language there is.

        :param constraint: the name of its parameter, or the IRI of a custom component.
        :param source: the constraint in SPARQL, if it is one; its messages take precedence over the shape's.
        :param bound: the values of the variables in its message.
        """
        own = self.values(source, "message") if source else ()
        if not own and isinstance(message := bound.get("message"), Literal):
            return (message,)
        texts = [text for text in own or self.values(shape, "message") if isinstance(text, Literal)]
        if not texts:
            value = self.value(shape, constraint)
            value_text = f" {self._shown(value)}" if value is not None and not isinstance(value, BlankNode) else ""
            name = f"sh:{constraint}{value_text}" if constraint.isalpha() else self._prefixes.shorten(constraint)
            sentences = constraints()["messages"]
            texts = [Literal(fill_template("messages", tag, constraint=name), language=tag) for tag in sentences]
        return tuple(sorted((_filled(text, bound) for text in texts), key=str)) if source else tuple(texts)

    def name(self, node: Term) -> str:
        """Return the name of a shape: its shortened IRI or, if it has none, its place in the shapes that use it."""
        steps: list[str] = []
        while isinstance(node, BlankNode):
            place = self.path_text(node)
            targets = (f"[sh:{name} {self._shown(about)}]" for name in _TARGETS for about in self.values(node, name))
            if (target := next(targets, "")) or node not in self._users or len(steps) > DEPTH:
                return " ".join([target or "[no name]", place, *steps]).replace("  ", " ").rstrip()
            node, constraint = self._users[node]
            steps.insert(0, place or f"sh:{constraint}")
        own = node.value.startswith(_SHAPE)
        return " ".join([node.value.removeprefix(_SHAPE) if own else self._shown(node), *steps])

    def names(self, file: RdfFile) -> list[str]:
        """Return the names of the shapes in a file that have a target."""
        subjects = {triple.subject for triple in file.triples}
        return [self.name(shape) for shape in self.roots if shape in subjects]

    def path_text(self, shape: Term) -> str:
        """Return a shape's path with CURIEs; empty if it has none."""
        step = self.value(shape, "path")
        if step is None or not self._is_path(step):
            return ""
        return re.sub(r"<([^>]*)>", lambda iri: self._prefixes.shorten(iri[1]), self.path(step))

    def about(self, node: Term, seen: set[Term] | None = None) -> Iterator[Triple]:
        """Yield the statements about a blank node, and about blank nodes within it."""
        seen = set() if seen is None else seen
        if isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            for name, values in self._values.get(node, {}).items():
                for value in values:
                    yield Triple(node, NamedNode(name if ":" in name else SH + name), value)
                    yield from self.about(value, seen)

    def triples(self, roots: Iterable[Term]) -> Iterator[Triple]:
        """Yield the statements of the files, but targets of ``roots`` alone, and with the type of each shape."""
        active = set(roots)
        for subject, properties in self._values.items():
            silent = subject in self.nodes and subject not in active
            for name, values in properties.items():
                if silent and (name in _TARGETS or (name == RDF_TYPE.value and self.is_class(subject))):
                    continue
                predicate = NamedNode(name if ":" in name else SH + name)
                for value in values:
                    if name in ("select", "ask") and isinstance(value, Literal):
                        value = Literal(self._with_prefixes(subject, value.value))
                    yield Triple(subject, predicate, value)  # type: ignore[arg-type]
        for shape in self.nodes:
            kind = "PropertyShape" if self.value(shape, "path") else "NodeShape"
            yield Triple(shape, RDF_TYPE, NamedNode(SH + kind))  # type: ignore[arg-type]

    def _with_prefixes(self, source: Term, query: str) -> str:
        declared = self.prefixes(source).items()
        return "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in declared) + query

    def path(self, step: Term) -> str:
        """Write a path in SPARQL."""
        if isinstance(step, NamedNode):
            return str(step)
        properties = self._values.get(step, {})
        if _RDF + "first" in properties:
            return "(" + "/".join(map(self.path, self.members(step))) + ")"
        if "alternativePath" in properties:
            return "(" + "|".join(map(self.path, self.members(properties["alternativePath"][0]))) + ")"
        if "inversePath" in properties:
            return f"^({self.path(properties['inversePath'][0])})"
        kind = next(kind for kind in _PATHS if kind in properties)
        return f"({self.path(properties[kind][0])}){_PATHS[kind]}"

    def properties(self, step: Term) -> Iterator[str]:
        """Yield the properties in a path."""
        return (match[1] for match in re.finditer(r"<([^>]*)>", self.path(step)))

    def members(self, head: Term) -> list[Term]:
        """Return the members of a list.

        :raises ValueError: if it is none.
        """
        items: dict[Term, Term] = {}
        while head.value != _RDF + "nil":
            first, rest = self.values(head, _RDF + "first"), self.values(head, _RDF + "rest")
            if len(first) != 1 or len(rest) != 1 or head in items:
                raise ValueError
            items[head], head = first[0], rest[0]
        return [*items.values()]

    def refuse(self, shape: Term, problem: str, hint: str) -> CmgraphError:
        """Return the error that a shape cannot be checked, with its file and line."""
        owner = shape
        for _ in range(DEPTH):
            if isinstance(owner, BlankNode) and owner in self._users:
                owner = self._users[owner][0]
        for file in self._rules:
            if any(triple.subject == owner for triple in file.triples):
                place = None if isinstance(owner, Literal) else file.place_of(owner)
                line = place.line if place else 1
                return CmgraphError(f"shape {self.name(shape)}: {problem}", where=f"{file.path}:{line}", hint=hint)
        return CmgraphError(problem, where=f"shape {self.name(shape)}", hint=hint)

    def _is_about(self, shape: Term) -> bool:
        return any(self.values(shape, target) for target in _TARGETS) or self.is_class(shape)

    def _shown(self, term: Term) -> str:
        if isinstance(term, NamedNode):
            return self._prefixes.shorten(term.value)
        text = isinstance(term, Literal) and (term.language or term.datatype.value == XSD + "string")
        return str(term) if text else term.value

    def _check(self) -> None:
        """Refuse shapes that nobody can check, by name."""
        checks = {**constraints()["parameters"], **constraints()["descriptions"]}
        for shape in self.nodes:
            for constraint, part in [
                *self._parts_of_any(shape),
                *(("sparql", s) for s in self.values(shape, "sparql")),
            ]:
                self._users.setdefault(part, (shape, constraint))
        waiting = list(self.nodes)
        checked: set[Term] = set()
        while waiting:
            shape = waiting.pop()
            if shape in checked or self.is_off(shape):
                continue
            checked.add(shape)
            self._check_shape(shape, checks)
            for constraint, part in self.parts(shape):
                self._users.setdefault(part, (shape, constraint))
                waiting.append(part)
        inner_shapes = {part for shape in [*self.nodes, *checked] for _, part in self._parts_of_any(shape)}
        self.nodes = list(dict.fromkeys([*self.nodes, *checked]))
        for shape in self.nodes:
            if not self.is_off(shape) and shape not in inner_shapes and not self._is_about(shape):
                hint = "Give it a target such as sh:targetClass, use it in another shape, or say sh:deactivated true."
                raise self.refuse(shape, "it has no target and no shape uses it, so it would check nothing", hint)
        depths: dict[Term, int] = {}
        for shape in self.roots:
            self._measure(shape, [], depths)

    def _parts_of_any(self, shape: Term) -> Iterator[tuple[str, Term]]:
        """Yield the parts of a shape that may be deactivated, and so unchecked."""
        try:
            yield from self.parts(shape)
        except ValueError:
            return

    def _check_shape(self, shape: Term, checks: dict[str, str]) -> None:
        if isinstance(shape, Literal):
            raise self.refuse(shape, "a shape is an IRI or a blank node", "Look at where it is used.")
        named = shape if isinstance(shape, NamedNode) else None
        for name, values in self._values.get(shape, {}).items():
            if ":" in name:
                continue
            if name not in checks:
                like = nearest(name, checks, 1).replace("mean ", "mean sh:")
                hint = constraints()["unsupported"].get(name) or like or "Leave it out, or express it with sh:sparql."
                raise self.refuse(shape, f"sh:{name} is not supported", hint)
            kind = checks[name]
            if kind.startswith("one ") and len(values) > 1:
                raise self.refuse(shape, f"it has sh:{name} {len(values)} times", "Keep one.")
            if kind.endswith(" with a path") and not self.value(shape, "path"):
                raise self.refuse(shape, f"sh:{name} needs sh:path", "Put it into sh:property [ sh:path … ].")
            kind = kind.removeprefix("one ").removesuffix(" with a path")
            for value in values:
                if not self._is(kind, value):
                    called = constraints()["called"]
                    expected = (
                        f"a list, each of {called[kind[8:-1]]}" if kind[:8] == "list of " else called.get(kind, kind)
                    )
                    actual = self._shown(value) if not isinstance(value, BlankNode) else "what stands there"
                    raise self.refuse(shape, f"sh:{name} takes {expected}, not {actual}", "Correct it.")
        types = {kind.value for kind in self.values(shape, RDF_TYPE.value)}
        if self.value(shape, "path") and SH + "NodeShape" in types:
            raise self.refuse(shape, "a node shape has no sh:path", "Make it a sh:PropertyShape.")
        if not self.value(shape, "path") and SH + "PropertyShape" in types:
            raise self.refuse(shape, "a property shape needs sh:path", "Add it, or make it a sh:NodeShape.")
        if named is None and any(kind in _CLASSES for kind in types):
            raise self.refuse(shape, "a class that is a shape needs an IRI", "Give it one.")

    def _is(self, kind: str, value: Term) -> bool:
        """Return whether a value is of the kind that a parameter takes."""
        literal = isinstance(value, Literal)
        tests: dict[str, Callable[[], bool]] = {
            "any": lambda: True,
            "IRI": lambda: isinstance(value, NamedNode),
            "literal": lambda: literal,
            "term": lambda: not isinstance(value, BlankNode),
            "text": lambda: literal and (value.datatype.value == XSD + "string" or bool(value.language)),  # type: ignore[union-attr]
            "flag": lambda: literal and value.value in (*_TRUE, "false", "0"),
            "count": lambda: literal and re.fullmatch(r"\+?[0-9]{1,9}", value.value) is not None,
            "kind": lambda: value.value.startswith(SH) and value.value.removeprefix(SH) in constraints()["kinds"],
            "shape": lambda: isinstance(value, BlankNode) or value in self._values,
            "node shape": lambda: self._is("shape", value) and self.value(value, "path") is None,
            "property": lambda: not literal and self.value(value, "path") is not None,
            "select": lambda: (
                len(self.values(value, "select")) == 1 and self._is("text", self.values(value, "select")[0])
            ),
            "path": lambda: self._is_path(value),
        }
        if kind.startswith("list of "):
            try:
                return all(self._is(kind[8:-1], item) for item in self.members(value))
            except ValueError:
                return False
        return tests[kind]()

    def _is_path(self, step: Term, depth: int = 0) -> bool:
        if isinstance(step, NamedNode):
            return True
        properties = self._values.get(step, {})
        kinds = [kind for kind in ("alternativePath", "inversePath", *_PATHS) if kind in properties]
        kinds = (
            [_RDF + "first"] if _RDF + "first" in properties else kinds
        )  # as in the W3C suite, a list is a sequence whatever else it has
        if isinstance(step, Literal) or len(kinds) != 1 or depth > DEPTH:
            return False
        (kind,) = kinds
        try:
            members = self.members(step) if kind == _RDF + "first" else list(properties[kind])
            members = self.members(members[0]) if kind == "alternativePath" and len(members) == 1 else members
        except ValueError:
            return False
        enough = len(members) > 1 if kind in (_RDF + "first", "alternativePath") else len(members) == 1
        return enough and all(self._is_path(member, depth + 1) for member in members)

    def _measure(self, shape: Term, above: list[Term], depths: dict[Term, int]) -> int:
        """Return the depth to which shapes are nested; refuse one that leads back to itself, or too many."""
        if shape in above:
            via = " → ".join(dict.fromkeys(map(self.name, above[above.index(shape) :])))
            hint = "SHACL leaves open what that means: end the chain with a shape that does not lead back."
            raise self.refuse(shape, f"it leads back to itself ({via})", hint)
        if shape not in depths:
            parts = (part for _, part in self.parts(shape) if not self.is_off(part))
            depths[shape] = 1 + max((self._measure(part, [*above, shape], depths) for part in parts), default=0)
            if depths[shape] > DEPTH:
                raise self.refuse(shape, f"more than {DEPTH} shapes lie within one another", "Nest fewer shapes.")
        return depths[shape]


def _filled(text: Literal, bound: dict[str, Term]) -> Literal:
    """Return a message with its variables, ``{?name}`` or ``{$name}``, filled in."""

    def fill(match: re.Match[str]) -> str:
        return bound[match[1]].value if match[1] in bound else match[0]

    return Literal(re.sub(r"\{[?$](\w+)\}", fill, text.value), language=text.language)
