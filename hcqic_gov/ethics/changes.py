"""What a change of an approved study changes, section by section, and which class the centre's policy gives it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from hcqic_gov.ethics.editions import PREFIX, Content, name_of_field
from hcqic_gov.ethics.packs import MODIFICATIONS, Part
from hcqic_gov.ethics.states import CONSENT_LABELS, METHOD_LABELS, PURPOSE_LABELS, WORK_KIND_LABELS, ChangeClass
from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.projects.rules import DataClass, label


class Direction(StrEnum):
    """Whether a change allows more than before (further data, one more purpose, a later end) or only less."""

    ANY = "any"
    WIDER = "wider"
    NARROWER = "narrower"


class ChangeRule(Part):
    """The class of a change of one field, and why; `section` names the part of the application for people."""

    field: str
    section: str
    direction: Direction = Direction.ANY
    change_class: ChangeClass = Field(alias="class")
    why: str


class Modifications(PolicyFile):
    """Which class a change has, by field. The first rule that fits counts; what no rule names is `otherwise`."""

    otherwise: ChangeClass
    otherwise_why: str
    rules: tuple[ChangeRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def names_sections_alike(self) -> "Modifications":
        for rule in self.rules:
            if {other.section for other in self.rules if other.field == rule.field} != {rule.section}:
                raise ValueError(f"“{rule.field}” stands in two sections: give all of its rules the same one")
        return self

    def rule_for(self, field: str, direction: Direction) -> ChangeRule | None:
        """By the field's whole name, else by the part that it is an entry of ("papers" for "papers.protocol")."""
        parts = field.split(".")
        for name in (".".join(parts[:length]) for length in range(len(parts), 0, -1)):
            for rule in self.rules:
                if rule.field == name and rule.direction in (Direction.ANY, direction):
                    return rule
        return None


def modifications() -> Modifications:
    """Errors: BrokenPolicy."""
    return read_file(f"ethics/{MODIFICATIONS}", Modifications)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: what it was and what it will be as plain values, and which class that has, and why."""

    field: str
    before: Any
    after: Any
    section: str
    change_class: ChangeClass
    why: str

    @property
    def name(self) -> str:
        return field_name(self.field)

    @property
    def old(self) -> str:
        return in_words(self.field, self.before)

    @property
    def new(self) -> str:
        return in_words(self.field, self.after)


def changes(before: Content, after: Content, policy: Modifications) -> tuple[Change, ...]:
    """What differs, in the order of the application's fields."""
    found = []
    for field, old, new in differences(before, after):
        rule = policy.rule_for(field, direction_of(field, old, new))
        section = rule.section if rule else field_name(field)
        kind, why = (rule.change_class, rule.why) if rule else (policy.otherwise, policy.otherwise_why)
        found.append(Change(field, old, new, section, kind, why))
    return tuple(found)


def class_of(found: Sequence[Change]) -> ChangeClass | None:
    """The highest class wins; None where nothing changes."""
    order = list(ChangeClass)
    return max((change.change_class for change in found), key=order.index, default=None)


def sections(found: Sequence[Change]) -> tuple[str, ...]:
    """The sections that are changed, each once."""
    return tuple(dict.fromkeys(change.section for change in found))


def differences(before: Content, after: Content, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Field, old and new value where they differ; entries of a part that is a mapping each for themselves."""
    for name in {**after, **before}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            yield from differences(old or {}, new or {}, f"{prefix}{name}.")
        elif not same(old, new):
            yield prefix + name, old, new


def same(old: Any, new: Any) -> bool:
    """Nothing, an empty text and an empty list are the same; so is a list in another order."""
    if isinstance(old, list) and isinstance(new, list):
        return sorted(old, key=repr) == sorted(new, key=repr)
    return (old or None) == (new or None)


def carried_over(base: Content, proposed: Content, current: Content) -> dict[str, Any]:
    """What is in effect now, with those fields changed in which the proposal differs from its base."""
    result = dict(current)
    for name in {**proposed, **base}:
        old, new = base.get(name), proposed.get(name)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            result[name] = carried_over(old or {}, new or {}, current.get(name) or {})
        elif not same(old, new):
            result[name] = new
    return result


def overtaken(base: Content, proposed: Content, current: Content, policy: Modifications) -> tuple[str, ...]:
    """Sections that the proposal changes and that changed otherwise since its base."""
    ours, theirs = changes(base, proposed, policy), changes(base, current, policy)
    moved = {change.field for change in theirs}
    return sections([change for change in ours if change.field in moved])


def direction_of(field: str, old: Any, new: Any) -> Direction:
    """Wider where the change allows anything that was not allowed before; a text has no direction."""
    match field, old, new:
        case "data_class", str(), str():
            order = [kind.value for kind in DataClass]
            return Direction.WIDER if order.index(new) > order.index(old) else Direction.NARROWER
        case "valid_to", _, _:
            return Direction.NARROWER if new and (old is None or new < old) else Direction.WIDER
        case _, list(), list():
            return Direction.WIDER if set(new) - set(old) else Direction.NARROWER
        case _, bool() | None, bool():
            return Direction.WIDER if new else Direction.NARROWER
    return Direction.ANY


FIELD_NAMES = {
    "title": "Title",
    "lay_summary": "Lay summary",
    "work_kind": "What it is",
    "material_issue": "Material ethical issue",
    "data_class": "Data",
    "purposes": "Purposes",
    "methods": "Methods",
    "participants": "Who takes part",
    "consent_basis": "Consent",
    "valid_to": "Valid until",
}
WORDS: Mapping[str, Mapping[Any, str]] = {
    "work_kind": WORK_KIND_LABELS,
    "data_class": {kind: label(kind) for kind in DataClass},
    "purposes": PURPOSE_LABELS,
    "methods": METHOD_LABELS,
    "consent_basis": CONSENT_LABELS,
}


def field_name(field: str) -> str:
    """A field in plain words; one that is not named here by its own name."""
    if field.startswith(PREFIX):
        return name_of_field(field)
    return FIELD_NAMES.get(field, field.replace(".", ": ").replace("_", " ").capitalize())


def in_words(field: str, value: Any) -> str:
    """A plain value as the page says it."""
    words = WORDS.get(field, {})
    match value:
        case None | "" | []:
            return "Nothing"
        case bool():
            return "Yes" if value else "No"
        case list():
            return ", ".join(words.get(item, str(item)) for item in value)
        case str() if field == "valid_to":
            return f"{date.fromisoformat(value):%-d %B %Y}"
    return words.get(value, str(value))
