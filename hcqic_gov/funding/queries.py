"""Reads of calls and applications: the list, a page, the pipeline, and what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit.queries import actors
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.money import total
from hcqic_gov.core.ruling import ALLOWED, Ruling
from hcqic_gov.db import found
from hcqic_gov.ethics.queries import execution_ruling
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.funding.awards import AwardForReport as AwardForReport
from hcqic_gov.funding.awards import AwardView, award_of
from hcqic_gov.funding.awards import award as award_by
from hcqic_gov.funding.awards import award_for_report as award_for_report
from hcqic_gov.funding.awards import awards_of_funder as awards_of_funder
from hcqic_gov.funding.models import Application, ApplicationEvent, Award, Call, CostLine, ReportDue
from hcqic_gov.funding.rules import (
    PIPELINE,
    ApplicationFacts,
    ApplicationState,
    CostBasis,
    Currency,
)
from hcqic_gov.funding.terms import FunderTerms, terms
from hcqic_gov.people.models import Organisation
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import PAGE_SIZE, team_ids

S = ApplicationState
SOON = timedelta(days=30)
PREPARING = ("funding.register", "funding.edit", "funding.add_cost", "funding.edit_cost", "funding.remove_cost")
NEEDS_ETHICS = (S.AWARDED, S.SUSPENDED)


class Sort(StrEnum):
    """How the list is ordered."""

    NEWEST = "newest"
    DEADLINE = "deadline"
    TITLE = "title"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    state: ApplicationState | None = None
    funder_id: int | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One line of the list."""

    reference: str
    title: str
    state: ApplicationState
    amount: Decimal
    currency: Currency
    deadline: datetime | None
    funder: str
    project: str


@dataclass(frozen=True, slots=True)
class PipelineTotal:
    """How many applications stand in one state, and the sum they ask for in one currency."""

    state: ApplicationState
    currency: Currency
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with its funder's name and how many applications answer it."""

    record: Call
    funder: str
    applications: int


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """A whole application for its page, and what the guards look at."""

    record: Application
    call: Call
    funder: str
    project: Project
    preparer: str
    terms: FunderTerms
    lines: Sequence[CostLine]
    events: Sequence[tuple[ApplicationEvent, str]]
    award: AwardView | None
    facts: ApplicationFacts

    @property
    def full_cost(self) -> Decimal:
        return total(line.amount for line in self.lines if line.basis is CostBasis.CASH)

    @property
    def in_kind(self) -> Decimal:
        return total(line.amount for line in self.lines if line.basis is CostBasis.IN_KIND)


def applications(session: Session, wanted: ApplicationFilter, *, page: int = 1) -> tuple[Sequence[ApplicationRow], int]:
    """One page of the list, and how many match in all, in two queries."""
    columns: tuple[Any, ...] = (
        Application.reference,
        Application.title,
        Application.state,
        Application.amount_applied,
        Call.currency,
        sa.func.coalesce(Application.extended_to, Call.deadline),
        Organisation.name,
        Project.reference,
    )
    conditions = conditions_of(wanted)
    count = session.execute(joined(sa.func.count()).where(*conditions)).scalar_one()
    statement = joined(*columns).where(*conditions).order_by(*ordering(wanted.sort))
    rows = session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return [ApplicationRow(*row) for row in rows], count


def joined(*columns: Any) -> Any:
    return (
        sa.select(*columns)
        .select_from(Application)
        .join(Call, col(Call.id) == col(Application.call_id))
        .join(Organisation, col(Organisation.id) == col(Call.funder_id))
        .join(Project, col(Project.id) == col(Application.project_id))
    )


def ordering(sort: Sort) -> tuple[Any, Any]:
    last = col(Application.id).desc()
    first = {
        Sort.NEWEST: last,
        Sort.DEADLINE: sa.func.coalesce(Application.extended_to, Call.deadline).asc().nulls_last(),
        Sort.TITLE: col(Application.title).asc(),
        Sort.AMOUNT: col(Application.amount_applied).desc(),
    }[sort]
    return first, last


def conditions_of(wanted: ApplicationFilter) -> list[Any]:
    exact = {Application.state: wanted.state, Call.funder_id: wanted.funder_id}
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if text := wanted.text.strip():
        fields = (Application.reference, Application.title, Project.title, Organisation.name)
        conditions.append(sa.or_(*(col(field).icontains(text, autoescape=True) for field in fields)))
    return conditions


def pipeline(session: Session) -> Sequence[PipelineTotal]:
    """What may still come of applications, by state and currency, in the order of the way to an award."""
    columns: tuple[Any, ...] = (
        Application.state,
        Call.currency,
        sa.func.count(),
        sa.func.sum(Application.amount_applied),
    )
    statement = (
        sa.select(*columns)
        .join(Call, col(Call.id) == col(Application.call_id))
        .where(col(Application.state).in_(PIPELINE))
        .group_by(Application.state, Call.currency)
    )
    totals = [PipelineTotal(*row) for row in session.execute(statement)]
    return sorted(totals, key=lambda row: (PIPELINE.index(row.state), row.currency))


def calls(session: Session) -> Sequence[CallView]:
    """All calls, the latest deadline first; those without one before them."""
    columns: tuple[Any, ...] = (Call, Organisation.name, sa.func.count(col(Application.id)))
    statement = (
        sa.select(*columns)
        .join(Organisation, col(Organisation.id) == col(Call.funder_id))
        .outerjoin(Application, col(Application.call_id) == col(Call.id))
        .group_by(*sa.inspect(Call).columns, Organisation.name)
        .order_by(col(Call.deadline).desc().nulls_first(), col(Call.id).desc())
    )
    return [CallView(*row) for row in session.execute(statement)]


def call(session: Session, key: int) -> Call:
    """Errors: NotFound."""
    return found(session.get(Call, key), "this call")


def call_choices(session: Session) -> Sequence[tuple[int, str]]:
    """Numbers and titles of calls, for a form."""
    return [(view.record.key, f"{view.record.title} ({view.funder})") for view in calls(session)]


def of_project(session: Session, project_id: int) -> Sequence[tuple[Application, Call, Award | None]]:
    """A project's applications with their calls and awards, the newest first, in one query."""
    statement = (
        select(Application, Call, Award)
        .join(Call, col(Call.id) == col(Application.call_id))
        .outerjoin(Award, col(Award.application_id) == col(Application.id))
        .where(Application.project_id == project_id)
        .order_by(col(Application.id).desc())
    )
    return [(row, call, award) for row, call, award in session.execute(statement)]


def application(session: Session, reference: str) -> Application:
    """Errors: NotFound."""
    row = session.exec(select(Application).where(Application.reference == reference)).first()
    return found(row, f"application {reference}")


def resource(session: Session, reference: str) -> Resource:
    """The application as the access policies see it. Errors: NotFound."""
    return resource_of(session, application(session, reference))


def resource_of(session: Session, row: Application) -> Resource:
    team = team_ids(session, session.get_one(Project, row.project_id)) | {row.preparer_id}
    attributes = {"team": team, "preparer": preparers(session, [row])[row.key]}
    return Resource("Application", row.reference, attributes)


def preparers(session: Session, rows: Sequence[Application]) -> Mapping[int, frozenset[int]]:
    """By application: who prepared it, or ever changed it or its costs, also where others changed it later."""
    done = actors(session, "funding_application", {row.key for row in rows}, PREPARING)
    return {row.key: frozenset({row.preparer_id} | {who for key, who in done if key == row.key}) for row in rows}


def award_resource(session: Session, reference: str) -> Resource:
    """The application of an award, by the award's reference. Errors: NotFound."""
    award = award_by(session, reference)
    known = resource_of(session, session.get_one(Application, award.application_id))
    return replace(known, attributes={**known.attributes, "funder": award.funder_id})


def cost_lines(session: Session, row: Application) -> Sequence[CostLine]:
    statement = select(CostLine).where(CostLine.application_id == row.id)
    return session.exec(statement.order_by(col(CostLine.year), col(CostLine.id))).all()


def content_hash(row: Application, lines: Sequence[CostLine]) -> str:
    """What an approval is pinned to: everything that the funder will read of the application's content."""
    content = [row.title, row.call_id, row.project_id, row.amount_applied, row.purpose, row.method]
    costs = [[c.heading, c.description, c.year, c.basis, c.amount, c.contribution] for c in lines]
    return fingerprint([content, costs])


def facts_of(
    session: Session, row: Application, *, actor: Actor, now: datetime, reason: str = "", offer: Decimal | None = None
) -> ApplicationFacts:
    """What the guards look at, for a move that this person would make now; `offer` is one being recorded."""
    wanted, lines = call(session, row.call_id), cost_lines(session, row)
    award = session.exec(select(Award).where(Award.application_id == row.id)).first()
    reports = (
        sa.select(sa.func.count()).select_from(ReportDue).where(col(ReportDue.award_id) == (award.id if award else 0))
    )
    return ApplicationFacts(
        actor_id=actor.id,
        preparer_id=row.preparer_id,
        last_editor_id=row.last_editor_id,
        now=now,
        deadline=wanted.deadline,
        extended_to=row.extended_to,
        amount_applied=row.amount_applied,
        lines_total=total(line.contribution for line in lines if line.basis is CostBasis.CASH),
        content_hash=content_hash(row, lines),
        approved_hash=row.approved_hash,
        offered_amount=offer if offer is not None else row.offered_amount,
        offer_recorded_by=row.offer_recorded_by,
        second_person_from=terms(london_day(now)).second_person_from,
        award_start=award.starts_on if award else None,
        reports_due=session.execute(reports).scalar_one(),
        ethics=ethics_ruling(session, row, at=now),
        reason=reason,
    )


def ethics_ruling(session: Session, row: Application, *, at: datetime) -> Ruling:
    """Whether the project's ethics gate is open for the funded work; asked only where an award could start."""
    if row.state not in NEEDS_ETHICS:
        return ALLOWED
    scope = Scope(session.get_one(Project, row.project_id).data_class, row.purpose, row.method)
    return execution_ruling(session, row.project_id, scope, at=at)


def application_view(session: Session, row: Application, *, actor: Actor, now: datetime) -> ApplicationView:
    """Everything on an application's page."""
    wanted = call(session, row.call_id)
    statement = select(ApplicationEvent).where(ApplicationEvent.application_id == row.id)
    events = session.exec(statement.order_by(col(ApplicationEvent.id).desc())).all()
    who = names(session, {event.actor_id for event in events} | {row.preparer_id})
    return ApplicationView(
        record=row,
        call=wanted,
        funder=session.get_one(Organisation, wanted.funder_id).name,
        project=session.get_one(Project, row.project_id),
        preparer=who[row.preparer_id],
        terms=terms(london_day(now)).of(wanted.terms_key),
        lines=cost_lines(session, row),
        events=[(event, who.get(event.actor_id, "somebody")) for event in events],
        award=award_of(session, row),
        facts=facts_of(
            session, row, actor=actor, now=now, reason="given on the form", offer=row.offered_amount or Decimal(0)
        ),
    )
