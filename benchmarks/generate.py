"""Write a graph of the project's own shape, as N-Triples: the bundled data once, or many times under other names.

``python benchmarks/generate.py STATEMENTS FILE`` writes as many copies as come nearest to STATEMENTS; each is a graph
of its own, so that lists grow with the size and neighbourhoods do not. Below half the size of one copy it copies the
seed page alone. The same STATEMENTS give the same bytes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cmgraph.rdf.files import RdfFile, to_lines

DATA = Path(__file__).resolve().parent.parent / "data"
_FEW = ("seed-page/*.ttl", "places.ttl")
_OWN = re.compile(r"(<https://w3id\.org/cmgraph/(?:id|vocab/list)/[^>]*)>")


def generate(statements: int, target: Path) -> int:
    """Write about so many statements to ``target`` and return how many they are."""
    everything = sorted(DATA.rglob("*.ttl"))
    written = _text(everything)
    if statements < len(written) / 2:
        written = _text([path for pattern in _FEW for path in sorted(DATA.glob(pattern))])
    text = "".join(f"{line}\n" for line in written)
    copies = max(1, round(statements / len(written)))
    with target.open("w", encoding="utf-8", newline="") as file:
        for number in range(copies):
            file.write(_OWN.sub(rf"\1~{number}>", text) if number else text)
    return copies * len(written)


def _text(paths: list[Path]) -> list[str]:
    return sorted(to_lines(triple for path in paths for triple in RdfFile.read(path).triples))


if __name__ == "__main__":
    sys.stdout.write(f"{generate(int(sys.argv[1]), Path(sys.argv[2]))} statements\n")
