"""The route itself: text in, a talking clip out, told as a stream of events.

`run` is the stream; `render` runs it to its end.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Literal, TypedDict, Unpack

from deckard_cli.casting import cast
from deckard_cli.clip.captions import Style
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.remux import Remux
from deckard_cli.clip.timings import Timings
from deckard_cli.errors import UsageError
from deckard_cli.events import Drawn, Event, Noted, Spoken, Written
from deckard_cli.face import Film
from deckard_cli.fingerprint import fingerprint
from deckard_cli.job import Job, Plan, settle
from deckard_cli.label import notes, seal, tags
from deckard_cli.reprint import keep, reprint
from deckard_cli.script import marked
from deckard_cli.shoot import Take, shoot
from deckard_cli.studio import Studio

__all__ = ["Job", "Options", "encoder", "make", "output_name", "render", "run"]


class Options(TypedDict, total=False):
    """What `render` takes beside text, output and persona: as in `Job`."""

    voice: str | None
    voices: Mapping[str, Mapping[str, str | int | float | bool]]
    face: str | None
    faces: Mapping[str, Mapping[str, str | int | float | bool]]
    on_face_error: Literal["fail", "audio"]
    strict: bool
    lang: str | None
    speed: float
    pitch: float
    mood: str
    fps: int
    size: str | int
    quality: str
    captions: str | None
    captions_style: Style
    timings: tuple[str | Path, ...]
    audio: Path | str | BinaryIO | None
    words: Path | str | None
    loudness: str | float
    trim_silence: bool
    silence_threshold: float
    silence_pad_ms: float
    max_audio_seconds: float
    background: str | None
    provenance: bool
    certificate: Path | str | None
    private_key: Path | str | None
    allow_noncommercial: bool
    idle: float | None


def render(
    text: str,
    *,
    output: str | Path | None = None,
    persona: str = "joi",
    studio: Studio | None = None,
    **options: Unpack[Options],
) -> Written:
    """Turn `text` into a talking clip and say what was written.

    `output` is the clip's name, whose suffix chooses its form (.mp4, .webm, .gif, .wav); without one the clip goes into
    the current folder under a name made of the persona and the first words. `studio` is as in `run`. The other options
    are those of `Job`.
    Raises what `run` raises.
    """
    if output == "":
        raise UsageError("The clip has no name.", code="no_name", hint="-o clip.mp4")
    path = Path(output) if output is not None else Path(output_name(persona, text))
    *_, written = run(Job(text=text, output=path, persona=persona, **options), studio)
    assert isinstance(written, Written)
    return written


def output_name(persona: str, text: str) -> str:
    """A name for a clip that was given none: ``joi-hello-world.mp4``. Letters of every script are kept."""
    plain = f"{Path(persona).name} {marked(text)[0][:200]}".casefold().replace("'", "").replace("’", "")
    # Marks too: without its vowel signs a Hindi word would fall to pieces.
    words = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in plain).split()
    slug = "-".join(words[:7])[:60].rstrip("-")
    return f"{slug or 'clip'}.mp4"


Approve = Callable[[Path], None]
"""What looks at a whole clip before it takes its name, and raises a `DeckardError` where it must not."""


def run(job: Job, studio: Studio | None = None, approve: Approve | None = None, trial: str = "") -> Iterator[Event]:
    """Make the clip of `job`. The last event is `Written`; until then nothing stands under the clip's name.

    `studio` holds what stays from one clip to the next, and where clips are kept; without one each starts anew.
    `approve` is called with the whole clip under another name; what it raises leaves nothing behind.
    `trial` names all that decides what it says, in hexadecimal digits: what passed it is not looked at again when it
    comes from the cache. Empty: it is.
    Raises `UsageError` for what cannot be meant, before anything is spoken; `MissingError` where a library of the voice
    or the face is not installed; `DeckardError` where the clip cannot be written.
    """
    yield from make(settle(job), studio or Studio(), approve, trial)


def make(plan: Plan, studio: Studio, approve: Approve | None = None, trial: str = "") -> Iterator[Event]:
    """Make the clip of `plan`, or copy it where it was made before. As `run`."""
    key = fingerprint(plan) if studio.cache else None
    if studio.cache and key and (again := reprint(plan, studio.cache, key, approve, trial)):
        yield from map(Noted, again.notes)
        yield again
        return
    chosen, asked = cast(plan, studio), plan
    plan = chosen.plan if chosen else plan
    timings = Timings(plan.beside, sound=plan.job.output.name, style=plan.job.captions_style, size=plan.size)
    takes = shoot(plan, timings.see if timings.moves else None, studio, chosen)
    first = next(takes)
    counter = _Counter(plan, first)
    film = chosen.film if chosen else None
    with timings, _clip(plan, first, film, approve, aside=not studio.crowded) as clip:
        for take in itertools.chain([first], takes):
            clip.sound(take.speech.samples)
            timings.hear(take.speech)
            yield from counter.spoken(take)
            for frame in take.frames:
                clip.picture(frame)
                yield from counter.drawn()
    written = counter.written(clip, failed=chosen.failed if chosen else "")
    # A voice or a face that stood in for another must not be what the other is taken for from now on.
    if studio.cache and key and first.voice in ("", plan.voices[0].name) and _is_first(plan, asked):
        keep(plan, studio.cache, key, written, trial if approve else "")
    if studio.cache and (complaint := studio.cache.complaint()):
        yield Noted(complaint)
        written = replace(written, notes=(*written.notes, complaint))
    yield written


def _is_first(plan: Plan, asked: Plan) -> bool:
    """Whether the face of `plan` is the one that was asked for before others."""
    return plan.form == asked.form and plan.face == asked.face


def _clip(plan: Plan, first: Take, film: Film | None, approve: Approve | None, *, aside: bool) -> Encoder | Remux:
    """The file that the clip grows in: of pictures that are drawn, or of those of a film."""
    rate, voice = first.speech.rate, first.voice
    if film is None:
        return encoder(plan, rate, voice, approve, aside=aside)
    finish = _finish(plan, voice, approve)
    return Remux(plan.job.output, film, rate=rate, quality=plan.quality, tags=tags(plan, voice), seal=finish)


def _finish(plan: Plan, voice: str, approve: Approve | None) -> Approve | None:
    """What is done with the whole clip: first it is looked at, then signed."""
    steps = [step for step in (approve, seal(plan, voice)) if step]

    def finish(path: Path) -> None:
        for step in steps:
            step(path)

    return finish if steps else None


def encoder(plan: Plan, rate: int, voice: str, approve: Approve | None = None, *, aside: bool = True) -> Encoder:
    """The file that the clip grows in, for sound of `rate` samples per second that `voice` speaks. `aside` is as in
    `Encoder`.
    """
    return Encoder(
        plan.job.output,
        fps=Fraction(plan.fps),
        size=plan.size,
        rate=rate,
        quality=plan.quality,
        tags=tags(plan, voice),
        alpha=plan.transparent,
        seal=_finish(plan, voice, approve),
        aside=aside,
    )


class _Counter:
    """Counts what went into the clip, and says so."""

    def __init__(self, plan: Plan, first: Take) -> None:
        self._plan = plan
        self._voice = first.voice
        self._rate = first.speech.rate
        self._samples = 0
        self._frames = 0
        self._letters = 0
        self._notes: list[str] = []

    def spoken(self, take: Take) -> Iterator[Event]:
        speech, start = take.speech, self._samples / self._rate
        self._samples += len(speech.samples)
        self._letters += len(speech.text)
        for note in (*notes(self._plan), *take.notes, *speech.notes):
            if note not in self._notes:
                self._notes.append(note)
                yield Noted(note)
        share = self._share()
        yield Spoken(speech.text, start, self._samples / self._rate, share)

    def _share(self) -> float | None:
        whole = len(self._plan.line.text)
        if self._plan.loop:
            return 1.0
        return min(self._letters / whole, 1.0) if whole and not self._plan.job.audio else None

    def drawn(self) -> Iterator[Event]:
        """Count a frame, with an event a second of them: a bar should move while a long sentence is drawn."""
        self._frames += 1
        if self._frames % self._plan.fps == 0:
            yield Drawn(self._frames, self._frames / self._plan.fps)

    def written(self, clip: Encoder | Remux, *, failed: str = "") -> Written:
        plan = self._plan
        return Written(
            path=plan.job.output.absolute(),
            captions=plan.captions.absolute() if plan.captions else None,
            timings=tuple(path.absolute() for path in plan.timings),
            duration=self._samples / self._rate,
            frames=clip.frames,
            fps=clip.fps.numerator if clip.fps.denominator == 1 else float(clip.fps),
            width=clip.size[0],
            height=clip.size[1],
            rate=self._rate,
            persona=plan.persona.key,
            voice=self._voice,
            face=plan.face.name,
            failed=failed,
            language=plan.line.lang,
            notes=tuple(self._notes),
        )
