"""The seal of the installation: one PAdES signature (ETSI EN 319 142-1, B-B or with a time-stamp B-T) by pyHanko.

Whose key: KENDALI_SEAL_P12 (a PKCS#12 file of your own) or KENDALI_SEAL_PKCS11 (a token) when set; else a small
authority of the installation, made at first need, its keys kept under the installation key (models.SealIdentity).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.locks import Lock, take
from kendali.register.models import SealIdentity
from kendali.terms import settings as terms

FIELD: Final = "SegelInstalasi"
AUTHORITY_YEARS, CERTIFICATE_YEARS, RENEW_DAYS = 20, 5, 180


class SealingError(Exception):
    """It was not sealed; the sentence says why and what to do. Another attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    pdf: bytes
    timestamped_by: str  # "" without a time-stamp server
    certificate_sha256: str  # of the signing certificate, DER


class _AsItWas(IncrementalPdfFileWriter):
    """What the document says of itself stays: pyHanko's rewritten XMP has other prefixes than PDF/A wants."""

    def _update_meta(self) -> None:
        return None


def seal(pdf: bytes, *, at: datetime, reason: str) -> Sealed:
    """The same PDF with the installation's signature added to its end. SealingError."""
    signer = _signer(at)
    stamper = _stamper()
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason,
        name=_organisation(),
    )  # fmt: skip
    out = BytesIO()
    try:
        writer = _AsItWas(BytesIO(pdf))
        signers.PdfSigner(meta, signer=signer, timestamper=stamper).sign_pdf(writer, output=out)
    except (TimestampRequestError, OSError) as error:
        raise SealingError(f"the time-stamp server {settings.KENDALI_SEAL_TSA} did not answer: {error}") from error
    assert signer.signing_cert is not None
    stamped = settings.KENDALI_SEAL_TSA if stamper is not None else ""
    return Sealed(out.getvalue(), stamped, signer.signing_cert.sha256.hex())


def sign(data: bytes, *, at: datetime) -> bytes:
    """A detached signature (CMS, DER) of the installation over any bytes: `openssl cms -verify` checks it."""
    signer = _signer(at)
    signer.embed_roots = False
    # CAdES: the signature names its certificate by digest, so that nobody puts another one beside it.
    signed = asyncio.run(signer.async_sign_general_data(data, "sha256", detached=True, use_cades=True))
    return bytes(signed.dump())


def authority_pem() -> bytes:
    """The local authority's certificate, for those who want their PDF reader to trust the seal; b"" = none made."""
    row = SealIdentity.objects.order_by("-pk").first()
    if row is None:
        return b""
    return x509.load_der_x509_certificate(bytes(row.authority)).public_bytes(serialization.Encoding.PEM)


def _organisation() -> str:
    return str(terms.get("organisation.name")) or "Kendali"


def _stamper() -> TimeStamper | None:
    url: str = settings.KENDALI_SEAL_TSA
    return HTTPTimeStamper(url, https=url.startswith("https://"), timeout=10) if url else None


def _signer(at: datetime) -> signers.Signer:
    if settings.KENDALI_SEAL_P12:
        return _from_file(Path(settings.KENDALI_SEAL_P12), settings.KENDALI_SEAL_P12_PASSWORD)
    if settings.KENDALI_SEAL_PKCS11:
        parts = (part.partition("=") for part in settings.KENDALI_SEAL_PKCS11.split(";"))
        return _from_token({name.strip(): value for name, _, value in parts})
    return _local(at)


def _from_file(path: Path, password: str) -> signers.Signer:
    if not path.is_file():
        raise SealingError(f"KENDALI_SEAL_P12: there is no file {path}")
    load: Callable[..., signers.SimpleSigner | None] = signers.SimpleSigner.load_pkcs12
    signer = load(str(path), passphrase=password.encode() or None)
    if signer is None:
        raise SealingError("KENDALI_SEAL_P12 does not open: check KENDALI_SEAL_P12_PASSWORD")
    return signer


def _from_token(parts: Mapping[str, str]) -> signers.Signer:
    """module=…;token=…;pin=…;certificate=…[;key=…]; needs the package python-pkcs11, which is not installed."""
    if left := [name for name in ("module", "token", "certificate") if not parts.get(name)]:
        raise SealingError(f"KENDALI_SEAL_PKCS11 does not say {', '.join(left)}: module=…;token=…;pin=…;certificate=…")
    try:
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as error:
        raise SealingError("KENDALI_SEAL_PKCS11 needs the package python-pkcs11: pip install python-pkcs11") from error
    token = TokenCriteria(label=parts["token"])
    session = open_pkcs11_session(parts["module"], token_criteria=token, user_pin=parts.get("pin"))
    signer: signers.Signer = PKCS11Signer(
        session, cert_label=parts["certificate"], key_label=parts.get("key", parts["certificate"])
    )
    return signer


def _local(at: datetime) -> signers.Signer:
    row = _identity(at)
    key = open_bytes(_key(), b"seal/certificate", bytes(row.key))
    authority = asn1_x509.Certificate.load(bytes(row.authority))
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library's, without annotations
    store.register(authority)
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(bytes(row.certificate)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )


@transaction.atomic
def _identity(at: datetime) -> SealIdentity:
    """The newest one, while it lives; else a new certificate of the same authority."""
    take(Lock.SEAL_IDENTITY)
    row = SealIdentity.objects.order_by("-pk").first()
    if row is not None and row.expires_at > at + timedelta(days=RENEW_DAYS):
        return row
    return _make(at, row)


def _make(at: datetime, old: SealIdentity | None) -> SealIdentity:
    if old is None:
        authority_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        name = _name("otoritas setempat")
        public = authority_key.public_key()
        authority = _certificate(name, name, public, authority_key, at, AUTHORITY_YEARS, ca=True)
    else:
        opened = open_bytes(_key(), b"seal/authority", bytes(old.authority_key))
        loaded = serialization.load_der_private_key(opened, None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        authority_key, authority = loaded, x509.load_der_x509_certificate(bytes(old.authority))
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    certificate = _certificate(
        _name("segel instalasi"), authority.subject, key.public_key(), authority_key, at, CERTIFICATE_YEARS, ca=False
    )
    return SealIdentity.objects.create(
        authority=authority.public_bytes(serialization.Encoding.DER),
        certificate=certificate.public_bytes(serialization.Encoding.DER),
        authority_key=seal_bytes(_key(), b"seal/authority", _pkcs8(authority_key)),
        key=seal_bytes(_key(), b"seal/certificate", _pkcs8(key)),
        made_at=at,
        expires_at=certificate.not_valid_after_utc,
    )


def _name(what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _organisation()[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Kendali {what}"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: Any, signing_key: rsa.RSAPrivateKey, at: datetime, years: int, *,
    ca: bool,
) -> x509.Certificate:  # fmt: skip
    begins = min(at, datetime.now(UTC)) - timedelta(days=1)
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(authority_id, critical=False)
        .sign(signing_key, hashes.SHA256())
    )


def _pkcs8(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key() -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=b"kendali/1/seal-identity").derive(
        settings.KENDALI_INSTALLATION_KEY
    )
