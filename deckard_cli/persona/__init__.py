"""Who speaks: a folder with a `persona.toml`, a picture, and how it sounds with each voice.

A persona is looked for by its folder's name in ./personas, then in the user's own data folder (`DECKARD_DATA_DIR` says
which; else the platform's), then among those that come with Deckard. A name with a slash in it is the folder itself.

What is rarely needed is imported where it is used: `check` finds mistakes, `make` makes new folders, `pack` and
`unpack` turn a folder into one file and back.
"""

from __future__ import annotations

from deckard_cli.persona.model import Persona, load
from deckard_cli.persona.places import data_folder, find, names, places

__all__ = ["Persona", "data_folder", "find", "load", "names", "places"]
