"""Pictures of the model, one for each of its modules, drawn from the Turtle each time the documentation is built."""

import re
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from pyoxigraph import Quad, QuerySolutions, Store

from cmgraph.ontology import Ontology, bundled_root
from cmgraph.rdf.files import RdfFile

DRAWN = re.compile(r"\(pictures/model/([\w-]+)\.svg\)")
COLUMNS, WIDTH, GAP, LINE = 3, 380, 16, 18


def on_files(files: Files, *, config: Any) -> Files:
    """Draw every module that the page of the model's pictures shows."""
    for module in DRAWN.findall(Path(config["docs_dir"], "model-pictures.md").read_text(encoding="utf-8")):
        files.append(File.generated(config, f"pictures/model/{module}.svg", content=picture(module)))
    return files


def picture(module: str) -> str:
    """Draw the classes of a module: what each is a kind of, and its properties with what they point at."""
    ontology = Ontology(bundled_root() / "ontology")
    store = Store()
    store.extend(Quad(*triple) for path in ontology.term_files for triple in RdfFile.read(path).triples)
    own = RdfFile.read(ontology.folder / f"modules/{module}.ttl").subjects
    rows = store.query(Path(__file__).with_suffix(".rq").read_text(encoding="utf-8"))
    assert isinstance(rows, QuerySolutions)
    cards: dict[str, tuple[str, str, dict[str, list[str]]]] = {}
    for iri, name, wider, prop, target in rows:
        if iri.value in own:
            card = cards.setdefault(name.value, (name.value, wider.value if wider else "", defaultdict(list)))
            if prop:
                card[2][prop.value] += [target.value] if target and target.value not in card[2][prop.value] else []
    heights = [0] * COLUMNS
    drawn = []
    for name, wider, properties in sorted(cards.values(), key=lambda card: (-len(card[2]), card[0])):
        column = heights.index(min(heights))
        lines = [f"{prop} → {', '.join(targets)}" if targets else prop for prop, targets in properties.items()]
        drawn.append(card_of(name, wider, lines, 20 + column * (WIDTH + GAP), 60 + heights[column]))
        heights[column] += height_of(lines) + GAP
    width, height = 40 + COLUMNS * WIDTH + (COLUMNS - 1) * GAP, 60 + max(heights)
    title = f"The classes of the module {module}, with their properties"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}" '
        f'font-family="DejaVu Sans, Noto Sans, sans-serif" font-size="12" fill="#1b1b1b">\n<title>{title}</title>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="20" y="36" font-size="20" font-weight="bold">{module}</text>\n{"".join(drawn)}</svg>\n'
    )


def height_of(lines: list[str]) -> int:
    """Return how high a card with so many lines is."""
    return 34 + LINE * len(lines) + (6 if lines else 0)


def card_of(name: str, wider: str, lines: list[str], x: int, y: int) -> str:
    """Draw a class: its name, what it is a kind of, and a line for each property."""
    kind = f'<tspan dx="6" fill="#545454" font-weight="normal">is a kind of {escape(wider)}</tspan>' if wider else ""
    texts = [
        f'<text x="{x + 12}" y="{y + 48 + LINE * number}">{escape(line if len(line) < 56 else line[:54] + "…")}'
        f"<title>{escape(line)}</title></text>\n"
        for number, line in enumerate(lines)
    ]
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height_of(lines)}" rx="5" fill="#e8f0ea" stroke="#15532e"/>\n'
        f'<text x="{x + 12}" y="{y + 22}" font-weight="bold">{escape(name)}{kind}</text>\n{"".join(texts)}'
    )
