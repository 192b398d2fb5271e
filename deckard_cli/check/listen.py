"""What a clip sounds like, heard once from its start to its end: levels, loudness, words, and what a mouth would do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import add, itemgetter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.check import read
from deckard_cli.clip.interludes import Spans, within
from deckard_cli.errors import UsageError
from deckard_cli.motion import Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.script import guess_language
from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align import Aligner, aligner
from deckard_cli.speech.blocks import blocks
from deckard_cli.speech.loudness import Meter
from deckard_cli.speech.pcm import Samples, retimed

__all__ = ["HOP", "Hearing", "Reading", "Said", "listen"]

HOP: Final = 0.01
"""Seconds of one entry of the tracks below."""
_TICKS: Final = 100
"""Of them in a second."""
_QUIET: Final = -90.0
"""Decibels of digital silence."""
_VOICE: Final = 30.0
"""Decibels below the loud parts of a voice down to which it is one."""
_SILENCE: Final = 0.35
"""Seconds; in a shorter silence a mouth stays on its way."""
_FAINTEST: Final = -55.0
"""Decibels below which nothing is a voice."""


@dataclass(frozen=True, slots=True)
class Said:
    """The words that a clip is known to say."""

    text: str
    lang: str
    """BCP 47."""
    whole: bool = True
    """Whether the text is all that is said; a tag keeps its beginning alone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a text as they were found in a sound; none where it says something else."""

    opening: NDArray[np.float32]
    """How far a mouth that says them is open, as `Hearing.opening`."""
    words: tuple[Word, ...]
    """In seconds from the start of the clip."""
    phones: tuple[Phone, ...]
    """Theirs."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """The sound of a clip, in entries of `HOP` seconds."""

    level: NDArray[np.float32]
    """Root mean square in dBFS, shape (n,)."""
    peak: NDArray[np.float32]
    """Highest sample, 0..1 and a little over, shape (n,)."""
    loudness: float
    """LUFS of the whole, by EBU R 128; -inf where nothing is heard."""
    opening: NDArray[np.float32]
    """How far a mouth that says this is open, by sound alone; about 0..1, shape (n,). It has its natural lead in it."""
    broken: int
    """Packets that cannot be decoded."""
    reading: Reading | None = None
    """What was found of the words; None where nobody knows any."""
    interludes: Spans = ()
    """When whatever is heard is no voice."""

    @property
    def words(self) -> tuple[Word, ...]:
        """Those that were found."""
        return self.reading.words if self.reading else ()

    @property
    def phones(self) -> tuple[Phone, ...]:
        """Theirs."""
        return self.reading.phones if self.reading else ()

    @property
    def said(self) -> NDArray[np.float32] | None:
        """As `opening`, by the words, where these were found."""
        return self.reading.opening if self.reading and self.phones else None

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.level) * HOP

    @property
    def floor(self) -> float:
        """Decibels above which there is a voice."""
        heard = self.level[self.level > _FAINTEST - 5]
        loud = float(np.percentile(heard, 95)) if len(heard) else 0.0
        return max(loud - _VOICE, _FAINTEST)

    @property
    def voice(self) -> NDArray[np.bool_]:
        """Where there is a voice, shape (n,)."""
        voiced: NDArray[np.bool_] = self.level > self.floor
        return voiced & ~self.aside

    @property
    def aside(self) -> NDArray[np.bool_]:
        """Where there is an interlude, shape (n,)."""
        return within(self.interludes, (np.arange(len(self.level)) + 0.5) * HOP)

    @property
    def silences(self) -> list[tuple[float, float]]:
        """Start and end, in seconds, of each silence in which a mouth comes to rest."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (~self.voice).astype(np.int8), [0]])))
        spans = (edges.reshape(-1, 2) * HOP).tolist()
        return [(start, end) for start, end in spans if end - start >= _SILENCE]


def listen(path: Path, said: Said | None, interludes: Spans = ()) -> Hearing:
    """Hear the sound of `path`, and look for the words of `said` in it, but not during `interludes`."""
    broken = read.Broken()
    pieces = read.samples(path, broken)
    first = next(pieces, None)
    sound, rate = (chain([first[0]], map(itemgetter(0), pieces)), first[1]) if first else (iter([_nothing()]), 48_000)
    levels, meter, ear, reader = _Levels(rate), Meter(rate), _Mouth(), _Reader(rate, said)
    heard = 0
    for block, last in blocks(sound, rate):
        levels.add(block)
        meter.add(block)
        voice = np.where(within(interludes, np.arange(heard, heard + len(block)) / rate), np.float32(0), block)
        ear.add(Speech(voice, rate))
        reader.add(voice, last=last)
        heard += len(block)
    level, peak = levels.tracks()
    opening, reading = ear.track(len(level)), reader.reading(len(level))
    return Hearing(level, peak, meter.integrated(), opening, broken.packets, reading, interludes)


def _nothing() -> Samples:
    return np.zeros(0, np.float32)


class _Levels:
    """Level and peak of each hop of a sound that comes in pieces."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._rest = _nothing()
        self._taken = 0
        self._levels: list[NDArray[np.float32]] = []
        self._peaks: list[NDArray[np.float32]] = []

    def add(self, samples: Samples) -> None:
        heard = np.concatenate([self._rest, samples])
        # Where the rate is no multiple of 100 hops differ by a sample: rounded alike, an hour would be a second off.
        count = (self._taken + len(heard)) * _TICKS // self._rate
        done = self._taken * _TICKS // self._rate
        edges = -(-np.arange(done, count + 1) * self._rate // _TICKS) - self._taken
        self._keep(heard, edges)
        self._rest = heard[edges[-1] :] if len(edges) else heard
        self._taken += int(edges[-1]) if len(edges) else 0

    def _keep(self, heard: Samples, edges: NDArray[np.int64]) -> None:
        if len(edges) < 2:
            return
        whole, starts = heard[: edges[-1]], edges[:-1]
        power = np.add.reduceat(np.square(whole, dtype=np.float64), starts) / np.diff(edges)
        self._levels.append(np.maximum(10 * np.log10(np.maximum(power, 1e-12)), _QUIET).astype(np.float32))
        self._peaks.append(np.maximum.reduceat(np.abs(whole), starts).astype(np.float32))

    def tracks(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.concatenate([_nothing(), *self._levels]), np.concatenate([_nothing(), *self._peaks])


class _Mouth:
    """How far a mouth is open that says a speech which comes in pieces: the one that moves our own faces."""

    def __init__(self) -> None:
        self._animator = Animator(_TICKS, life=0.0)
        self._parts: list[NDArray[np.float32]] = []

    def add(self, speech: Speech) -> None:
        self._parts.append(_opening(self._animator.extend(speech)))

    def track(self, count: int) -> NDArray[np.float32]:
        whole = np.concatenate([*self._parts, _opening(self._animator.finish())])[:count]
        return np.pad(whole, (0, count - len(whole)))


def _opening(motion: Motion) -> NDArray[np.float32]:
    """How far the lips are apart: pressed ones are not, whatever the jaw does behind them."""
    parted = motion["jawOpen"] + 0.5 * (motion["mouthLowerDownLeft"] + motion["mouthUpperUpLeft"])
    opened: NDArray[np.float32] = np.maximum(parted * (1 - 2 * motion["mouthPressLeft"]), 0)
    return opened


class _Reader:
    """Follows the words of a text through a sound that comes in pieces."""

    def __init__(self, rate: int, said: Said | None) -> None:
        self._words: list[Word] = []
        self._phones: list[Phone] = []
        self._mouth = _Mouth()
        self._rate, self._seconds = rate, 0.0
        self._aligner: Aligner | None = None
        if said and said.text.strip():
            try:
                self._aligner = aligner(said.text, said.lang or guess_language(said.text) or "en-us", rate)
            except UsageError:  # a language that nobody here can say: its words stay unknown
                self._aligner = None

    def add(self, block: Samples, *, last: bool) -> None:
        if self._aligner is None:
            return
        found = self._aligner.align(block, last=last)
        self._mouth.add(found)
        moved = retimed(found, partial(add, self._seconds))
        self._words += moved.words
        self._phones += moved.phones
        self._seconds += len(block) / self._rate

    def reading(self, count: int) -> Reading | None:
        """What was found in `count` hops; None where there was nothing to look for."""
        if self._aligner is None:
            return None
        return Reading(self._mouth.track(count), tuple(self._words), tuple(self._phones))
