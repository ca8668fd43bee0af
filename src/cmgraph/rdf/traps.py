"""Files that would crash a parser or exhaust memory: refused before one reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pyoxigraph import RdfFormat

from cmgraph.errors import CmgraphError
from cmgraph.rdf.turtle_tokens import COMMENT, IRI, STRING
from cmgraph.rdf.unpacking import open_unpacked

DEPTH = 200
"""How deeply elements, brackets or triple terms of a file may nest."""

_LONGEST = 1 << 24
"""The most bytes that a text may have; parsers give up on longer ones."""

_BLOCK = 1 << 20

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_TRIPLE_TERM = re.compile(rf"{STRING}|{IRI}|{COMMENT}|(<<\(?)|(\)?>>)", re.DOTALL)


def refuse_traps(file: IO[bytes], form: RdfFormat, path: Path) -> None:
    """Refuse endless nesting, and entities that expand without bound or are external.

    :raises CmgraphError: with the reason.
    """
    if form == RdfFormat.RDF_XML:
        _check_xml(file, path)
    elif form == RdfFormat.JSON_LD:
        _check_depth(_brackets(file, path), path)
    elif form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
        for line in iter(lambda: file.readline(2 * _LONGEST), b""):
            if line.count(b"<<") > DEPTH:
                _check_depth(_triple_terms(line), path)
    elif sum(block.count(b"<<") for block in iter(lambda: file.read(_BLOCK), b"")) > DEPTH:
        with open_unpacked(path) as again:
            _check_depth(_triple_terms(again.read()), path)


def _check_depth(steps: Iterator[int], path: Path) -> None:
    depth = 0
    for step in steps:
        depth += step
        if depth > DEPTH:
            raise CmgraphError(
                f"nested more deeply than {DEPTH}",
                where=str(path),
                hint="Write what is nested as statements of its own.",
            )


def _triple_terms(text: bytes) -> Iterator[int]:
    """Yield 1 for each triple term that begins, and -1 for each that ends."""
    for match in _TRIPLE_TERM.finditer(text.decode(errors="replace")):
        yield bool(match[1]) - bool(match[2])


def _brackets(file: IO[bytes], path: Path) -> Iterator[int]:
    """Yield 1 for each bracket of JSON that opens, and -1 for each that closes."""
    rest = b""
    for block in iter(lambda: file.read(_BLOCK), b""):
        text, end = rest + block, 0
        for match in re.finditer(rb'"(?:[^"\\]++|\\.)*+"|([\[{])|([\]}])|"', text, re.DOTALL):
            if match[0] == b'"':  # its end is in the next block
                end = match.start()
                break
            yield bool(match[1]) - bool(match[2])
            end = match.end()
        else:
            end = len(text)
        rest = text[end:]
        if len(rest) > _LONGEST:
            raise too_long(path)


def too_long(path: Path) -> CmgraphError:
    """Return the error that a text is longer than parsers accept."""
    problem = f"a text or IRI in it is longer than {_LONGEST >> 20} MiB"
    return CmgraphError(problem, where=str(path), hint="Keep large content in a file of its own, and give its address.")


def _check_xml(file: IO[bytes], path: Path) -> None:
    from xml.parsers import expat

    depth, is_rdf = 0, False

    def enter(_: str, attributes: dict[str, str]) -> None:
        nonlocal depth, is_rdf
        depth += 1
        is_rdf = is_rdf or any(n.startswith("xmlns") and uri == _RDF for n, uri in attributes.items())
        if depth > DEPTH:
            hint = "Write what is nested as statements of its own."
            raise CmgraphError(
                f"nested more deeply than {DEPTH}", where=f"{path}:{parser.CurrentLineNumber}", hint=hint
            )

    def leave(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def entity(name: str, _: bool, value: str | None, *__: object) -> None:
        if value is None:
            problem = f"external entity '{name}' is not allowed"
            raise CmgraphError(problem, where=str(path), hint="Put its text into the file.")

    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = enter, leave, entity
    try:
        parser.ParseFile(file)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        if (error.lineno, error.offset) == (1, 0):
            hint = "It is not XML. If it is Turtle, let its name end in .ttl."
        elif "amplification" in problem or "recursive" in problem:
            hint = "Its entities expand too far: write out their text."
        else:
            hint = "It is not well-formed XML, or not in the encoding that it declares: fix it here."
        raise CmgraphError(problem, where=f"{path}:{error.lineno}:{error.offset + 1}", hint=hint) from None
    if not is_rdf:
        hint = f'In RDF/XML, xmlns:rdf="{_RDF}" is declared.'
        raise CmgraphError("this is XML, but not RDF/XML", where=str(path), hint=hint)
