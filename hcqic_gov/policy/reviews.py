"""Which of the centre's policies should have been reviewed by now."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hcqic_gov.policy.files import policy_dir

IN_TEXT = re.compile(r"^Owner: (.+?)\. .*To be reviewed by (\d{1,2} \w+ \d{4})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Review:
    """A policy in force, who owns it, and the day by which it is to be reviewed."""

    title: str
    owner: str
    due: date


def reviews_overdue(day: date) -> Sequence[Review]:
    """Policies in force whose review date has passed, the oldest date first."""
    return sorted(
        (review for review in reviews(day) if review.due < day), key=lambda review: (review.due, review.title)
    )


def reviews(day: date) -> Iterator[Review]:
    """Of every policy in force on this day: rule files and governance texts."""
    for path in sorted(policy_dir().rglob("*.toml")):
        values = tomllib.loads(path.read_text())
        if values.get("effective_to", date.max) >= day:
            yield Review(values["title"], values["owner"], values["review_date"])
    for path in sorted(policy_dir().rglob("*.md")):
        yield from written_review(path)


def written_review(path: Path) -> Iterator[Review]:
    """The review date that a governance text states below its title."""
    text = path.read_text()
    if found := IN_TEXT.search(text):
        due = datetime.strptime(found[2], "%d %B %Y").date()  # noqa: DTZ007 - a day without a time
        yield Review(text.partition("\n")[0].removeprefix("# "), found[1], due)
