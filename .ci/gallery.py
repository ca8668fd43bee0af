"""Pictures for the gallery of the documentation, drawn from the bundled graph each time it is built."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mkdocs.structure.files import File, Files

_DRAWN = re.compile(r"\(pictures/gallery/(\w+)-([\w-]+)-(en|fr)\.svg\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Draw every picture that the gallery's page shows, whose file is named after its kind, subject and language.

    A chart is named after itself and then its mineral.
    """
    import cmgraph

    graph = cmgraph.load()
    page = Path(config["docs_dir"], "gallery.md").read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        for kind, name, lang in _DRAWN.findall(page):
            drawn = Path(folder, f"{kind}-{name}-{lang}.svg")
            subject, _, mineral = name.partition("-") if kind == "chart" else (name.replace("-", " "), "", "")
            cut = cmgraph.NetworkFilter(minerals=(mineral,)) if mineral else cmgraph.NetworkFilter()
            cmgraph.draw(graph.with_language(lang), kind, subject, drawn, cut)
            content = drawn.read_text(encoding="utf-8")
            files.append(File.generated(config, f"pictures/gallery/{drawn.name}", content=content))
    return files
