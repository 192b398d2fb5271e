"""A voice that somebody already recorded: any file FFmpeg reads, or the same bytes on stdin."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from statistics import median
from typing import BinaryIO, ClassVar, Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.script import Line, clean, writing
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.align import Aligner, aligner
from deckard_cli.speech.blocks import blocks
from deckard_cli.speech.loudness import Meter
from deckard_cli.speech.media import opened
from deckard_cli.speech.pcm import Samples, resampled
from deckard_cli.speech.silence import Edges, Trim

__all__ = ["CARRIED", "Recording"]

CARRIED: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""Sample rates that AAC has a code for (ISO/IEC 14496-3, table 1.18); others become 48000."""

_MISSING: Final = 0.25
"""Seconds by which a whole file may be shorter than it says: encoders pad and round."""
_EXACT: Final = frozenset({"wav", "flac", "mov,mp4,m4a,3gp,3g2,mj2", "aiff", "w64"})
"""Containers that write down how long they are."""
_OPEN_ENDED: Final = 0x7FFFF000
"""A RIFF size from here on was written by a program that could not go back to fill it in."""
_UNFIT: Final = "The text does not fit this recording, so the mouth follows the sound alone."
_UNHEARD, _HEARD = 0.15, 0.5
"""A word of less confidence than the first, among words of which the middle one has more than the second, is not what
is said there: of 1,084 words that were said, by 8 voices in 4 languages, 6 had less than the first, all of them "a",
and of 331 that stood in the text for another one 202."""
_WORD: Final = 4
"""Letters of a word that can be missed: an "a" or a "the" is too short for its confidence to say much."""
_SQUEEZED: Final = 0.01
"""Seconds a letter that nobody speaks in: so short a word only stands where the text puts it between two others."""
_TOLD: Final = 8
"""Words that a note names."""
_MARKS: Final = ".,:;!?…()[]\"'«»“”„।؟،"
"""What stands at a word's ends and is none of it."""
_UNSPACED: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "THAI", "MYANMAR"})
"""Writings without spaces between words."""


class Recording:
    """A `Voice` that says what it was recorded saying, block by block: an hour takes no more memory than a minute."""

    recorded: ClassVar = True
    """Nothing is read out by it: what it says has been said."""

    def __init__(self, source: Path | BinaryIO, *, trim: Trim | None = None) -> None:
        """`source` is a sound file (wav, flac, mp3, ogg, m4a ...), or a stream of one's bytes, which is read once.

        `trim` says what silence at its ends is left out. Raises `UsageError` for a file that is not there or may not be
        read.
        """
        self._source = source
        self._trim = trim
        self._copy: BinaryIO | None = None
        self._name = f"The file '{source}'" if isinstance(source, Path) else "The sound on stdin"
        if isinstance(source, Path):
            _opened(source).close()

    def loudness(self) -> float:
        """LUFS of the whole recording; -inf for silence. Raises what `speak` raises."""
        return self._overview[1]

    @cached_property
    def _overview(self) -> tuple[tuple[int, int], float]:
        """Where the sound starts and ends, in samples, and its loudness: the file is read to its end once for it."""
        with self._file() as file, self._sound(file) as (mono, rate):
            meter, edges = Meter(rate), Edges(rate, (self._trim or Trim()).threshold)
            for block in mono:
                meter.add(block)
                edges.add(block)
            return edges.found(), meter.integrated()

    def speak(self, line: Line) -> Iterator[Speech]:
        """The recording, with the times of the words and phones of ``line.text`` where they can be found in it.

        A line without text is sound whose words nobody knows. A text that is found nowhere in the sound is spread over
        all of it, with a note and without times; words that are not heard are named in a note at the end.

        Raises `DeckardError`, at the block that it comes to, where there is no sound, or none that can be read, or
        where it breaks off.
        """
        with self._file() as file:
            if not line.text:
                yield from (Speech(block, rate) for block, rate, _ in self._heard(file))
                return
            text = clean(line.text)
            aligned = self._aligned(file, text, line.lang)
            first = next(aligned)
            if first.words:
                yield first
                yield from aligned
                return
            # Read twice, not kept: whether a word comes at all is known at the end of an hour.
            duration = first.duration
            for speech in aligned:
                duration += speech.duration
                if speech.words:
                    aligned.close()
                    yield from self._aligned(file, text, line.lang)
                    return
            yield from self._spread(file, text, duration)

    def _aligned(self, file: BinaryIO, text: str, lang: str) -> Generator[Speech, None, None]:
        following: Aligner | None = None
        unheard: list[str] = []
        words, left = 0, text
        for block, rate, last in self._heard(file):
            following = following or aligner(text, lang, rate)
            speech = following.align(block, last=last)
            words += len(speech.words)
            unheard += _unheard(speech.words)
            left = _left(left, speech.text)
            if last:
                missed = list(_words(left))
                speech = replace(speech, notes=(*speech.notes, *_doubt([*unheard, *missed], words + len(missed))))
            yield speech

    def _spread(self, file: BinaryIO, text: str, duration: float) -> Iterator[Speech]:
        """The sound with a share of `text` for each block, as long in letters as the block is in time."""
        elapsed, start = 0.0, 0
        notes: tuple[str, ...] = (_UNFIT,)
        for block, rate, last in self._heard(file):
            elapsed += len(block) / rate
            end = len(text) if last else _word_end(text, start, round(len(text) * elapsed / duration))
            yield Speech(block, rate, text=text[start:end].strip(), notes=notes)
            start, notes = end, ()

    def _heard(self, file: BinaryIO) -> Iterator[tuple[Samples, int, bool]]:
        """The sound from its start, in blocks, each with its rate and whether it is the last."""
        # Before it is opened: two readers of one stream would move each other's place in it.
        first, last = self._overview[0] if self._trim else (0, 0)
        with self._sound(file) as (mono, rate):
            if self._trim and last:
                pad = round(self._trim.pad * rate)
                mono = _between(mono, max(first - pad, 0), last + pad)
            for block, ends in blocks(mono, rate):
                yield block, rate, ends

    @contextmanager
    def _sound(self, file: BinaryIO) -> Iterator[tuple[Iterator[Samples], int]]:
        """All samples from the start of the file, as they are decoded, and their rate."""
        with ExitStack() as stack:
            head = self._whole(file)
            with self._readable():
                container = stack.enter_context(opened(file))
            stream = self._stream(container)
            rate = stream.rate if stream.rate in CARRIED else 48000
            mono = self._mono(container, stream, head)
            yield (mono if rate == stream.rate else resampled(mono, stream.rate, rate)), rate

    @contextmanager
    def _file(self) -> Iterator[BinaryIO]:
        if isinstance(self._source, Path):
            with _opened(self._source) as file:
                yield file
            return
        if self._copy is None:  # some containers have to be read from their end, which a pipe cannot do
            self._copy = tempfile.TemporaryFile()  # noqa: SIM115 (it is read more than once)
            weakref.finalize(self, self._copy.close)
            shutil.copyfileobj(self._source, self._copy)
        yield self._copy

    def _whole(self, file: BinaryIO) -> bytes:
        """The first bytes of a file that has all the bytes it says it has."""
        file.seek(0)
        head = file.read(4096)
        size = file.seek(0, 2)
        file.seek(0)
        if not head:
            raise DeckardError(f"{self._name} is empty.", code="audio_empty", hint="record or download it again")
        declared = int.from_bytes(head[4:8], "little")
        if head[:4] == b"RIFF" and size < declared + 8 and declared < _OPEN_ENDED:
            raise self._truncated()
        return head

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, ValueError) as error:
            raise self._unreadable() from error

    def _unreadable(self) -> DeckardError:
        return DeckardError(
            f"{self._name} is not sound that can be read, or it is damaged.",
            code="audio_unreadable",
            hint="give a wav, flac, mp3, ogg or m4a file, and play it to the end to check it",
        )

    def _stream(self, container: InputContainer) -> AudioStream:
        if not container.streams.audio:
            raise DeckardError(f"{self._name} has no sound in it.", code="audio_no_sound", hint="give one that has")
        if container.streams.audio[0].codec_context is None:
            raise self._unreadable()
        return container.streams.audio[0]

    def _mono(self, container: InputContainer, stream: AudioStream, head: bytes) -> Iterator[Samples]:
        floats = av.AudioResampler(format="flt")  # in planes, PyAV would read beyond the eighth channel
        count = 0
        with self._readable():
            for frame in container.decode(stream):
                for part in floats.resample(frame):
                    mono = part.to_ndarray().reshape(part.samples, -1).mean(axis=1, dtype=np.float32)
                    self._refuse_nan(mono)
                    count += len(mono)
                    yield np.clip(mono, -1, 1)
        if not count:
            raise DeckardError(f"{self._name} holds no samples.", code="audio_no_sound", hint="record it again")
        exact = container.format.name in _EXACT or b"Xing" in head or b"Info" in head
        if exact and container.duration and container.duration / av.time_base - count / stream.rate > _MISSING:
            raise self._truncated()

    def _refuse_nan(self, samples: Samples) -> None:
        if not np.isfinite(samples).all():
            raise DeckardError(
                f"{self._name} holds samples that are not numbers.", code="audio_nan", hint="export it again"
            )

    def _truncated(self) -> DeckardError:
        return DeckardError(f"{self._name} breaks off before its end.", code="audio_truncated", hint="fetch it again")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise UsageError(f"There is no file '{path}'.", code="audio_missing", hint="check the path") from None
    except OSError as error:
        raise UsageError(
            f"The file '{path}' cannot be read: {error.strerror}.",
            code="audio_unreadable",
            hint="name a sound file that you may read",
        ) from error


def _unheard(words: Sequence[Word]) -> Iterator[str]:
    """Those of a block's words that are not heard in it. Where none is, it is the block that is unlike speech."""
    spoken = [each.confidence for each in words if not _squeezed(each)]
    if spoken and median(spoken) > _HEARD:
        yield from (each.text for each in words if _squeezed(each) or _doubtful(each))


def _doubtful(word: Word) -> bool:
    return word.confidence < _UNHEARD and len(word.text) >= _WORD


def _squeezed(word: Word) -> bool:
    return word.confidence < _HEARD and word.end - word.start < _SQUEEZED * len(word.text)


def _left(text: str, said: str) -> str:
    """What of `text` comes after `said`, which is its beginning but for spaces."""
    letters = len("".join(said.split()))
    place = next(islice((at for at, letter in enumerate(text) if not letter.isspace()), letters, None), len(text))
    return text[place:]


def _words(text: str) -> Iterator[str]:
    """Those of a text that nobody has spoken; its letters where it has no spaces."""
    for part in text.split():
        letters = list(filter(str.isalnum, part))
        if letters and writing(letters[0]) in _UNSPACED:
            yield from letters
        elif letters:
            yield part.strip(_MARKS)


def _doubt(unheard: Sequence[str], words: int) -> Iterator[str]:
    """What is told of words that are not heard in the recording, of so many that the text has."""
    if unheard:
        more = len(unheard) - _TOLD
        names = ", ".join(f"'{word}'" for word in unheard[:_TOLD]) + (f" and {more} more" if more > 0 else "")
        missing = f"{len(unheard)} {'is' if len(unheard) == 1 else 'are'} missing"
        yield f"The recording does not seem to say all of the text: of {words} words {missing}: {names}."


def _between(parts: Iterable[Samples], first: int, last: int) -> Iterator[Samples]:
    """The samples from one place to another."""
    at = 0
    for part in parts:
        yield part[max(first - at, 0) : max(last - at, 0)]
        at += len(part)


def _word_end(text: str, start: int, near: int) -> int:
    """Where to cut `text` from `start` on: after the last word that ends before `near`."""
    if writing(text[start]) in _UNSPACED:
        return max(start, near)
    return text.rfind(" ", start, near) + 1 or start
