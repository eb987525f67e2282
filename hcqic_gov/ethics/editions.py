"""The documents of a version by name, so that two versions can be compared, and as the list that is frozen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hcqic_gov.ethics.papers import PAPER_LABELS, PaperKind

Content = Mapping[str, Any]
"""What is applied for, as plain values by field; documents by kind and title once they are named."""
Name = tuple[PaperKind, str]
"""Kind and title of a document: no two documents of a case have both."""
PREFIX = "papers."


@dataclass(frozen=True, slots=True)
class Edition:
    """Which file a document is: its version, and the SHA-256 of its bytes."""

    version: int
    sha256: str

    def __str__(self) -> str:
        return f"Version {self.version} (SHA-256 {self.sha256[:12]}…)"


def named(content: Content) -> dict[str, Any]:
    """Frozen content with its documents by kind and title."""
    papers: dict[str, dict[str, Edition]] = {}
    for one in content.get("papers", ()):
        papers.setdefault(one["kind"], {})[one["title"]] = Edition(one["version"], one["sha256"])
    return {**content, "papers": papers}


def frozen(content: Content) -> dict[str, Any]:
    """The way back: a list in the order of kinds and titles, as an application's own is."""
    order = list(PaperKind)
    held = sorted(editions(content), key=lambda item: (order.index(item[0][0]), item[0][1]))
    papers = [
        {"kind": kind.value, "title": title, "version": edition.version, "sha256": edition.sha256}
        for (kind, title), edition in held
    ]
    return {**content, "papers": papers}


def editions(content: Content) -> Iterator[tuple[Name, Edition]]:
    """Each document of named content; what was taken out has no edition."""
    for kind, titles in content["papers"].items():
        for title, edition in titles.items():
            if edition is not None:
                yield (PaperKind(kind), title), edition


def document_name(kind: PaperKind, title: str) -> str:
    """A document in plain words: its kind, and its title where that says more."""
    return PAPER_LABELS[kind] if title == PAPER_LABELS[kind] else f"{PAPER_LABELS[kind]}: {title}"


def field_of(kind: PaperKind, title: str) -> str:
    """A document as a field of a change."""
    return f"{PREFIX}{kind.value}.{title}"


def name_of_field(field: str) -> str:
    """The document that a field of a change is, in plain words."""
    _, kind, title = field.split(".", 2)
    return document_name(PaperKind(kind), title)
