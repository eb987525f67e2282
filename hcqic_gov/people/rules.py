"""Roles of the centre, kinds of organisation, and when an account is locked."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.errors import Invalid

__all__ = ["SYSTEM_ACTOR", "Actor"]

LONGEST_NAME, LONGEST_ADDRESS, SHORTEST_PASSWORD = 120, 254, 12
FAILURES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=8)
FAILURES_OF_STRANGERS = 25
"""From everywhere where this person never signed in, together: against guessing from many addresses."""
ROR_ID = re.compile(r"0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}")
"""The ROR identifier's own part (ror.readme.io): a zero, six base-32 characters, two check digits."""


class Role(StrEnum):
    """What a person does at the centre; one person may hold several."""

    PROJECT_LEAD = "project_lead"
    SPONSOR = "sponsor"
    ETHICS_OFFICER = "ethics_officer"
    COMMITTEE_EXPERT = "committee_expert"
    COMMITTEE_LAY = "committee_lay"
    CHAIR = "chair"
    GATEKEEPER = "gatekeeper"
    FUNDING_OFFICER = "funding_officer"
    FINANCE = "finance"
    CENTRE_MANAGER = "centre_manager"
    FUNDER = "funder"
    ENGAGEMENT_LEAD = "engagement_lead"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.PROJECT_LEAD: "Project lead",
    Role.SPONSOR: "Sponsor’s representative",
    Role.ETHICS_OFFICER: "Ethics officer",
    Role.COMMITTEE_EXPERT: "Committee member (expert)",
    Role.COMMITTEE_LAY: "Committee member (lay)",
    Role.CHAIR: "Committee chair",
    Role.GATEKEEPER: "Sandbox gatekeeper",
    Role.FUNDING_OFFICER: "Funding officer",
    Role.FINANCE: "Finance",
    Role.CENTRE_MANAGER: "Centre manager",
    Role.FUNDER: "Funder",
    Role.ENGAGEMENT_LEAD: "Public engagement lead",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrator",
}


class OrganisationKind(StrEnum):
    NHS = "nhs"
    UNIVERSITY = "university"
    COMPANY = "company"
    CHARITY = "charity"
    FUNDER = "funder"
    OTHER = "other"


class Training(StrEnum):
    SANDBOX = "sandbox"
    RESEARCH_ETHICS = "research_ethics"


def outside(actor: Actor) -> bool:
    """A funder's person, who has no other role here: sees what concerns its own organisation."""
    return actor.roles == {Role.FUNDER}


TRAINING_LABELS = {Training.SANDBOX: "Using the sandbox", Training.RESEARCH_ETHICS: "Research ethics"}


def lock_until(failures: int, *, now: datetime) -> datetime | None:
    """When an account opens again after this many failures in a row; None while it stays open.

    The fifth locks it for a quarter of an hour; each one after that for twice as long, up to eight hours.
    """
    if failures < FAILURES_BEFORE_LOCK:
        return None
    doublings: int = min(failures - FAILURES_BEFORE_LOCK, 10)
    return now + min(LOCK * (1 << doublings), LONGEST_LOCK)


def account_name(text: str) -> str:
    """The name as it is kept. Errors: Invalid where there is none, it is too long, or not printable."""
    name = " ".join(text.split())
    if not name:
        raise Invalid("Enter the person’s name.", {"name": "Enter the name"})
    if len(name) > LONGEST_NAME or not name.isprintable():
        sentence = f"The name must be at most {LONGEST_NAME} printable characters"
        raise Invalid(f"{sentence}.", {"name": sentence})
    return name


def account_address(text: str) -> str:
    """The e-mail address as it is kept, in small letters. Errors: Invalid where it has not the form of one."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        sentence, typed = "Enter an e-mail address such as name@example.org", " ".join(text.split())[:80]
        raise Invalid(f"“{typed}” is no e-mail address. {sentence}.", {"email": sentence}) from error
    if len(checked.normalized) > LONGEST_ADDRESS:
        raise Invalid("This e-mail address is too long.", {"email": "Enter a shorter e-mail address"})
    return checked.normalized.lower()


def password_for_account(text: str) -> str:
    """Errors: Invalid where it is too short to keep."""
    if len(text) < SHORTEST_PASSWORD:
        raise Invalid(f"Choose a password of at least {SHORTEST_PASSWORD} characters.")
    return text


def ror(text: str) -> str | None:
    """The identifier from what a person typed: `https://ror.org/0abcdef12`, or the nine characters alone.

    Errors: Invalid where it is neither; nothing typed gives None.
    """
    bare = text.strip().lower().removeprefix("https://").removeprefix("ror.org/")
    if not bare:
        return None
    if not ROR_ID.fullmatch(bare):
        raise Invalid("This is not a ROR identifier.", {"ror_id": "Enter a ROR ID such as https://ror.org/0abcdef12"})
    return bare


CALENDAR_TOKEN = re.compile(r"([0-9]{1,9})-([A-Za-z0-9_-]{43})")
"""The address of a calendar feed: whose it is, and 256 random bits."""


def digest_of(secret: str) -> str:
    """How a random secret is kept: nobody guesses 256 bits, so a slow hash would only cost time."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, digest: str | None) -> bool:
    """Compared in a time that does not tell how much of it was right; nothing opens a feed that is off."""
    return digest is not None and hmac.compare_digest(digest_of(secret), digest)
