"""The loop of RunPod's library, around a `Worker`. Imported where jobs come from RunPod alone: it takes seconds."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import runpod

from deckard_cli.serve.terms import Terms
from deckard_cli.serve.worker import Worker

__all__ = ["run"]


def run(terms: Terms) -> None:
    """Answer jobs until RunPod ends it."""
    os.dup2(2, 1)  # what the library prints is no result
    sys.argv[1:] = []  # it reads the command line as its own
    with tempfile.TemporaryDirectory(prefix="deckard-worker-", ignore_cleanup_errors=True) as place:
        worker = Worker(terms, Path(place))

        async def answer(job: dict[str, Any]) -> dict[str, object]:
            def told(progress: Mapping[str, object]) -> None:
                runpod.serverless.progress_update(job, progress)

            return await worker.answer(job, told)

        runpod.serverless.start({"handler": answer})
