"""One request to a SPARQL endpoint, and what its server says: an answer, a part of one, or why there is none."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.message import Message
from html import unescape
from http.client import HTTPException, HTTPMessage
from typing import Any, NamedTuple, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urljoin
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    build_opener,
)

from SPARQLWrapper import BASIC, GET, POST, SPARQLWrapper

from cmgraph.errors import EndpointError

Credentials: TypeAlias = tuple[str, str] | str
"""Who asks: user and password, or a token."""

_AGAIN = (429, 502, 503, 504)
"""What may be over in a moment."""

_HINTS: Mapping[int, str] = {
    400: "The server cannot read the query, or does not know what it uses.",
    403: "Ask whoever runs the server, or set CMGRAPH_USER and CMGRAPH_PASSWORD, or CMGRAPH_TOKEN.",
    404: "Check the address: it must be that of the SPARQL endpoint.",
    406: "The server cannot answer in SPARQL's JSON or Turtle.",
    414: "The server takes only short queries: ask for less at once.",
    429: "Ask again later.",
}


class Reply(NamedTuple):
    """What a server answered: its text, its media type, and after how many rows it says that it cuts; 0 if never."""

    text: str
    media_type: str
    cap: int


class _Request(SPARQLWrapper):
    """A request of SPARQLWrapper's making, sent by an opener of our own, so that no error and no move is hidden."""

    opener: OpenerDirector

    def _query(self) -> tuple[Any, str]:
        return self.opener.open(self._createRequest(), timeout=self.timeout), self.returnFormat


class _Stay(HTTPRedirectHandler):
    """Follows nowhere: a query that is sent by POST would be lost on the way, and credentials would go astray."""

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
    request = _Request(url, agent="cmgraph")
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
    while True:
        try:
            with request.query().response as response:
                return _read(response.status, response.headers, response.read(), url)
        except HTTPError as error:
            with error:
                if error.code == 405 and request.method == POST:
                    request.setMethod(GET)
                    request.endpoint, _, own = url.partition("?")
                    for name, value in parse_qsl(own, keep_blank_values=True):
                        request.addParameter(name, value)
                    continue
                if error.code == 401 and request.user:
                    request.user = None  # some servers tell that they want Digest only who has not tried Basic
                    continue
                tries -= 1
                if tries and error.code in _AGAIN:
                    wait = error.headers.get("Retry-After") or ""
                    time.sleep(min(float(wait) if wait.isdigit() else 1.0, 5.0))
                    continue
                raise _refusal(error, url) from None
        except HTTPException as error:
            hint = "The server or something on the way hung up: ask again, or for less."
            raise EndpointError(f"the answer broke off: {error!r}", where=url, hint=hint) from None
        except (URLError, OSError, ValueError) as error:
            hint = "Check the address, and that the server is running."
            reason = " ".join(str(getattr(error, "reason", error)).split())
            raise EndpointError(f"the endpoint did not answer: {reason}", where=url, hint=hint) from None


def _read(status: int, headers: HTTPMessage, body: bytes, url: str) -> Reply:
    """Read an answer, unless it is a part of one."""
    part = headers.get("X-SQL-Message") or headers.get("X-SQL-State")
    if status != 200 or part:
        reason = part or f"HTTP {status}"
        hint = "Ask for less: LIMIT, or fewer patterns."
        raise EndpointError(f"the server did not give the whole answer: {reason}", where=url, hint=hint)
    if not body.strip():
        raise EndpointError("the answer is empty", where=url, hint="Check that this is the SPARQL endpoint.")
    charset = headers.get_content_charset() or "utf-8"
    try:
        text = body.decode("utf-8-sig" if charset == "utf-8" else charset)
    except (UnicodeDecodeError, LookupError):
        raise EndpointError(f"the answer is not in {charset}, which the server declares", where=url) from None
    if re.match(r"\s*<(!doctype\s+)?html", text, re.IGNORECASE):
        hint = "Check the address; the server may want you to log in, or be down."
        raise EndpointError(f"the server sent a web page, not an answer: {_plain(text)}", where=url, hint=hint)
    cap = headers.get("X-SPARQL-MaxRows") or ""
    return Reply(text, headers.get_content_type(), int(cap) if cap.isdecimal() else 0)


def _refusal(error: HTTPError, url: str) -> EndpointError:
    """Say why a server refuses, in its own words."""
    if location := error.headers.get("Location"):
        return EndpointError("the endpoint has moved", where=url, hint=f"Use this address: {urljoin(url, location)}")
    try:
        words = _plain(error.read().decode(error.headers.get_content_charset() or "utf-8", "replace"))
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
    """Return how a server wants to know who asks: basic, digest, bearer, …"""
    return (headers.get("WWW-Authenticate") or "").partition(" ")[0].lower()


def _plain(text: str) -> str:
    """Return what a page or a message says, on one short line."""
    if text.lstrip().startswith("<"):
        text = unescape(re.sub(r"(?is)<(script|style)\b.*?</\1>|<[a-z/!?][^<>]*>", " ", text))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 300 else line[:300] + "…"
