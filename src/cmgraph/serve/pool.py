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
from cmgraph.serve.limits import GRACE, LONG, WAITING
from cmgraph.serve.problems import Problem

_AGAIN = 1.0
"""Seconds before a worker that did not come up is tried again."""


class _Worker:
    """One worker process, with all that it starts in a group of its own."""

    def __init__(self, process: asyncio.subprocess.Process, generation: int) -> None:
        self._process, self.generation = process, generation

    @classmethod
    async def start(cls, generation: int) -> _Worker:
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-P", "-m", "cmgraph.serve.worker"]
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, start_new_session=True)
        return cls(process, generation)

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
    :ivar generation: how often the graph was read again.
    :ivar waiting: how many requests wait for a worker.
    :ivar replaced: how many workers had to be replaced.
    """

    def __init__(self, arguments: Mapping[str, Any], timeout: float, size: int) -> None:
        self._arguments = {**arguments, "timeout": timeout}
        self.timeout, self._size, self.edition = timeout, size, ""
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._workers: set[_Worker] = set()
        self._loading: set[_Worker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self.waiting = self.generation = self.replaced = 0
        self._reading, self._apart = asyncio.Lock(), asyncio.Lock()
        self._closing = False

    @property
    def ready(self) -> int:
        """How many workers answer."""
        return len(self._workers)

    @property
    def free(self) -> int:
        """How many of them wait for something to do."""
        return self._free.qsize()

    async def start(self) -> None:
        """Return when the first worker is ready; the others follow.

        :raises CmgraphError: if the graph cannot be loaded.
        """
        worker, self.edition = await self._load(self.generation)
        self._free.put_nowait(worker)
        for _ in range(self._size - 1):
            self._replace()

    async def reload(self) -> None:
        """Read the graph again, and answer from it as soon as it is there; what is under way ends with the old one.

        :raises CmgraphError: if it cannot be loaded; then the old one stays.
        """
        async with self._reading:
            self._succeed(*await self._load(self.generation + 1))

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
            self.replaced += 1
            if worker.generation == self.generation:
                self._replace()
            if isinstance(error, TimeoutError):
                raise QueryStopped(f"stopped after {self.timeout:g} s", hint="Ask for less.") from None
            if isinstance(error, (EOFError, OSError)):
                raise QueryStopped("the process that answered ended", hint="Ask for less.") from None
            raise
        self._give_back(worker)
        if isinstance(outcome, CmgraphError):
            raise outcome
        return outcome, notices

    async def apart(self, job: str, lang: str = "", /, **given: object) -> tuple[Any, list[str]]:
        """Have a job done that takes long, by a worker that ends with it; one such job at a time, see :meth:`run`.

        :raises Problem: if the graph is another by then.
        """
        async with self._apart:
            worker, edition = await self._load(self.generation)
            try:
                if edition != self.edition:
                    raise Problem("the graph is being read again", 503, hint="Ask again in a moment.")
                async with asyncio.timeout(LONG):
                    outcome, notices = await worker.tell((job, lang, given))
            except TimeoutError:
                raise QueryStopped(f"stopped after {LONG:g} s", hint="Ask for less.") from None
            except (EOFError, OSError):
                raise QueryStopped("the process that answered ended", hint="Ask for less.") from None
            finally:
                self._drop(worker)
        if isinstance(outcome, CmgraphError):
            raise outcome
        return outcome, notices

    async def close(self) -> None:
        """End all workers, and return when they have ended."""
        self._closing = True
        workers = [*self._workers, *self._loading]
        for worker in workers:
            self._drop(worker)
        await asyncio.gather(*self._starting, *(worker.ended() for worker in workers))

    async def _take(self) -> _Worker:
        if self._free.empty() and self.waiting >= WAITING:
            raise Problem("too many requests are waiting", 503, hint="Ask again in a moment.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await self._free.get()
        except TimeoutError:
            raise Problem("nobody was free to answer", 503, hint="Ask again in a moment.") from None
        finally:
            self.waiting -= 1

    async def _load(self, generation: int) -> tuple[_Worker, str]:
        """Start a worker, and return it with its edition of the graph.

        :raises CmgraphError: if the graph cannot be loaded.
        """
        worker = await _Worker.start(generation)
        try:
            if self._closing:
                raise CmgraphError("the server is ending")
            self._loading.add(worker)
            edition, _ = await worker.tell(self._arguments)
            if isinstance(edition, CmgraphError):
                raise edition
        except BaseException as error:
            self._drop(worker)
            await worker.ended()
            if isinstance(error, (EOFError, OSError)):
                raise CmgraphError("a worker ended before it was ready") from None
            raise
        finally:
            self._loading.discard(worker)
        self._workers.add(worker)
        return worker, str(edition)

    def _succeed(self, worker: _Worker, edition: str) -> None:
        """Let a worker with another edition of the graph, and more like it, stand for all that there are."""
        self.generation += 1
        worker.generation, self.edition = self.generation, edition
        while not self._free.empty():
            self._drop(self._free.get_nowait())
        self._free.put_nowait(worker)
        for _ in range(self._size - 1):
            self._replace()

    def _give_back(self, worker: _Worker) -> None:
        if worker.generation == self.generation:
            self._free.put_nowait(worker)
        else:
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        worker.kill()

    def _replace(self) -> None:
        """Start one more worker, however often it takes."""

        async def start() -> None:
            generation = self.generation
            while not self._closing and generation == self.generation:
                try:
                    worker, edition = await self._load(generation)
                    if generation == self.generation and edition != self.edition:
                        self._succeed(worker, edition)  # two graphs must not answer side by side
                    else:
                        self._give_back(worker)
                    return
                except CmgraphError as error:
                    if not self._closing:
                        logging.getLogger("cmgraph").error("%s", error)
                        await asyncio.sleep(_AGAIN)

        task = asyncio.get_running_loop().create_task(start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
