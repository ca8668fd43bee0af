"""Median seconds per saved question: cmgraph and rdflib in one run, on the bundled graph.

``python benchmarks/questions.py [RUNS]`` prints a Markdown table, slowest first, and the geometric mean of the ratios.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable

import cmgraph


def seconds(work: Callable[[], object], runs: int) -> float:
    """Return the median time of ``runs`` runs."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Time every question on both engines and print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    graph = cmgraph.load()
    rows = []
    for name, question in graph.questions.items():
        ours = seconds(lambda name=name: graph.query(name), runs)  # type: ignore[misc]
        theirs = seconds(lambda text=question.text: list(graph.rdflib.query(text)), 1)  # type: ignore[misc]
        rows.append((ours, theirs, name, len(graph.query(name))))
    lines = ["| question | rows | cmgraph, ms | rdflib, ms | ratio |", "| --- | ---: | ---: | ---: | ---: |"]
    for ours, theirs, name, count in sorted(rows, reverse=True):
        lines.append(f"| {name} | {count} | {ours * 1000:.1f} | {theirs * 1000:.0f} | {theirs / ours:.1f} |")
    ratios = [theirs / ours for ours, theirs, *_ in rows]
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines += ["", f"{len(rows)} questions; geometric mean of the ratios {mean:.1f}, least {min(ratios):.2f}.", ""]
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
