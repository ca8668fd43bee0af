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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cmgraph.errors import CmgraphError
from cmgraph.export import dataset, networks, profiles, rdf, site, tables
from cmgraph.export.publication import Publication, plain_step
from cmgraph.files import read_text, whole
from cmgraph.graph import LANGUAGES, Graph
from cmgraph.selection import selected
from cmgraph.store import Step
from cmgraph.terms import BASE

FILES: dict[str, Callable[[Publication, Path], None]] = {
    "cmgraph.nt": rdf.ntriples,
    "derived.nt": rdf.derived,
    "cmgraph.nq": rdf.nquads,
    "cmgraph.trig": rdf.trig,
    "cmgraph.ttl": rdf.turtle,
    "cmgraph.rdf": rdf.rdf_xml,
    "cmgraph.jsonld": rdf.json_ld,
    "context.jsonld": rdf.json_ld_context,
    "ontology": rdf.ontology,
    "tables": tables.csv_tables,
    "cmgraph.xlsx": tables.workbook,
    "parquet": tables.parquet,
    "network": networks.networks,
    "profiles": profiles.profiles,
    "datapackage.json": tables.data_package,
    "site": site.site,
}
"""What an export consists of, and what writes it."""

FORMS = {name.partition(".")[2]: name for name in FILES if name.startswith("cmgraph.")}
"""The forms that are one file, by ending."""

_ASKING = {"cmgraph.xlsx", "datapackage.json", "network", "profiles", "site", "tables"}
"""What puts many questions to the graph."""

_OPTIONS = "export.json"
"""Says with which options a folder was exported, for :func:`check`."""


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
    graph: Graph, folder: Path, options: Options | None = None, *, force: bool = False, step: Step = plain_step
) -> list[Path]:
    """Write the graph into ``folder`` and return the files, sorted.

    ``cmgraph.*`` hold what the files state; ``derived.nt`` what follows from it by rule. N-Triples, N-Quads and
    Parquet are written as a stream, sorted in parts.

    :param force: replace the folder if it exists.
    """
    options = options or Options()
    if unknown := set(options.only) - set(FILES):
        raise CmgraphError(f"an export has no '{min(unknown)}'", hint=f"It has: {', '.join(FILES)}.")
    if folder.exists() and not folder.is_dir():
        raise CmgraphError("this is a file, not a folder", where=str(folder), hint="Name a new folder.")
    if folder.exists() and any(folder.iterdir()) and not force:
        raise CmgraphError(
            "the folder is not empty", where=str(folder), hint="Name another, or replace it with --force."
        )
    with _whole(folder) as target:
        _fill(graph, target, options, step)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pack(graph: Graph, path: Path, options: Options | None = None, *, step: Step = plain_step) -> list[str]:
    """Write the export as one ZIP file and return its members' names, sorted."""
    with tempfile.TemporaryDirectory() as scratch, whole(path) as target:
        folder = Path(scratch) / path.stem
        paths = export(graph, folder, options, step=step)
        names = [f"{path.stem}/{file.relative_to(folder).as_posix()}" for file in paths]
        tables.pack(target, ((name, file.read_bytes()) for name, file in zip(names, paths, strict=True)))
    return names


def single(graph: Graph, form: str, path: Path | None, options: Options | None = None, *, profile: str = "") -> None:
    """Write one file: the graph in ``form`` out of :data:`FORMS`, or in a profile.

    :param path: None for stdout.
    """
    if not profile and form not in FORMS:
        raise CmgraphError(f"no form is called '{form}'", hint=f"There are: {', '.join(FORMS)}.")
    publication = _publication(graph, replace(options or Options(), only=[FORMS.get(form, "profiles")]), plain_step)

    def write(target: Path) -> None:
        if profile:
            profiles.profile(publication, profile, target)
        else:
            FILES[FORMS[form]](publication, target)

    if path is not None:
        with whole(path) as target:
            write(target)
        return
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch) / "one")
        with (Path(scratch) / "one").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def check(graph: Graph, folder: Path) -> list[str]:
    """Say which files of an exported folder differ from what the graph gives today, are missing, or are not of it.

    :raises CmgraphError: if the folder is no export.
    """
    said = folder / _OPTIONS
    if not said.is_file():
        raise CmgraphError("this is no export", where=str(folder), hint="Name a folder that cmgraph export wrote.")
    try:
        options = Options(**json.loads(read_text(said)))
    except (TypeError, ValueError):
        raise CmgraphError(
            "the options of the export cannot be read", where=str(said), hint="Export it anew."
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "fresh"
        export(graph.at(dt.date.fromisoformat(options.as_of) if options.as_of else None), fresh, options)
        names = {p.relative_to(top).as_posix() for top in (folder, fresh) for p in top.rglob("*") if p.is_file()}
        return sorted(name for name in names if _bytes(folder / name) != _bytes(fresh / name))


def _fill(graph: Graph, target: Path, options: Options, step: Step) -> None:
    wanted = options.only or [name for name in FILES if name != "parquet" or _has_pyarrow()]
    publication = _publication(graph, options, step)
    if not publication.about["contact"]:
        message = "the publication names no contact for corrections: set contact in data/dataset.yaml"
        logging.getLogger(__name__).warning("warning: %s", message)
    for name, write in FILES.items():
        if name in wanted and name != "site":
            write(publication, target / name)
    if not options.only:
        dataset.describe(publication, target)
    if "site" in wanted:
        site.site(publication, target)
    kept = {name: value for name, value in vars(options).items() if value} | {"base": options.base}
    kept |= {"as_of": graph.as_of.isoformat()} if graph.as_of else {}
    (target / _OPTIONS).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (target / "SHA256SUMS").write_text(dataset.checksums(target), encoding="utf-8")


def _publication(graph: Graph, options: Options, step: Step) -> Publication:
    """Take the part of the graph that is asked for; take it all into memory if many questions will be put to it."""
    part = {name: getattr(options, name) for name in ("sources", "include", "exclude", "language")}
    if any(part.values()) or graph.as_of or _ASKING & set(options.only or FILES):
        graph = selected(graph, **part)
    languages = (options.language,) if options.language else LANGUAGES
    return Publication(graph, options.base, options.site, languages, step)


def _has_pyarrow() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write in that takes the place of ``folder`` only if all goes well."""
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            yield new
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            if old.exists():
                shutil.rmtree(old)
    except OSError as error:
        raise CmgraphError(f"cannot be written: {error.strerror}", where=str(folder)) from None


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
