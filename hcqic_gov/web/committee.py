"""Pages of the committees: the register of members and their terms, meetings, attendance, minutes."""

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.committee import queries, service
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.register import register
from hcqic_gov.committee.rules import (
    KIND_LABELS,
    MEETING_LABELS,
    MEMBER_LABELS,
    STATE_COLOURS,
    STATE_LABELS,
    WORKFLOW,
    CommitteeKind,
    MeetingFacts,
    Need,
    reason_given,
)
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.ethics import agenda
from hcqic_gov.ethics.minutes import day_of
from hcqic_gov.ethics.packs import pack_for
from hcqic_gov.ethics.sitting import sitting
from hcqic_gov.ethics.states import INTERNAL_NAMES, PUBLIC_NAMES, Track, WorkKind
from hcqic_gov.ethics.states import STATE_COLOURS as CASE_COLOURS
from hcqic_gov.ethics.vote_words import in_words as votes_in_words
from hcqic_gov.people.queries import names, people
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.committee_forms import (
    AttendanceForm,
    CharterForm,
    ConfirmForm,
    EndTermForm,
    FilterMeetings,
    MinutesForm,
    NewPlanForm,
    PlanForm,
    ReasonForm,
    TermForm,
)
from hcqic_gov.web.forms import choices, given
from hcqic_gov.web.pages import Page, done, form_page, page_number

bp = Blueprint("committee", __name__, url_prefix="/committee")

TRACKS = {Track.FULL: CommitteeKind.FULL, Track.PROPORTIONATE: CommitteeKind.SUB_COMMITTEE}
PAGES = {
    "edit": "committee.edit",
    "record_attendance": "committee.record_attendance",
    "write_minutes": "committee.write_minutes",
}
"""Moves with a page of their own: they change no state."""
WORDS = {
    "kinds": KIND_LABELS,
    "member_kinds": MEMBER_LABELS,
    "meeting_kinds": MEETING_LABELS,
    "states": STATE_LABELS,
    "colours": STATE_COLOURS,
}
"""What templates call things."""

AGENDA_WORDS = {
    "names": INTERNAL_NAMES,
    "public_names": PUBLIC_NAMES,
    "colours": CASE_COLOURS,
    "parts": agenda.PART_WORDS,
    "votes": votes_in_words,
}
"""What the agenda calls things of the ethics register."""


@bp.get("/")
@access("committee.read")
def index() -> str:
    """The register: who sits where, until when, how often they came, and what is amiss."""
    entries = register(session(), london_day(now()), needs=needs_on(now()))
    coming, _ = queries.meetings(session(), queries.MeetingFilter(upcoming=now()))
    manage, plan_one = may(actor(), "committee.manage"), may(actor(), "committee.plan")
    return render_template(
        "committee/index.html", entries=entries, coming=coming, manage=manage, plan_one=plan_one, words=WORDS, **WORDS
    )


def needs_on(moment: datetime) -> list[Need]:
    """The quorums of the policy packs in force: what a committee's members must be able to make up."""
    found: dict[tuple[str, Track], Need] = {}
    for kind in WorkKind:
        pack = pack_for(kind, moment)
        for track, rule in pack.tracks.items():
            wanted = rule.quorum
            found[pack.title, track] = Need(
                pack.title, TRACKS[track], wanted.members, wanted.lay, wanted.expert, wanted.chair
            )
    return list(found.values())


@bp.route("/add", methods=["GET", "POST"])
@access("committee.manage")
def add() -> Response | tuple[str, int] | str:
    form = CharterForm(version=0)

    def save() -> Response:
        made = service.establish(session(), form.charter(), actor=actor(), now=now())
        return done(f"{made.name} is added.", "committee.index")

    return form_page(form, save, title="Add a committee", cancel=url_for(".index"))


@bp.route("/<int:key>/change", methods=["GET", "POST"])
@access("committee.manage")
def change(key: int) -> Response | tuple[str, int] | str:
    committee = queries.committee(session(), key)
    form = CharterForm.for_record(committee)

    def save() -> Response:
        seen = given(form.version.data)
        service.change(session(), key, form.charter(), seen=seen, actor=actor(), now=now())
        return done("The changes are saved.", "committee.index")

    return form_page(form, save, title="Change the committee", caption=committee.name, cancel=url_for(".index"))


@bp.route("/<int:key>/appoint", methods=["GET", "POST"])
@access("committee.manage")
def appoint(key: int) -> Response | tuple[str, int] | str:
    """A member for a term, or a co-opted one for a meeting."""
    committee = queries.committee(session(), key)
    form = TermForm()
    form.person_id.choices = choices((person.id, person.name) for person in people(session()) if person.active)

    def save() -> Response:
        service.appoint(session(), key, form.term(), actor=actor(), now=now())
        return done("The member is appointed.", "committee.index")

    title, lead = "Appoint or co-opt a member", "A seat counts for the quorum; to sign in as a member they need a role."
    return form_page(form, save, title=title, lead=lead, caption=committee.name, cancel=url_for(".index"))


@bp.route("/terms/<int:key>/end", methods=["GET", "POST"])
@access("committee.manage")
def end_term(key: int) -> Response | tuple[str, int] | str:
    term = queries.term(session(), key)
    form = EndTermForm(version=term.version)

    def save() -> Response:
        ended_on, why, seen = given(form.ended_on.data), form.why.data or "", given(form.version.data)
        service.end_term(session(), key, ended_on=ended_on, why=why, seen=seen, actor=actor(), now=now())
        return done("The end of the term is recorded.", "committee.index")

    name = names(session(), {term.person_id})[term.person_id]
    return form_page(form, save, title="End a term early", caption=name, cancel=url_for(".index"))


@bp.get("/meetings")
@access("committee.read")
def meetings() -> str:
    form = FilterMeetings(request.args)
    known = [(one.id, one.name) for one in queries.committees(session())]
    form.committee.choices = choices(known, blank="Any")
    wanted = form.wanted(now()) if form.validate() else queries.MeetingFilter()
    number = page_number()
    rows, total = queries.meetings(session(), wanted, page=number)
    return render_template(
        "committee/meetings.html",
        form=form,
        rows=rows,
        page=Page(number, queries.PAGE_SIZE, total),
        plan_one=may(actor(), "committee.plan"),
        words=WORDS,
    )


@bp.route("/meetings/plan", methods=["GET", "POST"])
@access("committee.plan")
def plan() -> Response | tuple[str, int] | str:
    form = NewPlanForm(version=0)
    form.committee.choices = choices((one.id, one.name) for one in queries.committees(session(), active=True))

    def save() -> Response:
        made = service.plan(session(), form.committee.data, form.plan(), actor=actor(), now=now())
        return done(f"{made.reference} is planned.", ".show", reference=made.reference)

    return form_page(form, save, title="Plan a meeting", cancel=url_for(".meetings"))


@bp.get("/meetings/<reference>")
@access("committee.read", on=queries.resource)
def show(reference: str) -> str:
    """Everything of one meeting, also for paper."""
    meeting, committee = queries.meeting_of(session(), reference)
    sat = sitting(session(), meeting, committee, queries.called(session(), meeting, day_of(meeting, now())))
    present = [one.attendee for one in sat.called if one.attendee]
    facts = queries.facts_of(meeting, committee, present, actor=actor(), now=now(), reason="A reason.")
    history = audit.history(session(), "meeting", meeting.key) if may(actor(), "audit.read").allowed else ()
    named = {*meeting.minutes_by, meeting.minutes_confirmed_by or 0, *(entry.actor_id for entry in history)} - {0}
    return render_template(
        "committee/show.html",
        meeting=meeting,
        committee=committee,
        present=present,
        apologies=[one.name for one in sat.apologies],
        members=[one.member for one in sat.called if one.member],
        items=agenda.items(sat, actor(), london_day(now())),
        rulings=rulings_of(meeting, facts),
        pages=PAGES,
        minutes=may(actor(), "committee.read_minutes", g.resource),
        download=may(actor(), "committee.download", g.resource),
        history=history,
        names=names(session(), named) if named else {},
        ethics=AGENDA_WORDS,
        **WORDS,
    )


def rulings_of(meeting: Meeting, facts: MeetingFacts) -> list[tuple[str, str, Ruling]]:
    """Name, label and ruling of each move that this person's roles make from here, its form filled in."""

    def asked(name: str) -> Iterator[Ruling]:
        yield may(actor(), f"committee.{name}", g.resource)
        yield WORKFLOW.ruling(name, meeting.state, facts)

    steps = [step for step in WORKFLOW.moves_from(meeting.state) if actor().has(*step.who)]
    return [(step.name, step.label.capitalize(), first_refusal(asked(step.name))) for step in steps]


@bp.route("/meetings/<reference>/edit", methods=["GET", "POST"])
@access("committee.edit", on=queries.resource)
def edit(reference: str) -> Response | tuple[str, int] | str:
    form = PlanForm.for_record(queries.meeting(session(), reference))

    def save() -> Response:
        service.edit(session(), reference, form.plan(), seen=given(form.version.data), actor=actor(), now=now())
        return done("The plan is changed.", ".show", reference=reference)

    return form_page(form, save, title="Change the plan", caption=reference, cancel=page_of(reference))


@bp.route("/meetings/<reference>/attendance", methods=["GET", "POST"])
@access("committee.record_attendance", on=queries.resource)
def record_attendance(reference: str) -> Response | tuple[str, int] | str:
    meeting = queries.meeting(session(), reference)
    there = queries.attendance(session(), meeting.key)
    form = AttendanceForm.for_record(
        meeting, there, queries.members(session(), london_day(now()), meeting.committee_id)
    )

    def save() -> Response:
        service.record_attendance(
            session(),
            reference,
            form.present.data or (),
            presiding=form.presiding.data or None,
            seen=given(form.version.data),
            actor=actor(),
            now=now(),
        )
        return done("Attendance is recorded.", ".show", reference=reference)

    return form_page(form, save, title="Record who is present", caption=reference, cancel=page_of(reference))


@bp.route("/meetings/<reference>/minutes", methods=["GET", "POST"])
@access("committee.write_minutes", on=queries.resource)
def write_minutes(reference: str) -> Response | tuple[str, int] | str:
    form = MinutesForm(obj=queries.meeting(session(), reference))

    def save() -> Response:
        text, seen = form.minutes.data or "", given(form.version.data)
        service.write_minutes(session(), reference, text, seen=seen, actor=actor(), now=now())
        sentence = "The minutes are saved. The chair confirms them once the meeting is closed."
        return done(sentence, ".show", reference=reference)

    return form_page(form, save, title="Write the minutes", caption=reference, cancel=page_of(reference))


@bp.route("/meetings/<reference>/move/<name>", methods=["GET", "POST"])
@access("committee.read", on=queries.resource)
def move(reference: str, name: str) -> Response | tuple[str, int] | str:
    """Every change of state; the service asks who may make which."""
    step = service.step_named(name)
    form = ReasonForm() if reason_given in step.guards else ConfirmForm()

    def save() -> Response:
        reason = form.data.get("reason") or ""
        meeting = service.move(session(), reference, name, reason=reason, actor=actor(), now=now())
        return done(f"{STATE_LABELS[meeting.state]}.", ".show", reference=reference)

    title = f"{step.label.capitalize()}: are you sure?"
    return form_page(form, save, title=title, caption=reference, submit="Confirm", cancel=page_of(reference))


def page_of(reference: str) -> str:
    return url_for("committee.show", reference=reference)
