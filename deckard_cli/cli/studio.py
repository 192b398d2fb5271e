"""The studio that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckard_cli.cache import Cache
    from deckard_cli.settings import Settings
    from deckard_cli.studio import Studio

__all__ = ["cache", "studio"]


def studio(settings: Settings) -> Studio:
    """A studio with a cache, or without one where none is wanted. Raises `UsageError` for a size that is none."""
    from deckard_cli.studio import Studio

    return Studio(cache(settings) if settings.cache else None)


def cache(settings: Settings) -> Cache:
    """The cache, whether it is wanted or not."""
    from deckard_cli.cache import Cache, size_in_bytes

    return Cache(limit=size_in_bytes(settings.cache_size))
