"""No word of the model stands where people read, in either language: answers, reports, pages, pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import cmgraph
from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.cli.format import template_result
from cmgraph.tables.library import template_files
from cmgraph.tables.template import Template
from conftest import ROOT, Run
from stop_list import as_read, words_of_the_model


def untyped(text: str) -> list[str]:
    """Return the words of the model in a text that says what to type, but those that are typed, as rel:some-pact is."""
    return [words for words in words_of_the_model(text) if ":" not in words]


in_both_languages = pytest.mark.parametrize("lang", ["en", "fr"])


@pytest.mark.parametrize(
    "words",
    [
        "a roster of members",
        "Scope: lithium",
        "(has claim status stated)",
        "has engaging agent",
        "rel:party-one",
        "skos:prefLabel",
        "a pour statut d'affirmation",
        "statut de l'affirmation",
    ],
)
def test_a_word_of_the_model_is_seen(words: str) -> None:
    assert words_of_the_model(words) and words_of_the_model(as_read(f"<p>{words}</p>"))


def test_what_is_for_programs_is_not_what_a_person_reads() -> None:
    page = '<h1>Pact</h1><h2 id="data">As data</h2><code>rel:x</code> scope</main><a href="https://a.org/scope">it</a>'
    assert as_read(page).split() == ["Pact", "it"]
    assert words_of_the_model("2020-scope.html at https://a.org/scope, the question rosters") == []


@pytest.mark.gate
@in_both_languages
@pytest.mark.parametrize(
    "command",
    [
        ["ask", "which agreements does Japan have since 2022?"],
        ["ask", "qui travaille avec qui"],
        ["compare", "Canada", "Japan", "Australia"],
        ["network", "actors"],
        ["path", "Japan", "Natural Resources Canada"],
        ["queries"],
        ["reason"],
        pytest.param(["reason", "Canada", "--explain"], marks=pytest.mark.thorough),
        ["search", "stated"],
        ["search", "critical"],
        ["stats"],
        ["timeline", "Canada"],
    ],
    ids=" ".join,
)
def test_no_word_of_the_model_stands_in_what_a_command_says(command: list[str], lang: str, run: Run) -> None:
    done = run(*command, "--lang", lang, "-f", "table")
    assert done.stdout.count("\n") > 3
    assert words_of_the_model(done.stdout + done.stderr) == []


@in_both_languages
def test_no_word_of_the_model_stands_in_the_columns_of_a_table_to_fill_in(lang: str) -> None:
    graph = cmgraph.load(lang=lang)
    for path in template_files(graph).values():
        told = template_result(Template.read(path), graph)
        texts = [told.title, told.note, *(str(row[1]) for row in told.rows)]
        assert untyped("\n".join(texts)) == [], path.name


@in_both_languages
def test_no_word_of_the_model_stands_in_a_report_of_changes(lang: str, tmp_path: Path, run: Run) -> None:
    for version in ("old", "new"):
        shutil.copytree(ROOT / "data/seed-page", tmp_path / version)
    for path in (tmp_path / "new").glob("*.ttl"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("claim-status:stated", "claim-status:disputed").replace("scope-", "about-")
        path.write_text(text.replace("end-state:unknown", "end-state:ongoing"), encoding="utf-8")
    done = run("diff", str(tmp_path / "old"), str(tmp_path / "new"), "--all", "--lang", lang)
    assert done.returncode == 1 and done.stdout.count("→") > 100
    assert words_of_the_model(done.stdout) == []


def test_no_word_of_the_model_stands_in_what_a_rule_says_but_the_terms_to_type(bundled_graph: cmgraph.Graph) -> None:
    message = "http://www.w3.org/ns/shacl#message"
    told = [t.object.value for f in bundled_graph.ontology.shapes for t in f.triples if t.predicate.value == message]
    assert len(told) > 100
    assert [words for text in told for words in untyped(text) if words not in bundled_graph.prefixes] == []


@pytest.mark.gate
def test_no_word_of_the_model_stands_on_a_page(untrusted_export: Path) -> None:
    of_the_model = {"def.html", "def.fr.html"}
    pages = {path: as_read(path.read_text(encoding="utf-8")) for path in untrusted_export.rglob("*.html")}
    read = {path: words for path, words in pages.items() if path.name not in of_the_model}
    assert len(read) > 1000
    found = {str(path): words for path, text in read.items() if (words := words_of_the_model(text))}
    assert found == {}


@pytest.mark.gate
@in_both_languages
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("network", "actors"),
        ("entity", "Canada"),
        ("entity", "lithium"),
        ("matrix", "themes"),
        ("timeline", "Canada"),
        ("flow", "chain"),
        ("chart", "production"),
        ("map", "projects"),
    ],
)
def test_no_word_of_the_model_stands_in_a_picture(kind: str, name: str, lang: str, tmp_path: Path) -> None:
    graph = cmgraph.load(lang=lang)
    only = NetworkFilter(minerals=("lithium",)) if kind in ("chart", "map") else EVERYTHING
    for ending in ("svg", "html"):
        cmgraph.draw(graph, kind, name, tmp_path / f"picture.{ending}", network_filter=only)
        text = as_read((tmp_path / f"picture.{ending}").read_text(encoding="utf-8"))
        assert len(text) > 500 and words_of_the_model(text) == []
