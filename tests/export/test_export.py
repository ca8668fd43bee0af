"""The export: whole, cited, byte-stable, and read by others as the same graph."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import networkx as nx
import openpyxl
import pyoxigraph as ox
import pytest
import rdflib
from pyoxigraph import Literal

import cmgraph
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.export.dataset import describe
from cmgraph.export.export import Options, check_export, export, pack, single
from cmgraph.export.publication import Publication
from cmgraph.graph import Graph
from conftest import ROOT, Run

CM = "https://w3id.org/cmgraph/def#"
ID = "https://w3id.org/cmgraph/id/"


@pytest.fixture(scope="module")
def untrusted_graph(untrusted_folder: Path) -> Graph:
    """Return the graph of ``untrusted_folder``, 6,200 statements, to be exported many times."""
    return cmgraph.load(untrusted_folder)


def stated(graph: Graph) -> set[str]:
    """Return every statement as files spell it, in N-Triples."""
    return {str(t) for file in graph.files for t in file.triples}


def cited(graph: Graph) -> set[tuple[str, str]]:
    """Return every pair of a thing or statement and a citation of it."""
    triples = (t for file in graph.files for t in file.triples if t.predicate.value == CM + "hasCitation")
    return {(t.subject.value, t.object.value) for t in triples}


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV table."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@pytest.mark.thorough
@pytest.mark.parametrize("ending", ["nt", "nq", "trig", "ttl", "rdf", "jsonld"])
def test_every_rdf_form_is_the_same_graph_to_two_readers(
    untrusted_graph: Graph, untrusted_export: Path, ending: str
) -> None:
    path = untrusted_export / f"cmgraph.{ending}"
    form = {"nq": "nquads", "trig": "trig", "jsonld": "json-ld", "rdf": "xml", "ttl": "turtle", "nt": "nt"}[ending]
    read = {str(quad.triple) for quad in ox.parse(path=path, format=ox.RdfFormat.from_extension(ending))}
    assert read == stated(untrusted_graph)
    other = rdflib.Dataset(default_union=True).parse(path, format=form)
    wanted = rdflib.Graph().parse(untrusted_export / "cmgraph.nt")
    assert set(other.triples((None, None, None))) == set(wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["nq", "trig"])
def test_a_statement_stands_in_the_graph_of_each_source_that_it_cites(
    untrusted_graph: Graph, untrusted_export: Path, ending: str
) -> None:
    quads = list(ox.parse(path=untrusted_export / f"cmgraph.{ending}", format=ox.RdfFormat.from_extension(ending)))
    of = {
        t.subject.value: t.object.value
        for f in untrusted_graph.files
        for t in f.triples
        if t.predicate.value.endswith("#citesSource")
    }
    wanted = {(thing, of[citation]) for thing, citation in cited(untrusted_graph)}
    named = {(q.subject.value, q.graph_name.value) for q in quads if isinstance(q.graph_name, ox.NamedNode)}
    assert named == wanted
    assert any(len({source for thing, source in wanted if thing == one}) > 1 for one, _ in wanted)


def test_spelling_of_numbers_is_kept(untrusted_graph: Graph, untrusted_export: Path) -> None:
    text = (untrusted_export / "cmgraph.nt").read_text(encoding="utf-8")
    assert all(str(t.object) in text for f in untrusted_graph.files for t in f.triples if isinstance(t.object, Literal))


@pytest.mark.parametrize("ending", ["nq", "trig", "ttl", "rdf", "jsonld"])
def test_every_citation_survives_in_rdf(untrusted_graph: Graph, untrusted_export: Path, ending: str) -> None:
    quads = ox.parse(path=untrusted_export / f"cmgraph.{ending}", format=ox.RdfFormat.from_extension(ending))
    assert {(q.subject.value, q.object.value) for q in quads if q.predicate.value == CM + "hasCitation"} == cited(
        untrusted_graph
    )


def test_every_citation_survives_in_tables_and_every_row_has_a_source(
    untrusted_graph: Graph, untrusted_export: Path
) -> None:
    seen: set[str] = set()
    for path in sorted((untrusted_export / "tables").glob("*.csv")):
        for row in rows(path):
            assert row["sources"] or path.stem == "names", f"{path.name}: {row}"
            seen |= set(row["citations"].split()) if path.stem != "sources" else set()
    assert {citation for _, citation in cited(untrusted_graph)} == seen


def test_every_citation_survives_in_the_workbook_and_no_cell_is_a_formula(
    untrusted_graph: Graph, untrusted_export: Path
) -> None:
    book = openpyxl.load_workbook(untrusted_export / "cmgraph.xlsx")
    assert {*(path.stem for path in (untrusted_export / "tables").glob("*.csv")), "citations"} == set(book.sheetnames)
    listed = {row[0].value: row[1].value for row in book["citations"].iter_rows(min_row=2)}
    assert set(listed.values()) >= {citation for _, citation in cited(untrusted_graph)}
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    named = {cell.value for row in book["names"].iter_rows() for cell in row}
    assert {"=1+1", "<script>alert(1)</script>", "ᐃᓄᒃᑎᑐᑦ"} <= named
    numbers: set[int] = set()
    for sheet in (sheet for sheet in book if sheet.title not in ("citations", "names")):
        for row in list(sheet.iter_rows(values_only=True))[1:]:
            numbers |= {int(n) for n in str(row[-1]).split(", ")}
    assert numbers <= set(listed)


def test_every_statement_and_citation_survives_in_parquet(untrusted_graph: Graph, untrusted_export: Path) -> None:
    import pyarrow.parquet as pq

    tables = {
        name: pq.read_table(untrusted_export / f"parquet/{name}.parquet").to_pylist()
        for name in ("edges", "values", "nodes")
    }
    edges = {(row["subject"], row["object"]) for row in tables["edges"] if row["property"] == CM + "hasCitation"}
    assert edges == cited(untrusted_graph)
    assert all(row["sources"] for row in tables["edges"] if row["subject"].startswith(ID + "rel/"))
    back = {
        str(ox.Triple(*(ox.NamedNode(row[part]) for part in ("subject", "property", "object"))))
        for row in tables["edges"]
    }
    for row in tables["values"]:
        kind = None if row["language"] else ox.NamedNode(row["datatype"])
        value = Literal(row["object"], language=row["language"] or None, datatype=kind)
        back.add(str(ox.Triple(ox.NamedNode(row["subject"]), ox.NamedNode(row["property"]), value)))
    assert back == stated(untrusted_graph)
    assert {row["name_en"] for row in tables["nodes"]} >= {"<script>alert(1)</script>", "Government of Canada"}


def test_every_edge_of_a_network_keeps_its_citations_in_every_form(untrusted_export: Path) -> None:
    read = {
        "gexf": nx.read_gexf(untrusted_export / "network/actors.gexf", version="1.3"),
        "graphml": nx.read_graphml(untrusted_export / "network/actors.graphml"),
        "cyjs": nx.cytoscape_graph(json.loads((untrusted_export / "network/actors.cyjs").read_text(encoding="utf-8"))),
    }
    wanted = {
        (row["source_iri"], row["target_iri"]): (row["citations"], row["sources"], row["via"])
        for row in rows(untrusted_export / "network/actors.csv")
    }
    assert wanted and all(citations for citations, *_ in wanted.values())
    for form, net in read.items():
        ties = {
            (min(a, b), max(a, b)): (data["citations"], data["sources"], data["via"])
            for a, b, data in net.edges(data=True)
        }
        assert ties == wanted, form


@pytest.mark.parametrize("name", ["org.ttl", "schema-org.ttl"])
def test_profiles_in_rdf_say_who_belongs_where_with_sources(untrusted_export: Path, name: str) -> None:
    graph = rdflib.Graph().parse(untrusted_export / "profiles" / name)
    org, schema = rdflib.Namespace("http://www.w3.org/ns/org#"), rdflib.Namespace("https://schema.org/")
    kind, sourced = (
        (org.Membership, rdflib.DCTERMS.source) if name == "org.ttl" else (schema.OrganizationRole, schema.citation)
    )
    memberships = set(graph.subjects(rdflib.RDF.type, kind))
    assert len(memberships) == sum(
        1
        for _ in rows(untrusted_export / "tables/relationships.csv")
        if _["kind"] == "membership" and _["property"] == "has member"
    )
    assert all((membership, sourced, None) in graph for membership in memberships)
    organizations = {org.Organization, schema.Organization, schema.GovernmentOrganization}
    people = rdflib.URIRef(ID + "agent/first-nations")
    assert (people, None, None) in graph
    for one in (people, rdflib.URIRef(ID + "agent/evil")):  # of the latter no kind is known
        assert not set(graph.objects(one, rdflib.RDF.type)) & organizations


def test_profiles_in_json_leave_nations_and_peoples_out(untrusted_export: Path) -> None:
    popolo = json.loads((untrusted_export / "profiles/popolo.json").read_text(encoding="utf-8"))
    names = {one["name"] for one in popolo["organizations"]}
    assert "Government of Canada" in names and "First Nations" not in names
    assert all(
        one["member"]["id"] and one["organization_id"] and one["sources"][0]["url"] for one in popolo["memberships"]
    )
    lines = (untrusted_export / "profiles/ftm.jsonl").read_text(encoding="utf-8").splitlines()
    entities = {entity["id"]: entity for entity in map(json.loads, lines)}
    assert entities[ID + "agent/government-of-canada"]["schema"] == "PublicBody"
    assert not {ID + "agent/first-nations", ID + "agent/evil"} & entities.keys()  # of the one no kind is known
    memberships = [entity["properties"] for entity in entities.values() if entity["schema"] == "Membership"]
    assert memberships and all(
        membership["sourceUrl"] and membership["member"][0] in entities for membership in memberships
    )


@pytest.mark.gate
def test_ownership_is_told_in_statements_that_keep_their_citations(bundled_graph: Graph, tmp_path: Path) -> None:
    single(bundled_graph, "", tmp_path / "bods.json", profile="bods")
    statements = json.loads((tmp_path / "bods.json").read_text(encoding="utf-8"))
    records = {one["recordId"]: one for one in statements}
    assert len(records) == len({one["statementId"] for one in statements}) == len(statements)
    for one in statements:
        assert one["recordType"] in ("entity", "relationship") and 32 <= len(one["statementId"]) <= 64
        assert dt.date.fromisoformat(one["statementDate"]) and one["source"]["description"]
        assert records[one["declarationSubject"]]["recordType"] == "entity" and not one["recordDetails"]["isComponent"]
    cited = defaultdict(set)
    for triple in bundled_graph.asserted:
        if triple.predicate.value.endswith("#hasCitation"):
            cited[triple.subject.value].add(triple.object.value)
    holdings = [one for one in statements if one["recordType"] == "relationship"]
    assert len(holdings) > 40
    for one in holdings:
        details = one["recordDetails"]
        assert {records[details[party]]["recordType"] for party in ("subject", "interestedParty")} == {"entity"}
        assert 1 + len(one.get("annotations", [])) == len(cited[one["recordId"].partition("#")[0]]), one["recordId"]
        (interest,) = details["interests"]
        assert all(len(interest[day]) == 10 for day in ("startDate", "endDate") if day in interest)
    shares = {one["recordId"].partition("/rel/ownership-")[2]: one["recordDetails"]["interests"][0] for one in holdings}
    (joint,) = (interest for name, interest in shares.items() if name.endswith("#china-steel-corporation"))
    assert joint["share"] == {"maximum": 11.05} and "together with others" in joint["details"]
    assert not any("kami-iron-mine" in name for name in shares)  # agreed, not seen to be held


@pytest.mark.thorough
def test_an_export_under_another_hash_seed_is_the_same_bytes(
    untrusted_export: Path, untrusted_folder: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-c",
        "from cmgraph.cli.main import main; main()",
        "--quiet",
        "--data",
        str(untrusted_folder),
    ]
    command += ["export", str(tmp_path / "again")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "1"})
    first, again = (
        {p.relative_to(top): p for top in [top] for p in top.rglob("*") if p.is_file()}
        for top in (untrusted_export, tmp_path / "again")
    )
    assert first.keys() == again.keys() and len(first) > 1500
    assert [name for name, path in first.items() if path.read_bytes() != again[name].read_bytes()] == []


@pytest.mark.gate
def test_check_tells_whether_a_folder_still_equals_the_graph(
    untrusted_graph: Graph, untrusted_folder: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    some = ["cmgraph.nt", "tables", "ontology", "profiles"]
    part = Options(only=some, base="https://example.org/cm/", exclude=["Agreement"], language="fr")
    export(untrusted_graph, out, part)
    assert check_export(untrusted_graph, out) == []
    text = (out / "tables/agents.csv").read_text(encoding="utf-8")
    (out / "tables/agents.csv").write_text(text + "\n", encoding="utf-8")
    (out / "profiles/org.ttl").unlink()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    done = run("export", str(out), "--check", "--data", str(untrusted_folder))
    assert (done.returncode, done.stdout.split()) == (
        1,
        ["mine.txt", "profiles/org.ttl", "tables/agents.csv"],
    )
    with pytest.raises(CmgraphError, match="this folder is not an export"):
        check_export(untrusted_graph, tmp_path)


def test_checksums_are_those_of_the_files_and_dcat_says_the_same(untrusted_export: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=untrusted_export, check=False, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, b"")
    sums = dict(reversed(line.split("  ", 1)) for line in (untrusted_export / "SHA256SUMS").read_text().splitlines())
    dcat = rdflib.Graph().parse(untrusted_export / "dcat.ttl")
    rows = dcat.query(
        "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX spdx: <http://spdx.org/rdf/terms#>"
        "SELECT ?url ?sum ?size"
        "{ ?file dcat:downloadURL ?url ; dcat:byteSize ?size ; spdx:checksum/spdx:checksumValue ?sum }"
    )
    listed = {str(url).removeprefix("https://w3id.org/cmgraph/"): (str(value), int(size)) for url, value, size in rows}  # type: ignore[misc]
    assert {"cmgraph.nt", "cmgraph.xlsx", "tables/agents.csv", "network/actors.gexf"} <= listed.keys()
    assert all(
        sums[path] == value and (untrusted_export / path).stat().st_size == size
        for path, (value, size) in listed.items()
    )


def test_descriptions_say_what_catalogues_ask_for(untrusted_graph: Graph, untrusted_export: Path) -> None:
    void = rdflib.Graph().parse(untrusted_export / "void.ttl")
    space = rdflib.Namespace("http://rdfs.org/ns/void#")
    dataset = rdflib.URIRef("https://w3id.org/cmgraph/dataset/0.2.0")
    number = {
        str(void.value(part, space["class"])): void.value(part, space.entities)
        for part in void.objects(dataset, space.classPartition)
    }
    assert int(number[CM + "Citation"]) == sum(
        t.predicate.value.endswith("#type") and t.object == ox.NamedNode(CM + "Citation")
        for f in untrusted_graph.files
        for t in f.triples
    )
    assert (untrusted_export / ".well-known/void").read_bytes() == (untrusted_export / "void.ttl").read_bytes()
    record = json.loads((untrusted_export / "open-canada.json").read_text(encoding="utf-8"))
    for name in ("title_translated", "notes_translated", "keywords"):
        assert record[name]["en"] and record[name]["fr-t-en"]
    assert {
        "collection",
        "subject",
        "frequency",
        "jurisdiction",
        "license_id",
        "restrictions",
        "date_published",
    } <= record.keys()
    assert record["owner_org"] is None  # not known here, and not made up
    described = json.loads((untrusted_export / "dataset.jsonld").read_text(encoding="utf-8"))
    assert described["@type"] == "Dataset" and described["name"] and described["description"] and described["license"]
    package = json.loads((untrusted_export / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        with (untrusted_export / resource["path"]).open(encoding="utf-8", newline="") as lines:
            assert next(csv.reader(lines)) == [field["name"] for field in resource["schema"]["fields"]]


def test_a_service_is_described_where_there_is_one(
    untrusted_folder: Path, untrusted_export: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(untrusted_folder, folder)
    with (folder / "data/dataset.yaml").open("a", encoding="utf-8") as file:
        file.write("endpoint: https://example.org/sparql\n")
    publication = Publication(cmgraph.load(folder))
    (tmp_path / "out").mkdir()
    describe(publication, tmp_path / "out")
    service = rdflib.URIRef("http://www.w3.org/ns/sparql-service-description#Service")
    with_one, without = (rdflib.Graph().parse(top / "dcat.ttl") for top in (tmp_path / "out", untrusted_export))
    (service_node,) = with_one.subjects(rdflib.RDF.type, service)
    assert (service_node, rdflib.DCAT.endpointURL, rdflib.URIRef("https://example.org/sparql")) in with_one
    assert not list(without.subjects(rdflib.RDF.type, service))


@pytest.mark.gate
def test_an_export_warns_while_there_is_no_contact_and_check_asks_for_one(
    untrusted_folder: Path, tmp_path: Path, run: Run
) -> None:
    warning = "the publication names no contact for corrections: set contact in data/dataset.yaml"
    folder = tmp_path / "graph"
    shutil.copytree(untrusted_folder, folder)
    done = run("export", str(tmp_path / "without"), "--only", "site", "--data", str(folder))
    assert (done.returncode, done.stderr.count(warning)) == (0, 1) and warning not in done.stdout
    done = run("export", str(tmp_path / "without"), "--check", "--data", str(folder))
    assert (done.returncode, done.stdout) == (1, warning + "\n")
    about = folder / "data/dataset.yaml"
    text = about.read_text(encoding="utf-8")
    about.write_text(text.replace("contact: null", "contact: corrections@example.org"), encoding="utf-8")
    done = run("export", str(tmp_path / "with"), "--only", "site", "--data", str(folder))
    assert done.returncode == 0 and "contact" not in done.stderr
    for page in ("index.html", "index.fr.html"):
        assert "corrections@example.org" not in (tmp_path / "without" / page).read_text(encoding="utf-8")
        assert "corrections@example.org" in (tmp_path / "with" / page).read_text(encoding="utf-8")
    page = (tmp_path / "with/id/agent/evil.fr.html").read_text(encoding="utf-8")
    (address,) = re.findall(r'<a href="(mailto:[^"]*)">Corriger cette page</a>', page)
    asked = unquote(address)
    assert asked.startswith("mailto:corrections@example.org?subject=<script>alert(1)</script> (")
    assert asked.endswith("<https://w3id.org/cmgraph/id/agent/evil.fr.html>") and '"' not in address


def test_an_interrupted_export_leaves_the_old_folder_and_nothing_beside_it(
    untrusted_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(cmgraph.load(untrusted_folder), out, Options(only=["cmgraph.nt"]))
    before = {path: path.read_bytes() for path in out.iterdir()}
    command = [
        sys.executable,
        "-c",
        "from cmgraph.cli.main import main; main()",
        "--data",
        str(untrusted_folder),
        "export",
        "--force",
        str(out),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while not list(tmp_path.glob(".cmgraph-*/new/cmgraph.trig")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.gate
def test_another_base_and_address_stand_everywhere(untrusted_graph: Graph, tmp_path: Path) -> None:
    options = Options(base="https://example.org/cm/", site="https://files.example.org/cm/", language="en")
    out = tmp_path / "out"
    for path in export(untrusted_graph, out, options):
        if path.suffix not in (".xlsx", ".parquet"):
            assert "https://w3id.org/cmgraph/" not in path.read_text(encoding="utf-8"), path
    book = openpyxl.load_workbook(out / "cmgraph.xlsx")
    assert book["agents"]["B2"].value.startswith("https://example.org/cm/id/agent/")
    assert "https://files.example.org/cm/cmgraph.nt" in (out / "dcat.ttl").read_text(encoding="utf-8")
    import pyarrow.parquet as pq

    edges = pq.read_table(out / "parquet/edges.parquet").to_pylist()
    related = [row for row in edges if row["subject"].startswith("https://example.org/cm/id/rel/")]
    assert related and all(row["sources"][0].startswith("https://example.org/cm/id/source/") for row in related)
    store = ox.Store()
    store.load(path=out / "cmgraph.nt")
    store.load(path=out / "derived.nt")
    answer = store.query((out / "queries/partners.rq").read_text(encoding="utf-8"))
    pairs = {(row["partner"].value, row["via"].value) for row in answer}
    wanted = {(row[0].iri, row[1].iri) for row in untrusted_graph.query("partners")}
    assert {
        tuple(iri.replace("https://example.org/cm/", "https://w3id.org/cmgraph/") for iri in pair) for pair in pairs
    } == wanted
    with pytest.raises(CmgraphError, match="not an address"):
        export(untrusted_graph, tmp_path / "bad", Options(base="https://example.org/<script>/"))


def text_of(graph: Graph, tmp_path: Path, **options: object) -> str:
    """Return the N-Triples of a part of the graph."""
    path = tmp_path / "part.nt"
    single(graph, "nt", path, Options(**options))  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


def test_a_part_is_what_was_asked_for_and_points_at_nothing_it_lacks(untrusted_graph: Graph, tmp_path: Path) -> None:
    whole = text_of(untrusted_graph, tmp_path)
    parts = {
        "source": text_of(untrusted_graph, tmp_path, sources=["</script><script>alert(1)</script>"]),
        "include": text_of(untrusted_graph, tmp_path, include=["Membership"]),
        "exclude": text_of(untrusted_graph, tmp_path, exclude=["Agreement", "group of agents"]),
        "day": text_of(untrusted_graph.with_as_of(dt.date(2029, 12, 31)), tmp_path),
        "fr": text_of(untrusted_graph, tmp_path, language="fr"),
    }
    for name, part in parts.items():
        lines = set(part.splitlines())
        assert lines < set(whole.splitlines()), name
        subjects = {line.split(" ")[0] for line in lines}
        objects = {line.split(" ")[2] for line in lines if f" <{ID}" in line}
        assert objects <= subjects, name
        citing = {line.split(" ")[0] for line in lines if "#hasCitation>" in line}
        assert {s for s in subjects if s.startswith((f"<{ID}rel/", f"<{ID}agent/", f"<{ID}obs/"))} <= citing, name
    assert "agent/evil>" in parts["source"] and "rel/scope" not in parts["source"]
    assert (
        "def#Membership> ." in parts["include"]
        and "type> <https://w3id.org/cmgraph/def#Participation>" not in parts["include"]
    )
    assert "arrangement/late>" not in parts["exclude"] and "late-canada" not in parts["exclude"]
    assert "arrangement/late>" not in parts["day"] and "late-canada" not in parts["day"]
    assert "gouvernement du Canada" in parts["fr"] and '"Government of Canada"@en' not in parts["fr"]
    assert '"ᐃᓄᒃᑎᑐᑦ"@iu' in parts["fr"]
    with pytest.raises(UnknownName, match="unknown kind 'Agreemnt'"):
        text_of(untrusted_graph, tmp_path, include=["Agreemnt"])


def test_one_file_goes_to_a_file_or_to_stdout(untrusted_folder: Path, tmp_path: Path, run: Run) -> None:
    done = run("--data", str(untrusted_folder), "export", "-f", "ttl", "-o", "-")
    assert done.returncode == 0 and "cm:hasParty agent:evil" in done.stdout
    run("--data", str(untrusted_folder), "export", "--profile", "org", "-o", str(tmp_path / "org.ttl"))
    assert "org:Membership" in (tmp_path / "org.ttl").read_text(encoding="utf-8")
    done = run("--data", str(untrusted_folder), "export", "-f", "xml", "-o", "-")
    assert (done.returncode, done.stdout) == (2, "") and "unknown format 'xml'" in done.stderr
    assert "say where to write the one file" in run("export", "-f", "nt").stderr
    assert "say where to write" in run("export").stderr


def test_a_zip_holds_the_same_files_and_is_the_same_bytes(untrusted_graph: Graph, tmp_path: Path) -> None:
    options = Options(only=["cmgraph.nt", "tables"])
    names = pack(untrusted_graph, tmp_path / "a.zip", options)
    pack(untrusted_graph, tmp_path / "b/a.zip", options)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b/a.zip").read_bytes()
    export(untrusted_graph, tmp_path / "out", options)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == names and "a/cmgraph.nt" in names
        for name in names:
            assert archive.read(name) == (tmp_path / "out" / name.removeprefix("a/")).read_bytes()


def test_lines_of_a_large_graph_are_sorted_in_parts_and_each_is_there_once(
    untrusted_graph: Graph, untrusted_export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmgraph.export.rdf.CHUNK", 500)
    monkeypatch.setattr("cmgraph.export.rdf.PARTS", 3)
    export(untrusted_graph, tmp_path / "some", Options(only=["cmgraph.nt", "cmgraph.nq"]))
    for name in ("cmgraph.nt", "cmgraph.nq"):
        assert (tmp_path / "some" / name).read_bytes() == (untrusted_export / name).read_bytes()
    with pytest.raises(CmgraphError, match=r"unknown part of an export: 'cmgraph\.xls'"):
        export(untrusted_graph, tmp_path / "other", Options(only=["cmgraph.xls"]))


@pytest.mark.gate
def test_the_context_is_kept_with_the_ontology_and_knows_every_property(
    untrusted_graph: Graph, untrusted_export: Path
) -> None:
    context = json.loads((untrusted_export / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    assert context["hasParty"] == {"@id": "cm:hasParty", "@type": "@id"}
    assert context["prefLabel"]["@container"] == "@language"
    known = {term["@id"] for term in context.values() if isinstance(term, dict)}
    bundled = cmgraph.load()
    used = {untrusted_graph.prefixes.shorten(t.predicate.value) for t in bundled.asserted} - {"rdf:type"}
    assert used <= known, "add to ontology/context.jsonld"


def test_json_ld_is_read_by_a_third_reader(untrusted_export: Path) -> None:
    from pyld import jsonld

    def offline(*_: object) -> dict[str, object]:
        raise AssertionError("nothing may be fetched")

    document = json.loads((untrusted_export / "id/agent/government-of-canada.jsonld").read_text(encoding="utf-8"))
    quads = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": offline})
    lines = {line for line in str(quads).splitlines() if line}
    turtle = ox.parse(path=untrusted_export / "id/agent/government-of-canada.ttl", format=ox.RdfFormat.TURTLE)
    assert {str(quad) for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.N_QUADS)} == {
        str(quad) for quad in turtle
    }


def test_a_full_folder_is_replaced_only_on_request(untrusted_graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(CmgraphError, match="not empty"):
        export(untrusted_graph, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_failed_export_leaves_the_old_folder_whole(
    untrusted_graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    some = Options(only=["cmgraph.nt", "tables", "datapackage.json"])
    before = {path: path.read_bytes() for path in export(untrusted_graph, out, some)}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cmgraph.export.publication.Publication.write_json", full)
    with pytest.raises(CmgraphError, match="No space left"):
        export(untrusted_graph, out, some, force=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_xml_says_what_it_cannot_hold(untrusted_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(untrusted_folder, folder)
    evil = folder / "data/evil.ttl"
    evil.write_text(evil.read_text(encoding="utf-8").replace('"Late pact"', '"Late\\u0001 pact"'), encoding="utf-8")
    with pytest.raises(CmgraphError, match="XML cannot hold this text"):
        single(cmgraph.load(folder), "rdf", tmp_path / "x.rdf")
    assert not (tmp_path / "x.rdf").exists()


@pytest.mark.gate
def test_nations_names_keep_every_character_in_every_format(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ontology", tmp_path / "ontology")
    for name in (
        "domestic/sources",
        "domestic/nations",
        "domestic/namings",
        "isc/first-nations",
        "isc/register-entries",
        "evidence/second-audit",
    ):
        target = tmp_path / f"data/{name}.ttl"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"data/{name}.ttl", target)
    graph = cmgraph.load(tmp_path)
    named = {t.predicate.value.rpartition("#")[2]: set[str]() for f in graph.files for t in f.triples}
    for triple in (t for f in graph.files for t in f.triples if isinstance(t.object, Literal)):
        named[triple.predicate.value.rpartition("#")[2]].add(triple.object.value)
    names = named["prefLabel"] | named["altLabel"] | named["nameText"] | named["publishedName"]
    assert {"ʔaq̓am", "Tłı̨chǫ Government", "Tŝilhqot'in Nation", "?aqam"} <= names
    out = tmp_path / "out"
    export(graph, out, Options(only=["cmgraph.nt", "cmgraph.ttl", "cmgraph.jsonld", "cmgraph.rdf", "tables"]))
    for ending in ("nt", "ttl", "jsonld", "rdf"):
        read = ox.parse(path=out / f"cmgraph.{ending}", format=ox.RdfFormat.from_extension(ending))
        assert names <= {quad.object.value for quad in read if isinstance(quad.object, Literal)}
    cells: set[str] = set()
    for path in (out / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            cells |= {cell.removeprefix("'") for row in csv.reader(lines) for cell in row}
    nations = {t.subject for f in graph.files for t in f.triples if t.predicate.value.endswith("#hasNameBasis")}
    labels = {
        t.object.value
        for f in graph.files
        for t in f.triples
        if t.subject in nations and isinstance(t.object, Literal) and t.predicate.value.endswith("prefLabel")
    }
    assert (
        len(labels) > 100
        and len(named["publishedName"]) > 620
        and labels | named["publishedName"] | named["nameText"] <= cells
    )


SOME = Options(only=["cmgraph.nt", "tables"])


@pytest.mark.parametrize("name", [".git/HEAD", "CNAME", "tables/mine.csv"])
def test_an_export_replaces_nothing_that_no_export_wrote(untrusted_graph: Graph, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    export(untrusted_graph, out, SOME)
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("only copy")
    with pytest.raises(CmgraphError, match="files that no export wrote") as error:
        export(untrusted_graph, out, SOME, force=True)
    assert name in error.value.what and (out / name).read_text() == "only copy"


def test_an_export_replaces_no_file_that_was_changed_since(untrusted_graph: Graph, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(untrusted_graph, out, SOME)
    with (out / "cmgraph.nt").open("a") as file:
        file.write("# a note of mine\n")
    with pytest.raises(CmgraphError, match=r"cmgraph\.nt has changed"):
        export(untrusted_graph, out, SOME, force=True)


def test_an_export_replaces_no_other_folder_and_not_the_one_it_is_started_in(
    untrusted_graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/thesis.txt").write_text("only copy")
    with pytest.raises(CmgraphError, match="this folder is not an export"):
        export(untrusted_graph, tmp_path / "work", SOME, force=True)
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(CmgraphError, match="this is the current folder"):
        export(untrusted_graph, Path(), SOME, force=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["work", "thesis.txt"]


def test_what_comes_into_the_folder_while_an_export_runs_stays(untrusted_graph: Graph, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def meanwhile(*_: object) -> None:
        out.mkdir(exist_ok=True)
        (out / "thesis.txt").write_text("only copy")

    with pytest.raises(CmgraphError, match="not empty"):
        export(untrusted_graph, out, SOME, progress=meanwhile)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "thesis.txt"]


@pytest.mark.gate
def test_our_own_quads_loaded_again_answer_every_question_alike(
    untrusted_graph: Graph, untrusted_export: Path, tmp_path: Path
) -> None:
    cmgraph.load_store(tmp_path / "store", [untrusted_export / "cmgraph.nq"], untrusted_graph)
    stored = cmgraph.load(store=tmp_path / "store")
    for name in untrusted_graph.questions:
        rows = set(map(str, untrusted_graph.query(name).rows))
        assert set(map(str, stored.query(name).rows)) == rows
        assert bool(rows) == (name not in ("points", "projects", "country-profile", "mineral-profile")), (
            name
        )  # of which the folder says nothing
