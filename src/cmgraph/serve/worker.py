"""A worker: a process that holds the graph and does one job at a time, as its parent asks on standard input.

It is a process of one thread, so that a question may fork (see :mod:`cmgraph.store.sandbox`), and its parent can end
it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from cmgraph.errors import CmgraphError
from cmgraph.graph import LANGUAGES, Graph, load
from cmgraph.serve import api, extension, reconciliation, site, sparql, things
from cmgraph.serve.limits import ANSWER, MEMORY
from cmgraph.serve.notices import Notices
from cmgraph.serve.problems import Problem
from cmgraph.store import sandbox
from cmgraph.store.local import LocalStore

JOBS: Mapping[str, Callable[..., Any]] = {
    "sparql": sparql.answer,
    "service": sparql.describe_service,
    "find": site.find,
    "statements": site.statements,
    "page": site.page,
    "front_page": site.front_page,
    "browse_page": site.browse_page,
    "network_list_page": site.network_list_page,
    "network_page": site.network_page,
    "map_page": site.map_page,
    "sourced_page": site.sourced_page,
    "download_page": site.download_page,
    "changes_page": site.changes_page,
    "changes_file": site.changes_file,
    "record": site.record,
    "described": site.described,
    "catalogue": site.question_catalogue,
    "sitemap": site.sitemap,
    "opensearch": site.opensearch,
    "data_file": site.data_file,
    "shape_file": site.shape_file,
    "is_edition": site.is_edition,
    "search_page": things.search_page,
    "query_page": things.query_page,
    "questions_page": things.questions_page,
    "question_page": things.question_page,
    "question_text": things.question_text,
    "problem_page": things.problem_page,
    "said": api.said,
    "said_csv": api.said_csv,
    "network_file": api.network_file,
    "openapi": api.openapi,
    "manifest": reconciliation.manifest,
    "reconcile": reconciliation.reconcile,
    "suggest": reconciliation.suggest,
    "properties": extension.properties,
    "extend": extension.extend,
    "preview_page": things.preview_page,
}
"""What a worker can do, each with the graph in a language and what else is given."""


def main() -> None:
    """Load the graph that the first message describes, say which edition it is, and do what further ones ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    for pipe in (asked.fileno(), told.fileno()):  # held by a question's process, they would hide that this one ended
        os.register_at_fork(after_in_child=partial(os.close, pipe))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    with suppress(EOFError, BrokenPipeError):  # the parent has ended
        try:
            graph = load(**(arguments := _receive(asked)))
        except CmgraphError as error:
            _send(told, (error, []))
            return
        _send(told, (edition(graph, arguments.get("store")), []))
        _work(graph, asked, told)


def _work(graph: Graph, asked: IO[bytes], told: IO[bytes]) -> None:
    sandbox.MEMORY = MEMORY
    if isinstance(graph.store, LocalStore):
        graph.store.largest = ANSWER
    logging.getLogger("cmgraph").propagate = False
    graphs = {lang: graph.with_language(lang) for lang in LANGUAGES}
    while True:
        job, lang, given = _receive(asked)
        with Notices() as notices:
            try:
                outcome = JOBS[job](graphs[lang or graph.lang], **given)
            except CmgraphError as error:
                outcome = error
            except Exception as error:
                sys.stderr.write(f"cmgraph: a bug in cmgraph itself: {job}: {type(error).__name__}: {error}\n")
                outcome = Problem("this server has a fault; its operator can read more", 500)
        _send(told, (outcome, notices.texts))


def edition(graph: Graph, store: str | None) -> str:
    """Return what changes when the graph does; empty if that cannot be told, as of an endpoint.

    :param store: the folder of its store, which is the same for each server that has a copy.
    """
    if not isinstance(graph.store, LocalStore):
        return ""
    content = hashlib.sha256()
    templates = sorted((Path(__file__).parents[1] / "text/templates").iterdir(), key=lambda file: file.name)
    current = [Path(store) / "current"] if store else []
    for path in [*(graph.paths or ()), *current, *templates]:
        content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:16]


def _receive(pipe: IO[bytes]) -> Any:
    return pickle.load(pipe)  # noqa: S301 - from the parent


def _send(pipe: IO[bytes], message: tuple[Any, list[str]]) -> None:
    body = pickle.dumps(message)
    pipe.write(len(body).to_bytes(8, "big") + body)
    pipe.flush()


if __name__ == "__main__":
    main()
