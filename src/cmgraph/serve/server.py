"""The server: it starts, says where to look, and ends well."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import socket
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cmgraph.errors import CmgraphError
from cmgraph.serve.app import Service, Settings
from cmgraph.serve.limits import HEAD, TIMEOUT
from cmgraph.serve.pool import Pool
from cmgraph.serve.streams import Streams
from cmgraph.serve.watching import Watcher

_WORKERS = min(4, max(2, os.cpu_count() or 2))
_HERE = ("127.0.0.1", "localhost", "[::1]")
"""What this machine calls itself."""

_LEFT = 3
"""Seconds that answers have which are under way when the server is stopped."""


def serve(
    arguments: Mapping[str, Any],
    host: str,
    port: int,
    public_url: str = "",
    timeout: float = TIMEOUT,
    tell: Callable[[str], object] = print,
    settings: Settings = Settings(),  # noqa: B008 - it never changes
) -> None:
    """Serve a graph until somebody stops it.

    :param arguments: what :func:`cmgraph.load` is given.
    :param port: 0 for any that is free.
    :param public_url: where people reach it, if not at this host and port.
    :param timeout: seconds after which a request is stopped.
    :param tell: told once where to look, and when the graph was read again.
    :param settings: what an operator decides.
    :raises CmgraphError: if the graph cannot be loaded, or the port not be had.
    """
    if public_url and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/([A-Za-z0-9._~-]+/)*", public_url):
        hint = "Write it like https://example.org/minerals/"
        raise CmgraphError("not an address that ends with a slash", where=f"--public-url {public_url}", hint=hint)
    if settings.since and not all((Path(settings.since) / name).is_file() for name in ("export.json", "cmgraph.nt")):
        hint = "--since names a folder that cmgraph export wrote, with cmgraph.nt in it."
        raise CmgraphError("this folder is not an export", where=settings.since, hint=hint)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _interrupt)  # asyncio's own would cancel what ends the workers
    with _listening(host, port) as listening:
        pool = Pool(arguments, timeout, _WORKERS)
        asyncio.run(_serve(listening, pool, Watcher(pool, arguments, tell), host, public_url, tell, settings))


async def _serve(
    listening: socket.socket,
    pool: Pool,
    watcher: Watcher,
    host: str,
    public_url: str,
    tell: Callable[[str], object],
    settings: Settings,
) -> None:
    watching: asyncio.Task[None] | None = None
    try:
        starting = asyncio.create_task(pool.start())
        await asyncio.to_thread(import_module, "prometheus_client")  # while the graph is read
        await starting
        shown, port = f"[{host}]" if ":" in host else host, listening.getsockname()[1]
        address = public_url or f"http://{shown}:{port}/"
        hosts = {f"{name}:{port}" for name in (shown, *_HERE)}
        public = urlsplit(address)
        origins = {f"http://{name}" for name in hosts} | {f"{public.scheme}://{public.netloc}"}
        config = uvicorn.Config(
            Service(pool, address, Streams(pool, hosts | {public.netloc}, origins), settings).app(),
            http=_Prompt,
            ws="none",
            lifespan="off",
            root_path=urlsplit(address).path.rstrip("/"),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_LEFT,
        )
        _reload_when_told(watcher)
        watching = asyncio.create_task(watcher.watch())
        tell(f"{address} is ready; Ctrl-C stops it")
        await uvicorn.Server(config).serve([listening])
    finally:
        if watching is not None:
            watching.cancel()
        await pool.close()


def _listening(host: str, port: int) -> socket.socket:
    """Take the port.

    :raises CmgraphError: if it cannot be had.
    """
    try:
        if not host or not socket.getaddrinfo(host, port):
            raise OSError(errno.EADDRNOTAVAIL, "")
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (socket.gaierror, UnicodeError):
        reason, hint = "there is no such address", _WHERE
    except OSError as error:
        reason, hint = os.strerror(error.errno or errno.EIO), _WHERE if error.errno == errno.EADDRNOTAVAIL else _WHICH
    raise CmgraphError(f"nobody can listen here: {reason}", where=f"{host}:{port}", hint=hint)


_WHERE = "Choose an address of this machine with --host: 127.0.0.1 for itself alone, 0.0.0.0 for every one."
_WHICH = "Choose another with --port, or 0 for any that is free; most systems keep those below 1024 for themselves."


def _reload_when_told(watcher: Watcher) -> None:
    """Read the graph again at SIGHUP, unless it says that the terminal is gone."""
    if not hasattr(signal, "SIGHUP"):
        return
    had_terminal, reading = _has_terminal(), set()

    def told() -> None:
        if had_terminal and not _has_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
            return
        task = asyncio.get_running_loop().create_task(watcher.reload())
        reading.add(task)
        task.add_done_callback(reading.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _end(*_: object) -> None:
    raise SystemExit(0)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class _Prompt(H11Protocol):
    """Hangs up on clients who take long to say what they want."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._cancel()
        elif self._deadline is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD, self.transport.close)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
