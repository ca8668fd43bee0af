"""What a JSON-LD parser would silently leave out: invalid IRIs and languages, keys without a meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_NO_IRI = re.compile(r"""[\x00-\x20<>"{}|\\^`]""")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


class Loss(NamedTuple):
    """What a parser leaves out.

    :ivar text: the text at fault, as it stands in the file.
    :ivar fatal: False for a key without a meaning, which JSON-LD allows.
    """

    text: str
    what: str
    hint: str
    fatal: bool = True


def losses(text: str) -> Iterator[Loss]:
    """Yield what a parser leaves out of a file; nothing if it is not valid JSON, which the parser reports."""
    try:
        root = json.loads(text)
    except ValueError:
        return
    for item in root if isinstance(root, list) else [root]:
        if not isinstance(item, (dict, list)):
            shown = json.dumps(item)
            yield Loss(shown, f"{shown[:80]} stands in no object, and says nothing", "Put it under a key of an object.")
    yield from _Reading(root).losses(root, "")


class _Reading:
    """A file and the union of all its contexts: a term that is defined for a part only counts as defined."""

    def __init__(self, root: Any) -> None:
        self._terms: dict[str, Any] = {}
        self._vocabulary = self._base_off = False
        self._collect(root)

    def _collect(self, value: Any) -> None:
        for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            self._collect(part)
        if isinstance(value, dict):
            contexts = value.get("@context", ())
            for context in contexts if isinstance(contexts, list) else [contexts]:
                if isinstance(context, dict):
                    self._terms |= context
                    self._vocabulary |= context.get("@vocab") is not None
                    self._base_off |= "@base" in context and context["@base"] is None

    def _definition(self, key: str, keyword: str) -> Any:
        term = self._terms.get(key)
        return term.get(keyword) if isinstance(term, dict) else None

    def _meaning(self, key: str) -> str:
        means = self._definition(key, "@id") or self._terms.get(key)
        return means if isinstance(means, str) and means.startswith("@") else key

    def losses(self, value: Any, key: str) -> Iterator[Loss]:
        if isinstance(value, list):
            for item in value:
                yield from self.losses(item, key)
        elif isinstance(value, str) and self._definition(key, "@type") == "@id":
            yield from self._iri(value)
        elif isinstance(value, dict) and self._definition(key, "@type") != "@json":
            containers = self._definition(key, "@container") or ()
            mapped = {*([containers] if isinstance(containers, str) else containers)} - {"@set", "@list"}
            for name, part in value.items():
                if not mapped:
                    yield from self._member(name, part)
                elif "@language" not in mapped:
                    yield from self.losses(part, "")
                elif self._meaning(name) != "@none":
                    yield from self._language(name)

    def _member(self, key: str, value: Any) -> Iterator[Loss]:
        meaning = self._meaning(key)
        if meaning in ("@id", "@type"):
            for name in value if isinstance(value, list) else [value]:
                yield from self._iri(name)
        elif meaning == "@language":
            yield from self._language(value)
        elif meaning not in ("@context", "@value"):
            if not meaning.startswith("@") and ":" not in key and key not in self._terms and not self._vocabulary:
                yield Loss(key, f"'{key}' has no meaning", "Define it in the @context, or leave it out.", fatal=False)
            elif (name := self._undefined(key)) is not None:
                hint = "Write its whole IRI in the @context, or give @vocab."
                yield Loss(key, f"'{key}' is defined as '{name}', which is no IRI", hint)
            else:
                yield from self.losses(value, key)

    def _undefined(self, key: str) -> str | None:
        """Return the definition of a key in a context, if it is neither an IRI, nor short for one, nor a keyword."""
        name = self._definition(key, "@id") or self._terms.get(key)
        plain = isinstance(name, str) and not name.startswith("@") and ":" not in name and name not in self._terms
        return name if plain and not self._vocabulary else None

    def _iri(self, name: Any) -> Iterator[Loss]:
        if isinstance(name, str) and (match := _NO_IRI.search(name)):
            hint = f"Write {''.join(f'%{byte:02X}' for byte in match[0].encode())} for '{match[0]}'."
            yield Loss(name, f"'{name}' is not an IRI", hint)
        elif isinstance(name, str) and self._base_off and ":" not in name and name not in self._terms:
            yield Loss(name, f"relative IRI '{name}' without a base", "Write the whole IRI, or give @base an address.")

    def _language(self, tag: Any) -> Iterator[Loss]:
        if isinstance(tag, str) and not _LANGUAGE.fullmatch(tag):
            hint = "A language tag is made of letters and digits, eight at most between hyphens: en, en-CA."
            yield Loss(tag, f"'{tag}' is not a language tag", hint)
