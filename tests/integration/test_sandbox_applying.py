"""Applications for access: asked for by the team, answered by a gatekeeper of another, told to who applied."""

import pytest
from flask import Flask
from html5lib import HTMLParser
from sqlmodel import Session, select

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import applying, quotas
from hcqic_gov.sandbox.applying import Wish
from hcqic_gov.sandbox.granting import Grant
from hcqic_gov.sandbox.models import AllocationRequest
from hcqic_gov.sandbox.rules import Answer
from hcqic_gov.sandbox.waiting import tasks_for
from tests import sandbox_steps
from tests.factories import World, client_of

ONE_DATABASE = pytest.mark.one_database
WISH = Wish("explore", 3_000, "Twelve runs of 25 qubits.")


def asked(world: World, project: Project, wish: Wish = WISH) -> AllocationRequest:
    with world.writing() as session:
        return applying.apply(session, project.reference, wish, actor=world["project_lead"], now=world.now)


def told(session: Session, world: World) -> list[str]:
    mine = select(OutboxMessage.subject).where(OutboxMessage.person_id == world["project_lead"].id)
    return list(session.exec(mine.where(OutboxMessage.about_kind == "sandbox_access")).all())


def waits(world: World, who: str) -> list[str]:
    with world.reading() as session:
        return [task.title for task in tasks_for(session, world[who], now=world.now)]


def test_asked_for_granted_and_told(world: World) -> None:
    project = world.project(active=True)
    asked(world, project)
    line = f"Decide on the access that “{project.title}” asks for"
    assert line in waits(world, "gatekeeper")
    day = world.now.date()
    entered = Grant("explore", 2_000, day, day.replace(year=day.year + 1), "As far as the plan goes.")
    with world.writing() as session:
        made = applying.grant(session, project.reference, entered, actor=world["gatekeeper"], now=world.now)
    assert line not in waits(world, "gatekeeper")
    with world.reading() as session:
        (one,) = applying.applications(session, project.key)
        assert (one.answer, one.allocation_id, one.answer_reason) == (Answer.GRANTED, made.key, entered.reason)
        assert quotas.balance(session, project.key, at=world.now).tier.code == "explore"
        assert told(session, world) == [
            f"{project.reference}: the application for access to the sandbox is granted"
        ]  # fmt: skip
        assert verify_chain(session).whole


@ONE_DATABASE
def test_refused_with_a_reason_and_asked_again(world: World) -> None:
    project = world.project(active=True)
    asked(world, project)
    with pytest.raises(Refused, match="asked already"):
        asked(world, project)
    with pytest.raises(Invalid), world.writing() as session:
        applying.refuse(session, project.reference, reason=" ", actor=world["gatekeeper"], now=world.now)
    with world.writing() as session:
        applying.refuse(session, project.reference, reason="No plan.", actor=world["gatekeeper"], now=world.now)
    with pytest.raises(Refused, match="No application"), world.writing() as session:
        applying.refuse(session, project.reference, reason="Again.", actor=world["gatekeeper"], now=world.now)
    assert asked(world, project).answer is Answer.OPEN
    with world.writing() as session:
        applying.withdraw(session, project.reference, actor=world["project_lead"], now=world.now)
    with world.reading() as session:
        found = [one.answer for one in applying.applications(session, project.key)]
        assert found == [Answer.WITHDRAWN, Answer.REFUSED]
        assert len(told(session, world)) == 1, "nobody is told of their own act"


@ONE_DATABASE
@pytest.mark.parametrize(
    ("wish", "field", "sentence"),
    [
        (Wish("try", 10, "Why not."), "tier", "Choose a tier"),
        (Wish("pioneer", 10, "More."), "tier", "grant that one first"),
        (Wish("explore", 36_001, "More."), "seconds", "Enter seconds from 1 to 36,000"),
        (Wish("explore", 0, "More."), "seconds", "Enter seconds from 1 to 36,000"),
        (Wish("explore", 10, " "), "reason", "Enter the reason"),
    ],
)
def test_what_could_not_be_granted_cannot_be_asked_for(world: World, wish: Wish, field: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        asked(world, world.project(active=True), wish)
    assert sentence in caught.value.fields[field]


@ONE_DATABASE
def test_it_waits_for_no_gatekeeper_who_works_on_the_project(world: World) -> None:
    with world.writing() as session:
        world.add_person(session, "keeper_lead", {Role.GATEKEEPER, Role.PROJECT_LEAD})
    project = world.project(active=True, lead="keeper_lead")
    with world.writing() as session:
        applying.apply(session, project.reference, WISH, actor=world["keeper_lead"], now=world.now)
    assert len(waits(world, "gatekeeper")) == 1
    assert waits(world, "keeper_lead") == []
    with pytest.raises(Refused, match="another gatekeeper"), world.writing() as session:
        applying.refuse(session, project.reference, reason="No.", actor=world["keeper_lead"], now=world.now)


@ONE_DATABASE
def test_from_the_form_to_the_answer(app: Flask, world: World) -> None:
    project = world.project(active=True)
    lead, keeper = client_of(app, world["project_lead"]), client_of(app, world["gatekeeper"])
    page = f"/sandbox/access/{project.reference}"
    assert "Apply for access" in lead.get(page).text
    assert lead.post(f"{page}/apply", data={"tier": "explore", "seconds": "99999999", "reason": "x"}).status_code == 400
    data = {"tier": "explore", "seconds": "3000", "reason": "Twelve runs of 25 qubits."}
    assert lead.post(f"{page}/apply", data=data).status_code == 302
    shown = keeper.get(page).text
    HTMLParser(strict=True).parse(shown)
    assert "Twelve runs of 25 qubits." in shown
    assert 'value="3000"' in keeper.get(f"{page}/grant").text
    assert lead.post(f"{page}/refuse", data={"reason": "No."}).status_code == 403
    assert keeper.post(f"{page}/refuse", data={"reason": "No plan."}).status_code == 302
    assert "Refused: No plan." in lead.get(page).text
    assert lead.post(f"{page}/apply", data=data).status_code == 302
    assert lead.post(f"{page}/drop").status_code == 302
    assert "is refused" in lead.get("/notices/").text


@ONE_DATABASE
def test_the_auditors_page_of_a_run_holds_all(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    run = sandbox_steps.finished(world, project)
    auditor = client_of(app, world["auditor"])
    page = auditor.get(f"/sandbox/{run.reference}/rulings").text
    HTMLParser(strict=True).parse(page)
    parts = (
        "Executed with every gate open", "Gates of the sandbox; Sandbox limits and size classes", "version 1",
        "Who and when", "Limits of its process", "seed 7", "stim, method stabilizer", "qiskit 2", "ordinary user",
        "Nothing was released of this run.", "Circuit as simulated (OpenQASM 3)", "h q[0];",
    )  # fmt: skip
    assert [part for part in parts if part not in page] == []
    text = auditor.get(f"/sandbox/{run.reference}/transpiled.qasm")
    assert text.text.startswith("OPENQASM 3.0;")
    draft = sandbox_steps.drafted(world, project)
    assert auditor.get(f"/sandbox/{draft.reference}/transpiled.qasm").status_code == 404
    HTMLParser(strict=True).parse(auditor.get(f"/sandbox/{draft.reference}/rulings").text)
    released = sandbox_steps.released(world, project)
    page = auditor.get(f"/sandbox/{released.reference}/rulings").text
    HTMLParser(strict=True).parse(page)
    assert "1 person of 1 needed" in page
