"""A command's limits of time and memory, which hold whatever it is doing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from cmgraph.cli.language import told
from cmgraph.errors import QueryStopped, say

SHARE = 0.75
"""How much of the machine's memory a command may take."""

_EVERY, _GRACE = 0.1, 1.0
"""Seconds between two looks, and seconds to end well once the time is up."""


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Stop the command in the block when its time is up, or when it takes too much memory.

    It is interrupted, so that it cleans up behind itself. If it does not listen, as the engine does not in the middle
    of a query, the process ends a moment later, with the same message and exit code.

    :param seconds: None for no limit of time.
    :raises QueryStopped: when it is interrupted.
    """
    done = threading.Event()
    reasons: list[QueryStopped] = []

    def interrupt(_: int, __: FrameType | None) -> None:
        if not done.is_set():
            raise reasons[0]

    def watch() -> None:
        bound = SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        ends = float("inf") if seconds is None else time.monotonic() + seconds
        while not done.wait(min(_EVERY, max(0.0, ends - time.monotonic()))):
            if time.monotonic() >= ends:
                hint = "Ask for less, or allow more time with --timeout SECONDS."
                reasons.append(QueryStopped(say("stopped after {seconds:g} s", seconds=seconds), hint=hint))
            elif _resident() > bound:
                problem = say("stopped: it took more than {size:.1f} GiB of memory", size=bound / 2**30)
                reasons.append(
                    QueryStopped(problem, hint="Ask for less, or use a store on disk: cmgraph load --store DIR")
                )
            else:
                continue
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
            if not done.wait(_GRACE):
                with suppress(OSError):
                    os.write(2, f"{told(reasons[0])}\n".encode())
                os._exit(QueryStopped.exit_code)
            return

    before = signal.signal(signal.SIGALRM, interrupt)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGALRM, before)


def _resident() -> int:
    """Return how many bytes of memory this process takes; 0 where the system does not say."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
