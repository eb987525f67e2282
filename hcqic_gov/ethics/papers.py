"""The documents of an application: their kinds, which of them it needs, which files are taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from hcqic_gov.core.errors import Invalid
from hcqic_gov.documents.rules import media_type
from hcqic_gov.ethics.packs import PAPERS, Part
from hcqic_gov.ethics.states import ConsentBasis
from hcqic_gov.ethics.triage import Outcome
from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.projects.rules import DataClass


class PaperKind(StrEnum):
    PROTOCOL = "protocol"
    INFORMATION_SHEET = "information_sheet"
    CONSENT_FORM = "consent_form"
    DPIA = "dpia"
    QUESTIONNAIRE = "questionnaire"
    OTHER = "other"


PAPER_LABELS = {
    PaperKind.PROTOCOL: "Protocol",
    PaperKind.INFORMATION_SHEET: "Information sheet",
    PaperKind.CONSENT_FORM: "Consent form",
    PaperKind.DPIA: "Data protection impact assessment",
    PaperKind.QUESTIONNAIRE: "Questionnaire or interview guide",
    PaperKind.OTHER: "Other document",
}

TAKEN = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.oasis.opendocument.text": "ODT",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
}
"""What committee members can read, with its name."""


class PaperRule(Part):
    """A document that an application needs where each of its lists is empty or names what the application is."""

    kind: PaperKind
    why: str = Field(min_length=1)
    outcomes: frozenset[Outcome] = frozenset()
    data_classes: frozenset[DataClass] = frozenset()
    consents: frozenset[ConsentBasis] = frozenset()

    def asks(self, outcome: Outcome | None, data_class: DataClass, consent: ConsentBasis | None) -> bool:
        asked = ((self.outcomes, outcome), (self.data_classes, data_class), (self.consents, consent))
        return all(not wanted or value in wanted for wanted, value in asked)


class PaperRules(PolicyFile):
    """Which documents an application needs."""

    rules: tuple[PaperRule, ...]

    def asked_of(
        self, outcome: Outcome | None, data_class: DataClass, consent: ConsentBasis | None
    ) -> Mapping[PaperKind, str]:
        """The kinds that are needed, in the file's order, each with why."""
        asked: dict[PaperKind, str] = {}
        for rule in self.rules:
            if rule.asks(outcome, data_class, consent):
                asked.setdefault(rule.kind, rule.why)
        return asked


def paper_rules() -> PaperRules:
    """Errors: BrokenPolicy."""
    return read_file(f"ethics/{PAPERS}", PaperRules)


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a document of a case: `replaced` by a newer one, `withdrawn` by a change, or current.

    `size` is in bytes.
    """

    key: int
    kind: PaperKind
    title: str
    number: int
    document_id: int
    filename: str
    media_type: str
    size: int
    sha256: str
    added_by: int
    added_at: datetime
    replaced: bool
    withdrawn: bool = False

    @property
    def current(self) -> bool:
        return not (self.replaced or self.withdrawn)

    @property
    def format(self) -> str:
        return TAKEN[self.media_type]


def taken(data: bytes) -> str:
    """The media type of a file that a document may be. Errors: Invalid for everything else."""
    kind = media_type(data)
    if kind not in TAKEN:
        raise Invalid("This kind of file is not taken.", {"file": "Choose a PDF, DOCX, ODT, PNG or JPEG file"})
    return kind
