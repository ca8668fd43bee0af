"""The graph in files as a database on disk, made once and opened in milliseconds until a file changes.

It lies in ``CMGRAPH_CACHE``, or else in ``cmgraph`` below the user's cache folder; an empty ``CMGRAPH_CACHE`` means
that none is kept. Files stay the truth: a snapshot goes by what they are, and one that cannot be read is
done without.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyoxigraph

from cmgraph.database import filling, opened
from cmgraph.errors import CmgraphError

KEPT = 3
"""Snapshots that stay, newest first: other checkouts and versions have theirs."""


def place(paths: Iterable[Path]) -> Path | None:
    """Return where the snapshot of these files lies, whether or not it is there; None if none is kept."""
    folder = os.environ.get("CMGRAPH_CACHE")
    if folder == "":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    said = hashlib.sha256(pyoxigraph.__version__.encode())
    for path in paths:
        state = path.stat()
        said.update(f"\n{path.resolve()} {state.st_size} {state.st_mtime_ns}".encode())
    return Path(folder or Path(home) / "cmgraph") / said.hexdigest()[:24]


def recall(spot: Path) -> pyoxigraph.Store | None:
    """Open the snapshot at ``spot``, to be read only; None if there is none that can be read."""
    with suppress(CmgraphError):
        return opened(spot)
    return None


def keep(spot: Path, engine: pyoxigraph.Store) -> None:
    """Write ``engine`` to ``spot``, whole or not at all, and let the oldest snapshots go."""
    with suppress(CmgraphError, OSError):
        with filling(spot, replace=True) as new:
            new.bulk_extend(engine)
            new.optimize()
        others = [path for path in spot.parent.iterdir() if path.is_dir()]
        for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
