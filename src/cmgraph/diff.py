"""What changed between two versions of the graph: in words, and as RDF."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.rdf.blank_nodes import canonical
from cmgraph.rdf.files import from_lines, rdf_files, stream_triples, to_lines
from cmgraph.rdf.terms import CM, RDF_TYPE, SKOS, NamedRef, lexical

_ASIDE = {RDF_TYPE.value, *(CM + name for name in ("hasCitation", "hasClaimStatus", "hasEndState", "hasBasis"))}
_DATED = {CM + "hasCitation", CM + "asOfDate"}
_LABELS = (SKOS + "prefLabel", "http://purl.org/dc/terms/title")


@dataclass(frozen=True)
class Change:
    """One thing that came, went or changed.

    :ivar how: ``added``, ``changed``, ``removed``, ``confirmed`` if only its source, or its date, is new, or
        ``uncited`` if it only lost a citation.
    :ivar kind: what kind of thing it is, in words.
    :ivar thing: the thing; a relationship is named after what it ties together.
    :ivar details: for a change, each property with its values before and after, as text.
    """

    how: str
    kind: str
    thing: NamedRef
    details: tuple[tuple[str, str, str], ...] = ()


def diff_versions(graph: Graph, old: str, new: str) -> tuple[tuple[Change, ...], str]:
    """Compare two versions of the data.

    :param graph: names what the versions do not name themselves.
    :param old: an RDF file, a folder (an export, or one with ``data/`` or RDF files), or a revision of the git
        repository one stands in; so is ``new``.
    :returns: what changed, and the statements that went and came as an RDF Patch; both empty if nothing did.
    :raises CmgraphError: if a version cannot be read.
    """
    before, after = (lines_of(version) for version in (old, new))
    gone, come = sorted(before - after), sorted(after - before)
    patch = "".join([*(f"D {line}\n" for line in gone), *(f"A {line}\n" for line in come)])
    return diff_triples(before, after, graph.names.labels), patch


def lines_of(version: str) -> set[str]:
    """Return the statements of a version, as lines of N-Triples."""
    with _paths(version) as paths:
        return to_lines(canonical(triple for path in paths for triple in stream_triples(path)))


@contextmanager
def _paths(version: str) -> Iterator[list[Path]]:
    """Give the RDF files of a version."""
    path = Path(version)
    if path.is_file():
        yield [path]
    elif path.is_dir():
        yield _data(path, version)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _check_out(version, Path(scratch))
            yield _data(Path(scratch), version)


def _data(folder: Path, version: str) -> list[Path]:
    if (folder / "cmgraph.nt").is_file():
        return [folder / "cmgraph.nt"]
    top = folder / "data" if (folder / "data").is_dir() else folder
    paths = rdf_files(top)
    if not paths:
        raise CmgraphError(
            "it contains no RDF", where=version, hint="Name an export, a folder with data/, or an RDF file."
        )
    return paths


def _check_out(revision: str, folder: Path) -> None:
    """Put the data of a git revision into ``folder``."""
    hint = "Name an RDF file, a folder, or a revision of the git repository you are in."
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "archive", "--format=zip", "--end-of-options", revision, "data"],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise CmgraphError("not a file or a folder, and git is not installed", where=revision, hint=hint) from None
    if done.returncode:
        raise CmgraphError("not a file, a folder or a git revision with data/", where=revision, hint=hint)
    with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder)


def diff_triples(old: set[str], new: set[str], labels: Callable[[Iterable[str]], dict[str, str]]) -> tuple[Change, ...]:
    """Compare two sets of N-Triples lines.

    :param labels: gives the name of each IRI; one that has none in the data itself is looked up there.
    :returns: what was added, changed, removed, confirmed and uncited, in this order, each sorted by name.
    """
    touched = {line.partition(" ")[0] for line in old ^ new}
    before, after = _by_subject(old, touched), _by_subject(new, touched)
    triples = [t for side in (before, after) for group in side.values() for t in group]
    names = labels({term.value for t in triples for term in t if isinstance(term, NamedNode)})
    for triple in triples:
        if triple.predicate.value in _LABELS and getattr(triple.object, "language", "") in ("en", None, ""):
            names[lexical(triple.subject)] = lexical(triple.object)

    def word(text: str) -> str:
        return names.get(text, text)

    changes = []
    for subject in sorted(touched):
        iri = subject[1:-1]
        gone, come = before.get(subject, []), after.get(subject, [])
        triples_of = come or gone
        details = _details(gone, come, word) if gone and come else {}
        how = "added" if not gone else "removed" if not come else _how(gone, come)
        kinds = [word(lexical(t.object)) for t in triples_of if t.predicate == RDF_TYPE]
        ref = NamedRef(iri, names[iri] if _named(iri, names) else _tie(triples_of, word) or iri)
        details_named = tuple((word(p), *values) for p, values in sorted(details.items()))
        changes.append(Change(how, ", ".join(sorted(kinds)), ref, details_named))
    order = ("added", "changed", "removed", "confirmed", "uncited")
    return tuple(sorted(changes, key=lambda c: (order.index(c.how), c.kind, c.thing.label, c.thing.iri)))


def _by_subject(lines: set[str], subjects: set[str]) -> dict[str, list[Triple]]:
    """Group the statements about ``subjects``."""
    grouped: dict[str, list[Triple]] = defaultdict(list)
    for triple in from_lines(sorted(line for line in lines if line.partition(" ")[0] in subjects)):
        grouped[str(triple.subject)].append(triple)
    return grouped


def _named(iri: str, known: dict[str, str]) -> bool:
    """Return whether a thing has a name, and not only its CURIE."""
    return not re.fullmatch(r"[a-z-]*:\S*", known.get(iri, "x:"))


def _tie(triples: list[Triple], word: Callable[[str], str]) -> str:
    """Name a relationship by the things it ties together."""
    ends = [t.object.value for t in triples if isinstance(t.object, NamedNode) and t.predicate.value not in _ASIDE]
    return " – ".join(word(end) for end in ends)


def _how(gone: list[Triple], come: list[Triple]) -> str:
    """Distinguish a change from a new source or date for the same, and from a lost citation."""
    new, old = set(come) - set(gone), set(gone) - set(come)
    if any(t.predicate.value not in _DATED for t in new | old):
        return "changed"
    return "confirmed" if new else "uncited"


def _details(gone: list[Triple], come: list[Triple], word: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """Return, by property, the values before and after, as text, where they differ."""
    values: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, triples in enumerate((gone, come)):
        for triple in triples:
            values[triple.predicate.value][side].append(word(lexical(triple.object)))
    return {p: (", ".join(a), ", ".join(b)) for p, (a, b) in values.items() if a != b}
