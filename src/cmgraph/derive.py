"""What follows from the data by the rules in ``ontology/rules``: timeless shortcuts and bounds of dates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import Triple

from cmgraph.files import read_text
from cmgraph.store import MemoryStore


def derive(store: MemoryStore, root: Path, prefixes: Mapping[str, str]) -> dict[str, tuple[Triple, ...]]:
    """Run every rule over ``store`` and return what follows.

    Rules read only what files state, so one pass in any order is enough, and another gives the same.

    :returns: the derived statements, by the name of the rule that gave them.
    """
    return {
        path.stem: tuple(store.construct(read_text(path), prefixes, str(path)))
        for path in sorted((root / "ontology/rules").glob("*.rq"))
    }
