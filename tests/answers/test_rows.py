"""Rows are what SPARQL says, and values stay what they are in every written form."""

from __future__ import annotations

import html
import json
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest

import cmgraph
from cmgraph.answers.dossier import entity_text
from cmgraph.answers.render import render
from cmgraph.answers.result import Result
from cmgraph.cli.query import ROW_FORMATS
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.questions.question import Question
from cmgraph.text.cells import as_text
from cmgraph.text.templating import linked

XSD = "http://www.w3.org/2001/XMLSchema#"


def test_equal_rows_stay_and_add_up(bundled_graph: Graph) -> None:
    pattern = "{ ?commitment a cm:FundingCommitment ; cm:value ?amount }"
    amounts = [row[0] for row in bundled_graph.query(f"SELECT ?amount {pattern}")]
    counted, total = bundled_graph.query(f"SELECT (COUNT(?amount) AS ?n) (SUM(?amount) AS ?sum) {pattern}").rows[0]
    assert len(amounts) == counted > len(set(amounts)) and sum(amounts) == total  # type: ignore[arg-type]


def test_a_saved_question_without_a_citation_column_keeps_equal_rows(bundled_graph: Graph) -> None:
    answer = bundled_graph.query(bundled_graph.question("partners"), actor="Japan")
    assert len({row.terms for row in answer}) == len(answer) and any(len(row.citations) > 1 for row in answer)


def test_citations_alone_are_rows_and_beside_others_are_told_by_number(bundled_graph: Graph) -> None:
    cited = "{ ?body a cm:Forum ; cm:hasCitation ?citation }"
    alone = bundled_graph.query(f"SELECT ?citation {cited}")
    beside = bundled_graph.query(f"SELECT ?body ?citation {cited}")
    assert alone.columns == ("citation",) and not alone.citations and len(alone) == len(beside)
    assert beside.columns == ("body",) and all(len(row.citations) == 1 for row in beside)
    both = bundled_graph.query(f"SELECT ?citation (?citation AS ?again) {cited}")
    assert both.columns == ("citation", "again") and len(both) == len(alone)


def test_a_column_named_as_ours_loses_nothing(bundled_graph: Graph) -> None:
    answer = bundled_graph.query(
        "SELECT ?citations ?c { ?s a cm:Forum ; cm:hasCitation ?c BIND(7 AS ?citations) } LIMIT 2"
    )
    assert [row["citations"] for row in json.loads(render(answer, "json"))["rows"]] == [7, 7]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (f'"INF"^^<{XSD}double>', math.inf),
        (f'"-INF"^^<{XSD}float>', -math.inf),
        (f'"1.5E3"^^<{XSD}double>', 1500.0),
        (f'"1_000"^^<{XSD}integer>', "1_000"),
        (f'"١٢"^^<{XSD}integer>', "١٢"),
        (f'"1e3"^^<{XSD}decimal>', "1e3"),
        (f'"maybe"^^<{XSD}boolean>', "maybe"),
        (f'"1"^^<{XSD}boolean>', True),
        (f'"20200109"^^<{XSD}date>', "20200109"),
        (f'"2020-02-30"^^<{XSD}date>', "2020-02-30"),
        (f'"2020-01-09Z"^^<{XSD}date>', "2020-01-09Z"),
        ("<<( <e:a> <e:b> 'c' )>>", '<e:a> <e:b> "c"'),
    ],
)
def test_a_value_is_what_its_datatype_says_or_text(bundled_graph: Graph, written: str, value: object) -> None:
    answer = bundled_graph.query(f"SELECT ?x {{ VALUES ?x {{ {written} }} }}")
    assert answer.rows[0][0] == value and type(answer.rows[0][0]) is type(value)
    for form in ROW_FORMATS:
        assert render(answer, form)


def test_json_is_json_and_loses_no_digit(bundled_graph: Graph) -> None:
    numbers = ["'NaN'^^xsd:double", "'INF'^^xsd:double", "12345678901234567890.123", "0.1", "5"]
    prefix = f"PREFIX xsd: <{XSD}>"
    answer = bundled_graph.query(f"{prefix} SELECT ?x {{ VALUES ?x {{ {' '.join(numbers)} }} }}")

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    rows = json.loads(render(answer, "json"), parse_constant=refused)["rows"]
    assert [row["x"] for row in rows] == ["NaN", "INF", "12345678901234567890.123", 0.1, 5]
    assert render(answer, "csv").split() == ["x", "NaN", "INF", "12345678901234567890.123", "0.1", "5"]


def test_a_triple_term_has_no_node_of_rdflib(bundled_graph: Graph) -> None:
    with pytest.raises(CmgraphError, match="rdflib does not know triple terms"):
        _ = bundled_graph.query("SELECT ?x { VALUES ?x { <<( <e:a> <e:b> <e:c> )>> } }").terms


def broken(answer: Result, lang: str) -> set[str]:
    """Return what does not fit a terminal of 80 columns: words that are not whole in the table, and long lines."""
    table = render(answer, "table", lang, 80)
    words = {word for row in answer.folded().rows for value in row.values for word in as_text(value, lang).split()}
    lines = table.partition("\n[1] ")[0].splitlines()
    return {word for word in words if len(word) < 40 and word not in table} | {line for line in lines if len(line) > 80}


@pytest.mark.parametrize("question", ["partners", "backers", "concentration", "rank", "owners", "members", "figures"])
def test_a_table_breaks_no_word_at_80_columns(question: str, bundled_graph: Graph) -> None:
    assert broken(bundled_graph.with_language("fr").query(question), "fr") == set()


@pytest.mark.gate
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_saved_question_is_answered_within_80_columns(lang: str, bundled_graph: Graph) -> None:
    graph = bundled_graph.with_language(lang)
    assert {name: found for name in graph.questions if (found := broken(graph.query(name), lang))} == {}


@pytest.mark.parametrize("width", [1, 7, 20])
def test_a_table_keeps_its_letters_on_the_narrowest_terminal(bundled_graph: Graph, width: int) -> None:
    answer = bundled_graph.query("SELECT ?word { VALUES ?word { 'praseodymium' } }")
    assert "praseodymium" in render(answer, "table", width=width)


def test_a_partner_is_one_line_to_read_with_its_agreements_and_dates_and_a_row_each_in_csv(
    bundled_graph: Graph,
) -> None:
    answer = bundled_graph.query("partners", actor="Chile", through="agreements")
    canada = [row for row in answer.to_dicts() if str(row["partner"]) == "Government of Canada"]
    assert len(canada) > 1 and [str(row["date"]) for row in canada] == sorted(
        (str(row["date"]) for row in canada), reverse=True
    )
    (line,) = [line for line in render(answer, "md").splitlines() if line.startswith("| Government of Canada |")]
    assert all(f"{row['via']} ({row['date']})" in line for row in canada)
    assert all(f"[^{n}]" in line for row in answer.rows if str(row[0]) == "Government of Canada" for n in row.citations)
    assert render(answer, "csv").count("\n") == len(answer) + 1


@pytest.mark.parametrize("form", ["table", "csv", "json", "md", "html"])
def test_every_form_tells_publisher_title_date_and_tier_and_what_is_a_copy(form: str, bundled_graph: Graph) -> None:
    answer = bundled_graph.query("partners", actor="Canada", through="agreements")
    tiers = {str(c.tier): c for c in answer.citations}
    assert {"official", "weak mirror or digest", "repost of an official text"} <= tiers.keys()
    written = html.unescape(answer._repr_html_()) if form == "html" else render(answer, form, width=200)
    written = written.replace("\\", "").replace('""', '"')
    assert all(c.copy.startswith("copy at ") for t, c in tiers.items() if t == "repost of an official text")
    assert all("original not seen" in c.copy for t, c in tiers.items() if "repost" in t or "weak" in t)
    for tier, citation in tiers.items():
        assert all(part in written for part in (citation.publisher, citation.issued, tier, citation.copy))


@pytest.mark.parametrize("form", ["table", "csv", "json", "md", "html"])
def test_a_source_on_which_no_date_was_seen_says_so_in_every_form(form: str, bundled_graph: Graph) -> None:
    answer = bundled_graph.query("partners", actor="Canada", through="agreements")
    undated = [c for c in answer.citations if c.undated]
    assert undated and len(undated) < len(answer.citations)
    assert all(bool(c.issued) != bool(c.undated) for c in answer.citations)
    written = html.unescape(answer._repr_html_()) if form == "html" else render(answer, form, width=200)
    if form == "json":
        assert sum(source["undated"] for source in json.loads(written)["sources"]) == len(undated)
    else:
        assert "(n.d.)" in written


def test_a_source_on_which_no_date_was_seen_says_so_in_french() -> None:
    answer = cmgraph.load(lang="fr").query("partners", actor="Canada", through="agreements")
    assert "(s.d.)" in render(answer, "md", lang="fr")


def test_an_official_source_comes_before_others(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("partners", actor="Canada", through="agreements")
    first = next(row for row in answer.rows if len({str(answer.citations[n - 1].tier) for n in row.citations}) > 1)
    rank = ["official", "repost of an official text"]
    tiers = [str(answer.citations[n - 1].tier) for n in first.citations]
    assert tiers == sorted(tiers, key=lambda tier: rank.index(tier) if tier in rank else 9 if "weak" in tier else 5)


AMOUNTS = """
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?sum ?count ?share ?small ?year ?code ?note {
  VALUES (?sum ?count ?share ?small ?year ?code ?note) {
    (44000000.5 1364 0.12 -12500 "2024"^^xsd:gYear "280519" "44000000 CAD, as printed")
  }
}
"""


@pytest.fixture
def amounts(bundled_graph: Graph, tmp_path: Path) -> Path:
    """Save a question whose answer has amounts, a year and a code."""
    path = tmp_path / "amounts.rq"
    names = ("sum", "count", "share", "small", "year", "code", "note")
    columns = "".join(f"#+   - {{ name: {name} }}\n" for name in names)
    path.write_text(f"#+ columns:\n{columns}{AMOUNTS}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lang", "written"),
    [
        ("en", ["44,000,000.5", "1,364", "0.12", "-12,500", "2024", "280519", "44000000 CAD, as printed"]),
        (
            "fr",
            ["44\xa0000\xa0000,5", "1\xa0364", "0,12", "-12\xa0500", "2024", "280519", "44000000 CAD, as printed"],
        ),
    ],
)
def test_amounts_are_written_as_the_language_has_them_and_years_codes_and_texts_as_they_are(
    lang: str, written: list[str], amounts: Path, bundled_graph: Graph
) -> None:
    answer = bundled_graph.with_language(lang).query(Question.read(amounts))
    for width in (80, 40):
        table = render(answer, "table", lang, width)
        assert not [text for text in written[:6] if text not in table], width
    markdown = render(answer, "md", lang).splitlines()[2]
    assert [cell.strip() for cell in markdown.strip("|").split(" | ")] == written
    assert re.findall("<td>(.+?)</td>", answer._repr_html_()) == written


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_programs_get_amounts_without_separators(lang: str, amounts: Path, bundled_graph: Graph) -> None:
    answer = bundled_graph.with_language(lang).query(Question.read(amounts))
    for form in ("csv", "csv-excel", "tsv"):
        assert re.split("[,\t]", render(answer, form, lang).splitlines()[1])[:5] == [
            *("44000000.5", "1364", "0.12", "-12500", "2024"),
        ]
    row = json.loads(render(answer, "json", lang))["rows"][0]
    assert (row["sum"], row["count"], row["year"]) == (44000000.5, 1364, "2024")


def test_numbers_that_somebody_asks_for_in_sparql_are_as_they_are_for_one_may_be_a_year(bundled_graph: Graph) -> None:
    answer = bundled_graph.query(
        'SELECT (YEAR("2024-01-02T00:00:00"^^<' + XSD + "dateTime>) AS ?year) (44000 AS ?n) {}"
    )
    assert {"2024", "44000"} <= set(render(answer, "table", "en").split())


@pytest.mark.parametrize(("lang", "written"), [("en", "up to 7,500,000"), ("fr", "jusqu'à 7\xa0500\xa0000")])
def test_a_statement_in_words_has_amounts_as_the_language_has_them(
    lang: str, written: str, bundled_graph: Graph
) -> None:
    graph = bundled_graph.with_language(lang)
    entity = graph.entity("NICO")
    assert written in entity_text(entity, lang, whole=True)


@pytest.mark.parametrize(("lang", "written"), [("en", "7,500,000"), ("fr", "7\xa0500\xa0000")])
def test_a_page_has_amounts_as_its_language_has_them(lang: str, written: str) -> None:
    assert linked(7_500_000, str, lang) == linked(Decimal(7_500_000), str, lang) == written
    assert linked("2024", str, lang) == "2024" and linked(True, str, lang) == "true"
