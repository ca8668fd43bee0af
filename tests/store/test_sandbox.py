"""A question's own process begins only when no thread is in the engine, whose locks it would keep for ever."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cmgraph.cli.watchdog import limited
from cmgraph.errors import QueryStopped
from cmgraph.store.disk import open_store, replace_store
from cmgraph.store.local import LocalStore
from cmgraph.store.sandbox import run_sandboxed, run_stoppable, turnstile


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


@pytest.mark.gate
def test_threads_that_ask_a_store_on_disk_are_all_answered(tmp_path: Path) -> None:
    with replace_store(tmp_path) as engine:
        engine.bulk_extend(Quad(NamedNode(f"e:{n}"), NamedNode("e:p"), Literal(n)) for n in range(2_000))
    store = LocalStore(engine=open_store(tmp_path))
    counts: list[int] = []

    def ask() -> None:
        times = (10, None) * 10
        counts.extend(len(store.select("SELECT * { ?s ?p ?o }", {}, timeout=timeout)[1]) for timeout in times)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2_000] * 80


def test_work_that_never_gives_python_its_turn_is_stopped_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(QueryStopped, match="stopped after 1 s"), limited(1):
        run_stoppable(lambda: 9**9**9)
    assert time.monotonic() - started < 4
    assert run_stoppable(lambda: {"a": 0.1 + 0.2}) == {"a": 0.1 + 0.2}


@pytest.mark.gate
def test_it_ends_when_its_time_is_up_though_nobody_is_left_to_stop_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"

    def work() -> bytes:
        told.write_text(str(os.getpid()))
        while True:
            pass

    asking = os.fork()
    if asking == 0:
        run_sandboxed(work, 1, offline=False)
        os._exit(0)
    while not (told.is_file() and told.read_text()):
        time.sleep(0.02)
    os.kill(asking, signal.SIGKILL)
    os.waitpid(asking, 0)
    child = int(told.read_text())
    ends = time.monotonic() + 30
    while _is_running(child):
        assert time.monotonic() < ends
        time.sleep(0.1)


def _is_running(process: int) -> bool:
    """Say whether a process that nobody waits for still works."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
