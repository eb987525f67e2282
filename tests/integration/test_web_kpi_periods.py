"""The pages of periods and targets, as the people who use them."""

import pytest
from flask import Flask
from sqlmodel import select

from hcqic_gov.kpi.models import Closing, Target
from tests.factories import World, client_of
from tests.integration.test_kpi_periods import submitted, verify
from tests.integration.test_web_kpi import shown

pytestmark = pytest.mark.one_database

MAY = "/kpis/periods/2026-05"


def test_a_period_is_closed_knowingly_and_reopened(app: Flask, world: World) -> None:
    key = submitted(world)
    manager, owner = client_of(app, world["centre_manager"]), client_of(app, world["gatekeeper"])
    assert MAY in manager.get("/kpis/periods/").text
    page = manager.get(f"{MAY}/close").text
    assert "Close May 2026 although 9 values are missing and 1 value is unverified" in page
    seen = page.split('name="seen"')[1].split('value="')[1].split('"')[0]
    form = {"seen": seen, "knowing": "y", "reason": "No source yet"}
    assert manager.post(f"{MAY}/close", data={"seen": seen}).status_code == 400
    assert manager.post(f"{MAY}/close", data={**form, "seen": "0 missing, 0 unverified"}).status_code == 409
    assert owner.post(f"{MAY}/close", data=form).status_code == 403
    assert manager.post(f"{MAY}/close", data=form).status_code == 302

    refused = owner.get("/kpis/O1/2026-05/enter")
    assert refused.status_code == 409
    assert "ask the centre manager to reopen the period" in refused.text
    assert manager.post(f"/kpis/observations/{key}/verify").status_code == 409
    assert "May 2026 is closed" in manager.get(f"/kpis/observations/{key}").text
    assert "Period closed" in owner.get("/kpis/").text
    assert manager.get(f"{MAY}/close").status_code == 409

    assert manager.post(f"{MAY}/reopen", data={"reason": ""}).status_code == 400
    assert manager.post(f"{MAY}/reopen", data={"reason": "One came late"}).status_code == 302
    assert manager.post(f"/kpis/observations/{key}/verify").status_code == 302
    period = manager.get(MAY).text
    for words in ("No source yet", "One came late", "O8, verified on", "Reopened"):
        assert words in period
    assert "Revised after closing" in owner.get("/kpis/O8").text
    assert "(revised after closing)" in shown(manager, "/dashboards/kpi?kpi=O8")
    with world.reading() as session:
        assert [row.revision for row in session.exec(select(Closing))] == [1]


def test_a_trajectory_from_its_form_to_the_chart(app: Flask, world: World) -> None:
    verify(world, submitted(world))
    manager = client_of(app, world["centre_manager"])
    form = {"first": "2026-06", "begin": "91", "last": "2026-09", "end": "94", "threshold": "85", "reason": "Board"}
    address = "/kpis/O8/targets/trajectory"
    assert "Choose a last period" in manager.post(address, data={**form, "last": "2026-06"}).text
    assert "cannot lie above the target" in manager.post(address, data={**form, "threshold": "93"}).text
    assert manager.post(address, data=form).status_code == 302
    assert manager.post("/kpis/O8/2026-07/target", data={"value": "93", "reason": "Later"}).status_code == 302
    with world.reading() as session:
        rows = session.exec(select(Target).where(Target.replaced_at.is_(None)).order_by(Target.period))  # type: ignore[union-attr]
        assert [(row.period, row.value, row.threshold) for row in rows] == [
            ("2026-06", 91.0, 85.0),
            ("2026-07", 93.0, None),
            ("2026-08", 93.0, 85.0),
            ("2026-09", 94.0, 85.0),
        ]
    page = manager.get("/kpis/O8/targets").text
    assert "Replaced on" in page
    assert "94.0%" in page
    assert "Targets of later periods" in shown(manager, "/dashboards/kpi?kpi=O8")
    assert client_of(app, world["gatekeeper"]).post(address, data=form).status_code == 403


def test_addresses_that_name_no_period(app: Flask, world: World) -> None:
    manager = client_of(app, world["centre_manager"])
    for code in ("nonsense", "2026-13", "1999-01"):
        assert manager.get(f"/kpis/periods/{code}").status_code == 404
