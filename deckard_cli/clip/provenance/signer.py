"""Who vouches for a clip: a certificate with its key, the user's own or one that was made for them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from deckard_cli.data import data_folder
from deckard_cli.errors import UsageError

__all__ = ["ANYBODY", "Signer", "certificates", "kept", "signer"]

ANYBODY: Final = "Deckard user"
"""The organisation of a certificate that was made without being asked for."""
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END"


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate and its private key."""

    chain: bytes
    """The certificate, PEM, then those that vouch for it."""
    secret: bytes = field(repr=False)
    """The private key, PEM (PKCS #8), without a password."""
    algorithm: str
    """How it signs, in the words of C2PA 2.1, section 13.2: ed25519, es256, es384, es512 or ps256."""
    own: bool = False
    """Whether it was made here."""
    lasting: bool = True
    """Whether the key is kept, so that the next clip has the same signer."""
    named: bool = True
    """Whether the certificate names anybody. Those that do not are all as good as each other: a clip that one machine
    made is not made again on the next because that has another."""


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
            from deckard_cli.clip.provenance.selfmade import keep  # at the top it would cost every clip 60 ms

            keep(path)
        pem = path.read_bytes()
    except OSError:  # a home that cannot be written is no reason to make no clip
        from deckard_cli.clip.provenance.selfmade import create

        pem, lasting = create(ANYBODY), False
    if len(certificates(pem)) < 2:
        raise UsageError(
            f"'{path}' is not what Deckard has written.", code="bad_signer", hint="deckard provenance init --force"
        )
    # Of the authorities that vouched for earlier ones none belongs to this chain.
    chain, secret = b"".join(certificates(pem)[:2]), pem.partition(_BEGIN)[0]
    return Signer(chain, secret, "ed25519", own=True, lasting=lasting, named=not _anybodys(chain))


@lru_cache(maxsize=2)
def _anybodys(chain: bytes) -> bool:
    """Whether the first certificate of `chain` is one that names nobody, found without loading cryptography."""
    body = chain.removeprefix(_BEGIN).partition(_END)[0]
    try:
        return ANYBODY.encode() in base64.b64decode(body)
    except ValueError:
        return False


@lru_cache(maxsize=2)
def _tried(certificate: str | Path, chain: bytes, private_key: str | Path, secret: bytes) -> Signer:
    """The signer of these, once it was seen that C2PA takes them."""
    # At the top they would load C2PA and cryptography, which cost 60 ms, for every clip that is only planned.
    from deckard_cli.clip.provenance.keys import KEYS, known
    from deckard_cli.clip.provenance.seal import trial

    if not certificates(chain):
        raise _unfit(certificate, "certificate", "there is no PEM certificate in it")
    try:
        algorithm, plain = known(secret)
    except TypeError as error:
        hint = f"openssl pkey -in '{private_key}' -out key.pem"
        raise _unfit(private_key, "private_key", "it is locked with a password", hint) from error
    except ValueError as error:
        raise _unfit(private_key, "private_key", f"it is not {KEYS} (PEM)") from error
    made = Signer(b"".join(certificates(chain)), plain, algorithm)
    if fault := trial(made):
        raise _unfit(certificate, "certificate", fault)
    return made


def _read(path: str | Path, what: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise _unfit(path, what, error.strerror or str(error)) from error


def _unfit(path: str | Path, what: str, why: str, hint: str = "") -> UsageError:
    return UsageError(
        f"The {what.replace('_', ' ')} '{path}' cannot be signed with: {why}.",
        code="bad_signer",
        hint=hint or f"change {what} in deckard.toml or DECKARD_{what.upper()}; see deckard provenance init --help",
    )
