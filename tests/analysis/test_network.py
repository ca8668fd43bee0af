"""The graph as a network: numbers worked out by hand on a small one, paths with sources, files that others open."""

from __future__ import annotations

import math
import re
import shutil
from decimal import Decimal
from itertools import product
from pathlib import Path

import networkx as nx
import pytest

import cmgraph
from cmgraph.analysis.compare import compare_actors
from cmgraph.analysis.filters import NetworkFilter
from cmgraph.analysis.formats import write_network
from cmgraph.analysis.kinds import looks
from cmgraph.analysis.layout import layout_nodes
from cmgraph.analysis.measures import brokerage, network_changes, node_measures
from cmgraph.analysis.network import build_network
from cmgraph.analysis.paths import _simple_paths, shortest_paths
from cmgraph.analysis.projections import projections
from cmgraph.analysis.timeline import timeline
from cmgraph.answers.render import render
from cmgraph.answers.result import Result
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.pictures.draw import KINDS, draw
from cmgraph.pictures.entity import picture as entity_picture
from cmgraph.pictures.entity import ties
from cmgraph.pictures.flow import commitments, money_panels
from cmgraph.questions.lint import lint
from cmgraph.rdf.terms import CM
from cmgraph.text.i18n import message
from conftest import ROOT, Run

PREFIXES = (
    "".join(
        f"@prefix {name}: <https://w3id.org/cmgraph/{space}> .\n"
        for name, space in {
            "agent": "id/agent/",
            "arrangement": "id/arrangement/",
            "cite": "id/cite/",
            "claim-status": "vocab/claim-status/",
            "cm": "def#",
            "end-state": "vocab/end-state/",
            "rel": "id/rel/",
            "source": "id/source/",
        }.items()
    )
    + "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
    + "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return a graph in which A, B and C share a pact, C and D another, and A and B a third; E stands alone."""
    root = tmp_path_factory.mktemp("chain")
    shutil.copytree(ROOT / "ontology", root / "ontology")
    (root / "data").mkdir()
    text = (
        PREFIXES
        + 'source:s a cm:Source ; dcterms:title "S"@en ; cm:publisherName "P" ; cm:url "https://example.org/s" .\n'
    )
    text += "cite:s a cm:Citation ; cm:citesSource source:s .\n"
    names = {"a": "A <script>", "b": "ᐃᓄᒃᑎᑐᑦ", "c": "עברית", "d": "D", "e": "E"}
    for name, label in names.items():
        text += f'agent:{name} a cm:Agent ; skos:prefLabel "{label}"@en ; cm:hasCitation cite:s .\n'
    for pact, parties in {"one": "abc", "two": "cd", "three": "ab"}.items():
        text += f'arrangement:{pact} a cm:Agreement ; skos:prefLabel "Pact {pact}"@en ; cm:hasCitation cite:s .\n'
        for party in parties:
            text += (
                f"rel:{pact}-{party} a cm:Participation ; cm:hasParty agent:{party} ; cm:hasCitation cite:s ;"
                f" cm:concernsArrangement arrangement:{pact} ; cm:hasEndState end-state:unknown .\n"
            )
    text += 'agent:club a cm:Forum ; skos:prefLabel "Club"@en ; cm:hasCitation cite:s .\n'
    for member, (since, until) in {"a": (2010, 2018), "b": (2012, 0), "c": (2014, 2016)}.items():
        end = f'cm:endDate "{until}-12-31"^^xsd:date ; cm:hasEndState end-state:ended' if until else ""
        text += f"cite:{member} a cm:Citation ; cm:citesSource source:s .\n"
        text += f"rel:member-{member} a cm:Membership ; cm:hasMemberAgent agent:{member} ; cm:concernsBody agent:club ;"
        text += f' cm:startDate "{since}-03-01"^^xsd:date ; cm:hasCitation cite:{member} ; {end} .\n'
    (root / "data/chain.ttl").write_text(text, encoding="utf-8")
    return cmgraph.load(root)


@pytest.fixture(scope="module")
def dealings(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return a graph with a mine, who holds it and buys from it, money of a government, and a ban."""
    root = tmp_path_factory.mktemp("dealings")
    shutil.copytree(ROOT / "ontology", root / "ontology")
    shutil.copytree(ROOT / "tests/fixtures/networks", root / "data")
    return cmgraph.load(root)


def weights(graph: Graph, projection: str, **parameters: object) -> dict[tuple[str, str], float]:
    """Return the ties of a projection as (from, to) and weight, by name."""
    net = build_network(graph, projection, **parameters)
    assert net.is_directed()
    return {(net.nodes[a]["label"], net.nodes[b]["label"]): tie["weight"] for a, b, tie in net.edges(data=True)}


def test_a_holding_leads_to_what_is_held_and_weighs_the_newest_share(dealings: Graph) -> None:
    assert weights(dealings, "ownership") == {("Digger", "Pit"): 40, ("Parent", "Digger"): 75}
    assert weights(dealings, "ownership", asOf="2021-12-31") == {("Digger", "Pit"): 60, ("Parent", "Digger"): 75}


def test_money_is_of_one_currency_and_weighs_the_largest_amount_never_a_sum(dealings: Graph) -> None:
    assert weights(dealings, "money") == {("Government of North", "Digger"): 30_000_000}
    assert weights(dealings, "money", currency="U.S. dollars") == {("Government of North", "Partner"): 90_000_000}
    assert {(row["degree"], row["ties"]) for row in node_measures(dealings, "money").to_dicts()} == {(1, 2)}


def test_output_goes_from_the_mine_to_who_buys_it_firmly(dealings: Graph) -> None:
    assert set(weights(dealings, "offtake")) == {("Digger", "Maker"), ("Pit", "Maker")}
    assert set(weights(dealings, "offtake", firmness="option")) == {("Digger", "Hopeful")}
    (hop,) = shortest_paths(dealings, "Pit", "Maker", over="offtake", count=1).to_dicts()
    assert (str(hop["through"]), hop["how"]) == ("cobalt", "Maker buys from Pit")
    way = shortest_paths(dealings, "Pit", "Parent", over=("ownership", "offtake"), count=1).to_dicts()
    assert [str(hop["to"]) for hop in way] == ["Digger", "Parent"]


def test_an_export_measure_leads_from_its_country_to_the_mineral(dealings: Graph) -> None:
    assert set(weights(dealings, "controls")) == {("North", "cobalt")}
    assert weights(dealings, "controls", asOf="2022-12-31") == {}


def test_ties_with_a_direction_keep_it_in_files(dealings: Graph, tmp_path: Path) -> None:
    net = build_network(dealings, "ownership")
    for ending in ("gexf", "graphml", "csv"):
        write_network(net, tmp_path / f"net.{ending}")
    assert 'defaultedgetype="directed"' in (tmp_path / "net.gexf").read_text(encoding="utf-8")
    assert set(nx.read_graphml(tmp_path / "net.graphml").edges) == set(net.edges)
    holders = [line.split(",")[0] for line in (tmp_path / "net.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert sorted(holders) == ["Digger", "Parent"]


def test_measures_are_those_worked_out_by_hand(chain: Graph) -> None:
    rows = {str(row["thing"]): row for row in node_measures(chain, "actors").to_dicts()}
    assert {name: (row["degree"], row["ties"]) for name, row in rows.items()} == {
        "A <script>": (2, 3),
        "ᐃᓄᒃᑎᑐᑦ": (2, 3),
        "עברית": (3, 3),
        "D": (1, 1),
    }
    assert {name: row["core"] for name, row in rows.items() if row["core"] == 1} == {"D": 1}
    # of the three pairs without C, its two with D run through it
    assert float(str(rows["עברית"]["betweenness"])) == pytest.approx(2 / 3, abs=1e-4)
    assert math.isclose(sum(float(str(row["eigenvector"])) ** 2 for row in rows.values()), 1, abs_tol=1e-3)
    assert rows["A <script>"]["community"] == rows["ᐃᓄᒃᑎᑐᑦ"]["community"]


def test_brokers_components_and_bridges_are_those_worked_out_by_hand(chain: Graph) -> None:
    rows = {str(row["thing"]): row for row in node_measures(chain, "actors", "leiden").to_dicts()}
    assert {name: (row["bridges"], row["component"], row["core"]) for name, row in rows.items()} == {
        "A <script>": (0, 1, 2),
        "ᐃᓄᒃᑎᑐᑦ": (0, 1, 2),
        "עברית": (1, 1, 2),
        "D": (1, 1, 1),
    }
    assert sum(float(str(row["pagerank"])) for row in rows.values()) == pytest.approx(1, abs=1e-3)
    # C stands between D and each of A and B; all are of one kind
    (broker,) = brokerage(chain, "actors").to_dicts()
    assert (str(broker["thing"]), broker["coordinator"], broker["liaison"]) == ("עברית", 2, 0)
    with pytest.raises(CmgraphError, match="unknown community algorithm 'girvan'"):
        node_measures(chain, "actors", "girvan")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_score_comes_with_what_it_means(chain: Graph, lang: str) -> None:
    for table in (node_measures(chain.with_language(lang), "actors"), brokerage(chain.with_language(lang), "actors")):
        for column in table.columns[1:]:
            assert message(f"score_{column}", lang).partition(": ")[2] in table.note
        shown = render(table, "md", lang)
        colon = " : " if lang == "fr" else ": "
        assert all(f"{heading[:1].upper()}{heading[1:]}{colon}" in shown for heading in table.headings[1:])
        assert table._repr_html_().count("<p>") == 1


@pytest.mark.gate
def test_shares_agree_with_what_defines_them(bundled_graph: Graph) -> None:
    net = build_network(bundled_graph, "actors")
    measured = {row["thing"].iri: row for row in node_measures(bundled_graph, "actors").to_dicts()}
    shares = {
        name: {iri: float(row[name]) for iri, row in measured.items()}
        for name in ("betweenness", "pagerank", "eigenvector")
    }
    assert shares["betweenness"] == pytest.approx(nx.betweenness_centrality(net), abs=1e-4)
    weight = {(one, other): tie["weight"] for a, b, tie in net.edges(data=True) for one, other in ((a, b), (b, a))}
    strength = dict(net.degree(weight="weight"))
    page, vector = shares["pagerank"], shares["eigenvector"]
    for iri in net:
        arriving = sum(page[near] * weight[near, iri] / strength[near] for near in net[iri])
        assert page[iri] == pytest.approx(0.15 / len(net) + 0.85 * arriving, abs=2e-3)
    # an eigenvector: what the neighbours have, by weight, is the same multiple of what each has
    top = max(net, key=vector.__getitem__)
    multiple = sum(vector[near] * weight[near, top] for near in net[top]) / vector[top]
    for iri in net:
        assert sum(vector[near] * weight[near, iri] for near in net[iri]) == pytest.approx(
            multiple * vector[iri], abs=0.05
        )


@pytest.mark.gate
def test_leiden_divides_at_least_as_well_as_louvain_and_alike_each_time(bundled_graph: Graph) -> None:
    net = build_network(bundled_graph, "minerals")

    def communities(how: str) -> list[set[str]]:
        groups: dict[object, set[str]] = {}
        for row in node_measures(bundled_graph, "minerals", how).to_dicts():
            groups.setdefault(row["community"], set()).add(row["thing"].iri)
        return list(groups.values())

    leiden = communities("leiden")
    assert leiden == communities("leiden")
    assert nx.community.modularity(net, leiden) > 0.3
    assert nx.community.modularity(net, leiden, "weight") >= nx.community.modularity(
        net, communities("louvain"), "weight"
    )


def test_nodes_stand_where_they_stood_apart_from_each_other_whatever_the_order(bundled_graph: Graph) -> None:
    net = build_network(bundled_graph, "projects")
    turned = nx.Graph(name=net.name)
    turned.add_nodes_from(reversed([*net.nodes(data=True)]))
    turned.add_edges_from((b, a, tie) for a, b, tie in reversed([*net.edges(data=True)]))
    spots = layout_nodes(net)
    assert spots == layout_nodes(turned)
    assert len({(spot.x, spot.y) for spot in spots.values()}) == len(net)
    widest, highest = (max(axis) - min(axis) for axis in zip(*((s.x, s.y) for s in spots.values()), strict=True))
    assert 0.5 < widest / highest < 2  # neither a ribbon nor a pole
    lone = nx.Graph()
    lone.add_node("a", kind="x")
    assert layout_nodes(lone)["a"].x == 0.0 and layout_nodes(nx.Graph()) == {}


def test_a_crowd_is_placed_by_its_distances_the_same_each_time() -> None:
    grid = nx.relabel_nodes(nx.grid_2d_graph(75, 75), lambda spot: f"{spot[0]:02}-{spot[1]:02}")
    spots = layout_nodes(grid)
    turned = nx.Graph()
    turned.add_nodes_from(reversed([*grid]))
    turned.add_edges_from((b, a) for a, b in reversed([*grid.edges]))
    assert spots == layout_nodes(turned)

    def away(one: str, other: str) -> float:
        return math.dist((spots[one].x, spots[one].y), (spots[other].x, spots[other].y))

    assert away("00-00", "00-01") < away("00-00", "00-40") and away("00-00", "00-01") < away("00-00", "74-74")
    assert len({(spot.x, spot.y) for spot in spots.values()}) > 0.99 * len(grid)


def test_two_modes_tie_actors_to_instruments(chain: Graph) -> None:
    net = build_network(chain, "actors", two_mode=True)
    agent, arrangement = chain.prefixes["agent"], chain.prefixes["arrangement"]
    assert set(net[arrangement + "one"]) == {agent + "a", agent + "b", agent + "c"}
    assert nx.is_bipartite(net)


@pytest.mark.gate
def test_what_changed_between_two_days(bundled_graph: Graph) -> None:
    rows = {
        (str(r["from"]), str(r["to"])): (r["before"], r["after"])
        for r in network_changes(bundled_graph, "actors", "2020-01-01", "2024-01-01").to_dicts()
    }
    assert rows and all(before != after for before, after in rows.values())
    tied = build_network(bundled_graph, "actors", asOf="2024-01-01")
    for (one, other), (_, after) in list(rows.items())[:20]:
        ends = [bundled_graph.names.resolve(name, "https://w3id.org/cmgraph/def#Agent").value for name in (one, other)]
        assert tied.edges[ends]["weight"] == after


@pytest.mark.gate
def test_actors_are_compared_and_dates_are_lined_up_with_their_sources(bundled_graph: Graph, run: Run) -> None:
    rows = {(r["respect"], str(r["thing"])): r for r in compare_actors(bundled_graph, ["Canada", "Japan"]).to_dicts()}
    shared = rows["body", "Sustainable Critical Minerals Alliance"]
    assert shared["number"] == 2 and shared["citations"]
    assert rows["partner", "Government of Canada"]["whose"] == "Government of Japan"
    assert all(row["citations"] for row in rows.values())
    answer = timeline(bundled_graph, "Torngat Metals Ltd")
    years = [str(row["date"])[:4] for row in answer.to_dicts()]
    assert years == sorted(years) and {"2025", "2026"} <= set(years)
    assert all(row.citations for row in answer) and str(answer.to_dicts()[-1]["until"]) == "no end seen"
    assert len(timeline(bundled_graph, "Japan")) > 10  # the government, not the place
    dates = [str(row["date"]) for row in timeline(bundled_graph).to_dicts()]
    assert dates == sorted(dates) and len(dates) > 500
    import datetime as dt

    assert len(timeline(bundled_graph.with_as_of(dt.date(2015, 1, 1)))) < len(dates)
    note = compare_actors(bundled_graph, ["Canada", "Japan"]).note
    agreements = [row for row in rows if row[0] == "arrangement"]
    assert f"of the {len(agreements)} agreements, " in note and "listed-here-not-there" in note
    assert compare_actors(bundled_graph, ["Canada", "Japan"], through="bodies").note == ""
    done = run("compare", "Canada")
    assert done.returncode == 2 and "name two actors or more" in done.stderr
    assert "accord" in run("compare", "Canada", "Japon", "--lang", "fr", "-f", "csv").stdout


_DATED = """PREFIX cm: <https://w3id.org/cmgraph/def#>
SELECT DISTINCT ?kind ?date ?cite WHERE {
  VALUES (?dated ?kind) {
    (cm:occurrenceDate cm:DatedAct) (cm:occurrenceDate cm:FundingCommitment) (cm:occurrenceDate cm:StatedPosition)
    (cm:occurrenceDate cm:CorporateAct) (cm:occurrenceDate cm:Negotiation) (cm:occurrenceDate cm:Offer)
    (cm:startDate cm:Negotiation) (cm:startDate cm:Offer) (cm:startDate cm:Membership) (cm:startDate cm:Affiliation)
    (cm:startDate cm:Deal) (cm:startDate cm:Ownership) (cm:startDate cm:ProjectInvolvement) (cm:endDate cm:Membership)
    (cm:exitOrderDate cm:Membership) (cm:eventDate cm:Event) (cm:issueDate cm:MineralList)
    (cm:asOfDate cm:FundingCommitment) (cm:asOfDate cm:StatedPosition) (cm:asOfDate cm:CorporateAct)
    (cm:asOfDate cm:Deal) (cm:asOfDate cm:Ownership) (cm:asOfDate cm:Membership) (cm:asOfDate cm:Affiliation)
    (cm:asOfDate cm:Negotiation)
  }
  ?part a ?kind ; ?dated ?date ; cm:hasCitation ?cite .
  FILTER(?dated != cm:asOfDate || NOT EXISTS { ?part cm:startDate|cm:occurrenceDate ?other })
  FILTER(?dated != cm:endDate || EXISTS { ?part cm:hasEndState ?state })
}"""


def test_everything_dated_is_in_the_timeline(bundled_graph: Graph) -> None:
    def cited(answer: Result) -> set[tuple[str, str, str]]:
        rows = ((row, answer.citations[number - 1]) for row in answer for number in row.citations)
        return {
            (str(row[answer.columns.index("kind")]), str(row[answer.columns.index("date")]), citation.iri)
            for row, citation in rows
        }

    dated = cited(bundled_graph.query(_DATED))
    assert len(dated) > 1000 and not dated - cited(timeline(bundled_graph))


def test_a_timeline_of_a_project_has_agreements_about_it_talks_and_what_was_stated_as_of_a_day(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    marathon = [
        (str(row["date"]), str(row["what"]), str(row["thing"]))
        for row in timeline(bundled_graph, "Marathon").to_dicts()
    ]
    assert ("2022-11-12", "ratified", "Community Benefits Agreement for Marathon") in marathon
    assert ("2022-04", "as-of date", "Marathon") in marathon and ("2024-10-07", "contribution", "Marathon") in marathon
    (galore,) = {
        (str(row["date"]), str(row["what"]))
        for row in timeline(bundled_graph, "Galore Creek").to_dicts()
        if str(row["with"]) == "Tahltan Central Government"
    }
    assert galore == ("2023-11-02", "announced")
    draw(bundled_graph, "timeline", "Galore Creek", tmp_path / "galore.svg")
    text = (tmp_path / "galore.svg").read_text(encoding="utf-8")
    (talks,) = (mark for mark in re.findall(r'<g class="mark".*?</g>', text, re.DOTALL) if "Tahltan" in mark)
    assert talks.count("Tahltan Central Government") == 2  # in full, on the drawing too
    assert looks()["nation"].colour in talks and "ownership (stated as of then): Newmont Corporation" in text
    lists = {
        str(row["what"]) for row in timeline(bundled_graph, "lithium").to_dicts() if str(row["kind"]) != "dated act"
    }
    assert "published on" in lists
    assert any(
        str(row["with"]) == "Government of China" for row in timeline(bundled_graph, "Government of China").to_dicts()
    )


@pytest.mark.gate
@pytest.mark.parametrize(
    ("kind", "ending"),
    [*product(KINDS[:5], (".html", ".svg")), ("network", ".png"), ("entity", ".pdf")],
)
def test_a_picture_is_safe_self_contained_and_the_same_each_time(
    chain: Graph, tmp_path: Path, kind: str, ending: str
) -> None:
    names = {"network": "actors", "matrix": "actors", "flow": "funding", "entity": "A <script>", "timeline": None}
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    for path in (one, two):
        draw(chain, kind, names[kind], path)  # of funding there is none here
    magic = {".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert one.read_bytes().startswith(magic.get(ending, b"<")) and one.stat().st_size > 500
    if ending not in magic:
        text = one.read_text(encoding="utf-8")
        assert text == two.read_text(encoding="utf-8") and "<script>alert" not in text and "A <script>" not in text
        named = r"https://(example.org/s|w3id.org/cmgraph/|(d3js.org|github.com/d3)\S*)|http://www.w3.org/[\w/]+"
        outside = re.sub(named, "", text)
        assert "http" not in outside.replace("^https?:", "")
        assert ("ᐃᓄᒃᑎᑐᑦ" in text and "עברית" in text) == (names[kind] in ("actors", None))
        assert kind not in ("entity", "matrix") or "Pact one" in text
    with pytest.raises(CmgraphError, match="unknown picture format"):
        draw(chain, kind, names[kind], tmp_path / "x.bmp")


def test_one_thing_a_matrix_and_a_timeline_are_drawn_with_their_sources(
    bundled_graph: Graph, chain: Graph, tmp_path: Path
) -> None:
    def drawn(kind: str, name: str | None, at: Graph = bundled_graph) -> str:
        draw(at, kind, name, tmp_path / "drawn.svg")
        return (tmp_path / "drawn.svg").read_text(encoding="utf-8")

    text = drawn("entity", "Galore Creek")
    assert "Tahltan Central Government" in text and "last checked 2026-" in text
    assert bundled_graph.entity("Galore Creek").citations[0].publisher in text
    text = drawn("timeline", "Torngat Metals Ltd")
    assert [text.index(lane) for lane in (">Money committed<", ">Talks and offers<")] and "Founded" not in text
    assert text.count('class="mark"') == len(timeline(bundled_graph, "Torngat Metals Ltd")) > 2
    assert text.count('class="open"') == 1 and "Strange Lake" in text and "last checked 2026-" in text
    text = drawn("matrix", "actors", chain)
    cells = re.findall(r"<title>(.*?): (.*?)</title></circle>", text)
    assert len(cells) == 2 * build_network(chain, "actors").number_of_edges()
    assert ("A &lt;script&gt; – ᐃᓄᒃᑎᑐᑦ", "Pact one; Pact three") in cells
    assert "Major Projects Office" not in drawn("matrix", "minerals")  # its part is another
    with pytest.raises(CmgraphError, match="say which thing to draw"):
        draw(bundled_graph, "entity", None, tmp_path / "x.svg")
    with pytest.raises(CmgraphError, match="a picture of one thing takes no parameters"):
        draw(bundled_graph, "timeline", "Canada", tmp_path / "x.svg", network_filter=NetworkFilter(since="2020"))
    with pytest.raises(CmgraphError, match="unknown picture 'chord'"):
        draw(bundled_graph, "chord", None, tmp_path / "x.svg")


def test_the_picture_of_a_thing_says_what_matters_first_once_each_in_plain_words(bundled_graph: Graph) -> None:
    for name in ("lithium", "NRCan", "Galore Creek", "Sustainable Critical Minerals Alliance"):
        drawn = ties(bundled_graph, bundled_graph.entity(name))
        ends = [*drawn["left"], *drawn["right"]]
        assert len({end["thing"].iri for end in ends}) == len(ends) == len({end["short"] for end in ends})
        said = " ".join(end["label"] for end in ends)
        assert not any(word in said for word in ("code", "coding", "scope", "match", "assessment"))
    table = entity_picture(bundled_graph, "lithium").table
    assert str(table.rows[0][0]) == "listing" and str(table.rows[-1][0]) in (
        "observation",
        "match of a mineral",
    )
    lithium = ties(bundled_graph, bundled_graph.entity("lithium"))
    assert [end["label"] for end in lithium["right"]][:4] == ["on a list"] * 3 + ["use"]
    creek = ties(bundled_graph, bundled_graph.entity("Galore Creek"))
    assert [end["label"] for end in creek["left"] if end["thing"].label == "Tahltan Central Government"] == ["talks"]


def test_the_picture_of_a_thing_is_of_what_is_meant_newest_first_with_nations_named_in_full(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    assert entity_picture(bundled_graph, "Canada").head.title == "Government of Canada"
    assert entity_picture(bundled_graph, "Voisey's Bay").head.question == "project"  # and not the page called so
    bay = {
        end["thing"].label: end["label"] for end in ties(bundled_graph, bundled_graph.entity("Voisey's Bay"))["right"]
    }
    assert bay["Voisey's Bay Impacts and Benefits Agreement (Inuit)"] == "covers it" and bay["nickel"] == "subject"
    lists = [
        end["thing"]
        for end in ties(bundled_graph, bundled_graph.entity("lithium"))["right"]
        if end["label"] == "on a list"
    ]
    assert len({thing.label.partition(":")[0] for thing in lists}) == len(lists) == 3  # one edition of an issuer
    signed = {str(row["thing"]): str(row["date"]) for row in timeline(bundled_graph, "Canada").to_dicts()}
    drawn = ties(bundled_graph, bundled_graph.meant("Canada")[0])["right"]
    agreed = [signed[end["thing"].label] for end in drawn if end["label"] == "party"]
    assert agreed == sorted(agreed, reverse=True) and agreed[0] >= "2026"
    draw(bundled_graph, "entity", "CIRNAC", tmp_path / "cirnac.svg")
    text = (tmp_path / "cirnac.svg").read_text(encoding="utf-8")
    assert ">Champagne and Aishihik First Nations</text>" in text and ">Canada</text>" in text
    assert ">Indigenous nation, people or its government</text>" in text  # what the shapes mean


def test_a_timeline_is_to_scale_with_bars_from_beginning_to_end(chain: Graph, tmp_path: Path) -> None:
    draw(chain, "timeline", "Club", tmp_path / "club.svg")
    text = (tmp_path / "club.svg").read_text(encoding="utf-8")
    years = {int(year): float(x) for x, year in re.findall(r'<text x="([\d.]+)" y="14"[^>]*>(\d{4})<', text)}
    first, last = min(years), max(years)
    scale = (years[last] - years[first]) / (last - first)
    marks = re.findall(r'<g class="mark".*?</g>', text, re.DOTALL)
    bar = next(mark for mark in marks if "2010-03-01 A &lt;script" in mark)
    (span,) = re.findall(r"M ([\d.]+) [\d.]+ H ([\d.]+)\" stroke=\"[^\"]+\" stroke-width=\"4\"", bar)
    begun, ended = (float(x) for x in span)
    assert begun == pytest.approx(years[first] + (2010 + 2 / 12 - first) * scale, abs=2)
    assert ended == pytest.approx(years[first] + (2019 - first) * scale, abs=2)
    assert text.count('class="open"') == 1  # of three members, the end of one is not known


def test_a_flow_is_as_wide_as_its_reasons_and_goes_no_circles(
    bundled_graph: Graph, chain: Graph, tmp_path: Path
) -> None:
    draw(bundled_graph, "flow", None, tmp_path / "flow.svg", network_filter=NetworkFilter(minerals=("graphite",)))
    text = (tmp_path / "flow.svg").read_text(encoding="utf-8")
    assert "By count" in text and "By money" not in text
    bands = re.findall(r'stroke-width="([\d.]+)"><title>(.*?) – (.*?): (.*?)</title>', text)
    uses = {(one, other): via.split("; ") for _, one, other, via in bands}
    assert {one for one, _ in uses} >= {"graphite"}
    widths = {round(float(wide) / len(uses[one, other]), 1) for wide, one, other, _ in bands}
    assert len(widths) == 1  # so wide for each product
    with pytest.raises(CmgraphError, match="contains a cycle"):
        draw(bundled_graph, "flow", "instruments", tmp_path / "x.svg")


def test_money_flows_in_one_currency_each_and_sums_to_what_the_saved_question_says(
    bundled_graph: Graph, tmp_path: Path
) -> None:
    table = commitments(bundled_graph, "funding", NetworkFilter())
    panels, said = money_panels(bundled_graph, table)
    drawn: dict[tuple[str, ...], tuple[Decimal, int]] = {}
    for panel in panels:
        for ribbon in panel.ribbons:
            key = (str(ribbon.start.thing), ribbon.sort, str(panel.currency))
            amount, times = drawn.get(key, (Decimal(0), 0))
            drawn[key] = amount + ribbon.amount, times + ribbon.times
    asked: dict[tuple[str, ...], tuple[Decimal, int]] = {}
    unknown = 0
    for row in bundled_graph.query("funding-by-program").to_dicts():
        if row["currency"] is None:
            unknown += row["commitments"]
            continue
        key = (str(row["funder"]), f"{row['kind']}, {row['stage']}, {row['bound']}", str(row["currency"]))
        amount, times = asked.get(key, (Decimal(0), 0))
        asked[key] = amount + Decimal(str(row["sum"])), times + row["commitments"]
    assert drawn == asked and len(panels) == len({panel.currency for panel in panels}) >= 2
    assert any(line.startswith(f"{unknown} commitment(s) whose amount is not known") for line in said)
    draw(bundled_graph, "flow", "funding", tmp_path / "money.svg")
    text = (tmp_path / "money.svg").read_text(encoding="utf-8")
    assert "By money, in Canadian dollars" in text and "By money, in U.S. dollars" in text
    draw(bundled_graph, "flow", "funding", tmp_path / "count.svg", by="count")
    assert "By count" in (tmp_path / "count.svg").read_text(encoding="utf-8")
    with pytest.raises(CmgraphError, match="no amounts of money"):
        draw(bundled_graph, "flow", "chain", tmp_path / "x.svg", by="money")


@pytest.mark.gate
def test_a_flow_names_nations_and_what_heads_them_in_full(bundled_graph: Graph, tmp_path: Path) -> None:
    for lang, heading in (
        ("en", "Indigenous nation, people or its government"),
        ("fr", "nation ou peuple autochtone, ou son gouvernement"),
    ):
        draw(bundled_graph.with_language(lang), "flow", "funding", tmp_path / "flow.svg", by="count")
        text = (tmp_path / "flow.svg").read_text(encoding="utf-8")
        assert f">{heading}</text>" in text
        for nation in ("Champagne and Aishihik First Nations", "First Nation of Na-Cho Nyäk Dun"):
            assert f"</title>{nation}</text>" in text


def test_joint_money_is_drawn_once_totals_and_unknown_amounts_are_counted_and_each_kind_has_its_heading(
    tmp_path: Path,
) -> None:
    kinds = (
        ("fund", "GovernmentBody"),
        ("firm", "Enterprise"),
        ("river", "IndigenousNation"),
        ("lake", "IndigenousNation"),
    )
    lines = [f'agent:{name} a cm:{kind} ; skos:prefLabel "{name.title()}"@en .' for name, kind in kinds]
    spaces = {"bound": "bound", "funding-kind": "funding-kind", "funding-stage": "funding-stage", "unit": "unit"}
    prefixes = PREFIXES + "".join(f"@prefix {n}: <https://w3id.org/cmgraph/vocab/{s}/> .\n" for n, s in spaces.items())
    money = (
        ("one", "grant", "agent:firm", 5_000_000),
        ("two", "grant", "agent:river , agent:lake", 3_000_000),
        ("sum", "total", "agent:firm", 8_000_000),
        ("dark", "grant", "agent:lake", None),
        ("again", "grant", "agent:firm", 5_100_000),
    )
    for name, kind, who, amount in money:
        value = f"; cm:value {amount}.0 ; cm:hasUnit unit:canadian-dollar ; cm:hasBound bound:exact" if amount else ""
        lines.append(
            f"rel:{name} a cm:FundingCommitment ; cm:hasFunder agent:fund ; cm:hasRecipient {who} ; "
            f"cm:hasFundingKind funding-kind:{kind} ; cm:hasFundingStage funding-stage:announced ; "
            f"cm:hasCitation cite:page {value} ."
        )
    lines.append("rel:one cm:contradicts rel:again .")
    lines.append("cite:page a cm:Citation ; cm:citesSource source:s .")
    root = tmp_path / "graph"
    shutil.copytree(ROOT / "ontology", root / "ontology")
    (root / "data").mkdir()
    (root / "data/money.ttl").write_text(prefixes + "\n".join(lines), encoding="utf-8")
    graph = cmgraph.load(root)
    (panel,), said = money_panels(graph, commitments(graph, "funding", NetworkFilter()))
    assert sorted((ribbon.end.thing.label, ribbon.amount) for ribbon in panel.ribbons) == [
        ("2 together: Lake, River", 3_000_000),
        ("Firm", 5_000_000),
    ]
    assert [line.split()[0] for line in said[:4]] == ["1", "1", "1", "1"]
    draw(graph, "flow", "funding", tmp_path / "money.svg")
    text = (tmp_path / "money.svg").read_text(encoding="utf-8")
    assert text.index(">Indigenous nation, people or its government<") < text.index(">enterprise<")
    assert "2 together: Lake, River · 3" in text and "3,000,000 Canadian dollars" in text


def test_a_page_beside_a_drawing_has_its_table_and_every_source(bundled_graph: Graph, tmp_path: Path) -> None:
    drawing = draw(
        bundled_graph.with_language("fr"),
        "matrix",
        "minerals",
        tmp_path / "m.html",
        network_filter=NetworkFilter(minerals=("lithium",)),
    )
    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    used = {number for row in drawing.table for number in row.citations}
    assert used == set(range(1, len(drawing.table.citations) + 1))  # those of what was cut away are gone
    assert len(drawing.table) > 5 and text.count("<tr>") == len(drawing.table) + 1
    assert all(f'id="source-{number}"' in text for number in range(1, len(drawing.table.citations) + 1))
    assert "(seulement lithium)" in text and 'lang="fr"' in text and "n&#39;a pas encore été révisé" in text


@pytest.mark.gate
def test_a_network_is_cut_to_kinds_minerals_stages_and_a_period(bundled_graph: Graph, run: Run) -> None:
    def ties(projection: str, **scope: object) -> set[tuple[str, str]]:
        net = build_network(bundled_graph, projection, network_filter=NetworkFilter(**scope))  # type: ignore[arg-type]
        return {(net.nodes[a]["label"], net.nodes[b]["label"]) for a, b in net.edges}

    assert {other for _, other in ties("minerals", minerals=("lithium",))} == {"lithium"}
    whole, national = ties("actors"), ties("actors", kinds=("national government",))
    assert set() < national < whole
    kinds = {
        bundled_graph.names.kind(bundled_graph.names.resolve(name, CM + "Agent").value)
        for pair in national
        for name in pair
    }
    assert kinds == {"national government"}
    net = build_network(bundled_graph, "actors", network_filter=NetworkFilter(stages=("recycling and recovery",)))
    assert net.edges and all("recycling and recovery" in tie["stages"] for *_, tie in net.edges(data=True))
    net = build_network(bundled_graph, "actors", network_filter=NetworkFilter(since="2022-06", until="2023"))
    assert net.edges and all(tie["since"] >= "2022" and tie["latest"] < "2024" for *_, tie in net.edges(data=True))
    done = run("network", "actors", "--since", "lately")
    assert done.returncode == 2 and "'lately' is not a date" in done.stderr
    done = run("network", "actors", "--mineral", "lithum", "-f", "csv")
    assert done.returncode == 3 and "Did you mean lithium" in done.stderr


def test_each_side_of_a_membership_ends_a_tie_and_is_cited(chain: Graph) -> None:
    agent = chain.prefixes["agent"]

    def tied(day: str) -> set[frozenset[str]]:
        edges = build_network(chain, "members", asOf=day).edges
        return {frozenset(iri.removeprefix(agent) for iri in edge) for edge in edges}

    ab, ac, bc = (frozenset(pair) for pair in ("ab", "ac", "bc"))
    # A belongs from 2010 to 2018, B since 2012, C from 2014 to 2016
    assert tied("2011-01-01") == set() and tied("2013-01-01") == {ab}
    assert tied("2015-01-01") == {ab, ac, bc} and tied("2017-01-01") == {ab} and tied("2019-12-31") == set()
    ties = build_network(chain, "members").edges
    assert ties[agent + "a", agent + "b"]["since"] == "2012-03-01"
    assert {iri[-1] for iri in ties[agent + "b", agent + "c"]["citations"].split("; ")} == {"b", "c"}


@pytest.mark.gate
def test_members_are_tied_as_long_as_both_belong_and_both_are_cited(bundled_graph: Graph) -> None:
    framework = "IRENA Collaborative Framework on Critical Materials"
    names = ("Government of Peru", "Government of the United Kingdom")
    ends = [bundled_graph.names.resolve(name, CM + "Agent").value for name in names]
    now, then = build_network(bundled_graph, "members"), build_network(bundled_graph, "members", asOf="2026-06-30")
    assert framework in now.edges[ends]["via"]
    assert framework not in then.edges[ends]["via"]  # their terms ended in October 2023
    cited = set(now.edges[ends]["citations"].split("; "))
    for end in ends:
        mine = "SELECT ?c { ?m cm:hasMemberAgent <%s> ; cm:concernsBody ?b ; cm:hasCitation ?c . ?b skos:prefLabel ?n"
        query = mine % end + f' FILTER(STR(?n) = "{framework}") }}'
        solutions = bundled_graph.store.select(query, bundled_graph.prefixes)[1]
        assert solutions and {term.value for (term,) in solutions if term} <= cited


def test_a_tie_carries_what_it_runs_through_and_its_sources(chain: Graph) -> None:
    net = build_network(chain, "actors")
    agent = chain.prefixes["agent"]
    tie = net.edges[agent + "a", agent + "b"]
    assert (tie["weight"], tie["via"], tie["sources"]) == (2, "Pact one; Pact three", "https://example.org/s")
    assert agent + "e" not in net


def test_a_path_names_each_hop_and_its_sources(bundled_graph: Graph) -> None:
    answer = shortest_paths(bundled_graph, "Tahltan Central Government", "Japan", count=1)
    hops = {(row["hop"], str(row["from"]), str(row["to"])) for row in answer.to_dicts()}
    assert hops == {
        (1, "Tahltan Central Government", "Government of British Columbia"),
        (2, "Government of British Columbia", "Government of Japan"),
    }
    assert all(row.citations for row in answer)


def test_an_instrument_dated_by_several_acts_is_told_once_on_a_way(bundled_graph: Graph) -> None:
    rows = shortest_paths(bundled_graph, "Canada", "India", count=1).to_dicts()
    through = [str(row["through"]) for row in rows]
    assert len(through) == len(set(through))
    (joint,) = [row for row in rows if "Technology and Innovation Partnership" in str(row["through"])]
    assert str(joint["dated"]) == "2025-11-22"


@pytest.mark.gate
def test_a_way_goes_through_who_acted_for_whom_and_says_so(bundled_graph: Graph) -> None:
    rows = shortest_paths(bundled_graph, "Japan", "Natural Resources Canada", count=1).to_dicts()
    assert {row["hop"] for row in rows} == {1, 2}
    says = {(row["hop"], str(row["how"])) for row in rows}
    assert (1, "Government of Canada and Government of Japan are parties to it") in says
    assert (2, "Natural Resources Canada acted for Government of Canada") in says
    assert (2, "Natural Resources Canada is part of Government of Canada") in says
    french = shortest_paths(bundled_graph.with_language("fr"), "Japan", "NRCan", over=("actors", "acting"), count=1)
    assert any(" a agi pour : " in str(row["how"]) for row in french.to_dicts())
    assert not any("fait partie" in str(row["how"]) for row in french.to_dicts())
    with pytest.raises(CmgraphError, match="has no ties"):
        shortest_paths(bundled_graph, "Japan", "Natural Resources Canada", over="actors")


@pytest.mark.gate
def test_all_paths_come_once_the_shortest_first_and_only_those_asked_for(bundled_graph: Graph) -> None:
    net = build_network(bundled_graph, "actors")
    start, end = (
        bundled_graph.names.resolve(name, CM + "Agent").value for name in ("Tahltan Central Government", "Japan")
    )
    every = sorted(nx.all_simple_paths(net, start, end, cutoff=4), key=lambda path: (len(path), path))
    rows = shortest_paths(bundled_graph, start, end, over="actors", count=10_000, hops=4).to_dicts()
    paths: dict[object, list[str]] = {}
    for row in rows:
        hops = paths.setdefault(row["path"], [start])
        if len(hops) == row["hop"]:
            hops.append(row["to"].iri)
    assert list(paths.values()) == every
    few = shortest_paths(
        bundled_graph, start, end, over="actors", count=5, hops=100_000
    ).to_dicts()  # of more than could ever be listed
    assert {row["path"] for row in few} == {1, 2, 3, 4, 5} and few == rows[: len(few)]


def test_a_long_way_is_walked_to_its_end() -> None:
    line = nx.path_graph(3000)
    net = nx.relabel_nodes(line, {number: f"{number:04}" for number in line})
    assert len(next(_simple_paths(net, "0000", "2999", 5000))) == 3000


def test_what_is_not_connected_is_said(chain: Graph) -> None:
    with pytest.raises(CmgraphError, match="has no ties"):
        shortest_paths(chain, "E", "D")
    with pytest.raises(CmgraphError, match="no path of 1 hops"):
        shortest_paths(chain, "D", "A <script>", hops=1)
    with pytest.raises(UnknownName, match="Did you mean actors"):
        build_network(chain, "actor")
    assert len(node_measures(chain, "funding")) == 0


def test_a_network_in_parquet_has_every_tie_with_its_sources(chain: Graph, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for projection, count in (("actors", 4), ("funding", 0)):
        write_network(build_network(chain, projection), tmp_path / "net.parquet")
        rows = pq.read_table(tmp_path / "net.parquet").to_pylist()
        assert len(rows) == count and all(row["sources"] == "https://example.org/s" for row in rows)


@pytest.mark.parametrize("ending", [".gexf", ".graphml"])
def test_files_open_elsewhere_and_are_the_same_bytes(chain: Graph, tmp_path: Path, ending: str) -> None:
    net = build_network(chain, "actors")
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    write_network(net, one)
    write_network(build_network(chain, "actors"), two)
    assert one.read_bytes() == two.read_bytes()
    read = nx.read_gexf(one) if ending == ".gexf" else nx.read_graphml(one)
    assert {data["label"] for _, data in read.nodes(data=True)} == {"A <script>", "ᐃᓄᒃᑎᑐᑦ", "עברית", "D"}
    assert nx.utils.graphs_equal(nx.Graph(read.edges), nx.Graph(net.edges))
    write_network(net, tmp_path / f"upper{ending.upper()}")
    assert (tmp_path / f"upper{ending.upper()}").read_bytes() == one.read_bytes()
    with pytest.raises(CmgraphError, match="unknown network format"):
        write_network(net, tmp_path / "net.png")


@pytest.mark.thorough
def test_a_network_is_the_same_in_every_process(run: Run, tmp_path: Path) -> None:
    written = set()
    for seed in "123":
        run("network", "funding", "-o", str(tmp_path / "f.gexf"), PYTHONHASHSEED=seed)
        measured = [
            run("network", "funding", *how, PYTHONHASHSEED=seed).stdout for how in ((), ("--communities", "leiden"))
        ]
        written.add(((tmp_path / "f.gexf").read_bytes(), *measured))
    assert len(written) == 1


@pytest.mark.gate
@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("network", "actors", "--since", "2090"), "actors, 2090–"),
        (("network", "actors", "--kind", "forum", "--brokerage"), "actors, forum"),
        (("network", "actors", "--since", "2090", "--change", "2020-01-01", "2021-01-01"), "2020-01-01, 2021-01-01"),
        (("timeline", "skills"), "dates of skills"),
        (("timeline", "--as-of", "1800-01-01"), "dates, as of 1800-01-01"),
    ],
)
def test_an_empty_answer_says_so_and_what_was_asked(run: Run, command: tuple[str, ...], why: str) -> None:
    done = run(*command, "-f", "csv")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stderr.startswith("empty: ") and why in done.stderr
    assert run("--quiet", *command, "-f", "csv").stderr == ""


@pytest.mark.gate
def test_projections_keep_to_the_rules_of_questions_and_have_ties(bundled_graph: Graph, run: Run) -> None:
    for name, projection in projections(bundled_graph).items():
        assert lint(projection.path) == ()
        assert [column.name for column in projection.columns][:4] == ["source", "target", "via", "date"]
        assert [column.name for column in projection.columns][4:] in ([], ["weight"])
        assert len(bundled_graph.query(projection)) > 0, name
    listed = run("network", "-f", "csv", "--lang", "fr").stdout
    assert "actors,Acteurs liés par des instruments," in listed


@pytest.mark.gate
def test_a_projection_of_ones_own_is_measured_drawn_and_cut_like_any(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "projections").mkdir(parents=True)
    text = (ROOT / "ontology/projections/minerals.rq").read_text(encoding="utf-8")
    (mine / "projections/holders.rq").write_text(text, encoding="utf-8")
    assert "holders,Owners and minerals" in run("network", "--data", str(mine), "-f", "csv").stdout
    done = run("viz", "flow", "holders", "--mineral", "lithium", "--data", str(mine), "-o", str(tmp_path / "own.svg"))
    assert done.returncode == 0 and "lithium" in (tmp_path / "own.svg").read_text(encoding="utf-8")


@pytest.mark.gate
def test_the_command_measures_writes_and_finds_paths(run: Run, tmp_path: Path) -> None:
    early = run("network", "actors", "-p", "asOf=2020-12-31").stdout.splitlines()
    assert early[0].startswith("thing,") and len(early) < len(run("network", "actors").stdout.splitlines())
    assert "ties" in run("viz", "network", "funding", "-o", str(tmp_path / "f.html")).stderr
    done = run("network", "funding", "-o", str(tmp_path / "f.gexf"))
    assert done.returncode == 0 and "nodes" in done.stderr and (tmp_path / "f.gexf").stat().st_size > 1000
    assert "Government of British Columbia" in run("path", "Tahltan Central Government", "Japan", "-k", "1").stdout
