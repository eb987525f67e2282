"""Forms of the sandbox."""

from typing import Any

from sqlmodel import Session
from wtforms import FileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.states import PURPOSE_LABELS, Purpose
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.quantum.bindings import NONE, Bindings, NoTable, read_ranges, read_table
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.allocations import Tier, allocations
from hcqic_gov.sandbox.applying import Wish
from hcqic_gov.sandbox.granting import Grant
from hcqic_gov.sandbox.queries import RunFilter
from hcqic_gov.sandbox.rules import LABELS, State
from hcqic_gov.sandbox.service import Request
from hcqic_gov.web.fields import CodeField
from hcqic_gov.web.forms import DateField, FilterForm, Form, IntegerField, VersionedForm, choices, given

LARGEST_SEED = 2**31 - 1


class FilterRuns(FilterForm):
    """Which runs the list shows."""

    q = StringField("Search in reference and title")
    state = SelectField("State", choices=choices(((state.value, LABELS[state]) for state in State), blank="Any"))
    project = SelectField("Project", coerce=int, default=0)

    def wanted(self) -> RunFilter:
        state = State(self.state.data) if self.state.data else None
        return RunFilter(self.q.data or "", state, self.project.data or None)


def shots_field() -> IntegerField:
    return IntegerField("Shots", default=1024, validators=[InputRequired("Enter the number of shots")])


def seed_field() -> IntegerField:
    return IntegerField(
        "Seed",
        default=1,
        description="The same seed gives the same counts.",
        validators=[InputRequired("Enter a seed"), NumberRange(0, LARGEST_SEED, "Enter a seed from 0 upwards")],
    )


class AskForm(VersionedForm):
    """What every request has, whatever is run."""

    project = SelectField("Project", validators=[InputRequired("Choose the project")])
    title = StringField("Title", validators=[InputRequired("Enter a title"), Length(max=200)])
    purpose = SelectField("Purpose", choices=choices(PURPOSE_LABELS.items()))

    def offer_projects(self, session: Session, actor: Actor) -> None:
        """Those for which this person may ask."""
        rows = ((key, text, text.partition(":")[0]) for key, text in projects.choices(session))
        self.project.choices = choices(
            (reference, text)
            for _, text, reference in rows
            if may(actor, "sandbox.request", projects.resource(session, reference)).allowed
        )


class RunForm(AskForm):
    """A circuit, from a file or pasted, and how often it is run."""

    upload = FileField("Circuit file", description="An OpenQASM 2 or 3 file (.qasm), at most 1 MiB.")
    source = CodeField("Or paste the circuit", description="OpenQASM 2.0 or 3. It must not hold personal data.")
    bindings = TextAreaField(
        "Table of values",
        description="The first line names the parameters, each other line is one run of the circuit: numbers, parted "
        "by commas. You can paste it from a spreadsheet.",
    )
    ranges = TextAreaField(
        "Or ranges",
        description="A line for each parameter: name, first value, last value, how many. Example: theta, 0, pi, 21. "
        "Of several parameters every combination is run.",
    )
    shots = shots_field()
    seed = seed_field()

    def request(self) -> Request:
        """Errors: Invalid where there is no circuit, or none that is text."""
        return Request(
            self.title.data or "",
            self.circuit(),
            Purpose(self.purpose.data),
            given(self.shots.data),
            given(self.seed.data),
            self.table(),
        )

    def table(self) -> Bindings:
        """The values for a sweep, none where both fields are empty. Errors: Invalid, with rows and columns."""
        pasted, ranges = (str(field.data or "").strip() for field in (self.bindings, self.ranges))
        if pasted and ranges:
            raise Invalid("There are two sets of values.", {"ranges": "Enter a table or ranges, not both"})
        read, name, text = (read_table, "bindings", pasted) if pasted else (read_ranges, "ranges", ranges)
        try:
            return read(text, tiers().sweep) if text else NONE
        except NoTable as error:
            raise Invalid("The values cannot be read.", {name: str(error)}) from error

    def circuit(self) -> str:
        uploaded = self.upload.data.read(tiers().text.max_bytes + 1) if self.upload.data else b""
        if not uploaded and not self.source.data:
            raise Invalid("There is no circuit.", {"source": "Choose a file or paste a circuit"})
        try:
            return uploaded.decode("utf-8") if uploaded else str(self.source.data)
        except UnicodeDecodeError as error:
            raise Invalid("The file is no text.", {"upload": "Choose a file of OpenQASM text"}) from error


class CheckForm(RunForm):
    """The same, of which only circuit and settings are looked at."""

    title = StringField("Title")


class WishForm(Form):
    """Access that a project's team asks for."""

    tier = SelectField("Tier", validators=[InputRequired("Choose a tier")])
    seconds = IntegerField(
        "Seconds of simulation", description="At most what the tier gives.", validators=[InputRequired("Enter seconds")]
    )
    reason = TextAreaField(
        "What you need it for",
        description="The runs you plan, their size, and how you counted the seconds. Gatekeepers will read it.",
        validators=[InputRequired("Enter what you need it for"), Length(max=2000)],
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.tier.choices = choices((one.code, described(one)) for one in allocations().granted)

    def wish(self) -> Wish:
        return Wish(given(self.tier.data), given(self.seconds.data), given(self.reason.data))


class GrantForm(Form):
    """Access that a gatekeeper grants a project."""

    tier = SelectField("Tier", validators=[InputRequired("Choose a tier")])
    seconds = IntegerField(
        "Seconds of simulation", description="At most what the tier gives.", validators=[InputRequired("Enter seconds")]
    )
    starts_on = DateField("First day", validators=[InputRequired("Enter the first day")])
    ends_on = DateField("Last day", validators=[InputRequired("Enter the last day")])
    reason = TextAreaField(
        "Reason", description="The project’s team will read it.", validators=[InputRequired("Enter the reason")]
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.tier.choices = choices((one.code, described(one)) for one in allocations().granted)

    def grant(self) -> Grant:
        return Grant(
            given(self.tier.data),
            given(self.seconds.data),
            given(self.starts_on.data),
            given(self.ends_on.data),
            given(self.reason.data),
        )


def described(tier: Tier) -> str:
    return f"{tier.title}: up to {tier.seconds:,} seconds in {tier.max_days} days, runs up to {tier.largest}"


class ClosingForm(Form):
    """Why nothing may start."""

    reason = TextAreaField(
        "What is done, and until when",
        description="It is shown to everybody on the pages of the sandbox.",
        validators=[Length(max=500)],
    )


class NoteForm(Form):
    """A decision with what the decider wants to say of it."""

    reason = TextAreaField("Reason", description="The project’s team will read it.", validators=[Length(max=2000)])
