"""A second account of the ethics register for proofs: read from raw rows, with no call of the code that is proved."""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]
IN_FORCE = ("favourable", "favourable_conditions", "not_required")
DECISIONS = ("favourable", "favourable_conditions", "unfavourable", "request_information", "ask_again", "no_opinion")
DECIDING = (*DECISIONS, "approve", "not_approve")
"""With those on a change of an approved study."""


@dataclass
class Raw:
    """The tables as they lie in the file, read over a connection of its own."""

    connection: sqlite3.Connection

    @classmethod
    def of(cls, url: str) -> "Raw":
        connection = sqlite3.connect(Path(sa.make_url(url).database or ""), isolation_level=None)
        connection.row_factory = sqlite3.Row
        return cls(connection)

    def rows(self, statement: str, *values: object) -> list[Row]:
        return [dict(row) for row in self.connection.execute(statement, values)]

    def one(self, statement: str, *values: object) -> Row:
        return self.rows(statement, *values)[0]

    def head(self) -> int:
        return int(self.one("SELECT number FROM audit_head")["number"])

    def case(self, reference: str) -> Row:
        return self.one("SELECT * FROM ethics_case WHERE reference = ?", reference)

    def team(self, case: Row) -> set[int]:
        lead = self.one("SELECT lead_id FROM project WHERE id = ?", case["project_id"])["lead_id"]
        members = self.rows("SELECT person_id FROM team_member WHERE project_id = ?", case["project_id"])
        return {lead, case["applicant_id"], *(row["person_id"] for row in members)}

    def in_term(self, committee: int | None, day: date) -> set[int]:
        rows = self.rows("SELECT * FROM committee_member WHERE committee_id = ?", committee)
        today = day.isoformat()
        return {
            row["person_id"]
            for row in rows
            if row["term_from"] <= today <= row["term_to"] and (row["ended_on"] is None or today <= row["ended_on"])
        }

    def counting(self, case: Row, day: date) -> list[Row]:
        """The attendance of those who count: present, in term, declared, not stepped aside, not on the team."""
        said = {
            row["person_id"]: row["interest"]
            for row in self.rows("SELECT * FROM ethics_interest WHERE case_id = ?", case["id"])
        }
        serving, team = self.in_term(case["committee_id"], day), self.team(case)
        return [
            row
            for row in self.rows("SELECT * FROM meeting_attendance WHERE meeting_id = ?", case["meeting_id"])
            if said.get(row["person_id"]) in ("none", "declared")
            and row["person_id"] in serving
            and row["person_id"] not in team
        ]

    def meeting_state(self, case: Row) -> str:
        found = self.rows("SELECT state FROM meeting WHERE id = ?", case["meeting_id"])
        return str(found[0]["state"]) if found else ""

    def quorum_terms(self, case: Row) -> Row:
        terms = json.loads(case["pack_terms"])
        of_changes = (terms["modification"] or {}).get("quorum") or terms["tracks"]["full"]["quorum"]
        found: Row = of_changes if case["kind"] == "modification" else terms["tracks"][case["track"]]["quorum"]
        return found

    def quorate(self, case: Row, day: date) -> bool:
        if case["meeting_id"] is None or self.meeting_state(case) != "open":
            return False
        seats, terms = self.counting(case, day), self.quorum_terms(case)
        lay = [row for row in seats if row["kind"] != "expert"]
        chairs = [row for row in seats if row["presiding"]]
        return (
            len(seats) >= terms["members"]
            and len(lay) >= terms["lay"]
            and len(seats) - len(lay) >= terms["expert"]
            and (bool(chairs) or not terms["chair"])
        )

    def carried(self, case: Row, decision: str, day: date) -> bool:
        """By the votes of those who count, and of nobody else."""
        seats = {row["person_id"]: row for row in self.counting(case, day)}
        votes = {
            row["person_id"]: row["choice"]
            for row in self.rows("SELECT * FROM ethics_vote WHERE case_id = ?", case["id"])
            if row["person_id"] in seats
        }
        tally = Counter(choice for choice in votes.values() if choice != "abstain")
        ayes, others = tally[decision], sum(tally.values()) - tally[decision]
        presiding = next((number for number, row in seats.items() if row["presiding"]), None)
        casting = bool(json.loads(case["pack_terms"])["casting_vote"])
        tie_broken = ayes == others > 0 and casting and votes.get(presiding or 0) == decision
        return len(votes) >= self.quorum_terms(case)["members"] and (ayes > others or tie_broken)

    def may_run(self, project: int, scope: tuple[str, str], day: date) -> bool:
        """For a project of synthetic data, which needs no approval by others. `scope` is (purpose, method)."""
        cases = self.rows("SELECT * FROM ethics_case WHERE project_id = ?", project)
        if any(case["state"] in ("halted", "suspended") for case in cases):
            return False
        latest = sorted(cases, key=lambda case: (case["decided_at"] or "", case["id"]), reverse=True)
        for case in latest:
            if case["state"] == "terminated":
                return False
            if case["state"] in IN_FORCE and self.allows(case, scope, day.isoformat()):
                return True
        return False

    def allows(self, case: Row, scope: tuple[str, str], today: str) -> bool:
        open_conditions = self.rows(
            "SELECT id FROM ethics_condition WHERE case_id = ? AND pre_start AND confirmed_by IS NULL", case["id"]
        )
        begun = case["valid_from"] <= today and (case["valid_to"] is None or today <= case["valid_to"])
        approved = self.rows(
            "SELECT content FROM ethics_version WHERE case_id = ? AND effective_from IS NOT NULL ORDER BY number DESC",
            case["id"],
        )
        content = json.loads(approved[0]["content"])
        within = scope[0] in content["purposes"] and scope[1] in content["methods"]
        return bool(begun and within and not open_conditions)


def days_in(start: date, end: date) -> set[date]:
    """The days that count: those after the first, up to and with the last."""
    return {start + timedelta(days=number) for number in range(1, (end - start).days + 1)}
