"""Templates: what the columns of a table contain, and the statements that a row makes.

A template is a SPARQL CONSTRUCT whose ``#+`` header names the columns. Each column has a ``VALUES ?column { UNDEF }``
block; the cells of a row go there as terms. An empty cell leaves its variable unbound, so that statements which need
it are not made. Slugs of new things are made from their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cmgraph.names import normalize_name
from cmgraph.questions.header import Parameter, by_language, header_error, read_header, word
from cmgraph.store.values import blocks


@dataclass(frozen=True)
class TableColumn(Parameter):
    """One column of a table.

    :ivar required: whether every row must fill it.
    :ivar split: what separates several values in a cell; empty if a cell holds one.
    :ivar header: the publisher's own heading, where it is not the column's name.
    :ivar prefix: prefix of the IRIs of what it names, for instance ``agent``, so that a bare slug will do.
    :ivar new: whether a thing unknown so far may be minted there.
    :ivar names: the column whose text names the thing this column mints, if this one is left empty.
    :ivar blank: cells that mean "nothing", besides the empty one.
    """

    required: bool = False
    split: str = ""
    header: str = ""
    prefix: str = ""
    new: bool = False
    names: str = ""
    blank: tuple[str, ...] = ()
    help: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Template:
    """What a row of a table means. Texts for people are keyed by language tag.

    :ivar describes: the column with the thing that a row describes; empty if rows are statements about others.
    :ivar others: whether the table may have columns that the template does not use, as a publisher's file does.
    :ivar silent: whether a row may produce no statements, as the totals and notes in a publisher's file do.
    :ivar text: the CONSTRUCT itself.
    """

    name: str
    path: Path
    title: Mapping[str, str]
    about: Mapping[str, str]
    columns: tuple[TableColumn, ...]
    describes: str
    others: bool
    silent: bool
    text: str

    @classmethod
    def read(cls, path: Path) -> Template:
        """Read a template.

        :raises CmgraphError: if its head lacks something, or a column has no VALUES block.
        """
        text, header = read_header(path)
        try:
            columns = tuple(
                TableColumn(
                    name=word(c["name"]),
                    type=word(c["type"]),
                    of=c.get("of", ""),
                    label=by_language(c.get("label", {})),
                    required=c.get("required", False),
                    split=c.get("split", ""),
                    header=c.get("header", ""),
                    prefix=c.get("prefix", ""),
                    new=c.get("new", False),
                    names=c.get("names", ""),
                    blank=tuple(c.get("blank", ())),
                    help=by_language(c.get("help", {})),
                )
                for c in header["columns"]
            )
            if lacking := [c.name for c in columns if c.name not in blocks(text)]:
                raise KeyError(f"no VALUES ?{lacking[0]} {{ UNDEF }}")
            return cls(
                name=path.stem,
                path=path,
                title=by_language(header["title"]),
                about=by_language(header["about"]),
                columns=columns,
                describes=header.get("describes", ""),
                others=header.get("others", False),
                silent=header.get("silent", False),
                text=text,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise header_error(path, error) from None


def slug(text: str) -> str:
    """Make the last part of an IRI from a name: ASCII, lower case, words joined by hyphens."""
    return "-".join(normalize_name(text).encode("ascii", "ignore").decode().split())
