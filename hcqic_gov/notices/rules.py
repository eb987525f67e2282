"""Tasks (worked out, never stored); and notices: what they are about, and when sending one is tried again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hcqic_gov.core.ruling import Ruling, allowed_if


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done (`title`), where (`endpoint` with `values`), since when and until when."""

    title: str
    kind: str
    endpoint: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    since: date | None = None
    due: date | None = None

    def overdue(self, today: date) -> bool:
        return self.due is not None and self.due < today


def in_order(tasks: Iterable[Task]) -> Sequence[Task]:
    """The most pressing first: by due date, then those that waited longest."""
    return sorted(tasks, key=lambda task: (task.due or date.max, task.since or date.max, task.title))


PAGES = {
    "ethics_case": "/ethics/{}",
    "external_approval": "/ethics/approvals/{}",
    "sandbox_access": "/sandbox/access/{}",
    "kpi": "/kpis/{}",
    "period": "/kpis/periods/{}",
    "report": "/reports/{}",
}
"""By kind of subject: the page that a notice leads to, in the application and in the e-mail alike."""


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about: a kind of `PAGES`, and the reference of the record."""

    kind: str
    reference: str

    @property
    def path(self) -> str:
        return PAGES[self.kind].format(self.reference)


BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long to wait after the first, second, ... attempt that failed for the time being."""

LEASE = timedelta(minutes=10)
"""A sender that claimed a notice and said nothing for so long has died: another one may send it."""

STALE = timedelta(days=7)
"""A notice that no attempt was made to send for so long stays in the application: a mail server that is set up after
a year would otherwise begin with a year of old news."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after this many attempts; None where it is given up."""
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None


def one_line(text: str) -> str:
    """Without line ends or control characters, so that it can only ever be one value of one header."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def given_up(failed_at: datetime | None) -> Ruling:
    reason = "This notice has not been given up, so there is nothing to try again."
    return allowed_if(failed_at is not None, "given_up", reason)
