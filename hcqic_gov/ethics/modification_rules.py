"""The life of a change of an approved study as a table of moves; what it shares with an application is the same row."""

from collections.abc import Mapping
from dataclasses import replace

from hcqic_gov.core.workflow import Move, Workflow
from hcqic_gov.ethics import guards as g
from hcqic_gov.ethics import modification_guards as c
from hcqic_gov.ethics.decision_rules import ON_CHANGES
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.rules import FROM_OUTSIDE, LEAD, OFFICER, WORKFLOW, workflow_named
from hcqic_gov.ethics.states import IN_COMMITTEE, CaseKind, ChangeClass, State

OPEN = (State.DRAFT, State.SUBMITTED, State.VALID, State.INFO_REQUESTED, *IN_COMMITTEE)
"""A change in one of these states holds the sections that it changes."""


def shared(name: str, *sources: State) -> Move[State, Facts]:
    """The application's row of this name, from these states."""
    return replace(WORKFLOW.move(name), sources=sources)


SENT = (
    g.by_the_applicant,
    c.something_changes,
    g.application_complete,
    c.study_changeable,
    c.sections_free,
    c.not_overtaken,
    c.class_settled,
)
"""What every change needs before it leaves the team's hands."""

WRITING: tuple[Move[State, Facts], ...] = (
    Move("edit_change", "change the change", (State.DRAFT,), None, (LEAD,), (g.by_the_applicant,)),
    shared("add_paper", State.DRAFT, State.INFO_REQUESTED),
    shared("remove_paper", State.DRAFT),
    Move(
        "ask_class",
        "ask for another class",
        (State.DRAFT,),
        None,
        (LEAD,),
        (g.by_the_applicant, c.something_changes, c.other_class, g.reason_given),
    ),
    Move(
        "confirm_class",
        "confirm the other class",
        (State.DRAFT,),
        None,
        (OFFICER,),
        (*FROM_OUTSIDE, c.class_asked, c.class_by_another),
    ),
    Move("decline_class", "decline the other class", (State.DRAFT,), None, (OFFICER,), (*FROM_OUTSIDE, c.class_asked)),
    Move(
        "record",
        "record the change",
        (State.DRAFT,),
        State.RECORDED,
        (LEAD,),
        (*SENT, c.class_is(ChangeClass.MINOR)),
    ),
    Move(
        "notify",
        "notify the committee of the change",
        (State.DRAFT,),
        State.NOTIFIED,
        (LEAD,),
        (*SENT, c.class_is(ChangeClass.IMPORTANT_DETAIL)),
    ),
    Move(
        "submit",
        "send the change for review",
        (State.DRAFT,),
        State.SUBMITTED,
        (LEAD,),
        (*SENT, c.class_is(ChangeClass.SUBSTANTIAL)),
    ),
)

REVIEWING: tuple[Move[State, Facts], ...] = (
    shared("withdraw", *OPEN),
    shared("hand_over", *OPEN),
    shared("validate", State.SUBMITTED),
    shared("mark_invalid", State.SUBMITTED),
    shared("allocate", State.VALID),
    shared("reschedule", *IN_COMMITTEE),
    shared("declare_interest", *IN_COMMITTEE),
    *(shared(name, *IN_COMMITTEE) for name in ("open_vote", "vote", "close_vote", "record_minute")),
    *ON_CHANGES,
    *(shared(name, State.INFO_REQUESTED) for name in ("answer", "respond", "lapse")),
    shared("ask_undo", State.NOT_APPROVED),
    replace(
        WORKFLOW.move("undo"),
        sources=(State.NOT_APPROVED,),
        guards=(*FROM_OUTSIDE, g.undo_asked, g.by_a_second_person, c.sections_free, c.not_overtaken),
    ),
)
"""A change that was approved is undone by the next change: the study may have gone on by it."""

MODIFICATION = workflow_named("modification", "The life of a change of an approved study", (*WRITING, *REVIEWING))

WORKFLOWS: Mapping[CaseKind, Workflow[State, Facts]] = {
    CaseKind.APPLICATION: WORKFLOW,
    CaseKind.MODIFICATION: MODIFICATION,
}


def workflow_of(kind: CaseKind) -> Workflow[State, Facts]:
    """The table by which a case of this kind goes."""
    return WORKFLOWS[kind]
