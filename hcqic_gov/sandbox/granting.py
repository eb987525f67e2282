"""Writes of access to the sandbox: allocations granted and withdrawn, seconds spent, the switch for maintenance."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.db import locked, locked_part
from hcqic_gov.policy.access import CENTRE, may
from hcqic_gov.projects import queries as projects
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import quotas
from hcqic_gov.sandbox.allocations import Tier, allocations
from hcqic_gov.sandbox.models import Allocation, Run, SandboxSwitch, Spending

REPLACED = "Another allocation took its place."


@dataclass(frozen=True, slots=True)
class Grant:
    """What a gatekeeper enters of an allocation."""

    tier: str
    seconds: int
    starts_on: date
    ends_on: date
    reason: str


def grant(session: Session, reference: str, entered: Grant, *, actor: Actor, now: datetime) -> Allocation:
    """An allocation for a project; it takes the place of the one in force. Errors: Refused, Invalid."""
    project = locked(session, Project, projects.project(session, reference).key, what=f"project {reference}")
    may(actor, "sandbox.grant", projects.resource_of(session, project)).require()
    tier = next((one for one in allocations().granted if one.code == entered.tier), None)
    if tier is None:
        raise Invalid("There is no such tier.", {"tier": "Choose a tier"})
    before = quotas.of_project(session, project.key)
    check(entered, tier, {one.tier for one in before}, london_day(now))

    for one in before:
        if one.ended_on is None and one.ends_on >= entered.starts_on:
            one.ended_on, one.ended_reason = entered.starts_on, REPLACED
    made = Allocation(
        project_id=project.key,
        tier=tier.code,
        seconds=entered.seconds,
        starts_on=entered.starts_on,
        ends_on=entered.ends_on,
        reason=entered.reason.strip(),
        granted_at=now,
        granted_by=actor.id,
        policy=allocations().fingerprint,
        created_at=now,
    )
    session.add(made)
    session.flush()
    policy = allocations().fingerprint
    record(session, "sandbox.grant", project, part=made, actor=actor, now=now, note=made.reason, policy=policy)
    return made


def check(entered: Grant, tier: Tier, had: set[str], today: date) -> None:
    """Errors: Invalid, with a sentence for each field that the policy does not accept."""
    latest = entered.starts_on + timedelta(days=tier.max_days - 1)
    ahead = today + timedelta(days=allocations().max_days_ahead)
    faults = {
        "tier": tier.after and tier.after not in had
        and f"{tier.title} follows {allocations().tier(tier.after).title}: grant that one first",
        "seconds": not 0 < entered.seconds <= tier.seconds
        and f"Enter seconds from 1 to {tier.seconds:,}, which is what {tier.title} gives",
        "starts_on": not today <= entered.starts_on <= ahead
        and f"Enter a day from today to {ahead:%-d %B %Y}",
        "ends_on": not entered.starts_on <= entered.ends_on <= latest
        and f"{tier.title} lasts at most {tier.max_days} days: enter a day from the start to {latest:%-d %B %Y}",
        "reason": not entered.reason.strip() and "Enter the reason: the project’s team will read it",
    }  # fmt: skip
    if found := {field: str(sentence) for field, sentence in faults.items() if sentence}:
        raise Invalid("The allocation cannot be granted as it is.", found)


def withdraw(session: Session, reference: str, key: int, *, reason: str, actor: Actor, now: datetime) -> Allocation:
    """The allocation ends today; runs that wait are asked by what is left then. Errors: Refused, Invalid, NotFound."""
    project = projects.project(session, reference)
    may(actor, "sandbox.withdraw_grant", projects.resource_of(session, project)).require()
    owned = col(Allocation.project_id) == project.key
    found = locked_part(session, Allocation, key, owned, what="this allocation")
    today = london_day(now)
    if found.ended_on is not None or found.ends_on < today:
        raise Refused("ended", "This allocation has ended already.")
    if not reason.strip():
        raise Invalid("A reason is needed.", {"reason": "Enter the reason: the project’s team will read it"})

    before = snapshot(found)
    found.ended_on, found.ended_reason = today, reason.strip()
    record(
        session, "sandbox.withdraw_grant", project, part=found, before=before, actor=actor, now=now, note=reason.strip()
    )  # fmt: skip
    return found


def book(session: Session, run: Run, seconds: float, *, now: datetime) -> None:
    """What this attempt has used, of the allocation in force; size classes that do not count cost nothing.

    Called with the change that ends the attempt, which is entered in the audit trail.
    """
    if not allocations().passing(run.size_class).counts:
        return
    allocation = quotas.in_force(session, run.project_id, london_day(now))
    session.add(
        Spending(
            run_id=run.key,
            attempt=run.attempt,
            project_id=run.project_id,
            allocation_id=allocation.key if allocation else None,
            seconds=round(max(0.0, seconds), 3),
            at=now,
            created_at=now,
        )
    )


def switch(session: Session) -> SandboxSwitch:
    """Whether runs may start."""
    return session.exec(select(SandboxSwitch)).one()


def close(session: Session, *, reason: str, actor: Actor, now: datetime) -> SandboxSwitch:
    """For maintenance: nothing starts from now on; what runs goes on. Errors: Refused, Invalid."""
    may(actor, "sandbox.close", CENTRE).require()
    found = locked(session, SandboxSwitch, 1, what="the sandbox’s switch")
    if found.closed_at is not None:
        raise Refused("closed", "The sandbox is closed for maintenance already.")
    if not reason.strip():
        raise Invalid("A reason is needed.", {"reason": "Enter what is done and until when: everybody reads it"})

    before = snapshot(found)
    found.closed_at, found.reason = now, reason.strip()
    record(session, "sandbox.close", found, before=before, actor=actor, now=now, note=found.reason)
    return found


def reopen(session: Session, *, actor: Actor, now: datetime) -> SandboxSwitch:
    """Queued runs start again, in their order. Errors: Refused."""
    may(actor, "sandbox.reopen", CENTRE).require()
    found = locked(session, SandboxSwitch, 1, what="the sandbox’s switch")
    if found.closed_at is None:
        raise Refused("open", "The sandbox is open.")

    before = snapshot(found)
    found.closed_at, found.reason = None, ""
    record(session, "sandbox.reopen", found, before=before, actor=actor, now=now)
    return found
