"""Forms of reviews: who is asked, and what a reviewer finds on each criterion."""

from collections.abc import Mapping

from wtforms import Field, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from hcqic_gov.ethics.decision_rules import decisions_for
from hcqic_gov.ethics.reviews import FINDING_LABELS, Finding, Judgement, Remark, criteria
from hcqic_gov.ethics.states import State, Track
from hcqic_gov.web.ethics_forms import labelled
from hcqic_gov.web.forms import DateField, Form

FINDING, WORDS = "finding_", "words_"


class AssignForm(Form):
    reviewers = SelectMultipleField(
        "Whom do you ask?",
        coerce=int,
        description="Members in term who are not on the team and have not stepped aside.",
        validators=[InputRequired("Choose at least one member")],
    )
    due = DateField("By when?", validators=[InputRequired("Enter the day by which the review is due")])


class ReleaseForm(Form):
    reason = TextAreaField(
        "Why?",
        description="It goes on the record; the member is told only that no review is needed.",
        validators=[InputRequired("Give the reason"), Length(max=4000)],
    )


class ReviewForm(Form):
    """Two fields for each criterion of the policy file, then the whole."""

    @classmethod
    def of(cls, track: Track | None, state: State) -> "ReviewForm":
        fields: dict[str, Field] = {}
        for one in criteria().criteria:
            fields[FINDING + one.code] = RadioField(
                one.title,
                description=one.hint,
                choices=labelled(FINDING_LABELS),
                validators=[InputRequired(f"Say what you found on “{one.title}”")],
            )
            fields[WORDS + one.code] = TextAreaField(
                f"{one.title}: in words",
                description="The team may be asked this in your words. Leave empty if it is satisfactory.",
                render_kw={"rows": 3},
                validators=[Optional(), Length(max=2000)],
            )
        options = [(step.name, step.label.removeprefix("give ").capitalize()) for step in decisions_for(track, state)]
        fields["recommendation"] = RadioField(
            "What would you decide?", choices=options, validators=[InputRequired("Choose the decision you would give")]
        )
        fields["summary"] = TextAreaField("Anything else", validators=[Optional(), Length(max=4000)])
        kind: type[ReviewForm] = type("FormOfReview", (cls,), fields)
        return kind()

    def judgement(self) -> Judgement:
        remarks = {
            one.code: Remark(Finding(self[FINDING + one.code].data), self[WORDS + one.code].data or "")
            for one in criteria().criteria
        }
        return Judgement(remarks, self["recommendation"].data, self["summary"].data or "")

    def by_field(self, wrong: Mapping[str, str]) -> dict[str, str]:
        """What a review lacks, by criterion, at the field for words of that criterion."""
        return {WORDS + name if WORDS + name in self else name: sentence for name, sentence in wrong.items()}
