"""What is to be made: a `Job` as it was asked for, and the `Plan` in which each of its names is looked up."""

from __future__ import annotations

from deckard_cli.job.asked import CAPTION_FILES, TRANSPARENT, Job, refuse_overwriting
from deckard_cli.job.plan import Plan
from deckard_cli.job.settle import IDLE, settle

__all__ = ["CAPTION_FILES", "IDLE", "TRANSPARENT", "Job", "Plan", "refuse_overwriting", "settle"]
