"""Answers of the service: whole, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cmgraph.answers.result import Result
from cmgraph.errors import AnswerTooLarge, UnknownName
from cmgraph.graph import Graph
from cmgraph.serve.limits import ROWS
from cmgraph.serve.problems import Problem


def refuse_long(rows: int) -> None:
    """Refuse an answer of too many rows: a part of it would look like the whole.

    :raises AnswerTooLarge: if there are more than :data:`cmgraph.serve.limits.ROWS`.
    """
    if rows > ROWS:
        hint = "Ask for less, or page by page with ORDER BY, LIMIT and OFFSET."
        raise AnswerTooLarge(f"the answer has more than {ROWS:,} rows", hint=hint)


def asked(graph: Graph, name: str, values: Mapping[str, Sequence[str]]) -> Result:
    """Answer a saved question.

    :param values: by parameter, what a person writes.
    :raises UnknownName: if there is no such question.
    :raises Problem: if a value is not known.
    """
    saved = graph.question(name)
    try:
        result = graph.query(saved, **values)
    except UnknownName as error:
        problem = Problem(error.what, 400, hint=error.hint)
        problem.parameter = error.parameter
        raise problem from None
    refuse_long(len(result))
    return result
