"""The pages of the site that are about many things, its files, and what else an export would write."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pyoxigraph import RdfFormat

from cmgraph.analysis.formats import WRITERS
from cmgraph.analysis.network import to_networkx
from cmgraph.analysis.projections import find_projection, projections, tie_rows
from cmgraph.answers.entity import Statements, build_entity
from cmgraph.answers.statements import fetch_triples
from cmgraph.export import jobs, profiles
from cmgraph.export.catalogue import catalogue
from cmgraph.export.changes import History, compare, from_record, to_record, to_table
from cmgraph.export.dataset import DESCRIPTIONS, MEDIA, Distribution, descriptions, schema_org
from cmgraph.export.lists import COLUMNS, MARK, list_tables
from cmgraph.export.publication import Publication, table_queries
from cmgraph.export.rdf import serialize_triples
from cmgraph.export.site import (
    SHARED,
    browse_values,
    by_kind,
    changes_values,
    counted,
    downloads,
    feed,
    folder_title,
    front_values,
    gathered_title,
    gathered_values,
    is_mapped,
    is_sourced,
    map_values,
    networks_values,
    sourced_values,
)
from cmgraph.graph import LANGUAGES, Graph
from cmgraph.pictures.base import heading
from cmgraph.pictures.network import page as network_html
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import BASE, best_text, lexical
from cmgraph.serve import things
from cmgraph.serve.documents import Document, rdf_document
from cmgraph.serve.problems import Problem
from cmgraph.serve.things import PAGES, html_document, linking, publication_of, served_page
from cmgraph.store import builtin
from cmgraph.store.cache import cache_folder
from cmgraph.store.local import LocalStore
from cmgraph.text.i18n import message
from cmgraph.text.templating import render_template

LARGEST = 2_000_000
"""Statements from which on files are not made on request."""

_TYPES = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".rq": "application/sparql-query",
    **{end: kind for end, (kind, _) in MEDIA.items()},
}


def front_page(graph: Graph, since: str = "") -> Document:
    """Write the first page.

    :param since: see :func:`history`.
    """
    publication = publication_of(graph)
    editions = history(graph, since)
    values = {
        **front_values(publication, graph, folders(graph), lambda path: f"{path}?lang={graph.lang}"),
        "new": counted(editions.editions[0], graph.lang),
        "since": editions.since,
        "schema": schema_org(publication, []),
    }
    return html_document(
        served_page(graph, "index.html", "", best_text(publication.about["title"], graph.lang), **values)
    )


def browse_page(graph: Graph) -> Document:
    """Write the list of lists."""
    values = browse_values(graph, folders(graph))
    return html_document(served_page(graph, "kinds.html", "browse", message("browse", graph.lang), **values))


def list_page(graph: Graph, folder: str) -> Document:
    """Write the list of the things in a folder."""
    iris, title = folders(graph)[folder], folder_title(graph, folder)
    if folder in COLUMNS:
        numbers = {
            lexical(thing): int(lexical(number))
            for thing, number in builtin.ask(graph.store, "counts")
            if thing and number
        }
        table = list_tables(graph, {folder: iris}, numbers)[folder]
        return html_document(served_page(graph, "list.html", folder, title, table=table, mark=MARK))
    return html_document(served_page(graph, "kinds.html", folder, title, groups=by_kind(graph, iris)))


@cache
def folders(graph: Graph) -> Mapping[str, list[str]]:
    """Return the things that have pages of their own, by the folder they are in."""
    segments: dict[str, list[str]] = defaultdict(list)
    for (thing,) in builtin.ask(graph.store, "folders"):
        iri = lexical(thing) if thing else ""
        if iri.startswith(BASE) and (folder := iri.removeprefix(BASE).rpartition("/")[0]).count("/") == 1:
            segments[folder].append(iri)
    return dict(sorted(segments.items()))


def find(graph: Graph, path: str) -> bool:
    """Make sure that there is a document, and say whether it has statements: a list has none.

    :param path: see :func:`cmgraph.serve.things.find`.
    :raises Problem: if there is none; it names those whose names are nearest.
    """
    if _is_list(graph, path):
        return bool(fetch_triples({BASE + path}, graph.store)[BASE + path])
    try:
        things.find(graph, path)
    except Problem:
        if not gathered(graph, path):
            raise
    return True


def page(graph: Graph, path: str) -> Document:
    """Write the page of a thing, of all in a folder, or of statements that share one."""
    if _is_list(graph, path):
        return list_page(graph, path)
    try:
        return things.thing_page(graph, path)
    except Problem:
        if not (classes := gathered(graph, path)):
            raise
    return _gathered_page(graph, path, classes)


def statements(graph: Graph, path: str, media_type: str) -> Document:
    """Write the statements of a document, see :func:`cmgraph.serve.things.statements`."""
    try:
        return things.statements(graph, path, media_type)
    except Problem:
        if not (iris := gathered(graph, path)):
            raise
    return rdf_document(things.around(graph, {*iris}), media_type, graph.prefixes)


def _is_list(graph: Graph, path: str) -> bool:
    return path.count("/") == 1 and path in folders(graph)


def _gathered_page(graph: Graph, stem: str, classes: Mapping[str, str]) -> Document:
    """Write the page that statements share whose names begin with the same word."""
    fetched = fetch_triples(classes, graph.store)
    pairs: Statements = {
        (classes[iri], iri): fetched[iri] for iri in sorted(classes, key=lambda iri: (classes[iri], iri))
    }
    entity = build_entity(BASE + stem, pairs, graph.store, graph.names)
    title = gathered_title(stem, classes.values(), graph.lang)
    return html_document(served_page(graph, "entity.html", stem, title, **gathered_values(entity, title, graph)))


def gathered(graph: Graph, stem: str) -> dict[str, str]:
    """Return the things whose names begin with the same word, each with its class."""
    _, segment, word = stem.split("/", 2) if stem.count("/") == 2 else ("", "", "-")
    if segment not in SHARED or not re.fullmatch(r"[a-z0-9]+", word):
        return {}
    classes: dict[str, str] = {}
    for thing, kind in builtin.ask(graph.store, "gathered", stem=[BASE + stem]):
        if thing and kind:
            classes.setdefault(lexical(thing), lexical(kind))
    return classes


def network_list_page(graph: Graph) -> Document:
    """Write the list of the networks."""
    values = networks_values(graph, graph.lang, f"?lang={graph.lang}")
    return html_document(served_page(graph, "questions.html", "network", message("network", graph.lang), **values))


def network_page(graph: Graph, name: str) -> Document:
    """Write a page to explore a network; its scripts are its own, and it runs no others."""
    find_projection(graph, name)
    table = tie_rows(graph, name)
    other = next(lang for lang in LANGUAGES if lang != graph.lang)
    home, same = f"../network?lang={graph.lang}", f"{name}?lang={other}"
    text = network_html(graph, to_networkx(graph, name, table), table, heading(graph, name), home, same)
    policy = (
        "default-src 'none'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    parts = {f"{part}-src": re.findall(rf"<{part}>(.*?)</{part}>", text, re.DOTALL) for part in ("script", "style")}
    for source, some in parts.items():
        policy += f"; {source} {' '.join(map(_hashed, some))}"
    return Document(text.encode(), "text/html", {"content-security-policy": policy})


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def map_page(graph: Graph) -> Document:
    """Write the map of projects."""
    if not is_mapped(graph):
        raise Problem("this graph has no map", 404)
    values = map_values(graph, linking(graph, "map"))
    return html_document(served_page(graph, "map.html", "map", message("map", graph.lang), **values))


def sourced_page(graph: Graph) -> Document:
    """Write how well each kind of statement is sourced."""
    if not is_sourced(graph):
        raise Problem("this graph does not say how well it is sourced", 404)
    values = sourced_values(graph, f"?lang={graph.lang}")
    return html_document(served_page(graph, "sourced.html", "sourced", message("sourced", graph.lang), **values))


def download_page(graph: Graph) -> Document:
    """Write the list of what can be downloaded."""
    files = [Distribution(name, Path(name)) for name in file_names(graph)]
    title = message("download", graph.lang)
    return html_document(served_page(graph, "download.html", "download", title, files=downloads(files, graph.lang)))


def history(graph: Graph, since: str) -> History:
    """Return the editions of the graph, and what the newest changed.

    :param since: a record of them; empty if no earlier edition is known.
    """
    return from_record(since) if since else compare(publication_of(graph), {}, None)


def record(graph: Graph, folder: str) -> Document:
    """Compare the graph with an earlier edition.

    :param folder: an export of it; empty if there is none.
    """
    editions = compare(Publication(graph), {"base": BASE}, Path(folder) if folder else None)
    return Document(to_record(editions).encode(), "application/json")


def changes_page(graph: Graph, since: str) -> Document:
    """Write what changed since the edition before."""
    editions = history(graph, since)
    there = {iri for change in editions.changes if graph.names.has(iri := change.thing.iri)}
    name = "changes.fr.atom" if graph.lang == "fr" else "changes.atom"
    named = name if _feed(graph, editions, name, "") else ""
    values = changes_values(editions, graph, there, named, LANGUAGES[0])
    return html_document(served_page(graph, "changes.html", "changes", message("changes_title", graph.lang), **values))


def changes_file(graph: Graph, name: str, since: str, address: str) -> Document:
    """Write what changed as a table, or the editions as a feed."""
    editions = history(graph, since)
    if name == "changes.csv":
        return Document(to_table(editions).encode(), "text/csv")
    if not (text := _feed(graph, editions, name, address)):
        raise Problem("the editions of this graph have no days", 404)
    return Document(text.encode(), "application/atom+xml")


def _feed(graph: Graph, editions: History, name: str, address: str) -> str:
    publication = Publication(graph, site=address, languages=(graph.lang,))
    return feed(publication, editions, graph.lang, name, f"changes{PAGES[graph.lang]}")


def described(graph: Graph, name: str) -> Document:
    """Describe the data set, in one of the ways of :data:`DESCRIPTIONS`."""
    text = descriptions(Publication(graph), [])[name]()
    return Document(text if isinstance(text, bytes) else text.encode(), DESCRIPTIONS[name])


def question_catalogue(graph: Graph) -> Document:
    """Describe the saved questions as linked data."""
    return Document(serialize_triples(catalogue(graph), RdfFormat.TURTLE, graph.prefixes), "text/turtle")


def sitemap(graph: Graph, address: str) -> Document:
    """List the pages for search engines."""
    stems = ["index", "browse", "changes", "def", "download", "network", "questions", *folders(graph)]
    stems += ["map"] if is_mapped(graph) else []
    stems += ["sourced"] if is_sourced(graph) else []
    stems += [*(f"network/{name}" for name in projections(graph)), *(f"queries/{name}" for name in graph.questions)]
    stems += [iri.removeprefix(BASE) for some in folders(graph).values() for iri in some]
    pages = [
        (stem + ending, [(lang, stem + other) for lang, other in PAGES.items()])
        for stem in stems
        for ending in PAGES.values()
    ]
    text = render_template("sitemap.xml", address=address, modified=publication_of(graph).modified, pages=sorted(pages))
    return Document(text.encode(), "application/xml")


def opensearch(graph: Graph, address: str) -> Document:
    """Say how a browser asks the search."""
    title = best_text(publication_of(graph).about["title"], graph.lang)
    text = render_template("opensearch.xml", address=address, title=title, page=f"search{PAGES[graph.lang]}")
    return Document(text.encode(), "application/opensearchdescription+xml")


def single_files() -> list[str]:
    """List the data files that any graph has."""
    names = [name for name in jobs.FILES if "." in name]
    names += [f"tables/{name}.csv" for name in table_queries()]
    names += [f"profiles/{name}{ending}" for name, ending in profiles.PROFILES.items()]
    return [*names, *(f"parquet/{name}.parquet" for name in ("edges", "nodes", "values"))]


def shape_file(graph: Graph, name: str) -> str:
    """Return the path of the file that states a rule.

    :raises Problem: if there is no such rule.
    """
    for path in graph.ontology.shape_files:
        if any(lexical(triple.subject) == f"{BASE}shape/{name}" for triple in RdfFile.read(path).triples):
            return f"ontology/shapes/{path.name}"
    raise Problem("there is no such rule", 404)


def is_edition(graph: Graph, version: str) -> None:
    """Make sure that the graph is of a version of the data set; an empty one is any.

    :raises Problem: if it is not.
    """
    here = str(publication_of(graph).about["version"] or "")
    if version not in ("", here):
        raise Problem(f"this is version {here or 'unknown'} of the data set, and not {version[:50]}", 404)


def file_names(graph: Graph) -> list[str]:
    """List the data files that can be downloaded."""
    if not isinstance(graph.store, LocalStore) or len(graph.store.engine) > LARGEST:
        return []
    names = [name for name in single_files() if find_spec("pyarrow") or not name.startswith("parquet/")]
    names += [f"network/{name}{ending}" for name in projections(graph) for ending in WRITERS]
    return [name for name in sorted(names) if Path(name).suffix in MEDIA]


def data_file(graph: Graph, name: str) -> Document:
    """Write one of the files of an export.

    :raises Problem: if there is no such file, or the graph is too large for it.
    """
    if not isinstance(graph.store, LocalStore):
        raise Problem("no files are made of a graph that is behind an endpoint", 404, hint="Ask /sparql.")
    if len(graph.store.engine) > LARGEST:
        hint = "Ask for less: /sparql, or the address of one thing."
        raise Problem(f"no files are made on request of more than {LARGEST:,} statements", 404, hint=hint)
    head, _, rest = name.partition("/")
    write: Callable[[Publication, Path], None]
    if name in jobs.FILES and "." in name:
        write = jobs.FILES[name]
    elif head == "tables" and Path(rest).suffix == ".csv" and Path(rest).stem in table_queries():
        write = _table
    elif head == "profiles" and rest in {kind + ending for kind, ending in profiles.PROFILES.items()}:
        write = _profile
    elif head == "parquet" or (Path(head).stem == "ontology" and (rest or "." in head)):
        write = jobs.FILES[Path(head).stem]
    else:
        raise Problem("there is no such file", 404, hint="/download lists those that there are.")
    with tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
        top = Path(scratch)
        write(Publication(graph), top / (head.partition(".")[0] if write in _WHOLE else name))
        files = {path.relative_to(top).as_posix(): path for path in top.rglob("*") if path.is_file()}
        if name not in files:
            raise Problem("there is no such file", 404, hint="/download lists those that there are.")
        return Document(files[name].read_bytes(), _TYPES[Path(name).suffix])


_WHOLE = (jobs.FILES["ontology"], jobs.FILES["parquet"])
"""What writes a folder of files at once."""


def _scratch() -> Path | None:
    folder = cache_folder()
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _table(publication: Publication, path: Path) -> None:
    from cmgraph.answers.render import to_csv

    publication.write(path, to_csv(publication.tables[path.stem], ","))


def _profile(publication: Publication, path: Path) -> None:
    path.parent.mkdir()
    profiles.profile(publication, path.name.partition(".")[0], path)
