"""The route itself: text in, a talking clip out, told as a stream of events.

A piece of the script at a time is spoken, moved, drawn and kept, so a script of half an hour takes no more memory than
one of half a minute. `run` is the stream; `render` runs it to its end.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final, TypedDict, Unpack

import numpy as np

from deckard_cli import __version__, backends
from deckard_cli.clip import Form, Quality
from deckard_cli.clip.encode import Encoder
from deckard_cli.events import Drawn, Event, Noted, Spoken, Written
from deckard_cli.face import Face, Frame
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.moods import Mood
from deckard_cli.persona import Persona, find
from deckard_cli.script import Line, clean, guess_language
from deckard_cli.settings import frame_rate, frame_size
from deckard_cli.speech import Speech, Voice

__all__ = ["TAIL", "Job", "Options", "output_name", "render", "run"]

TAIL: Final = 0.3
"""Seconds of silence after the last sound. A clip that ends with the sound seems to cut the last word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip to be made, and how."""

    text: str
    """What is said; with `audio` what is said in it, or empty where nobody knows."""
    output: Path
    """The clip's name, whose suffix is its form: .mp4, .webm, .gif or .wav. An older file of that name is replaced."""
    persona: str = "joi"
    """A name, or the path of a folder."""
    voice: str | None = None
    """None: the persona's own."""
    face: str | None = None
    """None: the persona's own."""
    lang: str | None = None
    """BCP 47; None: guessed from the text, else the persona's own."""
    speed: float = 1.0
    """Times the voice's normal rate."""
    pitch: float = 1.0
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """A mood of the persona."""
    fps: int = 25
    """Frames per second, one of `deckard_cli.settings.FPS`."""
    size: str = "512"
    """As `deckard_cli.settings.frame_size` reads it."""
    quality: str = "good"
    """As `deckard_cli.clip.Quality.parse` reads it."""
    captions: str | None = None
    """srt, vtt, burned, or None."""
    audio: Path | BinaryIO | None = None
    """A recording that is moved to in place of a voice, or a stream of its bytes."""


class Options(TypedDict, total=False):
    """What `render` takes beside text, output and persona: as in `Job`."""

    voice: str | None
    face: str | None
    lang: str | None
    speed: float
    pitch: float
    mood: str
    fps: int
    size: str
    quality: str
    captions: str | None
    audio: Path | BinaryIO | None


def render(text: str, *, output: str | Path | None = None, persona: str = "joi", **options: Unpack[Options]) -> Written:
    """Turn `text` into a talking clip and say what was written.

    `output` is the clip's name, whose suffix chooses its form (.mp4, .webm, .gif, .wav); without one the clip goes into
    the current folder under a name made of the persona and the first words. The other options are those of `Job`.
    Raises what `run` raises.
    """
    path = Path(output) if output is not None else Path(output_name(persona, text))
    *_, written = run(Job(text=text, output=path, persona=persona, **options))
    assert isinstance(written, Written)
    return written


def output_name(persona: str, text: str) -> str:
    """A name for a clip that was given none: ``joi-hello-world.mp4``. Letters of every script are kept."""
    words = re.findall(r"[^\W_]+", f"{Path(persona).name} {text[:200]}".casefold())
    slug = "-".join(words[:7])[:60].rstrip("-")
    return f"{slug or 'clip'}.mp4"


def run(job: Job) -> Iterator[Event]:
    """Make the clip of `job`. The last event is `Written`; until then nothing stands under the clip's name.

    Raises `UsageError` for what cannot be meant, before anything is spoken; `MissingError` where a library of the voice
    or the face is not installed; `DeckardError` where the clip cannot be written.
    """
    plan = _plan(job)
    with ThreadPoolExecutor(max_workers=1) as beside:
        # One after the other, loading OpenCV and the drawing would double the time to a clip of one word.
        face = beside.submit(_open_face, plan)
        speeches = _with_tail(_open_voice(plan).speak(plan.line))
        first = next(speeches)
    yield from _film(plan, face.result(), first, speeches)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A job whose every name and number is known to be good."""

    job: Job
    form: Form
    quality: Quality
    persona: Persona
    voice: backends.Backend
    face: backends.Backend
    line: Line
    mood: Mood
    fps: int
    size: tuple[int, int]

    @property
    def transparent(self) -> bool:
        """Whether the background stays out, so that the clip can lie over another."""
        return self.form.container == "webm"


def _plan(job: Job) -> _Plan:
    persona = find(job.persona)
    text = clean(job.text) if job.text or not job.audio else ""
    lang = job.lang or guess_language(text) or persona.language
    return _Plan(
        job=job,
        form=Form.of(job.output),
        quality=Quality.parse(job.quality),
        persona=persona,
        voice=backends.find("voice", "recording" if job.audio else job.voice or persona.voice),
        face=backends.find("face", job.face or persona.face),
        line=Line(text=text, lang=lang, speed=job.speed, pitch=job.pitch, mood=job.mood),
        mood=persona.mood(job.mood),
        fps=frame_rate(job.fps),
        size=frame_size(job.size),
    )


def _open_voice(plan: _Plan) -> Voice:
    options: dict[str, Any] = dict(plan.persona.voices.get(plan.voice.name, {}))
    if plan.job.audio:
        options["source"] = plan.job.audio
    made = backends.load(plan.voice)
    for option in options.keys() - inspect.signature(made).parameters:
        raise plan.persona.mistake(("voices", plan.voice.name, option), "the voice has no such option")
    voice: Voice = made(**options)
    return voice


def _open_face(plan: _Plan) -> Face | None:
    """The face; None for a clip that only sounds."""
    if not plan.form.picture:
        return None
    # At the top of the file it would load OpenCV before the voice begins to speak, not beside it.
    from deckard_cli.face.portrait import Portrait

    portrait = Portrait.load(plan.persona.folder)
    face: Face = backends.load(plan.face)(portrait, size=plan.size, transparent=plan.transparent)
    return face


def _with_tail(speeches: Iterator[Speech]) -> Iterator[Speech]:
    rate = 0
    for speech in speeches:
        rate = speech.rate
        yield speech
    yield Speech(np.zeros(round(TAIL * rate), np.float32), rate)


def _film(plan: _Plan, face: Face | None, first: Speech, rest: Iterator[Speech]) -> Iterator[Event]:
    """Speech by speech: its sound, then its frames."""
    counter = _Counter(plan, first.rate)
    encoder = Encoder(
        plan.job.output,
        fps=Fraction(plan.fps),
        size=plan.size,
        rate=first.rate,
        quality=plan.quality,
        tags=_tags(plan),
        alpha=plan.transparent,
    )
    animator = Animator(plan.fps, mood=plan.mood, seed=f"{plan.persona.key} {plan.line.text}")
    with encoder:
        for speech in itertools.chain([first], rest):
            encoder.sound(speech.samples)
            yield from counter.spoken(speech)
            if face:
                yield from counter.drawn(encoder, face.draw(speech, animator.extend(speech)))
        if face:
            yield from counter.drawn(encoder, face.draw(speech, animator.finish()))
    yield counter.written()


class _Counter:
    """Counts what went into the clip, and says so."""

    def __init__(self, plan: _Plan, rate: int) -> None:
        self._plan = plan
        self._rate = rate
        self._samples = 0
        self._frames = 0
        self._letters = 0
        self._notes: list[str] = []

    def spoken(self, speech: Speech) -> Iterator[Event]:
        start = self._samples / self._rate
        self._samples += len(speech.samples)
        self._letters += len(speech.text)
        for note in speech.notes:
            if note not in self._notes:
                self._notes.append(note)
                yield Noted(note)
        whole = len(self._plan.line.text)
        share = min(self._letters / whole, 1.0) if whole and not self._plan.job.audio else None
        yield Spoken(speech.text, start, self._samples / self._rate, share)

    def drawn(self, encoder: Encoder, frames: Iterator[Frame]) -> Iterator[Event]:
        """Give `frames` to `encoder`, with an event a second: a bar should move while a long sentence is drawn."""
        for frame in frames:
            encoder.picture(frame)
            self._frames += 1
            if self._frames % self._plan.fps == 0:
                yield Drawn(self._frames, self._frames / self._plan.fps)

    def written(self) -> Written:
        plan = self._plan
        return Written(
            path=plan.job.output.absolute(),
            captions=None,
            duration=self._samples / self._rate,
            frames=self._frames,
            fps=plan.fps,
            width=plan.size[0],
            height=plan.size[1],
            rate=self._rate,
            persona=plan.persona.key,
            voice=plan.voice.name,
            face=plan.face.name,
            language=plan.line.lang,
            notes=tuple(self._notes),
        )


def _tags(plan: _Plan) -> dict[str, str]:
    """Who made this, of what, and that nobody was filmed.

    The digital source types are those of IPTC NewsCodes: a drawing moved by rules is ``algorithmicMedia``, one with a
    recording in it ``compositeSynthetic``.
    """
    kind = "compositeSynthetic" if plan.job.audio else "algorithmicMedia"
    return {
        "title": f"{plan.persona.name}: {plan.line.text[:80]}".removesuffix(": "),
        "comment": f"Synthetic media: {plan.persona.name} is a drawing that Deckard moved. Nobody was filmed.",
        "synthetic": "true",
        "digital_source_type": f"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}",
        "persona": plan.persona.key,
        "voice": plan.voice.name,
        "face": plan.face.name,
        "language": plan.line.lang,
        "text": plan.line.text[:500],
        "software": f"deckard {__version__}",
    }
