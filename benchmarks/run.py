"""Time cmgraph beside the naive way, rdflib and pySHACL alone, and beside Oxigraph alone, in one run.

``python benchmarks/run.py [--full]`` prints the tables as Markdown: medians of processes run in turn, ratios, peak
memory, and growth with size. Without ``--full`` it leaves out what takes more than minutes: a million statements in
rdflib, ten million in cmgraph.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CMGRAPH = [sys.executable, "-c", "from cmgraph.cli.main import main; main()"]
PARTNERS = ROOT / "queries/partners/partners.rq"
READ = f"import glob; files = [p for p in glob.glob({str(ROOT)!r} + '/**/*.ttl', recursive=True) if '/data/' in p]; "
ASK = f"; print(len(list(g.query(open({str(PARTNERS)!r}).read()))))"
WHOLE = {
    "start-up": (
        [*CMGRAPH, "--version"],
        [sys.executable, "-c", "import rdflib, pyshacl, SPARQLWrapper"],
        [sys.executable, "-c", "import pyoxigraph"],
    ),
    "a query, whole process": (
        [*CMGRAPH, "query", "partners"],
        [sys.executable, "-c", READ + "import rdflib; g = rdflib.Graph(); [g.parse(p) for p in files]" + ASK],
        [
            sys.executable,
            "-c",
            READ + "from pyoxigraph import Store; g = Store(); [g.bulk_load(path=p) for p in files]" + ASK,
        ],
    ),
}


def generate(statements: int, target: Path) -> int:
    """Write a graph of about so many statements, in a process of its own, and return how many they are."""
    said = process([sys.executable, str(HERE / "generate.py"), str(statements), str(target)])[2]
    return int(said.split()[0])


def process(command: list[str]) -> tuple[float, int, str]:
    """Run a command and return its wall time in seconds, its peak memory in bytes and what it printed."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert child.stdout is not None and child.stderr is not None
    said = child.stdout.read()
    trouble = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}: {trouble}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024, said


def task(*arguments: str) -> tuple[dict[str, float], int]:
    """Do a task of ``tasks.py`` and return its times and peak memory."""
    _, memory, said = process([sys.executable, str(HERE / "tasks.py"), *arguments])
    return json.loads(said), memory


def row(name: str, ours: list[float], naive: list[float], floor: list[float], memory: list[int]) -> None:
    """Print a row: medians, ratio, peak memory of cmgraph and of the naive way."""
    mine, theirs = statistics.median(ours), statistics.median(naive) if naive else math.nan
    least = f"{statistics.median(floor):.3f}" if floor else ""
    sizes = " / ".join(f"{size / 1e6:.0f}" for size in memory)
    said = f"{theirs:.3f} | {least} | {theirs / mine:.1f}" if naive else f" | {least} | "
    print(f"| {name} | {mine:.3f} | {said} | {sizes} |", flush=True)  # noqa: T201


def compare(name: str, work: str, path: Path, rounds: int, *, naive: bool = True, floor: bool = True) -> None:
    """Time a task by each in turn, and print its row."""
    who = ["ours", *(["naive"] if naive else []), *(["floor"] if floor else [])]
    found = {one: [task(work, one, str(path)) for _ in range(rounds)] for one in who}
    times = {one: [times["work"] for times, _ in found.get(one, [])] for one in ("ours", "naive", "floor")}
    memory = [max(size for _, size in found[one]) for one in who[:2] if one != "floor"]
    row(name, times["ours"], times["naive"], times["floor"], memory)


def ask(name: str, path: Path, runs: int, *, naive: bool) -> None:
    """Time every saved question by each, slowest first, and print means of ratios."""
    who = ["ours", "floor", *(["naive"] if naive else [])]
    times = {one: task("questions", one, str(path), str(1 if one == "naive" else runs))[0] for one in who}
    ours, floor = times["ours"], times["floor"]

    def ratios(of: dict[str, float]) -> str:
        found = [of[name] / ours[name] for name in ours]
        return f"geometric mean {math.exp(statistics.fmean(map(math.log, found))):.1f}, least {min(found):.2f}"

    print(f"\n{name}: {len(ours)} questions, {sum(ours.values()):.2f} s in all.")  # noqa: T201
    if naive:
        print(f"rdflib takes {sum(times['naive'].values()):.1f} s, ratio: {ratios(times['naive'])}.")  # noqa: T201
    extra = [(ours[name] - floor[name]) / floor[name] for name in ours]
    more = (sum(ours.values()) - sum(floor.values())) / sum(floor.values())
    print(f"Over Oxigraph alone: {100 * more:.0f} % in all, median {100 * statistics.median(extra):.0f} %.\n")  # noqa: T201
    print("| question | cmgraph, ms | Oxigraph, ms | rdflib, ms |\n| --- | ---: | ---: | ---: |")  # noqa: T201
    for slow in sorted(ours, key=lambda name: -ours[name]):
        theirs = f"{times['naive'][slow] * 1000:.0f}" if naive else ""
        print(f"| {slow} | {ours[slow] * 1000:.1f} | {floor[slow] * 1000:.1f} | {theirs} |", flush=True)  # noqa: T201


def publish() -> None:
    """Publish the bundled graph, once more with one name changed, and naively; print the seconds of all processors."""
    ours, naive = (task("publish", who, str(ROOT))[0] for who in ("ours", "naive"))
    for name, words in {"work": "whole", "again": "again, one name changed"}.items():
        print(  # noqa: T201
            f"\nPublication, {words}: {ours[name]:.1f} s of processors, {ours[f'{name}, wall']:.1f} s in all; "
            f"naive, RDF alone: {naive['work']:.1f} s, ratio {naive['work'] / ours[name]:.2f}."
        )
    print(f"It has {ours['bytes'] / 1e6:.0f} MB.", flush=True)  # noqa: T201


def grow(sizes: list[int], folder: Path) -> None:
    """Load, validate and export ever larger graphs in a store on disk, and print what each statement costs."""
    work = " | ".join(f"{name}, s | µs each | MB" for name in ("load", "validate", "N-Triples", "Parquet"))
    print(f"\n| statements | {work} |")  # noqa: T201
    print("| ---: " * 13 + "|")  # noqa: T201
    for size in sizes:
        path, store = folder / f"{size}.nt", folder / f"store-{size}"
        count = generate(size, path)
        cells = [f"{count:,}"]
        for command in (
            ["load", str(path), "--store", str(store)],
            ["validate", "--store", str(store)],
            ["export", str(folder / f"out-{size}"), "--store", str(store), "--only", "cmgraph.nt"],
            ["export", str(folder / f"frames-{size}"), "--store", str(store), "--only", "parquet"],
        ):
            seconds, memory, _ = process([*CMGRAPH, *command])
            cells += [f"{seconds:.1f}", f"{seconds / count * 1e6:.1f}", f"{memory / 1e6:.0f}"]
        print(f"| {' | '.join(cells)} |", flush=True)  # noqa: T201


def main() -> None:
    """Print every table."""
    full = "--full" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        hundred, million = folder / "100k.nt", folder / "1m.nt"
        generate(100_000, hundred)
        generate(1_000_000, million)
        print("| work | cmgraph, s | naive, s | Oxigraph alone, s | ratio | peak MB, cmgraph / naive |")  # noqa: T201
        print("| --- | ---: | ---: | ---: | ---: | ---: |")  # noqa: T201
        for name, commands in WHOLE.items():
            process(commands[0])
            found = [[process(command) for command in commands] for _ in range(5)]
            ours, naive, floor = ([one[number][0] for one in found] for number in range(3))
            row(name, ours, naive, floor, [max(one[number][1] for one in found) for number in range(2)])
        turtle = folder / "1m.ttl"
        process([sys.executable, "-c", _TURTLE, str(million), str(turtle)])
        compare("load Turtle, 10⁶", "load", turtle, 1, naive=full)
        compare("derive, 10⁵", "derive", hundred, 3)
        compare("validate, 10⁵", "validate", hundred, 1, floor=False)
        compare("export of four forms, 10⁵", "export", hundred, 3, floor=False)
        compare("network of actors with betweenness, 10⁵", "network", hundred, 3, floor=False)
        publish()
        ask("10⁵ statements", hundred, 5, naive=True)
        ask("10⁶ statements", million, 3, naive=full)
        grow([10_000, 100_000, 1_000_000, *([10_000_000] if full else [])], folder)


_TURTLE = """
import sys
from pyoxigraph import RdfFormat, parse, serialize
serialize((quad.triple for quad in parse(path=sys.argv[1])), sys.argv[2], RdfFormat.TURTLE)
"""


if __name__ == "__main__":
    main()
