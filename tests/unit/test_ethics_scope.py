"""Whether a piece of work lies within what was approved."""

import pytest

from hcqic_gov.ethics.scope import Approved, Scope, no_more_sensitive, within
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.projects.rules import DataClass

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
