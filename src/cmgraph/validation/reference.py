"""pySHACL as the reference: slower than queries, but more complete."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pyoxigraph import Literal, NamedNode, Triple

from cmgraph.errors import CmgraphError
from cmgraph.rdf.terms import XSD, Term, from_rdflib, rdflib_graph
from cmgraph.store.sparql_lexer import refuse_unsafe_query, tokens
from cmgraph.validation.shacl_sparql import Breach
from cmgraph.validation.shapes import DEPTH, SH, Shapes


def reference(data: Iterable[Triple], shapes: Shapes, roots: Sequence[Term]) -> Iterator[Breach]:
    """Check ``data`` against some of the shapes.

    :raises CmgraphError: if a shape is beyond pySHACL too, or its SPARQL calls other servers.
    """
    import pyshacl
    import rdflib

    rules = list(shapes.triples(roots))
    for triple in rules:
        if triple.predicate.value in (SH + "select", SH + "ask") and isinstance(triple.object, Literal):
            _refuse_query(shapes, triple.subject, triple.object.value)  # type: ignore[arg-type]
    with _quiet():
        try:
            report = pyshacl.validate(
                rdflib_graph(data), shacl_graph=rdflib_graph(rules), inplace=True, max_validation_depth=DEPTH + 1
            )[1]
        except Exception as error:  # pySHACL raises whatever a shape provokes
            raise _refused(shapes, roots, error) from None
    if not isinstance(report, rdflib.Graph):
        raise _refused(shapes, roots, report)
    sh = rdflib.SH
    for result in report.objects(None, sh.result):
        terms = (
            sh.sourceConstraintComponent,
            sh.sourceShape,
            sh.focusNode,
            sh.resultPath,
            sh.value,
            sh.sourceConstraint,
        )
        component, shape, focus, path, value, source = (from_rdflib(report.value(result, term)) for term in terms)
        assert isinstance(component, NamedNode) and shape is not None and focus is not None
        own = not component.value.startswith(SH)
        name = component.value.removeprefix(SH).removesuffix("ConstraintComponent")
        constraint = "sparql" if source else component.value if own else name[0].lower() + name[1:]
        bound = {"this": focus, "path": path, "value": value}
        texts = [from_rdflib(text) for text in report.objects(result, sh.resultMessage)]
        own_messages = tuple(sorted((text for text in texts if isinstance(text, Literal)), key=str))
        known = {variable: term for variable, term in bound.items() if term is not None}
        messages = shapes.messages(shape, constraint, source, known)
        unfilled = any("{?" in text.value or "{$" in text.value for text in messages)
        yield Breach(
            shapes.severity(shape),
            component,
            shape,
            focus,
            path,
            value,
            source,
            _with_languages(own_messages, messages) if own_messages and (unfilled or own) else messages,
        )


def _with_languages(filled: Iterable[Literal], patterns: Sequence[Literal]) -> tuple[Literal, ...]:
    """Give messages the languages of the patterns they were made from, which pySHACL drops as it fills them in."""

    def tagged(text: Literal) -> Literal:
        for pattern in patterns:
            fixed = re.split(r"\{[?$]\w+\}", pattern.value)
            if pattern.language and re.fullmatch(".*".join(map(re.escape, fixed)), text.value, re.DOTALL):
                return Literal(text.value, language=pattern.language)
        return text

    return tuple(sorted(map(tagged, filled), key=str))


def _refuse_query(shapes: Shapes, source: Term, query: str) -> None:
    """Refuse a query that calls other servers, or a function that rdflib would silently evaluate as false."""
    name = f"shape {shapes.name(source)}"
    prefixes = shapes.prefixes(source)
    refuse_unsafe_query(query, name)
    words = list(tokens(query))
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        is_call = before.kind == "word" or (before.kind == "sign" and before.text not in (".", ";", "{", "}", "/", "^"))
        if word.kind in ("iri", "name") and after.text == "(" and is_call:
            prefix, _, local = word.text.partition(":")
            iri = word.text[1:-1] if word.kind == "iri" else prefixes.get(prefix, "") + local
            if not iri.startswith(XSD):
                hint = "Write out what it does, with the functions of SPARQL."
                raise CmgraphError(f"the function {word.text} is not known", where=name, hint=hint)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep rdflib from logging every ill-formed literal; the report lists them."""
    log = logging.getLogger("rdflib.term")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        log.setLevel(level)


def _refused(shapes: Shapes, roots: Sequence[Term], error: object) -> CmgraphError:
    names = ", ".join(map(shapes.name, roots[:3])) + (" …" if len(roots) > 3 else "")
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return CmgraphError(f"the reference validator cannot check it: {reason}", where=f"shape {names}")
