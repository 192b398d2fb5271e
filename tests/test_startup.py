"""What a command loads before it does anything: people wait for it every time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ["torch", "numpy", "av", "cv2", "PIL", "httpx", "openai", "moviepy", "onnxruntime"]
HEAVY += ["rich", "pydantic", "asyncio"]

HELP = [["--help"], ["--version"]]
HELP += [[*c.split(), "-h"] for c in ("render", "batch", "reel", "persona", "preflight", "bench", "worker", "runpod")]
HELP += [["persona", name, "--help"] for name in ("list", "show", "path", "create", "edit", "validate", "preview")]
HELP += [["persona", name, "--help"] for name in ("sheet", "idle", "build", "export", "import", "remove")]
HELP += [["voice", "--help"], *(["voice", name, "--help"] for name in ("list", "show", "preview"))]
HELP += [["models", "--help"], *(["models", name, "--help"] for name in ("list", "pull", "verify", "remove"))]
HELP += [["inspect", "--help"], *(["provenance", *name.split(), "--help"] for name in ("", "init", "show"))]

UNIMPORTABLE = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # from here on an import of it fails
from deckard_cli.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_works_where_no_heavy_library_can_be_imported(arguments: list[str]) -> None:
    command = [sys.executable, "-c", UNIMPORTABLE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"DECKARD_DEBUG": "1"}, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "deckard" in done.stdout


def test_importing_the_package_imports_nothing_else() -> None:
    program = f"import sys, deckard_cli; print([name for name in {HEAVY!r} + ['typer'] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_clip_with_sound_alone_needs_neither_opencv_nor_pillow(tmp_path: object) -> None:
    program = UNIMPORTABLE.replace(repr(HEAVY), repr(["cv2", "PIL", "rich", "torch", "httpx"]))
    arguments = ["render", "hello", "-o", f"{tmp_path}/hello.wav"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_espeak_speaks_where_no_library_of_another_voice_can_be_imported(tmp_path: object) -> None:
    others = ["openai", "httpx", "httpx2", "pocketsphinx", "soundfile", "onnxruntime", "kokoro_onnx", "piper"]
    program = UNIMPORTABLE.replace(repr(HEAVY), repr(others))
    arguments = ["render", "hello", "-o", f"{tmp_path}/hello.wav"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("voice", "library", "extra"),
    [("openai", "openai", "openai"), ("openai-compatible", "openai", "openai"), ("elevenlabs", "httpx", "")],
)
def test_a_voice_whose_library_is_not_there_says_how_to_install_it(
    voice: str, library: str, extra: str, tmp_path: object
) -> None:
    program = UNIMPORTABLE.replace(repr(HEAVY), repr([library]))
    keys = {"OPENAI_API_KEY": "key", "ELEVENLABS_API_KEY": "key", "OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1:9/v1"}
    arguments = ["render", "hello", "--voice", voice, "-o", f"{tmp_path}/hello.wav"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **keys},
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "uv pip install " in done.stderr
    assert (f"'deckard-cli[{extra}]'" if extra else "--reinstall deckard-cli") in done.stderr
