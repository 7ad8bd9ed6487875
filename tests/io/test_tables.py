"""What is written comes back equal, by our reader and by pandas, and a failure leaves the old file."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from partwise.errors import DataError, MissingFileError
from partwise.io import read, write_table

W = np.array([[0.1, 1e-300], [np.nan, 1 / 3], [np.inf, 0.0]])
ROWS, COLUMNS = ["doc, one", 'doc "2"', "döc\n3"], ["part 1", "part;2"]


@pytest.mark.parametrize("name", ["W.csv", "W.tsv", "W.npz"])
@pytest.mark.parametrize("rows", [ROWS, None])
@pytest.mark.parametrize("columns", [COLUMNS, None])
def test_our_reader_gives_it_back(name, rows, columns, tmp_path):
    write_table(tmp_path / name, W, rows, columns)
    matrix = read(tmp_path / name)
    assert_array_equal(matrix.X, W, strict=True)
    assert matrix.row_names == (rows and tuple(rows))
    assert matrix.column_names == (columns and tuple(columns))


@pytest.mark.parametrize("name, separator", [("W.csv", ","), ("W.tsv", "\t")])
def test_pandas_gives_it_back(name, separator, tmp_path):
    write_table(tmp_path / name, W, ROWS, COLUMNS)
    frame = pd.read_csv(tmp_path / name, sep=separator, index_col=0)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(W, ROWS, COLUMNS), check_exact=True)


def test_names_that_are_numbers_stay_names(tmp_path):
    write_table(tmp_path / "W.csv", W, ["10", "20", "30"], ["2001", "2002"])
    matrix = read(tmp_path / "W.csv")
    assert matrix.row_names == ("10", "20", "30")
    assert matrix.column_names == ("2001", "2002")


@settings(deadline=None)
@given(hnp.arrays(st.sampled_from([np.float64, np.float32, np.float16]), hnp.array_shapes(min_dims=2, max_dims=2)))
def test_floats_keep_their_bits(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("bits") / "W.csv"
    columns = [f"c{place}" for place in range(array.shape[1])]
    write_table(path, array, [f"r{place}" for place in range(len(array))], columns)
    assert_array_equal(read(path).X.astype(array.dtype), array, strict=True)


def test_float32_is_written_short(tmp_path):
    write_table(tmp_path / "W.csv", np.array([[0.1, 1e-9]], np.float32))
    assert (tmp_path / "W.csv").read_text() == "0.1,1e-09\n"


@pytest.mark.parametrize(
    "array, text",
    [
        (np.array([[True, False]]), "1,0\n"),
        (np.array([[2**64 - 1]], np.uint64), "18446744073709551615\n"),
        (np.array([[-1]], np.int8), "-1\n"),
        (np.array([[np.nan]]), '""\n'),
    ],
)
def test_other_numbers_are_written_plainly(array, text, tmp_path):
    write_table(tmp_path / "W.csv", array)
    assert (tmp_path / "W.csv").read_text() == text


def test_equal_tables_give_equal_bytes(tmp_path):
    for name in ("1.npz", "2.npz"):
        write_table(tmp_path / name, W, ROWS, COLUMNS)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


REFUSED = [
    ("W.xlsx", W, None, None, r"written as \.csv, \.tsv or \.npz, not as \.xlsx"),
    ("W", W, None, None, "a file without suffix"),
    ("W.csv", W[0], None, None, r"not shape \(2,\)"),
    ("W.csv", W + 1j, None, None, "real numbers"),
    ("W.csv", W, ["a"], None, "1 row names for 3 rows"),
    ("W.csv", W, None, ["a"], "1 column names for 2 columns"),
]


@pytest.mark.parametrize("name, array, rows, columns, text", REFUSED, ids=[case[-1] for case in REFUSED])
def test_what_is_no_table_is_refused(name, array, rows, columns, text, tmp_path):
    with pytest.raises(DataError, match=text):
        write_table(tmp_path / name, array, rows, columns)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="no folder"):
        write_table(tmp_path / "absent" / "W.csv", W)


STAGES = [
    ("W.csv", "partwise.io.tables._cells"),
    ("W.csv", "os.fsync"),
    ("W.csv", "os.replace"),
    ("W.npz", "numpy.savez_compressed"),
    ("W.npz", "os.replace"),
]


@pytest.mark.parametrize("name, stage", STAGES)
def test_a_failure_leaves_the_previous_table(name, stage, tmp_path, monkeypatch):
    write_table(tmp_path / name, W)
    before = (tmp_path / name).read_bytes()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(stage, fail)
    with pytest.raises(OSError, match="disk full"):
        write_table(tmp_path / name, 2 * W)
    monkeypatch.undo()
    assert (tmp_path / name).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_failure_after_some_rows_leaves_the_previous_table(tmp_path):
    write_table(tmp_path / "W.csv", W)
    before = (tmp_path / "W.csv").read_bytes()

    class Names(list):
        def __iter__(self):
            yield "a"
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        write_table(tmp_path / "W.csv", W, Names("abc"))
    assert (tmp_path / "W.csv").read_bytes() == before
