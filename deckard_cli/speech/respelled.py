"""Words that are said otherwise than they are written, for voices that read letters alone.

Such a voice is given the words as they are said, and what it says gets the words back as they are written, with the
times of what was said for them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from deckard_cli.script import Hint, Line
from deckard_cli.speech import Speech, Voice, Word

__all__ = ["respelled"]

_REACH: Final = 400
"""Characters in which the next word is looked for: one that the voice spelled anew would be found pages later."""


def respelled(voice: Voice, line: Line) -> Iterator[Speech]:
    """What `voice` says of `line`, whose hints it does not read, but for IPA where its class says ``ipa``. Emphasis is
    left to the voice.

    A note names what is said as it is written because only phonemes tell how it is said; not for a voice whose class
    says ``recorded``, which has said it already.
    """
    kept = [hint for hint in line.hints if hint.ipa] if getattr(voice, "ipa", False) else []
    hints = sorted({hint for hint in line.hints if hint.said} | set(kept), key=attrgetter("start"))
    notes = () if getattr(voice, "recorded", False) else tuple(_unread(line, hints))
    text, places, done, moved = "", list[int](), 0, list[Hint]()
    for hint in hints:
        if hint.start < done:
            continue
        text += line.text[done : hint.start]
        places += range(done, hint.start)
        if hint in kept:
            moved.append(replace(hint, start=len(text), end=len(text) + hint.end - hint.start))
            done = hint.start
        else:
            text += hint.said
            places += [hint.start] * len(hint.said)
            done = hint.end
    text += line.text[done:]
    places += range(done, len(line.text) + 1)
    page = _Page(line.text, text, places, [hint for hint in hints if hint not in kept])
    for speech in voice.speak(replace(line, text=text, hints=tuple(moved))):
        written = page.written(speech) if page.hints else speech
        yield replace(written, notes=(*written.notes, *notes)) if notes else written
        notes = ()


def _unread(line: Line, read: Sequence[Hint]) -> Iterator[str]:
    unread = [hint for hint in line.hints if (hint.ipa or hint.phonemes) and hint not in read]
    if words := dict.fromkeys(f"'{line.text[hint.start : hint.end]}'" for hint in unread):
        yield f"This voice does not read such phonemes, and says these words as they are written: {', '.join(words)}."


@dataclass(slots=True)
class _Page:
    """A text as it is written and as it is said, with a finger on what comes next."""

    text: str
    said: str
    places: Sequence[int]
    """For each character of `said`, and for its end, where it stands in `text`."""
    hints: Sequence[Hint]
    place: int = 0
    """Characters of `said` before the finger."""

    def written(self, speech: Speech) -> Speech:
        """`speech` of the next of what is said, as it is written."""
        first = self._find(speech.text)
        if first is None:
            return speech
        words = tuple(self._words(speech.words))
        self.place = max(self.place, first + len(speech.text))
        end = self._written_end(first + len(speech.text))
        return replace(speech, text=self.text[self.places[first] : end].strip(), words=words)

    def _find(self, said: str) -> int | None:
        at = self.said.find(said, self.place, self.place + len(said) + _REACH) if said else -1
        return at if at >= 0 else None

    def _written_end(self, end: int) -> int:
        """Where what is said up to `end` ends in the text: after the whole of a word that is said otherwise."""
        inside = self._hint(end - 1)
        return inside.end if inside and self._hint(end) is inside else self.places[end]

    def _words(self, words: Sequence[Word]) -> Iterator[Word]:
        held: list[Word] = []
        owner: Hint | None = None
        for word in words:
            at = self._find(word.text)
            hint = None if at is None else self._hint(at)
            if held and hint is not owner:
                yield from self._shared(held, owner)
                held = []
            if at is not None:
                self.place = at + len(word.text)
            owner = hint
            if hint is None:
                yield word
            else:
                held.append(word)
        if held:
            yield from self._shared(held, owner)

    def _shared(self, held: Sequence[Word], owner: Hint | None) -> Iterator[Word]:
        """The written words for the said ones of one hint: one for one, or by their letters."""
        assert owner
        said = self.text[owner.start : self._word_end(owner.end)]
        written = re.findall(r"\S+", said)
        if len(written) == len(held):
            yield from (replace(word, text=text) for word, text in zip(held, written, strict=True))
            return
        start, end = held[0].start, held[-1].end
        step, done = (end - start) / max(sum(map(len, written)), 1), 0
        for text in written:
            yield replace(held[0], text=text, start=start + done * step, end=start + (done + len(text)) * step)
            done += len(text)

    def _word_end(self, end: int) -> int:
        """Where the word ends that goes on after a hint: the s in "Nguyen's"."""
        tail = re.match(r"['’]?\w+", self.text[end:])
        return end + tail.end() if tail else end

    def _hint(self, at: int) -> Hint | None:
        """The hint that the character of `said` at a place belongs to."""
        if not 0 <= at < len(self.said):
            return None
        place = self.places[at]
        hint = self.hints[max(bisect_right(self.hints, place, key=attrgetter("start")) - 1, 0)]
        return hint if hint.start <= place < hint.end else None
