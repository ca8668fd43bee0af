"""Saved questions: the same expected rows on two engines, parameters bound as terms, a uniform head."""

from __future__ import annotations

import csv
import dataclasses
import io
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode

import cmgraph
from cmgraph.answers.result import Result, build
from cmgraph.graph import Graph
from cmgraph.questions.lint import lint
from cmgraph.questions.question import Question
from cmgraph.rdf.terms import Term
from cmgraph.store.base import Solutions
from cmgraph.store.local import LocalStore
from conftest import FINDS_FAULTS, ROOT, Run
from stop_list import words_of_the_model

PATHS = sorted((ROOT / "queries").rglob("*.rq"))
each_question = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def written(result: Result, graph: Graph) -> str:
    """Write an answer with CURIEs and plain values, one line per row, citations last."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*result.columns, "citations"])
    for row in result.rows:
        cells = [
            graph.prefixes.shorten(t.value) if isinstance(t, NamedNode) else t.value if t else "" for t in row.terms
        ]
        cited = [graph.prefixes.shorten(result.citations[n - 1].iri) for n in row.citations]
        writer.writerow([*cells, " ".join(sorted(cited))])
    return out.getvalue()


Answers: TypeAlias = Callable[[Question, bool], Result]


@pytest.fixture(scope="module")
def answers(bundled_graph: Graph) -> Answers:
    """Return what answers a question, asked once however many tests look at it: as it is, or with its other values."""

    @cache
    def answer(name: str, other: bool) -> Result:
        question = bundled_graph.question(name)
        return bundled_graph.query(question, **(question.also if other else {}))

    return lambda question, other: answer(question.name, other)


def on_rdflib(question: Question, graph: Graph) -> Result:
    """Answer with rdflib's own engine."""

    def term(node: object) -> Term | None:
        if isinstance(node, rdflib.Literal):
            datatype = NamedNode(str(node.datatype)) if node.datatype else None
            return (
                Literal(str(node), language=node.language) if node.language else Literal(str(node), datatype=datatype)
            )
        return NamedNode(str(node)) if isinstance(node, rdflib.URIRef) else None

    answer = graph.rdflib.query(question.text)
    variables = tuple(str(v) for v in answer.vars or ())
    solutions: Solutions = (variables, [tuple(term(cell) for cell in row) for row in answer])
    return build(solutions, graph.store, graph.names, question.citation)


@each_question
def test_the_answer_is_the_expected_one(
    path: Path, bundled_graph: Graph, answers: Answers, request: pytest.FixtureRequest
) -> None:
    question = bundled_graph.question(path.stem)
    expected = path.with_suffix(".expected.csv")
    answer = written(answers(question, False), bundled_graph)
    if request.config.getoption("--accept"):
        expected.write_text(answer, encoding="utf-8")
    assert answer == expected.read_text(encoding="utf-8")


@each_question
def test_with_other_values_the_answer_is_the_expected_one(
    path: Path, bundled_graph: Graph, answers: Answers, request: pytest.FixtureRequest
) -> None:
    question = bundled_graph.question(path.stem)
    if not question.also:
        assert not question.parameters
        return
    expected = path.with_suffix(".also.csv")
    result = answers(question, True)
    assert len(result) > 0
    answer = written(result, bundled_graph)
    if request.config.getoption("--accept"):
        expected.write_text(answer, encoding="utf-8")
    assert answer == expected.read_text(encoding="utf-8")


@each_question
def test_an_answer_has_the_same_columns_whatever_its_rows(path: Path, bundled_graph: Graph, answers: Answers) -> None:
    question = bundled_graph.question(path.stem)
    for other in (False, True):
        answer = answers(question, other)
        header, empty = (next(one.to_records()) for one in (answer, answer.filter(lambda _: False)))
        assert header == empty
        assert ("citations" in header) == (question.citation != "none")


@pytest.mark.thorough
@each_question
def test_rdflib_answers_the_same_with_either_values(
    path: Path, bundled_graph: Graph, request: pytest.FixtureRequest
) -> None:
    question = bundled_graph.question(path.stem)
    if question.name == "on-all-lists":
        reason = "rdflib lets what is bound outside into the counts of an OPTIONAL, and so rolls up no group"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    if question.name == "country-profile":
        pytest.xfail("rdflib multiplies all figures with each other before it looks at the country, and takes minutes")
    for values in ({}, question.also):
        bound = dataclasses.replace(question, text=question.bind(values, bundled_graph.names, bundled_graph.prefixes))
        assert written(on_rdflib(bound, bundled_graph), bundled_graph) == written(
            bundled_graph.query(question, **values), bundled_graph
        )


@each_question
def test_a_saved_question_keeps_to_every_rule_and_its_default_answers(
    path: Path, bundled_graph: Graph, answers: Answers
) -> None:
    assert lint(path) == ()
    assert len(answers(bundled_graph.question(path.stem), False)) > 0 or path.stem in FINDS_FAULTS, (
        "a default that answers nothing is no use"
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/fixtures/bad-questions").glob("*.rq")), ids=lambda path: path.stem
)
def test_each_rule_fires_on_its_question(path: Path) -> None:
    assert [fault.rule for fault in lint(path)] == ([] if path.stem == "good" else [path.stem])


def test_the_linter_says_file_rule_and_remedy(run: Run) -> None:
    bad = ROOT / "tests/fixtures/bad-questions/order.rq"
    done = run("queries", "lint", str(bad))
    assert (done.returncode, done.stdout) == (
        1,
        f"{bad}: order: end with ORDER BY: engines order rows as they like.\n",
    )
    assert run("queries", "lint", str(ROOT / "tests/fixtures/bad-questions/good.rq")).returncode == 0


@pytest.mark.gate
def test_parameters_offer_their_values(bundled_graph: Graph, run: Run) -> None:
    assert "Nunavut" in bundled_graph.candidates(bundled_graph.question("projects"))["place"]
    shown = run("queries", "show", "projects").stdout
    assert re.search(r"\d+ values: .*alumina", shown)
    assert "Nunavut" in run("queries", "show", "projects", "--values", "place", "--lang", "fr").stdout.splitlines()
    wrong = run("queries", "show", "projects", "--values", "plaec")
    assert wrong.returncode == 3 and "Did you mean place" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "at", "proposed"),
    [
        ("cmgraph query partn", 2, "partners"),
        ("cmgraph query partners -p a", 4, "actor="),
        ("cmgraph query who-lists -p mineral=lith", 4, "mineral=lithium"),
    ],
)
def test_a_shell_completes_questions_parameters_and_values(words: str, at: int, proposed: str, run: Run) -> None:
    done = run(_CMGRAPH_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(at))
    assert f"plain,{proposed}" in done.stdout.splitlines()


@pytest.mark.gate
def test_the_catalogue_is_linked_data_whose_queries_run(bundled_graph: Graph, run: Run, tmp_path: Path) -> None:
    assert run("queries", "export", str(tmp_path / "out")).returncode == 0
    catalogue = rdflib.Graph().parse(tmp_path / "out/catalogue.ttl")
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    runs = set(catalogue.subjects(rdflib.RDF.type, sh.SPARQLSelectExecutable))
    assert len(runs) == len(PATHS) + sum(bool(q.also) for q in bundled_graph.questions.values())
    partners = rdflib.URIRef(bundled_graph.prefixes["query"] + "partners")
    text = str(catalogue.value(partners, sh.select))
    assert len(bundled_graph.query(text)) >= len(bundled_graph.query("partners"))
    assert len(bundled_graph.query(str(catalogue.value(partners + "/example", sh.select)))) > 0
    assert {label.language for label in catalogue.objects(partners, rdflib.RDFS.label)} == {"en", "fr-t-en"}
    page = (tmp_path / "out/questions.md").read_text(encoding="utf-8")
    assert all(f"`cmgraph query {path.stem}`" in page for path in PATHS)
    assert (tmp_path / "out/queries/partners.rq").read_text() == bundled_graph.question("partners").text


@each_question
def test_every_row_is_cited_unless_it_counts(path: Path, bundled_graph: Graph, answers: Answers) -> None:
    question = bundled_graph.question(path.stem)
    assert all(row.citations for row in answers(question, False)) or question.citation == "none"


def test_names_in_either_language_codes_and_iris_mean_the_same(bundled_graph: Graph) -> None:
    iri = "https://w3id.org/cmgraph/id/agent/government-of-japan"
    answers = [
        bundled_graph.query("partners", actor=name)
        for name in ("Japan", "japon", "agent:government-of-japan", iri, f"<{iri}>", "GOVERNMENT OF JAPAN")
    ]
    assert len({written(answer, bundled_graph) for answer in answers}) == 1
    assert "Government of Canada" in {str(row[0]) for row in answers[0]}


def test_several_values_and_any(bundled_graph: Graph) -> None:
    both = bundled_graph.query("duties", role=["issuer", "secretariat"])
    assert {str(row[0]) for row in both} == {"issuer", "secretariat"}
    assert len(bundled_graph.query("duties", role="any")) == len(bundled_graph.query("duties"))


def test_values_are_terms_and_never_text(bundled_graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "echo.rq"
    path.write_text(
        '#+ parameters:\n#+   - { name: text, type: text }\nSELECT ?text WHERE { VALUES ?text { "" } } ORDER BY ?text\n'
    )
    for hostile in (
        '" } UNION { ?s ?p ?o } #',
        "a\\",
        "'''",
        "line\nbreak",
        "} VALUES ?x {",
        "\\1 \\g<0>",
        "?text",
    ):
        assert [row[0] for row in bundled_graph.query(path, text=hostile)] == [hostile]


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"actr": "Canada"}, "no parameter 'actr'", "actor"),
        ({"actor": "Cannada"}, "unknown actor", "Canada"),
        ({"actor": "theme:defence"}, "no actor with this IRI", "another kind"),
        ({"actor": "agnt:x"}, "unknown prefix 'agnt:'", "agent"),
        ({"actor": "http://bad iri"}, "IRI", ""),
    ],
)
def test_a_wrong_value_says_what_to_do(bundled_graph: Graph, given: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(cmgraph.UnknownName) as error:
        bundled_graph.query("partners", **given)
    assert message in str(error.value) and hint in error.value.hint


@pytest.mark.parametrize(
    ("question", "parameter", "values"),
    [
        ("forums-of", "asOf", ("", "2020", "2020-13-01", "yesterday")),
        ("figures", "year", ("", "2.5", "soon", "9" * 30)),
        ("figures", "mineral", ("", "lithum", "agent:government-of-japan")),
        ("common-partners", "third", ("", "Nowhere", "theme:defence", "http://bad iri", "complete")),
        ("partners", "through", ("", "ships", "agreement s")),
        ("partners", "bilateral", ("", "maybe")),
    ],
)
def test_a_bad_value_of_any_kind_names_the_parameter(
    question: str, parameter: str, values: tuple[str, ...], bundled_graph: Graph
) -> None:
    for value in values:
        with pytest.raises(cmgraph.CmgraphError) as error:
            bundled_graph.query(question, **{parameter: value})
        assert (error.value.parameter, error.value.where) == (parameter, f"{parameter}={value}")
        assert error.value.hint


@pytest.mark.gate
def test_any_is_none_of_the_choices_that_a_question_gives(bundled_graph: Graph) -> None:
    choices = [(q.name, p) for q in bundled_graph.questions.values() for p in q.parameters if p.choices]
    assert len(choices) >= 6
    for name, parameter in choices:
        every = {row.terms for row in bundled_graph.query(name, **{parameter.name: "any"})}
        for choice in parameter.choices:
            assert {row.terms for row in bundled_graph.query(name, **{parameter.name: choice})} != every, (name, choice)


def test_an_ambiguous_name_lists_its_meanings(bundled_graph: Graph) -> None:
    with pytest.raises(cmgraph.UnknownName, match="is ambiguous") as error:
        bundled_graph.entity("complete")
    assert all(f"{scheme}:complete" in error.value.hint for scheme in ("list-coverage", "membership-coverage"))


@pytest.mark.parametrize(("lang", "says"), [("en", "could also be"), ("fr", "pourrait aussi être")])
def test_a_name_that_others_begin_with_is_taken_for_what_the_question_says_most_of(
    lang: str, says: str, run: Run
) -> None:
    done = run("query", "statements-by-nation", "-p", "nation=Tahltan", "--lang", lang)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0
    assert {row["nation"] for row in rows} == {"Tahltan Nation"}
    assert {row["about"] for row in rows if row["through"] == "Tahltan Central Government"} >= {"Galore Creek"}
    others = ("tahltan", "tahltan-central-government")
    assert says in done.stderr and all(f"(agent:{one})" in done.stderr for one in others)


def test_a_name_means_what_has_it_while_the_question_has_more_to_say_of_nothing_else(run: Run) -> None:
    """The register has names of the entry itself, and none of the others."""
    done = run("query", "names-of-a-nation", "-p", "nation=Tahltan")
    assert {row["nation"] for row in csv.DictReader(io.StringIO(done.stdout))} == {"Tahltan"}
    assert "'Tahltan' is taken for Tahltan;" in done.stderr


@pytest.mark.gate
@pytest.mark.parametrize("value", ["agent:tahltan", "Tahltan Nation", "Colombie", "Canada"])
def test_nothing_else_is_meant_by_a_whole_name_a_short_form_or_a_word_within_a_name(value: str, run: Run) -> None:
    assert "is taken for" not in run("query", "statements-by-nation", "-p", f"nation={value}").stderr


def test_as_of_reaches_questions_that_ask_for_a_day() -> None:
    before, after = (cmgraph.load(as_of=day).query("dated-by") for day in ("2020-01-08", "2020-01-09"))
    assert {str(row[0]) for row in after} - {str(row[0]) for row in before} == {
        "Canada-U.S. Joint Action Plan on Critical Minerals"
    }
    with pytest.raises(cmgraph.CmgraphError, match="not a day"):
        cmgraph.load(as_of="last week")


@pytest.mark.thorough
def test_every_question_answers_in_french_and_at_a_day_if_it_asks_for_one(bundled_graph: Graph) -> None:
    french = cmgraph.load(lang="fr")
    early = cmgraph.load(as_of="1850-01-01")
    for name, question in bundled_graph.questions.items():
        answer = french.query(name)
        assert answer.headings == tuple(column.label["fr-t-en"] for column in question.columns), name
        english = bundled_graph.query(name)
        assert len(answer) == len(english), name
        for one in (english, answer):
            assert words_of_the_model("\n".join((one.title, one.note, *one.headings))) == [], name
            cells = "\n".join(str(value) for row in one.rows for value in row)
            assert [words for words in words_of_the_model(cells) if ":" in words] == [], (
                name
            )  # a title has its own words
        if question.time == "as-of":
            asked = {key: value for key, value in question.also.items() if key != "asOf"}
            always = "any" if question.defaults()["asOf"] == "UNDEF" else "2100-01-01"
            then = {row.terms for row in early.query(name, **asked)}
            ever = {row.terms for row in bundled_graph.query(name, **asked, asOf=always)}
            assert then < ever, name


@pytest.mark.thorough
def test_no_answer_depends_on_the_order_in_which_a_graph_was_read(bundled_graph: Graph) -> None:
    assert isinstance(bundled_graph.store, LocalStore)
    triples = [quad.triple for quad in bundled_graph.store.engine]
    random.Random(7).shuffle(triples)
    read_otherwise = Graph(bundled_graph.folders, bundled_graph.ontology, LocalStore(triples), None)
    for name in bundled_graph.questions:
        answer, other = bundled_graph.query(name), read_otherwise.query(name)
        assert [row.terms for row in answer.rows] == [row.terms for row in other.rows], name


def test_a_broken_head_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.rq"
    path.write_text("#+ title:\n#+   en: [\nSELECT ?s { ?s ?p ?o }\n")
    with pytest.raises(cmgraph.CmgraphError, match="not valid YAML") as error:
        Question.read(path)
    assert error.value.where.startswith(f"{path}:")


def test_the_example_in_the_guide_works(tmp_path: Path) -> None:
    guide = (ROOT / "docs/write-a-question.md").read_text(encoding="utf-8")
    (tmp_path / "queries").mkdir()
    path = tmp_path / "queries/within.rq"
    path.write_text(guide.partition("```sparql\n")[2].partition("```")[0], encoding="utf-8")
    assert lint(path) == ()
    graph = cmgraph.load(tmp_path)
    assert len(graph.query("within")) > 0 and len(graph.query("within", **graph.question("within").also)) > 0
