"""Answers that take long to make and stay as they are while the graph does: each is made once, and kept in a file."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from starlette.responses import Response, StreamingResponse

from cmgraph.serve.documents import Document
from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem
from cmgraph.store.cache import cache_folder

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Kept:
    """An answer, and where its body stands in a file."""

    file: IO[bytes]
    start: int
    length: int
    document: Document

    @property
    def whole(self) -> bytes:
        """The body."""
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Yield the answer piece by piece."""
        for at in range(self.start, self.start + self.length, _CHUNK):
            yield os.pread(self.file.fileno(), min(_CHUNK, self.start + self.length - at), at)


class Shelf:
    """Keeps answers for as long as the graph stays the same.

    :param pool: who makes them.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._of = ("", 0)
        self._file: IO[bytes] | None = None
        self._tasks: dict[tuple[Any, ...], asyncio.Task[Document | Kept]] = {}

    async def get(
        self, job: str, lang: str, *, apart: bool = False, same: Mapping[str, object] | None = None, **given: object
    ) -> Document | Kept:
        """Return an answer, made now or before.

        :param apart: whether it takes a worker of its own, and more time than a request has.
        :param same: what else the job is given, the same each time.
        :raises Problem: if it is not made in the time that a request has; it will be there later.
        :raises CmgraphError: whatever the job raises.
        """
        if not self._pool.edition:  # nobody can tell how long it stays true
            document: Document = (await self._pool.run(job, lang, **given, **(same or {})))[0]
            return document
        if self._of != (now := (self._pool.edition, self._pool.generation)):
            self._of, self._file, self._tasks = now, None, {}
        key = (job, lang, *sorted(given.items()))
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._make(key, apart, {**given, **(same or {})}))
        making = self._tasks[key]
        if not apart:
            return await asyncio.shield(making)
        await asyncio.wait([making], timeout=self._pool.timeout)
        if not making.done():
            raise Problem("this is being made, and takes a while", 503, hint="Ask again in a minute.")
        return making.result()

    async def _make(self, key: tuple[Any, ...], apart: bool, given: dict[str, object]) -> Document | Kept:
        tasks, (job, lang, *_) = self._tasks, key
        try:
            document: Document = (await (self._pool.apart if apart else self._pool.run)(job, lang, **given))[0]
        except BaseException:
            tasks.pop(key, None)
            raise
        if tasks is self._tasks:  # else the graph is another by now
            with suppress(OSError):  # what cannot be kept is made again
                return self._keep(document)
        tasks.pop(key, None)
        return document

    def _keep(self, document: Document) -> Kept:
        if self._file is None:
            folder = cache_folder()
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the edition
        start = self._file.seek(0, os.SEEK_END)
        self._file.write(document.body)
        self._file.flush()
        without = Document(b"", document.media_type, document.headers, document.status)
        return Kept(self._file, start, len(document.body), without)


def sent(kept: Document | Kept, headers: dict[str, str]) -> Response:
    """Send an answer, one that is kept piece by piece."""
    if isinstance(kept, Document):
        return Response(kept.body, kept.status, {**kept.headers, **headers}, kept.media_type)
    sent_headers = {**kept.document.headers, **headers, "content-length": str(kept.length)}
    return StreamingResponse(kept.chunks(), kept.document.status, sent_headers, kept.document.media_type)
