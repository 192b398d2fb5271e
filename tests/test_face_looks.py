"""How each persona looks in every mood and mouth shape, against pictures that somebody has looked at and accepted.

A change of look is a decision: `uv run pytest tests/test_face_looks.py --accept-looks` stores how they look now. Look
at the pictures in tests/looks/ before they are committed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from mouths import PERSONAS, photographed
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig.sheet import sheet
from deckard_cli.persona import load

LOOKS = Path(__file__).parent / "looks"
CELL = 96
"""Pixels of a cell in a stored sheet."""
ALIKE = 0.995
"""Structural similarity (Wang and others 2004) of the lightness, in the least similar cell."""
COLOUR = 0.5
"""Mean difference of colour (CIEDE2000) of the least similar cell: 1 is just noticed side by side."""
PEOPLE = ("joi", "officer_k", "officer_j", "photograph")


def drawn(folder: Path) -> Image.Image:
    """The sheet of the persona in `folder`, as small as it is stored."""
    persona = load(folder)
    whole = sheet(Portrait.load(folder), [persona.mood(name) for name in persona.mood_names])
    return whole.resize((whole.width * CELL // 256, whole.height * CELL // 256), Image.Resampling.LANCZOS)


def worst(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """The least similarity and the largest difference of colour of any cell."""
    assert one.size == other.size, "there are other moods or mouth shapes than there were"
    ours, theirs = (rgb2lab(np.asarray(picture.convert("RGB"))) for picture in (one, other))
    alike, colour = 1.0, 0.0
    for top in range(0, one.height - CELL + 1, CELL):
        for left in range(0, one.width - CELL + 1, CELL):
            here = (slice(top, top + CELL), slice(left, left + CELL))
            similar = structural_similarity(ours[here][..., 0], theirs[here][..., 0], data_range=100)
            alike = min(alike, float(similar))
            colour = max(colour, float(deltaE_ciede2000(ours[here], theirs[here]).mean()))
    return alike, colour


@pytest.fixture(scope="module", params=PEOPLE)
def person(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "photograph":
        return photographed(tmp_path_factory.mktemp("looks") / "photograph")
    return PERSONAS / str(request.param)


def test_a_persona_looks_as_it_was_accepted(person: Path, request: pytest.FixtureRequest) -> None:
    accepted, now = LOOKS / f"{person.name}.webp", drawn(person)
    if request.config.getoption("--accept-looks"):
        LOOKS.mkdir(exist_ok=True)
        now.save(accepted, lossless=True, method=6)
    with Image.open(accepted) as picture:
        alike, colour = worst(now, picture)
    assert alike > ALIKE, f"{person.name} has another shape: similarity {alike:.3f}; see the head of this file"
    assert colour < COLOUR, f"{person.name} has another colour: difference {colour:.2f}; see the head of this file"


@pytest.mark.parametrize(
    ("file", "was", "now"),
    [
        ("rig.toml", "drop = 47", "drop = 40"),
        ("rig.toml", "roll = -3.5", "roll = -3.2"),
        ("persona.toml", "mouthSmile = 0.85", "mouthSmile = 0.0"),
    ],
)
def test_a_change_of_look_is_noticed(tmp_path: Path, file: str, was: str, now: str) -> None:
    changed = tmp_path / "joi"
    shutil.copytree(PERSONAS / "joi", changed)
    text = (changed / file).read_text()
    assert was in text
    (changed / file).write_text(text.replace(was, now))
    with Image.open(LOOKS / "joi.webp") as picture:
        alike, _ = worst(drawn(changed), picture)
    assert alike < ALIKE
