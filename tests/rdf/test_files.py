"""Files in every notation, ending, compression and encoding; what is not read is named, what cannot be is refused."""

from __future__ import annotations

import bz2
import gzip
import logging
import os
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.rdf import unpacking
from cmgraph.rdf.files import FORMATS, RdfFile, stream_quads
from conftest import Run

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ONE = Triple(NamedNode("a:mine"), NamedNode("http://e/name"), Literal("Gahcho Kué"))


def packed(ending: str, content: bytes) -> bytes:
    if ending == ".zst":
        zstd = pytest.importorskip("backports.zstd")
        return bytes(zstd.compress(content))
    return {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}[ending](content)


@pytest.mark.parametrize("compression", ["", ".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("ending", FORMATS)
def test_every_ending_is_read_in_large_and_small_letters(tmp_path: Path, ending: str, compression: str) -> None:
    content = packed(compression, serialize([ONE], format=FORMATS[ending]) or b"")
    for name in (f"one{ending}{compression}", f"ONE{ending.upper()}{compression.upper()}"):
        (tmp_path / name).write_bytes(content)
        assert RdfFile.read(tmp_path / name).triples == (ONE,)


def xml(encoding: str, declared: str) -> bytes:
    text = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://e/"><rdf:Description rdf:about="a:mine">'
    return f"{declared}{text}<e:name>Gahcho Kué</e:name></rdf:Description></rdf:RDF>".encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("latin-1", '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n'),
        ("cp1252", "<?xml version='1.0' encoding='windows-1252' standalone='yes'?>"),
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>'),
        ("utf-16-be", '<?xml version="1.0"?>'),
        ("utf-8-sig", ""),
        ("utf-8", '<?xml version="1.0" encoding="utf-8"?>'),
    ],
)
def test_xml_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str, declared: str) -> None:
    (tmp_path / "one.rdf").write_bytes(xml(encoding, declared))
    assert RdfFile.read(tmp_path / "one.rdf").triples == (ONE,)


def test_marks_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    for ending in (".ttl", ".nt", ".jsonld"):
        content = b"\xef\xbb\xbf" + (serialize([ONE], format=FORMATS[ending]) or b"").replace(b"\n", b"\r\n")
        (tmp_path / f"one{ending}").write_bytes(content)
        assert RdfFile.read(tmp_path / f"one{ending}").triples == (ONE,)


REFUSED = {
    "relative.ttl": ("<mine> <p:p> 1 .", "relative IRI", "@base"),
    "relative.nt": ('<mine> <p:p> "1" .', "relative IRI", "whole IRI"),
    "relative.rdf": (f'<r:RDF xmlns:r="{RDF}"><r:Bag r:about="mine"/></r:RDF>', "relative IRI 'mine'", "xml:base"),
    "page.ttl": ("<!DOCTYPE html><html><body>not found</body></html>", "Invalid IRI", "web page"),
    "halves.ttl": ('<a:a> <b:b> "\\uD83D\\uDE00" .', "not a valid unicode character", "eight digits"),
    "drawing.rdf": ('<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', "XML, but not RDF/XML", "xmlns:rdf"),
    "feed.xml": ("<rss><channel><title>x</title></channel></rss>", "XML, but not RDF/XML", "xmlns:rdf"),
    "undeclared.rdf": (f'<r:RDF xmlns:r="{RDF}"><r:Bag r:about="a:a"><q:p>1</q:p></r:Bag></r:RDF>', "q:", "xmlns:q"),
    "elsewhere.jsonld": (
        '{"@context": "http://127.0.0.1:9/c", "@id": "a:a"}',
        "Document|context",
        "context into the file",
    ),
    "named-by-nothing.jsonld": (
        '{"@context": {"p": "depth"}, "@id": "a:a", "p": 1}',
        "'p' is defined as 'depth'",
        "@vocab",
    ),
    "number.jsonld": ("5", "5 stands in no object", "under a key"),
    "numbers.jsonld": ("[1]", "1 stands in no object", "under a key"),
    "relative.jsonld": ('[{"p:p": {"@id": "mine"}}]', "relative IRI 'mine'", "@base"),
    "kind.jsonld": ('{"@id": "a:a", "@type": "Mine"}', "relative IRI 'Mine'", "@base"),
    "space.jsonld": ('{"@id": "a:a b", "p:p": 1}', "not an IRI", "%20"),
    "tag.jsonld": ('{"@id": "a:a", "p:p": {"@value": "x", "@language": "en_CA"}}', "not a language tag", "en-CA"),
    "map.jsonld": (
        '{"@context": {"n": {"@id": "p:n", "@container": "@language"}}, "n": {"en_CA": "x"}}',
        "not a language tag",
        "en-CA",
    ),
    "plain.json": ('{"name": "x"}', "not JSON-LD", "@context"),
    "space.ttl": ("<a:a> <p:p> <a:b c> .", "IRI", "%20"),
    "tag.ttl": ('<a:a> <p:p> "x"@en_CA .', "Unexpected character", "en-CA"),
    "comma.jsonld": ('{"@id": "a:a" "p:p": 1}', "expected|must", "comma"),
    "turtle.owl": ("@prefix a: <a:> . a:a a a:b .", "not well-formed", ".ttl"),
    "latin.ttl": (b"<a:a> <p:p> 'caf\xe9' .", "not UTF-8", "UTF-8"),
    "latin.jsonld": (b'{"p:p": "caf\xe9"}', "not UTF-8", "UTF-8"),
    "wide.ttl": ("<a:a> <p:p> 1 .".encode("utf-16"), "UTF-16", "UTF-8"),
    "rot.rdf": ('<?xml version="1.0" encoding="rot13"?><a/>', "rot13", "UTF-8"),
    "seven.rdf": ('<?xml version="1.0" encoding="utf-7"?><a/>', "utf-7", "UTF-8"),
    "lies.rdf": (b'<?xml version="1.0" encoding="ascii"?><a>\xe9</a>', "not ascii", "UTF-8"),
    "empty.ttl": (" \n", "empty", "leave it out"),
    "empty.nt.gz": (b"", "empty", "leave it out"),
    "cut.nt.gz": (gzip.compress(os.urandom(5000))[:900], "cut off", "again"),
    "no.nt.gz": (b"<a:a> <p:p> <b:b> .", "damaged", "again"),
    "cut.nt.bz2": (bz2.compress(os.urandom(5000))[:900], "cut off", "again"),
    "long.ttl": (b"<a:a> <p:p> '" + b"x" * (17 << 20) + b"' .", "longer than 16 MiB", "file of its own"),
    "terms.ttl": ("<a:a> <p:p> " + "<<( <a:a> <p:p> " * 300 + "1" + " )>>" * 300 + " .", "nested", "own"),
    "terms.nt": ("<a:a> <p:p> " + "<<( <a:a> <p:p> " * 300 + '"1"' + " )>>" * 300 + " .", "nested", "own"),
    "odd.txt": ("x", "unknown RDF format", ".ttl"),
}


@pytest.mark.parametrize(("name", "content", "said", "hint"), [(n, *r) for n, r in REFUSED.items()], ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_a_hint_that_fits(
    tmp_path: Path, name: str, content: str | bytes, said: str, hint: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CmgraphError, match=said) as error:
        RdfFile.read(tmp_path / name)
    assert error.value.where.startswith(str(tmp_path / name)) and hint in error.value.hint


def test_many_triple_terms_are_no_trap(tmp_path: Path) -> None:
    lines = (f'<a:{i}> <{RDF}reifies> <<( <a:a> <p:p> "<<( {i}" )>> .' for i in range(2000))
    (tmp_path / "many.ttl").write_text("\n".join(lines), encoding="utf-8")
    assert len(RdfFile.read(tmp_path / "many.ttl").triples) == 2000


def test_pipes_devices_loops_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ttl")
    (tmp_path / "zero.ttl").symlink_to("/dev/zero")
    (tmp_path / "loop.ttl").symlink_to("loop.ttl")
    (tmp_path / "folder.ttl").mkdir()
    for path in (*tmp_path.iterdir(), tmp_path / "none.ttl"):
        with pytest.raises(CmgraphError, match=r"pipe or a device|cannot be read|folder|no such file"):
            RdfFile.read(path)


def test_what_swells_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED", 1 << 20)
    (tmp_path / "swells.ttl.gz").write_bytes(gzip.compress(b"#" * (2 << 20)))
    with pytest.raises(CmgraphError, match="unpacks to more"):
        RdfFile.read(tmp_path / "swells.ttl.gz")


def test_keys_without_a_meaning_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.jsonld").write_text('{"@id": "a:a", "p:p": 1, "motto": "x"}')
    assert len(RdfFile.read(tmp_path / "a.jsonld").triples) == 1
    assert "motto" in caplog.text


QUADS = b'<a:a> <p:p> "1" <g:one> .\n<a:a> <p:p> "2" <g:two> .\n<a:a> <p:p> "3" .'


@pytest.mark.gate
def test_named_graphs_are_read_as_one_with_a_notice_and_stay_in_a_store_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.nq").write_bytes(QUADS)
    assert len(RdfFile.read(tmp_path / "a.nq").triples) == 3 and "named graphs in it: 2" in caplog.text
    assert len({quad.graph_name for quad in stream_quads(tmp_path / "a.nq", named=True)}) == 3
    alone = cmgraph.load_store(tmp_path / "other", [], cmgraph.load())
    assert cmgraph.load_store(tmp_path / "store", [tmp_path / "a.nq"], cmgraph.load()) == alone + 3
    stored = cmgraph.load(store=tmp_path / "store")
    assert [str(row[0]) for row in stored.query("SELECT ?o { <a:a> <p:p> ?o } ORDER BY ?o")] == ["1", "2", "3"]
    asked = stored.query("SELECT ?g ?o { GRAPH ?g { <a:a> <p:p> ?o } } ORDER BY ?o")
    assert [(str(row[0].iri), str(row[1])) for row in asked] == [("g:one", "1"), ("g:two", "2")]


@pytest.mark.gate
def test_a_data_folder_is_read_whole_and_what_is_not_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = tmp_path / "data/deep"
    data.mkdir(parents=True)
    for number, name in enumerate(("a.TTL", "b.nt.gz", "c.jsonld", "d.Owl", "e.nq.bz2")):
        ending = name.lower().removesuffix(".gz").removesuffix(".bz2")[1:]
        triple = Triple(ONE.subject, ONE.predicate, Literal(str(number)))
        content = serialize([triple], format=FORMATS[ending]) or b""
        (data / name).write_bytes(packed(name[name.rfind(".") :] if name.count(".") > 1 else "", content))
    for name in ("notes.docx", "old.ttl~", "x.csv.gz", "table.csv", "about.md", "dataset.yaml", ".hidden", "NAME"):
        (data / name).write_bytes(b"x")
    with caplog.at_level(logging.WARNING):
        graph = cmgraph.load(tmp_path)
    assert [str(row[0]) for row in graph.query("SELECT ?o { <a:mine> <http://e/name> ?o } ORDER BY ?o")] == [*"01234"]
    assert caplog.messages == [
        f"{tmp_path}: not read: data/deep/NAME, data/deep/notes.docx, data/deep/old.ttl~, data/deep/x.csv.gz"
    ]


@pytest.mark.gate
def test_the_command_names_them_on_stderr(tmp_path: Path, run: Run) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/notes.docx").write_bytes(b"x")
    done = run("stats", "--data", str(tmp_path))
    assert done.returncode == 0 and "not read: data/notes.docx" in done.stderr
    os.mkfifo(tmp_path / "data/pipe.nt")
    done = run("stats", "--data", str(tmp_path))
    assert done.returncode == 2 and "pipe.nt: this is a pipe" in done.stderr and not done.stdout


def test_zstd_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    (tmp_path / "a.nt.zst").write_bytes(b"x")
    with pytest.raises(CmgraphError, match="unpack") as error:
        RdfFile.read(tmp_path / "a.nt.zst")
    assert "cmgraph[zstd]" in error.value.hint


def test_formats_are_those_of_the_engine() -> None:
    assert {RdfFormat.from_extension(ending[1:]) for ending in (".ttl", ".nt", ".nq", ".trig", ".rdf", ".jsonld")} == {
        *FORMATS.values()
    }
