"""What an evaluation says in plain words, and the names of its icons."""

from dataclasses import dataclass

from hcqic_gov.kpi.spc import Assurance, Evaluation, Variation
from hcqic_gov.kpi.spc_rules import LEAST_JUDGED, Cause


@dataclass(frozen=True, slots=True)
class Icon:
    """The name of a drawing (`static/icons/kpi/<name>.svg`) and the word that stands beside it."""

    name: str
    word: str


NOT_ASSESSED = Icon("", "Not assessed")
NO_TARGET = Icon("", "No single target")

ASSURANCE_ICONS = {
    Assurance.PASSING: Icon("passing", "Consistently passing"),
    Assurance.FAILING: Icon("failing", "Consistently failing"),
    Assurance.HIT_AND_MISS: Icon("hit-and-miss", "Hit and miss"),
}
VARIATION_ICONS = {
    (Variation.COMMON_CAUSE, 0): Icon("common-cause", "Common cause"),
    (Variation.IMPROVEMENT, 1): Icon("improvement-high", "Improvement, high"),
    (Variation.IMPROVEMENT, -1): Icon("improvement-low", "Improvement, low"),
    (Variation.CONCERN, 1): Icon("concern-high", "Concern, high"),
    (Variation.CONCERN, -1): Icon("concern-low", "Concern, low"),
    (Variation.NEUTRAL_HIGH, 1): Icon("neutral-high", "Neutral, high"),
    (Variation.NEUTRAL_LOW, -1): Icon("neutral-low", "Neutral, low"),
}


def variation_icon(evaluation: Evaluation) -> Icon:
    """The icon of the last point."""
    if evaluation.variation in (None, Variation.NOT_JUDGED):
        return NOT_ASSESSED
    return VARIATION_ICONS[evaluation.variation, evaluation.causes[-1].side]


def assurance_icon(evaluation: Evaluation) -> Icon:
    return NOT_ASSESSED if evaluation.assurance is None else ASSURANCE_ICONS[evaluation.assurance]


VARIATION_SENTENCES = {
    Variation.COMMON_CAUSE: "It varies as usual (common cause).",
    Variation.IMPROVEMENT: "This is special cause variation of an improving nature: {cause}.",
    Variation.CONCERN: "This is special cause variation of a concerning nature: {cause}.",
    Variation.NEUTRAL_HIGH: "This is special cause variation, higher than usual: {cause}.",
    Variation.NEUTRAL_LOW: "This is special cause variation, lower than usual: {cause}.",
}
ASSURANCE_SENTENCES = {
    Assurance.PASSING: "As it is, the process will always meet the target.",
    Assurance.FAILING: "As it is, the process will not meet the target.",
    Assurance.HIT_AND_MISS: "As it is, the process will meet the target at some times and miss it at others.",
}


NOT_JUDGED_SENTENCES = {
    Cause.TOO_FEW: f"There are too few values to judge how it varies: that takes at least {LEAST_JUDGED}.",
    Cause.PARTLY_HIDDEN: "How it varies is not judged, because some values may not be shown.",
}


def said(evaluation: Evaluation) -> str:
    """Variation, assurance and what to know of the limits, as sentences; "" of a series without points."""
    if evaluation.variation is None:
        return ""
    if evaluation.variation is Variation.NOT_JUDGED:
        return NOT_JUDGED_SENTENCES[evaluation.causes[-1]]
    sentences = [VARIATION_SENTENCES[evaluation.variation].format(cause=evaluation.causes[-1].value)]
    if evaluation.assurance is not None:
        sentences.append(ASSURANCE_SENTENCES[evaluation.assurance])
    if evaluation.trial:
        sentences.append(f"The limits are trial limits: they rest on {evaluation.groups[-1].points} points.")
    return " ".join(sentences)
