"""Lists of minerals are compared by their newest general editions, whatever they print or group in their own way."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmgraph
from cmgraph.errors import CmgraphError
from cmgraph.graph import Graph
from conftest import Run

PREFIXES = """@prefix agent: <https://w3id.org/cmgraph/id/agent/> .
@prefix cite: <https://w3id.org/cmgraph/id/cite/> .
@prefix claim-status: <https://w3id.org/cmgraph/vocab/claim-status/> .
@prefix cm: <https://w3id.org/cmgraph/def#> .
@prefix list: <https://w3id.org/cmgraph/vocab/list/> .
@prefix list-coverage: <https://w3id.org/cmgraph/vocab/list-coverage/> .
@prefix list-kind: <https://w3id.org/cmgraph/vocab/list-kind/> .
@prefix mineral: <https://w3id.org/cmgraph/vocab/mineral/> .
@prefix rel: <https://w3id.org/cmgraph/id/rel/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
METALS = ("iridium", "palladium", "platinum", "rhodium", "ruthenium")


def edition(slug: str, issuer: str, year: int, *minerals: str, after: str = "", coverage: str = "complete") -> str:
    """Write an edition of a list with its entries, each printed as its slug or as what stands after a colon."""
    lines = [
        f'list:{slug} a cm:MineralList ; skos:prefLabel "{slug}"@en ; cm:hasIssuer agent:{issuer} ;',
        f'    cm:hasListKind list-kind:targeted ; cm:issueDate "{year}"^^xsd:gYear ;',
        f"    cm:hasListCoverage list-coverage:{coverage} ; cm:hasCitation cite:ca-page-fr .",
        f'agent:{issuer} a cm:NationalGovernment ; skos:prefLabel "{issuer}"@en ; cm:hasCitation cite:ca-page-fr .',
        *([f"list:{slug} cm:hasPredecessor list:{after} ."] if after else []),
    ]
    for mineral, _, printed in (entry.partition(":") for entry in minerals):
        lines.append(
            f"rel:{slug}-{mineral} a cm:Listing ; cm:isEntryOf list:{slug} ; cm:listsMineral mineral:{mineral} ;"
            f' cm:printedText "{printed or mineral}" ; cm:hasClaimStatus claim-status:stated ;'
            " cm:hasCitation cite:ca-page-fr ."
        )
    return "\n".join(lines) + "\n"


def graph_with(tmp_path: Path, *editions: str) -> Graph:
    """Return the bundled graph with further editions."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/lists.ttl").write_text(PREFIXES + "".join(editions), encoding="utf-8")
    return cmgraph.load(tmp_path)


def minerals(graph: Graph, question: str, **values: object) -> set[str]:
    answer = graph.query(question, **values)
    at = answer.columns.index("mineral")
    return {str(row[at]) for row in answer}


def changes(graph: Graph, older: str, newer: str) -> set[tuple[str, str]]:
    return {(str(r[0]), str(r[1])) for r in graph.query("list-changes", older=f"list:{older}", newer=f"list:{newer}")}


@pytest.mark.gate
def test_a_group_and_all_its_members_are_the_same_however_they_are_printed(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path,
        edition("one", "ones", 2020, "platinum-group-metals", "zinc"),
        edition("many", "many", 2020, *METALS),
        edition("one-later", "ones", 2021, *METALS, "zinc", after="one"),
    )
    assert minerals(graph, "listed-here-not-there", first="agent:ones", second="agent:many") == {"zinc"}
    assert minerals(graph, "listed-here-not-there", first="agent:many", second="agent:ones") == set()
    assert minerals(graph, "on-all-lists", issuer=["agent:ones", "agent:many"]) == {"platinum group metals"}
    assert changes(graph, "one", "one-later") == set()
    listing = {str(row[1]) for row in graph.query("who-lists", mineral="platinum group metals")}
    assert listing >= {"one", "many", "one-later"}


@pytest.mark.gate
def test_of_a_group_listed_in_part_the_other_members_are_told_one_by_one(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path,
        edition("whole", "wholes", 2020, "platinum-group-metals"),
        edition("some", "somes", 2020, "platinum", "palladium"),
        edition("part", "parts", 2020, "platinum", "palladium"),
        edition("part-later", "parts", 2021, "platinum-group-metals", after="part", coverage="additions-only"),
    )
    others = {"iridium", "rhodium", "ruthenium"}
    assert minerals(graph, "listed-here-not-there", first="agent:wholes", second="agent:somes") == others
    assert minerals(graph, "on-all-lists", issuer=["agent:wholes", "agent:somes"]) == {"platinum", "palladium"}
    assert changes(graph, "part", "part-later") == {("entered", metal) for metal in others}
    assert "part" not in {str(row[1]) for row in graph.query("who-lists", mineral="platinum group metals")}


@pytest.mark.gate
def test_a_purer_form_of_an_ore_is_not_the_ore(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path, edition("ore", "ores", 2020, "iron-ore"), edition("pure", "pures", 2020, "high-purity-iron-ore")
    )
    assert minerals(graph, "listed-here-not-there", first="agent:ores", second="agent:pures") == {"iron ore"}
    assert minerals(graph, "listed-here-not-there", first="agent:pures", second="agent:ores") == set()
    assert minerals(graph, "on-all-lists", issuer=["agent:ores", "agent:pures"]) == {"high-purity iron ore"}


@pytest.mark.gate
def test_what_an_edition_adds_counts_on_either_side_and_is_named(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path,
        edition("base", "issuer", 2020, "zinc", "tin"),
        edition("added", "issuer", 2021, "lead", after="base", coverage="additions-only"),
        edition("other", "others", 2020, "tin"),
    )
    answer = graph.query("listed-here-not-there", first="agent:issuer", second="agent:others")
    assert [(str(row[0]), str(row[1]), str(row[4])) for row in answer] == [
        ("lead", "added", "other"),
        ("zinc", "base", "other"),
    ]
    assert changes(graph, "base", "added") == {("entered", "lead")}
    canada = graph.query("listed-here-not-there", first="Canada", second="agent:issuer")
    assert {(str(row[4]), str(row[5])) for row in canada} == {("base", "added")}


@pytest.mark.gate
def test_a_profile_shows_what_was_only_added_to_and_what_names_a_group_of_the_mineral(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path,
        edition("first", "issuer", 2020, "platinum-group-metals", "tin"),
        edition("base", "issuer", 2021, "platinum-group-metals", "zinc", after="first"),
        edition("added", "issuer", 2022, "lead", after="base", coverage="additions-only"),
    )
    rows = graph.query("mineral-profile", mineral="platinum")
    assert [str(row[3]) for row in rows if str(row[1]) == "base"] == ["platinum group metals"]
    assert not {"first", "added"} & {str(row[1]) for row in rows}


@pytest.mark.gate
def test_an_entry_that_names_several_minerals_is_counted_once(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path, edition("one", "ones", 2020, "alumina:bauxite/alumina", "bauxite:bauxite/alumina", "tin")
    )
    assert [row[4] for row in graph.query("list-editions", issuer="agent:ones")] == [2]


@pytest.mark.parametrize(
    ("older", "newer", "why"),
    [
        ("ca-2024", "ca-2021", "not issued after the older edition"),
        ("id-2023", "id-2024", "another list of the same issuer"),
        ("ca-2021", "ca-priority-2022", "another list of the same issuer"),
    ],
)
def test_nothing_leaves_a_list_by_an_earlier_edition_or_another_list(
    bundled_graph: Graph, older: str, newer: str, why: str
) -> None:
    with pytest.raises(CmgraphError, match=why):
        changes(bundled_graph, older, newer)


def test_a_draft_and_what_became_of_it_are_compared(bundled_graph: Graph) -> None:
    assert ("entered", "uranium") in changes(bundled_graph, "us-doi-2025-draft", "us-doi-2025")


@pytest.mark.gate
def test_an_older_edition_does_not_count_once_a_newer_one_is_there(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path, edition("older", "issuer", 2020, "zinc", "tin"), edition("newer", "issuer", 2022, "tin")
    )
    assert minerals(graph, "on-all-lists", issuer="agent:issuer") == {"tin"}


def test_japan_quebec_and_nato_have_lists_too(bundled_graph: Graph) -> None:
    def only(first: str, second: str) -> set[str]:
        return minerals(bundled_graph, "listed-here-not-there", first=first, second=second)

    assert not only("Canada", "Japan") & {"lithium", "cobalt", "uranium"}
    assert only("NATO", "Canada") == {"beryllium"}
    assert only("Canada", "Government of Quebec") >= {"potash", "uranium", "tungsten"}


@pytest.mark.gate
def test_eight_lists_have_eight_minerals_in_common(bundled_graph: Graph) -> None:
    seven = ["Canada", "United States", "European Union", "Australia", "Japan", "South Korea", "India"]
    common = {"cobalt", "gallium", "graphite", "lithium", "rare earth elements", "titanium", "tungsten"}
    # NATO names platinum, and South Korea platinum and palladium, where the others have the group
    assert minerals(bundled_graph, "on-all-lists", issuer=[*seven, "NATO"]) == common | {"platinum"}
    further = {"antimony", "bismuth", "nickel", "niobium", "silicon metal", "tantalum", "vanadium"}
    assert minerals(bundled_graph, "on-all-lists", issuer=seven) == common | further | {"platinum", "palladium"}


@pytest.mark.gate
@pytest.mark.parametrize(
    ("older", "newer", "entered", "left"),
    [
        ("ca-2021", "ca-2024", {"high-purity iron ore", "phosphorus", "silicon metal"}, set()),
        (
            "us-doi-2022",
            "us-doi-2025",
            {"boron", "copper", "lead", "metallurgical coal", "phosphate rock"}
            | {"potash", "rhenium", "silicon metal", "silver", "uranium"},
            set(),
        ),
        (
            "eu-2020",
            "eu-2024-critical",
            {"arsenic", "copper", "feldspar", "helium", "manganese", "nickel"},
            {"indium", "natural rubber"},
        ),
        (
            "qc-2020",
            "qc-2024",
            {"aluminum", "apatite", "germanium", "high purity silica", "high-purity iron ore", "manganese"},
            set(),
        ),
        ("us-doi-2018", "us-doi-2022", {"nickel", "zinc"}, {"helium", "potash", "rhenium", "strontium", "uranium"}),
        ("au-2023", "au-2024", {"nickel"}, set()),
    ],
)
def test_what_is_printed_or_grouped_otherwise_has_neither_entered_nor_left(
    bundled_graph: Graph, older: str, newer: str, entered: set[str], left: set[str]
) -> None:
    changed = changes(bundled_graph, older, newer)
    assert changed == {("entered", mineral) for mineral in entered} | {("left", mineral) for mineral in left}


@pytest.mark.gate
def test_what_entered_a_list_is_told_in_the_language_asked(run: Run) -> None:
    first, *rows = run("query", "list-changes", "--lang", "fr", "-f", "csv").stdout.splitlines()
    assert first.startswith("change,") and {row.split(",")[0] for row in rows} == {"entré"}


def test_materials_of_an_alliance_that_no_instrument_of_a_country_names(bundled_graph: Graph) -> None:
    answer = bundled_graph.query("named-by-instruments", issuer="NATO", actor="Canada")
    by_mineral: dict[str, set[str]] = {}
    for row in answer:
        by_mineral.setdefault(str(row[0]), set()).add(str(row[4]) if row[3] else "")
    assert {mineral for mineral, kinds in by_mineral.items() if kinds == {""}} >= {"aluminum", "beryllium", "platinum"}
    assert by_mineral["manganese"] == {"memorandum between a government and a company"}


@pytest.mark.gate
def test_figures_of_a_group_count_for_a_list_of_all_its_members_and_of_no_less(bundled_graph: Graph) -> None:
    def dominated(name: str) -> set[str]:
        return minerals(bundled_graph, "dominant-places", list=f"list:{name}")

    assert "rare earth elements" in dominated("us-doi-2025") & dominated("ca-2024")
    assert "rare earth elements" not in dominated("eu-2024-strategic") | dominated("kr-2023")
