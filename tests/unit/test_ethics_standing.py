"""What the cases of a project allow at one moment."""

from datetime import date

import pytest

from hcqic_gov.ethics.standing import Approved, Scope, Standing, current, execution, in_force, no_more_sensitive, within
from hcqic_gov.ethics.states import IN_FORCE, PUBLIC_NAMES, Method, Purpose, State
from hcqic_gov.projects.rules import DataClass

DAY = date(2026, 6, 1)
SCOPE = Scope(DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.QUANTUM_SIMULATION)


def standing(
    state: State,
    *,
    reference: str = "HCQIC-E-2026-0001",
    valid_from: date | None = date(2026, 1, 1),
    valid_to: date | None = date(2026, 12, 31),
    unconfirmed: int = 0,
    method: Method = Method.QUANTUM_SIMULATION,
) -> Standing:
    approved = Approved(reference, DataClass.SYNTHETIC, frozenset({Purpose.METHOD_DEVELOPMENT}), frozenset({method}))
    return Standing(reference, state, valid_from, valid_to, unconfirmed, approved, 1)


@pytest.mark.parametrize("state", State)
def test_only_a_favourable_opinion_or_a_determination_allows_work(state: State) -> None:
    ruling = execution([standing(state)], SCOPE, DAY)
    assert ruling.allowed is (state in IN_FORCE)
    if not ruling.allowed:
        assert ruling.code == state.value
        assert f"HCQIC-E-2026-0001 is “{PUBLIC_NAMES[state]}”" in ruling.reason


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (standing(State.FAVOURABLE, valid_from=DAY, valid_to=DAY), ""),
        (standing(State.NOT_REQUIRED, valid_to=None), ""),
        (standing(State.FAVOURABLE, valid_from=date(2026, 6, 2)), "not_yet_valid"),
        (standing(State.FAVOURABLE, valid_to=date(2026, 5, 31)), "expired"),
        (standing(State.FAVOURABLE_CONDITIONS, unconfirmed=1), "pre_start_conditions"),
        (standing(State.FAVOURABLE, method=Method.HPC), "method_approved"),
    ],
)
def test_dates_conditions_and_scope(case: Standing, code: str) -> None:
    ruling = execution([case], SCOPE, DAY)
    assert (ruling.allowed, ruling.code) == (code == "", code)
    assert not code or "HCQIC-E-2026-0001" in ruling.reason


OLD, NEW = "HCQIC-E-2026-0001", "HCQIC-E-2026-0002"


@pytest.mark.parametrize(
    ("newest", "older", "code"),
    [
        (State.FAVOURABLE, State.UNFAVOURABLE, ""),
        (State.UNFAVOURABLE, State.FAVOURABLE, ""),  # another study of the project was refused
        (State.FAVOURABLE, State.TERMINATED, ""),  # approved anew
        (State.TERMINATED, State.FAVOURABLE, "terminated"),
        (State.FAVOURABLE, State.SUSPENDED, "suspended"),
        (State.HALTED, State.FAVOURABLE, "halted"),
        (State.DRAFT, State.EXPIRED, "draft"),
    ],
)
def test_several_cases(newest: State, older: State, code: str) -> None:
    cases = [standing(newest, reference=NEW), standing(older, reference=OLD)]
    assert execution(cases, SCOPE, DAY).code == code


def test_the_reason_is_that_of_the_case_in_force() -> None:
    cases = [standing(State.DRAFT, reference=NEW), standing(State.FAVOURABLE, reference=OLD, method=Method.HPC)]
    assert execution(cases, SCOPE, DAY).code == "method_approved"


def test_a_project_without_a_case() -> None:
    assert execution([], SCOPE, DAY).code == "no_opinion"
    assert current([], DAY) is None


def test_the_case_in_force() -> None:
    cases = [standing(State.IN_REVIEW, reference=NEW), standing(State.FAVOURABLE, reference=OLD)]
    found = current(cases, DAY)
    assert found is not None
    assert found.reference == OLD
    assert not in_force(cases[0], DAY).allowed


APPROVED = Approved(
    "HCQIC-E-2026-0001",
    DataClass.ANONYMISED_NHS,
    frozenset({Purpose.METHOD_DEVELOPMENT}),
    frozenset({Method.HPC, Method.QUANTUM_SIMULATION}),
)


@pytest.mark.parametrize(
    ("data_class", "purpose", "method", "code"),
    [
        (DataClass.ANONYMISED_NHS, Purpose.METHOD_DEVELOPMENT, Method.HPC, ""),
        (DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.QUANTUM_SIMULATION, ""),
        (DataClass.PSEUDONYMISED, Purpose.METHOD_DEVELOPMENT, Method.HPC, "data_class_approved"),
        (DataClass.SYNTHETIC, Purpose.CLINICAL_RESEARCH, Method.HPC, "purpose_approved"),
        (DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.AI, "method_approved"),
    ],
)
def test_scope(data_class: DataClass, purpose: Purpose, method: Method, code: str) -> None:
    ruling = within(Scope(data_class, purpose, method), APPROVED)
    assert ruling.allowed is (code == "")
    assert ruling.code == code
    assert code == "" or ruling.reason.startswith("HCQIC-E-2026-0001 does not cover")


def test_data_classes_are_ordered() -> None:
    assert no_more_sensitive(DataClass.SYNTHETIC, DataClass.IDENTIFIABLE)
    assert no_more_sensitive(DataClass.PSEUDONYMISED, DataClass.PSEUDONYMISED)
    assert not no_more_sensitive(DataClass.IDENTIFIABLE, DataClass.PSEUDONYMISED)
