"""The sound of a file: samples become packets, never further than the picture has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, cast

import av
import numpy as np
from av.audio import AudioStream
from av.audio.layout import AudioLayout
from av.container import OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

AAC_RATES: Final = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
"""Hz; the sampling frequencies of ISO/IEC 14496-3, table 1.18."""
OPUS_RATES: Final = (8000, 12000, 16000, 24000, 48000)
"""Hz; RFC 6716, section 2."""
RATES: Final = {"aac": AAC_RATES, "libopus": OPUS_RATES}
OPTIONS: Final = {"aac": {"aac_coder": "fast", "aac_pns": "0"}}
"""On speech at 96 kb/s FFmpeg's fast coder is nearer to the sound than its default (39 dB against 34), in a third of
the time; noise substitution would put other noise in the place of an s."""
BLOCK: Final = 1024
"""Samples handed over at a time; one AAC frame."""

SHORTEST: Final = 64
"""Samples of the least sound that libswresample's filter gives back at all; about 3 ms."""


def carried(codec: str, rate: int) -> int:
    """The rate, in Hz, at which `codec` carries sound of `rate`: its own, or the next that loses nothing."""
    rates = RATES.get(codec, (rate,))
    return next((each for each in rates if each >= rate), rates[-1])


class SoundTrack:
    """The sound stream of a container."""

    def __init__(self, container: OutputContainer, codec: str, *, rate: int, bit_rate: int) -> None:
        options = OPTIONS.get(codec, {})
        self._stream = cast(AudioStream, container.add_stream(codec, rate=carried(codec, rate), options=options))
        self._stream.codec_context.layout = AudioLayout("mono")
        if codec in RATES:
            self._stream.codec_context.bit_rate = bit_rate
        self._rate = rate
        self._waiting: deque[NDArray[np.float32]] = deque()
        self._held = 0
        self._sent = 0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Keep `samples`, shape (n,), until the picture has come so far. They are not copied."""
        if len(samples):
            self._waiting.append(samples)
            self._held += len(samples)

    def until(self, seconds: Fraction) -> Iterator[Packet[AudioStream]]:
        """The packets of the sound up to `seconds` from the start of the file."""
        while self._held >= BLOCK and self._sent + BLOCK <= seconds * self._rate:
            yield from self._encode(BLOCK)

    def rest(self) -> Iterator[Packet[AudioStream]]:
        """The packets of everything that is still kept, and the encoder's last ones."""
        if self._stream.rate != self._rate and 0 < self._sent + self._held < SHORTEST:
            self.add(np.zeros(SHORTEST, np.float32))  # less than this the resampler swallows, and the file has no sound
        while self._held:
            yield from self._encode(min(BLOCK, self._held))
        if self._sent:
            yield from self._stream.encode(None)

    def _encode(self, count: int) -> list[Packet[AudioStream]]:
        frame = av.AudioFrame.from_ndarray(self._take(count)[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._sent
        self._sent += count
        return self._stream.encode(frame)

    def _take(self, count: int) -> NDArray[np.float32]:
        block = np.empty(count, np.float32)
        filled = 0
        while filled < count:
            head = self._waiting.popleft()
            used = min(len(head), count - filled)
            block[filled : filled + used] = head[:used]
            filled += used
            if used < len(head):
                self._waiting.appendleft(head[used:])
        self._held -= count
        return np.clip(block, -1.0, 1.0, out=block)
