"""Views of KPIs kept in memory from one request to the next, until the audit trail names a change of theirs.

Each change of a KPI's rows is entered in the audit trail in the same transaction, so the entries since the last look
say which views are still true; nothing has to remember to forget them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from sqlmodel import Session

from hcqic_gov.audit import queries as audit
from hcqic_gov.db import reads_only
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.views import KpiView

MOST = 2000
"""Views; of ten years of months each is about 20 kB."""
FAR = 1000
"""Entries: after as many changes everything is read again."""
BY_KPI = {"kpi_observation", "kpi_target", "kpi_annotation", "kpi_rebase"}
"""Records whose reference begins with the code of the KPI whose view they change.

What an upload enters is verified one by one, and the name that stands at a note is never changed.
"""


@dataclass
class Shelf:
    """What is known at one entry of the audit trail; shared by the threads of a process."""

    number: int = 0
    hash: str = ""
    views: dict[tuple[str, date], KpiView] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def views_of(
        self,
        session: Session,
        wanted: Sequence[Definition],
        as_at: date,
        read: Callable[[Sequence[Definition]], Sequence[KpiView]],
    ) -> tuple[KpiView, ...]:
        """The views of these KPIs on this day; `read` makes those that are not kept, in the order asked.

        A session that may write reads for itself: what it has changed stands in no audit trail yet.
        """
        if not reads_only(session):
            return tuple(read(wanted))
        with self.lock:
            self.catch_up(session)
            known = {one.code: self.views.get((one.code, as_at)) for one in wanted}
            at = self.hash
        missing = [one for one in wanted if (view := known[one.code]) is None or view.definition is not one]
        fresh = {view.definition.code: view for view in read(missing)} if missing else {}
        with self.lock:
            if self.hash == at:
                self.keep(fresh, as_at)
        together = known | fresh
        return tuple(view for one in wanted if (view := together[one.code]))

    def catch_up(self, session: Session) -> None:
        """Forget what has changed since the last look; everything where this is not the trail that was looked at."""
        entries = audit.since(session, self.number, limit=FAR) if self.views else ()
        if not entries or entries[0].hash != self.hash or len(entries) == FAR:
            self.views.clear()
            self.number, self.hash = audit.head(session)
            return
        for entry in entries[1:]:
            self.forget(entry)
        self.number, self.hash = entries[-1].number, entries[-1].hash

    def forget(self, entry: audit.Trace) -> None:
        if entry.kind in BY_KPI:
            code = entry.reference.split()[0]
            for key in [key for key in self.views if key[0] == code]:
                del self.views[key]

    def keep(self, fresh: dict[str, KpiView], as_at: date) -> None:
        """The newest views; the oldest make room."""
        self.views.update({(code, as_at): view for code, view in fresh.items()})
        for key in list(self.views)[: max(0, len(self.views) - MOST)]:
            del self.views[key]


SHELF = Shelf()
