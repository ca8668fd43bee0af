"""Tables in, graph out: what a person with a spreadsheet meets."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest
import yaml

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from cmgraph.questions.header import TYPES
from cmgraph.rdf.files import RdfFile
from cmgraph.rdf.terms import CM
from cmgraph.tables.ingest import TableErrors, ingest
from cmgraph.tables.library import find_template, template_files
from cmgraph.tables.template import Template
from conftest import ROOT, Run

TAKEN = yaml.safe_load((ROOT / "data/tables.yaml").read_text(encoding="utf-8"))
TABLES = sorted((ROOT / "data").rglob("*.csv"))

SOURCES = (
    "id,title,publisher,url,unstated,tier,checked\n"
    "narnia-gazette,Gazette,Crown of Narnia,https://example.org/g,publication-date,official,2026-01-02\n"
)
AGREEMENTS = (
    "name_en,class,kind,parties,date,act,themes,themes_basis,minerals,source,locator,checked\n"
    "Test pact one,agreement,memorandum of understanding,Canada;Japan,2025-03,signed,stockpiling,text or official page,"
    "lithium,Gazette,p. 3,2026-01-02\n"
    "Test pact two,agreement,joint statement,CA;Indonésie,2025,issued,,,,narnia-gazette,,\n"
    "Test pact three,policy instrument,strategy,,2024-12-31,adopted,trade,press or secondary source,,narnia-gazette,,\n"
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, international_folder: Path) -> Path:
    """Return a folder laid out as data, with a source and three agreements that exist only in these tests."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copytree(international_folder, folder, symlinks=True, dirs_exist_ok=True)
    for name in ("instruments", "instrument-links", "memberships", "observations"):
        (folder / f"data/international/{name}.ttl").unlink()
    (folder / "data/sources.csv").write_text(SOURCES)
    (folder / "data/instruments.csv").write_text(AGREEMENTS)
    ingest(folder / "data/sources.csv", data=folder, create=True)
    return folder


@pytest.fixture
def folder(tmp_path: Path, prepared: Path) -> Path:
    """Return a scratch copy of the prepared folder."""
    shutil.copytree(prepared, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.gate
def test_a_spreadsheet_becomes_cited_answers_beside_the_bundled_data(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "data").mkdir()
    (folder / "data/sources.csv").write_text(SOURCES)
    (folder / "data/instruments.csv").write_text(AGREEMENTS)
    ingest(folder / "data/sources.csv", data=folder, create=True)
    done = ingest(folder / "data/instruments.csv", data=folder, create=True)
    assert done.rows == 3 and len(done.created) == 3
    graph = cmgraph.load(folder)
    assert graph.validate().findings == ()
    rows = {
        str(r["via"]): r
        for r in graph.query("partners", actor="Japan").to_dicts()
        if str(r["partner"]) == "Government of Canada"
    }
    assert rows["Test pact one"]["date"] == "2025-03"
    assert [(c.title, c.locator) for c in rows["Test pact one"]["citations"]] == [("Gazette", "p. 3")]
    assert "Canada-Japan Memorandum of Cooperation on battery supply chains" in rows


@pytest.mark.gate
def test_the_same_table_changes_nothing_and_a_changed_one_says_what(folder: Path) -> None:
    table, turtle = folder / "data/instruments.csv", folder / "data/instruments.ttl"
    ingest(table, data=folder, create=True)
    before = turtle.read_bytes()
    assert ingest(table, data=folder, create=True).changes == ()
    assert turtle.read_bytes() == before
    lines = AGREEMENTS.splitlines(keepends=True)
    table.write_text("".join([*lines[:2], lines[2].replace("2025,issued", "2026,issued")]))
    changes = ingest(table, data=folder, create=True).changes
    assert {(c.how, c.kind) for c in changes} >= {
        ("removed", "policy instrument"),
        ("added", "dated act"),
        ("removed", "dated act"),
    }
    assert any(c.how == "removed" and c.thing.label == "Test pact three" for c in changes)


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    done = ingest(folder / "data/instruments.csv", data=folder, create=True, dry_run=True)
    assert done.changes and not (folder / "data/instruments.ttl").exists()


@pytest.mark.gate
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("parties", "Cannada;Japan", "column parties: 'Cannada': unknown actor 'Cannada'. Did you mean Canada"),
        ("kind", "memo", "column kind: 'memo': unknown instrument type 'memo'."),
        ("class", "agreements", "column class: 'agreements': unknown kind 'agreements'. Did you mean agreement"),
        ("date", "last spring", "column date: 'last spring': not a date. Write 2020, 2020-01 or 2020-01-09"),
        ("date", "2025-13", "column date: '2025-13': not a date."),
        ("act", "signd", "column act: 'signd': unknown act 'signd'. Did you mean signed"),
        ("themes", "stockpile", "column themes: 'stockpile': unknown theme 'stockpile'."),
        ("minerals", "unobtainium", "column minerals: 'unobtainium': unknown mineral 'unobtainium'."),
        ("source", "", "column source: this column must be filled."),
        ("source", "Gazete", "column source: 'Gazete': unknown source 'Gazete'. Did you mean Gazette"),
        ("checked", "2 January", "column checked: '2 January': not a day. Write it as 2020-01-09."),
        ("name_en", "", "column id: the row does not say which thing it describes. Fill name_en."),
        ("name_en", "Bad\x07bell", "column name_en: 'Bad\x07bell': there is a control character, U+0007."),
        ("themes_basis", "unknown", "column themes_basis: 'unknown': unknown basis 'unknown'."),
    ],
)
def test_a_mistake_in_a_column_names_row_column_value_and_remedy(
    folder: Path, column: str, value: str, said: str
) -> None:
    table = folder / "data/instruments.csv"
    rows = list(csv.DictReader(AGREEMENTS.splitlines()))
    rows[0][column] = value
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(TableErrors) as error:
        ingest(table, data=folder, create=column != "parties")
    assert f"{table}:2: {said}" in str(error.value)
    assert not (folder / "data/instruments.ttl").exists()


def test_all_problems_are_told_at_once_and_the_old_file_stays(folder: Path, run: Run) -> None:
    table, turtle = folder / "data/instruments.csv", folder / "data/instruments.ttl"
    ingest(table, data=folder, create=True)
    before = turtle.read_bytes()
    table.write_text(AGREEMENTS.replace("CA;Indonésie", "Atlantis;Indonésie").replace("2024-12-31", "31/12/2024"))
    done = run("ingest", str(table), "--data", str(folder))
    assert done.returncode == 1 and done.stdout == ""
    assert f"{table}:3: column parties: 'Atlantis'" in done.stderr and f"{table}:4: column date" in done.stderr
    assert "nothing was written" in done.stderr and "Traceback" not in done.stderr
    assert turtle.read_bytes() == before


@pytest.mark.gate
def test_a_new_thing_needs_saying_so(folder: Path) -> None:
    with pytest.raises(TableErrors, match="Add new things with --create"):
        ingest(folder / "data/instruments.csv", data=folder)
    (folder / "data/instruments.csv").write_text(AGREEMENTS.replace("CA;Indonésie", "CA;Atlantis"))
    with pytest.raises(TableErrors, match=r"unknown actor 'Atlantis'\. .*Add it as new with --create parties"):
        ingest(folder / "data/instruments.csv", data=folder, create=True)
    done = ingest(folder / "data/instruments.csv", data=folder, create=["id", "parties"])
    assert "https://w3id.org/cmgraph/id/agent/atlantis" in done.created
    entity = cmgraph.load(folder).entity("Atlantis")
    assert entity.kind == "agent" and [c.title for c in entity.citations] == ["Gazette"]


@pytest.mark.gate
def test_an_ambiguous_name_lists_its_meanings(folder: Path) -> None:
    twins = "id,name_en,class,source\ntwin-a,The Twin,forum,Gazette\ntwin-b,The Twin,forum,Gazette\n"
    (folder / "data/bodies.csv").write_text(twins)
    ingest(folder / "data/bodies.csv", data=folder, create=True)
    (folder / "data/instruments.csv").write_text(AGREEMENTS.replace("CA;Indonésie", "CA;The Twin"))
    with pytest.raises(TableErrors, match=r"'The Twin' is ambiguous.*agent:twin-a, agent:twin-b"):
        ingest(folder / "data/instruments.csv", data=folder, create=True)


def test_what_shapes_refuse_is_told_by_row(folder: Path) -> None:
    links = "from,relation,to,source\nCMMP,builds on,CMMP,Gazette\n"
    (folder / "data/instrument-links.csv").write_text(links)
    with pytest.raises(TableErrors, match=r"instrument-links.csv:2: .*K4"):
        ingest(folder / "data/instrument-links.csv", data=folder)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("encoding", "separator", "ending"),
    [("utf-8", ",", ".csv"), ("utf-8-sig", ";", ".csv"), ("cp1252", ",", ".csv"), ("utf-8", "\t", ".tsv")],
)
def test_encodings_and_separators_are_told_apart(folder: Path, encoding: str, separator: str, ending: str) -> None:
    table = folder / f"data/bodies{ending}"
    text = "name_en§class§name_fr§source\nForum of Tests§forum§Forum d’épreuves « têtu »§Gazette\n"
    table.write_bytes(text.replace("§", separator).encode(encoding))
    done = ingest(table, data=folder, create=True)
    assert done.encoding == ("cp1252" if encoding == "cp1252" else "utf-8-sig")
    assert ("Forum d’épreuves « têtu »", "fr") in cmgraph.load(folder).entity("Forum of Tests").names


@pytest.mark.gate
def test_a_workbook_offers_choices_and_comes_back(folder: Path, run: Run) -> None:
    book_path = folder / "data/bodies.xlsx"
    assert run("template", "bodies", "-o", str(book_path)).returncode == 0
    book = openpyxl.load_workbook(book_path)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    rules = {str(rule.sqref).partition("3:")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    letter = openpyxl.utils.get_column_letter(header.index("kind") + 1)
    assert rules[letter].startswith(f"lists!${letter}$1")
    assert str(sheet.cell(2, 1).value).startswith("# ")
    row = {"name_en": "Forum of Tests", "class": "forum", "kind": "dialogue", "founded": 2019, "source": "Gazette"}
    sheet.append([row.get(name) for name in header])
    book.save(book_path)
    assert ingest(book_path, data=folder, create=True).rows == 1
    facts = {str(p): str(v) for p, v in cmgraph.load(folder).entity("Forum of Tests").facts}
    assert facts["founding date"] == "2019" and facts["kind of body"] == "dialogue"


@pytest.mark.gate
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("nme_en,class,source", "the template has no column 'nme_en'. Did you mean name_en"),
        ("name_en,class", "column 'source' is missing"),
        ("name_en,class,class,source", "column 'class' is there twice"),
    ],
)
def test_a_header_that_does_not_fit_says_how(tmp_path: Path, header: str, said: str) -> None:
    table = tmp_path / "bodies.csv"
    table.write_text(header + "\n")
    with pytest.raises(CmgraphError, match="header does not fit") as error:
        ingest(table)
    assert said in str(error.value)


@pytest.mark.gate
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bodies.csv", b"", "the table is empty"),
        ("bodies.csv", b"\x81\x8d\x8f", "neither UTF-8 nor Windows-1252"),
        ("bodies.xlsx", b"no workbook", "not a workbook"),
        ("bodies.doc", b"x", "unknown table format"),
        ("bodys.csv", b"x\n", "unknown template 'bodys'"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_line(
    tmp_path: Path, run: Run, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("ingest", str(tmp_path / name))
    assert done.returncode in (2, 3) and said in done.stderr and "Traceback" not in done.stderr


def test_a_template_that_lacks_a_block_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.rq"
    path.write_text(
        "#+ title: { en: T }\n#+ about: { en: T }\n#+ columns:\n#+   - { name: x, type: text }\n"
        "CONSTRUCT { ?s ?p ?x } WHERE { BIND(1 AS ?s) }\n"
    )
    with pytest.raises(CmgraphError, match="no VALUES"):
        Template.read(path)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, marks=[] if p.stem == "rights" else [pytest.mark.gate], id=f"{p.parent.name}/{p.stem}")
        for p in TABLES
    ],
)
def test_the_bundled_tables_make_the_bundled_graph(path: Path, bundled_graph: Graph) -> None:
    taken = TAKEN.get(path.relative_to(ROOT / "data").with_suffix("").as_posix(), {})
    by = taken.get("template", path.stem)
    create = [column.name for column in find_template(bundled_graph, by).columns if column.new]
    done = ingest(path, by, given=taken.get("given"), create=create, dry_run=True)
    assert done.changes == ()
    assert done.silent == () or find_template(bundled_graph, by).silent


@pytest.mark.gate
def test_what_a_row_says_of_its_support_stands_in_the_footnotes(folder: Path, run: Run) -> None:
    ingest(folder / "data/instruments.csv", data=folder, create=True)
    table = folder / "data/evidence.csv"
    party = "rel:party-test-pact-two-government-of-japan"
    head = "statement,source,support,locator,words,checked\n"
    table.write_text(f"{head}rel:party-test-pact-one-government-of-canada,narnia-gazette,presumed,p. 9,,2026-01-03\n")
    ingest(table, data=folder)
    answer = run("query", "partners", "-p", "actor=Japan", "--format", "md", "--data", str(folder)).stdout
    assert (
        "Gazette (n.d.), p. 3 (record as a whole; official)" in answer
        and "Gazette (n.d.), p. 9 (presumed; official)" in answer
    )
    french = run("--lang", "fr", "query", "partners", "-p", "actor=Japan", "--format", "csv", "--data", str(folder))
    assert "Gazette (s.d.), p. 9 (présumé; officielle)" in french.stdout
    table.write_text(f"{head}{party},narnia-gazette,computed,p. 9,,2026-01-03\n")
    with pytest.raises(TableErrors, match="test-pact-two"):
        ingest(table, data=folder)
    words = "Japan shall be a party"
    table = folder / "data/memberships.csv"
    table.write_text(
        "body,member,role,source,support,locator,words,checked\n"
        f"G7,Canada,guest,narnia-gazette,read-in-source,p. 4,{words},2026-01-03\n"
    )
    ingest(table, data=folder)
    shown = run("show", "G7", "--data", str(folder)).stdout
    assert f"Gazette (n.d.), p. 4: “{words}” (read in the source; official)" in shown
    table.write_text(
        "body,member,role,source,support,checked\nG7,Canada,guest,narnia-gazette,read-in-source,2026-01-03\n"
    )
    with pytest.raises(TableErrors, match="C6"):
        ingest(table, data=folder)


@pytest.mark.gate
def test_a_source_checked_for_a_statement_is_not_cited_for_its_record_too(folder: Path, run: Run) -> None:
    ingest(folder / "data/instruments.csv", data=folder, create=True)
    party = "rel:party-test-pact-two-government-of-canada"
    evidence = folder / "data/evidence.csv"
    head = "statement,source,support,locator,words,checked\n"
    evidence.write_text(f"{head}{party},narnia-gazette,read-in-source,p. 9,,2026-01-03\n")
    ingest(evidence, data=folder)
    again = run("ingest", str(folder / "data/instruments.csv"), "--data", str(folder), "--create")
    assert "cites the same source for the statement itself: 1\n" in again.stderr, again.stderr
    assert "cites fewer places in sources: 1 participation\n" in again.stdout
    cited = {
        t.subject.value.rpartition("/")[2]
        for t in RdfFile.read(folder / "data/instruments.ttl").triples
        if t.predicate.value == CM + "hasCitation"
    }
    assert party.partition(":")[2] not in cited
    assert "party-test-pact-two-government-of-indonesia" in cited
    assert "test-pact-two" in cited, "the thing keeps its source, which speaks of its name too"


@pytest.mark.gate
def test_a_table_of_meetings_answers_when_and_where_a_body_met_and_who_chaired(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sources.csv").write_text(SOURCES)
    ingest(tmp_path / "data/sources.csv", data=tmp_path, create=True)
    table = tmp_path / "data/events.csv"
    table.write_text(
        "name_en,date,until,place,meeting_of,source\n"
        "Seven at Cair Paravel,2031-05-30,2031-06-02,Cair Paravel,G7,narnia-gazette\n"
    )
    ingest(table, data=tmp_path, create=True)
    table = tmp_path / "data/memberships.csv"
    table.write_text("event,member,role,source\nSeven at Cair Paravel,Canada,co-chair,narnia-gazette\n")
    ingest(table, data=tmp_path)
    graph = cmgraph.load(tmp_path)
    assert graph.validate().findings == ()
    met, chaired = graph.query("meetings", body="G7").to_dicts()
    assert [str(met[key]) for key in ("meeting", "began", "ended", "place")] == [
        "Seven at Cair Paravel",
        "2031-05-30",
        "2031-06-02",
        "Cair Paravel",
    ]
    assert (str(chaired["attendee"]), str(chaired["role"])) == ("Government of Canada", "co-chair")


def test_a_name_is_found_and_keeps_its_language(folder: Path, run: Run) -> None:
    table = folder / "data/namings.csv"
    table.write_text("thing,name,language,source\nG7,Les Sept de Narnia,fr,narnia-gazette\n")
    ingest(table, data=folder)
    assert '"Les Sept de Narnia"@fr' in (folder / "data/namings.ttl").read_text("utf-8")
    assert "Group of Seven" in run("search", "sept de narnia", "--data", str(folder)).stdout
    table.write_text("thing,name,language,source\nG7,Les Sept de Narnia,not a tag,narnia-gazette\n")
    with pytest.raises(TableErrors, match="not a tag"):
        ingest(table, data=folder)


def test_who_carries_an_agreement_out_bears_that_duty(folder: Path) -> None:
    table = folder / "data/instruments.csv"
    table.write_text(
        "name_en,class,kind,parties,implementers,source\n"
        "Test pact four,agreement,memorandum of understanding,Canada;Japan,G7,narnia-gazette\n"
    )
    ingest(table, data=folder, create=True)
    duties = cmgraph.load(folder).query("duties", role="implementer").to_dicts()
    assert ("Group of Seven", "Test pact four") in {(str(duty["agent"]), str(duty["thing"])) for duty in duties}


@pytest.mark.gate
def test_next_year_s_release_goes_in_with_the_same_command(tmp_path: Path, run: Run) -> None:
    lines = (ROOT / "data/usgs/mcs2026.csv").read_text(encoding="cp1252").splitlines(keepends=True)
    copper = [line for line in lines if ",Copper,Canada," in line and "Mine production" in line]
    table = tmp_path / "mcs2027.csv"
    table.write_text(lines[0] + "".join(line.replace(",2025,", ",2026,") for line in copper), encoding="cp1252")
    params = ["-p", "release=mcs2027", "-p", "edition=2027-02", "-p", "source=usgs-mcs2026-data"]
    done = run("ingest", str(table), "-t", "usgs-commodities", *params)
    assert done.returncode == 0 and "added: 2 observation" in done.stdout and "2 rows" in done.stderr
    assert "copper – Canada" in done.stdout
    wrong = run("ingest", str(table), "-t", "usgs-commodities", "-p", "relase=x")
    assert wrong.returncode == 3 and "Did you mean release" in wrong.stderr


def test_every_template_is_complete_in_both_languages(bundled_graph: Graph) -> None:
    for name in template_files(bundled_graph):
        template = find_template(bundled_graph, name)
        assert set(template.title) == set(template.about) == {"en", "fr-t-en"}
        assert all(set(c.label) == {"en", "fr-t-en"} and c.type in TYPES for c in template.columns), name
        assert not template.describes or template.describes in [c.name for c in template.columns]


@pytest.mark.gate
def test_a_new_release_of_the_inventory_is_told_in_words(tmp_path: Path, run: Run) -> None:
    """A publisher's next file goes in with one command; research about its projects stays in tables of its own."""
    shutil.copytree(ROOT / "ontology", tmp_path / "ontology")
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("inventory*.ttl", "usgs"))
    target = str(tmp_path / "data/nrcan/inventory.ttl")
    for day, source in (("2026-06-17", "ds-nrcan-cm-csv"), ("2026-06-24", "ds-nrcan-cm")):
        given = ("--template", "inventory", "-o", target, "-p", f"release={day}", "-p", f"source={source}")
        table = str(ROOT / f"tests/fixtures/tables/ontario-{day}.csv")
        done = run("--data", str(tmp_path), "ingest", table, *given)
        assert done.returncode == 0, done.stderr
    output = done.stdout.splitlines()
    assert "  Victoria – active – advanced project" in output
    changed = output.index("changed: 1 state of a project")
    assert output[changed + 1].startswith("  Nickel Rim South")
    assert "    has activity: active → on hold or suspended" in output[changed:]
    assert "seen again in a newer source: 48 state of a project" in output
    assert [line for line in output if line.startswith("removed")] == ["removed: 1 citation"], (
        "that of the older release"
    )
