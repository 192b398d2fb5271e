"""Ctrl-C, SIGTERM and a closed terminal become exceptions: what is open is closed, and nothing is left behind."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

__all__ = ["stops_as_exceptions"]

_AGAIN: Final = 0.01
"""Seconds after which a stop is tried again that came at a bad moment."""
_CRITICAL: Final = frozenset({"notify", "_wait_for_tstate_lock"})
"""Functions of `threading` that an exception must not leave. After one out of `notify`, who waits is never woken: the
encoder was waited for without end. After one out of `join` (before Python 3.13), a thread that still runs counts as
ended: the process crashed."""
_CAN_WAIT: Final = hasattr(signal, "setitimer")
"""Not on Windows."""
_put_off: Final[list[int]] = []
"""The signal that a stop at a better moment stands for."""


@contextmanager
def stops_as_exceptions() -> Iterator[None]:
    """In here a signal that asks to stop is a `KeyboardInterrupt`, or a `SystemExit` of 128 and its number."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows: no SIGHUP
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in the background
        numbers.append(signal.SIGINT)
    for number in numbers:
        signal.signal(number, _asked)
    sys.unraisablehook = _thrown_away
    try:
        yield
    finally:
        _ring_no_more()


def _asked(number: int, frame: FrameType | None) -> None:
    # Who asks a second time does not want to wait.
    if _CAN_WAIT and not _put_off and _is_bad_moment(frame):
        _put_off.append(number)
        _ring()
    else:
        _stop(number)


def _rung(_: int, frame: FrameType | None) -> None:
    if _is_bad_moment(frame):
        _ring()
    else:
        _stop(_put_off[0])


def _stop(number: int) -> None:
    _ring_no_more()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _is_bad_moment(frame: FrameType | None) -> bool:
    """Whether an exception would be lost, or break something, where the program is."""
    if frame and frame.f_code.co_name in _CRITICAL and frame.f_globals.get("__name__") == "threading":
        return True
    while frame:
        # Libraries that import others take any exception there for "it is not installed".
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _ring() -> None:
    signal.signal(signal.SIGALRM, _rung)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _ring_no_more() -> None:
    _put_off.clear()
    if _CAN_WAIT:  # a timer that rings while Python goes down kills the process
        signal.setitimer(signal.ITIMER_REAL, 0)


def _thrown_away(told: Any) -> None:
    """Python throws away what is raised while it frees an object or where C calls it: a render went on to its end."""
    error = told.exc_value
    if _CAN_WAIT and isinstance(error, KeyboardInterrupt):
        _put_off.append(signal.SIGINT)
        _ring()
    elif _CAN_WAIT and isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
        _put_off.append(error.code - 128)
        _ring()
    else:
        sys.__unraisablehook__(told)
