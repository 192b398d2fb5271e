"""The International Phonetic Alphabet in espeak's own phonemes.

espeak writes phonemes in mnemonics that mean another sound in each language, and reads no IPA. But it says in IPA what
it speaks: so it is made to say every mnemonic that it has, and the language's inventory is what was heard.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import espeakng_loader

from deckard_cli.speech.libespeak import named

__all__ = ["mnemonics"]

_VOWEL, _SOUNDS = 2, range(2, 9)
"""Kinds of phonemes in espeak's tables: vowels, and all that is no pause, stress or rule."""
_IGNORED: Final = {ord(mark): None for mark in ".-‿ \u0361\u035c\u200d"}
"""Marks of syllables, links and ties."""
_ALIKE: Final = str.maketrans({"g": "ɡ", ":": "ː", "'": "ˈ", "’": "ˈ", "ɝ": "ɚ"})
_NEAR: Final = {
    "ɹ": ("r", "ʁ", "ɾ"), "r": ("ɾ", "ɹ", "ʁ"), "ʁ": ("ʀ", "r", "ɹ"), "ɾ": ("r",), "x": ("h",),
    "θ": ("s",), "ð": ("d",), "ɲ": ("nj",), "ʎ": ("lj",), "ɫ": ("l",), "ŋ": ("n",), "ʔ": ("",),
    "l": ("ɫ", "lʲ"), "w": ("v", "u"), "ʋ": ("v",),
    "ɪ": ("i", "iː"), "i": ("iː", "ɪ"), "ʊ": ("u", "uː"), "u": ("uː", "ʊ"), "y": ("yː", "ʏ", "u"), "ʏ": ("y",),
    "e": ("ɛ", "eː", "eɪ"), "ɛ": ("e",), "æ": ("a", "ɛ"), "a": ("aː", "ɑː", "æ"), "ɑ": ("ɑː", "a"), "ɒ": ("ɔ", "ɑː"),
    "o": ("ɔ", "oː", "oʊ"), "ɔ": ("o",), "ʌ": ("a", "ɐ"), "ɐ": ("ʌ", "a"), "ə": ("ɐ", "e"), "ɜ": ("ə", "œ"),
    "ɚ": ("ɜː", "ə"), "ø": ("øː", "œ", "ɜː"), "œ": ("ø", "œː", "ɜː"), "ɨ": ("ɪ", "i"), "ʉ": ("uː", "u"), "ɯ": ("u",),
}  # fmt: skip
"""Sound -> those that stand for it, the nearest first, in languages that do not have it."""


def mnemonics(ipa: str, lang: str) -> str | None:
    """`ipa`, of one or more words, as espeak's mnemonics of its language `lang`; None where a letter of it is no sound,
    or none that the language has anything near to.
    """
    words = [_word(word, _inventory(lang)) for word in ipa.split()]
    return "||".join(word for word in words if word) if words and None not in words else None


def _word(ipa: str, inventory: dict[str, str]) -> str | None:
    letters = _plain(ipa)
    said, stress = list[str](), ""
    while letters:
        if letters[0] in "ˈˌ":
            stress, letters = "'" if letters[0] == "ˈ" else ",", letters[1:]
            continue
        length = next((n for n in range(min(len(letters), 5), 0, -1) if letters[:n] in inventory), 0)
        if not length:
            near = _nearest(letters[0], inventory)
            if near is None and letters[0] != "ː" and not unicodedata.combining(letters[0]):
                return None
            letters = (near or "") + letters[1:]
            continue
        name, letters = letters[:length], letters[length:]
        if stress and _is_vowel(name):
            said.append(stress)
            stress = ""
        said.append(inventory[name])
    return "|".join(said).replace("'|", "'").replace(",|", ",") or None


def _nearest(letter: str, inventory: dict[str, str]) -> str | None:
    """What stands for `letter`; every sound of it is in `inventory`."""
    for near in _NEAR.get(letter, ()):
        if near in inventory or all(each in inventory for each in near):
            return near
    return None


def _is_vowel(name: str) -> bool:
    return name[0] in "aeiouyæøœɐɑɒɔəɚɛɜɞɤɨɪɯɵɶʉʊʌʏᵻ" or "\u0329" in name


@cache
def _inventory(lang: str) -> dict[str, str]:
    """IPA -> the mnemonic of it that says it, in `lang`."""
    found: dict[str, str] = {}
    known = _mnemonics()
    heard = named([f"t|{each}|t" if vowel else f"{each}|a" for each, vowel in known], lang)
    for (mnemonic, vowel), names in zip(known, heard, strict=True):
        name = names[1:-1] if vowel else names[:-1]
        if len(name) == 1 and (bare := _plain(name[0]).lstrip("ˈˌ")):
            found.setdefault(bare, mnemonic)
    return found


def _plain(ipa: str) -> str:
    return unicodedata.normalize("NFD", ipa).translate(_IGNORED).translate(_ALIKE)


@cache
def _mnemonics() -> tuple[tuple[str, bool], ...]:
    """Every mnemonic of every language, the plainest first, and whether it is a vowel's."""
    found = {(name, kind == _VOWEL) for name, kind in _listed() if kind in _SOUNDS and not set(name) & set("|_[]")}
    return tuple(sorted(found, key=_plainness))


def _plainness(mnemonic: tuple[str, bool]) -> tuple[object, ...]:
    name, _ = mnemonic
    return not name.isalpha(), any(map(str.isdigit, name)), len(name), mnemonic


def _listed() -> Iterator[tuple[str, int]]:
    """The phonemes in espeak's file `phontab`: a byte that counts its tables, and before each table's phonemes of 16
    bytes a head of 36, which begins with their number.
    """
    data = (Path(espeakng_loader.get_data_path()) / "phontab").read_bytes()
    place = 4
    for _ in range(data[0]):
        count, place = data[place], place + 36
        for _ in range(count):
            name, kind = struct.unpack_from("<4s7xB4x", data, place)
            yield name.partition(b"\0")[0].decode("latin-1"), kind
            place += 16
