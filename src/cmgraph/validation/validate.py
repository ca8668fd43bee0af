"""Shapes over data: what breaks which rule, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.names import Names
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE, RDF_TYPE, XSD, NamedRef, Prefixes, Term, best_text, from_rdflib, rdflib_graph
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.validation.shacl_sparql import SH, Breach, breaches

ENGINES = ("fast", "reference")
SEVERITIES = ("violation", "warning", "info")
_SHAPE = BASE + "shape/"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that breaks one rule.

    :ivar severity: ``violation``, ``warning`` or ``info``.
    :ivar rule: the rule's short id, for instance ``C1``.
    :ivar focus: the thing at fault.
    :ivar path: the property at fault, as a CURIE; may be empty.
    :ivar value: the value at fault, as text; may be empty.
    :ivar file: file in which the thing stands, with :attr:`line` and :attr:`column` counted from 1; empty and 0 if not
        known.
    """

    severity: str
    rule: str
    message: str
    focus: NamedRef
    path: str
    value: str
    file: str
    line: int
    column: int


@dataclass(frozen=True)
class Report:
    """What validation found, worst first, and the results of SHACL that it was read from."""

    findings: tuple[Finding, ...]
    breaches: tuple[Breach, ...]

    def failed(self, fail_on: str = "violation") -> bool:
        """Say whether anything is as bad as ``fail_on`` or worse."""
        bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return any(finding.severity in bad for finding in self.findings)

    @property
    def triples(self) -> Iterator[Triple]:
        """The report in SHACL's own words."""
        report = BlankNode("report")
        conforms = Literal(str(not self.breaches).lower(), datatype=NamedNode(XSD + "boolean"))
        yield Triple(report, RDF_TYPE, NamedNode(SH + "ValidationReport"))
        yield Triple(report, NamedNode(SH + "conforms"), conforms)
        for number, breach in enumerate(self.breaches, 1):
            result = BlankNode(f"result{number}")
            name = breach.constraint
            component = "SPARQL" if name == "sparql" else name[0].upper() + name[1:]
            says: list[tuple[str, Term | None]] = [
                ("resultSeverity", NamedNode(SH + breach.severity.capitalize())),
                ("sourceConstraintComponent", NamedNode(f"{SH}{component}ConstraintComponent")),
                ("sourceShape", breach.shape),
                ("focusNode", breach.focus),
                ("resultPath", breach.path if isinstance(breach.path, NamedNode) else None),
                ("value", breach.value),
            ]
            yield Triple(report, NamedNode(SH + "result"), result)
            yield Triple(result, RDF_TYPE, NamedNode(SH + "ValidationResult"))
            yield from (Triple(result, NamedNode(SH + said), what) for said, what in says if what is not None)


def validate(
    store: Store,
    rules: Sequence[RdfFile],
    prefixes: Prefixes,
    lang: str = "en",
    engine: str = "fast",
    files: Sequence[RdfFile] = (),
) -> Report:
    """Check what is in ``store`` against the shapes in ``rules``; nothing is inferred.

    :param engine: ``fast`` asks the store a query per constraint; ``reference`` runs pySHACL over a copy of it. Both
        give the same findings.
    :param files: where the statements stand, if they are read from files; findings tell the place.
    :raises CmgraphError: if there is nothing to check with; a report that cannot fail would say nothing.
    """
    said = [triple for file in rules for triple in file.triples]
    if not said:
        raise CmgraphError("there are no shapes to check with", hint="Look for *.ttl files in ontology/shapes.")
    if engine == "fast":
        results = set(breaches(store, said, prefixes))
    elif engine == "reference":
        results = set(_reference(store, said, prefixes, files))
    else:
        raise CmgraphError(f"unknown validator '{engine}'", hint=f"Use {' or '.join(ENGINES)}.")
    found = sorted(results, key=lambda breach: tuple(map(str, breach)))
    messages: dict[str, dict[str, str]] = {}
    for triple in said:
        if triple.predicate.value == SH + "message" and isinstance(triple.object, Literal):
            messages.setdefault(str(triple.subject), {})[triple.object.language or ""] = triple.object.value
    ends = {term.value for b in found for term in (b.focus, b.value) if isinstance(term, NamedNode)}
    labels = Names(store, prefixes, lang).labels(ends)

    def shown(term: Term | None) -> str:
        return "" if term is None else labels.get(term.value, term.value)

    findings = []
    for breach in found:
        focus, value = breach.focus, breach.value
        if focus.value == BASE + "ontology" and value is not None:
            focus, value = value, None
        file, line, column = _place(
            files, [term for term in (focus, value) if isinstance(term, (NamedNode, BlankNode))]
        )
        findings.append(
            Finding(
                severity=breach.severity,
                rule=breach.shape.value.removeprefix(_SHAPE),
                message=best_text(messages.get(str(breach.shape), {}), lang),
                focus=NamedRef(focus.value, shown(focus)),
                path=prefixes.shorten(breach.path.value) if isinstance(breach.path, NamedNode) else "",
                value=shown(value),
                file=file,
                line=line,
                column=column,
            )
        )
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    findings.sort(key=lambda f: (order.get(f.severity, len(order)), f.rule, f.focus.iri, f.path, f.value))
    return Report(tuple(findings), tuple(found))


def _reference(store: Store, rules: Sequence[Triple], prefixes: Prefixes, files: Sequence[RdfFile]) -> Iterator[Breach]:
    import pyshacl
    import rdflib

    stated = (triple for file in files for triple in file.triples)
    graph = rdflib_graph(stated if files else builtin.construct(store, "everything"))
    report = pyshacl.validate(graph, shacl_graph=rdflib_graph(rules), inplace=True)[1]
    if not isinstance(report, rdflib.Graph):
        raise CmgraphError(f"validation could not run: {report}")
    for result in report.objects(None, rdflib.SH.result):
        severity, component, shape, focus, path, value = (
            from_rdflib(report.value(result, said))
            for said in (
                rdflib.SH.resultSeverity,
                rdflib.SH.sourceConstraintComponent,
                rdflib.SH.sourceShape,
                rdflib.SH.focusNode,
                rdflib.SH.resultPath,
                rdflib.SH.value,
            )
        )
        if not isinstance(shape, NamedNode) or focus is None or severity is None or component is None:
            raise CmgraphError("a shape has no IRI", hint="Give every shape with a target an IRI.")
        name = component.value.removeprefix(SH).removesuffix("ConstraintComponent")
        name = "sparql" if name == "SPARQL" else name[0].lower() + name[1:]
        yield Breach(severity.value.removeprefix(SH).lower(), name, shape, focus, path, value)


def _place(files: Sequence[RdfFile], terms: Sequence[NamedNode | BlankNode]) -> tuple[str, int, int]:
    """Find where the first of ``terms`` that a file speaks of stands; a later file wins, being the user's."""
    for term in terms:
        file = next((f for f in reversed(files) if term.value in f.subjects), None)
        file = file or next((f for f in reversed(files) if term.value in f.mentions), None)
        if file is not None:
            return str(file.path), *(file.place_of(term) or (0, 0))
    return "", 0, 0
