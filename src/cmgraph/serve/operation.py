"""What an operator sees of the service, and what holds back a client who asks too much."""

from __future__ import annotations

import ipaddress
import json
import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem

_CLIENTS = 10_000
"""Clients that are remembered; who has not asked for a while is forgotten first."""

_BURST = 6
"""A client may ask the requests of a sixth of a minute at once."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """Figures in the form of Prometheus; none tells who asked, or what for."""

    def __init__(self, pool: Pool) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        self._requests = Counter(
            "cmgraph_requests", "Requests that were answered.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "cmgraph_request_seconds",
            "How long requests took.",
            ["route"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        figures: dict[str, tuple[str, Callable[[], float]]] = {
            "cmgraph_workers": ("Workers that are ready.", lambda: pool.ready),
            "cmgraph_workers_free": ("Workers that nobody has.", lambda: pool.free),
            "cmgraph_waiting": ("Requests that wait for a worker.", lambda: pool.waiting),
            "cmgraph_workers_replaced": ("Workers that ended or were ended.", lambda: pool.replaced),
            "cmgraph_reloads": ("How often the graph was read again.", lambda: pool.generation),
        }
        for name, (text, figure) in figures.items():
            Gauge(name, text, registry=self._registry).set_function(figure)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Write all figures."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)


class Watched:
    """Counts every request and, if that is asked for, tells of it in a line of JSON.

    A line has no query, no parameters and no address of who asked.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: dict[object, str], log: bool) -> None:
        self._app, self._metrics, self._routes, self._log = app, metrics, routes, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and keep its status and how long it took."""
        began, status, size = time.monotonic(), 0, 0

        async def sent(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            seconds = time.monotonic() - began
            route = self._routes.get(scope.get("endpoint"), "none")
            self._metrics.count(route, status, seconds)
            if self._log:
                line = {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "method": scope["method"][:20],
                    "route": route,
                    "path": scope["path"][:500],
                    "status": status,
                    "seconds": round(seconds, 4),
                    "bytes": size,
                }
                sys.stderr.write(json.dumps(line) + "\n")


class Limited:
    """Turns away a client who asks more than so many requests in a minute.

    :param behind_proxy: whether the proxy before this server says who asks; else nobody is believed.
    :param refuse: makes the answer to a client who is turned away.
    """

    def __init__(
        self, app: ASGIApp, per_minute: int, behind_proxy: bool, refuse: Callable[[Request, Exception], Response]
    ) -> None:
        self._app, self._behind_proxy, self._refuse = app, behind_proxy, refuse
        self._rate, self._most = per_minute / 60, max(1.0, per_minute / _BURST)
        self._left: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say when to ask again."""
        if scope["type"] == "http" and (wait := self._wait(self._client(scope))):
            problem = Problem("you ask more often than this server allows", 429, hint=f"Ask again in {wait} s.")
            response = self._refuse(Request(scope), problem)
            response.headers["retry-after"] = str(wait)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _wait(self, client: str) -> int:
        """Take one of what a client has left, and return 0; or the seconds until there is one."""
        now = time.monotonic()
        left, at = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - at) * self._rate)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _CLIENTS:
            del self._left[next(iter(self._left))]
        return 0 if left >= 1 else math.ceil((1 - left) / self._rate)

    def _client(self, scope: Scope) -> str:
        """Return who asks: an address or, of the sixth version, the network that one customer has."""
        peer = (scope.get("client") or ("",))[0]
        if self._behind_proxy:
            peer = Request(scope).headers.get("x-forwarded-for", peer).rpartition(",")[2].strip()
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(address.ipv4_mapped or ipaddress.ip_network((address.packed[:8] + bytes(8), 64)))
