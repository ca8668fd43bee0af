"""Filters for a network: kinds of things, minerals, stages of the value chain, a period."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from cmgraph.answers.result import Result, Row
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.rdf.terms import BASE
from cmgraph.store import builtin

MINERAL = BASE + "vocab/mineral"
STAGE = BASE + "vocab/stage"

_ENDS = 3
"""The columns of a projection that name things: both ends, and what ties them."""


@dataclass(frozen=True)
class NetworkFilter:
    """The conditions for a tie to be in the network; an empty one does not restrict it.

    :ivar kinds: names or CURIEs of classes or schemes; both ends are of one of them.
    :ivar minerals: names or CURIEs; the tie is about one of them, see :func:`subjects`.
    :ivar stages: likewise, stages of the value chain.
    :ivar since: a day, month or year, YYYY-MM-DD; the tie is dated, and may be so late.
    :ivar until: likewise; the tie is dated, and may be so early.

    >>> import cmgraph
    >>> lithium = cmgraph.NetworkFilter(minerals=("lithium",), since="2020")
    >>> graph = cmgraph.load()
    >>> part = cmgraph.build_network(graph, "actors", network_filter=lithium)
    >>> 0 < len(part) < len(cmgraph.build_network(graph, "actors"))
    True
    """

    kinds: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def apply(self, answer: Result, graph: Graph) -> Result:
        """Return the rows of a projection's answer that are in scope.

        :raises UnknownName: if one of the names is unknown.
        :raises CmgraphError: if a date is not valid, or the period ends before it begins.
        """
        for date in filter(None, (self.since, self.until)):
            _check_date(date)
        if self.until and self.since[: len(self.until)] > self.until[: len(self.since)]:
            raise CmgraphError(
                f"{self.since} is after {self.until}",
                where="--since, --until",
                hint="Give the earlier date to --since.",
            )
        kinds = {_kind(graph, name) for name in self.kinds}
        concepts = [
            {graph.names.resolve(name, scheme).value for name in names}
            for names, scheme in ((self.minerals, MINERAL), (self.stages, STAGE))
        ]
        about = subjects(graph) if any(concepts) else {}

        def has(row: Row) -> bool:
            ends = [term.value for term in row.terms[:2] if term is not None]
            return (
                all(not kinds or any(graph.names.has(end, kind) for kind in kinds) for end in ends)
                and all(not some or some & subjects_of(row, about) for some in concepts)
                and self._dated(str(row[_ENDS] or ""))
            )

        return answer if self == EVERYTHING else answer.filter(has)

    def describe(self, graph: Graph) -> list[str]:
        """Describe the filter, in the graph's language."""
        named = [
            graph.names.resolve(name, scheme).value
            for names, scheme in ((self.minerals, MINERAL), (self.stages, STAGE))
            for name in names
        ]
        iris = [*(_kind(graph, name) for name in self.kinds), *named]
        labels = graph.names.labels(iris)
        period = [f"{self.since}–{self.until}"] if self.since or self.until else []
        return [*(labels[iri] for iri in iris), *period]

    def _dated(self, date: str) -> bool:
        """Return whether a date, as precise as its source gives it, may be in the period."""
        if not self.since and not self.until:
            return True
        return bool(date) and date >= self.since[: len(date)] and date[: len(self.until)] <= self.until


EVERYTHING = NetworkFilter()
"""The filter that lets everything pass."""


def subjects(graph: Graph) -> Mapping[str, set[str]]:
    """Return the minerals and stages that things are about, as sources or the phases of projects say."""
    about: dict[str, set[str]] = defaultdict(set)
    for thing, subject in builtin.ask(graph.store, "subjects"):
        if thing is not None and subject is not None:
            about[thing.value].add(subject.value)
    return about


def subjects_of(row: Row, about: Mapping[str, set[str]]) -> set[str]:
    """Return what a tie is about: its two ends and what ties them; a mineral at an end is the only one it is about."""
    iris = [term.value for term in row.terms[:_ENDS] if term is not None]
    subjects = set[str]().union(*(about.get(iri, ()) for iri in iris))
    for scheme in (MINERAL, STAGE):
        if own := {iri for iri in iris if iri.startswith(scheme + "/")}:
            subjects = {subject for subject in subjects if not subject.startswith(scheme + "/")} | own
    return subjects


def _check_date(date: str) -> None:
    """Refuse what is not a day, month or year."""
    try:
        if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", date, re.ASCII):
            raise ValueError
        dt.date.fromisoformat(date + "-01" * (2 - date.count("-")))
    except ValueError:
        raise CmgraphError(f"'{date}' is not a date", hint="Write YYYY-MM-DD, YYYY-MM or YYYY.") from None


def _kind(graph: Graph, name: str) -> str:
    owl_class, scheme = "http://www.w3.org/2002/07/owl#Class", "http://www.w3.org/2004/02/skos/core#ConceptScheme"
    try:
        return graph.names.resolve(name, owl_class).value
    except UnknownName as unknown:
        try:
            return graph.names.resolve(name, scheme).value
        except UnknownName:
            raise unknown from None
