"""The command as people meet it: what goes to stdout, what to stderr, and the exit code."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from conftest import ROOT, Run
from stop_list import words_of_the_model


def test_an_answer_ends_with_its_sources(run: Run) -> None:
    done = run("query", "shared-areas", "-f", "table", COLUMNS="120")
    assert done.returncode == 0 and done.stderr == ""
    assert "research and innovation" in done.stdout
    assert (
        ". Our critical minerals strategic partnerships and forums" in done.stdout
        and "(checked 2026-11-2" in done.stdout
    )


def test_csv_when_piped_json_and_markdown_on_request(run: Run) -> None:
    head, first, *_ = run("query", "partners").stdout.splitlines()
    assert head == "partner,partner_iri,via,via_iri,date,tie,tie_iri,citations,sources"
    assert first.startswith("Carcross/Tagish First Nation,")
    answer = json.loads(run("query", "duties", "-p", "role=secretariat", "-f", "json").stdout)
    source = answer["sources"][answer["rows"][0]["citations"][0] - 1]
    assert source["locator"] == "Critical Minerals Industry Engagement Forum, paragraph 2"
    assert "[^1]: " in run("query", "duties", "-f", "md").stdout


def test_french_throughout(run: Run) -> None:
    done = run("query", "partners", "-p", "actor=Japon", "--lang", "fr", "-f", "table", COLUMNS="150")
    assert "gouvernement du" in done.stdout and "partenaire" in done.stdout and "vérifié le" in done.stdout
    assert run("search", "etats-unis", LC_ALL="fr_CA.UTF-8").stdout.startswith(
        "thing,thing_iri,kind,matched\nÉtats-Unis,"
    )


def test_own_sparql_from_text_file_and_stdin(run: Run, tmp_path: Path) -> None:
    text = "SELECT ?forum ?c { ?forum a cm:Forum ; cm:hasCitation ?c } ORDER BY ?forum"
    path = tmp_path / "forums.rq"
    path.write_text(text)
    answers = {
        run("query", "-q", text).stdout,
        run("query", str(path)).stdout,
        run("query", "-", stdin=text).stdout,
    }
    assert len(answers) == 1 and "Group of Seven" in answers.pop()


def test_lists_and_shows_questions(run: Run) -> None:
    assert "partners,Partners of an actor" in run("queries").stdout
    assert "partners," not in run("queries", "--tag", "figures").stdout
    shown = run("queries", "show", "partners").stdout
    assert "actor (entity cm:Agent) = agent:government-of-canada" in shown and "SELECT DISTINCT" in shown


@pytest.mark.gate
def test_a_country_shows_its_government_with_its_agreements_then_the_place_with_figures_counted(run: Run) -> None:
    text = run("show", "Canada").stdout
    government, place = text.split("\n\nCanada (place)\n")
    assert government.startswith("Government of Canada (national government)")
    kinds = re.findall(r"^([\w ]+) \(\d+\)$", government, re.MULTILINE)
    assert kinds[:2] == ["Agreements and their parties", "Bodies and their members"]
    assert re.search(r"… \d+ more: cmgraph query figures -p quantity=any -p place=Canada$", place, re.MULTILINE)
    assert "  … " in government and "… " not in run("show", "Canada", "--all").stdout.split("\n[")[0]
    cited = {int(n) for n in re.findall(r"\[(\d+)\]", government.split("\n\n[")[0])}
    assert cited == {int(n) for n in re.findall(r"^\[(\d+)\]", government, re.MULTILINE)}
    assert run("show", "place:canada").stdout.startswith("Canada (place)")


def test_a_mineral_shows_what_it_is_then_lists_uses_and_what_names_it(run: Run) -> None:
    lines = run("show", "lithium").stdout.splitlines()
    assert lines[2].startswith("definition: ")
    kinds = [match[1] for line in lines if (match := re.fullmatch(r"([\w ]+) \(\d+\)", line))]
    assert kinds[:3] == ["On lists of minerals", "Uses of minerals", "What is covered"] and "Figures" in kinds


@pytest.mark.gate
@pytest.mark.parametrize("name", ["Canada", "lithium", "rare earths", "FORGE", "Crawford", "Tahltan Nation"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_word_of_the_model_stands_in_a_text_for_people(run: Run, name: str, lang: str) -> None:
    text = run("show", name, "--all", "--lang", lang).stdout
    assert "\n" in text and not words_of_the_model(text)


def test_shows_an_entity_with_its_sources(run: Run) -> None:
    text = run("show", "CMIEF").stdout
    assert text.startswith("Critical Minerals Industry Engagement Forum (forum)\n")
    assert "no longer named in: Partnerships page, version B" in text and "[1] Government of Canada." in text
    data = json.loads(run("show", "G7", "-f", "json").stdout)
    assert data["kind"] == "forum" and data["sources"][0]["url"].startswith("https://")


def test_the_name_of_a_country_means_its_government_and_then_the_place_as_json_too(run: Run) -> None:
    data = json.loads(run("show", "Japan", "-f", "json").stdout)
    assert (data["label"], [other["label"] for other in data["also_meant"]]) == ("Government of Japan", ["Japan"])
    assert json.loads(run("show", "place:japan", "-f", "json").stdout)["also_meant"] == []


@pytest.mark.gate
@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["query", "partnrs"], 3, ["unknown question 'partnrs'", "Did you mean partners"]),
        (["query", "partners", "-p", "actor=Nowhere"], 3, ["unknown actor 'Nowhere'"]),
        (["query", "partners", "-p", "actor"], 2, ["NAME=VALUE"]),
        (["query", "dated-by", "-p", "asOf=soon"], 2, ["asOf=soon: not a day", "2020-01-09"]),
        (["query"], 2, ["say what to ask"]),
        (["query", "-q", ""], 2, ["the query is empty"]),
        (
            ["query", "-q", "SELECT ?s { ?s a cmm:Forum }"],
            2,
            ["query:1:18: unknown prefix 'cmm:'", "^", "cm"],
        ),
        (["query", "-q", "SELECT ?s {\n ?s a"], 2, ["query:2:", "ends too early"]),
        (["query", "-q", "ASK { ?s ?p ?o }", "-f", "ttl"], 2, ["ASK is not answered as ttl", "table, csv"]),
        (["query", "-q", "DESCRIBE cm:Forum", "-f", "csv"], 2, ["DESCRIBE is not answered as csv", "ttl, nt"]),
        (["query", "none.rq"], 2, ["none.rq: no such file"]),
        (["show", "Atlantis"], 3, ["unknown entity 'Atlantis'"]),
        (["search", "zzzz"], 3, ["nothing is called 'zzzz'"]),
        (["serach", "x"], 2, ["unknown command 'serach'", "search"]),
        (["stats", "--data", "nowhere"], 2, ["nowhere: no such folder"]),
        (["stats", "--lang", "de"], 2, ["'de'"]),
        (["stats", "--nope"], 2, ["--nope"]),
        (["validate", "/"], 2, ["unknown RDF format"]),
        (
            ["stats", "--endpoint", "http://127.0.0.1:9/none"],
            4,
            ["http://127.0.0.1:9/none", "did not answer"],
        ),
    ],
)
def test_trouble_is_one_clear_message(run: Run, args: list[str], code: int, says: list[str]) -> None:
    done = run(*args)
    assert done.returncode == code and done.stdout == ""
    assert done.stderr.startswith("cmgraph: ") and "Traceback" not in done.stderr
    for part in says:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.ttl", b'@prefix cm: <https://w3id.org/cmgraph/def#> .\ncm:a cm:b "x\n.', ["a.ttl:2:"]),
        ("b.ttl", b"<http://x> a cm:Forum .", ["b.ttl:1:", "Declare the prefix", "^"]),
        ("c.ttl", b"", ["the file is empty"]),
        ("d.ttl", b"\xff\xfe<", ["d.ttl: ", "not UTF-8"]),
        ("e.txt", b"x", ["e.txt: unknown RDF format", ".ttl"]),
    ],
)
def test_a_bad_file_is_named_with_place_and_remedy(
    run: Run, tmp_path: Path, name: str, content: bytes, says: list[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run("validate", str(path))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    for part in says:
        assert part in done.stderr


def test_validate_says_where_and_exits_1_on_findings(run: Run, seed_page_folder: str) -> None:
    bad = ROOT / "tests/fixtures/invalid/C2.ttl"
    command = ("validate", str(bad), "--data", seed_page_folder)
    done = run(*command)
    assert done.returncode == 1
    assert "C2 violation: Every agent, " in done.stdout
    assert "Bad" in done.stdout and "C2.ttl:5" in done.stdout
    rows = json.loads(run(*command, "-f", "json", "--lang", "fr").stdout)
    assert [f["rule"] for f in rows] == ["C2"] and rows[0]["message"].startswith("Tout acteur")
    assert "sh:ValidationReport" in run(*command, "-f", "ttl").stdout


def test_a_warning_fails_only_on_request(run: Run, seed_page_folder: str) -> None:
    command = ("validate", str(ROOT / "tests/fixtures/invalid/C10.ttl"), "--data", seed_page_folder)
    assert run(*command).returncode == 0
    assert run(*command, "--fail-on", "warning").returncode == 1


def test_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import cmgraph.graph
    from cmgraph.cli.main import main

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cmgraph.graph, "load", stop)
    monkeypatch.setattr(sys, "argv", ["cmgraph", "stats"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130 and "stopped" in capsys.readouterr().err


@pytest.mark.gate
def test_a_folder_extends_the_graph(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine.ttl").write_text(
        "@prefix agent: <https://w3id.org/cmgraph/id/agent/> .\n@prefix cm: <https://w3id.org/cmgraph/def#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        'agent:evil a cm:Forum ; skos:prefLabel "=HYPERLINK(\\"http://x\\")"@en , "<script>\\u001b[31m"@fr .\n'
    )
    assert "'=HYPERLINK" in run("search", "hyperlink", "--data", str(tmp_path)).stdout
    shown = run("show", "agent:evil", "--data", str(tmp_path), "--lang", "fr").stdout
    assert "<script>" in shown and "\x1b" not in shown
    assert run("validate", "--data", str(tmp_path)).returncode == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.touch(mode=0o000)
    assert "cannot be read" in run("validate", str(path)).stderr
