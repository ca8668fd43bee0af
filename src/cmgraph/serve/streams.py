"""Agents over HTTP: what answers them is loaded when the first one asks, since it takes longer than the whole start."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from cmgraph.serve.pool import Pool
from cmgraph.serve.requests import read_body

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class Streams:
    """Answers agents over HTTP; see :func:`cmgraph.serve.agents.over_http`."""

    def __init__(self, pool: Pool, hosts: Collection[str], origins: Collection[str]) -> None:
        self._pool, self._hosts, self._origins = pool, hosts, origins
        self._answering: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._kept: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whose body is read here, with the limits of every other."""
        if scope["method"] != "POST":  # a stream that is held open would carry nothing: there are no sessions
            raise HTTPException(405, headers={"allow": "POST"})
        waiting = [{"type": "http.request", "body": await read_body(Request(scope, receive)), "more_body": False}]

        async def received() -> Message:
            return waiting.pop() if waiting else await receive()

        if self._answering is None:
            self._answering = asyncio.get_running_loop().create_future()
            self._kept = asyncio.create_task(self._keep(self._answering))
        manager = await asyncio.shield(self._answering)
        await manager.handle_request(scope, received, send)

    async def _keep(self, answering: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        try:
            agents = await asyncio.to_thread(import_module, "cmgraph.serve.agents")
            manager: StreamableHTTPSessionManager = agents.over_http(self._pool, self._hosts, self._origins)
            async with manager.run():
                answering.set_result(manager)
                await asyncio.Event().wait()
        except Exception as error:
            self._answering = None
            if not answering.done():
                answering.set_exception(error)
