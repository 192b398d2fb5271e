"""ElevenLabs: speech with the time of every letter."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote

import httpx

from deckard_cli.remote.account import Account, address
from deckard_cli.remote.health import Probe
from deckard_cli.remote.post import client, post
from deckard_cli.remote.retry import SYSTEM
from deckard_cli.script import Line
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.ahead import ahead
from deckard_cli.speech.hosted import RATE, Piece, pieces, said, samples_of
from deckard_cli.speech.words import written

__all__ = ["MODELS", "ElevenLabs", "Model", "words"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of ElevenLabs'."""

    name: str
    cost: float
    """US dollars for a million characters, about: it depends on the plan."""
    joins: bool
    """Whether it may be told what stands before and after a sentence."""


MODELS: Final = (
    Model("eleven_multilingual_v2", 100.0, True),
    Model("eleven_flash_v2_5", 50.0, True),
    Model("eleven_turbo_v2_5", 50.0, True),
    Model("eleven_v3", 100.0, False),
)
"""Those that are known; the first is the one used unless told."""


class ElevenLabs:
    """A `Voice` of ElevenLabs'. ``ELEVENLABS_BASE_URL`` is another address of the same service."""

    models: ClassVar = MODELS

    def __init__(
        self,
        *,
        model: str = MODELS[0].name,
        voice: str = "EXAVITQu4vr4xnSDxMaL",
        stability: float = 0.5,
        similarity: float = 0.75,
        timeout: float = 60.0,
    ) -> None:
        """A model, the identifier of a voice, its two settings 0..1, and the seconds that a sentence may take.

        Raises `MissingError` where ``ELEVENLABS_API_KEY`` is not set.
        """
        self._account = Account.of("elevenlabs", "ELEVENLABS_API_KEY")
        home = address("ELEVENLABS_BASE_URL", "https://api.elevenlabs.io")
        self._address = f"{home}/v1/text-to-speech/{quote(voice, safe='')}/with-timestamps"
        self._fixed = {
            "model_id": model,
            "voice_settings": {"stability": stability, "similarity_boost": similarity},
        }
        self._joins = next((known.joins for known in MODELS if known.name == model), False)
        self._timeout = timeout
        self.clock = SYSTEM

    @staticmethod
    def probe() -> Probe:
        """Where the service tells its models. Raises `MissingError` where no key is set."""
        account = Account.of("elevenlabs", "ELEVENLABS_API_KEY")
        home = address("ELEVENLABS_BASE_URL", "https://api.elevenlabs.io")
        return Probe(account, f"{home}/v1/models", {"xi-api-key": account.key})

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence, with the times of its words as the service tells them.

        Raises `UsageError` for a text or a speed that cannot be had, `MissingError` for a key that is refused and
        `BackendError` where the service fails.
        """
        todo = pieces(line)
        notes = () if line.pitch == 1 else ("The voice 'elevenlabs' has one pitch, its own.",)

        def speeches() -> Generator[Speech, None, None]:
            with client({"xi-api-key": self._account.key}, self._timeout) as http:
                yield from said(line, todo, lambda piece: self._sound(http, piece, notes), self._account, self.clock)

        return ahead(speeches())

    def _sound(self, http: httpx.Client, piece: Piece, notes: tuple[str, ...]) -> Speech:
        around = {"previous_text": piece.before, "next_text": piece.after} if self._joins else {}
        body = {"text": piece.text, **self._fixed, **{name: text for name, text in around.items() if text}}
        request = http.build_request("POST", self._address, params={"output_format": f"pcm_{RATE}"}, json=body)
        answer = self._read(post(http, request, self._account, self.clock, seconds=self._timeout))
        try:
            sound = base64.b64decode(answer["audio_base64"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise self._account.nonsense("JSON without sound in it") from None
        samples = samples_of(sound, self._account)
        return Speech(samples, RATE, words(piece.text, answer.get("alignment"), len(samples) / RATE), notes=notes)

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError):
            raise self._account.nonsense("something that is not JSON") from None
        if not isinstance(found, dict):
            raise self._account.nonsense("JSON of another shape")
        return found


def words(text: str, alignment: object, duration: float) -> tuple[Word, ...]:
    """The words of `text` by the times of its letters, in seconds, none outside 0..`duration`.

    Empty where `alignment` is not of this text, or runs backwards: such times are worse than those found in the sound.
    """
    starts, ends = _letters(text, alignment)
    if not starts or any(later < earlier for earlier, later in itertools.pairwise(starts)):
        return ()
    found: list[Word] = []
    for word in written(text):
        start = min(max(starts[word.start], found[-1].end if found else 0.0), duration)
        end = min(max(ends[word.start + len(word.text) - 1], start), duration)
        found.append(Word(word.text, start, end))
    return tuple(found)


def _letters(text: str, alignment: object) -> tuple[list[float], list[float]]:
    """The start and the end of each letter of `text`; nothing where they are not all told."""
    if not isinstance(alignment, dict) or alignment.get("characters") != list(text):
        return [], []
    names = ("character_start_times_seconds", "character_end_times_seconds")
    starts, ends = (alignment.get(name) for name in names)
    for times in (starts, ends):
        if not isinstance(times, list) or len(times) != len(text) or not all(map(_is_time, times)):
            return [], []
    return starts, ends  # type: ignore[return-value]


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < 3600
