"""The files of an export, written by several processes at once: this one and workers, which take jobs from one list.

A worker is a process of its own that reads all it needs from a file. It ends when this one does, however this one ends,
and ends whatever it has started.
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

from cmgraph.errors import CmgraphError
from cmgraph.export import networks, profiles, rdf, site, tables
from cmgraph.export.build_cache import BuildCache
from cmgraph.export.publication import Publication
from cmgraph.graph import Graph
from cmgraph.inference import materialize
from cmgraph.ontology import Ontology
from cmgraph.store.local import LocalStore

WORKERS_FROM = 30_000
"""With fewer statements, the work is done before a worker has read them."""

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
"""Files made from the same tables: one job, so that one process reads these."""

Job = tuple[str, ...] | site.Job
"""Names out of :data:`FILES`, or pages."""


@dataclass(frozen=True)
class _WorkerInput:
    """What a worker needs to know."""

    folders: Sequence[Path]
    ontology: Path
    options: Mapping[str, Any]
    publication: Mapping[str, Any]
    stated: Path
    claims: Path
    jobs: Sequence[Job]
    build_cache: BuildCache


def list_jobs(parts: Iterable[str], pages: site.Site | None) -> list[Job]:
    """List the jobs, the longest first.

    :param pages: the site, if it is to be written.
    """
    requested = [name for name in FILES if name in parts]
    to_do: list[Job] = [tuple(name for name in requested if name in _TOGETHER)]
    to_do += [(name,) for name in requested if name not in _TOGETHER]
    return [job for job in to_do if job] + (site.jobs(pages) if pages else [])


def run_jobs(
    publication: Publication, target: Path, to_do: Sequence[Job], pages: site.Site | None, build_cache: BuildCache
) -> dict[int, Any]:
    """Run all jobs, with a worker for each further processor if there is enough to do; return the outcome of each."""
    statements = len(publication.stated) if pages else 0
    count = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) - 1
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as scratch:
        claims = Path(scratch)
        with _workers(publication, claims, to_do, build_cache, count if statements >= WORKERS_FROM else 0) as running:
            outcomes = {}
            for number, outcome in _run_unclaimed(publication, target, claims, to_do, pages):
                outcomes[number] = outcome
                for worker in running:
                    worker.check()
            for worker in running:
                outcomes |= worker.outcomes()
    return outcomes


def _run_unclaimed(
    publication: Publication, target: Path, claims: Path, to_do: Sequence[Job], pages: site.Site | None
) -> Iterator[tuple[int, Any]]:
    """Run each job that no other process has claimed, and yield its number and outcome."""
    for number, job in enumerate(to_do):
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


class _Worker:
    """A process that runs some of the jobs.

    :param input_path: the file with its :class:`_WorkerInput`.
    :param answer: the file to which it writes its answer.
    :param ends: a pipe; when it is closed, the process ends.
    :param alive: a pipe that the process holds open while it lives.
    """

    def __init__(self, input_path: Path, answer: Path, ends: int, alive: int) -> None:
        self._answer = answer
        command = [sys.executable, "-P", "-m", "cmgraph.export.worker", str(input_path), str(answer)]
        self._process = subprocess.Popen(command, stdin=ends, pass_fds=[alive], start_new_session=True)  # noqa: S603

    def check(self) -> None:
        """Raise the error that ended the process, if one did."""
        if not (code := self._process.poll()):
            return
        if self._answer.exists():
            raise pickle.loads(self._answer.read_bytes())  # noqa: S301 - our own worker's
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        hint = "Free some memory, or try again."
        raise CmgraphError(f"a process that helped with the export ended: {cause}", hint=hint)

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.wait()

    def outcomes(self) -> dict[int, Any]:
        """Wait until the process has ended, and return the outcomes of its jobs, or raise its error."""
        self.wait()
        self.check()
        outcomes: dict[int, Any]
        outcomes, log_records = pickle.loads(self._answer.read_bytes())  # noqa: S301 - our own worker's
        for name, level, text in log_records:
            logging.getLogger(name).log(level, "%s", text)
        return outcomes


@contextmanager
def _workers(
    publication: Publication, claims: Path, to_do: Sequence[Job], build_cache: BuildCache, count: int
) -> Iterator[list[_Worker]]:
    """Run workers as long as the block runs.

    They are ended through pipes, not by process id: an interruption may come before these are known.
    """
    if not count:
        yield []
        return
    input_path = claims / "input"
    input_path.write_bytes(pickle.dumps(_worker_input(publication, claims, to_do, build_cache)))
    (ends, going), (ended, alive) = os.pipe(), os.pipe()
    running: list[_Worker] = []
    try:
        try:
            running.extend(_Worker(input_path, claims / f"answer-{number}", ends, alive) for number in range(count))
        finally:
            os.close(ends)
            os.close(alive)
        yield running
    finally:
        os.close(going)
        os.read(ended, 1)  # returns when the last worker has ended
        os.close(ended)
        for worker in running:
            worker.wait()


def _worker_input(
    publication: Publication, claims: Path, to_do: Sequence[Job], build_cache: BuildCache
) -> _WorkerInput:
    graph, stated = publication.graph, claims / "stated.nt"
    serialize(graph.asserted, stated, RdfFormat.N_TRIPLES)
    return _WorkerInput(
        graph.folders,
        graph.ontology.folder,
        {"lang": graph.lang, "as_of": graph.as_of, "timeout": graph.timeout},
        {"base": publication.base, "site": publication.site, "languages": publication.languages},
        stated,
        claims,
        to_do,
        build_cache,
    )


class _LogRecords(logging.Handler):
    """Collects warnings, for the process that can show them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.name, record.levelno, record.getMessage()))


def run_worker(work: _WorkerInput) -> tuple[dict[int, Any], list[tuple[str, int, str]]]:
    """Run jobs until none is left; return their outcomes, and the warnings to show."""
    log = _LogRecords()
    logging.getLogger().addHandler(log)
    ontology = Ontology(work.ontology)
    stated = [quad.triple for quad in parse(path=work.stated, format=RdfFormat.N_TRIPLES)]
    store = LocalStore(stated)
    materialize(store, ontology)
    graph = Graph(work.folders, ontology, store, None, **work.options)._with_triples(store, stated)
    publication = Publication(graph, **work.publication)
    pages = site.Site(publication, work.build_cache.target, work.build_cache)
    _ = pages.segments
    log.records.clear()  # the first process shows these too
    return dict(_run_unclaimed(publication, work.build_cache.target, work.claims, work.jobs, pages)), log.records
