"""What a batch would do, before it does it: what is there, what is kept, how long the rest is, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.folder import Folder
from deckard_cli.batch.manifest import Entries, stands
from deckard_cli.cache import Cache
from deckard_cli.errors import DeckardError
from deckard_cli.script import writing
from deckard_cli.speech.delivery import TAIL

__all__ = ["Forecast", "forecast", "refuse_dear", "refuse_impossible", "seconds_of"]

State = Literal["kept", "cached", "new"]

_LETTER: Final = 1 / 14
"""Seconds that a letter, a digit, a space or a stop takes; conversations and books are read at 12 to 16 a second."""
_DENSE: Final[Mapping[str, float]] = {"CJK": 0.24, "HIRAGANA": 0.13, "KATAKANA": 0.13, "HANGUL": 0.16}
"""Seconds of a letter of a writing that has one for each syllable or word."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of one clip."""

    clip: Clip
    state: State
    """It stands there, it is in the cache, or it has to be made."""
    seconds: float
    """Of sound."""
    exact: bool
    """Whether `seconds` was measured, and is no estimate."""
    dollars: float | None
    """US dollars that its speech costs at most; None where nobody knows."""
    spoken: bool = False
    """Whether its speech is kept, and only the picture is to be made."""


def forecast(clips: Sequence[Clip], entries: Entries, folder: Folder, cache: Cache | None) -> Iterator[Forecast]:
    """What is to be expected of each of `clips`, in `folder`, whose manifest says `entries`."""
    for clip in clips:
        entry = entries.at(clip.name)
        if entry and stands(clip, entry, folder):
            yield Forecast(clip, "kept", entry.duration, True, 0.0)
        elif cache and (kept := cache.get("clip", clip.fingerprint)):
            yield Forecast(clip, "cached", float(kept.about.get("duration", 0.0)), True, 0.0)
        elif cache and clip.speech and (said := cache.get("speech", clip.speech)):
            yield Forecast(clip, "new", float(said.about.get("duration", 0.0)) + TAIL, False, 0.0, spoken=True)
        else:
            yield Forecast(clip, "new", seconds_of(clip), False, clip.dollars)


def seconds_of(clip: Clip) -> float:
    """About how long `clip` will be; of a recording without words nobody knows, and it counts as nothing."""
    said = sum(_DENSE.get(writing(letter) or "", _LETTER) for letter in clip.spoken)
    return said / clip.job.speed + TAIL if said else 0.0


def refuse_impossible(expected: Iterable[Forecast]) -> None:
    """Raise the `MissingError` of the first clip that can be neither made nor copied here."""
    for each in expected:
        if each.state == "new" and each.clip.obstacle and not (each.spoken and each.clip.obstacle.code == "no_key"):
            raise each.clip.obstacle


def refuse_dear(expected: Sequence[Forecast], most: float) -> None:
    """Raise `DeckardError` where `expected` may cost more than `most` US dollars, or nobody knows what it costs."""
    if unknown := next((each.clip for each in expected if each.dollars is None), None):
        voice = unknown.values["voice"]
        raise DeckardError(
            f"Nobody knows what the voice '{voice}' costs, so it may cost more than ${most:g}.",
            code="cost_unknown",
            hint=f"give its price for a million characters in deckard.toml: [prices] {voice} = 0.0",
        )
    total = sum(each.dollars or 0.0 for each in expected)
    if total > most:
        raise DeckardError(
            f"This batch would cost about ${total:.2f}, and it may cost ${most:g}.",
            code="too_dear",
            hint=f"--max-cost {total:.2f}, or see what costs how much: --dry-run",
        )
