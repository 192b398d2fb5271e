"""ARPAbet, in which the acoustic model of English names its phones, from IPA and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from deckard_cli.speech import Phone
from deckard_cli.speech.closures import VOWELS

__all__ = ["USUAL", "ipa", "pronounced"]

_IPA: Final[Mapping[str, str]] = {
    "AA": "ɑː", "AE": "æ", "AO": "ɔː", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ", "EY": "eɪ", "IH": "ɪ", "IY": "iː",
    "OW": "oʊ", "OY": "ɔɪ", "UH": "ʊ", "UW": "uː", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ",
    "HH": "h", "JH": "dʒ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ",
    "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_VARYING: Final[Mapping[str, tuple[str, str]]] = {"AH": ("ə", "ʌ"), "ER": ("ɚ", "ɜː")}
"""Vowels that IPA writes in two ways: without and with stress."""

_ARPABET: Final[Mapping[str, str]] = {
    **{name: arpabet for arpabet, name in _IPA.items()},
    "ɑ": "AA", "ɒ": "AA", "a": "AE", "ɔ": "AO", "o": "OW", "oː": "AO", "əʊ": "OW", "ɛ": "EH", "e": "EH", "eə": "EH R",
    "ɛə": "EH R", "ɪə": "IH R", "iə": "IY AH", "ʊə": "UH R", "aɪə": "AY AH", "aɪɚ": "AY ER", "aʊə": "AW AH", "i": "IY",
    "u": "UW", "ə": "AH", "ɐ": "AH", "ʌ": "AH", "ᵻ": "IH", "ɨ": "IH", "ɚ": "ER", "ɜː": "ER", "ɜ": "ER", "ɾ": "T",
    "ʔ": "T", "x": "K", "ç": "HH", "ɬ": "L", "ɫ": "L", "r": "R", "g": "G", "y": "UW", "ø": "ER", "œ": "ER", "c": "K",
    "ɲ": "N Y", "ʁ": "R", "ɣ": "G", "β": "V", "q": "K", "ʍ": "W", "ʂ": "SH", "ɕ": "SH", "ʐ": "ZH", "ʑ": "ZH", "ʈ": "T",
    "ɖ": "D", "ɳ": "N", "ɭ": "L", "ʎ": "L", "ɸ": "F", "χ": "K", "ħ": "HH", "ɦ": "HH", "ʋ": "V", "ɽ": "R", "ʀ": "R",
    "ʝ": "Y", "ɥ": "W", "ɰ": "W", "ɟ": "G", "ɡ": "G", "ɱ": "M", "ɴ": "NG", "ɯ": "UH", "ɤ": "AH", "ʏ": "UW", "ɵ": "ER",
    "ʉ": "UW", "ɘ": "AH", "ɞ": "AH", "ɶ": "AE", "ʊ": "UH", "ɪ": "IH",
}  # fmt: skip
"""Espeak's sounds of English, and the nearest for those of other languages."""

_VOWEL: Final = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}

USUAL: Final[Mapping[str, int]] = {
    "AA": 103, "AE": 104, "AH": 55, "AO": 105, "AW": 174, "AY": 152, "EH": 93, "ER": 95, "EY": 146, "IH": 64, "IY": 110,
    "OW": 133, "OY": 197, "UH": 67, "UW": 101, "B": 76, "CH": 127, "D": 47, "DH": 37, "F": 105, "G": 77, "HH": 65,
    "JH": 103, "K": 95, "L": 80, "M": 74, "N": 62, "NG": 77, "P": 104, "R": 61, "S": 112, "SH": 138, "T": 71, "TH": 109,
    "V": 55, "W": 63, "Y": 76, "Z": 83, "ZH": 107,
}  # fmt: skip
"""Milliseconds that each phone usually lasts: medians of 900 sentences of 5 voices, each at its own speed."""


def pronounced(sounds: Sequence[str]) -> list[str]:
    """The phones of ARPAbet nearest to `sounds`, in IPA; a sound that is like none of English is left out."""
    return [name for sound in sounds for name in _nearest(sound)]


def _nearest(sound: str) -> list[str]:
    found: list[str] = []
    while sound:
        head = next((sound[:length] for length in (3, 2, 1) if sound[:length] in _ARPABET), "")
        found.extend(_ARPABET[head].split() if head else ())
        sound = sound[len(head) or 1 :]
    return found


def ipa(names: Sequence[str], sounds: Sequence[Phone]) -> list[tuple[str, int]]:
    """IPA and stress of each phone of a word; the stresses are those of `sounds`, the word's phones as espeak has it,
    vowel by vowel.
    """
    stresses = [sound.stress for sound in sounds if sound.ipa[:1] in set(VOWELS)]
    vowels = [name for name in names if name in _VOWEL]
    found: list[tuple[str, int]] = []
    seen = 0
    for name in names:
        stress = 0
        if name in _VOWEL:
            stress = stresses[seen * len(stresses) // len(vowels)] if stresses else 0
            seen += 1
        found.append((_VARYING[name][stress > 0] if name in _VARYING else _IPA[name], stress))
    return found
