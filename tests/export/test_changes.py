"""What changed since an earlier edition: told on a page, in a table and in a feed, by the days of the editions."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import cmgraph
from cmgraph.diff import diff_versions
from cmgraph.errors import CmgraphError
from cmgraph.export.export import Options, check_export, export
from conftest import Run, write_minimal_root

MODEL = ("prefixes.ttl", "context.jsonld", "cmgraph.ttl", "modules/agents.ttl")
DATA = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
agent:ada a cm:Government ; skos:prefLabel "Ada"@en .
agent:bea a cm:Government ; skos:prefLabel "Bea"@en .
"""
LATER = DATA.replace('"Bea"@en', '"Béa"@en') + 'agent:cyd a cm:Government ; skos:prefLabel "=1<b>Cyd</b>"@en .\n'
PARTS = Options(only=["site", "cmgraph.nt"])
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def edition(root: Path, data: str, version: str, issued: str) -> cmgraph.Graph:
    """Return the graph of an edition."""
    (root / "data").mkdir(parents=True, exist_ok=True)
    (root / "data/a.ttl").write_text(data, encoding="utf-8")
    about = f"title: {{ en: Small }}\nversion: {version}\nissued: {issued}\ncontact: a@example.org\n"
    (root / "data/dataset.yaml").write_text(about, encoding="utf-8")
    return cmgraph.load(root)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a small graph, with a cache of its own."""
    monkeypatch.setenv("CMGRAPH_CACHE", str(tmp_path / "cache"))
    write_minimal_root(tmp_path / "root", MODEL, DATA)
    return tmp_path / "root"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_first_edition_says_that_none_was_compared(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(edition(root, DATA, "1.0", "2026-01-31"), out, PARTS)
    assert "No earlier edition was compared with this one." in read(out / "changes.html")
    assert 'href="changes.html">What is new</a>' in read(out / "index.html")
    feed = ET.fromstring(read(out / "changes.atom"))
    assert [text.text for text in feed.iterfind(".//a:updated", ATOM)] == ["2026-01-31T00:00:00Z"] * 2
    assert check_export(cmgraph.load(root), out) == []


def test_what_changed_is_what_diff_says_in_both_languages_and_dated_by_the_editions(root: Path, tmp_path: Path) -> None:
    old, new, again = tmp_path / "old", tmp_path / "new", tmp_path / "again"
    export(edition(root, DATA, "1.0", "2026-01-31"), old, PARTS)
    graph = edition(root, LATER, "1.1", "2026-02-28")
    export(graph, new, PARTS, since=old)
    changes, _ = diff_versions(graph, str(old), str(new))
    listed = list(csv.DictReader(read(new / "changes.csv").splitlines()))
    assert [(row["how"], row["iri"]) for row in listed] == [(c.how, c.thing.iri) for c in changes]
    assert {(row["how"], row["name"]) for row in listed} == {("added", "'=1<b>Cyd</b>"), ("changed", "Béa")}
    page, french = read(new / "changes.html"), read(new / "changes.fr.html")
    assert '<a href="id/agent/cyd.html">=1&lt;b&gt;Cyd&lt;/b&gt;</a>' in page and "Bea → Béa" in page
    assert "depuis l&#39;édition 1.0 (2026-01-31)" in french and '<ul lang="en">' in french
    assert "added: 1, changed: 1" in read(new / "index.html")
    feed = ET.fromstring(read(new / "changes.atom"))
    told = [(entry.find("a:updated", ATOM), entry.find("a:summary", ATOM)) for entry in feed.iterfind("a:entry", ATOM)]
    assert [text.text for pair in told for text in pair if text is not None] == [
        "2026-02-28T00:00:00Z",
        "added: 1, changed: 1",
        "2026-01-31T00:00:00Z",
        "No earlier edition was compared with this one.",
    ]
    export(cmgraph.load(root), again, PARTS, since=old)
    assert all((again / name).read_bytes() == (new / name).read_bytes() for name in ("changes.html", "changes.json"))
    assert check_export(cmgraph.load(root), new) == []


def test_a_feed_goes_on_from_the_edition_that_the_folder_held(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(edition(root, DATA, "1.0", "2026-01-31"), out, PARTS)
    export(edition(root, LATER, "1.1", "2026-02-28"), out, PARTS, force=True, since=out)
    first = ET.fromstring(read(out / "changes.atom")).findall("a:entry/a:id", ATOM)[0].text
    export(edition(root, DATA, "1.2", "2026-03-31"), out, PARTS, force=True, since=out)
    editions = json.loads(read(out / "changes.json"))["editions"]
    assert [one["version"] for one in editions] == ["1.2", "1.1", "1.0"]
    assert editions[0]["counts"] == {"changed": 1, "removed": 1} and editions[1]["counts"] == {"added": 1, "changed": 1}
    assert "&lt;b&gt;Cyd&lt;/b&gt;" in read(out / "changes.html") and "agent/cyd" not in read(out / "changes.html")
    assert ET.fromstring(read(out / "changes.atom")).findall("a:entry/a:id", ATOM)[1].text == first


def test_what_cannot_be_compared_is_refused_with_the_reason(root: Path, tmp_path: Path, run: Run) -> None:
    old, elsewhere, bare = tmp_path / "old", tmp_path / "elsewhere", tmp_path / "bare"
    graph = edition(root, DATA, "1.0", "2026-01-31")
    export(graph, old, PARTS)
    export(graph, elsewhere, Options(only=PARTS.only, base="https://example.org/x/"))
    export(graph, bare, Options(only=["site"]))
    shutil.copytree(old, tmp_path / "nameless")
    (tmp_path / "nameless/changes.json").write_text("[]")
    later = edition(root, LATER, "1.1", "2026-02-28")
    for folder, reason in (
        (root, "not an export"),
        (elsewhere, "another base"),
        (bare, "no cmgraph.nt"),
        (tmp_path / "nameless", "cannot be told which edition"),
    ):
        with pytest.raises(CmgraphError, match=reason):
            export(later, tmp_path / "new", PARTS, since=folder)
    with pytest.raises(CmgraphError, match="the same edition"):
        export(edition(root, LATER, "1.0", "2026-01-31"), tmp_path / "new", PARTS, since=old)
    done = run("--data", str(root), "export", str(tmp_path / "new"), "--only", "tables", "--since", str(old))
    assert done.returncode == 2 and "only pages tell what changed" in done.stderr
    assert not (tmp_path / "new").exists()
