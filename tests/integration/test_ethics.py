"""The ethics register on both databases: from draft to decision, and what a decision leads to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.ethics import queries, service, writing
from hcqic_gov.ethics.hearing import hearing, timeline
from hcqic_gov.ethics.models import EthicsCase, EthicsVersion
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.ethics.queries import CaseFilter
from hcqic_gov.ethics.states import Interest, State, Track
from hcqic_gov.people.rules import Role
from tests.ethics_steps import (
    APPLICATION,
    MEMBERS,
    PRE_START,
    allocate,
    decided,
    draft,
    give,
    heard,
    in_review,
    meets,
    move,
    open_vote,
    submitted,
)
from tests.factories import World


def test_the_whole_way_to_a_favourable_opinion(world: World) -> None:
    case = decided(world, world.project(active=True))
    assert case.reference == "HCQIC-E-2026-0001"
    assert case.state is State.FAVOURABLE
    assert (case.decided_by, case.decided_at, case.decided_as) == (world["chair"].id, world.now, "chair")
    assert (case.valid_from, case.valid_to) == (date(2026, 6, 1), date(2027, 6, 1))
    assert case.quorum == "7 present, chair, 3 lay: quorate"
    with world.reading() as session:
        moves = [event.move for event in timeline(session, queries.case(session, case.reference))]
        assert moves == [
            "favourable",
            "open_vote",
            "allocate",
            "validate",
            "authorise",
            "send_to_sponsor",
            "apply",
        ]
        entry = history(session, "ethics_case", case.key)[0]
        assert (entry.action, entry.policy) == ("ethics.favourable", case.pack_fingerprint)
        assert verify_chain(session).whole


def test_the_case_keeps_the_pack_of_its_submission(world: World) -> None:
    world.now = datetime(2026, 4, 27, 22, 59, tzinfo=UTC)
    before = submitted(world, world.project())
    world.now = datetime(2026, 4, 27, 23, 0, tzinfo=UTC)
    after = submitted(world, world.project())
    assert (before.pack_id, after.pack_id) == ("uk-rec-2004", "uk-rec-2026")
    with world.reading() as session:
        kept = queries.pack_of(queries.case(session, before.reference))
    assert kept is not None
    assert kept.tracks[Track.FULL].quorum.members == 7
    assert kept.fingerprint == before.pack_fingerprint


def due(world: World, case: EthicsCase) -> date | None:
    with world.reading() as session:
        found = queries.case(session, case.reference)
        return queries.due_of(found, queries.events_of(session, [found])[found.key])


def test_the_due_date_of_the_next_step(world: World) -> None:
    case = submitted(world, world.project())
    assert due(world, case) == date(2026, 6, 8)
    world.now += timedelta(days=3)
    assert due(world, move(world, case.reference, "validate", by="ethics_officer")) == date(2026, 7, 4)
    allocate(world, case.reference, track=Track.PROPORTIONATE)
    assert due(world, case) == date(2026, 6, 25)


def test_the_content_is_frozen_at_submission(world: World) -> None:
    case = submitted(world, world.project())
    with world.reading() as session:
        version = session.exec(select(EthicsVersion).where(EthicsVersion.case_id == case.key)).one()
        assert version.content["title"] == APPLICATION.title
        assert len(version.content_hash) == 64
        assert version.effective_from is None
    with world.writing() as session, pytest.raises(Refused, match="Being checked"):
        writing.edit(
            session, case.reference, APPLICATION, seen=case.version, actor=world["project_lead"], now=world.now
        )


def test_two_people_cannot_overwrite_a_draft(world: World) -> None:
    case = draft(world, world.project())
    lead, changed = world["project_lead"], replace(APPLICATION, title="Another title")
    with world.writing() as session:
        writing.edit(session, case.reference, changed, seen=case.version, actor=lead, now=world.now)
    with world.writing() as session, pytest.raises(Stale):
        writing.edit(session, case.reference, APPLICATION, seen=1, actor=lead, now=world.now)


def test_an_incomplete_application_goes_nowhere(world: World) -> None:
    case = draft(world, world.project(), lay_summary="", methods=())
    with pytest.raises(Refused, match="Still missing: the lay summary, at least one method"):
        move(world, case.reference, "send_to_sponsor", by="project_lead")


def test_no_role_lets_a_person_act_on_their_own_case(world: World) -> None:
    with world.writing() as session:
        world.add_person(session, "everything", set(Role) - {Role.AUDITOR, Role.FUNDER})
    case = draft(world, world.project(lead="everything"), by="everything")
    move(world, case.reference, "send_to_sponsor", by="everything")
    meeting = world.plan_meeting()
    steps = ("authorise", "validate", "allocate", "favourable")
    makers = ("sponsor", "ethics_officer", "ethics_officer")
    for own, maker in zip(steps, makers, strict=False):
        with pytest.raises(Refused) as refusal:
            move(world, case.reference, own, by="everything")
        assert refusal.value.code == "not_own_case"
        move(world, case.reference, own, by=maker, meeting_id=meeting.key)
    with pytest.raises(Refused, match="You are on this project’s team"):
        move(world, case.reference, steps[-1], by="everything")


def test_no_quorum_no_vote_and_no_decision(world: World) -> None:
    few = ("chair", "committee_expert", "expert_two", "expert_three")
    case = in_review(world, world.project())
    not_quorate = "4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay"
    with pytest.raises(Refused, match=not_quorate):
        open_vote(world, case.reference, members=few)
    heard(world, case.reference, "favourable")
    meets(world, case.reference, members=few)
    with pytest.raises(Refused, match=not_quorate):
        give(world, case.reference, "favourable")


def test_a_recusal_takes_the_vote_out_and_may_break_the_quorum(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "favourable", members=MEMBERS[:5])
    with world.writing() as session:
        service.declare_interest(
            session,
            case.reference,
            Interest.RECUSED,
            details="My sister works there.",
            actor=world["committee_lay"],
            now=world.now,
        )
    with pytest.raises(Refused) as refusal:
        give(world, case.reference, "favourable")
    assert refusal.value.code == "quorate"
    with world.reading() as session:
        now_heard = hearing(session, queries.case(session, case.reference), date(2026, 6, 1))
    assert world["committee_lay"].id not in now_heard.ballot.votes
    assert "1 recused" in now_heard.quorum.reason
    with world.writing() as session, pytest.raises(Refused, match="stepped aside"):
        service.vote(session, case.reference, "favourable", actor=world["committee_lay"], now=world.now)


def test_nobody_votes_before_declaring_or_without_being_there(world: World) -> None:
    case = in_review(world, world.project())
    with world.writing() as session, pytest.raises(Refused, match="Say first whether you have an interest"):
        service.vote(session, case.reference, "favourable", actor=world["lay_two"], now=world.now)
    with world.writing() as session:
        service.declare_interest(session, case.reference, Interest.NONE, actor=world["lay_two"], now=world.now)
    with world.writing() as session, pytest.raises(Refused, match="not recorded as present"):
        service.vote(session, case.reference, "favourable", actor=world["lay_two"], now=world.now)


def test_a_vote_can_be_changed_and_stays_one(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "favourable")
    with world.writing() as session:
        service.vote(session, case.reference, "unfavourable", actor=world["lay_two"], now=world.now)
    with world.reading() as session:
        votes = hearing(session, queries.case(session, case.reference), date(2026, 6, 1)).votes
    assert len(votes) == 7
    assert votes[world["lay_two"].id].choice == "unfavourable"


def test_entries_that_cannot_be(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "favourable")
    with world.writing() as session, pytest.raises(Invalid):
        service.vote(session, case.reference, "perhaps", actor=world["chair"], now=world.now)
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.declare_interest(session, case.reference, Interest.DECLARED, actor=world["chair"], now=world.now)
    assert "details" in error.value.fields
    with pytest.raises(NotFound):
        move(world, case.reference, "vote", by="chair")


def test_who_leaves_no_longer_counts(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "favourable")
    meets(world, case.reference, members=MEMBERS[:3])
    with world.reading() as session:
        assert hearing(session, queries.case(session, case.reference), date(2026, 6, 1)).quorum.reason.startswith(
            "3 present, chair, 0 lay: not quorate"
        )


def test_the_majority_decides(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "unfavourable")
    with pytest.raises(Refused, match="0 of 7 votes are for “a favourable opinion”"):
        give(world, case.reference, "favourable")
    assert give(world, case.reference, "unfavourable").state is State.UNFAVOURABLE


def test_the_second_to_decide_is_told_who_was_first(world: World) -> None:
    case = decided(world, world.project())
    with pytest.raises(Refused) as refusal:
        give(world, case.reference, "unfavourable")
    assert refusal.value.code == "still_undecided"
    assert str(refusal.value) == (
        "Chair decided HCQIC-E-2026-0001 on 1 June 2026 at 11:00: favourable opinion. Nothing of yours was saved."
    )


def test_conditions_are_met_by_one_and_confirmed_by_another(world: World) -> None:
    case = decided(world, world.project(), "favourable_conditions")
    with world.reading() as session:
        condition = hearing(session, queries.case(session, case.reference), date(2026, 6, 1)).conditions[0]
    assert (condition.text, condition.pre_start) == (PRE_START.text, True)
    with world.writing() as session, pytest.raises(Refused, match="nothing to confirm"):
        service.confirm_condition(session, case.reference, condition.key, actor=world["ethics_officer"], now=world.now)
    with world.writing() as session:
        service.satisfy_condition(
            session,
            case.reference,
            condition.key,
            evidence="It is Dr Example.",
            actor=world["project_lead"],
            now=world.now,
        )
    with world.writing() as session:
        service.confirm_condition(session, case.reference, condition.key, actor=world["ethics_officer"], now=world.now)
    with world.writing() as session, pytest.raises(NotFound):
        service.confirm_condition(session, case.reference, 999, actor=world["ethics_officer"], now=world.now)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([("suspend", "chair"), ("lift_favourable", "chair")], State.FAVOURABLE),
        ([("suspend", "chair"), ("terminate", "chair")], State.TERMINATED),
        ([("halt", "project_lead"), ("restart_favourable", "ethics_officer")], State.FAVOURABLE),
        ([("halt", "project_lead"), ("close", "project_lead")], State.CLOSED),
        ([("terminate", "chair")], State.TERMINATED),
        ([("close", "project_lead")], State.CLOSED),
    ],
)
def test_after_the_opinion(world: World, steps: list[tuple[str, str]], state: State) -> None:
    case = decided(world, world.project())
    for name, maker in steps:
        world.now += timedelta(days=1)
        case = move(world, case.reference, name, by=maker, reason="There is a reason.", on=london_day(world.now))
    assert (case.state, case.opinion) == (state, State.FAVOURABLE)


def test_a_suspension_cannot_be_lifted_to_another_opinion(world: World) -> None:
    case = decided(world, world.project(), "favourable_conditions")
    move(world, case.reference, "suspend", by="chair", reason="An incident.")
    with pytest.raises(Refused) as refusal:
        move(world, case.reference, "lift_favourable", by="chair", reason="Resolved.")
    assert refusal.value.code == "opinion_was_favourable"


def test_opinions_expire_after_their_last_day(world: World) -> None:
    case = decided(world, world.project())
    for day, expired in ((datetime(2027, 6, 1, 22, tzinfo=UTC), 0), (datetime(2027, 6, 1, 23, tzinfo=UTC), 1)):
        with world.writing() as session:
            assert service.expire_due(session, now=day) == expired
    with world.reading() as session:
        assert queries.case(session, case.reference).state is State.EXPIRED
        assert verify_chain(session).whole


def test_a_determination_is_kept_with_its_reason(world: World) -> None:
    case = submitted(world, world.project())
    with pytest.raises(Refused, match="Give the reason"):
        move(world, case.reference, "not_required", by="ethics_officer")
    case = move(world, case.reference, "not_required", by="ethics_officer", reason="Made-up data only.")
    assert (case.opinion, case.decided_as, case.valid_to) == (State.NOT_REQUIRED, "ethics_officer", None)
    with world.reading() as session:
        written = letter(session, case.reference)
    assert (written.members, written.quorum, written.decision) == ((), "", "Determined: review not required")


def test_the_opinion_letter(world: World) -> None:
    project = world.project()
    case = decided(world, project, "favourable_conditions")
    with world.reading() as session:
        written = letter(session, case.reference)
    assert written.decision == "Favourable opinion with conditions"
    assert written.project_reference == project.reference
    assert [(condition.text, condition.pre_start) for condition in written.conditions] == [(PRE_START.text, True)]
    assert len(written.members) == 7
    assert [(member.name, member.kind) for member in written.members if member.chair] == [("Chair", "Expert member")]
    assert (written.decider, written.decider_role) == ("Chair", "Committee chair")
    assert written.pack_fingerprint == case.pack_fingerprint
    assert "not an NHS Research Ethics Committee" in written.note


def test_the_letter_stays_as_it_was_when_a_term_ends(world: World) -> None:
    case = decided(world, world.project())
    world.now += timedelta(days=400)
    with world.reading() as session:
        assert len(letter(session, case.reference).members) == 7


def test_no_letter_before_a_decision(world: World) -> None:
    case = in_review(world, world.project())
    with world.reading() as session, pytest.raises(Refused, match="has not been decided"):
        letter(session, case.reference)


def test_search_and_filters(world: World) -> None:
    first = draft(world, world.project(), title="About hearts")
    second = submitted(world, world.project(), title="About lungs")
    with world.reading() as session:
        rows, total = queries.cases(session, CaseFilter())
        assert ([row.reference for row in rows], total) == ([second.reference, first.reference], 2)
        assert [row.reference for row in queries.cases(session, CaseFilter(text="HEARTS"))[0]] == [first.reference]
        found = queries.cases(session, CaseFilter(state=State.SUBMITTED))[0]
        assert [(row.reference, row.holder, row.due) for row in found] == [
            (second.reference, "The ethics officer", date(2026, 6, 8))
        ]
        assert queries.cases(session, CaseFilter(applicant_id=world["chair"].id))[1] == 0


IMPOSSIBLE: tuple[dict[str, object], ...] = (
    {"decided_by": None},
    {"decided_at": None, "decided_by": None, "opinion": None},
    {"valid_to": None},
    {"valid_to": date(2026, 5, 1)},
    {"pack_id": None},
)


def test_the_database_keeps_the_invariants(world: World) -> None:
    case = decided(world, world.project())
    for change in IMPOSSIBLE:
        with world.writing() as session, pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.update(EthicsCase).where(col(EthicsCase.id) == case.key).values(**change))
