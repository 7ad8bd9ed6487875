"""The door: what an import loads, how mistakes are told, how a process ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

import partwise
from partwise import cli as room
from partwise import io
from partwise.cli import VERBS, cli, matrix
from partwise.cli.run import versions

HEAVY = {"numpy", "scipy", "sklearn", "pandas", "rich", "jinja2"}


def loaded_by(code):
    """The packages in ``sys.modules`` after ``code`` in a fresh interpreter."""
    code = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], [], *([verb, "--help"] for verb in VERBS)], ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    code = f"""
from partwise.cli import cli
try:
    cli.main({arguments!r}, prog_name="partwise")
except SystemExit as end:
    assert end.code == 0, end.code
"""
    assert loaded_by(code) & HEAVY == set()


def test_help_answers_at_once():
    """In CPU time, so that what else the machine does is no reason to fail."""

    def seconds():
        before = os.times()
        subprocess.run([sys.executable, "-m", "partwise", "--help"], capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(5)) < 0.3


@pytest.mark.parametrize("verb", VERBS)
def test_the_short_help_of_a_verb_begins_its_own_help(verb):
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert command.help is not None
    # the list says it in one line; the verb may go on after a colon
    assert command.help.startswith(VERBS[verb].rstrip("."))


def test_help_explains_the_choices_that_a_verb_has_and_no_others(run):
    assert "raise the column to 0 (shift)" in " ".join(run("fit", "--help").output.split())
    assert "(shift)" not in run("apply", "--help").output


def test_help_lists_every_verb(run):
    output = run("--help").output
    assert all(verb in output and text in output for verb, text in VERBS.items())


def test_the_version_is_printed(run):
    assert run("--version").stdout == f"partwise {versions()['partwise']}\n"


MISTAKES = [
    # arguments, exit code, what the message says
    (["fitt", "x.csv"], 2, ["no verb 'fitt'", "Did you mean fit?"]),
    (["fit"], 2, ["MATRIX"]),
    (["fit", "x.csv"], 2, ["-k is missing", "such as -k 10"]),
    (["fit", "x.csv", "-k", "0"], 2, ["'0'", "whole number"]),
    (["fit", "x.csv", "-k", "2:9"], 2, ["'2:9'", "whole number"]),
    (["fit", "x.csv", "-k", "auto"], 2, ["'auto'", "whole number"]),
    (["fit", "x.csv", "-k", "9"], 2, ["-k 9 is more than min(rows, columns) = 6", "-k 6 or less, or --force"]),
    (["fit", "y.csv", "-k", "2"], 2, ["y.csv does not exist", "x.csv"]),
    (["fit", "no/such/x.csv", "-k", "2"], 2, ["there is no folder"]),
    (["fit", "x.csv", "-k", "2", "--no-such"], 2, ["--no-such"]),
    (["fit", "x.csv", "-k", "2", "--loss", "hinge"], 2, ["'hinge' is no loss", "kullback-leibler"]),
    (["fit", "x.csv", "-k", "2", "--loss", "nan"], 2, ["'nan' is no loss"]),
    (["fit", "x.csv", "-k", "2", "--loss", "kl", "--solver", "cd"], 2, ["'cd'", "does not handle", "auto"]),
    (["fit", "y.csv", "-k", "2", "--loss", "kl", "--solver", "bpp"], 2, ["'bpp'", "does not handle"]),
    (["fit", "x.csv", "-k", "2", "--solver", "newton"], 2, ["'newton'", "cd"]),
    (["fit", "x.csv", "-k", "2", "--tol", "nan"], 2, ["--tol", "'nan' is not finite"]),
    (["programs", "x.csv", "-k", "2", "--density", "nan"], 2, ["--density", "'nan' is not finite"]),
    (["fit", "x.csv", "-k", "2", "--max-time", "soon"], 2, ["'soon' is no time", "60s"]),
    (["fit", "x.csv", "-k", "2", "--max-time", "0"], 2, ["above 0"]),
    (["fit", "x.csv", "-k", "2", "--orient", "sideways"], 2, ["'sideways' is no orientation", "features-first"]),
    (["fit", "x.csv", "-k", "2", "--out", "x.csv"], 2, ["x.csv", "--out"]),
    (["fit", "x.csv", "-k", "2", "--out", "x.csv/deep"], 2, ["--out"]),
    (["fit", "x.csv", "-k", "7", "--init", "nndsvd", "--force"], 3, ["nndsvd", "random"]),
    (["fit", "negative.csv", "-k", "1"], 3, ["2 of 8 cells are negative", "'r2'", "'a'", "-1", "--negatives clip"]),
    (
        ["fit", "holes.csv", "-k", "1", "--missing", "error"],
        3,
        ["1 of 6 cells is empty", "'r1'", "'b'", "not zero", "--missing skip"],
    ),
    (["fit", "infinite.csv", "-k", "1"], 3, ["1 of 4 cells is infinite", "'r1'", "'b'"]),
    (["fit", "word.csv", "-k", "1"], 3, ["line 2", "'b'", "'two'"]),
    (["fit", "zeros.csv", "-k", "1", "--loss", "is"], 3, ["6 cells of X are zero", "'s0'", "'b'", "--loss kl"]),
    (["apply", "no.pw", "x.csv"], 2, ["no.pw does not exist"]),
    (["apply", "x.csv", "x.csv"], 3, ["x.csv is not a partwise file"]),
    (["show", "no.pw"], 2, ["no.pw does not exist"]),
    (["show", "x.csv"], 3, ["x.csv is not a partwise file"]),
    (["--config", "no.toml"], 2, ["no.toml does not exist"]),
    (["--config", "x.csv"], 2, ["is no TOML file"]),
]


@pytest.mark.parametrize("arguments, code, fragments", MISTAKES, ids=lambda value: " ".join(map(str, [value]))[:60])
def test_a_mistake_is_told_in_one_line_with_its_exit_code(arguments, code, fragments, folder, run):
    result = run(*arguments, code=code)
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert result.stderr.endswith(line + "\n")
    assert [fragment for fragment in fragments if fragment not in line] == []
    assert result.stdout == ""


def test_a_refused_matrix_leaves_no_folder_behind(folder, run):
    run("fit", "negative.csv", "-k", "1", code=3)
    assert not (folder / "negative-nmf").exists()


def broken(*arguments, **options):
    """A reader with a bug."""
    raise ZeroDivisionError("oops")


def test_a_bug_is_told_in_one_line_that_names_the_way_to_more(folder, run, monkeypatch):
    monkeypatch.setattr(matrix, "read", broken)
    result = run("fit", "x.csv", "-k", "2", code=1)
    assert result.stderr.splitlines()[-1].startswith("Error: ZeroDivisionError: oops.")
    assert "-vv" in result.stderr


def test_a_traceback_is_shown_after_vv_only(folder, run, monkeypatch):
    monkeypatch.setattr(matrix, "read", broken)
    assert "Traceback" in run("fit", "x.csv", "-k", "2", "-vv", code=1).stderr


def test_a_missing_extra_is_a_usage_error_that_says_what_to_install(folder, run, monkeypatch):
    (folder / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert 'pip install "partwise[parquet]"' in run("fit", "x.parquet", "-k", "2", code=2).stderr


def test_too_little_memory_is_told(folder, run, monkeypatch):
    def huge(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(matrix, "read", huge)
    assert "Not enough memory" in run("fit", "x.csv", "-k", "2", code=1).stderr


def test_an_interruption_before_the_fit_ends_with_130(folder, run, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(matrix, "read", interrupted)
    result = run("fit", "x.csv", "-k", "2", code=130)
    assert result.stderr.splitlines()[-1] == "Error: Interrupted before there was a result to save."


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_control_c_saves_the_best_model_so_far(folder, command):
    np.save("large.npy", np.random.default_rng(0).random((500, 200)))
    process = command("fit", "large.npy", "-k", 8, "--tol", 0, "--max-iter", 10**6, "-v", PARTWISE_NUM_THREADS="1")
    for line in process.stderr:
        if line.startswith("iteration 3:"):
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr[-500:]
    assert "interrupted; this is the best model so far" in stdout
    assert "Traceback" not in stderr
    out = folder / "large-nmf"
    assert sorted(path.name for path in out.iterdir()) == ["H.csv", "W.csv", "model.pw", "run.toml"]
    model = partwise.load(out / "model.pw")
    assert model.stop_reason_ == "interrupted"
    assert io.read(out / "W.csv").X.shape == (500, 8)
    np.testing.assert_array_equal(io.read(out / "H.csv").X, model.components_)


def test_a_closed_pipe_is_no_error_to_talk_about(fitted, command):
    process = command("show", fitted / "model.pw")
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    process.wait(timeout=60)


def test_names_that_steer_a_terminal_are_shown_harmless(folder, run):
    (folder / "evil.csv").write_text("id,\x1b[2Ja,b\nr1,1,2\nr2,2,1\n", encoding="utf-8")
    assert "\x1b" not in run("fit", "evil.csv", "-k", "1").output


def test_output_survives_an_encoding_without_the_names(fitted, command):
    process = command("show", fitted / "model.pw", PYTHONUTF8="0", PYTHONIOENCODING="cp437")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    assert "bier" in stdout
    assert "\\u6c34" in stdout


def test_every_verb_has_its_module():
    assert set(VERBS) <= {path.stem for path in Path(room.__file__).parent.glob("*.py")}
