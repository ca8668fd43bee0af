"""What follows from the data by the rules in ``ontology/rules``: timeless shortcuts and bounds of dates.

A rule reads what files state of one subject, and nothing else. So one pass in any order is enough, what new statements
add follows from their own subjects, and what a derived statement rests on is the subject it follows from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Triple

from cmgraph.ontology import Ontology
from cmgraph.rdf.files import read_text
from cmgraph.store import builtin
from cmgraph.store.base import Store
from cmgraph.store.local import LocalStore


def infer(store: Store, ontology: Ontology) -> Iterator[tuple[str, Iterator[Triple]]]:
    """Run every rule over ``store``; yield its name and the statements that follow by it."""
    for name, path in ontology.rules.items():
        yield name, store.construct(read_text(path), ontology.prefixes, str(path))


def materialize(store: LocalStore, ontology: Ontology, of: LocalStore | None = None) -> None:
    """Add to ``store`` what follows from it, or from a part ``of`` it."""
    for _, triples in infer(of or store, ontology):
        store.add(triples)


def subject_triples(store: Store, subjects: Iterable[str]) -> LocalStore:
    """Return what ``store`` says of each of ``subjects`` (IRIs), as a store of its own to derive from."""
    return LocalStore(builtin.construct(store, "subject_triples", thing=subjects))
