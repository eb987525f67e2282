"""Which module solves which template, with the versions of the libraries that it rests on."""

from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from typing import Any

MODULES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "molecule": ("molecule", "solve", ("pyscf", "qiskit-nature", "scipy")),
    "theatres": ("qubo", "theatres", ("scipy",)),
    "roster": ("qubo", "roster", ("scipy",)),
    "cohort": ("cohort", "solve", ("qiskit-machine-learning", "scikit-learn")),
    "waiting": ("waiting", "solve", ("qiskit-algorithms",)),
}
"""By the code in `policies/sandbox/templates.toml`: module and function below this folder, and libraries."""


def solve(code: str, settings: Mapping[str, Any], *, shots: int, seed: int) -> tuple[Any, Any, Mapping[str, str]]:
    """The final circuit, the figures, and the versions of what made them."""
    module, name, libraries = MODULES[code]
    work: Callable[..., tuple[Any, Any]] = getattr(import_module(f"hcqic_gov.quantum.templates.{module}"), name)
    circuit, figures = work(settings, shots=shots, seed=seed)
    return circuit, figures, {library: metadata.version(library) for library in libraries}
