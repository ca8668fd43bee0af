"""The graph as files others can rely on: Turtle, N-Triples, JSON-LD with a context, CSV tables.

Every file is the same, byte for byte, whenever the graph is the same. The folder appears whole or not at all.
"""

from __future__ import annotations

import heapq
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TextIO

from pyoxigraph import Literal, RdfFormat, Triple, serialize

from cmgraph.errors import CmgraphError
from cmgraph.files import lines, ordered
from cmgraph.graph import Graph
from cmgraph.render import delimited
from cmgraph.result import build
from cmgraph.terms import RDF_TYPE, XSD, Prefixes, text_of

FILES = ("cmgraph.ttl", "cmgraph.nt", "derived.nt", "context.jsonld", "cmgraph.jsonld", "tables")
"""What an export consists of."""

_CHUNK = 500_000
"""How many statements are sorted in memory at once."""


def export(graph: Graph, folder: Path, *, force: bool = False, only: Collection[str] = ()) -> list[Path]:
    """Write the graph into ``folder`` and return the files, sorted.

    ``cmgraph.*`` hold what the files state; ``derived.nt`` what follows from it by rule. N-Triples are written as a
    stream, sorted in parts.

    :param force: replace the folder if it exists.
    :param only: names out of :data:`FILES`, to write no others.
    """
    if unknown := set(only) - set(FILES):
        raise CmgraphError(f"an export has no '{min(unknown)}'", hint=f"It has: {', '.join(FILES)}.")
    wanted = set(only or FILES)
    if folder.exists() and not folder.is_dir():
        raise CmgraphError("this is a file, not a folder", where=str(folder), hint="Name a new folder.")
    if folder.exists() and any(folder.iterdir()) and not force:
        raise CmgraphError(
            "the folder is not empty", where=str(folder), hint="Name another, or replace it with --force."
        )
    with _whole(folder) as target:
        if "cmgraph.nt" in wanted:
            _write_lines(target / "cmgraph.nt", graph.stated)
        if "derived.nt" in wanted:
            _write_lines(target / "derived.nt", (triple for rule in graph.derived.values() for triple in rule))
        if wanted & {"cmgraph.ttl", "context.jsonld", "cmgraph.jsonld"}:
            _write_documents(target, graph, wanted)
        if "tables" in wanted:
            _write_tables(target / "tables", graph)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_documents(target: Path, graph: Graph, wanted: Collection[str]) -> None:
    stated = ordered(graph.stated)
    context = {"@context": jsonld_context(stated, graph.prefixes)}
    if "cmgraph.ttl" in wanted:
        serialize(stated, target / "cmgraph.ttl", RdfFormat.TURTLE, prefixes=graph.prefixes.used(stated))
    if "context.jsonld" in wanted:
        _write_json(target / "context.jsonld", context)
    if "cmgraph.jsonld" in wanted:
        _write_json(target / "cmgraph.jsonld", {**context, "@graph": list(jsonld_nodes(stated, graph.prefixes))})


def _write_tables(tables: Path, graph: Graph) -> None:
    tables.mkdir()
    for query in sorted((files("cmgraph") / "sparql/tables").iterdir(), key=lambda path: path.name):
        text = query.read_text(encoding="utf-8")
        result = build(graph.store.select(text, graph.prefixes), graph.store, graph.names)
        path = tables / f"{query.name.removesuffix('.rq')}.csv"
        path.write_text(delimited(result, ","), encoding="utf-8", newline="")


def _write_lines(path: Path, triples: Iterable[Triple]) -> None:
    """Write statements as lines of N-Triples, sorted, each once, in bounded memory."""
    rest = iter(triples)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, ExitStack() as stack:
        parts: list[TextIO] = []
        while some := lines(islice(rest, _CHUNK)):
            part = Path(scratch) / str(len(parts))
            part.write_text("".join(f"{line}\n" for line in sorted(some)), encoding="utf-8", newline="")
            parts.append(stack.enter_context(part.open(encoding="utf-8", newline="\n")))
        with path.open("w", encoding="utf-8", newline="") as target:
            target.writelines(line for line, _ in groupby(heapq.merge(*parts)))


def jsonld_context(triples: Iterable[Triple], prefixes: Prefixes) -> dict[str, Any]:
    """Return a JSON-LD context: prefixes, and each property with the one kind of value it takes."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        value = triple.object
        if isinstance(value, Literal):
            kinds[triple.predicate.value].add("@language" if value.language else value.datatype.value)
        else:
            kinds[triple.predicate.value].add("@id")
    terms: dict[str, Any] = {}
    for iri in sorted(kinds.keys() - {RDF_TYPE.value}):
        term: dict[str, Any] = {"@id": prefixes.shorten(iri)}
        if kinds[iri] == {"@language"}:
            term["@container"] = ["@language", "@set"]
        elif len(kinds[iri]) == 1 and (kind := next(iter(kinds[iri]))) != XSD + "string":
            term["@type"] = kind if kind == "@id" else prefixes.shorten(kind)
        terms[_local(iri)] = term
    return {**prefixes, "id": "@id", "type": "@type", **terms}


def jsonld_nodes(triples: Iterable[Triple], prefixes: Prefixes) -> Iterator[dict[str, Any]]:
    """Yield one JSON-LD node per subject, in order, written for :func:`jsonld_context`."""
    triples = list(triples)
    context = jsonld_context(triples, prefixes)
    node: dict[str, Any] = {}
    for triple in triples:
        subject = prefixes.shorten(text_of(triple.subject))
        if node.get("id") != subject:
            if node:
                yield node
            node = {"id": subject}
        if triple.predicate == RDF_TYPE:
            node.setdefault("type", []).append(prefixes.shorten(text_of(triple.object)))
            continue
        key, value = _local(triple.predicate.value), triple.object
        term = context[key]
        if isinstance(value, Literal) and "@container" in term:
            node.setdefault(key, {}).setdefault(value.language, []).append(value.value)
        elif isinstance(value, Literal) and term.get("@type") in (None, "@id"):
            plain = value.datatype.value == XSD + "string" and not value.language
            kind = {"@language": value.language} if value.language else {"@type": value.datatype.value}
            node.setdefault(key, []).append(value.value if plain else {"@value": value.value, **kind})
        elif isinstance(value, Literal):
            node.setdefault(key, []).append(value.value)
        else:
            iri = prefixes.shorten(text_of(value))
            node.setdefault(key, []).append(iri if term.get("@type") == "@id" else {"id": iri})
    if node:
        yield node


def _local(iri: str) -> str:
    """Name a property in JSON: its local name, which no two properties in use share."""
    return iri.rpartition("#")[2] if "#" in iri else iri.rpartition("/")[2]


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write in that takes the place of ``folder`` only if all goes well."""
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            yield new
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            if old.exists():
                shutil.rmtree(old)
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror}", where=str(folder)) from None
