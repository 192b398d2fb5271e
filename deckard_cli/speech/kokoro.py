"""Kokoro: a small neural voice that runs here, faster than it is listened to on most machines.

The weights (StyleTTS 2: Li et al., NeurIPS 2023) are fetched by ``deckard models pull kokoro``; kokoro-onnx runs them.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

import espeakng_loader
import onnxruntime
from kokoro_onnx import Kokoro as Model
from kokoro_onnx.config import EspeakConfig

from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError, unknown
from deckard_cli.models.store import need
from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.pcm import slowed
from deckard_cli.speech.symbols import Part, Symbol, fitted, read

__all__ = ["Kokoro"]

MODELS: Final = ("kokoro", "kokoro-fp32", "kokoro-int8")
"""Of those that are here, the first is taken."""
SPEAKERS: Final = {
    "en-us": "af_heart",
    "en-gb": "bf_emma",
    "es": "ef_dora",
    "fr-fr": "ff_siwis",
    "hi": "hf_alpha",
    "it": "if_sara",
    "pt-br": "pf_dora",
}
"""The languages whose phonemes the model learned as espeak writes them, and who speaks each unless told. Japanese and
Mandarin are not here: it learned these from other phonemes."""
_FLAG: Final = re.compile(r"\([a-z]{2,3}(?:-[a-z]+)*\)")
"""What espeak puts around a word of another language, ``(en)``: the model would say "en"."""
_SLOWEST, _FASTEST = 0.5, 2.0
"""Times its usual rate: what the model does itself; the rest is stretched."""


class Kokoro:
    """A `Voice` of 54 speakers in 6 languages."""

    signs: ClassVar = True
    """It reads signs out as espeak does, so that prices and units are to be written in full for it."""
    ipa: ClassVar = True
    """It reads the IPA of a line's hints."""

    def __init__(self, *, voice: str = "", speed: float = 1.0, model: str = "") -> None:
        """A speaker such as ``af_heart`` (empty: one of the line's language), a speed 0.5..2, and a model: one of
        `MODELS`, or the path of an .onnx file with a voices .bin in the same folder (empty: the first that is here).

        Raises `MissingError` where the model is not here, `UsageError` for a speaker that it does not have.
        """
        self._model = _open(*_files(model))
        self._voice = voice
        self._speed = speed
        speakers = list(self._model.voices)
        if voice and voice not in speakers:
            raise unknown("kokoro voice", voice, speakers)
        if not _SLOWEST <= speed <= _FASTEST:
            raise UsageError(f"A speed of {speed:g} cannot be had.", code="out_of_range", hint="it goes from 0.5 to 2")

    def speak(self, line: Line) -> Iterator[Speech]:
        """Say `line`, one `Speech` a sentence, with the times of its words and phones.

        Raises `UsageError`, before anything is said, for a language that the model did not learn and for a text that
        has no letter of it.
        """
        lang = _language(line.lang)
        return (self._say(known, parts, replace(line, lang=lang)) for known, parts in read(line, lang))

    def _say(self, known: Speech, parts: Iterable[Part], line: Line) -> Speech:
        wanted = self._speed * line.speed
        speed = min(max(wanted, _SLOWEST), _FASTEST)
        speakers = list(self._model.voices)
        usual = SPEAKERS[line.lang]
        voice = self._voice or (usual if usual in speakers else speakers[0])
        try:
            phonemes = "".join(self._phonemes(part, line.lang) for part in parts)
            samples, rate, timings = self._model.create_timed(phonemes, voice, speed, is_phonemes=True)
        except Exception as error:  # what onnxruntime raises has no base of its own
            raise BackendError(
                f"The voice 'kokoro' could not say '{known.text[:60]}': {error}.",
                code="voice_failed",
                hint="deckard models verify kokoro, or another voice: --voice espeak",
            ) from error
        if line.pitch != 1:
            known = replace(known, notes=(*known.notes, "The voice 'kokoro' has one pitch, its own."))
        symbols = [Symbol(timing.phoneme, timing.start, timing.end) for timing in timings]
        speech = fitted(known, samples, rate, symbols, line.lang)
        return speech if wanted == speed else slowed(speech, speed / wanted)

    def _phonemes(self, part: Part, lang: str) -> str:
        """The letters for `part`, with the spaces around it."""
        tokenizer, bare = self._model.tokenizer, part.text.strip()
        if not part.ipa:
            before, after = part.text.partition(bare)[::2] if bare else (part.text, "")
            said = _FLAG.sub("", tokenizer.phonemize(bare, lang)) if any(map(str.isalnum, bare)) else bare
            return before + tokenizer.known(said) + after
        return str(tokenizer.known(part.ipa))


def _language(asked: str) -> str:
    tag = asked.strip().lower().replace("_", "-")
    if tag.startswith("en-gb"):
        return "en-gb"
    primary = tag.partition("-")[0]
    for lang in SPEAKERS:
        if primary == lang.partition("-")[0]:
            return lang
    raise UsageError(
        f"The voice 'kokoro' does not speak '{asked}'.",
        code="unknown_language",
        hint=f"--lang with one of {', '.join(SPEAKERS)}, or another voice: --voice espeak",
    )


def _files(model: str) -> tuple[Path, Path]:
    """The files of weights and of speakers."""
    if not model:
        return _files(next(filter(_is_here, MODELS), MODELS[0]))
    if model in MODELS:
        folder = need(model)
        return next(folder.glob("*.onnx")), folder / "voices-v1.0.bin"
    path = Path(model)
    speakers = next(path.parent.glob("voices*.bin"), None)
    if not path.is_file() or speakers is None:
        raise MissingError(
            f"There is no model '{model}' with a voices file beside it.",
            code="model_missing",
            hint="deckard models pull kokoro",
        )
    return path, speakers


def _is_here(model: str) -> bool:
    try:
        return need(model).is_dir()
    except MissingError:
        return False


def _open(weights: Path, speakers: Path) -> Model:
    onnxruntime.set_seed(0)  # the noise in the model's breath would be another one each time
    try:
        model = Model(str(weights), str(speakers), EspeakConfig(lib_path=_own_espeak()))
        voices: Any = model.voices  # a file, whatever its annotation says, which would stay open as long as the voice
        with voices:
            model.voices = {name: voices[name] for name in voices}  # type: ignore[assignment]
        return model
    except Exception as error:  # what onnxruntime raises has no base of its own
        raise DeckardError(
            f"The model in {weights.parent} cannot be opened: {error}.",
            code="model_unreadable",
            hint="deckard models verify",
        ) from error


@cache
def _own_espeak() -> str:
    """A copy of the espeak library: the tokenizer never unloads what it loads, so that our own voice, which has to find
    espeak as nobody has used it, would go on in the language that it left.
    """
    folder = tempfile.mkdtemp(prefix="deckard-espeak-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(shutil.copy(espeakng_loader.get_library_path(), folder))
