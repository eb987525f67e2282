"""Mail servers that ask for TLS and a password: certificates are checked, and a password never goes in the clear."""

import ssl
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from hcqic_gov.notices.rules import About
from hcqic_gov.notices.sending import Ending, Letter, Outcome, attempt, composed
from hcqic_gov.settings import MailServer, Settings
from tests.conftest import NOW
from tests.post import SENDER, Sink, sink


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of "localhost", signed by itself: certificate and key in one file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    today = datetime.now(NOW.tzinfo)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path / "server.pem"
    file.write_bytes(built.public_bytes(encoding) + key.private_bytes(encoding, private, serialization.NoEncryption()))
    return file


def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(certificate)
    return found


def posted(post: Sink, password: str) -> Outcome:
    url = f"smtp://centre:{password.replace('/', '%2F')}@localhost:{post.port}?starttls=1"
    settings = post.settings(smtp_url=url)
    letter = Letter(1, 1, "cause", "Chair", "chair@example.org", "S", "B", About("ethics_case", "E-1"), NOW)
    assert settings.mail_server is not None
    return attempt(settings.mail_server, composed(letter, settings), letter)


def test_a_known_certificate_and_the_right_password(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with sink(tls=context(certificate), password="right/one") as post:
        assert posted(post, "right/one") == Outcome(Ending.SENT)
        refused = posted(post, "wrong")
    assert post.readers == ["chair@example.org"]
    assert (refused.ending, refused.reached) == (Ending.LATER, False)
    assert "535" in refused.why
    assert "wrong" not in refused.why


def test_an_unknown_certificate_gets_neither_password_nor_message(certificate: Path) -> None:
    with sink(tls=context(certificate), password="right/one") as post:
        outcome = posted(post, "right/one")
    assert post.readers == []
    assert outcome.ending is Ending.LATER
    assert "certificate" in outcome.why


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25)),
        ("smtp://mail.example?starttls=1", MailServer("mail.example", 587, starttls=True)),
        ("smtps://u%40x:p%3A1@mail.example", MailServer("mail.example", 465, "u@x", "p:1", tls=True)),
        ("smtp://u:p@mail.example:2525?starttls=1", MailServer("mail.example", 2525, "u", "p", starttls=True)),
    ],
)
def test_a_mail_server(url: str, server: MailServer) -> None:
    assert Settings(smtp_url=url, mail_from=SENDER).mail_server == server


@pytest.mark.parametrize(
    ("url", "sender", "sentence"),
    [
        ("smtp://u:secret@mail.example", SENDER, "not sent in the clear"),
        ("http://mail.example", SENDER, "Give the mail server as"),
        ("smtp://mail.example:none", SENDER, "Port could not be cast"),
        ("smtp://mail.example", "", "from which address"),
        ("", "two@centre.example\nBcc: x@centre.example", "from which address"),
    ],
)
def test_settings_that_cannot_be_used(url: str, sender: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as error:
        Settings(smtp_url=url, mail_from=sender)
    assert "secret" not in str(error.value)


def test_without_a_server_and_address_of_its_own() -> None:
    settings = Settings(port=8123)
    assert settings.mail_server is None
    assert settings.address == "http://127.0.0.1:8123"
    assert "p" * 12 not in repr(Settings(smtp_url=f"smtps://u:{'p' * 12}@mail.example", mail_from=SENDER))
