"""Questions in plain words: the saved question found, its values, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import cmgraph
from cmgraph.asking.ask import LONGEST, suggest
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from conftest import ROOT, Run

ASKED = yaml.safe_load((ROOT / "tests/asking/asked.yaml").read_text(encoding="utf-8"))


def _same(graph: Graph, question: str, expected: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Say whether each value expected is given, by whatever name."""
    parameters = {p.name: p for p in graph.question(question).parameters}

    def term(name: str, value: object) -> object:
        many = value if isinstance(value, list) else [value]
        return [parameters[name].term(str(one), graph.names, graph.prefixes) for one in many]

    return all(name in values and term(name, value) == term(name, values[name]) for name, value in expected.items())


@pytest.mark.gate
def test_what_people_ask_is_found_in_the_first_three_and_mostly_first_with_its_values(bundled_graph: Graph) -> None:
    """Nine in ten, and three in four; whoever adds words to a question sees here what they move."""
    missed, not_first = [], []
    for asked in ASKED:
        fits = {name: values for fit in asked["fits"] for name, values in fit.items()}
        try:
            suggestions = suggest(bundled_graph, asked["text"])[:3]
        except UnknownName:
            suggestions = ()
        found = [one.question.name for one in suggestions]
        if bool(fits) != bool(found) or (fits and not fits.keys() & set(found)):
            missed.append(asked["text"])
        if fits and not (
            found and found[0] in fits and _same(bundled_graph, found[0], fits[found[0]], suggestions[0].values)
        ):
            not_first.append(asked["text"])
    assert len(missed) <= len(ASKED) / 10, missed
    assert len(not_first) <= len(ASKED) / 4, not_first


def test_a_clear_question_is_answered_and_the_command_gives_the_same(bundled_graph: Graph) -> None:
    asked = cmgraph.ask(bundled_graph, "Which agreements name graphite?")
    assert asked.suggestions[0].command == "cmgraph query by-mineral -p mineral=graphite"
    assert asked.answer is not None
    assert asked.answer.rows == bundled_graph.query("by-mineral", mineral="graphite").rows


@pytest.mark.parametrize("text", ["Canada", "lithium agreements of Japan", "agreements since 2022"])
def test_what_is_not_clear_or_would_leave_a_name_out_is_not_answered(text: str, bundled_graph: Graph) -> None:
    asked = cmgraph.ask(bundled_graph, text)
    assert asked.answer is None and len(asked.suggestions) == 3


def test_a_name_that_a_question_does_not_take_is_told(bundled_graph: Graph) -> None:
    suggestions = suggest(bundled_graph, "Which agreements name lithium and Japan?")
    first = next(one for one in suggestions if one.question.name == "by-mineral")
    assert first.unused == ("Japan",) and not first.is_whole


def test_a_default_that_nobody_asked_for_is_told_and_not_answered(bundled_graph: Graph) -> None:
    suggestions = suggest(bundled_graph, "Who are the partners?")
    partners = next(one for one in suggestions if one.question.name == "partners")
    assert partners.missing == ("actor",) and not partners.is_whole


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("agreements signed by Japan since 2022", {"from": "2022-01-01", "to": str(dt.date.today())}),
        ("accords signés par le Japon entre mars 2023 et 2024", {"from": "2023-03-01", "to": "2024-12-31"}),
        ("agreements signed by Japan in the second quarter of 2025", {"from": "2025-04-01", "to": "2025-06-30"}),
        ("agreements Japan had concluded as of 31 December 2021", {"asOf": "2021-12-31"}),
        ("accords conclus par le Japon au 1er février 2022", {"asOf": "2022-02-01"}),
        ("agreements signed by Japan before June 2020", {"from": "0001-01-01", "to": "2020-05-31"}),
    ],
)
def test_days_in_words_become_values(text: str, values: dict[str, str], bundled_graph: Graph) -> None:
    first = suggest(bundled_graph, text)[0]
    assert {name: first.values.get(name) for name in values} == values
    assert first.question.name == ("instruments-as-of" if "asOf" in values else "instruments-between")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("agreements Japan had concluded as of 31 April 2021", "2021-04-31"),
        ("accords signés entre le 30 février et mars 2024", "2024-02-30"),
    ],
)
def test_a_day_that_its_month_does_not_have_is_refused(text: str, day: str, bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match=f"{day}: there is no such day"):
        suggest(bundled_graph, text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("share of US imports from China", {"place": "United States", "partner": "China"}),
        ("how much comes from China in American imports", {"place": "United States", "partner": "China"}),
    ],
)
def test_the_word_before_a_name_says_which_parameter_takes_it(
    text: str, values: dict[str, str], bundled_graph: Graph
) -> None:
    first = suggest(bundled_graph, text)[0]
    assert first.question.name == "imports-from" and _same(bundled_graph, "imports-from", values, first.values)


@pytest.mark.parametrize(
    ("text", "name", "parameter"),
    [
        ("Who lists rare earths?", "rare earth elements", "mineral"),
        ("Who does the Japanese government have agremeents with?", "Japan", "actor"),
        ("membres du G7", "Group of Seven", "body"),
        ("What has Webequie said?", "Webequie First Nation", "nation"),
        ("tell me about Kazakstan", "Kazakhstan", "country"),
        ("agreements about recylcing", "recycling and circularity", "theme"),
        ("who has signed the Pax Silica Declaraton", "Pax Silica Declaration", "arrangement"),
        ("what depends on CETA", "EU-Canada Comprehensive Economic and Trade Agreement (CETA)", "instrument"),
        ("members of the U.S.-led Minerals Security Partnership", "Minerals Security Partnership", "body"),
    ],
)
def test_names_are_found_by_adjective_acronym_part_and_in_spite_of_a_slip(
    text: str, name: str, parameter: str, bundled_graph: Graph
) -> None:
    suggestions = suggest(bundled_graph, text)[:3]
    assert any(
        parameter in one.values and _same(bundled_graph, one.question.name, {parameter: name}, one.values)
        for one in suggestions
    )


def test_what_nothing_here_can_answer_says_why_and_names_the_nearest(bundled_graph: Graph) -> None:
    with pytest.raises(UnknownName) as error:
        cmgraph.ask(bundled_graph, "What is the price of nickel?")
    assert "prices and markets are not in this graph" in error.value.what and "by-mineral" in error.value.hint
    with pytest.raises(UnknownName, match="no saved question asks this"):
        cmgraph.ask(bundled_graph, "how do I bake bread")


@pytest.mark.parametrize(
    "text", ["Should I buy lithium stocks?", "Do many people work at the Crawford mine?", "qui va gagner à Ottawa?"]
)
def test_a_phrase_of_what_nothing_answers_is_enough_whatever_it_names(text: str, bundled_graph: Graph) -> None:
    with pytest.raises(UnknownName, match="no saved question asks this: "):
        suggest(bundled_graph, text)


def test_a_phrase_made_of_words_that_say_nothing_by_themselves_finds_its_question(bundled_graph: Graph) -> None:
    first = suggest(bundled_graph, "What has Australia done since May 2025?")[0]
    assert first.command == "cmgraph query since -p actor=Australia -p since=2025-05-01"


@pytest.mark.parametrize("text", ["", "  \t\n", "?!", "\x00\x1b"])
def test_a_text_without_words_is_refused(text: str, bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="no question"):
        cmgraph.ask(bundled_graph, text)


def test_a_text_too_long_is_refused(bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match=f"at most {LONGEST} characters"):
        cmgraph.ask(bundled_graph, "who lists graphite " * 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s WHERE { ?s ?p ?o } # who lists graphite",
        'graphite" OR texts MATCH "x',
        "graphite } DELETE WHERE { ?s ?p ?o }",
        "gra\x1b[31mphite who lists \x00 graphite",
        "who lists graphite NEAR(a b) * ^ :",
        "lists " * 150,
    ],
)
def test_what_is_written_to_do_harm_is_only_words(text: str, bundled_graph: Graph) -> None:
    before = len(bundled_graph.query("who-lists", mineral="graphite"))
    try:
        suggestions = suggest(bundled_graph, text)
    except UnknownName:
        suggestions = ()
    assert all("\x1b" not in one.command and "{" not in one.command for one in suggestions)
    assert len(bundled_graph.query("who-lists", mineral="graphite")) == before


@pytest.mark.gate
def test_a_question_that_a_folder_adds_is_found_by_the_words_of_its_head(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/tunnels.rq").write_text(
        """#+ title: { en: Tunnels, fr: Tunnels }
#+ question: { en: "Which tunnels lead to a body?", fr: "Quels tunnels mènent à un organisme?" }
#+ keywords: { en: "burrow, underground passage", fr: "souterrain, passage" }
#+ parameters:
#+   - { name: body, type: entity, of: cm:Agent, label: { en: the body, fr: l'organisme } }
#+ also: { body: "Japan" }
SELECT ?body { VALUES ?body { agent:group-of-seven } ?body a cm:Agent } ORDER BY ?body
""",
        encoding="utf-8",
    )
    graph = cmgraph.load(tmp_path)
    assert suggest(graph, "underground passages of the G7")[0].command == "cmgraph query tunnels -p body=G7"
    assert suggest(graph, "souterrains du Japon")[0].question.name == "tunnels"


@pytest.mark.gate
def test_the_command_answers_shows_or_says_that_nothing_fits(run: Run) -> None:
    done = run("ask", "Who", "lists", "graphite?", "-f", "csv")
    assert (
        done.returncode == 0 and done.stdout == run("query", "who-lists", "-p", "mineral=graphite", "-f", "csv").stdout
    )
    assert "cmgraph query who-lists -p mineral=graphite" in done.stderr
    unclear = run("ask", "Canada", "-f", "table")
    assert unclear.returncode == 1 and unclear.stdout.count("cmgraph query") == 3
    assert "not clear" in unclear.stderr
    nothing = run("ask", "how do I bake bread")
    assert (nothing.returncode, nothing.stdout) == (3, "") and "no saved question asks this" in nothing.stderr
    assert run("ask", "").returncode == 2


@pytest.mark.gate
def test_the_command_gives_json_and_speaks_french(run: Run) -> None:
    done = run("ask", "Qui inscrit le graphite?", "-f", "json", "--lang", "fr")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["suggestions"][0]["question"] == "who-lists"
    assert told["suggestions"][0]["title"] == "Qui inscrit un minéral"
    assert told["suggestions"][0]["parameters"] == {"mineral": "graphite"}
    assert told["answer"]["rows"]
    unclear = run("ask", "Canada", "-f", "json")
    assert unclear.returncode == 1 and json.loads(unclear.stdout)["answer"] is None
    assert "aucune question" in run("ask", "le prix du nickel", "--lang", "fr").stderr


@pytest.mark.gate
def test_the_words_of_a_question_are_shown_with_it(run: Run) -> None:
    assert "HS code" in run("queries", "show", "codes").stdout
    assert "code SH" in run("queries", "show", "codes", "--lang", "fr").stdout


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "Which minerals are on the lists of Canada, Japan and Korea?",
            "cmgraph query on-all-lists -p issuer=Canada -p issuer=Japan -p issuer=Korea",
        ),
        (
            "quels minéraux sont sur les listes du Canada, de l'Australie et de l'Inde?",
            "cmgraph query on-all-lists -p issuer=Canada -p issuer=Australie -p issuer=Inde",
        ),
        ("bilateral partners of Chile", "cmgraph query partners -p actor=Chile -p bilateral=yes"),
    ],
)
def test_several_names_and_words_of_a_choice_fill_one_parameter(text: str, command: str, bundled_graph: Graph) -> None:
    assert command in {one.command for one in suggest(bundled_graph, text)[:2]}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("ententes conclues par les États-Unis entre janvier et mars 2026", "2026-01-01", "2026-03-31"),
        ("agreements signed by Japan between 5 and 7 May 2024", "2024-05-05", "2024-05-07"),
        ("agreements signed by Japan from December to January 2026", "2025-12-01", "2026-01-31"),
        ("agreements signed by Japan between 3 March and 2 April 2025", "2025-03-03", "2025-04-02"),
    ],
)
def test_a_month_takes_its_year_from_what_it_is_joined_to(
    bundled_graph: Graph, text: str, first: str, last: str
) -> None:
    values = next(one.values for one in suggest(bundled_graph, text) if one.question.name == "instruments-between")
    assert (values["from"], values["to"]) == (first, last)
