"""The guards that only a change of an approved study has, beside those of every ethics case."""

from collections.abc import Callable

from hcqic_gov.core.ruling import Ruling, allowed_if, refused
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.states import CHANGEABLE, CHANGING, PUBLIC_NAMES, ChangeClass, State


def study_is(states: tuple[State, ...], facts: Facts, code: str) -> Ruling:
    study = facts.alteration.study
    if study is None:
        return refused(code, "This changes no approved study.")
    reason = f"The approval that this changes is “{PUBLIC_NAMES[study]}” now, so it cannot be changed."
    return allowed_if(study in states, code, f"{reason} Apply for a new opinion, or ask the ethics officer.")


def study_changeable(facts: Facts) -> Ruling:
    """The study is approved, or halted: then a change may be what lets it restart."""
    return study_is(CHANGEABLE, facts, "study_changeable")


def study_changing(facts: Facts) -> Ruling:
    """A suspension that came meanwhile stops the work, not the committee's decision on the change."""
    return study_is(CHANGING, facts, "study_changing")


def something_changes(facts: Facts) -> Ruling:
    reason = "Nothing differs from what is approved. Change it first, or withdraw this."
    return allowed_if(facts.alteration.computed is not None, "something_changes", reason)


def sections_free(facts: Facts) -> Ruling:
    taken = ", ".join(facts.alteration.taken)
    reason = f"Another open change holds: {taken}. Wait for its end, or take these parts out of this one."
    return allowed_if(not facts.alteration.taken, "sections_free", reason)


def not_overtaken(facts: Facts) -> Ruling:
    changed = ", ".join(facts.alteration.overtaken)
    reason = f"Since this was begun, another change took effect in: {changed}. Begin again from what is approved now."
    return allowed_if(not facts.alteration.overtaken, "not_overtaken", reason)


def class_settled(facts: Facts) -> Ruling:
    settled = facts.alteration.asked is None or facts.alteration.confirmed
    reason = "You asked for another class. Wait for the ethics officer’s answer, or save the change again to drop it."
    return allowed_if(settled, "class_settled", reason)


def other_class(facts: Facts) -> Ruling:
    asked = facts.proposal.change_class
    reason = "Choose another class than the one that the policy gives."
    return allowed_if(asked is not None and asked is not facts.alteration.computed, "other_class", reason)


def class_asked(facts: Facts) -> Ruling:
    open_request = facts.alteration.asked is not None and not facts.alteration.confirmed
    return allowed_if(open_request, "class_asked", "Nobody is waiting for an answer about the class of this change.")


def class_by_another(facts: Facts) -> Ruling:
    reason = "You asked for this class, so another person must confirm it."
    return allowed_if(facts.alteration.asked_by != facts.actor_id, "class_by_another", reason)


def class_is(wanted: ChangeClass) -> Callable[[Facts], Ruling]:
    """The guard of the way on for changes of this class, and of no other."""

    def guard(facts: Facts) -> Ruling:
        reason = f"This is not the way for a change of its class. Go back to the case for the right one ({wanted})."
        return allowed_if(facts.alteration.change_class is wanted, guard.__name__, reason)

    guard.__name__ = f"class_is_{wanted.value}"
    return guard
