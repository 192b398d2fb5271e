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


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the wheel, what it needs, and nothing else."""
    environment = tmp_path_factory.mktemp("environment")
    uv("venv", "--python", sys.executable, "--quiet", "--allow-existing", environment)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    uv("pip", "install", "--quiet", "--python", scripts / "python", wheel)
    return scripts


def rendered(scripts: Path, folder: Path, *arguments: str) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [scripts / "deckard", "render", "--persona", "joi", "hello", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=bare, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "joi-hello.mp4\n", "")
    assert (folder / "joi-hello.mp4").stat().st_size > 10_000


def test_the_wheel_renders_in_an_empty_environment_and_an_empty_folder(scripts: Path, tmp_path: Path) -> None:
    rendered(scripts, tmp_path)


def test_the_voice_of_the_examples_installs_and_speaks(scripts: Path, tmp_path: Path) -> None:
    uv("pip", "install", "--quiet", "--python", scripts / "python", ROOT / "examples" / "robot-voice")
    rendered(scripts, tmp_path, "--voice", "robot")
