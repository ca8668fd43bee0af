"""What all files of a publication share: the graph, its address, its languages, and its description."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.answers.result import Result, build
from cmgraph.errors import CmgraphError
from cmgraph.graph import LANGUAGES, Graph
from cmgraph.questions.header import by_language, parse_mapping
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import read_text, sort_triples
from cmgraph.rdf.terms import BASE
from cmgraph.store import builtin
from cmgraph.store.base import Progress


def json_line(value: Mapping[str, Any]) -> str:
    """Write JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_json(value: Mapping[str, Any]) -> str:
    """Write JSON for people to read, too."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def no_progress(done: int, name: str) -> None:
    """Ignore progress."""


class About(dict[str, Any]):
    """The description of the data set; a missing entry is None, in templates too."""

    def __getitem__(self, name: str) -> Any:
        return self.get(name)


class _Tables(Mapping[str, Result]):
    """The tables by name, each made when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._made: dict[str, Result] = {}

    def __getitem__(self, name: str) -> Result:
        if name not in self._made:
            query = table_queries()[name].read_text(encoding="utf-8")
            self._made[name] = build(
                self._graph.store.select(query, self._graph.prefixes), self._graph.store, self._graph.names
            )
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(table_queries())

    def __len__(self) -> int:
        return len(table_queries())


def table_queries() -> dict[str, Path]:
    """Return the queries that make the tables, by name, in order."""
    queries = (Path(__file__).parents[1] / "store/queries/tables").iterdir()
    return {query.stem: query for query in sorted(queries, key=lambda path: path.name)}


@dataclass(frozen=True)
class Publication:
    """A graph about to be published.

    :ivar base: what IRIs of the project begin with in the files, in place of the project's own address.
    :ivar site: address at which the files will be served, if it is not ``base``.
    :ivar languages: languages of pages and tables, the main one first.
    :ivar progress: called with the number of things done and the name of the last.
    """

    graph: Graph
    base: str = BASE
    site: str = ""
    languages: Sequence[str] = LANGUAGES
    progress: Progress = no_progress

    def __post_init__(self) -> None:
        for address in filter(None, (self.base, self.site)):
            if not re.fullmatch(r"https?://[A-Za-z0-9.:-]+/([A-Za-z0-9._~-]+/)*", address):
                hint = "Write it like https://example.org/minerals/"
                raise CmgraphError("not an address that ends with a slash", where=address, hint=hint)

    @property
    def address(self) -> str:
        """Where the files are served."""
        return self.site or self.base

    def rebased(self, text: str) -> str:
        """Put the publication's own base into ``text`` where the project's stands."""
        return text if self.base == BASE else text.replace(BASE, self.base)

    def write(self, path: Path, text: str | bytes) -> None:
        """Write one file of text, with the publication's base."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = text if isinstance(text, str) else text.decode()
        path.write_text(self.rebased(text), encoding="utf-8", newline="")

    def write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write one file of JSON."""
        self.write(path, to_json(value))

    def write_json_ld(self, path: Path, context: Mapping[str, Any], nodes: Iterable[str]) -> None:
        """Write one file of JSON-LD.

        :param nodes: each as :func:`json_line` writes it.
        """
        graph = ",\n".join(nodes)
        self.write(path, f'{{"@context":{json_line(context)},\n"@graph":[\n{graph}\n]}}\n')

    @cached_property
    def stated(self) -> list[Triple]:
        """The asserted triples, in order."""
        return sort_triples(canonical(self.graph.asserted))

    @cached_property
    def by_language(self) -> dict[str, Graph]:
        """The graph in each language."""
        return {lang: self.graph.with_language(lang) for lang in self.languages}

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """The IRIs of the sources that each thing or statement cites."""
        sources: dict[str, list[str]] = defaultdict(list)
        for thing, source in builtin.ask(self.graph.store, "cited-sources"):
            if isinstance(thing, NamedNode) and isinstance(source, NamedNode):
                sources[thing.value].append(source.value)
        return sources

    @cached_property
    def tables(self) -> Mapping[str, Result]:
        """The tables by name, in the main language."""
        return _Tables(self.by_language[self.languages[0]])

    @cached_property
    def about(self) -> About:
        """The title, creator, licence and the like of the data set, from ``data/dataset.yaml``."""
        path = self.graph.root / "data/dataset.yaml"
        if not path.is_file():
            return About(title={"en": self.graph.root.resolve().name})
        about = parse_mapping(read_text(path), path, "the description of the data set")
        try:
            texts = {name: by_language(about[name]) for name in ("title", "description", "care") if name in about}
        except TypeError as error:
            raise CmgraphError(str(error), where=str(path)) from None
        if not texts.get("title"):
            raise CmgraphError(
                "the data set has no title", where=str(path), hint="Say what it is called: title: { en: … }"
            )
        return About(about)

    @cached_property
    def modified(self) -> str:
        """The last day on which somebody checked a citation; empty if none was."""
        (last,) = next(builtin.ask(self.graph.store, "last-checked"), (None,))
        return last.value if isinstance(last, Literal) else ""
