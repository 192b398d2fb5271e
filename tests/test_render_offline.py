"""Everything here works without a network: the command runs in a process whose sockets cannot be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from running import Deckard

NO_SOCKETS = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise OSError(f"no network in this test: {event} {arguments}")

sys.addaudithook(refuse)
from deckard_cli.cli import run
sys.exit(run(sys.argv[1:]))
"""


def offline(deckard: Deckard, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NO_SOCKETS, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=deckard.folder, env=deckard.variables(), check=False
    )


def test_a_clip_is_made_without_a_network(deckard: Deckard, here: Path) -> None:
    done = offline(deckard, "render", "--persona", "joi", "hello", "--captions", "burned", "--size", "256")
    assert (done.returncode, done.stdout, done.stderr) == (0, "joi-hello.mp4\n", "")
    done = offline(deckard, "render", "hello", "--audio", "joi-hello.mp4", "-o", "again.webm", "--size", "256")
    assert (done.returncode, done.stdout) == (0, "again.webm\n")


def test_preflight_needs_no_network(deckard: Deckard) -> None:
    assert offline(deckard, "preflight").returncode == 0


def test_the_test_would_notice_a_socket(deckard: Deckard) -> None:
    program = NO_SOCKETS.replace("from deckard_cli.cli import run", "import socket; socket.socket()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "no network in this test" in done.stderr
