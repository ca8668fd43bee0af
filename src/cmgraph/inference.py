"""What follows from the data by the rules in ``ontology/rules``: timeless shortcuts and bounds of dates.

A rule reads only the asserted triples of one subject. So one pass in any order is enough, a new statement affects only
its own subject, and an inferred statement rests on the subject that it follows from.
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


def materialize(store: LocalStore, ontology: Ontology, premises: LocalStore | None = None) -> None:
    """Add to ``store`` what follows from it, or only from ``premises``, a part of it."""
    for _, triples in infer(premises or store, ontology):
        store.add(triples)


def subject_triples(store: Store, subjects: Iterable[str]) -> LocalStore:
    """Return the triples of each of ``subjects`` (IRIs) as a store of its own, to infer from."""
    return LocalStore(builtin.construct(store, "subject_triples", thing=subjects))
