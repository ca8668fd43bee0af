"""The addresses of the service, and what is asked at each."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmgraph.errors import CmgraphError
from cmgraph.serve.documents import Document
from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem, details
from cmgraph.serve.requests import one, parameters, parse_fields, read_body

READ = ["GET", "HEAD"]

_PACKED = 1000
"""Bytes from which on an answer is packed."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""What goes with every answer: a page loads nothing from elsewhere, and text stays text."""


class Service:
    """The service over HTTP.

    :param pool: who does the work.
    :param address: where people reach it, with a slash at the end.
    """

    def __init__(self, pool: Pool, address: str) -> None:
        self._pool, self._address = pool, address

    def app(self) -> ASGIApp:
        """Return the application."""
        reading: dict[str, Any] = {
            "allow_origins": ["*"],
            "allow_methods": ["GET", "HEAD", "POST"],
            "allow_headers": ["Accept", "Accept-Language", "Content-Type", "If-None-Match"],
            "expose_headers": ["Content-Language", "ETag", "Link"],
        }
        routes = [
            Route("/healthz", self.health, methods=READ),
            Route("/sparql", self.sparql, methods=[*READ, "POST"]),
        ]
        handlers: dict[Any, Callable[[Request, Exception], Response | Awaitable[Response]]] = {
            CmgraphError: _problem,
            HTTPException: _http_problem,
        }
        middleware = [Middleware(CORSMiddleware, **reading), Middleware(GZipMiddleware, minimum_size=_PACKED)]
        return _Guard(Starlette(routes=routes, exception_handlers=handlers, middleware=middleware))

    async def health(self, request: Request) -> Response:
        """Say whether questions are answered."""
        await self._pool.run("sparql", query="ASK {}", accept="")
        return JSONResponse({"status": "ok", "edition": self._pool.edition})

    async def sparql(self, request: Request) -> Response:
        """Answer a query by the SPARQL 1.1 protocol; without one, describe the service."""
        fields = parameters(request)
        if request.method == "POST":
            kind, charset = _content_type(request)
            if kind == "application/sparql-update":
                raise Problem("updates are not accepted: the graph is only read", 403)
            if charset not in ("", "utf-8"):
                raise Problem("the body is not UTF-8", 415)
            body = await read_body(request)
            if kind == "application/x-www-form-urlencoded":
                for name, values in parse_fields(body).items():
                    fields[name] = fields.get(name, []) + values
            elif kind == "application/sparql-query":
                try:
                    fields["query"] = [*fields.get("query", []), body.decode()]
                except UnicodeError:
                    raise Problem("the query is not UTF-8") from None
            else:
                hint = "Send application/sparql-query, or application/x-www-form-urlencoded."
                raise Problem(f"a body of type '{kind[:100]}' is not taken here", 415, hint=hint)
        if "update" in fields:
            raise Problem("updates are not accepted: the graph is only read", 403)
        if dataset := [name for name in ("default-graph-uri", "named-graph-uri") if name in fields]:
            raise Problem(f"'{dataset[0]}' is not taken: there is one dataset, which is always asked")
        accept = request.headers.get("accept", "")
        if "query" not in fields and request.method != "POST":
            text = (files("cmgraph") / "serve/service.ttl").read_text(encoding="utf-8")
            return await self._document(
                "service", accept=accept, address=self._address, description=text, vary="Accept"
            )
        if "query" not in fields:
            raise Problem("there is no query", hint="Send it as 'query', or as application/sparql-query.")
        return await self._document("sparql", query=one(fields, "query"), accept=accept, vary="Accept")

    async def _document(self, job: str, lang: str = "", *, vary: str, **given: object) -> Response:
        document, _ = await self._pool.run(job, lang, **given)
        assert isinstance(document, Document)
        return Response(document.body, headers={**document.headers, "vary": vary}, media_type=document.media_type)


def _content_type(request: Request) -> tuple[str, str]:
    """Return the media type of the body, and the encoding that is named with it."""
    kind, *rest = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charset = next((part.removeprefix("charset=").strip('"') for part in rest if part.startswith("charset=")), "")
    return kind, charset


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, CmgraphError)
    said = details(error)
    waiting = {"retry-after": "1"} if said["status"] == 503 else {}
    return JSONResponse(said, said["status"], headers=waiting, media_type="application/problem+json")


def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _problem(request, Problem(error.detail, error.status_code))
    response.headers.update(error.headers or {})
    return response


class _Guard:
    """Puts what protects readers into every answer, and tells of a fault in one line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def send_guarded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            sys.stderr.write(
                f"cmgraph: a bug in cmgraph itself: {type(error).__name__}: {' '.join(str(error).split())}\n"
            )
            if not began:
                response = _problem(Request(scope), Problem("this server has a fault", 500))
                await response(scope, receive, send_guarded)
