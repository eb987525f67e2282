"""What an opinion covers, what each case of a project allows at one moment, and whether this work may run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, first_refusal, refused
from hcqic_gov.ethics.states import (
    IN_FORCE,
    METHOD_LABELS,
    PUBLIC_NAMES,
    PURPOSE_LABELS,
    UNDECIDED,
    Method,
    Purpose,
    State,
)
from hcqic_gov.projects.rules import DataClass, label

ADVICE = {
    State.HALTED: "Ask the ethics officer to restart it once the reason is dealt with.",
    State.SUSPENDED: "Ask the chair what is needed to lift the suspension.",
    State.TERMINATED: "The work must stop; a new application may be made.",
    State.EXPIRED: "Apply for a new opinion.",
    State.CLOSED: "The end of the study was declared; apply for a new opinion to go on.",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What one piece of work does: on which data, for which purpose, by which method."""

    data_class: DataClass
    purpose: Purpose
    method: Method


@dataclass(frozen=True, slots=True)
class Approved:
    """What a case approved: data no more sensitive than this class, for these purposes, by these methods."""

    reference: str
    data_class: DataClass
    purposes: frozenset[Purpose]
    methods: frozenset[Method]


def no_more_sensitive(this: DataClass, than: DataClass) -> bool:
    """`DataClass` is ordered from the least to the most sensitive."""
    order = list(DataClass)
    return order.index(this) <= order.index(than)


def within(scope: Scope, approved: Approved) -> Ruling:
    """Does the work lie within what was approved?"""
    ask = "Change the work, or ask the committee for a new opinion."
    checks = (
        (no_more_sensitive(scope.data_class, approved.data_class), "data_class_approved", label(scope.data_class)),
        (scope.purpose in approved.purposes, "purpose_approved", PURPOSE_LABELS[scope.purpose]),
        (scope.method in approved.methods, "method_approved", METHOD_LABELS[scope.method]),
    )
    return first_refusal(
        ALLOWED if holds else refused(code, f"{approved.reference} does not cover “{words}”. {ask}")
        for holds, code, words in checks
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """One case at one moment. `unconfirmed` counts the pre-start conditions that nobody has confirmed."""

    reference: str
    state: State
    valid_from: date | None
    valid_to: date | None
    unconfirmed: int
    approved: Approved | None
    version: int = 0


def in_force(standing: Standing, day: date) -> Ruling:
    """Does this case allow any work on this day?"""
    name, state = standing.reference, standing.state
    if state not in IN_FORCE:
        wait = "The work may start once the committee has given a favourable opinion."
        advice = wait if state in UNDECIDED else ADVICE.get(state, "It allows no work; a new application may be made.")
        return refused(state.value, f"{name} is “{PUBLIC_NAMES[state]}”. {advice}")
    return first_refusal(
        (
            started(standing, day),
            not_ended(standing, day),
            allowed_if(
                standing.unconfirmed == 0,
                "pre_start_conditions",
                f"{name} has {standing.unconfirmed} pre-start condition(s) that nobody has confirmed. "
                "Say how they are met and ask the ethics officer to confirm it.",
            ),
        )
    )


def started(standing: Standing, day: date) -> Ruling:
    start = standing.valid_from
    reason = f"{standing.reference} is valid from {start:%-d %B %Y} only." if start else ""
    return allowed_if(start is None or start <= day, "not_yet_valid", reason)


def not_ended(standing: Standing, day: date) -> Ruling:
    end = standing.valid_to
    reason = f"{standing.reference} was valid until {end:%-d %B %Y}. Apply for a new opinion." if end else ""
    return allowed_if(end is None or day <= end, "expired", reason)


def covers(standing: Standing, scope: Scope, day: date) -> Ruling:
    """Does this case allow this work on this day?"""
    force = in_force(standing, day)
    if not force.allowed:
        return force
    if standing.approved is None:
        reason = f"{standing.reference} has no approved version: its decision was undone. Apply again."
        return refused("no_approved_version", reason)
    return within(scope, standing.approved)


def execution(standings: Sequence[Standing], scope: Scope, day: date) -> Ruling:
    """One case allows it, and none stops it. `standings` begin with the case decided (or begun) last.

    A halted or suspended case stops the whole project; a terminated one stops it until a later decision allows it.
    """
    held_up = [s for s in standings if s.state in (State.HALTED, State.SUSPENDED)]
    if held_up:
        return in_force(held_up[0], day)
    refusals = []
    for standing in standings:
        ruling = covers(standing, scope, day)
        if ruling.allowed or standing.state is State.TERMINATED:
            return ruling
        refusals.append((standing.state not in IN_FORCE, ruling))
    if not refusals:
        return refused("no_opinion", "This project has no ethics application. Apply to the committee first.")
    return min(refusals, key=lambda refusal: refusal[0])[1]


def current(standings: Sequence[Standing], day: date) -> Standing | None:
    """The case under which work may go on, if any: the one that was decided last."""
    return next((standing for standing in standings if in_force(standing, day) == ALLOWED), None)
