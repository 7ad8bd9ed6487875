"""R: whether it and a package are there, and a process that answers line by line."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.contestants.base import Contestant


@functools.cache
def r_version(package: str) -> str | None:
    """The version of an R package, or None."""
    if shutil.which("Rscript") is None:
        return None
    code = f'if (requireNamespace("{package}", quietly=TRUE)) cat(as.character(packageVersion("{package}")))'
    found = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False).stdout.strip()
    return found or None


class Absent(Contestant):
    """An R package that has no adapter here because no package archive of the day carried it."""

    def __init__(self, package: str):
        self.name = self.needs = package

    def refusal(self, X: Any, beta: float) -> str | None:
        """Always."""
        found = r_version(self.needs)
        return f"R has {self.needs} {found}, but no adapter was written" if found else f"R has no package {self.needs}"


class Session:
    """A running ``Rscript`` that reads a command a line and answers with a line."""

    def __init__(self, script: Path):
        self.child = subprocess.Popen(
            ["Rscript", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ask(self, command: str) -> str:
        """The answer; what R had to say instead, if it died."""
        assert self.child.stdin is not None and self.child.stdout is not None and self.child.stderr is not None
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"R stopped at {command!r}: {self.child.stderr.read()[-500:]}")
        return answer

    def close(self) -> None:
        """End the process."""
        self.child.terminate()
        self.child.wait()
