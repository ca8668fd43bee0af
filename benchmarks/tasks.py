"""One piece of work, done by cmgraph, by rdflib and pySHACL alone, or by Oxigraph alone, and timed.

``python benchmarks/tasks.py WORK WHO ARGUMENT…`` prints the seconds that the work took by itself, as JSON. ``run.py``
calls it; each call is a process of its own, so that nothing is shared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TERMS = [
    *sorted((ROOT / "ontology").glob("[!a]*.ttl")),
    *sorted((ROOT / "ontology/modules").glob("*.ttl")),
    *sorted((ROOT / "ontology/vocabularies").glob("*.ttl")),
]
SHAPES = [ROOT / "ontology/prefixes.ttl", *sorted((ROOT / "ontology/shapes").glob("*.ttl"))]
RULES = sorted((ROOT / "ontology/rules").glob("*.rq"))
QUESTIONS = sorted((ROOT / "queries").rglob("*.rq"))
Timed = dict[str, float]


def timed(work: Callable[[], Any], name: str = "work", runs: int = 1) -> Timed:
    """Do some work and return the least time it took."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return {name: min(taken)}


def rdflib_of(*paths: Path) -> Any:
    """Read files with rdflib."""
    import rdflib

    graph = rdflib.Graph()
    for path in paths:
        graph.parse(path)
    return graph


def oxigraph_of(*paths: Path) -> Any:
    """Read files with Oxigraph."""
    from pyoxigraph import Store

    store = Store()
    for path in paths:
        store.bulk_load(path=str(path))
    return store


def cmgraph_of(path: Path) -> Any:
    """Read a file into a graph in memory, with what follows by rule."""
    from cmgraph.graph import Graph, load
    from cmgraph.inference import materialize
    from cmgraph.store.local import LocalStore

    bundled, store = load(), LocalStore()
    store.read([*TERMS, path])
    materialize(store, bundled.ontology)
    return Graph(bundled.folders, bundled.ontology, store, None)


def load(who: str, path: Path) -> Timed:
    """Read a file into memory."""
    if who == "naive":
        return timed(lambda: rdflib_of(path))
    if who == "floor":
        return timed(lambda: oxigraph_of(path))
    from cmgraph.store.local import LocalStore

    return timed(lambda: LocalStore().read([path]))


def questions(who: str, path: Path, runs: str) -> Timed:
    """Answer every saved question; the time of each."""
    found: Timed = {}
    graph = {"naive": rdflib_of, "floor": oxigraph_of, "ours": lambda *paths: cmgraph_of(paths[-1])}[who](*TERMS, path)
    if who != "ours":
        for rule in RULES:
            new = list(graph.query(rule.read_text(encoding="utf-8")))
            if who == "naive":
                graph += new
            else:
                from pyoxigraph import Quad

                graph.bulk_extend(Quad(*triple) for triple in new)
    for question in QUESTIONS:
        asked = question.stem if who == "ours" else question.read_text(encoding="utf-8")
        found |= timed(lambda asked=asked: list(graph.query(asked)), question.stem, int(runs))  # type: ignore[misc]
    return found


def validate(who: str, path: Path) -> Timed:
    """Check a file against the shapes."""
    if who == "naive":
        import pyshacl

        data, shapes = rdflib_of(*TERMS, path), rdflib_of(*SHAPES)
        return timed(lambda: pyshacl.validate(data, shacl_graph=shapes, inplace=True))
    graph = cmgraph_of(path)
    return timed(graph.validate)


def derive(who: str, path: Path) -> Timed:
    """Run every rule."""
    texts = [rule.read_text(encoding="utf-8") for rule in RULES]
    graph = rdflib_of(path) if who == "naive" else oxigraph_of(path)
    if who != "ours":
        return timed(lambda: [list(graph.query(text)) for text in texts])
    from cmgraph.graph import load
    from cmgraph.inference import infer
    from cmgraph.store.local import LocalStore

    bundled = load()
    store = LocalStore(engine=graph)
    return timed(lambda: [list(found) for _, found in infer(store, bundled.ontology)])


def export(who: str, path: Path) -> Timed:
    """Write N-Triples, Turtle, RDF/XML and JSON-LD; cmgraph's are sorted."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out"
        if who == "ours":
            from cmgraph.export.export import Options
            from cmgraph.export.export import export as write

            graph = cmgraph_of(path)
            options = Options(only=[f"cmgraph.{form}" for form in ("nt", "ttl", "rdf", "jsonld")])
            return timed(lambda: write(graph, target, options))
        graph = rdflib_of(*TERMS, path)
        return timed(lambda: [graph.serialize(f"{target}.{form}", form) for form in ("nt", "turtle", "xml", "json-ld")])


def publish(who: str, path: Path) -> Timed:
    """Write a whole publication of a graph in a folder, and once more when one name is another; seconds of processors.

    The naive way writes its data alone with rdflib: four forms of the whole, and two of what is said around each thing
    that has a page, of which it does every twentieth.
    """
    with tempfile.TemporaryDirectory() as scratch:
        out, extra = Path(scratch) / "out", Path(scratch) / "extra"
        if who == "naive":
            out.mkdir()
            graph = rdflib_of(*TERMS, *sorted((path / "data").rglob("*.ttl")))
            forms = ("nt", "turtle", "xml", "json-ld")
            whole = spent(lambda: [graph.serialize(str(out / form), form, encoding="utf-8") for form in forms], "whole")
            some = spent(lambda: _documents(graph, out), "some")
            return {"work": whole["whole"] + EVERY * some["some"]}
        (extra / "data").mkdir(parents=True)
        os.environ["CMGRAPH_CACHE"] = str(Path(scratch) / "cache")

        def export(data: Path) -> None:
            command = [sys.executable, "-c", "from cmgraph.cli.main import main; main()", "--data", str(data)]
            command += ["export", "--force", str(out)]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command

        first = spent(lambda: export(path), "work")
        (extra / "data/name.ttl").write_text(NAME, encoding="utf-8")
        again = spent(lambda: export(extra), "again")
        return first | again | {"bytes": sum(file.stat().st_size for file in out.rglob("*") if file.is_file())}


EVERY = 20
NAME = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/cmgraph/id/agent/european-investment-bank> skos:altLabel "the bank"@en .
"""


def _documents(graph: Any, folder: Path) -> None:
    """Write what is said around some things: of them, of what points at them, and of the citations and sources."""
    import rdflib

    cm = rdflib.Namespace("https://w3id.org/cmgraph/def#")
    things = sorted({thing for thing in graph.subjects() if "/cmgraph/id/" in thing or "/cmgraph/vocab/" in thing})
    pages = [thing for thing in things if thing.split("/")[-2] not in ("rel", "obs", "record", "cite")]
    for number, thing in enumerate(pages[::EVERY]):
        nodes = {thing, *graph.subjects(None, thing)}
        for cites in (cm.hasCitation, cm.citesSource):
            nodes |= {cited for node in nodes for cited in graph.objects(node, cites)}
        around = rdflib.Graph()
        for node in nodes:
            around += graph.triples((node, None, None))
        for named in set(around.objects()) - nodes:
            around += graph.triples((named, rdflib.SKOS.prefLabel, None))
        for form in ("turtle", "json-ld"):
            around.serialize(str(folder / f"{number}.{form}"), form)


def spent(work: Callable[[], Any], name: str) -> Timed:
    """Do some work and return how long all processors were busy with it, and how long it took."""
    before, started = os.times(), time.perf_counter()
    work()
    after = os.times()
    busy = sum(after[:4]) - sum(before[:4])
    return {name: busy, f"{name}, wall": time.perf_counter() - started}


def network(who: str, path: Path) -> Timed:
    """Project actors tied by instruments, and measure betweenness."""
    import networkx as nx

    if who == "ours":
        from cmgraph.analysis.network import build_network as project

        graph = cmgraph_of(path)
        return timed(lambda: nx.betweenness_centrality(project(graph, "actors")))
    text = (ROOT / "ontology/projections/actors.rq").read_text(encoding="utf-8")
    data = rdflib_of(*TERMS, path)
    for rule in RULES:
        data += list(data.query(rule.read_text(encoding="utf-8")))

    def work() -> None:
        net = nx.Graph()
        net.add_edges_from((str(row[0]), str(row[1])) for row in data.query(text))
        nx.betweenness_centrality(net)

    return timed(work)


def main(arguments: list[str]) -> Iterator[str]:
    """Do the work that is named and yield its times."""
    work, who, path, *rest = arguments
    yield json.dumps(globals()[work](who, Path(path), *rest))


if __name__ == "__main__":
    sys.stdout.writelines(main(sys.argv[1:]))
