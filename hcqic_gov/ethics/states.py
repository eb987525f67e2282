"""The words of an ethics case: states with their names, tracks, kinds of work, purposes, methods, votes, interests."""

from enum import StrEnum


class State(StrEnum):
    """Where a case is; `INTERNAL_NAMES` and `PUBLIC_NAMES` say it to the committee's office and to everybody else."""

    DRAFT = "draft"
    WITH_SPONSOR = "with_sponsor"
    SUBMITTED = "submitted"
    INVALID = "invalid"
    VALID = "valid"
    IN_REVIEW = "in_review"
    INFO_REQUESTED = "info_requested"
    RESPONSE_RECEIVED = "response_received"
    FAVOURABLE = "favourable"
    FAVOURABLE_CONDITIONS = "favourable_conditions"
    UNFAVOURABLE = "unfavourable"
    NOT_REQUIRED = "not_required"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    HALTED = "halted"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    EXPIRED = "expired"
    CLOSED = "closed"
    RECORDED = "recorded"
    NOTIFIED = "notified"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"


INTERNAL_NAMES = {
    State.DRAFT: "Draft",
    State.WITH_SPONSOR: "Awaiting sponsor authorisation",
    State.SUBMITTED: "Submitted, not validated",
    State.INVALID: "Invalid application",
    State.VALID: "Valid, not allocated",
    State.IN_REVIEW: "With the committee",
    State.INFO_REQUESTED: "Provisional opinion, information awaited",
    State.RESPONSE_RECEIVED: "Response received",
    State.FAVOURABLE: "Favourable opinion",
    State.FAVOURABLE_CONDITIONS: "Favourable opinion with conditions",
    State.UNFAVOURABLE: "Unfavourable opinion",
    State.NOT_REQUIRED: "Determined: review not required",
    State.LAPSED: "Lapsed without a response",
    State.WITHDRAWN: "Withdrawn by the applicant",
    State.HALTED: "Halted by the applicant",
    State.SUSPENDED: "Opinion suspended",
    State.TERMINATED: "Opinion terminated",
    State.EXPIRED: "Opinion expired",
    State.CLOSED: "Closed: end declared",
    State.RECORDED: "Minor modification, recorded",
    State.NOTIFIED: "Modification of an important detail, notified",
    State.APPROVED: "Modification approved",
    State.NOT_APPROVED: "Modification not approved",
}

PUBLIC_NAMES = {
    State.DRAFT: "Being written",
    State.WITH_SPONSOR: "With the sponsor",
    State.SUBMITTED: "Being checked",
    State.INVALID: "Not valid",
    State.VALID: "Waiting for a committee",
    State.IN_REVIEW: "In review",
    State.INFO_REQUESTED: "More information needed",
    State.RESPONSE_RECEIVED: "Response in review",
    State.FAVOURABLE: "Approved",
    State.FAVOURABLE_CONDITIONS: "Approved with conditions",
    State.UNFAVOURABLE: "Not approved",
    State.NOT_REQUIRED: "Review not required",
    State.LAPSED: "Lapsed",
    State.WITHDRAWN: "Withdrawn",
    State.HALTED: "Halted",
    State.SUSPENDED: "Suspended",
    State.TERMINATED: "Terminated",
    State.EXPIRED: "Expired",
    State.CLOSED: "Closed",
    State.RECORDED: "Change recorded",
    State.NOTIFIED: "Change notified",
    State.APPROVED: "Change approved",
    State.NOT_APPROVED: "Change not approved",
}

HOLDERS = {
    State.DRAFT: "The applicant",
    State.WITH_SPONSOR: "The sponsor’s representative",
    State.SUBMITTED: "The ethics officer",
    State.VALID: "The ethics officer",
    State.IN_REVIEW: "The committee",
    State.INFO_REQUESTED: "The applicant",
    State.RESPONSE_RECEIVED: "The committee",
    State.HALTED: "The ethics officer",
    State.SUSPENDED: "The chair",
}
"""Who must do the next thing; nobody where a state is not named."""

EVENT_TITLES = {
    "apply": "Application begun",
    "add_paper": "A document added",
    "send_to_sponsor": "Sent to the sponsor",
    "authorise": "Authorised by the sponsor and submitted",
    "send_back": "Sent back to the applicant",
    "hand_over": "Handed over to another person of the team",
    "copy_as_new": "Copied as a new application",
    "appeal": "Appealed to another committee",
    "validate": "Found valid",
    "mark_invalid": "Found not valid",
    "not_required": "Review found not to be required",
    "allocate": "Given to the committee",
    "reschedule": "Put on the agenda of another meeting",
    "assign_reviewer": "A member asked for a review",
    "release_reviewer": "A member taken off the reviews",
    "submit_review": "A review sent",
    "open_vote": "Vote opened",
    "close_vote": "Vote closed",
    "record_minute": "Discussion recorded",
    "request_information": "Provisional opinion: information asked for",
    "ask_again": "The same questions asked again",
    "no_opinion": "No opinion: sent to the full committee",
    "answer": "A question answered",
    "respond": "Response sent to the committee",
    "lapse": "Lapsed without a response",
    "ask_undo": "Asked to undo the decision",
    "undo": "Decision undone: the committee hears it again",
    "undo_determination": "Determination undone: the application is checked again",
    "satisfy_condition": "The team said how a condition is met",
    "confirm_condition": "Confirmed that a condition is met",
    "extend": "Opinion extended",
    "withdraw": "Withdrawn",
    "halt": "Work halted by the team",
    "suspend": "Opinion suspended",
    "ratify": "Suspension ratified by the committee",
    "terminate": "Opinion terminated",
    "expire": "Opinion expired",
    "close": "End of the study declared",
    "final_report": "Final report given",
    "modify": "Change of the study begun",
    "modified": "Change of the study took effect",
    "ask_class": "Asked for another class of the change",
    "confirm_class": "The other class of the change confirmed",
    "decline_class": "The other class of the change declined",
    "submit": "Change sent for review",
}
"""What happened, in plain words."""


def event_title(move: str, reached: State) -> str:
    """What happened; a move without words of its own is told by the state that it reached."""
    return EVENT_TITLES.get(move, PUBLIC_NAMES[reached])


STATE_COLOURS = {
    State.FAVOURABLE: "green",
    State.FAVOURABLE_CONDITIONS: "green",
    State.NOT_REQUIRED: "green",
    State.IN_REVIEW: "blue",
    State.RESPONSE_RECEIVED: "blue",
    State.SUBMITTED: "yellow",
    State.VALID: "yellow",
    State.WITH_SPONSOR: "yellow",
    State.INFO_REQUESTED: "yellow",
    State.HALTED: "orange",
    State.SUSPENDED: "orange",
    State.UNFAVOURABLE: "red",
    State.TERMINATED: "red",
    State.RECORDED: "green",
    State.NOTIFIED: "green",
    State.APPROVED: "green",
    State.NOT_APPROVED: "red",
}
"""Colours of the tags; grey where a state is not named."""

APPROVED = (State.FAVOURABLE, State.FAVOURABLE_CONDITIONS)
IN_FORCE = (*APPROVED, State.NOT_REQUIRED)
"""States in which work may go on, within dates, conditions and scope."""

IN_COMMITTEE = (State.IN_REVIEW, State.RESPONSE_RECEIVED)
UNDECIDED = (State.DRAFT, State.WITH_SPONSOR, State.SUBMITTED, State.VALID, State.INFO_REQUESTED, *IN_COMMITTEE)
OUTCOMES = (*APPROVED, State.UNFAVOURABLE, State.NOT_REQUIRED)
"""States of an application that only a decision reaches."""
CHANGE_OUTCOMES = (State.APPROVED, State.NOT_APPROVED)
"""States of a modification that only a decision reaches."""
CHANGEABLE = (*APPROVED, State.HALTED)
"""States of an approved study in which a change of it may be begun."""
CHANGING = (*CHANGEABLE, State.SUSPENDED)
"""States of an approved study in which a change of it may take effect: it never lifts a halt or a suspension."""
DECIDED = (*OUTCOMES, State.HALTED, State.SUSPENDED)
"""States of a decided case that has not come to its end."""


class Track(StrEnum):
    FULL = "full"
    PROPORTIONATE = "proportionate"


TRACK_LABELS = {Track.FULL: "Full committee", Track.PROPORTIONATE: "Proportionate review by a sub-committee"}


class CaseKind(StrEnum):
    """A first application, or a change of a study that was approved on one: a child case."""

    APPLICATION = "application"
    MODIFICATION = "modification"


KIND_LABELS = {CaseKind.APPLICATION: "Application", CaseKind.MODIFICATION: "Change of an approved study"}


class ChangeClass(StrEnum):
    """How much a change matters, from the least to the most: who must see it before it takes effect."""

    MINOR = "minor"
    IMPORTANT_DETAIL = "important_detail"
    SUBSTANTIAL = "substantial"


CLASS_LABELS = {
    ChangeClass.MINOR: "Minor: recorded, and in effect at once",
    ChangeClass.IMPORTANT_DETAIL: "Important detail: the committee is notified, and it is in effect at once",
    ChangeClass.SUBSTANTIAL: "Substantial: in effect only when the committee has approved it",
}


class Follows(StrEnum):
    """Why a case takes the place of an earlier one."""

    COPY = "copy"
    APPEAL = "appeal"


class WorkKind(StrEnum):
    """What the work is in the terms of research governance: each policy pack says to which kinds it applies."""

    RESEARCH = "research"
    EVALUATION = "evaluation"


WORK_KIND_LABELS = {
    WorkKind.RESEARCH: "Research",
    WorkKind.EVALUATION: "Service evaluation, audit or development of methods",
}


class Purpose(StrEnum):
    METHOD_DEVELOPMENT = "method_development"
    CLINICAL_RESEARCH = "clinical_research"
    SERVICE_IMPROVEMENT = "service_improvement"
    EDUCATION = "education"


PURPOSE_LABELS = {
    Purpose.METHOD_DEVELOPMENT: "Developing and comparing methods",
    Purpose.CLINICAL_RESEARCH: "Clinical or biomedical research",
    Purpose.SERVICE_IMPROVEMENT: "Improving a health or care service",
    Purpose.EDUCATION: "Teaching and training",
}


class Method(StrEnum):
    """How the data is worked on: the rungs of the pathway, hardware apart."""

    HPC = "hpc"
    AI = "ai"
    QUANTUM_SIMULATION = "quantum_simulation"
    QUANTUM_HARDWARE = "quantum_hardware"


METHOD_LABELS = {
    Method.HPC: "Classical high-performance computing",
    Method.AI: "Machine learning",
    Method.QUANTUM_SIMULATION: "Simulated quantum circuits",
    Method.QUANTUM_HARDWARE: "Quantum hardware",
}


class ConsentBasis(StrEnum):
    CONSENT = "consent"
    SECTION_251 = "section_251"
    ANONYMOUS = "anonymous"
    NO_PEOPLE = "no_people"


CONSENT_LABELS = {
    ConsentBasis.CONSENT: "Participants give consent",
    ConsentBasis.SECTION_251: "Section 251 support in place of consent",
    ConsentBasis.ANONYMOUS: "Anonymised data, for which no consent is needed",
    ConsentBasis.NO_PEOPLE: "No data about people",
}


class Interest(StrEnum):
    NONE = "none"
    DECLARED = "declared"
    RECUSED = "recused"


INTEREST_LABELS = {
    Interest.NONE: "No interest",
    Interest.DECLARED: "An interest that does not stop me from judging",
    Interest.RECUSED: "An interest, so I step aside",
}

ABSTAIN = "abstain"
"""A vote for none of the decisions; it counts for the quorum of votes, not for the majority."""
