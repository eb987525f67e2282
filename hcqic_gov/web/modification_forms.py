"""The form of a change of an approved study: the whole of it as it will be."""

from typing import Self

from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from hcqic_gov.ethics import modification_guards as guards
from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.modifications import Amendment
from hcqic_gov.web.applying_forms import PeopleForm, ScopeForm, SummaryForm
from hcqic_gov.web.ethics_forms import required
from hcqic_gov.web.forms import DateField

IN_FORM = (guards.sections_free.__name__, guards.not_overtaken.__name__)
"""Codes of refusals that a person can mend in the form, or by taking a document out again."""


class AmendmentForm(PeopleForm, ScopeForm, SummaryForm):  # type: ignore[misc]
    """Filled in with what is approved; triage and documents stay those of the study.

    Each section says for itself what was entered, so that the three are asked by name.
    """

    valid_to = DateField("Valid until", validators=[Optional()])
    change_reason = TextAreaField(
        "Why does it change?",
        description="And what it means for the people who take part.",
        validators=[required("Say why it changes"), Length(max=4000)],
    )

    @classmethod
    def of(cls, case: EthicsCase) -> Self:
        return cls(obj=case)

    def amendment(self) -> Amendment:
        summary, scope, people = SummaryForm.entered(self), ScopeForm.entered(self), PeopleForm.entered(self)
        application = Application(
            summary.title,
            summary.lay_summary,
            scope.work_kind,
            {},
            scope.data_class,
            scope.purposes,
            scope.methods,
            people.participants,
            people.consent_basis,
        )
        return Amendment(application, self.valid_to.data, self.change_reason.data or "")
