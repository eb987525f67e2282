"""Who acts: the person (or the system) as every rule sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with the roles they hold now; `organisation_id` is where they work (a funder’s funder)."""

    id: int
    name: str
    roles: frozenset[str] = frozenset()
    organisation_id: int | None = None

    def has(self, *roles: str) -> bool:
        """Holds at least one of these roles."""
        return not self.roles.isdisjoint(roles)


SYSTEM_ACTOR = Actor(0, "The system", frozenset({"system"}))
"""Acts in jobs: expiries, worked-out KPIs, executions. No person can sign in as it."""
