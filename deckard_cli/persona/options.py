"""What a persona tells a voice, held against what the voice takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

__all__ = ["option_faults"]


def option_faults(signature: inspect.Signature, options: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each of `options` that a voice of this `signature` does not take, and why, found without making the voice."""
    for option, value in options.items():
        if option not in signature.parameters:
            yield option, "it has no such option"
            continue
        usual = signature.parameters[option].default
        fitting = (int, float) if isinstance(usual, float) else type(usual)
        if usual not in (None, inspect.Parameter.empty) and not isinstance(value, fitting):
            yield option, f"it has to be like {usual!r}, not {value!r}"
