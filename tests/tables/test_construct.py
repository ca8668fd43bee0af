"""Rows asked for together make what each of them makes alone, whatever the template holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal

from cmgraph.errors import CmgraphError
from cmgraph.rdf.terms import Prefixes
from cmgraph.store.local import LocalStore
from cmgraph.tables.construct import Bindings, Construct
from cmgraph.tables.template import Template

HEAD = """#+ title: { en: Letters }
#+ about: { en: A row is a letter }
#+ columns:
#+   - { name: from, type: text, label: { en: from } }
#+   - { name: to, type: text, split: ";", label: { en: to } }
PREFIX : <https://example.org/>
"""
A, B, C, D = (Literal(letter) for letter in "abcd")
ROWS: list[Bindings] = [
    {"from": [A], "to": [B, C]},
    {"from": [B], "to": [None]},
    {"from": [A], "to": [D]},
    {"from": [None], "to": [A]},
    {"from": [C], "to": [Literal('} { "?from" \\')]},
]


def read(folder: Path, construct: str) -> Construct:
    path = folder / "letters.rq"
    path.write_text(HEAD + construct)
    return Construct(Template.read(path), LocalStore(), Prefixes())


LETTER = 'BIND(IRI(CONCAT("https://example.org/", ?from)) AS ?letter)'
FROM, TO = "VALUES ?from { UNDEF }", "VALUES ?to { UNDEF }"


@pytest.mark.parametrize(
    ("construct", "counts"),
    [
        pytest.param(f"CONSTRUCT {{ ?letter :to ?to }} WHERE {{ {FROM} {TO} {LETTER} }}", [2, 0, 1, 0, 1], id="plain"),
        pytest.param(
            f"CONSTRUCT {{ ?letter :to ?to ; a :Letter }} WHERE {{ {FROM} {LETTER} {{ {TO} }} UNION {{ }} }}",
            [3, 1, 2, 0, 2],
            id="a branch without a column",
        ),
        pytest.param(
            f"CONSTRUCT {{ ?letter :to ?to ; a :L }} WHERE {{ {FROM} {LETTER} OPTIONAL {{ {TO} FILTER(?to < 'c') }} }}",
            [2, 1, 1, 0, 1],
            id="a column in an option",
        ),
        pytest.param(
            f"CONSTRUCT {{ ?letter a :L }} WHERE {{ {FROM} {TO} {LETTER} FILTER EXISTS {{ {TO} FILTER(?to > 'b') }} }}",
            [1, 0, 1, 0, 1],
            id="a column twice, within a condition too",
        ),
        pytest.param(
            f"CONSTRUCT {{ :all :to ?one }} WHERE {{ {FROM} {{ SELECT (MIN(?to) AS ?one) {{ {TO} }} }} }}",
            [1, 0, 1, 1, 1],
            id="the least of a row's values",
        ),
        pytest.param(
            f"CONSTRUCT {{ :all :to ?to }} WHERE {{ {FROM} {TO} }} ORDER BY DESC(?to) LIMIT 1",
            [1, 0, 1, 1, 1],
            id="a limit",
        ),
        pytest.param(f"CONSTRUCT {{ [] :to ?to }} WHERE {{ {FROM} {TO} }}", [2, 0, 1, 1, 1], id="nodes without a name"),
        pytest.param(
            f"CONSTRUCT {{ :all :from ?from }} WHERE {{ {FROM} MINUS {{ {TO} }} }}",
            [1, 1, 1, 0, 1],
            id="what is taken away",
        ),
        pytest.param(f"CONSTRUCT {{ ?from :to ?to }} WHERE {{ {FROM} {TO} }}", [0] * 5, id="text for a subject"),
        pytest.param(
            f"CONSTRUCT {{ :all :to (1 2) }} WHERE {{ {FROM} {TO} }}", [10, 5, 5, 5, 5], id="a list in the head"
        ),
    ],
)
def test_rows_together_make_what_each_makes_alone(tmp_path: Path, construct: str, counts: list[int]) -> None:
    made = read(tmp_path, construct)
    together = made.triples(ROWS)
    assert [len(triples) for triples in together] == counts
    if "[]" not in construct and "(1" not in construct:
        assert together == [made.triples([row])[0] for row in ROWS]


def test_what_no_query_may_hold_no_template_may(tmp_path: Path) -> None:
    with pytest.raises(CmgraphError, match="SERVICE"):
        read(tmp_path, f"CONSTRUCT {{ :a :to ?to }} WHERE {{ {FROM} {TO} SERVICE :b {{ ?s ?p ?o }} }}")
