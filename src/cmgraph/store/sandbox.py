"""Work in a process of its own that can be stopped, cannot take all memory, and opens nothing."""

from __future__ import annotations

import math
import os
import pickle
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from cmgraph.errors import AnswerTooLarge, QueryStopped

T = TypeVar("T")

MEMORY = 4 << 30
"""Bytes of memory that sandboxed work may take beyond what the process has when it begins."""


class _Turnstile:
    """Lets any number of threads into the engine at once, or one that forks: a fork copies locks that others hold."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._asking = self._forking = 0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Be in the engine; not to be entered twice by one thread."""
        with self._free:
            self._free.wait_for(lambda: not self._forking)
            self._asking += 1
        try:
            yield
        finally:
            with self._free:
                self._asking -= 1
                self._free.notify_all()

    def fork(self) -> int:
        """Fork while nobody is in the engine."""
        with self._free:
            self._forking += 1
            try:
                self._free.wait_for(lambda: not self._asking)
                return os.fork()
            finally:
                self._forking -= 1
                self._free.notify_all()


turnstile = _Turnstile()
"""The one turnstile for every use of an engine in this process."""


def run_sandboxed(
    work: Callable[[], bytes], timeout: float, where: str = "", *, offline: bool = True, largest: float = math.inf
) -> bytes:
    """Do ``work`` in a copy of this process and return its bytes; what it raises is raised here.

    :param timeout: seconds after which it is stopped.
    :param where: what errors call it.
    :param offline: let it open no file and no connection.
    :param largest: how many bytes it may return.
    :raises QueryStopped: if it took too long or too much memory, or crashed.
    :raises AnswerTooLarge: if it returned too much.
    """
    reading, writing = os.pipe()
    child = turnstile.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing, timeout, offline)
    os.close(writing)
    answer = bytearray()
    try:
        ends = time.monotonic() + timeout
        while True:
            if not select.select([reading], [], [], max(0.0, ends - time.monotonic()))[0]:
                hint = "Ask for less, or allow more time with --timeout SECONDS."
                raise QueryStopped(f"stopped after {timeout:g} s", where=where, hint=hint)
            if not (block := os.read(reading, 1 << 20)):
                break
            answer += block
            if len(answer) > largest:
                raise AnswerTooLarge(
                    f"the answer is larger than {largest / 1e6:g} MB", where=where, hint="Ask for less."
                )
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer[:1] == b"+":
        return bytes(answer[1:])
    if answer[:1] == b"-":
        raise pickle.loads(answer[1:])  # noqa: S301 - written by _work below
    cause = (
        "it is nested too deeply" if status == -signal.SIGSEGV else f"it took more than {MEMORY >> 30} GiB of memory"
    )
    raise QueryStopped(f"the query crashed: {cause}", where=where, hint="Ask for less, or write it in parts.")


def run_stoppable(work: Callable[[], T]) -> T:
    """Do work that ignores signals, such as a library call that never returns to Python, so that it can be stopped.

    It is done as in :func:`run_sandboxed`, for as long as it takes; a limit of the command, or Ctrl-C, ends it at once.
    """
    result: T = pickle.loads(run_sandboxed(lambda: pickle.dumps(work()), threading.TIMEOUT_MAX))  # noqa: S301 - ours
    return result


def _work(work: Callable[[], bytes], writing: int, timeout: float, offline: bool) -> None:
    import faulthandler
    import resource

    try:
        faulthandler.disable()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        with suppress(OSError, ValueError):
            memory_used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (memory_used + MEMORY, memory_used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if timeout < threading.TIMEOUT_MAX:  # if the parent process is killed, nobody is left to stop it
            seconds = math.ceil(time.process_time() + timeout) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if offline:
            top = max(map(int, os.listdir("/dev/fd")))  # noqa: PTH208
            while os.dup(nothing) < top:
                pass
            resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1, top + 1))
        try:
            answer = b"+" + work()
        except MemoryError:
            os._exit(1)
        except Exception as error:
            answer = b"-" + pickle.dumps(error)
        with open(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)
