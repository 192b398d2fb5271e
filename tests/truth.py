"""Speech whose times are known: Flite and Festival print when they say each sound."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deckard_cli.speech import Speech

SENTENCES = (
    "The gray cat slept under a warm blanket all afternoon.",
    "Please put the blue book back on the bottom shelf.",
    "He kept a small garden of roses and tall sunflowers.",
    "A thick fog rolled over the quiet harbor at dawn.",
    "Turn left at the church and drive past the school.",
    "Cold rain fell on the roof through the long night.",
    "Her yellow jacket was hanging behind the kitchen door.",
    "You should check the engine before a long journey.",
    "Open the window, close the door, and sit down.",
    "I thought that this would be the easiest question of them all.",
)
_ALIKE = ({"aa", "ae", "ah", "ao", "ax", "eh", "ey", "ih", "iy", "ow", "uh", "uw"}, {"s", "z"})
"""Sounds that one word has for another beside other words."""

Times = tuple[tuple[str, float, float], ...]
"""Name, start and end in seconds of each word or phone."""


@dataclass(frozen=True)
class Truth:
    """A sentence, said, and when each of its words and phones is."""

    voice: str
    text: str
    speech: Speech
    words: Times
    phones: Times

    def inside(self, word: tuple[str, float, float]) -> Times:
        """The phones of `word`."""
        return tuple(each for each in self.phones if word[1] - 1e-4 <= each[1] and each[2] <= word[2] + 1e-4)

    def noisy(self, decibels: float) -> Truth:
        """The same with white noise that much below it."""
        samples = self.speech.samples
        noise = np.random.default_rng(len(samples)).standard_normal(len(samples))
        level = np.sqrt(np.mean(np.square(samples))) * 10 ** (-decibels / 20)
        noisy = Speech((samples + level * noise).astype(np.float32), self.speech.rate)
        return Truth(self.voice, self.text, noisy, self.words, self.phones)


def has(program: str) -> bool:
    return shutil.which(program) is not None


def flite(voice: str, stretch: float, folder: Path, sentences: Sequence[str] = SENTENCES) -> Iterator[Truth]:
    """The sentences that a voice of Flite says with the sounds that it gives their words when they stand alone."""
    for text, (speech, phones) in zip(sentences, flite_phones(voice, stretch, folder, sentences), strict=True):
        counts = []
        for word in re.findall(r"[a-z']+", text.lower()):
            alone = [name for name, _, _ in _sounding(_printed(voice, 1.0, word, "none"))]
            said = [name for name, _, _ in phones[sum(counts) :][: len(alone)]]
            assert all(a == b or any({a, b} <= each for each in _ALIKE) for a, b in zip(alone, said, strict=True)), (
                text,
                word,
            )
            counts.append(len(alone))
        assert sum(counts) == len(phones), text
        ends = list(itertools.accumulate(counts))
        groups = [phones[end - count : end] for end, count in zip(ends, counts, strict=True)]
        names = re.findall(r"[A-Za-z']+", text)
        words = tuple((name, group[0][1], group[-1][2]) for name, group in zip(names, groups, strict=True))
        yield Truth(f"flite {voice}", text, speech, words, phones)


def flite_phones(voice: str, stretch: float, folder: Path, sentences: Sequence[str]) -> Iterator[tuple[Speech, Times]]:
    """The sentences as a voice of Flite says them, and the phones that it says."""
    path = folder / "flite.wav"
    for text in sentences:
        phones = _sounding(_printed(voice, stretch, text, str(path)))
        yield _read(path), phones


def _printed(voice: str, stretch: float, text: str, wav: str) -> list[tuple[str, float]]:
    command = ["flite", "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch}", "-t", f"{text} ", wav]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = [item.rpartition(":") for item in out.split()]
    return [(name, float(end)) for name, _, end in pairs]


def festival(voice: str, stretch: float, folder: Path, sentences: Sequence[str] = SENTENCES) -> Iterator[Truth]:
    """The sentences as a voice of Festival says them."""
    told = festival_phones(voice, stretch, folder, sentences)
    for number, (text, (speech, phones)) in enumerate(zip(sentences, told, strict=True)):
        words = []
        for name, end in _labels(folder / f"{number}.words"):
            start = next(each[1] for each in phones if not words or each[1] >= words[-1][2] - 1e-4)
            words.append((name, start, end))
        yield Truth(f"festival {voice}", text, speech, tuple(words), phones)


def festival_phones(
    voice: str, stretch: float, folder: Path, sentences: Sequence[str]
) -> Iterator[tuple[Speech, Times]]:
    """The sentences as a voice of Festival says them, and the phones that it says."""
    script = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch})"]
    for number, text in enumerate(sentences):
        saved = "".join(f'(utt.save.{what} u "{folder}/{number}.{what}")' for what in ("segs", "words", "wave"))
        script.append(f'(set! u (utt.synth (eval (list (quote Utterance) (quote Text) "{text}")))) {saved}')
    (folder / "say.scm").write_text("\n".join(script))
    subprocess.run(["festival", "-b", str(folder / "say.scm")], capture_output=True, check=True)
    for number in range(len(sentences)):
        yield _read(folder / f"{number}.wave"), _sounding(_labels(folder / f"{number}.segs"))


def _labels(path: Path) -> list[tuple[str, float]]:
    rows = [line.split() for line in path.read_text().splitlines()[1:] if line]
    return [(name, float(end)) for end, _, name in rows]


def _sounding(ends: Sequence[tuple[str, float]]) -> Times:
    starts = [0.0, *(end for _, end in ends)]
    return tuple(
        (name, start, end) for (name, end), start in zip(ends, starts, strict=False) if name not in ("pau", "h#")
    )


def _read(path: Path) -> Speech:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
        return Speech(samples, file.getframerate())
