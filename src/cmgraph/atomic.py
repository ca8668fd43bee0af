"""Files and folders that appear whole or not at all, and leave nothing behind even when their maker is killed.

What is being written lies beside its target in a hidden folder, ``.cmgraph-…``, that its maker keeps locked. A folder
of this name that nobody locks was left by a process that was killed: the next to write the same target removes it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cmgraph.errors import CmgraphError

_EXCHANGE = 2
"""Flag of Linux's ``renameat2`` and of macOS's ``renamex_np`` that makes two names change places at one stroke."""

_CWD = -100


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of ``path`` only if the block ends well.

    A link is followed; what is no file, such as a pipe, is written to at the end.

    :raises CmgraphError: if it cannot be written.
    """
    if path.is_dir():
        raise CmgraphError("this is a folder, not a file", where=str(path), hint="Name a file.")
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with tempfile.TemporaryDirectory() as scratch:
                new = Path(scratch) / path.name
                yield new
                with new.open("rb") as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(target) as folder:
            new = folder / path.name
            yield new
            if target.exists():
                shutil.copymode(target, new)
            new.replace(target)
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror or error}", where=str(path)) from None


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write in, which takes the place of ``folder`` only if the block ends well.

    Where the system can make two folders change places, ``folder`` is the old or the new one at every moment.
    Whether the old one may go is for the caller to say beforehand.

    :raises CmgraphError: if it cannot be written.
    """
    target = folder.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(target) as scratch:
            new = scratch / "new"
            new.mkdir()
            yield new
            if not target.exists():
                new.rename(target)
            elif not _exchange(new, target):
                target.rename(scratch / "old")
                new.rename(target)
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror or error}", where=str(folder)) from None


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Yield a locked folder beside ``target``, after removing those that killed processes left there."""
    import fcntl

    prefix = f".cmgraph-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}-"
    for left in target.parent.glob(f"{prefix}*"):
        _sweep(left, target)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    folder.chmod(0o755)
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(left: Path, target: Path) -> None:
    """Remove what a killed process left, or put back the folder that it was about to replace."""
    import fcntl

    with suppress(OSError):
        lock = left / "lock"
        if not lock.exists():
            left.rmdir()  # killed before it wrote anything; refused if anything is there
            return
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (left / "old").is_dir() and not target.exists():
                (left / "old").rename(target)
            shutil.rmtree(left)


def _exchange(left: Path, right: Path) -> bool:
    """Exchange two folders in one step; return False if the system cannot."""
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(left), os.fsencode(right)
    if hasattr(system, "renameat2"):
        return bool(system.renameat2(_CWD, first, _CWD, second, _EXCHANGE) == 0)
    if hasattr(system, "renamex_np"):
        return bool(system.renamex_np(first, second, _EXCHANGE) == 0)
    return False
