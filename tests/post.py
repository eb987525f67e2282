"""A real SMTP server for tests, which keeps what it takes and refuses what it is told to refuse."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from hcqic_gov.settings import Settings

SENDER = "notices@centre.example"


@dataclass
class Sink:
    """What was taken, by whom it was to be read; `answers` are refusals by address, `data_answer` one for all."""

    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = ""
    taken: list[tuple[str, Message]] = field(default_factory=list)
    port: int = 0
    lock: Lock = field(default_factory=Lock)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_answer:
            return self.data_answer
        message = BytesParser(policy=default).parsebytes(envelope.content)
        with self.lock:
            self.taken += [(address, message) for address in envelope.rcpt_tos]
        return "250 OK"

    @property
    def readers(self) -> list[str]:
        return [address for address, _message in self.taken]

    def settings(self, **changes: Any) -> Settings:
        values: Mapping[str, Any] = {"smtp_url": f"smtp://127.0.0.1:{self.port}", "mail_from": SENDER, **changes}
        return Settings(public_url="https://centre.example", **values)


class AnyPort(Controller):
    """Port 0 is whatever port is free; it is known once the server listens."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def sink(*, tls: ssl.SSLContext | None = None, password: str = "") -> Iterator[Sink]:
    """A server on a port of its own; with a password, it takes nothing from whoever does not give it."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password.decode() == password, handled=False)  # it answers 535 itself

    handler = Sink()
    controller = AnyPort(
        handler,
        hostname="127.0.0.1",
        port=0,
        tls_context=tls,
        require_starttls=tls is not None,
        authenticator=check if password else None,
        auth_required=bool(password),
    )
    controller.start()
    handler.port = controller.port
    try:
        yield handler
    finally:
        controller.stop()
