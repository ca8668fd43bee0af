"""What changed between two versions of the graph: in the words of the field, and as RDF."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmgraph import files
from cmgraph.change import Change, compare
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph


def diff(graph: Graph, old: str, new: str) -> tuple[tuple[Change, ...], str]:
    """Compare two versions of the data.

    :param graph: names what the versions do not name themselves.
    :param old: an RDF file, a folder (an export, or one with ``data/`` or RDF files), or a revision of the git
        repository one stands in; so is ``new``.
    :returns: what changed, and the statements that went and came as an RDF Patch; both empty if nothing did.
    :raises CmgraphError: if a version cannot be read.
    """
    before, after = (_lines(version) for version in (old, new))
    gone, come = sorted(before - after), sorted(after - before)
    patch = "".join([*(f"D {line}\n" for line in gone), *(f"A {line}\n" for line in come)])
    return compare(before, after, graph.names.labels), patch


def _lines(version: str) -> set[str]:
    with _paths(version) as paths:
        return files.lines(triple for path in paths for triple in files.stream(path))


@contextmanager
def _paths(version: str) -> Iterator[list[Path]]:
    """Give the RDF files of a version."""
    path = Path(version)
    if path.is_file():
        yield [path]
    elif path.is_dir():
        yield _data(path, version)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _check_out(version, Path(scratch))
            yield _data(Path(scratch), version)


def _data(folder: Path, version: str) -> list[Path]:
    if (folder / "cmgraph.nt").is_file():
        return [folder / "cmgraph.nt"]
    top = folder / "data" if (folder / "data").is_dir() else folder
    found = sorted(path for path in top.rglob("*") if path.suffix in files.FORMATS)
    if not found:
        raise CmgraphError("no RDF in it", where=version, hint="Name an export, a folder with data/, or an RDF file.")
    return found


def _check_out(revision: str, folder: Path) -> None:
    """Put the data of a git revision into ``folder``."""
    hint = "Name an RDF file, a folder, or a revision of the git repository you are in."
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "archive", "--format=tar", "--end-of-options", revision, "data"],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise CmgraphError("neither a file nor a folder, and there is no git", where=revision, hint=hint) from None
    if done.returncode:
        raise CmgraphError("neither a file, a folder nor a revision with data/", where=revision, hint=hint)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
