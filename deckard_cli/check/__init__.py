"""Is it right? Measures a clip, ours or not, on the CPU, without a trained model of faces or of lips.

    file ──read──▶ packets ─────────────────────▶ layout
                   sound ────listen──▶ Hearing ──▶ sound ─────┐
                   pictures ──watch──▶ Sight ────▶ pictures   ├──▶ lips, captions ──▶ Report
                                        └─ face, mouth ───────┘      └─ sync

`check` runs it all and gives a `Report` of `Finding`s. Nothing but a few numbers a picture is kept, so that an hour
takes hardly more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deckard_cli.check.captions import captions
from deckard_cli.check.layout import layout
from deckard_cli.check.lips import lips
from deckard_cli.check.listen import Hearing, Said, listen
from deckard_cli.check.pictures import pictures
from deckard_cli.check.read import Streams, streams
from deckard_cli.check.report import Finding, Report, document
from deckard_cli.check.said import said
from deckard_cli.check.sound import read, sounds
from deckard_cli.check.watch import watch
from deckard_cli.clip.interludes import read as interludes
from deckard_cli.clip.turns import read as turns
from deckard_cli.settings import Thresholds

__all__ = ["Finding", "Report", "Thresholds", "check", "document"]


def check(
    path: Path, *, thresholds: Thresholds | None = None, text: str | None = None, lang: str | None = None
) -> Report:
    """Measure the clip at `path`: what is found on its file, its sound, its pictures and its mouth, and whether it is
    within `thresholds`, those of `deckard_cli.settings` where none are given.

    `text` is what is said in it, in the language `lang` (BCP 47); without it the clip's own tag or a .json of timings
    beside it tells. Raises `UsageError` where there is no such file, and `DeckardError` where it is no clip.
    """
    known = streams(path)
    words = said(path, known.tags, text, lang)
    return Report(path, known.duration, tuple(_findings(path, known, words, thresholds or Thresholds())))


def _findings(path: Path, known: Streams, words: Said | None, limits: Thresholds) -> Iterator[Finding]:
    yield from layout(known, limits)
    hearing: Hearing | None = None
    aside = interludes(known.tags)
    if known.sound and _is_loop(known):
        yield Finding("loudness", None, "It is a loop in which nobody speaks.")
    elif known.sound:
        hearing = listen(path, words, aside)
        yield from sounds(hearing, limits)
        yield from read(hearing)
    if known.picture:
        rate = float(known.picture.rate or 25)
        sight = watch(path, rate, aside, turns(known.tags))
        yield from pictures(sight, hearing, limits)
        if hearing:
            yield from lips(sight.shots, hearing, 1 / rate, limits)
    yield from captions(path, known.duration, hearing, limits)


def _is_loop(known: Streams) -> bool:
    """Whether it is a clip of ours in which nothing is said: such a one names no voice."""
    return known.tags.get("synthetic") == "true" and "voice" not in known.tags
