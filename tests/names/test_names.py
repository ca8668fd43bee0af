"""Finding things by the names that people type."""

from __future__ import annotations

import pytest

from cmgraph.errors import AmbiguousName, UnknownName
from cmgraph.graph import Graph
from cmgraph.names import normalize_name

PLACE = "https://w3id.org/cmgraph/def#Place"
AGENT = "https://w3id.org/cmgraph/def#Agent"


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["UK", "U.K.", "Great Britain", "GB", "GBR", "Royaume-Uni"], "united-kingdom"),
        (["US", "USA", "U.S.", "U.S.A.", "the United States", "United States of America"], "united-states"),
        (["DRC", "D.R. Congo", "Congo (Kinshasa)", "Congo, Dem. Rep.", "RDC"], "democratic-republic-of-the-congo"),
        (["Russia", "Russie", "RU"], "russian-federation"),
        (["Korea", "South Korea", "Korea, Rep.", "Republic of Korea", "KOR"], "south-korea"),
        (["Turkey", "Türkiye", "TÜRKİYE", "Turquie"], "turkiye"),
        (["UAE", "U.A.E."], "united-arab-emirates"),
        (["Czech Republic", "Czechia"], "czechia"),
        (["Ivory Coast", "Côte d’Ivoire", "Cote d'Ivoire"], "cote-divoire"),
        (["BC", "B.C.", "British Columbia"], "british-columbia"),
        (["The Netherlands", "Holland"], "netherlands"),
        (["Chile\u200b", "Chi\u00adle", "Ｃｈｉｌｅ"], "chile"),
    ],
)
def test_a_place_is_known_by_what_people_call_it(bundled_graph: Graph, names: list[str], place: str) -> None:
    places = {name: bundled_graph.names.resolve(name, PLACE).value.rpartition("/")[2] for name in names}
    assert set(places.values()) == {place}, places


@pytest.mark.parametrize(
    ("typed", "thing"),
    [
        ("rare earths", "mineral/rare-earth-elements"),
        ("REEs", "mineral/rare-earth-elements"),
        ("Terres rares", "mineral/rare-earth-elements"),
        ("PGMs", "mineral/platinum-group-metals"),
        ("natural graphite", "mineral/graphite"),
        ("CETA", "arrangement/ceta"),
        ("ACEUM", "arrangement/cusma"),
    ],
)
def test_minerals_and_agreements_go_by_the_names_that_people_use(bundled_graph: Graph, typed: str, thing: str) -> None:
    assert bundled_graph.names.resolve(typed).value.endswith(f"/{thing}")
    assert bundled_graph.search(typed)[0].thing.iri.endswith(f"/{thing}")


@pytest.mark.parametrize("name", ["CHL", "Chile", "Chili"])
def test_a_government_goes_by_names_and_codes_of_its_country(bundled_graph: Graph, name: str) -> None:
    assert bundled_graph.names.resolve(name, AGENT).value.endswith("/government-of-chile")


@pytest.mark.parametrize("word", ["no", "is", "in", "me", "na", "No", "uk", "bc", "li"])
def test_a_word_is_no_code(bundled_graph: Graph, word: str) -> None:
    with pytest.raises(UnknownName):
        bundled_graph.names.resolve(word)


@pytest.mark.parametrize(
    ("code", "both"),
    [
        ("NL", "place:netherlands, place:newfoundland-and-labrador"),
        ("N.L.", "place:netherlands, place:newfoundland-and-labrador"),
        ("PE", "place:peru, place:prince-edward-island"),
        ("SK", "place:saskatchewan, place:slovakia"),
    ],
)
def test_a_code_of_a_country_and_of_a_province_lists_both(bundled_graph: Graph, code: str, both: str) -> None:
    with pytest.raises(AmbiguousName) as error:
        bundled_graph.names.resolve(code, PLACE)
    assert both in error.value.hint
    for clear, place in (
        ("NLD", "netherlands"),
        ("Nfld.", "newfoundland-and-labrador"),
        ("NT", "northwest-territories"),
    ):
        assert bundled_graph.names.resolve(clear, PLACE).value.endswith(f"/place/{place}")


def test_a_name_of_two_countries_lists_both(bundled_graph: Graph) -> None:
    with pytest.raises(AmbiguousName) as error:
        bundled_graph.names.resolve("Congo", PLACE)
    assert "place:democratic-republic-of-the-congo, place:republic-of-the-congo" in error.value.hint


@pytest.mark.parametrize(
    ("text", "of", "hint"),
    [
        ("Cannada", AGENT, "Did you mean Canada?"),
        ("Six Nations", AGENT, "Did you mean Six Nations of the Grand River?"),
        ("Rio Tinto plc", AGENT, "Did you mean Rio Tinto?"),
        ("Iran", AGENT, "This is the name of place:iran, of another kind."),
        ("Lesotho", PLACE, "Try: cmgraph search TEXT"),
        ("Zurgblat", AGENT, "Try: cmgraph search TEXT"),
        ("UKX", AGENT, "Try: cmgraph search TEXT"),
    ],
)
def test_a_suggestion_is_of_use_or_there_is_none(bundled_graph: Graph, text: str, of: str, hint: str) -> None:
    with pytest.raises(UnknownName) as error:
        bundled_graph.names.resolve(text, of)
    assert error.value.hint == hint


def test_names_from_elsewhere_never_enter_the_graph(bundled_graph: Graph) -> None:
    bundled_graph.names.resolve("Ivory Coast", PLACE)
    assert "Ivory Coast" not in {hit.matched for hit in bundled_graph.search("Ivory Coast")}
    assert "UK" not in bundled_graph.names.values_of(PLACE)


@pytest.mark.parametrize(
    ("one", "other"), [("ʔaq̓am", "aqam"), ("Tłı̨chǫ", "Tlicho"), ("L’Île", "l'ile"), ("a\u200bb", "AB"), ("A-B", "a b")]
)
def test_names_are_folded_for_comparison(one: str, other: str) -> None:
    assert normalize_name(one) == normalize_name(other)
