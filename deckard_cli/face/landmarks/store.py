"""`landmarks.toml`: landmarks as a file that a person can read and mend."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deckard_cli.errors import DeckardError
from deckard_cli.face.landmarks import Brow, Curve, Eye, Landmarks, Mouth
from deckard_cli.tomlfile import read_toml

__all__ = ["load", "save"]

_HEAD = """\
# Where the parts of the face lie on the picture, in pixels: x to the right, y down. Left and right are the viewer's.
# Lips run from the left corner to the right one, lids and brows from the nose outwards.
"""


def load(path: Path) -> Landmarks:
    """The landmarks in the file at `path`. Raises `UsageError`, naming file, line and field of every mistake."""
    return read_toml(path, Landmarks, what="landmarks")


def save(landmarks: Landmarks, path: Path) -> None:
    """Write `landmarks` to `path`, positions to a tenth of a pixel, in place of what is there.

    Raises `DeckardError` where the file cannot be written; nothing half-written is left.
    """
    text = "\n".join(_lines(landmarks)) + "\n"
    try:
        handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=f".part{path.suffix}", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DeckardError(
            f"'{path}' could not be written: {error.strerror}.",
            code="not_written",
            hint="choose a folder that you may write to",
        ) from error


def _lines(face: Landmarks) -> Iterator[str]:
    yield _HEAD + f"size = [{face.size[0]}, {face.size[1]}]"
    yield f'source = "{face.source}"'
    yield f"roll = {_number(face.roll)}  # degrees, + clockwise"
    yield f"yaw = {_number(face.yaw)}  # degrees, + towards the right"
    yield f"chin = {_point(face.chin)}"
    yield f"nose = {_point(face.nose)}"
    yield "# Its outline, from the middle of the forehead, clockwise."
    yield _curve("oval", face.oval)
    yield from _mouth(face.mouth)
    yield from _eye("left_eye", face.left_eye)
    yield from _eye("right_eye", face.right_eye)
    yield from _brow("left_brow", face.left_brow)
    yield from _brow("right_brow", face.right_brow)


def _mouth(mouth: Mouth) -> Iterator[str]:
    yield "\n[mouth]\n# Upper and lower are where the lips meet: the same where the mouth is closed."
    for name in ("top", "upper", "lower", "bottom"):
        yield _curve(name, getattr(mouth, name))


def _eye(name: str, eye: Eye) -> Iterator[str]:
    yield f"\n[{name}]\niris = {_point(eye.iris)}\niris_radius = {_length(eye.iris_radius)}"
    yield _curve("upper", eye.upper)
    yield _curve("lower", eye.lower)


def _brow(name: str, brow: Brow) -> Iterator[str]:
    yield f"\n[{name}]\nthickness = {_length(brow.thickness)}"
    yield _curve("line", brow.line)


def _curve(name: str, points: Curve) -> str:
    """Six points a line, each line's end a comma: all that TOML has for lists of any length."""
    rows = [", ".join(_point(each) for each in points[start : start + 6]) for start in range(0, len(points), 6)]
    return f"{name} = [\n" + "".join(f"    {row},\n" for row in rows) + "]"


def _point(at: tuple[float, float]) -> str:
    return f"[{_number(at[0])}, {_number(at[1])}]"


def _number(value: float) -> str:
    return f"{value + 0.0:.1f}"


def _length(value: float) -> str:
    """A tenth would be a part of a small one, and nought is none."""
    return f"{max(value, 0.001):.3f}"
