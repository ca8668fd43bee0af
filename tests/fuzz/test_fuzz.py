"""Damaged inputs of every kind: each gives a result or a refusal of one line, soon, and leaves nothing half written.

The same inputs come each time: every kind has seeds, and numbers that say how they are damaged. What once found a bug
lies in ``found/``, named after it, and is tried first.
"""

from __future__ import annotations

import datetime as dt
import faulthandler
import io
import random
import shutil
import signal
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

import pytest
from xlsxwriter import Workbook

import cmgraph
from cmgraph.diff import diff_versions
from cmgraph.errors import CmgraphError
from cmgraph.export.export import Options, export
from cmgraph.graph import Graph
from cmgraph.tables.ingest import ingest
from conftest import write_minimal_root

HERE = Path(__file__).parent
SECONDS = 10
"""How long one input may take; a fifth of it is what the program is told."""

ONTOLOGY = (
    *("prefixes.ttl", "context.jsonld", "cmgraph.ttl", "modules/agents.ttl", "modules/relationships.ttl"),
    *("modules/sources.ttl", "vocabularies/claim-status.ttl", "vocabularies/role.ttl", "vocabularies/end-state.ttl"),
    "vocabularies/support.ttl",
    *("vocabularies/kind-of-member.ttl", "templates/memberships.rq", "rules/has-been-member-of.rq"),
    *("shapes/citations.ttl",),
)
DATA = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
agent:canada a cm:Government ; skos:prefLabel "Canada"@en .
agent:chile a cm:Government ; skos:prefLabel "Chile"@en .
agent:club a cm:Forum ; skos:prefLabel "Club"@en .
<https://w3id.org/cmgraph/id/source/s> a cm:Source ; dcterms:title "S"@en .
"""

NASTY = (
    *(
        b"\0",
        b"\x1b[31m",
        b"\r",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\\ud800",
    ),
    *(b"\\uDFFF", b"\\U00110000", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"&#0;", b"&xsd;", b"%00", b"%zz"),
    *(
        b'"',
        b"'",
        b'"""',
        b"<",
        b">",
        b"<<(",
        b")>>",
        b"{|",
        b"[",
        b"]",
        b"(",
        b")",
        b"{",
        b"}",
        b".",
        b";",
        b",",
        b"^^",
    ),
    *(b"@", b"@en--rtl", b"_:", b":", b"#", b"#+ ", b"\t", b"99999999999999999999999999", b"-1", b"1e999999", b"NaN"),
    *(b"null", b"true", b"[x]", b"&a *a", b"!!python/object:os.system", b"? :", b"- -", b"9" * 400, b"((" * 60),
    *(b"[" * 150, b"{" * 150, b"<a>" * 150, b"a" * 3000, b"$?x", b"SERVICE <x:y> {", b"UNION {} ", b"MINUS {}" * 40),
    *(
        b"=1+1",
        b"2020-02-30",
        b"\xc2\xa0",
        b"1,234.5",
        b"\xe2\x84\xab",
        b"\xf0\x9f\x98\x80",
        b"",
        b"@prefix : <",
        b"BASE <",
    ),
)


@dataclass(frozen=True)
class Reader:
    """A kind of input.

    :ivar read: takes a damaged input in a folder of its own.
    :ivar weight: how many of 20,000 inputs are of this kind.
    """

    seeds: tuple[bytes, ...]
    ending: str
    weight: int
    read: Callable[[Graph, Path], object]


def seed(*names: str) -> tuple[bytes, ...]:
    return tuple((HERE / "seeds" / name).read_bytes() for name in names)


def workbook() -> bytes:
    buffer = io.BytesIO()
    with Workbook(buffer) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})
        sheet = book.add_worksheet("memberships")
        for y, row in enumerate((HERE / "seeds/memberships.tsv").read_text(encoding="utf-8").splitlines()):
            sheet.write_row(y, 0, row.split("\t"))
        sheet.write_number(1, 3, 2020)
        sheet.write_datetime(1, 6, dt.datetime(2026, 1, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    return buffer.getvalue()


def _table(graph: Graph, path: Path, template: str = "memberships") -> None:
    target = path.with_suffix(".out.ttl")
    try:
        ingest(path, template, target, data=graph.root)
    except CmgraphError:
        assert not target.exists()
        raise
    assert not target.exists() or diff_versions(graph, str(target), str(target))[1] == ""


def _by_template(graph: Graph, path: Path) -> None:
    shutil.copy(HERE / "seeds/memberships.csv", path.with_name("table.csv"))
    _table(graph, path.with_name("table.csv"), str(path))


def _published(graph: Graph, path: Path) -> None:
    root, target = path.parent / "root", path.parent / "published"
    shutil.copytree(graph.root, root)
    shutil.copy(path, root / "data/dataset.yaml")
    try:
        export(cmgraph.load(root), target, Options(only=["derived.nt", "datapackage.json"]))
    except CmgraphError:
        assert not target.exists()
        raise
    assert (target / "datapackage.json").read_bytes().rstrip().endswith(b"}")


def _question(graph: Graph, path: Path) -> None:
    graph.query(path)


def _sparql(graph: Graph, path: Path) -> None:
    graph.query(path.read_bytes().decode("utf-8", "replace") + " ")


def _difference(graph: Graph, path: Path) -> None:
    diff_versions(graph, str(path), str(path))


def _validated(graph: Graph, path: Path) -> None:
    graph.validate(path)


class _Answer(BaseHTTPRequestHandler):
    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


def _answered(graph: Graph, path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answer", (_Answer,), {"body": path.read_bytes()}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        cmgraph.load(graph.root, endpoint=address, timeout=SECONDS / 5).query("SELECT ?s ?n { ?s ?p ?n }")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


RDF = seed("statements.ttl", "lines.nt")
READERS = {
    "turtle": Reader(RDF, ".ttl", 3500, _difference),
    "n-triples": Reader(seed("lines.nt"), ".nt", 2000, _difference),
    "n-quads": Reader(seed("lines.nq", "lines.nt"), ".nq", 1500, _difference),
    "trig": Reader(seed("graphs.trig", "statements.ttl"), ".trig", 2000, _difference),
    "rdf-xml": Reader(seed("statements.rdf"), ".rdf", 3000, _difference),
    "json-ld": Reader(seed("statements.jsonld"), ".jsonld", 3000, _difference),
    "validated": Reader(RDF, ".ttl", 200, _validated),
    "validated-xml": Reader(seed("statements.rdf"), ".rdf", 100, _validated),
    "sparql": Reader(seed("free.sparql"), ".txt", 1600, _sparql),
    "question": Reader(seed("question.rq"), ".rq", 1500, _question),
    "answer": Reader(seed("answer.json"), ".json", 500, _answered),
    "csv": Reader(seed("memberships.csv"), ".csv", 350, _table),
    "tsv": Reader(seed("memberships.tsv"), ".tsv", 200, _table),
    "xlsx": Reader((workbook(),), ".xlsx", 250, _table),
    "template": Reader(seed("template.rq"), ".rq", 250, _by_template),
    "dataset": Reader(seed("dataset.yaml"), ".yaml", 50, _published),
}


def damage(content: bytes, chance: random.Random) -> bytes:
    """Change, leave out, double, swap or put in a little, once or a few times."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        here, there = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        there = min(there, here + chance.choice((1, 4, 20, 400)))
        piece = content[here:there]
        match chance.randrange(7):
            case 0:
                piece = bytes(byte ^ (1 << chance.randrange(8)) for byte in piece[:1]) + piece[1:]
            case 1:
                piece = b""
            case 2:
                piece *= chance.choice((2, 2, 3, 30))
            case 3 | 4:
                piece = chance.choice(NASTY) + piece
            case 5:
                piece = chance.choice(NASTY)
            case _:
                content, piece = content[:there] if chance.random() < 0.3 else content, piece[::-1]
        content = content[:here] + piece + content[there:]
    return content


def damage_workbook(content: bytes, chance: random.Random) -> bytes:
    """Damage one file of a workbook, or its packing."""
    if chance.random() < 0.2:
        return damage(content, chance)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        struck = chance.choice(old.namelist())
        for name in old.namelist():
            if name != struck or chance.random() < 0.9:
                new.writestr(name, damage(old.read(name), chance) if name == struck else old.read(name))
    return buffer.getvalue()


def inputs(kind: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Give what found a bug by its name, then ``count`` damaged inputs by number."""
    reader = READERS[kind]
    for path in sorted((HERE / "found" / kind).glob("*")):
        yield path.name, path.read_bytes()
    for number in range(count):
        chance = random.Random(f"{kind} {number}")
        content = chance.choice(reader.seeds)
        yield str(number), (damage_workbook if kind == "xlsx" else damage)(content, chance)


class TooLong(BaseException):
    """An input took longer than it may; no handler of errors takes it for one."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt Python after some seconds; if the engine does not listen, end with a trace of where it is."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(6 * seconds, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def minimal_graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return a graph with the least of the ontology and a few statements, which reads within the time allowed."""
    root = tmp_path_factory.mktemp("graph")
    write_minimal_root(root, ONTOLOGY, DATA)
    return cmgraph.load(root, timeout=SECONDS / 5)


def trouble(reader: Reader, graph: Graph, path: Path) -> str:
    """Say what is wrong with how an input was taken; empty if nothing is."""
    try:
        with at_most(SECONDS):
            reader.read(graph, path)
    except CmgraphError as error:
        if "\n" in error.what or not error.what.strip():
            return f"not one line: {error.what!r}"
    except TooLong:
        return f"took more than {SECONDS} s"
    except (Exception, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    left = [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")]
    return f"left behind: {left}" if left else ""


def try_all(kind: str, graph: Graph, folder: Path, count: int) -> None:
    reader, wrong = READERS[kind], []
    for name, content in inputs(kind, count):
        place = folder / "input"
        place.mkdir()
        path = place / f"input{reader.ending}"
        path.write_bytes(content)
        if problem := trouble(reader, graph, path):
            wrong.append(f"{name}: {problem}")
            with suppress(FileExistsError):
                (folder / "wrong").mkdir()
            (folder / "wrong" / f"{kind}-{name}{reader.ending}").write_bytes(content)
        shutil.rmtree(place)
    assert not wrong, f"{len(wrong)} of {count}, kept in {folder / 'wrong'}:\n" + "\n".join(wrong[:40])


@pytest.mark.gate
@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_input_is_read_or_refused_in_a_line(kind: str, minimal_graph: Graph, tmp_path: Path) -> None:
    try_all(kind, minimal_graph, tmp_path, max(8, READERS[kind].weight // 50))


@pytest.mark.parametrize("kind", READERS)
def test_the_seeds_themselves_are_read(kind: str, minimal_graph: Graph, tmp_path: Path) -> None:
    reader = READERS[kind]
    for number, content in enumerate(reader.seeds):
        if reader.ending in (".nq", ".trig"):
            pytest.skip("graphs by name are not read yet")
        place = tmp_path / str(number)
        place.mkdir()
        (place / f"input{reader.ending}").write_bytes(content)
        reader.read(minimal_graph, place / f"input{reader.ending}")


@pytest.mark.thorough
@pytest.mark.parametrize("kind", READERS)
def test_20000_damaged_inputs_are_read_or_refused_in_a_line(kind: str, minimal_graph: Graph, tmp_path: Path) -> None:
    assert sum(reader.weight for reader in READERS.values()) == 20_000
    try_all(kind, minimal_graph, tmp_path, READERS[kind].weight)
