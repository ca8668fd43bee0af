"""Files are the truth: where the graph's files are, how they are read, and where in them a thing stands."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from cmgraph.errors import CmgraphError, excerpt
from cmgraph.rdf.terms import RDF_TYPE, lexical

FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}
DEPTH = 200
"""How deep elements or brackets of a file may nest."""


@dataclass(frozen=True)
class RdfFile:
    """One RDF file, its statements with the spelling of every literal kept."""

    path: Path
    triples: tuple[Triple, ...] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> RdfFile:
        """Parse ``path``; its ending says the format. Errors name file, line, column and remedy."""
        found = tuple(stream_triples(path))
        if not found and not read_text(path).strip():
            raise CmgraphError("the file is empty", where=str(path), hint="Put statements in it or leave it out.")
        return cls(path, found)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """IRIs this file says something about."""
        return frozenset(lexical(triple.subject) for triple in self.triples)

    @cached_property
    def mentions(self) -> frozenset[str]:
        """IRIs that statements of this file point at or use as their property."""
        return frozenset(
            term.value for t in self.triples for term in (t.predicate, t.object) if isinstance(term, NamedNode)
        )

    def line_of(self, iri: str) -> int | None:
        """Return the line on which ``iri`` starts a statement, or else is first written, counted from 1."""
        text = self.path.read_text(encoding="utf-8-sig")
        forms = [f"<{iri}>"]
        for prefix, space in re.findall(r"(?im)^\s*@?prefix\s+([\w-]*):\s*<([^>]*)>", text):
            if space and iri.startswith(space):
                forms.append(f"{prefix}:{iri[len(space) :]}")
        token = "(?:" + "|".join(map(re.escape, forms)) + r")(?![\w/-])"
        for pattern in (rf"(?m)^{token}", rf"(?<![\w:]){token}"):
            if found := re.search(pattern, text):
                return text.count("\n", 0, found.start()) + 1
        return None


def rdf_format(path: Path) -> RdfFormat:
    """Return the format of an RDF file by its ending; ``.gz`` after it means compressed."""
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if ending not in FORMATS:
        hint = f"Use one of {', '.join(FORMATS)}, with .gz after it if it is compressed."
        raise CmgraphError("unknown RDF format", where=str(path), hint=hint)
    return FORMATS[ending]


@contextmanager
def open_checked(path: Path) -> Iterator[IO[bytes]]:
    """Open an RDF file for a parser, once nothing in it can crash or mislead one; tell what goes wrong by its line."""
    form = rdf_format(path)
    try:
        with _open(path) as file:
            _refuse_traps(file, form, path)
        with _open(path) as file:
            yield file
    except SyntaxError as error:
        raise _syntax_error(path, error) from None
    except FileNotFoundError:
        raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
    except IsADirectoryError:
        raise CmgraphError("this is a folder, not a file", where=str(path), hint="Name the files in it.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise CmgraphError(f"cannot be read: {getattr(error, 'strerror', '') or error}", where=str(path)) from None


def stream_triples(path: Path) -> Iterator[Triple]:
    """Yield the statements of an RDF file as it is read, each as the file spells it."""
    with open_checked(path) as file:
        for quad in parse(file, format=rdf_format(path), without_named_graphs=True):
            yield quad.triple


def _open(path: Path) -> Any:
    import gzip

    file: Any = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def _refuse_traps(file: IO[bytes], form: RdfFormat, path: Path) -> None:
    """Refuse what drives a parser to crash or to swell: nesting without end, entities, triple terms by the thousand."""
    deep = CmgraphError(f"nested more deeply than {DEPTH}", where=str(path), hint="Write it as N-Triples.")
    if form == RdfFormat.RDF_XML:
        from xml.parsers import expat

        depth = 0

        def enter(*_: object) -> None:
            nonlocal depth
            depth += 1
            if depth > DEPTH:
                raise deep

        def leave(*_: object) -> None:
            nonlocal depth
            depth -= 1

        def entity(name: str, _: bool, value: str | None, *__: object) -> None:
            if value is None:
                raise CmgraphError(
                    f"external entity '{name}' is not allowed", where=str(path), hint="Put its text into the file."
                )

        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = enter, leave, entity
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            hint = "It is not well-formed XML, or its entities swell: fix it here."
            where = f"{path}:{error.lineno}:{error.offset + 1}"
            raise CmgraphError(expat.ErrorString(error.code), where=where, hint=hint) from None
    elif form == RdfFormat.JSON_LD:
        depth = 0
        for found in re.finditer(rb'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', file.read(), re.DOTALL):
            depth += bool(found[1]) - bool(found[2])
            if depth > DEPTH:
                raise deep
    else:
        count = sum(block.count(b"<<(") for block in iter(lambda: file.read(1 << 20), b""))
        if count > 1000:
            raise CmgraphError("it contains thousands of triple terms", where=str(path), hint="The graph has none.")


def read_text(path: Path) -> str:
    """Read a UTF-8 text file, or say in one line why it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
    except IsADirectoryError:
        raise CmgraphError("this is a folder, not a file", where=str(path), hint="Name the files in it.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise CmgraphError(
            "the file is not UTF-8", where=f"{path}:{line}", hint="Save it again with the encoding UTF-8."
        ) from None
    except OSError as error:
        raise CmgraphError(f"cannot be read: {error.strerror}", where=str(path)) from None


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


def data_files(root: Path, exclude_file: Path | None = None) -> list[Path]:
    """List the data files below ``root``, all but one if it is given."""
    found = sorted((root / "data").rglob("*.ttl"))
    return [
        path for path in found if exclude_file is None or not (exclude_file.exists() and path.samefile(exclude_file))
    ]


def _syntax_error(path: Path, error: SyntaxError) -> CmgraphError:
    line, column = error.lineno or 1, error.offset or 1
    with _open(path) as file:
        text = next(islice(file, line - 1, None), b"")
    said = re.sub(r"^Parser error at line \d+ .*?: ", "", error.msg or str(error))
    if "prefix" in said.lower():
        hint = "Declare the prefix at the top of the file: @prefix name: <IRI> ."
    elif "end of file" in said.lower():
        hint = "A statement is not finished: look for a missing '.', quote or bracket."
    else:
        hint = "Look here or at the line before: a ';', ',' or '.' may be missing, or a quote left open."
    try:
        shown = excerpt(text.decode(), 1, column)
    except UnicodeDecodeError:
        return CmgraphError(
            "the file is not UTF-8", where=f"{path}:{line}", hint="Save it again with the encoding UTF-8."
        )
    return CmgraphError(said, where=f"{path}:{line}:{column}", excerpt=shown, hint=hint)
