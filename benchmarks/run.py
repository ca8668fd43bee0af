"""Time cmgraph beside the naive way, rdflib and pySHACL alone, in one run; print medians and ratios.

Usage: python benchmarks/run.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CMGRAPH = "from cmgraph.cli import main; main()"
LOAD = f"""
import glob, rdflib
g = rdflib.Graph()
for pattern in ("ontology/*.ttl", "ontology/modules/*.ttl", "ontology/vocabularies/*.ttl", "data/**/*.ttl"):
    for path in glob.glob({str(ROOT)!r} + "/" + pattern, recursive=True):
        g.parse(path)
"""
QUERY = f"print(len(g.query(open({str(ROOT / 'queries/partners/partners.rq')!r}).read())))"
VALIDATE = f"""
import pyshacl
s = rdflib.Graph()
for path in [*glob.glob({str(ROOT)!r} + "/ontology/shapes/*.ttl"), {str(ROOT / "ontology/prefixes.ttl")!r}]:
    s.parse(path)
print(pyshacl.validate(g, shacl_graph=s)[0])
"""
WORK = {
    "query, whole process": (["-c", CMGRAPH, "query", "partners"], ["-c", LOAD + QUERY]),
    "validate, whole process": (["-c", CMGRAPH, "validate"], ["-c", LOAD + VALIDATE]),
}


def seconds(args: list[str]) -> float:
    """Run Python with ``args`` and return the wall time in seconds."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - started


def main() -> None:
    """Run each pair in turn, so that both see the same machine."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sys.stdout.write(f"{'work':26} {'cmgraph':>9} {'naive':>9} {'ratio':>7}\n")
    for name, (ours, naive) in WORK.items():
        pairs = [(seconds(ours), seconds(naive)) for _ in range(rounds + 1)][1:]
        mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        sys.stdout.write(f"{name:26} {mine:8.3f}s {theirs:8.3f}s {theirs / mine:6.1f}x\n")


if __name__ == "__main__":
    main()
