"""Where a figure of a report comes from: the verified value, its definition, and its entries in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from hcqic_gov.audit.queries import Entry, entries_about
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import NotFound
from hcqic_gov.kpi.definitions import Definition, definition
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.queries import Revision, history, series
from hcqic_gov.kpi.rules import Status
from hcqic_gov.reporting.figures import read_again
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.snapshot import Kpi, thaw


@dataclass(frozen=True, slots=True)
class Trace:
    """One KPI of a report: as it was frozen, as it reads today for the same period, and what lies behind it.

    `value` is the revision that counts, with its entries of the audit trail; None where none was verified.
    """

    figure: Kpi
    today: str
    definition: Definition
    period: Period | None
    value: Revision | None
    entries: Sequence[Entry]

    @property
    def unchanged(self) -> bool:
        return self.figure.reading == self.today

    @property
    def same_definition(self) -> bool:
        return self.figure.policy == self.definition.fingerprint


def trace(session: Session, report: Report, code: str) -> Trace:
    """Errors: NotFound for a KPI that the report does not have."""
    said = thaw(report.snapshot)
    figure = next((one for one in said.kpis if one.code == code), None)
    if figure is None:
        raise NotFound(f"{report.reference} has no KPI {code[:10]}. Its KPIs stand under “Status by dimension”.")

    value = verified(history(session, code, said.about.period_end), figure)
    return Trace(
        figure,
        read_again(series(session, code, said.about.period_end), figure.period)[0],
        definition(code, said.about.period_end),
        Period.parse(value.record.period) if value else None,
        value,
        entries_about(session, Observation.__tablename__, value.record.key) if value else (),
    )


def verified(known: Sequence[Revision], figure: Kpi) -> Revision | None:
    """The revision that counts for the period which the figure names."""
    found = (one for one in known if one.record.status is Status.VERIFIED)
    return next((one for one in found if Period.parse(one.record.period).label == figure.period), None)
