"""Ask ``cmgraph serve`` as many clients would, over the loopback address.

``python benchmarks/serve.py load [--clients 64] [--seconds 600]`` asks everything that it serves, in a random order,
and checks each answer against the first one of its kind; it prints what came back and how much memory was taken, and
exits with 1 if an answer differed, was an error, or did not come, or if memory grew.

``python benchmarks/serve.py memory [--clients 8] [--requests 3600]`` asks as much as an hour brings, one request a
second, as fast as it goes, and prints the memory that was taken after each twelfth of it; it exits with 1 if that grew.

``python benchmarks/serve.py rates [--clients 8] [--seconds 10]`` prints requests per second, for the same work beside
Oxigraph's own server.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import cmgraph

CMGRAPH = [sys.executable, "-c", "from cmgraph.cli.main import main; main()"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AGENT = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
FORUMS = "SELECT ?forum ?name { ?forum a cm:Forum ; skos:prefLabel ?name } ORDER BY ?forum ?name"
GROWTH = 1.1
"""How much more memory may be taken at the end of a run than in its second quarter."""


class Request(NamedTuple):
    """What a client sends."""

    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None


def work() -> list[Request]:
    """Return a request of each kind that is answered the same each time."""
    things = ("id/agent/european-union", "id/agent/nrcan-rncan", "vocab/mineral/lithium", "id/place/canada")
    pages = [Request(f"/{thing}{ending}") for thing in things for ending in (".html", ".fr.html", ".ttl", ".jsonld")]
    names = {"a": {"query": "European Union", "type": "cm:Agent"}, "b": {"query": "lithuim"}}
    columns = {"ids": ["vocab/mineral/lithium"], "properties": [{"id": "cm:chemicalSymbol"}]}
    call = {"name": "answer", "arguments": {"name": "partners", "values": {"actor": "Canada"}}}
    told = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode()
    return [
        *pages,
        *(Request(f"/{thing}", {"Accept": "text/turtle"}) for thing in things),
        *(Request(path) for path in ("/", "/questions", "/def.html", "/search?q=japan", "/openapi.json", "/sparql")),
        *(Request(f"/{page}") for page in ("browse", "sourced.fr.html", "map", "changes", "download", "network")),
        *(Request(f"/{page}.html") for page in ("id/agent", "id/source", "vocab/mineral", "network/actors")),
        Request("/cmgraph.ttl", {"Accept-Encoding": "gzip"}),
        Request("/queries/partners?actor=Japan"),
        Request("/queries/partners.csv?actor=Canada", {"Accept-Encoding": "zstd"}),
        Request("/api/search?q=lithium", {"Accept-Encoding": "gzip"}),
        Request("/api/entity?name=Japan&max=20"),
        Request("/api/path?from=Canada&to=Japan"),
        Request("/api/neighbours?name=Japan&max=20"),
        Request("/api/compare?actor=Canada&actor=Japan", {"Accept": "text/csv"}),
        Request("/api/figures?mineral=uranium&place=Canada"),
        Request("/api/questions?max=20"),
        Request("/api/questions/partners/answer?actor=Japan&max=50"),
        Request("/api/questions/coverage/answer", {"Accept": "text/csv"}),
        *(Request(f"/sparql?query={quote(FORUMS)}&format={form}") for form in ("json", "xml", "csv", "tsv")),
        Request("/sparql", {"Content-Type": "application/sparql-query"}, FORUMS.encode()),
        Request("/sparql", FORM, urlencode({"query": "ASK { ?x a cm:Forum }"}).encode()),
        Request(f"/sparql?query={quote('CONSTRUCT WHERE { ?x a cm:Forum ; skos:prefLabel ?y }')}"),
        Request("/reconcile", FORM, urlencode({"queries": json.dumps(names)}).encode()),
        Request("/reconcile", FORM, urlencode({"extend": json.dumps(columns)}).encode()),
        Request("/reconcile/suggest/entity?prefix=lith"),
        Request("/mcp", AGENT, told),
        Request("/id/agent/nobody-at-all"),
        Request(f"/sparql?query={quote('SELECT {')}"),
    ]


class Client:
    """A client that keeps its connection."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def ask(self, request: Request) -> tuple[int, str]:
        """Return the status of the answer, and the hash of what came."""
        self.connection.request("POST" if request.body else "GET", request.path, request.body, dict(request.headers))
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.headers["content-encoding"] == "gzip":  # whose head has the time
            body = gzip.decompress(body)
        return answer.status, hashlib.sha256(body).hexdigest()


@contextmanager
def running(command: list[str], ready: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a server, and yield its address."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        while ready not in line:
            assert line, "the server did not start"
            line = process.stderr.readline()
        yield next(word for word in line.split() if word.startswith("http")), process
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def resident(process: int) -> int:
    """Return how many MB the server and its workers hold."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    total = 0
    for number in (str(process), *children):
        try:
            status = Path(f"/proc/{number}/status").read_text()
        except OSError:  # a worker that has just ended
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return total // 1024


def load(clients: int, seconds: float) -> bool:
    """Ask everything at once, and say whether all was well."""
    with running([*CMGRAPH, "serve", "--port", "0"], "is ready") as (address, process):
        requests = work()
        first = Client(address)
        expected = [first.ask(request) for request in requests]
        wrong = [f"{r.path}: {status}" for r, (status, _) in zip(requests, expected, strict=True) if status >= 500]
        statuses: Counter[int] = Counter()
        waited: list[float] = []
        end = time.monotonic() + seconds

        def ask(number: int) -> None:
            client, choice = Client(address), random.Random(number)  # noqa: S311
            while time.monotonic() < end:
                index = choice.randrange(len(requests))
                began = time.monotonic()
                try:
                    answer = client.ask(requests[index])
                except (OSError, http.client.HTTPException) as error:
                    wrong.append(f"{requests[index].path}: {type(error).__name__}: {error}")
                    client = Client(address)
                    continue
                waited.append(time.monotonic() - began)
                statuses[answer[0]] += 1
                if answer != expected[index]:
                    wrong.append(f"{requests[index].path}: {answer[0]}, not the answer of before")

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        memory = []
        while any(thread.is_alive() for thread in threads):
            memory.append(resident(process.pid))
            time.sleep(1)
        for thread in threads:
            thread.join()
    quarter = max(1, len(memory) // 4)
    second, last = statistics.mean(memory[quarter : 2 * quarter]), statistics.mean(memory[-quarter:])
    waited.sort()
    lines = [
        f"{sum(statuses.values())} requests of {len(requests)} kinds by {clients} clients in {seconds:g} s",
        f"by status: {dict(sorted(statuses.items()))}",
        f"waited: median {statistics.median(waited):.3f} s, 99 of 100 below {waited[len(waited) * 99 // 100]:.3f} s",
        f"memory: {second:.0f} MB in the second quarter, {last:.0f} MB in the last, {max(memory)} MB at most",
        f"wrong: {len(wrong)}",
        *wrong[:20],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return not wrong and last < second * GROWTH


def memory(clients: int, requests: int) -> bool:
    """Ask what an hour brings, print the memory that is taken meanwhile, and say whether it stayed as it was."""
    taken: list[int] = []
    with running([*CMGRAPH, "serve", "--port", "0"], "is ready") as (address, process):
        kinds, choice = work(), random.Random(1)  # noqa: S311
        first = Client(address)
        for kind in kinds:
            first.ask(kind)

        def ask(some: list[Request]) -> None:
            client = Client(address)
            for request in some:
                client.ask(request)

        for twelfth in range(1, 13):
            some = choice.choices(kinds, k=requests // 12)
            threads = [threading.Thread(target=ask, args=(some[number::clients],)) for number in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            taken.append(resident(process.pid))
            sys.stdout.write(f"after {twelfth * requests // 12} requests: {taken[-1]} MB\n")
            sys.stdout.flush()
    return statistics.mean(taken[9:]) < statistics.mean(taken[3:6]) * GROWTH


def rate(address: str, request: Request, clients: int, seconds: float) -> float:
    """Return how many requests are answered in a second."""
    answered: Counter[int] = Counter()
    end = time.monotonic() + seconds

    def ask() -> None:
        client = Client(address)
        while time.monotonic() < end:
            answered[client.ask(request)[0]] += 1

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {*answered} <= {200}, answered
    return sum(answered.values()) / seconds


def rates(clients: int, seconds: float) -> None:
    """Print requests per second beside Oxigraph's own server, which has the same statements."""
    graph = cmgraph.load()
    prefixes = "".join(f"PREFIX {name}: <{space}>\n" for name, space in graph.prefixes.items())
    question = graph.question("partners")
    sparql = {"Content-Type": "application/sparql-query", "Accept": "text/csv"}
    entity = "DESCRIBE <https://w3id.org/cmgraph/id/agent/nrcan-rncan>"
    ours = {
        "page of a thing": Request("/id/agent/nrcan-rncan.html"),
        "the same as Turtle": Request("/id/agent/nrcan-rncan.ttl"),
        "saved question, as CSV": Request("/queries/partners.csv"),
        "its text, to /sparql": Request("/sparql", sparql, (prefixes + question.text).encode()),
        "short SELECT": Request("/sparql", sparql, (prefixes + FORUMS).encode()),
        "ASK": Request("/sparql", {**sparql, "Accept": "application/sparql-results+json"}, b"ASK { ?s ?p ?o }"),
    }
    theirs = {name: one._replace(path="/query") for name, one in ours.items() if one.body}
    theirs["the same as Turtle"] = Request("/query", {**sparql, "Accept": "text/turtle"}, entity.encode())
    found: dict[str, list[str]] = {name: [] for name in ours}
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        subprocess.run([*CMGRAPH, "--quiet", "load", "--store", store], check=True)  # noqa: S603
        with running([*CMGRAPH, "serve", "--port", "0"], "is ready") as (address, _):
            for name, request in ours.items():
                found[name].append(f"{rate(address, request, clients, seconds):.0f}")
        state = store / (store / "current").read_text().strip()
        oxigraph = [str(Path(sys.executable).parent / "oxigraph"), "serve-read-only", "-l", str(state)]
        with running([*oxigraph, "-b", "127.0.0.1:17878"], "http") as (address, _):
            for name in ours:
                has = name in theirs
                found[name].append(f"{rate(address, theirs[name], clients, seconds):.0f}" if has else "")
    rows = [f"| {name} | {' | '.join(figures)} |" for name, figures in found.items()]
    head = ["| requests per second | cmgraph serve | oxigraph serve-read-only |", "| --- | ---: | ---: |"]
    sys.stdout.write("\n".join([*head, *rows]) + "\n")


def main() -> None:
    """Read the command line, and begin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("load", "memory", "rates"))
    parser.add_argument("--clients", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--requests", type=int)
    given = parser.parse_args()
    if given.what == "rates":
        rates(given.clients or 8, given.seconds or 10)
    elif given.what == "memory":
        sys.exit(0 if memory(given.clients or 8, given.requests or 3600) else 1)
    elif not load(given.clients or 64, given.seconds or 600):
        sys.exit(1)


if __name__ == "__main__":
    main()
