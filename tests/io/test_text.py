"""Text tables keep their numbers and names, say what was guessed, and name the line of a mistake."""

import gzip
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from partwise.errors import DataError
from partwise.io import read

nan = np.nan


def given(tmp_path, text, name="X.csv"):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    return path


# text, rows, columns, X
TABLES = {
    "plain": ("1,2\n3,4\n", None, None, [[1, 2], [3, 4]]),
    "no last newline": ("1,2\n3,4", None, None, [[1, 2], [3, 4]]),
    "header": ("a,b\n1,2\n3,4\n", None, ("a", "b"), [[1, 2], [3, 4]]),
    "row names": ("s1,1,2\ns2,3,4\n", ("s1", "s2"), None, [[1, 2], [3, 4]]),
    "both": ("x,a,b\ns1,1,2\ns2,3,4\n", ("s1", "s2"), ("a", "b"), [[1, 2], [3, 4]]),
    "pandas": (",0,1\n0,1,2\n1,3,4\n", ("0", "1"), ("0", "1"), [[1, 2], [3, 4]]),
    "R": ('"a" "b"\n"s1" 1 2\n"s2" 3 4\n'.replace(" ", "\t"), ("s1", "s2"), ("a", "b"), [[1, 2], [3, 4]]),
    "years": ("region,2001,2002\nnorth,1,2\n", ("region", "north"), None, [[2001, 2002], [1, 2]]),
    "numeric id": ("user_id,a,b\n7,1,2\n8,3,4\n", ("7", "8"), ("a", "b"), [[1, 2], [3, 4]]),
    "numbers, not ids": ("age,a\n7,1\n8,3\n", None, ("age", "a"), [[7, 1], [8, 3]]),
    "word over number": ("age,2001\n7,1\n8,3\n", None, ("age", "2001"), [[7, 1], [8, 3]]),
    "empty cells": ("a,b\n1,\n,4\n", None, ("a", "b"), [[1, nan], [nan, 4]]),
    "nan and NA": ("a,b\n1,nan\nNA, \n", None, ("a", "b"), [[1, nan], [nan, nan]]),
    "negative, inf": ("-1,inf\n-inf,1e3\n", None, None, [[-1, np.inf], [-np.inf, 1000]]),
    "one column": ("1\n2\n", None, None, [[1], [2]]),
    "one named column": ("x\n1\n2\n", None, ("x",), [[1], [2]]),
    "one column, empty cell": ('x\n1\n""\n3\n', None, ("x",), [[1], [nan], [3]]),
    "one row": ("1,2,3\n", None, None, [[1, 2, 3]]),
    "one named row": ("s1,2,3\n", ("s1",), None, [[2, 3]]),
    "one cell": ("5", None, None, [[5]]),
    "blank lines": ("\n\na,b\n\n1,2\n  \n3,4\n\n", None, ("a", "b"), [[1, 2], [3, 4]]),
    "byte-order mark": ("\ufeffa,b\n1,2\n", None, ("a", "b"), [[1, 2]]),
    "windows": ("a,b\r\n1,2\r\n", None, ("a", "b"), [[1, 2]]),
    "quotes": ('id,"a, ""x""",b\n"s\n1","1",2\n', ("s\n1",), ('a, "x"', "b"), [[1, 2]]),
    "blanks": ("id, a, b\ns1, 1, 2\n", ("s1",), ("a", "b"), [[1, 2]]),
    "unicode": ("id,grün\nß,1\n", ("ß",), ("grün",), [[1]]),
    "semicolons": ("id;a;b\ns1;1;2\n", ("s1",), ("a", "b"), [[1, 2]]),
    "tabs": ("id\ta\tb\ns1\t1\t2\n", ("s1",), ("a", "b"), [[1, 2]]),
    "decimal comma": ("id;a;b\ns1;1,5;2\n", ("s1",), ("a", "b"), [[1.5, 2]]),
    "decimal comma, no names": ("1,5;2,5\n3,5;4\n", None, None, [[1.5, 2.5], [3.5, 4]]),
    "savetxt": ("1.0e+00 2.0e+00\n3.0e+00 4.0e+00\n", None, None, [[1, 2], [3, 4]]),
    "comma in tabbed names": ("id\ta, b\ts, d\nx, y\t1\t2\n", ("x, y",), ("a, b", "s, d"), [[1, 2]]),
    "pandas without index": ("0,1,2\n5,6,7\n", None, ("0", "1", "2"), [[5, 6, 7]]),
    "underscore names": ("id,a_1\ns_1,1\n", ("s_1",), ("a_1",), [[1]]),
}


@pytest.mark.parametrize("name", ["X.csv", "X.tsv", "X.txt", "X.csv.gz", "X.TSV.GZ"])
@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_read_with_its_names(case, name, tmp_path):
    text, rows, columns, X = TABLES[case]
    matrix = read(given(tmp_path, text, name))
    assert_array_equal(matrix.X, np.array(X, float), strict=True)
    assert matrix.row_names == rows
    assert matrix.column_names == columns
    assert all(note.startswith(matrix.source.name) for note in matrix.notes)


NOTES = [
    ("X.csv", "1,2\n3,4\n", ["X.csv: no names found; the first line and column are read as data."]),
    ("X.csv", "a,b\n1,2\n", ["X.csv: the first line is read as column names (first: 'a')."]),
    ("X.csv", "s,1\nt,2\n", ["X.csv: the first column is read as row names (first: 's')."]),
    ("X.csv", "1;2\n", ["X.csv: cells are separated by ';', not ','; read that way."]),
    ("X.csv", "1\t2\n", ["X.csv: cells are separated by tabs, not ','; read that way."]),
    ("X.tsv", "1,2\n", ["X.tsv: cells are separated by ',', not tabs; read that way."]),
    ("X.csv", "1 2\n", ["X.csv: cells are separated by blanks, not ','; read that way."]),
    ("X.csv", "1;2,5\n", ["X.csv: ',' is read as the decimal point."]),
    ("X.csv", "a,a,a\n1,2,3\n", ["X.csv: 2 column names repeat an earlier one (first: 'a')."]),
    ("X.csv", "s,1\ns,2\n", ["X.csv: 1 row name repeats an earlier one (first: 's')."]),
    ("X.csv", "a,b\n1,\n2,3\n4,5\n", ["X.csv: 1 of 6 cells are empty (16.7%)."]),
]


@pytest.mark.parametrize("name, text, notes", NOTES)
def test_what_was_inferred_is_said(name, text, notes, tmp_path):
    assert set(notes) <= set(read(given(tmp_path, text, name)).notes)


@pytest.mark.parametrize(
    "name, text", [("X.csv", "1,2\n"), ("X.tsv", "1\t2\n"), ("X.txt", "1 2\n"), ("X.txt", "1,2\n")]
)
def test_the_expected_separator_is_not_talked_about(name, text, tmp_path):
    assert not [note for note in read(given(tmp_path, text, name)).notes if "separated" in note]


def test_empty_cells_are_counted_in_the_words_of_the_command_line(tmp_path):
    X = np.ones((400, 100))
    X.ravel()[:312] = nan
    pd.DataFrame(X).to_csv(tmp_path / "X.csv", index=False, header=False)
    assert "X.csv: 312 of 40,000 cells are empty (0.8%)." in read(tmp_path / "X.csv").notes


def test_empty_cells_become_zero_on_request(tmp_path):
    matrix = read(given(tmp_path, "a,b\n1,\n,4\n"), missing="zero")
    assert_array_equal(matrix.X, [[1, 0], [0, 4]])
    assert "X.csv: 2 of 4 cells are empty (50.0%). Read as zero." in matrix.notes


def test_features_first_exchanges_the_sides(tmp_path):
    matrix = read(given(tmp_path, "gene,c1,c2\ng1,1,2\ng2,3,\n"), orient="features-first")
    assert_array_equal(matrix.X, [[1, 3], [2, nan]])
    assert matrix.row_names == ("c1", "c2")
    assert matrix.column_names == ("g1", "g2")
    assert "transposed" in matrix.notes[-1]


BAD = {
    "no bytes": (b"", r"X\.csv is empty"),
    "blank": ("\n \n", r"X\.csv is empty"),
    "only a mark": ("\ufeff", r"X\.csv is empty"),
    "header only": ("a,b,c\n", "line of names but no rows"),
    "header with index only": (",a,b\n", "line of names but no rows"),
    "one word": ("hello\n", "line of names but no rows"),
    "word in a cell": (
        "film,Alien,Titanic\n" + "u,1,2\n" * 15 + "v,3,n/a\n",
        r"X\.csv: line 17, column 'Titanic' holds 'n/a', which is not a number\. Leave the cell empty",
    ),
    "word without names": ("1,2\n3,4\n5,x\n", "line 3, column 2 holds 'x'"),
    "word beside row names": ("s1,1,2\ns2,3,4\ns3,5,x\n", "line 3, column 3 holds 'x'"),
    "word among ids": ("1,2\n3,4\nx,5\n", "line 3, column 1 holds 'x'.* head it 'id'"),
    "word after a line break in a name": ('id,a\n"s\n1",1\ns2,x\n', "line 4, column 'a' holds 'x'"),
    "underscore": ("a,b\n1,1_000\n", "holds '1_000'"),
    "thousands": ('a,b\n1,"1,000"\n', "holds '1,000'"),
    "thousands, decimal comma": ("a;b\n1,5;1,5\n1,5;1.000,5\n", "holds '1.000,5'"),
    "too many": ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, but 2 are expected"),
    "too few": ("a,b,c\n1,2,3\n\n3,4\n", "line 4 has 2 cells, but 3 are expected"),
    "one": ("a,b,c\n1,2,3\n4\n", "line 3 has 1 cell, but 3 are expected"),
    "title": ("My data\na,b,c\n1,2,3\n", "line 2 has 3 cells, but 1 is expected"),
    "latin-1": (b"a,b\n1,2\n" + "grün,3\n".encode("latin-1"), "line 3 is not UTF-8 text .byte 0xFC"),
    "latin-1 far below": (b"1,2\n" * 30_000 + b"\xe9,1\n", "line 30,001 is not UTF-8 text"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "line 1 is not UTF-8"),
    "a zip": (b"PK\x03\x04\x00\xff\xfe", "not UTF-8"),
    "open quote": ('a,b\n1,"2\n' + "3,4\n" * 40_000, "X.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_refused_where_it_is_bad(case, tmp_path):
    text, message = BAD[case]
    with pytest.raises(DataError, match=message) as caught:
        read(given(tmp_path, text))
    assert "X.csv" in str(caught.value)


def test_a_cut_gz_is_refused_at_every_length(tmp_path):
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 200)
    path = tmp_path / "X.csv.gz"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"X\.csv\.gz"):
            read(path)


def test_a_gz_that_is_none_is_refused(tmp_path):
    (tmp_path / "X.csv.gz").write_text("1,2\n")
    with pytest.raises(DataError, match="not packed by gzip"):
        read(tmp_path / "X.csv.gz")


def test_long_lines_with_blanks_are_read(tmp_path):
    X = np.random.default_rng(0).random((3, 20_000))
    np.savetxt(tmp_path / "X.txt", X, fmt="%.17g")
    assert_array_equal(read(tmp_path / "X.txt").X, X)


def test_pandas_tables_come_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.random((50, 7)) * 10.0 ** rng.integers(-300, 300, (50, 7))
    frame = pd.DataFrame(X, index=[f"s{i}" for i in range(50)], columns=list("abcdefg"))
    frame.to_csv(tmp_path / "X.csv")
    matrix = read(tmp_path / "X.csv")
    assert_array_equal(matrix.X, X)
    assert matrix.row_names == tuple(frame.index)
    assert matrix.column_names == tuple(frame.columns)


@pytest.mark.slow
def test_ten_megabytes_take_seconds(tmp_path):
    X = np.random.default_rng(0).random((2600, 200))
    pd.DataFrame(X).to_csv(tmp_path / "X.csv", index=False)
    start = time.perf_counter()
    assert_array_equal(read(tmp_path / "X.csv").X, X)
    assert time.perf_counter() - start < 5  # about 0.3 s on one 2024 core
