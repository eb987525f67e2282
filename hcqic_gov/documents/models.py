"""Table of stored files; the bytes lie in the data folder under their hash."""

from sqlmodel import Field

from hcqic_gov.db import Record


class Document(Record, table=True):
    """One file as somebody gave it: the same bytes under two names are two rows and one file."""

    __tablename__ = "document"
    sha256: str = Field(max_length=64, index=True)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    stored_by: int
