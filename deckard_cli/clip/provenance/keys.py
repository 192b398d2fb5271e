"""Private keys of the kinds that C2PA signs with (C2PA 2.1, section 13.2)."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

__all__ = ["KEYS", "known", "signature"]

KEYS: Final = "a private key of Ed25519, P-256, P-384, P-521 or RSA"
_CURVES: Final[dict[str, tuple[str, hashes.HashAlgorithm]]] = {
    "secp256r1": ("es256", hashes.SHA256()),
    "secp384r1": ("es384", hashes.SHA384()),
    "secp521r1": ("es512", hashes.SHA512()),
}
"""Curve -> COSE's name of the algorithm, and its hash (RFC 9053, section 2.1)."""
_SALT: Final = 32
"""Bytes of the random salt of an RSA signature (RFC 8230, section 2)."""

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def known(pem: bytes) -> tuple[str, bytes]:
    """How the key in `pem` signs, and the key again as PKCS #8, which is the one form that C2PA's library reads.

    Raises `TypeError` for a key with a password, `ValueError` for what is none of `KEYS`.
    """
    key = _load(pem)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if isinstance(key, Ed25519PrivateKey):
        return "ed25519", plain
    return _CURVES[key.curve.name][0] if isinstance(key, ec.EllipticCurvePrivateKey) else "ps256", plain


def signature(pem: bytes, data: bytes) -> bytes:
    """The signature of `data` as COSE has it (RFC 9053); the same each time, except with an RSA key."""
    key = _load(pem)
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), _SALT), hashes.SHA256())
    pair = key.sign(data, ec.ECDSA(_CURVES[key.curve.name][1], deterministic_signing=True))
    width = (key.key_size + 7) // 8
    return b"".join(number.to_bytes(width) for number in decode_dss_signature(pair))


def _load(pem: bytes) -> PrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if isinstance(key, (Ed25519PrivateKey, rsa.RSAPrivateKey)):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    raise ValueError("C2PA has no such algorithm")
