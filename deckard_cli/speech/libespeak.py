"""The door to espeak-ng's shared library: text in, samples and timed events out.

It knows nothing of lines, words or phones. The library keeps its state in global variables, so that one lock guards it
for the whole process, and it is loaded afresh for each call: see `utter`.
"""

from __future__ import annotations

import _ctypes
import _thread
import ctypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import MissingError

__all__ = ["PHONEME", "WORD", "Event", "Settings", "Sound", "named", "utter", "variants", "voices"]

WORD: Final = 1
PHONEME: Final = 7

_SYNCHRONOUS: Final = 2
_PHONEME_EVENTS_AS_IPA: Final = 1 | 2
_UTF8: Final = 1
_PHONEMES: Final = 0x100
_END_PAUSE: Final = 0x1000
_RATE, _PITCH, _RANGE = 1, 3, 4
_T = TypeVar("_T")
_LOCK: Final = threading.Lock()


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("pointer", ctypes.c_void_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Settings:
    """How espeak is to sound."""

    voice: str
    """A language, with ``+variant`` where a timbre is wanted."""
    rate: int
    """Words per minute, 80..449."""
    pitch: int
    """0..99; 50 is the voice's own."""
    range: int
    """0..99, how far the pitch moves; 50 is the voice's own."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins at a sample."""

    type: int
    """`WORD` or `PHONEME`."""
    sample: int
    """Samples from the start of the sound."""
    position: int
    """Characters from the start of the text to the word that is being said."""
    name: str
    """The phoneme in espeak's IPA, at most 8 bytes of it; empty for a pause and for a word."""


@dataclass(frozen=True, slots=True)
class Sound:
    """All that espeak says of one text."""

    samples: NDArray[np.int16]
    """Mono, shape (n,)."""
    rate: int
    """Samples per second."""
    events: tuple[Event, ...]
    """In order of time."""


@contextmanager
def _library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """A library that nobody has spoken with before, and its sample rate.

    Its pitch flutter, roughness and breath run on from call to call in variables that no function resets: a voice kept
    open gives the same sentence other samples, and even another length, each time. Loading takes 0.2 ms.
    """
    with _LOCK:
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = espeakng_loader.get_data_path()
        except (OSError, RuntimeError) as error:
            raise _missing(str(error)) from error
        try:
            rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(data).encode(), _PHONEME_EVENTS_AS_IPA)
            if rate <= 0:
                raise _missing(f"its data in '{data}' cannot be read")
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))
            yield library, rate
        finally:
            library.espeak_Terminate()
            _unload(library)


def _unload(library: ctypes.CDLL) -> None:
    close: Callable[[int], None] = getattr(_ctypes, "dlclose", None) or _ctypes.FreeLibrary  # type: ignore[attr-defined]
    close(library._handle)


def _missing(reason: str) -> MissingError:
    return MissingError(
        f"The built-in voice cannot start: {reason}.",
        code="espeak_missing",
        hint="uv pip install --reinstall espeakng-loader",
    )


def _apart(work: Callable[[], _T]) -> _T:
    """What `work` returns or raises, done in a thread of its own.

    Python delivers signals to the main thread alone. There a Ctrl-C would be lost whenever it came while espeak calls
    back, and between loading and unloading it would leave the library loaded, and every later sentence changed.
    """
    returned: list[_T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(work())
        except BaseException as error:
            raised.append(error)
        finally:
            done.release()

    # Thread.start and join wait in Python: a Ctrl-C in there releases a lock that nobody holds, and that would be told.
    done = threading.Lock()
    done.acquire()
    _thread.start_new_thread(run, ())
    done.acquire()
    if raised:
        raise raised[0]
    return returned[0]


def utter(text: str, settings: Settings, *, phonemes: bool = False) -> Sound:
    """Say `text`: the same text and settings give the same samples in every thread and process.

    With `phonemes`, what stands in ``[[double brackets]]`` are espeak's mnemonics of phonemes.
    """
    flags = _UTF8 | _END_PAUSE | (_PHONEMES if phonemes else 0)
    settings = replace(settings, voice=_called(settings.voice))
    return _apart(lambda: _utter([text.encode()], settings, flags))[0]


def named(phonemes: Sequence[str], voice: str) -> list[list[str]]:
    """The names of the phonemes that `voice` says for each of some texts of mnemonics without brackets."""
    # One library for all: it has said something else before each but the first, which no name tells.
    texts = [f"[[{each}]]".encode() for each in phonemes]
    sounds = _apart(lambda: _utter(texts, Settings(_called(voice), 449, 50, 50), _UTF8 | _PHONEMES))
    return [[event.name for event in sound.events if event.type == PHONEME and event.name] for sound in sounds]


def _utter(texts: Sequence[bytes], settings: Settings, flags: int) -> list[Sound]:
    chunks: list[bytes] = []
    events: list[Event] = []
    sounds: list[Sound] = []

    def receive(wave: int | None, count: int, first: ctypes._Pointer[_Event]) -> int:
        if wave and count:
            chunks.append(ctypes.string_at(wave, 2 * count))
        events.extend(_read(first))
        return 0

    with _library() as (library, rate):
        callback = _CALLBACK(receive)
        library.espeak_SetSynthCallback(callback)
        library.espeak_SetVoiceByName(settings.voice.encode())
        for parameter, value in ((_RATE, settings.rate), (_PITCH, settings.pitch), (_RANGE, settings.range)):
            library.espeak_SetParameter(parameter, value, 0)
        for text in texts:
            library.espeak_Synth(text, len(text) + 1, 0, 1, 0, flags, None, None)
            sounds.append(Sound(np.frombuffer(b"".join(chunks), dtype=np.int16), rate, tuple(events)))
            chunks.clear()
            events.clear()
    return sounds


def _read(first: ctypes._Pointer[_Event]) -> Iterator[Event]:
    index = 0
    while (event := first[index]).type:
        if event.type in (WORD, PHONEME):
            name = event.id.string.decode("utf-8", "ignore") if event.type == PHONEME else ""
            yield Event(event.type, event.sample, event.text_position - 1, name)
        index += 1


def voices() -> dict[str, str]:
    """Tag -> name of every language that espeak speaks without further files."""
    return {tag: name for tag, (name, _) in _voices().items()}


def _called(voice: str) -> str:
    """What espeak itself calls the language of `Settings.voice`: told ``fr-fr`` or ``en-gb``, which it lists, it would
    go on in American English.
    """
    tag, plus, variant = voice.partition("+")
    return _voices().get(tag, ("", tag))[1] + plus + variant


@cache
def _voices() -> dict[str, tuple[str, str]]:
    """Tag -> name and file."""
    return _apart(_listed)


def _listed() -> dict[str, tuple[str, str]]:
    with _library() as (library, _):
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        listed = library.espeak_ListVoices(None)
        found: dict[str, tuple[str, str]] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            file = voice.identifier.decode().rpartition("/")[2]
            if _complete(voice.identifier.decode()):
                for tag in _tags(voice.languages):
                    if tag not in found or tag == file.lower():
                        found[tag] = (voice.name.decode(), file)
            index += 1
    return dict(sorted(found.items()))


def _complete(identifier: str) -> bool:
    """Whether the wheel has all that a language needs: it lists some without a dictionary, and voices of MBROLA."""
    data = Path(espeakng_loader.get_data_path())
    file = data / "lang" / identifier
    if not file.is_file():
        return False
    lines = [line.split() for line in reversed(file.read_text("utf-8").splitlines())]
    fields = {line[0]: line[1] for line in lines if len(line) > 1}
    name = fields.get("dictionary", fields.get("language", "").partition("-")[0])
    return (data / f"{name}_dict").is_file()


def _tags(address: int) -> Iterator[str]:
    """The tags of a voice: each is a byte of priority and a string; a zero byte ends the list."""
    while ctypes.string_at(address, 1) != b"\0":
        tag = ctypes.string_at(address + 1)
        yield tag.decode().lower()
        address += len(tag) + 2


@cache
def variants() -> tuple[str, ...]:
    """Timbres that any language can be spoken with."""
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))
