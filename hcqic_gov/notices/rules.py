"""A task: something that waits for a person, worked out from the registers and never stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


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
