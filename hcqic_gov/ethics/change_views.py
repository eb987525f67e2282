"""What pages show of a change of an approved study, and of the versions and changes that a study has had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from hcqic_gov.ethics.changes import Change, class_of, modifications
from hcqic_gov.ethics.editions import Edition, field_of
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.modification_papers import edition_of
from hcqic_gov.ethics.papers import Paper
from hcqic_gov.ethics.states import CaseKind, ChangeClass, State
from hcqic_gov.ethics.versions import changes_of, modifications_of, study_of, versions_of


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change beside what was approved. `computed` is the class that the policy gives it today; None: no change.

    `explained` says whether the reasons of the lines are those by which the class was found: a policy that has
    changed since does not speak for an earlier decision. `files` are the numbers of documents by field and edition.
    """

    study: str
    study_state: State
    lines: tuple[Change, ...]
    computed: ChangeClass | None
    policy: str
    explained: bool
    files: Mapping[tuple[str, Edition], int]

    def file(self, line: Change, side: object) -> int | None:
        """The number of the document on one side of a line; None for what is no document, or is not there."""
        return self.files.get((line.field, side)) if isinstance(side, Edition) else None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of a study, or a change that has not become one (`number` 0): reference, state and class of it."""

    number: int
    effective_from: datetime | None
    reference: str
    state: State | None
    change_class: ChangeClass | None
    content_hash: str


def change_view(session: Session, case: EthicsCase, papers: Sequence[Paper]) -> ChangeView | None:
    """The change with its documents, those of the study among them; None for an application."""
    if case.kind is not CaseKind.MODIFICATION:
        return None
    study, lines, policy = study_of(session, case), changes_of(session, case), modifications()
    explained = case.class_policy in ("", policy.fingerprint)
    files: dict[tuple[str, Edition], int] = {
        (field_of(one.kind, one.title), edition_of(one)): one.key for one in papers
    }
    return ChangeView(study.reference, study.state, lines, class_of(lines), policy.title, explained, files)


def version_lines(session: Session, case: EthicsCase) -> Sequence[VersionLine]:
    """Versions in effect, the newest first, before them the changes that are none yet or never became one."""
    if case.kind is CaseKind.MODIFICATION or case.decided_at is None:
        return ()
    changes = {row.key: row for row in modifications_of(session, case)}
    versions = [row for row in versions_of(session, case) if row.effective_from]
    made = {row.modification_id for row in versions}
    others = [
        VersionLine(0, None, row.reference, row.state, row.change_class, "")
        for row in changes.values()
        if row.key not in made
    ]
    lines = [
        VersionLine(
            row.number,
            row.effective_from,
            changes[row.modification_id].reference if row.modification_id else "",
            changes[row.modification_id].state if row.modification_id else None,
            row.change_class,
            row.content_hash,
        )
        for row in versions
    ]
    return [*reversed(others), *reversed(lines)]
