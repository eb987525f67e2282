"""May this person do this to that? Answered by the Cedar policies of `policies/access/`; deny beats allow."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cedarpy

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.core.ruling import ALLOWED, Ruling, refused
from hcqic_gov.policy.files import policy_dir

Attribute = str | int | bool | frozenset[int]
Fact = tuple[str, Attribute]


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action is done to: a kind and key of the schema, and the facts that policies look at.

    `attributes` are texts, numbers, truths, or frozensets of persons' numbers (in the schema: `Set<Person>`).
    """

    kind: str
    key: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


CENTRE = Resource("Centre", "centre")
"""The centre as a whole: for actions that concern no single record (lists, new records)."""


@dataclass(frozen=True, slots=True)
class AccessPolicies:
    """The parsed policies, their schema, and each policy's annotations by its position."""

    policies: cedarpy.PolicySet
    schema: cedarpy.Schema
    annotations: Mapping[str, Mapping[str, str]]
    fingerprint: str


@cache
def access_policies() -> AccessPolicies:
    """All `policies/access/*.cedar`, validated against the schema. Errors: BrokenPolicy."""
    folder = policy_dir() / "access"
    files, schema = sorted(folder.glob("*.cedar")), folder / "schema.cedarschema"
    try:
        return parse("\n".join(path.read_text() for path in files), schema.read_text(), folder)
    except BrokenPolicy as error:
        raise BrokenPolicy(found_fault(files, schema) or str(error)) from error
    except OSError as error:
        raise BrokenPolicy(f"access: {error}") from error


def found_fault(files: Sequence[Path], schema: Path) -> str:
    """File, line and reason, which Cedar does not give for many policies at once: each is tried alone."""
    try:
        cedarpy.Schema.from_str(schema.read_text())
    except ValueError as error:
        word = str(error).partition("`")[2].partition("`")[0] or "\0"
        before, found, _ = schema.read_text().partition(word)
        where = f", line {before.count(chr(10)) + 1}" if found else ""
        return f"access/{schema.name}{where}: {error}"
    for path in files:
        for line, policy in policies_of(path.read_text()):
            try:
                parse(policy, schema.read_text(), path.parent)
            except BrokenPolicy as error:
                return f"access/{path.name}, line {line}: {str(error).partition(': ')[2]}"
    return ""


def policies_of(source: str) -> Iterator[tuple[int, str]]:
    """Each policy of a file, with the line on which it begins; a policy ends with the “;” at a line's end."""
    place = 0
    for end in [match.end() for match in re.finditer(r";[ \t]*(?=\n|\Z)", source)] + [len(source)]:
        piece = source[place:end]
        start = place + len(piece) - len(re.sub(r"\A(?:\s|//[^\n]*\n)+", "", piece))
        if piece.strip():
            yield source.count("\n", 0, start) + 1, piece
        place = end


def parse(source: str, schema: str, folder: Path) -> AccessPolicies:
    try:
        parsed = cedarpy.PolicySet.from_str(source)
        validation = cedarpy.validate_policies(source, schema)
        described = json.loads(cedarpy.policies_to_json_str(source))["staticPolicies"]
        schema_handle = cedarpy.Schema.from_str(schema)
    except ValueError as error:
        raise BrokenPolicy(f"{folder.name}: {error}") from error
    if not validation.validation_passed:
        raise BrokenPolicy(f"{folder.name}: {validation.errors[0].error}")
    annotations = {key: policy.get("annotations", {}) for key, policy in described.items()}
    unnamed = [key for key, notes in annotations.items() if not {"id", "title"} <= notes.keys()]
    if unnamed:
        raise BrokenPolicy(f"{folder.name}: {unnamed[0]} has no @id or no @title")
    fingerprint = hashlib.sha256((source + schema).encode()).hexdigest()
    return AccessPolicies(parsed, schema_handle, annotations, fingerprint)


def may(actor: Actor, action: str, resource: Resource = CENTRE) -> Ruling:
    """Allowed, or refused with the sentence of the policy that forbids it (or that none permits it)."""
    facts = frozenset(resource.attributes.items())
    return ruling(access_policies().fingerprint, actor, action, resource.kind, resource.key, facts)


@lru_cache(maxsize=8192)
def ruling(fingerprint: str, actor: Actor, action: str, kind: str, key: str, facts: frozenset[Fact]) -> Ruling:
    """What the policies of this fingerprint say: kept, because the same question always has the same answer.

    A page asks some twenty times, half a millisecond each.
    """
    known = access_policies()
    request = {
        "principal": {"type": "Person", "id": str(actor.id)},
        "action": {"type": "Action", "id": action},
        "resource": {"type": kind, "id": key},
    }
    result = cedarpy.is_authorized(request, known.policies, entities_of(actor, kind, key, dict(facts)), known.schema)
    if result.allowed:
        return ALLOWED
    if result.diagnostics.errors:
        raise BrokenPolicy(f"access: {result.diagnostics.errors[0]}")
    for policy in sorted(result.diagnostics.reasons):
        notes = known.annotations[policy]
        found = refused(notes["id"], notes.get("reason", notes["title"]), authority=notes["title"])
        return replace(found, offered="never" not in notes)
    found = refused(
        "not_permitted",
        "None of your roles allows this. If you need it for your work, ask the centre's administrator.",
        authority="Nobody may do what no policy permits",
    )
    return replace(found, offered=False)


def entities_of(actor: Actor, kind: str, key: str, facts: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    groups = actor.roles | ({"staff"} if actor.roles - {"funder"} else set())
    roles = [{"type": "Role", "id": role} for role in sorted(groups)]
    organisation = actor.organisation_id or 0
    return [
        {
            "uid": {"type": "Person", "id": str(actor.id)},
            "attrs": {"organisation": organisation},
            "parents": roles,
        },
        {
            "uid": {"type": kind, "id": key},
            "attrs": {name: cedar_value(value) for name, value in facts.items()},
            "parents": [],
        },
    ]


def cedar_value(value: Attribute) -> Any:
    if isinstance(value, frozenset):
        return [{"__entity": {"type": "Person", "id": str(person)}} for person in sorted(value)]
    return value
