"""A funder report from its queries to the signed PDF, beside ReportLab alone on the same pages in the same run."""

import io
import os
import resource
from collections.abc import Sequence
from time import perf_counter
from typing import Any, cast

import pikepdf
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from reportlab.platypus import Flowable, SimpleDocTemplate, Table
from sqlmodel import Session

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import Frequency, Period, periods
from hcqic_gov.kpi import service as kpi
from hcqic_gov.kpi.definitions import Definition, catalogue
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.working_out import work_out
from hcqic_gov.people.rules import Role
from hcqic_gov.reporting import queries, service
from hcqic_gov.reporting.gathering import Scope, gather
from hcqic_gov.reporting.snapshot import Edition, FunderReport, Stamp, freeze, snapshot_hash
from hcqic_gov.settings import Settings
from reports import style
from reports.documents import FUNDER_REPORT
from reports.signing import issuing
from reports.tagging import Marked
from tests import reporting_world as made
from tests.benchmarks.test_kpi import fastest
from tests.factories import World

CHARTS = 20
BATCH = int(os.environ.get("HCQIC_ROUNDS", "20"))


SINCE = {Frequency.MONTHLY: "2024-07", Frequency.QUARTERLY: "2024-Q2", Frequency.ANNUAL: "FY2024"}
UNTIL = {Frequency.MONTHLY: "2026-06", Frequency.QUARTERLY: "2026-Q2", Frequency.ANNUAL: "FY2025"}


@pytest.fixture
def centre(world: World) -> World:
    """A reported quarter: each KPI that is entered by hand has a long series, the others what the registers say."""
    made.reported(world)
    with world.writing() as session:
        world.add_person(session, "second", {Role.CENTRE_MANAGER})
        for one in (versions[-1] for versions in catalogue().values()):
            if not one.computed and one.code != "O8":
                enter(session, world, one)
        quarter = periods(Period.parse("2026-04"), Period.parse("2026-06"))
        work_out(session, [*quarter, made.QUARTER], actor=world["centre_manager"], now=world.now)
    return world


def enter(session: Session, world: World, one: Definition) -> None:
    spans = (Period.parse(bound[one.frequency]) for bound in (SINCE, UNTIL))
    for number, period in enumerate(periods(*spans)):
        count = 40 + number % 7
        entry = Entry(count, 50 if one.ratio else None, n=50, source="Made up for this measurement")
        key = kpi.enter(session, one.code, period, entry, actor=world[one.owner_role], now=world.now).key
        kpi.submit(session, key, actor=world[one.owner_role], now=world.now)
        kpi.verify(session, key, actor=world["second"], now=world.now)


def plain(flowables: Sequence[Flowable]) -> list[Flowable]:
    """The same flowables without our tags."""
    bare = [one.inner if isinstance(one, Marked) else one for one in flowables]
    for one in bare:
        if isinstance(one, Table):
            cast(Any, one)._renderCB = None
    return bare


def reportlab_alone(edition: Edition) -> float:
    """Seconds, from the paragraphs, tables and charts to a PDF that is neither tagged nor archived nor signed."""
    began = perf_counter()
    flowables = plain([part for section in FUNDER_REPORT for part in section(edition)])
    SimpleDocTemplate(io.BytesIO(), topMargin=style.TOP, bottomMargin=style.BOTTOM).build(flowables)
    return perf_counter() - began


def test_from_the_queries_to_the_signed_pdf(benchmark: BenchmarkFixture, centre: World) -> None:
    """Aim: less than three times ReportLab alone."""
    scope = Scope(centre.funder_id, "", made.QUARTER)
    sign = issuing(Settings(), demo=True)

    def whole() -> tuple[Edition, bytes]:
        with centre.reading() as session:
            report = gather(session, scope, made.TOLD, now=centre.now)
        edition = Edition(report, stamp(report))
        return edition, sign(edition)

    def stamp(report: FunderReport) -> Stamp:
        return Stamp(
            "HCQIC-R-2026-0001", 1, "Issued", snapshot_hash(freeze(report)), "A", "B", centre.now, 1, "ab" * 32
        )

    edition, data = benchmark.pedantic(whole, rounds=10, warmup_rounds=1)  # type: ignore[no-untyped-call]
    floor = min(reportlab_alone(edition) for _ in range(5))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        benchmark.extra_info["pages"] = len(pdf.pages)
    benchmark.extra_info["charts"] = sum(bool(one.points) for one in edition.report.kpis)
    benchmark.extra_info["times_reportlab"] = round(fastest(benchmark) / floor, 2)
    assert benchmark.extra_info["charts"] >= CHARTS


def memory() -> int:
    """The most that this process has used, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_many_reports_in_one_batch(benchmark: BenchmarkFixture, centre: World) -> None:
    """Each in a transaction of its own; what one leaves behind in memory is a small part of what it took."""
    sign = issuing(Settings(), demo=True)
    references = [made.reviewed(centre).reference for _ in range(BATCH)]
    used = []

    def issue(reference: str) -> None:
        with centre.writing() as session:
            service.issue(session, reference, sign, actor=centre[made.MANAGER], now=centre.now)
        used.append(memory())

    def all_of_them() -> None:
        for reference in references:
            issue(reference)

    benchmark.pedantic(all_of_them, rounds=1)  # type: ignore[no-untyped-call]
    settled = used[len(used) // 4]
    benchmark.extra_info.update(reports=BATCH, mib_after_a_quarter=settled, mib_at_the_end=used[-1])
    with centre.reading() as session:
        assert verify_chain(session).fault is None
        assert not queries.reviewed(session)
    assert used[-1] - settled < 50
