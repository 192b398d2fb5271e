"""Whom a certificate names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from deckard_cli.clip.provenance.selfmade import END
from deckard_cli.clip.provenance.signer import Signer, certificates

__all__ = ["Identity", "identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs, as the certificate tells it."""

    name: str
    organization: str
    issuer: str
    """Who vouches for it."""
    self_made: bool
    """Whether it is one that Deckard made."""
    algorithm: str
    """``ed25519``, ``es256``, ``es384``, ``es512`` or ``ps256``."""
    until: datetime | None
    """When it ends, UTC; None where it does not."""
    sha256: str
    """Of the certificate, 64 hexadecimal digits."""


def identity(signer: Signer) -> Identity:
    """Whom the certificate of `signer` names."""
    leaf = x509.load_pem_x509_certificate(certificates(signer.chain)[0])
    until = leaf.not_valid_after_utc
    return Identity(
        name=_named(leaf.subject, NameOID.COMMON_NAME),
        organization=_named(leaf.subject, NameOID.ORGANIZATION_NAME),
        issuer=_named(leaf.issuer, NameOID.COMMON_NAME),
        self_made=signer.own,
        algorithm=signer.algorithm,
        until=None if until >= END else until,
        sha256=leaf.fingerprint(SHA256()).hex(),
    )


def _named(name: x509.Name, which: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(which)
    return str(found[0].value) if found else ""
