"""Who works with whom on critical minerals, under which arrangement, since when, and by which source.

>>> import cmgraph
>>> graph = cmgraph.load()
>>> answer = graph.query("partners", actor="European Investment Bank")
>>> [(str(row[0]), row.citations) for row in answer]
[('Government of Canada', (1, 2, 3))]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmgraph.analysis.compare import compare_actors
    from cmgraph.analysis.filters import NetworkFilter
    from cmgraph.analysis.measures import brokerage, network_changes, node_measures
    from cmgraph.analysis.network import build_network
    from cmgraph.analysis.paths import shortest_paths
    from cmgraph.analysis.timeline import timeline
    from cmgraph.answers.entity import Entity
    from cmgraph.answers.result import Citation, Result, Row
    from cmgraph.answers.statements import Statement
    from cmgraph.asking.ask import Asked, Suggestion, ask
    from cmgraph.errors import CmgraphError, EndpointError, QueryStopped, UnknownName
    from cmgraph.graph import Graph, load
    from cmgraph.loading import load_store, upload
    from cmgraph.names import SearchHit
    from cmgraph.pictures.draw import draw
    from cmgraph.questions.header import Parameter
    from cmgraph.questions.question import Column, Question
    from cmgraph.rdf.terms import NamedRef

__all__ = [
    "Asked",
    "Citation",
    "CmgraphError",
    "Column",
    "EndpointError",
    "Entity",
    "Graph",
    "NamedRef",
    "NetworkFilter",
    "Parameter",
    "QueryStopped",
    "Question",
    "Result",
    "Row",
    "SearchHit",
    "Statement",
    "Suggestion",
    "UnknownName",
    "ask",
    "brokerage",
    "build_network",
    "compare_actors",
    "draw",
    "load",
    "load_store",
    "network_changes",
    "node_measures",
    "shortest_paths",
    "timeline",
    "upload",
]
__version__ = "0.2.0"

_HOMES = {
    "Asked": "asking.ask",
    "Citation": "answers.result",
    "CmgraphError": "errors",
    "Column": "questions.question",
    "EndpointError": "errors",
    "Entity": "answers.entity",
    "Graph": "graph",
    "NamedRef": "rdf.terms",
    "NetworkFilter": "analysis.filters",
    "Parameter": "questions.header",
    "QueryStopped": "errors",
    "Question": "questions.question",
    "Result": "answers.result",
    "Row": "answers.result",
    "SearchHit": "names",
    "Statement": "answers.statements",
    "Suggestion": "asking.ask",
    "UnknownName": "errors",
    "ask": "asking.ask",
    "brokerage": "analysis.measures",
    "build_network": "analysis.network",
    "compare_actors": "analysis.compare",
    "draw": "pictures.draw",
    "load": "graph",
    "load_store": "loading",
    "network_changes": "analysis.measures",
    "node_measures": "analysis.measures",
    "shortest_paths": "analysis.paths",
    "timeline": "analysis.timeline",
    "upload": "loading",
}
"""The module that each name lives in, imported when the name is first used: a command loads what it needs."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
