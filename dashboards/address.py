"""What an address of the dashboards asks for: readable, so that it survives being shared."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urlencode

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.kpi.definitions import Dimension

PREFIX = "/dashboards/"
CODE = re.compile(r"[A-Z][0-9]")
COMPARED = ("kpi", "kpi2", "kpi3", "kpi4")
"""In an address of the comparison, one KPI each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters; an answer that makes no sense counts as none."""

    dimension: Dimension | None = None
    period: Period | None = None
    kpi: str = ""
    kpis: tuple[str, ...] = ()
    """Those to compare: `kpi` and the others, each once."""

    def as_at(self, today: date) -> date:
        """The day as of which values are shown: the end of the chosen period, but never the future."""
        return min(self.period.end, today) if self.period else today


def wanted(search: str) -> Wanted:
    """The filters of a query string such as `?dimension=health&period=2026-Q1`."""
    given = {name: values[0] for name, values in parse_qs(search.removeprefix("?")).items()}
    dimension = given.get("dimension", "")
    known = dimension in set(Dimension)
    kpis = tuple(dict.fromkeys(given[name] for name in COMPARED if name in given))
    return Wanted(Dimension(dimension) if known else None, period(given.get("period", "")), given.get("kpi", ""), kpis)


def period(code: str) -> Period | None:
    try:
        return Period.parse(code)
    except ValueError:
        return None


def summary_address(wanted: Wanted, page: str = "") -> str:
    """Of the summary as a table, or of its other forms."""
    return address(page, dimension=wanted.dimension or "", period=wanted.period.code if wanted.period else "")


def canonical(asked: str) -> str:
    """An address of ours with nothing in it but what we know; the summary for whatever else it was."""
    path, _, search = asked.partition("?")
    found = wanted(search)
    page = path.removeprefix(PREFIX).strip("/") if path.startswith(PREFIX) else ""
    if page == "kpi" and CODE.fullmatch(found.kpi):
        return kpi_address(found.kpi, found)
    if page == "compare":
        chosen = zip(COMPARED, filter(CODE.fullmatch, found.kpis), strict=False)
        return address(page, **dict(chosen), period=found.period.code if found.period else "")
    return summary_address(found, "matrix" if page == "matrix" else "")


def compare_address(wanted: Wanted) -> str:
    return address("compare", kpi=wanted.kpi, period=wanted.period.code if wanted.period else "")


def kpi_address(code: str, wanted: Wanted) -> str:
    return address("kpi", kpi=code, period=wanted.period.code if wanted.period else "")


def address(page: str, **query: str) -> str:
    kept = {name: value for name, value in query.items() if value}
    return f"{PREFIX}{page}{'?' if kept else ''}{urlencode(kept)}"


def recent_quarters(today: date, count: int = 12) -> list[Period]:
    """The ended quarters that a reader may choose from, newest first."""
    current = Period.containing(today, Frequency.QUARTERLY)
    return [current.shifted(-back) for back in range(1, count + 1)]
