"""Shapes over data: what breaks which rule, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, Quad, Store

from cmgraph.errors import CmgraphError
from cmgraph.files import RdfFile
from cmgraph.terms import BASE, SKOS, Prefixes, Thing, pick, rdflib_graph, text_of

if TYPE_CHECKING:
    import rdflib

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
    :ivar file: file in which the thing stands, with :attr:`line` counted from 1; empty and 0 if not known.
    """

    severity: str
    rule: str
    message: str
    focus: Thing
    path: str
    value: str
    file: str
    line: int


@dataclass(frozen=True)
class Report:
    """What validation found, worst first, and the SHACL report graph it was read from."""

    findings: tuple[Finding, ...]
    rdf: rdflib.Graph

    def failed(self, fail_on: str = "violation") -> bool:
        """Say whether anything is as bad as ``fail_on`` or worse."""
        bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return any(finding.severity in bad for finding in self.findings)


def shapes(root: Path) -> list[RdfFile]:
    """Read the shapes below ``root``, with the prefixes their SPARQL uses."""
    paths = sorted((root / "ontology/shapes").glob("*.ttl"))
    return [RdfFile.read(path) for path in [root / "ontology/prefixes.ttl", *paths] if path.is_file()]


def validate(
    files: Sequence[RdfFile], shape_files: Sequence[RdfFile], prefixes: Prefixes, lang: str = "en", engine: str = "fast"
) -> Report:
    """Check ``files`` together against ``shape_files``, as they stand: nothing is inferred.

    :param engine: ``fast`` for pyshacl-turbo, ``reference`` for pySHACL; both give the same findings.
    :raises CmgraphError: if there is nothing to check with; a report that cannot fail would say nothing.
    """
    import rdflib
    from rdflib.namespace import SH

    if not any(shape.triples for shape in shape_files):
        raise CmgraphError("there are no shapes to check with", hint="Look for *.ttl files in ontology/shapes.")
    rules = _graph(shape_files)
    report = _run(engine, files, rules)
    if not isinstance(report, rdflib.Graph):
        raise CmgraphError(f"validation could not run: {report}")

    rows = []
    for result in report.subjects(rdflib.RDF.type, SH.ValidationResult):
        focus, value = report.value(result, SH.focusNode), report.value(result, SH.value)
        if str(focus) == BASE + "ontology" and value is not None:
            focus, value = value, None
        shape = str(report.value(result, SH.sourceShape))
        if not shape.startswith(_SHAPE):
            raise CmgraphError(f"a shape without an id: {shape}", hint="Give every shape an IRI in shape:.")
        said = rules.objects(rdflib.URIRef(shape), SH.message)
        messages = {m.language or "": str(m) for m in said if isinstance(m, rdflib.Literal)}
        rows.append((result, focus, value, shape, messages))
    labels = _labels(files)

    def shown(term: rdflib.term.Node | None) -> str:
        if not isinstance(term, rdflib.URIRef):
            return "" if term is None else str(term)
        return pick(labels.get(str(term), {}), lang) or prefixes.shorten(str(term))

    findings = []
    for result, focus, value, shape, messages in rows:
        path = report.value(result, SH.resultPath)
        file, line = _place(files, [str(term) for term in (focus, value) if isinstance(term, rdflib.URIRef)])
        findings.append(
            Finding(
                severity=str(report.value(result, SH.resultSeverity)).rpartition("#")[2].lower(),
                rule=shape.removeprefix(_SHAPE),
                message=pick(messages, lang),
                focus=Thing(str(focus), shown(focus)),
                path=prefixes.shorten(str(path)) if isinstance(path, rdflib.URIRef) else "",
                value=shown(value),
                file=file,
                line=line,
            )
        )
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    findings.sort(key=lambda f: (order.get(f.severity, len(order)), f.rule, f.focus.iri, f.path, f.value))
    return Report(tuple(findings), report)


def _run(engine: str, files: Iterable[RdfFile], rules: rdflib.Graph) -> Any:
    if engine == "fast":
        import pyshacl_turbo

        store = Store()
        store.bulk_extend(Quad(*triple) for file in files for triple in file.triples)
        return pyshacl_turbo.validate(store, shacl_graph=rules)[1]
    if engine == "reference":
        import pyshacl

        return pyshacl.validate(_graph(files), shacl_graph=rules, inplace=True)[1]
    raise CmgraphError(f"no validator is called '{engine}'", hint=f"Use {' or '.join(ENGINES)}.")


def _graph(files: Iterable[RdfFile]) -> rdflib.Graph:
    return rdflib_graph(triple for file in files for triple in file.triples)


def _labels(files: Iterable[RdfFile]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for file in files:
        for triple in file.triples:
            if triple.predicate.value == SKOS + "prefLabel" and isinstance(triple.object, Literal):
                labels.setdefault(text_of(triple.subject), {})[triple.object.language or ""] = triple.object.value
    return labels


def _place(files: Sequence[RdfFile], iris: Sequence[str]) -> tuple[str, int]:
    """Find where the first of ``iris`` that a file speaks of stands; a later file wins, being the user's."""
    for iri in iris:
        for file in reversed(files):
            if iri in file.subjects and (line := file.line_of(iri)):
                return str(file.path), line
        for file in reversed(files):
            if iri in file.mentions:
                return str(file.path), file.line_of(iri) or 0
    return "", 0
