"""One way to write a value as bytes, so that a hash of it means something."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

AS_THEY_ARE = {type(None), bool, int, float, str}
"""Types that JSON has itself; asked first, since a register is made of them."""
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """The value in JSON's own types; Decimal as text, moments in UTC, dataclasses as objects.

    Errors: TypeError for a type that has no canonical form.
    """
    kind: Any = type(value)
    return value if kind in AS_THEY_ARE else form_of(kind)(value)


@cache
def form_of(kind: Any) -> Callable[[Any], Any]:
    """What makes values of a type plain; found once for each, for every entry of the audit trail asks."""
    if issubclass(kind, Enum):
        return lambda value: plain(value.value)
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
        return lambda value: {name: plain(getattr(value, name)) for name in names}
    for general, form in FORMS.items():
        if issubclass(kind, general):
            return form
    raise TypeError(f"{kind.__name__} has no canonical form")


def plain_object(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {key if type(key) is str else str(plain(key)): plain(item) for key, item in value.items()}


def plain_list(value: Iterable[Any]) -> list[Any]:
    return [plain(item) for item in value]


FORMS: Mapping[type, Callable[[Any], Any]] = {
    dict: plain_object,
    list: plain_list,
    tuple: plain_list,
    set: lambda value: sorted(plain_list(value)),
    frozenset: lambda value: sorted(plain_list(value)),
    Decimal: str,
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    date: lambda value: value.isoformat(),
    int: lambda value: value,
    float: lambda value: value,
    str: lambda value: value,
}
"""A moment is a date too, so it stands before it."""


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no white space. Errors: TypeError as above, ValueError for NaN and infinity."""
    return ENCODER.encode(plain(value)).encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits; bytes are hashed as they are."""
    return hashlib.sha256(value if isinstance(value, bytes) else canonical(value)).hexdigest()
