"""A voice for Deckard, in one file: espeak-ng on one note, with a metal sheet behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.espeak import Espeak

__all__ = ["Robot"]


class Robot:
    """A `Voice`. What a persona sets under ``[voices.robot]`` arrives as keyword arguments."""

    def __init__(self, *, hertz: float = 45.0, depth: float = 0.6) -> None:
        """`hertz` is how fast the metal rings, `depth` 0..1 how much of it is heard."""
        self.hertz = hertz
        self.depth = depth
        self._voice = Espeak(pitch=20, range=0)

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`. Only the loudness changes, so the times of words and phones stay true."""
        for speech in self._voice.speak(line):
            seconds = np.arange(len(speech.samples)) / speech.rate
            ring = 1 - self.depth * (0.5 + 0.5 * np.sin(2 * np.pi * self.hertz * seconds))
            yield replace(speech, samples=(speech.samples * ring).astype(np.float32))
