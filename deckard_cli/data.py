"""Where this user's own personas, models and caches live."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["data_folder"]


def data_folder() -> Path:
    """The folder that ``DECKARD_DATA_DIR`` names, else the one that the system has for such things."""
    if chosen := os.environ.get("DECKARD_DATA_DIR"):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "deckard"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "deckard"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "deckard"
