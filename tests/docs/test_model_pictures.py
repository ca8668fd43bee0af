"""The pictures of the model: one for each module that has classes, with each class and what goes with it."""

from __future__ import annotations

import importlib.util
from xml.etree import ElementTree as ET

import pytest

from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from conftest import ROOT

pytest.importorskip("mkdocs", reason="install cmgraph[docs] for the documentation")


def drawn(module: str) -> list[str]:
    """Return the texts of the picture of a module, in order."""
    spec = importlib.util.spec_from_file_location("model", ROOT / ".ci/model.py")
    assert spec and spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    return [
        "".join(text.itertext())
        for text in ET.fromstring(hook.picture(module)).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_the_page_has_a_picture_of_every_module_with_classes(bundled_graph: Graph) -> None:
    page = (ROOT / "docs/model-pictures.md").read_text(encoding="utf-8")
    for path in (bundled_graph.ontology.folder / "modules").glob("*.ttl"):
        declared = any(
            t.object.value.endswith("owl#Class") for t in RdfFile.read(path).triples if hasattr(t.object, "value")
        )
        assert declared == (f"(pictures/model/{path.stem}.svg)" in page), path.stem


def test_a_picture_shows_each_class_what_it_is_a_kind_of_and_what_its_properties_point_at() -> None:
    texts = drawn("relationships")
    assert texts == drawn("relationships")
    assert "membershipis a kind of relationship" in texts
    membership = texts[texts.index("membershipis a kind of relationship") :]
    lines = [text.partition(" → ")[0] for text in membership[1:5]]
    assert lines == ["concerns body", "date of exit order", "has member", "has role"]
    assert any(text.startswith("has end state → end states") for text in texts)
