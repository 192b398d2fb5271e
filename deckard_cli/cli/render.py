"""`deckard render`: text in, a talking clip out."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypedDict

import typer

from deckard_cli.cli.options import (
    AllowNoncommercial,
    Background,
    Cached,
    CacheSize,
    Captions,
    CaptionsStyle,
    Face,
    Fps,
    Lang,
    Loudness,
    MaxAudioSeconds,
    Mood,
    OnFaceError,
    Persona,
    Pitch,
    Provenance,
    Quality,
    Quiet,
    SilencePadMs,
    SilenceThreshold,
    Size,
    Speed,
    Strict,
    TrimSilence,
    Voice,
    Words,
)
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import BackendError, UsageError

if TYPE_CHECKING:
    from deckard_cli.events import Written
    from deckard_cli.route import Approve, Job
    from deckard_cli.settings import Settings

__all__ = ["HELP", "render"]

HELP = """Turn text into a talking clip, and print the clip's path.

\b
  deckard render --persona joi "hello"
  deckard render "[happy] Hello! [sad] You're leaving?" --background navy
  deckard render --file script.txt --size 9:16 --captions burned -o talk.mp4
  echo "Read me out." | deckard render - -o - > talk.mp4

An option may also be set by a variable (DECKARD_PERSONA) or a key in
deckard.toml (persona = "joi"); a flag comes first, the file last.

A mood in square brackets holds from the next word on, [pause 0.5] is half
a second of silence, *this* is emphasised; \\[ is a bracket, \\* a star.
"""


def render(
    text: Annotated[str | None, typer.Argument(help="What is said; - reads stdin.", show_default=False)] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the text from this file.")] = None,
    audio: Annotated[
        str | None,
        typer.Option("--audio", help="Move to this recording (- reads stdin); TEXT is then what is said in it."),
    ] = None,
    transcribe: Annotated[
        bool, typer.Option("--transcribe", help="Ask a recogniser what is said in it: see deckard align --help.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="The clip: .mp4, .webm, .gif or .wav; - writes an MP4 to stdout. An older one is replaced."
            "  [default: persona and first words, joi-hello.mp4]",
        ),
    ] = None,
    persona: Persona = None,
    voice: Voice = None,
    face: Face = None,
    on_face_error: OnFaceError = None,
    strict: Strict = None,
    lang: Lang = None,
    speed: Speed = None,
    pitch: Pitch = None,
    mood: Mood = None,
    fps: Fps = None,
    size: Size = None,
    quality: Quality = None,
    captions: Captions = None,
    captions_style: CaptionsStyle = None,
    timings: Annotated[
        list[Path] | None,
        typer.Option(
            help="Write times too, for which the suffix is the form: .json, .TextGrid, .csv (Live Link Face),"
            " .tsv, .xml or .rhubarb.json (Rhubarb), .srt, .vtt, .ass. May be given again.",
            metavar="<path>",
        ),
    ] = None,
    background: Background = None,
    words: Words = None,
    loudness: Loudness = None,
    trim_silence: TrimSilence = None,
    silence_threshold: SilenceThreshold = None,
    silence_pad_ms: SilencePadMs = None,
    max_audio_seconds: MaxAudioSeconds = None,
    check: Annotated[
        bool, typer.Option("--check", help="Keep the clip only if it is right: see deckard check --help.")
    ] = False,
    cache: Cached = None,
    cache_size: CacheSize = None,
    provenance: Provenance = None,
    allow_noncommercial: AllowNoncommercial = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object in place of the clip's path.")] = False,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.job import refuse_overwriting
    from deckard_cli.route import Job, output_name
    from deckard_cli.settings import choose

    flags = {
        "persona": persona, "voice": voice, "face": face, "on_face_error": on_face_error,
        "strict": strict, "lang": lang, "speed": speed, "pitch": pitch,
        "mood": mood, "fps": fps, "size": size, "quality": quality, "captions": captions,
        "captions_style": captions_style,
        "background": background, "words": words, "loudness": loudness, "trim_silence": trim_silence,
        "silence_threshold": silence_threshold, "silence_pad_ms": silence_pad_ms,
        "max_audio_seconds": max_audio_seconds, "cache": cache, "cache_size": cache_size,
        "provenance": provenance, "allow_noncommercial": allow_noncommercial,
    }  # fmt: skip
    if output == "":
        raise UsageError("The clip has no name.", code="no_name", hint="-o clip.mp4")
    if audio and (voice or speed or pitch):
        raise UsageError(
            "A recording sounds as it was recorded: --voice, --speed and --pitch cannot change it.",
            code="recording_is_given",
            hint="leave them out, or leave out --audio",
        )
    choices = choose(flags)
    settings = choices.settings
    source = _sound(audio)
    said = _text(text, file, audio)
    if transcribe:
        said, source = _transcribed(said, source, settings.lang)
    path = Path(output or output_name(settings.persona, said or Path(audio or "").stem))
    job = Job(text=said, output=path, audio=source, timings=tuple(timings or ()), **settings.model_dump())
    if file is not None and output != "-":
        refuse_overwriting(job, file)
    with choices.named():
        _refuse_in_vain(job, background=background, style=captions_style)
        if output == "-":
            _to_stdout(job, settings, check=check, json=json, quiet=quiet)
        else:
            _to_file(job, settings, check=check, json=json, quiet=quiet)


def _refuse_in_vain(job: Job, *, background: str | None, style: str | None) -> None:
    """Raise `UsageError` for a flag that the clip has no use for. What a file or a variable sets is for other clips."""
    from deckard_cli.clip import Form
    from deckard_cli.job import CAPTION_FILES

    if background is not None and job.output != Path("-") and not Form.of(job.output).picture:
        raise UsageError(
            "A clip of sound alone has no background.",
            code="background_without_picture",
            hint="leave out --background, or name the clip .mp4",
        )
    texts = [path for path in map(Path, job.timings) if path.suffix.lower().lstrip(".") in CAPTION_FILES]
    if style is not None and job.captions is None and not texts:
        raise UsageError(
            "This clip has no captions, so they cannot have a style.",
            code="style_without_captions",
            hint="--captions srt, or leave out --captions-style",
        )


def _text(text: str | None, file: Path | None, audio: str | None) -> str:
    """The one text that was given: the argument, the file, or stdin."""
    from deckard_cli.script import read_file, read_stdin

    if text is not None and file is not None:
        raise UsageError("Both a text and --file were given.", code="two_texts", hint="leave one of them out")
    if text == "-" and audio == "-":
        raise UsageError("Text and sound cannot both come from stdin.", code="two_stdins", hint="--audio speech.wav")
    if text == "-":
        return read_stdin(sys.stdin.buffer)
    if file is not None:
        return read_file(file)
    if text is None and audio is None:
        raise UsageError("There is nothing to say.", code="no_text", hint='deckard render "hello"')
    if text and sys.getfilesystemencoding() != "utf-8" and any("\udc80" <= letter <= "\udcff" for letter in text):
        raise UsageError(
            "This Python reads what is typed as plain ASCII, which has no such letters.",
            code="not_utf8",
            hint="export PYTHONUTF8=1, or put the text into a file: --file text.txt",
        )
    return text or ""


def _sound(audio: str | None) -> str | BinaryIO | None:
    if audio == "-" and sys.stdin.isatty():
        raise UsageError(
            "'--audio -' reads sound from stdin, but stdin is a terminal.",
            code="stdin_terminal",
            hint="deckard render --audio - < speech.wav",
        )
    if audio == "-":
        return sys.stdin.buffer
    if audio and not os.path.exists(audio):  # noqa: PTH110 (Path.exists raises for a name that is too long)
        raise UsageError(f"There is no file '{audio}'.", code="audio_missing", hint="check the path")
    if audio and (os.path.isdir(audio) or not os.access(audio, os.R_OK)):  # noqa: PTH112
        raise UsageError(
            f"'{audio}' is no file that can be read.",
            code="audio_unreadable",
            hint="name a sound file that you may read",
        )
    return audio


def _transcribed(text: str, source: str | BinaryIO | None, lang: str | None) -> tuple[str, str | BinaryIO]:
    """What is said in the recording, and the recording, to be read again."""
    import io

    from deckard_cli.cli.align import heard
    from deckard_cli.script import clean

    if text or not source:
        raise UsageError(
            "--transcribe finds out what is said in a recording.",
            code="transcribe_without_recording",
            hint="give --audio speech.wav, and no text",
        )
    kept = source if isinstance(source, str) else io.BytesIO(source.read())
    words = clean(heard(Path(kept) if isinstance(kept, str) else kept, lang).text)
    if not isinstance(kept, str):
        kept.seek(0)
    # A bracket that was heard is no mood.
    return words.replace("[", "\\["), kept


def _approving(job: Job, settings: Settings, *, check: bool) -> tuple[Approve | None, str]:
    """What looks at the clip of `job`, where that is wanted, and by what that is remembered."""
    if not check:
        return None, ""
    from deckard_cli.check import check as measure
    from deckard_cli.check.trial import trial

    def approve(path: Path) -> None:
        replace(measure(path, thresholds=settings.check), path=job.output).verdict()

    return approve, trial(settings.check)


def _to_file(job: Job, settings: Settings, *, check: bool, json: bool, quiet: bool) -> None:
    from deckard_cli.cli.progress import follow
    from deckard_cli.cli.studio import studio
    from deckard_cli.route import run

    written = follow(run(job, studio(settings), *_approving(job, settings, check=check)), quiet=quiet)
    if json:
        answer(_report(written))
    else:
        typer.echo(written.path if job.output.is_absolute() else job.output.with_name(written.path.name))
    if written.failed:
        say(f"There is sound, and no picture. {written.failed}")
        raise typer.Exit(BackendError.exit_code)


def _to_stdout(job: Job, settings: Settings, *, check: bool, json: bool, quiet: bool) -> None:
    from deckard_cli.cli.progress import follow
    from deckard_cli.cli.studio import studio
    from deckard_cli.clip.part import piped
    from deckard_cli.job import CAPTION_FILES
    from deckard_cli.route import run

    if sys.stdout.isatty():
        raise UsageError(
            "A clip is nothing to show in a terminal.", code="terminal", hint="deckard render ... -o - > clip.mp4"
        )
    if job.on_face_error == "audio":
        raise UsageError(
            "With -o - stdout is an MP4, which sound alone is not.", code="two_answers", hint="-o clip.mp4"
        )
    if json or job.captions in CAPTION_FILES:
        raise UsageError(
            "With -o - stdout is the clip alone.", code="two_answers", hint="give the clip a name: -o clip.mp4"
        )
    with piped(sys.stdout.buffer, ".mp4") as path:
        follow(run(replace(job, output=path), studio(settings), *_approving(job, settings, check=check)), quiet=quiet)


class Report(TypedDict):
    """What `--json` prints. It only ever grows."""

    version: int
    path: str
    captions: str | None
    timings: list[str]
    duration: float
    frames: int
    fps: float
    width: int
    height: int
    sample_rate: int
    persona: str
    voice: str
    face: str
    lang: str
    notes: list[str]
    cached: bool
    failed: str


def _report(written: Written) -> Report:
    return Report(
        version=1,
        path=str(written.path),
        captions=str(written.captions) if written.captions else None,
        timings=[str(path) for path in written.timings],
        duration=written.duration,
        frames=written.frames,
        fps=written.fps,
        width=written.width,
        height=written.height,
        sample_rate=written.rate,
        persona=written.persona,
        voice=written.voice,
        face=written.face,
        lang=written.language,
        notes=list(written.notes),
        cached=written.cached,
        failed=written.failed,
    )
