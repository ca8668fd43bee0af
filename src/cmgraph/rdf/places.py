"""The line and column of a thing in a file, as the parser itself understands the file.

The file is read once more with every IRI and blank node replaced by one that spells its own line and column. The same
parser gives the same statements in the same order, so each can be laid beside its counterpart: prefixes, bases,
escapes, comments and contexts are never interpreted here.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from cmgraph.rdf.turtle_tokens import Token, tokens

_MARK = "x-cmgraph-place:"
_IS = NamedNode(_MARK + "is")
"""The property that gives the place of a blank node."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


class Place(NamedTuple):
    """A line and a column, counted from 1."""

    line: int
    column: int


@dataclass
class Places:
    """The places where each thing is first a subject, and where it is first mentioned otherwise."""

    subjects: dict[NamedNode | BlankNode, Place] = field(default_factory=dict)
    mentions: dict[NamedNode | BlankNode, Place] = field(default_factory=dict)


class _Misread(Exception):
    """A file with places written into it has other statements than the file itself."""


def find_places(text: str, form: RdfFormat, triples: Sequence[Triple], base: str | None) -> Places:
    """Find the places of the terms of ``triples``.

    :param text: the file that they were read from.
    :param base: what its relative IRIs were resolved against.
    :returns: what is certain; nothing, if the file cannot be followed.
    """
    for marked in _attempts(text, form):
        try:
            return _lay_beside(triples, marked, form, base)
        except (_Misread, SyntaxError, ValueError, MemoryError):
            continue
    return Places()


def _attempts(text: str, form: RdfFormat) -> Iterator[str]:
    """Yield the file with places written into it, in every way that may work, the most precise first."""
    if form == RdfFormat.RDF_XML:
        yield _mark_xml(text)
    elif form == RdfFormat.JSON_LD:
        yield _mark_json(text, name_all=True)
        yield _mark_json(text, name_all=False)
    else:
        yield _mark_turtle(text, name_all=True)
        yield _mark_turtle(text, name_all=False)


def _lay_beside(triples: Sequence[Triple], marked: str, form: RdfFormat, base: str | None) -> Places:
    marks = [quad.triple for quad in parse(marked, format=form, base_iri=base)]
    named = {mark.subject: mark.object for mark in marks if mark.predicate == _IS}
    marks = [mark for mark in marks if mark.predicate != _IS]
    if len(marks) != len(triples):
        raise _Misread
    places, holders = Places(), dict[BlankNode, NamedNode | BlankNode]()
    for triple, mark in zip(triples, marks, strict=True):
        _compare(triple, mark, named, places)
        if isinstance(triple.object, BlankNode) and isinstance(triple.subject, (NamedNode, BlankNode)):
            holders.setdefault(triple.object, triple.subject)
    for triple, mark in zip(triples, marks, strict=True):
        node = triple.subject
        if isinstance(node, BlankNode) and node not in places.subjects:
            place = _place_of_holder(node, holders, places) or _place(mark.predicate)
            if place is not None:
                places.subjects[node] = place
    for triple in triples:
        place = places.subjects.get(triple.subject)  # type: ignore[arg-type]
        for term in (triple.predicate, triple.object):
            if place is not None and isinstance(term, (NamedNode, BlankNode)):
                places.mentions.setdefault(term, place)
    return places


def _place_of_holder(node: BlankNode, holders: dict[BlankNode, NamedNode | BlankNode], places: Places) -> Place | None:
    """Return the place of the thing within which a blank node without a label or bracket of its own is written."""
    holder, steps = holders.get(node), 0
    while holder is not None and holder not in places.subjects and steps < len(holders):
        holder, steps = holders.get(holder) if isinstance(holder, BlankNode) else None, steps + 1
    return places.subjects.get(holder) if holder is not None else None


def _compare(triple: Triple, mark: Triple, named: dict[Any, Any], places: Places, *, quoted: bool = False) -> None:
    """Record the places that ``mark`` gives for the terms of ``triple``."""
    subjects = places.mentions if quoted else places.subjects
    for places_of, term, marked in zip((subjects, places.mentions, places.mentions), triple, mark, strict=True):
        if isinstance(term, Triple) and isinstance(marked, Triple):
            _compare(term, marked, named, places, quoted=True)
        elif isinstance(term, (NamedNode, BlankNode)) and (place := _place(named.get(marked, marked))):
            places_of.setdefault(term, place)
        elif term != marked and not (_may_differ(term) and _may_differ(marked)):
            raise _Misread


def _may_differ(term: object) -> bool:
    """Return whether a term is read otherwise each time: a node without a name, or XML, whose spelling may change."""
    return isinstance(term, BlankNode) or (isinstance(term, Literal) and term.datatype.value == _RDF + "XMLLiteral")


def _mark(place: Place) -> str:
    return f"{_MARK}{place.line}.{place.column}"


def _place(term: object) -> Place | None:
    if isinstance(term, NamedNode) and (match := re.fullmatch(rf"{_MARK}(\d+)\.(\d+)", term.value)):
        return Place(int(match[1]), int(match[2]))
    return None


def _placer(text: str) -> Callable[[int], Place]:
    """Return a function from an offset to its line and column; lines end with LF, CR LF or CR."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]

    def place(offset: int) -> Place:
        line = bisect_right(starts, offset)
        return Place(line, offset - starts[line - 1] + 1)

    return place


def _mark_turtle(text: str, *, name_all: bool) -> str:
    """Write places into Turtle, TriG, N-Triples or N-Quads.

    :param name_all: tell the places of bracketed nodes too.
    """
    place, words = _placer(text), list(tokens(text))
    parts, done, directive = list[str](), 0, False
    for index, word in enumerate(words):
        before, after = words[index - 1] if index else Token("", "", 0), words[index + 1 : index + 2]
        new, end = "", word.start + len(word.text)
        if word.text.lower() in ("@prefix", "@base", "prefix", "base") and before.kind != "string":
            directive = True
        elif directive:
            directive = word.kind != "iri"
        elif word.kind in ("iri", "name", "blank") and before.text != "^^":
            new = f"<{_mark(place(word.start))}>"
        elif name_all and word.text == "[" and word.kind == "sign" and after:
            if after[0].text == "]":
                new, end = f"<{_mark(place(word.start))}>", after[0].start + 1
            else:
                new = f"[ <{_IS.value}> <{_mark(place(word.start))}> ; "
        if new:
            parts += [text[done : word.start], new, " "]
            done = end
    return "".join([*parts, text[done:]])


class _XmlMarker:
    """Writes RDF/XML anew with places in the attributes that name things, entities written out."""

    def __init__(self) -> None:
        from xml.parsers import expat

        self.parts: list[str] = []
        self._spaces: list[dict[str, str]] = [{}]
        self._within = ["property"]  # what may be inside the open elements: "node", "property", "literal"
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._enter
        self._parser.EndElementHandler = self._leave
        self._parser.CharacterDataHandler = lambda data: self.parts.append(_escaped(data))

    def write(self, text: str) -> str:
        self._parser.Parse(text.encode(), True)
        return "".join(self.parts)

    def _enter(self, name: str, flat: list[str]) -> None:
        attributes = dict(zip(flat[::2], flat[1::2], strict=True))
        spaces = self._spaces[-1] | {
            key.removeprefix("xmlns").removeprefix(":"): value
            for key, value in attributes.items()
            if key == "xmlns" or key.startswith("xmlns:")
        }
        rdf = {key: self._rdf_name(key, spaces) for key in attributes}
        outer, inner = self._within[-1], "literal"
        at = _mark(Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1))
        if outer == "property" and len(self._within) == 1 and self._rdf_name(name, spaces) == "RDF":
            inner = "property"
        elif outer == "property":
            inner = "node"
            attributes = {key: value for key, value in attributes.items() if rdf[key] not in ("about", "ID", "nodeID")}
            attributes |= {"xmlns:x-place": _RDF, "x-place:about": at}
        elif outer == "node":
            form = next((attributes[key] for key, local in rdf.items() if local == "parseType"), "")
            inner = {"": "property", "Collection": "property", "Triple": "property", "Resource": "node"}.get(
                form, "literal"
            )
            named = [key for key, local in rdf.items() if local in ("resource", "nodeID")]
            for key in named:
                del attributes[key]
            attributes |= {"xmlns:x-place": _RDF, "x-place:resource": at} if named else {}
        self._spaces.append(spaces)
        self._within.append(inner)
        self.parts.append(f"<{name}{''.join(f' {key}={_quoted(value)}' for key, value in attributes.items())}>")

    def _leave(self, name: str) -> None:
        self._spaces.pop()
        self._within.pop()
        self.parts.append(f"</{name}>")

    def _rdf_name(self, name: str, spaces: dict[str, str]) -> str:
        """Return the local name, if a name is one of RDF's."""
        prefix, _, local = name.rpartition(":")
        return local if spaces.get(prefix) == _RDF else ""


def _mark_xml(text: str) -> str:
    return _XmlMarker().write(text)


_SPACES = {ord(space): f"&#{ord(space)};" for space in "\r\n\t"}
"""What XML would read as a plain space in an attribute."""


def _escaped(data: str) -> str:
    return escape(data, quote=False).replace("\r", "&#13;")


def _quoted(value: str) -> str:
    return f'"{escape(value).translate(_SPACES)}"'


class _Json(NamedTuple):
    """A value of JSON with where it starts and ends.

    :ivar members: what an object holds; None for anything else.
    :ivar items: what an array holds.
    :ivar scalar: a text, number, truth or None.
    """

    start: int
    end: int
    members: list[_Member] | None = None
    items: list[_Json] | None = None
    scalar: Any = None


class _Member(NamedTuple):
    key: str
    start: int
    value: _Json


_JSON = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


def _parse_json(text: str) -> _Json:
    """Parse JSON that is known to be valid, and record the place of each value."""
    words = _JSON.finditer(text)

    def value(first: re.Match[str]) -> _Json:
        if first[0] == "{":
            members, word = list[_Member](), next(words)
            while word[0] != "}":
                if word[0] == ",":
                    word = next(words)
                key = word
                next(words)  # the colon
                members.append(_Member(json.loads(key[0]), key.start(), value(next(words))))
                word = next(words)
            return _Json(first.start(), word.end(), members=members)
        if first[0] == "[":
            items, word = list[_Json](), next(words)
            while word[0] != "]":
                items.append(value(next(words) if word[0] == "," else word))
                word = next(words)
            return _Json(first.start(), word.end(), items=items)
        return _Json(first.start(), first.end(), scalar=json.loads(first[0]))

    return value(next(words))


def _objects(value: _Json, key: str = "") -> Iterator[tuple[str, list[_Member]]]:
    """Yield each object within a value, with the key that it stands under."""
    for item in value.items or ():
        yield from _objects(item, key)
    if value.members is not None:
        yield key, value.members
        for member in value.members:
            yield from _objects(member.value, member.key)


class _Context:
    """The definitions of keys in all contexts of a file together.

    :ivar maps: keys under which an object is no node, but leads to nodes or texts by keys of its own.
    :ivar literal: keys whose values are taken as they are.
    """

    def __init__(self, root: _Json) -> None:
        self._aliases: dict[str, str] = {}
        self.maps, self.literal = {"@reverse", "@nest"}, {"@context"}
        for term in (term for key, terms in _objects(root) if key == "@context" for term in terms):
            definition = {member.key: member.value for member in term.value.members or ()}
            means = definition["@id"].scalar if "@id" in definition else term.value.scalar
            if isinstance(means, str) and means.startswith("@"):
                self._aliases[term.key] = means
            container = definition.get("@container")
            if container and {item.scalar for item in container.items or [container]} - {"@set", "@list"}:
                self.maps.add(term.key)
            if "@type" in definition and definition["@type"].scalar == "@json":
                self.literal.add(term.key)
        self.maps |= {key for key, means in self._aliases.items() if means in self.maps}

    def meaning(self, key: str) -> str:
        """Return the keyword that a key stands for, or else the key."""
        return self._aliases.get(key, key)


def _mark_json(text: str, *, name_all: bool) -> str:
    """Write places into JSON-LD.

    :param name_all: name nodes that have no name too.
    """
    place, root = _placer(text), _parse_json(text)
    context = _Context(root)
    edits: list[tuple[int, int, str]] = []

    def walk(value: _Json, key: str) -> None:
        for item in value.items or ():
            walk(item, key)
        if value.members is None or key in context.literal:
            return
        members = {context.meaning(member.key): member for member in value.members}
        name = members.get("@id")
        if name is not None and isinstance(name.value.scalar, str):
            edits.append((name.value.start, name.value.end, f'"{_mark(place(name.start))}"'))
        elif name_all and key not in context.maps and not members.keys() & {"@value", "@list", "@set", "@graph"}:
            comma = ", " if members else ""
            edits.append((value.start + 1, value.start + 1, f'"@id": "{_mark(place(value.start))}"{comma}'))
        if "@value" not in members:
            for member in value.members:
                walk(member.value, member.key)

    walk(root, "")
    parts, done = [], 0
    for start, end, new in sorted(edits):
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])


def line_with(text: str, form: RdfFormat, value: str) -> Place | None:
    """Return the place where XML or JSON first has ``value`` as an attribute or a text by itself."""
    quoted = re.escape(_escaped(value) if form == RdfFormat.RDF_XML else json.dumps(value, ensure_ascii=False)[1:-1])
    match = re.search(rf"""["']{quoted}["']""", text)
    return _placer(text)(match.start()) if match else None
