"""Red, amber or green for what has dates and scores, by the centre's own policy."""

from datetime import date

from hcqic_gov.policy.files import PolicyFile, in_force, read_folder
from hcqic_gov.reporting.snapshot import Level


class StatusRules(PolicyFile):
    """From when a milestone, a risk or an approval is no longer green."""

    milestone_red_after_days: int
    """Days behind the baseline beyond which a milestone is red; up to then it is amber."""
    risk_amber_from: int
    risk_red_from: int
    """Likelihood times impact."""
    approval_amber_days: int
    """An approval that ends within so many days is amber."""


def status_rules(day: date) -> StatusRules:
    """The rules in force on this day. Errors: NotFound, BrokenPolicy."""
    found: StatusRules = in_force(read_folder("reporting", StatusRules), day)
    return found


def days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def milestone_level(
    rules: StatusRules, *, baseline: date, forecast: date, met: date | None, today: date
) -> tuple[Level, str]:
    """Against the baseline: the day it was met, else the forecast, else today where both have passed."""
    if met is not None:
        late = (met - baseline).days
        return (Level.GREEN, "met") if late <= 0 else (Level.GREEN, f"met {days(late)} late")
    late = (max(forecast, today) - baseline).days if today > baseline else (forecast - baseline).days
    if late <= 0:
        return Level.GREEN, "on time"
    return (Level.RED if late > rules.milestone_red_after_days else Level.AMBER), f"{days(late)} late"


def risk_level(rules: StatusRules, *, likelihood: int, impact: int) -> tuple[Level, str]:
    score = likelihood * impact
    raised = Level.RED if score >= rules.risk_red_from else Level.AMBER
    return (raised if score >= rules.risk_amber_from else Level.GREEN), f"{score} of 25"


def approval_level(rules: StatusRules, *, in_force: bool, ends: date | None, today: date) -> tuple[Level, str]:
    """In force, ending soon, or not in force."""
    if not in_force:
        return Level.RED, "not in force"
    left = None if ends is None else (ends - today).days
    if left is not None and left <= rules.approval_amber_days:
        return Level.AMBER, f"ends in {days(left)}"
    return Level.GREEN, "in force"
