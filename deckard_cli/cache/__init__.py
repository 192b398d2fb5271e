"""What was made once, under a key that is made of all that decides it: clips, and the speech of voices that cost
something.

Many processes use one folder at a time, without a lock: an entry is written beside the others and takes its place when
it is whole, and what is read is compared with its SHA-256. What does not fit is thrown away and made again.
"""

from __future__ import annotations

from deckard_cli.cache.digest import digest, of_file, sources
from deckard_cli.cache.store import Cache, Entry, Kind, cache_folder, size_in_bytes

__all__ = ["Cache", "Entry", "Kind", "cache_folder", "digest", "of_file", "size_in_bytes", "sources"]
