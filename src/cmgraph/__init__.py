"""Who works with whom on critical minerals, under which arrangement, since when, and by which source.

>>> import cmgraph
>>> graph = cmgraph.load()
>>> answer = graph.query("partners", actor="Canada")
>>> [str(row[0]) for row in answer][:1]
['European Union']
"""

from cmgraph.entity import Entity, Statement
from cmgraph.errors import CmgraphError, EndpointError, QueryStopped, UnknownName
from cmgraph.fill import fill, send
from cmgraph.graph import Graph, load
from cmgraph.head import Parameter
from cmgraph.names import Hit
from cmgraph.network import brokerage, change, measures, network, paths
from cmgraph.picture import draw
from cmgraph.question import Column, Question
from cmgraph.result import Citation, Result, Row
from cmgraph.scope import Scope
from cmgraph.terms import Thing
from cmgraph.views import compare, timeline

__all__ = [
    "Citation",
    "CmgraphError",
    "Column",
    "EndpointError",
    "Entity",
    "Graph",
    "Hit",
    "Parameter",
    "QueryStopped",
    "Question",
    "Result",
    "Row",
    "Scope",
    "Statement",
    "Thing",
    "UnknownName",
    "brokerage",
    "change",
    "compare",
    "draw",
    "fill",
    "load",
    "measures",
    "network",
    "paths",
    "send",
    "timeline",
]
__version__ = "0.1.0"
