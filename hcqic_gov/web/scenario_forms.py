"""Forms of the scenarios."""

from decimal import Decimal
from typing import Any, cast

from sqlmodel import Session
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from hcqic_gov.scenarios import assumptions, queries
from hcqic_gov.scenarios.models import Scenario, ScenarioLine
from hcqic_gov.scenarios.queries import ScenarioFilter
from hcqic_gov.scenarios.rules import (
    KIND_NAMES,
    LONGEST,
    STATE_NAMES,
    STREAM_NAMES,
    Bias,
    FundingStream,
    LineKind,
    Option,
    ScenarioState,
)
from hcqic_gov.scenarios.service import Details, Line
from hcqic_gov.web.forms import DecimalField, FilterForm, Form, IntegerField, VersionedForm, choices, given, versioned
from hcqic_gov.web.funding_forms import required, words


def option_choices() -> list[tuple[str, str]]:
    return [(option.value, assumptions.option_title(option)) for option in Option]


class FilterScenarios(FilterForm):
    """Which scenarios the list shows."""

    option = SelectField("Operating model", default="")
    state = SelectField("State", default="", choices=[*choices([], blank="Any"), *words(STATE_NAMES)])

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.option.choices = choices(option_choices(), blank="Any")

    def wanted(self) -> ScenarioFilter:
        return ScenarioFilter(
            Option(self.option.data) if self.option.data else None,
            ScenarioState(self.state.data) if self.state.data else None,
        )


class ScenarioForm(VersionedForm):
    """A scenario's own record."""

    option = SelectField("Operating model")
    title = StringField("Title", validators=[required("Enter the title"), Length(max=200)])
    summary = TextAreaField("In a few sentences", validators=[Length(max=4000)])
    baseline_id = SelectField("Measured against", description="Every option but S0 needs one.")
    first_year = IntegerField("Year 0 is", validators=[NumberRange(2000, 2100)])
    last_year = IntegerField(
        "Last year, counted from 0", description=f"1 to {LONGEST}.", validators=[NumberRange(1, LONGEST)]
    )
    price_year = IntegerField(
        "Prices of the year", description="Real terms: all amounts in its pounds.", validators=[NumberRange(2000, 2100)]
    )
    mitigation = IntegerField(
        "Mitigated share of optimism bias, in per cent",
        description="0 until measures against overruns are in place.",
        validators=[InputRequired("Enter a percentage; 0 for none"), NumberRange(0, 100)],
    )

    @classmethod
    def make(cls, session: Session, row: Scenario | None = None, *, year: int = 0) -> "ScenarioForm":
        baselines = queries.baselines(session)
        if row:
            form = cls(obj=row)
        else:
            default = str(baselines[0].key) if baselines else ""
            years = {"first_year": year, "price_year": year, "last_year": 10}
            form = cls(version=0, mitigation=0, baseline_id=default, **years)
        form.option.choices = choices(option_choices())
        named = [(b.key, f"{b.reference}: {b.title}") for b in baselines if row is None or b.id != row.id]
        form.baseline_id.choices = choices(named, blank="Nothing (S0 only)")
        return form

    def details(self) -> Details:
        return Details(
            Option(self.option.data),
            self.title.data or "",
            self.summary.data or "",
            given(self.first_year.data),
            given(self.last_year.data),
            given(self.price_year.data),
            given(self.mitigation.data),
            int(self.baseline_id.data) if self.baseline_id.data else None,
        )


class LineForm(Form):
    """A line, and under it one box for each year; `for_scenario` gives the form of a scenario's years."""

    kind = SelectField("Kind", choices=words(KIND_NAMES))
    title = StringField("What it is", validators=[required("Say what it is"), Length(max=120)])
    stream = SelectField(
        "Funding stream",
        description="For cash funding only.",
        choices=[*choices([], blank="None"), *words(STREAM_NAMES)],
    )
    bias = SelectField("Optimism bias", description="For capital and running costs only.")
    source = StringField("Source of the amounts, with its day", validators=[Length(max=300)])

    @classmethod
    def for_scenario(cls, row: Scenario, line: ScenarioLine | None = None) -> "LineForm":
        years = {
            f"year_{number}": DecimalField(
                f"Year {number} ({row.first_year + number})",
                validators=[Optional(), NumberRange(min=0, message=f"The amount of year {number} must be 0 or more")],
            )
            for number in range(row.last_year + 1)
        }
        kind = cast(type[LineForm], type("LineOverYears", (versioned(cls) if line else cls,), years))
        amounts = {f"year_{number}": amount for number, amount in enumerate(line.values)} if line else {}
        form = kind(obj=line, data=amounts)
        bounds = [(b.category.value, f"{b.title}: up to {b.cost_percent} %") for b in assumptions.optimism().bounds]
        form.bias.choices = choices([(Bias.NONE.value, "None"), *bounds])
        return form

    @property
    def years(self) -> list[DecimalField]:
        return [field for name, field in self._fields.items() if name.startswith("year_")]

    def line(self) -> Line:
        return Line(
            LineKind(self.kind.data),
            self.title.data or "",
            tuple(field.data or Decimal(0) for field in self.years),
            FundingStream(self.stream.data) if self.stream.data else None,
            Bias(self.bias.data),
            self.source.data or "",
        )
