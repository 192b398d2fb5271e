"""A claim, signed, into a finished file."""

from __future__ import annotations

import hashlib
import io
import json
import mmap
import uuid
import wave
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import c2pa
from c2pa.c2pa import ed25519_sign

from deckard_cli import __version__
from deckard_cli.clip.part import Part, failure
from deckard_cli.clip.provenance.bmff import digest, emptied, fill
from deckard_cli.clip.provenance.claim import MEDIA_TYPES, SOFTWARE, Claim, assertions
from deckard_cli.clip.provenance.jumbf import steady
from deckard_cli.clip.provenance.signer import Signer
from deckard_cli.errors import DeckardError, UsageError

__all__ = ["sign", "trial"]

_SETTINGS: Final = {
    "core": {"backing_store_memory_threshold_in_mb": 8, "allowed_network_hosts": []},
    "verify": {"verify_after_sign": False, "verify_trust": False, "remote_manifest_fetch": False},
    "builder": {
        "thumbnail": {"enabled": False},
        "created_assertion_labels": ["c2pa.actions", "c2pa.ai-disclosure", "cawg.metadata", "deckard.clip"],
    },
}
"""A long clip is not held in memory twice; a signature is looked at once, when it is the one that stays; what is said
is said by us, not gathered."""


_LOOKED_AT: Final = 64 << 20
"""Bytes of a clip that is looked at again when it is signed: the library holds in memory what it looks at."""


def sign(path: Path, claim: Claim, signer: Signer, ingredients: Sequence[Path] = ()) -> None:
    """Put `claim`, signed by `signer`, into the finished clip at `path`: .mp4, .gif or .wav. It stays as it was where
    that fails.

    `ingredients` are clips that it was made of: what each says of itself is kept. The same clip, claim, signer and
    ingredients give the same bytes, except with an RSA key, whose signatures differ. Raises `UsageError` for
    another form, `DeckardError` where it cannot be written.
    """
    if path.suffix.lower() not in MEDIA_TYPES:
        known = ", ".join(MEDIA_TYPES)
        raise UsageError(f"'{path}' cannot be signed.", code="unsigned_form", hint=f"end its name in one of: {known}")
    part = Part(path)
    clips = {f"clip-{number}": clip for number, clip in enumerate(ingredients, 1)}
    try:
        with path.open("rb") as source, _Target(io.FileIO(part.path, "w+")) as target:
            _write(source, target, path, claim, signer, clips)
    except OSError as error:
        part.drop()
        raise failure(error, path) from error
    except BaseException:
        part.drop()
        raise
    part.keep()


class _Target(io.BufferedRandom):
    """A file that remembers what the system said when it could not be written, which the library does not tell."""

    fault: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.fault = error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return super().seek(offset, whence)
        except OSError as error:  # what was waiting is written first
            self.fault = error
            raise


def _write(
    source: IO[bytes], target: _Target, path: Path, claim: Claim, signer: Signer, clips: Mapping[str, Path]
) -> None:
    """Write `source`, signed, to `target`. Raises `OSError` and `DeckardError`, about `path`."""
    form = MEDIA_TYPES[path.suffix.lower()]
    try:
        store, swap = _signed(source, target, form, claim, signer, clips)
        _replace(target, form, store, steady(store, partial(_signature, signer), swap))
        if target.seek(0, io.SEEK_END) <= _LOOKED_AT:
            _look(target, form)
    except (c2pa.C2paError, ValueError) as error:
        raise target.fault or DeckardError(
            f"'{path}' could not be signed: {_reason(error)}.",
            code="not_signed",
            hint="leave the signature out with --no-provenance",
        ) from error


def trial(signer: Signer) -> str:
    """Why nothing can be signed with `signer`, found by trying; empty where it can."""
    source, target = io.BytesIO(), io.BytesIO()
    with wave.open(source, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
    source.seek(0)
    try:
        _signed(source, target, "audio/wav", Claim(title="", about="", source="algorithmicMedia"), signer, {})
    except c2pa.C2paError as error:
        return _reason(error)
    try:
        _look(target, "audio/wav")
    except c2pa.C2paError:
        return "the private key is that of another"
    return ""


def _signed(
    source: IO[bytes], target: IO[bytes], form: str, claim: Claim, signer: Signer, clips: Mapping[str, Path]
) -> tuple[bytes, tuple[bytes, bytes] | None]:
    """Write `source` with a manifest to `target`: the manifest store, and what `steady` has to swap in it."""
    definition = _definition(source, form, claim, signer, clips)
    if form == "video/mp4":
        signed = io.BytesIO()
        store = _sign(emptied(source), signed, form, definition, signer, clips)
        if (known := digest(signed)) in store:
            fill(signed, source, target)
            return store, (known, digest(target))
        source.seek(0)  # another version of the library counts in another way: it does so with the whole clip
    return _sign(source, target, form, definition, signer, clips), None


def _definition(
    source: IO[bytes], form: str, claim: Claim, signer: Signer, clips: Mapping[str, Path]
) -> dict[str, object]:
    """The manifest, as the library wants it told. Its name is one that no other clip has and this one has each time."""
    definition: dict[str, object] = {
        "title": claim.title,
        "format": form,
        "claim_generator_info": [{"name": SOFTWARE, "version": __version__}],
        "assertions": assertions(claim, clips),
    }
    hashed = _digest(source)
    hashed.update(json.dumps(definition, sort_keys=True).encode() + signer.chain)
    for path in clips.values():
        with path.open("rb") as file:
            hashed.update(_digest(file).digest())
    name = uuid.UUID(bytes=hashed.digest()[:16], version=4)
    return definition | {"label": f"urn:c2pa:{name}", "instance_id": f"xmp:iid:{name}"}


def _sign(
    source: IO[bytes],
    target: IO[bytes],
    form: str,
    definition: Mapping[str, object],
    signer: Signer,
    clips: Mapping[str, Path],
) -> bytes:
    """Write `source` and a manifest to `target`; the manifest store."""
    info = c2pa.C2paSignerInfo(signer.algorithm, signer.chain, signer.secret, None)
    context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
    with c2pa.Signer.from_info(info) as by, c2pa.Builder(definition, context) as builder:
        for identifier, path in clips.items():
            _add(builder, identifier, path)
        return bytes(builder.sign(by, form, source, target))


def _signature(signer: Signer, data: bytes) -> bytes:
    if signer.algorithm == "ed25519":
        return bytes(ed25519_sign(data, signer.secret.decode()))
    from deckard_cli.clip.provenance.keys import signature  # at the top it would cost every clip 30 ms

    return signature(signer.secret, data)


def _digest(file: Any) -> hashlib._Hash:
    """The SHA-256 of what `file` holds, from its beginning; it is left there."""
    hashed = hashlib.file_digest(file, "sha256")
    file.seek(0)
    return hashed


def _add(builder: c2pa.Builder, identifier: str, path: Path) -> None:
    with path.open("rb") as file:
        name = uuid.UUID(bytes=_digest(file).digest()[:16], version=4)
        about = {
            "title": path.name,
            "relationship": "componentOf",
            "label": identifier,
            "instance_id": f"xmp:iid:{name}",
        }
        form = MEDIA_TYPES.get(path.suffix.lower(), path.suffix.lower().removeprefix("."))
        builder.add_ingredient(about, form, file)


def _replace(target: IO[bytes], form: str, old: bytes, new: bytes) -> None:
    """Put the manifest store `new` where `old`, as long, stands in `target`."""
    if form == "image/gif":
        old, new = _blocks(old), _blocks(new)
    target.flush()
    with mmap.mmap(target.fileno(), 0) as written:
        at = written.find(old)
        if at < 0:
            raise ValueError("the manifest is not where it was put")
        written[at : at + len(new)] = new


def _blocks(data: bytes) -> bytes:
    """`data` in the sub-blocks of a GIF (GIF89a, section 15)."""
    pieces = (data[start : start + 255] for start in range(0, len(data), 255))
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def _look(target: IO[bytes], form: str) -> None:
    """Raise where what was signed does not hold."""
    target.seek(0)
    with c2pa.Reader(form, target, None, c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))) as reader:
        if reader.get_validation_state() == "Invalid":
            told = (json.loads(reader.json()).get("validation_status") or [{}])[0]
            raise c2pa.C2paError(told.get("explanation") or "the signature does not fit")


def _reason(error: Exception) -> str:
    kind, _, told = str(error).partition(": ") if isinstance(error, c2pa.C2paError) else (str(error), "", "")
    return (told or kind).rstrip(".")
