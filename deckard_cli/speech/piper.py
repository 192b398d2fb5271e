"""Piper: neural voices of some 40 languages that run here; one voice is one model.

piper-tts is GPL-3.0-or-later, so it is an extra of its own (VITS: Kim et al., ICML 2021). The weights are fetched by
``deckard models pull piper-en_US-lessac-medium`` and the like.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import onnxruntime
from piper import AudioChunk, PhonemeType, PiperVoice, SynthesisConfig

from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError, unknown
from deckard_cli.models.store import installed, need
from deckard_cli.models.table import KNOWN
from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.symbols import Part, Symbol, fitted, read

__all__ = ["Piper"]

_PREFIX: Final = "piper-"
_BEGIN, _END, _PAD = "^", "$", "_"
"""What Piper puts around a sentence, and after each phoneme but the last."""
_LOCAL: Final = (PhonemeType.ESPEAK, PhonemeType.TEXT)
"""The voices that need nothing else: some others fetch a dictionary the first time they speak."""


class Piper:
    """A `Voice` for each language that has a model here."""

    signs: ClassVar = True
    """It reads signs out as espeak does, so that prices and units are to be written in full for it."""
    ipa: ClassVar = True
    """It reads the IPA of a line's hints."""

    def __init__(self, *, voice: str = "", speaker: str = "", speed: float = 1.0) -> None:
        """A model such as ``en_US-lessac-medium``, or the path of an .onnx file with its .onnx.json beside it (empty:
        one of the line's language that is here); which of its speakers, by name or number; a speed 0.25..4.

        Raises `MissingError` where the model is not here, `UsageError` for a speaker that it does not have.
        """
        if not 0.25 <= speed <= 4:
            raise UsageError(f"A speed of {speed:g} cannot be had.", code="out_of_range", hint="it goes from 0.25 to 4")
        self._speaker = speaker
        self._speed = speed
        self._voice = _open(_file(voice)) if voice else None
        if self._voice:
            _speaker(self._voice, speaker)
        elif not _names():
            raise MissingError(
                "There is no voice of Piper's here.",
                code="model_missing",
                hint=f"deckard models pull {_suggested('en')}",
            )

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence, with the times of its words and phones.

        Raises, before anything is said, `UsageError` for a language that the voice does not speak and a text that has
        no letter of it, and `MissingError` where no voice of the language is here.
        """
        voice = self._voice or _open(_fitting(line.lang))
        lang = voice.config.espeak_voice
        if _primary(lang) != _primary(line.lang):
            raise UsageError(
                f"This voice of Piper's speaks '{lang}', not '{line.lang}'.",
                code="unknown_language",
                hint=f"deckard models pull {_suggested(line.lang)}, or another voice: --voice espeak",
            )
        notes = () if line.pitch == 1 else ("The voice 'piper' has one pitch, its own.",)
        manner = SynthesisConfig(
            speaker_id=_speaker(voice, self._speaker),
            length_scale=voice.config.length_scale / (self._speed * line.speed),
            normalize_audio=False,  # it would make a whispered sentence as loud as a shouted one
        )
        read_aloud = read(line, lang)
        return (
            _say(voice, replace(known, notes=known.notes + notes), parts, manner, lang) for known, parts in read_aloud
        )


def _say(voice: PiperVoice, known: Speech, parts: Iterable[Part], manner: SynthesisConfig, lang: str) -> Speech:
    try:
        chunks = list(voice.synthesize(_marked(parts), manner, include_alignments=True))
    except Exception as error:  # what onnxruntime raises has no base of its own
        raise BackendError(
            f"The voice 'piper' could not say '{known.text[:60]}': {error}.",
            code="voice_failed",
            hint="deckard models verify, or another voice: --voice espeak",
        ) from error
    samples = np.concatenate([np.zeros(0, np.float32), *(np.atleast_1d(chunk.audio_float_array) for chunk in chunks)])
    known = replace(known, notes=(*known.notes, *_unsaid(voice, chunks)))
    return fitted(known, samples, voice.config.sample_rate, list(_symbols(voice, chunks)), lang)


def _marked(parts: Iterable[Part]) -> str:
    """The text that Piper is given: what stands in double brackets are phonemes."""
    # Brackets that somebody wrote would be read as phonemes too.
    text = "".join(f"[[{part.ipa}]]" if part.ipa else part.text.replace("[[", "[ [") for part in parts)
    # Piper leaves out the punctuation that what follows phonemes begins with.
    return re.sub(r"\]\]([,.;:!?…]+)", r"\1]]", text)


def _unsaid(voice: PiperVoice, chunks: list[AudioChunk]) -> Iterator[str]:
    phonemes = dict.fromkeys(phoneme for chunk in chunks for phoneme in chunk.phonemes)
    if missing := [phoneme for phoneme in phonemes if phoneme not in voice.config.phoneme_id_map]:
        yield f"This voice of Piper's has no sound for these phonemes, so they are skipped: {' '.join(missing)}."


def _symbols(voice: PiperVoice, chunks: list[AudioChunk]) -> Iterator[Symbol]:
    """When each phoneme is said, as the model tells; none of a chunk where it does not.

    Piper's own account of it (`phoneme_alignments`) is none as soon as one phoneme of the sentence was skipped.
    """
    ids, at = voice.config.phoneme_id_map, 0
    for chunk in chunks:
        lengths = chunk.phoneme_id_samples
        said = [phoneme for phoneme in (_BEGIN, *chunk.phonemes, _END) if phoneme in ids]
        counts = [len(ids[phoneme]) + len(ids[_PAD]) * (phoneme != _END) for phoneme in said]
        if lengths is not None and sum(counts) == len(lengths):
            edges = (at + np.concatenate([[0], np.cumsum(lengths)])[np.cumsum([0, *counts])]) / chunk.sample_rate
            for phoneme, (start, end) in zip(said, itertools.pairwise(edges.tolist()), strict=True):
                yield Symbol(phoneme, start, end)
        at += chunk.audio_float_array.size


def _primary(lang: str) -> str:
    return lang.strip().lower().replace("_", "-").partition("-")[0]


def _fitting(lang: str) -> Path:
    """The file of a voice of `lang` that is here; one of the same country is better than another."""
    tag = lang.strip().lower().replace("_", "-")
    fitting = [name for name in _names() if _primary(name) == _primary(tag)]
    if not fitting:
        raise MissingError(
            f"There is no voice of Piper's for '{lang}' here.",
            code="model_missing",
            hint=f"deckard models pull {_suggested(lang)}",
        )
    return _file(max(fitting, key=lambda name: name.lower().replace("_", "-").startswith(tag)))


def _names() -> list[str]:
    """The voices that are here."""
    return [model.name.removeprefix(_PREFIX) for model in installed() if model.name.startswith(_PREFIX)]


def _suggested(lang: str) -> str:
    """A voice of `lang` that the table of models has; for other languages what its name would look like."""
    known = (model.name for model in KNOWN if model.name.startswith(_PREFIX + _primary(lang) + "_"))
    return next(known, f"{_PREFIX}{_primary(lang)}_...")


def _file(voice: str) -> Path:
    path = Path(voice)
    if path.suffix != ".onnx":
        return need(_PREFIX + voice.removeprefix(_PREFIX)) / f"{voice.removeprefix(_PREFIX)}.onnx"
    if path.is_file() and Path(f"{voice}.json").is_file():
        return path
    raise MissingError(
        f"There is no voice '{voice}' with its settings '{voice}.json' beside it.",
        code="model_missing",
        hint="deckard models list",
    )


def _open(path: Path) -> PiperVoice:
    logging.getLogger("piper").setLevel(logging.ERROR)  # it would write each skipped phoneme to stderr; see `_unsaid`
    onnxruntime.set_seed(0)  # the voice's own variation would be another one each time
    try:
        voice = PiperVoice.load(path, include_alignments=True, download_dir=path.parent)
    except Exception as error:  # what onnxruntime and onnx raise has no base of its own
        raise DeckardError(
            f"The voice in {path} cannot be opened: {error}.", code="model_unreadable", hint="deckard models verify"
        ) from error
    if voice.config.phoneme_type not in _LOCAL:
        raise UsageError(
            f"The voice in {path} needs the phonemes of another program ({voice.config.phoneme_type.value}).",
            code="voice_unfit",
            hint="another voice: --voice espeak",
        )
    return voice


def _speaker(voice: PiperVoice, asked: str) -> int | None:
    """The number of the speaker that was asked for; None for the usual one."""
    if not asked:
        return None
    names = dict(voice.config.speaker_id_map) | {str(number): number for number in range(voice.config.num_speakers)}
    if asked not in names:
        raise unknown("speaker of this piper voice", asked, names)
    return names[asked]
