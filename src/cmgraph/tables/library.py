"""The templates that a graph has for tables: the bundled ones, and those in ``templates/`` of a ``--data`` folder."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from cmgraph.answers.result import Result
from cmgraph.errors import UnknownName, nearest
from cmgraph.graph import Graph
from cmgraph.rdf.terms import best_text
from cmgraph.tables.reader import write_blank
from cmgraph.tables.template import TableColumn, Template


def template_files(graph: Graph) -> dict[str, Path]:
    """Return the files of the templates by name; a later folder's template replaces an earlier one."""
    folders = [graph.ontology.templates, *(folder / "templates" for folder in graph.folders)]
    paths = {path.stem: path for folder in folders for path in folder.glob("*.rq")}
    return {name: paths[name] for name in sorted(paths)}


def find_template(graph: Graph, name: str) -> Template:
    """Return the template ``name``, or the one in the ``.rq`` file of that name.

    :raises UnknownName: if there is none; the error proposes the nearest.
    """
    if name.endswith(".rq"):
        return Template.read(Path(name))
    known = template_files(graph)
    if name not in known:
        hint = nearest(name, known) or "List them with: cmgraph template"
        raise UnknownName(f"unknown template '{name}'", hint=hint)
    return Template.read(known[name])


def list_templates(graph: Graph) -> Result:
    """List the templates; columns ``name``, ``title``, ``about``."""
    templates = (Template.read(path) for path in template_files(graph).values())
    rows = ((t.name, best_text(t.title, graph.lang), best_text(t.about, graph.lang)) for t in templates)
    return Result.of(("name", "title", "about"), rows, graph.lang)


def write_blank_table(graph: Graph, name: str, path: str | PathLike[str]) -> None:
    """Write an empty table for the template ``name``: CSV, TSV, or XLSX with lists of what may stand in it.

    :raises UnknownName: if there is no such template.
    :raises CmgraphError: if the ending is none of these.
    """
    template = find_template(graph, name)
    choices = {
        column.name: graph.names.values_of(kind) for column in template.columns if (kind := _kind(graph, column))
    }
    write_blank(template, Path(path), choices, graph.lang)


def _kind(graph: Graph, column: TableColumn) -> str:
    """Return the class or scheme whose names may stand in a column; empty if they cannot be listed."""
    kind = graph.prefixes.expand(column.of) if column.of and column.type in ("entity", "concept") else None
    return "" if kind is None or column.prefix in ("cm", "rel", "obs") else kind.value
