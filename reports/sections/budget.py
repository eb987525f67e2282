"""Budget, actual and forecast of each award, with the reason for a variance."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import BudgetLine
from reports.flowables import money, paragraph, section, table


def budget(lines: Sequence[BudgetLine]) -> list[Flowable]:
    rows = [
        (
            f"{line.award} {line.title}",
            money(line.budget),
            money(line.actual),
            money(line.forecast),
            money(line.variance),
            line.reason or "none given",
        )
        for line in lines
    ]
    headers = ("Award", "Budget", "Actual", "Forecast", "Variance", "Reason for variance")
    nothing = "No budget is recorded for the awards of this report."
    return [
        section("Budget"),
        table(headers, rows, shares=(26, 13, 13, 13, 13, 22), numbers=(1, 2, 3, 4), nothing=nothing),
        paragraph(
            "Pounds, over the life of each award. Variance is forecast less budget: a minus sign is under budget."
        ),
    ]
