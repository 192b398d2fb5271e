"""Mouths that can be measured on a decoded clip: their inside is dyed, teeth green and the rest blue, colours that
neither skin, lips, beards nor neon have there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from deckard_cli.clip.encode import Encoder
from deckard_cli.face.landmarks.store import load as landmarks
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.face.rig.field import View
from deckard_cli.face.rig.photo import keep
from deckard_cli.face.rig.sense import load
from deckard_cli.motion.animate import Animator
from deckard_cli.speech import Phone, Speech

PERSONAS = Path(__file__).parent.parent / "personas"
ASTRONAUT = Path(__file__).parent / "data" / "astronaut.toml"
"""Landmarks of `skimage.data.astronaut()`, as MediaPipe finds them."""
_GREEN, _BLUE = (0, 255, 0), (0, 0, 255)
_DYES = {"teeth-upper": _GREEN, "teeth-lower": _GREEN, "tongue": _BLUE, "mouth-inside": _BLUE}


def photographed(folder: Path) -> Path:
    """A persona made of a public-domain photograph, of a smile that shows teeth."""
    from skimage.data import astronaut

    folder.mkdir(parents=True)
    keep(folder, astronaut(), landmarks(ASTRONAUT))
    (folder / "persona.toml").write_text('name = "Ada"\n')
    return folder


def dyed(persona: Path, folder: Path) -> Path:
    """A copy of `persona` whose mouth is green and blue inside."""
    shutil.copytree(persona, folder)
    for file in folder.glob("layers/*x/*.webp"):
        if dye := _DYES.get(file.stem):
            with Image.open(file) as image:
                pixels = np.array(image.convert("RGBA"))
            pixels[..., :3] = dye
            Image.fromarray(pixels).save(file, lossless=True, exact=True)
    rig = folder / "rig.toml"
    # What the lips cast on the teeth would hide the dye.
    text = re.sub(r'^shade = "#\w+"', "", rig.read_text(), flags=re.MULTILINE)
    rig.write_text(re.sub(r"^(\[mouth\].*)$", r'\1\nshade = "#00ff00"', text, flags=re.MULTILINE))
    return folder


@dataclass(frozen=True)
class Opening:
    """What is seen of the inside of one mouth, in hundredths of the room around its lips."""

    teeth: float
    dark: float

    @property
    def seen(self) -> float:
        return self.teeth + self.dark


def film(persona: Path, path: Path, speeches: list[Speech], fps: int, size: int, *, life: float) -> Path:
    """A clip of what a face does during `speeches`."""
    animator = Animator(fps, seed="test", life=life)
    rig = Rig(Portrait.load(persona), size=(size, size))
    with Encoder(path, fps=Fraction(fps), size=(size, size), rate=speeches[0].rate) as encoder:
        for speech in speeches:
            encoder.sound(speech.samples)
            motions = [animator.extend(speech), *([animator.finish()] if speech is speeches[-1] else [])]
            for motion in motions:
                for frame in rig.draw(speech, motion):
                    encoder.picture(frame)
    return path


def surroundings(persona: Path, path: Path) -> Iterator[np.ndarray]:
    """The mouth's surroundings in every frame of a clip: Y, U and V, float, shape (3, height, width)."""
    geometry = load(persona / "rig.toml")
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            width, height = frame.width, frame.height
            pixels = frame.to_ndarray(format="yuv420p")
            planes = [pixels[:height], *pixels[height:].reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2)]
            view, head, mouth = View.of(geometry, width, height), geometry.head, geometry.mouth
            wide, unit = 1.35 * mouth.half_width, head.scale
            x0, x1 = (round((head.origin[0] + unit * x - view.left) * view.scale) for x in (-wide, wide))
            y0, y1 = (
                round((head.origin[1] + unit * (mouth.line + y) - view.top) * view.scale)
                for y in (-0.55 * mouth.half_width, 1.35 * mouth.half_width)
            )
            yield np.stack([plane[y0:y1, x0:x1].astype(np.float32) for plane in planes])


def opening(mouth: np.ndarray) -> Opening:
    _, u, v = mouth
    green, blue = (u < 104) & (v < 108), (u > 168) & (v < 124)
    return Opening(100 * float(green.mean()), 100 * float(blue.mean()))


def timeline(speeches: list[Speech]) -> tuple[list[Phone], float]:
    """All phones on the clip's clock, and its length in seconds."""
    phones, start = [], 0.0
    for speech in speeches:
        for phone in speech.phones:
            burst = None if phone.burst is None else phone.burst + start
            phones.append(Phone(phone.ipa, phone.start + start, phone.end + start, phone.stress, burst))
        start += speech.duration
    return phones, start
