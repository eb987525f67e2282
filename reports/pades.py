"""PAdES signatures by pyHanko: put on a file, and read back; loaded by who signs or checks, for it takes a second."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.reporting.checking import Signature
from reports.apart import apart
from reports.build import AUTHOR

SIGNS = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)

MOST_JUDGED = 2


class DatedSigner(PdfSigner):
    """Gives the moment of issue as the time of signing, so that file, register and signature say the same."""

    at: datetime

    def init_signing_session(self, *args: Any, **options: Any) -> Any:
        session = super().init_signing_session(*args, **options)
        session.system_time = self.at
        return session


class OwnKey(Signer):
    """Signs with the key as it was read; pyHanko's own signer reads and tests it anew for each signature."""

    def __init__(self, key: RSAPrivateKey, certificate: Certificate) -> None:
        super().__init__(signing_cert=certificate, cert_registry=SimpleCertificateStore())  # type: ignore[no-untyped-call]
        self.key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(self.key.key_size // 8)
        return self.key.sign(data, PKCS1v15(), get_pyca_cryptography_hash(digest_algorithm))


def signed(data: bytes, key: RSAPrivateKey, certificate: bytes, *, reason: str, at: datetime) -> bytes:
    """The same file with one signature over all of it; the certificate is DER."""
    meta = PdfSignatureMetadata(field_name="Issued", reason=reason, name=AUTHOR, subfilter=SigSeedSubFilter.PADES)
    signer = DatedSigner(meta, signer=OwnKey(key, Certificate.load(certificate)))
    signer.at = at
    done: bytes = apart(lambda: signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(data))).getvalue())
    return done


def signatures(data: bytes, known: Mapping[str, Certificate]) -> tuple[Signature, ...]:
    """The first two of a file: ours have one. Errors: any, for hostile bytes."""
    return apart(
        lambda: tuple(judged(one, known) for one in PdfFileReader(BytesIO(data)).embedded_signatures[:MOST_JUDGED])
    )


def judged(one: EmbeddedPdfSignature, known: Mapping[str, Certificate]) -> Signature:
    certificate = one.signer_cert
    mark = fingerprint(certificate.dump())
    trusted = known.get(mark)
    context = ValidationContext(
        trust_roots=[trusted or certificate], allow_fetching=False, moment=one.self_reported_timestamp
    )
    status = validate_pdf_signature(one, context, key_usage_settings=SIGNS, skip_diff=True)
    return Signature(
        certificate.subject.native.get("common_name", "somebody without a name"),
        mark,
        trusted is not None,
        bool(status.intact and status.valid and (status.trusted or trusted is None)),
        one.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE,
        str(one.sig_object.get("/Reason", "")),
    )
