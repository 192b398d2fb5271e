"""The same command makes the same bytes, whoever runs it, wherever."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from running import Deckard


def digest(folder: Path, name: str, *arguments: str, seed: str) -> str:
    folder.mkdir()
    done = Deckard(folder, {"PYTHONHASHSEED": seed})("render", *arguments, "-o", name)
    assert done.returncode == 0, done.stderr
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.gif", "clip.wav"])
def test_two_processes_in_two_folders_write_the_same_bytes(name: str, tmp_path: Path) -> None:
    arguments = ("Same again, please. And again.", "--size", "256")
    first = digest(tmp_path / "one", name, *arguments, seed="1")
    os.utime(tmp_path, (0, 0))
    assert digest(tmp_path / "two", name, *arguments, seed="2") == first


def test_another_text_moves_another_way(tmp_path: Path) -> None:
    made = [digest(tmp_path / text, "clip.mp4", text, "--size", "64", seed="1") for text in ("ba", "bo")]
    assert made[0] != made[1]
