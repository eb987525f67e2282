"""The verdict on a file: “unchanged” only where each single thing holds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.reporting.checking import (
    Answer,
    Correction,
    Examined,
    Registered,
    Signature,
    Standing,
    Verdict,
    answered,
    compared,
)
from hcqic_gov.reporting.rules import Status
from tests.unit.reports.sample import REPORT

AT = datetime(2026, 7, 20, 23, 30, tzinfo=UTC)
SIGNED = Signature("The centre", "ce" * 32, known=True, intact=True, covers_all=True, reason="the proof")
FILE = Examined("aa" * 32, signatures=(SIGNED,), snapshot_sha256="bb" * 32)
KNOWN = Registered(
    "HCQIC-R-2026-0001-v1",
    Status.ISSUED,
    AT,
    pdf_sha256="aa" * 32,
    snapshot_sha256="bb" * 32,
    recorded_sha256="bb" * 32,
    proof="the proof",
    audit_entry=7,
    audit_head="cc" * 32,
    head_found="cc" * 32,
    entry_snapshot="bb" * 32,
    entry_pdf="aa" * 32,
)


def failed(answer: Answer) -> list[str]:
    return [one.code for one in answer.findings if one.standing is Standing.FAILS]


def test_where_everything_holds_it_is_unchanged() -> None:
    answer = answered(FILE, KNOWN, [])
    assert (answer.verdict, failed(answer), answer.reference) == (Verdict.UNCHANGED, [], KNOWN.reference)
    assert answer.findings[-1].sentence == "No KPI figure in it has been corrected since."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fault": "It is no PDF."}, "unreadable"),
        ({"signatures": ()}, "unsigned"),
        ({"signatures": (SIGNED, SIGNED)}, "several_signatures"),
        ({"signature_fault": "it is cut off"}, "broken_signature"),
        ({"signatures": (replace(SIGNED, known=False),)}, "foreign_signature"),
        ({"signatures": (replace(SIGNED, intact=False),)}, "changed_since_signing"),
        ({"signatures": (replace(SIGNED, covers_all=False),)}, "appended"),
        ({"signatures": (replace(SIGNED, reason="another proof"),)}, "proof_differs"),
        ({"sha256": "dd" * 32}, "bytes_differ"),
        ({"snapshot_sha256": ""}, "snapshot_differs"),
    ],
)
def test_each_fault_of_the_file_alone_denies_it(changes: dict[str, object], code: str) -> None:
    answer = answered(replace(FILE, **changes), KNOWN, [])  # type: ignore[arg-type]
    assert (answer.verdict, failed(answer)[0]) == (Verdict.NOT_CONFIRMED, code)
    assert answer.corrections == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"snapshot_sha256": "dd" * 32}, "register_changed"),
        ({"entry_snapshot": ""}, "register_changed"),
        ({"entry_pdf": "dd" * 32}, "register_changed"),
        ({"chain_fault": "Entry 3 was changed"}, "audit_broken"),
        ({"head_found": ""}, "audit_head_missing"),
        ({"audit_head": "", "head_found": ""}, "audit_head_missing"),
        ({"status": Status.REVIEWED}, "not_issued"),
    ],
)
def test_each_fault_of_the_register_alone_denies_it(changes: dict[str, object], code: str) -> None:
    answer = answered(FILE, replace(KNOWN, **changes), [])  # type: ignore[arg-type]
    assert (answer.verdict, failed(answer)) == (Verdict.NOT_CONFIRMED, [code])


def test_a_file_that_the_register_does_not_know() -> None:
    answer = answered(FILE, None)
    assert (answer.verdict, failed(answer), answer.reference) == (Verdict.NOT_CONFIRMED, ["not_registered"], "")


def test_a_replaced_version_is_named_with_its_successor() -> None:
    answer = answered(FILE, replace(KNOWN, status=Status.SUPERSEDED, successor="HCQIC-R-2026-0001-v2"), [])
    assert answer.verdict is Verdict.REPLACED
    assert "HCQIC-R-2026-0001-v1 is replaced by HCQIC-R-2026-0001-v2." in [one.sentence for one in answer.findings]


def test_a_copy_says_on_which_day_in_london_it_was_taken() -> None:
    answer = answered(FILE, replace(KNOWN, copy=True))
    assert answer.verdict is Verdict.UNCHANGED
    assert answer.findings[-1].sentence == (
        "HCQIC-R-2026-0001-v1 was taken on 21 July 2026. What changed later is not in it."
    )


def test_corrected_figures_are_told_and_deny_nothing() -> None:
    answer = answered(FILE, KNOWN, [Correction("O8", "Queries", "60 %", "80 %")])
    assert answer.verdict is Verdict.UNCHANGED
    assert answer.findings[-1].sentence == "The register gives these KPI figures otherwise today: O8."


def test_figures_are_compared_as_people_read_them() -> None:
    first, *others = REPORT.kpis
    today = {one.code: (one.reading, one.period) for one in REPORT.kpis}
    assert compared(REPORT.kpis, today) == []
    now = {first.code: ("9 persons", first.period)} | {one.code: today[one.code] for one in others[1:]}
    found = [(one.code, one.then, one.now) for one in compared(REPORT.kpis, now)]
    assert found == [
        ("H1", "1,204 persons (2026-06)", "9 persons (2026-06)"),
        ("H2", "98.1 % (2026-06)", "no longer defined"),
    ]


HASHES = st.sampled_from(["aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32, ""])


@given(HASHES, HASHES, HASHES, HASHES, st.booleans(), st.booleans(), st.booleans())
def test_unchanged_means_that_all_agree(
    sha: str, snapshot: str, found: str, entered: str, known: bool, intact: bool, covers: bool
) -> None:
    signature = replace(SIGNED, known=known, intact=intact, covers_all=covers)
    file = replace(FILE, sha256=sha, snapshot_sha256=snapshot, signatures=(signature,))
    answer = answered(file, replace(KNOWN, head_found=found, entry_pdf=entered), [])
    agree = (sha, snapshot, found, entered) == ("aa" * 32, "bb" * 32, "cc" * 32, "aa" * 32)
    assert (answer.verdict is Verdict.UNCHANGED) == (agree and known and intact and covers)
