"""The risk scanner: every figure with publisher, year and licence; no total, no order, no verdict."""

from __future__ import annotations

import re

import pytest

from assessments.questionnaire.pack.loading import load_pack
from assessments.risk.indices import INDICES
from assessments.risk.inherent import material_names
from tests.conftest import Stack


def test_a_look_up_is_a_plain_form_and_leads_to_the_material(published: Stack) -> None:
    visit = published.visit()
    start = visit.get("/risks")
    form = next(form for form in start.tree.iter("form") if form.get("action") == "/risks")
    assert form.get("method") == "get"
    assert {select.get("name") for select in form.iter("select")} == {"material", "country"}
    assert set(start.links()) >= {f"/risks/{key}" for key in material_names()}
    assert visit.get("/risks?material=cobalt&country=COD").location == "/risks/cobalt?country=COD"
    assert visit.get("/risks?material=Cobalt").location == "/risks/cobalt"


def test_each_value_of_a_country_stands_beside_its_publisher_year_and_licence(published: Stack) -> None:
    page = published.visit().get("/risks?country=COD")
    table = page.html.split('id="country-indices"')[1].split("</table>")[0]
    rows = [row for row in table.split("<tr>") if "<td" in row]
    assert len(rows) == len(INDICES)
    for row in rows:
        assert re.search(r"(World Bank|UNDP|European Commission).*20\d\d · CC BY", row), row
    assert "0.481" in table
    assert "Congo - Kinshasa" in page.heading
    assert "US Department of Labor, List of Goods, 2022 · public domain" in page.text
    assert "/risks/cobalt?country=COD" in page.links()


def test_no_data_is_said_and_nothing_is_borrowed(published: Stack) -> None:
    page = published.visit().get("/risks?country=NCL")
    assert "There are too few public figures for a band." in page.text
    assert "no data" in page.text
    assert "No good of this country is on the list." in page.text
    assert "Law on child labour: no data from this publisher." in page.text


def test_a_material_tells_risks_producers_and_what_is_asked(published: Stack) -> None:
    page = published.visit().get("/risks/cobalt")
    assert "Child labour severe or widespread" in page.text
    assert "US Geological Survey, Mineral Commodity Summaries, 2026 · public domain" in page.text
    assert "European Commission, study on critical raw materials for the EU, 2023 · CC BY 4.0" in page.text
    assert "certainty: medium" in page.text
    assert "MIN-17" in page.text
    assert "Asked because you handle cobalt." in page.text
    assert f"/questions/{load_pack().question('MIN-17').topic}#MIN-17" in page.links()
    assert "a firm of 25 people is asked up to" in page.text


def test_a_material_from_a_country_names_its_share_its_flag_and_more_questions(published: Stack) -> None:
    visit = published.visit()
    page = visit.get("/risks/cobalt?country=COD")
    assert page.heading == "Cobalt from Congo - Kinshasa"
    assert re.search(r"Mined or extracted: 7\d\.\d % of what the world makes", page.text)
    assert "is on a public list of goods made with child or forced labour" in page.text
    assert "LAB-12" in page.text
    elsewhere = visit.get("/risks/cobalt?country=NLD")
    assert "is not on the public list" in elsewhere.text
    assert "no share of this country is in the table" in elsewhere.text


@pytest.mark.parametrize("material", list(material_names()))
def test_every_material_has_its_page(published: Stack, material: str) -> None:
    page = published.visit().get(f"/risks/{material}")
    assert page.status == 200
    assert "What the questionnaire would ask about this" in page.text


@pytest.mark.parametrize("address", ["/risks?country=COD", "/risks/cobalt?country=COD", "/risks/mica"])
def test_nothing_is_added_up_or_put_in_an_order(published: Stack, address: str) -> None:
    text = published.visit().get(address).text.lower()
    for word in ("total", "average", "overall", "rank", "place among", "score", "rating"):
        assert not re.search(rf"\b{word}\b", text.replace("2016-2020 average", "")), word


def test_what_is_not_there_is_said(published: Stack) -> None:
    visit = published.visit()
    assert "“atlantis” is no material and no country" in visit.get("/risks?country=atlantis").text
    assert "“atlantis” is no country of the tables" in visit.get("/risks/tin?country=atlantis").text
    assert visit.get("/risks/unobtainium").status == 404
    assert visit.get("/risks/TIN").status == 404


def test_names_and_our_own_notes_are_read_in_the_language_of_the_questions(published: Stack) -> None:
    visit = published.visit()
    page = visit.get("/risks/cobalt?country=COD&questions=de")
    assert page.heading == "Kobalt from Kongo-Kinshasa"
    assert '<span lang="de">Kobalt</span>' in page.html
    assert "Kinderarbeit" in page.text
    assert "Kinder im Kleinbergbau in Haut-Katanga und Lualaba" in page.text
    assert "Batterien, Superlegierungen, Hartmetall" in page.text
    assert "fast ganz Nebenprodukt von Kupfer" in page.text
    assert "US Geological Survey, Mineral Commodity Summaries, 2026 · public domain" in page.text
    assert '<bdi lang="de">' in page.html
    assert "/risks/cobalt?country=COD" in visit.get("/risks?country=COD").links()
    assert visit.get("/risks?material=Kobalt&country=kongo-kinshasa").location == "/risks/cobalt?country=COD"
    assert visit.get("/risks?material=Cobalt").location == "/risks/cobalt", "English is understood as well"
    start = visit.get("/risks?questions=zh-Hans")
    assert {"钴", "镍", "刚果（金）"} <= {option.text for option in start.tree.iter("option")}
    english = visit.get("/risks/cobalt?questions=en")
    assert english.heading == "Cobalt"
    assert "Child labour severe or widespread" in english.text
