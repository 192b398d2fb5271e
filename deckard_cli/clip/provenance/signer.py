"""Who vouches for a clip: a certificate with its key, the user's own or one that was made for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from deckard_cli.data import data_folder
from deckard_cli.errors import UsageError

__all__ = ["Signer", "certificates", "kept", "signer"]

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVES: Final[dict[str, tuple[str, hashes.HashAlgorithm]]] = {
    "secp256r1": ("es256", hashes.SHA256()),
    "secp384r1": ("es384", hashes.SHA384()),
    "secp521r1": ("es512", hashes.SHA512()),
}
"""Curve -> COSE's name of the algorithm, and its hash (RFC 9053)."""
KEYS: Final = "a private key of Ed25519, P-256, P-384, P-521 or RSA"
"""What C2PA signs with (C2PA 2.1, section 13.2)."""
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate and its private key."""

    chain: bytes
    """The certificate, PEM, then those that vouch for it."""
    secret: bytes = field(repr=False)
    """The private key, PEM (PKCS #8)."""
    own: bool = False
    """Whether it was made here."""
    lasting: bool = True
    """Whether the key is kept, so that the next clip has the same signer."""

    @property
    def algorithm(self) -> str:
        """The name that C2PA has for how it signs."""
        match key := _key(self.secret):
            case Ed25519PrivateKey():
                return "ed25519"
            case ec.EllipticCurvePrivateKey():
                return _CURVES[key.curve.name][0]
            case _:
                return "ps256"

    def sign(self, data: bytes) -> bytes:
        """The signature of `data` as COSE has it (RFC 9053); the same each time, except with an RSA key."""
        match key := _key(self.secret):
            case Ed25519PrivateKey():
                return key.sign(data)
            case ec.EllipticCurvePrivateKey():
                pair = key.sign(data, ec.ECDSA(_CURVES[key.curve.name][1], deterministic_signing=True))
                width = (key.key_size + 7) // 8
                return b"".join(number.to_bytes(width) for number in decode_dss_signature(pair))
            case _:
                return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def signer(certificate: str | Path | None = None, private_key: str | Path | None = None) -> Signer:
    """The signer of these two PEM files; without any, the user's own, which is made when it is first needed.

    Raises `UsageError` where one of the two is missing, cannot be read, or C2PA would not take it.
    """
    if not certificate and not private_key:
        return _own()
    if not certificate or not private_key:
        there, lacking = ("private_key", "certificate") if private_key else ("certificate", "private_key")
        raise UsageError(
            f"There is a {there.replace('_', ' ')} to sign with, but no {lacking.replace('_', ' ')}.",
            code="half_signer",
            hint=f"export DECKARD_{lacking.upper()}={lacking.partition('_')[0]}.pem",
        )
    return _tried(certificate, _read(certificate, "certificate"), private_key, _read(private_key, "private_key"))


@lru_cache(maxsize=2)
def _tried(certificate: str | Path, chain: bytes, private_key: str | Path, secret: bytes) -> Signer:
    """The signer of these, once it was seen that C2PA takes them."""
    if not certificates(chain):
        raise _unfit(certificate, "certificate", "there is no PEM certificate in it")
    try:
        key = _key(secret)
    except TypeError as error:
        hint = f"openssl pkey -in '{private_key}' -out key.pem"
        raise _unfit(private_key, "private_key", "it is locked with a password", hint) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unfit(private_key, "private_key", f"it is not {KEYS} (PEM)") from error
    made = Signer(b"".join(certificates(chain)), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    from deckard_cli.clip.provenance.seal import trial  # at the top each would import the other

    if fault := trial(made):
        raise _unfit(certificate, "certificate", fault)
    return made


def _key(pem: bytes) -> PrivateKey:
    """The private key in `pem`. Raises `TypeError` for one with a password, `ValueError` for none that C2PA has."""
    key = load_pem_private_key(pem, None)
    if isinstance(key, (Ed25519PrivateKey, rsa.RSAPrivateKey)):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    raise ValueError("C2PA has no such algorithm")


def kept() -> Path:
    """The file of this user's own key and certificates, PEM, whether it is there or not."""
    return data_folder() / "provenance" / "signer.pem"


def certificates(pem: bytes) -> list[bytes]:
    """The certificates in `pem`, each as PEM."""
    return [_BEGIN + each for each in pem.split(_BEGIN)[1:]]


def _own() -> Signer:
    path, lasting = kept(), True
    try:
        if not path.is_file():
            from deckard_cli.clip.provenance.selfmade import keep  # at the top it would cost every clip 30 ms

            keep(path)
        pem = path.read_bytes()
    except OSError:  # a home that cannot be written is no reason to make no clip
        from deckard_cli.clip.provenance.selfmade import ANYBODY, create

        pem, lasting = create(ANYBODY), False
    # Of the authorities that vouched for earlier ones none belongs to this chain.
    return Signer(b"".join(certificates(pem)[:2]), pem.partition(_BEGIN)[0], own=True, lasting=lasting)


def _read(path: str | Path, what: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise _unfit(path, what, error.strerror or str(error)) from error


def _unfit(path: str | Path, what: str, why: str, hint: str = "") -> UsageError:
    return UsageError(
        f"The {what.replace('_', ' ')} '{path}' cannot be signed with: {why}.",
        code="bad_signer",
        hint=hint or f"change {what} in deckard.toml or DECKARD_{what.upper()}, or see deckard provenance --help",
    )
