"""Where a thing stands in a file, in every notation."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode

from cmgraph.rdf.files import RdfFile
from conftest import Run

MINE = NamedNode("https://example.org/mine/deep")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

TURTLE = {
    "prefix with a dot": ("@prefix my.mine: <https://example.org/mine/> .\n\n my.mine:deep a my.mine:Pit .", (3, 2)),
    "relative to a base": ("BASE <https://example.org/mine/x>\n<deep> a <Pit> .", (2, 1)),
    "written with an escape": ("<https://example.org/mine/d\\u0065ep> <p:p> 1 .", (1, 1)),
    "escaped local name": ("@prefix m: <https://example.org/> .\nm:mine\\/deep <p:p> 1 .", (2, 1)),
    "in a comment before": ("# <https://example.org/mine/deep>\n<https://example.org/mine/deep> <p:p> 1 .", (2, 1)),
    "in texts before": (
        '<a:a> <p:p> """<https://example.org/mine/deep>\n""", "<https://example.org/mine/deep>"@base .\n'
        "<https://example.org/mine/deep> <p:p> 1 .",
        (3, 1),
    ),
    "mentioned before": (
        "<a:a> <p:p> <https://example.org/mine/deep> .\n<b:b> <p:p> 1 . <https://example.org/mine/deep> <p:p> 1 .",
        (2, 17),
    ),
    "longer one before": (
        "<https://example.org/mine/deeper> <p:p> 1 .\n\t<https://example.org/mine/deep> <p:p> 1 .",
        (2, 2),
    ),
    "prefix declared twice": (
        "@prefix m: <o:o/> .\nm:deep <p:p> 1 .\nPREFIX m: <https://example.org/mine/>\nm:deep <p:p> 1 .",
        (4, 1),
    ),
    "only mentioned": ("<a:a> <p:p> 1 ;\n  <p:q> <https://example.org/mine/deep> .", (2, 9)),
    "only a kind": ("<a:a> <p:p> 1 .\n<b:b> a <https://example.org/mine/deep> .", (2, 9)),
    "only a property": ("<a:a> <p:p> 1 ;\n  <https://example.org/mine/deep> [] .", (2, 3)),
    "in a triple term": ("<a:a> <p:p>\n  <<( <https://example.org/mine/deep> <p:p> [] )>> .", (2, 7)),
    "after old line ends": ("<a:a> <p:p> 1 .\r\n<b:b> <p:p> 1 .\r\n<https://example.org/mine/deep> <p:p> 1 .", (3, 1)),
}


@pytest.mark.parametrize(("text", "place"), TURTLE.values(), ids=TURTLE)
def test_turtle(tmp_path: Path, text: str, place: tuple[int, int]) -> None:
    (tmp_path / "a.ttl").write_bytes(text.encode())
    assert RdfFile.read(tmp_path / "a.ttl").place_of(MINE) == place


OTHERS = {
    "a.nt": (b"<a:a> <p:p> <https://example.org/mine/deep> .\n<https://example.org/mine/deep> <p:p> _:x .", (2, 1)),
    "a.nq": (b"<a:a> <p:p> _:x <g:g> .\n\n<https://example.org/mine/deep> <p:p> _:x <g:g> .", (3, 1)),
    "a.trig": (b"@prefix m: <https://example.org/mine/> .\nGRAPH <g:g> {\n  m:deep m:p [ m:q ( 1 2 ) ] }", (3, 3)),
    "a.rdf": (
        f'<r:RDF xmlns:r="{RDF}" xml:base="https://example.org/mine/x">\n'
        '<!-- r:about="deep" -->\n  <r:Description r:about="deep"/>\n'
        '  <Pit xmlns="p:" r:about="deep"><near><Pit/></near></Pit></r:RDF>'.encode(),
        (4, 3),
    ),
    "entity.owl": (
        f'<!DOCTYPE r [<!ENTITY m "https://example.org/mine/">]>\n<r:RDF xmlns:r="{RDF}" xmlns="p:">\n'
        '<Pit r:about="&m;deep"/></r:RDF>'.encode(),
        (3, 1),
    ),
    "wide.xml": (
        f'<?xml version="1.0" encoding="UTF-16"?>\n<r:RDF xmlns:r="{RDF}" xmlns="p:">\n'
        '<é/><Pit r:about="https://example.org/mine/deep"/></r:RDF>'.encode("utf-16"),
        (3, 5),
    ),
    "a.jsonld": (
        b'{"@context": {"id": "@id", "m": "https://example.org/mine/", "note": "p:note"}, "@graph": [\n'
        b'  {"id": "a:a", "note": "m:deep", "m:near": {}},\n  {"note": [{"@value": "x"}],\n   "id": "m:deep"}]}',
        (4, 4),
    ),
    "maps.json": (
        b'{"@context": {"@vocab": "p:", "name": {"@container": "@language"}, "by": {"@container": "@index"}},\n'
        b' "name": {"en": "x"}, "by": {"first": {"@id": "https://example.org/mine/deep", "q": [{"@list": [1, {}]}]}}}',
        (2, 40),
    ),
}


@pytest.mark.parametrize(("name", "content", "place"), [(n, *said) for n, said in OTHERS.items()], ids=OTHERS)
def test_other_notations(tmp_path: Path, name: str, content: bytes, place: tuple[int, int]) -> None:
    (tmp_path / name).write_bytes(content)
    assert RdfFile.read(tmp_path / name).place_of(MINE) == place


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_files_have_places_too(tmp_path: Path, ending: str, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / f"a.TTL{ending}"
    path.write_bytes(pack(b"\xef\xbb\xbf<a:a> <p:p> 1 .\n <https://example.org/mine/deep> <p:p> 1 ."))
    assert RdfFile.read(path).place_of(MINE) == (2, 2)


BLANK = {
    "a.ttl": (
        b"@prefix : <p:> .\n :a :p [\n :q 1 ] , _:x .\n_:x :q 2 . [] :q 3 .\n[ :r :s ] :q 4 .",
        "2:8 4:1 4:12 5:1",
    ),
    "b.ttl": (b"@prefix : <p:> .\n\n:a :p ( [ :q 1 ] [ :q 2 ] ) .", "3:9 3:18"),
    "a.nt": (b'_:b <p:q> "1" .\n_:a <p:q> "2" .', "1:1 2:1"),
    "a.rdf": (
        f'<r:RDF xmlns:r="{RDF}" xmlns="p:"><r:Description>\n<q>1</q></r:Description>\n'
        ' <r:Description r:nodeID="n"><q>2</q></r:Description></r:RDF>'.encode(),
        "1:73 3:2",
    ),
    "a.jsonld": (b'[{"p:q": 1},\n {"@id": "_:x", "p:q": 2}, {"p:p":\n {"p:q": 3}}]', "1:2 2:3 3:2"),
}


@pytest.mark.parametrize(("name", "content", "places"), [(n, *said) for n, said in BLANK.items()], ids=BLANK)
def test_nodes_without_a_name_have_places(tmp_path: Path, name: str, content: bytes, places: str) -> None:
    (tmp_path / name).write_bytes(content)
    file = RdfFile.read(tmp_path / name)
    positions = {t.object.value: file.place_of(t.subject) for t in file.triples if t.predicate.value == "p:q"}
    assert " ".join(f"{place.line}:{place.column}" for _, place in sorted(positions.items())) == places
    assert all(isinstance(t.subject, BlankNode) for t in file.triples if t.predicate.value == "p:q")


@pytest.mark.gate
def test_a_finding_names_file_line_and_column(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "bad.trig.gz"
    path.write_bytes(gzip.compress(b"# nothing here\n  [] a <https://w3id.org/cmgraph/def#Participation> ."))
    done = run("validate", str(path))
    assert done.returncode == 1 and f"{path}:2:3" in done.stdout
