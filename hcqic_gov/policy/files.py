"""Reads what the centre has decided from `policies/`: typed, dated, fingerprinted, refused with a reason if broken."""

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcqic_gov.core.errors import BrokenPolicy, NotFound
from hcqic_gov.policy.lines import Place, line_of
from hcqic_gov.settings import Settings


class PolicyFile(BaseModel):
    """What every policy file says of itself; subclasses add what it decides.

    `fingerprint` is the SHA-256 of the file's bytes: a decision keeps it, so that the file can be found again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    owner: str
    review_date: date
    effective_from: date
    effective_to: date | None = None
    fingerprint: str = Field("", exclude=True)


P = TypeVar("P", bound=PolicyFile)


@cache
def policy_dir() -> Path:
    return Settings().policy_dir


def read_file(name: str, kind: type[P]) -> P:
    """The policy file of this name under `policies/`. Errors: BrokenPolicy with file, place and reason."""
    return cast(P, _read(policy_dir() / name, kind))


@cache
def read_folder(name: str, kind: type[P]) -> tuple[P, ...]:
    """All `*.toml` of a folder under `policies/`, in the order of their names. Errors: BrokenPolicy."""
    return tuple(_read(path, kind) for path in sorted((policy_dir() / name).glob("*.toml")))


@cache
def _read(path: Path, kind: type[P]) -> P:
    try:
        data = path.read_bytes()
        values: dict[str, Any] = tomllib.loads(data.decode())
        return kind.model_validate({**values, "fingerprint": hashlib.sha256(data).hexdigest()})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenPolicy(f"{path.parent.name}/{path.name}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _broken(path, first["loc"], first["msg"].removeprefix("Value error, ")) from error


def broken(name: str, place: Place, reason: str) -> BrokenPolicy:
    """The error for a policy file that reads well but cannot be used; `place` is the path of keys to the fault."""
    return _broken(policy_dir() / name, place, reason)


def _broken(path: Path, place: Place, reason: str) -> BrokenPolicy:
    """As in "ethics/pack.toml, tracks.full.quorum.members (line 24): Input should be greater than 0"."""
    line = line_of(path.read_text(), place)
    where = ".".join(str(part) for part in place) or "the file"
    return BrokenPolicy(f"{path.parent.name}/{path.name}, {where}{f' (line {line})' if line else ''}: {reason}")


def in_force(files: Iterable[P], day: date) -> P:
    """The file in force on this day; of several, the one that came into force last. Errors: NotFound."""
    current = [f for f in files if f.effective_from <= day and (f.effective_to is None or day <= f.effective_to)]
    if not current:
        raise NotFound(f"No policy of this kind was in force on {day:%-d %B %Y}. Ask the policy's owner.")
    return max(current, key=lambda f: f.effective_from)
