"""Validation of data against shapes: which rule is broken, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.names import Names
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE, RDF_TYPE, XSD, NamedRef, Prefixes, Term, best_text
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.validation.altered import Altered
from cmgraph.validation.reference import reference
from cmgraph.validation.shacl_sparql import Breach, breaches
from cmgraph.validation.shapes import SH, Shapes, is_target, makes_shape, stored_shapes

ENGINES = ("fast", "reference")
SEVERITIES = ("violation", "warning", "info")


@dataclass(frozen=True, order=True)
class Finding:
    """A breach of a rule by one thing.

    :ivar severity: ``violation``, ``warning`` or ``info``; the IRI of a severity of the shape's own, shortened.
    :ivar rule: the rule's short id, for instance ``C1``; the place of a shape without an IRI.
    :ivar focus: the thing at fault.
    :ivar path: the property at fault, as a CURIE; may be empty.
    :ivar value: the value at fault, as text; may be empty.
    :ivar file: the file that describes the thing, with :attr:`line` and :attr:`column` counted from 1; empty and 0 if
        not known.
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
    """The findings of a validation, worst first, and the SHACL results behind them.

    :ivar notes: remarks for the user on how shapes were checked, a sentence each.
    :ivar details: the statements of the shapes' files about paths and shapes without an IRI in the results.
    """

    findings: tuple[Finding, ...]
    breaches: tuple[Breach, ...]
    notes: tuple[str, ...] = ()
    details: tuple[Triple, ...] = ()

    def failed(self, fail_on: str = "violation") -> bool:
        """Return whether any finding is as bad as ``fail_on`` or worse."""
        return any(rank(finding.severity) <= rank(fail_on) for finding in self.findings)

    @property
    def triples(self) -> Iterator[Triple]:
        """The report in the SHACL vocabulary."""
        report = BlankNode("cmgraph.report")
        conforms = Literal(str(not self.breaches).lower(), datatype=NamedNode(XSD + "boolean"))
        yield Triple(report, RDF_TYPE, NamedNode(SH + "ValidationReport"))
        yield Triple(report, NamedNode(SH + "conforms"), conforms)
        for number, breach in enumerate(self.breaches, 1):
            result = BlankNode(f"cmgraph.result{number}")
            terms: list[tuple[str, Term | None]] = [
                ("resultSeverity", breach.severity),
                ("sourceConstraintComponent", breach.component),
                ("sourceConstraint", breach.source),
                ("sourceShape", breach.shape),
                ("focusNode", breach.focus),
                ("resultPath", breach.path),
                ("value", breach.value),
                *(("resultMessage", text) for text in breach.messages),
            ]
            yield Triple(report, NamedNode(SH + "result"), result)
            yield Triple(result, RDF_TYPE, NamedNode(SH + "ValidationResult"))
            yield from (Triple(result, NamedNode(SH + name), term) for name, term in terms if term is not None)
        yield from self.details


def rank(severity: str) -> int:
    """Return the rank of a severity, 0 for the worst; one that SHACL does not define counts as a violation."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def validate(
    store: Store,
    rules: Sequence[RdfFile],
    prefixes: Prefixes,
    lang: str = "en",
    engine: str = "fast",
    files: Sequence[RdfFile] = (),
) -> Report:
    """Check what is in ``store`` against the shapes in ``rules``; nothing is inferred.

    :param engine: ``fast`` asks the store a query per constraint, and leaves shapes that queries cannot check to the
        other; ``reference`` runs pySHACL over a copy of it. Both give the same findings.
    :param files: the files from which the statements were read, if any; findings then have a place.
    :raises CmgraphError: if there are no shapes; a report that cannot fail means nothing.
    :raises CmgraphError: if a shape cannot be checked, by its name.
    """
    if engine not in ENGINES:
        raise CmgraphError(f"unknown validator '{engine}'", hint=f"Use {' or '.join(ENGINES)}.")
    beside = _beside(store, rules, files)
    shapes = Shapes([*rules, *beside], prefixes)
    if not shapes.nodes:
        hint = "Give some by --shapes FILE, or put them into ontology/shapes."
        raise CmgraphError("there are no shapes to check with", hint=hint)
    notes = [f"{file.path}: data, and its shapes count too: {', '.join(shapes.names(file))}" for file in beside]
    notes += [f"{path}: <{iri}> is imported and not read: give it by --shapes" for path, iri in shapes.imports]
    results: list[Breach] = []
    unchecked: Iterable[Term] = shapes.roots
    if engine == "fast":
        results, reasons = breaches(store, shapes, Altered.from_files(files))
        notes += [f"shape {shapes.name(shape)} is checked by pySHACL: {reason}" for shape, reason in reasons.items()]
        unchecked = reasons
    if roots := list(unchecked):
        stated = (triple for file in files for triple in file.triples)
        results += reference(stated if files else builtin.construct(store, "everything"), shapes, roots)
    ordered = sorted(results, key=lambda breach: tuple(map(str, breach)))
    details = (
        t
        for breach in ordered
        for node in (breach.shape, breach.path, breach.source)
        if node
        for t in shapes.about(node)
    )
    return Report(
        _findings(ordered, shapes, prefixes, Names(store, prefixes, lang), lang, files),
        tuple(ordered),
        tuple(notes),
        tuple(dict.fromkeys(details)),
    )


def _beside(store: Store, rules: Sequence[RdfFile], files: Sequence[RdfFile]) -> list[RdfFile]:
    """Return the files of the data that hold shapes too.

    :raises CmgraphError: if a store or endpoint holds shapes that ``rules`` do not.
    """
    _, stored = stored_shapes(store)
    if not stored:
        return []
    if files:
        rule_paths = {file.path.resolve() for file in rules}
        return [file for file in files if file.path.resolve() not in rule_paths and any(map(makes_shape, file.triples))]
    triples = [triple for file in rules for triple in file.triples]
    known = {t.subject for t in triples}
    unnamed = {(t.predicate, t.object) for t in triples if isinstance(t.subject, BlankNode)}
    unread = {str(s) for s, _, _ in stored if isinstance(s, NamedNode) and s not in known}
    unread |= {
        f"[{p} {o}]" for s, p, o in stored if isinstance(s, BlankNode) and is_target(p) and (p, o) not in unnamed
    }
    if unread:
        names = ", ".join(sorted(unread)[:5]) + (" …" if len(unread) > 5 else "")
        hint = "Shapes count in files: give the file they came from by --shapes."
        raise CmgraphError(f"there are shapes among the data that would not be applied: {names}", hint=hint)
    return []


def _findings(
    results: Sequence[Breach], shapes: Shapes, prefixes: Prefixes, names: Names, lang: str, files: Sequence[RdfFile]
) -> tuple[Finding, ...]:
    """Turn breaches into findings, worst first."""
    ends = {term.value for b in results for term in (b.focus, b.value) if isinstance(term, NamedNode)}
    labels = names.labels(ends)

    def shown(term: Term | None) -> str:
        return "" if term is None else labels.get(term.value, term.value)

    findings = []
    for breach in results:
        focus, value = breach.focus, breach.value
        if focus.value == BASE + "ontology" and value is not None:
            focus, value = value, None
        file, line, column = _place(
            files, [term for term in (focus, value) if isinstance(term, (NamedNode, BlankNode))]
        )
        texts: dict[str, list[str]] = {}
        for text in breach.messages:
            texts.setdefault(text.language or "", []).append(text.value)
        severity = breach.severity.value.removeprefix(SH).lower()
        findings.append(
            Finding(
                severity=severity if severity in SEVERITIES else prefixes.shorten(breach.severity.value),
                rule=shapes.name(breach.shape),
                message=best_text({tag: " / ".join(some) for tag, some in texts.items()}, lang),
                focus=NamedRef(focus.value, shown(focus)),
                path=prefixes.shorten(breach.path.value) if isinstance(breach.path, NamedNode) else "",
                value=shown(value),
                file=file,
                line=line,
                column=column,
            )
        )
    findings.sort(key=lambda f: (rank(f.severity), f.rule, f.focus.iri, f.path, f.value, f.message))
    return tuple(dict.fromkeys(findings))


def _place(files: Sequence[RdfFile], terms: Sequence[NamedNode | BlankNode]) -> tuple[str, int, int]:
    """Find the place of the first of ``terms`` that is in a file; a later file wins, being the user's."""
    for term in terms:
        file = next((f for f in reversed(files) if term.value in f.subjects), None)
        file = file or next((f for f in reversed(files) if term.value in f.mentions), None)
        if file is not None:
            return str(file.path), *(file.place_of(term) or (0, 0))
    return "", 0, 0
