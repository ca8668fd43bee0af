"""The RDF files of a graph: where they are, how they are read, and the place of a thing in them."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from cmgraph.errors import CmgraphError, excerpt
from cmgraph.rdf.jsonld import losses
from cmgraph.rdf.places import Place, Places, find_places, line_with
from cmgraph.rdf.terms import RDF_TYPE, lexical
from cmgraph.rdf.traps import refuse_traps, too_long
from cmgraph.rdf.unpacking import COMPRESSIONS, open_unpacked

FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".turtle": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".ntriples": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".nquads": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
    ".json": RdfFormat.JSON_LD,
}
"""RDF formats by the ending of a file, in lower case."""

COMPANIONS = (".csv", ".tsv", ".xlsx", ".yaml", ".md")
"""Endings of files that may be beside RDF: tables, descriptions, notes."""

NO_BASE = "no-base://none/"
"""The base to detect relative IRIs in JSON-LD; a parser leaves out statements about them."""

Progress: TypeAlias = Callable[[int, str], object]
"""Called with the number of bytes read of a file, and its name."""


@dataclass(frozen=True)
class RdfFile:
    """One RDF file, its statements with the spelling of every literal kept."""

    path: Path
    triples: tuple[Triple, ...] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> RdfFile:
        """Parse ``path`` in the format of its ending. Errors give file, line, column and a remedy."""
        triples = tuple(stream_triples(path))
        if not triples and _is_blank(path):
            raise CmgraphError("the file is empty", where=str(path), hint="Put statements in it or leave it out.")
        return cls(path, triples)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """IRIs and blank node labels that are subjects in this file."""
        return frozenset(lexical(triple.subject) for triple in self.triples)

    @cached_property
    def mentions(self) -> frozenset[str]:
        """IRIs and blank node labels that are objects or properties in this file."""
        return frozenset(
            term.value
            for triple in self.triples
            for term in (triple.predicate, triple.object)
            if isinstance(term, (NamedNode, BlankNode))
        )

    def place_of(self, term: NamedNode | BlankNode) -> Place | None:
        """Return the place where ``term`` is first a subject, or else first mentioned."""
        return self._places.subjects.get(term) or self._places.mentions.get(term)

    @cached_property
    def _places(self) -> Places:
        form = rdf_format(self.path)
        with open_unpacked(self.path, xml=form == RdfFormat.RDF_XML) as file:
            return find_places(file.read().decode(), form, self.triples, _base(form))


def rdf_format(path: Path) -> RdfFormat:
    """Return the format of an RDF file by its ending, in any case, before that of a compression."""
    form = FORMATS.get(_ending(path))
    if form is None:
        hint = f"Use one of {', '.join(FORMATS)}, and {', '.join(COMPRESSIONS)} after it if it is compressed."
        raise CmgraphError("unknown RDF format", where=str(path), hint=hint)
    return form


def _ending(path: Path) -> str:
    packed = path.suffix.lower() in COMPRESSIONS
    return (path.with_suffix("") if packed else path).suffix.lower()


def _base(form: RdfFormat) -> str | None:
    return NO_BASE if form == RdfFormat.JSON_LD else None


@contextmanager
def open_checked(path: Path, progress: Progress | None = None) -> Iterator[IO[bytes]]:
    """Open an RDF file for a parser, once it cannot crash or mislead one; report errors by line."""
    form = rdf_format(path)
    xml = form == RdfFormat.RDF_XML
    try:
        with open_unpacked(path, xml=xml) as file:
            refuse_traps(file, form, path)
        with open_unpacked(path, xml=xml) as file:
            counted: Any = _Counted(file, path.name, progress) if progress else file
            yield counted
    except SyntaxError as error:
        raise _syntax_error(path, form, error) from None
    except MemoryError:
        raise too_long(path) from None


def stream_quads(path: Path, progress: Progress | None = None, *, named: bool = False) -> Iterator[Quad]:
    """Yield the statements of an RDF file as it is read, each as the file spells it.

    Its blank nodes get names that no other file uses. What stands in its named graphs stands in the default graph, so
    that no question misses it.

    :param named: yield it in its named graph too.
    """
    form, graphs = rdf_format(path), set()
    with open_checked(path, progress) as file:
        quads, nothing = parse(file, format=form, base_iri=_base(form), rename_blank_nodes=True), True
        for quad in quads:
            nothing = False
            if form == RdfFormat.JSON_LD:
                _refuse_relative(quad, path)
            if not isinstance(quad.graph_name, DefaultGraph):
                graphs.add(quad.graph_name)
                if named:
                    yield quad
            yield Quad(*quad.triple)
    if form == RdfFormat.JSON_LD:
        _tell_losses(path, nothing)
    if graphs:
        also = "; each is kept as well, ask with GRAPH ?g { … }" if named else ""
        _LOGGER.warning("%s: named graphs in it: %d, read as one with the rest%s", path, len(graphs), also)


def read_dataset(path: Path) -> tuple[list[Quad], dict[str, str]]:
    """Read the statements of an RDF file, each in its graph, and the prefixes that the file declares.

    :raises CmgraphError: if the file has something that is no statement, which writing it anew would lose.
    """
    form = rdf_format(path)
    with open_checked(path) as file:
        reader = parse(file, format=form, base_iri=_base(form))
        quads = list(reader)
    if form == RdfFormat.JSON_LD:
        for quad in quads:
            _refuse_relative(quad, path)
        _tell_losses(path, not quads, strict=True)
    return quads, dict(reader.prefixes)


def stream_triples(path: Path, progress: Progress | None = None) -> Iterator[Triple]:
    """Yield the statements of an RDF file, those of all its graphs as one, see :func:`stream_quads`."""
    return (quad.triple for quad in stream_quads(path, progress))


_LOGGER = logging.getLogger("cmgraph")


class _Counted:
    """A file that reports how far it has been read."""

    def __init__(self, file: IO[bytes], name: str, progress: Progress) -> None:
        self._file, self._name, self._progress, self._done = file, name, progress, 0

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._done += len(block)
        self._progress(self._done, self._name)
        return block


def _is_blank(path: Path) -> bool:
    with open_unpacked(path) as file:
        return not any(line.strip() for line in file)


def _refuse_relative(quad: Quad, path: Path) -> None:
    for term in quad:
        if isinstance(term, NamedNode) and term.value.startswith(NO_BASE):
            raise _relative(path, RdfFormat.JSON_LD, term.value.removeprefix(NO_BASE))


def _tell_losses(path: Path, nothing: bool, *, strict: bool = False) -> None:
    """Refuse JSON-LD from which a parser drops statements; warn of what JSON-LD itself drops.

    :param nothing: the parser found no statement.
    :param strict: refuse what JSON-LD lets go, too.
    """
    with open_unpacked(path) as file:
        text = file.read().decode()
    left_out = dict.fromkeys(losses(text))
    for loss in left_out:
        if loss.fatal:
            place = line_with(text, RdfFormat.JSON_LD, loss.text)
            where = f"{path}:{place.line}:{place.column}" if place else str(path)
            raise CmgraphError(loss.what, where=where, hint=loss.hint)
    if nothing and left_out:
        hint = "Give it an @context that says what its keys mean, or take it away."
        raise CmgraphError("this is JSON, but not JSON-LD: no key has a meaning", where=str(path), hint=hint)
    if left_out:
        names = ", ".join(loss.text for loss in left_out)
        if strict:
            hint = "Say in the @context what they mean, or take them away."
            raise CmgraphError(f"these keys would be lost: {names}", where=str(path), hint=hint)
        _LOGGER.warning("%s: not read, as no @context defines them: %s", path, names)


def _relative(path: Path, form: RdfFormat, iri: str) -> CmgraphError:
    """Return the error that a file has a relative IRI but no base."""
    with open_unpacked(path, xml=form == RdfFormat.RDF_XML) as file:
        place = line_with(file.read().decode(), form, iri)
    hints = {
        RdfFormat.JSON_LD: 'Write whole IRIs, or declare a base: "@context": {"@base": "https://…/"}',
        RdfFormat.RDF_XML: 'Write whole IRIs, or declare a base: xml:base="https://…/"',
    }
    where = f"{path}:{place.line}:{place.column}" if place else str(path)
    return CmgraphError(f"relative IRI '{iri}' without a base", where=where, hint=hints[form])


def read_text(path: Path) -> str:
    """Read a UTF-8 text file; the error says in one line why it cannot be read."""
    with open_unpacked(path) as file:
        content = file.read()
    try:
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "Save it again with the encoding UTF-8."
        raise CmgraphError("the file is not UTF-8", where=f"{path}:{line}", hint=hint) from None


def refuse_unreadable(path: Path) -> None:
    """Refuse a file that is a pipe, a device, or cannot be opened."""
    with open_unpacked(path, xml=FORMATS.get(_ending(path)) == RdfFormat.RDF_XML):
        pass


def sort_triples(triples: Iterable[Triple]) -> list[Triple]:
    """Sort statements by subject, then type first, then property and value; each once."""
    return sorted(
        set(triples), key=lambda t: (str(t.subject), t.predicate != RDF_TYPE, str(t.predicate), str(t.object))
    )


def to_lines(triples: Iterable[Triple]) -> set[str]:
    """Write statements as lines of N-Triples, which take less memory and compare as text."""
    written = (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").decode()
    return set(written.removesuffix("\n").split("\n")) if written else set()


def from_lines(written: Iterable[str]) -> Iterator[Triple]:
    """Read lines of N-Triples, sorted by subject, back into statements in order."""
    for _, group in groupby(written, key=lambda line: line.partition(" ")[0]):
        yield from sort_triples(quad.triple for quad in parse("\n".join(group), format=RdfFormat.N_TRIPLES))


def data_files(folders: Iterable[Path], exclude_file: Path | None = None) -> tuple[list[Path], list[Path]]:
    """List the data files of a graph, and those of them that replace others.

    A file made from a table is replaced by a file of the same path below a later folder, its next version: together
    they would count twice what they agree on, and keep what the next one leaves out.

    :param folders: a later one extends those before it.
    :param exclude_file: a file to leave out, and with it those that it replaces.
    """
    path_by_place: dict[Path, Path] = {}
    replacing: list[Path] = []
    for folder in folders:
        for path in rdf_files(folder / "data"):
            place = path.relative_to(folder)
            if place in path_by_place and not is_made_of_table(path_by_place[place]):
                place = path
            elif place in path_by_place:
                replacing.append(path)
            path_by_place[place] = path
    excluded = exclude_file if exclude_file is not None and exclude_file.exists() else None
    paths = [path for path in path_by_place.values() if not (excluded and path.exists() and path.samefile(excluded))]
    return paths, replacing


def is_made_of_table(path: Path) -> bool:
    """Return whether a table of the same name lies beside a Turtle file, which is made of it then."""
    return path.suffix == ".ttl" and any(path.with_suffix(ending).is_file() for ending in (".csv", ".tsv", ".xlsx"))


def rdf_files(folder: Path) -> list[Path]:
    """List the RDF files below a folder, by their endings."""
    return [path for path in _below(folder) if _ending(path) in FORMATS]


def unread_files(root: Path) -> list[Path]:
    """List the files below ``data/`` in ``root`` that are neither read nor expected there."""
    unknown = (path for path in _below(root / "data") if _ending(path) not in FORMATS)
    return [path for path in unknown if path.suffix.lower() not in COMPANIONS]


def _below(folder: Path) -> list[Path]:
    """List the files below a folder that are not hidden."""
    paths = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _syntax_error(path: Path, form: RdfFormat, error: SyntaxError) -> CmgraphError:
    message = error.msg or str(error)
    if "No scheme" in message and (match := re.search("parsing IRI '(.*)': ", message)):
        return _relative(path, form, match[1])
    line, column = error.lineno or 1, error.offset or 1
    with open_unpacked(path, xml=form == RdfFormat.RDF_XML) as file:
        text = next(islice(file, line - 1, None), b"")
    problem = re.sub(r"^Parser error at line \d+ .*?: ", "", message)
    problem = re.sub(r" \(line \d+\)$", "", problem)
    try:
        written = text.decode()
    except UnicodeDecodeError:
        hint = "Save it again with the encoding UTF-8."
        return CmgraphError("the file is not UTF-8", where=f"{path}:{line}", hint=hint)
    if "No scheme" in problem:
        problem = "relative IRI without a base"
    hint = _hint(problem, form, written, column)
    if not error.lineno:
        return CmgraphError(problem, where=str(path), hint=hint)
    return CmgraphError(problem, where=f"{path}:{line}:{column}", excerpt=excerpt(written, 1, column), hint=hint)


def _hint(problem: str, form: RdfFormat, line: str, column: int) -> str:
    """Return the hint for a syntax error."""
    lowered = problem.lower()
    lines = form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
    if re.match(r"\s*<(!doctype\s+)?html", line, re.IGNORECASE):
        return "This is a web page, not RDF: fetch the data that it is about."
    if form == RdfFormat.RDF_XML and lowered.startswith("unknown prefix"):
        return f'Declare it: xmlns:{problem.split()[-1].rstrip(":")}="https://…"'
    if "loaddocumentcallback" in lowered:
        return "Nothing is fetched from the web: write the context into the file."
    if "not a valid unicode character" in lowered:
        return "Write the character itself, or eight digits after a capital U: \\U0001F5FA."
    if "prefix" in lowered and not lines:
        return "Declare the prefix at the top of the file: @prefix name: <IRI> ."
    if "without a base" in problem:
        return "Write the whole IRI." if lines else "Write the whole IRI, or declare a base: @base <https://…/> ."
    if match := re.search("Invalid IRI code point '(.)'", problem, re.DOTALL):
        return f"An IRI cannot contain it: write {''.join(f'%{byte:02X}' for byte in match[1].encode())}."
    if "subtag" in lowered or "language" in lowered or re.search(r"@[A-Za-z0-9-]+_", line[: column + 1]):
        return "A language tag is made of letters and digits, eight at most between hyphens: en, en-CA."
    if "end of file" in lowered:
        return "A statement is not finished: look for a missing '.', quote or bracket."
    if lines:
        return "Each line holds one statement and ends with ' .'."
    if form == RdfFormat.JSON_LD:
        return "Look here or at the line before: a comma, quote or bracket may be missing."
    if form == RdfFormat.RDF_XML:
        return "It must be RDF/XML, where things and properties take turns; save OWL/XML as RDF/XML or Turtle."
    return "Look here or at the line before: a ';', ',' or '.' may be missing, or a quote left open."
