"""Certificates as an authority sells them, and as none would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deckard_cli.clip.provenance.signer import Signer, signer

Key = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

KEYS: dict[str, Callable[[], Key]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
}
"""What C2PA calls it -> a new one."""


@dataclass(frozen=True)
class Sold:
    """The files that a buyer gets."""

    certificate: Path
    private_key: Path
    authority: Path
    """Its list of authorities, to be believed."""

    def signer(self) -> Signer:
        return signer(self.certificate, self.private_key)


def sold(
    folder: Path,
    algorithm: str = "ed25519",
    *,
    days: tuple[int, int] = (-30, 30),
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    key: Key | None = None,
    form: PrivateFormat = PrivateFormat.PKCS8,
    password: bytes = b"",
) -> Sold:
    """A certificate that holds from the first of `days` to the second, counted from now, and its key."""
    above, own = ec.generate_private_key(ec.SECP256R1()), key or KEYS[algorithm]()
    root = _certificate("Trusty", "Trusty", above, above, days, x509.BasicConstraints(True, 0), None)
    leaf = _certificate("Acme Films", "Trusty", own, above, days, x509.BasicConstraints(False, None), usage)
    made = Sold(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    made.certificate.write_bytes(leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    lock: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
    made.private_key.write_bytes(own.private_bytes(Encoding.PEM, form, lock))
    made.authority.write_bytes(root.public_bytes(Encoding.PEM))
    return made


def _certificate(
    name: str,
    issuer: str,
    key: Key,
    above: ec.EllipticCurvePrivateKey,
    days: tuple[int, int],
    basic: x509.BasicConstraints,
    usage: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    now, ca = datetime.now(UTC), basic.ca
    allowed = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
    made = (
        x509.CertificateBuilder(_name(issuer), _name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(basic, critical=True)
        .add_extension(allowed, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
    )
    if usage:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return made.sign(above, hashes.SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
