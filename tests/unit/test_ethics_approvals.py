"""Which external approvals a project needs, and whether one holds."""

from datetime import date

import pytest

from hcqic_gov.ethics.approvals import ApprovalKind, ApprovalStatus, Held, all_hold, holds, requirements
from hcqic_gov.projects.rules import DataClass, Setting, UseCase


def test_every_rule_has_its_reason_and_some_project_that_it_asks() -> None:
    for rule in requirements().rules:
        assert rule.why.endswith(".")
        assert any(rule.asks(d, u, s) for d in DataClass for u in UseCase for s in Setting)


@pytest.mark.parametrize(
    ("data_class", "use_case", "setting", "asked"),
    [
        (DataClass.SYNTHETIC, UseCase.OTHER, Setting.NHS, set()),
        (DataClass.ANONYMISED_NON_NHS, UseCase.PHARMACEUTICAL, Setting.INDUSTRY, set()),
        (DataClass.ANONYMISED_NHS, UseCase.OTHER, Setting.UNIVERSITY, {ApprovalKind.DPIA, ApprovalKind.DSPT}),
        (
            DataClass.ANONYMISED_NHS,
            UseCase.SYSTEM_OPTIMISATION,
            Setting.NHS,
            {ApprovalKind.DPIA, ApprovalKind.DSPT, ApprovalKind.ATRS},
        ),
        (
            DataClass.PSEUDONYMISED,
            UseCase.RARE_DISEASE,
            Setting.UNIVERSITY,
            {ApprovalKind.DPIA, ApprovalKind.DSPT, ApprovalKind.CALDICOTT, ApprovalKind.UNIVERSITY_REC},
        ),
        (
            DataClass.IDENTIFIABLE,
            UseCase.PERSONALISED_MEDICINE,
            Setting.NHS,
            {
                ApprovalKind.DPIA,
                ApprovalKind.DSPT,
                ApprovalKind.CALDICOTT,
                ApprovalKind.CAG_S251,
                ApprovalKind.HRA,
                ApprovalKind.NHS_REC,
            },
        ),
    ],
)
def test_what_a_project_needs(
    data_class: DataClass, use_case: UseCase, setting: Setting, asked: set[ApprovalKind]
) -> None:
    assert {rule.approval for rule in requirements().asked_of(data_class, use_case, setting)} == asked


DAY = date(2026, 6, 1)


def held(
    status: ApprovalStatus = ApprovalStatus.GRANTED,
    valid_from: date | None = date(2026, 1, 1),
    valid_to: date | None = date(2026, 12, 31),
    data_class: DataClass | None = DataClass.PSEUDONYMISED,
) -> Held:
    return Held(ApprovalKind.DPIA, status, valid_from, valid_to, data_class)


@pytest.mark.parametrize(
    ("approvals", "words"),
    [
        ([held()], ""),
        ([held(valid_to=None)], ""),
        ([held(valid_to=DAY)], ""),
        ([held(ApprovalStatus.NOT_REQUIRED, None, None, None)], ""),
        ([], "not on record"),
        ([held(ApprovalStatus.APPLIED)], "applied for"),
        ([held(ApprovalStatus.REFUSED)], "refused"),
        ([held(valid_from=date(2026, 6, 2))], "not valid yet"),
        ([held(valid_to=date(2026, 5, 31))], "expired on 31 May 2026"),
        ([held(data_class=DataClass.ANONYMISED_NHS)], "does not cover"),
        ([held(valid_from=date(2026, 6, 2)), held()], ""),  # a renewal from tomorrow; the old one holds today
        ([held(ApprovalStatus.APPLIED), held()], ""),
        ([held(ApprovalStatus.REFUSED), held()], "refused"),  # taken back
        ([held(), held(ApprovalStatus.REFUSED)], ""),
    ],
)
def test_whether_an_approval_holds(approvals: list[Held], words: str) -> None:
    ruling = holds(ApprovalKind.DPIA, approvals, DataClass.PSEUDONYMISED, DAY)
    assert ruling.allowed is (words == "")
    assert words in ruling.reason
    assert ruling.code == ("dpia" if words else "")


def test_all_that_are_asked_for_must_hold() -> None:
    asked = requirements().asked_of(DataClass.ANONYMISED_NHS, UseCase.OTHER, Setting.NHS)
    dspt = Held(ApprovalKind.DSPT, ApprovalStatus.NOT_REQUIRED)
    assert all_hold(asked, {ApprovalKind.DPIA: [held()]}, DataClass.ANONYMISED_NHS, DAY).code == "dspt"
    both = {ApprovalKind.DPIA: [held()], ApprovalKind.DSPT: [dspt]}
    assert all_hold(asked, both, DataClass.ANONYMISED_NHS, DAY).allowed
