"""The wheel, installed in an empty environment: what the checkout has, and a wheel forgot, is missed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UV = shutil.which("uv")

pytestmark = [pytest.mark.skipif(UV is None, reason="needs uv"), pytest.mark.timeout(300)]


def uv(*arguments: str | Path) -> None:
    done = subprocess.run([str(UV), *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--out-dir", folder, "--quiet")
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_personas_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "deckard_cli/_personas/joi/persona.toml" in names
    assert "deckard_cli/_personas/joi/layers/index.json" in names
    assert "deckard_cli/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests/")]


def test_the_wheel_renders_in_an_empty_environment_and_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    environment, empty = tmp_path / "environment", tmp_path / "empty"
    empty.mkdir()
    uv("venv", "--python", sys.executable, "--quiet", environment)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    uv("pip", "install", "--quiet", "--python", scripts / "python", wheel)
    command = [scripts / "deckard", "render", "--persona", "joi", "hello"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, capture_output=True, text=True, cwd=empty, env=bare, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "joi-hello.mp4\n", "")
    assert (empty / "joi-hello.mp4").stat().st_size > 10_000
