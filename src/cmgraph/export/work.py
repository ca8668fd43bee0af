"""The files of an export, made by two processes at once: this one and helpers, which take jobs from one list.

A helper is a process of its own that is told all it needs on standard input. It ends when this one does, however that
comes to its end, and takes along whatever it has started.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse, serialize

from cmgraph.errors import CmgraphError, say
from cmgraph.export import networks, profiles, rdf, site, tables
from cmgraph.export.kept import Kept
from cmgraph.export.publication import Publication
from cmgraph.graph import Graph
from cmgraph.inference import materialize
from cmgraph.ontology import Ontology
from cmgraph.store.local import LocalStore

WORTH = 30_000
"""With fewer statements, a helper would not have read them before the work is done."""

FILES: Mapping[str, Callable[[Publication, Path], None]] = {
    "cmgraph-all.nt": rdf.everything,
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
    "points.geojson": tables.points,
    "network": networks.networks,
    "profiles": profiles.profiles,
    "datapackage.json": tables.data_package,
}
"""The data files of an export, and what writes them."""

_TOGETHER = ("tables", "cmgraph.xlsx", "points.geojson", "datapackage.json")
"""What one process makes of the same tables."""

Job = tuple[str, ...] | site.Job
"""Names out of :data:`FILES`, or pages."""


@dataclass(frozen=True)
class _Told:
    """What a helper is told."""

    folders: Sequence[Path]
    ontology: Path
    options: Mapping[str, Any]
    publication: Mapping[str, Any]
    stated: Path
    claims: Path
    jobs: Sequence[Job]
    kept: Kept


def jobs(parts: Iterable[str], pages: site.Site | None) -> list[Job]:
    """List what is to be done, the longest first.

    :param pages: the site, if it is to be written.
    """
    asked = [name for name in FILES if name in parts]
    listed: list[Job] = [tuple(name for name in asked if name in _TOGETHER)]
    listed += [(name,) for name in asked if name not in _TOGETHER]
    return [job for job in listed if job] + (site.jobs(pages) if pages else [])


def work(
    publication: Publication, target: Path, listed: Sequence[Job], pages: site.Site | None, kept: Kept
) -> dict[int, Any]:
    """Do all jobs, with a helper for each further processor if there is enough to do; return what came of each."""
    statements = len(publication.stated) if pages else 0
    helpers = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) - 1
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as scratch:
        claims = Path(scratch)
        with _helping(publication, claims, listed, kept, helpers if statements >= WORTH else 0) as running:
            done = {}
            for number, outcome in _claimed(publication, target, claims, listed, pages):
                done[number] = outcome
                for helper in running:
                    helper.look()
            for helper in running:
                done |= helper.outcome()
    return done


def _claimed(
    publication: Publication, target: Path, claims: Path, listed: Sequence[Job], pages: site.Site | None
) -> Iterator[tuple[int, Any]]:
    """Do each job that no other process has taken."""
    for number, job in enumerate(listed):
        with suppress(FileExistsError):
            (claims / str(number)).touch(exist_ok=False)
            if isinstance(job, site.Job):
                assert pages is not None
                yield number, site.write(pages, job)
                continue
            for name in job:
                FILES[name](publication, target / name)
            vars(publication).pop("tables", None)  # no other job needs them, and they take much memory
            yield number, None


class _Helper:
    """A process that does some of the jobs.

    :param told: a file that holds what it is told.
    :param answer: the file that it leaves its answer in.
    :param ends: a pipe by whose end it is told to end.
    :param alive: a pipe that it holds open while it lives.
    """

    def __init__(self, told: Path, answer: Path, ends: int, alive: int) -> None:
        self._answer = answer
        command = [sys.executable, "-P", "-m", "cmgraph.export.helper", str(told), str(answer)]
        self._process = subprocess.Popen(command, stdin=ends, pass_fds=[alive], start_new_session=True)  # noqa: S603

    def look(self) -> None:
        """Raise what went wrong, if the process has ended by it."""
        if not (code := self._process.poll()):
            return
        if self._answer.exists():
            raise pickle.loads(self._answer.read_bytes())  # noqa: S301 - our own helper's
        cause = say("signal {number}", number=-code) if code < 0 else say("exit code {number}", number=code)
        hint = "Free some memory, or try again."
        raise CmgraphError(say("a process that helped with the export ended: {cause}", cause=cause), hint=hint)

    def wait(self) -> None:
        """Return when the process has ended."""
        self._process.wait()

    def outcome(self) -> dict[int, Any]:
        """Wait until the process has ended, and return what came of its jobs, or raise what went wrong."""
        self.wait()
        self.look()
        done: dict[int, Any]
        done, said = pickle.loads(self._answer.read_bytes())  # noqa: S301 - our own helper's
        for name, level, text in said:
            logging.getLogger(name).log(level, "%s", text)
        return done


@contextmanager
def _helping(
    publication: Publication, claims: Path, listed: Sequence[Job], kept: Kept, count: int
) -> Iterator[list[_Helper]]:
    """Let helpers run while the block does.

    They are ended by way of pipes, not by their numbers: an interruption may come before these are known.
    """
    if not count:
        yield []
        return
    told = claims / "told"
    told.write_bytes(pickle.dumps(_tell(publication, claims, listed, kept)))
    (ends, going), (ended, alive) = os.pipe(), os.pipe()
    running: list[_Helper] = []
    try:
        try:
            running.extend(_Helper(told, claims / f"answer-{number}", ends, alive) for number in range(count))
        finally:
            os.close(ends)
            os.close(alive)
        yield running
    finally:
        os.close(going)
        os.read(ended, 1)  # returns when the last of them has gone
        os.close(ended)
        for helper in running:
            helper.wait()


def _tell(publication: Publication, claims: Path, listed: Sequence[Job], kept: Kept) -> _Told:
    graph, stated = publication.graph, claims / "stated.nt"
    serialize(graph.asserted, stated, RdfFormat.N_TRIPLES)
    return _Told(
        graph.folders,
        graph.ontology.folder,
        {"lang": graph.lang, "as_of": graph.as_of, "timeout": graph.timeout},
        {"base": publication.base, "site": publication.site, "languages": publication.languages},
        stated,
        claims,
        listed,
        kept,
    )


class _Said(logging.Handler):
    """Keeps what is to be said, for the process that can say it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.name, record.levelno, record.getMessage()))


def help_out(told: _Told) -> tuple[dict[int, Any], list[tuple[str, int, str]]]:
    """Do jobs until none is left; return what came of them, and what is to be said."""
    said = _Said()
    logging.getLogger().addHandler(said)
    ontology = Ontology(told.ontology)
    stated = [quad.triple for quad in parse(path=told.stated, format=RdfFormat.N_TRIPLES)]
    store = LocalStore(stated)
    materialize(store, ontology)
    graph = Graph(told.folders, ontology, store, None, **told.options)._with_triples(store, stated)
    publication = Publication(graph, **told.publication)
    pages = site.Site(publication, told.kept.target, told.kept)
    _ = pages.segments
    said.records.clear()  # the first process says that too
    return dict(_claimed(publication, told.kept.target, told.claims, told.jobs, pages)), said.records
