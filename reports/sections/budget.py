"""Budget, actual and forecast of each award, with the reason for a variance."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.core.money import total
from hcqic_gov.reporting.snapshot import BudgetLine
from reports.flowables import money, paragraph, section, table


def budget(lines: Sequence[BudgetLine]) -> list[Flowable]:
    rows: list[tuple[str, ...]] = [
        (
            line.award,
            f"{line.heading}, {line.year}",
            money(line.budget),
            money(line.actual),
            money(line.forecast),
            money(line.variance),
            line.reason,
        )
        for line in lines
    ]
    rows += [total_row(award, [line for line in lines if line.award == award]) for award in awards_of(lines)]
    headers = ("Award", "Heading", "Budget", "Actual", "Forecast", "Variance", "Reason for variance")
    nothing = "No budget is recorded for the awards of this report."
    return [
        section("Budget"),
        table(headers, rows, shares=(16, 22, 12, 12, 12, 12, 18), numbers=(2, 3, 4, 5), nothing=nothing),
        paragraph(
            "Pounds, over the life of each award. Variance is forecast less budget: a minus sign is under budget."
        ),
    ]


def awards_of(lines: Sequence[BudgetLine]) -> Sequence[str]:
    return sorted({line.award for line in lines})


def total_row(award: str, lines: Sequence[BudgetLine]) -> tuple[str, ...]:
    sums = (total(getattr(line, name) for line in lines) for name in ("budget", "actual", "forecast", "variance"))
    return (award, "Total", *map(money, sums), "")
