"""Workers that answer requests, each a process of its own that can be ended without harm to the others."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from cmgraph.errors import CmgraphError, QueryStopped
from cmgraph.serve.limits import GRACE, WAITING
from cmgraph.serve.problems import Problem

_AGAIN = 1.0
"""Seconds before a worker that did not come up is tried again."""


class _Worker:
    """One worker process, with all that it starts in a group of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> _Worker:
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-P", "-m", "cmgraph.serve.worker"]
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, start_new_session=True))

    async def tell(self, message: object) -> tuple[Any, list[str]]:
        """Send a message and return what comes back, with what is to be said beside it."""
        told, answered = self._process.stdin, self._process.stdout
        assert told is not None and answered is not None
        told.write(pickle.dumps(message))
        await told.drain()
        size = int.from_bytes(await answered.readexactly(8), "big")
        outcome: tuple[Any, list[str]] = pickle.loads(await answered.readexactly(size))  # noqa: S301 - our own worker's
        return outcome

    async def ended(self) -> None:
        await self._process.wait()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Pool:
    """Workers that hold one graph.

    :param arguments: what they give to :func:`cmgraph.load`.
    :param size: how many there are.
    :ivar timeout: seconds after which a job is stopped.
    :ivar edition: what changes when the graph does, once they have started; empty if that cannot be told.
    """

    def __init__(self, arguments: Mapping[str, Any], timeout: float, size: int) -> None:
        self._arguments = {**arguments, "timeout": timeout}
        self.timeout, self._size, self.edition = timeout, size, ""
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._workers: set[_Worker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closing = False

    async def start(self) -> None:
        """Return when the first worker is ready; the others follow.

        :raises CmgraphError: if the graph cannot be loaded.
        """
        self.edition = await self._add()
        for _ in range(self._size - 1):
            self._replace()

    async def run(self, job: str, lang: str = "", /, **given: object) -> tuple[Any, list[str]]:
        """Have a job done and return what came of it, with what is to be said beside it.

        :param lang: the language in which things are named; empty for that of the graph.
        :raises QueryStopped: if it took too long, or ended its worker.
        :raises Problem: if there are too many who wait.
        :raises CmgraphError: whatever the job raises.
        """
        worker = await self._take()
        try:
            async with asyncio.timeout(self.timeout + GRACE):
                outcome, notices = await worker.tell((job, lang, given))
        except BaseException as error:  # cancelled, too: what it goes on with is nobody's
            self._drop(worker)
            self._replace()
            if isinstance(error, TimeoutError):
                raise QueryStopped(f"stopped after {self.timeout:g} s", hint="Ask for less.") from None
            if isinstance(error, (EOFError, OSError)):
                raise QueryStopped("the process that answered ended", hint="Ask for less.") from None
            raise
        self._free.put_nowait(worker)
        if isinstance(outcome, CmgraphError):
            raise outcome
        return outcome, notices

    async def close(self) -> None:
        """End all workers, and return when they have ended."""
        self._closing = True
        workers = [*self._workers]
        for worker in workers:
            self._drop(worker)
        await asyncio.gather(*self._starting, *(worker.ended() for worker in workers))

    async def _take(self) -> _Worker:
        if self._free.empty() and self._waiting >= WAITING:
            raise Problem("too many requests are waiting", 503, hint="Ask again in a moment.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await self._free.get()
        except TimeoutError:
            raise Problem("nobody was free to answer", 503, hint="Ask again in a moment.") from None
        finally:
            self._waiting -= 1

    async def _add(self) -> str:
        worker = await _Worker.start()
        self._workers.add(worker)
        if self._closing:
            self._drop(worker)
            await worker.ended()
            return ""
        try:
            edition, _ = await worker.tell(self._arguments)
        except BaseException as error:
            self._drop(worker)
            if isinstance(error, (EOFError, OSError)):
                raise CmgraphError("a worker ended before it was ready") from None
            raise
        if isinstance(edition, CmgraphError):
            self._drop(worker)
            raise edition
        self._free.put_nowait(worker)
        return str(edition)

    def _drop(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        worker.kill()

    def _replace(self) -> None:
        """Start one more worker, however often it takes."""

        async def start() -> None:
            while not self._closing:
                try:
                    await self._add()
                    return
                except CmgraphError as error:
                    if not self._closing:
                        logging.getLogger("cmgraph").error("%s", error)
                        await asyncio.sleep(_AGAIN)

        task = asyncio.get_running_loop().create_task(start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
