"""Fonts that this machine has: asked of fontconfig where it is, else looked for where systems keep them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import ImageFont

from deckard_cli.script import writing

__all__ = ["Typeface", "folders", "typefaces"]

_SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".otc")
_UNLIKE: Final = (
    "mono",
    "italic",
    "oblique",
    "condensed",
    "thin",
    "light",
    "black",
    "emoji",
    "serif",
    "hand",
    "script",
)
"""Words in the name of a font that is not one for captions."""
_HAN: Final = {"cmn": "zh-cn", "zh": "zh-cn", "yue": "zh-hk", "hak": "zh-tw", "ja": "ja", "ko": "ko"}
"""Language -> fontconfig's name of it, for those that write one Han letter in different ways."""
_ASKED: Final = 24
"""Letters of a script that are asked for one by one; each takes about 20 ms."""
_LONGEST: Final = 10.0
"""Seconds that fontconfig may take: the first time it reads every font."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font in a file."""

    path: Path
    index: int = 0
    """Its place in a file that holds several."""

    def at(self, pixels: int) -> ImageFont.FreeTypeFont:
        """The font at a size, bold where it can be. Raises `OSError` for what FreeType does not read or scale."""
        font = ImageFont.truetype(str(self.path), pixels, self.index)
        with suppress(OSError, ValueError):  # not variable, or without a bold
            font.set_variation_by_name("Bold")
        return font


def typefaces(letters: Iterable[str], lang: str = "") -> list[Typeface]:
    """Fonts that may draw some of `letters`, the fittest for captions first; the caller looks whether they do.

    `lang` (BCP 47) tells whose form of a Han letter is meant, which is known where fontconfig is.
    """
    if not shutil.which("fc-list"):
        return sorted(_lying(), key=_fitness)
    found = sorted(_listed(letters), key=_fitness)
    if len(found) > 1 and (han := _HAN.get(lang.split("-")[0])):
        own = set(_asked(letters, f":lang={han}"))
        found.sort(key=lambda face: face not in own)
    return found


def _fitness(face: Typeface) -> tuple[int, bool, str, int]:
    name = face.path.name.lower()
    return sum(word in name for word in _UNLIKE), "bold" not in name, name, face.index


def _listed(letters: Iterable[str]) -> set[Typeface]:
    """What fontconfig has, asked once for each script: a font for Thai need not have Chinese. Where no font has all
    letters of a script, asked for some of them one by one.
    """
    scripts: dict[str | None, set[str]] = {}
    for letter in letters:
        scripts.setdefault(writing(letter), set()).add(letter)
    found: set[Typeface] = set()
    for script in scripts.values():
        whole = set(_asked(script))
        found |= whole or {face for letter in sorted(script)[:_ASKED] for face in _asked(letter)}
    return found


def _asked(letters: Iterable[str], pattern: str = "") -> Iterator[Typeface]:
    """The fonts that have all of `letters` and fit a `pattern` of fontconfig's; none where it fails."""
    pattern += ":charset=" + " ".join(f"{ord(letter):x}" for letter in letters)
    command = ["fc-list", "--format", "%{file}\t%{index}\n", pattern]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_LONGEST, check=False
        )
        for line in done.stdout.splitlines():
            path, _, index = line.partition("\t")
            if path.lower().endswith(_SUFFIXES):
                # the upper half tells an instance of a variable font, which Pillow does not take
                yield Typeface(Path(path), int(index or 0) & 0xFFFF)


def _lying() -> set[Typeface]:
    """Every font in the folders where this system keeps them."""
    files = (file for folder in folders() for file in folder.rglob("*"))
    return {Typeface(file) for file in files if file.suffix.lower() in _SUFFIXES}


def folders() -> list[Path]:
    """Where macOS, Windows and the others keep fonts, those that are there."""
    home = Path.home()
    if sys.platform == "darwin":
        known = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    elif sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
        known = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", local / "Microsoft/Windows/Fonts"]
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
        known = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data / "fonts", home / ".fonts"]
    return [folder for folder in known if folder.is_dir()]
