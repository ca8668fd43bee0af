"""A question's own process begins only when no thread is in the engine, whose locks it would keep for ever."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cmgraph
from cmgraph.graph import Graph
from cmgraph.store.sandbox import run_sandboxed, turnstile


def test_it_waits_until_nobody_is_in_the_engine() -> None:
    inside = threading.Event()

    def ask() -> None:
        with turnstile.asking():
            inside.set()
            time.sleep(0.5)

    thread = threading.Thread(target=ask)
    thread.start()
    inside.wait()
    started = time.monotonic()
    assert run_sandboxed(lambda: b"done", 5) == b"done"
    assert time.monotonic() - started > 0.3
    thread.join()


def test_threads_that_ask_a_store_on_disk_are_all_answered(graph: Graph, tmp_path: Path) -> None:
    cmgraph.load_store(tmp_path / "store", graph.data_files, graph)
    there = cmgraph.load(store=tmp_path / "store", timeout=30)
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(10):
            try:
                wrong.extend([] if there.ask("ASK { ?s a cm:Agent }") and there.query("partners") else ["nothing"])
            except cmgraph.CmgraphError as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
