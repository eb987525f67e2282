"""The ethics cases, from the draft to every end that they can have, and the approvals by others."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import col, select

from hcqic_gov.committee import service as committee
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.queries import attendance, members
from hcqic_gov.committee.rules import BY_CORRESPONDENCE, MeetingKind, MeetingState
from hcqic_gov.demo.reviews import Found, ask, enclose, send
from hcqic_gov.demo.stage import Act, Clock, Part, Scene, Stage, parts
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.approvals import ApprovalEntry, ApprovalKind, ApprovalStatus, requirements
from hcqic_gov.ethics.facts import NewCondition, Proposal
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsInterest
from hcqic_gov.ethics.states import ABSTAIN, IN_COMMITTEE, ConsentBasis, Interest, Method, Purpose, Track, WorkKind
from hcqic_gov.ethics.triage import triage
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import team_ids
from hcqic_gov.projects.rules import DataClass

OFFICER, CHAIR = "officer", "chair"
EXPERTS = ("chair", "expert", "expert_two", "expert_three", "expert_four", "expert_past")
MEMBERS = (*EXPERTS, "lay", "lay_two", "lay_three", "lay_four")
STEPS = ("draft", "with_sponsor", "submitted", "valid", "allocated", "declared", "heard", "decided")
PACE = (0, 2, 6, 11, 14, 20, 27, 27)
"""Days from the draft to each step, at the usual pace."""


DISCUSSION = "Members asked how people could be known from the data, and who can stop the work. They were content."
MINUTES = "Apologies were noted. The minutes of the last meeting were agreed. There were no matters arising."


UNUSED = "The only case on the agenda was withdrawn."
NEXT_MEETING = -9
"""In days ago: a meeting still to come."""


class Condition(Part):
    """`answered` and `confirmed` are days ago."""

    text: str
    pre_start: bool = False
    answered: int | None = None
    evidence: str = ""
    confirmed: int | None = None


class After(Part):
    """What happened to the case later, or instead of the usual way."""

    ago: int
    move: str
    by: str
    reason: str


class Case(Part):
    """`began` and `replied` are days ago; `until` the last usual step; `decision` what the committee decides there."""

    project: str
    title: str
    summary: str
    participants: str
    consent: ConsentBasis
    data_class: DataClass
    purposes: tuple[Purpose, ...]
    methods: tuple[Method, ...]
    began: int
    until: str = "decided"
    decision: str = "favourable"
    reason: str = ""
    valid_days: int = 730
    kind: WorkKind = WorkKind.RESEARCH
    material: bool = True
    pace: float = 1.0
    against: tuple[str, ...] = ()
    abstained: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    voted: int = 99
    conditions: tuple[Condition, ...] = ()
    questions: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    replied: int | None = None
    after: tuple[After, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.project}/{self.began}"

    @property
    def answers(self) -> dict[str, bool]:
        """At triage; the officer may give to the full committee what triage does not send there."""
        known = self.data_class in (DataClass.PSEUDONYMISED, DataClass.IDENTIFIABLE)
        yes = {
            "nhs_site": known or self.data_class is DataClass.ANONYMISED_NHS,
            "identifiable": known,
            "without_consent": self.consent is ConsentBasis.SECTION_251,
            "sensitive": self.material and self.consent is ConsentBasis.CONSENT,
        }
        return {question.code: yes.get(question.code, False) for question in triage().questions}

    @property
    def track(self) -> Track:
        return Track.FULL if self.material else Track.PROPORTIONATE

    def ago(self, step: str) -> int:
        """The day of a step, at least one day before the end of the story."""
        return max(1, self.began - round(PACE[STEPS.index(step)] * self.pace))


class External(Part):
    """Approvals by others of one project, asked for on day `ago`: those that its data call for, unless named."""

    project: str
    ago: int
    days: int = 730
    kinds: tuple[ApprovalKind, ...] = ()
    status: ApprovalStatus = ApprovalStatus.GRANTED


def cases() -> list[Case]:
    return parts("ethics", "cases", Case)


def scenes(clock: Clock) -> Iterator[Scene]:
    for case in cases():
        yield from usual_way(case, clock)
        for condition in case.conditions:
            yield from answers(case, condition, clock)
        if case.replied is not None:
            yield Scene(clock.at(case.replied, 53), partial(reply, case=case))
        for after in case.after:
            yield Scene(
                clock.at(after.ago, 57), partial(go_on, case=case, name=after.move, by=after.by, reason=after.reason)
            )
    for external in parts("ethics", "externals", External):
        yield Scene(clock.at(external.ago, 50), partial(record_approvals, external=external))
    for ago in range(700, 0, -30):
        yield Scene(clock.at(ago), expire)
    for ago in range(700, 5, -7):
        yield Scene(clock.at(ago, 1), close_meetings)


def usual_way(case: Case, clock: Clock) -> Iterator[Scene]:
    """Every step up to the last one that the case took."""
    acts: Sequence[Act] = (
        partial(apply, case=case),
        partial(go_on, case=case, name="send_to_sponsor", by=""),
        partial(go_on, case=case, name="authorise", by="sponsor"),
        partial(go_on, case=case, name="validate", by=OFFICER),
        partial(allocate, case=case),
        partial(prepare, case=case),
        partial(hear, case=case),
        partial(decide, case=case),
    )
    for step, act in zip(STEPS[: STEPS.index(case.until) + 1], acts, strict=False):
        yield Scene(clock.at(case.ago(step), 35 + STEPS.index(step)), act)


def apply(stage: Stage, *, case: Case) -> None:
    application = Application(
        title=case.title,
        lay_summary=case.summary,
        work_kind=case.kind,
        answers=case.answers,
        data_class=case.data_class,
        purposes=case.purposes,
        methods=case.methods,
        participants=case.participants,
        consent_basis=case.consent,
    )
    with stage.writing() as session:
        project = session.get_one(Project, stage.numbers[case.project])
        applicant = next(actor for actor in stage.cast.values() if actor.id == project.lead_id)
        made = service.apply(session, project.reference, application, actor=applicant, now=stage.now)
        stage.references[case.key], stage.numbers[case.key] = made.reference, made.key
        stage.cast[case.key] = applicant
        if case.until != "draft":
            enclose(stage, session, made, by=applicant)


def go_on(stage: Stage, *, case: Case, name: str, by: str, reason: str = "") -> None:
    """A move by this person, or by the applicant where nobody is named; a termination at a meeting called for it."""
    if name == "terminate":
        convene(stage, case)
    proposal = Proposal(reason=reason, on=stage.today)
    with stage.writing() as session:
        service.move(session, stage.references[case.key], name, proposal, actor=stage.by(by or case.key), now=stage.now)


def allocate(stage: Stage, *, case: Case) -> None:
    """To the meeting that hears it, which lies ahead where it has not been heard yet."""
    heard = STEPS.index(case.until) >= STEPS.index("heard")
    starts_at = stage.clock.at(case.ago("heard") if heard else NEXT_MEETING)
    proposal = Proposal(track=case.track, meeting_id=meeting_on(stage, case, starts_at))
    with stage.writing() as session:
        service.move(session, stage.references[case.key], "allocate", proposal, actor=stage.by(OFFICER), now=stage.now)
        ask(stage, session, stage.references[case.key], present(stage, case), due=stage.clock.day(case.ago("heard")))


def meeting_on(stage: Stage, case: Case, starts_at: datetime) -> int:
    """The meeting of this day that hears cases of this track, planned where there is none yet."""
    kind = MeetingKind.FULL if case.track is Track.FULL else MeetingKind.SUB_COMMITTEE
    key = f"meeting/{kind}/{starts_at:%Y%m%d}"
    if key not in stage.numbers:
        place = "Sample Room, Exampleton" if kind is MeetingKind.FULL else BY_CORRESPONDENCE
        entered = committee.Plan(kind, starts_at, place)
        with stage.writing() as session:
            planned = committee.plan(session, stage.numbers["main"], entered, actor=stage.by(OFFICER), now=stage.now)
            stage.numbers[key], stage.references[key] = planned.key, planned.reference
    return stage.numbers[key]


def convene(stage: Stage, case: Case) -> None:
    """A meeting of today with this case on its agenda, open, with everybody who can come."""
    number, officer = meeting_on(stage, case, stage.now), stage.by(OFFICER)
    with stage.writing() as session:
        service.move(
            session,
            stage.references[case.key],
            "reschedule",
            Proposal(meeting_id=number),
            actor=officer,
            now=stage.now,
        )
    declare(stage, case=case)
    open_meeting(stage, case)


def open_meeting(stage: Stage, case: Case) -> None:
    """Open, if it is not yet, with those present who hear this case, and those who came for an earlier one."""
    names, officer = present(stage, case), stage.by(OFFICER)
    with stage.writing() as session:
        meeting = session.get_one(Meeting, queries.case(session, stage.references[case.key]).meeting_id)
        if meeting.state is MeetingState.PLANNED:
            committee.move(session, meeting.reference, "open", actor=officer, now=stage.now)
        there = {row.person_id for row in attendance(session, meeting.key)} | {stage.by(name).id for name in names}
        committee.record_attendance(
            session,
            meeting.reference,
            there,
            presiding=stage.by(presider(names, case)).id,
            actor=officer,
            now=stage.now,
        )


def presider(names: Sequence[str], case: Case) -> str:
    """The chair, or the first of the others where the chair stepped aside or is away."""
    return next(name for name in names if name not in case.recused)


def present(stage: Stage, case: Case) -> list[str]:
    """Who hears the case: members in term, not on the team, not away; few of them on the shorter track."""
    with stage.database.reading() as session:
        team = team_ids(session, session.get_one(Project, stage.numbers[case.project]))
        in_term = {member.person_id for member in members(session, stage.today)} - team
    names = [name for name in MEMBERS if stage.by(name).id in in_term and name not in case.absent]
    return names if case.track is Track.FULL else names[:2] + names[-2:]


def declare(stage: Stage, *, case: Case) -> None:
    """Before the papers open; who declared at an earlier meeting has done so."""
    reference = stage.references[case.key]
    with stage.writing() as session:
        rows = session.exec(select(EthicsInterest.person_id).where(EthicsInterest.case_id == stage.numbers[case.key]))
        declared = set(rows)
        for name in present(stage, case):
            if stage.by(name).id in declared:
                continue
            interest = Interest.RECUSED if name in case.recused else Interest.NONE
            details = "I work with the applicant on another study." if name in case.recused else ""
            service.declare_interest(session, reference, interest, details=details, actor=stage.by(name), now=stage.now)


def prepare(stage: Stage, *, case: Case) -> None:
    """Interests first, then reviews."""
    declare(stage, case=case)
    names = [name for name in present(stage, case) if name not in case.recused]
    found = Found(case.decision, case.against, doubt=bool(case.conditions), late=case.until == "declared")
    with stage.writing() as session:
        send(stage, session, stage.references[case.key], names, found)


def hear(stage: Stage, *, case: Case) -> None:
    """The meeting: who is present, and the first `voted` of them vote."""
    open_meeting(stage, case)
    reference, names = stage.references[case.key], present(stage, case)
    with stage.writing() as session:
        opener = stage.by(presider(names, case))
        service.move(session, reference, "open_vote", actor=opener, now=stage.now)
        for name in [name for name in names if name not in case.recused][: case.voted]:
            choice = ABSTAIN if name in case.abstained else case.decision
            choice, comment = (
                ("unfavourable", "The answers do not convince me.") if name in case.against else (choice, "")
            )
            service.vote(session, reference, choice, comment=comment, actor=stage.by(name), now=stage.now)


def decide(stage: Stage, *, case: Case) -> None:
    """The decision and the minute; the meeting closes once its last case is done, in the evening."""
    proposal = Proposal(
        reason=case.reason or "The committee found the aims sound and the safeguards in proportion to the risk.",
        conditions=tuple(NewCondition(one.text, one.pre_start) for one in case.conditions),
        valid_from=stage.today,
        valid_to=stage.today + timedelta(days=case.valid_days),
        questions=case.questions,
    )
    reference, actor = stage.references[case.key], stage.by(presider(present(stage, case), case))
    with stage.writing() as session:
        service.record_minute(session, reference, DISCUSSION, actor=stage.by(OFFICER), now=stage.now)
        service.move(session, reference, case.decision, proposal, actor=actor, now=stage.now)


def reply(stage: Stage, *, case: Case) -> None:
    """The team answers each question of the provisional opinion and sends the response."""
    reference, applicant = stage.references[case.key], stage.by(case.key)
    with stage.writing() as session:
        for number, text in enumerate(case.replies, start=1):
            service.answer(session, reference, number, text, actor=applicant, now=stage.now)
        service.move(session, reference, "respond", actor=applicant, now=stage.now)


def close_meetings(stage: Stage) -> None:
    """Meetings of earlier days that have heard all their cases are closed and minuted; the chair confirms."""
    with stage.writing() as session:
        waiting = select(EthicsCase.meeting_id).where(col(EthicsCase.state).in_(IN_COMMITTEE))
        past = (col(Meeting.starts_at) < stage.now - timedelta(hours=12), col(Meeting.id).not_in(waiting))
        done = select(Meeting).where(Meeting.state == MeetingState.OPEN, *past)
        unused = select(Meeting.reference).where(Meeting.state == MeetingState.PLANNED, *past)
        for reference in session.exec(unused).all():
            committee.move(session, reference, "cancel", reason=UNUSED, actor=stage.by(OFFICER), now=stage.now)
        for meeting in session.exec(done).all():
            committee.move(session, meeting.reference, "close", actor=stage.by(OFFICER), now=stage.now)
            closed = committee.write_minutes(
                session, meeting.reference, MINUTES, seen=meeting.version, actor=stage.by(OFFICER), now=stage.now
            )
            committee.move(session, closed.reference, "confirm_minutes", actor=stage.by(CHAIR), now=stage.now)


def answers(case: Case, condition: Condition, clock: Clock) -> Iterator[Scene]:
    if condition.answered is not None:
        yield Scene(clock.at(condition.answered, 51), partial(answer, case=case, condition=condition))
    if condition.confirmed is not None:
        yield Scene(clock.at(condition.confirmed, 52), partial(confirm, case=case, condition=condition))


def number_of(stage: Stage, case: Case, condition: Condition) -> int:
    set_here = (EthicsCondition.case_id == stage.numbers[case.key], EthicsCondition.text == condition.text)
    with stage.database.reading() as session:
        return session.exec(select(EthicsCondition.id).where(*set_here)).one() or 0


def answer(stage: Stage, *, case: Case, condition: Condition) -> None:
    number, applicant = number_of(stage, case, condition), stage.by(case.key)
    with stage.writing() as session:
        service.satisfy_condition(
            session, stage.references[case.key], number, evidence=condition.evidence, actor=applicant, now=stage.now
        )


def confirm(stage: Stage, *, case: Case, condition: Condition) -> None:
    number = number_of(stage, case, condition)
    with stage.writing() as session:
        service.confirm_condition(session, stage.references[case.key], number, actor=stage.by(OFFICER), now=stage.now)


def record_approvals(stage: Stage, *, external: External) -> None:
    officer = stage.by(OFFICER)
    granted = external.status is ApprovalStatus.GRANTED
    with stage.writing() as session:
        project = session.get_one(Project, stage.numbers[external.project])
        asked = requirements().asked_of(project.data_class, project.use_case, project.setting)
        for kind in external.kinds or [rule.approval for rule in asked]:
            entry = ApprovalEntry(
                kind,
                external.status,
                reference=f"DEMO/{kind.value.upper()}/{project.reference[-4:]}",
                valid_from=stage.today if granted else None,
                valid_to=stage.today + timedelta(days=external.days) if granted else None,
                data_class=project.data_class if granted else None,
            )
            service.record_approval(session, project.reference, entry, actor=officer, now=stage.now)


def expire(stage: Stage) -> None:
    """The nightly job, once a month."""
    with stage.writing() as session:
        service.expire_due(session, now=stage.now)
        service.lapse_due(session, now=stage.now)
