"""A decision is a value: allowed, or refused with a reason that a person can act on."""

from collections.abc import Iterable
from dataclasses import dataclass

from hcqic_gov.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer to "may this happen?".

    `code` is the name of the guard or policy that refused, `reason` a sentence that says what to do,
    `authority` the title of the policy that the code stands for ("" for a guard of a workflow),
    `offered` whether a page shows the action at all: not where the person's roles could never do it here.
    """

    allowed: bool
    code: str = ""
    reason: str = ""
    authority: str = ""
    offered: bool = True

    def require(self) -> None:
        """Raise `Refused` unless allowed."""
        if not self.allowed:
            raise Refused(self.code, self.reason, authority=self.authority)


ALLOWED = Ruling(True)


def refused(code: str, reason: str, *, authority: str = "") -> Ruling:
    return Ruling(False, code, reason, authority)


def allowed_if(condition: bool, code: str, reason: str) -> Ruling:
    """Allowed where the condition holds, else refused with this code and reason."""
    return ALLOWED if condition else refused(code, reason)


def first_refusal(rulings: Iterable[Ruling]) -> Ruling:
    """The first refusal, or `ALLOWED` where there is none; later rulings are not evaluated."""
    return next((ruling for ruling in rulings if not ruling.allowed), ALLOWED)
