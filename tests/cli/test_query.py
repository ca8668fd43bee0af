"""``cmgraph query``: every form of query, its file, its graph, its limits, and the engine's own reason."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.store.disk import replace_store
from conftest import ROOT, Run


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a small store with a default graph and two named ones."""
    folder = tmp_path_factory.mktemp("named") / "store"
    with replace_store(folder) as engine:
        for graph in ("", "http://e.org/one", "http://e.org/two"):
            at = ox.NamedNode(graph) if graph else ox.DefaultGraph()
            engine.add(ox.Quad(ox.NamedNode("http://e.org/s"), ox.NamedNode("http://e.org/p"), ox.Literal(graph), at))
    return str(folder)


def test_ask_is_told_by_word_and_by_exit_code(run: Run, store: str) -> None:
    for question, word, code in (("ASK { ?s ?p ?o }", "true", 0), ("ASK { ?s ?p 5 }", "false", 1)):
        done = run("query", "-q", question, "--store", store)
        assert (done.stdout, done.stderr, done.returncode) == (f"{word}\n", "", code)
        assert json.loads(run("query", "-q", question, "--store", store, "-f", "json").stdout) is (code == 0)


@pytest.mark.parametrize(("form", "kind"), [("ttl", "text/turtle"), ("nt", "application/n-triples")])
@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://e.org/s>"])
def test_statements_come_as_rdf(run: Run, store: str, query: str, form: str, kind: str) -> None:
    done = run("query", "-q", query, "--store", store, "-f", form)
    rdf_form = ox.RdfFormat.from_media_type(kind)
    assert done.returncode == 0 and len(list(ox.parse(done.stdout, rdf_form))) == 1
    if form == "ttl":
        assert run("query", "-q", query, "--store", store).stdout == done.stdout


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("SELECT ?o { ?s ?p ?o }", [""]),
        ("SELECT ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o", ["http://e.org/one", "http://e.org/two"]),
        ("SELECT ?o FROM <http://e.org/two> { ?s ?p ?o }", ["http://e.org/two"]),
        (
            "PREFIX e: <http://e.org/> SELECT ?o FROM e:one FROM <http://e.org/two> { ?s ?p ?o } ORDER BY ?o",
            ["http://e.org/one", "http://e.org/two"],
        ),
        ("BASE <http://e.org/> SELECT ?o FROM NAMED <one> { GRAPH ?g { ?s ?p ?o } }", ["http://e.org/one"]),
    ],
)
def test_a_query_asks_the_default_graph_or_those_that_it_names(
    run: Run, store: str, query: str, values: list[str]
) -> None:
    rows = json.loads(run("query", "-q", query, "--store", store, "-f", "json").stdout)["rows"]
    assert [row["o"] for row in rows] == values


def test_a_graph_that_is_not_there_is_not_an_empty_one(run: Run, store: str) -> None:
    done = run("query", "-q", "SELECT * FROM <http://e.org/ones> { ?s ?p ?o }", "--store", store)
    assert done.returncode == 3 and "holds no graph <http://e.org/ones>" in done.stderr
    assert "Did you mean http://e.org/one" in done.stderr


@pytest.mark.parametrize("name", ["forums.rq", "forums.sparql", "forums.txt", "FORUMS", "forums.query"])
def test_a_file_with_a_query_is_found_by_its_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).write_text("\ufeffASK {\r\n ?s a cm:Forum }\r\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("query", name).stdout == "true\n"


def test_a_saved_question_goes_before_a_file_of_its_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "partners").write_text("ASK { ?s ?p ?o }")
    monkeypatch.chdir(tmp_path)
    assert run("query", "partners").stdout.startswith("partner,")
    assert run("query", "./partners").stdout == "true\n"


@pytest.mark.gate
@pytest.mark.parametrize(
    ("query", "place", "says", "hint"),
    [
        (
            "SELECT ?kind ?s (COUNT(?o) AS ?n) { ?s a ?kind ; ?p ?o } GROUP BY ?s",
            "1:8",
            "?kind is selected, but neither",
            "GROUP BY",
        ),
        ("SELECT ?s (?n + 1 AS ?m) { ?s ?p ?n } GROUP BY ?s", "1:12", "?n is selected, but neither", "SAMPLE(?n)"),
        ("SELECT (SUM(?n) AS ?m) ?p {\n ?s ?p ?n }", "1:24", "?p is selected, but neither", "GROUP BY"),
        (
            "SELECT * {\n { SELECT ?s (MAX(?o) AS ?m) { ?s ?p ?o } } }",
            "2:11",
            "?s is selected, but neither",
            "GROUP BY",
        ),
        ("SELECT ?s ?p ?s { ?s ?p ?o }", "1:14", "?s is selected twice", "another name"),
        ("SELECT (1 AS ?o) { ?s ?p ?o }", "1:14", "SELECT gives a value to ?o", "another name"),
        ("SELECT * { ?s ?p ?o BIND(?o + 1 AS ?o) }", "1:36", "BIND gives a value to ?o", "another name"),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", "1:34", "SELECT * cannot be used with GROUP BY", ""),
        ("SELECT * { ?s <open pit> ?o }", "1:15", "this is not an absolute IRI: <open pit>", "%20"),
        ("SELECT * { ?s <pit> ?o }", "1:15", "this is not an absolute IRI: <pit>", "BASE"),
        ("DELETE WHERE { ?s ?p ?o }", "1:1", "DELETE is an update", "cmgraph load"),
        ("SELECT * { ?s ?p 'open }", "1:18", "this string is never closed", "quotation mark"),
        (
            'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), "a(?!b)", "i")) }',
            "1:43",
            "the engine cannot read this pattern",
            "look-around",
        ),
        (
            r'SELECT (REPLACE("aa", "(a)\\1", "b") AS ?x) { }',
            "1:23",
            "the engine cannot read this pattern",
            "back-references",
        ),
    ],
)
def test_the_reason_is_the_engines_and_names_what_is_wrong(
    run: Run, query: str, place: str, says: str, hint: str
) -> None:
    done = run("query", "-q", query)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"cmgraph: query:{place}: {says}") and hint in done.stderr


@pytest.mark.parametrize(
    ("query", "form", "says"),
    [
        ("CONSTRUCT { ?s <e:p> ?o } { VALUES (?s ?o) { (<e:s> <<( <e:a> <e:b> <e:c> )>>) } }", "jsonld", "JSON-LD"),
        ("SELEKT ?s { ?s ?p ?o }", "csv", "this is not a query"),
        ("", "csv", "the query is empty"),
    ],
)
def test_what_cannot_be_answered_is_one_message(run: Run, query: str, form: str, says: str) -> None:
    done = run("query", "-", "-f", form, stdin=query)
    assert done.returncode == 2 and done.stdout == "" and says in done.stderr and "Traceback" not in done.stderr


def test_bytes_that_are_no_text_are_refused(bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="not UTF-8") as error:
        bundled_graph.query("ASK { ?s\n ?p '\udcff' }")
    assert error.value.where == "query:2:6"


def test_many_values_may_come_on_stdin(run: Run) -> None:
    values = " ".join(f"<http://e.org/{n}>" for n in range(50_000))
    done = run("query", "-", stdin=f"SELECT (COUNT(?x) AS ?n) {{ VALUES ?x {{ {values} }} }}")
    assert done.stdout == "n\n50000\n"


SLOW_RULE = """
CONSTRUCT { ?a cm:concernsBody ?i }
WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STR(?c) = CONCAT(STR(?f), STR(?i), "x")) }
"""


@pytest.mark.gate
@pytest.mark.parametrize(
    "command",
    [
        *(["stats"], ["search", "x"], ["show", "EU"], ["compare", "EU", "Japan"], ["timeline"], ["validate"]),
        *(
            ["reason", "EU"],
            ["network", "actors"],
            ["path", "EU", "Japan"],
            ["export", "out"],
            ["load", "--store", "out"],
        ),
        *(["visualise", "network", "-o", "out.svg"], ["queries", "show", "partners", "--values", "actor"]),
    ],
)
def test_the_time_of_a_command_ends_whatever_it_does(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed_page_folder: str, command: list[str]
) -> None:
    shutil.copytree(seed_page_folder, tmp_path / "data")
    shutil.copytree(ROOT / "queries/partners", tmp_path / "data/queries")
    (tmp_path / "data/ontology/rules/slow.rq").write_text(SLOW_RULE)
    monkeypatch.chdir(tmp_path)
    started = time.monotonic()
    done = run(*command, "--data", "data", "--timeout", "0.5", CMGRAPH_CACHE="")
    assert done.returncode == 5 and done.stdout == "" and time.monotonic() - started < 15
    assert "cmgraph: stopped after 0.5 s\n" in done.stderr and "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "out") == ["data"]


def test_memory_has_a_bound_whatever_a_command_does() -> None:
    narrow = "from cmgraph.cli import main, watchdog; watchdog.SHARE = 1e-9"
    script = f"import sys; {narrow}; sys.argv[1:] = ['stats']; main.main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 5 and done.stderr.startswith("cmgraph: stopped: it took more than")


@pytest.mark.gate
@pytest.mark.parametrize(
    ("full", "empty"),
    [
        (
            ["query", "partners", "-p", "actor=Chile"],
            ["query", "partners", "-p", "actor=Chile", "-p", "asOf=1200-01-01"],
        ),
        (["timeline", "Chile"], ["timeline", "Chile", "--as-of", "1200-01-01"]),
        (["network", "actors"], ["network", "actors", "--since", "2200"]),
    ],
)
def test_an_empty_answer_has_the_columns_of_a_full_one(run: Run, full: list[str], empty: list[str]) -> None:
    head, *_ = run(*full, "-f", "csv").stdout.splitlines()
    done = run(*empty, "-f", "csv")
    assert "_iri" in head and done.stdout.splitlines()[0] == head


@pytest.mark.parametrize("command", ["timeline", "show", "search"])
def test_an_empty_name_is_not_everything(run: Run, command: str) -> None:
    done = run(command, "")
    assert done.stdout == "" and done.returncode in (2, 3) and done.stderr.startswith("cmgraph: ")


@pytest.mark.gate
@pytest.mark.parametrize(
    "command",
    [
        ["show"],
        ["search"],
        ["timeline"],
        ["path", "Canada"],
        ["compare", "Canada"],
        ["visualise", "entity", "-o", "there/x.svg"],
        ["reason"],
        ["network", "actors", "--mineral"],
    ],
    ids=lambda command: command[0],
)
def test_a_name_in_another_encoding_is_refused_not_guessed(command: list[str], run: Run) -> None:
    done = run(*command, "a\udcff", PYTHONUTF8="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cmgraph: a\\udcff: this is not UTF-8\n  Write it in UTF-8.\n"


@pytest.mark.gate
@pytest.mark.parametrize(
    ("question", "parameters", "culprit"),
    [
        ("rank", ["place=Canada", "year=1900"], "year=1900"),
        ("dominant-places", ["percent=101"], "percent=101"),
        ("instruments-as-of", ["actor=Japan", "asOf=1850-01-01"], "asOf=1850-01-01"),
    ],
)
def test_an_empty_answer_says_which_value_nothing_matches(
    question: str, parameters: list[str], culprit: str, run: Run
) -> None:
    given = [part for parameter in parameters for part in ("-p", parameter)]
    done = run("query", question, *given, "-f", "csv")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stderr.startswith("empty: nothing") and f"; without {culprit}, " in done.stderr
    assert done.stderr.count("without") == 1
    french = run("query", question, *given, "-f", "csv", "--lang", "fr")
    assert french.stderr.startswith("vide : rien") and f"; sans {culprit}, " in french.stderr
    assert run("--quiet", "query", question, *given).stderr == ""


@pytest.mark.gate
def test_an_empty_answer_counts_no_rows_of_another_thing(run: Run) -> None:
    done = run("query", "members", "-p", "body=MSP", "-p", "asOf=1950-01-01")
    assert "; without asOf=1950-01-01, " in done.stderr and "without body" not in done.stderr
