"""`landmarks.toml`: what is written is read again, and what people get wrong in it is said."""

from __future__ import annotations

from pathlib import Path

import photographs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face.landmarks import Brow, Eye, Landmarks, Mouth
from deckard_cli.face.landmarks.find import find
from deckard_cli.face.landmarks.store import load, save

coordinates = st.floats(-16384, 32768, allow_nan=False)
points = st.tuples(coordinates, coordinates)
lengths = st.floats(1e-3, 32768)
degrees = st.floats(-90, 90)


def curves(least: int = 3) -> SearchStrategy[list[tuple[float, float]]]:
    return st.lists(points, min_size=least, max_size=least + 9)


mouths = st.builds(Mouth, top=curves(), upper=curves(), lower=curves(), bottom=curves())
eyes = st.builds(Eye, upper=curves(), lower=curves(), iris=points, iris_radius=lengths)
brows = st.builds(Brow, line=curves(), thickness=lengths)
faces = st.builds(
    Landmarks,
    **{"size": st.tuples(st.integers(1, 9999), st.integers(1, 9999)), "source": st.sampled_from(["mesh", "hand"])},
    **{"oval": curves(8), "chin": points, "nose": points, "mouth": mouths, "roll": degrees, "yaw": degrees},
    **{"left_eye": eyes, "right_eye": eyes, "left_brow": brows, "right_brow": brows},
)


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in numbers(each)]
    if isinstance(value, list | tuple):
        return [number for each in value for number in numbers(each)]
    return [value] if isinstance(value, int | float) else []


@given(face=faces)
def test_what_is_written_is_read_again(face: Landmarks, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("face") / "landmarks.toml"
    save(face, path)
    again = load(path)
    assert again.source == face.source
    assert numbers(again.model_dump()) == pytest.approx(numbers(face.model_dump()), abs=0.0501)
    save(again, path)
    assert load(path) == again, "mending one number would move others"


def written(path: Path) -> str:
    save(find(photographs.astronaut(), finder="cascade"), path)
    return path.read_text(encoding="utf-8")


def test_a_person_can_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    text = written(tmp_path / "landmarks.toml")
    assert [file.name for file in tmp_path.iterdir()] == ["landmarks.toml"]
    assert text.startswith("# Where the parts of the face lie") and "\n[left_eye]\niris = [203." in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_mistake_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "landmarks.toml"
    lines = written(path).splitlines()
    line = next(number for number, line in enumerate(lines, 1) if line.startswith("iris_radius"))
    lines[line - 1] = "iris_radius = -2"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError, match=rf"landmarks\.toml:{line}: left_eye\.iris_radius") as caught:
        load(path)
    assert caught.value.code == "bad_landmarks"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    face = find(photographs.astronaut(), finder="cascade")
    with pytest.raises(DeckardError, match="could not be written") as caught:
        save(face, tmp_path / "none" / "landmarks.toml")
    assert caught.value.code == "not_written"
