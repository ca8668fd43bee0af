"""A spreadsheet's names are lined up with things, as OpenRefine does it: the Reconciliation API 0.2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from cmgraph.graph import Graph
from serving import Server, serving

MINERAL = "https://w3id.org/cmgraph/vocab/mineral"
NAMED = {"type": "object", "required": ["id", "name"], "properties": {k: {"type": "string"} for k in ("id", "name")}}
SERVICE = {
    "type": "object",
    "required": ["service_url", "service_path"],
    "properties": {"service_url": {"pattern": "^http.*[^/]$"}, "service_path": {"pattern": "^/"}},
}
MANIFEST = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace", "view", "preview", "suggest", "extend"],
    "properties": {
        "versions": {"type": "array", "contains": {"const": "0.2"}},
        "view": {"required": ["url"], "properties": {"url": {"pattern": "{{id}}"}}},
        "preview": {
            "required": ["url", "width", "height"],
            "properties": {
                "url": {"pattern": "{{id}}"},
                "width": {"type": "integer"},
                "height": {"type": "integer"},
            },
        },
        "suggest": {"properties": dict.fromkeys(("entity", "property", "type"), SERVICE)},
        "extend": {"properties": {"propose_properties": SERVICE}},
        "defaultTypes": {"type": "array", "items": NAMED, "uniqueItems": True},
    },
}
"""What the specification says of a manifest."""


@pytest.fixture(scope="module")
def server(untrusted_folder: Path) -> Iterator[Server]:
    """Serve the seed page among hostile texts."""
    with serving("--data", str(untrusted_folder)) as running:
        yield running


@pytest.fixture(scope="module")
def whole(bundled_graph: Graph) -> Iterator[Server]:
    """Serve the bundled graph."""
    with serving() as running:
        yield running


def post(server: Server, field: str, sent: object, lang: str = "en") -> dict[str, Any]:
    body = urlencode({field: json.dumps(sent)}).encode()
    answer = server.send("POST", f"/reconcile?lang={lang}", body, content_type="application/x-www-form-urlencoded")
    assert answer.status == 200, answer.text
    said: dict[str, Any] = json.loads(answer.body)
    return said


def get(server: Server, path: str, **parameters: object) -> dict[str, Any]:
    answer = server.get(f"{path}?{urlencode(parameters)}")
    assert answer.status == 200, answer.text
    said: dict[str, Any] = json.loads(answer.body)
    return said


def reconcile(server: Server, **queries: object) -> dict[str, Any]:
    return post(server, "queries", queries)


def test_the_manifest_says_what_there_is_and_each_of_it_answers(server: Server) -> None:
    manifest = json.loads(server.get("/reconcile").body)
    jsonschema.validate(manifest, MANIFEST)
    thing = quote("id/agent/european-union", safe="")  # as clients put it in
    for address in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert server.get(address.replace(server.address, "/").replace("{{id}}", thing)).status in (200, 303)
    for service in (*manifest["suggest"].values(), manifest["extend"]["propose_properties"]):
        assert server.get(service["service_path"]).status == 200


TEN = {
    "Glencoer": ("cm:Agent", "id/agent/glencore-plc", False),
    "Banque européenne d'investissement": ("cm:Agent", "id/agent/european-investment-bank", True),
    "banque europeenne d'investissement": ("cm:Agent", "id/agent/european-investment-bank", True),
    "Natural Ressources Canada": ("cm:Agent", "id/agent/nrcan-rncan", False),
    "lithuim": (MINERAL, "vocab/mineral/lithium", False),
    "terres rares": (MINERAL, "vocab/mineral/rare-earth-elements", False),
    "nickle": (MINERAL, "vocab/mineral/nickel", False),
    "Cote Gold": ("cm:Project", "id/project/cote-gold", True),
    "Voiseys Bay": ("cm:Project", "id/project/voiseys-bay", True),
    "Thunder Bay lithium conversion facilty": ("cm:Project", "id/project/frontier-lithium-refinery", False),
}


@pytest.mark.gate
def test_ten_names_of_a_spreadsheet_with_slips_and_in_french_find_their_things(whole: Server) -> None:
    said = reconcile(whole, **{name: {"query": name, "type": kind} for name, (kind, _, _) in TEN.items()})
    for name, (kind, expected, sure) in TEN.items():
        best = said[name]["result"][0]
        assert (best["id"], best["match"]) == (expected, sure), name  # a slip is proposed, and left to a person
        assert kind in {one["id"] for one in best["type"]} and best["description"]
        scores = [one["score"] for one in said[name]["result"]]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.gate
def test_another_column_may_confirm_or_deny(whole: Server) -> None:
    asked = {"query": "lithium", "type": MINERAL}
    right = {**asked, "properties": [{"pid": "cm:chemicalSymbol", "v": "Li"}]}
    wrong = {**asked, "properties": [{"pid": "cm:chemicalSymbol", "v": ["Ni", {"id": "vocab/mineral/nickel"}]}]}
    said = reconcile(whole, right=right, wrong=wrong)
    best, worse = said["right"]["result"][0], said["wrong"]["result"][0]
    assert best["match"] and best["features"] == [{"id": "cm:chemicalSymbol", "value": True}]
    assert not worse["match"] and worse["score"] < best["score"] and worse["id"] == best["id"]


def test_an_identifier_finds_its_thing(server: Server) -> None:
    said = reconcile(server, a={"query": "id/agent/european-union"}, b={"query": "agent:european-union"})
    assert [one["result"][0]["id"] for one in said.values()] == ["id/agent/european-union"] * 2


@pytest.mark.gate
def test_what_is_typed_is_completed(whole: Server) -> None:
    def suggested(what: str, prefix: str, **more: object) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = get(whole, f"/reconcile/suggest/{what}", prefix=prefix, **more)["result"]
        for one in result:
            jsonschema.validate(one, NAMED)
        return result

    assert suggested("entity", "lith")[0]["id"] == "vocab/mineral/lithium"
    assert suggested("entity", "lith", cursor=1) != suggested("entity", "lith")
    assert suggested("entity", "") == []
    assert {"id": "cm:Project", "name": "project"} in suggested("type", "proj")
    assert {"id": "cm:Project", "name": "projet"} in suggested("type", "proj", lang="fr")
    assert {"id": "cm:chemicalSymbol", "name": "chemical symbol"} in suggested("property", "symb")
    assert suggested("property", "cm:casNumber")[0]["id"] == "cm:casNumber"


@pytest.mark.gate
def test_columns_are_added_from_what_is_said_of_things(whole: Server) -> None:
    proposed = get(whole, "/reconcile/properties", type=MINERAL, limit=8)
    ids = [one["id"] for one in proposed["properties"]]
    assert proposed["type"] == MINERAL and len(ids) == 8 and {"cm:chemicalSymbol", "cm:hasCitation"} <= {*ids}
    wanted = [{"id": name} for name in ("skos:prefLabel", "cm:chemicalSymbol", "cm:hasBodyKind", "cm:foundingDate")]
    lithium, union, nobody = "vocab/mineral/lithium", "id/agent/european-union", "id/agent/nobody"
    said = post(whole, "extend", {"ids": [lithium, union, nobody], "properties": wanted}, "fr")
    assert said["meta"][1] == {"id": "cm:chemicalSymbol", "name": "symbole chimique"}
    rows = said["rows"]
    assert rows[lithium]["cm:chemicalSymbol"] == [{"str": "Li"}] and rows[lithium]["cm:hasBodyKind"] == []
    assert rows[union]["skos:prefLabel"] == [{"str": "Union européenne"}]
    (kind,) = rows[union]["cm:hasBodyKind"]
    assert kind == {"id": "vocab/body-kind/supranational-union", "name": "union supranationale"}
    assert rows[nobody] == {one["id"]: [] for one in wanted}


@pytest.mark.gate
def test_numbers_and_days_keep_their_kind_and_a_day_gets_no_hour(whole: Server) -> None:
    found = get(whole, "/api/questions/partners/answer", actor="Canada", max=1)["sources"][0]["source"]
    source = found.removeprefix("https://w3id.org/cmgraph/")
    said = post(whole, "extend", {"ids": [source], "properties": [{"id": "dcterms:issued"}]})
    assert all([*cell] == ["str"] and len(cell["str"]) <= 10 for cell in said["rows"][source]["dcterms:issued"])


def test_a_preview_stands_in_a_frame_of_others_and_holds_nothing_that_runs(server: Server) -> None:
    page = server.get("/reconcile/preview?id=id%2Fagent%2Feuropean-union&lang=fr")
    assert "Union européenne" in page.text and "Sources" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "script-src" not in policy and "frame-ancestors" not in policy
    evil = server.get("/reconcile/preview?id=id/agent/evil").text
    assert "<script" not in evil and 'href="javascript:' not in evil
    assert server.get("/reconcile/preview?id=id/agent/nobody").status == 404
    assert server.get("/reconcile/preview?id=../../etc/passwd").status == 404
    assert server.get("/reconcile/preview").status == 400


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, "["),
        (400, '{"ids": "id/agent/x", "properties": []}'),
        (400, '{"ids": [], "properties": [{"id": "cm:nothingOfThis"}]}'),
        (400, '{"ids": [], "properties": [{"id": 1}]}'),
        (400, '{"ids": ["\\ud800"], "properties": []}'),
        (413, json.dumps({"ids": ["id/agent/x"] * 501, "properties": []})),
    ],
)
def test_columns_that_cannot_be_are_refused(server: Server, status: int, sent: str) -> None:
    answer = server.get("/reconcile?" + urlencode({"extend": sent}))
    assert answer.status == status and answer.media_type == "application/problem+json"


def test_names_of_a_spreadsheet_are_lined_up_with_things(server: Server) -> None:
    manifest = json.loads(server.get("/reconcile").body)
    assert manifest["versions"] == ["0.2"] and "cm:Agent" in {kind["id"] for kind in manifest["defaultTypes"]}
    said = reconcile(
        server,
        a={"query": "European Union", "type": "cm:Agent"},
        b={"query": "canada", "limit": 3},
        c={"query": "nothing of this name"},
        d={"query": "European Union", "type": "cm:Agreement", "limit": 50},
    )
    best = said["a"]["result"][0]
    assert (best["id"], best["name"], best["match"]) == ("id/agent/european-union", "European Union", True)
    assert server.get("/" + best["id"]).status == 303 and manifest["view"]["url"].endswith("/{{id}}")
    assert len(said["b"]["result"]) == 3 and said["c"]["result"] == []
    assert not any(one["match"] for one in said["d"]["result"])
    assert all("cm:Agreement" in {kind["id"] for kind in one["type"]} for one in said["d"]["result"])


def test_a_name_that_several_things_have_is_no_match(server: Server) -> None:
    (answer,) = reconcile(server, a={"query": "Canada"}).values()
    called = [one for one in answer["result"] if one["name"] == "Canada" or one["score"] >= 95]
    assert len(called) > 1 and not any(one["match"] for one in called)


@pytest.mark.parametrize(
    "sent",
    [
        "[",
        "[]",
        '{"a": 1}',
        '{"\\ud800": {"query": "x"}}',
        '{"a": {"query": "x", "properties": [{"pid": "cm:no"}]}}',
        '{"a": {"query": "x", "type": "no such"}}',
        "[" * 9999,
    ],
)
def test_a_broken_batch_is_refused(server: Server, sent: str) -> None:
    body = urlencode({"queries": sent}).encode()
    answer = server.send("POST", "/reconcile", body, content_type="application/x-www-form-urlencoded")
    assert answer.status in (400, 404) and answer.media_type == "application/problem+json"


@pytest.mark.parametrize("query", [{}, {"query": ""}, {"query": "  "}, {"query": None}, {"type": MINERAL}])
@pytest.mark.parametrize("properties", [[], [{"pid": "cm:countryCode", "v": "CA"}]])
def test_a_query_without_a_name_has_no_candidates(
    server: Server, query: dict[str, object], properties: list[object]
) -> None:
    said = reconcile(server, a={**query, "properties": properties}, b={"query": "European Union"})
    assert said["a"] == {"result": []} and said["b"]["result"][0]["match"]
