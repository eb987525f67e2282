"""What an opinion covers, and whether the work that somebody wants to do lies within it."""

from dataclasses import dataclass

from hcqic_gov.core.ruling import ALLOWED, Ruling, first_refusal, refused
from hcqic_gov.ethics.states import METHOD_LABELS, PURPOSE_LABELS, Method, Purpose
from hcqic_gov.projects.rules import DataClass, label


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
