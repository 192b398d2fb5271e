"""What the server counts, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Meters"]

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Meters:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter("deckard_requests", "Requests answered.", ["route", "status"], registry=registry)
        self.clips = Counter("deckard_clips", "Films made.", registry=registry)
        self.sound = Counter("deckard_sound_seconds", "Seconds of sound filmed.", registry=registry)
        self.queued = Histogram(
            "deckard_queue_seconds", "Seconds until a worker began.", registry=registry, buckets=_SECONDS
        )
        self.drawn = Histogram(
            "deckard_render_seconds", "Seconds that a worker took.", registry=registry, buckets=_SECONDS
        )

    def watch(self, waiting: Callable[[], int], workers: Callable[[], int]) -> None:
        """Ask these, whenever somebody wants to know, for the requests that wait and the workers that live."""
        for name, about, count in (
            ("deckard_queue_length", "Requests that no worker has begun.", waiting),
            ("deckard_workers", "Workers that live.", workers),
        ):
            Gauge(name, about, registry=self._registry).set_function(count)

    def page(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self._registry)
