"""What follows from the data by the rules in ``ontology/rules``: timeless shortcuts and bounds of dates.

A rule reads what files state of one subject, and nothing else. So one pass in any order is enough, what new statements
add follows from their own subjects, and what a derived statement rests on is the subject it follows from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from cmgraph.files import read_text
from cmgraph.names import sparql
from cmgraph.store import LocalStore, Store, values


def derive(store: Store, root: Path, prefixes: Mapping[str, str]) -> Iterator[tuple[str, Iterator[Triple]]]:
    """Run every rule over ``store``; yield its name and the statements that follow by it."""
    for path in sorted((root / "ontology/rules").glob("*.rq")):
        yield path.stem, store.construct(read_text(path), prefixes, str(path))


def complete(store: LocalStore, root: Path, prefixes: Mapping[str, str], of: LocalStore | None = None) -> None:
    """Add to ``store`` what follows from it, or from a part ``of`` it."""
    for _, triples in derive(of or store, root, prefixes):
        store.add(triples)


def stars(store: Store, subjects: Iterable[str], prefixes: Mapping[str, str]) -> LocalStore:
    """Return what ``store`` says of each of ``subjects`` (IRIs), as a store of its own to derive from."""
    query = sparql("stars").replace(values("thing", [None]), values("thing", [NamedNode(iri) for iri in subjects]))
    return LocalStore(store.construct(query, prefixes))
