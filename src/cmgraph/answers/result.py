"""Answers: typed rows, each with the numbers of the citations it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pyoxigraph import NamedNode

from cmgraph.names import Names
from cmgraph.rdf.terms import BASE, NamedRef, Term, Value, to_python, to_rdflib
from cmgraph.store import builtin
from cmgraph.store.base import Solutions, Store
from cmgraph.text.cells import as_text
from cmgraph.text.i18n import message

if TYPE_CHECKING:
    import pandas as pd
    import rdflib.term

_CITE = BASE + "id/cite/"

_TIER = BASE + "vocab/source-tier/"
_COPIES = {_TIER + "official-text-repost": "copy_at", _TIER + "weak-mirror-or-digest": "read_at"}
"""Tiers of sources that copy another, and the message that says so."""

AS_A_WHOLE = "as a whole"
"""The locator of a citation whose place within the source was not recorded."""


@dataclass(frozen=True)
class Citation:
    """A place in a source. Texts are as the source gives them; ``checked`` is a day, YYYY-MM-DD.

    :ivar support: how the place supports what cites it: read in the source, read from context, computed, presumed, or
        given for the record as a whole; None if nobody said.
    :ivar words: a few words of the source, as printed.
    :ivar issued: when the source was published, as precisely as it is known.
    :ivar tier: how near the source stands to what it reports.
    :ivar copy: of a copy, where it was read, and that its original was not.
    """

    iri: str
    source: str
    title: str
    publisher: str
    locator: str
    url: str
    checked: str
    support: NamedRef | None = None
    words: str = ""
    issued: str = ""
    tier: NamedRef | None = None
    copy: str = ""

    @property
    def standing(self) -> str:
        """How it supports what cites it, and what kind of source it is; empty if nobody said."""
        return "; ".join(str(part) for part in (self.support, self.tier, self.copy) if part)

    def __str__(self) -> str:
        title = f"{self.title} ({self.issued})" if self.issued else self.title
        publication = ". ".join(part for part in (self.publisher, title) if part)
        place = "" if self.locator == AS_A_WHOLE else self.locator
        return (
            ", ".join(part for part in (publication, place) if part)
            + (f": “{self.words}”" if self.words else "")
            + (f" ({self.standing})" if self.standing else "")
            + (f". {self.url}" if self.url else "")
        )


@dataclass(frozen=True)
class Row:
    """One row: a value per column, the engine's terms behind them, and its citations' numbers (from 1)."""

    values: tuple[Value, ...]
    terms: tuple[Term | None, ...]
    citations: tuple[int, ...]

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values)

    def __getitem__(self, index: int) -> Value:
        return self.values[index]


@dataclass(frozen=True)
class Result:
    """The answer to a question.

    :ivar columns: names of the columns, without the one for citations.
    :ivar headings: how the columns are headed in the language asked for.
    :ivar citations: what the numbers in rows stand for; number 1 is the first.
    :ivar title: what was asked.
    :ivar note: what the answer means and does not mean.
    :ivar things: columns that hold things; every other that does in some row counts too.
    :ivar cited: whether rows rest on citations, even if there are none.
    :ivar one_line: columns whose values are shown once, see :meth:`folded`.
    :ivar lang: the language in which people read its numbers; empty if it is unknown whether they are amounts.
    """

    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    citations: tuple[Citation, ...]
    title: str = ""
    note: str = ""
    things: frozenset[str] = frozenset()
    cited: bool = False
    one_line: tuple[str, ...] = ()
    lang: str = ""

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        rows: Iterable[Sequence[Value]],
        lang: str,
        title: str = "",
        note: str = "",
        things: Iterable[str] = (),
    ) -> Result:
        """Make a list that rests on no citations, its columns headed by the program's words for them in ``lang``."""
        table_rows = tuple(Row(tuple(values), (None,) * len(columns), ()) for values in rows)
        headings = tuple(message(name, lang) for name in columns)
        return cls(tuple(columns), headings, table_rows, (), title, note, frozenset(things), lang=lang)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def filter(self, keep: Callable[[Row], bool]) -> Result:
        """Return the answer with those rows alone that are to be kept, and the citations they rest on.

        >>> import cmgraph
        >>> answer = cmgraph.load().query("partners", actor="Canada")
        >>> dated = answer.filter(lambda row: str(row[2]).startswith("2026"))
        >>> len(dated.citations) < len(answer.citations)
        True
        """
        rows = [row for row in self.rows if keep(row)]
        numbers_used = sorted({number for row in rows for number in row.citations})
        number = {old: new for new, old in enumerate(numbers_used, 1)}
        return replace(
            self,
            rows=tuple(replace(row, citations=tuple(number[old] for old in row.citations)) for row in rows),
            citations=tuple(self.citations[old - 1] for old in numbers_used),
        )

    def say_undated(self, columns: Sequence[str], lang: str) -> Result:
        """Say of each row that has no date in any of some columns that its date is not known, and how many there are.

        The words stand in the first of the columns. What the graph holds without a date may not have been so on the
        day that was asked for.
        """
        places = [self.columns.index(name) for name in columns]
        words, undated = message("date_not_known", lang), 0
        rows = list(self.rows)
        for number, row in enumerate(rows):
            if all(row[place] is None for place in places):
                undated += 1
                rows[number] = replace(row, values=(*row.values[: places[0]], words, *row.values[places[0] + 1 :]))
        if not undated:
            return self
        remark = message("undated_rows", lang).format(undated=undated, rows=len(rows))
        return replace(self, rows=tuple(rows), note=f"{self.note} {remark}".strip())

    def renamed(self, labels: Mapping[str, str]) -> Result:
        """Return the answer with some things called otherwise, by IRI."""

        def called(value: Value) -> Value:
            return (
                NamedRef(value.iri, labels[value.iri]) if isinstance(value, NamedRef) and value.iri in labels else value
            )

        rows = tuple(replace(row, values=tuple(map(called, row.values))) for row in self.rows)
        return replace(self, rows=rows) if labels else self

    def folded(self) -> Result:
        """Return the answer with one row for all rows that have the same :attr:`one_line`, as people read it.

        What follows in a row's other columns stands behind the first of them, in brackets.
        """
        if not self.one_line:
            return self
        folded_by = [self.columns.index(name) for name in self.one_line]
        rest = [index for index in range(len(self.columns)) if index not in folded_by]
        shown = sorted([*folded_by, rest[0]])
        groups: dict[tuple[Value, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[index] for index in folded_by), []).append(row)
        rows = []
        for group in groups.values():
            texts = []
            for row in group:
                first, *others = (as_text(row[index], self.lang) for index in rest)
                texts.append(f"{first} ({', '.join(filter(None, others))})" if any(others) else first)
            values = {**dict(enumerate(group[0].values)), rest[0]: "; ".join(texts)}
            rows.append(
                Row(
                    tuple(values[index] for index in shown),
                    (None,) * len(shown),
                    tuple(sorted({number for row in group for number in row.citations})),
                )
            )
        return replace(
            self,
            columns=tuple(self.columns[index] for index in shown),
            headings=tuple(self.headings[index] for index in shown),
            rows=tuple(rows),
            one_line=(),
        )

    @property
    def terms(self) -> list[tuple[rdflib.term.Node | None, ...]]:
        """The rows as rdflib terms."""
        return [tuple(term and to_rdflib(term) for term in row.terms) for row in self.rows]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict per row; ``citations`` holds the :class:`Citation` objects of the row.

        >>> import cmgraph
        >>> answer = cmgraph.load().query("partners", actor="European Investment Bank")
        >>> [citation.publisher for citation in answer.to_dicts()[0]["citations"]][0]
        'European Investment Bank'
        """
        return [
            dict(zip(self.columns, row.values, strict=True))
            | {"citations": [self.citations[number - 1] for number in row.citations]}
            for row in self.rows
        ]

    def to_pandas(self) -> pd.DataFrame:
        """Return a data frame: names in the columns, IRIs in ``…_iri`` columns, citations in ``sources``."""
        import pandas as pd

        header, *lines = self.to_records()
        return pd.DataFrame(lines, columns=header)

    def to_records(self) -> Iterator[list[Value]]:
        """Yield a header and then a list per row: things as name and IRI, sources written out.

        The header of a saved question is the same whatever the rows, and if there are none.

        >>> import cmgraph
        >>> header, *records = cmgraph.load().query("partners", actor="European Investment Bank").to_records()
        >>> header
        ['partner', 'partner_iri', 'via', 'via_iri', 'date', 'tie', 'tie_iri', 'citations', 'sources']
        """
        are_things = [
            name in self.things or any(isinstance(row[i], NamedRef) for row in self.rows)
            for i, name in enumerate(self.columns)
        ]
        header: list[Value] = []
        for name, is_thing in zip(self.columns, are_things, strict=True):
            header += [name, f"{name}_iri"] if is_thing else [name]
        yield [*header, "citations", "sources"] if self.cited else header
        for row in self.rows:
            line: list[Value] = []
            for value, is_thing in zip(row.values, are_things, strict=True):
                iri = value.iri if isinstance(value, NamedRef) else None
                line.append(value.label or value.iri if isinstance(value, NamedRef) else value)
                line += [iri] if is_thing else []
            if self.cited:
                cited = [self.citations[number - 1] for number in row.citations]
                line += [" ".join(c.iri for c in cited), " | ".join(str(c) for c in cited)]
            yield line

    def _repr_html_(self) -> str:
        from cmgraph.answers.render import to_html

        return to_html(self)


def build(
    solutions: Solutions,
    store: Store,
    names: Names,
    citation: str = "",
    headings: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
    things: Iterable[str] = (),
    one_line: Iterable[str] = (),
    lang: str = "",
) -> Result:
    """Turn solutions into a result.

    :param citation: the column that carries citations: rows that differ only there become one row with several
        citations, in the order they first came. If there is no such column, every row stays, equal ones too; one column
        beside others that holds nothing but citations is then shown as their numbers, row by row.
    :param things: columns that hold things, whatever the rows.
    :param one_line: columns whose values are shown once.
    :param lang: the language in which people read its numbers.
    """
    variables, rows = solutions
    at = variables.index(citation) if citation in variables else _citation_column(variables, rows)
    value_columns = [i for i in range(len(variables)) if i != at]
    cited = [term.value if at is not None and isinstance(term := row[at], NamedNode) else "" for row in rows]
    terms_of = [tuple(row[i] for i in value_columns) for row in rows]
    if citation in variables:
        folded: dict[tuple[Term | None, ...], set[str]] = {}
        for terms, iri in zip(terms_of, cited, strict=True):
            folded.setdefault(terms, set()).add(iri)
        lines = list(folded.items())
    else:
        lines = [(terms, {iri}) for terms, iri in zip(terms_of, cited, strict=True)]
    numbers: dict[str, int] = {}
    citation_by_iri = citations(store, {iri for _, iris in lines for iri in iris - {""}}, names)
    for _, iris in lines:
        for iri in sorted(iris - {""}, key=lambda iri: (_nearness(citation_by_iri[iri]), iri)):
            numbers.setdefault(iri, len(numbers) + 1)
    labels = names.labels(term.value for terms, _ in lines for term in terms if isinstance(term, NamedNode))
    columns = tuple(variables[i] for i in value_columns)
    return Result(
        columns=columns,
        headings=tuple((headings or {}).get(name, name) for name in columns),
        rows=tuple(
            Row(
                tuple(to_python(term, labels) for term in terms),
                terms,
                tuple(sorted(numbers[iri] for iri in iris - {""})),
            )
            for terms, iris in lines
        ),
        citations=tuple(citation_by_iri[iri] for iri in numbers),
        title=title,
        note=note,
        things=frozenset(things),
        cited=at is not None,
        one_line=tuple(one_line),
        lang=lang,
    )


def _nearness(citation: Citation) -> int:
    """Return where a citation stands among others: an official source first, then a copy of one, then the rest."""
    order = [_TIER + "official", _TIER + "official-text-repost", "", _TIER + "weak-mirror-or-digest"]
    tier = citation.tier.iri if citation.tier else ""
    return order.index(tier if tier in order else "")


def _citation_column(variables: Sequence[str], rows: Sequence[Sequence[Term | None]]) -> int | None:
    """Return the column that holds nothing but citations, if there is only one such and there are other columns."""
    if len(variables) < 2 or {"citations", "sources"} & set(variables):
        return None
    columns = [i for i in range(len(variables)) if _all_cites(i, rows)]
    return columns[0] if len(columns) == 1 else None


def _all_cites(index: int, rows: Iterable[Sequence[Term | None]]) -> bool:
    cells = [row[index] for row in rows if row[index] is not None]
    return bool(cells) and all(isinstance(cell, NamedNode) and cell.value.startswith(_CITE) for cell in cells)


def citations(store: Store, iris: set[str], names: Names) -> dict[str, Citation]:
    """Return what each citation points at, with the source's title in the language of ``names`` where it has one."""
    by_iri = {iri: Citation(iri, "", iri, "", "", "", "") for iri in iris}
    rows = list(builtin.ask(store, "citations", citation=sorted(iris)))
    labels = names.labels(cell.value for row in rows for cell in (row[7], row[10]) if cell is not None)
    for row in rows:
        iri, source, title, publisher, locator, url, checked, support, words, issued, tier = (
            term.value if term else "" for term in row
        )
        if not by_iri[iri].source or getattr(row[2], "language", "") == names.lang:
            support_ref = NamedRef(support, labels[support]) if support else None
            tier_ref = NamedRef(tier, labels[tier]) if tier else None
            key = _COPIES.get(tier, "")
            copy = message(key, names.lang).format(place=urlsplit(url).hostname or url) if key else ""
            by_iri[iri] = Citation(
                iri, source, title, publisher, locator, url, checked, support_ref, words, issued, tier_ref, copy
            )
    return by_iri
