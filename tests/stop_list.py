"""Words of the model, which mean nothing to a person who asks."""

from __future__ import annotations

import html
import re

_WORDS = (
    "bindingness|claim status(?:es)?|end states?|engag(?:ed|ing) agent|estimate status(?:es)?|membership coverage",
    "roster|scope|supports of|NamedIndividual|prefLabel",
    "acteur (?:mobilisateur|sollicité)|couverture des membres|états? fina(?:l|ux)|portée",
    "statuts? (?:d'|de l')affirmation|statuts? d'estimation",
    r"(?:cite|cm|dcterms|obs|owl|prov|rdfs?|record|rel|sh|skos):\w[\w-]*",
)
_STOPPED = re.compile(rf"(?<![\w/.-])(?:{'|'.join(_WORDS)})(?![\w-]|:\w)", re.IGNORECASE)

_UNREAD = re.compile(r"<(script|style|pre|code|head|metadata)\b.*?</\1>", re.DOTALL)
"""What no person reads on a page or in a picture: programs, queries, descriptions for machines."""

_AS_DATA = re.compile(r'<h2 id="data">.*?(?=<h2|</main>|$)', re.DOTALL)


def words_of_the_model(text: str) -> list[str]:
    """Return each word of the model that stands in a text for people."""
    return _STOPPED.findall(re.sub(r"https?://\S*", "", text))


def as_read(page: str) -> str:
    """Return what a person reads of a page or picture; the part "As data" names things as programs do."""
    return html.unescape(re.sub("<[^>]*>", " ", _UNREAD.sub(" ", _AS_DATA.sub(" ", page))))
