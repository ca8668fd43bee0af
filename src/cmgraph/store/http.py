"""A single request to a server, with a query or a graph: the answer, or why there is none."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from html import unescape
from http.client import HTTPException, HTTPMessage, InvalidURL
from typing import IO, Any, NamedTuple, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, quote, urljoin, urlsplit
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
    parse_http_list,
    parse_keqv_list,
)

from SPARQLWrapper import BASIC, GET, POST, SPARQLWrapper

from cmgraph.errors import EndpointError

Credentials: TypeAlias = tuple[str, str] | str
"""Credentials: user and password, or a token."""

_AGAIN = (429, 502, 503, 504)
"""Status codes of failures that may soon be over."""

_WORDS = 1 << 16
"""The most bytes read of a server's message when it refuses a request or has accepted a graph."""

_PAGE = re.compile(r"\s*<(!doctype\s+)?html", re.IGNORECASE)

_HINTS: Mapping[int, str] = {
    400: "The server cannot read what it was sent, or does not know what it uses.",
    403: "Ask whoever runs the server, or set CMGRAPH_USER and CMGRAPH_PASSWORD, or CMGRAPH_TOKEN.",
    404: "Check the address: a SPARQL endpoint takes questions, a Graph Store takes graphs.",
    405: "Check the address: a SPARQL endpoint takes questions, a Graph Store takes graphs.",
    406: "The server cannot answer in SPARQL's JSON or Turtle.",
    413: "The server takes only smaller graphs: load them on its own machine.",
    414: "The server takes only short queries: ask for less at once.",
    429: "Ask again later.",
}


class Reply(NamedTuple):
    """The answer of a server: its text, its media type, the number of rows after which it says that it truncates (0 if
    never), and the name of its program, if it says so."""

    text: str
    media_type: str
    cap: int
    server: str


class _Query(SPARQLWrapper):
    """A request that SPARQLWrapper built, sent by our own opener, so that no error and no redirect is hidden."""

    opener: OpenerDirector

    def _query(self) -> tuple[Any, str]:
        return self.opener.open(self._createRequest(), timeout=self.timeout), self.returnFormat


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: a query sent by POST would be lost, and credentials would go elsewhere."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Digest(HTTPDigestAuthHandler):
    """Answers a Digest challenge and no other, which would be an error of its own."""

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        if _challenge(headers) != "digest":
            return None
        return super().http_error_401(req, fp, code, msg, headers)


def send(url: str, query: str, form: str, graph: str | None, credentials: Credentials | None, timeout: float) -> Reply:
    """Ask a server, again if it fails for a moment, and by GET if it refuses POST.

    :param form: ``json`` or ``turtle``.
    :param graph: IRI of the graph to ask, if it is not the server's default.
    :param timeout: seconds that the server may be silent.
    :raises EndpointError: if there is no answer, or only a part of one.
    """
    request = _Query(url, agent="cmgraph")
    request.setTimeout(round(timeout) or 1)
    request.setReturnFormat(form)
    request.setQuery(query)
    request.setMethod(POST)
    if graph:
        request.addDefaultGraph(graph)
    passwords = HTTPPasswordMgrWithDefaultRealm()
    if isinstance(credentials, str):
        request.addCustomHttpHeader("Authorization", f"Bearer {credentials}")
    elif credentials:
        request.setHTTPAuth(BASIC)
        request.setCredentials(*credentials)
        passwords.add_password(None, url, *credentials)
    request.opener = build_opener(_Stay, _Digest(passwords))
    tries = 3
    with _one_line(url):
        while True:
            try:
                with request.query().response as response:
                    return _read(response.status, response.headers, response.read(), url)
            except HTTPError as error:
                if error.code == 405 and request.method == POST:
                    request.setMethod(GET)
                    request.endpoint, _, own = url.partition("?")
                    for name, value in parse_qsl(own, keep_blank_values=True):
                        request.addParameter(name, value)
                elif error.code == 401 and request.user:
                    request.user = None  # some servers do not ask for Digest after Basic was tried
                elif tries > 1 and error.code in _AGAIN:
                    tries -= 1
                    wait = error.headers.get("Retry-After") or ""
                    time.sleep(min(float(wait) if wait.isdigit() else 1.0, 5.0))
                else:
                    raise
                error.close()


def send_graph(
    url: str,
    triples: IO[bytes],
    graph: str | None,
    credentials: Credentials | None,
    timeout: float,
    *,
    replace: bool = False,
) -> None:
    """Send a graph to a server by the Graph Store Protocol, once.

    :param url: address of the Graph Store.
    :param triples: a file of N-Triples, which is read from its beginning.
    :param graph: IRI of the graph there, if it is not the server's default.
    :param timeout: seconds that the server may be silent, as it is while it takes the graph in.
    :param replace: replace the graph there, not add to it.
    :raises EndpointError: if the server does not say that it took the graph.
    """
    which = f"graph={quote(graph, safe='')}" if graph else "default"
    target = f"{url}{'&' if '?' in url else '?'}{which}"
    headers = {"Content-Type": "application/n-triples", "User-Agent": "cmgraph"}
    opener = build_opener(_Stay)
    with _one_line(url):
        request = Request(target, triples, headers, method="PUT" if replace else "POST")  # noqa: S310
        request.add_header("Content-Length", str(triples.seek(0, 2)))
        triples.seek(0)
        if isinstance(credentials, str):
            request.add_header("Authorization", f"Bearer {credentials}")
        elif credentials:
            probe = Request(target, b"", headers, method="POST")  # noqa: S310
            _authorize(request, probe, opener, credentials, timeout)
        with opener.open(request, timeout=timeout) as response:
            text = response.read(_WORDS).decode(errors="replace")
            if response.status not in (201, 204) and (response.status != 200 or _PAGE.match(text)):
                what = f"the server does not say that it took the graph: {response.status} {response.reason}"
                hint = "Give the address of its Graph Store; the server may want you to log in."
                raise EndpointError(f"{what}: {_plain(text)}", where=url, hint=hint)


@contextmanager
def _one_line(url: str) -> Iterator[None]:
    """Return an error that says in one line why a request failed.

    :raises EndpointError: with the reason.
    """
    try:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            hint = "It begins with http:// or https://"
            raise EndpointError("this is no address of a server", where=url, hint=hint)
        if "@" in address.netloc:
            hint = "Set CMGRAPH_USER and CMGRAPH_PASSWORD, and leave out what stands before @."
            raise EndpointError("an address holds no password", where=address.hostname, hint=hint)
        yield
    except HTTPError as error:
        with error:
            raise _refusal(error, url) from None
    except InvalidURL as error:
        raise EndpointError(f"this is no address of a server: {error}", where=url) from None
    except HTTPException as error:
        hint = "The server or something on the way hung up: ask again, or for less."
        raise EndpointError(f"the answer broke off: {error!r}", where=url, hint=hint) from None
    except (URLError, OSError, ValueError) as error:
        hint = "Check the address, and that the server is running."
        reason = " ".join(str(getattr(error, "reason", error)).split())
        raise EndpointError(f"the endpoint did not answer: {reason}", where=url, hint=hint) from None


def _authorize(request: Request, probe: Request, opener: OpenerDirector, who: tuple[str, str], timeout: float) -> None:
    """Add credentials to a request, in the scheme that the server asks for in reply to an empty request.

    A server that has to ask while a whole graph is being sent to it may hang up instead.
    """
    try:
        opener.open(probe, timeout=timeout).close()
    except HTTPError as error:
        if error.code != 401:
            raise
        error.close()
        if _challenge(error.headers) == "digest":
            passwords = HTTPPasswordMgrWithDefaultRealm()
            passwords.add_password(None, request.full_url, *who)
            asked = parse_keqv_list(parse_http_list(error.headers["WWW-Authenticate"].partition(" ")[2]))
            request.add_header(
                "Authorization", f"Digest {AbstractDigestAuthHandler(passwords).get_authorization(request, asked)}"
            )
        else:
            request.add_header("Authorization", f"Basic {b64encode(':'.join(who).encode()).decode()}")


_MAY_BE_EMPTY = ("text/turtle", "application/n-triples")
"""Formats in which no triples are an empty text."""


def _read(status: int, headers: HTTPMessage, body: bytes, url: str) -> Reply:
    """Read an answer, unless it is truncated."""
    part = headers.get("X-SQL-Message") or headers.get("X-SQL-State")
    if status != 200 or part:
        reason = part or f"HTTP {status}"
        hint = "Ask for less: LIMIT, or fewer patterns."
        raise EndpointError(f"the server did not give the whole answer: {reason}", where=url, hint=hint)
    if not body.strip() and headers.get_content_type() not in _MAY_BE_EMPTY:
        raise EndpointError("the answer is empty", where=url, hint="Check that this is the SPARQL endpoint.")
    charset = headers.get_content_charset() or "utf-8"
    try:
        text = body.decode("utf-8-sig" if charset == "utf-8" else charset)
    except (UnicodeDecodeError, LookupError):
        raise EndpointError(f"the answer is not in {charset}, which the server declares", where=url) from None
    if _PAGE.match(text):
        hint = "Check the address; the server may want you to log in, or be down."
        raise EndpointError(f"the server sent a web page, not an answer: {_plain(text)}", where=url, hint=hint)
    cap = headers.get("X-SPARQL-MaxRows") or ""
    return Reply(
        text,
        headers.get_content_type(),
        int(cap) if cap.isdecimal() else 0,
        (headers.get("Server") or "").partition("/")[0],
    )


def _refusal(error: HTTPError, url: str) -> EndpointError:
    """Return the server's own reason for a refusal."""
    if location := error.headers.get("Location"):
        return EndpointError("the endpoint has moved", where=url, hint=f"Use this address: {urljoin(url, location)}")
    try:
        words = _plain(error.read(_WORDS).decode(error.headers.get_content_charset() or "utf-8", "replace"))
    except (HTTPException, OSError, LookupError):
        words = ""
    if error.code == 401:
        hint = (
            "Set CMGRAPH_TOKEN." if _challenge(error.headers) == "bearer" else "Set CMGRAPH_USER and CMGRAPH_PASSWORD."
        )
        return EndpointError("authentication required", where=url, hint=hint)
    problem = f"the endpoint refused: {error.code} {error.reason}{f': {words}' if words else ''}"
    return EndpointError(problem, where=url, hint=_HINTS.get(error.code, "Ask again later, or for less."))


def _challenge(headers: Message) -> str:
    """Return the authentication scheme that a server asks for: basic, digest, bearer, …"""
    return (headers.get("WWW-Authenticate") or "").partition(" ")[0].lower()


def _plain(text: str) -> str:
    """Return the text of a page or a message on one short line."""
    if text.lstrip().startswith("<"):
        text = unescape(re.sub(r"(?is)<(script|style)\b.*?</\1>|<[a-z/!?][^<>]*>", " ", text))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 300 else line[:300] + "…"
