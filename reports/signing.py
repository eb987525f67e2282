"""Signs issued reports (PAdES), and keeps every certificate that ever signed for this centre."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import HcqicError, Refused
from hcqic_gov.documents.service import write_once
from hcqic_gov.reporting.checking import proof_of
from hcqic_gov.reporting.snapshot import Edition
from hcqic_gov.settings import Settings
from reports.documents import funder_report

DEMO_SIGNER = "HCQIC demo centre: signs nothing real"
TOLD_BACK = timedelta(days=5 * 365)
"""A demo centre's story lies in the past, so its certificate begins there."""
RSA_BITS = 3072
NO_KEY = (
    "Issued reports are signed, and this centre has no key to sign with. An administrator sets HCQIC_SIGNING_KEY and "
    "HCQIC_SIGNING_CERTIFICATE to the PEM files of a key and its certificate (README, “Check a report”)."
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What this centre signs with: the key, and the certificate that names it."""

    key: Any
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issuing(settings: Settings, *, demo: bool) -> Callable[[Edition], bytes]:
    """What makes the signed PDF of an edition at its issue."""
    put = signing(settings, demo=demo)

    def render(edition: Edition) -> bytes:
        at = edition.stamp.issued_at or datetime.now(UTC)
        return put(funder_report(edition), proof_of(edition.stamp), at)

    return render


def signing(settings: Settings, *, demo: bool) -> Callable[[bytes, str, datetime], bytes]:
    """What signs a PDF with a proof at a moment; only a demo centre makes a key of its own."""

    def put(data: bytes, reason: str, at: datetime) -> bytes:
        identity = identity_of(settings, demo=demo)
        require_valid(identity, at)
        keep(settings, identity)
        return sign(data, identity, reason=reason, at=at)

    return put


def signs(settings: Settings, *, demo: bool) -> bool:
    """Whether this centre has a key; without one its letters and minutes are unsigned, and nobody can check them."""
    return demo or bool(settings.signing_key)


def sign(data: bytes, identity: Identity, *, reason: str, at: datetime) -> bytes:
    """The same file with one signature over all of it, appended as an incremental update."""
    from reports.pades import signed

    return signed(data, identity.key, identity.der, reason=reason, at=at)


def identity_of(settings: Settings, *, demo: bool) -> Identity:
    """From the settings, or, in a demo centre, made once. Errors: Refused, HcqicError."""
    if settings.signing_key and settings.signing_certificate:
        return read_pair(settings.signing_key, settings.signing_certificate, settings.signing_passphrase)
    if settings.signing_key or settings.signing_certificate:
        raise HcqicError("Set both HCQIC_SIGNING_KEY and HCQIC_SIGNING_CERTIFICATE, or neither of them.")
    if not demo:
        raise Refused("no_signing_key", NO_KEY)
    return parsed(settings.secret("signing.pem", lambda: self_signed(DEMO_SIGNER, datetime.now(UTC))).encode())


def read_pair(key: Path, certificate: Path, passphrase: str) -> Identity:
    try:
        return parsed(key.read_bytes() + b"\n" + certificate.read_bytes(), passphrase)
    except OSError as error:
        raise HcqicError(f"{error.filename} cannot be read. Check HCQIC_SIGNING_KEY and its certificate.") from error


@lru_cache(maxsize=1)
def parsed(pem: bytes, passphrase: str = "") -> Identity:
    """Tested once, which takes a tenth of a second. Errors: HcqicError where it is no key with its certificate."""
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
        identity = Identity(key, x509.load_pem_x509_certificate(pem))
    except (ValueError, TypeError) as error:
        raise HcqicError(
            "The signing key or its certificate cannot be used: both are PEM files, and HCQIC_SIGNING_PASSPHRASE opens "
            "a locked key."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):  # of others the signature would make a PDF 2.0, which is no PDF/A-3
        raise HcqicError("The signing key is not an RSA key. Set HCQIC_SIGNING_KEY to an RSA key of 3072 bits or more.")
    if public(identity.key.public_key()) != public(identity.certificate.public_key()):
        raise HcqicError("The signing certificate belongs to another key. Set the certificate of HCQIC_SIGNING_KEY.")
    return identity


def public(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def require_valid(identity: Identity, at: datetime) -> None:
    certificate = identity.certificate
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Refused(
            "signing_certificate_ended",
            f"The signing certificate holds from {certificate.not_valid_before_utc:%-d %B %Y} to "
            f"{certificate.not_valid_after_utc:%-d %B %Y}. Set a key and certificate that hold today.",
        )


def self_signed(name: str, now: datetime) -> str:
    """A new key with a certificate that it signed itself, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    uses = dict.fromkeys(x509.KeyUsage.__init__.__code__.co_varnames[1:10], False)
    uses |= {"digital_signature": True, "content_commitment": True}
    certificate = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - TOLD_BACK)
        .not_valid_after(now + TOLD_BACK)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (pem + certificate.public_bytes(Encoding.PEM)).decode()


def keep(settings: Settings, identity: Identity) -> None:
    """Before it signs, so that a file signed with it is never of an unknown key."""
    pem = identity.certificate.public_bytes(Encoding.PEM)
    write_once(certificates(settings) / f"{fingerprint(identity.der)}.pem", pem)


def certificates(settings: Settings) -> Path:
    return settings.data_dir / "certificates"


def known_certificates(settings: Settings) -> Mapping[str, Certificate]:
    """Every certificate that ever signed for this centre, by the SHA-256 of its DER."""
    files = sorted(certificates(settings).glob("*.pem"))
    ders = (x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER) for file in files)
    return {fingerprint(der): Certificate.load(der) for der in ders}
