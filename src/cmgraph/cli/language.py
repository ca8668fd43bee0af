"""The command line in the reader's language: what click says of itself, help, and errors."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Sequence

import click

from cmgraph.errors import CmgraphError
from cmgraph.text.i18n import COLON, in_language, paragraphs, words_of


def language_of_environment() -> str:
    """Return the language that the environment asks for."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if locale.startswith("fr") else "en"


def language_of(arguments: Sequence[str]) -> str:
    """Return the language that arguments ask for, before they are read: what is wrong with them is said in it."""
    chosen = ""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == "--":
            break
        chosen = following if word == "--lang" else word.removeprefix("--lang=") if word[:7] == "--lang=" else chosen
    return chosen if chosen in ("en", "fr") else language_of_environment()


def told(error: CmgraphError) -> str:
    """Return an error in the language of the command, as it is told there."""
    lang = language_of(sys.argv[1:])
    return f"cmgraph{COLON[lang]}{error.told(words_of(lang), COLON[lang])}"


def speak(command: click.Command, lang: str) -> None:
    """Give a command and its own commands their help in a language, and click its words."""
    if lang == "en":
        return
    words = words_of(lang)

    def dgettext(domain: str, message: str) -> str:
        return words.get(message, message)

    def dngettext(domain: str, msgid1: str, msgid2: str, n: int) -> str:
        return dgettext(domain, msgid1 if n == 1 else msgid2)

    gettext.dgettext, gettext.dngettext = dgettext, dngettext  # they read compiled files alone; click asks them
    _translate(command, lang)


def _translate(command: click.Command, lang: str) -> None:
    command.help = "\n\n".join(in_language(part, lang) for part in paragraphs(command.help or ""))
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = in_language(parameter.help, lang)
    for other in command.commands.values() if isinstance(command, click.Group) else ():
        _translate(other, lang)
