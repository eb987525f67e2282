"""Typed settings from the environment (`HCQIC_*`), with defaults that suit one machine."""

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,250}")


def is_address(text: str) -> bool:
    """Whether e-mail can be sent to this: one `@`, and nothing that means more than itself in a header."""
    return text.isprintable() and ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in; `tls` from the first byte, or `starttls` after a greeting."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """From `smtp://user:password@host:587?starttls=1` or `smtps://user:password@host`. Errors: ValueError."""
        parts = urlsplit(url)
        tls, starttls = parts.scheme == "smtps", parse_qs(parts.query).get("starttls") == ["1"]
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError(
                "Give the mail server as smtp://host:25, smtp://user:password@host:587?starttls=1 or smtps://…"
            )
        if parts.username and not (tls or starttls):
            raise ValueError("A password is not sent in the clear: use smtps:// or add ?starttls=1")
        port = parts.port or (465 if tls else 587 if starttls else 25)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, tls, starttls)


class Settings(BaseSettings):
    """Everything a deployment may choose; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="HCQIC_", hide_input_in_errors=True)  # it may be a password

    data_dir: Path = Field(ROOT / ".hcqic", description="where the embedded database, files and secrets lie")
    database_url: str = Field("", description="SQLAlchemy URL; empty for SQLite in data_dir")
    cache_dir: Path | None = Field(None, description="for compiled page templates; empty for a folder in data_dir")
    policy_dir: Path = Field(ROOT / "policies", description="what the centre has decided, as files")
    broker_url: str = Field("", description="Celery broker; empty for a folder in data_dir")
    secret_key: str = Field("", description="signs cookies; empty for one kept in data_dir")
    host: str = "127.0.0.1"
    port: int = 8000
    behind_tls: bool = Field(False, description="served over HTTPS: secure cookies and HSTS")
    proxies: int = Field(0, ge=0, le=5, description="trusted proxies in front that set X-Forwarded-For")
    sign_in_rate: str = Field("20 per minute", description="sign-in attempts from one address")
    public_url: str = Field("", description="how people reach the centre; empty for http://host:port")
    smtp_url: str = Field(
        "", description="where e-mail is handed in; empty: notices stay in the application", repr=False
    )
    signing_key: Path | None = Field(None, description="PEM file of the key that signs issued reports")
    signing_certificate: Path | None = Field(None, description="PEM file of that key's certificate")
    signing_passphrase: str = Field("", description="opens the signing key, if it is locked", repr=False)
    verify_rate: str = Field("10 per minute", description="files checked on the public page for one address")
    mail_from: str = Field("", description="the address from which e-mail comes", validate_default=True)

    @field_validator("smtp_url")
    @classmethod
    def is_mail_server(cls, url: str) -> str:
        if url:
            MailServer.parse(url)
        return url

    @field_validator("mail_from")
    @classmethod
    def is_sender(cls, address: str, info: ValidationInfo) -> str:
        if (address or info.data.get("smtp_url")) and not is_address(address):
            raise ValueError("Say from which address e-mail comes, such as notices@centre.example")
        return address

    @property
    def mail_server(self) -> MailServer | None:
        return MailServer.parse(self.smtp_url) if self.smtp_url else None

    @property
    def address(self) -> str:
        """How people reach the centre, for links in e-mails and calendars."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'hcqic.sqlite3'}"

    @property
    def broker(self) -> str:
        return self.broker_url or "filesystem://"

    @property
    def templates(self) -> Path:
        """Where compiled page templates are kept. They are code, so only this installation may write there."""
        folder = self.cache_dir or self.home() / "cache"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
        """A secret of this installation: from the environment, or made once and kept in data_dir (mode 600)."""
        if name == "secret_key" and self.secret_key:
            return self.secret_key
        path = self.home() / "secrets" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            self._make_once(path, make())
        return path.read_text()

    def home(self) -> Path:
        """The data folder, made where it is missing, and then open to nobody else: it holds the whole register."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.data_dir

    @staticmethod
    def _make_once(path: Path, text: str) -> None:
        """Appears whole or not at all: two processes that start together get the same, and never an empty one."""
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(text)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
