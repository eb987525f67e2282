"""Writes of a change of an approved study that save more than its state: begun, and written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import next_reference
from hcqic_gov.ethics.application import Application, column_values
from hcqic_gov.ethics.effects import enter
from hcqic_gov.ethics.facts import Proposal
from hcqic_gov.ethics.hearing import facts_of, hearing
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.modification_effects import forget_class, rebase
from hcqic_gov.ethics.modification_guards import not_overtaken, sections_free
from hcqic_gov.ethics.modification_papers import enclose
from hcqic_gov.ethics.service import gathered
from hcqic_gov.ethics.states import CaseKind, State
from hcqic_gov.ethics.versions import version_in_effect
from hcqic_gov.policy.access import access_policies


@dataclass(frozen=True, slots=True)
class Amendment:
    """What the study will be: its application apart from triage, until when (None: no end), and why it changes."""

    application: Application
    valid_to: date | None
    reason: str

    @property
    def columns(self) -> Mapping[str, Any]:
        """Triage was done for the study, and stays."""
        return column_values(replace(self.application, answers={}))


TRIAGE = ("material_issue", "triage_answers", "triage_outcome", "triage_reasons", "triage_fingerprint")
"""Columns that a change takes over from its study."""


def begin(
    session: Session, reference: str, entered: Amendment, *, seen: int, actor: Actor, now: datetime
) -> EthicsCase:
    """A change of an approved study, as a draft that holds the sections it changes.

    Errors: Refused, NotFound; Stale where the study was changed since the form was filled in.
    """
    study, heard = gathered(session, reference, "modify", actor=actor, now=now, seen=seen)

    case = EthicsCase(
        reference=next_reference(session, "E", now=now),
        kind=CaseKind.MODIFICATION,
        parent_id=study.key,
        base_version=version_in_effect(session, study),
        base_valid_to=study.valid_to,
        project_id=study.project_id,
        applicant_id=actor.id,
        created_at=now,
        valid_to=entered.valid_to,
        change_reason=entered.reason.strip(),
        **{name: getattr(study, name) for name in TRIAGE},
        **entered.columns,
    )
    session.add(case)
    session.flush()
    enclose(session, heard.papers, case)
    require_room(session, case, actor=actor, now=now)
    enter(session, case, "modify", State.DRAFT, reason=entered.reason, actor=actor, now=now)
    policy, note = access_policies().fingerprint, f"{study.reference}. {entered.reason}"
    record(session, "ethics.modify", case, actor=actor, now=now, policy=policy, note=note)
    return case


def edit(session: Session, reference: str, entered: Amendment, *, seen: int, actor: Actor, now: datetime) -> EthicsCase:
    """The draft anew; a class that was asked for or confirmed falls. Errors: Refused, Stale."""
    case, _ = gathered(session, reference, "edit_change", actor=actor, now=now, seen=seen)
    before = snapshot(case)

    for name, value in entered.columns.items():
        setattr(case, name, value)
    case.valid_to, case.change_reason = entered.valid_to, entered.reason.strip()
    forget_class(case)
    session.flush()
    require_room(session, case, actor=actor, now=now)
    rebase(session, case)
    record(session, "ethics.edit_change", case, actor=actor, now=now, before=before)
    return case


def require_room(session: Session, case: EthicsCase, *, actor: Actor, now: datetime) -> None:
    """One open change for each section, and none of what was changed meanwhile. Errors: Refused."""
    day = london_day(now)
    facts = facts_of(case, hearing(session, case, day), Proposal(), actor=actor, day=day)
    sections_free(facts).require()
    not_overtaken(facts).require()
