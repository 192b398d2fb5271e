"""Which shape the mouth takes: phones in IPA become timed targets among the 15 visemes of the Oculus/Meta set.

The set and its letters are those of Meta's viseme reference; vowels that glide are split 60/40 as Rhubarb Lip Sync
does. The poses answer to the lessons of the open tables (TalkingHead, OpenFaceFX): F and V do not pucker, B and P show
no teeth, S does not press the lips.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from deckard_cli.speech import Phone

__all__ = ["PAUSE", "POSES", "VISEMES", "VOWELS", "Target", "viseme_track"]

VISEMES: Final = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""The Oculus/Meta visemes, in their published order."""

VOWELS: Final = frozenset({"aa", "E", "ih", "oh", "ou"})
"""The visemes that open with loudness."""

PAUSE: Final = 0.12
"""Seconds: a shorter silence between two sounds is not seen."""

POSES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "sil": {},
        "PP": {"jawOpen": 0.05, "mouthPress": 0.5, "mouthRollLower": 0.3, "mouthRollUpper": 0.25},
        "FF": {"jawOpen": 0.07, "mouthRollLower": 0.55, "mouthShrugLower": 0.3, "mouthUpperUp": 0.25},
        "TH": {"jawOpen": 0.15, "tongueOut": 0.5, "mouthUpperUp": 0.1, "mouthLowerDown": 0.15},
        "DD": {"jawOpen": 0.18, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1},
        "kk": {"jawOpen": 0.22, "mouthLowerDown": 0.1},
        "CH": {"jawOpen": 0.12, "mouthFunnel": 0.55, "mouthPucker": 0.3, "mouthUpperUp": 0.1},
        "SS": {"jawOpen": 0.06, "mouthStretch": 0.25, "mouthLowerDown": 0.25, "mouthUpperUp": 0.2},
        "nn": {"jawOpen": 0.16, "mouthLowerDown": 0.12},
        "RR": {"jawOpen": 0.18, "mouthFunnel": 0.3, "mouthPucker": 0.3},
        "aa": {"jawOpen": 0.6, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1},
        "E": {"jawOpen": 0.38, "mouthStretch": 0.25, "mouthLowerDown": 0.15},
        "ih": {"jawOpen": 0.18, "mouthStretch": 0.35, "mouthSmile": 0.2},
        "oh": {"jawOpen": 0.4, "mouthFunnel": 0.55, "mouthPucker": 0.25},
        "ou": {"jawOpen": 0.14, "mouthPucker": 0.75, "mouthFunnel": 0.3},
    }
)
"""Viseme -> blendshape weights, 0..1. ``mouthPress`` stands for both of ``mouthPressLeft`` and ``mouthPressRight``,
and so for every shape that has two sides."""

_LETTERS: Final = {
    "PP": "p b m ɓ ʘ kp ɡb ŋm mp mb",
    "FF": "f v ɱ",
    "TH": "θ ð ǀ",
    "DD": "t d ɾ ʈ ɖ ɗ ᶑ ǃ ǁ r ɽ nd nt",
    "kk": "k ɡ g ŋ x c ɟ q ɢ ɣ ɰ χ ʁ ʀ ħ ʕ ɦ ɴ ɠ ʄ ʛ ʜ ʢ ʡ ŋɡ ŋk kx N X",
    "CH": "ʃ ʒ tʃ dʒ ɕ ʑ tɕ dʑ ʂ ʐ tʂ dʐ ʈʂ ɖʐ ɧ ǂ S Z tS dZ",
    "SS": "s z ts dz ʦ ʣ ɬ ɮ tɬ dɮ ç ʝ cç ɟʝ",
    "nn": "n l əl ɫ ɲ ɳ ʎ ɭ ʟ ɺ",
    "RR": "ɹ ɻ ɚ ɝ ɜ",
    "aa": "ɑ æ ʌ ɐ a A",
    "E": "ɛ ε e ə ɘ ɤ ᴇ",
    "ih": "i ɪ ᵻ j ɨ ɯ ᵼ ı",
    "oh": "ɔ o ɒ ɷ",
    "ou": "ʊ w u ɥ ʍ ʉ y ʏ ɵ ᵿ",
}
_VISEME: Final = {ipa: viseme for viseme, row in _LETTERS.items() for ipa in row.split()}
_ROUNDED: Final = {"ø": "E", "œ": "E", "ɞ": "E", "ɶ": "aa", "ɸ": "PP", "Φ": "PP", "β": "PP", "ʋ": "FF", "ⱱ": "FF"}
"""Letters between two visemes: of this one, but rounded or (ɸ β ʋ ⱱ) without the contact."""
_LOOSE: Final = "ɸΦβʋⱱ"
_WEAK: Final = {"ə": 0.62, "ɐ": 0.7, "ᵻ": 0.8, "ɨ": 0.85, "ɚ": 0.75, "ɜ": 0.8}
_ROUNDING_MARKS: Final = "ʷᵝ\u032b\u0339"
_TRANSPARENT: Final = ("ʔ", "h", "ɦ")
_LONGEST: Final = max(map(len, _VISEME))
_SHARES: Final = {1: (1.0,), 2: (0.6, 0.4), 3: (0.5, 0.25, 0.25)}
_BURST: Final = 0.7
"""Share of a plosive that is closure where its burst is not known."""


@dataclass(frozen=True, slots=True)
class Target:
    """A shape that the mouth is to have reached, and how long it is the sound's own."""

    viseme: str
    """One of `VISEMES`."""
    start: float
    """Seconds at which its sound begins; -inf for the silence before the first sound."""
    end: float
    """Seconds at which its sound ends; inf for the silence after the last."""
    strength: float = 1.0
    """About 0..1.3, how much of the pose: a schwa is less than a full vowel, a loud vowel more."""
    burst: float | None = None
    """Seconds until which the lips are sealed; None for a shape that does not seal them."""
    stress: int = 0
    """0 none, 1 primary, 2 secondary."""
    rounded: bool = False
    """Said with rounded lips, though its viseme is not."""
    glide: bool = False
    """The later part of a diphthong: the mouth is on its way to it from its start, and there a little later."""
    known: float | None = None
    """Start in seconds of the later sound that gave this one its shape (the vowel after an h); None for its own."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One viseme of a phone: ``aɪ`` has two."""

    viseme: str
    strength: float
    rounded: bool
    contact: str
    """``seal``: shut to its end (m); ``plosive``: shut to its burst; ``bite``: lip on teeth; empty: none."""


def viseme_track(phones: Sequence[Phone], gains: Sequence[float] = ()) -> list[Target]:
    """The targets of `phones`, in order of time, and of the silences of at least `PAUSE` seconds around them.

    `gains`, one a phone and about 1, say how loudly each is spoken; vowels grow with it. A glottal stop leaves the
    mouth as it is and has no target; an h has the shape of the vowel that follows it. A letter that is not in the
    table is read as the letter it was made from, so that no sound of any language is lost.
    """
    targets: list[Target] = []
    before = -math.inf
    for index, (phone, gain) in enumerate(zip(phones, gains or (1.0,) * len(phones), strict=True)):
        if phone.start - before >= PAUSE:
            targets.append(Target("sil", before, phone.start))
        if phone.ipa[:1] in _TRANSPARENT:
            targets += _breath(phone, *phones[index + 1 : index + 2])
        else:
            targets += _split(phone, gain)
        before = phone.end
    return [*targets, Target("sil", before, math.inf)]


def _breath(phone: Phone, following: Phone | None = None) -> list[Target]:
    if "ʔ" in phone.ipa or following is None or following.start > phone.end + 0.03:
        return []
    parts = _parts(following.ipa)
    if not parts or parts[0].viseme not in VOWELS | {"RR"}:
        return []
    shape, strength = parts[0].viseme, 0.7 * parts[0].strength
    return [Target(shape, phone.start, phone.end, strength, None, 0, parts[0].rounded, known=following.start)]


def _split(phone: Phone, gain: float) -> list[Target]:
    parts = _parts(phone.ipa)
    shares = _SHARES.get(len(parts), (1 / max(len(parts), 1),) * len(parts))
    targets: list[Target] = []
    start, length = phone.start, phone.end - phone.start
    for index, (part, share) in enumerate(zip(parts, shares, strict=True)):
        end = phone.end if index == len(parts) - 1 else start + share * length
        burst = _seal_end(part, phone, start, end)
        strength = part.strength * (gain if part.viseme in VOWELS else 1.0)
        glide = bool(targets) and part.viseme in VOWELS and targets[-1].viseme in VOWELS
        targets.append(Target(part.viseme, start, end, strength, burst, phone.stress, part.rounded, glide))
        start = end
    return targets


def _seal_end(part: _Part, phone: Phone, start: float, end: float) -> float | None:
    if part.contact not in ("seal", "plosive"):
        return None
    if part.contact == "seal":
        return end
    if phone.burst is not None and start < phone.burst <= end:
        return phone.burst
    return end if end < phone.end else start + _BURST * (end - start)


def _stripped(ipa: str) -> str:
    """Letters alone: no stress, length, tie, tone or combining mark."""
    composed = unicodedata.normalize("NFC", ipa)
    # ç would fall apart into c and a cedilla, and be drawn as a k.
    plain = "".join(c if c in _VISEME else unicodedata.normalize("NFD", c) for c in composed)
    return "".join(c for c in plain if unicodedata.category(c) in ("Ll", "Lo", "Lu"))


@lru_cache(maxsize=4096)
def _parts(ipa: str) -> tuple[_Part, ...]:
    rounded = any(mark in ipa for mark in _ROUNDING_MARKS)
    letters = _stripped(ipa)
    parts: list[_Part] = []
    while letters:
        taken = next((n for n in range(min(_LONGEST, len(letters)), 1, -1) if letters[:n] in _VISEME), 1)
        parts.append(_part(letters[:taken], rounded))
        letters = letters[taken:]
    return tuple(parts)


def _part(letters: str, rounded: bool) -> _Part:
    if letters in _ROUNDED:
        loose = letters in _LOOSE
        return _Part(_ROUNDED[letters], 0.6 if loose else 1.0, rounded or not loose, "")
    viseme = _VISEME.get(letters) or _nearest(letters)
    contact = {"PP": "plosive", "FF": "bite"}.get(viseme, "")
    if letters in ("m", "ŋm"):
        contact = "seal"
    return _Part(viseme, _WEAK.get(letters, 1.0), rounded, contact)


def _nearest(letter: str) -> str:
    """The viseme of the plain letter that an unknown one was made from, by its Unicode name; else a small opening."""
    name = unicodedata.name(letter, "")
    base = name.rpartition("LETTER ")[2].split(" WITH ")[0].removeprefix("TURNED ").removeprefix("REVERSED ")
    return _VISEME.get(base.lower(), "kk")
