"""A snapshot of the graph in files as a database on disk, written once and opened in milliseconds until a file changes.

It is in ``CMGRAPH_CACHE``, or else in ``cmgraph`` below the user's cache folder; an empty ``CMGRAPH_CACHE`` means
that there is none. Files stay the truth: a snapshot is named after their contents, and rebuilt if it cannot be read.
Nothing but snapshots, and records of earlier exports, is ever removed there, and a folder that others may write to is
not used.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyoxigraph

from cmgraph.errors import CmgraphError
from cmgraph.store.disk import open_store, remove_store, replace_store

KEPT = 3
"""How many snapshots are kept, the last used ones: other checkouts and versions have theirs."""

_LAYOUT = "1"
"""Changed when a snapshot of the same files would have another content."""

_NAME = re.compile(r"graph-[0-9a-f]{24}")


def cache_folder() -> Path | None:
    """Return the folder of the cache, whether or not it exists; None if nothing is to be cached."""
    chosen = os.environ.get("CMGRAPH_CACHE")
    if chosen == "":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(chosen or Path(home) / "cmgraph")
    if problem := _unfit(folder):
        level = logging.WARNING if chosen else logging.DEBUG  # a default that cannot be used is no error of the user's
        logging.getLogger("cmgraph").log(level, "the cache is not used: %s: %s", folder, problem)
        return None
    return folder


def cache_path(paths: Iterable[Path]) -> Path | None:
    """Return the path for the snapshot of these files, whether or not it exists; None if nothing is cached."""
    folder = cache_folder()
    if folder is None:
        return None
    content = hashlib.sha256(f"{_LAYOUT} {pyoxigraph.__version__}".encode())
    for path in paths:
        content.update(hashlib.sha256(path.read_bytes()).digest())
    return folder / f"graph-{content.hexdigest()[:24]}"


def open_cached(spot: Path) -> pyoxigraph.Store | None:
    """Open the snapshot at ``spot``, to be read only; None if there is none that can be read."""
    with suppress(CmgraphError, OSError):
        store = open_store(spot)
        os.utime(spot)
        return store
    return None


def write_cache(spot: Path, engine: pyoxigraph.Store) -> None:
    """Write ``engine`` to ``spot``, whole or not at all, and let the snapshots go that were not used for longest."""
    with suppress(CmgraphError, OSError):
        spot.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replace_store(spot, replace=True) as new:
            new.bulk_extend(engine)
            new.optimize()
        snapshots = [path for path in spot.parent.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
        for old in sorted(snapshots, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
            remove_store(old)


def _unfit(folder: Path) -> str:
    """Return why a folder may contain what another user wrote; empty if it cannot, or does not exist."""
    try:
        state = folder.stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)
    if not folder.is_dir():
        return "it is not a folder"
    if state.st_uid != os.geteuid():
        return "it belongs to another user"
    return "others may write to it" if state.st_mode & 0o022 else ""
