"""What stands in a file about where it comes from, and whether it is true."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import c2pa

from deckard_cli.clip.provenance.claim import LABEL, LEARNED, NEWSCODES, SYNTHETIC, Claim
from deckard_cli.clip.provenance.signer import certificates, kept
from deckard_cli.errors import UsageError

__all__ = ["Ingredient", "Provenance", "joined", "read"]

State = Literal["none", "valid", "tampered", "invalid"]
"""``tampered``: the file is another than the one that was signed. ``invalid``: the signature fits the file and is
wrong all the same, as of a certificate that has ended."""
Trust = Literal["own", "trusted", "unknown"]
"""Who vouches for the signer: it was made here, somebody on a list that was given, or nobody."""

_UNTRUSTED: Final = "signingCredential.untrusted"
_OUTDATED: Final = ("signingCredential.", "timeStamp.", "claimSignature.outsideValidity")
"""How the codes begin (C2PA 2.1, section 15.2) that blame the signer, not the file."""
_FAULTS: Final = {
    "assertion.bmffHash": "its pictures or its sound were changed, or a part of it is missing",
    "assertion.dataHash": "its content was changed, or a part of it is missing",
    "assertion.boxesHash": "its content was changed, or a part of it is missing",
    "assertion.": "what it says of itself was changed",
    "claimSignature.outsideValidity": "it was signed when its certificate did not hold",
    "claimSignature.": "its signature belongs to something else",
    "claim.": "what it says of itself is not whole",
    "ingredient.": "what it says of a file that it is made of was changed",
    "signingCredential.expired": "its certificate has ended",
    "signingCredential.": "its certificate is none to sign clips with",
    "timeStamp.": "its time stamp does not hold",
    "": "its signature does not hold",
}
"""How the codes begin (C2PA 2.1, section 15.2), the longer ones first -> what they mean."""
_MARKS: Final = (b"jumdc2pa", b"c2pa.assertions", b"c2pa.signature")
"""What a file holds that was signed, even where too little of it is left to read."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that another was made of."""

    title: str
    state: State
    claim: Claim | None
    """What it says of itself, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a file says of where it comes from."""

    state: State
    trust: Trust = "unknown"
    signer: str = ""
    """The name on the certificate."""
    issuer: str = ""
    """The organisation on it."""
    software: str = ""
    """What made it, with its version."""
    title: str = ""
    source: str = ""
    """Digital source type: a name of IPTC NewsCodes, or what else stands there."""
    claim: Claim | None = None
    """What Deckard says of it; None where something else made it."""
    ingredients: tuple[Ingredient, ...] = ()
    faults: tuple[str, ...] = ()
    """Why it is not valid, a few words each."""

    @property
    def synthetic(self) -> bool | None:
        """Whether a machine made it, or a part of it; None where nobody says."""
        return self.source in SYNTHETIC if self.source else None


def read(path: Path, trusted: Sequence[Path] = ()) -> Provenance:
    """What stands in `path`, of any form and of anybody's, checked.

    `trusted` are PEM files of the authorities that are believed, such as the C2PA trust list. Raises `UsageError` for a
    file that cannot be read, and for a list that is none.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise UsageError(f"'{path}' is a folder, a pipe or a device.", code="not_a_file", hint="name a clip")
    listed = "".join(map(_list, trusted))
    try:
        own = b"".join(certificates(kept().read_bytes())[1:]).decode() if kept().is_file() else ""
        told = _told(path, own)
        if told.trust == "own" or not listed:
            return told
        return replace(told, trust="trusted") if _told(path, listed).trust == "own" else told
    except OSError as error:
        raise UsageError(
            f"'{path}' cannot be read: {error.strerror}.", code="no_file", hint="check the path"
        ) from error


def _list(path: Path) -> str:
    """The certificates in the file at `path`, PEM."""
    from cryptography import x509  # at the top it would be loaded for every look at a clip

    try:
        pem = path.read_bytes()
        x509.load_pem_x509_certificates(pem)
    except OSError as error:
        raise UsageError(
            f"'{path}' cannot be read: {error.strerror}.", code="no_list", hint="check the path"
        ) from error
    except ValueError as error:
        raise UsageError(
            f"'{path}' is no list of certificates (PEM).", code="no_list", hint="check the file"
        ) from error
    return b"".join(certificates(pem)).decode()


def _told(path: Path, anchors: str) -> Provenance:
    """What stands in `path`; its signer is our own where one of `anchors` vouches for it."""
    settings: dict[str, Any] = {
        "core": {"allowed_network_hosts": []},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    if anchors:
        settings |= {"trust": {"user_anchors": anchors}}
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    try:
        with path.open("rb") as file, c2pa.Reader(None, file, None, context) as reader:
            return _provenance(json.loads(reader.json()))
    except c2pa.C2paError as error:
        if isinstance(error, (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported)) or not _marked(path):
            return Provenance(state="none")
        return Provenance(state="tampered", faults=("what it says of itself cannot be read",))


def _marked(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(mark) >= 0 for mark in _MARKS)


def _provenance(store: Mapping[str, Any]) -> Provenance:
    manifests = store.get("manifests") or {}
    manifest = manifests.get(store.get("active_manifest"))
    if manifest is None:  # its name was changed, in one of the places where it stands
        return Provenance(state="tampered", faults=("the manifest is not where its name says",))
    signature = manifest.get("signature_info") or {}
    failures = list(store.get("validation_status") or ())
    claim, source = _claim(manifest)
    return Provenance(
        state=_state(failures),
        trust="own" if store.get("validation_state") == "Trusted" else "unknown",
        signer=signature.get("common_name") or "",
        issuer=signature.get("issuer") or "",
        software=_software(manifest),
        title=manifest.get("title") or "",
        source=source,
        claim=claim,
        ingredients=tuple(_ingredients(manifest, manifests)),
        faults=tuple(dict.fromkeys(_words(each) for each in failures if each["code"] != _UNTRUSTED)),
    )


def _words(failure: Mapping[str, str]) -> str:
    code = failure["code"]
    return f"{next(said for begin, said in _FAULTS.items() if code.startswith(begin))} ({code})"


def _state(failures: Iterable[Mapping[str, str]]) -> State:
    codes = [failure["code"] for failure in failures if failure["code"] != _UNTRUSTED]
    if not codes:
        return "valid"
    return "invalid" if all(code.startswith(_OUTDATED) for code in codes) else "tampered"


def _claim(manifest: Mapping[str, Any]) -> tuple[Claim | None, str]:
    """What Deckard says of the clip, if it does, and the digital source type, if anybody tells it."""
    data = [(each["label"], each.get("data")) for each in manifest.get("assertions") or ()]
    claims = (Claim.of(each) for label, each in data if label == LABEL and isinstance(each, dict))
    actions = [each for label, each in data if label.startswith("c2pa.actions") and isinstance(each, dict)]
    kinds = (action.get("digitalSourceType") for each in actions for action in each.get("actions") or ())
    return next((claim for claim in claims if claim), None), next(filter(None, kinds), "").removeprefix(NEWSCODES)


def _software(manifest: Mapping[str, Any]) -> str:
    """What made it: the claim generator, of which older manifests have one line."""
    told: Mapping[str, Any] = next(iter(manifest.get("claim_generator_info") or ()), {})
    named = f"{told.get('name', '')} {told.get('version') or ''}".strip()
    return named or manifest.get("claim_generator") or ""


def _ingredients(manifest: Mapping[str, Any], manifests: Mapping[str, Any]) -> Iterator[Ingredient]:
    for each in manifest.get("ingredients") or ():
        title = each.get("title") or ""
        if (inner := manifests.get(each.get("active_manifest") or "")) is None:
            yield Ingredient(title, "none", None)
        else:
            found = (each.get("validation_results") or {}).get("activeManifest") or {}
            yield Ingredient(title, _state(found.get("failure") or ()), _claim(inner)[0])


def joined(title: str, clips: Sequence[Path]) -> Claim:
    """What a film made of `clips` says: all that they credit, and the digital source type of them together."""
    claims = [told.claim for told in map(read, clips) if told.claim]
    learned = any(claim.source in LEARNED for claim in claims)
    return Claim(
        title=title,
        about="Synthetic media: a film of clips, joined by Deckard.",
        source="compositeWithTrainedAlgorithmicMedia" if learned else "compositeSynthetic",
        credits=tuple(dict.fromkeys(credit for claim in claims for credit in claim.credits)),
        language=next((claim.language for claim in claims if claim.language), ""),
    )
