"""Triage, the sections of an application, the documents it needs, and who may read whose review: as tables."""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.core.errors import BrokenPolicy, Invalid
from hcqic_gov.ethics.application import SECTIONS, SectionStatus, missing_parts, needed_papers, task_list
from hcqic_gov.ethics.papers import PaperKind, taken
from hcqic_gov.ethics.reviews import Criteria, Finding, Judgement, Reader, Remark, criteria, readable, recorded
from hcqic_gov.ethics.reviews import to_be_asked as asked
from hcqic_gov.ethics.states import ConsentBasis
from hcqic_gov.ethics.triage import LeadsTo, Outcome, Triage, triage
from hcqic_gov.policy.files import policy_dir, read_file
from hcqic_gov.projects.rules import DataClass

CODES = [question.code for question in triage().questions]
LEADING = {to: {one.code for one in triage().questions if one.yes is to} for to in LeadsTo}


def test_every_combination_of_answers() -> None:
    """Full where any answer says so, else not required where any says so, else proportionate; always with a reason."""
    reasons = {one.code: one.reason for one in triage().questions}
    for combination in product((True, False), repeat=len(CODES)):
        answers = dict(zip(CODES, combination, strict=True))
        yes = {code for code, said in answers.items() if said}
        advice = triage().advice(answers)
        full, none = yes & LEADING[LeadsTo.FULL], yes & LEADING[LeadsTo.NOT_REQUIRED]
        expected = Outcome.FULL if full else Outcome.NOT_REQUIRED if none else Outcome.PROPORTIONATE
        leading = full or none
        also = yes & LEADING[LeadsTo.NOTHING]
        assert advice.outcome is expected
        assert set(advice.reasons) == {reasons[code] for code in leading | also} | (
            set() if leading else {triage().otherwise}
        )


@given(st.dictionaries(st.sampled_from(CODES), st.booleans(), max_size=len(CODES) - 1))
def test_a_question_left_out_is_named(answers: dict[str, bool]) -> None:
    with pytest.raises(Invalid) as error:
        triage().advice(answers)
    assert set(error.value.fields) == set(CODES) - answers.keys()


def test_the_case_keeps_the_questions_as_they_were_put() -> None:
    kept = triage().asked(dict.fromkeys(CODES, False) | {"identifiable": True})
    assert [row["code"] for row in kept] == CODES
    assert [row["code"] for row in kept if row["yes"]] == ["identifiable"]
    assert all(row["question"] for row in kept)


def test_two_questions_with_one_code_are_a_broken_file(tmp_path: Path) -> None:
    broken = tmp_path / "triage.toml"
    broken.write_text((policy_dir() / "ethics/triage.toml").read_text().replace('"sensitive"', '"identifiable"'))
    with pytest.raises(BrokenPolicy, match="each question needs a code of its own"):
        read_file(str(broken), Triage)


@dataclass
class Written:
    """An application as its columns have it: complete, unless said otherwise."""

    title: str = "Rosters"
    lay_summary: str = "We look for better ones."
    triage_outcome: Outcome | None = Outcome.PROPORTIONATE
    data_class: DataClass = DataClass.SYNTHETIC
    purposes: list[str] = field(default_factory=lambda: ["education"])
    methods: list[str] = field(default_factory=lambda: ["hpc"])
    participants: str = "Nobody."
    consent_basis: ConsentBasis | None = ConsentBasis.NO_PEOPLE


P, NHS = PaperKind, DataClass.ANONYMISED_NHS


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        (Written(), [P.PROTOCOL]),
        (Written(triage_outcome=Outcome.FULL), [P.PROTOCOL]),
        (Written(triage_outcome=Outcome.NOT_REQUIRED), []),
        (
            Written(consent_basis=ConsentBasis.CONSENT),
            [P.PROTOCOL, P.INFORMATION_SHEET, P.CONSENT_FORM],
        ),
        (Written(data_class=NHS), [P.PROTOCOL, P.DPIA]),
        (Written(triage_outcome=Outcome.NOT_REQUIRED, data_class=NHS), [P.DPIA]),
        (Written(data_class=DataClass.IDENTIFIABLE, consent_basis=ConsentBasis.SECTION_251), [P.PROTOCOL, P.DPIA]),
    ],
)
def test_which_documents_are_needed(written: Written, kinds: list[PaperKind]) -> None:
    assert list(needed_papers(written)) == kinds
    assert all(needed_papers(written).values())
    assert missing_parts(written, frozenset(kinds)) == ()


DONE, OPEN, LATER = SectionStatus.COMPLETED, SectionStatus.INCOMPLETE, SectionStatus.CANNOT_START


@pytest.mark.parametrize(
    ("written", "held", "statuses"),
    [
        (Written(), {P.PROTOCOL}, [DONE, DONE, DONE, DONE, DONE]),
        (Written(), set(), [DONE, DONE, DONE, DONE, OPEN]),
        (Written(lay_summary=""), {P.PROTOCOL}, [OPEN, DONE, DONE, DONE, DONE]),
        (Written(triage_outcome=None), {P.PROTOCOL}, [DONE, OPEN, DONE, DONE, LATER]),
        (Written(methods=[]), {P.PROTOCOL}, [DONE, DONE, OPEN, DONE, LATER]),
        (Written(consent_basis=None), set(), [DONE, DONE, DONE, OPEN, LATER]),
        (Written("", "", None, DataClass.SYNTHETIC, [], [], "", None), set(), [OPEN, OPEN, OPEN, OPEN, LATER]),
    ],
)
def test_the_task_list(written: Written, held: set[PaperKind], statuses: list[SectionStatus]) -> None:
    assert [status for _, status in task_list(written, frozenset(held))] == statuses
    assert (missing_parts(written, frozenset(held)) == ()) is (statuses == [DONE] * len(SECTIONS))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"MZ...", "Choose a PDF"),
        (b"PK\x03\x04 xl/workbook.xml", "Choose a PDF, DOCX, ODT"),
    ],
)
def test_files_that_are_not_taken(data: bytes, words: str) -> None:
    with pytest.raises(Invalid) as error:
        taken(data)
    assert words in error.value.fields["file"]


def test_a_file_may_have_25_mb() -> None:
    limit = 25 * 1024 * 1024
    assert taken(b"%PDF-".ljust(limit, b" ")) == "application/pdf"
    with pytest.raises(Invalid, match="larger than 25 MB"):
        taken(b"%PDF-".ljust(limit + 1, b" "))


ONE, TWO, OTHER = 1, 2, 9


@pytest.mark.parametrize(
    ("assigned", "reader", "vote_opened", "seen"),
    [
        ({ONE: False, TWO: True}, Reader(ONE), False, set()),
        ({ONE: False, TWO: True}, Reader(ONE, chair=True), False, set()),
        ({ONE: False, TWO: True}, Reader(ONE), True, set()),
        ({ONE: False, TWO: True}, Reader(ONE, auditor=True), True, set()),
        ({ONE: False, TWO: True}, Reader(TWO), False, {TWO}),
        ({ONE: True, TWO: True}, Reader(TWO), False, {ONE, TWO}),
        ({ONE: False, TWO: True}, Reader(OTHER), False, set()),
        ({ONE: False, TWO: True}, Reader(OTHER), True, {TWO}),
        ({ONE: True, TWO: True}, Reader(OTHER), False, {ONE, TWO}),
        ({ONE: False, TWO: True}, Reader(OTHER, chair=True), False, {TWO}),
        ({ONE: False, TWO: True}, Reader(OTHER, auditor=True), False, {TWO}),
        ({}, Reader(OTHER), True, set()),
    ],
)
def test_who_reads_whose_review(assigned: dict[int, bool], reader: Reader, vote_opened: bool, seen: set[int]) -> None:
    assert readable(assigned, reader, vote_opened=vote_opened) == seen


@given(st.dictionaries(st.integers(1, 6), st.booleans()), st.integers(1, 9), st.booleans(), st.booleans())
def test_nobody_reads_another_before_their_own_is_in(
    assigned: dict[int, bool], person: int, chair: bool, vote_opened: bool
) -> None:
    seen = readable(assigned, Reader(person, chair), vote_opened=vote_opened)
    assert all(assigned[number] for number in seen)
    assert assigned.get(person) is not False or not seen


def all_of(finding: Finding, words: str = "") -> dict[str, Remark]:
    return {one.code: Remark(finding, words) for one in criteria().criteria}


def test_a_review_speaks_of_every_criterion_and_gives_words_to_a_concern() -> None:
    remarks = all_of(Finding.SATISFACTORY) | {"consent": Remark(Finding.CONCERN, "  ")}
    del remarks["value"]
    with pytest.raises(Invalid) as error:
        recorded(criteria(), Judgement(remarks, "favourable"))
    assert set(error.value.fields) == {"value", "consent"}
    kept = recorded(criteria(), Judgement(all_of(Finding.QUESTION, " Why? "), "favourable"))
    assert [row["code"] for row in kept] == [one.code for one in criteria().criteria]
    assert {row["words"] for row in kept} == {"Why?"}


def test_what_the_team_is_asked_comes_in_the_order_of_the_criteria_and_once() -> None:
    policy: Criteria = criteria()
    first = recorded(policy, Judgement(all_of(Finding.SATISFACTORY) | {"team": Remark(Finding.QUESTION, "Who?")}, "x"))
    changes = {"team": Remark(Finding.CONCERN, "Who?"), "value": Remark(Finding.CONCERN, "For\nwhom?")}
    second = recorded(policy, Judgement(all_of(Finding.SATISFACTORY) | changes, "x"))
    assert asked([first, second]) == ["For whom?", "Who?"]
    assert asked([]) == []
