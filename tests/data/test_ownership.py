"""Who owns what: a sheet of one's own goes in, and nothing is concluded from it that it does not say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import cmgraph
from cmgraph.graph import Graph
from cmgraph.tables.ingest import TableErrors, ingest

COMPANIES = "id,name_en,class,source\n" + "".join(
    f"{slug},{name},Enterprise,narnia-gazette\n"
    for slug, name in (("beaver-mines", "Beaver Mines"), ("dam-holding", "Dam Holding"), ("lamp-fund", "Lamp Fund"))
)
SOURCES = "id,title,publisher,url,published,tier,checked\nnarnia-gazette,Gazette,Crown,https://example.org/g,2026,official,2026-01-02\n"
OWNERSHIP = "id,owner,company,project,share,joint_share,interest,stage,as_of,source,support,locator,checked\n"
READ = "narnia-gazette,read-in-source,p. 3,2026-01-02"
HOMES = "company,country,town,kind,as_of,source\n"


pytestmark = pytest.mark.usefixtures("no_cache")


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three companies and a source."""
    folder = tmp_path_factory.mktemp("companies")
    (folder / "data").mkdir()
    for name, text in {"sources": SOURCES, "bodies": COMPANIES}.items():
        (folder / f"data/{name}.csv").write_text(text)
        ingest(folder / f"data/{name}.csv", data=folder, create=True)
    return folder


@pytest.fixture
def folder(companies: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder with three companies, to add to."""
    return shutil.copytree(companies, tmp_path / "folder")


def taken(folder: Path, ownership: str, homes: str = "") -> Graph:
    """Return the graph with the rows of two sheets."""
    for name, text in {"ownership": OWNERSHIP + ownership, "company-homes": HOMES + homes}.items():
        (folder / f"data/{name}.csv").write_text(text)
        if text.count("\n") > 1:
            ingest(folder / f"data/{name}.csv", data=folder)
    return cmgraph.load(folder)


@pytest.mark.gate
def test_a_sheet_of_shares_says_who_owns_a_project_up_to_its_home(folder: Path) -> None:
    graph = taken(
        folder,
        f"a,beaver-mines,,alouette,12.5,,participating,held,2026-01,{READ}\n"
        f"b,dam-holding,beaver-mines,,60,,shares,held,2025,{READ}\n"
        f"c,lamp-fund,beaver-mines,,40,,shares,held,2025,{READ}\n",
        "dam-holding,norway,Oslo,head-office,2026,narnia-gazette\n",
    )
    (row,) = (r for r in graph.query("owned-from", country="Norway").to_dicts() if str(r["owner"]) == "Beaver Mines")
    assert (str(row["ultimate"]), str(row["heldAsOf"]), str(row["share"])) == ("Dam Holding", "2025", "12.5")
    assert {str(r["owner"]) for r in graph.query("owners", project="Alouette").to_dicts()} >= {"Beaver Mines"}
    assert graph.validate().findings == ()


@pytest.mark.gate
@pytest.mark.parametrize(
    "row",
    [
        f"b,dam-holding,beaver-mines,,60,,shares,agreed,2025,{READ}\n",
        f"b,dam-holding,beaver-mines,,50,,shares,held,2025,{READ}\n",
        f"b,dam-holding;lamp-fund,beaver-mines,,,60,shares,held,2025,{READ}\n",
        f"b,dam-holding,beaver-mines,,60,,cash-flow,held,2025,{READ}\n",
    ],
    ids=["only agreed", "a half", "joint total", "cash flow"],
)
def test_what_is_no_majority_makes_no_ultimate_owner(folder: Path, row: str) -> None:
    graph = taken(folder, f"a,beaver-mines,,alouette,12.5,,participating,held,2026-01,{READ}\n" + row)
    assert [*graph.query("SELECT ?o { agent:beaver-mines cm:hasMajorityHolder ?o }")] == []


@pytest.mark.gate
def test_a_dateline_is_no_home(folder: Path) -> None:
    row = f"a,beaver-mines,,alouette,12.5,,participating,held,2026-01,{READ}\n"
    graph = taken(folder, row, "beaver-mines,norway,Oslo,dateline,2026,narnia-gazette\n")
    assert "Beaver Mines" not in {str(r["owner"]) for r in graph.query("owned-from", country="Norway").to_dicts()}
    assert [str(r["kind"]) for r in graph.query("company-homes", company="Beaver Mines").to_dicts()] == ["dateline"]


@pytest.mark.gate
@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (f"a,beaver-mines,,alouette,112,,participating,held,2026-01,{READ}\n", "above 0 and up to 100"),
        (f"a,beaver-mines,,alouette,12,,participating,held,,{READ}\n", "as of a day"),
        (f"a,beaver-mines;lamp-fund,,alouette,12,,participating,held,2026,{READ}\n", "together is no share of each"),
        (
            "a,government-of-norway,beaver-mines,,,,parent,held,2026,narnia-gazette,presumed,p. 3,2026-01-02\n",
            "never what follows from a seat",
        ),
    ],
)
def test_a_row_that_says_too_much_is_refused_with_what_to_do(folder: Path, row: str, rule: str) -> None:
    with pytest.raises(TableErrors) as error:
        taken(folder, row)
    assert rule in str(error.value)


DEALS = "id,kind,supplier,buyer,product,minerals,firmness,since,as_of,amount,currency,bound,source\n"


def sheet(folder: Path, rows: str) -> Graph:
    """Return the graph with the rows of a sheet of deals."""
    (folder / "data/deals.csv").write_text(DEALS + rows)
    ingest(folder / "data/deals.csv", data=folder)
    return cmgraph.load(folder)


@pytest.mark.gate
def test_a_sheet_of_deals_tells_a_contract_from_an_option(folder: Path) -> None:
    graph = sheet(
        folder,
        "a,offtake,beaver-mines,lamp-fund,ore,tin,signed,2025-01-02,,5,us-dollar,exact,narnia-gazette\n"
        "b,offtake,beaver-mines,dam-holding,ore,tin,option,,2025,,,,narnia-gazette\n",
    )
    rows = graph.query("deals", mineral="tin", company="Beaver Mines").to_dicts()
    assert {(str(r["buyer"]), str(r["firmness"]), str(r["signedOn"] or "")) for r in rows} == {
        ("Lamp Fund", "signed", "2025-01-02"),
        ("Dam Holding", "option", ""),
    }
    assert len(graph.query("deals", mineral="any", company="Lamp Fund")) == 1
    assert len(graph.query("deals", mineral="any", company="Lamp Fund", project="Matawinie")) == 0


@pytest.mark.gate
@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("a,offtake,beaver-mines,lamp-fund,ore,tin,memorandum,2025,,,,,narnia-gazette\n", "no contract"),
        ("a,offtake,beaver-mines,lamp-fund,ore,tin,option,2025,,,,,narnia-gazette\n", "no contract"),
        (
            "a,strategic-investment,beaver-mines,lamp-fund;dam-holding,ore,tin,signed,2025,,5,us-dollar,exact,narnia-gazette\n",
            "several pay together",
        ),
    ],
)
def test_a_deal_that_says_too_much_is_refused_with_what_to_do(folder: Path, row: str, rule: str) -> None:
    with pytest.raises(TableErrors) as error:
        sheet(folder, row)
    assert rule in str(error.value)
