"""English, aligned by whichever of the two ways hears its words in the sound."""

from __future__ import annotations

from deckard_cli.speech import Speech
from deckard_cli.speech.align.forced import Forced
from deckard_cli.speech.align.synthesis import ALIKE, BySynthesis
from deckard_cli.speech.pcm import Samples

__all__ = ["English"]


class English:
    """Finds the words of an English text, in order, in the blocks of a recording of it.

    The acoustic model was taught by people: what it does not know for speech, such as a formant synthesiser's, is laid
    against espeak's.
    """

    def __init__(self, text: str, lang: str, rate: int, *, sure: bool = False) -> None:
        """`rate` is the recording's; `sure` says that the text is what is said, whatever it sounds like.

        Raises `UsageError` for a text that espeak cannot say.
        """
        self._forced = Forced(text, lang, rate)
        self._lang, self._rate, self._sure = lang, rate, sure
        self._other: BySynthesis | None = None

    def align(self, block: Samples, *, last: bool) -> Speech:
        """`block` with the words and phones that are said in it; without any where the text is not what is said."""
        if self._other:
            return self._other.align(block, last=last)
        whole = self._forced.rest() if self._sure and last else ""
        found = self._forced.align(block, last=last)
        if found.words:
            # The model may lose its way to the end, and has then what was said until there.
            return self._all(block, whole) if whole and self._forced.rest() else found
        rest = self._forced.rest()
        if not rest:
            return found
        other = BySynthesis(rest, self._lang, self._rate, most=ALIKE)
        found = other.align(block, last=last)
        if found.words:
            self._other = other
            return found
        return self._guessed(block, rest, last) if self._sure else found

    def _guessed(self, block: Samples, rest: str, last: bool) -> Speech:
        """`block` with the words of the text wherever they fit best, and with all of them where it is the last."""
        found = self._forced.align(block, last=last, sure=True)
        return self._all(block, rest) if last and self._forced.rest() else found

    def _all(self, block: Samples, text: str) -> Speech:
        return BySynthesis(text, self._lang, self._rate, sure=True).align(block, last=True)
