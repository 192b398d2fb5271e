"""`deckard models` as a person and as a program use it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from mirror import Mirror, serving
from running import Deckard

NAME = "piper-xx_XX-test-low"
FILES = {f"/{NAME}/xx_XX-test-low.onnx": b"weights" * 999, f"/{NAME}/xx_XX-test-low.onnx.json": b"{}"}


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serving(Mirror(dict(FILES))) as server:
        yield server


@pytest.fixture
def here_with(deckard: Deckard, mirror: Mirror) -> Deckard:
    """The command, with a data folder of its own and the mirror to fetch from."""
    return replace(deckard, environment={"DECKARD_DATA_DIR": "data", "DECKARD_MODELS_URL": mirror.url})


def test_the_list_names_what_each_is_for_its_size_and_its_licence(here_with: Deckard) -> None:
    done = here_with("models", "list")
    kokoro = next(line for line in done.stdout.splitlines() if line.startswith("kokoro "))
    assert "192 MB" in kokoro and "Apache-2.0" in kokoro and "the voice 'kokoro'" in kokoro
    assert done.stderr == ""


def test_every_known_file_has_an_address_a_size_and_a_checksum(here_with: Deckard) -> None:
    models = json.loads(replace(here_with, environment={})("models", "list", "--json").stdout)["models"]
    files = [file for model in models for file in model["files"]]
    assert all(file["url"].startswith("https://") for file in files)
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) and file["size"] > 100 for file in files)
    assert len({model["name"] for model in models}) == len(models)
    assert all(model["licence"] and not model["here"] for model in models)


def test_a_model_is_fetched_checked_listed_and_removed(here_with: Deckard, mirror: Mirror) -> None:
    folder = here_with.folder / "data" / "models" / NAME
    done = here_with("models", "pull", NAME, "--yes")
    assert (done.returncode, done.stdout) == (0, f"data/models/{NAME}\n")
    assert "from 127.0.0.1" in done.stderr and "MODEL_CARD" in done.stderr
    assert done.stderr.count("Nobody has told the checksum") == 2
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", *sorted(map(os.path.basename, FILES))]

    assert here_with("models", "pull", NAME).stderr == ""
    assert len(mirror.asked) == 2

    assert "here" in next(line for line in here_with("models", "list").stdout.splitlines() if line.startswith(NAME))
    assert here_with("models", "verify").stdout.count("whole") == 2

    (folder / "xx_XX-test-low.onnx").write_bytes(b"damaged")
    broken = here_with("models", "verify", "--json")
    assert broken.returncode == 1 and json.loads(broken.stderr)["error"]["code"] == "model_broken"
    assert json.loads(broken.stdout)["models"][0]["files"]["xx_XX-test-low.onnx"] == "broken"

    assert here_with("models", "remove", NAME).returncode == 2
    assert here_with("models", "remove", NAME, "--yes").returncode == 0
    assert not folder.exists()
    assert here_with("models", "remove", NAME, "--yes").returncode == 2


def test_nothing_is_fetched_before_somebody_agrees(here_with: Deckard, mirror: Mirror) -> None:
    done = here_with("models", "pull", NAME)
    assert done.returncode == 2 and "say so with --yes" in done.stderr
    assert mirror.asked == []


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\n", 0)], ids=["no", "enter"])
def test_a_person_is_asked_and_sees_a_bar(here_with: Deckard, mirror: Mirror, answer: bytes, code: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        here_with.command("models", "pull", NAME),
        cwd=here_with.folder,
        env=here_with.variables() | {"TERM": "xterm"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answer)
    said = b""
    try:
        while more := os.read(ours, 4096):
            said += more
    except OSError:  # the other end has gone
        pass
    os.close(ours)
    assert process.stdout
    with process.stdout as result:
        path = result.read()
    assert process.wait() == code
    assert b"Fetch this? [Y/n]" in said
    assert (b"test-low.onnx" in said) == (code == 0) == bool(mirror.asked) == bool(path)


def test_a_name_that_nobody_has_gets_the_nearest(here_with: Deckard) -> None:
    done = here_with("models", "pull", "kokorro", "--yes")
    assert done.returncode == 2 and "did you mean 'kokoro'?" in done.stderr


def test_a_file_that_is_not_the_known_one_is_refused(here_with: Deckard, mirror: Mirror) -> None:
    mirror.files["/face-landmarker/face_landmarker.task"] = bytes(3_758_596)
    done = here_with("models", "pull", "face-landmarker", "--yes", "--json")
    assert done.returncode == 4 and json.loads(done.stderr.splitlines()[-1])["error"]["code"] == "model_swapped"
    assert done.stdout == ""
    assert not (here_with.folder / "data" / "models" / "face-landmarker").exists()
