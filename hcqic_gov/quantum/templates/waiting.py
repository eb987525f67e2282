"""The share of patients who wait longer than the target: amplitude estimation against plain sampling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import StatePreparation
from qiskit.primitives import BaseSamplerV2, BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit_algorithms import EstimationProblem, IterativeAmplitudeEstimation

from hcqic_gov.quantum import child
from hcqic_gov.quantum.templates.figures import Figures, Finding, timed

BINS = 3
"""Qubits of the model: 8 lengths of wait, from none to a year."""
LONGEST = 52.0
CONFIDENCE = 0.95


def solve(values: Mapping[str, Any], *, shots: int, seed: int) -> tuple[QuantumCircuit, Figures]:
    """The share, exact from the model, by amplitude estimation, and by sampling with as many questions."""
    precision = float(values["precision"])
    weights, late = model(float(values["mean_weeks"]), float(values["target_weeks"]))
    circuit = circuit_of(weights, late)
    found, spent = timed(lambda: estimated(circuit, precision, shots, seed))
    asked = max(1, int(found.num_oracle_queries))
    drawn, drawn_spent = timed(lambda: sampled(weights, late, asked, seed))
    exact, exact_spent = timed(lambda: float(weights @ late))
    enough = math.ceil(exact * (1 - exact) * (1.96 / precision) ** 2)
    waits = f"Waits of {values['mean_weeks']:g} weeks in the mean, target {values['target_weeks']:g} weeks"
    figures = Figures(
        f"{waits}, {2**BINS} lengths of wait",
        "Share of long waits",
        "",
        precision,
        Finding("Iterative amplitude estimation", float(found.estimation), spent),
        [
            Finding("Summed over the model", exact, exact_spent),
            Finding(f"Sampling, {asked:,} questions", drawn, drawn_spent),
        ],
        exact=exact,
        notes=(
            f"Both methods that ask had {asked:,} questions. Sampling needs about {enough:,} for this precision.",
            "Waits follow an exponential model. It is made up, and nobody’s waiting list.",
        ),
    )
    return circuit, figures


def model(mean: float, target: float) -> tuple[Any, Any]:
    """How likely each length of wait is, and which lengths are over the target."""
    weeks = (np.arange(2**BINS) + 0.5) * LONGEST / 2**BINS
    weights = np.exp(-weeks / mean)
    return weights / weights.sum(), weeks > target


def sampled(weights: Any, late: Any, asked: int, seed: int) -> float:
    """The share among so many waits that are drawn by chance."""
    return float(late[np.random.default_rng(seed).choice(len(weights), asked, p=weights)].mean())


def circuit_of(weights: Any, late: Any) -> QuantumCircuit:
    """The lengths of wait on the first qubits; the last one says whether a wait is over the target."""
    circuit = QuantumCircuit(BINS + 1)
    circuit.append(StatePreparation(np.sqrt(weights)), range(BINS))
    for number in np.flatnonzero(late):
        zeros = [qubit for qubit in range(BINS) if not number >> qubit & 1]
        if zeros:
            circuit.x(zeros)
        circuit.mcx(list(range(BINS)), BINS)
        if zeros:
            circuit.x(zeros)
    return circuit


def estimated(circuit: QuantumCircuit, precision: float, shots: int, seed: int) -> Any:
    method = IterativeAmplitudeEstimation(precision, 1 - CONFIDENCE, sampler=AtOnce(shots, seed))
    return method.estimate(EstimationProblem(state_preparation=circuit, objective_qubits=[BINS]))


class AtOnce(BaseSamplerV2):  # type: ignore[misc]
    """A sampler without threads: those of the libraries start one for each job, which the child may not."""

    def __init__(self, shots: int, seed: int) -> None:
        self.shots, self.seeds = shots, count(seed)

    def run(self, pubs: Any, *, shots: int | None = None) -> Any:
        return Done(PrimitiveResult([self.sampled(pub[0]) for pub in pubs]))

    def sampled(self, circuit: QuantumCircuit) -> SamplerPubResult:
        counts = child.counts_of(circuit, shots=self.shots, seed=next(self.seeds))
        bits = BitArray.from_counts({key.replace(" ", ""): value for key, value in counts.items()})
        return SamplerPubResult(DataBin(**{circuit.cregs[0].name: bits}), {"shots": self.shots})


@dataclass(frozen=True, slots=True)
class Done:
    """A job that is over already."""

    found: Any

    def result(self) -> Any:
        return self.found
