"""What differs between two versions of the same data, in the words of the field."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from cmgraph.files import from_lines
from cmgraph.terms import CM, RDF_TYPE, SKOS, Thing, text_of

_ASIDE = {RDF_TYPE.value, *(CM + name for name in ("hasCitation", "hasClaimStatus", "hasEndState", "hasBasis"))}
_DATED = {CM + "hasCitation", CM + "asOf"}
_LABELS = (SKOS + "prefLabel", "http://purl.org/dc/terms/title")


@dataclass(frozen=True)
class Change:
    """One thing that came, went or changed.

    :ivar how: ``added``, ``changed``, ``removed``, or ``confirmed`` if only its source, or its date, is new.
    :ivar kind: what kind of thing it is, in words.
    :ivar thing: the thing; a relationship goes by what it ties together.
    :ivar details: for a change, each property with its values before and after, as text.
    """

    how: str
    kind: str
    thing: Thing
    details: tuple[tuple[str, str, str], ...] = ()


def compare(old: set[str], new: set[str], labels: Callable[[Iterable[str]], dict[str, str]]) -> tuple[Change, ...]:
    """Compare two sets of N-Triples lines.

    :param labels: gives the name of each IRI; one that has none in the data itself is looked up there.
    :returns: what was added, changed, removed and confirmed, in this order, each sorted by name.
    """
    touched = {line.partition(" ")[0] for line in old ^ new}
    before, after = _by_subject(old, touched), _by_subject(new, touched)
    triples = [t for side in (before, after) for group in side.values() for t in group]
    known = labels({term.value for t in triples for term in t if isinstance(term, NamedNode)})
    for triple in triples:
        if triple.predicate.value in _LABELS and getattr(triple.object, "language", "") in ("en", None, ""):
            known[text_of(triple.subject)] = text_of(triple.object)

    def word(text: str) -> str:
        return known.get(text, text)

    changes = []
    for subject in sorted(touched):
        iri = subject[1:-1]
        gone, come = before.get(subject, []), after.get(subject, [])
        whole = come or gone
        details = _details(gone, come, word) if gone and come else {}
        how = "added" if not gone else "removed" if not come else "changed" if details.keys() - _DATED else "confirmed"
        kinds = [word(text_of(t.object)) for t in whole if t.predicate == RDF_TYPE]
        thing = Thing(iri, known[iri] if _named(iri, known) else _tie(whole, word) or iri)
        shown = tuple((word(p), *values) for p, values in sorted(details.items()))
        changes.append(Change(how, ", ".join(sorted(kinds)), thing, shown))
    order = ("added", "changed", "removed", "confirmed")
    return tuple(sorted(changes, key=lambda c: (order.index(c.how), c.kind, c.thing.label, c.thing.iri)))


def _by_subject(lines: set[str], subjects: set[str]) -> dict[str, list[Triple]]:
    """Group the statements about ``subjects``."""
    grouped: dict[str, list[Triple]] = defaultdict(list)
    for triple in from_lines(sorted(line for line in lines if line.partition(" ")[0] in subjects)):
        grouped[str(triple.subject)].append(triple)
    return grouped


def _named(iri: str, known: dict[str, str]) -> bool:
    """Say whether a thing has a name, and not only its CURIE."""
    return not re.fullmatch(r"[a-z-]*:\S*", known.get(iri, "x:"))


def _tie(triples: list[Triple], word: Callable[[str], str]) -> str:
    """Name a relationship by the things it ties together."""
    ends = [t.object.value for t in triples if isinstance(t.object, NamedNode) and t.predicate.value not in _ASIDE]
    return " – ".join(word(end) for end in ends)


def _details(gone: list[Triple], come: list[Triple], word: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """Return, by property, the values before and after, as text, where they differ."""
    values: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, triples in enumerate((gone, come)):
        for triple in triples:
            values[triple.predicate.value][side].append(word(text_of(triple.object)))
    return {p: (", ".join(a), ", ".join(b)) for p, (a, b) in values.items() if a != b}
