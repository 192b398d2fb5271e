"""Our own JSON: words, phones and visemes. It only ever grows."""

from __future__ import annotations

import json
from typing import NotRequired, TypedDict

from deckard_cli.clip.timings.timeline import Timeline
from deckard_cli.speech import Phone

__all__ = ["Document", "document", "document_text"]


class WordTimes(TypedDict):
    """A word; times in this file are seconds from the start of the sound."""

    text: str
    start: float
    end: float
    confidence: float
    """0..1; 1 where the voice itself told the times."""


class PhoneTimes(TypedDict):
    """A speech sound."""

    ipa: str
    start: float
    end: float
    stress: int
    """0 none, 1 primary, 2 secondary."""
    burst: NotRequired[float]
    """When a closure opens, where that is known."""


class VisemeTimes(TypedDict):
    """A shape of the mouth, one of the 15 of the Oculus/Meta set; they follow each other without a gap."""

    viseme: str
    start: float
    end: float


class Document(TypedDict):
    """What a .json of timings holds."""

    version: int
    sound: str
    text: str
    duration: float
    words: list[WordTimes]
    phones: list[PhoneTimes]
    visemes: list[VisemeTimes]


def document(timeline: Timeline) -> Document:
    """The timeline for programs."""
    return Document(
        version=1,
        sound=timeline.sound,
        text=timeline.text,
        duration=_seconds(timeline.duration),
        words=[
            WordTimes(
                text=word.text,
                start=_seconds(word.start),
                end=_seconds(word.end),
                confidence=round(word.confidence, 3),
            )
            for word in timeline.words
        ],
        phones=[_phone(phone) for phone in timeline.phones],
        visemes=[
            VisemeTimes(viseme=shape.name, start=_seconds(shape.start), end=_seconds(shape.end))
            for shape in timeline.visemes()
        ],
    )


def document_text(timeline: Timeline) -> str:
    """The same as text: one line for each word, phone and viseme, so that people and `diff` can read it."""
    lists = ("words", "phones", "visemes")
    fields = []
    for name, value in document(timeline).items():
        if name in lists and value:
            rows = ",\n".join(f"    {_dumped(row)}" for row in value)  # type: ignore[attr-defined]
            fields.append(f'  "{name}": [\n{rows}\n  ]')
        else:
            fields.append(f'  "{name}": {_dumped(value)}')
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _phone(phone: Phone) -> PhoneTimes:
    row = PhoneTimes(ipa=phone.ipa, start=_seconds(phone.start), end=_seconds(phone.end), stress=phone.stress)
    if phone.burst is not None:
        row["burst"] = _seconds(phone.burst)
    return row


def _seconds(time: float) -> float:
    return round(time, 4)


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
