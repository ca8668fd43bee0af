"""What an earlier export into the same folder made, taken over where it would be made again of the same.

What each page was made of, as a digest, and what its files held is written down in the cache, never in the folder. A
file is taken over only if it still holds that.
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
"""For how many folders it is known what was exported into them, those written last."""


@dataclass(frozen=True)
class Unit:
    """Some files that are made together.

    :ivar key: a digest of all that they are made of.
    :ivar files: their paths in the export.
    :ivar value: what came of making them, beside the files; JSON can hold it.
    """

    key: str
    files: tuple[str, ...]
    value: Any


@dataclass
class Kept:
    """What an earlier export made, and what this one has.

    :ivar folder: where the earlier one is.
    :ivar target: where this one is written.
    :ivar earlier: what was made, by name.
    :ivar held: by path, the SHA-256 of each file as it is in ``folder`` now.
    :ivar promised: by path, the SHA-256 of each file as it was made.
    :ivar units: what this one has.
    :ivar taken: those of them that were taken over.
    """

    folder: Path
    target: Path
    earlier: Mapping[str, Unit] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    promised: Mapping[str, str] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def take(self, name: str, key: str) -> Unit | None:
        """Take over the files of a unit if they would be made of the same, and nobody changed them; else None."""
        unit = self.earlier.get(name)
        if unit is None or unit.key != key:
            return None
        if any(path not in self.held or self.held[path] != self.promised.get(path) for path in unit.files):
            return None
        for path in unit.files:
            (self.target / path).parent.mkdir(parents=True, exist_ok=True)
            _link(self.folder / path, self.target / path)
        self.units[name] = unit
        self.taken.add(name)
        return unit

    @property
    def known(self) -> dict[str, str]:
        """The SHA-256 of each file that was taken over, by path."""
        return {path: self.held[path] for name in self.taken for path in self.units[name].files}


def _link(old: Path, new: Path) -> None:
    """Let a file have a second name; copy it where that cannot be. The first name is about to go."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def recall(folder: Path, target: Path, held: Mapping[str, str]) -> Kept:
    """Return what is known of an earlier export.

    :param held: by path, the SHA-256 of what is in ``folder``.
    """
    kept = Kept(folder, target)
    if held and (path := _record(folder)):
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):  # then nothing is taken over
            record = json.loads(path.read_text(encoding="utf-8"))
            units = {name: Unit(key, tuple(paths), value) for name, (key, paths, value) in record["units"].items()}
            return Kept(folder, target, units, held, record["files"])
    return kept


def remember(kept: Kept, digests: Mapping[str, str]) -> None:
    """Write down what this export has, for the next one.

    :param digests: by path, the SHA-256 of each file.
    """
    if not (path := _record(kept.folder)):
        return
    units = {name: (unit.key, unit.files, unit.value) for name, unit in kept.units.items()}
    made = {name: digests[name] for unit in kept.units.values() for name in unit.files}
    with suppress(OSError, CmgraphError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(path) as new:
            new.write_text(json.dumps({"units": units, "files": made}, ensure_ascii=False), encoding="utf-8")
        records = sorted(path.parent.glob("export-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in records[RECORDS:]:
            old.unlink()


def _record(folder: Path) -> Path | None:
    home = cache_folder()
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    return home / f"export-{name}.json" if home else None


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
