"""Projections: saved questions that tie things together, with the columns ``source``, ``target``, ``via``, ``date``.

Each row is a reason for a tie. A fifth column, ``weight``, is a number that its source gives: a share or an amount.
"""

from __future__ import annotations

from cmgraph.analysis.filters import EVERYTHING, NetworkFilter
from cmgraph.answers.result import Result
from cmgraph.errors import UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.questions.question import Question, find_questions
from cmgraph.rdf.terms import best_text


def projections(graph: Graph) -> dict[str, Question]:
    """Return the projections by name: the bundled ones, and those in ``projections/`` of a folder given as data."""
    folders = (graph.ontology.projections, *(folder / "projections" for folder in graph.folders))
    return {name: Question.read(path) for name, path in find_questions(folders).items()}


def find_projection(graph: Graph, name: str) -> Question:
    """Return the projection ``name``.

    :raises UnknownName: if there is none; the error proposes the nearest.
    """
    known = projections(graph)
    if name not in known:
        raise UnknownName(f"unknown projection '{name}'", hint=nearest(name, known) or "See: cmgraph network")
    return known[name]


def list_projections(graph: Graph) -> Result:
    """List the projections; columns ``name``, ``title``, ``question``."""
    rows = (
        (projection.name, best_text(projection.title, graph.lang), best_text(projection.question, graph.lang))
        for projection in projections(graph).values()
    )
    return Result.of(("name", "title", "question"), rows, graph.lang)


def tie_rows(graph: Graph, name: str, /, network_filter: NetworkFilter = EVERYTHING, **parameters: object) -> Result:
    """Return the reasons for ties by the projection ``name`` that pass the filter.

    :returns: columns ``source``, ``target``, ``via``, ``date``, and ``weight`` where the projection has it.
    :raises UnknownName: if there is no such projection; the error proposes the nearest.
    """
    return network_filter.apply(graph.query(find_projection(graph, name), **parameters), graph)
