"""Which class a change has: every rule of the policy, the highest of several, and changes on top of others."""

from dataclasses import fields
from typing import Any

import pytest

from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.changes import (
    FIELD_NAMES,
    Direction,
    carried_over,
    changes,
    class_of,
    direction_of,
    field_name,
    in_words,
    modifications,
    overtaken,
    sections,
)
from hcqic_gov.ethics.editions import Edition, editions, frozen, named
from hcqic_gov.ethics.states import ChangeClass, ConsentBasis, Method, Purpose, WorkKind
from hcqic_gov.projects.rules import DataClass

MINOR, IMPORTANT, SUBSTANTIAL = ChangeClass
POLICY = modifications()
BASE: dict[str, Any] = {
    "title": "Rosters",
    "lay_summary": "We compare ways.",
    "work_kind": "research",
    "material_issue": False,
    "data_class": DataClass.ANONYMISED_NHS.value,
    "purposes": ["method_development", "education"],
    "methods": ["hpc", "ai"],
    "participants": "Nobody.",
    "consent_basis": "anonymous",
    "valid_to": "2027-06-01",
}

TABLE: list[tuple[str, Any, ChangeClass, str]] = [
    ("title", "Rosters by annealing", MINOR, "Title"),
    ("lay_summary", "We compare three ways.", MINOR, "Lay summary"),
    ("work_kind", WorkKind.EVALUATION.value, SUBSTANTIAL, "Kind of work"),
    ("material_issue", True, SUBSTANTIAL, "Kind of work"),
    ("data_class", DataClass.IDENTIFIABLE.value, SUBSTANTIAL, "Data"),
    ("data_class", DataClass.SYNTHETIC.value, IMPORTANT, "Data"),
    ("purposes", ["method_development", "education", "clinical_research"], SUBSTANTIAL, "Purposes"),
    ("purposes", ["method_development"], IMPORTANT, "Purposes"),
    ("purposes", [Purpose.CLINICAL_RESEARCH.value], SUBSTANTIAL, "Purposes"),
    ("methods", ["hpc", "ai", Method.QUANTUM_HARDWARE.value], SUBSTANTIAL, "Methods"),
    ("methods", ["hpc"], IMPORTANT, "Methods"),
    ("participants", "Ten people.", SUBSTANTIAL, "Participants and consent"),
    ("consent_basis", ConsentBasis.SECTION_251.value, SUBSTANTIAL, "Participants and consent"),
    ("valid_to", "2028-06-01", SUBSTANTIAL, "End date"),
    ("valid_to", None, SUBSTANTIAL, "End date"),
    ("valid_to", "2027-01-01", IMPORTANT, "End date"),
    ("papers", {"protocol": {"Protocol": Edition(2, "b2")}}, SUBSTANTIAL, "Protocol"),
    ("papers", {"protocol": {"Protocol, part 1.2": Edition(1, "a1")}}, SUBSTANTIAL, "Protocol"),
    ("papers", {"information_sheet": {"For all": Edition(1, "a1")}}, SUBSTANTIAL, "Information for participants"),
    ("papers", {"consent_form": {"For parents": Edition(1, "a1")}}, SUBSTANTIAL, "Information for participants"),
    ("papers", {"questionnaire": {"Interview": Edition(1, "a1")}}, SUBSTANTIAL, "Questionnaires and interview guides"),
    ("papers", {"dpia": {"DPIA": Edition(1, "a1")}}, IMPORTANT, "Data protection impact assessment"),
    ("papers", {"other": {"Poster": Edition(1, "a1")}}, SUBSTANTIAL, "Other documents"),
]


@pytest.mark.parametrize(("field", "value", "expected", "section"), TABLE)
def test_the_class_of_each_change(field: str, value: Any, expected: ChangeClass, section: str) -> None:
    (found,) = changes(BASE, {**BASE, field: value}, POLICY)
    assert (found.change_class, found.section) == (expected, section)
    assert found.why.endswith(".")
    assert found.old != found.new


def test_every_rule_is_in_the_table() -> None:
    used = {
        POLICY.rule_for(line.field, direction_of(line.field, line.before, line.after))
        for field, value, _, _ in TABLE
        for line in changes(BASE, {**BASE, field: value}, POLICY)
    }
    assert used == set(POLICY.rules)


def test_every_field_of_the_application_has_a_rule_and_a_name() -> None:
    changeable = {field.name for field in fields(Application)} - {"answers"}  # triage stays that of the study
    for name in [*sorted(changeable), "valid_to"]:
        for direction in (Direction.WIDER, Direction.NARROWER):
            assert POLICY.rule_for(name, direction), f"policies/ethics/modifications.toml does not name {name}"
        assert name in FIELD_NAMES


@pytest.mark.parametrize(
    ("altered", "expected"),
    [
        ({}, None),
        ({"title": "Other", "lay_summary": "Other."}, MINOR),
        ({"title": "Other", "methods": ["hpc"]}, IMPORTANT),
        ({"title": "Other", "methods": ["hpc"], "participants": "Ten."}, SUBSTANTIAL),
    ],
)
def test_the_highest_class_wins(altered: dict[str, Any], expected: ChangeClass | None) -> None:
    assert class_of(changes(BASE, {**BASE, **altered}, POLICY)) is expected


def test_what_only_looks_different_is_no_change() -> None:
    alike = {**BASE, "methods": ["ai", "hpc"], "papers": {}, "notes": ""}
    assert changes(BASE, alike, POLICY) == ()


def test_sections_are_named_once() -> None:
    found = changes(BASE, {**BASE, "participants": "Ten.", "consent_basis": "consent", "title": "T"}, POLICY)
    assert sections(found) == ("Title", "Participants and consent")


def test_entries_of_a_part_are_changes_of_their_own() -> None:
    before = {**BASE, "papers": {"protocol": "a1", "leaflet": "b1"}}
    after = {**BASE, "papers": {"protocol": "a2", "leaflet": "b1", "survey": "c1"}}
    assert [change.field for change in changes(before, after, POLICY)] == ["papers.protocol", "papers.survey"]
    current = {**before, "title": "Other", "papers": {"protocol": "a1", "leaflet": "b2"}}
    assert carried_over(before, after, current) == {
        **BASE,
        "title": "Other",
        "papers": {"protocol": "a2", "leaflet": "b2", "survey": "c1"},
    }


def test_a_change_is_made_on_what_is_in_effect_now() -> None:
    proposed, current = {**BASE, "methods": ["hpc"]}, {**BASE, "title": "Other", "valid_to": "2029-01-01"}
    assert carried_over(BASE, proposed, current) == {**current, "methods": ["hpc"]}
    assert overtaken(BASE, proposed, current, POLICY) == ()
    assert overtaken(BASE, proposed, {**current, "methods": ["hpc", "quantum_simulation"]}, POLICY) == ("Methods",)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("data_class", "synthetic", "Synthetic data"),
        ("methods", ["hpc", "ai"], "Classical high-performance computing, Machine learning"),
        ("valid_to", "2027-06-01", "1 June 2027"),
        ("valid_to", None, "Nothing"),
        ("material_issue", True, "Yes"),
        ("papers.protocol", "a1", "a1"),
    ],
)
def test_plain_words(field: str, value: Any, words: str) -> None:
    assert in_words(field, value) == words


def test_a_field_that_nobody_named_still_has_words() -> None:
    assert field_name("sample.small_part") == "Sample: small part"


PROTOCOL = {"kind": "protocol", "title": "Protocol", "version": 1, "sha256": "a1"}
SHEET = {"kind": "information_sheet", "title": "For parents", "version": 3, "sha256": "b2"}
POSTER = {"kind": "other", "title": "A poster. Part 2", "version": 1, "sha256": "c3"}


def with_papers(*papers: dict[str, Any]) -> dict[str, Any]:
    return {**BASE, "papers": list(papers)}


def test_documents_are_named_and_frozen_again_as_they_were() -> None:
    content = with_papers(PROTOCOL, SHEET, POSTER)
    assert frozen(named(content)) == content
    assert frozen(named(with_papers(POSTER, PROTOCOL, SHEET))) == content


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((PROTOCOL,), (PROTOCOL,), []),
        ((), (PROTOCOL,), [("Protocol", "Nothing", "Version 1 (SHA-256 a1…)")]),
        ((PROTOCOL,), (), [("Protocol", "Version 1 (SHA-256 a1…)", "Nothing")]),
        (
            (PROTOCOL, SHEET),
            (PROTOCOL, {**SHEET, "version": 4, "sha256": "d4"}),
            [("Information sheet: For parents", "Version 3 (SHA-256 b2…)", "Version 4 (SHA-256 d4…)")],
        ),
        ((), (POSTER,), [("Other document: A poster. Part 2", "Nothing", "Version 1 (SHA-256 c3…)")]),
    ],
)
def test_a_document_is_compared_by_its_version_and_bytes(
    before: tuple[dict[str, Any], ...], after: tuple[dict[str, Any], ...], said: list[tuple[str, str, str]]
) -> None:
    found = changes(named(with_papers(*before)), named(with_papers(*after)), POLICY)
    assert [(line.name, line.old, line.new) for line in found] == said


def test_documents_that_others_changed_come_along() -> None:
    base, ours = named(with_papers(PROTOCOL, SHEET)), named(with_papers(PROTOCOL, POSTER))
    theirs = named(with_papers({**PROTOCOL, "version": 2, "sha256": "e5"}, SHEET))
    result = frozen(carried_over(base, ours, theirs))
    assert result["papers"] == [{**PROTOCOL, "version": 2, "sha256": "e5"}, POSTER]
    assert dict(editions(carried_over(base, ours, base))) == dict(editions(ours))
    assert overtaken(base, ours, theirs, POLICY) == ()
    assert overtaken(base, named(with_papers(SHEET)), theirs, POLICY) == ("Protocol",)
