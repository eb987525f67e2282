"""The scenario behind the measures of the appraisal."""

from collections.abc import Sequence

from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.measure import Part
from hcqic_gov.scenarios.queries import adopted_at


def adopted(session: Session, period: Period) -> Sequence[Part]:
    """The one that was the adopted one at the end of the period."""
    row = adopted_at(session, period.closes)
    if row is None or row.frozen is None:
        return []
    return [Part("scenarios", row.reference, row.title, None, "Its frozen results")]
