"""The eyes and brows of a photograph."""

from __future__ import annotations

import cv2
import numpy as np

from deckard_cli.face.rig.fill import Pixels, push_pull
from deckard_cli.face.rig.geometry import Eye, Points
from deckard_cli.face.rig.photo.layer import Cut, through
from deckard_cli.face.rig.photo.skin import Mask, Patch, heal

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def cut_eye(whole: Patch, bare: Patch, name: str, eye: Eye, brow: tuple[Points, float]) -> list[Cut]:
    """The layers of one eye and its brow (middle line and thickness in units of the page); in `bare` both are painted
    over.
    """
    outline = np.concatenate([np.array(eye.upper), np.array(eye.lower)[::-1]])
    tall = float(np.ptp(outline[:, 1]))
    line, thick = brow
    patch = whole.window(np.concatenate([outline, line]), 2 * tall + thick)
    lashes = patch.inside(outline - (0, 0.1 * tall), grow=0.28 * tall, soft=0.3 * tall)
    heal(bare, patch, np.maximum(lashes, patch.along(line, 2.0 * thick, soft=thick)), seed=2)
    skin = bare.window(np.concatenate([outline, line]), 2 * tall + thick)
    layers = _ball(patch, name, eye, outline, tall) + _lids(patch, skin, name, eye, outline, tall)
    hairs = _darker(patch, skin, 0.98, 0.1)
    return layers + through(f"brow-{name}", patch, hairs * patch.along(line, 1.9 * thick, soft=0.8 * thick))


def _ball(patch: Patch, name: str, eye: Eye, outline: Points, tall: float) -> list[Cut]:
    """White and iris, each carried on to where the other or a lid is."""
    opening = patch.inside(outline, grow=-0.05 * tall, soft=0.1 * tall)
    room = patch.inside(outline, grow=0.4 * tall)
    away = np.hypot(patch.columns - eye.iris[0], patch.rows - eye.iris[1]) / eye.iris_radius
    white, disc = np.clip((away - 1.3) / 0.15, 0, 1), np.clip((1.2 - away) / 0.2, 0, 1)
    return [
        *through(f"eye-{name}-white", patch, room, _white(patch.rgb, opening, opening * white)),
        *through(f"eye-{name}-iris", patch, disc * room, _spread(patch.rgb, opening)),
    ]


def _white(rgb: Pixels, opening: Mask, white: Mask) -> Pixels:
    """The white of the eye, also where the iris is in front of it. In a small eye there is little of it, and most of
    that is in shade: what is guessed is as light as the lightest third.
    """
    found = rgb[white > 0.5]
    if not len(found):
        found = rgb[opening > 0.5]
    light = found[np.argsort(found @ _LUMA)[-(len(found) // 3 + 1) :]].mean(0)
    weight = (white**2)[..., None]
    guess = 0.35 * push_pull(rgb * weight, weight) + 0.65 * light
    seen = cv2.GaussianBlur(np.where(opening > 0.02, white, 0).astype(np.float32), (0, 0), 1.2)[..., None]
    whole: Pixels = rgb * seen + guess * (1 - seen)
    return whole


def _spread(rgb: Pixels, known: Mask) -> Pixels:
    """`rgb` where it is `known`, and its colours carried on from there."""
    weight = (known**2)[..., None]
    whole: Pixels = rgb * known[..., None] + push_pull(rgb * weight, weight) * (1 - known[..., None])
    return whole


def _lids(patch: Patch, skin: Patch, name: str, eye: Eye, outline: Points, tall: float) -> list[Cut]:
    over, under = patch.below(np.array(eye.upper)), patch.below(np.array(eye.lower))
    beside = patch.inside(outline, grow=0.55 * tall, soft=0.5 * tall)
    strip = np.clip(0.5 + under / (0.06 * tall), 0, 1) * np.clip((0.42 * tall - under) / (0.3 * tall), 0, 1)
    lid = np.clip(0.5 - over / (0.06 * tall), 0, 1) * _from(patch, np.array(eye.crease), 0.3 * tall)
    closed = np.clip(0.5 - patch.below(np.array(eye.shut)) / (0.05 * tall), 0, 1)
    closed = closed * _from(patch, np.array(eye.crease_shut), 0.4 * tall)
    ends = patch.along(np.array(eye.upper), 0.34 * tall, soft=0.2 * tall)
    row = _darker(patch, skin, 0.88, 0.45) * np.exp(-((over / (0.12 * tall)) ** 4)) * ends
    return [
        *through(f"eye-{name}-lower", patch, beside * strip),
        *through(f"eye-{name}-lid", patch, beside * lid),
        *through(f"eye-{name}-lid-shut", patch, beside * closed, _shaded(skin, eye)),
        *through(f"eye-{name}-liner", patch, row),
    ]


def _from(patch: Patch, crease: Points, soft: float) -> Mask:
    """1 below `crease`, with an edge `soft` units wide."""
    mask: Mask = np.clip(0.5 + patch.below(crease) / soft, 0, 1)
    return mask


def _darker(patch: Patch, skin: Patch, share: float, whole: float) -> Mask:
    """How much darker the photograph is than `share` of the skin's light, 1 from `whole` of it on: lashes and hairs."""
    light, here = skin.rgb @ _LUMA, cv2.GaussianBlur(patch.rgb @ _LUMA, (0, 0), 0.8)
    dark: Mask = np.clip((share * light - here) / (whole * light + 0.02), 0, 1)
    return dark


def _shaded(skin: Patch, eye: Eye) -> Pixels:
    """Skin over the ball of an eye: lighter where it comes forward, darker towards crease and lashes."""
    down, up = skin.below(np.array(eye.crease_shut)), skin.below(np.array(eye.shut))
    at = np.clip(down / np.maximum(down - up, 1), 0, 1)
    light = 1 + 0.07 * np.exp(-(((at - 0.5) / 0.25) ** 2)) - 0.12 * (1 - at) ** 5 - 0.18 * at**6
    shaded: Pixels = np.clip(skin.rgb * light[..., None], 0, 1)
    return shaded
