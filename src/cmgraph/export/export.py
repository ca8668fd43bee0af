"""The graph as files others can rely on: RDF, tables, networks, a site, and descriptions of them all.

Every file is the same, byte for byte, whenever the graph is the same. The folder appears whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cmgraph.atomic import atomic_file, atomic_folder
from cmgraph.errors import CmgraphError
from cmgraph.export import changes, dataset, jobs, profiles, site, tables
from cmgraph.export.build_cache import BuildCache, read_build_cache, write_build_cache
from cmgraph.export.publication import Publication, no_progress
from cmgraph.graph import LANGUAGES, Graph
from cmgraph.rdf.files import read_text
from cmgraph.rdf.terms import BASE
from cmgraph.store.base import Progress
from cmgraph.subset import subset

FILES = (*jobs.FILES, "site")
"""The parts of an export."""

FORMATS = {name.partition(".")[2]: name for name in FILES if name.startswith("cmgraph.")}
"""The formats of a single file, by ending."""

_QUERYING = {
    "cmgraph-all.nt",
    "cmgraph.xlsx",
    "datapackage.json",
    "derived.nt",
    "network",
    "points.geojson",
    "profiles",
    "site",
    "tables",
}
"""The parts that put many queries to the graph."""

_OPTIONS = "export.json"
"""The file that records the options of an export, for :func:`check_export`."""

_CHECKSUMS = "SHA256SUMS"

_CHANGED = "another export was written there meanwhile"

_NO_CONTACT = "the publication names no contact for corrections: set contact in data/dataset.yaml"


@dataclass(frozen=True)
class Options:
    """What is exported, and how.

    :ivar only: names out of :data:`FILES`; empty for all.
    :ivar base: what IRIs of the project begin with in the files.
    :ivar site: address at which the files will be served, if it is not ``base``.
    :ivar language: write this language alone, ``en`` or ``fr``.
    :ivar sources: names of sources: only what cites one of them.
    :ivar include: kinds of things to keep, with what they point at.
    :ivar exclude: kinds of things to leave out.
    :ivar as_of: a day, YYYY-MM-DD: only what may have held then. Taken from the graph.
    """

    only: Sequence[str] = ()
    base: str = BASE
    site: str = ""
    language: str | None = None
    sources: Sequence[str] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    as_of: str = ""


def export(
    graph: Graph,
    folder: Path,
    options: Options | None = None,
    *,
    force: bool = False,
    since: Path | None = None,
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the graph into ``folder`` and return the files, sorted.

    ``cmgraph.*`` hold what the files state; ``derived.nt`` what follows from it by rule; ``cmgraph-all.nt`` both.
    N-Triples, N-Quads and Parquet are written as a stream, sorted in parts.

    :param force: replace the folder if it holds an export, unchanged since it was written, and nothing else.
    :param since: an export of an earlier edition, so that the pages list what changed since; it may be ``folder``.
    """
    options = options or Options()
    if since is not None and options.only and "site" not in options.only:
        raise CmgraphError("only pages tell what changed", where=str(since), hint="Export the site too.")

    def history(publication: Publication) -> changes.History:
        return changes.compare(publication, _recorded(graph, options), since)

    return _export(graph, folder, options, force, progress, history)


def _export(
    graph: Graph,
    folder: Path,
    options: Options,
    force: bool,
    progress: Progress,
    history: Callable[[Publication], changes.History],
) -> list[Path]:
    if unknown := set(options.only) - set(FILES):
        raise CmgraphError(f"unknown part of an export: '{min(unknown)}'", hint=f"It has: {', '.join(FILES)}.")
    if folder.exists() and not folder.is_dir():
        raise CmgraphError("this is a file, not a folder", where=str(folder), hint="Name a new folder.")
    if folder.resolve() == Path.cwd():
        raise CmgraphError(
            "this is the current folder", where=str(folder), hint="Change to another folder, then name this one."
        )
    digests = _refuse_to_replace(folder, force)
    with atomic_folder(folder) as target:
        build_cache = read_build_cache(folder, target, {} if graph.as_of else digests)
        new_digests = _fill(graph, target, options, progress, build_cache, history)
        if _refuse_to_replace(folder, force) != digests:  # somebody may have put something there meanwhile
            raise CmgraphError(_CHANGED, where=str(folder), hint="Export again.")
    if build_cache.units and not graph.as_of:
        write_build_cache(build_cache, new_digests)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pack(
    graph: Graph,
    path: Path,
    options: Options | None = None,
    *,
    since: Path | None = None,
    progress: Progress = no_progress,
) -> list[str]:
    """Write the export as one ZIP file and return its members' names, sorted."""
    with tempfile.TemporaryDirectory() as scratch, atomic_file(path) as target:
        folder = Path(scratch) / path.stem
        paths = export(graph, folder, options, since=since, progress=progress)
        names = [f"{path.stem}/{file.relative_to(folder).as_posix()}" for file in paths]
        tables.pack(target, ((name, file.read_bytes()) for name, file in zip(names, paths, strict=True)))
    return names


def single(graph: Graph, form: str, path: Path | None, options: Options | None = None, *, profile: str = "") -> None:
    """Write one file: the graph in ``form`` out of :data:`FORMS`, or in a profile.

    :param path: None for stdout.
    """
    if not profile and form not in FORMATS:
        raise CmgraphError(f"unknown format '{form}'", hint=f"Use one of: {', '.join(FORMATS)}.")
    publication = _publication(graph, replace(options or Options(), only=[FORMATS.get(form, "profiles")]), no_progress)

    def write(target: Path) -> None:
        if profile:
            profiles.profile(publication, profile, target)
        else:
            jobs.FILES[FORMATS[form]](publication, target)

    if path is not None:
        with atomic_file(path) as target:
            write(target)
        return
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch) / "file")
        with (Path(scratch) / "file").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def check_export(graph: Graph, folder: Path) -> list[str]:
    """List the files of an exported folder that differ from what the graph gives today, are missing, or do not belong.

    If there are pages, a missing contact for corrections is listed too.

    :raises CmgraphError: if the folder is no export.
    """
    options_file = folder / _OPTIONS
    if not options_file.is_file():
        raise CmgraphError(
            "this folder is not an export", where=str(folder), hint="Name a folder that cmgraph export wrote."
        )
    try:
        options = Options(**json.loads(read_text(options_file)))
    except (TypeError, ValueError):
        raise CmgraphError(
            "the options of the export cannot be read", where=str(options_file), hint="Export again."
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "fresh"
        there = graph.with_as_of(dt.date.fromisoformat(options.as_of) if options.as_of else None)
        pages = not options.only or "site" in options.only
        _export(there, fresh, options, False, no_progress, lambda publication: changes.recorded(publication, folder))
        names = {p.relative_to(top).as_posix() for top in (folder, fresh) for p in top.rglob("*") if p.is_file()}
        differing = sorted(name for name in names if _bytes(folder / name) != _bytes(fresh / name))
    return [*differing, _NO_CONTACT] if pages and not Publication(graph).about["contact"] else differing


def _fill(
    graph: Graph,
    target: Path,
    options: Options,
    progress: Progress,
    build_cache: BuildCache,
    history: Callable[[Publication], changes.History],
) -> dict[str, str]:
    """Write all files into an empty folder and return the SHA-256 of each, by path."""
    parts = options.only or [name for name in FILES if name != "parquet" or _has_pyarrow()]
    publication = _publication(graph, options, progress)
    if not publication.about["contact"]:
        logging.getLogger(__name__).warning("warning: %s", _NO_CONTACT)
    pages = site.Site(publication, target, build_cache) if "site" in parts else None
    editions = history(publication) if pages else changes.History(())
    to_do = jobs.list_jobs(parts, pages)
    outcomes = jobs.run_jobs(publication, target, to_do, pages, build_cache)
    if not options.only:
        dataset.describe(publication, target)
    if pages:
        site.finish(
            pages, [outcomes[number] for number, job in enumerate(to_do) if isinstance(job, site.Job)], editions
        )
    recorded = json.dumps(_recorded(graph, options), indent=1, ensure_ascii=False)
    (target / _OPTIONS).write_text(recorded + "\n", encoding="utf-8")
    digests = dataset.checksums(target, build_cache.reused_digests)
    lines = (f"{digest}  {name}\n" for name, digest in digests.items())
    (target / _CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return digests


def _recorded(graph: Graph, options: Options) -> dict[str, Any]:
    """Return the options of an export as it records them."""
    recorded = {name: value for name, value in vars(options).items() if value} | {"base": options.base}
    return recorded | ({"as_of": graph.as_of.isoformat()} if graph.as_of else {})


def _publication(graph: Graph, options: Options, progress: Progress) -> Publication:
    """Take the part of the graph that is asked for; take it all into memory if many questions will be put to it."""
    part = {name: getattr(options, name) for name in ("sources", "include", "exclude", "language")}
    if any(part.values()) or graph.as_of or _QUERYING & set(options.only or FILES):
        graph = subset(graph, **part)
    languages = (options.language,) if options.language else LANGUAGES
    return Publication(graph, options.base, options.site, languages, progress)


def _has_pyarrow() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def _refuse_to_replace(folder: Path, force: bool) -> dict[str, str]:
    """Refuse to replace a folder that is not empty; with ``force``, one that holds more than an export as written.

    :returns: by path, the SHA-256 of each file that the export there has.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    if not force:
        hint = "Name another, or replace an earlier export with --force."
        raise CmgraphError("the folder is not empty", where=str(folder), hint=hint)
    hint = "--force only replaces an earlier export. Name another folder."
    if not all((folder / name).is_file() for name in (_OPTIONS, _CHECKSUMS)):
        raise CmgraphError("this folder is not an export", where=str(folder), hint=hint)
    lines = read_text(folder / _CHECKSUMS).splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    contents = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not _plain_folder(path)}
    if extra := sorted(contents.keys() - listed.keys() - {_CHECKSUMS}):
        problem = (
            f"the folder contains files that no export wrote: {', '.join(extra[:3])}{' …' if len(extra) > 3 else ''}"
        )
        raise CmgraphError(problem, where=str(folder), hint=hint)
    for name, path in sorted(contents.items()):
        if name != _CHECKSUMS and dataset.checksum(path) != listed[name]:
            problem = f"{name} has changed since it was exported"
            raise CmgraphError(problem, where=str(folder), hint=hint)
    return {name: listed[name] for name in contents if name != _CHECKSUMS}


def _plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and any(path.iterdir())


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
