"""A matrix file, a runner inside this process, and the command in a fresh one."""

import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from partwise.cli import cli

NAMES = ["Äpfel", "bier", "çay", "δ", "水", "f"]


def table(X, columns, rows=None):
    """CSV text."""
    rows = rows or [f"s{i}" for i in range(len(X))]
    lines = [",".join(["id", *columns])]
    lines += [",".join([name, *map(str, row)]) for name, row in zip(rows, np.asarray(X).tolist(), strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def planted():
    """12 x 6 of rank 3, all positive."""
    rng = np.random.default_rng(0)
    return rng.random((12, 3)) @ rng.random((3, 6)) + 0.01


@pytest.fixture
def folder(tmp_path, monkeypatch, planted):
    """The working folder, with a few matrix files."""
    monkeypatch.chdir(tmp_path)
    files = {
        "x.csv": table(planted, NAMES),
        "negative.csv": table([[1, 2], [-1, 3], [4, -0.5], [2, 2]], ["a", "b"], ["r1", "r2", "r3", "r4"]),
        "holes.csv": "id,a,b\nr1,1,\nr2,1,3\nr3,4,5\n",
        "infinite.csv": "id,a,b\nr1,1,inf\nr2,1,3\n",
        "zeros.csv": table([[1, 0, 0], [0, 0, 0], [2, 1, 0]], ["a", "b", "c"]),
        "word.csv": "id,a,b\nr1,1,two\nr2,1,3\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    np.save(tmp_path / "x.npy", planted)
    return tmp_path


@pytest.fixture
def run():
    """Run a command line in this process; ``run("fit", "x.csv", "-k", "2")``."""

    def invoke(*arguments, code=0):
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="partwise")
        assert result.exit_code == code, f"exit code {result.exit_code}\n{result.output}"
        assert "Traceback" not in result.output or "-vv" in arguments
        return result

    return invoke


@pytest.fixture
def fitted(folder, run):
    """The folder of a fit of x.csv with two components."""
    run("fit", "x.csv", "-k", 2)
    return folder / "x-nmf"


@pytest.fixture
def command():
    """Start ``python -m partwise`` in a process of its own."""

    def start(*arguments, **environment):
        return subprocess.Popen(
            [sys.executable, "-m", "partwise", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"PYTHONUTF8": "1"} | environment,
        )

    return start
