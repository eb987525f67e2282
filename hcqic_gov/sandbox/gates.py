"""The gates of the sandbox as the centre has decided them: `policies/sandbox/gates.toml`."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.allocations import allocations
from hcqic_gov.sandbox.rules import GUARDS, Evidence, GateRuling


class Gate(BaseModel):
    """One gate: `code` names its guard, the rest is for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    order: int
    title: str
    evidence: str


class Gates(PolicyFile):
    """All gates; none may be left out, and none may be named that has no guard.

    `near_equal`: from which likeness on (1 for the same statements) the output gate's checkers see two circuits side
    by side.
    """

    near_equal: float = Field(gt=0, le=1)
    gates: tuple[Gate, ...]

    @model_validator(mode="after")
    def all_have_guards(self) -> "Gates":
        codes = [gate.code for gate in self.gates]
        if sorted(codes) != sorted(GUARDS):
            raise ValueError(f"the gates must be these, each once: {', '.join(GUARDS)}")
        return self

    @property
    def in_order(self) -> tuple[Gate, ...]:
        return tuple(sorted(self.gates, key=lambda gate: gate.order))


def gates() -> Gates:
    """The file in use. Errors: BrokenPolicy."""
    return read_file("sandbox/gates.toml", Gates)


def rulings(evidence: Evidence) -> tuple[GateRuling, ...]:
    """What each gate says of this evidence, in order."""
    return tuple(GateRuling(gate.code, gate.title, GUARDS[gate.code](evidence)) for gate in gates().in_order)


def policies() -> tuple[PolicyFile, ...]:
    """The three files that the rulings rest on."""
    return gates(), tiers(), allocations()


def policy_fingerprint() -> str:
    """Of these files together."""
    return fingerprint([one.fingerprint for one in policies()])
