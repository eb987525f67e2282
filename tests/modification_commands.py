"""Commands of changes of approved studies by anybody, judged by the second account: for proofs."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hcqic_gov.committee.rules import MeetingKind
from hcqic_gov.core.actor import Actor
from hcqic_gov.ethics import modifications, writing
from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.modifications import Amendment
from hcqic_gov.ethics.papers import PaperKind
from hcqic_gov.ethics.states import Method, Purpose
from tests.ethics_commands import Commands
from tests.ethics_model import Row
from tests.ethics_steps import APPLICATION
from tests.modification_model import (
    CURRENT_PAPERS,
    WAY,
    class_of,
    not_sendable,
    study_of,
    took_effect,
    versions,
)

PARTS = ("title", "fewer", "more", "purpose", "later", "earlier")
PAPERS = ("new_protocol", "assessment", "poster", "take_out", "put_back")
AS_A_CHANGE = {"favourable": "approve", "favourable_conditions": "approve", "unfavourable": "not_approve"}


class Changes(Commands):
    """Commands on the changes among the cases."""

    files: int = 0

    def is_change(self, reference: str) -> bool:
        return bool(self.raw.case(reference)["kind"] == "modification")

    def choice_for(self, reference: str, choice: str) -> str:
        """A decision on an application as one on a change, where the case is one."""
        return AS_A_CHANGE.get(choice, choice) if self.is_change(reference) else choice

    # --- what must not happen, and what must be left behind

    def permitted(self, case: Row, name: str, actor: Actor) -> str:
        if case["kind"] != "modification":
            built_upon = name == "undo" and len(versions(self.raw, case)) > 1
            return "built upon" if built_upon else super().permitted(case, name, actor)
        if name in WAY.values():
            return not_sendable(self.raw, case, name, actor.id)
        if name in ("confirm_class", "decline_class"):
            if actor.id in self.raw.team(case) or not case["class_asked"]:
                return "on the team, or nothing was asked"
            return "no second person" if name == "confirm_class" and case["class_asked_by"] == actor.id else ""
        study = study_of(self.raw, case)
        changing = ("favourable", "favourable_conditions", "halted", "suspended")
        if name == "approve" and study["state"] not in changing:
            return "the study is not approved"
        return super().permitted(case, name, actor)

    def entries_of(self, case: Row, name: str) -> int:
        """What takes effect is entered with the change and with its study."""
        return 2 if case["kind"] == "modification" and name in ("record", "notify", "approve") else 1

    def follow(self, reference: str, name: str, actor: Actor, entered: dict[str, Any]) -> None:
        super().follow(reference, name, actor, entered)
        case = self.raw.case(reference)
        if self.entries_of(case, name) == 2:
            before = versions(self.raw, study_of(self.raw, case))[-2]["content"]
            assert took_effect(self.raw, case, before), f"{reference} took effect otherwise"

    # --- commands

    def begin_change(self, study: str, who: str, parts: list[str]) -> str:
        """The reference of a new change; "" where it was refused."""
        row = self.raw.case(study)
        made = self.attempt(
            f"{who} begins to change {study}: {parts}",
            lambda session: modifications.begin(
                session, study, amendment(row, parts), seen=row["version"], actor=self.world[who], now=self.world.now
            ),
        )
        if not made:
            return ""
        assert self.world[who].id in self.raw.team(row), "somebody from outside changes the study"
        self.cases.append(made.reference)
        return str(made.reference)

    def edit_change(self, reference: str, who: str, parts: list[str]) -> None:
        row = self.raw.case(reference)
        entered = amendment(row, parts)
        made = self.attempt(
            f"{who} edits {reference}: {parts}",
            lambda session: modifications.edit(
                session, reference, entered, seen=row["version"], actor=self.world[who], now=self.world.now
            ),
        )
        assert not made or row["applicant_id"] == self.world[who].id, "another than the applicant edits"

    def change_papers(self, reference: str, who: str, what: str) -> None:
        """A document in, out or back; the applicant's, while the case is a draft or answers a request."""
        case, actor = self.raw.case(reference), self.world[who]
        rows = self.raw.rows(CURRENT_PAPERS, case["id"])
        gone = self.raw.rows("SELECT id FROM ethics_paper WHERE case_id = ? AND withdrawn_in IS NOT NULL", case["id"])
        made = None
        if what in ("take_out", "put_back"):
            found = rows if what == "take_out" else gone
            act = writing.remove_paper if what == "take_out" else writing.put_back
            if found:
                key = found[-1]["id"]
                call = lambda session: act(session, reference, key, actor=actor, now=self.world.now)  # noqa: E731
                made = self.attempt(f"{who} {what} in {reference}", call)
        else:
            made = self.put_in(reference, actor, what, rows)
        assert not made or case["applicant_id"] == actor.id, "another than the applicant changes documents"
        assert not made or case["state"] in ("draft", "info_requested"), "documents change when nobody may"

    def put_in(self, reference: str, actor: Actor, what: str, rows: list[Row]) -> Any:
        self.files += 1
        kind = {"assessment": PaperKind.DPIA, "poster": PaperKind.OTHER}.get(what, PaperKind.PROTOCOL)
        there = next((row["id"] for row in rows if row["kind"] == kind.value), None)
        data = b"%PDF-1.4 number " + str(self.files).encode()
        return self.attempt(
            f"{actor.name} puts {what} into {reference}",
            lambda session: writing.add_paper(
                session,
                reference,
                data,
                filename="new.pdf",
                kind=kind,
                replaces=there,
                actor=actor,
                now=self.world.now,
            ),
            entries=2,  # the bytes, and the document
        )

    def bring_change_to(self, reference: str, stage: int) -> None:
        """0 a draft, 1 sent the way of its class, 2 before a meeting, 3 with the vote open, 4 and on: decided."""
        case = self.raw.case(reference)
        lead, way = self.name_of(case["applicant_id"]), WAY.get(class_of(self.raw, case), "submit")
        if stage < 1 or not self.move(reference, way, lead) or way != "submit":
            return
        if stage >= 2:
            self.before_a_meeting(reference)
        if stage >= 3:
            self.move(reference, "open_vote", "chair")
        if stage >= 4:
            choice = ("approve", "not_approve", "request_information")[(stage - 4) % 3]
            self.vote_all(reference, choice)
            self.decide(reference, choice, "chair", 200, "committee_lay")

    def before_a_meeting(self, reference: str) -> None:
        self.move(reference, "validate", "ethics_officer")
        self.plan(0, MeetingKind.FULL)
        self.put(reference, "allocate", "ethics_officer", self.meetings[-1])
        self.hold(reference)


def amendment(row: Row, parts: list[str]) -> Amendment:
    """What the row of a case says, with these parts made otherwise."""
    methods = [Method(name) for name in json.loads(row["methods"])]
    purposes = [Purpose(name) for name in json.loads(row["purposes"])]
    end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    if "fewer" in parts:
        methods = methods[:1]
    if "more" in parts:
        methods = [*dict.fromkeys((*methods, Method.AI))]
    if "purpose" in parts:
        other = Purpose.EDUCATION
        purposes = [one for one in purposes if one is not other] if other in purposes else [*purposes, other]
    if end and {"later", "earlier"} & set(parts):
        end += timedelta(days=30 if "later" in parts else -10)
    application: Application = replace(
        APPLICATION,
        title=row["title"] + (" again" if "title" in parts else ""),
        lay_summary=row["lay_summary"],
        methods=tuple(methods),
        purposes=tuple(purposes),
    )
    return Amendment(application, end, "It asks for it.")
