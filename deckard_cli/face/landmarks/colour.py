"""Any kind of pixels that Pillow decodes, as sRGB with eight bits."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageCms

__all__ = ["rgb"]

_BEHIND: Final = (128, 128, 128)
"""Behind what is transparent: the half-transparent rim of a cut-out head gets neither a white nor a black seam."""

_DEEP: Final = {"I;16": 257.0, "I;16L": 257.0, "I;16B": 257.0, "I;16N": 257.0}
"""Modes of more than eight bits, and what they are divided by."""


def rgb(image: Image.Image, longest: int) -> tuple[Image.Image, list[str]]:
    """`image` in mode RGB, sRGB, at most `longest` pixels long, and what a person should know of it."""
    notes: list[str] = []
    profile = image.info.get("icc_profile")
    plain = _smaller(_eight_bits(image), longest)
    alpha = plain.getchannel("A") if plain.mode in ("RGBA", "LA") else None
    colours = plain.convert(plain.mode.removesuffix("A")) if alpha else plain
    converted = _managed(colours, profile, notes)
    if alpha and alpha.getextrema() != (255, 255):
        notes.append(
            "What is transparent in it is shown over a middle grey, so that no bright rim is left around hair."
        )
        converted = Image.composite(converted, Image.new("RGB", converted.size, _BEHIND), alpha)
    return converted, notes


def _eight_bits(image: Image.Image) -> Image.Image:
    """In a mode that can be made smaller: without a palette, eight bits a channel."""
    if image.mode in ("I", "F", *_DEEP):
        return _from_deep(image)
    if image.mode in ("P", "PA"):
        return image.convert("RGBA")
    if image.mode in ("RGBa", "La"):
        return image.convert(image.mode.upper())
    if "transparency" in image.info:  # one colour of an image without alpha channel stands for nothing
        return image.convert("RGBA")
    return image.convert("L") if image.mode == "1" else image


def _from_deep(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits, or floats: by their own range where the mode does not tell it."""
    values = np.asarray(image, np.float64)
    values = np.where(np.isfinite(values), values, 0)
    top = float(values.max(initial=0))
    guess = top / 255 if top > 65535 else 257.0 if top > 255 else 1.0 if top > 1 else 1 / 255
    by = _DEEP.get(image.mode, guess)
    return Image.fromarray(np.clip(np.round(values / by), 0, 255).astype(np.uint8))


def _smaller(image: Image.Image, longest: int) -> Image.Image:
    if max(image.size) <= longest:
        return image
    scale = longest / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def _managed(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Through its ICC profile where it has a sound one."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            managed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            notes.append("Its colour profile cannot be read: its colours are taken as they are.")
        else:
            return managed or image.convert("RGB")
    elif image.mode == "CMYK":
        notes.append("It is CMYK without a colour profile: its colours are a guess.")
    if image.mode == "LAB":
        converted = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        return converted or image.convert("RGB")
    return image.convert("RGB")
