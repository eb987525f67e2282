"""Kinds of error; each owns its sentence and knows no HTTP."""

from collections.abc import Mapping


class HcqicError(Exception):
    """An error that a person may read: `str(error)` is a whole sentence that says what to do."""


class Refused(HcqicError):
    """A policy or a guard said no."""

    def __init__(self, code: str, reason: str, *, authority: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.authority = code, reason, authority


class NotFound(HcqicError):
    """There is no such record, or this person may not know of it."""


class Stale(HcqicError):
    """Somebody else changed the record since this person opened it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Somebody else changed {what} after you opened it. Nothing of yours was saved: "
            "look at the new state and enter your change again."
        )


class Invalid(HcqicError):
    """Input that cannot be accepted; `fields` maps a field's name to its sentence."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class BrokenPolicy(HcqicError):
    """A policy file that cannot be used: the sentence names the file, the place and the reason."""


class UnrecordedChange(RuntimeError):
    """A programming error: a change of a register without an audit entry in the same transaction."""
