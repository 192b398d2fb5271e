"""The words of a sentence as they are written, each with the time in which it is said."""

from __future__ import annotations

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from deckard_cli.script import Hint, writing
from deckard_cli.speech import Word
from deckard_cli.speech.libespeak import PHONEME, Settings, utter
from deckard_cli.speech.phones import TimedPhone

__all__ = ["Spoken", "Written", "spoken", "words", "written"]

_EMOJI: Final = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    "|[\u231a-\u23ff\u2600-\u27bf\u2b05-\u2b55\U0001f000-\U0001faff][\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]*)+"
)

_UNBROKEN: Final = re.compile("[^\\s、。，！？；：．]+")
"""What no space and no East Asian punctuation parts, which stands without spaces."""
_MINUS: Final = re.compile(r"-\d")
_LOUDER, _AS_BEFORE = "\x013F", " \x010F"
"""espeak's embedded commands for emphasis and its end."""


@dataclass(frozen=True, slots=True)
class Written:
    """A word as it stands in the sentence."""

    text: str
    start: int
    """Characters from the start of the sentence."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is handed to espeak for a sentence: emoji are taken out, so that one inside a word does not break it, and
    what is said otherwise than it is written stands there as it is said.
    """

    text: str
    places: tuple[int, ...]
    """For each character of `text`, where it stands in `sentence`."""
    sentence: str
    left_out: tuple[str, ...]
    phonemes: bool
    """Whether some of it stands in double brackets as espeak's phonemes."""


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Characters of a sentence that espeak is given others for."""

    start: int
    end: int
    text: str
    places: tuple[int, ...]
    """For each character of `text`, where it stands in the sentence."""


def spoken(sentence: str, hints: Iterable[Hint] = ()) -> Spoken:
    """`sentence` without its emoji, and its words as the `hints` about it say."""
    emoji = [_Edit(*match.span(), "", ()) for match in _EMOJI.finditer(sentence)]
    edits = [*emoji, *itertools.chain.from_iterable(_edits(sentence, hint) for hint in hints)]
    phonemes = any(edit.text.startswith("[[") for edit in edits)
    if phonemes:  # brackets that somebody wrote would be read as phonemes too
        edits += [_Edit(m.end(), m.end(), " ", (m.end(),)) for m in re.finditer(r"\[(?=\[)", sentence)]
    text, places, done = "", list[int](), 0
    for edit in sorted(edits):
        if edit.start < done:
            continue
        text += sentence[done : edit.start] + edit.text
        places += [*range(done, edit.start), *edit.places]
        done = edit.end
    places += range(done, len(sentence))
    left_out = tuple(dict.fromkeys(sentence[edit.start : edit.end] for edit in emoji))
    return Spoken(text + sentence[done:], tuple(places), sentence, left_out, phonemes)


def _edits(sentence: str, hint: Hint) -> Iterator[_Edit]:
    if hint.phonemes:
        said = f"[[{hint.phonemes}]]"
        yield _Edit(hint.start, hint.end, said, (hint.start,) * len(said))
    elif hint.said:
        yield _Edit(hint.start, hint.end, hint.said, tuple(_places(sentence, hint)))
    if hint.stressed:
        yield _Edit(hint.start, hint.start, _LOUDER, (hint.start,) * len(_LOUDER))
        # espeak counts the word that comes next from here on.
        after = next((at for at in range(hint.end, len(sentence)) if not _silent(sentence[at])), len(sentence) - 1)
        yield _Edit(hint.end, hint.end, _AS_BEFORE, (after,) * len(_AS_BEFORE))


def _places(sentence: str, hint: Hint) -> Iterator[int]:
    """Where what is said stands: word for word where it has as many words as what is written."""
    starts = [hint.start + match.start() for match in re.finditer(r"\S+", sentence[hint.start : hint.end])]
    if len(starts) != len(hint.said.split()):
        starts = [hint.start]
    word = 0
    for letter in hint.said:
        word += letter.isspace()
        yield starts[min(word, len(starts) - 1)]


def written(sentence: str) -> list[Written]:
    """The words of a sentence: what stands between spaces, less the punctuation around it; a Han letter is a word."""
    found: list[Written] = []
    for match in _UNBROKEN.finditer(sentence):
        for start, end in _split(sentence, match.start(), match.end()):
            while start < end and _silent(sentence[start]) and not _MINUS.match(sentence, start):
                start += 1
            while start < end and _silent(sentence[end - 1]):
                end -= 1
            if "." in sentence[start:end] and sentence[end : end + 1] == "." and sentence[end - 1].isalpha():
                end += 1
            if start < end:
                found.append(Written(sentence[start:end], start))
    return found


def _split(sentence: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    kinds = [_kind(letter) for letter in sentence[start:end]]
    cuts = [at for at, pair in enumerate(itertools.pairwise(kinds), start + 1) if _parts(*pair)]
    return itertools.pairwise([start, *cuts, end])


def _kind(letter: str) -> str:
    """What a letter is, where words stand without spaces between them."""
    if letter.isdecimal():
        return "digit"
    name = writing(letter)
    return "han" if name == "CJK" else "kana" if name in ("HIRAGANA", "KATAKANA") else ""


def _parts(before: str, after: str) -> bool:
    """Whether one word ends and another begins between two kinds of letters: 私は42 are three."""
    return "han" in (before, after) or {before, after} == {"digit", "kana"}


def _silent(letter: str) -> bool:
    """Whether a character at the edge of a word is not part of it: punctuation that nobody reads out."""
    return letter not in "%‰&@#*/\\_" and unicodedata.category(letter)[0] in "PZC"


def words(saying: Spoken, timed: list[TimedPhone], settings: Settings) -> tuple[Word, ...]:
    """The times of all words of a sentence, in order.

    espeak says some words in one breath ("of the") and tells the place of the first alone: they share that time by the
    number of phonemes that each has when it stands alone.
    """
    texts = [word for word in written(saying.sentence) if not _EMOJI.fullmatch(word.text)]
    if not texts or not timed:
        return ()
    owners = _owners(texts, saying, timed)
    heads = sorted(set(owners))
    found: list[Word] = []
    for first, following in itertools.pairwise([0, *heads[1:], len(texts)]):
        held = [each for each, owner in zip(timed, owners, strict=True) if first <= owner < following]
        found.extend(_share(texts[first:following], held, settings))
    return tuple(found)


def _owners(texts: list[Written], saying: Spoken, timed: list[TimedPhone]) -> list[int]:
    """For each phone, the index of its word; espeak's places may step back inside a number, and never do here."""
    # espeak counts a word from the space before it where a full stop stands before that: "Mr. win".
    ends = [word.start + len(word.text) for word in texts]
    owners: list[int] = []
    for each in timed:
        place = saying.places[min(each.position, len(saying.places) - 1)]
        owner = min(bisect_right(ends, place), len(texts) - 1)
        owners.append(max(owner, owners[-1] if owners else 0))
    return owners


def _share(texts: list[Written], held: list[TimedPhone], settings: Settings) -> Iterator[Word]:
    if len(texts) == 1:
        yield Word(texts[0].text, held[0].phone.start, held[-1].phone.end)
        return
    counts = [_phonemes(word.text, settings) for word in texts]
    total = max(sum(counts), 1)
    done = 0
    for word, count in zip(texts, counts, strict=True):
        first, done = done, done + count
        low, high = round(first * len(held) / total), round(done * len(held) / total)
        start = held[min(low, len(held) - 1)].phone.start if low < len(held) else held[-1].phone.end
        end = held[high - 1].phone.end if high > low else start
        yield Word(word.text, start, end)


def _phonemes(word: str, settings: Settings) -> int:
    """How many phonemes espeak gives a word that stands alone."""
    return sum(event.type == PHONEME and bool(event.name) for event in utter(word, settings).events)
