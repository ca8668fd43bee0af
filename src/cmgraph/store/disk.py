"""A graph on disk: written beside the old one, exchanged for it in one step, opened in milliseconds.

A folder holds one database per state, ``state-…``, and ``current``, a file that names the valid one. A writer
makes a new state and then replaces ``current``; if it is killed before that, nothing has changed. The former state
stays until the next writing, for those who still read it.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyoxigraph

from cmgraph.errors import CmgraphError

_LOCK, _CURRENT, _NEXT = "lock", "current", "current.new"
_STATE = re.compile(r"state-[0-9a-f]+")
_DATABASE = re.compile(
    r"(bulk-)?\d+\.(sst|log|blob)|\d+\.dbtmp|CURRENT|IDENTITY|LOCK|LOG(\.old\.\d+)?|(MANIFEST|OPTIONS)-\d+(\.dbtmp)?"
)
"""The names of the files of a database."""


def open_store(folder: Path) -> pyoxigraph.Store:
    """Open the database in ``folder``, to be read only.

    :raises CmgraphError: if there is none, or it cannot be read.
    """
    state = _current(folder)
    if state is None:
        raise CmgraphError("there is no store here", where=str(folder), hint="Create one: cmgraph load --store DIR")
    try:
        return pyoxigraph.Store.read_only(str(state))
    except (OSError, RuntimeError) as error:  # a broken database raises RuntimeError
        hint = "Rebuild it: cmgraph load --replace --store DIR"
        raise CmgraphError(f"the store cannot be opened: {error}", where=str(folder), hint=hint) from None


@contextmanager
def replace_store(folder: Path, *, replace: bool = False) -> Iterator[pyoxigraph.Store]:
    """Give a database to write in, that becomes the one in ``folder`` only if all goes well.

    :param replace: begin with an empty one, not with what is there.
    :raises CmgraphError: if another process is writing to it, or the folder holds other things.
    """
    import fcntl

    former = _current(folder)
    if folder.exists() and not folder.is_dir():
        raise CmgraphError("this is a file, not a folder", where=str(folder), hint="Name a folder.")
    if folder.exists() and (extra := [path.name for path in folder.iterdir() if not _is_ours(path)]):
        problem = f"the folder contains something else: {min(extra)}"
        raise CmgraphError(problem, where=str(folder), hint="Name a new folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                hint = "Wait until it is done."
                raise CmgraphError("another process is writing to this store", where=str(folder), hint=hint) from None
            former = _current(folder)
            for stale in folder.iterdir():
                if (_is_state(stale) and stale != former) or _is_former_pointer(stale):
                    shutil.rmtree(stale)
            new = folder / f"state-{time.time_ns():x}"
            try:
                if former and not replace:
                    shutil.copytree(former, new, copy_function=_linked)
                engine = pyoxigraph.Store(str(new))
                yield engine
                engine.flush()
                (folder / _NEXT).write_text(new.name, encoding="utf-8")
                (folder / _NEXT).replace(folder / _CURRENT)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror or error}", where=str(folder)) from None


def remove_store(folder: Path) -> bool:
    """Remove a store, and return whether it is gone; a folder with anything else in it is left as it is."""
    if folder.is_symlink() or not all(map(_is_ours, folder.iterdir())):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _is_ours(path: Path) -> bool:
    """Return whether this is part of a store; a killed process may have left any part of one."""
    return path.name in (_LOCK, _CURRENT, _NEXT) or _is_state(path) or _is_former_pointer(path)


def _is_state(path: Path) -> bool:
    """Return whether this is a folder that holds a database, or the beginning of one, and nothing else."""
    return (
        _STATE.fullmatch(path.name) is not None
        and path.is_dir()
        and not path.is_symlink()
        and all(_DATABASE.fullmatch(part.name) and part.is_file() for part in path.iterdir())
    )


def _is_former_pointer(path: Path) -> bool:
    """Return whether this is what version 0.1 left when it was killed while it wrote ``current``."""
    return path.name.startswith(f".{_CURRENT}-") and path.is_dir() and {p.name for p in path.iterdir()} <= {_CURRENT}


def _current(folder: Path) -> Path | None:
    with suppress(OSError, UnicodeDecodeError, ValueError):
        state = folder / (folder / _CURRENT).read_text(encoding="utf-8").strip()
        return state if state.parent == folder and _is_state(state) else None
    return None


def _linked(source: str, target: str) -> str:
    """Copy a file of a database; its tables never change, so a link does."""
    with suppress(OSError):
        if source.endswith(".sst"):
            os.link(source, target)
            return target
    return shutil.copy2(source, target)
