"""A second account of changes of approved studies, read from raw rows: what differs, which class that has."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.ethics_model import Raw, Row

MINOR, IMPORTANT, SUBSTANTIAL = "minor", "important_detail", "substantial"
ORDER = (MINOR, IMPORTANT, SUBSTANTIAL)
CLASS_OF_PAPER = {"dpia": IMPORTANT}
WAY = {MINOR: "record", IMPORTANT: "notify", SUBSTANTIAL: "submit"}
OPEN = ("draft", "submitted", "valid", "in_review", "info_requested", "response_received")
IN_EFFECT = ("recorded", "notified", "approved")
CHANGEABLE = ("favourable", "favourable_conditions", "halted")
CURRENT_PAPERS = """
    SELECT paper.*, document.sha256 FROM ethics_paper AS paper JOIN document ON document.id = paper.document_id
    WHERE paper.case_id = ? AND paper.withdrawn_in IS NULL
    AND paper.id NOT IN (SELECT replaces_id FROM ethics_paper WHERE replaces_id IS NOT NULL)
"""
Papers = Mapping[tuple[str, str], tuple[int, str]]


def papers_now(raw: Raw, case: Row) -> Papers:
    """Version and hash by kind and title."""
    rows = raw.rows(CURRENT_PAPERS, case["id"])
    return {(row["kind"], row["title"]): (row["number"], row["sha256"]) for row in rows}


def papers_in(content: Row) -> Papers:
    return {(one["kind"], one["title"]): (one["version"], one["sha256"]) for one in content["papers"]}


def versions(raw: Raw, study: Row) -> list[Row]:
    """Those in effect, the oldest first, their content read."""
    rows = raw.rows(
        "SELECT * FROM ethics_version WHERE case_id = ? AND effective_from IS NOT NULL ORDER BY number", study["id"]
    )
    return [{**row, "content": json.loads(row["content"])} for row in rows]


def study_of(raw: Raw, change: Row) -> Row:
    return raw.one("SELECT * FROM ethics_case WHERE id = ?", change["parent_id"])


def base_of(raw: Raw, change: Row) -> Row:
    row = raw.one(
        "SELECT content FROM ethics_version WHERE case_id = ? AND number = ?",
        change["parent_id"],
        change["base_version"],
    )
    content: Row = json.loads(row["content"])
    return content


def differing(raw: Raw, change: Row) -> dict[str, str]:
    """The class of each part that differs from what the change was begun on."""
    base = base_of(raw, change)
    before, after = papers_in(base), papers_now(raw, change)
    kinds = {name[0] for name in {*before, *after} if before.get(name) != after.get(name)}
    return {
        **{name: MINOR for name in ("title", "lay_summary") if base[name] != change[name]},
        **dict(lists(base, change)),
        **dict(end(change)),
        **{f"papers:{kind}": CLASS_OF_PAPER.get(kind, SUBSTANTIAL) for kind in kinds},
    }


def lists(base: Row, change: Row) -> Iterator[tuple[str, str]]:
    for name in ("purposes", "methods"):
        old, new = set(base[name]), set(json.loads(change[name]))
        if old != new:
            yield name, SUBSTANTIAL if new - old else IMPORTANT


def end(change: Row) -> Iterator[tuple[str, str]]:
    old, new = change["base_valid_to"], change["valid_to"]
    if old != new:
        yield "valid_to", IMPORTANT if new and (not old or new < old) else SUBSTANTIAL


def class_of(raw: Raw, change: Row) -> str:
    """The highest, or the other one that was asked for and confirmed; "" where nothing differs."""
    found = max(differing(raw, change).values(), key=ORDER.index, default="")
    return str(change["class_asked"]) if found and change["class_confirmed_by"] else found


def not_sendable(raw: Raw, change: Row, name: str, actor_id: int) -> str:
    """Why a change must not leave the team's hands this way; "" where it may."""
    if change["applicant_id"] != actor_id:
        return "not the applicant"
    if study_of(raw, change)["state"] not in CHANGEABLE:
        return "the study cannot be changed"
    if change["class_asked"] and not change["class_confirmed_by"]:
        return "the class is not settled"
    return "" if WAY.get(class_of(raw, change)) == name else "another class"


def changes_hold_no_section_twice(raw: Raw) -> bool:
    held: set[tuple[int, str]] = set()
    for change in raw.rows("SELECT * FROM ethics_case WHERE kind = 'modification'"):
        if change["state"] in OPEN:
            for part in differing(raw, change):
                if (change["parent_id"], part) in held:
                    return False
                held.add((change["parent_id"], part))
    return True


def study_is_its_newest_version(raw: Raw, study: Row) -> bool:
    """The columns and documents of a study are those of the version in effect, and each came from one change."""
    found = versions(raw, study)
    if not found:
        return True
    content = found[-1]["content"]
    same = all(content[name] == study[name] for name in ("title", "lay_summary", "data_class"))
    lists_same = all(content[name] == json.loads(study[name]) for name in ("purposes", "methods"))
    came_from = [row["modification_id"] for row in found[1:]]
    effective = raw.rows(
        "SELECT id FROM ethics_case WHERE parent_id = ? AND state IN (?, ?, ?)", study["id"], *IN_EFFECT
    )
    return (
        same
        and lists_same
        and papers_in(content) == papers_now(raw, study)
        and sorted(came_from) == sorted(row["id"] for row in effective)
    )


def approved_documents_are_kept(raw: Raw) -> bool:
    """Each document of a version that was ever frozen is still a row of its case, with the same bytes."""
    kept = {
        (row["case_id"], row["kind"], row["title"], row["number"], row["sha256"])
        for row in raw.rows(
            "SELECT paper.*, document.sha256 FROM ethics_paper AS paper JOIN document ON document.id = document_id"
        )
    }
    return all(
        (row["case_id"], *name, *edition) in kept
        for row in raw.rows("SELECT case_id, content FROM ethics_version")
        for name, edition in papers_in(json.loads(row["content"])).items()
    )


def took_effect(raw: Raw, change: Row, before: Row) -> bool:
    """The newest version is the one before with nothing but the parts of this change made otherwise."""
    last: dict[str, Any] = versions(raw, study_of(raw, change))[-1]
    parts = differing(raw, change)
    for name in ("title", "lay_summary"):
        if last["content"][name] != (change[name] if name in parts else before[name]):
            return False
    for name in ("purposes", "methods"):
        wanted = json.loads(change[name]) if name in parts else before[name]
        if set(last["content"][name]) != set(wanted):
            return False
    old, mine, new = papers_in(before), papers_now(raw, change), papers_in(last["content"])
    return last["modification_id"] == change["id"] and all(
        new.get(name) == (mine if f"papers:{name[0]}" in parts else old).get(name) for name in {*old, *mine, *new}
    )
