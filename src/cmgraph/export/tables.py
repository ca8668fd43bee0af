"""The graph as tables: CSV and one workbook for people, Parquet for programs; every row names its sources."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal
from itertools import count, groupby
from math import isfinite
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from cmgraph.answers.render import to_csv
from cmgraph.answers.result import Citation
from cmgraph.errors import CmgraphError
from cmgraph.export.publication import Publication
from cmgraph.export.rdf import ntriples
from cmgraph.rdf.terms import RDF_TYPE, Term, Value, best_text
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message
from cmgraph.text.templating import NOT_XML

_LONGEST = 32_767
"""Characters that a cell of a workbook can hold."""

_WIDTH = 24
"""Characters that a column of the workbook shows."""

_ROWS = 50_000
"""Rows of a Parquet file written at once."""


def csv_tables(publication: Publication, folder: Path) -> None:
    """Write a CSV table per kind."""
    for name, result in publication.tables.items():
        publication.write(folder / f"{name}.csv", to_csv(result, ","))


def points(publication: Publication, path: Path) -> None:
    """Write the marks on publishers' maps as GeoJSON, each with what it stands for and its sources."""
    table = publication.tables["points"]
    header, *records = table.to_records()
    features: list[dict[str, Any]] = []
    for row, record in zip(table.rows, records, strict=True):
        place = [row[table.columns.index(name)] for name in ("longitude", "latitude")]
        if not all(isinstance(degrees, (int, float, Decimal)) and isfinite(degrees) for degrees in place):
            continue  # no valid place on a map; the table still has the row
        cells = {str(name): value and as_text(value) for name, value in zip(header, record, strict=True)}
        properties = {name: value for name, value in cells.items() if name not in ("latitude", "longitude")}
        point = {"type": "Point", "coordinates": [float(str(degrees)) for degrees in place]}
        features.append({"type": "Feature", "geometry": point, "properties": properties})
    note = message("points_note", publication.languages[0])
    publication.write_json(path, {"type": "FeatureCollection", "note": note, "features": features})


def workbook(publication: Publication, path: Path) -> None:
    """Write all tables as one workbook. Its sheet ``citations`` lists the places in sources that rows name by number.

    Every cell of text is text: none can run as a formula.
    """
    import xlsxwriter

    lang = publication.languages[0]
    numbers: dict[str, int] = {}
    cited: list[Citation] = []
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with _written(path), xlsxwriter.Workbook(str(path), options) as book:
        created = datetime.fromisoformat(publication.modified or "1980-01-01")
        book.set_properties({"author": "cmgraph", "created": created})
        bold = book.add_format({"bold": True})
        written = count()

        def add(name: str, header: Iterable[Value], rows: Iterable[Iterable[Value]]) -> None:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            headings = list(header)
            sheet.set_column(0, len(headings) - 1, _WIDTH)
            for y, line in enumerate([headings, *rows]):
                for x, value in enumerate(line):
                    if _fits_a_number(value):
                        sheet.write_number(y, x, value)
                    elif value is not None:
                        sheet.write_string(y, x, _text(publication, value), None if y else bold)
                publication.progress(next(written), path.name)

        for name, result in publication.tables.items():
            for citation in result.citations:
                if numbers.setdefault(citation.iri, len(numbers) + 1) > len(cited):
                    cited.append(citation)
            header, *lines = result.to_records()
            if not result.cited:
                add(name, header, lines)
            else:
                marks = (
                    ", ".join(str(n) for n in sorted(numbers[result.citations[i - 1].iri] for i in row.citations))
                    for row in result.rows
                )
                rows = ([*line[:-2], mark] for line, mark in zip(lines, marks, strict=True))
                add(name, [*header[:-2], message("sources", lang)], rows)
        header = ["number", "citation", "source", "title", "publisher", "locator", "url", "checked", "support", "words"]
        add("citations", header, ([number, *astuple(citation)] for number, citation in enumerate(cited, 1)))


def _fits_a_number(value: Value) -> bool:
    """Return whether a workbook keeps a number as it is: its numbers have sixteen digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    exact = Decimal(str(value))
    return exact.is_finite() and Decimal(f"{float(exact):.16G}") == exact


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Raise what keeps a workbook from being written as an :class:`OSError`, as for any other file."""
    import xlsxwriter.exceptions

    try:
        yield
    except xlsxwriter.exceptions.FileCreateError as error:
        raise OSError(*getattr(error.args[0], "args", (0, str(error))), str(path)) from None


def pack(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a ZIP archive whose bytes depend on nothing but its members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name)  # dated 1980-01-01
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)


def _text(publication: Publication, value: Value) -> str:
    text = NOT_XML.sub("", publication.rebased(as_text(value)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def parquet(publication: Publication, folder: Path) -> None:
    """Write Parquet for programs: ``nodes`` (things), ``edges`` (between things), ``values`` (texts and numbers).

    Each edge and value names the sources that its subject cites. Together they hold every statement; memory is bounded.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        hint = "pip install 'cmgraph[parquet]'"
        raise CmgraphError("Parquet needs pyarrow", where=folder.name, hint=hint) from None

    texts = {name: pa.string() for name in ("subject", "property", "object")}
    cited = {"sources": pa.list_(pa.string())}
    shapes = {
        "nodes": {"thing": pa.string(), "kinds": pa.list_(pa.string()), "name_en": pa.string(), "name_fr": pa.string()}
        | {"name_fr_t_en": pa.string()},
        "edges": texts | cited,
        "values": texts | {"datatype": pa.string(), "language": pa.string()} | cited,
    }
    folder.mkdir()
    waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in shapes}
    writers = {
        name: pq.ParquetWriter(folder / f"{name}.parquet", pa.schema([*shape.items()]), compression="zstd")
        for name, shape in shapes.items()
    }

    def flush(name: str) -> None:
        columns = zip(*waiting[name], strict=True) if waiting[name] else ([] for _ in shapes[name])
        arrays = [pa.array(column, kind) for column, kind in zip(columns, shapes[name].values(), strict=True)]
        writers[name].write_table(pa.Table.from_arrays(arrays, names=list(shapes[name])))
        waiting[name].clear()

    lines = folder / "lines"
    ntriples(publication, lines)
    cited_by = {publication.rebased(thing): cited for thing, cited in publication.sources.items()}
    for subject, statements in _stars(lines):
        sources = [publication.rebased(source) for source in cited_by.get(subject, ())]
        kinds: list[str] = []
        names: dict[str, str] = {}
        for prop, value in statements:
            if prop == RDF_TYPE.value:
                kinds.append(_name(value))
            if isinstance(value, Literal):
                if prop.endswith(("#prefLabel", "/dc/terms/title")) and value.language:
                    names.setdefault(value.language, value.value)
                kind = "" if value.language else value.datatype.value
                language = f"{value.language or ''}{f'--{value.direction.value}' if value.direction else ''}"
                waiting["values"].append((subject, prop, value.value, kind, language, sources))
            else:
                waiting["edges"].append((subject, prop, _name(value), sources))
        if kinds:
            waiting["nodes"].append((subject, kinds, *(names.get(tag) for tag in ("en", "fr", "fr-t-en"))))
        for name, rows in waiting.items():
            if len(rows) >= _ROWS:
                flush(name)
    for name, writer in writers.items():
        flush(name)
        writer.close()
    lines.unlink()


def _name(term: Term | Triple) -> str:
    """Write an IRI as it is, and what has none as in N-Triples."""
    if isinstance(term, Triple):
        return f"<<( {term} )>>"
    return term.value if isinstance(term, NamedNode) else str(term)


def _stars(lines: Path) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Read sorted lines of N-Triples, one subject at a time."""
    with lines.open("rb") as file:
        for subject, group in groupby(
            (quad.triple for quad in parse(file, format=RdfFormat.N_TRIPLES)), lambda t: t.subject
        ):
            yield _name(subject), [(triple.predicate.value, triple.object) for triple in group]


def data_package(publication: Publication, path: Path) -> None:
    """Describe the CSV tables as a Data Package."""
    about, lang = publication.about, publication.languages[0]
    resources = []
    for name, result in publication.tables.items():
        header, *rows = result.to_records()
        fields = [{"name": str(column), "type": _type([row[i] for row in rows])} for i, column in enumerate(header)]
        schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
        if key := _primary_key([str(column) for column in header], rows):
            schema["primaryKey"] = [key]
        resources.append(
            {
                "name": name,
                "path": f"tables/{name}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": schema,
            }
        )
    package: dict[str, Any] = {"name": "cmgraph", "title": best_text(about["title"], lang)}
    package |= {"licenses": [about["licence"]]} if "licence" in about else {}
    publication.write_json(path, {**package, "profile": "tabular-data-package", "resources": resources})


def _primary_key(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Return the column of the IRIs that rows are about, if each stands in one row; else nothing."""
    column = f"{header[0]}_iri"
    if column not in header or not rows:
        return ""
    values = [row[header.index(column)] for row in rows]
    return column if None not in values and len(set(values)) == len(values) else ""


def _type(values: list[Value]) -> str:
    kinds = {type(value).__name__ for value in values if value is not None}
    types = {"int": "integer", "float": "number", "Decimal": "number", "bool": "boolean", "date": "date"}
    named = {types.get(kind, "string") for kind in kinds}
    return "number" if named == {"integer", "number"} else named.pop() if len(named) == 1 else "string"
