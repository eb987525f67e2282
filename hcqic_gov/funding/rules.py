"""The way of a funding application, from an identified call to an active award, and its guards."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from hcqic_gov.core.calendar import moment_words
from hcqic_gov.core.money import ZERO, pounds
from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, refused
from hcqic_gov.core.workflow import Move, Workflow
from hcqic_gov.people.rules import Role


class Currency(StrEnum):
    GBP = "GBP"
    EUR = "EUR"
    USD = "USD"


def in_currency(amount: Decimal | None, currency: Currency) -> str:
    """For reading: `£1,200`, `€1,200`, `$1,200`, or "not recorded"."""
    sign = {Currency.GBP: "£", Currency.EUR: "€", Currency.USD: "$"}[currency]
    return pounds(amount).replace("£", sign)


def in_zone(when: datetime, zone: str) -> str:
    """For reading, in the time zone of the call: "30 September 2026 at 5pm (Europe/Brussels)"."""
    return f"{moment_words(when, ZoneInfo(zone))} ({zone})"


class CostHeading(StrEnum):
    STAFF = "staff"
    TRAVEL = "travel"
    EQUIPMENT = "equipment"
    CONSUMABLES = "consumables"
    COMPUTE = "compute"
    SUBCONTRACTS = "subcontracts"
    ENGAGEMENT = "engagement"
    ESTATES = "estates"
    INDIRECT = "indirect"


HEADING_NAMES = {
    CostHeading.STAFF: "Staff",
    CostHeading.TRAVEL: "Travel and subsistence",
    CostHeading.EQUIPMENT: "Equipment",
    CostHeading.CONSUMABLES: "Consumables",
    CostHeading.COMPUTE: "Computing (QPU, HPC, GPU)",
    CostHeading.SUBCONTRACTS: "Subcontracts",
    CostHeading.ENGAGEMENT: "Public involvement and engagement",
    CostHeading.ESTATES: "Estates",
    CostHeading.INDIRECT: "Indirect costs",
}


class CostBasis(StrEnum):
    CASH = "cash"
    IN_KIND = "in_kind"


BASIS_NAMES = {CostBasis.CASH: "Cash", CostBasis.IN_KIND: "In kind"}


class IncomeKind(StrEnum):
    CORE_GRANT = "core_grant"
    COMPETITIVE = "competitive"
    MEMBERSHIP = "membership"
    FEE_FOR_SERVICE = "fee_for_service"
    IN_KIND = "in_kind"


INCOME_NAMES = {
    IncomeKind.CORE_GRANT: "Core grant",
    IncomeKind.COMPETITIVE: "Competitive grant",
    IncomeKind.MEMBERSHIP: "Membership",
    IncomeKind.FEE_FOR_SERVICE: "Fee for service",
    IncomeKind.IN_KIND: "In kind (not cash)",
}

EARNED = (IncomeKind.MEMBERSHIP, IncomeKind.FEE_FOR_SERVICE)
EXTERNAL = (IncomeKind.COMPETITIVE, *EARNED)
"""Cash that the core grant drew in from elsewhere."""
CASH = (IncomeKind.CORE_GRANT, *EXTERNAL)


class ApplicationState(StrEnum):
    IDENTIFIED = "identified"
    DRAFT = "draft"
    INTERNAL_REVIEW = "internal_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED_TO_SUBMIT = "approved_to_submit"
    SUBMITTED = "submitted"
    SHORTLISTED = "shortlisted"
    CLARIFICATION = "clarification"
    OFFERED = "offered"
    AWARDED = "awarded"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    TERMINATED = "terminated"
    UNSUCCESSFUL = "unsuccessful"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"
    DECLINED_OFFER = "declined_offer"
    NO_BID = "no_bid"
    MISSED_DEADLINE = "missed_deadline"


S = ApplicationState

STATE_COLOURS = {
    S.IDENTIFIED: "white",
    S.DRAFT: "grey",
    S.INTERNAL_REVIEW: "yellow",
    S.CHANGES_REQUESTED: "orange",
    S.APPROVED_TO_SUBMIT: "aqua-green",
    S.SUBMITTED: "blue",
    S.SHORTLISTED: "blue",
    S.CLARIFICATION: "purple",
    S.OFFERED: "aqua-green",
    S.AWARDED: "green",
    S.ACTIVE: "green",
    S.SUSPENDED: "orange",
    S.CLOSED: "grey",
    S.TERMINATED: "red",
    S.UNSUCCESSFUL: "red",
    S.INELIGIBLE: "red",
}
"""Colours of the tag beside the state's name; others are grey."""

STATE_NAMES = {
    S.IDENTIFIED: "Identified",
    S.DRAFT: "Draft",
    S.INTERNAL_REVIEW: "In internal review",
    S.CHANGES_REQUESTED: "Changes requested",
    S.APPROVED_TO_SUBMIT: "Approved to submit",
    S.SUBMITTED: "Submitted",
    S.SHORTLISTED: "Shortlisted",
    S.CLARIFICATION: "Funder asks for clarification",
    S.OFFERED: "Offered",
    S.AWARDED: "Awarded",
    S.ACTIVE: "Active",
    S.SUSPENDED: "Suspended",
    S.CLOSED: "Closed",
    S.TERMINATED: "Terminated",
    S.UNSUCCESSFUL: "Unsuccessful",
    S.INELIGIBLE: "Ineligible",
    S.WITHDRAWN: "Withdrawn",
    S.DECLINED_OFFER: "Offer declined",
    S.NO_BID: "Decided not to bid",
    S.MISSED_DEADLINE: "Deadline missed",
}

BEFORE_SUBMISSION = (S.IDENTIFIED, S.DRAFT, S.INTERNAL_REVIEW, S.CHANGES_REQUESTED, S.APPROVED_TO_SUBMIT)
WITH_FUNDER = (S.SUBMITTED, S.SHORTLISTED, S.CLARIFICATION)
HAS_AWARD = (S.AWARDED, S.ACTIVE, S.SUSPENDED, S.CLOSED, S.TERMINATED)
PIPELINE = (*BEFORE_SUBMISSION, *WITH_FUNDER, S.OFFERED)
"""States in which money may still come of it."""
DECIDED = (*HAS_AWARD, S.DECLINED_OFFER, S.UNSUCCESSFUL, S.INELIGIBLE)
"""States in which both the funder and the centre have decided: awarded, or not."""
HAD_OFFER = (*HAS_AWARD, S.OFFERED, S.DECLINED_OFFER)
WAS_APPROVED = (S.APPROVED_TO_SUBMIT, *WITH_FUNDER, *HAD_OFFER, S.UNSUCCESSFUL, S.INELIGIBLE)


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """What the guards of an application look at, at the moment `now` of the attempt.

    `lines_total` is the sum of the funder's contributions to all cash lines; `ethics` the ruling of the project's
    ethics gate, asked only for an activation; `second_person_from` comes from the centre's terms.
    """

    actor_id: int
    preparer_id: int
    last_editor_id: int
    now: datetime
    deadline: datetime | None
    extended_to: datetime | None
    amount_applied: Decimal
    lines_total: Decimal
    content_hash: str
    approved_hash: str
    offered_amount: Decimal | None
    offer_recorded_by: int | None
    second_person_from: Decimal
    award_start: date | None
    reports_due: int
    ethics: Ruling
    reason: str = ""

    @property
    def last_moment(self) -> datetime | None:
        """The deadline of this application: the call's, or a later one that was given to it."""
        moments = [moment for moment in (self.deadline, self.extended_to) if moment is not None]
        return max(moments, default=None)


def deadline_known(facts: ApplicationFacts) -> Ruling:
    return allowed_if(
        facts.deadline is not None, "deadline_known", "Enter the deadline of the call, with its time zone, first."
    )


def costs_reconcile(facts: ApplicationFacts) -> Ruling:
    if facts.amount_applied > ZERO and facts.amount_applied == facts.lines_total:
        return ALLOWED
    return refused(
        "costs_reconcile",
        f"The amount applied for is {pounds(facts.amount_applied, places=2)}, but the funder's share of the cash lines "
        f"adds up to {pounds(facts.lines_total, places=2)}. Make the two equal, and more than nothing.",
    )


def not_preparer(facts: ApplicationFacts) -> Ruling:
    return allowed_if(
        facts.actor_id not in (facts.preparer_id, facts.last_editor_id),
        "not_preparer",
        "You prepared or last changed this application, so a colleague has to review and approve it.",
    )


def content_as_approved(facts: ApplicationFacts) -> Ruling:
    return allowed_if(
        facts.approved_hash == facts.content_hash,
        "content_as_approved",
        "The application was changed after its approval, so it has to be approved again.",
    )


def before_deadline(facts: ApplicationFacts) -> Ruling:
    last = facts.last_moment
    return allowed_if(
        last is not None and facts.now <= last,
        "before_deadline",
        "The deadline has passed. If the funder gave this application more time, record the extension first.",
    )


def deadline_passed(facts: ApplicationFacts) -> Ruling:
    last = facts.last_moment
    return allowed_if(last is not None and facts.now > last, "deadline_passed", "The deadline has not passed yet.")


def offer_known(facts: ApplicationFacts) -> Ruling:
    return allowed_if(facts.offered_amount is not None, "offer_known", "Record the amount that the funder offers.")


def second_person(facts: ApplicationFacts) -> Ruling:
    small = facts.offered_amount is not None and facts.offered_amount < facts.second_person_from
    return allowed_if(
        small or facts.actor_id != facts.offer_recorded_by,
        "second_person",
        f"From {pounds(facts.second_person_from)} on, somebody other than the one who recorded the offer accepts it.",
    )


def start_known(facts: ApplicationFacts) -> Ruling:
    return allowed_if(facts.award_start is not None, "start_known", "Enter the award's start date first.")


def reporting_scheduled(facts: ApplicationFacts) -> Ruling:
    return allowed_if(facts.reports_due > 0, "reporting_scheduled", "Enter the award's reporting schedule first.")


def ethics_open(facts: ApplicationFacts) -> Ruling:
    """Ethics gates the activation of an award, not the bid for it."""
    return facts.ethics


def reason_given(facts: ApplicationFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reason_given", "Give the reason; it is kept with the application.")


LEADS = (Role.PROJECT_LEAD, Role.FUNDING_OFFICER)
OFFICER = (Role.FUNDING_OFFICER,)
REVIEWERS = (Role.FINANCE, Role.CENTRE_MANAGER)
MANAGER = (Role.CENTRE_MANAGER,)

WORKFLOW: Workflow[ApplicationState, ApplicationFacts] = Workflow(
    name="funding",
    title="A funding application",
    start=S.IDENTIFIED,
    public_names=STATE_NAMES,
    moves=(
        Move("start", "start the draft", (S.IDENTIFIED,), S.DRAFT, LEADS, (deadline_known,)),
        Move("no_bid", "decide not to bid", (S.IDENTIFIED,), S.NO_BID, OFFICER, (reason_given,)),
        Move("edit", "change it", (S.IDENTIFIED, S.DRAFT, S.CHANGES_REQUESTED), None, LEADS),
        Move(
            "send_for_review",
            "send it for internal review",
            (S.DRAFT, S.CHANGES_REQUESTED),
            S.INTERNAL_REVIEW,
            LEADS,
            (deadline_known, costs_reconcile),
        ),
        Move(
            "request_changes",
            "ask for changes",
            (S.INTERNAL_REVIEW,),
            S.CHANGES_REQUESTED,
            REVIEWERS,
            (not_preparer, reason_given),
        ),
        Move(
            "approve_to_submit",
            "approve it for submission",
            (S.INTERNAL_REVIEW,),
            S.APPROVED_TO_SUBMIT,
            REVIEWERS,
            (not_preparer, costs_reconcile),
        ),
        Move(
            "revise",
            "revise it, which cancels its approval",
            (S.INTERNAL_REVIEW, S.APPROVED_TO_SUBMIT),
            S.DRAFT,
            LEADS,
        ),
        Move(
            "extend",
            "record an extension",
            (*BEFORE_SUBMISSION, S.SUBMITTED, S.MISSED_DEADLINE),
            None,
            OFFICER,
            (deadline_known, reason_given),
        ),
        Move(
            "submit",
            "record that it was submitted",
            (S.APPROVED_TO_SUBMIT,),
            S.SUBMITTED,
            LEADS,
            (before_deadline, content_as_approved),
        ),
        Move(
            "miss_deadline",
            "record that the deadline was missed",
            BEFORE_SUBMISSION,
            S.MISSED_DEADLINE,
            OFFICER,
            (deadline_passed,),
        ),
        Move("recover", "take it up again", (S.MISSED_DEADLINE,), S.DRAFT, OFFICER, (before_deadline,)),
        Move("reopen", "reopen it as a draft", (S.SUBMITTED,), S.DRAFT, OFFICER, (before_deadline, reason_given)),
        Move(
            "record_ineligible",
            "record that it is ineligible",
            (S.SUBMITTED,),
            S.INELIGIBLE,
            OFFICER,
            (reason_given,),
        ),
        Move("reinstate", "reinstate it", (S.INELIGIBLE,), S.SUBMITTED, OFFICER, (reason_given,)),
        Move("shortlist", "record that it is shortlisted", (S.SUBMITTED,), S.SHORTLISTED, OFFICER),
        Move("ask", "record the funder's question", (S.SHORTLISTED,), S.CLARIFICATION, OFFICER, (reason_given,)),
        Move("answer", "record the answer", (S.CLARIFICATION,), S.SHORTLISTED, LEADS, (reason_given,)),
        Move("offer", "record the offer", WITH_FUNDER, S.OFFERED, OFFICER, (offer_known,)),
        Move(
            "accept",
            "accept the offer",
            (S.OFFERED,),
            S.AWARDED,
            (*REVIEWERS, Role.FUNDING_OFFICER),
            (offer_known, second_person),
        ),
        Move("decline", "decline the offer", (S.OFFERED,), S.DECLINED_OFFER, MANAGER, (reason_given,)),
        Move(
            "record_unsuccessful",
            "record that it was unsuccessful",
            WITH_FUNDER,
            S.UNSUCCESSFUL,
            OFFICER,
            (reason_given,),
        ),
        Move("withdraw", "withdraw it", (*PIPELINE[1:],), S.WITHDRAWN, LEADS, (reason_given,)),
        Move(
            "activate",
            "activate the award",
            (S.AWARDED,),
            S.ACTIVE,
            (*OFFICER, *MANAGER),
            (start_known, reporting_scheduled, ethics_open),
        ),
        Move("suspend", "suspend the award", (S.ACTIVE,), S.SUSPENDED, MANAGER, (reason_given,)),
        Move("resume", "resume the award", (S.SUSPENDED,), S.ACTIVE, MANAGER, (reason_given, ethics_open)),
        Move(
            "terminate",
            "terminate the award",
            (S.ACTIVE, S.SUSPENDED),
            S.TERMINATED,
            MANAGER,
            (reason_given,),
        ),
    ),
)
