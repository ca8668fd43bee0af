"""What happened when, each with its sources."""

from __future__ import annotations

from cmgraph.answers.result import Result, build
from cmgraph.graph import Graph
from cmgraph.rdf.terms import CM
from cmgraph.store import builtin
from cmgraph.text.i18n import message


def timeline(graph: Graph, name: str | None = None) -> Result:
    """List what is dated, of one thing or of all, oldest first.

    :param name: a name, CURIE or IRI; None for everything.
    :returns: columns ``date`` (as precise as its source), ``what``, ``thing``, ``with``; up to ``graph.as_of``.

    >>> import cmgraph
    >>> row = cmgraph.timeline(cmgraph.load(), "European Investment Bank").rows[0]
    >>> row.citations != ()
    True
    """
    entity = [graph.names.resolve_preferring(name, CM + "Agent")] if name is not None else [None]
    columns, rows = builtin.solutions(graph.store, "timeline", entity=entity)
    if graph.as_of:
        rows = [row for row in rows if row[0] is not None and row[0].value <= graph.as_of.isoformat()]
    headings = {column: message(column, graph.lang) for column in columns}
    return build((columns, rows), graph.store, graph.names, "citation", headings, things=("what", "thing", "with"))
