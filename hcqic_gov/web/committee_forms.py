"""Forms of the committees: charter, term, plan of a meeting, attendance, minutes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from hcqic_gov.committee.models import Committee, Meeting
from hcqic_gov.committee.queries import Attendee, MeetingFilter, Member
from hcqic_gov.committee.rules import (
    KIND_LABELS,
    MEETING_LABELS,
    MEMBER_LABELS,
    STATE_LABELS,
    CommitteeKind,
    MeetingKind,
    MeetingState,
    MemberKind,
)
from hcqic_gov.committee.service import Charter, Plan, Term
from hcqic_gov.core.calendar import LONDON, london_day
from hcqic_gov.web.forms import DateField, FilterForm, Form, VersionedForm, choices, given

CLOCK = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d$")


def labelled(labels: Mapping[Any, str], *, blank: str | None = None) -> Any:
    return choices([(member.value, text) for member, text in labels.items()], blank=blank)


def words_of(member: Member | Attendee) -> str:
    """As "Ada Example, expert member, chair"."""
    parts = [member.name, MEMBER_LABELS[member.kind].lower()]
    return ", ".join(parts + ["chair"] * member.chair + ["co-opted"] * member.co_opted)


class FilterMeetings(FilterForm):
    """Which meetings the list shows."""

    committee = SelectField("Committee", default="")
    state = SelectField("Status", choices=labelled(STATE_LABELS, blank="Any"), default="")
    upcoming = SelectField("When", choices=[("", "All"), ("yes", "Still to come")], default="")

    def wanted(self, now: datetime) -> MeetingFilter:
        return MeetingFilter(
            int(self.committee.data) if self.committee.data else None,
            MeetingState(self.state.data) if self.state.data else None,
            now if self.upcoming.data else None,
        )


class CharterForm(VersionedForm):
    """A committee; its fields are those of `Charter`."""

    name = StringField("Name", validators=[InputRequired("Enter the name"), Length(max=200)])
    remit = TextAreaField(
        "Remit", description="What it reviews.", validators=[InputRequired("Enter the remit"), Length(max=2000)]
    )
    kind = RadioField(
        "Kind", choices=labelled(KIND_LABELS), validators=[InputRequired("Choose the kind")], default=CommitteeKind.FULL
    )
    active = BooleanField("It meets", default=True)

    def charter(self) -> Charter:
        return Charter(
            self.name.data or "", self.remit.data or "", CommitteeKind(self.kind.data), bool(self.active.data)
        )

    @classmethod
    def for_record(cls, committee: Committee) -> "CharterForm":
        return cls(obj=committee)


class TermForm(Form):
    """A term; its fields are those of `Term`."""

    person_id = SelectField("Person", coerce=int)
    kind = RadioField(
        "Kind of member",
        description="A lay member has no professional link to health or research; a lay plus member never had one.",
        choices=labelled(MEMBER_LABELS),
        validators=[InputRequired("Choose the kind of member")],
    )
    chair = BooleanField("Chair of the committee")
    co_opted = BooleanField("Co-opted: for a meeting only, from another committee or as an adviser who votes")
    term_from = DateField("Term from", validators=[InputRequired("Enter the first day")])
    term_to = DateField("Term to", validators=[InputRequired("Enter the last day")])

    def term(self) -> Term:
        return Term(
            self.person_id.data,
            MemberKind(self.kind.data),
            given(self.term_from.data),
            given(self.term_to.data),
            chair=bool(self.chair.data),
            co_opted=bool(self.co_opted.data),
        )


class EndTermForm(VersionedForm):
    ended_on = DateField("Last day", validators=[InputRequired("Enter the last day")])
    why = TextAreaField("Why does it end early?", validators=[InputRequired("Say why"), Length(max=2000)])


class PlanForm(VersionedForm):
    """When, where and what kind of meeting."""

    kind = RadioField(
        "Kind of meeting", choices=labelled(MEETING_LABELS), validators=[InputRequired("Choose the kind of meeting")]
    )
    starts_on = DateField("Day", validators=[InputRequired("Enter the day")])
    at = StringField(
        "Time",
        description="In London, for example 14:00",
        validators=[InputRequired("Enter the time"), Regexp(CLOCK, message="Enter a time such as 14:00")],
    )
    place = StringField(
        "Place",
        description="A room, a call, or “By correspondence”.",
        validators=[InputRequired("Enter the place"), Length(max=200)],
    )

    def plan(self) -> Plan:
        hour, _, minute = (self.at.data or "").partition(":")
        moment = datetime.combine(given(self.starts_on.data), time(int(hour), int(minute)), LONDON)
        return Plan(MeetingKind(self.kind.data), moment, self.place.data or "")

    @classmethod
    def for_record(cls, meeting: Meeting) -> "PlanForm":
        here = meeting.starts_at.astimezone(LONDON)
        return cls(obj=meeting, starts_on=london_day(meeting.starts_at), at=f"{here:%H:%M}")


class NewPlanForm(PlanForm):
    """The same, which also says of which committee."""

    committee = SelectField("Committee", coerce=int)


class AttendanceForm(VersionedForm):
    present = SelectMultipleField("Members who are present", coerce=int)
    presiding = SelectField("In the chair", coerce=int)

    @classmethod
    def for_record(cls, meeting: Meeting, there: Sequence[Attendee], members: Iterable[Member]) -> "AttendanceForm":
        """Of those in term today; whoever chairs the committee is suggested for the chair."""
        known = list(members)
        chair = next((one.person_id for one in there if one.presiding), None)
        chair = chair or next((one.person_id for one in known if one.chair), 0)
        form = cls(version=meeting.version, present=[one.person_id for one in there], presiding=chair)
        form.present.choices = choices((one.person_id, words_of(one)) for one in known)
        form.presiding.choices = choices([(0, "Nobody yet"), *((one.person_id, one.name) for one in known)])
        return form


class MinutesForm(VersionedForm):
    minutes = TextAreaField(
        "Minutes of the meeting",
        description="Apologies, minutes of the last meeting, matters arising, any other business. "
        "What was decided on a case stands with the case.",
        validators=[InputRequired("Write the minutes"), Length(max=20_000)],
        render_kw={"rows": 16},
    )


class ReasonForm(Form):
    reason = TextAreaField("Why?", validators=[InputRequired("Say why"), Length(max=2000)])


class ConfirmForm(Form):
    """Nothing but the button."""
