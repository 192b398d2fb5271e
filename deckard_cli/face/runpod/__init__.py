"""RunPod's serverless endpoints: a worker of ours, or another that takes a picture and sound, on rented machines."""

from __future__ import annotations

from deckard_cli.face.runpod.face import Runpod

__all__ = ["Runpod"]
