"""What each move of a change of an approved study sets besides its state, and how it takes effect on the study."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.db import found
from hcqic_gov.ethics.changes import modifications
from hcqic_gov.ethics.editions import Content, frozen
from hcqic_gov.ethics.effects import Effect, Made, enter, freeze, keep_pack, note_decision
from hcqic_gov.ethics.models import EthicsCase, EthicsVersion
from hcqic_gov.ethics.modification_papers import keep_up, take_over
from hcqic_gov.ethics.versions import as_it_would_be, proposed_content, study_of, version_in_effect, versions_of


def ask_class(session: Session, case: EthicsCase, made: Made) -> None:
    case.class_asked, case.class_reason = made.entered.change_class, made.entered.reason.strip()
    case.class_asked_by, case.class_confirmed_by = made.actor.id, None


def confirm_class(session: Session, case: EthicsCase, made: Made) -> None:
    case.class_confirmed_by = made.actor.id


def drop_class(session: Session, case: EthicsCase, made: Made) -> None:
    forget_class(case)


def forget_class(case: EthicsCase) -> None:
    """What was asked and confirmed was said of another text."""
    case.class_asked, case.class_reason, case.class_asked_by, case.class_confirmed_by = None, "", None, None


def send(session: Session, case: EthicsCase, made: Made) -> None:
    """The change as it is now, on what is approved now, is frozen with its class and the policies that it is under."""
    rebase(session, case)
    case.change_class, case.class_policy = made.heard.alteration.change_class, modifications().fingerprint
    keep_pack(case, made)
    freeze(session, case, frozen(proposed_content(session, case)), made)


def rebase(session: Session, case: EthicsCase) -> None:
    """The change stands on the version in effect: what others changed meanwhile comes with it."""
    study, content = study_of(session, case), as_it_would_be(session, case)
    set_content(case, content)
    keep_up(session, study, case, content)
    case.base_version, case.base_valid_to = version_in_effect(session, study), study.valid_to


def set_content(case: EthicsCase, content: Content) -> None:
    """The columns of a case from plain values; what they do not name stays."""
    for name, field in EthicsCase.model_fields.items():
        if name in content:
            kind: Any = field.annotation
            setattr(case, name, TypeAdapter(kind).validate_python(content[name]))


def send_and_take_effect(session: Session, case: EthicsCase, made: Made) -> None:
    send(session, case, made)
    take_effect(session, case, made)


def notify(session: Session, case: EthicsCase, made: Made) -> None:
    """The committee of the study is the one that is told."""
    case.committee_id = study_of(session, case).committee_id
    send_and_take_effect(session, case, made)


def approve(session: Session, case: EthicsCase, made: Made) -> None:
    note_decision(session, case, made)
    take_effect(session, case, made)


def take_effect(session: Session, case: EthicsCase, made: Made) -> None:
    """A new version of the study, whole, in effect from this moment; the earlier ones stay as they are."""
    study = study_of(session, case)
    before, content = snapshot(study), as_it_would_be(session, case)
    set_content(study, content)
    take_over(session, study, case, content, now=made.now)
    approved = {name: value for name, value in frozen(content).items() if name != "valid_to"}
    version = EthicsVersion(
        case_id=study.key,
        number=versions_of(session, study)[-1].number + 1,
        content=approved,
        content_hash=fingerprint(approved),
        frozen_by=case.applicant_id,
        effective_from=made.now,
        modification_id=case.key,
        change_class=found(case.change_class, "the class of this change"),
        created_at=made.now,
    )
    session.add(version)
    note = f"{case.reference}: version {version.number}. {case.change_reason}"
    enter(session, study, "modified", study.state, reason=note, actor=made.actor, now=made.now)
    policy = case.class_policy
    after = snapshot(study) | {"papers": approved["papers"]}
    record(
        session,
        "ethics.modified",
        study,
        actor=made.actor,
        now=made.now,
        before=before,
        after=after,
        policy=policy,
        note=note,
    )


CHANGE_EFFECTS: Mapping[str, Effect] = {
    "ask_class": ask_class,
    "confirm_class": confirm_class,
    "decline_class": drop_class,
    "record": send_and_take_effect,
    "notify": notify,
    "submit": send,
    "approve": approve,
    "not_approve": note_decision,
}
"""By move of a modification; those that it shares with an application do the same."""
