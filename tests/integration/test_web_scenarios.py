"""The pages of the scenarios."""

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.scenarios import queries
from hcqic_gov.scenarios.rules import Option, ScenarioState
from tests import funding_world as made
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

S2 = "/scenarios/HCQIC-S-2026-0002"


def page(client: FlaskClient, url: str) -> str:
    """A page that is served and parses strictly."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    html5lib.HTMLParser(strict=True).parse(answer.text)
    return answer.text


BEGUN = {
    "version": "0",
    "option": "S0",
    "title": "What partners do today",
    "summary": "",
    "baseline_id": "",
    "first_year": "2026",
    "last_year": "2",
    "price_year": "2026",
    "mitigation": "0",
}
LINE = {
    "kind": "running",
    "title": "Team",
    "stream": "",
    "bias": "outsourcing",
    "source": "Quote of 1 May 2026",
    "year_0": "1,000.50",
    "year_1": "",
    "year_2": "7",
}


def test_begin_enter_years_and_change_them(app: Flask, world: World) -> None:
    client = client_of(app, world["finance"])
    assert client.post("/scenarios/create", data=BEGUN).status_code == 302
    other = {**BEGUN, "option": "S2", "title": "Hosted", "baseline_id": "1"}
    assert client.post("/scenarios/create", data={**other, "last_year": "3"}).status_code == 400
    assert client.post("/scenarios/create", data=other).location.endswith(S2)
    assert client.post(f"{S2}/lines/add", data=LINE).status_code == 302
    shown = page(client, S2)
    assert "1,000.50" in shown
    assert "cost up to 41 %" in shown
    form = page(client, f"{S2}/lines/1")
    assert 'value="1000.50"' in form
    assert "Year 2 (2028)" in form
    assert client.post(f"{S2}/lines/1", data={**LINE, "year_1": "12", "version": "1"}).status_code == 302
    with world.reading() as session:
        row = queries.scenario(session, "HCQIC-S-2026-0002")
        assert [str(value) for value in queries.lines_of(session, row.key)[row.key][0].values] == ["1000.50", "12", "7"]
    assert client.post(f"{S2}/lines/1/remove", data={"version": "2"}).status_code == 302
    assert "No line is entered yet" in page(client, S2)
    assert client.get(f"{S2}/lines/1").status_code == 404


WRONG = [
    ({"year_1": "-1"}, "The amount of year 1 must be 0 or more"),
    ({"year_1": "lots"}, "must be a number"),
    ({"kind": "funding", "bias": "none"}, "Choose a stream for cash funding"),
    ({"kind": "benefit"}, "Only capital and running costs carry optimism bias"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_a_wrong_line_says_what_to_mend(app: Flask, world: World, change: dict[str, str], sentence: str) -> None:
    made.scenario(world, Option.S2, baseline=made.scenario(world, Option.S0))
    answer = client_of(app, world["finance"]).post(f"{S2}/lines/add", data={**LINE, **change})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "1,000.50" in answer.text


def test_the_page_and_the_comparison_show_the_same_figures(app: Flask, world: World) -> None:
    made.adopted(world)
    client = client_of(app, world["auditor"])
    shown, compared = page(client, "/scenarios/HCQIC-S-2026-0003"), page(client, "/scenarios/compare")
    for figure in ("£3,376", "2.47"):
        assert figure in shown
        assert figure in compared
    assert "Of 2 scenarios, 2 would be worth more than business as usual" in compared
    assert 'role="img"' in compared
    assert " style=" not in compared
    assert "is missing" not in compared


def test_a_comparison_without_the_do_minimum_says_so(app: Flask, world: World) -> None:
    baseline = made.scenario(world, Option.S0)
    client = client_of(app, world["auditor"])
    assert "S1 Virtual access broker (do-minimum) is missing" in page(client, "/scenarios/compare")
    made.scenario(world, Option.S1, baseline=baseline)
    made.scenario(world, Option.S0)
    assert "is missing" in page(client, "/scenarios/compare")  # the newer baseline
    assert "is missing" not in page(client, f"/scenarios/compare?baseline={baseline.reference}")


def test_review_and_adoption_on_the_page(app: Flask, world: World) -> None:
    baseline = made.reviewed(world, made.scenario(world, Option.S0))
    made.scenario(world, Option.S1, baseline=baseline)
    finance, colleague = client_of(app, world["finance"]), client_of(app, made.second_finance(world))
    assert "so a colleague has to review it" in page(finance, S2)
    assert finance.post(f"{S2}/move/review").status_code == 403
    assert colleague.post(f"{S2}/move/review").status_code == 302
    assert colleague.post(f"{S2}/move/adopt").status_code == 403
    assert client_of(app, world["centre_manager"]).post(f"{S2}/move/adopt").status_code == 302
    with world.reading() as session:
        assert queries.scenario(session, "HCQIC-S-2026-0002").state is ScenarioState.ADOPTED
    assert "Hash of what was adopted" in page(finance, S2)


def test_changing_the_record(app: Flask, world: World) -> None:
    made.scenario(world, Option.S0)
    client = client_of(app, world["finance"])
    url = "/scenarios/HCQIC-S-2026-0001/edit"
    assert "Model S0" in page(client, url)
    assert client.post(url, data={**BEGUN, "version": "1", "title": "As it is"}).status_code == 302
    assert client.post(url, data={**BEGUN, "version": "1"}).status_code == 409  # an old version


@pytest.mark.parametrize("url", ["/scenarios/", "/scenarios/compare", "/scenarios/assumptions", "/scenarios/create"])
def test_pages_before_there_is_any_scenario(app: Flask, world: World, url: str) -> None:
    page(client_of(app, world["finance"]), url)


def test_filters_stand_in_the_address(app: Flask, world: World) -> None:
    made.scenario(world, Option.S1, baseline=made.scenario(world, Option.S0))
    shown = page(client_of(app, world["auditor"]), "/scenarios/?option=S1")
    assert "Model S1" in shown
    assert "Model S0" not in shown
    assert client_of(app, world["funder"]).get("/scenarios/").status_code == 403
