"""What is done before anything is served: a broken policy file stops the start and not a user."""

import gc
from collections.abc import Callable, Mapping, Sized
from functools import cache

from hcqic_gov.db import Database
from hcqic_gov.ethics.approvals import requirements
from hcqic_gov.ethics.changes import modifications
from hcqic_gov.ethics.packs import packs
from hcqic_gov.ethics.papers import paper_rules
from hcqic_gov.ethics.reviews import criteria
from hcqic_gov.ethics.triage import triage
from hcqic_gov.funding import terms
from hcqic_gov.kpi.definitions import catalogue
from hcqic_gov.people.queries import is_demo
from hcqic_gov.policy.access import access_policies
from hcqic_gov.policy.files import read_folder
from hcqic_gov.quantum import doctor
from hcqic_gov.quantum.templates.catalogue import templates
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.reporting.levels import StatusRules
from hcqic_gov.sandbox.allocations import allocations
from hcqic_gov.sandbox.gates import gates
from hcqic_gov.scenarios import assumptions
from hcqic_gov.settings import Settings

READERS: Mapping[str, Callable[[], Sized]] = {
    "access": lambda: access_policies().annotations,
    "ethics": lambda: (*packs(), requirements(), triage(), paper_rules(), criteria(), modifications()),
    "sandbox": lambda: (gates(), tiers(), allocations(), templates()),
    "appraisal": assumptions.every_file,
    "funding": terms.every_file,
    "kpis": catalogue,
    "reporting": lambda: read_folder("reporting", StatusRules),
}
"""By folder of `policies/`: what reads all of it, through the types of the slice that uses it."""


def require_isolation(settings: Settings) -> None:
    """What runs circuits does not start where their processes cannot be confined; a demo does. Errors: HcqicError."""
    database = Database(settings.database)
    with database.reading() as session:
        demo = is_demo(session)
    database.dispose()
    if not demo:
        doctor.require(tiers().isolation)


def check_policies() -> Mapping[str, int]:
    """How many policies each folder holds. Errors: BrokenPolicy for the first that cannot be used."""
    return {folder: len(read()) for folder, read in READERS.items()}


@cache
def collect_seldom() -> None:
    """The garbage collector leaves alone what is loaded for good, and looks less often at the rest.

    With Python's own thresholds it takes a fifth of the time of whoever reads many records.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
