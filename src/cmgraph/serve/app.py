"""The addresses of the service, and what is asked at each."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

from cmgraph.errors import CmgraphError, QueryStopped
from cmgraph.export.changes import HOW
from cmgraph.export.dataset import DESCRIPTIONS
from cmgraph.graph import LANGUAGES
from cmgraph.serve.api import ACTORS, HOPS, PATHS, Part
from cmgraph.serve.documents import RDF_FORMS, Document
from cmgraph.serve.limits import ROWS
from cmgraph.serve.negotiation import best_language, best_media_type
from cmgraph.serve.operation import Limited, Metrics, Watched
from cmgraph.serve.pool import Pool
from cmgraph.serve.problems import Problem, details
from cmgraph.serve.requests import number, one, parameters, parse_fields, read_body, refuse_others
from cmgraph.serve.shelf import Kept, Shelf, sent
from cmgraph.serve.site import single_files
from cmgraph.serve.sparql import FORMS, negotiated
from cmgraph.serve.things import ENDINGS, PAGES
from cmgraph.text.templating import render_template

READ = ["GET", "HEAD"]

for _type in (
    *("application/gexf+xml", "application/graphml+xml", "application/jsonl", "application/n-quads"),
    *("application/n-triples", "application/opensearchdescription+xml", "application/problem+json"),
    *("application/sparql-query", "application/sparql-results+json", "application/sparql-results+xml"),
    *("application/trig", "text/csv", "text/tab-separated-values", "text/turtle"),
):
    add_compress_type(_type)  # what shrinks, and the library does not know

_PACKED = 1000
"""Bytes from which on an answer is packed."""

_ENDING = re.compile(rf"(.+?)({'|'.join(map(re.escape, (*sorted(PAGES.values(), reverse=True), *ENDINGS)))})")

_ENDINGS = ("", *PAGES.values())
_MAIN = PAGES[LANGUAGES[0]]

_SITE = {
    "": "front_page",
    "index": "front_page",
    "browse": "browse_page",
    "network": "network_list_page",
    "map": "map_page",
    "sourced": "sourced_page",
    "changes": "changes_page",
    "download": "download_page",
    "questions": "questions_page",
}
"""The pages that are about many things, and what makes them."""

_TELLING_CHANGES = ("front_page", "changes_page")

_WRITTEN = {
    "changes.json": ("record", _MAIN),
    "changes.csv": ("changes_file", _MAIN),
    "changes.atom": ("changes_file", _MAIN),
    "changes.fr.atom": ("changes_file", PAGES["fr"]),
    "opensearch.xml": ("opensearch", _MAIN),
    "opensearch.fr.xml": ("opensearch", PAGES["fr"]),
    "robots.txt": ("", _MAIN),
    "sitemap.xml": ("sitemap", _MAIN),
}
"""Files that tell programs of the site, with what makes them, and the ending of pages in their language."""

_EXPORT_ALONE = (
    *("404.html", "SHA256SUMS", "export.json", ".htaccess", "w3id/.htaccess"),
    *(f"assets/names.{lang}.js" for lang in LANGUAGES),
)
"""What an export has because no program answers for it."""

_ASSETS = ("icon.svg", "list.js", "minisearch.js", "page.js", "search.js", "style.css")
"""What pages of the site load."""

_SHARED = ("lang", "max", "offset")
"""Parameters of every part of the API."""

_VARY = "Accept, Accept-Language"

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""What goes with every answer: a page loads nothing from elsewhere, and text stays text."""

_FRAMED = "default-src 'none'; style-src 'self'; base-uri 'none'"
"""What a page keeps to that others may put into a frame: nothing runs on it, and nothing is sent from it."""


@dataclass(frozen=True)
class Settings:
    """What an operator decides.

    :ivar per_minute: requests that a client may make in a minute; 0 for any number.
    :ivar behind_proxy: whether another server says who the client is.
    :ivar log: whether each request is told of.
    :ivar since: the folder of an export of an earlier edition, to tell what changed.
    """

    per_minute: int = 0
    behind_proxy: bool = False
    log: bool = False
    since: str = ""


class Service:
    """The service over HTTP.

    :param pool: who does the work.
    :param address: where people reach it, with a slash at the end.
    :param agents: what answers agents.
    :param settings: how much a client may ask, and what is told of requests.
    """

    def __init__(self, pool: Pool, address: str, agents: ASGIApp, settings: Settings) -> None:
        self._pool, self._address, self._agents, self._settings = pool, address, agents, settings
        self._metrics, self._shelf = Metrics(pool), Shelf(pool)

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
            Route("/metrics", self.metrics, methods=READ),
            Route("/sparql", self.sparql, methods=[*READ, "POST"]),
            Route("/", self.site, methods=READ),
            *(Route(f"/{name}{ending}", self.site, methods=READ) for name in _SITE for ending in _ENDINGS if name),
            *(Route(f"/search{ending}", self.search, methods=READ) for ending in _ENDINGS),
            Route("/queries/catalogue.ttl", self.written, methods=READ),
            Route("/queries/{name}", self.question, methods=READ),
            Route("/network/{name}", self.network, methods=READ),
            *(Route(f"/{name}", self.written, methods=READ) for name in (*_WRITTEN, *DESCRIPTIONS)),
            *(Route(f"/{name}", self.export_alone, methods=READ) for name in _EXPORT_ALONE),
            Route("/mcp", self._agents),
            Route("/openapi.json", self.openapi, methods=READ),
            Route("/reconcile", self.reconcile, methods=[*READ, "POST"]),
            Route("/reconcile/preview", self.preview, methods=READ),
            Route("/reconcile/properties", self.properties, methods=READ),
            Route("/reconcile/suggest/{what}", self.suggest, methods=READ),
            Route("/api/search", self.api_search, methods=READ),
            Route("/api/ask", self.api_ask, methods=READ),
            Route("/api/entity", self.api_entity, methods=READ),
            Route("/api/path", self.api_path, methods=READ),
            Route("/api/neighbours", self.api_neighbours, methods=READ),
            Route("/api/compare", self.api_compare, methods=READ),
            Route("/api/figures", self.api_figures, methods=READ),
            Route("/api/changes", self.api_changes, methods=READ),
            Route("/api/networks", self.api_networks, methods=READ),
            Route("/api/networks/{file}", self.api_network, methods=READ),
            Route("/api/questions", self.api_questions, methods=READ),
            Route("/api/questions/{name}", self.api_question, methods=READ),
            Route("/api/questions/{name}/answer", self.api_answer, methods=READ),
            Route("/assets/{name}", self.asset, methods=READ),
            Route("/query/{name}", self.query, methods=READ),
            Route("/shape/{name}", self.shape, methods=READ),
            *(Route(f"/{name}", self.file, methods=READ) for name in single_files()),
            Route("/ontology/{rest:path}", self.ontology, methods=READ),
            Route("/dataset", self.dataset, methods=READ),
            Route("/dataset/{version}", self.dataset, methods=READ),
            Route("/dataset/{version}/{rest:path}", self.dataset, methods=READ),
            Route("/{path:path}", self.thing, methods=READ),
        ]
        handlers: dict[Any, Callable[[Request, Exception], Response | Awaitable[Response]]] = {
            CmgraphError: self.problem,
            HTTPException: self.problem,
        }
        middleware = [Middleware(CORSMiddleware, **reading), Middleware(CompressMiddleware, minimum_size=_PACKED)]
        if per_minute := self._settings.per_minute:
            limit = Middleware(
                Limited, per_minute=per_minute, behind_proxy=self._settings.behind_proxy, refuse=_problem
            )
            middleware.append(limit)
        app = _Guard(Starlette(routes=routes, exception_handlers=handlers, middleware=middleware))
        named: dict[object, str] = {route.endpoint: route.path for route in reversed(routes)}
        return Watched(app, self._metrics, named, self._settings.log)

    async def problem(self, request: Request, error: Exception) -> Response:
        """Say what is wrong: on a page to whoever reads pages, else as problem details."""
        asked = Problem(error.detail, error.status_code) if isinstance(error, HTTPException) else error
        response = _problem(request, asked)
        accepted = best_media_type(request.headers.get("accept", ""), ["application/problem+json", "text/html"])
        pages = (self.site, self.search, self.question, self.network, self.sparql, self.thing, None)
        if accepted == "text/html" and response.status_code != 503 and request.scope.get("endpoint") in pages:
            response = await self._problem_page(request, asked, response)
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        response.headers["vary"] = _VARY
        return response

    async def _problem_page(self, request: Request, error: Exception, plain: Response) -> Response:
        assert isinstance(error, CmgraphError)
        said, lang, query = details(error), LANGUAGES[0], ""
        with suppress(Problem):  # what is wrong may be the language itself
            lang = self._lang(request)
            query = one(parameters(request), "query") if request.scope.get("endpoint") == self.sparql else ""
        path = self._here(request)
        try:
            page, _ = await self._pool.run("problem_page", lang, path=path, said=said, query=query)
        except CmgraphError:
            return plain
        return Response(page.body, said["status"], {"content-language": lang}, page.media_type)

    async def health(self, request: Request) -> Response:
        """Say whether questions are answered."""
        await self._pool.run("sparql", query="ASK {}", accept="")
        return JSONResponse({"status": "ok", "edition": self._pool.edition})

    async def metrics(self, request: Request) -> Response:
        """Tell an operator's program how it goes."""
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

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
        accept = request.headers.get("accept", "")
        if form := one(fields, "format"):
            if form not in FORMS:
                raise Problem(f"there is no format '{form[:50]}'", hint=f"There are: {', '.join(FORMS)}.")
            accept = FORMS[form]
        if "query" not in fields and request.method != "POST":
            if best_media_type(accept, [*RDF_FORMS, "text/html"]) == "text/html":
                return await self._page(request, "query_page", question=one(fields, "question"))
            text = Path(__file__).with_name("service.ttl").read_text(encoding="utf-8")
            return await self._document(
                "service", accept=accept, address=self._address, description=text, vary="Accept"
            )
        if "query" not in fields:
            raise Problem("there is no query", hint="Send it as 'query', or as application/sparql-query.")
        asked: dict[str, object] = {"query": one(fields, "query"), "base": f"{self._address}sparql"}
        asked |= {of: fields.get(f"{of}-graph-uri", []) for of in ("default", "named")}
        return await self._document("sparql", self._lang(request), accept=accept, **asked, vary=_VARY)

    async def site(self, request: Request) -> Response:
        """Show a page of the site that is about many things."""
        name, ending = _parted(self._here(request))
        job = _SITE[name]
        same = {"since": await self._since()} if job in _TELLING_CHANGES else {}
        return await self._shelved(request, job, ending, same=same)

    async def network(self, request: Request) -> Response:
        """Show a network to explore, or send it as a file."""
        name, ending = _parted(request.path_params["name"])
        if not ending and "." in name:
            return await self._network_file(request, name)
        return await self._shelved(request, "network_page", ending, name=name)

    async def written(self, request: Request) -> Response:
        """Send a file that tells programs of the site, or of the data set."""
        name = self._here(request)
        if name in DESCRIPTIONS:
            return await self._shelved(request, "described", _MAIN, name=name)
        job, ending = _WRITTEN.get(name, ("catalogue", _MAIN))
        if name == "robots.txt":
            return Response(render_template(name, address=self._address), media_type="text/plain")
        if name == "changes.json":
            return await self._shelved(request, job, _MAIN, apart=True, folder=self._settings.since)
        if job == "changes_file":
            same = {"since": await self._since(), "address": self._address}
            return await self._shelved(request, job, ending, same=same, name=name)
        same = {} if job == "catalogue" else {"address": self._address}
        return await self._shelved(request, job, ending, same=same)

    async def file(self, request: Request) -> Response:
        """Send one of the files that hold the whole graph, or a part of it."""
        return await self._shelved(request, "data_file", _MAIN, apart=True, name=self._here(request))

    async def ontology(self, request: Request) -> Response:
        """Answer at the IRI of a version of the model, or send one of its files."""
        name, rest = self._here(request), request.path_params["rest"]
        if not re.fullmatch(r"[0-9.]+", rest):
            return await self._shelved(request, "data_file", _MAIN, name=name)
        kinds = {"text/turtle": ".ttl", "application/rdf+xml": ".rdf", "application/ld+json": ".jsonld"}
        kinds |= {"application/n-triples": ".nt", "text/html": ".ttl"}
        return self._led(name + kinds[negotiated(request.headers.get("accept", ""), [*kinds])])

    async def export_alone(self, request: Request) -> Response:
        """Lead on to what can be downloaded: what is made on request has no list of its files."""
        return self._led("download")

    async def query(self, request: Request) -> Response:
        """Answer at the IRI of a saved question: lead on to its page, or to itself."""
        name, kinds = request.path_params["name"], ["text/html", "application/sparql-query"]
        await self._pool.run("question_text", name=name)
        wanted = negotiated(request.headers.get("accept", ""), kinds)
        return self._led(f"queries/{name}{PAGES[self._lang(request)] if wanted == kinds[0] else '.rq'}")

    async def shape(self, request: Request) -> Response:
        """Answer at the IRI of a rule: lead on to the file that states it."""
        return self._led((await self._pool.run("shape_file", name=request.path_params["name"]))[0])

    async def dataset(self, request: Request) -> Response:
        """Answer at the IRI of the data set, or of a file in it: lead on to what describes it, or to that file."""
        version, rest = request.path_params.get("version", ""), request.path_params.get("rest", "")
        await self._pool.run("is_edition", version=version)
        if rest:
            return self._led(rest)
        forms = {"text/html": f"index{PAGES[self._lang(request)]}"}
        forms |= {"text/turtle": "dcat.ttl", "application/ld+json": "dcat.jsonld"}
        return self._led(forms[negotiated(request.headers.get("accept", ""), [*forms])])

    async def _since(self) -> str:
        """Return what changed since an earlier edition, as a record; empty if none is known."""
        if not self._settings.since:
            return ""
        try:
            record = await self._shelf.get("record", LANGUAGES[0], apart=True, folder=self._settings.since)
        except (Problem, QueryStopped):
            raise
        except CmgraphError as error:
            sys.stderr.write(f"cmgraph: the earlier edition cannot be compared: {' '.join(str(error).split())}\n")
            raise Problem("this server has a fault; its operator can read more", 500) from None
        return record.whole.decode()

    def _here(self, request: Request) -> str:
        """Return the path that is asked for, from the service's own address on."""
        path: str = request.scope["path"]
        return path.removeprefix(request.scope["root_path"]).lstrip("/")

    def _led(self, to: str) -> Response:
        """Lead on to another address of the service."""
        return Response(status_code=303, headers={"location": self._path(to), "vary": _VARY})

    async def _shelved(
        self, request: Request, job: str, ending: str, *, same: Mapping[str, object] | None = None, **given: Any
    ) -> Response:
        """Send what is kept, or made now: in the language of an ending, or that which the client likes best."""
        lang = next((lang for lang, other in PAGES.items() if other == ending), "") or self._lang(request)
        kept = await self._shelf.get(job, lang, same=same, **given)
        headers = {"content-language": lang, **({} if ending else {"vary": _VARY})}
        return self._cached(request, kept, headers, f"-{lang}")

    async def search(self, request: Request) -> Response:
        """Show what is found by a name."""
        _, ending = _parted(self._here(request))
        return await self._page(request, "search_page", ending, text=one(parameters(request), "q"))

    async def question(self, request: Request) -> Response:
        """Show a saved question with a form and its answer; with an ending, the answer as CSV, or the query alone."""
        name, ending = _parted(request.path_params["name"])
        if not ending:
            name, _, ending = name.rpartition(".")
        # what a form leaves empty is not said
        given = {name: [value for value in some if value] for name, some in parameters(request).items()}
        values = {name: some for name, some in given.items() if some and name != "lang"}
        if ending == "csv":
            name, lang = (name.removesuffix(".fr"), ".fr.html") if name.endswith(".fr") else (name, "")
            asked = {"name": name, "values": values}
            return await self._page(request, "said_csv", lang, of="answer", given=asked, part=Part(0, ROWS))
        if ending == "rq":
            return await self._page(request, "question_text", name=name)
        ending = ending if ending in PAGES.values() else ""
        name = name if ending else request.path_params["name"]
        return await self._page(request, "question_page", ending, name=name, values=values)

    async def openapi(self, request: Request) -> Response:
        """Describe the API."""
        described, _ = await self._pool.run("openapi", self._lang(request), address=self._address)
        return JSONResponse(described)

    async def reconcile(self, request: Request) -> Response:
        """Propose things for names; without any, describe the service."""
        fields = parameters(request)
        if request.method == "POST":
            fields = {**fields, **parse_fields(await read_body(request))}
        refuse_others(fields, ("queries", "extend", "lang"))
        if "queries" in fields:
            return await self._reconciled(request, "reconcile", queries=one(fields, "queries"))
        if "extend" in fields:
            return await self._reconciled(request, "extend", query=one(fields, "extend"))
        return await self._reconciled(request, "manifest", address=self._address)

    async def preview(self, request: Request) -> Response:
        """Show a thing in a few lines, in a frame of whoever lines up names."""
        fields = parameters(request)
        refuse_others(fields, ("id", "lang"))
        page = await self._page(request, "preview_page", path=_required(fields, "id"))
        page.headers["content-security-policy"] = _FRAMED
        return page

    async def properties(self, request: Request) -> Response:
        """Propose properties for columns."""
        fields = parameters(request)
        refuse_others(fields, ("type", "limit", "lang"))
        limit = number(fields, "limit", 100, 1000, 1)
        return await self._reconciled(request, "properties", kind=one(fields, "type"), limit=limit)

    async def suggest(self, request: Request) -> Response:
        """Complete the name of a thing, a kind or a property."""
        if (what := request.path_params["what"]) not in ("entity", "property", "type"):
            raise HTTPException(404)
        fields = parameters(request)
        asked = {"prefix": one(fields, "prefix")[:500], "cursor": number(fields, "cursor", 0, 1_000_000)}
        return await self._reconciled(request, "suggest", what=what, **asked)

    async def _reconciled(self, request: Request, job: str, **given: object) -> Response:
        lang = self._lang(request)
        said, _ = await self._pool.run(job, lang, **given)
        return JSONResponse(said, headers={"content-language": lang, "vary": _VARY})

    async def api_search(self, request: Request) -> Response:
        """Find things by name."""
        fields = self._fields(request, "q")
        return await self._said(request, "search", _part(fields), text=_required(fields, "q"))

    async def api_ask(self, request: Request) -> Response:
        """Find the saved questions that a text asks."""
        fields = self._fields(request, "q")
        return await self._said(request, "suggested", _part(fields), text=_required(fields, "q"))

    async def api_entity(self, request: Request) -> Response:
        """Describe a thing."""
        fields = self._fields(request, "name")
        return await self._said(request, "entity", _part(fields), name=_required(fields, "name"))

    async def api_path(self, request: Request) -> Response:
        """Find paths between two things."""
        fields = self._fields(request, "from", "to", "over", "count", "hops")
        return await self._table(
            request,
            "path",
            _part(fields),
            one=_required(fields, "from"),
            other=_required(fields, "to"),
            over=[*dict.fromkeys(fields.get("over", []))],
            count=number(fields, "count", 3, PATHS, 1),
            hops=number(fields, "hops", 6, HOPS, 1),
        )

    async def api_networks(self, request: Request) -> Response:
        """List the networks that there are."""
        return await self._table(request, "networks", _part(self._fields(request)))

    async def api_neighbours(self, request: Request) -> Response:
        """List what a thing is tied to."""
        fields = self._fields(request, "name", "over")
        over = [*dict.fromkeys(fields.get("over", []))]
        return await self._table(request, "neighbours", _part(fields), name=_required(fields, "name"), over=over)

    async def api_compare(self, request: Request) -> Response:
        """Say what actors share, and what only some of them have."""
        fields = self._fields(request, "actor", "through", "bilateral", "since")
        if len(actors := fields.get("actor", [])) < 2 or len(actors) > ACTORS:
            raise Problem(f"name from 2 to {ACTORS} actors", hint="Write ?actor=Canada&actor=Japan.")
        through, bilateral = one(fields, "through"), one(fields, "bilateral", "false")
        if through not in ("", "agreements", "bodies") or bilateral not in ("true", "false"):
            raise Problem("'through' is agreements or bodies, and 'bilateral' is true or false")
        given = {"actors": actors, "through": through, "bilateral": bilateral == "true", "since": one(fields, "since")}
        return await self._table(request, "compare", _part(fields), **given)

    async def api_figures(self, request: Request) -> Response:
        """List figures."""
        fields = self._fields(request, "quantity", "mineral", "place", "year")
        values = {name: given for name, given in fields.items() if name not in _SHARED}
        return await self._table(request, "figures", _part(fields), values=values)

    async def api_changes(self, request: Request) -> Response:
        """List what changed since an earlier edition."""
        fields = self._fields(request, "how")
        if (how := one(fields, "how")) not in ("", *HOW):
            raise Problem(f"'how' is one of: {', '.join(HOW)}")
        return await self._table(request, "changes", _part(fields), since=await self._since(), how=how)

    async def _table(self, request: Request, of: str, part: Part, **given: object) -> Response:
        """Answer with JSON, or with CSV if the client likes that better."""
        if negotiated(request.headers.get("accept", ""), ["application/json", "text/csv"]) == "text/csv":
            return await self._page(request, "said_csv", of=of, given=given, part=part)
        return await self._said(request, of, part, **given)

    async def api_network(self, request: Request) -> Response:
        """Send a network as a file."""
        return await self._network_file(request, request.path_params["file"])

    async def _network_file(self, request: Request, file: str) -> Response:
        values = {name: some for name, some in parameters(request).items() if name != "lang"}
        return await self._page(request, "network_file", file=file, values=values)

    async def api_questions(self, request: Request) -> Response:
        """List the saved questions."""
        fields = self._fields(request, "tag")
        return await self._said(request, "questions", _part(fields), tag=one(fields, "tag"))

    async def api_question(self, request: Request) -> Response:
        """Describe a saved question."""
        refuse_others(parameters(request), ("lang",))
        return await self._said(request, "question", _part({}), name=request.path_params["name"])

    async def api_answer(self, request: Request) -> Response:
        """Answer a saved question: what is not of this API is one of its own parameters."""
        fields = parameters(request)
        values = {name: given for name, given in fields.items() if name not in _SHARED}
        return await self._table(request, "answer", _part(fields), name=request.path_params["name"], values=values)

    def _fields(self, request: Request, *own: str) -> dict[str, list[str]]:
        fields = parameters(request)
        refuse_others(fields, (*own, *_SHARED))
        return fields

    async def _said(self, request: Request, of: str, part: Part, **given: object) -> Response:
        """Answer with JSON, and lead on to the next part."""
        lang = self._lang(request)
        said, notices = await self._pool.run("said", lang, of=of, given=given, part=part)
        headers = {"content-language": lang, "vary": _VARY}
        if following := said.data.get("next_offset"):
            rest = [(n, v) for n, values in parameters(request).items() for v in values if n != "offset"]
            query = urlencode([*rest, ("offset", following)])
            headers["link"] = f'<{self._path(self._here(request))}?{query}>; rel="next"'
        return JSONResponse({**said.data, "notices": notices}, headers=headers)

    async def asset(self, request: Request) -> Response:
        """Send how pages look, and what they run."""
        name = request.path_params["name"]
        folder = Path(__file__).parents[1] / "text/templates" if name in _ASSETS else Path(__file__).parent / "assets"
        return await StaticFiles(directory=folder).get_response(name, request.scope)

    async def thing(self, request: Request) -> Response:
        """Answer at the IRI of a thing: lead on to the document that is liked best, or send that."""
        path, ending = _parted(request.path_params["path"])
        lang = self._lang(request)
        if not path.startswith(("id/", "vocab/")) and path not in ("def", "ontology"):
            raise HTTPException(404)
        if ending in ENDINGS:
            return await self._statements(request, path, ending)
        if ending:
            return await self._thing_page(request, path, ending)
        has_statements, _ = await self._pool.run("find", lang, path=path)
        forms = {media_type: ending for ending, (media_type, _) in ENDINGS.items() if has_statements}
        media_type = best_media_type(request.headers.get("accept", ""), ["text/html", *forms])
        at = self._path(path)
        if media_type is None:
            available = [{"type": kind, "url": at + ending} for kind, ending in {"text/html": ".html", **forms}.items()]
            raise Problem("this is not available in a form that is accepted", 406, more={"available": available})
        to = at + forms.get(media_type, PAGES[lang])
        return Response(status_code=303, headers={"location": to, "vary": _VARY, "link": self._alternates(path)})

    async def _statements(self, request: Request, path: str, ending: str) -> Response:
        document, _ = await self._pool.run("statements", path=path, media_type=ENDINGS[ending][0])
        return self._cached(request, document, {"link": self._alternates(path)})

    async def _thing_page(self, request: Request, path: str, ending: str) -> Response:
        if path.count("/") < 2:  # a list, or the model
            return await self._shelved(request, "page", ending, path=path)
        lang = next(lang for lang, page_ending in PAGES.items() if page_ending == ending)
        document, _ = await self._pool.run("page", lang, path=path)
        return self._cached(request, document, {"link": self._alternates(path), "content-language": lang})

    def _cached(self, request: Request, kept: Document | Kept, headers: dict[str, str], variant: str = "") -> Response:
        """Send a document, or say that the client has it already: it stays as it is while the graph does.

        :param variant: tells answers at one address apart.
        """
        if edition := self._pool.edition:
            headers |= {"etag": f'W/"{edition}{variant}"', "cache-control": "no-cache"}
            known = request.headers.get("if-none-match", "")
            if edition + variant in re.findall(r'"([^"]*)"', known):
                return Response(status_code=304, headers=headers)
        return sent(kept, headers)

    def _path(self, path: str) -> str:
        """Return the address of a thing on this host."""
        return f"{urlsplit(self._address).path}{quote(path)}"

    def _alternates(self, path: str) -> str:
        at = self._path(path)
        pages = [
            f'<{at}{ending}>; rel="alternate"; type="text/html"; hreflang="{lang}"' for lang, ending in PAGES.items()
        ]
        forms = [f'<{at}{ending}>; rel="alternate"; type="{kind}"' for ending, (kind, _) in ENDINGS.items()]
        return ", ".join([*pages, *forms])

    def _lang(self, request: Request) -> str:
        """Return the language that is asked for: by name, or else as the client likes best.

        :raises Problem: if there is no such language.
        """
        fields = parameters(request)
        accepted = best_language(request.headers.get("accept-language", ""), LANGUAGES)
        lang = one(fields, "lang", accepted)
        if lang not in LANGUAGES:
            raise Problem(f"there is no language '{lang}'", hint=f"There are: {', '.join(LANGUAGES)}.")
        return lang

    async def _page(self, request: Request, job: str, ending: str = "", /, **given: object) -> Response:
        lang = next((lang for lang, other in PAGES.items() if other == ending), "") or self._lang(request)
        document, _ = await self._pool.run(job, lang, **given)
        headers = {**document.headers, "content-language": lang, "vary": _VARY}
        return Response(document.body, document.status, headers, document.media_type)

    async def _document(self, job: str, lang: str = "", *, vary: str, **given: object) -> Response:
        document, _ = await self._pool.run(job, lang, **given)
        assert isinstance(document, Document)
        return Response(document.body, headers={**document.headers, "vary": vary}, media_type=document.media_type)


def _parted(path: str) -> tuple[str, str]:
    """Part the address of a document: the path of the thing, and the ending, empty if it is the thing's own."""
    found = _ENDING.fullmatch(path)
    return (found[1], found[2]) if found else (path, "")


def _part(fields: Mapping[str, list[str]]) -> Part:
    return Part(number(fields, "offset", 0, 1_000_000), number(fields, "max", 100, 1000, 1))


def _required(fields: Mapping[str, list[str]], name: str) -> str:
    if not (value := one(fields, name).strip()):
        raise Problem(f"'{name}' is missing")
    return value


def _content_type(request: Request) -> tuple[str, str]:
    """Return the media type of the body, and the encoding that is named with it."""
    kind, *rest = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charset = next((part.removeprefix("charset=").strip('"') for part in rest if part.startswith("charset=")), "")
    return kind, charset


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, CmgraphError)
    said = details(error)
    waiting = {"retry-after": "1"} if isinstance(error, Problem) and error.status == 503 else {}
    return JSONResponse(said, said["status"], headers=waiting, media_type="application/problem+json")


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
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
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
