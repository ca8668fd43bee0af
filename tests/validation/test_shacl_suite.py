"""Both validators give the report that the W3C's SHACL test suite expects, test by test."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse

from cmgraph.errors import CmgraphError
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import Prefixes, Term
from cmgraph.store.local import LocalStore
from cmgraph.validation.shapes import SH
from cmgraph.validation.validate import ENGINES, validate
from conftest import ROOT

SUITE = ROOT / "tests/fixtures/shacl-suite.tar.gz"
BASE = "https://w3c.test/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
KNOWN = {
    "core/property/uniqueLang-002": 'sh:uniqueLang "1"^^xsd:boolean is taken for true, as pySHACL does',
    "sparql/pre-binding/shapesGraph-001": "$shapesGraph is optional in SHACL, and refused by name here",
}


def contents() -> dict[str, bytes]:
    """Return the files of the suite."""
    with tarfile.open(SUITE) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member)) is not None}


def names() -> list[str]:
    """Return the names of the tests."""
    return sorted(
        name.removeprefix("tests/").removesuffix(".ttl") for name, text in contents().items() if b"sht:Validate" in text
    )


TESTS = names()
Suite = Callable[[str], RdfFile]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Return what reads a file of the suite by its name."""
    folder = tmp_path_factory.mktemp("suite")
    for name, text in contents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)

    @cache
    def read(name: str) -> RdfFile:
        path = folder / "tests" / name
        quads = parse(path.read_bytes(), RdfFormat.TURTLE, base_iri=BASE + name)
        return RdfFile(path, tuple(quad.triple for quad in quads))

    return read


class Says:
    """What a file says, by subject and property."""

    def __init__(self, file: RdfFile) -> None:
        self.triples = file.triples

    def all(self, subject: Term, iri: str) -> list[Term]:
        return [t.object for t in self.triples if t.subject == subject and t.predicate.value == iri]  # type: ignore[misc]

    def one(self, subject: Term, iri: str) -> Term | None:
        return next(iter(self.all(subject, iri)), None)

    def path(self, step: Term | None) -> str:
        """Write a path; one without a name is what is said of it, and a list is a list whatever else is said."""
        if not isinstance(step, BlankNode):
            return str(step)
        values = {t.predicate.value: self.path(t.object) for t in self.triples if t.subject == step}  # type: ignore[arg-type]
        return str({iri: values[iri] for iri in sorted(values) if iri.startswith(RDF) or RDF + "first" not in values})

    def result(self, node: Term) -> tuple[str, ...]:
        """Write what is said of one result; shapes and constraints without a name are all alike."""
        terms = [self.one(node, SH + name) for name in ("sourceShape", "sourceConstraint")]
        sources = ["anonymous" if isinstance(term, BlankNode) else str(term) for term in terms]
        return (
            *(str(self.one(node, SH + name)) for name in RESULT),
            self.path(self.one(node, SH + "resultPath")),
            *sources,
        )


RESULT = ("focusNode", "value", "resultSeverity", "sourceConstraintComponent")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def expected(file: RdfFile) -> Counter[tuple[str, ...]] | None:
    """Return the results that a test expects; None if it expects a refusal."""
    says = Says(file)
    (test,) = (t.subject for t in file.triples if t.object == NamedNode(SHT + "Validate"))
    report = says.one(test, MF + "result")  # type: ignore[arg-type]
    if report == NamedNode(SHT + "Failure"):
        return None
    assert report is not None
    return Counter(map(says.result, says.all(report, SH + "result")))


def found(suite: Suite, name: str, engine: str) -> tuple[Counter[tuple[str, ...]] | None, Says]:
    """Return the results that a validator has; None if it refuses."""
    file = suite(f"{name}.ttl")
    says = Says(file)
    (action,) = (t.object for t in file.triples if t.predicate.value == MF + "action")
    data, shapes = (
        suite(graph.value.removeprefix(BASE))
        for kind in ("dataGraph", "shapesGraph")
        if (graph := says.one(action, SHT + kind)) is not None  # type: ignore[arg-type]
    )
    try:
        report = validate(LocalStore(data.triples), [shapes], Prefixes(), engine=engine, files=[data])
    except CmgraphError:
        return None, says
    written = Says(RdfFile(Path("report"), tuple(report.triples)))
    results = [t.object for t in written.triples if t.predicate.value == SH + "result"]
    return Counter(map(written.result, results)), written  # type: ignore[arg-type]


def test_the_suite_is_whole() -> None:
    assert len(TESTS) == 121


@pytest.mark.gate
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(reason=KNOWN[name], strict=True) if name in KNOWN else ())
        for name in TESTS
    ],
)
def test_the_report_is_the_one_expected(suite: Suite, name: str, engine: str) -> None:
    assert found(suite, name, engine)[0] == expected(suite(f"{name}.ttl"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_is_handed_on(suite: Suite, engine: str) -> None:
    _, report = found(suite, "core/misc/message-001", engine)
    assert [str(t.object) for t in report.triples if t.predicate.value == SH + "resultMessage"] == ['"Test message"@en']
