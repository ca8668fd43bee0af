"""The command line in French: help, usage, errors of every room, and the notes on stderr."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

import cmgraph
from cmgraph.errors import CmgraphError, reword, say, together
from cmgraph.text.i18n import phrases, words_of
from conftest import Run

SAID_WITHOUT = {"{value!r} is not a valid {number_type}."}
"""Of these French says less: click's names of kinds of number have no French."""


def places(text: str) -> set[str]:
    """Return the values that a sentence has a place for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_sentence_has_the_same_values_in_both_languages() -> None:
    sentences = {english: french for english, french in phrases().items() if "{ " not in english}
    assert len(sentences) > 600
    differing = {english for english, french in sentences.items() if places(english) != places(french)}
    assert differing == SAID_WITHOUT


@pytest.mark.gate
@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (["show", "Canadaa"], 3, "cmgraph : nom inconnu (entité) : « Canadaa »\n  Est-ce Canada?"),
        (["query", "partnrs"], 3, "question inconnue : « partnrs »\n  Est-ce partners?"),
        (["query", "partners", "-p", "actor=Nowhereland"], 3, "actor=Nowhereland : nom inconnu (acteur)"),
        (["query", "partners", "-p", "who=Japan"], 3, "n'a pas de paramètre « who »\n  Elle prend : actor, asOf"),
        (["query", "partners", "-p", "since=soon"], 2, "since=soon : ce n'est pas un jour\n  Écrivez-le ainsi"),
        (["query", "partners", "-p", "Japan"], 2, "-p Japan : un paramètre s'écrit NOM=VALEUR"),
        (["query", "-q", "SELECT ?x { ?x foo:b ?y }"], 2, "query:1:16 : préfixe inconnu : `foo:`"),
        (["query", "partners", "--timeout", "0.001"], 5, "arrêté après 0.001 s\n  Demandez moins"),
        (["queries", "show", "partners", "--values", "no"], 3, "n'a pas de paramètre « no » dont les valeurs"),
        (["search", "zzzzzzzz"], 3, "rien ne s'appelle « zzzzzzzz »\n  Essayez moins de mots"),
        (["stats", "--store", "nowhere"], 2, "nowhere : il n'y a pas de base ici\n  Faites-en une"),
        (["compare", "Canada", "Canada"], 2, "nommez deux acteurs ou plus"),
        (["path", "Canada", "Canada"], 2, "« Canada » et « Canada » sont la même chose"),
        (["network", "nothing"], 3, "projection inconnue : « nothing »"),
        (["timeline", "Canadaa"], 3, "nom inconnu"),
        (["reason", "--explain"], 2, "dites quoi expliquer"),
        (["visualise", "map", "oceans", "-o", "map.svg"], 3, "carte inconnue : « oceans »"),
        (["export"], 2, "dites où écrire"),
        (["diff", "nowhere", "."], 2, "nowhere : ce n'est ni un fichier, ni un dossier"),
        (["load"], 2, "dites où charger"),
        (["migrate", "nowhere.ttl"], 2, "nowhere.ttl : ce fichier n'existe pas\n  Vérifiez le chemin."),
        (["template", "instrumnts"], 3, "modèle inconnu : « instrumnts »\n  Est-ce instruments, "),
        (["ingest", "nowhere.csv", "-t", "instruments"], 2, "ce fichier n'existe pas"),
        (["validate", "nowhere.ttl"], 2, "ce fichier n'existe pas"),
        (["ask", "?"], 2, "il n'y a pas de question\n  Par exemple"),
        (["serve", "--public-url", "nowhere"], 2, "ce n'est pas une adresse qui finit par une barre oblique"),
        (["show"], 2, "cmgraph : Il manque l'argument 'NAME'.\n  Essayer : cmgraph show --help"),
        (["show", "--bogus", "x"], 2, "Il n'y a pas d'option '--bogus'."),
        (
            ["search", "x", "--limit", "many"],
            2,
            "Valeur non valide pour '--limit' : 'many' n'est pas un nombre permis.",
        ),
        (["shw"], 2, "commande inconnue : « shw »\n  Est-ce show?"),
        (["template", "--as-of", "2020-01-01"], 2, "Il n'y a pas d'option '--as-of'."),
        (["--as-of", "2020-01-01", "template"], 2, "cmgraph template ne prend pas --as-of\n  Laissez-la de côté"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_told_in_french(command: list[str], code: int, told: str, run: Run) -> None:
    done = run("--lang", "fr", *command)
    assert done.returncode == code
    assert told in done.stderr


@pytest.mark.gate
def test_every_problem_of_a_table_is_told_in_french(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "instruments.csv"
    table.write_text("id,name_en,class,parties,source\nx,A pact,agreement,Cannada,Gazete\ny,NA,,,\n", encoding="utf-8")
    done = run("--lang", "fr", "ingest", str(table))
    assert done.returncode == 1
    assert "problèmes; rien n'a été écrit" in done.stderr
    assert f"{table}:2 : colonne parties : « Cannada » : nom inconnu (acteur)" in done.stderr
    assert "cette colonne doit être remplie" in done.stderr


def test_a_damaged_file_is_told_in_french_with_its_place(tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.ttl").write_text("<https://e.org/a> <b> 1 .\n", encoding="utf-8")
    done = run("--lang", "fr", "validate", str(tmp_path / "bad.ttl"))
    assert done.returncode == 2
    assert "bad.ttl:1" in done.stderr and "IRI relatif sans base\n" in done.stderr
    assert "Écrivez l'IRI en entier, ou déclarez une base" in done.stderr


def test_the_language_of_the_environment_counts_too(run: Run) -> None:
    assert "commande inconnue" in run("shw", LC_ALL="fr_CA.UTF-8").stderr
    assert "unknown command" in run("shw", "--lang", "en", LC_ALL="fr_CA.UTF-8").stderr


def test_help_is_french(run: Run) -> None:
    told = run("--lang", "fr", "--help").stdout + run("ask", "--help", "--lang=fr").stdout
    assert "Emploi : cmgraph" in told and "Codes de retour : 0 bien" in told
    assert "Le texte est en anglais ou en français." in told and "Afficher ce message" in told
    assert not [word for word in ("Usage", "Show", "Format of", "Commands:") if word in told]


@pytest.mark.gate
def test_a_note_on_stderr_is_french(tmp_path: Path, run: Run) -> None:
    done = run("--lang", "fr", "network", "members", "-o", str(tmp_path / "members.csv"))
    assert "nœuds" in done.stderr and "nodes" not in done.stderr


def test_the_library_speaks_english() -> None:
    with pytest.raises(CmgraphError, match="unknown entity 'Canadaa'"):
        cmgraph.load(lang="fr").entity("Canadaa")


def test_what_is_said_within_a_sentence_is_reworded_too() -> None:
    inner = say("the query crashed: {cause}", cause=say("it is nested too deeply"))
    assert (
        reword(together((inner, "!")), words_of("fr")) == "la requête a fait tomber le moteur : elle est trop emboîtée!"
    )


def test_a_value_is_never_taken_for_a_sentence() -> None:
    assert (
        reword(say("nothing is called '{names}'", names="mineral"), words_of("fr")) == "rien ne s'appelle « mineral »"
    )
