"""The site: complete, linked, safe, the same to programs and people, and served by content negotiation."""

from __future__ import annotations

import csv
import html
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

import cmgraph
from cmgraph.answers.sentences import sentence
from cmgraph.answers.statements import Statement
from cmgraph.export.export import Options, export
from cmgraph.rdf.terms import CM, NamedRef
from cmgraph.text.cells import as_text
from cmgraph.text.templating import bibtex
from conftest import ROOT


def read(path: Path) -> str:
    """Return a file's text."""
    return path.read_text(encoding="utf-8")


def pages(top: Path) -> Iterator[tuple[Path, str]]:
    """Yield every page with its text."""
    for path in sorted(top.rglob("*.html")):
        yield path, read(path)


def stated_on(page: str) -> list[tuple[str, str, str]]:
    """Return each statement of a page: the element that holds it, its place there, and its text."""
    return re.findall(r'<(li|tr) id="((?!source-)[^"]*)">(.*?)</\1>', page, re.DOTALL)


@pytest.mark.thorough
def test_every_link_leads_to_a_file_and_a_place_in_it(untrusted_export: Path) -> None:
    places: dict[Path, set[str]] = {
        path: set(re.findall(r'\bid="([^"]*)"', text)) for path, text in pages(untrusted_export)
    }
    broken, checked = [], 0
    for path, text in pages(untrusted_export):
        assert len(re.findall(r'\bid="', text)) == len(places[path]), f"{path}: an id stands twice"
        for link in map(html.unescape, re.findall(r'(?:href|src)="([^"]*)"', text)):
            if link.startswith(("https://", "http://")):
                continue
            target, _, place = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            state = "=" in place  # what a list shows
            if not file.is_file() or (place and not state and file.suffix == ".html" and place not in places[file]):
                broken.append((path.name, link))
            checked += 1
    assert not broken and checked > 10_000


@pytest.mark.gate
def test_a_link_to_what_has_a_page_leads_to_the_page(untrusted_export: Path) -> None:
    for path, text in pages(untrusted_export):
        for link in re.findall(r'href="https://w3id.org/cmgraph/([^"#]*)', text):
            assert not (untrusted_export / f"{link}.html").is_file(), f"{path}: {link}"
    assert 'href="id/agent.fr.html"' in read(untrusted_export / "browse.fr.html")


def test_no_page_asks_another_server_for_anything(untrusted_export: Path) -> None:
    for path, text in pages(untrusted_export):
        loaded = re.findall(r'<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)="([^"]*)"', text)
        assert not [link for link in loaded if "//" in link], path


def test_text_from_data_is_text_wherever_it_lands(untrusted_export: Path) -> None:
    for path, text in pages(untrusted_export):
        assert "<script>alert" not in text and 'href="javascript:' not in text, path
        for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL):
            json.loads(block)
    page = read(untrusted_export / "id/agent/evil.html")
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in page
    assert 'lang="iu">ᐃᓄᒃᑎᑐᑦ<' in page and 'lang="he">עברית<' in page
    names = read(untrusted_export / "assets/names.en.js").removeprefix("window.cmgraphNames = ").rstrip(";\n")
    assert any("<script>alert(1)</script>" in entry["n"] for entry in json.loads(names))


def test_a_name_that_climbs_out_of_the_folder_gets_no_file(untrusted_export: Path) -> None:
    assert "agent whose name climbs" in read(untrusted_export / "tables/agents.csv")
    assert not list(untrusted_export.parent.rglob("*escaped*"))
    assert all("climbs" not in text for path, text in pages(untrusted_export) if path.parent.name == "agent")


def test_every_file_can_be_kept_on_every_system(untrusted_export: Path) -> None:
    paths = [path.relative_to(untrusted_export) for path in untrusted_export.rglob("*")]
    for part in {part for path in paths for part in path.parts}:
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", part, re.IGNORECASE), part
        assert re.fullmatch(r"[\w.~-]*[\w~-]", part, re.ASCII) and len(part) < 150, part
    assert len({str(path).casefold() for path in paths}) == len(paths)
    named = read(untrusted_export / "tables/agents.csv")
    assert all(f"hard to file: {name}" in named for name in ("agent/aux", "agent/Evil", "agent/evil.fr", "agent/long-"))
    assert "hard to file: evilkind/x" in read(untrusted_export / "id/evilkind/x.html")
    assert "evilkind" in read(untrusted_export / "browse.html")


def test_every_statement_on_a_page_has_a_source_and_every_mark_its_note(untrusted_export: Path) -> None:
    seen = 0
    for path, text in (page for page in pages(untrusted_export) if page[0].parent.name != "cite"):
        for _, _, item in stated_on(text):
            assert re.search(r'<sup><a href="#source-\d+">', item), f"{path}: {item}"
            seen += 1
    assert seen > 500


def test_every_citation_of_a_statement_is_a_mark_beside_it(untrusted_export: Path) -> None:
    cited: dict[str, int] = {}
    for quad in ox.parse(path=untrusted_export / "cmgraph.nt", format=ox.RdfFormat.N_TRIPLES):
        if quad.predicate.value == CM + "hasCitation":
            cited[quad.subject.value] = cited.get(quad.subject.value, 0) + 1
    marked = {}
    for path in [*(untrusted_export / "id/rel").glob("*.html"), *(untrusted_export / "id/obs").glob("*.html")]:
        for _, slug, item in stated_on(read(path)):
            marked[f"https://w3id.org/cmgraph/id/{path.parent.name}/{slug}", path.name.count(".")] = item.count("<sup>")
    wanted = {iri: number for iri, number in cited.items() if "/id/rel/" in iri or "/id/obs/" in iri}
    assert {iri: number for (iri, dots), number in marked.items() if dots == 1} == wanted  # English
    assert {iri: number for (iri, dots), number in marked.items() if dots == 2} == wanted  # French


def test_a_source_lists_all_that_rests_on_it_and_how(untrusted_export: Path) -> None:
    engine = ox.Store()
    engine.load(path=untrusted_export / "cmgraph.nt")
    asked = (
        "SELECT DISTINCT ?thing ?citation { ?citation cm:citesSource source:NAME . ?thing cm:hasCitation ?citation }"
    )
    spaces = {"cm": CM, "source": "https://w3id.org/cmgraph/id/source/"}
    for name in ("partnerships-page-a", "evil"):
        rows = list(engine.query(asked.replace("NAME", name), prefixes=spaces))
        for ending, how in ((".html", "read in the source"), (".fr.html", "lu dans la source")):
            page = read(untrusted_export / f"id/source/{name}{ending}")
            assert page.count('<small><a href="../cite/') == len({row["thing"] for row in rows}) > 1
            assert page.count('href="../cite/') == len(rows)
            assert name == "evil" or how in page


def test_a_place_and_its_government_point_at_each_other(untrusted_export: Path) -> None:
    place, government = (
        read(untrusted_export / f"id/{thing}.html") for thing in ("place/canada", "agent/government-of-canada")
    )
    assert '<dd><a href="../place/canada.html">Canada</a></dd>' in government
    assert '<dd><a href="../agent/government-of-canada.html">Government of Canada</a></dd>' in place
    assert place.index("Government of Canada</a></dd>") < place.index("<dt>country code</dt>")


def test_figures_are_a_table_the_newest_first_without_columns_that_say_nothing(untrusted_export: Path) -> None:
    page = read(untrusted_export / "id/obs/canada.html")
    (table,) = re.findall(r'<table class="figures">.*?</table>', page, re.DOTALL)
    headings = re.findall(r'<th scope="col">([^<]*)', table)
    assert headings[:2] == ["when", "quantity"] and headings[-1] == "Sources"
    when = [item.partition("</td>")[0].removeprefix("<td>") for _, _, item in stated_on(table)]
    assert when == sorted(when, reverse=True) and len(when) > 1
    about_canada = read(untrusted_export / "id/place/canada.html")
    assert "where" in headings and '<th scope="col">where</th>' not in about_canada


def test_a_page_says_the_same_in_two_languages_and_its_data_is_beside_it(untrusted_export: Path) -> None:
    english, french = (read(untrusted_export / f"id/agent/government-of-canada{ending}.html") for ending in ("", ".fr"))
    assert '<html lang="en">' in english and '<html lang="fr">' in french
    assert "<h1>Government of Canada</h1>" in english and "<h1>gouvernement du Canada</h1>" in french
    assert sorted(slug for _, slug, _ in stated_on(english)) == sorted(slug for _, slug, _ in stated_on(french))
    assert len(stated_on(english)) > 30
    assert "n'a pas encore été révisé" in html.unescape(french)
    turtle = ox.parse(path=untrusted_export / "id/agent/government-of-canada.ttl", format=ox.RdfFormat.TURTLE)
    subjects = {quad.subject.value for quad in turtle}
    for place in (slug for _, slug, _ in stated_on(english) if slug.startswith("late-")):
        assert f"https://w3id.org/cmgraph/id/rel/{place}" in subjects
    assert {"https://w3id.org/cmgraph/id/cite/evil", "https://w3id.org/cmgraph/id/source/evil"} <= subjects


def test_a_question_has_its_answer_and_its_query(untrusted_export: Path, untrusted_folder: Path) -> None:
    graph = cmgraph.load(untrusted_folder)
    answer = graph.query("partners")
    page = read(untrusted_export / "queries/partners.html")
    assert len(re.findall("<tr><td", page)) == len(answer)
    assert len(read(untrusted_export / "queries/partners.csv").splitlines()) == len(answer) + 1
    engine = ox.Store()
    engine.load(path=untrusted_export / "cmgraph-all.nt")
    rows = list(engine.query(read(untrusted_export / "queries/partners.rq")))
    assert {str(row["partner"]) for row in rows} == {str(row.terms[0]) for row in answer}
    assert "<h1>Partenaires d&#39;un acteur</h1>" in read(untrusted_export / "queries/partners.fr.html")


def test_the_file_that_answers_all_questions_is_named_first_and_in_every_question(untrusted_export: Path) -> None:
    files = re.findall(r'<tr><td><a href="([^"]*)"', read(untrusted_export / "download.html"))
    assert files[:2] == ["cmgraph-all.nt", "cmgraph.xlsx"] and "derived.nt" in files
    questions = list((untrusted_export / "queries").glob("*.rq"))
    assert len(questions) == 9
    for path in questions:
        assert "# Ask it of https://w3id.org/cmgraph/cmgraph-all.nt\n" in read(path)
        assert 'href="../cmgraph-all.nt"' in read(path.with_suffix(".html"))
    stated, follows, both = (
        set(read(untrusted_export / name).splitlines()) for name in ("cmgraph.nt", "derived.nt", "cmgraph-all.nt")
    )
    assert stated | follows == both > stated


@pytest.mark.thorough
def test_a_bare_engine_gets_as_many_rows_for_each_question_as_are_expected(
    bundled_graph: cmgraph.Graph, tmp_path: Path
) -> None:
    export(bundled_graph, tmp_path / "out", Options(only=["cmgraph-all.nt"]))
    engine = ox.Store()
    engine.load(path=tmp_path / "out/cmgraph-all.nt")
    differing = {}
    for name, question in bundled_graph.questions.items():
        with question.path.with_name(f"{name}.expected.csv").open(encoding="utf-8", newline="") as lines:
            expected = len(list(csv.reader(lines))) - 1
        solutions = engine.query(question.text)
        assert isinstance(solutions, ox.QuerySolutions)
        at = [n for n, variable in enumerate(solutions.variables) if variable.value != question.citation]
        rows = {tuple(row[n] for n in at) for row in solutions}
        if len(rows) != expected:
            differing[name] = (len(rows), expected)
    assert not differing and len(bundled_graph.questions) > 80


def test_a_page_says_how_well_each_kind_of_statement_is_sourced_and_what_is_weakest(
    untrusted_export: Path, untrusted_folder: Path
) -> None:
    graph = cmgraph.load(untrusted_folder)
    found = re.findall(r"<tr><td>.*?</tr>", read(untrusted_export / "sourced.html"))
    rows = [[html.unescape(cell) for cell in re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]*)", row)] for row in found]
    counted = {row[0]: (row[1], row[2]) for row in rows if row[-1].endswith("%")}
    held = {str(row[0]): (str(row[1]), str(row[3])) for row in graph.stats().rows}
    assert len(counted) > 5 and all(held[kind] == numbers for kind, numbers in counted.items())
    told = {str(row[0]): str(row[-1]) for row in graph.stats().rows if not isinstance(row[0], NamedRef)}
    listed = re.findall(r"<li>([^<]+): (\d[^<]* of [^<]+)</li>", read(untrusted_export / "sourced.html"))
    dated = told.pop("sources whose own date is known")
    assert re.search(
        rf"<p>[^<]*“n\.d\.”: {re.escape(dated)}</p>", html.unescape(read(untrusted_export / "sourced.html"))
    )
    assert len(told) == 3 and told.items() <= dict(listed).items() and "membership" in dict(listed)
    weakest = graph.query("needs-better-source").rows
    assert weakest and [str(value) for value in weakest[0].values] in rows
    assert 'href="sourced.html"' in read(untrusted_export / "index.html")


def test_the_reference_has_every_term_in_both_languages(untrusted_export: Path, untrusted_folder: Path) -> None:
    terms = {
        t.subject.value
        for f in cmgraph.load(untrusted_folder).files
        for t in f.triples
        if t.subject.value.startswith(CM)
    }
    for ending, word in ((".html", "belongs to or sits in a body"), (".fr.html", "appartient ou siège à un organisme")):
        page = read(untrusted_export / f"def{ending}")
        assert {CM + name for name in re.findall(r'<h3 id="([^"]*)"', page)} == terms
        assert word in page


def test_a_list_is_a_table_of_what_people_sort_by(untrusted_export: Path) -> None:
    page = read(untrusted_export / "id/arrangement.html")
    assert re.findall(r'<th scope="col" data-key="(\w+)"', page)[:2] == ["name", "kind"]
    rows = re.findall(r"<tr><th[^>]*><a[^>]*>([^<]*)</a></th>(.*)</tr>", page)
    assert len(rows) == len(list((untrusted_export / "id/arrangement").glob("*.ttl"))) == 10
    cells = {name: re.findall(r"<td[^>]*>([^<]*)</td>", row) for name, row in rows}
    assert cells["Canada-U.S. Joint Action Plan on Critical Minerals"][:4] == [
        "agreement",
        "joint action plan",
        "2020-01-09",
        "Government of Canada · Government of the United States",
    ]
    ends = r"<th[^>]*><a[^>]*>([^<]*)</a></th>.*<td[^>]*>(\d+)</td></tr>"
    sources = dict(re.findall(ends, read(untrusted_export / "id/source.html")))
    rests = read(untrusted_export / "id/source/partnerships-page-a.html").count("<small><a")
    assert sources["Partnerships page, version A"] == str(rests)
    first_page = read(untrusted_export / "index.html")
    assert '<a href="id/agent.html#kind=Indigenous+people">Indigenous people</a> (3)' in first_page


def test_the_page_of_an_agreement_begins_with_what_the_list_tells_of_it(untrusted_export: Path) -> None:
    page, french = (read(untrusted_export / f"id/arrangement/late{ending}") for ending in (".html", ".fr.html"))
    row = re.findall(
        r'<tr><th scope="row"><a href="arrangement/late.html">.*</tr>', read(untrusted_export / "id/arrangement.html")
    )
    (said,) = re.findall(r'<p class="summary">(.*?)</p>', page)
    cells = dict(re.findall(r"([\w ]+): (.*?)\.(?: |$)", said))
    assert cells and all(f"<td>{cell.replace(', ', ' · ')}</td>" in row[0] for cell in cells.values())
    assert re.findall(r'<p class="summary">(.*?)</p>', french) != [said] and f'{said}">' in page


def test_the_head_of_a_page_says_what_it_is_and_no_two_have_the_same_title(untrusted_export: Path) -> None:
    titles: dict[tuple[str, bool], str] = {}
    for path, text in pages(untrusted_export):
        name = path.relative_to(untrusted_export).as_posix()
        title = re.findall(r"<title>(.*?)</title>", text)[0]
        if name == "404.html" or name.startswith("network/"):
            continue
        assert titles.setdefault((title, name.endswith(".fr.html")), name) == name
        assert re.search(r'<meta name="description" content="[^"]{10,}">', text), name
        assert f'<link rel="canonical" href="https://w3id.org/cmgraph/{name}">' in text
        assert f'<meta property="og:url" content="https://w3id.org/cmgraph/{name}">' in text
    assert len(titles) > 500 and (untrusted_export / "assets/icon.svg").is_file()
    assert "Sitemap: https://w3id.org/cmgraph/sitemap.xml" in read(untrusted_export / "robots.txt")


def test_a_browser_can_ask_the_search_from_its_own_field(untrusted_export: Path) -> None:
    for ending, page in (("", "search.html"), (".fr", "search.fr.html")):
        said = read(untrusted_export / f"opensearch{ending}.xml")
        assert f'template="https://w3id.org/cmgraph/{page}?q={{searchTerms}}"' in said
        assert f'href="../../opensearch{ending}.xml"' in read(untrusted_export / f"id/agent/evil{ending}.html")
        assert (untrusted_export / page).is_file()


def test_a_page_that_is_missing_is_told_in_both_languages_wherever_it_is_shown(untrusted_export: Path) -> None:
    page = read(untrusted_export / "404.html")
    assert '<section lang="en">' in page and '<section lang="fr">' in page
    assert set(re.findall(r'(?:href|src)="([^"]*)"', page)) == {
        f"https://w3id.org/cmgraph/{name}" for name in ("index.html", "index.fr.html", "browse.html", "browse.fr.html")
    }


def test_the_data_set_is_cited_in_the_forms_of_reference_managers(untrusted_export: Path) -> None:
    about = yaml.safe_load(read(ROOT / "data/dataset.yaml"))
    title, creator = about["title"]["en"], about["creator"]
    record = json.loads(read(untrusted_export / "cite.json"))
    assert (record["title"], record["author"], record["type"]) == (title, [{"literal": creator}], "dataset")
    assert record["issued"]["date-parts"] == [[about["issued"].year, about["issued"].month, about["issued"].day]]
    ris = dict(line.split("  - ", 1) for line in read(untrusted_export / "cite.ris").splitlines())
    assert (ris["TI"], ris["AU"], ris["UR"]) == (title, creator, "https://w3id.org/cmgraph/")
    assert f"title = {{{title}}}" in read(untrusted_export / "cite.bib")
    page = read(untrusted_export / "download.html")
    assert all(f'href="cite.{form}"' in page for form in ("bib", "ris", "json")) and 'data-copy="Copy citation"' in page


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50 % of A & B", r"50 \% of A \& B"),
        ("a\n{b}", r"a \{b\}"),
        ("x_1~\\", r"x\_1\textasciitilde{}\textbackslash{}"),
    ],
)
def test_what_is_a_command_in_bibtex_is_text(text: str, written: str) -> None:
    assert bibtex(text) == written


def test_the_sitemap_names_every_page_in_each_language(untrusted_export: Path) -> None:
    named = set(re.findall(r"<loc>https://w3id.org/cmgraph/([^<]*)</loc>", read(untrusted_export / "sitemap.xml")))
    assert named == {path.relative_to(untrusted_export).as_posix() for path, _ in pages(untrusted_export)} - {
        "404.html"
    }


def test_every_kind_of_statement_is_put_in_words_and_nothing_is_lost(bundled_graph: cmgraph.Graph) -> None:
    patterns = yaml.safe_load(read(ROOT / "src/cmgraph/answers/sentences.yaml"))
    headings = patterns.pop("_headings")
    assert set(patterns) - set(headings) == {"_"}
    assert all(set(texts) == {"en", "fr-t-en"} for texts in headings.values())
    for forms in patterns.values():
        for form in forms:
            assert re.findall(r"\{\w+\}", form["en"]) == re.findall(r"\{\w+\}", form["fr-t-en"])
    for name in ("Government of Canada", "lithium", "Galore Creek", "Tahltan Central Government"):
        for statement in bundled_graph.entity(name).statements:
            words = sentence(statement, "en")
            values = [
                value
                for _, value in statement.says
                if not str(getattr(value, "iri", "")).endswith(("/stated", "/unknown"))
            ]
            said = [getattr(word, "iri", word) for word in words]
            assert all(
                as_text(value, "en") in said
                if isinstance(value, (int, Decimal))
                else getattr(value, "iri", value) in said
                for value in values
            )
    for mineral, written in (("uranium", "d'uranium"), ("Érable", "d'Érable"), ("lithium", "de lithium")):
        says = ((NamedRef(CM + "observesQuantity", ""), "part"), (NamedRef(CM + "describesMineral", ""), mineral))
        figure = Statement(NamedRef(CM + "Observation", ""), "obs:x", (*says, (NamedRef(CM + "value", ""), 1)), ())
        assert "".join(map(str, sentence(figure, "fr"))) == f"part {written} : 1"
    membership = Statement(
        NamedRef(CM + "Membership", "membership"), "rel:x", ((NamedRef(CM + "hasRole", "has role"), "guest"),), ()
    )
    assert sentence(membership, "en") == ["has role ", "guest"]


@pytest.fixture(scope="module")
def server(untrusted_export: Path) -> Iterator[str]:
    """Serve the export with Apache, and w3id's rules beside it; yield the address."""
    apache = shutil.which("apache2") or "/usr/sbin/apache2"
    if not Path(apache).exists():
        pytest.skip("no Apache here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    top = Path(tempfile.mkdtemp(prefix="apache"))  # where a server that gives up its rights may read
    top.chmod(0o755)
    shutil.copytree(untrusted_export / "w3id", top / "htdocs/w3id")
    shutil.copytree(untrusted_export, top / "htdocs/site")
    names = ("mpm_event", "authz_core", "rewrite", "mime", "dir", "headers")
    lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names]
    lines += ["User nobody", "Group nogroup"] if os.geteuid() == 0 else []
    lines += ["ServerName localhost", f"ServerRoot {top}", f"Listen 127.0.0.1:{port}", f"PidFile {top}/pid"]
    lines += [f"ErrorLog {top}/log", f"DocumentRoot {top}/htdocs", "TypesConfig /dev/null", "AddType text/html .html"]
    lines += ["<Directory />", "AllowOverride All", "Require all granted", "Options FollowSymLinks", "</Directory>"]
    (top / "conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = subprocess.Popen([apache, "-f", str(top / "conf"), "-DFOREGROUND"], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    for _ in range(50):
        try:
            ask(address, "site/index.html")
            break
        except OSError:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait()
    shutil.rmtree(top)


def ask(address: str, path: str, **headers: str) -> dict[str, str]:
    """Ask for a path; return the headers of the answer, its status among them."""
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"))
    connection.request("GET", f"/{path}", headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return {"Status": str(answer.status), **dict(answer.getheaders())}


@pytest.mark.parametrize(
    ("asked", "accept", "language", "given"),
    [
        ("id/agent/government-of-canada", "text/turtle", "", "id/agent/government-of-canada.ttl"),
        ("id/agent/government-of-canada", "application/ld+json", "", "id/agent/government-of-canada.jsonld"),
        ("id/agent/government-of-canada", "text/html,*/*;q=0.8", "en-CA", "id/agent/government-of-canada.html"),
        ("id/agent/government-of-canada", "text/html,text/turtle;q=0.5", "", "id/agent/government-of-canada.html"),
        ("id/agent/government-of-canada", "*/*", "fr-CA,fr;q=0.9", "id/agent/government-of-canada.fr.html"),
        ("id/rel/late-canada", "text/html", "", "id/rel/late.html#late-canada"),
        ("id/rel/late-canada", "text/html", "fr", "id/rel/late.fr.html#late-canada"),
        ("id/rel/late-canada", "text/turtle", "", "id/rel/late.ttl"),
        ("id/cite/evil", "text/turtle", "", "id/cite/evil.ttl"),
        ("vocab/theme", "text/html", "", "vocab/theme.html"),
        ("ontology", "application/rdf+xml", "", "ontology.rdf"),
        ("ontology", "text/html", "fr", "def.fr.html"),
        ("def", "text/turtle", "", "ontology.ttl"),
        ("ontology/0.2.0", "text/turtle", "", "ontology/0.2.0.ttl"),
        ("ontology/0.2.0", "application/ld+json", "", "ontology/0.2.0.jsonld"),
        ("dataset/0.2.0", "text/turtle", "", "dcat.ttl"),
        ("dataset", "text/html", "fr", "index.fr.html"),
        ("dataset/0.2.0/tables/agents.csv", "*/*", "", "tables/agents.csv"),
        ("query/partners", "application/sparql-query", "", "queries/partners.rq"),
        ("query/partners", "text/html", "", "queries/partners.html"),
    ],
)
@pytest.mark.parametrize("place", ["site", "w3id"])
def test_an_iri_is_answered_by_303_in_the_form_asked_for(
    server: str, untrusted_export: Path, place: str, asked: str, accept: str, language: str, given: str
) -> None:
    answer = ask(server, f"{place}/{asked}", Accept=accept, Accept_Language=language)
    assert answer["Status"] == "303" and "Accept" in answer["Vary"]
    assert answer["Location"] == (f"{server}site/{given}" if place == "site" else f"https://w3id.org/cmgraph/{given}")
    assert (untrusted_export / given.partition("#")[0]).is_file()


def test_a_file_is_served_with_its_type(server: str) -> None:
    types = {
        "cmgraph.ttl": "text/turtle",
        "cmgraph.nq": "application/n-quads",
        "id/agent/evil.jsonld": "application/ld+json",
        "index.html": "text/html",
    }
    for name, kind in types.items():
        assert ask(server, f"site/{name}")["Content-Type"].partition(";")[0] == kind


def test_the_site_has_a_map_that_says_what_it_shows_in_each_language(untrusted_export: Path) -> None:
    for ending, says in ((".html", "point that a register gives: 0."), (".fr.html", "que donne un registre : 0.")):
        text = html.unescape(read(untrusted_export / f"map{ending}"))
        assert says in text and "Natural Earth" in text and "<svg" in text
        assert f'href="map{ending}"' in read(untrusted_export / f"index{ending}")
