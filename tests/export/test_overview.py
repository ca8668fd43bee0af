"""The overview on a page is the answer to a saved question, and so is every number in its sentences."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from cmgraph.answers.result import Result
from cmgraph.export.overview import Overview, overviews, with_overview
from cmgraph.graph import Graph
from cmgraph.text.cells import as_text

BASE = "https://w3id.org/cmgraph/"


def by_language(graph: Graph, folder: str, name: str) -> dict[str, Overview]:
    """Return the overview of a thing in both languages."""
    return overviews({lang: graph.with_language(lang) for lang in ("en", "fr")}, folder, f"{BASE}{folder}/{name}")


def things(answer: Result, *parts: str) -> int:
    """Count the things of an answer whose kind has one of ``parts`` in its IRI."""
    at = answer.columns.index("thing")
    return len({row[at] for row in answer.rows if any(part in getattr(row[0], "iri", "") for part in parts)})


def test_the_summary_of_a_country_counts_what_the_question_answers(bundled_graph: Graph) -> None:
    page_overviews = by_language(bundled_graph, "id/place", "chile")
    answer = bundled_graph.query("country-profile", country="Chile")
    agreements = [row for row in answer.rows if str(row[0]) == "agreement" and row[5] is not None]
    newest = max(agreements, key=lambda row: str(row[5]))
    first = [str(row[1]) for row in answer.rows if row[2] == 1]
    assert page_overviews["en"].sentences == (
        f"Seen of it: lists of minerals ({things(answer, 'list-kind')}), "
        f"minerals with mine production ({things(answer, 'quantity')}), agreements ({things(answer, '#Agreement')}), "
        f"bodies ({things(answer, '#Membership')}), policies and measures ({things(answer, 'instrument-type')}). "
        f"Rank 1 in mine production among the places of its source: {', '.join(first)}. "
        f"Newest agreement seen: {newest[1]} ({newest[5]})."
    )
    assert "accords (" in page_overviews["fr"].sentences and " : " in page_overviews["fr"].sentences


def test_the_summary_of_a_mineral_names_the_largest_producer_of_the_newest_year(bundled_graph: Graph) -> None:
    page_overviews = by_language(bundled_graph, "vocab/mineral", "lithium")
    answer = bundled_graph.query("mineral-profile", mineral="lithium")
    mined = [row for row in answer.rows if str(row[0]) == "mine production" and str(row[2]) != "World"]
    year = max(str(row[7]) for row in mined)
    largest = max((row for row in mined if str(row[7]) == year), key=lambda row: row[4])  # type: ignore[arg-type,return-value]
    number = {lang: as_text(largest[4], lang) for lang in ("en", "fr")}
    assert (
        f"Largest mine production: {largest[2]}, {number['en']} {largest[6]} ({year})."
        in page_overviews["en"].sentences
    )
    assert number["fr"] in page_overviews["fr"].sentences and number["en"] != number["fr"]
    assert "<svg" in page_overviews["en"].chart and f"{largest[2]}: {number['en']}" in html.unescape(
        page_overviews["en"].chart
    )


def test_groups_are_called_as_many_things_are(bundled_graph: Graph) -> None:
    english, french = ([g.heading for g in with_overview(bundled_graph.entity("place:canada"), overview)[1].groups]
                       for overview in by_language(bundled_graph, "id/place", "canada").values())  # fmt: skip
    assert {"Agreements", "Projects", "Acts", "Mine production", "Lists of minerals: critical minerals"} <= {*english}
    assert {"Accords", "Projets", "Lois", "Listes de minéraux : minéraux critiques"} <= {*french}


def test_the_groups_hold_every_row_of_the_answer_with_the_same_citations(bundled_graph: Graph) -> None:
    graph = bundled_graph
    overview = by_language(graph, "id/place", "chile")["en"]
    entity = graph.entity("Chile")
    page, overview = with_overview(entity, overview)
    assert page.citations[: len(entity.citations)] == entity.citations
    answer = graph.query("country-profile", country="Chile")
    shown = [
        (group.what, [value for value in cells if value is not None], {page.citations[n - 1].iri for n in cited})
        for group in overview.groups
        for cells, cited in group.rows
    ]
    asked = [
        (
            row[0],
            [value for value in row.values[1:] if value is not None],
            {answer.citations[n - 1].iri for n in row.citations},
        )
        for row in answer.rows
    ]
    assert shown == asked and len(asked) > 10


@pytest.mark.gate
def test_a_thing_of_which_nothing_is_known_or_that_is_no_place_has_no_overview(bundled_graph: Graph) -> None:
    assert not by_language(bundled_graph, "id/place", "world")
    for folder in ("id/place", "vocab/mineral", "id/agent"):
        assert not by_language(bundled_graph, folder, "no-such")


def test_the_page_of_a_place_and_of_its_government_tell_the_same_at_a_glance(untrusted_export: Path) -> None:
    pages = [
        (untrusted_export / f"id/{name}.html").read_text(encoding="utf-8")
        for name in ("place/canada", "agent/government-of-canada")
    ]
    rows = [
        re.findall(r"<tr>(.*?)</tr>", page.partition('id="glance"')[2].partition("</section>")[0]) for page in pages
    ]
    names = [[re.sub(r'(href="[^"]*"|\[\d+\])', "", row) for row in some] for some in rows]
    assert names[0] == names[1] and len(names[0]) > 5
    summaries = [re.findall(r'<p class="summary">(.*?)</p>', page) for page in pages]
    assert summaries[0] == summaries[1] and summaries[0]
    for page in pages:
        assert page.count('<nav aria-label="Contents">') == 1
        assert 'content="' + re.findall(r"<h1>(.*?)</h1>", page)[0] in page
