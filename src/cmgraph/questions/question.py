"""Saved questions: plain SPARQL files whose ``#+`` header describes the question, its parameters and its columns.

A parameter's default is the ``VALUES ?name { … }`` block in the query, so the file runs as it stands on any engine.
Asking with another value puts a block built from RDF terms in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cmgraph.errors import UnknownName, nearest
from cmgraph.names import Names
from cmgraph.questions.header import Parameter, by_language, header_error, read_header, word
from cmgraph.rdf.terms import Prefixes, Term
from cmgraph.store.values import bind_values, blocks


@dataclass(frozen=True)
class Column:
    """One column of an answer, with its heading by language."""

    name: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Requirement:
    """A condition on a parameter's value, without which the question is refused: an answer would not be true.

    :ivar parameter: the parameter's name.
    :ivar pattern: a graph pattern over its variable, which must match.
    :ivar otherwise: why the question is refused, by language tag; ``{value}`` stands for the value's name.
    """

    parameter: str
    pattern: str
    otherwise: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """A saved question. Texts for people are keyed by language tag.

    :ivar note: what the answer means and does not mean.
    :ivar keywords: comma-separated words by which people ask this question in their own words.
    :ivar also: a second set of values for the parameters, as a person writes them; its answer is checked too.
    :ivar requires: the conditions on its values.
    :ivar things: the columns that hold things, which are shown by name and IRI.
    :ivar dated: of a question for a day, the columns with the date when a row's statement was made or began; if a day
        is requested and all of them are empty, the answer says so.
    :ivar one_line: the columns whose values are shown once, with the rest of their rows on one line.
    :ivar citation: the column that carries citations; ``none`` if the answer only counts.
    :ivar time: ``as-of`` if the question asks for a day, ``timeless`` if it ignores time.
    :ivar loses_rows_on: the programs of servers that silently leave rows out of its answer.
    :ivar tie: of a projection, the words for a row, with ``{source}`` and ``{target}``.
    :ivar directed: of a projection, whether its ties lead from ``source`` to ``target``.
    :ivar text: the SPARQL itself.
    """

    name: str
    path: Path
    title: Mapping[str, str]
    question: Mapping[str, str]
    note: Mapping[str, str]
    keywords: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    also: Mapping[str, str]
    requires: tuple[Requirement, ...]
    columns: tuple[Column, ...]
    things: tuple[str, ...]
    dated: tuple[str, ...]
    one_line: tuple[str, ...]
    citation: str
    tags: tuple[str, ...]
    time: str
    loses_rows_on: tuple[str, ...]
    tie: Mapping[str, str]
    directed: bool
    text: str

    @classmethod
    def read(cls, path: Path) -> Question:
        """Read a ``.rq`` file. A file without a header is a question without parameters."""
        text, header = read_header(path)
        try:
            return cls(
                name=path.stem,
                path=path,
                title=by_language(header.get("title", {"en": path.stem})),
                question=by_language(header.get("question", {})),
                note=by_language(header.get("note", {})),
                keywords=by_language(header.get("keywords", {})),
                parameters=tuple(
                    Parameter(
                        word(p["name"]),
                        word(p["type"]),
                        word(p.get("of", "")),
                        by_language(p.get("label", {})),
                        by_language(p.get("after", {})),
                        {word(choice): by_language(words) for choice, words in p.get("choices", {}).items()},
                        p.get("several", False) is True,
                    )
                    for p in header.get("parameters", ())
                ),
                also={word(name): str(value) for name, value in header.get("also", {}).items()},
                requires=tuple(
                    Requirement(word(r["parameter"]), word(r["pattern"]), by_language(r["otherwise"]))
                    for r in header.get("requires", ())
                ),
                columns=tuple(
                    Column(word(c["name"]), by_language(c.get("label", {}))) for c in header.get("columns", ())
                ),
                things=tuple(word(name) for name in header.get("things", ())),
                dated=tuple(word(name) for name in header.get("dated", ())),
                one_line=tuple(word(name) for name in header.get("one_line", ())),
                citation=word(header.get("citation", "")),
                tags=tuple(word(tag) for tag in header.get("tags", ())),
                time=word(header.get("time", "")),
                loses_rows_on=tuple(word(name) for name in header.get("loses_rows_on", ())),
                tie=by_language(header.get("tie", {})),
                directed=header.get("directed", False) is True,
                text=text,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise header_error(path, error) from None

    def bind(self, given: Mapping[str, object], names: Names, prefixes: Prefixes) -> str:
        """Return the query with ``given`` bound as terms; parameters left out keep their defaults.

        :param given: parameter name to one value or several (a list); a value is text as a person writes it,
            a number, a day, or an IRI.
        """
        by_name = {parameter.name: parameter for parameter in self.parameters}
        terms: dict[str, list[Term | None]] = {}
        for name, value in given.items():
            if name not in by_name:
                hint = nearest(name, by_name) or (f"It takes: {', '.join(by_name)}." if by_name else "It takes none.")
                raise UnknownName(f"question '{self.name}' has no parameter '{name}'", hint=hint)
            several = value if isinstance(value, (list, tuple)) else [value]
            terms[name] = [
                None if single == "any" else by_name[name].term(single, names, prefixes) for single in several
            ]
        return bind_values(self.text, terms, str(self.path))

    def refusals(self, bound: str) -> Iterator[tuple[Requirement, str]]:
        """Yield each requirement with a query for the values that do not meet it.

        :param bound: the question's own query with its values bound, see :meth:`bind`.
        """
        for requirement in self.requires:
            name, pattern = requirement.parameter, requirement.pattern
            bound_values = {variable: blocks(bound)[variable][0].content for variable in (name, *blocks(pattern))}
            if not any("UNDEF" in values.upper() for values in bound_values.values()):
                written = {variable: f"VALUES ?{variable} {{{values}}}" for variable, values in bound_values.items()}
                for other, (block, *_) in blocks(pattern).items():
                    pattern = pattern.replace(requirement.pattern[block.start : block.end], written[other])
                yield requirement, f"SELECT ?{name} {{ {written[name]} FILTER NOT EXISTS {{ {pattern} }} }}"

    def asks_for_a_day(self, bound: str) -> bool:
        """Return whether the question's query, with its values bound, asks for a day; see :meth:`bind`."""
        return self.time == "as-of" and "UNDEF" not in blocks(bound)["asOf"][0].content.upper()

    def defaults(self) -> dict[str, str]:
        """Return each parameter's default as the file writes it; UNDEF means "any"."""
        known = blocks(self.text)
        return {p.name: " ".join(known[p.name][0].content.split()) for p in self.parameters if p.name in known}


def find_questions(folders: Iterable[Path]) -> dict[str, Path]:
    """Find every question below ``folders``, by name; a later folder's question replaces an earlier one."""
    paths = {path.stem: path for folder in folders for path in folder.rglob("*.rq")}
    return {name: paths[name] for name in sorted(paths)}
