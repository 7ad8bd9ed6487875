"""Each kind of file gives its matrix; everything that is none is refused with its name and a way out."""

import gzip
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from partwise.errors import DataError, MissingExtraError, MissingFileError
from partwise.io import content_hash, read

X = np.array([[0.0, 2.5, 0.0], [1.0, 0.0, -3.0]])


def cuts(whole):
    """A sample of lengths that reaches every part of a small file."""
    return sorted({*range(0, len(whole), 7), *range(min(len(whole), 130)), len(whole) - 1})


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "u1", "?", ">f8"])
def test_npy_is_mapped_read_only_and_keeps_its_dtype(dtype, tmp_path):
    np.save(tmp_path / "X.npy", X.astype(dtype))
    matrix = read(tmp_path / "X.npy")
    assert isinstance(matrix.X, np.memmap)
    assert not matrix.X.flags.writeable
    assert_array_equal(np.asarray(matrix.X), X.astype(dtype), strict=True)
    assert (matrix.row_names, matrix.column_names, matrix.notes) == (None, None, ())


def test_a_fortran_npy_is_mapped(tmp_path):
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    assert_array_equal(read(tmp_path / "X.npy").X, X)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_with_one_array_is_read(save, tmp_path):
    save(tmp_path / "X.npz", anything=X)
    assert_array_equal(read(tmp_path / "X.npz").X, X, strict=True)


def test_npz_with_labels_gives_them(tmp_path):
    np.savez(tmp_path / "X.npz", X=X, row_names=np.array(["a", "b"]), column_names=np.array(["x", "y", "x"]))
    matrix = read(tmp_path / "X.npz")
    assert matrix.row_names == ("a", "b")
    assert matrix.column_names == ("x", "y", "x")
    assert matrix.notes == ("X.npz: 1 column name repeats an earlier one (first: 'x').",)


def test_npz_with_several_arrays_asks_which_and_takes_the_answer(tmp_path):
    np.savez(tmp_path / "X.npz", train=X, test=X[:1])
    with pytest.raises(DataError, match=r"holds 2 arrays: train, test\. Choose one: X\.npz:train"):
        read(tmp_path / "X.npz")
    assert_array_equal(read(f"{tmp_path / 'X.npz'}:test").X, X[:1])
    with pytest.raises(DataError, match=r"no array 'absent'. It holds: train, test"):
        read(f"{tmp_path / 'X.npz'}:absent")
    with pytest.raises(MissingFileError, match=r"Y\.npz does not exist"):
        read(f"{tmp_path / 'Y.npz'}:test")


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_a_sparse_npz_gives_csr(form, tmp_path):
    sp.save_npz(tmp_path / "X.npz", sp.csr_array(X).asformat(form))
    read_X = read(tmp_path / "X.npz").X
    assert isinstance(read_X, sp.csr_array)
    assert_array_equal(read_X.toarray(), X)


@pytest.mark.parametrize("name", ["X.mtx", "X.mtx.gz"])
def test_mtx_gives_csr(name, tmp_path):
    scipy.io.mmwrite(tmp_path / "X.mtx", sp.coo_array(X))
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress((tmp_path / "X.mtx").read_bytes()))
    read_X = read(tmp_path / name).X
    assert isinstance(read_X, sp.csr_array)
    assert_array_equal(read_X.toarray(), X)


def test_mtx_in_array_form_is_dense_and_a_pattern_is_ones(tmp_path):
    scipy.io.mmwrite(tmp_path / "X.mtx", X)
    assert_array_equal(read(tmp_path / "X.mtx").X, X)
    (tmp_path / "P.mtx").write_text("%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 1\n2 2\n")
    assert_array_equal(read(tmp_path / "P.mtx").X.toarray(), np.eye(2))


PARQUET = {
    "numbers": (pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}), None, ("a", "b"), [[1, 0.5], [2, np.nan]]),
    "index": (pd.DataFrame({"a": [1.0]}, index=["s"]), ("s",), ("a",), [[1]]),
    "names": (pd.DataFrame({"id": ["s"], "a": [1.0]}), ("s",), ("a",), [[1]]),
    "nullable": (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), None, ("a",), [[1], [np.nan]]),
    "booleans": (pd.DataFrame({"a": [True, False]}), None, ("a",), [[1], [0]]),
}


@pytest.mark.parametrize("case", PARQUET)
def test_parquet_is_read_with_its_names(case, tmp_path):
    pytest.importorskip("pyarrow")
    frame, rows, columns, values = PARQUET[case]
    frame.to_parquet(tmp_path / "X.parquet")
    matrix = read(tmp_path / "X.parquet")
    assert_array_equal(matrix.X, np.array(values, float), strict=True)
    assert (matrix.row_names, matrix.column_names) == (rows, columns)


def test_parquet_counts_empty_cells_and_may_read_them_as_zero(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [1, np.nan], "b": [np.inf, 2]}).to_parquet(tmp_path / "X.parquet")
    assert read(tmp_path / "X.parquet").notes == ("X.parquet: 1 of 4 cells are empty (25.0%).",)
    assert_array_equal(read(tmp_path / "X.parquet", missing="zero").X, [[1, np.inf], [0, 2]])


def test_parquet_with_words_in_a_cell_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(tmp_path / "X.parquet")
    with pytest.raises(DataError, match=r"X\.parquet: column 'b' holds .* not numbers"):
        read(tmp_path / "X.parquet")


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "X.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r'Reading \.parquet needs the parquet extra: pip install "partwise\['):
        read(tmp_path / "X.parquet")


@pytest.mark.parametrize(
    "build", [lambda p: np.save(p / "X.npy", X), lambda p: sp.save_npz(p / "X.npz", sp.csr_array(X))]
)
def test_features_first_transposes_arrays(build, tmp_path):
    build(tmp_path)
    matrix = read(next(tmp_path.iterdir()), orient="features-first")
    dense = matrix.X.toarray() if sp.issparse(matrix.X) else matrix.X
    assert_array_equal(dense, X.T)
    assert not sp.issparse(matrix.X) or matrix.X.format == "csr"


def saved(array, **kwargs):
    buffer = io.BytesIO()
    np.save(buffer, array, **kwargs)
    return buffer.getvalue()


def zipped(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def evil_sparse():
    """A sparse matrix whose column index points far outside."""
    return zipped(format="csc", shape=[2, 2], data=[1.0], indices=[10**6], indptr=[0, 1, 1])


OBJECTS = np.array([{}], dtype=object)
ROOT = "%%MatrixMarket matrix coordinate real general\n"
REFUSED = {
    "X.npy": {
        "empty": (b"", "is empty"),
        "text": (b"1,2\n", "not a readable .npy"),
        "number": (saved(1.0), "single number"),
        "1-D": (saved(np.ones(5)), r"shape \(5,\).*reshape\(-1, 1\) for one column, or x.reshape\(1, -1\) for one row"),
        "3-D": (saved(np.ones((2, 3, 4))), r"shape \(2, 3, 4\).*reshape\(len\(x\), -1\)"),
        "complex": (saved(X + 1j), "complex numbers.*np.abs"),
        "text array": (saved(np.array([["a"]])), "holds text"),
        "records": (saved(np.zeros((2, 2), "i4,f8")), "no plain numbers"),
        "objects": (saved(OBJECTS, allow_pickle=True), "pickled objects.*refused"),
        "no rows": (saved(np.ones((0, 3))), "no cells|without cells"),
        "pickle": (b"\x80\x04K\x01.", "not a readable .npy"),
    },
    "X.npz": {
        "empty": (b"", "is empty"),
        "text": (b"1,2\n", "not a readable .npz"),
        "npy inside": (saved(X), "not a readable .npz"),
        "nothing": (zipped(), "holds no array"),
        "1-D": (zipped(a=np.ones(5)), r"shape \(5,\)"),
        "objects": (zipped(a=OBJECTS), r"X.npz:a holds pickled objects"),
        "complex": (zipped(a=X + 1j), "complex"),
        "labels": (zipped(a=X, row_names=np.array(["a"])), "holds 1 row_names for an axis of length 2"),
        "object labels": (zipped(a=X, row_names=OBJECTS), "X.npz:row_names holds pickled"),
        "wild sparse": (evil_sparse(), "not a readable .npz"),
    },
    "X.mtx": {
        "empty": (b"", "is empty"),
        "text": (b"1,2\n", "not a readable Matrix Market"),
        "index outside": ((ROOT + "2 2 1\n3 1 5\n").encode(), "not a readable Matrix Market"),
        "index zero": ((ROOT + "2 2 1\n0 1 5\n").encode(), "not a readable Matrix Market"),
        "too few": ((ROOT + "2 2 2\n1 1 5\n").encode(), "not a readable Matrix Market"),
        "word": ((ROOT + "2 2 1\n1 1 x\n").encode(), "not a readable Matrix Market"),
        "complex": ((ROOT.replace("real", "complex") + "2 2 1\n1 1 5 1\n").encode(), "complex"),
        "no rows": ((ROOT + "0 2 0\n").encode(), "no cells|not a readable"),
    },
    "X.mtx.gz": {"not packed": (b"%%MatrixMarket", "not a readable|not packed")},
    "X.parquet": {"empty": (b"", "is empty"), "text": (b"1,2\n", "not a readable Parquet")},
    "X.xls": {"any": (b"PK", r"\.xls is not a kind that is read. Known: \.csv, .*\.parquet, \.xlsx")},
    "X.npy.gz": {"any": (b"PK", r"\.npy\.gz is not a kind")},
    "X.gz": {"any": (b"PK", r"\.gz is not a kind")},
    "X": {"any": (b"1", "no suffix is not a kind")},
}


@pytest.mark.parametrize("name, case", [(name, case) for name, cases in REFUSED.items() for case in cases])
def test_what_is_no_matrix_is_refused(name, case, tmp_path):
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    content, text = REFUSED[name][case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=text) as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(name)
    assert "allow_pickle" not in str(caught.value)


WHOLE = {
    "X.npy": saved(X),
    "X.npz": zipped(a=X),
    "S.npz": zipped(format="csr", shape=[2, 3], data=[1.0], indices=[1], indptr=[0, 1, 1]),
    "X.mtx.gz": gzip.compress((ROOT + "2 2 2\n1 1 5.0\n2 2 6.0\n").encode()),
}


@pytest.mark.parametrize("name", [*WHOLE, "X.parquet"])
def test_a_cut_file_is_refused(name, tmp_path):
    if name == "X.parquet":
        pytest.importorskip("pyarrow")
    whole = WHOLE.get(name) or pd.DataFrame(X, columns=list("abc")).to_parquet()
    for length in cuts(whole):
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(DataError, match=name):
            read(tmp_path / name)


def test_a_changed_byte_of_an_npz_is_refused_or_harmless(tmp_path):
    whole = WHOLE["X.npz"]
    for place in range(len(whole)):
        (tmp_path / "X.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert_array_equal(read(tmp_path / "X.npz").X, X)
        except DataError:
            continue


def test_an_mtx_with_a_line_missing_is_refused(tmp_path):
    lines = (ROOT + "3 3 3\n1 1 5.0\n2 2 6.0\n3 3 7.0\n").splitlines(keepends=True)
    for count in range(len(lines)):
        (tmp_path / "X.mtx").write_text("".join(lines[:count]))
        with pytest.raises(DataError, match=r"X\.mtx"):
            read(tmp_path / "X.mtx")


def test_a_missing_file_is_named_with_its_neighbours(tmp_path):
    (tmp_path / "ratings.csv").write_text("1\n")
    with pytest.raises(MissingFileError, match=r"rating\.csv does not exist. Did you mean ratings\.csv\?"):
        read(tmp_path / "rating.csv")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        read(tmp_path / "absent" / "X.csv")


def test_a_folder_is_refused_with_a_file_in_it(tmp_path):
    with pytest.raises(DataError, match=r"is a folder. Give a file \(\.csv"):
        read(tmp_path)
    (tmp_path / "b.csv").write_text("1\n")
    with pytest.raises(DataError, match=r"is a folder. Give a file in it, such as b\.csv"):
        read(tmp_path)


@pytest.mark.parametrize("option", [{"orient": "sideways"}, {"missing": "drop"}])
def test_an_unknown_option_is_refused_before_the_file_is_looked_for(option):
    with pytest.raises(DataError, match=f"{next(iter(option))}=.* is unknown. Use "):
        read("absent.csv", **option)


def test_the_hash_is_that_of_the_bytes(tmp_path):
    np.savez(tmp_path / "X.npz", a=X, b=X)
    expected = hashlib.sha256((tmp_path / "X.npz").read_bytes()).hexdigest()
    assert content_hash(tmp_path / "X.npz") == content_hash(f"{tmp_path / 'X.npz'}:b") == expected
    with pytest.raises(MissingFileError):
        content_hash(tmp_path / "Y.npz")


def test_a_relative_name_and_upper_case_suffix_are_fine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("X.CSV").write_text("1,2\n")
    assert read("X.CSV").source == Path("X.CSV")


def test_the_room_loads_no_guest_before_it_is_needed(tmp_path):
    import subprocess

    code = "import sys, partwise.io; print([m for m in ('pandas', 'scipy', 'sklearn', 'pyarrow') if m in sys.modules])"
    path = str(Path(sys.modules["partwise"].__path__[0]).parent)
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "X.npz", "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    with pytest.raises(DataError, match=r"X\.npz"):
        read(tmp_path / "X.npz")
