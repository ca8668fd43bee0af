"""Pages of an earlier export into the same folder, reused where nothing that they are made from has changed.

For each page, a digest of its inputs and the digests of its files are recorded in the cache, never in the folder. A
file is reused only if it still has the digest recorded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cmgraph.atomic import atomic_file
from cmgraph.errors import CmgraphError
from cmgraph.store.cache import cache_folder

RECORDS = 5
"""How many folders have a record of their export: those written last."""


@dataclass(frozen=True)
class Unit:
    """Files that are made together.

    :ivar key: a digest of everything that they are made from.
    :ivar files: their paths in the export.
    :ivar value: what making them returned, besides the files; it can be written as JSON.
    """

    key: str
    files: tuple[str, ...]
    value: Any


@dataclass
class BuildCache:
    """What an earlier export made, and what this one contains.

    :ivar folder: where the earlier export is.
    :ivar target: where this one is written.
    :ivar earlier: the units of the earlier export, by name.
    :ivar digests: by path, the SHA-256 of each file in ``folder`` now.
    :ivar recorded: by path, the SHA-256 of each file as the earlier export wrote it.
    :ivar units: the units of this export, by name.
    :ivar reused: the names of those that were reused.
    """

    folder: Path
    target: Path
    earlier: Mapping[str, Unit] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, str] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)

    def reuse(self, name: str, key: str) -> Unit | None:
        """Reuse the files of a unit if its inputs are the same and nobody changed the files; else return None."""
        unit = self.earlier.get(name)
        if unit is None or unit.key != key:
            return None
        if any(path not in self.digests or self.digests[path] != self.recorded.get(path) for path in unit.files):
            return None
        for path in unit.files:
            (self.target / path).parent.mkdir(parents=True, exist_ok=True)
            _link(self.folder / path, self.target / path)
        self.units[name] = unit
        self.reused.add(name)
        return unit

    @property
    def reused_digests(self) -> dict[str, str]:
        """The SHA-256 of each file that was reused, by path."""
        return {path: self.digests[path] for name in self.reused for path in self.units[name].files}


def _link(old: Path, new: Path) -> None:
    """Make a hard link, or a copy where there can be none: the old folder is about to be removed."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def read_build_cache(folder: Path, target: Path, digests: Mapping[str, str]) -> BuildCache:
    """Return what is recorded of the earlier export in ``folder``.

    :param digests: by path, the SHA-256 of what is in ``folder``.
    """
    if digests and (path := _record_path(folder)):
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):  # then nothing is reused
            record = json.loads(path.read_text(encoding="utf-8"))
            units = {name: Unit(key, tuple(paths), value) for name, (key, paths, value) in record["units"].items()}
            return BuildCache(folder, target, units, digests, record["files"])
    return BuildCache(folder, target)


def write_build_cache(build_cache: BuildCache, digests: Mapping[str, str]) -> None:
    """Record what this export contains, for the next one.

    :param digests: by path, the SHA-256 of each file.
    """
    if not (path := _record_path(build_cache.folder)):
        return
    units = {name: (unit.key, unit.files, unit.value) for name, unit in build_cache.units.items()}
    files = {name: digests[name] for unit in build_cache.units.values() for name in unit.files}
    with suppress(OSError, CmgraphError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(path) as new:
            new.write_text(json.dumps({"units": units, "files": files}, ensure_ascii=False), encoding="utf-8")
        records = sorted(path.parent.glob("export-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in records[RECORDS:]:
            old.unlink()


def _record_path(folder: Path) -> Path | None:
    caches = cache_folder()
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    return caches / f"export-{name}.json" if caches else None


def digest(parts: Iterable[str]) -> str:
    """Return a digest of texts in order."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


@cache
def program() -> str:
    """Return a digest of the program and its templates, and of the libraries that write for it."""
    package = Path(__file__).parents[1]
    assert isinstance(package, Path)
    paths = sorted(path for path in package.rglob("*") if path.is_file() and "bundle" not in path.parts)
    contents = [f"{path.relative_to(package)} {_content(path)}" for path in paths if path.suffix != ".pyc"]
    return digest([*contents, *(version(name) for name in ("jinja2", "markupsafe", "pyoxigraph"))])


def contents(paths: Sequence[Path]) -> list[str]:
    """Return a digest of each file."""
    return [_content(path) for path in paths]


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
