"""The command `deckard`: the only place that knows a terminal."""
