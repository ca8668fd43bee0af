"""Who works with whom on critical minerals, under which arrangement, since when, and by which source.

>>> import cmgraph
>>> graph = cmgraph.load()
>>> answer = graph.query("partners", actor="European Investment Bank")
>>> [(str(row[0]), row.citations) for row in answer]
[('Government of Canada', (1, 2, 3))]
"""

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
