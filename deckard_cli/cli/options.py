"""Options that several commands take, each written once so that it means and says the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "AllowNoncommercial",
    "Background",
    "CacheSize",
    "Cached",
    "Captions",
    "CaptionsStyle",
    "Face",
    "Fps",
    "Json",
    "Lang",
    "Loudness",
    "MaxAudioSeconds",
    "Mood",
    "OnFaceError",
    "Persona",
    "Pitch",
    "Provenance",
    "Quality",
    "Quiet",
    "SilencePadMs",
    "SilenceThreshold",
    "Size",
    "Speed",
    "Strict",
    "TrimSilence",
    "Voice",
    "Words",
    "Yes",
]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Cached = Annotated[
    bool | None,
    typer.Option(
        "--cache/--no-cache", help="Keep clips and paid speech, and take them from there.", show_default=False
    ),
]
CacheSize = Annotated[str | None, typer.Option(help="How much is kept.  [default: 5 GB]")]
Face = Annotated[
    str | None,
    typer.Option(help="How it looks; several (runpod,rig) are tried in turn.  [default: the persona's]"),
]
OnFaceError = Annotated[
    str | None, typer.Option(help="Where no face can be had: fail, or audio, a .wav (exit 4).  [default: fail]")
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict",
        help="Refuse a film from elsewhere that is not as long and as quick as asked.",
        show_default=False,
    ),
]
Lang = Annotated[str | None, typer.Option(help="Language, such as en-us, de or cmn.  [default: guessed]")]
Speed = Annotated[float | None, typer.Option(help="0.5 to 2 times as fast.")]
Pitch = Annotated[float | None, typer.Option(help="0.5 to 2 times as high.")]
Fps = Annotated[int | None, typer.Option(help="24, 25, 30, 50 or 60 frames a second.  [default: 25]")]
Size = Annotated[str | None, typer.Option(help="512, 720x1280, or a shape: 9:16, 16:9, 1:1.  [default: 512]")]
Background = Annotated[
    str | None,
    typer.Option(
        help="A colour (navy, #102030), a picture's file, or transparent (.webm, .gif)."
        "  [default: the persona's; none in .webm]"
    ),
]
Provenance = Annotated[
    bool | None,
    typer.Option(
        "--provenance/--no-provenance",
        help="Say under a signature (C2PA) that the clip is synthetic, and of what.  [default: provenance]",
        show_default=False,
    ),
]
AllowNoncommercial = Annotated[
    bool | None,
    typer.Option(
        "--allow-noncommercial",
        help="Use what is licensed for other than commercial use alone; the clip says so.",
        show_default=False,
    ),
]
Quality = Annotated[str | None, typer.Option(help="draft, good, best, or 1 (best) to 51.  [default: good]")]
Persona = Annotated[str | None, typer.Option(help="Who speaks: a name or a folder.  [default: joi]")]
Voice = Annotated[
    str | None,
    typer.Option(help="How it sounds; several (openai,espeak) are tried in turn.  [default: the persona's]"),
]
Mood = Annotated[str | None, typer.Option(help="A mood of the persona, until a mark changes it.  [default: neutral]")]
Captions = Annotated[str | None, typer.Option(help="srt, vtt or ass: a file beside the clip; burned: in the picture.")]
CaptionsStyle = Annotated[str | None, typer.Option(help="lines, or words: each word as it is said.  [default: lines]")]
Words = Annotated[
    str | None, typer.Option(help="A file of words and how they are said.  [default: the persona's words.toml]")
]
Loudness = Annotated[str | None, typer.Option(help="LUFS of the clip; off: as it comes.  [default: -16]")]
TrimSilence = Annotated[
    bool | None,
    typer.Option(
        "--trim-silence/--no-trim-silence",
        help="Leave out the silence before the first sound and after the last.  [default: trim-silence]",
        show_default=False,
    ),
]
SilenceThreshold = Annotated[float | None, typer.Option(help="What is no silence: a 16-bit amplitude.  [default: 500]")]
SilencePadMs = Annotated[float | None, typer.Option(help="Milliseconds of that silence that stay.  [default: 120]")]
MaxAudioSeconds = Annotated[
    float | None, typer.Option(help="End after so long, with a whole word; 0: never.  [default: 0]")
]
