"""What is to be made: a `Job` as it was asked for, and the `Plan` in which each of its names is looked up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from deckard_cli import backends
from deckard_cli.clip import Form, Quality
from deckard_cli.clip.captions import Style
from deckard_cli.clip.part import is_folder
from deckard_cli.clip.provenance.claim import MEDIA_TYPES, Credit
from deckard_cli.clip.timings import WORDLESS, suffix
from deckard_cli.credits import credits, refuse_noncommercial
from deckard_cli.errors import UsageError, unknown
from deckard_cli.face.portrait import Portrait
from deckard_cli.motion.moods import Mood
from deckard_cli.persona import Persona, find
from deckard_cli.persona.words import WORDS_FILE, Saying, hints, read_words
from deckard_cli.script import Hint, Line, Mark, Marked, clean, guess_language, marked
from deckard_cli.settings import frame_rate, frame_size
from deckard_cli.speech.delivery import Delivery, loudness
from deckard_cli.speech.loudness import TARGET
from deckard_cli.speech.silence import Trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deckard_cli.clip.provenance.signer import Signer

__all__ = ["CAPTION_FILES", "IDLE", "TRANSPARENT", "Job", "Plan", "refuse_overwriting", "settle"]

IDLE: Final = (2.0, 60.0)
"""Seconds that a loop lasts, at least and at most."""
TRANSPARENT: Final = "transparent"
"""The background that is none."""

CAPTION_FILES: Final = ("srt", "vtt", "ass")
"""Captions that are a file of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip to be made, and how."""

    text: str
    r"""What is said; with `audio` what is said in it, or empty where nobody knows. ``[happy]`` changes the mood from
    there on, ``\[`` is a bracket."""
    output: Path
    """The clip's name, whose suffix is its form: .mp4, .webm, .gif or .wav. An older file of that name is replaced."""
    persona: str = "joi"
    """A name, or the path of a folder."""
    voice: str | None = None
    """A name, or several to be tried in turn: ``openai,espeak``. None: the persona's own."""
    voices: Mapping[str, Mapping[str, str | int | float | bool]] = field(default_factory=dict)
    """Voice -> options that come before those which the persona gives it."""
    face: str | None = None
    """None: the persona's own."""
    lang: str | None = None
    """BCP 47; None: guessed from the text, else the persona's own."""
    speed: float = 1.0
    """Times the voice's normal rate."""
    pitch: float = 1.0
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """A mood of the persona: the one before the first that is marked in the text."""
    fps: int = 25
    """Frames per second, one of `deckard_cli.settings.FPS`."""
    size: str | int = "512"
    """As `deckard_cli.settings.frame_size` reads it."""
    quality: str = "good"
    """As `deckard_cli.clip.Quality.parse` reads it."""
    captions: str | None = None
    """srt, vtt, ass, burned, or None."""
    captions_style: Style = "lines"
    """Whole lines at once, or each word as it is said."""
    timings: tuple[str | Path, ...] = ()
    """Files of times and curves to write, each with a suffix of `deckard_cli.clip.timings.SUFFIXES`."""
    audio: Path | str | BinaryIO | None = None
    """A recording that is moved to in place of a voice, or a stream of its bytes."""
    background: str | None = None
    """A colour, a picture's file, or ``transparent``. None: the persona's own, and in .webm none."""
    words: Path | str | None = None
    """A file that says how words are said; it comes before the persona's own, words.toml in its folder."""
    loudness: str | float = TARGET
    """LUFS of the whole clip, -40..-8, or ``off`` for as loud as it comes."""
    trim_silence: bool = True
    """Whether silence before the first sound and after the last goes; speech is never cut."""
    silence_threshold: float = 500
    """An amplitude of 16-bit sound: what reaches it is no silence."""
    silence_pad_ms: float = 120
    """Milliseconds of that silence that stay."""
    max_audio_seconds: float = 0
    """Seconds after which the sound ends, after a whole word; 0: never."""
    provenance: bool = True
    """Whether the clip says under a signature that it is synthetic (C2PA). A .webm has no place for one."""
    certificate: Path | str | None = None
    """A PEM file with the certificate that signs it; None: one that was made here."""
    private_key: Path | str | None = None
    """The PEM file of its key."""
    allow_noncommercial: bool = False
    """Whether a voice, a face or a persona may be used whose licence forbids commercial use."""
    idle: float | None = None
    """Seconds of a loop in which nothing is said: `text` is empty, and the last frame leads to the first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A job whose every name and number is known to be good, and what each of them means here."""

    job: Job
    form: Form
    quality: Quality
    persona: Persona
    voices: tuple[backends.Backend, ...]
    """To be tried in this order."""
    face: backends.Backend
    line: Line
    delivery: Delivery
    """What is done to the sound."""
    moods: Mapping[str, Mood]
    """By the names that `line` has for them."""
    fps: int
    size: tuple[int, int]
    backdrop: NDArray[np.uint8] | None
    """RGB, shape (height, width, 3): what is behind the persona in place of its own background."""
    signer: Signer | None
    """Who vouches for the clip; None where nobody does."""

    def options(self, voice: backends.Backend) -> dict[str, str | int | float | bool]:
        """What `voice` is opened with: the persona's own options, and over them the job's."""
        return {**self.persona.voices.get(voice.name, {}), **self.job.voices.get(voice.name, {})}

    def credits(self, voice: str) -> tuple[Credit, ...]:
        """Whose work the clip is when the voice called `voice` speaks: in a loop and in sound alone not everybody's."""
        speaks = [] if self.loop else [each for each in self.voices if each.name == voice]
        drawn = [self.face] if self.form.picture else []
        options = {each.name: self.options(each) for each in speaks}
        return credits(self.persona, (*speaks, *drawn), options, self.line.lang)

    @property
    def transparent(self) -> bool:
        """Whether the background stays out, so that the clip can lie over another."""
        if self.job.background == TRANSPARENT:
            return True
        return self.form.container == "webm" and self.backdrop is None and not self.photographed

    @property
    def photographed(self) -> bool:
        """Whether the persona is a photograph, which cannot be parted from its background."""
        return Portrait(self.persona.folder).photographed

    @property
    def loop(self) -> int | None:
        """The frames of a loop without words; None in a clip that says something."""
        return None if self.job.idle is None else round(self.job.idle * self.fps)

    @property
    def captions(self) -> Path | None:
        """The file of captions beside the clip, where one is asked for."""
        return _caption_file(self.job)

    @property
    def timings(self) -> tuple[Path, ...]:
        """The files of timings that are asked for."""
        return tuple(map(Path, self.job.timings))

    @property
    def beside(self) -> tuple[Path, ...]:
        """Every file that is written beside the clip."""
        return (*self.timings, *([self.captions] if self.captions else []))


def settle(job: Job) -> Plan:
    """Look up every name in `job` and check every number. Raises `UsageError` for the first that cannot be meant."""
    job = _given(job)
    persona, form, size = find(job.persona), Form.of(job.output), frame_size(str(job.size))
    _refuse_loop(job, form)
    text, marks, pauses, stressed = _said(job)
    _refuse_captions(job, text)
    _refuse_timings(job, text)
    lang = job.lang or guess_language(text) or persona.language
    moods = _moods(persona, job.mood, marks)
    first = next((mark.name for mark in reversed(marks) if mark.at == 0), job.mood)
    later = tuple(mark for mark in marks if mark.at)
    said_so = [*_pronounced(job, persona, text), *(Hint(start, end, stressed=True) for start, end in stressed)]
    plan = Plan(
        job=job,
        form=form,
        quality=Quality.parse(job.quality),
        persona=persona,
        voices=_voices(job, persona),
        face=_face(job, persona),
        line=Line(
            text, lang, job.speed, job.pitch, first, later, pauses, tuple(sorted(said_so, key=attrgetter("start")))
        ),
        delivery=_delivery(job),
        moods=moods,
        fps=frame_rate(job.fps),
        size=size,
        backdrop=_backdrop(job.background, persona, form, size),
        signer=_signer(job),
    )
    if not job.allow_noncommercial:
        refuse_noncommercial(each for voice in plan.voices for each in plan.credits(voice.name))
    return plan


def _said(job: Job) -> Marked:
    """What is said in `job`, cleaned, and the marks that were in it."""
    if job.idle is not None or (job.audio and not job.text):
        return Marked("")
    said = marked(clean(job.text))
    return said._replace(text=clean(said.text), pauses=() if job.audio else said.pauses)


def _pronounced(job: Job, persona: Persona, text: str) -> Iterator[Hint]:
    """How words of `text` are said, by the persona and, before it, by the file that was given."""
    sayings: dict[str, Saying] = {}
    own = persona.folder / WORDS_FILE
    for file in ([own] if own.is_file() else []) + ([Path(job.words)] if job.words else []):
        sayings |= read_words(file).root
    return hints(text, sayings)


def _delivery(job: Job) -> Delivery:
    """What is done to the sound of `job`. Raises `UsageError` for a number that cannot be meant."""
    numbers = (
        ("threshold of silence", job.silence_threshold, 0, 32767, "--silence-threshold 500"),
        ("pad of silence", job.silence_pad_ms, 0, 10_000, "--silence-pad-ms 120"),
        ("longest sound", job.max_audio_seconds, 0, float("inf"), "--max-audio-seconds 60"),
    )
    for what, value, low, high, hint in numbers:
        if not low <= value <= high:
            said = f"The {what} cannot be {value:g}: it goes from {low} to {high:g}."
            raise UsageError(said, code="bad_sound", hint=hint)
    trim = Trim(job.silence_threshold, job.silence_pad_ms / 1000) if job.trim_silence else None
    return Delivery(loudness(str(job.loudness)), trim, job.max_audio_seconds)


def _moods(persona: Persona, asked: str, marks: Iterable[Mark]) -> dict[str, Mood]:
    """The moods of a line by its own names for them, which are in small letters."""
    moods, known = {asked: persona.mood(asked)}, {name.casefold(): name for name in persona.mood_names}
    for mark in marks:
        if mark.name not in known:
            raise unknown("mood", mark.name, known, list_with=rf"to have the word read out, write \[{mark.name}]")
        moods[mark.name] = persona.mood(known[mark.name])
    return moods


def _backdrop(asked: str | None, persona: Persona, form: Form, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    if asked is None or not form.picture:
        return None
    if Portrait(persona.folder).photographed:
        raise UsageError(
            f"{persona.name} is a photograph, which keeps its own background: nothing says where the head ends.",
            code="background_of_photograph",
            hint="leave out --background, or take a persona that is drawn",
        )
    if asked == TRANSPARENT:
        if form.clear:
            return None
        raise UsageError(
            f"A clip in {form.container} cannot be see-through.",
            code="background_transparent",
            hint="name it .webm or .gif, or give a colour: --background green",
        )
    from deckard_cli.face.backdrop import backdrop  # at the top it would load Pillow for every clip

    return backdrop(asked, size)


def _signer(job: Job) -> Signer | None:
    """Who signs the clip of `job`, where it is to be signed and can be."""
    if not job.provenance or job.output.suffix.lower() not in MEDIA_TYPES:
        return None
    from deckard_cli.clip.provenance.signer import signer  # at the top it would be loaded for clips without one

    return signer(job.certificate, job.private_key)


def _refuse_loop(job: Job, form: Form) -> None:
    """Raise `UsageError` for a loop that cannot be."""
    if job.idle is None:
        return
    if job.text or job.audio:
        raise UsageError("In a loop nothing is said.", code="loop_with_words", hint="leave out the text, or the loop")
    if not IDLE[0] <= job.idle <= IDLE[1]:
        low, high = IDLE
        raise UsageError(
            f"A loop cannot last {job.idle:g} seconds.",
            code="bad_seconds",
            hint=f"--seconds 10  (it goes from {low:g} to {high:g})",
        )
    if not form.picture:
        raise UsageError("A loop of silence has nothing to hear.", code="loop_without_picture", hint="-o idle.mp4")


def refuse_overwriting(job: Job, source: Path) -> None:
    """Raise `UsageError` where the clip of `job`, or its file of captions, would replace `source`, which is read."""
    for written in (job.output, _caption_file(job), *map(Path, job.timings)):
        if written and written.resolve() == source.resolve():
            raise UsageError(
                "The output is the input.",
                code="output_is_input",
                hint=f"-o '{written.with_name(f'{written.stem}-clip.mp4')}'",
            )


def _caption_file(job: Job) -> Path | None:
    return job.output.with_suffix(f".{job.captions}") if job.captions in CAPTION_FILES else None


def _given(job: Job) -> Job:
    """`job` with its files as paths. Raises `UsageError` for one that has no name or cannot be the one."""
    if job.audio == "":
        raise UsageError("The recording has no name.", code="no_name", hint="--audio speech.wav")
    if isinstance(job.audio, str):
        job = replace(job, audio=Path(job.audio))
    # Before the suffix is looked at: that of a folder says nothing.
    if os.path.isdir(job.output):  # noqa: PTH112 (Path.is_dir raises for a name that is too long)
        raise is_folder(job.output)
    if isinstance(job.audio, Path):
        refuse_overwriting(job, job.audio)
    return job


def _voices(job: Job, persona: Persona) -> tuple[backends.Backend, ...]:
    """The voices that were asked for, else the persona's own."""
    if job.audio:
        return (backends.find("voice", "recording"),)
    try:
        found = backends.chain(job.voice or persona.voice)
    except UsageError as error:
        raise error if job.voice else persona.mistake(("voice",), f"{error.message} {error.hint}") from error
    if any(backend.name == "recording" for backend in found):
        raise UsageError("There is no recording to move to.", code="no_recording", hint="--audio speech.wav")
    return found


def _face(job: Job, persona: Persona) -> backends.Backend:
    """The face that was asked for, else the persona's own."""
    try:
        return backends.find("face", job.face or persona.face)
    except UsageError as error:
        raise error if job.face else persona.mistake(("face",), f"{error.message} {error.hint}") from error


def _refuse_captions(job: Job, text: str) -> None:
    """Raise `UsageError` for captions that cannot be."""
    if job.captions is None:
        return
    if job.captions not in (*CAPTION_FILES, "burned"):
        raise unknown("kind of captions", job.captions, (*CAPTION_FILES, "burned"))
    if not text:
        raise UsageError(
            "Nobody knows the words of this recording, so it cannot have captions.",
            code="captions_without_words",
            hint='say what is said in it: deckard render "the words" --audio ...',
        )
    if job.captions == "burned" and not Form.of(job.output).picture:
        raise UsageError(
            "A clip of sound alone has no picture to burn captions into.",
            code="captions_without_picture",
            hint="--captions srt",
        )


def _refuse_timings(job: Job, text: str) -> None:
    """Raise `UsageError` for timings that cannot be, or that would be written over each other or over the clip."""
    taken = {job.output.resolve(): "the clip"}
    if captions := _caption_file(job):
        taken[captions.resolve()] = "the captions"
    for path in map(Path, job.timings):
        form = suffix(path)
        if path.resolve() in taken:
            raise UsageError(
                f"The timings '{path}' would be written over {taken[path.resolve()]}.",
                code="output_twice",
                hint=f"--timings '{path.with_name(f'{path.stem}-timings{path.suffix}')}'",
            )
        taken[path.resolve()] = "others"
        if not text and form not in WORDLESS:
            raise UsageError(
                f"Nobody knows the words of this clip, so '{path.name}' would have no times in it.",
                code="timings_without_words",
                hint=f"give its words, or ask for what the face does to it: {' '.join(WORDLESS)}",
            )
