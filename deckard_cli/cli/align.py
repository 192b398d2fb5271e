"""`deckard align`: when each word and phone of a recording is said."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from deckard_cli.cli.options import Lang, Quiet
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import DeckardError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckard_cli.speech import Speech, Voice

__all__ = ["HELP", "align", "heard"]

HELP = """Tell when each word, phone and viseme of a recording is said.

\b
  deckard align speech.wav --text "Hello there."
  deckard align speech.wav --file script.txt -o speech.TextGrid
  deckard align - --transcribe < speech.wav

The answer is JSON on stdout; with --output a file, whose suffix chooses
its form. Each word has a confidence from 0 to 1.

--transcribe asks the server at DECKARD_TRANSCRIBE_URL (or OpenAI's, with
OPENAI_API_KEY) what is said, or a model of faster-whisper's in the folder
DECKARD_TRANSCRIBE_MODEL.
"""


def align(
    sound: Annotated[str, typer.Argument(help="A sound file; - reads one from stdin.", metavar="SOUND")],
    text: Annotated[str | None, typer.Option("--text", help="What is said in it; - reads stdin.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read what is said in it from this file.")] = None,
    transcribe: Annotated[bool, typer.Option("--transcribe", help="Ask a recogniser what is said in it.")] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Write a file: .json, .TextGrid (Praat), .csv (Live Link Face), .tsv, .xml or .rhubarb.json (Rhubarb),"
            " .srt, .vtt, .ass.",
            metavar="<path>",
        ),
    ] = None,
    words: Annotated[str | None, typer.Option(help="A file of words and how they are said.")] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.clip.timings import suffix

    if output is not None:
        suffix(Path(output))
    _refuse_none_or_two(text, file, transcribe)
    if transcribe and words is not None:
        raise UsageError(
            "--words tells how a text is said that is given, not one that is heard.",
            code="words_without_text",
            hint="leave out --words, or give the text",
        )
    speeches = _noting(
        _transcribed(_source(sound), lang) if transcribe else _aligned(sound, _text(text, file, sound), lang, words),
        quiet=quiet,
    )
    name = "" if sound == "-" else Path(sound).name
    if output is None:
        _tell(speeches, name)
    else:
        _write(Path(output), speeches, sound, name)


def _refuse_none_or_two(text: str | None, file: Path | None, transcribe: bool) -> None:
    given = [text is not None, file is not None, transcribe]
    if sum(given) == 0:
        raise UsageError(
            "Nobody says what is said in the recording.",
            code="no_text",
            hint='--text "Hello there.", --file script.txt or --transcribe',
        )
    if sum(given) > 1:
        raise UsageError(
            "--text, --file and --transcribe each say what is said: one is enough.",
            code="two_texts",
            hint="leave the others out",
        )


def _text(text: str | None, file: Path | None, sound: str) -> str:
    from deckard_cli.script import marked, read_file, read_stdin

    if text == "-" and sound == "-":
        raise UsageError("Text and sound cannot both come from stdin.", code="two_stdins", hint="--file script.txt")
    if text == "-":
        text = read_stdin(sys.stdin.buffer)
    return marked(read_file(file) if file else text or "").text


def _source(sound: str) -> Path | BinaryIO:
    if sound == "-" and sys.stdin.isatty():
        raise UsageError(
            "'-' reads sound from stdin, but stdin is a terminal.",
            code="stdin_terminal",
            hint='deckard align - --text "..." < speech.wav',
        )
    return sys.stdin.buffer if sound == "-" else Path(sound)


def _aligned(sound: str, text: str, lang: str | None, words: str | None) -> Iterator[Speech]:
    from deckard_cli.persona.words import hints, read_words
    from deckard_cli.script import Line, clean, guess_language
    from deckard_cli.speech.respelled import respelled

    text = clean(text)
    sayings = read_words(Path(words)).root if words is not None else {}
    line = Line(text, lang or guess_language(text) or "en-us", hints=tuple(hints(text, sayings)))
    found = False
    for speech in respelled(_recording(_source(sound)), line):
        found = found or bool(speech.words)
        # That a recording finds no word at all is an error here, and told as one.
        yield speech if found else replace(speech, notes=())
    if not found:
        raise DeckardError(
            "The text is not what is said in this recording.",
            code="text_unfit",
            hint=f"check the text and its language (--lang {line.lang}), or let it be heard: --transcribe",
        )


def heard(source: Path | BinaryIO, lang: str | None) -> Speech:
    """A recording with what a recogniser hears in it."""
    from deckard_cli.script import Line
    from deckard_cli.speech.pcm import join
    from deckard_cli.speech.transcribe import transcribed

    return transcribed(join(_recording(source).speak(Line(""))), lang)


def _recording(source: Path | BinaryIO) -> Voice:
    from deckard_cli import backends

    voice: Voice = backends.load(backends.find("voice", "recording"))(source)
    return voice


def _transcribed(source: Path | BinaryIO, lang: str | None) -> Iterator[Speech]:
    from deckard_cli.script import guess_language
    from deckard_cli.speech.align import timed

    speech = heard(source, lang)
    yield timed(speech, lang or guess_language(speech.text) or "en-us")


def _noting(speeches: Iterator[Speech], *, quiet: bool) -> Iterator[Speech]:
    said: set[str] = set()
    for speech in speeches:
        for note in speech.notes:
            if note not in said and not quiet:
                say(note)
            said.add(note)
        yield speech


def _tell(speeches: Iterator[Speech], name: str) -> None:
    from deckard_cli.clip.timings import Timeline, document

    timeline = Timeline(name)
    for speech in speeches:
        timeline.add(speech)
    answer(document(timeline))


def _write(path: Path, speeches: Iterator[Speech], sound: str, name: str) -> None:
    from deckard_cli.clip.timings import write

    if sound != "-" and path.resolve() == Path(sound).resolve():
        raise UsageError("The output is the input.", code="output_is_input", hint=f"-o '{path.stem}.json'")
    write(path, speeches, sound=name)
    typer.echo(path)
