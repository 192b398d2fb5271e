"""The certificate of somebody who has none: made here, kept in the data folder, vouched for by nobody.

C2PA takes no certificate that signed itself (C2PA 2.1, section 14.5), so there are two: an authority of this user's
own, whose key is thrown away, and below it the one that signs. The private key, the two certificates and the
authorities of those that came before stand in one file, which comes to be, and is replaced, at once.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deckard_cli.clip.provenance.signer import ANYBODY

__all__ = ["END", "create", "keep", "replace"]

END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No end (RFC 5280, section 4.1.2.5): without a time stamp, what was signed would be void when the certificate ends."""


def keep(path: Path) -> None:
    """Make the user's own key and certificates, and keep them at `path`, where there are none. Raises `OSError`."""
    with suppress(FileExistsError):  # another process was quicker: its certificate is the one
        _put(path, create(ANYBODY), new=True)


def replace(path: Path, organization: str) -> None:
    """A new key and certificate at `path`. What the old one signed is still known as the user's own.

    Raises `OSError`.
    """
    before = _certificates(path.read_bytes())[1:] if path.is_file() else []
    _put(path, create(organization) + b"".join(each.public_bytes(Encoding.PEM) for each in before), new=False)


def create(organization: str) -> bytes:
    """A private key, its certificate and that of the authority which vouches for it, PEM, in this order."""
    above, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    authority = _name(organization, f"{organization} (self-made authority)")
    root = _certificate(authority, authority, above, above, authority=True)
    leaf = _certificate(_name(organization, f"{organization} (self-made)"), authority, key, above, authority=False)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)


def _name(organization: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def _certificate(
    name: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey, above: Ed25519PrivateKey, *, authority: bool
) -> x509.Certificate:
    """A certificate as C2PA wants it: of an authority, or of one that signs documents."""
    usage = x509.KeyUsage(
        digital_signature=not authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))  # clocks differ
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
    )
    if not authority:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return made.sign(above, None)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)


def _put(path: Path, content: bytes, *, new: bool) -> None:
    """Write `content` to `path`, for its owner alone, whole or not at all. `new` raises where there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        if new:
            os.link(part, path)
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
