"""Shapes of the user's own: where they are looked for, how they are told, and which are refused by name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, RdfFormat, parse, serialize

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.validation.shapes import SH
from cmgraph.validation.validate import ENGINES, Report
from conftest import Run

PREFIXES = """
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = """
ex:north a ex:Mine ; ex:depth "deep" , 12 ; ex:grade 1.50 ; ex:crew "7"^^xsd:nonNegativeInteger .
ex:south a ex:Mine ; ex:next ex:north .
"""
DEPTH = (
    'ex:MineShape sh:targetClass ex:Mine ; sh:property [ sh:path ex:depth ; sh:minCount 1 ; sh:message "How deep?" ] .'
)
MINE = "ex:S sh:targetClass ex:Mine ;"
Check = Callable[..., Report]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that replaces the graph by two mines, and has no shapes yet."""
    (tmp_path / "ontology/shapes").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mines.ttl").write_text(PREFIXES + DATA, encoding="utf-8")
    return tmp_path


@pytest.fixture
def check(folder: Path) -> Check:
    """Return what checks the two mines against a shape."""

    def check(shape: str, engine: str = "fast") -> Report:
        (folder / "ontology/shapes/own.ttl").write_text(PREFIXES + shape, encoding="utf-8")
        return cmgraph.load(folder).validate(engine=engine)

    return check


def breaks(report: Report) -> list[tuple[str, str]]:
    """Return the rule and the last part of the focus of each finding."""
    return [(finding.rule, finding.focus.iri.rpartition("/")[2]) for finding in report.findings]


@pytest.mark.parametrize("place", ["shapes", "ontology/shapes", "data"])
@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld", "ttl.gz"])
def test_shapes_in_a_folder_count_in_every_format(folder: Path, place: str, ending: str) -> None:
    if place == "data" and ending != "ttl":
        pytest.skip("which data files are read is not a question of shapes")
    quads = list(parse(PREFIXES + DEPTH, RdfFormat.TURTLE))
    kind = RdfFormat.from_extension(ending.partition(".")[0])
    assert kind is not None
    written = serialize(quads, format=kind)
    (folder / place).mkdir(exist_ok=True)
    path = folder / place / f"own.{ending}"
    path.write_bytes(gzip.compress(written) if ending.endswith("gz") else written)
    (finding,) = cmgraph.load(folder).validate().findings
    assert (finding.focus.iri, finding.message) == ("http://example.org/south", "How deep?")


def test_a_file_among_the_shapes_that_is_no_rdf_is_refused(folder: Path) -> None:
    (folder / "shapes/more").mkdir(parents=True)
    (folder / "shapes/README.md").write_text("What these are.", encoding="utf-8")
    (folder / "shapes/more/own.ttl").write_text(PREFIXES + DEPTH, encoding="utf-8")
    assert cmgraph.load(folder).validate().findings
    (folder / "shapes/own.shacl").write_text(PREFIXES + DEPTH, encoding="utf-8")
    with pytest.raises(CmgraphError, match=r"own\.shacl"):
        cmgraph.load(folder).validate()


@pytest.mark.gate
def test_a_folder_that_extends_the_graph_has_shapes_too(tmp_path: Path, run: Run) -> None:
    (tmp_path / "shapes").mkdir()
    shape = (
        "ex:S sh:targetClass <https://w3id.org/cmgraph/def#Forum> ; sh:property [ sh:path ex:page ; sh:minCount 1 ] ."
    )
    (tmp_path / "shapes/own.ttl").write_text(PREFIXES + shape, encoding="utf-8")
    done = run("validate", "--data", str(tmp_path), "-f", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert {finding["rule"] for finding in report} == {"http://example.org/S http://example.org/page"}


def test_files_of_shapes_are_given_by_an_option_or_as_files_to_check(folder: Path, run: Run) -> None:
    shape, data = folder / "own.ttl", str(folder)
    shape.write_text(PREFIXES + DEPTH, encoding="utf-8")
    by_option = run("validate", "--data", data, "--shapes", str(shape))
    assert by_option.returncode == 1 and "How deep?" in by_option.stdout and not by_option.stderr
    among_files = run("validate", "--data", data, str(shape))
    assert among_files.stdout == by_option.stdout
    assert among_files.stderr == f"note: {shape}: data, and its shapes count too: http://example.org/MineShape\n"
    both = run("validate", "--data", data, "--shapes", str(shape), str(shape))
    assert both.stdout == by_option.stdout


def test_shapes_in_a_store_are_refused_unless_their_file_is_given(folder: Path, run: Run) -> None:
    shape = folder / "own.ttl"
    shape.write_text(PREFIXES + DEPTH.replace("ex:MineShape", "[]"), encoding="utf-8")
    assert run("load", str(shape), str(folder / "data/mines.ttl"), "--store", str(folder / "store")).returncode == 0
    alone = run("validate", "--store", str(folder / "store"))
    assert alone.returncode == 2 and "http://example.org/Mine" in alone.stderr and "--shapes" in alone.stderr
    together = run("validate", "--store", str(folder / "store"), "--shapes", str(shape))
    assert together.returncode == 1 and "http://example.org/south" in together.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_an_anonymous_shape_is_named_by_where_it_stands(check: Check, engine: str) -> None:
    assert breaks(check(DEPTH, engine)) == [("http://example.org/MineShape http://example.org/depth", "south")]
    report = check(DEPTH.replace("ex:MineShape", "[]"), engine)
    assert breaks(report) == [("[sh:targetClass http://example.org/Mine] http://example.org/depth", "south")]
    (source,) = (t.object for t in report.triples if t.predicate.value == SH + "sourceShape")
    assert isinstance(source, BlankNode)
    assert any(t.subject == source and t.predicate.value == SH + "minCount" for t in report.triples)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_severity_of_ones_own_fails_as_a_violation_does(check: Check, folder: Path, engine: str, run: Run) -> None:
    report = check(
        f"{MINE} sh:severity ex:Grave ; sh:property [ sh:path ex:depth ; sh:minCount 1 ] ; sh:class ex:X .", engine
    )
    assert {finding.severity for finding in report.findings} == {"http://example.org/Grave", "violation"}
    check(f"{MINE} sh:severity sh:Debug ; sh:class ex:X .")
    done = run("validate", "--data", str(folder))
    assert done.returncode == 1 and "2 http://www.w3.org/ns/shacl#Debug" in done.stdout


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("lang", "said"), [("en", "12 at http://example.org/north"), ("fr", "12 chez http://example.org/north")]
)
def test_a_message_is_filled_in_and_speaks_the_language_asked_for(
    check: Check, folder: Path, engine: str, lang: str, said: str
) -> None:
    check(
        f"""{MINE} sh:message "not this" ; sh:sparql [
            sh:message "{{?value}} at {{$this}}"@en , "{{?value}} chez {{$this}}"@fr ;
            sh:select "SELECT $this ?value {{ $this <http://example.org/depth> ?value FILTER(?value = 12) }}" ] ."""
    )
    (finding,) = cmgraph.load(folder, lang=lang).validate(engine=engine).findings
    assert finding.message == said


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shape_without_a_message_says_what_is_broken(check: Check, engine: str) -> None:
    (finding,) = check(f"{MINE} sh:property [ sh:path ex:depth ; sh:minCount 1 ] .", engine).findings
    assert finding.message == "This breaks sh:minCount 1"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prefix_is_the_one_that_its_constraint_names(check: Check, engine: str) -> None:
    query = 'sh:select "SELECT $this ?value { $this own:depth ?value FILTER(isNumeric(?value)) }"'
    declared = 'ex:one sh:declare [ sh:prefix "own" ; sh:namespace "http://example.org/"^^xsd:anyURI ] .'
    other = 'ex:two sh:declare [ sh:prefix "own" ; sh:namespace "http://example.com/"^^xsd:anyURI ] .'
    assert breaks(check(f"{declared} {other} {MINE} sh:sparql [ {query} ; sh:prefixes ex:one ] .", engine))
    assert not breaks(check(f"{declared} {other} {MINE} sh:sparql [ {query} ; sh:prefixes ex:two ] .", engine))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("select", "focus"),
    [
        ("{ { $this ex:depth 12 } UNION { $this ex:next ex:north } }", ["north", "south"]),
        ("{ OPTIONAL { $this ex:depth ?d } FILTER(!BOUND(?d)) }", ["south"]),
        ("{ FILTER NOT EXISTS { { $this ex:depth ?d } UNION { $this ex:grade ?d } } }", ["south"]),
        ("{ { SELECT $this { $this ex:next ?n } } }", ["south"]),
    ],
)
def test_this_is_known_in_every_group_of_a_query(check: Check, select: str, focus: list[str], engine: str) -> None:
    text = f"PREFIX ex: <http://example.org/> SELECT $this {select}"
    report = check(f'{MINE} sh:sparql [ sh:select "{text}" ] .', engine)
    assert [name for _, name in breaks(report)] == focus


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "constraint",
    [
        "sh:deactivated true ; sh:class ex:X",
        'sh:sparql [ sh:deactivated true ; sh:select "SELECT $this { $this a ?x }" ]',
    ],
)
def test_what_is_switched_off_finds_nothing(check: Check, constraint: str, engine: str) -> None:
    assert check(f"{MINE} {constraint} .", engine).findings == ()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("datatype", "right", "wrong"),
    [
        ("byte", ["-128", "7"], ["300", "x"]),
        ("nonNegativeInteger", ["0", "5"], ["-1", "1.5"]),
        ("positiveInteger", ["5"], ["0"]),
        ("double", ["1", "1.5E3", "INF", "NaN"], ["ten", "1,5"]),
        ("float", ["-2e-3"], ["2e"]),
        ("time", ["23:59:59", "08:00:00Z"], ["25:00:00"]),
        ("duration", ["P1Y2M", "PT5M"], ["one year", "P"]),
        ("dateTime", ["2024-02-29T10:00:00Z"], ["2024-02-30T10:00:00Z"]),
        ("hexBinary", ["0aFF"], ["zz"]),
    ],
)
def test_ill_typed_literals_are_found(
    check: Check, folder: Path, datatype: str, right: list[str], wrong: list[str], engine: str
) -> None:
    values = " , ".join(f'"{value}"^^xsd:{datatype}' for value in right + wrong)
    (folder / "data/mines.ttl").write_text(f"{PREFIXES} ex:north a ex:Mine ; ex:v {values} .", encoding="utf-8")
    report = check(f"{MINE} sh:property [ sh:path ex:v ; sh:datatype xsd:{datatype} ] .", engine)
    assert sorted(finding.value for finding in report.findings) == sorted(wrong)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_literal_is_checked_as_its_file_spells_it(check: Check, engine: str) -> None:
    parts = "[ sh:path ex:grade ; sh:pattern '^[0-9][.][0-9]$' ] , [ sh:path ex:crew ; sh:datatype xsd:integer ]"
    shape = f"{MINE} sh:property {parts} ."
    assert [finding.value for finding in check(shape, engine).findings] == ["7", "1.50"]
    (finding,) = check(f"{MINE} sh:property [ sh:path ex:grade ; sh:maxInclusive 1 ] .", engine).findings
    assert finding.value == "1.50"


def test_many_values_are_counted_in_a_moment(check: Check, folder: Path) -> None:
    several = " , ".join(f"ex:v{n}" for n in range(200))
    (folder / "data/mines.ttl").write_text(f"{PREFIXES} ex:north a ex:Mine ; ex:v {several} .", encoding="utf-8")
    assert not check(f"{MINE} sh:property [ sh:path ex:v ; sh:maxCount 200 ; sh:minCount 200 ] .").findings
    inner = "sh:node [ sh:property [ sh:path ex:v ; sh:maxCount 199 ] ]"
    assert breaks(check(f"{MINE} {inner} .")) == [("http://example.org/S", "north")]


@pytest.mark.parametrize(
    ("constraint", "reason"),
    [
        ("sh:property [ sh:path ex:depth ; sh:pattern '^(?!d)' ]", "the pattern"),
        ("sh:property [ sh:path ex:crew ; sh:datatype xsd:long ]", "sh:datatype"),
        ("sh:property [ sh:path ex:next ; sh:closed true ]", "sh:closed"),
        ('sh:sparql [ sh:select "SELECT $this { $this a ?x } LIMIT 1" ]', "LIMIT"),
    ],
)
def test_what_queries_cannot_tell_goes_to_the_reference_with_a_note(check: Check, constraint: str, reason: str) -> None:
    report = check(f"{MINE} {constraint} . ex:Other sh:targetClass ex:Mine ; sh:nodeKind sh:IRI .")
    (note,) = report.notes
    assert note.startswith("shape http://example.org/S is checked by pySHACL: ") and reason in note
    assert report.findings


def test_an_import_that_is_not_read_is_told(check: Check) -> None:
    report = check(f"<http://example.org/o> owl:imports <http://example.org/more> . {DEPTH}")
    assert any("<http://example.org/more>" in note for note in report.notes)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("ex:S a sh:NodeShape ; sh:class ex:X .", "no target"),
        ("ex:S sh:path ex:p ; sh:minCount 1 .", "no target"),
        (f"{MINE} sh:property [ sh:path ex:p ; sh:minCont 2 ] .", r"sh:minCont is not supported\n.*sh:minCount"),
        (f"{MINE} sh:js [ ] .", "sh:js is not supported"),
        (f"{MINE} sh:rule [ ] .", "sh:rule is not supported"),
        ('ex:S sh:target [ sh:select "SELECT ?this { ?this a ?x }" ] ; sh:class ex:X .', "sh:target is not supported"),
        (f"{MINE} sh:property [ sh:path ex:next ; sh:node ex:S ] .", "leads back to itself"),
        (f"{MINE} sh:not [ sh:and ( [ sh:class ex:X ] ex:S ) ] .", "leads back to itself"),
        (f"{MINE} sh:in ex:list .", "sh:in takes a list"),
        (f"{MINE} sh:or 5 .", "sh:or takes a list"),
        (f"{MINE} sh:and ( ex:nothing ) .", "described here"),
        (f"{MINE} sh:property ex:nothing .", "described here"),
        (f"{MINE} sh:nodeKind ex:Foo .", "sh:nodeKind takes"),
        (f'{MINE} sh:property [ sh:path ex:p ; sh:minCount "x" ] .', 'a whole number, 0 or more, not "x"'),
        (f"{MINE} sh:property [ sh:path ex:p ; sh:minCount 1 , 2 ] .", "sh:minCount 2 times"),
        (f"{MINE} sh:property [ sh:path [ ex:bad ex:p ] ; sh:minCount 1 ] .", "sh:path takes"),
        (f"{MINE} sh:minCount 1 .", "needs sh:path"),
        (f"{MINE} a sh:NodeShape ; sh:path ex:p .", "a node shape has no sh:path"),
        (f"{MINE} a sh:PropertyShape ; sh:class ex:X .", "needs sh:path"),
        (f'{MINE} sh:sparql [ sh:ask "ASK {{}}" ] .', "one sh:select"),
        (f'{MINE} sh:sparql [ sh:select "SELECT $this {{ MINUS {{ $this a ?x }} }}" ] .', "MINUS|SELECT"),
        (f'{MINE} sh:sparql [ sh:select "SELECT $this {{ SERVICE <http://x/> {{ }} }}" ] .', "SERVICE"),
        (f'{MINE} sh:sparql [ sh:select "SELECT $this {{ FILTER(<http://x/f>($this)) }}" ] .', "function <http://x/f>"),
        (f'{MINE} sh:property [ sh:path ex:depth ; sh:pattern "(" ] .', "unterminated"),
    ],
)
def test_what_nobody_can_check_is_refused_by_name(check: Check, shape: str, said: str, engine: str) -> None:
    with pytest.raises(CmgraphError, match=said) as refused:
        check(shape, engine)
    assert "http://example.org/S" in str(refused.value)


def test_a_time_limit_holds(folder: Path, run: Run) -> None:
    (folder / "ontology/shapes/own.ttl").write_text(PREFIXES + DEPTH, encoding="utf-8")
    assert run("validate", "--data", str(folder), "--timeout", "60").returncode == 1
    assert run("validate", "--timeout", "0.01").returncode == 5
