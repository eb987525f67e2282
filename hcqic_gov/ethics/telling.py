"""Who is told what after each move of a case: a table, and one function that goes by it."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, select

from hcqic_gov.committee.queries import members
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.gate import team_of
from hcqic_gov.ethics.models import EthicsCase, EthicsInterest
from hcqic_gov.ethics.states import APPROVED, IN_FORCE, Interest
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.people.queries import with_role
from hcqic_gov.people.rules import Role


class Audience(StrEnum):
    """Whom a row speaks of; of the committee's office only those outside the project who did not step aside."""

    APPLICANT = "applicant"
    TEAM = "team"
    SPONSOR = "sponsor"
    OFFICERS = "officers"
    CHAIR = "chair"
    MEMBERS = "members"
    DELEGATE = "delegate"
    REVIEWER = "reviewer"


APPLICANT, TEAM, SPONSOR = (Audience.APPLICANT,), (Audience.TEAM,), (Audience.SPONSOR,)
OFFICERS, CHAIR, MEMBERS = (Audience.OFFICERS,), (Audience.CHAIR,), (Audience.MEMBERS,)
OFFICE = (*OFFICERS, *CHAIR)
NOBODY: tuple[Audience, ...] = ()

ROLES = {Audience.SPONSOR: Role.SPONSOR, Audience.OFFICERS: Role.ETHICS_OFFICER, Audience.CHAIR: Role.CHAIR}


@dataclass(frozen=True, slots=True)
class Telling:
    """One row: after this move, these are told `what` (behind the reference, as the subject) in these `words`.

    Where nobody is told, `words` say why. Words name no outcome, no reason and no person: they go out by e-mail.
    """

    move: str
    to: tuple[Audience, ...]
    what: str
    words: str


def again(move: str, to: tuple[Audience, ...]) -> Telling:
    return Telling(
        move, to, "work may go on", "What stopped the work has ended: it may go on. Sign in to see from when."
    )


TELLINGS: tuple[Telling, ...] = (
    Telling("apply", NOBODY, "", "A draft concerns nobody but the applicant."),
    Telling("edit", NOBODY, "", "A draft concerns nobody but the applicant."),
    Telling(
        "send_to_sponsor",
        SPONSOR,
        "waits for your authorisation",
        "An application to the ethics committee was sent to you. Authorise it, or send it back with your reason.",
    ),
    Telling(
        "authorise",
        OFFICERS,
        "waits to be validated",
        "The sponsor’s representative authorised this application and submitted it. Check whether it is valid.",
    ),
    Telling(
        "authorise",
        TEAM,
        "submitted",
        "The sponsor’s representative authorised your application and submitted it. The ethics officer checks it next.",
    ),
    Telling(
        "send_back",
        APPLICANT,
        "sent back to you",
        "The sponsor’s representative sent your application back. Sign in to see why, change it and send it again.",
    ),
    Telling(
        "validate",
        TEAM,
        "found valid",
        "The ethics officer found your application valid. It goes to the committee next.",
    ),
    Telling(
        "mark_invalid",
        TEAM,
        "cannot go on",
        "The ethics officer checked your application, and it cannot go on as it is. Sign in to see why.",
    ),
    Telling("not_required", TEAM, "decided", "The ethics officer decided on your application. Sign in to read it."),
    Telling(
        "allocate",
        MEMBERS,
        "waits for your declaration",
        "An application was given to the committee. Declare your interests: then you see its papers.",
    ),
    Telling("allocate", TEAM, "with the committee", "Your application was given to the committee, which reviews it."),
    Telling("add_paper", NOBODY, "", "The committee hears of new documents with the response."),
    Telling("remove_paper", NOBODY, "", "A draft concerns nobody but the applicant."),
    Telling(
        "assign_reviewer",
        (Audience.REVIEWER,),
        "waits for your review",
        "You are asked to review an application. Declare your interests, then sign in to write your review.",
    ),
    Telling(
        "release_reviewer",
        (Audience.REVIEWER,),
        "your review is not needed any more",
        "The ethics officer took you off the reviews of this application. You need not write one.",
    ),
    Telling("submit_review", NOBODY, "", "Reviews are blind until one's own is in."),
    Telling("declare_interest", NOBODY, "", "The committee's office sees declarations on the case."),
    Telling(
        "reschedule",
        MEMBERS,
        "is on another agenda",
        "The case was put on the agenda of another meeting. Declare your interests if you have not.",
    ),
    Telling("open_vote", NOBODY, "", "Who votes is at the meeting, or has the case among their tasks."),
    Telling("close_vote", NOBODY, "", "The decision follows."),
    Telling("record_minute", NOBODY, "", "The minutes are confirmed by the chair."),
    Telling(
        "request_information",
        (*TEAM, *SPONSOR),
        "information is asked for",
        "The committee gave a provisional opinion and asks questions. Sign in to answer each of them.",
    ),
    Telling(
        "ask_again",
        TEAM,
        "questions are asked again",
        "The committee asks some of its questions again. Sign in to answer them.",
    ),
    Telling(
        "no_opinion",
        OFFICERS,
        "waits for a full meeting",
        "The sub-committee gave no opinion. Give the application to a full meeting of the committee.",
    ),
    Telling(
        "no_opinion",
        TEAM,
        "goes to the full committee",
        "The sub-committee sent your application to the full committee, which reviews it next.",
    ),
    Telling("answer", NOBODY, "", "The committee hears of the answers once the response is sent."),
    Telling(
        "respond",
        (*OFFICE, Audience.DELEGATE),
        "a response has come",
        "The team sent its response to the committee’s questions. Sign in to go on with the case.",
    ),
    Telling(
        "lapse",
        (*TEAM, *OFFICE, *SPONSOR),
        "has lapsed",
        "No response came in time, so the application has lapsed. The team can copy it as a new one.",
    ),
    Telling(
        "ask_undo",
        OFFICE,
        "a second person is asked for",
        "Somebody asks that the decision on this case be undone. Another person confirms it or leaves it.",
    ),
    *(
        Telling(
            move,
            (*TEAM, *OFFICE, *SPONSOR),
            "the decision is undone",
            "The decision on this case was undone, so no work under it may go on. Sign in to see why.",
        )
        for move in ("undo", "undo_determination")
    ),
    Telling("hand_over", (*TEAM, *OFFICE), "handed over", "Another person of the project’s team is the applicant now."),
    Telling("copy_as_new", NOBODY, "", "A draft concerns nobody but the applicant."),
    Telling("appeal", OFFICE, "is appealed against", "The applicant begins an appeal against the opinion."),
    Telling(
        "extend", (*TEAM, *OFFICERS, *SPONSOR), "extended", "The opinion holds longer now. Sign in to see how long."
    ),
    Telling("ratify", (*TEAM, *OFFICE), "the suspension is ratified", "The committee ratified the suspension."),
    Telling("final_report", OFFICE, "the final report is in", "The team gave its final report. Sign in to read it."),
    Telling("vote", NOBODY, "", "Votes are blind until one's own is in."),
    *(
        Telling(move, (*TEAM, *OFFICERS, *SPONSOR), "decided", "The committee decided. Sign in to read its letter.")
        for move in ("favourable", "favourable_conditions", "unfavourable")
    ),
    Telling(
        "satisfy_condition",
        OFFICE,
        "a condition waits to be confirmed",
        "The team said how a condition is met. Confirm it once you are satisfied.",
    ),
    Telling("confirm_condition", TEAM, "a condition is confirmed", "A condition of your opinion is confirmed as met."),
    Telling("withdraw", (*OFFICE, *MEMBERS), "withdrawn", "The applicant withdrew. Nothing remains for you to do."),
    Telling("withdraw", TEAM, "withdrawn", "The applicant withdrew your project’s application."),
    Telling("halt", OFFICE, "work is halted", "The team halted its work. Sign in to see why, and what is to be done."),
    Telling("halt", TEAM, "work is halted", "Work under this opinion is halted: run nothing until it is restarted."),
    *(again(f"restart_{opinion.value}", (*TEAM, *CHAIR)) for opinion in APPROVED),
    Telling(
        "suspend",
        (*TEAM, *OFFICERS, *SPONSOR),
        "the opinion is suspended",
        "The opinion is suspended: no work under it may go on. Sign in to see why.",
    ),
    *(again(f"lift_{opinion.value}", (*TEAM, *OFFICERS, *SPONSOR)) for opinion in IN_FORCE),
    Telling(
        "terminate",
        (*TEAM, *OFFICERS, *SPONSOR),
        "the opinion is terminated",
        "The opinion is terminated: no work under it may go on. Sign in to see why.",
    ),
    Telling(
        "expire",
        (*TEAM, *OFFICERS),
        "the opinion has expired",
        "The opinion reached its end date: no work under it may go on. Apply again if you need more time.",
    ),
    Telling(
        "close", OFFICE, "the study has ended", "The team declared the end of its study. Nothing waits for you now."
    ),
    *(Telling(move, NOBODY, "", "A draft concerns nobody but the applicant.") for move in ("modify", "edit_change")),
    Telling(
        "ask_class",
        OFFICERS,
        "another class is asked for",
        "The applicant asks that a change of a study counts as another class. Confirm it or decline it.",
    ),
    *(
        Telling(move, APPLICANT, "your question is answered", "The ethics officer answered which class the change has.")
        for move in ("confirm_class", "decline_class")
    ),
    Telling("record", NOBODY, "", "A minor change is on record; the team hears of its new version."),
    Telling(
        "notify",
        (*OFFICE, *MEMBERS),
        "an important detail has changed",
        "The team changed an important detail of its study: it is in effect. Sign in to see what changed.",
    ),
    Telling(
        "submit",
        OFFICERS,
        "waits to be validated",
        "A change of a study was sent for review. Check whether it is valid.",
    ),
    *(
        Telling(move, (*TEAM, *OFFICERS, *SPONSOR), "decided", "The committee decided. Sign in to read its letter.")
        for move in ("approve", "not_approve")
    ),
    Telling(
        "modified",
        (*TEAM, *OFFICERS),
        "a new version is in effect",
        "A change of this study took effect. Sign in to see what holds from now on.",
    ),
)
"""A row for each move and audience; a person in two rows of one move is told by the first."""


def tell(
    session: Session, case: EthicsCase, move_name: str, *, reviewer: int | None = None, actor: Actor, now: datetime
) -> None:
    """Tell whom the table names of this move, once it is committed; never the person who made it.

    `reviewer` is the member whose review the move is about.
    """
    told: frozenset[int] = frozenset()
    for row in TELLINGS:
        if row.move != move_name or not row.to:
            continue
        reviewers = {reviewer} if reviewer and Audience.REVIEWER in row.to else set()
        wanted = people_of(session, case, row.to, reviewers, day=london_day(now)) - told
        told |= wanted
        subject, about = f"{case.reference}: {row.what}", About("ethics_case", case.reference)
        notify(session, wanted, subject=subject, body=row.words, about=about, actor=actor, now=now)


def people_of(
    session: Session, case: EthicsCase, audiences: tuple[Audience, ...], reviewers: Set[int] = frozenset(), *, day: date
) -> frozenset[int]:
    """The numbers of these people for this case, on this day."""
    team = team_of(session, case)
    outside = frozenset(number for audience in audiences for number in office(session, case, audience, day))
    inside = team if Audience.TEAM in audiences else frozenset(applicants(case, audiences))
    return inside | ((outside | reviewers) - team - recused(session, case))


def applicants(case: EthicsCase, audiences: tuple[Audience, ...]) -> Iterator[int]:
    if Audience.APPLICANT in audiences:
        yield case.applicant_id


def office(session: Session, case: EthicsCase, audience: Audience, day: date) -> Iterator[int]:
    """Who judges: nobody of them hears of a draft, and no member of a case that the committee never had."""
    if audience is Audience.MEMBERS and case.committee_id is not None:
        yield from (member.person_id for member in members(session, day, committee_id=case.committee_id))
    if audience is Audience.DELEGATE and case.delegate_id is not None:
        yield case.delegate_id
    asked = case.submitted_at is not None or case.class_asked_by is not None
    if audience in ROLES and (asked or audience is Audience.SPONSOR):
        yield from (number for number, _name in with_role(session, ROLES[audience]))


def recused(session: Session, case: EthicsCase) -> frozenset[int]:
    statement = select(EthicsInterest.person_id).where(
        EthicsInterest.case_id == case.key, EthicsInterest.interest == Interest.RECUSED
    )
    return frozenset(session.exec(statement))
