"""The page for queries in a real browser: YASGUI, which asks this server alone, and without scripts a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from serving import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.gate

PLAY = "#workbench .yasqe_queryButton"
ROWS = "#workbench .yasr table.dataTable tbody tr"


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open a page that tells of what it should not do."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("request", lambda request: request.url.startswith(server.address) or wrong.append(request.url))
    yield page
    page.close()
    assert wrong == []


def write(page: Page, query: str) -> None:
    """Put a query into the editor."""
    page.evaluate("query => document.querySelector('#workbench .CodeMirror').CodeMirror.setValue(query)", query)


def test_a_query_is_run_where_it_is_written(page: Page, server: Server) -> None:
    page.goto(server.address + "sparql")
    page.wait_for_selector(PLAY)
    assert page.locator("#query").is_hidden() and page.locator("#workbench .parseErrorIcon").count() == 0
    page.click(PLAY)
    page.wait_for_selector(ROWS)
    rows = page.locator(ROWS).all_inner_texts()
    assert 0 < len(rows) <= 20 and all("agent:" in row for row in rows)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("localStorage.length") == 0


def test_a_saved_question_is_there_to_begin_with_and_its_answer_has_sources(page: Page, server: Server) -> None:
    page.goto(server.address + "sparql")
    page.wait_for_selector(PLAY)
    page.locator("details", has_text="saved question").locator("summary").click()
    page.click("a[href*='question=partners&']")
    page.wait_for_selector(PLAY)
    text = page.evaluate("document.querySelector('#workbench .CodeMirror').CodeMirror.getValue()")
    assert "PREFIX cm: <https://w3id.org/cmgraph/def#>" in text and "VALUES ?actor" in text
    write(page, "SELECT ?x ?cite { ?x a cm:Membership ; cm:hasCitation ?cite } ORDER BY ?x LIMIT 1")
    page.click("#ask button >> nth=0")
    page.wait_for_selector("#answer")
    assert "LIMIT 1" in page.url.replace("+", " ") and page.locator("ol.sources li, .sources li").count() == 1


def test_terms_of_the_model_are_proposed(page: Page, server: Server) -> None:
    page.goto(server.address + "sparql")
    page.wait_for_selector(PLAY)
    write(page, "PREFIX cm: <https://w3id.org/cmgraph/def#>\nSELECT * {\n?x a cm:Memb")
    page.evaluate(
        "() => { const editor = document.querySelector('#workbench .CodeMirror').CodeMirror;"
        " editor.focus(); editor.setCursor(2, 12); }"
    )
    page.keyboard.press("Control+Space")
    page.wait_for_function(
        "document.querySelector('.CodeMirror-hints')"
        " || document.querySelector('#workbench .CodeMirror').CodeMirror.getValue().includes('Membership')"
    )
    shown = page.evaluate(
        "(document.querySelector('.CodeMirror-hints') ?? document.querySelector('#workbench .CodeMirror')).textContent"
    )
    assert "Membership" in shown


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ('<img src=x onerror=alert(1)>' AS ?a) (IRI('javascript:alert(2)') AS ?b) {}",
        "SELECT * { ?s rdfs:label|skos:prefLabel ?text FILTER(CONTAINS(?text, '<')) }",
        "SELECT {",
    ],
)
def test_nothing_that_an_answer_holds_runs(page: Page, server: Server, query: str) -> None:
    page.goto(server.address + "sparql")
    page.wait_for_selector(PLAY)
    write(page, query)
    page.click(PLAY)
    page.wait_for_selector(f"{ROWS}, #workbench .errorResult")
    page.wait_for_timeout(300)
    assert page.locator("#workbench img").count() == 0
    for link in page.locator("#workbench .yasr a").all():
        assert not re.match("(?i)javascript:", link.get_attribute("href") or "")


def test_without_scripts_the_form_asks(browser: Browser, server: Server) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(server.address + "sparql?query=" + quote("SELECT ?forum { ?forum a cm:Forum } LIMIT 3"))
    assert page.locator("#query").is_visible() and page.locator("#content table tbody tr").count() == 3
    page.close()
