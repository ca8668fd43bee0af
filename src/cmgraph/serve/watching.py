"""The graph is read again when its files or its store have changed, or when somebody says so."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cmgraph.errors import CmgraphError
from cmgraph.graph import ADDED, folders_of
from cmgraph.serve.pool import Pool

_EVERY = 2.0
"""Seconds between two looks; what has changed must be the same at both, so that nothing half written is read."""

State = frozenset[tuple[str, int, int, int]]


class Watcher:
    """Has a graph read again.

    :param arguments: what is given to :func:`cmgraph.load`.
    :param tell: told what came of it.
    """

    def __init__(self, pool: Pool, arguments: Mapping[str, Any], tell: Callable[[str], object]) -> None:
        self._pool, self._arguments, self._tell = pool, arguments, tell
        self._read = _state(arguments)

    async def reload(self) -> None:
        """Read the graph again; one that cannot be read leaves the old one in place."""
        self._read = await asyncio.to_thread(_state, self._arguments)
        try:
            await self._pool.reload()
            self._tell("the graph was read again")
        except CmgraphError as error:
            self._tell(f"the graph stays as it was: {error}")

    async def watch(self) -> None:
        """Read the graph again whenever it has changed."""
        seen = self._read
        while True:
            await asyncio.sleep(_EVERY)
            now = await asyncio.to_thread(_state, self._arguments)
            if now == seen != self._read:
                await self.reload()
            seen = now


def _state(arguments: Mapping[str, Any]) -> State:
    """Return what is another as soon as a file of the graph is, without reading one."""
    try:
        folders = folders_of(arguments.get("data"))
    except CmgraphError:
        return frozenset()
    files = [*_files(folder / part for folder in folders for part in ("ontology", *ADDED))]
    if store := arguments.get("store"):
        files.append(os.path.join(store, "current"))  # noqa: PTH118 - as below
    return frozenset(map(_told, files))


def _files(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for place, _, names in os.walk(folder, followlinks=True):
            yield from (os.path.join(place, name) for name in names)  # noqa: PTH118 - half the time of a Path


def _told(path: str) -> tuple[str, int, int, int]:
    try:
        now = os.stat(path)  # noqa: PTH116
    except OSError:  # it has just gone
        return path, 0, 0, 0
    return path, now.st_mtime_ns, now.st_size, now.st_ino
