"""A stop that comes at a bad moment is put off for a moment, and never lost."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer that signals")

START = """
import os, signal, threading, time
from deckard_cli.cli.stopping import stops_as_exceptions
signal.signal(signal.SIGINT, signal.default_int_handler)
with stops_as_exceptions():
"""
"""A test runner in the background ignores Ctrl-C, and so would its children."""


def stopped(code: str, here: Path) -> subprocess.CompletedProcess[str]:
    program = START + textwrap.indent(textwrap.dedent(code), "    ")
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=30, check=False)


def test_a_stop_while_an_object_is_freed_is_heard_after_it(here: Path) -> None:
    done = stopped(
        """
        class Freed:
            def __del__(self):
                signal.raise_signal(signal.SIGTERM)
                print("freed", flush=True)
        freed = Freed()
        del freed
        time.sleep(10)
        """,
        here,
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "")


@pytest.mark.parametrize(("name", "code"), [("SIGINT", -2), ("SIGTERM", 143)])
def test_a_stop_in_an_import_is_heard_after_it(name: str, code: int, here: Path) -> None:
    (here / "slow.py").write_text(
        f"import signal\nsignal.raise_signal(signal.{name})\nsum(range(100_000))\nprint('whole', flush=True)\n"
    )
    done = stopped(
        """
        try:
            import slow
        except BaseException:  # as a library does that can do without another
            print("taken for missing", flush=True)
        time.sleep(10)
        """,
        here,
    )
    assert (done.returncode, done.stdout) == (code, "whole\n")


def test_who_is_waited_for_is_woken_all_the_same(here: Path) -> None:
    """Out of `Condition.notify` an exception would leave a waiter that nobody wakes."""
    done = stopped(
        """
        class Waiter:
            def release(self):
                signal.raise_signal(signal.SIGTERM)
                print("woken", flush=True)
        condition = threading.Condition()
        condition._waiters.append(Waiter())
        def notify():  # its frame, as it is when the signal comes while the lock is released
            with condition:
                condition.notify()
        Waiter.release.__code__ = Waiter.release.__code__.replace(co_name="notify")
        Waiter.release.__globals__["__name__"] = "threading"
        notify()
        print("notified", len(condition._waiters), flush=True)
        time.sleep(10)
        """,
        here,
    )
    assert (done.returncode, done.stdout) == (143, "woken\nnotified 0\n")


def test_a_thread_that_runs_is_joined_before_the_process_leaves(here: Path) -> None:
    done = stopped(
        """
        def work():
            time.sleep(0.5)
            print("worked", flush=True)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGTERM]).start()
        try:
            thread.join()
            time.sleep(10)
        finally:
            print("alive" if thread.is_alive() else "ended", flush=True)
        """,
        here,
    )
    assert done.returncode == 143
    assert done.stdout in ("worked\nended\n", "alive\n")  # of Python 3.13 on, a join can be left


def test_who_asks_twice_does_not_wait(here: Path) -> None:
    done = stopped(
        """
        thread = threading.Thread(target=time.sleep, args=[20], daemon=True)
        thread.start()
        for seconds in (0.3, 0.6):
            threading.Timer(seconds, os.kill, [os.getpid(), signal.SIGTERM]).start()
        thread.join()
        """,
        here,
    )
    assert done.returncode == 143


def test_what_else_is_thrown_away_is_told_and_stops_nothing(here: Path) -> None:
    done = stopped(
        """
        class Freed:
            def __del__(self):
                raise SystemExit("a library's own")
        freed = Freed()
        del freed
        time.sleep(0.1)
        print("went on", flush=True)
        """,
        here,
    )
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert "a library's own" in done.stderr
