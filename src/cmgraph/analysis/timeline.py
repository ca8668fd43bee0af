"""What happened when, each with its sources."""

from __future__ import annotations

from pyoxigraph import Literal

from cmgraph.answers.result import Result, build
from cmgraph.graph import Graph
from cmgraph.rdf.terms import CM
from cmgraph.store import builtin
from cmgraph.text.i18n import message


def timeline(graph: Graph, name: str | None = None) -> Result:
    """List what is dated, of one thing or of all, oldest first.

    :param name: a name, CURIE or IRI; None for everything.
    :returns: columns ``date`` (as precise as its source), ``until`` (of what lasts: when it ended, or what is known of
        its end), ``kind`` (of statement), ``what``, ``thing``, ``with``; up to ``graph.as_of``.

    >>> import cmgraph
    >>> row = cmgraph.timeline(cmgraph.load(), "European Investment Bank").rows[0]
    >>> row.citations != ()
    True
    """
    entity = [graph.names.resolve_preferring(name, CM + "Agent")] if name is not None else [None]
    columns, rows = builtin.solutions(graph.store, "timeline", entity=entity)
    if graph.as_of:
        day = graph.as_of.isoformat()
        rows = [
            (date, None if isinstance(until, Literal) and until.value > day else until, *others)
            for date, until, *others in rows
            if date is not None and date.value <= day
        ]
    headings = {column: message(column, graph.lang) for column in columns}
    return build(
        (columns, rows),
        graph.store,
        graph.names,
        "citation",
        headings,
        things=("until", "kind", "what", "thing", "with"),
        lang=graph.lang,
    )
