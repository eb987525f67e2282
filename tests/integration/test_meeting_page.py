"""The page of a meeting for everybody who opens it: the agenda, what each may see of it, and what it costs."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov.committee import service as committee
from hcqic_gov.committee.models import Meeting
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.states import Interest
from tests.ethics_steps import MEMBERS, decided, declare, give, in_review, meets, move, open_vote, vote
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

SUMMARY = "No real person's data is used."


def page_of(app: Flask, world: World, who: str, meeting: Meeting) -> str:
    answer = client_of(app, world[who]).get(f"/committee/meetings/{meeting.reference}")
    assert answer.status_code == 200
    return answer.text


def item_of(page: str, reference: str) -> str:
    """The part of the page about one case, as words."""
    inner = page.partition(f'aria-labelledby="{reference}"')[2].partition("</article>")[0]
    return " ".join(re.sub("<[^>]+>", " ", inner).replace("&#39;", "'").split())


def links_of(page: str, reference: str) -> set[str]:
    inner = page.partition(f'aria-labelledby="{reference}"')[2].partition("</article>")[0]
    return set(re.findall(r'href="(/ethics/[^"]+)"', inner))


def step_aside(world: World, reference: str, who: str) -> None:
    with world.writing() as session:
        service.declare_interest(
            session, reference, Interest.RECUSED, details="A friend.", actor=world[who], now=world.now
        )


def minute(world: World, reference: str, words: str) -> None:
    with world.writing() as session:
        service.record_minute(session, reference, words, actor=world["ethics_officer"], now=world.now)


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.plan_meeting()


def test_before_declaring_a_member_sees_the_title_only(app: Flask, world: World, meeting: Meeting) -> None:
    case = in_review(world, world.project(), meeting=meeting).reference
    page = page_of(app, world, "lay_two", meeting)
    words = item_of(page, case)
    assert "Rosters from simulated annealing" in words
    assert "Say first whether you have an interest" in words
    for hidden in (SUMMARY, "Quorum", "Presented by", "Project Lead"):
        assert hidden not in words
    assert links_of(page, case) == {f"/ethics/{case}/interest"}
    declare(world, case, "lay_two")
    page = page_of(app, world, "lay_two", meeting)
    words = item_of(page, case)
    for seen in (SUMMARY, "Synthetic", "Simulated quantum circuits", "Presented by Project Lead", "Full committee"):
        assert seen in words
    assert "Quorum 1 of 7 members have declared their interests" in words
    assert links_of(page, case) == {f"/ethics/{case}", f"/ethics/{case}/interest"}


def test_who_stepped_aside_sees_only_that(app: Flask, world: World, meeting: Meeting) -> None:
    case = in_review(world, world.project(), meeting=meeting).reference
    step_aside(world, case, "lay_two")
    page = page_of(app, world, "lay_two", meeting)
    assert item_of(page, case).endswith("You stepped aside from this application, so it is closed to you.")
    assert "Rosters" not in page
    assert links_of(page, case) == set()


def test_each_case_has_its_own_quorum(app: Flask, world: World, meeting: Meeting) -> None:
    first = in_review(world, world.project(), meeting=meeting).reference
    second = in_review(world, world.project(), meeting=meeting).reference
    declare(world, first, *MEMBERS)
    meets(world, first)
    declare(world, second, *MEMBERS[:-1])
    step_aside(world, second, "lay_three")
    page = page_of(app, world, "ethics_officer", meeting)
    assert "7 present, chair, 3 lay: quorate" in item_of(page, first)
    assert "6 present, chair, 2 lay: quorate; 1 recused" in item_of(page, second)


def test_how_others_voted_is_blind_until_ones_own_vote_or_the_decision(
    app: Flask, world: World, meeting: Meeting
) -> None:
    case = in_review(world, world.project(), meeting=meeting).reference
    open_vote(world, case)
    vote(world, case, "favourable", "chair", "committee_expert")
    vote(world, case, "unfavourable", "expert_two")

    blind = item_of(page_of(app, world, "lay_two", meeting), case)
    assert "3 of 7 have voted; how is shown after your own vote or the decision" in blind
    assert "The vote is open: your vote is awaited." in blind
    assert "2 for" not in blind
    assert "2 for" not in item_of(page_of(app, world, "ethics_officer", meeting), case)
    vote(world, case, "favourable", "lay_two")
    seen = item_of(page_of(app, world, "lay_two", meeting), case)
    assert "4 of 7 have voted: 3 for a favourable opinion, 1 for an unfavourable opinion" in seen
    assert "Change your vote" in seen
    assert "have voted" not in item_of(page_of(app, world, "project_lead", meeting), case)

    vote(world, case, "abstain", "expert_three", "committee_lay", "lay_three")
    minute(world, case, "They spoke about bias.")
    give(world, case, "favourable")
    votes = "3 for a favourable opinion, 1 for an unfavourable opinion, 3 abstained"
    for who in ("lay_three", "ethics_officer", "auditor"):
        after = item_of(page_of(app, world, who, meeting), case)
        assert f"Votes: {votes}" in after
        assert "They spoke about bias." in after
    team = item_of(page_of(app, world, "project_lead", meeting), case)
    assert "A favourable opinion" in team
    assert "They spoke about bias." not in team
    assert "Votes" not in team


def test_the_officer_sees_what_is_to_be_done(app: Flask, world: World, meeting: Meeting) -> None:
    case = in_review(world, world.project(), meeting=meeting).reference
    declare(world, case, *MEMBERS[:6])
    words = item_of(page_of(app, world, "ethics_officer", meeting), case)
    assert "Declarations are awaited from Lay Three." in words
    assert "Put on another agenda" in words
    meets(world, case)
    words = item_of(page_of(app, world, "ethics_officer", meeting), case)
    assert "Record the discussion." in words
    assert "To do" not in item_of(page_of(app, world, "chair", meeting), case)
    with world.writing() as session:
        committee.move(session, meeting.reference, "close", actor=world["chair"], now=world.now)
    words = item_of(page_of(app, world, "ethics_officer", meeting), case)
    assert "It is undecided: put it on the agenda of another meeting." in words


def test_a_suspension_to_be_ratified_is_an_item(app: Flask, world: World) -> None:
    case = decided(world, world.project())
    with world.reading() as session:
        first = session.get_one(Meeting, queries.case(session, case.reference).meeting_id)
    with world.writing() as session:
        committee.move(session, first.reference, "close", actor=world["chair"], now=world.now)
    world.now += timedelta(hours=1)
    move(world, case.reference, "suspend", by="chair", reason="An incident.")
    second = world.plan_meeting()
    move(world, case.reference, "reschedule", by="ethics_officer", meeting_id=second.key)
    meets(world, case.reference)
    words = item_of(page_of(app, world, "chair", second), case.reference)
    assert "Business Suspension to be ratified" in words
    assert "7 present, chair, 3 lay: quorate" in words
    move(world, case.reference, "ratify", by="chair")
    words = item_of(page_of(app, world, "chair", second), case.reference)
    assert "Business Suspension to be ratified" in words
    assert "Settled: Suspension ratified by the committee" in words
    then = item_of(page_of(app, world, "chair", first), case.reference)
    assert "Business Application" in then
    assert "Settled: A favourable opinion" in then
    assert "Votes: 7 for a favourable opinion" in then


def test_a_provisional_opinion_keeps_its_votes_in_numbers(app: Flask, world: World, meeting: Meeting) -> None:
    case = in_review(world, world.project(), meeting=meeting).reference
    open_vote(world, case)
    vote(world, case, "request_information", *MEMBERS[:4])
    vote(world, case, "favourable", *MEMBERS[4:])
    vote(world, case, "abstain", "lay_three")
    move(world, case, "request_information", by="chair", questions=("Which data?",))
    words = item_of(page_of(app, world, "lay_two", meeting), case)
    assert "4 for a provisional opinion and ask for information, 2 for a favourable opinion, 1 abstained" in words


@pytest.mark.parametrize("who", ["ethics_officer", "lay_two", "project_lead"])
def test_the_page_costs_the_same_for_many_cases(app: Flask, world: World, meeting: Meeting, who: str) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            case = in_review(world, world.project(), meeting=meeting).reference
            declare(world, case, *MEMBERS)
        counts.append(selects(app, world, who, meeting))
    assert counts[0] == counts[1] <= 10


def selects(app: Flask, world: World, who: str, meeting: Meeting) -> int:
    client, seen = client_of(app, world[who]), []

    def count(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    sa.event.listen(world.database.engine, "before_cursor_execute", count)
    assert client.get(f"/committee/meetings/{meeting.reference}").status_code == 200
    sa.event.remove(world.database.engine, "before_cursor_execute", count)
    return len(seen)
