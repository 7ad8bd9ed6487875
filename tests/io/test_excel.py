"""Sheets of workbooks, written by openpyxl and by pandas."""

import datetime
import io
import sys

import numpy as np
import openpyxl
import pandas as pd
import pytest

from partwise.errors import DataError, MissingExtraError
from partwise.io import content_hash, read, read_records

TABLE = [["id", "a", "b"], ["s1", 1, 0.1], ["s2", None, 1e-300], ["s3", 3.0, 12345678]]


def workbook(path, **sheets):
    """A file with these sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_is_the_matrix_and_the_notes_of_the_same_table_in_text(tmp_path):
    (tmp_path / "x.csv").write_text("\n".join(",".join("" if c is None else str(c) for c in row) for row in TABLE))
    text, sheet = read(tmp_path / "x.csv"), read(workbook(tmp_path / "x.xlsx", One=TABLE))
    np.testing.assert_array_equal(sheet.X, text.X)
    assert (sheet.row_names, sheet.column_names) == (("s1", "s2", "s3"), ("a", "b"))
    assert [note.replace("x.xlsx", "x.csv") for note in sheet.notes] == list(text.notes)
    assert read(tmp_path / "x.xlsx", missing="zero").X[1, 0] == 0


def test_a_table_that_pandas_wrote_comes_back(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).random((4, 3)), list("wxyz"), list("abc"))
    frame.to_excel(tmp_path / "x.xlsx")
    matrix = read(tmp_path / "x.xlsx")
    pd.testing.assert_frame_equal(pd.DataFrame(matrix.X, matrix.row_names, matrix.column_names), frame, rtol=1e-15)


def test_records_hold_dates_numbers_and_text_as_a_person_would_write_them(tmp_path):
    day = datetime.datetime(2024, 5, 31)
    rows = [["body", "day", "n"], ["two\nlines", day, 3], ["late", day.replace(hour=7), 0.5], ["", None, None]]
    frame = read_records(workbook(tmp_path / "x.xlsx", One=rows)).frame
    assert frame.to_dict("records") == [
        {"body": "two\nlines", "day": "2024-05-31", "n": "3"},
        {"body": "late", "day": "2024-05-31 07:00:00", "n": "0.5"},
    ]


def test_the_first_sheet_is_read_unless_another_is_chosen(tmp_path):
    path = workbook(tmp_path / "x.xlsx", One=TABLE, **{"Year 2": [["a", "b"], [1, 2]]})
    told = "x.xlsx: the sheet 'One' is read; there is also 'Year 2' (choose with x.xlsx:NAME)."
    assert read(path).notes[0] == told
    assert read(f"{path}:Year 2").column_names == ("a", "b")
    assert read_records(f"{path}:Year 2").frame.to_dict("records") == [{"a": "1", "b": "2"}]
    assert content_hash(f"{path}:Year 2") == content_hash(path)
    with pytest.raises(DataError, match=r"x\.xlsx has no sheet 'Year 3'\. It holds: 'One', 'Year 2'\."):
        read(f"{path}:Year 3")


def test_empty_rows_and_columns_are_left_out_and_rows_keep_their_number(tmp_path):
    path = workbook(tmp_path / "x.xlsx", One=[["id", "a", None], [], ["s1", 1, None], ["s2", "two", ""]])
    with pytest.raises(DataError, match=r"x\.xlsx: line 4, column 'a' holds 'two', which is not a number"):
        read(path)
    assert read_records(path).frame.columns.tolist() == ["id", "a"]


@pytest.mark.parametrize("rows", [[], [["a", "b"]]])
def test_a_sheet_without_rows_is_refused(rows, tmp_path):
    path = workbook(tmp_path / "x.xlsx", One=rows)
    with pytest.raises(DataError, match=r"x\.xlsx (is empty|has a line of names)"):
        read(path)
    with pytest.raises(DataError, match=r"x\.xlsx holds no record"):
        read_records(path)


def test_two_columns_of_one_name_are_refused_as_records(tmp_path):
    with pytest.raises(DataError, match="two columns named 'a'"):
        read_records(workbook(tmp_path / "x.xlsx", One=[["a", "a "], [1, 2]]))


def test_a_cut_workbook_or_another_kind_of_file_is_refused(tmp_path):
    buffer = io.BytesIO()
    workbook(buffer, One=TABLE)
    whole = buffer.getvalue()
    archive = io.BytesIO()
    np.savez(archive, a=np.ones(2))
    for content in (whole[:1000], whole[:-30], b"a,b\n1,2\n", archive.getvalue()):
        (tmp_path / "x.xlsx").write_bytes(content)
        for reader in (read, read_records):
            with pytest.raises(DataError, match=r"x\.xlsx is not a readable Excel file"):
                reader(tmp_path / "x.xlsx")


def test_a_workbook_that_lacks_a_part_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.create_chartsheet("Empty", 0)  # without the drawing that its chart would be
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"x\.xlsx is not a readable Excel file"):
        read(tmp_path / "x.xlsx")


def test_a_column_without_a_name_is_told_as_such(tmp_path):
    path = workbook(tmp_path / "x.xlsx", One=[["text", None, None], ["one", 1, 2]])
    with pytest.raises(DataError, match=r"two columns without a name in the first line\. Rename one"):
        read_records(path)


def test_without_openpyxl_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r'Reading \.xlsx needs the excel extra: pip install "partwise\[excel'):
        read(tmp_path / "x.xlsx")
