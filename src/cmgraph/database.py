"""A graph kept on disk: filled beside what is there, put in its place at one stroke, opened in milliseconds.

A folder holds one database per state, ``state-…``, and ``current``, a file that names the one that counts. Whoever
fills it writes a new state and then replaces ``current``; killed before that, nothing has changed. The former state
stays until the next filling, for those who still read it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyoxigraph

from cmgraph.errors import CmgraphError
from cmgraph.files import whole


def opened(folder: Path) -> pyoxigraph.Store:
    """Open the database in ``folder``, to be read only.

    :raises CmgraphError: if there is none, or it cannot be read.
    """
    state = _current(folder)
    if state is None:
        raise CmgraphError("there is no store here", where=str(folder), hint="Make it: cmgraph load --store DIR")
    try:
        return pyoxigraph.Store.read_only(str(state))
    except (OSError, RuntimeError) as error:  # RuntimeError is how a broken database is told
        hint = "Make it anew: cmgraph load --replace --store DIR"
        raise CmgraphError(f"the store cannot be opened: {error}", where=str(folder), hint=hint) from None


@contextmanager
def filling(folder: Path, *, replace: bool = False) -> Iterator[pyoxigraph.Store]:
    """Give a database to write in, that becomes the one in ``folder`` only if all goes well.

    :param replace: begin with an empty one, not with what is there.
    :raises CmgraphError: if somebody else is filling it, or the folder holds other things.
    """
    import fcntl

    former = _current(folder)
    if folder.exists() and not folder.is_dir():
        raise CmgraphError("this is a file, not a folder", where=str(folder), hint="Name a folder.")
    if folder.exists() and former is None and any(p.name != "lock" and not _state(p) for p in folder.iterdir()):
        raise CmgraphError("the folder holds other things", where=str(folder), hint="Name a new folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                hint = "Wait until it is done."
                raise CmgraphError("somebody else is filling this store", where=str(folder), hint=hint) from None
            for stale in folder.iterdir():
                if _state(stale) and stale != former:
                    shutil.rmtree(stale)
            new = folder / f"state-{time.time_ns():x}"
            try:
                if former and not replace:
                    shutil.copytree(former, new, copy_function=_linked)
                engine = pyoxigraph.Store(str(new))
                yield engine
                engine.flush()
                with whole(folder / "current") as pointer:
                    pointer.write_text(new.name, encoding="utf-8")
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror or error}", where=str(folder)) from None


def _state(path: Path) -> bool:
    return path.is_dir() and path.name.startswith("state-")


def _current(folder: Path) -> Path | None:
    with suppress(OSError, UnicodeDecodeError):
        state = folder / (folder / "current").read_text(encoding="utf-8").strip()
        return state if _state(state) and state.parent == folder else None
    return None


def _linked(source: str, target: str) -> str:
    """Copy a file of a database; its tables never change, so a link does."""
    with suppress(OSError):
        if source.endswith(".sst"):
            os.link(source, target)
            return target
    return shutil.copy2(source, target)
