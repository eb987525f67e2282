"""The guards of an ethics case: each says whether a move may be made now, and if not, what to do."""

from collections.abc import Callable

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, refused
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.states import PUBLIC_NAMES, Interest, State, Track


def by_the_applicant(facts: Facts) -> Ruling:
    reason = "Only the applicant can do this. Ask the person named on the application."
    return allowed_if(facts.actor_id == facts.applicant_id, "by_the_applicant", reason)


def by_the_team(facts: Facts) -> Ruling:
    reason = "Only the project's team can do this. Ask the project lead."
    return allowed_if(facts.actor_id in facts.team | {facts.applicant_id}, "by_the_team", reason)


def not_on_the_team(facts: Facts) -> Ruling:
    reason = "You are on this project's team, so you cannot act on its application. Ask a colleague who is not."
    return allowed_if(facts.actor_id not in facts.team | {facts.applicant_id}, "not_on_the_team", reason)


def application_complete(facts: Facts) -> Ruling:
    reason = f"Still missing: {', '.join(facts.missing)}. Complete the application first."
    return allowed_if(not facts.missing, "application_complete", reason)


def reason_given(facts: Facts) -> Ruling:
    return allowed_if(bool(facts.proposal.reason.strip()), "reason_given", "Give the reason: it goes on the record.")


def track_fits(facts: Facts) -> Ruling:
    reason = "The application raises a material ethical issue, so the full committee reviews it. Choose the full track."
    if facts.track is Track.FULL:
        reason = "The sub-committee gave no opinion, so the full committee reviews it. Choose the full track."
    fits = facts.proposal.track is Track.FULL or not (facts.material_issue or facts.track is Track.FULL)
    return allowed_if(fits, "track_fits", reason)


def meeting_fits(facts: Facts) -> Ruling:
    """A planned or open meeting of the right kind, on appeal of another committee."""
    seating = facts.seating
    if seating is None:
        return refused("meeting_fits", "Choose a meeting. If there is none, plan one first.")
    if seating.over:
        return refused("meeting_fits", "This meeting is over. Choose a meeting to come.")
    if seating.committee_id == facts.barred_committee:
        reason = "This is an appeal, so another committee than the first must hear it. Choose one of its meetings."
        return refused("meeting_fits", reason)
    return ALLOWED


def meeting_of_track(facts: Facts) -> Ruling:
    """The full committee hears cases of the full track, a sub-committee those of the proportionate one."""
    seating = facts.seating
    reason = "Choose a full meeting for the full track, or a sub-committee’s for proportionate review."
    return allowed_if(seating is None or seating.track is facts.proposal.track, "meeting_of_track", reason)


def full_committee_hears(facts: Facts) -> Ruling:
    """A case of the full track stays with full meetings; one of the proportionate track may come before one too."""
    sub_committee = facts.seating is not None and facts.seating.track is Track.PROPORTIONATE
    reason = "The full committee hears this case. Choose a full meeting."
    fits = not sub_committee or facts.track is Track.PROPORTIONATE
    return allowed_if(fits, "full_committee_hears", reason)


def on_an_agenda(facts: Facts) -> Ruling:
    reason = "The case is on the agenda of no meeting to come. The ethics officer puts it on one."
    return allowed_if(facts.on_agenda, "on_an_agenda", reason)


def member_in_term(facts: Facts) -> Ruling:
    reason = "You are not a committee member in term today. Ask the ethics officer about your appointment."
    return allowed_if(facts.in_term, "member_in_term", reason)


def interest_declared(facts: Facts) -> Ruling:
    reason = "Say first whether you have an interest in this application."
    return allowed_if(facts.interest is not None, "interest_declared", reason)


def not_recused(facts: Facts) -> Ruling:
    reason = "You stepped aside from this application, so you cannot take part in it."
    return allowed_if(facts.interest is not Interest.RECUSED, "not_recused", reason)


def present(facts: Facts) -> Ruling:
    reason = "You are not recorded as present. Ask the ethics officer to record your attendance."
    return allowed_if(facts.present, "present", reason)


def presides(facts: Facts) -> Ruling:
    reason = "Only who is in the chair of the meeting can do this. Ask the ethics officer who is recorded as presiding."
    return allowed_if(facts.presides, "presides", reason)


def presides_or_delegated(facts: Facts) -> Ruling:
    return ALLOWED if facts.delegated else presides(facts)


def quorate(facts: Facts) -> Ruling:
    return facts.quorum if facts.quorum.allowed else refused("quorate", f"{facts.quorum.reason}.")


def quorate_or_delegated(facts: Facts) -> Ruling:
    return ALLOWED if facts.delegated else quorate(facts)


def vote_is_open(facts: Facts) -> Ruling:
    reason = "The vote is not open. Who is in the chair opens it at the meeting."
    return allowed_if(facts.vote_open, "vote_is_open", reason)


def vote_not_open(facts: Facts) -> Ruling:
    return allowed_if(not facts.vote_open, "vote_not_open", "The vote is open already.")


def full_track(facts: Facts) -> Ruling:
    reason = "In proportionate review there is no provisional opinion: decide, or give no opinion."
    return allowed_if(facts.track is not Track.PROPORTIONATE, "full_track", reason)


def proportionate_track(facts: Facts) -> Ruling:
    reason = "Only a sub-committee can give no opinion. The full committee decides, or asks for information."
    return allowed_if(facts.track is Track.PROPORTIONATE, "proportionate_track", reason)


def asked_once(facts: Facts) -> Ruling:
    reason = "Information was asked for before, and that is done only once. Decide on the answers."
    return allowed_if(not facts.questions, "asked_once", reason)


def questions_given(facts: Facts) -> Ruling:
    return allowed_if(bool(facts.proposal.questions), "questions_given", "Enter at least one question.")


def same_questions(facts: Facts) -> Ruling:
    """A second request may only repeat what was asked before."""
    numbers = {question.number for question in facts.questions}
    again = set(facts.proposal.again)
    reason = "Choose at least one of the questions that were asked before."
    return allowed_if(bool(again) and again <= numbers, "same_questions", reason)


def delegate_fits(facts: Facts) -> Ruling:
    named = facts.proposal.person_id
    reason = "Choose a member in term who has declared their interests and has not stepped aside."
    return allowed_if(named is None or named in facts.eligible, "delegate_fits", reason)


def reviewer_fits(facts: Facts) -> Ruling:
    fits = facts.proposal.person_id in facts.assignable
    reason = "Choose a member in term who is not on the team, has not stepped aside and is not a reviewer already."
    return allowed_if(fits, "reviewer_fits", reason)


def review_awaited(facts: Facts) -> Ruling:
    reason = "Choose a member who was asked for a review and has not sent it: a review that is in stays."
    return allowed_if(facts.proposal.person_id in facts.awaited, "review_awaited", reason)


def due_ahead(facts: Facts) -> Ruling:
    due = facts.proposal.due
    return allowed_if(due is not None and due >= facts.today, "due_ahead", "Enter a day from today on.")


def assigned(facts: Facts) -> Ruling:
    reason = "You were not asked for a review of this application. Ask the ethics officer."
    return allowed_if(facts.assigned, "assigned", reason)


def not_reviewed(facts: Facts) -> Ruling:
    reason = "Your review is in and stays as it is. Say at the meeting what you see differently now."
    return allowed_if(not facts.reviewed, "not_reviewed", reason)


def every_question_answered(facts: Facts) -> Ruling:
    left = [str(question.number) for question in facts.questions if not question.answered]
    reason = f"Not answered yet: question {', '.join(left)}. Answer each question, then send the response."
    return allowed_if(not left, "every_question_answered", reason)


def response_overdue(facts: Facts) -> Ruling:
    passed = facts.response_due is not None and facts.response_due < facts.today
    return allowed_if(passed, "response_overdue", "The time for a response has not passed.")


def conditions_given(facts: Facts) -> Ruling:
    return allowed_if(bool(facts.proposal.conditions), "conditions_given", "Enter at least one condition.")


def validity_given(facts: Facts) -> Ruling:
    start, end = facts.proposal.valid_from, facts.proposal.valid_to
    if start is None or end is None:
        return refused("validity_given", "Enter the dates from which and until which the opinion is valid.")
    if start < facts.today:
        return refused("validity_given", "An opinion cannot be valid before the day on which it is given.")
    return allowed_if(start <= end, "validity_given", "The opinion must not end before it begins.")


def not_required_from(facts: Facts) -> Ruling:
    """A determination holds from today; an end date is the officer's choice."""
    end = facts.proposal.valid_to
    return allowed_if(end is None or end >= facts.today, "not_required_from", "The end date has passed already.")


def later_end(facts: Facts) -> Ruling:
    """An extension ends later than the opinion does now."""
    end, now = facts.proposal.valid_to, facts.valid_to
    later = end is not None and (now is None or end > now)
    return allowed_if(later, "later_end", "Enter an end date after the present one.")


def condition_open(facts: Facts) -> Ruling:
    is_open = facts.condition is not None and facts.condition.satisfied_by == 0
    return allowed_if(is_open, "condition_open", "This condition has been answered already.")


def condition_answered(facts: Facts) -> Ruling:
    answered = facts.condition is not None and facts.condition.satisfied_by != 0 and not facts.condition.confirmed
    reason = "There is nothing to confirm: the condition has not been answered, or it is confirmed already."
    return allowed_if(answered, "condition_answered", reason)


def by_another_person(facts: Facts) -> Ruling:
    other = facts.condition is None or facts.condition.satisfied_by != facts.actor_id
    return allowed_if(other, "by_another_person", "Somebody other than the person who answered it must confirm it.")


def end_date_passed(facts: Facts) -> Ruling:
    passed = facts.valid_to is not None and facts.valid_to < facts.today
    return allowed_if(passed, "end_date_passed", "The opinion has not reached its end date.")


def end_date_ahead(facts: Facts) -> Ruling:
    reason = "The opinion's end date has passed, so it cannot be taken up again. Apply for a new one."
    return allowed_if(facts.valid_to is None or facts.valid_to >= facts.today, "end_date_ahead", reason)


def dated(facts: Facts) -> Ruling:
    """A report speaks of a day that has come."""
    on = facts.proposal.on
    if on is None:
        return refused("dated", "Enter the day on which it happened.")
    return allowed_if(on <= facts.today, "dated", "The day must not lie ahead.")


def safe_to_restart(facts: Facts) -> Ruling:
    """After a halt for safety the work goes on only as a substantial modification, approved since, says."""
    reason = "The work was halted for safety. A substantial modification must be approved before it restarts."
    return allowed_if(not facts.safety_halt or facts.changed_since_halt, "safe_to_restart", reason)


def awaiting_ratification(facts: Facts) -> Ruling:
    return allowed_if(facts.to_ratify, "awaiting_ratification", "There is nothing to ratify.")


def undo_not_asked(facts: Facts) -> Ruling:
    reason = "Somebody has asked for this already. Another person confirms it or leaves it."
    return allowed_if(facts.undo_asked_by is None, "undo_not_asked", reason)


def undo_asked(facts: Facts) -> Ruling:
    reason = "Nobody has asked to undo this decision. Ask first, with the reason."
    return allowed_if(facts.undo_asked_by is not None, "undo_asked", reason)


def by_a_second_person(facts: Facts) -> Ruling:
    reason = "You asked for this, so another person must confirm it."
    return allowed_if(facts.undo_asked_by != facts.actor_id, "by_a_second_person", reason)


def not_built_upon(facts: Facts) -> Ruling:
    reason = "A modification was approved on this decision, so it cannot be undone. Suspend or terminate the opinion."
    return allowed_if(not facts.built_upon, "not_built_upon", reason)


def not_followed(facts: Facts) -> Ruling:
    reason = "There is a later case in place of this one already. Go on with that one."
    return allowed_if(not facts.followed, "not_followed", reason)


def not_reported(facts: Facts) -> Ruling:
    return allowed_if(not facts.reported, "not_reported", "The final report has been given already.")


def new_applicant_fits(facts: Facts) -> Ruling:
    """A case is handed over within the project's team, to somebody who may do what the applicant does."""
    named = facts.proposal.person_id
    others = facts.successors - {facts.applicant_id}
    reason = "Choose another person of the project’s team who is a project lead."
    if not others:
        reason = (
            "Nobody else of the project’s team is a project lead, as an applicant must be. Add a project lead to the "
            "team, or ask an administrator to give one of the team that role; then hand the case over."
        )
    elif named in facts.team - facts.successors:
        reason = (
            "This person is no project lead, so they could not act as the applicant. Choose another, or ask an "
            "administrator to give them that role first."
        )
    return allowed_if(named in others, "new_applicant_fits", reason)


def opinion_was(opinion: State) -> Callable[[Facts], Ruling]:
    """The guard by which a case goes back to the opinion that it had, and to no other."""

    def guard(facts: Facts) -> Ruling:
        reason = f"The committee's decision was not “{PUBLIC_NAMES[opinion]}”."
        return allowed_if(facts.opinion is opinion, guard.__name__, reason)

    guard.__name__ = f"opinion_was_{opinion.value}"
    return guard
