"""Services that run jobs, as far as the examples need them: a fresh machine for each job, caches, artifacts.

Caches are found as the references of GitHub's actions/cache (the exact key, else the newest that begins as one of
`restore-keys` does) and of GitLab's CI/CD YAML (the exact key, else an exact fallback) say.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SUMMARY = re.compile(r"(\d+) made(?: \((\d+) of them copied)?")


@dataclass
class Ran:
    """What a job did."""

    folder: Path
    """Where it worked."""
    codes: list[int] = field(default_factory=list)
    """The exit code of each step."""
    out: str = ""
    err: str = ""

    @property
    def rendered(self) -> int:
        """How many clips were made, and not copied from the cache."""
        return sum(int(made) - int(copied or 0) for made, copied in SUMMARY.findall(self.err))


def shell(command: str, folder: Path, variables: Mapping[str, str], ran: Ran) -> int:
    """Run `command` as these services do: in bash, to its first failure."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    ran.codes.append(done.returncode)
    ran.out += done.stdout
    ran.err += done.stderr
    return done.returncode


class Machines:
    """Machines that are thrown away after a job."""

    def __init__(self, repository: Path, home: Path) -> None:
        self.repository = repository
        self._home = home
        self._count = 0
        bin_folder = home / "bin"
        bin_folder.mkdir(parents=True)
        command = bin_folder / "deckard"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m deckard_cli "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        self._path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"

    def new(self) -> tuple[Ran, dict[str, str]]:
        """A folder with what is in the repository, and the variables of a machine on which nobody worked before."""
        self._count += 1
        folder = self._home / f"machine-{self._count}"
        shutil.copytree(self.repository, folder / "work")
        own = {"DECKARD_DATA_DIR": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
        return Ran(folder / "work"), {"PATH": self._path, "PYTHONPATH": str(ROOT), **own}


class Store:
    """Caches: key -> files, the newest last."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._kept: dict[str, Path] = {}

    def save(self, key: str, paths: Sequence[str], folder: Path) -> None:
        place = self._home / f"{len(list(self._home.glob('*')))}"
        place.mkdir(parents=True)
        for name in paths:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, place / name)
        self._kept.pop(key, None)
        self._kept[key] = place

    def restore(self, keys: Sequence[str], folder: Path, *, beginnings: Sequence[str] = ()) -> None:
        newest = [kept for kept in reversed(self._kept) if kept.startswith(tuple(beginnings))] if beginnings else []
        for key in [*keys, *newest]:
            if key in self._kept:
                shutil.copytree(self._kept[key], folder, dirs_exist_ok=True)
                return


class GitHub:
    """Runs the jobs of a workflow."""

    def __init__(self, machines: Machines, home: Path) -> None:
        self._machines = machines
        self._store = Store(home)
        self.run_id = 1
        """The run that jobs belong to."""

    def job(self, name: str, **matrix: int) -> Ran:
        """Run the job `name` on a machine of its own, without the steps that fetch programs."""
        workflow = yaml.safe_load((self._machines.repository / ".github/workflows/clips.yml").read_text("utf-8"))
        ran, variables = self._machines.new()
        variables |= workflow["env"]
        for step in workflow["jobs"][name]["steps"]:
            if any(ran.codes) and "always()" not in step.get("if", ""):
                continue
            told = self._told(step, matrix)
            used = told.get("uses", "").partition("@")[0]
            if "run" in told and not told["run"].startswith("pip install"):
                shell(told["run"], ran.folder, variables | told.get("env", {}), ran)
            elif used == "actions/cache/restore":
                given = told["with"]
                self._store.restore([given["key"]], ran.folder, beginnings=given["restore-keys"].split())
            elif used == "actions/cache/save":
                self._store.save(told["with"]["key"], told["with"]["path"].split(), ran.folder)
        return ran

    def _told(self, value: Any, matrix: Mapping[str, int]) -> Any:
        """`value` with what stands for its expressions."""
        known = {f"matrix.{name}": str(each) for name, each in matrix.items()}
        known |= {"github.run_id": str(self.run_id), "github.run_attempt": "1"}
        if isinstance(value, dict):
            return {name: self._told(each, matrix) for name, each in value.items()}
        if isinstance(value, str):
            return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
        return value


class GitLab:
    """Runs the jobs of a pipeline."""

    def __init__(self, machines: Machines, home: Path, variables: Mapping[str, str]) -> None:
        self._machines = machines
        self._store = Store(home)
        self._variables = variables
        self.branch = "main"
        """The branch that jobs run for."""

    def job(self, name: str, part: int = 1, artifacts: Sequence[Ran] = ()) -> Ran:
        """Run the job `name` on a machine of its own, with the `artifacts` of the jobs that it needs."""
        pipeline = yaml.safe_load((self._machines.repository / ".gitlab-ci.yml").read_text("utf-8"))
        told = pipeline[name]
        ran, variables = self._machines.new()
        variables |= pipeline["variables"] | dict(self._variables)
        variables |= {"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_SLUG": self.branch}
        variables |= {"CI_NODE_INDEX": str(part), "CI_NODE_TOTAL": str(told.get("parallel", 1))}
        cache = told["cache"]
        keys = [_expanded(key, variables) for key in (cache["key"], *cache.get("fallback_keys", ()))]
        if cache.get("policy", "pull-push") != "push":
            self._store.restore(keys, ran.folder)
        for other in artifacts:
            for path in pipeline["clips"]["artifacts"]["paths"]:
                shutil.copytree(other.folder / path, ran.folder / path, dirs_exist_ok=True)
        shell("\n".join(told["script"]), ran.folder, variables, ran)
        if cache.get("policy", "pull-push") != "pull":
            self._store.save(keys[0], cache["paths"], ran.folder)
        return ran


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: variables[found[1]], text)
