"""The route many times: rows become clips, each of them made once.

    rows ──planning──▶ Clips ──engine──▶ outcomes ──manifest──▶ clips under their names

`read_rows` reads what somebody wrote, `plan_clips` looks every name up and finds all mistakes, `batch` has an engine
make what is not there yet and yields events, of which the last is `Finished`.
"""

from __future__ import annotations

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.events import BatchEvent
from deckard_cli.batch.planning import plan_clips
from deckard_cli.batch.pool import Pool
from deckard_cli.batch.rows import read_rows
from deckard_cli.batch.run import Orders, batch

__all__ = ["BatchEvent", "Clip", "Orders", "Pool", "batch", "plan_clips", "read_rows"]
