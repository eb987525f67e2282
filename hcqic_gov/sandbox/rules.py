"""The life of a run, and the gates that it passes: pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, first_refusal, refused
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.rules import DataClass, label


class State(StrEnum):
    DRAFT = "draft"
    REQUESTED = "requested"
    ASKED = "asked"
    APPROVED = "approved"
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    REFUSED = "refused"
    BLOCKED = "blocked"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    WITHHELD = "withheld"


class Stage(StrEnum):
    """When the gates were asked."""

    REQUEST = "request"
    APPROVAL = "approval"
    EXECUTION = "execution"


class Verdict(StrEnum):
    RELEASE = "release"
    WITHHOLD = "withhold"


class Answer(StrEnum):
    """What became of an application for an allocation."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


LABELS: Mapping[State, str] = {
    State.DRAFT: "Draft",
    State.REQUESTED: "Waits for a gatekeeper",
    State.ASKED: "Question to the requester",
    State.APPROVED: "Approved",
    State.QUEUED: "Queued",
    State.RUNNING: "Running",
    State.FINISHED: "Finished",
    State.IN_REVIEW: "Results are checked",
    State.RELEASED: "Released",
    State.REFUSED: "Refused",
    State.BLOCKED: "Blocked at a gate",
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
    State.LOST: "Lost",
    State.WITHHELD: "Withheld",
}

COLOURS: Mapping[State, str] = {
    State.DRAFT: "grey",
    State.REQUESTED: "yellow",
    State.ASKED: "orange",
    State.APPROVED: "aqua-green",
    State.QUEUED: "aqua-green",
    State.RUNNING: "blue",
    State.FINISHED: "purple",
    State.IN_REVIEW: "yellow",
    State.RELEASED: "green",
    State.REFUSED: "red",
    State.BLOCKED: "red",
    State.FAILED: "red",
    State.STOPPED: "grey",
    State.LOST: "red",
    State.WITHHELD: "orange",
}

HAS_RESULT = (State.FINISHED, State.IN_REVIEW, State.RELEASED, State.WITHHELD)
WAITING = (State.REQUESTED, State.ASKED, State.APPROVED, State.QUEUED)
DECIDED = (State.APPROVED, State.QUEUED, State.RUNNING)
WATERMARK = "SIMULATED – not clinical evidence"


NOT_ASKED = refused("no_approval", "No ethics decision was asked for.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the gates look at, as it is at one moment."""

    data_class: DataClass
    classical_baseline: bool = False
    ai_tried: bool = False
    quantum_open: bool = False
    on_team: bool = False
    trained: bool = False
    own_approver: bool = False
    unapproved: bool = False
    approval: Ruling = NOT_ASKED
    text: Sequence[str] = ()
    personal_data: Sequence[str] = ()
    unchanged: bool = True
    resources: Sequence[str] = ()
    allocation: Ruling = ALLOWED
    waiting: int = 0
    max_waiting: int = 0
    checkers_needed: int | None = None
    checkers: int = 0


@dataclass(frozen=True, slots=True)
class GateRuling:
    """What one gate says."""

    code: str
    title: str
    ruling: Ruling


def need(evidence: Evidence) -> Ruling:
    return first_refusal(
        (
            allowed_if(
                evidence.classical_baseline,
                "no_baseline",
                "Record a classical baseline (HPC) in the project’s pathway first.",
            ),
            allowed_if(evidence.ai_tried, "rung_untried", "Record in the pathway what HPC with AI can do."),
            allowed_if(evidence.quantum_open, "rung_closed", "Open the quantum rung of the project’s pathway first."),
        )
    )


def people(evidence: Evidence) -> Ruling:
    return first_refusal(
        (
            allowed_if(evidence.on_team, "not_on_team", "The requester must belong to the project’s team."),
            allowed_if(
                evidence.trained,
                "not_trained",
                "The requester’s sandbox training is not in date: ask the centre’s administrator for a course.",
            ),
            allowed_if(
                not evidence.own_approver, "own_approval", "The requester approved this run: another must decide."
            ),
            allowed_if(
                not evidence.unapproved,
                "no_gatekeeper",
                "A run of this size or class of data needs a gatekeeper’s decision, and none was made. Ask again.",
            ),
        )
    )


def data(evidence: Evidence) -> Ruling:
    accepted = evidence.checkers_needed is not None
    reason = f"{label(evidence.data_class)} may not enter the sandbox. Work with synthetic or anonymised data."
    private = (refused("personal_data", found) for found in evidence.personal_data)
    return first_refusal((allowed_if(accepted, "data_class", reason), *private))


def approvals(evidence: Evidence) -> Ruling:
    return evidence.approval


def text(evidence: Evidence) -> Ruling:
    changed = "This is not the circuit, or not with the settings, that was submitted. Make a new request."
    return first_refusal(
        (allowed_if(evidence.unchanged, "changed", changed), *(refused("text", found) for found in evidence.text))
    )


def resources(evidence: Evidence) -> Ruling:
    room = evidence.waiting < evidence.max_waiting
    reason = f"The requester has {evidence.waiting} runs waiting already. Wait until some have run, or stop one."
    return first_refusal(
        (
            *(refused("resources", found) for found in evidence.resources),
            evidence.allocation,
            allowed_if(room, "queue_full", reason),
        )
    )


def output(evidence: Evidence) -> Ruling:
    required = evidence.checkers_needed or 1
    reason = (
        f"The result needs {required} checker(s) outside the project’s team, and the centre has {evidence.checkers}. "
        "Ask the centre manager to name more gatekeepers."
    )
    return allowed_if(evidence.checkers >= required, "no_checkers", reason)


GUARDS: Mapping[str, Callable[[Evidence], Ruling]] = {
    "need": need,
    "people": people,
    "data": data,
    "approvals": approvals,
    "text": text,
    "resources": resources,
    "output": output,
}
"""By the code that `policies/sandbox/gates.toml` gives each gate."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the moves of a run look at: the gates' answers now, whether a gatekeeper decides, tries left, verdicts."""

    rulings: Sequence[GateRuling] = ()
    needs_gatekeeper: bool = False
    attempts_left: bool = True
    agreed: int = 0
    against: int = 0
    needed: int = 1


def gates_open(facts: Facts) -> Ruling:
    """Every gate, in order; the refusal of the first closed one, with the gate's title as its authority."""
    return first_refusal(
        gate.ruling if gate.ruling.allowed else refused(gate.ruling.code, gate.ruling.reason, authority=gate.title)
        for gate in facts.rulings
    )


def attempts_left(facts: Facts) -> Ruling:
    return allowed_if(facts.attempts_left, "attempts_spent", "This run was tried as often as the policy allows.")


def on_standing_access(facts: Facts) -> Ruling:
    return allowed_if(not facts.needs_gatekeeper, "gatekeeper", "A gatekeeper decides on this run.")


def all_have_checked(facts: Facts) -> Ruling:
    missing = facts.needed - facts.agreed - facts.against
    return allowed_if(missing <= 0, "more_checkers", f"{missing} more checker(s) must look at the result first.")


def all_agree(facts: Facts) -> Ruling:
    return allowed_if(not facts.against, "withheld", "A checker said no, so the result is not released.")


def not_all_agree(facts: Facts) -> Ruling:
    return allowed_if(facts.against > 0, "agreed", "No checker said no, so the result is not withheld.")


TEAM, KEEPERS = (Role.PROJECT_LEAD,), (Role.GATEKEEPER,)
CHECKERS = (Role.GATEKEEPER, Role.CENTRE_MANAGER)
BEFORE_END = (State.DRAFT, State.REQUESTED, State.ASKED, State.APPROVED, State.QUEUED, State.RUNNING)

ADMITTED = (gates_open, on_standing_access)

WORKFLOW: Workflow[State, Facts] = Workflow(
    "run",
    "The life of a run in the sandbox",
    State.DRAFT,
    dict(LABELS),
    (
        Move("edit", "change the draft", (State.DRAFT,), None, TEAM),
        Move("submit", "submit", (State.DRAFT,), State.REQUESTED, TEAM, (gates_open,)),
        Move("approve", "approve", (State.REQUESTED,), State.APPROVED, KEEPERS, (gates_open,)),
        Move("admit", "admit on its standing access", (State.REQUESTED,), State.APPROVED, (SYSTEM,), ADMITTED),
        Move("refuse", "refuse", (State.REQUESTED, State.ASKED), State.REFUSED, KEEPERS),
        Move("ask", "ask the requester", (State.REQUESTED,), State.ASKED, KEEPERS),
        Move("answer", "answer the question", (State.ASKED,), State.REQUESTED, TEAM),
        Move("queue", "queue", (State.APPROVED,), State.QUEUED, (SYSTEM,)),
        Move("begin", "begin", (State.QUEUED,), State.RUNNING, (SYSTEM,), (gates_open,)),
        Move("block", "block at a closed gate", (State.QUEUED,), State.BLOCKED, (SYSTEM,)),
        Move("finish", "finish", (State.RUNNING,), State.FINISHED, (SYSTEM,)),
        Move("fail", "record the failure", (State.RUNNING,), State.FAILED, (SYSTEM,)),
        Move("return", "return to the queue", (State.RUNNING,), State.QUEUED, (SYSTEM,), (attempts_left,)),
        Move("lose", "give up as lost", (State.RUNNING,), State.LOST, (SYSTEM,)),
        Move("stop", "stop", BEFORE_END, State.STOPPED, (*TEAM, Role.GATEKEEPER)),
        Move("send_to_review", "send to the checkers", (State.FINISHED,), State.IN_REVIEW, TEAM),
        Move("check", "check the result", (State.IN_REVIEW,), None, CHECKERS),
        Move("release", "release", (State.IN_REVIEW,), State.RELEASED, CHECKERS, (all_have_checked, all_agree)),
        Move("withhold", "withhold", (State.IN_REVIEW,), State.WITHHELD, CHECKERS, (all_have_checked, not_all_agree)),
        Move("repeat", "run again", HAS_RESULT, None, TEAM),
    ),
)


def distance(first: Mapping[str, int], second: Mapping[str, int]) -> float:
    """Total variation distance of two sets of counts: 0 where their shares are equal, 1 where nothing is common."""
    totals = sum(first.values()) or 1, sum(second.values()) or 1
    keys = first.keys() | second.keys()
    return sum(abs(first.get(key, 0) / totals[0] - second.get(key, 0) / totals[1]) for key in keys) / 2


OTHERS = "other"


def point_of(bits: str) -> str:
    """What stands before a bit string of a sweep: the number of its point and a colon."""
    return bits[: bits.find(":") + 1]


def suppressed(counts: Mapping[str, int], below: int) -> Mapping[str, int]:
    """The counts with those under `below` summed up as "other", in a sweep at each of its points."""
    kept = {bits: count for bits, count in counts.items() if count >= below}
    small: dict[str, int] = {}
    for bits, count in counts.items():
        if count < below:
            name = point_of(bits) + OTHERS
            small[name] = small.get(name, 0) + count
    return {**kept, **{name: count for name, count in small.items() if count}}
