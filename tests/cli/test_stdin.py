"""``-`` as the INPUT of a verb."""

import gzip
import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import partwise
from partwise import io
from partwise.cli import cli, stdin
from partwise.cli.refusals import Refusal
from partwise.datasets import make_mutations, make_ratings


@pytest.fixture
def pipe():
    """Run a command line with text on standard input."""

    def invoke(text, *arguments, code=0):
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text, prog_name="partwise")
        assert result.exit_code == code, result.output
        return result

    return invoke


def mutations(sep):
    made = make_mutations(12)
    return pd.DataFrame(made.X, made.row_names, made.feature_names).rename_axis("sample").to_csv(sep=sep)


COUNTS = "cell\tg\th\na\t1\t0\nb\t0\t2\nc\t3\t4\n"
TEXTS = [{"id": str(i), "body": f"{pair} number {i} of many"} for i in range(12) for pair in ("red apple", "blue sky")]
CASES = {
    "fit": (["-k", "2"], None, "stdin-nmf/W.csv"),
    "topics": (["-k", "2", "--lang", "none"], "".join(json.dumps(text) + "\n" for text in TEXTS), "documents.csv"),
    "recommend": (["-k", "3", "--test", "none", "--no-tune"], make_ratings().extra["table"].to_csv(), "tastes.csv"),
    "programs": (["-k", "2", "--runs", "1", "--orient", "rows"], COUNTS, "usages.csv"),
    "signatures": (["-k", "2", "--n-init", "1"], mutations("\t"), "exposures.tsv"),
    "unmix": (["-k", "2"], "id,a,b,c\ns,1,2,3\nt,3,2,1\nu,2,2,2\n", "abundances.csv"),
}  # fmt: skip


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_reads_a_table_from_standard_input(verb, folder, pipe):
    options, text, file = CASES[verb]
    result = pipe(text or (folder / "x.csv").read_text(encoding="utf-8"), verb, "-", *options, "--json")
    found = json.loads(result.stdout)
    name = Path(file).name
    assert Path(found["files"][name]).is_file() and found["files"][name].startswith("stdin-")
    assert "-" in found["options"].values() or verb in ("fit", "topics")
    assert str(found["options"]).count("partwise-") == 0
    record = tomllib.loads((Path(found["files"][name]).parent / "run.toml").read_text(encoding="utf-8"))
    assert "-" in record["options"].values()


def test_standard_input_gives_what_the_file_gives_and_can_be_repeated(folder, pipe, run):
    text = (folder / "x.csv").read_text(encoding="utf-8")
    said = pipe(text, "fit", "-", "-k", 2).stderr
    run("fit", "x.csv", "-k", 2)
    assert said.replace("stdin.csv", "x.csv") == run("fit", "x.csv", "-k", 2, "-o", "other").stderr
    np.testing.assert_array_equal(io.read("stdin-nmf/H.csv").X, io.read("x-nmf/H.csv").X)
    record = (folder / "stdin-nmf" / "run.toml").read_bytes()
    again = pipe(text, "--config", "stdin-nmf/run.toml")
    assert (folder / "stdin-nmf" / "run.toml").read_bytes() == record and "SHA-256" not in again.stderr
    assert "its SHA-256 differs" in pipe(text.replace("s0", "first"), "--config", "stdin-nmf/run.toml").stderr


def test_new_rows_come_from_standard_input(folder, pipe, fitted):
    text = (folder / "x.csv").read_text(encoding="utf-8")
    pipe(text, "apply", fitted / "model.pw", "-", "-o", "new.csv")
    matrix = io.read("x.csv")
    W = partwise.load(fitted / "model.pw").transform(pd.DataFrame(matrix.X, columns=list(matrix.column_names)))
    np.testing.assert_allclose(io.read("new.csv").X, W, rtol=1e-10)
    assert 'matrix = "-"' in (folder / "new.run.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text, said", [("", "stdin.csv is empty"), ("a,b\n1,x\n", "stdin.csv: line 2, column 'b'")])
def test_what_is_wrong_on_standard_input_is_told(text, said, folder, pipe):
    assert said in pipe(text, "fit", "-", "-k", 1, code=3).stderr


def test_a_packed_file_on_standard_input_is_refused(folder, pipe):
    for content in (b"PK\x03\x04", gzip.compress(b"a,b\n1,2\n")):
        said = pipe(content, "fit", "-", "-k", 1, code=3).stderr
        assert "binary or packed file. Name the file itself." in said


def test_a_closed_standard_input_is_refused(monkeypatch):
    monkeypatch.setattr(stdin.sys, "stdin", None)
    with pytest.raises(Refusal, match="standard input, which is closed") as refused, stdin.copied():
        pass
    assert refused.value.exit_code == 2
