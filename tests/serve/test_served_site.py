"""The site under the server: every address that an export writes answers or leads on, and no link leads nowhere."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from serving import Server, serving

ENOUGH = 4
"""Pages of a kind that are looked at for further links."""


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


def links_of(page: str) -> set[str]:
    found = re.findall(r'\b(?:href|src|action)="([^"]*)"', page)
    return {html.unescape(link) for link in found if not link.startswith(("mailto:", "data:"))}


def kind_of(path: str) -> str:
    """Return what kind of page this is the address of: those of a kind are written by the same template."""
    stem, dot, ending = urlsplit(path).path.partition(".")
    parts = stem.strip("/").split("/")
    named = parts[0] in ("id", "vocab", "queries", "network", "tables", "profiles") and len(parts) > 1
    kept = parts[:2] if parts[0] == "id" and len(parts) > 2 else parts[:1]
    return "/".join([*kept, "*"] if named else parts) + dot + ending + ("?" if urlsplit(path).query else "")


def crawl(server: Server, *starts: str) -> dict[str, int]:
    """Follow links from some pages, a few pages of each kind; return the status of each address that was asked."""
    statuses: dict[str, int] = {}
    looked_at: Counter[str] = Counter()
    waiting = list(starts)
    while waiting:
        path = waiting.pop(0)
        if path in statuses or looked_at[kind_of(path)] >= ENOUGH:
            continue
        looked_at[kind_of(path)] += 1
        answer = server.get(path, accept="text/html, */*;q=0.1")
        statuses[path] = answer.status
        if 300 <= answer.status < 400:
            waiting.append(answer.headers["location"])
        elif answer.media_type == "text/html":
            here = (urldefrag(urljoin(server.address + path[1:], link)).url for link in sorted(links_of(answer.text)))
            waiting += ["/" + link.removeprefix(server.address) for link in here if link.startswith(server.address)]
    return statuses


@pytest.mark.gate
def test_no_link_leads_nowhere(server: Server) -> None:
    statuses = crawl(server, "/", "/index.fr.html", "/?lang=fr", "/id/agent/european-union?lang=fr")
    assert {path: status for path, status in statuses.items() if status not in (200, 303)} == {}
    kinds = {kind_of(path).rstrip("?") for path in statuses}
    assert {
        *("browse", "network", "network/*", "questions", "queries/*", "queries/*.csv", "queries/*.rq", "def", "sparql"),
        *("download", "changes", "search", "openapi.json", "id/*", "id/agent/*", "id/agent/*.html", "vocab/*"),
        *("id/agent/*.fr.html", "id/agent/*.ttl", "tables/*.csv", "profiles/*.ttl", "cmgraph.ttl", "dcat.ttl"),
    } <= kinds, sorted(kinds)


@pytest.mark.gate
def test_every_address_of_an_export_answers_or_leads_on(server: Server, untrusted_export: Path) -> None:
    names = [
        path.relative_to(untrusted_export).as_posix() for path in sorted(untrusted_export.rglob("*")) if path.is_file()
    ]
    by_kind: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_kind[kind_of("/" + name)].append(name)
    failed = {
        name: status
        for some in by_kind.values()
        for name in some[:ENOUGH]
        if (status := server.get("/" + name).status) not in (200, 303)
    }
    assert failed == {}


@pytest.mark.parametrize("name", ["id/place", "id/arrangement.fr", "id/source", "vocab/claim-status"])
def test_a_list_shows_what_the_export_shows(server: Server, untrusted_export: Path, name: str) -> None:
    def cells(page: str) -> list[str]:
        return re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", re.sub(r' href="[^"]*"', "", page))

    served = server.get(f"/{name}.html").text
    assert cells(served) == cells((untrusted_export / f"{name}.html").read_text(encoding="utf-8"))
    assert re.findall(r"<h1>.*", served) == re.findall(
        r"<h1>.*", (untrusted_export / f"{name}.html").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize(
    "name",
    [
        *("id/agent/european-union", "id/agent/nrcan-rncan.fr", "id/agent/government-of-canada", "id/place/canada"),
        *(
            "id/source/partnerships-page-a",
            "id/arrangement/canada-eu-strategic-partnership-on-raw-materials.fr",
            "vocab/role/party",
        ),
    ],
)
def test_the_page_of_a_thing_tells_what_that_of_the_export_tells(
    server: Server, untrusted_export: Path, name: str
) -> None:
    def told(page: str) -> list[str]:
        main = page[page.index("<main") : page.index('<section aria-labelledby="data">')]
        return [" ".join(html.unescape(text).split()) for text in re.split("<[^>]*>", main) if text.strip()]

    written = (untrusted_export / f"{name}.html").read_text(encoding="utf-8")
    assert told(server.get(f"/{name}.html").text) == told(written)


@pytest.mark.parametrize("name", ["cmgraph.nt", "tables/agents.csv", "context.jsonld", "profiles/skos.ttl", "cite.bib"])
def test_a_file_is_what_the_export_writes(server: Server, untrusted_export: Path, name: str) -> None:
    first, second = server.get(f"/{name}"), server.get(f"/{name}")
    assert first.body == second.body == (untrusted_export / name).read_bytes()
    assert first.headers["etag"] and server.get(f"/{name}", if_none_match=first.headers["etag"]).status == 304


def test_answers_are_kept_by_language(server: Server) -> None:
    pages = {lang: server.get("/browse", accept_language=lang) for lang in ("en", "fr")}
    assert pages["en"].headers["etag"] != pages["fr"].headers["etag"] and pages["en"].body != pages["fr"].body
    assert server.get("/browse", accept_language="fr", if_none_match=pages["en"].headers["etag"]).status == 200
    assert "Accept-Language" in pages["en"].headers["vary"]


def test_a_question_answers_in_the_language_of_its_address(server: Server) -> None:
    rows = {name: csv.reader(io.StringIO(server.get(f"/queries/partners{name}.csv").text)) for name in ("", ".fr")}
    assert len({len([*some]) for some in rows.values()}) == 1
    assert 'lang="fr"' in server.get("/queries/partners.fr.html", accept_language="en").text


def test_a_network_runs_its_own_scripts_alone(server: Server) -> None:
    page = server.get("/network/actors.html")
    policy = page.headers["content-security-policy"]
    assert page.status == 200 and "script-src 'sha256-" in policy and "unsafe" not in policy
    assert server.get("/network/nothing.html").status == 404


@pytest.mark.parametrize(
    ("path", "accept", "to"),
    [
        ("/id/rel", "text/html", 404),
        ("/shape/C1", "text/turtle", "/ontology/shapes/citations.ttl"),
        ("/query/partners", "text/html", "/queries/partners.html"),
        ("/query/partners", "application/sparql-query", "/queries/partners.rq"),
        ("/query/nothing", "text/html", 404),
        ("/dataset", "text/turtle", "/dcat.ttl"),
        ("/dataset", "text/html", "/index.html"),
        ("/dataset/no-such", "text/html", 404),
        ("/id/agent", "text/html", "/id/agent.html"),
        ("/id/agent", "text/turtle", 406),
        ("/tables/nothing.csv", "", 404),
        ("/ontology/..%2f..%2fetc%2fpasswd", "", 404),
        ("/parquet/..%2f..%2fetc%2fpasswd", "", 404),
    ],
)
def test_what_else_has_an_iri_leads_on(server: Server, path: str, accept: str, to: str | int) -> None:
    answer = server.get(path, accept=accept or "*/*")
    assert (answer.headers["location"] if answer.status == 303 else answer.status) == to
