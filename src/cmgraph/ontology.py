"""The ontology's files: terms, prefixes, rules, shapes, axioms, alignments, projections and templates of tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import Prefixes, lexical

_TERMS = ("*.ttl", "modules/*.ttl", "vocabularies/*.ttl")
"""The light part, which every graph carries. Axioms, shapes, rules and alignments stay apart."""


def bundled_root() -> Path:
    """Return the folder that holds ``ontology/``, ``data/`` and ``queries/``: a checkout's, or the wheel's."""
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent
    return checkout if (checkout / "ontology/cmgraph.ttl").is_file() else package / "bundle"


def shape_files(folder: Path) -> list[Path]:
    """Return the files below a folder of shapes; one that is no RDF is among them, to be refused when it is read."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "README", "LICENSE"))
    )


@dataclass(frozen=True)
class Ontology:
    """The ontology in a folder.

    :ivar folder: holds ``prefixes.ttl``, ``modules/``, ``vocabularies/``, ``rules/``, ``shapes/`` and the rest.
    """

    folder: Path

    @cached_property
    def term_files(self) -> list[Path]:
        """The files of the terms and vocabularies."""
        paths = (path for pattern in _TERMS for path in sorted(self.folder.glob(pattern)))
        return [path for path in paths if path != self.axioms]

    @cached_property
    def prefixes(self) -> Prefixes:
        """The prefixes that the term files declare with ``sh:declare``; a file without it is not even parsed."""
        declaring = (path for path in self.term_files if b"http://www.w3.org/ns/shacl#" in path.read_bytes())
        return Prefixes.declared(triple for path in declaring for triple in RdfFile.read(path).triples)

    @property
    def axioms(self) -> Path:
        """The file of axioms that only reasoners need."""
        return self.folder / "axioms.ttl"

    @property
    def context(self) -> Path:
        """The JSON-LD context."""
        return self.folder / "context.jsonld"

    @cached_property
    def rules(self) -> dict[str, Path]:
        """The files of the inference rules, by name."""
        return {path.stem: path for path in sorted((self.folder / "rules").glob("*.rq"))}

    @cached_property
    def replaced(self) -> dict[str, str]:
        """The IRIs of terms of earlier releases, each with that of the term that replaced it."""
        file = self.folder / "deprecated.ttl"
        triples = RdfFile.read(file).triples if file.is_file() else ()
        return {lexical(t.subject): lexical(t.object) for t in triples if t.predicate.value.endswith("isReplacedBy")}

    @property
    def migrations(self) -> list[Path]:
        """The files of the updates from each release to the next, the oldest first."""
        return sorted((self.folder / "migrations").glob("*.ru"))

    @property
    def model_files(self) -> list[Path]:
        """The files of the terms and vocabularies with their axioms, without prefixes."""
        paths = [path for path in self.term_files if path.name != "prefixes.ttl"]
        return [*paths, self.axioms] if self.axioms.is_file() else paths

    @property
    def shape_files(self) -> list[Path]:
        """The files of the shapes."""
        return shape_files(self.folder / "shapes")

    @cached_property
    def shapes(self) -> list[RdfFile]:
        """The shapes, with the prefixes their SPARQL uses."""
        paths = [self.folder / "prefixes.ttl", *self.shape_files]
        return [RdfFile.read(path) for path in paths if path.is_file()]

    @property
    def alignment_files(self) -> list[Path]:
        """The files that map terms to other vocabularies."""
        return sorted((self.folder / "alignments").glob("*.ttl"))

    def alignment(self, name: str) -> Path:
        """Return the file of the CONSTRUCT that writes the graph in another vocabulary."""
        return self.folder / "alignments" / f"{name}.rq"

    @property
    def projections(self) -> Path:
        """The folder of the projections of the graph as networks."""
        return self.folder / "projections"

    @property
    def templates(self) -> Path:
        """The folder of the templates for tables."""
        return self.folder / "templates"
