"""Typed settings from the environment (`HCQIC_*`), with defaults that suit one machine."""

import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything a deployment may choose; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="HCQIC_")

    data_dir: Path = Field(ROOT / ".hcqic", description="where the embedded database, files and secrets lie")
    database_url: str = Field("", description="SQLAlchemy URL; empty for SQLite in data_dir")
    policy_dir: Path = Field(ROOT / "policies", description="what the centre has decided, as files")
    broker_url: str = Field("", description="Celery broker; empty for a folder in data_dir")
    secret_key: str = Field("", description="signs cookies; empty for one kept in data_dir")
    host: str = "127.0.0.1"
    port: int = 8000
    behind_tls: bool = Field(False, description="served over HTTPS: secure cookies and HSTS")
    proxies: int = Field(0, ge=0, le=5, description="trusted proxies in front that set X-Forwarded-For")
    sign_in_rate: str = Field("20 per minute", description="sign-in attempts from one address")
    public_url: str = Field("http://127.0.0.1:8000", description="how people reach the centre")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'hcqic.sqlite3'}"

    @property
    def broker(self) -> str:
        return self.broker_url or "filesystem://"

    def secret(self, name: str) -> str:
        """A secret of this installation: from the environment, or made once and kept in data_dir (mode 600)."""
        if name == "secret_key" and self.secret_key:
            return self.secret_key
        path = self.home() / "secrets" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            self._make_once(path)
        return path.read_text()

    def home(self) -> Path:
        """The data folder, made where it is missing, and then open to nobody else: it holds the whole register."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.data_dir

    @staticmethod
    def _make_once(path: Path) -> None:
        """Appears whole or not at all: two processes that start together get the same, and never an empty one."""
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
