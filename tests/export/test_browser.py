"""The site in a real browser: accessible, self-contained, searched from disk, good on a phone and without scripts."""

from __future__ import annotations

import csv
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cmgraph
from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.analysis.network import build_network
from cmgraph.export.export import Options, export
from cmgraph.graph import Graph
from cmgraph.pictures.draw import draw
from cmgraph.pictures.map import MAPS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.thorough

PAGES = (
    "index",
    "browse",
    "changes",
    "search",
    "questions",
    "download",
    "def",
    "map",
    "id/agent",
    "id/place/canada",
    "id/source/partnerships-page-a",
    "id/obs/canada",
    "id/agent/government-of-canada",
    "id/agent/evil",
    "id/arrangement/late",
    "id/source/evil",
    "id/rel/scope",
    "network",
    "network/actors",
    "network/funding",
    "id/cite/evil",
    "queries/partners",
    "queries/unknowns",
    "vocab/theme",
    "vocab/claim-status/stated",
)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("ending", [".html", ".fr.html"])
def test_pages_have_no_violation_no_error_no_outside_request_and_no_sideways_scroll(
    browser: Browser, untrusted_export: Path, ending: str, width: int
) -> None:
    axe = _axe()
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    for name in PAGES:
        page.goto((untrusted_export / f"{name}{ending}").as_uri())
        assert _violations(page, axe) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert not errors and all(url.startswith("file:") for url in asked)
    page.close()


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [("network", "actors"), ("entity", "NRCan"), ("matrix", None), ("timeline", "Japan"), ("flow", None)],
)
def test_pictures_as_pages_have_no_violation_and_fit_a_phone(
    browser: Browser, bundled_graph: Graph, tmp_path: Path, kind: str, name: str | None, lang: str
) -> None:
    axe = _axe()
    draw(bundled_graph.with_language(lang), kind, name, tmp_path / "picture.html")
    for width in (1280, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto((tmp_path / "picture.html").as_uri())
        assert _violations(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_charts_and_maps_have_no_violation_fit_a_phone_cut_no_name_off_and_ask_for_nothing(
    browser: Browser, bundled_graph: Graph, tmp_path: Path, lang: str
) -> None:
    axe, asked = _axe(), set()
    graph, cobalt = bundled_graph.with_language(lang), NetworkFilter(minerals=("cobalt",))
    for name, width in (("production", 1280), ("production", 390), ("years", 1280), ("shares", 390), ("imports", 1280),
                        ("projects", 1280), ("projects", 390), ("partners", 1280), ("members", 390)):  # fmt: skip
        kind = "map" if name in MAPS else "chart"
        draw(graph, kind, name, tmp_path / "c.html", cobalt if name not in MAPS[1:] else EVERYTHING)
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark")
        page.on("request", lambda request: asked.add(request.url))
        page.goto((tmp_path / "c.html").as_uri())
        assert _violations(page, axe) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_CUT_OFF) == [], name
        page.close()
    assert asked == {(tmp_path / "c.html").as_uri()}


_CUT_OFF = """() => {
  const svg = document.querySelector(".drawing svg"), frame = svg.viewBox.baseVal;
  return [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBBox()])
    .filter(([, box]) => box.x < frame.x || box.x + box.width > frame.x + frame.width).map(([text]) => text);
}"""
"""Texts of a drawing that run out of it."""


def _axe() -> str:
    axe = os.environ.get("AXE", "")
    if not Path(axe).is_file():
        pytest.skip("AXE does not name axe-core's file")
    return axe


def _violations(page: Page, axe: str) -> list[Any]:
    page.add_script_tag(path=axe)
    # what passes is left out: of a page with thousands of marks, its description alone takes most of the time
    violations: list[Any] = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(found => found.violations)")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]


def test_a_name_is_found_from_disk_and_leads_to_its_page(browser: Browser, untrusted_export: Path) -> None:
    page = browser.new_page()
    page.goto((untrusted_export / "index.fr.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.fill("#name", "premieres NATIONS")
    page.wait_for_selector("#found a")
    assert page.text_content("#found a") == "Premières Nations"
    page.click("#found a")
    assert page.text_content("h1") == "Premières Nations"
    page.fill("#name", "qzxqzx")
    page.wait_for_function("document.getElementById('count').textContent.includes('Rien')")
    page.close()


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("canada", "Government of Canada"),
        ("USA", "Government of the United States"),
        ("u.s.", "Government of the United States"),
        ("dialogue energy japan", "Canada-Japan Energy Policy Dialogue"),
        ("dialog with Japn", "Canada-Japan Energy Policy Dialogue"),
        ("Inuitt", "Inuit"),
        ("nrcan", "Natural Resources Canada"),
        ("partners of an actor", "Partners of an actor"),
    ],
)
def test_a_search_finds_codes_slips_words_in_any_order_and_who_before_vocabulary(
    browser: Browser, untrusted_export: Path, asked: str, first: str
) -> None:
    page = browser.new_page()
    page.goto(f"{(untrusted_export / 'search.html').as_uri()}?q={asked}")
    page.wait_for_selector("#results a")
    assert page.text_content("#results a") == first
    page.close()


def test_a_search_goes_by_keyboard_to_a_page_of_results_whose_address_keeps_it(
    browser: Browser, untrusted_export: Path
) -> None:
    page = browser.new_page()
    page.goto((untrusted_export / "id/agent/evil.html").as_uri())
    page.fill("#name", "canada")
    page.wait_for_selector("#found a")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Government of Canada"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.press("Enter")
    page.wait_for_selector("#results a")
    assert page.url.endswith("search.html#q=canada") and page.input_value("#name") == "canada"
    found = page.text_content("#count")
    page.reload()
    page.wait_for_selector("#results a")
    assert page.text_content("#count") == found
    page.keyboard.press("Tab")
    page.fill("#name", "<script>alert(1)</script>")
    page.wait_for_function("document.querySelector('#results a').textContent.includes('<script>')")
    page.close()


def test_a_list_is_filtered_and_sorted_and_the_address_and_the_csv_keep_what_is_shown(
    browser: Browser, untrusted_export: Path
) -> None:
    def names() -> list[str]:
        return page.locator("#list tbody tr:visible th a").all_text_contents()

    page = browser.new_page()
    page.goto((untrusted_export / "id/agent.html").as_uri())
    everybody = names()
    page.select_option("#only-kind", label="Indigenous people")
    page.fill("#words", "INUIT")
    assert names() == ["Inuit"] and (page.text_content("#shown") or "").startswith("1 ")
    assert "q=INUIT&kind=Indigenous+people" in page.url
    page.fill("#words", "")
    peoples = names()
    page.click("#list thead th:first-child button")
    page.click("#list thead th:first-child button")
    assert names() == sorted(peoples, reverse=True) != peoples
    assert page.get_attribute("#list thead th:first-child", "aria-sort") == "descending"
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert names() == sorted(peoples, reverse=True)
    with page.expect_download() as download:
        page.click("#csv")
    header, *lines = list(csv.reader(download.value.path().read_text(encoding="utf-8").splitlines()))
    assert header[:2] == ["name", "kind"] and [line[0] for line in lines] == sorted(peoples, reverse=True)
    assert all(line[-1].startswith("https://w3id.org/cmgraph/id/agent/") for line in lines)
    page.goto((untrusted_export / "id/agent.html").as_uri() + "#q=script")
    page.reload()
    with page.expect_download() as download:
        page.click("#csv")
    assert len(names()) < len(everybody) and "<script>alert(1)</script>" in download.value.path().read_text("utf-8")
    page.close()


def test_figures_beyond_the_first_are_shown_when_asked_for_or_pointed_at(
    browser: Browser, untrusted_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(untrusted_folder, folder)
    spaces = {"cm": "def#", "obs": "id/obs/", "cite": "id/cite/", "place": "id/place/", "quantity": "vocab/quantity/"}
    lines = [f"@prefix {name}: <https://w3id.org/cmgraph/{space}> ." for name, space in spaces.items()]
    said = "cm:observesQuantity quantity:members ; cm:describesPlace place:canada ; cm:hasCitation cite:evil"
    lines += [f'obs:many-{n} a cm:Observation ; {said} ; cm:value {n} ; cm:period "{2000 + n}" .' for n in range(12)]
    (folder / "data/many.ttl").write_text("\n".join(lines), encoding="utf-8")
    export(cmgraph.load(folder), tmp_path / "out", Options(only=["site"]))
    page = browser.new_page()
    address = (tmp_path / "out/id/obs/many.html").as_uri()
    page.goto(address)
    assert page.locator("tbody tr:visible").count() == 10 and not page.is_visible("#many-0")
    page.click("button[aria-expanded=false]")
    assert page.is_visible("#many-0")
    page.goto("about:blank")
    page.goto(f"{address}#many-0")
    assert page.is_visible("#many-0") and page.locator("tbody tr:visible").count() == 12
    page.close()


def test_sources_beyond_the_first_ten_open_from_their_footnote(browser: Browser, untrusted_export: Path) -> None:
    page = browser.new_page()
    page.goto((untrusted_export / "id/agent/government-of-canada.html").as_uri())
    last = page.locator("ol.sources li").last
    assert last.get_attribute("id") not in (None, "source-10") and not last.is_visible()
    page.locator(f"a[href='#{last.get_attribute('id')}']").first.evaluate("link => link.click()")
    last.wait_for()


def test_a_drawing_shows_its_middle_on_a_phone(browser: Browser, untrusted_export: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((untrusted_export / "id/agent/government-of-canada.html").as_uri())
    middle = page.locator(".picture rect.me").bounding_box()
    assert middle and middle["x"] >= 0 and middle["x"] + middle["width"] <= 390


def test_a_network_is_explored_by_name_by_kind_and_by_keyboard_and_the_address_keeps_it(
    browser: Browser, untrusted_export: Path
) -> None:
    page = browser.new_page()
    address = (untrusted_export / "network/actors.html").as_uri()
    page.goto(address)
    assert page.locator("#kinds input").count() >= 2
    page.fill("#one", "government of canada")
    page.press("#one", "Enter")
    assert page.text_content("#details h2") == "Government of Canada"
    assert page.locator("#details ul a").first.get_attribute("href", timeout=2000).startswith("https://")
    page.focus("#details ul button.go")
    name = page.text_content("#details ul button.go")
    page.keyboard.press("Enter")
    assert page.text_content("#details h2") == name
    page.fill("#two", "Government of Canada")
    page.press("#two", "Tab")
    assert "Government of Canada" in (page.text_content("#details ol") or "")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert page.text_content("#details h2") == name and page.input_value("#two") == "Government of Canada"
    before = page.text_content("#status")
    page.uncheck("#kinds input >> nth=0")
    assert page.text_content("#status") != before
    page.click("#page")
    assert page.text_content("h1") == name and "/id/agent/" in page.url
    page.go_back()
    assert page.text_content("#details h2") == name
    page.close()


def test_a_network_page_is_cut_as_the_command_cuts_it_and_a_tie_opens_its_sources(
    browser: Browser, bundled_graph: Graph, tmp_path: Path
) -> None:
    def shown() -> list[int]:
        return [int(number) for number in re.findall(r"\d+", page.text_content("#status") or "")]

    def cut(**scope: Any) -> list[int]:
        net = build_network(bundled_graph, "actors", network_filter=NetworkFilter(**scope))
        return [len(net), net.number_of_edges()]

    picture = draw(bundled_graph, "network", "actors", tmp_path / "actors.html")
    page = browser.new_page()
    page.goto((tmp_path / "actors.html").as_uri())
    assert shown() == cut()
    page.select_option("#mineral", label="lithium")
    assert shown() == cut(minerals=("lithium",))
    page.select_option("#stage", label="recycling and recovery")
    assert shown() == cut(minerals=("lithium",), stages=("recycling and recovery",))
    page.click("#reset")
    page.fill("#from", "2022")
    page.fill("#until", "2023")
    assert shown() == cut(since="2022", until="2023")
    assert "from=2022&until=2023" in page.url
    with page.expect_download() as download:
        page.click("#save-png")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.click("#reset")
    page.fill("#one", "Tahltan Nation")
    page.press("#one", "Tab")
    beside = page.text_content("#details svg text.name")
    page.click("#details svg text.name >> nth=0")
    assert page.text_content("#details h2") == beside
    page.fill("#one", "Tahltan Nation")
    page.press("#one", "Tab")
    first = page.locator("#details ul >> nth=0 >> li >> nth=0").text_content() or ""
    number = (re.findall(r"\[(\d+)\]", first) or [""])[0]
    listed = page.locator("#details ul >> nth=1").text_content() or ""
    assert f"[{number}] " in listed and picture.table.citations[int(number) - 1].title in listed
    page.close()


def test_a_network_is_worked_in_as_a_reader_would(browser: Browser, bundled_graph: Graph, tmp_path: Path) -> None:
    draw(bundled_graph, "network", "actors", tmp_path / "actors.html")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto((tmp_path / "actors.html").as_uri())

    def shown() -> list[int]:
        return [int(number) for number in re.findall(r"\d+", page.text_content("#status") or "")]

    def pressed() -> str | None:
        return page.get_attribute("[data-view][aria-pressed=true]", "data-view")

    assert shown()[1] > 150 and page.is_visible("#offer") and pressed() == "kinds"  # clusters before a hairball
    area = page.locator("#canvas").bounding_box()
    assert area is not None
    height = min(area["width"], area["height"])
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2 - 0.36 * height)
    alone = page.locator("#kinds label").filter(has=page.locator("input:checked")).all_text_contents()
    assert pressed() == "net" and [label.split(" (")[0].strip() for label in alone] == [
        "Indigenous nation, people or its government"
    ]
    page.go_back()
    assert pressed() == "kinds" and shown()[1] > 150
    page.click("[data-view=matrix]")
    assert pressed() == "matrix" and "view=matrix" in page.url
    page.click("[data-view=net]")
    page.fill("#one", "Canada")  # an exact name before others that begin with it
    first = page.locator("#one-list [role=option] >> nth=0")
    assert (first.text_content() or "").startswith("Government of Canada")
    page.keyboard.press("ArrowDown")
    assert first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.text_content("#details h2") == "Government of Canada" and not page.is_visible("#one-list")
    assert (page.get_attribute("#page", "href") or "").endswith("id/agent/government-of-canada")
    page.select_option("#only", "ego")
    around = shown()
    page.click("#keep")
    page.fill("#one", "Japan")
    page.press("#one", "Enter")
    page.select_option("#only", "between")
    assert around[0] > 2 and shown() == [2, 1]
    page.go_back()
    page.go_back()
    assert page.text_content("#details h2") == "Government of Canada" and shown() == around
    with page.expect_download() as download:
        page.click("#save-csv")
    rows = list(csv.DictReader(download.value.path().read_text(encoding="utf-8").splitlines()))
    ties = build_network(bundled_graph, "actors").edges(
        rows[0]["from_iri"] if "canada" in rows[0]["from_iri"] else rows[0]["to_iri"]
    )
    assert {frozenset((row["from_iri"], row["to_iri"])) for row in rows} == {frozenset(tie) for tie in ties}
    assert all(row["through"] and row["sources"] for row in rows)
    with page.expect_download() as download:
        page.click("#save-svg")
    picture = download.value.path().read_text(encoding="utf-8")
    assert picture.startswith("<svg") and ">Canada<" in picture and "national government" in picture
    page.close()


def test_a_network_zooms_to_the_pointer_is_dragged_and_walked_by_keys_and_the_address_keeps_the_zoom(
    browser: Browser, bundled_graph: Graph, tmp_path: Path
) -> None:
    draw(bundled_graph, "network", "funding", tmp_path / "funding.html")
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, has_touch=True)
    page.goto((tmp_path / "funding.html").as_uri())
    area = page.locator("#canvas").bounding_box()
    assert area is not None

    def zoomed() -> list[float]:
        return [
            float(part) for part in re.findall(r"-?[\d.]+", (re.findall(r"zoom=([^&]*)", page.url) or ["1 0 0"])[0])
        ]

    page.mouse.move(area["x"] + 100, area["y"] + 100)
    page.mouse.wheel(0, -300)
    page.wait_for_function("location.hash.includes('zoom=')")
    k, x, y = zoomed()
    assert k > 1 and x < 0 and y < 0  # what was left of the middle and above it came nearer
    page.mouse.down()
    page.mouse.move(area["x"] + 300, area["y"] + 100, steps=4)
    page.mouse.up()
    page.wait_for_function(f"!location.hash.includes('{x}')")
    assert zoomed()[0] == k and zoomed()[1] < x and page.text_content("#details") == ""
    kept = page.url
    page.goto("about:blank")
    page.goto(kept)
    page.keyboard.press("Tab")
    assert page.url == kept
    page.focus("#canvas")
    page.keyboard.press("0")
    page.wait_for_function("!location.hash.includes('zoom=')")
    fingers = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 50), ("touchMove", 90), ("touchEnd", 0)):
        points = [{"x": area["x"] + 300 + side * apart, "y": area["y"] + 300} for side in (-1, 1) if apart]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("location.hash.includes('zoom=')")
    assert zoomed()[0] > 2
    page.keyboard.press("0")
    page.wait_for_function("!location.hash.includes('zoom=')")
    page.keyboard.press("ArrowRight")
    there = (page.text_content("#focus") or "").split(",")[0]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    assert there and page.text_content("#focus")
    page.keyboard.press("Enter")
    assert page.text_content("#details h2") in (page.text_content("#focus") or "")
    page.keyboard.press("Escape")
    assert page.text_content("#details") == ""
    page.close()


_HIDDEN = """() => {
  const drawn = document.querySelector("svg svg"), inside = (a, b) =>
    a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height;
  const marks = [...drawn.querySelectorAll("polygon, circle")].map((mark) => mark.getBBox());
  return [...drawn.querySelectorAll("text")].flatMap((text) => {
    const box = text.getBBox(), far = (mark) =>
      Math.abs(mark.x + mark.width / 2 - box.x - box.width / 2) + Math.abs(mark.y + mark.height - box.y);
    const own = marks.reduce((a, b) => (far(b) < far(a) ? b : a));
    return marks.filter((mark) => mark.width > 1.4 * own.width && inside(mark, box)).map(() => text.textContent);
  });
}"""
"""Names in a saved drawing of a network that lie on a mark larger than their own."""


def test_names_in_a_network_hide_nobody_who_matters_more_and_kinds_have_their_whole_name(
    browser: Browser, bundled_graph: Graph, tmp_path: Path
) -> None:
    draw(bundled_graph, "network", "funding", tmp_path / "network.html")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto((tmp_path / "network.html").as_uri())

    def saved(name: str) -> Path:
        with page.expect_download() as download:
            page.click("#save-svg")
        download.value.save_as(tmp_path / name)
        return tmp_path / name

    page.click("button[data-view='kinds']")
    kinds = saved("kinds.svg").read_text(encoding="utf-8").partition("</svg>")[0]
    assert "…" not in kinds and ">or its government</text>" in kinds
    page.click("button[data-view='net']")
    page.goto(saved("net.svg").as_uri())
    assert page.evaluate(_HIDDEN) == []
    page.close()


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("matrix", "themes", "Japan"),
        ("flow", "funding", "Vianode"),
        ("timeline", "Tahltan Central Government", "Eskay"),
        ("map", "projects", "Saskatchewan"),
        ("map", "partners", "Japan"),
    ],
)
def test_a_picture_is_read_by_pointer_and_keys_filtered_enlarged_and_opens_its_sources(
    browser: Browser, bundled_graph: Graph, tmp_path: Path, kind: str, name: str, words: str
) -> None:
    picture = draw(bundled_graph, kind, name, tmp_path / "picture.html")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "picture.html").as_uri())
    marks = page.locator(".drawing > svg >> nth=0 >> .mark")
    assert page.locator(".mark[tabindex='0']").count() == 1
    marks.nth(0).focus()
    said = page.text_content("#tip")
    assert said and page.is_visible("#tip")
    page.keyboard.press("End")
    assert marks.count() == 1 or page.text_content("#tip") != said
    page.keyboard.press("Enter")
    told = page.text_content("#said p")
    assert told == page.text_content("#tip")
    numbers = page.locator("#said li").evaluate_all("items => items.map(item => item.value)")
    titles = [picture.table.citations[number - 1].title for number in numbers]
    assert titles and all(title in (page.text_content("#said") or "") for title in titles)
    assert (page.get_attribute("#said a", "href") or "").startswith("http")
    page.fill("#words", words)
    left = page.locator("#table-rows tr:visible").all_text_contents()
    assert 0 < len(left) < len(picture.table) + 1 and all(words.lower() in row.lower() for row in left)
    assert f"q={words}" in page.url
    narrow = page.evaluate("document.querySelector('.drawing').scrollWidth")
    page.click("#larger")
    assert page.evaluate("document.querySelector('.drawing').scrollWidth") > narrow and "zoom=" in page.url
    page.emulate_media(media="print")
    assert not page.is_visible("#tools") and page.is_visible(".drawing") and not errors
    page.close()


def test_a_page_is_readable_without_scripts_and_on_paper(browser: Browser, untrusted_export: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((untrusted_export / "id/agent/government-of-canada.html").as_uri())
    assert page.is_visible("h1") and page.is_visible("ul.said li") and not page.is_visible("#search")
    page.emulate_media(media="print")
    assert not page.is_visible("nav") and page.is_visible("ol.sources li")
    context.close()
