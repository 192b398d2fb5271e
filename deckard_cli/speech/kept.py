"""A voice whose speech is kept: what it once said of a line, it says again without being asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from deckard_cli.cache import Cache, Entry, digest
from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech, Voice, Word

__all__ = ["Kept", "speech_key"]

_SAMPLES: Final = "samples.npy"
_TIMES: Final = "times.json"


def speech_key(identity: object, line: Line) -> str:
    """The key under which a voice that is decided by `identity` keeps what it says of `line`."""
    return digest([identity, line.text, line.lang, line.speed, line.pitch, line.pauses, line.hints])


class Kept:
    """A `Voice` that looks into a cache before it opens the one that costs something."""

    def __init__(self, open_voice: Callable[[], Voice], kind: type[Any], cache: Cache, identity: object) -> None:
        """`open_voice` makes the voice, of class `kind`, when something is to be said for the first time; `identity` is
        all that decides how it sounds beside the line.
        """
        self._open = open_voice
        self._voice: Voice | None = None
        self._cache, self._identity = cache, identity
        self.hints: bool = getattr(kind, "hints", False)
        self.signs: bool = getattr(kind, "signs", False)
        self.ipa: bool = getattr(kind, "ipa", False)

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`. Raises what the voice raises, where it has to be asked."""
        key = speech_key(self._identity, line)
        entry = self._cache.get("speech", key)
        if entry is not None:
            if (said := _read(entry)) is not None:
                yield from said
                return
            self._cache.drop(entry)
        said = []
        for speech in self._asked().speak(line):
            said.append(speech)
            yield speech
        self._cache.put("speech", key, _about(line, said), lambda folder: _write(folder, said))

    def _asked(self) -> Voice:
        if self._voice is None:
            self._voice = self._open()
        return self._voice


def _about(line: Line, said: Sequence[Speech]) -> dict[str, Any]:
    return {"text": line.text, "language": line.lang, "duration": sum(speech.duration for speech in said)}


def _write(folder: Path, said: Sequence[Speech]) -> None:
    whole = np.concatenate([speech.samples for speech in said]) if said else np.zeros(0, np.float32)
    np.save(folder / _SAMPLES, whole)
    times = [
        {
            "rate": speech.rate,
            "samples": len(speech.samples),
            "text": speech.text,
            "notes": speech.notes,
            "words": [asdict(word) for word in speech.words],
            "phones": [asdict(phone) for phone in speech.phones],
        }
        for speech in said
    ]
    (folder / _TIMES).write_text(json.dumps(times, ensure_ascii=False), encoding="utf-8")


def _read(entry: Entry) -> list[Speech] | None:
    samples, times = entry.read(_SAMPLES), entry.read(_TIMES)
    if samples is None or times is None:
        return None
    whole, start, said = np.load(io.BytesIO(samples)), 0, []
    for each in json.loads(times):
        end = start + each["samples"]
        words = tuple(Word(**word) for word in each["words"])
        phones = tuple(Phone(**phone) for phone in each["phones"])
        said.append(Speech(whole[start:end], each["rate"], words, phones, each["text"], tuple(each["notes"])))
        start = end
    return said
