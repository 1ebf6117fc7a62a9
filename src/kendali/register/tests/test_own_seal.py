"""A certificate of one's own and a time-stamp server, by environment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.sign.timestamps import DummyTimeStamper
from pytest_django.fixtures import Settings

from kendali.register import seal, verify
from kendali.register.pdf_seal import read_seal
from kendali.register.tests import papers
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def issued(common_name: str) -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key and its self-signed certificate (DER)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = seal._name(common_name)
    certificate = seal._certificate(name, name, key.public_key(), key, datetime.now(UTC), 1, ca=False)
    return key, certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def time_stamp_server(cast: Cast) -> Iterator[str]:
    """RFC 3161 over HTTP on loopback."""
    key, certificate = issued("waktu")
    stamper = DummyTimeStamper(asn1_x509.Certificate.load(certificate), keys.PrivateKeyInfo.load(seal._pkcs8(key)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = stamper.request_tsa_response(request).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_seal_carries_the_time_of_the_server(
    cast: Cast, store: Path, settings: Settings, time_stamp_server: str
) -> None:
    settings.KENDALI_SEAL_TSA = time_stamp_server
    one = papers.sealed(cast)
    assert one.timestamped_by == time_stamp_server
    pdf = store / one.pdf_path
    assert read_seal(pdf.read_bytes()).stamped
    found = verify.check([pdf])
    assert any(finding.ok and finding.text.startswith("Time-stamp:") for finding in found)
    assert not [finding for finding in found if finding.ok is False]


def test_an_own_certificate_seals(cast: Cast, store: Path, settings: Settings, tmp_path: Path) -> None:
    key, certificate = issued("sertifikat sendiri")
    from cryptography import x509

    loaded = x509.load_der_x509_certificate(certificate)
    data = pkcs12.serialize_key_and_certificates(
        b"segel", key, loaded, None, serialization.BestAvailableEncryption(b"rahasia-sekali")
    )
    path = tmp_path / "segel.p12"
    path.write_bytes(data)
    settings.KENDALI_SEAL_P12, settings.KENDALI_SEAL_P12_PASSWORD = str(path), "rahasia-sekali"
    one = papers.sealed(cast)
    found = read_seal((store / one.pdf_path).read_bytes())
    assert found.intact
    assert found.valid
    assert found.fingerprint == asn1_x509.Certificate.load(certificate).sha256.hex()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KENDALI_SEAL_P12", "/nowhere.p12"),
        ("KENDALI_SEAL_PKCS11", "module=/nowhere.so;token=x;certificate=x"),
        ("KENDALI_SEAL_PKCS11", "slot 1"),
    ],
)
def test_a_seal_that_is_not_there_leaves_it_unsealed_and_says_why(
    cast: Cast, settings: Settings, name: str, value: str
) -> None:
    setattr(settings, name, value)
    assert papers.sealed(cast).status == "signing"
    with pytest.raises(seal.SealingError, match=name):
        seal.seal(b"%PDF-1.7", at=cast.now, reason="x")
