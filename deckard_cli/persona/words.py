"""How words are said: a file of ``word = "as it is said"``, a persona's own (words.toml) or one that is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator

from deckard_cli.script import Hint
from deckard_cli.tomlfile import read_toml

__all__ = ["WORDS_FILE", "Saying", "Words", "hints", "read_words"]

WORDS_FILE: Final = "words.toml"
"""In a persona's folder."""

_EXAMPLES: Final = 'say how: "win", "/wɪn/", "[[w\'In]]", or { said = "win", ipa = "wɪn" }'
_SIGNS: Final = frozenset("ˈˌː.'’:‿ -" + "".join(map(chr, range(0x300, 0x370))))
"""What IPA has beside letters: marks of stress, length, syllables and links, and those on and under letters."""
_SLASHED: Final = re.compile(r"/([^/]*)/|\[([^\[\]]*)\]")
_BRACKETED: Final = re.compile(r"\[\[(.*)\]\]", re.DOTALL)


def _letters(text: str) -> str:
    if not any(map(str.isalnum, text)):
        raise ValueError("it has no letter and no digit")
    if not text.isprintable() or text != " ".join(text.split()):
        raise ValueError("it holds a control character, or spaces that no text has")
    return text


def _mnemonics(text: str) -> str:
    if not (text.isascii() and text.isprintable() and any(map(str.isalpha, text))) or "[[" in text or "]]" in text:
        raise ValueError("espeak's phonemes are written in ASCII letters and signs, such as d'Ek3d")
    return text


def _ipa(text: str) -> str:
    """IPA without the slashes or brackets that dictionaries write around it."""
    outer = _SLASHED.fullmatch(text)
    text = " ".join((outer[1] or outer[2] or "" if outer else text).split())
    if not any(map(str.isalpha, text)) or any(not (letter.isalpha() or letter in _SIGNS) for letter in text):
        raise ValueError("IPA is letters and signs of sound, such as ˈdɛkɚd")
    return text


class Saying(BaseModel):
    """How a word is said."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    said: Annotated[str, AfterValidator(_letters)] | None = Field(default=None, max_length=200)
    """As somebody would write it who never saw the word: ``win`` for Nguyen. None: as it is written."""
    phonemes: Annotated[str, AfterValidator(_mnemonics)] | None = Field(default=None, max_length=200)
    """In espeak's mnemonics, for voices that read these; others say it as in `said`."""

    ipa: Annotated[str, AfterValidator(_ipa)] | None = Field(default=None, max_length=200)
    """In the International Phonetic Alphabet, for voices that read it; others say it as in `said`."""

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, given: object) -> object:
        """A text alone is how it is said; in double brackets it is phonemes, between slashes IPA."""
        if isinstance(given, dict):
            return given
        if not isinstance(given, str):
            raise ValueError(_EXAMPLES)
        inside = _BRACKETED.fullmatch(given.strip())
        if inside:
            return {"phonemes": inside[1]}
        return {"ipa" if _SLASHED.fullmatch(given.strip()) else "said": given}

    @model_validator(mode="after")
    def _of_something(self) -> Saying:
        if self.said is None and self.phonemes is None and self.ipa is None:
            raise ValueError(_EXAMPLES)
        return self


Word = Annotated[str, AfterValidator(_letters), Field(max_length=100)]


class Words(RootModel[dict[Word, Saying]]):
    """A whole words.toml. A word in small letters alone is meant in any; one with a capital is meant just so."""


def read_words(path: Path) -> Words:
    """The words in a file. Raises `FileError`, naming file, line and word of every mistake."""
    return read_toml(path, Words, what="words")


def hints(text: str, words: Mapping[str, Saying]) -> Iterator[Hint]:
    """Where in `text` which of the `words` stand, whole; the longest where several begin."""
    exact = {word: saying for word, saying in words.items() if word != word.lower()}
    any_case = {word: saying for word, saying in words.items() if word == word.lower()}
    if not words:
        return
    for match in _pattern(words).finditer(text):
        word = match.group()
        saying = exact.get(word) or any_case.get(word.lower())
        if saying:
            yield Hint(match.start(), match.end(), saying.said or "", saying.phonemes or "", saying.ipa or "")


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE)
