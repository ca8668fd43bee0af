"""Coverage both ways: every term serves a question or a rule or says why not; every competency question is answered."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import Any

import pytest
import yaml
from pyoxigraph import NamedNode

from cmgraph.graph import Graph
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM, SKOS
from conftest import FINDS_FAULTS, ROOT

ASKED: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs/competency-questions.yaml").read_text(encoding="utf-8"))
TERMS = ROOT / "docs/terms.md"
PAGE = ROOT / "docs/competency-questions.md"


@pytest.fixture(scope="module")
def uses(bundled_graph: Graph) -> dict[str, dict[str, list[str]]]:
    """Return, for each term of ours, the questions, rules, derivations and exports that use it."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in ROOT.glob("queries/*/*.rq"):
        for name in re.findall(r"\bcm:(\w+)", re.sub(r"(?m)^#.*$", "", path.read_text(encoding="utf-8"))):
            found.setdefault(name, {}).setdefault("questions", set()).add(path.stem)
    for where, paths in {"derivations": "ontology/rules/*.rq", "exports": "src/cmgraph/store/queries/**/*.rq"}.items():
        for path in ROOT.glob(paths):
            for name in re.findall(r"\bcm:(\w+)", path.read_text(encoding="utf-8")):
                found.setdefault(name, {}).setdefault(where, set()).add(path.stem)
    for file in bundled_graph.ontology.shapes:
        for triple in file.triples:
            values = [triple.object.value] if isinstance(triple.object, NamedNode) else []
            values += [CM + name for name in re.findall(r"\bcm:(\w+)", str(triple.object)) if "sparql" in str(triple)]
            for iri in values:
                if iri.startswith(CM):
                    found.setdefault(iri.removeprefix(CM), {}).setdefault("rules", set()).add(file.path.stem)
    return {name: {where: sorted(some) for where, some in kinds.items()} for name, kinds in found.items()}


@pytest.fixture(scope="module")
def declared(bundled_graph: Graph) -> dict[str, str]:
    """Return every declared class and property, with the reason why it is reserved, if it is."""
    terms: dict[str, str] = {}
    for triple in (t for path in bundled_graph.ontology.term_files for t in RdfFile.read(path).triples):
        name = triple.subject.value.removeprefix(CM) if isinstance(triple.subject, NamedNode) else CM
        if (
            not name.startswith("http")
            and triple.predicate.value.endswith("#type")
            and "Deprecated" not in str(triple.object)
        ):
            terms.setdefault(name, "")
        if triple.predicate.value == SKOS + "editorialNote" and getattr(triple.object, "language", "") == "en":
            terms[name] = triple.object.value
    return terms


def test_every_term_is_used_or_reserved_with_a_reason(
    uses: dict[str, dict[str, list[str]]],
    declared: dict[str, str],
    bundled_graph: Graph,
    request: pytest.FixtureRequest,
) -> None:
    lines = [
        "# What each term is for",
        "",
        "Written by `pytest tests/ontology/test_terms.py --accept`. A term serves a question or a rule, or says why it",
        "is reserved; derivations and exports are shown beside.",
        "",
        "| term | questions | rules | derivations | exports | reserved |",
        "| --- | ---: | --- | --- | --- | --- |",
    ]
    for name in sorted(declared):
        kinds = uses.get(name, {})
        cells = [
            str(len(kinds.get("questions", [])) or ""),
            *(", ".join(kinds.get(k, [])) for k in ("rules", "derivations", "exports")),
        ]
        term = bundled_graph.prefixes.shorten(name if name.startswith("http") else CM + name)
        lines.append(f"| `{term}` | {' | '.join(cells)} | {declared[name]} |")
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--accept"):
        TERMS.write_text(text, encoding="utf-8")
    assert TERMS.read_text(encoding="utf-8") == text
    needed = {name for name, kinds in uses.items() if {"questions", "rules"} & kinds.keys()}
    assert sorted(name for name, reason in declared.items() if name not in needed and not reason) == []
    assert sorted(name for name, reason in declared.items() if name in needed and reason) == []
    assert set(uses) - declared.keys() == set()


def test_every_concept_is_used_or_says_why_it_is_there(bundled_graph: Graph) -> None:
    """Used by a statement, or named in a question, rule, shape or template."""
    triples = [t for path in bundled_graph.ontology.term_files for t in RdfFile.read(path).triples]
    spelt = {
        bundled_graph.prefixes.shorten(t.subject.value): t.subject.value
        for t in triples
        if isinstance(t.subject, NamedNode) and t.predicate.value == SKOS + "inScheme"
    }
    used = {t.object.value for t in bundled_graph.asserted if isinstance(t.object, NamedNode)}
    for pattern in ("queries/*/*.rq", "ontology/*/*.rq", "ontology/shapes/*.ttl"):
        for path in ROOT.glob(pattern):
            used |= {spelt[name] for name in re.findall(r"[a-z-]+:[\w-]+", path.read_text("utf-8")) if name in spelt}
    noted = {t.subject.value for t in triples if t.predicate.value == SKOS + "editorialNote"}
    assert sorted(set(spelt.values()) - used - noted) == []
    assert sorted(set(spelt.values()) & used & noted) == []


def test_every_competency_question_is_answered_or_says_why_not(
    bundled_graph: Graph, request: pytest.FixtureRequest
) -> None:
    answers = {path.name.removesuffix(".expected.csv"): path for path in (ROOT / "queries").rglob("*.expected.csv")}

    @cache
    def rows(name: str) -> int:
        with answers[name].open(encoding="utf-8", newline="") as expected:
            return sum(1 for _ in csv.reader(expected)) - 1

    lines = [
        "# What analysts ask, and what answers it",
        "",
        "Written by `pytest tests/ontology/test_terms.py --accept` from `docs/competency-questions.yaml`: each",
        "question with the saved questions that answer it and the rows they give by default, or why it cannot be",
        "answered yet.",
    ]
    for group in ASKED:
        lines += ["", f"## {group['subject']}", "", "| asked | answered by (rows) |", "| --- | --- |"]
        for one in group["asked"]:
            by = [f"`{name}` ({rows(name)})" for name in one.get("by", [])]
            assert all(rows(name) or name in FINDS_FAULTS for name in one.get("by", [])), one["ask"]
            assert bool(by) != bool(one.get("not_yet")), one["ask"]
            lines.append(f"| {one['ask']} | {', '.join(by) or 'Not yet: ' + one['not_yet']} |")
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--accept"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
    named = {name for group in ASKED for one in group["asked"] for name in one.get("by", [])}
    assert named == set(bundled_graph.questions)
