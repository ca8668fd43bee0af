"""A SPARQL server on this machine that answers as real ones do, well and badly: the path of its address says how."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS = 2_300
"""How many rows there are to a question that asks for all."""


def answer(*cells: dict[str, Any], **more: Any) -> bytes:
    """Return SPARQL's JSON with a row for each cell, in the column ``mine``."""
    bindings = [{"mine": cell} for cell in cells]
    return json.dumps({"head": {"vars": ["mine"]}, "results": {"bindings": bindings}, **more}).encode()


def text(value: object, **more: str) -> dict[str, Any]:
    """Return a cell that is a literal."""
    return {"type": "literal", "value": value, **more}


def iri(value: str) -> dict[str, Any]:
    """Return a cell that is an IRI."""
    return {"type": "uri", "value": value}


ONE = answer(text("Voisey's Bay"))
HTML = b"<!DOCTYPE html>\n<html><head><title>Please sign in</title></head><body><form/></body></html>"

BODIES: dict[str, bytes] = {
    "good": ONE,
    "mark": b"\xef\xbb\xbf" + ONE,
    "backwards": b'{"results": {"bindings": [{"mine": {"value": "Voisey\'s Bay", "type": "literal"}}]}, "head": '
    b'{"vars": ["mine"]}}',
    "old-kind": answer({"type": "typed-literal", "value": "4", "datatype": "http://www.w3.org/2001/XMLSchema#int"}),
    "number": answer(text(4, datatype="http://www.w3.org/2001/XMLSchema#integer")),
    "no-language": answer(text("nickel", **{"xml:lang": ""})),
    "null": b'{"head": {"vars": ["mine"]}, "results": {"bindings": [{"mine": null}, {"mine": {}}, {}]}}',
    "control": answer(text("a-b+c")).replace(b"-", b"\t").replace(b"+", b"\n"),
    "node": answer({"type": "bnode", "value": "nodeID://b7"}, {"type": "bnode", "value": "nodeID://b8"}),
    "scheme": answer(iri("nodeID://b7")),
    "blank-in-iri": answer(iri("http://e.org/ok"), iri("http://e.org/open pit.jpg")),
    "relative": answer(iri("mine/12")),
    "language": answer(text("a", **{"xml:lang": "fr_CA"})),
    "no-kind": answer({"value": "a"}),
    "broken-off": ONE[:-4] + b"\nStack trace: time limit reached",
    "in-a-text": ONE[:60],
    "empty": b"",
    "page": HTML,
    "xml": b'<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/></sparql>',
    "csv": b"mine\r\nVoisey's Bay\r\n",
    "truth": b'{"head": {}, "boolean": true}',
    "nested": b"[" * 200_000,
}
"""What is answered with 200, by path."""

REFUSALS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "parser": (400, b'Parse error:\nEncountered "<EOF>"\nWas expecting: ...', {"Content-Type": "text/plain"}),
    "compiler": (500, b"<html><body><h1>37000 Error SP030: compiler</h1></body></html>", {"Content-Type": "text/html"}),
    "policy": (403, b"Say who you are in your agent, as our policy asks.", {}),
    "busy": (503, b"one moment", {"Retry-After": "0"}),
    "later": (429, b"too many", {"Retry-After": "Thu, 01 Jan 2032 00:00:00 GMT"}),
    "token": (401, b"no", {"WWW-Authenticate": 'Bearer realm="here"'}),
    "strange": (401, b"no", {"WWW-Authenticate": "Negotiate"}),
    "digest": (401, b"no", {"WWW-Authenticate": 'Digest realm="here", nonce="1", qop="auth"'}),
    "part": (206, ONE, {}),
    "taken": (201, b"", {"Content-Type": "text/html"}),
    "later-perhaps": (202, b"queued", {"Content-Type": "text/plain"}),
    **{f"moved-{code}": (code, b"", {"Location": "/good"}) for code in (301, 302, 303, 307, 308)},
}
"""What is refused, or given in part, by path."""


@dataclass
class Manners:
    """A running server: its address, and each request that came: method, path, query, who asks."""

    address: str
    requests: list[tuple[str, str, str, str]] = field(default_factory=list)

    def at(self, path: str) -> str:
        """Return the address of a manner."""
        return f"{self.address}/{path}"


@contextmanager
def manners() -> Iterator[Manners]:
    """Start the server."""
    there = Manners("")

    class Handler(BaseHTTPRequestHandler):
        def version_string(self) -> str:
            return "Virtuoso/07.20.3229 (Linux)" if self.path.startswith("/virtuoso") else "Other/1.0"

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            fields = parse_qs(address.query) | parse_qs(body)
            query = fields.get("query", [""])[0]
            known = self.headers.get("Authorization", "")
            there.requests.append((self.command, self.path, query, known))
            path = address.path.strip("/")
            if path in ("token", "digest") and known.lower().startswith(("bearer s3cret", "digest ")):
                self._say(200, ONE)
            elif path == "digest" and known:
                self._say(401, b"no")
            elif path in REFUSALS:
                code, content, headers = REFUSALS[path]
                self._say(code, content, **headers)
            elif path == "get-only":
                self._say(200, ONE) if self.command == "GET" and fields["infer"] == ["no"] else self._say(405, HTML)
            elif path == "any-time":
                self._say(200, ONE, **{"X-SQL-State": "S1TAT", "X-SQL-Message": "RC: incomplete results"})
            elif path == "virtuoso":
                self._say(200, BODIES["truth"] if query.startswith("ASK") else ONE)
            elif path == "latin":
                content = answer(text("Métis"))
                self._say(200, json.dumps(json.loads(content), ensure_ascii=False).encode("latin-1"), charset="latin-1")
            elif path == "hung-up":
                self._say(200, ONE, **{"Content-Length": "5000"})
            elif path == "asleep":
                time.sleep(3)
            elif path == "another-tongue":
                self.wfile.write(b"220 mail.example ready\r\n")
            elif path == "drip":
                self.send_response(200)
                self.end_headers()
                for byte in ONE:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.3)
            elif match := re.fullmatch(r"(says|silent|nodes)-(\d+)", path):
                self._page(query, int(match[2]), match[1])
            elif path in ("turtle", "turtle-cut"):
                whole = b"<http://e.org/a> <http://e.org/b> <http://e.org/c> ."
                self._say(200, whole if path == "turtle" else whole[:-4], kind="text/turtle")
            else:
                self._say(200, BODIES[path])

        do_GET = do_PUT = do_POST  # noqa: N815

        def _page(self, query: str, cap: int, how: str) -> None:
            limits, offsets = re.findall(r"LIMIT\s+(\d+)", query), re.findall(r"OFFSET\s+(\d+)", query)
            start = int(offsets[-1]) if offsets else 0
            end = min(start + min([cap, *map(int, limits)]), ROWS)
            cells = [{"type": "bnode", "value": str(n)} if how == "nodes" else text(str(n)) for n in range(start, end)]
            self._say(200, answer(*cells), **({"X-SPARQL-MaxRows": str(cap)} if how == "says" else {}))

        def _say(
            self, code: int, body: bytes, kind: str = "application/json", charset: str = "", **headers: str
        ) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind + (f"; charset={charset}" if charset else ""))
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # who asked has hung up

    with Quiet(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there.address = f"http://127.0.0.1:{server.server_port}"
        yield there
        server.shutdown()
