"""Files of an earlier release, told of and rewritten."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse, serialize

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.migration import migrate
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM
from cmgraph.store.local import LocalStore
from cmgraph.validation.validate import validate
from conftest import ROOT, Run

EXPORTS = ROOT / "tests/fixtures/migration"
PREFIXES = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix mine: <https://example.org/mine/> .
@prefix roster: <https://w3id.org/cmgraph/vocab/roster/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
OLD = PREFIXES + (
    'agent:one a cm:Forum ; cm:foundedOn "2020"^^xsd:gYear ; cm:hasRoster roster:complete ; mine:note "asOf"@en .\n'
)
LOSSY = '{"@context": {"cm": "https://w3id.org/cmgraph/def#"}, "@id": "urn:x", "@type": "cm:Talks", "note": "n"}'
FORMS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}


def quads(path: Path) -> set[Quad]:
    return set(parse(path=path, format=FORMS[path.suffix[1:]]))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Return what release 0.1 published of one page, with the terms it published along."""
    path = tmp_path / "export.trig"
    path.write_bytes(gzip.decompress((EXPORTS / "0.1.trig.gz").read_bytes()))
    return path


def test_an_export_of_the_first_release_becomes_that_of_the_second(export: Path) -> None:
    done = migrate(export)
    expected = set(parse(gzip.decompress((EXPORTS / "0.2.nq.gz").read_bytes()), format=RdfFormat.N_QUADS))
    assert quads(export) == expected
    assert done.rewritten > 200 and done.renamed[CM + "Dating"] == CM + "DatedAct"
    assert done.left_out > 700


def test_an_export_of_the_first_release_is_valid_once_migrated_and_not_before(
    export: Path, bundled_graph: Graph
) -> None:
    def findings() -> set[str]:
        read = [*map(RdfFile.read, bundled_graph.ontology.term_files), RdfFile.read(export)]
        store = LocalStore(triple for file in read for triple in file.triples)
        report = validate(store, bundled_graph.ontology.shapes, bundled_graph.prefixes, files=read)
        return {finding.rule for finding in report.findings}

    assert "D4" in findings()
    migrate(export)
    assert findings() == {"C17", "C19"}, "how near a source stands, and whether it has a date, is for people to say"


@pytest.mark.parametrize("ending", FORMS)
def test_a_file_keeps_its_format(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"mine.{ending}"
    path.write_bytes(serialize(parse(OLD, format=RdfFormat.TURTLE), format=FORMS[ending]) or b"")
    before = len(quads(path))
    assert migrate(path).rewritten == 2
    said = {(quad.predicate.value.removeprefix(CM), quad.object.value.rpartition("/vocab/")[2]) for quad in quads(path)}
    assert {("foundingDate", "2020"), ("hasMembershipCoverage", "membership-coverage/complete")} <= said
    assert {quad.object.value for quad in quads(path) if quad.predicate.value.endswith("mine/note")} == {"asOf"}
    assert len(quads(path)) == before


def test_named_graphs_and_the_file_s_own_prefixes_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.trig"
    path.write_text(PREFIXES + 'mine:graph { agent:one cm:asOf "2020" } agent:one mine:note "x", "y" .', "utf-8")
    migrate(path)
    graphs = {quad.graph_name for quad in quads(path) if quad.predicate == NamedNode(CM + "asOfDate")}
    assert graphs == {NamedNode("https://example.org/mine/graph")}
    assert "mine:note" in path.read_text("utf-8") and "@prefix roster" not in path.read_text("utf-8")


def test_a_file_without_earlier_terms_stays_to_the_byte(tmp_path: Path) -> None:
    path, copy = tmp_path / "mine.ttl", tmp_path / "copy.ttl"
    text = PREFIXES + "# a note to myself\nagent:one   a cm:Forum .\n"
    path.write_text(text, "utf-8")
    assert migrate(path).renamed == migrate(path, copy).renamed == {}
    assert path.read_text("utf-8") == copy.read_text("utf-8") == text


def test_what_is_written_elsewhere_leaves_the_file(tmp_path: Path) -> None:
    path, new = tmp_path / "mine.ttl.gz", tmp_path / "new.nt"
    path.write_bytes(gzip.compress(OLD.encode()))
    with pytest.raises(CmgraphError, match="compressed"):
        migrate(path)
    migrate(path, new)
    assert gzip.decompress(path.read_bytes()).decode() == OLD
    assert CM + "foundingDate" in new.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("broken.ttl", PREFIXES + "agent:one a\n.", "broken.ttl:7:1"),
        ("term.ttl", PREFIXES + "agent:one mine:says <<( agent:one a cm:Talks )>> .", "cm:Talks"),
        ("lossy.jsonld", LOSSY, "note"),
    ],
)
def test_what_cannot_be_rewritten_without_loss_is_refused_and_stays(
    name: str, text: str, says: str, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    done = run("migrate", str(path))
    assert done.returncode == 2 and says in done.stderr
    assert path.read_text("utf-8") == text


def test_named_graphs_are_not_written_into_a_format_without_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.trig"
    path.write_text(PREFIXES + "mine:graph { agent:one a cm:Talks }", "utf-8")
    with pytest.raises(CmgraphError, match="does not support named graphs"):
        migrate(path, tmp_path / "mine.ttl")


@pytest.mark.gate
def test_the_command_tells_what_it_did_file_by_file(tmp_path: Path, run: Run) -> None:
    old, new = tmp_path / "old.ttl", tmp_path / "new.ttl"
    old.write_text(OLD, "utf-8")
    new.write_text(PREFIXES + "agent:one a cm:Forum .", "utf-8")
    found = run("validate", str(old)).stdout
    assert f"{old}:6:1" in found
    assert "cm:foundedOn is cm:foundingDate since version 0.2.0" in found and "cmgraph migrate" in found
    done = run("migrate", str(old), str(new))
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"{old}: 2 statements rewritten, comments and layout not kept",
        f"{new}: no term of an earlier release",
    ]
    assert run("migrate", str(old), str(new), "-o", "x.ttl").returncode == 2
