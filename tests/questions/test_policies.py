"""What a desk officer's sheet of policies says: each source's act or status, and what no source dates."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmgraph
from cmgraph.tables.ingest import ingest

SOURCES = (
    "id,title,publisher,url,tier,checked\n"
    "gazette,Gazette,Crown,https://example.org/g,official,2026-01-02\n"
    "paper,A newspaper,Press,https://example.org/p,press-or-other,2026-01-02\n"
)
POLICIES = (
    "name_en,kind,issuers,themes,themes_basis,adopted,in_force,status,status_as_of,status_basis,dates_note,source\n"
    "Rubidium Regulation,regulation,Iceland,stockpiling,text or official page,,2001-05,,,,for five years,gazette\n"
    "Rubidium Regulation,regulation,Iceland,,,2001-03-02,,,,,,paper\n"
    "Cesium Bill,bill,Iceland,,,,,proposed,2002-01,press or secondary source,,paper\n"
    "Plan without a date,plan,Iceland,,,,,,,,,paper\n"
)


@pytest.mark.gate
def test_policies_of_a_government_are_told_by_act_status_or_neither(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sources.csv").write_text(SOURCES)
    (tmp_path / "data/policies.csv").write_text(POLICIES)
    ingest(tmp_path / "data/sources.csv", data=tmp_path, create=True)
    ingest(tmp_path / "data/policies.csv", data=tmp_path, create=True)
    graph = cmgraph.load(tmp_path)
    rows = graph.query("policies-of", government="Government of Iceland").to_dicts()
    told = {(str(r["policy"]), str(r["change"] or ""), str(r["date"] or ""), str(r["limit"] or "")) for r in rows}
    assert told == {
        ("Rubidium Regulation", "adopted", "2001-03-02", ""),
        ("Rubidium Regulation", "entered into force", "2001-05", "for five years"),
        ("Cesium Bill", "proposed", "2002-01", ""),
        ("Plan without a date", "", "", ""),
    }
    stocks = {str(r["policy"]): str(r["government"]) for r in graph.query("stocks-and-allied-purchases").to_dicts()}
    assert stocks["Rubidium Regulation"] == "Government of Iceland"
    assert "Cesium Bill" not in stocks
