"""What a server says when it cannot do what it was asked: a status, what is wrong, and what to do."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from cmgraph.errors import (
    AnswerTooLarge,
    CmgraphError,
    DamagedStore,
    EndpointError,
    NotAllowed,
    QueryStopped,
    UnknownName,
)

_STATUS: tuple[tuple[type[CmgraphError], int], ...] = (
    (NotAllowed, 403),
    (UnknownName, 404),
    (AnswerTooLarge, 422),
    (QueryStopped, 503),
    (EndpointError, 502),
    (DamagedStore, 500),
    (CmgraphError, 400),
)

_UNSAID = {DamagedStore: "the graph cannot be read", EndpointError: "the endpoint behind this server failed"}
"""What is said of faults whose words may hold places of the machine."""

_FOR_THE_COMMAND = re.compile(r"--\w|\bcmgraph ")
"""Advice for somebody at the command line, which helps nobody else."""


class Problem(CmgraphError):
    """A request that cannot be answered.

    :ivar status: the status of the answer.
    :ivar more: what else the answer says.
    """

    def __init__(self, what: str, status: int = 400, *, hint: str = "", more: dict[str, Any] | None = None) -> None:
        super().__init__(what, hint=hint)
        self.status, self.more = status, more or {}


def status_of(error: CmgraphError) -> int:
    """Return the status with which an error is told."""
    if isinstance(error, Problem):
        return error.status
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def details(error: CmgraphError) -> dict[str, Any]:
    """Return an error as the problem details of RFC 9457; a place is told only if it is in the query that was sent."""
    status = status_of(error)
    said: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if type(error) in _UNSAID:
        return {**said, "detail": _UNSAID[type(error)]}
    said["detail"] = f"{error.parameter}: {error.what}" if error.parameter else error.what
    said |= {"parameter": error.parameter} if error.parameter else {}
    if error.where.startswith("query:"):
        said["where"] = error.where
        said["excerpt"] = error.excerpt
    if error.hint and not _FOR_THE_COMMAND.search(error.hint):
        said["hint"] = error.hint
    return {**said, **(error.more if isinstance(error, Problem) else {})}
