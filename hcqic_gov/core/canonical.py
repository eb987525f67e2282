"""One way to write a value as bytes, so that a hash of it means something."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """The value in JSON's own types; Decimal as text, moments in UTC, dataclasses as objects.

    Errors: TypeError for a type that has no canonical form, ValueError for NaN and infinity.
    """
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return plain(value.value)
        case float():
            return value
        case Decimal():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case dict():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = [plain(item) for item in value]
            return sorted(items) if isinstance(value, set | frozenset) else items
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no white space."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits; bytes are hashed as they are."""
    return hashlib.sha256(value if isinstance(value, bytes) else canonical(value)).hexdigest()
