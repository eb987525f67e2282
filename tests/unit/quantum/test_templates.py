"""Use-case templates: right answers, the verdict by rule, settings, and what a run of each may cost."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from qiskit.quantum_info import Statevector

from hcqic_gov.cli import main
from hcqic_gov.core.errors import Invalid
from hcqic_gov.quantum import child
from hcqic_gov.quantum.simulate import Outcome, Status, simulate
from hcqic_gov.quantum.templates import qubo, running
from hcqic_gov.quantum.templates.catalogue import Template, asked, is_template, read_template, templates
from hcqic_gov.quantum.templates.figures import Figures, Finding

EVERY = templates().templates
ENERGIES = {("H2", 0.735): -1.137306, ("LiH", 1.6): -7.882097, ("H2", 2.0): -0.948641}
"""In hartree: exact within the basis STO-3G, for lithium hydride with its inner electrons frozen."""


def default_text(template: Template, **changes: Any) -> str:
    return template.text({one.name: one.default for one in template.parameters} | changes)


@pytest.mark.parametrize(("molecule", "distance"), ENERGIES)
def test_energies(molecule: str, distance: float) -> None:
    _, figures, _ = running.solve("molecule", {"molecule": molecule, "distance": distance}, shots=1, seed=1)
    assert figures.quantum.value == pytest.approx(ENERGIES[molecule, distance], abs=1e-5)
    assert figures.exact == pytest.approx(ENERGIES[molecule, distance], abs=1e-5)


def test_the_circuit_of_a_molecule_prepares_the_state_with_that_energy() -> None:
    circuit, figures, _ = running.solve("molecule", {"molecule": "H2", "distance": 0.735}, shots=1, seed=1)
    shares = sorted(np.abs(Statevector(child.written_out(circuit)).data) ** 2)
    assert figures.quantum.value == pytest.approx(-1.137306, abs=1e-5)
    assert sum(shares[:2]) == pytest.approx(0, abs=1e-9)  # two electrons: both in one orbital, or both in the other
    assert 0.9 < shares[3] < 0.999


def random_plan(seed: int, size: int = 6) -> qubo.Plan:
    chance = np.random.default_rng(seed)
    plan = qubo.Plan.of(size)
    plan.single += chance.normal(size=size)
    for one in range(size):
        for other in range(one + 1, size):
            if chance.random() < 0.5:
                plan.pair(one, other, float(chance.normal()))
    plan.constant = float(chance.normal())
    return plan


@pytest.mark.parametrize("seed", range(5))
def test_the_solver_finds_the_least_of_all_plans(seed: int) -> None:
    plan = random_plan(seed)
    assert qubo.by_solver(plan) == pytest.approx(plan.costs().min(), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_circuit_makes_the_state_that_was_optimised(seed: int) -> None:
    plan = random_plan(seed)
    angles, state = qubo.qaoa(plan, plan.costs(), 2)
    made = Statevector(qubo.circuit_of(plan, angles, 2)).data
    assert abs(np.vdot(made, state)) == pytest.approx(1, abs=1e-9)


def test_an_exact_answer_is_said_without_a_number() -> None:
    found = Figures("A", "Cost", "", 1e-6, Finding("Circuit", 5.0, 1.0), [Finding("Solver", 5.0, 0.1)], exact=5.0)
    assert "Solver came to the exact value in 0.1 seconds" in found.sentence


def test_a_square_is_multiplied_out() -> None:
    plan = qubo.Plan.of(3)
    plan.square({0: 1.0, 2: 2.0}, -2.0, 5.0)
    by_hand = [5 * (a + 2 * c - 2) ** 2 for c in (0, 1) for b in (0, 1) for a in (0, 1)]
    assert plan.costs().tolist() == by_hand


def figures(quantum: float, *classical: float, exact: float | None = 1.0) -> Figures:
    baselines = [Finding(f"Method {number}", value, 0.01) for number, value in enumerate(classical, 1)]
    return Figures("An instance", "Value", "units", 0.1, Finding("Circuit", quantum, 2.0), baselines, exact=exact)


@pytest.mark.parametrize(
    ("found", "verdict", "says"),
    [
        (figures(1.05, 1.0), "not_needed", "Quantum is not needed at this size: Method 1 came within 0.1 units"),
        (figures(1.05, 1.5, 0.95), "not_needed", "Method 2 came within"),
        (figures(1.5, 1.0), "does_not_suffice", "it missed by 0.5 units, while Method 1"),
        (figures(1.0, 1.5), "look_closer", "Try better classical methods"),
        (figures(2.0, 1.5), "neither", "Neither method came within 0.1 units"),
        (figures(0.9, 0.85, exact=None), "not_needed", "Method 1"),  # more is better, and the truth is the best
        (figures(0.7, 0.85, exact=None), "does_not_suffice", "missed by 0.15"),
        (figures(0.9, 0.7, exact=None), "look_closer", "larger instances"),
    ],
)
def test_the_verdict_follows_from_the_figures(found: Figures, verdict: str, says: str) -> None:
    assert found.verdict == verdict
    assert says in found.sentence
    assert "advantage" not in found.sentence.lower()


@pytest.fixture(scope="module")
def outcomes(confinement: None) -> Mapping[str, Outcome]:
    """Each template as the sandbox runs it, with its own settings."""
    limits = {one.code: read_template(default_text(one))[1].ceilings for one in EVERY}
    return {one.code: simulate(default_text(one), shots=256, seed=5, limits=limits[one.code]) for one in EVERY}


@pytest.mark.parametrize("template", EVERY, ids=lambda one: one.code)
def test_in_the_confined_process_within_what_was_predicted(template: Template, outcomes: Mapping[str, Outcome]) -> None:
    outcome = outcomes[template.code]
    _, predicted = read_template(default_text(template))
    assert (outcome.status, outcome.reason) == (Status.FINISHED, "")
    assert sum(outcome.counts.values()) == 256
    assert len(next(iter(outcome.counts))) <= template.qubits
    assert outcome.peak_bytes < predicted.memory_bytes
    assert {"own files only", "system calls"} <= set(outcome.isolation)
    assert outcome.figures["sentence"]
    assert json.loads(json.dumps(outcome.figures)) == outcome.figures


def test_the_same_seed_gives_the_same_figures() -> None:
    settings = {"operations": 6, "layers": 1}
    first, again = (running.solve("theatres", settings, shots=64, seed=3)[1] for _ in range(2))
    assert (first.quantum.value, first.instance) == (again.quantum.value, again.instance)
    assert running.solve("theatres", settings, shots=64, seed=4)[1].instance != first.instance


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "names no template"),
        ("{}", "names no template"),
        ('{"template": "advantage"}', "names no template"),
        ('{"template": "molecule", "molecule": "U235", "distance": 1.0}', "Choose one of H2, LiH"),
        ('{"template": "molecule", "molecule": "H2", "distance": NaN}', "Enter a number from 0.4 to 3"),
        ('{"template": "molecule", "molecule": "H2", "distance": 1e400}', "Enter a number from 0.4 to 3"),
        ('{"template": "molecule", "molecule": "H2"}', "Enter a number from 0.4 to 3"),
        ('{"template": "theatres", "operations": 8.5, "layers": 1}', "Enter a whole number from 4 to 12"),
        ('{"template": "theatres", "operations": true, "layers": 1}', "Enter a whole number from 4 to 12"),
        ('{"template": "theatres", "operations": 40, "layers": 1}', "Enter a whole number from 4 to 12"),
        ('{"template": "theatres", "operations": 8, "layers": 1, "file": "/etc/passwd"}', "There is no such setting"),
        ("[" * 1500, "names no template"),
        ("{" + " " * 5000 + "}", "names no template"),
        ('{"template": ["molecule"]}', "names no template"),
    ],
)
def test_what_names_no_template_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        asked(text)
    if is_template(text):
        reading, _ = read_template(text)
        assert not reading.allowed
        assert says in reading.refusals[0].reason


def test_every_template_of_the_policy_has_its_module_and_takes_its_text_back() -> None:
    assert {one.code for one in EVERY} == running.MODULES.keys()
    for one in EVERY:
        found, settings = asked(default_text(one))
        assert (found, one.faults(settings)) == (one, {})


def test_the_command_needs_no_database(confinement: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCQIC_DATABASE_URL", "postgresql+psycopg://nobody@nowhere.invalid/none")
    asked_for = ["template", "run", "theatres", "--set", "operations=4", "--set", "layers=1", "--shots", "50", "--json"]
    answer = CliRunner().invoke(main, asked_for)
    assert answer.exit_code == 0
    said = json.loads(answer.output)
    assert (sum(said["counts"].values()), said["figures"]["verdict"]) == (50, "not_needed")
    refused = CliRunner().invoke(main, ["template", "run", "theatres", "--set", "operations=99"])
    assert refused.exit_code == 1
    assert "operations: Enter a whole number from 4 to 12" in refused.output
    listed = json.loads(CliRunner().invoke(main, ["template", "list", "--json"]).output)
    assert [one["code"] for one in listed["templates"]] == [one.code for one in EVERY]


def test_a_circuit_alone_loads_no_library_of_a_template() -> None:
    assert not {"pyscf", "sklearn", "qiskit_nature"} & set(vars(child))
