"""The graph as a network: numbers worked out by hand on a small one, paths with sources, files that others open."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import networkx as nx
import pytest

import cmgraph
from cmgraph.errors import CmgraphError, UnknownName
from cmgraph.graph import Graph
from cmgraph.lint import lint
from cmgraph.netfile import write
from cmgraph.network import measures, network, paths, projections
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
    (root / "data/chain.ttl").write_text(text, encoding="utf-8")
    return cmgraph.load(root)


def test_measures_are_those_worked_out_by_hand(chain: Graph) -> None:
    rows = {str(row["thing"]): row for row in measures(chain, "actors").to_dicts()}
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


def test_a_tie_carries_what_it_runs_through_and_its_sources(chain: Graph) -> None:
    net = network(chain, "actors")
    agent = chain.prefixes["agent"]
    tie = net.edges[agent + "a", agent + "b"]
    assert (tie["weight"], tie["via"], tie["sources"]) == (2, "Pact one; Pact three", "https://example.org/s")
    assert agent + "e" not in net


def test_a_path_names_each_hop_and_its_sources(graph: Graph) -> None:
    answer = paths(graph, "Tahltan Central Government", "Japan", count=1)
    hops = {(row["hop"], str(row["from"]), str(row["to"])) for row in answer.to_dicts()}
    assert hops == {
        (1, "Tahltan Central Government", "Government of British Columbia"),
        (2, "Government of British Columbia", "Government of Japan"),
    }
    assert all(row.citations for row in answer)


def test_what_is_not_connected_is_said(chain: Graph) -> None:
    with pytest.raises(CmgraphError, match="in no tie"):
        paths(chain, "E", "D")
    with pytest.raises(CmgraphError, match="no path of 1 hops"):
        paths(chain, "D", "A <script>", hops=1)
    with pytest.raises(UnknownName, match="Did you mean actors"):
        network(chain, "actor")
    assert len(measures(chain, "funding")) == 0


@pytest.mark.parametrize("ending", [".gexf", ".graphml"])
def test_files_open_elsewhere_and_are_the_same_bytes(chain: Graph, tmp_path: Path, ending: str) -> None:
    net = network(chain, "actors")
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    write(net, one)
    write(network(chain, "actors"), two)
    assert one.read_bytes() == two.read_bytes()
    read = nx.read_gexf(one) if ending == ".gexf" else nx.read_graphml(one)
    assert {data["label"] for _, data in read.nodes(data=True)} == {"A <script>", "ᐃᓄᒃᑎᑐᑦ", "עברית", "D"}
    assert nx.utils.graphs_equal(nx.Graph(read.edges), nx.Graph(net.edges))
    with pytest.raises(CmgraphError, match="not a network by its ending"):
        write(net, tmp_path / "net.png")


def test_projections_keep_to_the_rules_of_questions_and_have_ties(graph: Graph, run: Run) -> None:
    for name, projection in projections(graph).items():
        assert lint(projection.path) == ()
        assert [column.name for column in projection.columns] == ["source", "target", "via", "date"]
        assert len(graph.query(projection)) > 0, name
    listed = run("network", "-f", "csv", "--lang", "fr").stdout
    assert "actors,Acteurs liés par des instruments," in listed


def test_the_command_measures_writes_and_finds_paths(run: Run, tmp_path: Path) -> None:
    early = run("network", "actors", "-p", "asOf=2020-12-31").stdout.splitlines()
    assert early[0].startswith("thing,") and len(early) < len(run("network", "actors").stdout.splitlines())
    done = run("network", "funding", "-o", str(tmp_path / "f.gexf"))
    assert done.returncode == 0 and "nodes" in done.stderr and (tmp_path / "f.gexf").stat().st_size > 1000
    assert "Government of British Columbia" in run("path", "Tahltan Central Government", "Japan", "-k", "1").stdout
