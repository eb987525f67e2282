"""Icons only: each KPI in the cell of its variation and its assurance, after NHS Making Data Count."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from dashboards.address import Wanted, kpi_address
from dashboards.components import icon, table, tag
from hcqic_gov.kpi.queries import summary
from hcqic_gov.kpi.views import KpiView
from hcqic_gov.kpi.words import ASSURANCE_ICONS, NO_TARGET, VARIATION_ICONS, Icon

ASSURANCES: Sequence[Icon] = (*ASSURANCE_ICONS.values(), NO_TARGET)
Cells = Mapping[tuple[Icon, Icon], Sequence[KpiView]]


def page(session: Session, wanted: Wanted, today: date) -> list[Any]:
    """The matrix, and below it the KPIs whose charts cannot be judged."""
    views = summary(session, wanted.as_at(today), dimension=wanted.dimension)
    judged = [view for view in views if view.assessed]
    cells: dict[tuple[Icon, Icon], list[KpiView]] = {}
    for view in judged:
        cells.setdefault((view.variation, column_of(view)), []).append(view)
    return [
        tag("P", said(len(judged), len(views)), className="nhsuk-lede-text"),
        table(
            "KPIs by variation (down) and assurance (across)",
            ["Variation", *ASSURANCES],
            [line(one, cells, wanted) for one in VARIATION_ICONS.values()],
            kind="matrix",
        ),
        *not_judged([view for view in views if not view.assessed], wanted),
    ]


def column_of(view: KpiView) -> Icon:
    """Without a single target, or a direction, a process neither passes nor fails."""
    return view.assurance if view.assurance in ASSURANCE_ICONS.values() else NO_TARGET


def said(judged: int, all_: int) -> str:
    return f"{judged} of {all_} KPIs have a chart that can be judged. No score is made of them."


def line(variation: Icon, cells: Cells, wanted: Wanted) -> list[Any]:
    return [icon(variation), *(links(cells.get((variation, assurance), ()), wanted) for assurance in ASSURANCES)]


def links(views: Sequence[KpiView], wanted: Wanted) -> Any:
    if not views:
        return tag("Span", "none", className="hcqic-none")
    return tag("Ul", [tag("Li", link(view, wanted)) for view in views], className="nhsuk-list hcqic-matrix__kpis")


def link(view: KpiView, wanted: Wanted) -> Any:
    one = view.definition
    return tag("A", f"{one.code} {one.title}", href=kpi_address(one.code, wanted))


def not_judged(views: Sequence[KpiView], wanted: Wanted) -> list[Any]:
    if not views:
        return []
    lines = [tag("Li", [link(view, wanted), f": {view.shown}"]) for view in views]
    heading = tag("H2", "Not judged", className="nhsuk-heading-m", id="not-judged")
    why = tag("P", "Too few values, no value yet, or a value that may not be shown.")
    return [heading, why, tag("Ul", lines, className="nhsuk-list nhsuk-list--bullet")]
