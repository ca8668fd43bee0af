"""Every IRI of the graph answers, with a page for people and statements for programs."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin

import pyoxigraph
import pytest

from cmgraph.rdf.terms import local_name
from serving import Server, serving

EU = "/id/agent/european-union"
BASE = "https://w3id.org/cmgraph/"


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


@pytest.mark.parametrize(
    ("accept", "language", "ending"),
    [
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "en", ".html"),
        ("text/html", "fr-CA, en;q=0.5", ".fr.html"),
        ("text/html", "de, *;q=0.1", ".html"),
        ("text/turtle", "", ".ttl"),
        ("application/ld+json;q=0.8, text/turtle;q=0.2", "", ".jsonld"),
        ("application/n-triples", "", ".nt"),
        ("application/rdf+xml", "", ".rdf"),
    ],
)
def test_an_iri_leads_to_the_form_that_is_liked_best(server: Server, accept: str, language: str, ending: str) -> None:
    answer = server.get(EU, accept=accept, accept_language=language)
    assert (answer.status, answer.headers["location"]) == (303, EU + ending)
    assert {"Accept", "Accept-Language"} <= set(re.split(r",\s*", answer.headers["vary"]))
    assert f'<{EU}.ttl>; rel="alternate"; type="text/turtle"' in answer.headers["link"]
    assert server.send("HEAD", EU, accept=accept, accept_language=language).headers["location"] == EU + ending


def test_a_language_can_be_named(server: Server) -> None:
    assert server.get(EU + "?lang=fr", accept="text/html").headers["location"] == EU + ".fr.html"
    assert server.get(EU + "?lang=xx").status == 400
    page = server.get(EU + ".fr.html")
    assert page.headers["content-language"] == "fr" and "<h1>Union européenne</h1>" in page.text


def test_all_forms_say_the_same_and_name_their_sources(server: Server) -> None:
    read = []
    for ending in (".ttl", ".nt", ".rdf", ".jsonld"):
        answer = server.get(EU + ending)
        form = pyoxigraph.RdfFormat.from_media_type(answer.media_type)
        assert form is not None
        read.append({quad.triple for quad in pyoxigraph.parse(answer.body, format=form)})
    assert read[0] == read[1] == read[2] == read[3]
    said = {(t.subject.value, local_name(t.predicate.value)) for t in read[0]}  # type: ignore[union-attr]
    assert (BASE + EU[1:], "prefLabel") in said
    cited = {t.object.value for t in read[0] if t.predicate.value.endswith("hasCitation")}  # type: ignore[union-attr]
    sources = {t.object.value for t in read[0] if t.predicate.value.endswith("citesSource")}  # type: ignore[union-attr]
    assert cited and all((cite, "citesSource") in said for cite in cited)
    assert sources and all((source, "title") in said for source in sources)


def test_a_thing_of_every_kind_answers_and_so_do_the_things_it_points_at(server: Server) -> None:
    page = server.get(EU + ".html").text
    links = {html.unescape(link) for link in re.findall(r'href="([^"#]+)', page)}
    here = [urljoin(EU + ".html", link) for link in links if not link.startswith("http")]
    parts = {re.sub(r"\?.*", "", link).rpartition("/")[0] for link in here}
    assert {"/id/agent", "/id/arrangement", "/id/source", "/assets"} <= parts
    one_of_each = {part: next(link for link in sorted(here) if link.startswith(part)) for part in parts}
    for link in [*one_of_each.values(), "/id/cite/evil", "/id/rel/late-evil", "/def", "/ontology", "/", "/search?q=eu"]:
        answer = server.get(link, accept="text/html")
        if answer.status == 303:
            answer = server.get(answer.headers["location"])
        assert answer.status == 200, link


def test_the_model_answers(server: Server) -> None:
    assert 'id="Membership"' in server.get("/def.html").text
    assert "cm:Membership a owl:Class" in server.get("/ontology.ttl").text


@pytest.mark.gate
def test_a_reader_with_a_browser_gets_from_the_first_page_to_every_question_and_answer(server: Server) -> None:
    def follow(page: str, at: str) -> set[str]:
        links = {html.unescape(link) for link in re.findall(r'(?:href|action)="([^"#]+)', page)}
        return {urljoin(at, link) for link in links if not link.startswith("http")}

    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    seen: dict[str, str] = {}
    waiting = {"/"}
    while waiting:
        link = waiting.pop()
        answer = server.get(link, **browser)
        assert answer.status in (200, 303) and answer.media_type != "application/problem+json", link
        seen[link] = answer.text
        if answer.media_type == "text/html" and not link.startswith(
            "/download"
        ):  # files: tests/serve/test_served_site.py
            waiting |= {to for to in follow(answer.text, link) if not to.startswith(("/id/", "/vocab/"))} - seen.keys()
    assert {
        "/questions?lang=en",
        "/queries/partners?lang=en",
        "/queries/partners.rq",
        "/search",
    } <= seen.keys()
    assert "Union européenne" in seen["/queries/partners?lang=fr"]
    assert seen["/queries/partners.csv?lang=en"].startswith("partner,partner_iri")
    assert "VALUES" in seen["/queries/partners.rq"]


def test_a_query_can_be_asked_on_a_page(server: Server) -> None:
    query = "SELECT ?name ?cite { agent:evil skos:prefLabel ?name ; cm:hasCitation ?cite }"
    page = server.get(f"/sparql?query={quote(query)}", accept="text/html").text
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page and "skos:prefLabel ?name" in page
    assert "=1+1" in page and 'href="javascript:' not in page
    scripts = re.findall("(?i)<script.*?>", page)
    assert scripts == [f'<script src="assets/{name}.js" defer>' for name in ("yasgui", "workbench")]


def test_the_page_for_queries_begins_with_saved_questions_and_gives_files(server: Server) -> None:
    page = server.get("/sparql?question=partners&lang=fr", accept="text/html").text
    query = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)[1])  # type: ignore[index]
    assert "VALUES" in query and "#+" not in query and "PREFIX agent: &lt;" in page
    assert 'href="sparql?question=partners&amp;lang=fr"' in page
    answer = server.get(f"/sparql?query={quote(query)}&format=csv", accept="text/html")
    assert answer.media_type == "text/csv" and len(answer.text.splitlines()) > 3
    answer = server.get(f"/sparql?query={quote('ASK {}')}&format=json", accept="text/html")
    assert json.loads(answer.body)["boolean"] is True
    assert server.get(f"/sparql?query={quote('ASK {}')}&format=exe").status == 400


def test_a_query_that_is_wrong_is_shown_where_it_can_be_mended(server: Server) -> None:
    answer = server.get(f"/sparql?query={quote('SELECT ?x { <script> }')}", accept="text/html")
    assert answer.status == 400 and answer.media_type == "text/html"
    assert 'role="alert"' in answer.text and "SELECT ?x { &lt;script&gt; }</textarea>" in answer.text
    updated = server.get(f"/sparql?query={quote('CLEAR ALL')}", accept="text/html")
    assert updated.status == 403 and "CLEAR ALL</textarea>" in updated.text


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (404, "/queries/partnrs"),
        (404, "/queries/partnrs.csv"),
        (404, "/etc/passwd"),
        (404, "/id/agent/%22%3E%3Cscript%3E"),
        (400, "/search?q=a&q=b"),
        (400, "/queries/partners?lang=xx"),
        (400, "/search?q=%FF"),
        (400, "/id/agent/european-union?lang=xx"),
    ],
)
def test_what_is_wrong_is_a_page_for_who_reads_pages_and_details_for_programs(
    server: Server, status: int, path: str
) -> None:
    page, said = server.get(path, accept="text/html,*/*;q=0.8"), server.get(path, accept="application/json, */*")
    assert (page.status, page.media_type) == (status, "text/html") and "<h1>" in page.text
    assert "<script" not in page.text and "Accept" in page.headers["vary"]
    assert (said.status, said.media_type) == (status, "application/problem+json")
    assert server.get("/api/search", accept="text/html").media_type == "application/problem+json"


def test_what_the_graph_does_not_have_is_told_with_the_nearest_names(server: Server) -> None:
    said = server.get("/id/agent/european-unoin")
    nearest = json.loads(said.body)["nearest"]
    assert said.status == 404 and nearest[0]["iri"] == BASE + EU[1:]
    page = server.get("/id/agent/european-unoin", accept="text/html")
    assert page.status == 404 and f'href="../..{EU}?lang=en"' in page.text
    assert server.get("/id/agent/european-unoin.ttl").status == 404
    assert server.get("/etc/passwd").status == 404


def test_a_form_that_is_not_there_is_refused_with_those_that_are(server: Server) -> None:
    said = server.get(EU, accept="image/png")
    available = {one["type"]: one["url"] for one in json.loads(said.body)["available"]}
    assert said.status == 406 and available["text/turtle"] == EU + ".ttl"


def test_a_client_that_has_a_document_is_not_sent_it_again(server: Server) -> None:
    first = server.get(EU + ".ttl")
    again = server.get(EU + ".ttl", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"") and again.headers["etag"] == first.headers["etag"]
    assert server.get(EU + ".ttl", if_none_match='W/"another"').status == 200


def test_text_from_data_and_from_requests_is_text_on_every_page(server: Server) -> None:
    hostile = "%3Cscript%3Ealert(1)%3C/script%3E%22%20onload=%22x"
    for path in ("/id/agent/evil.html", "/id/source/evil.html", "/search?q=" + hostile, "/id/agent/" + hostile):
        text = server.get(path, accept="text/html").text
        assert "<script" not in text and 'href="javascript:' not in text and '" onload="' not in text, path
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in server.get("/id/agent/evil.html").text
    answer = server.get("/id/agent/x%0d%0aSet-Cookie:%20a=b")
    assert answer.status == 404 and "set-cookie" not in answer.headers


def test_a_server_behind_another_leads_to_where_people_reach_it(untrusted_folder: Path) -> None:
    with serving("--data", str(untrusted_folder), "--public-url", "https://example.org/minerals/") as server:
        answer = server.get(EU, accept="text/turtle", host="evil.example")
        assert answer.headers["location"] == f"/minerals{EU}.ttl"
        assert "https://example.org/minerals/sparql" in server.get("/sparql").text


def test_a_question_is_asked_by_a_form_whose_address_keeps_what_was_said(server: Server) -> None:
    def shown(query: str) -> str:
        page = server.get(f"/queries/partners?{query}", accept="text/html")
        assert page.status == 200, page.text
        return page.text

    page = shown("lang=en")
    assert '<form id="ask" action="../queries/partners">' in page
    assert '<input name="actor" value="Government of Canada" list="actor-names"' in page
    assert '<option value="yes">' in page  # of a choice
    said = shown("lang=fr&actor=European+Union&since=2001-01-01")
    assert 'name="actor" value="European Union"' in said and 'name="since" value="2001-01-01"' in said
    assert "partners?lang=en&amp;actor=European+Union&amp;since=2001-01-01" in said
    assert 'value="Government of Canada"' in shown("actor=&since=")
    whole = server.get("/queries/partners.csv?lang=en&actor=European+Union")
    assert whole.media_type == "text/csv" and "European Union" not in whole.text.splitlines()[1].partition(",")[0]


def test_what_a_form_cannot_take_is_refused_and_stays_text(server: Server) -> None:
    wrong = server.get("/queries/partners?actor=Nobody+at+all", accept="text/html")
    assert wrong.status == 400 and 'value="Nobody at all"' in wrong.text  # it can be mended where it was written
    assert '<p role="alert">actor: unknown actor &#39;Nobody at all&#39;</p>' in wrong.text
    assert '<h2 id="answer"' not in wrong.text
    evil = server.get("/queries/partners?actor=%22%3E%3Cscript%3E", accept="text/html")
    assert evil.status == 400 and "<script>" not in evil.text
    assert server.get("/queries/partners?nonsense=1", accept="text/html").status == 400


@pytest.mark.parametrize(
    "path",
    [
        *(EU + ending for ending in (".html", ".ttl", ".jsonld", ".nt", ".rdf")),
        *(f"/sparql?format={form}&query=SELECT*%7B?s?p?o%7DLIMIT%20200" for form in ("csv", "tsv", "json", "xml")),
        *("/queries/partners.csv", "/cmgraph.nq", "/network/actors.graphml", "/assets/list.js"),
    ],
)
def test_long_answers_of_every_kind_are_packed(server: Server, path: str) -> None:
    packed, plain = server.get(path, accept_encoding="gzip"), server.get(path)
    assert packed.headers["content-encoding"] == "gzip" and "Accept-Encoding" in packed.headers["vary"]
    assert gzip.decompress(packed.body) == plain.body and plain.status == 200
