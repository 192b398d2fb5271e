"""A persona made of a photograph is looked over and shared like a drawn one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from deckard_cli.cli import run
from deckard_cli.persona.folder import files


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A persona of a painted face, pointed at by hand; made once, to be copied."""
    folder = tmp_path_factory.mktemp("painted")
    image = Image.new("RGB", (320, 360), "#5a7a8c")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 40, 260, 330), fill="#e8b890")
    for x in (120, 200):
        pen.ellipse((x - 20, 140, x + 20, 164), fill="white")
        pen.ellipse((x - 10, 142, x + 10, 162), fill="#402818")
        pen.line((x - 24, 124, x + 24, 122), fill="#402818", width=6)
    pen.ellipse((120, 240, 200, 266), fill="#b04848")
    image.save(folder / "face.png")
    eyes = "100,140,40,24,180,140,40,24"
    made = ["persona", "create", "ada", "--image", str(folder / "face.png"), "--to", str(folder / "personas")]
    assert run([*made, "--mouth", "120,240,80,26", "--eyes", eyes]) == 0
    return folder / "personas" / "ada"


@pytest.fixture
def ada(painted: Path, here: Path) -> Path:
    return Path(shutil.copytree(painted, here / "personas" / "ada"))


def test_it_has_no_mistakes_and_travels_whole(ada: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "validate", "ada"]) == 0, capsys.readouterr().out
    assert run(["persona", "export", "ada"]) == 0
    assert run(["persona", "import", "ada.deckard", "--name", "eve"]) == 0
    eve = here / "personas" / "eve"
    assert files(eve) == files(ada)
    assert {"photo.png", "landmarks.toml"} <= set(files(eve))
    assert run(["persona", "validate", "eve"]) == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "landmarks.toml",
            "size = [320, 360]",
            "size = [320, 361]",
            r"landmarks\.toml:\d+: size: photo\.png has 320x360",
        ),
        ("landmarks.toml", "source", "sauce", r"landmarks\.toml:\d+: sauce: "),
        (
            "landmarks.toml",
            "size",
            "# by hand\nsize",
            r"index\.json:1: landmarks_sha256: landmarks\.toml has been changed",
        ),
    ],
)
def test_what_is_wrong_in_its_landmarks_is_told(
    file: str, old: str, new: str, says: str, ada: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ada / file).read_text(encoding="utf-8")
    assert old in text
    (ada / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    capsys.readouterr()
    assert run(["persona", "validate", "ada"]) == 2
    assert re.search(says, capsys.readouterr().out)


def test_another_photograph_in_its_place_is_told(ada: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (320, 360)).save(ada / "photo.png")
    capsys.readouterr()
    assert run(["persona", "validate", "ada"]) == 2
    assert "photo_sha256: photo.png has been changed since" in capsys.readouterr().out
    (ada / "photo.png").unlink()
    assert run(["persona", "validate", "ada"]) == 2
    assert "photo.png:1: there is no such file" in capsys.readouterr().out
