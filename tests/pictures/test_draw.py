"""What all pictures have in common: what cannot be drawn is refused in a line, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmgraph.errors import UnknownName
from cmgraph.graph import Graph
from cmgraph.pictures.draw import KINDS, draw


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_nothing_has_is_refused_whatever_is_drawn(kind: str, bundled_graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as error:
        draw(bundled_graph, kind, "nonsense", tmp_path / "picture.svg")
    assert "nonsense" in error.value.what and error.value.hint and not any(tmp_path.iterdir())
