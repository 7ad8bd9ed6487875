"""Tables of text from files and folders."""

import gzip
import json

import pandas as pd
import pytest

from partwise.errors import DataError, MissingFileError
from partwise.io import read_records

KINDS = {
    "x.csv": 'id,body\n1,"two\nlines, one comma"\n2,plain\n',
    "semi.csv": 'id;body\n1;"two\nlines, one comma"\n2;plain\n',
    "x.tsv": 'id\tbody\n1\t"two\nlines, one comma"\n2\tplain\n',
    "x.jsonl": '{"id": "1", "body": "two\\nlines, one comma"}\n\n{"id": "2", "body": "plain"}\n',
}


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_table_gives_the_same_records(name, tmp_path):
    frame = read_records(written(tmp_path, name, KINDS[name])).frame
    assert frame.to_dict("records") == [{"id": "1", "body": "two\nlines, one comma"}, {"id": "2", "body": "plain"}]


def test_a_parquet_file_gives_its_values_as_text(tmp_path):
    day = pd.Timestamp("2024-05-31")
    pd.DataFrame({"n": [1, 2], "x": [0.5, None], "day": [day, None]}).to_parquet(tmp_path / "x.parquet")
    frame = read_records(tmp_path / "x.parquet").frame
    assert frame.to_dict("records") == [{"n": "1", "x": "0.5", "day": str(day)}, {"n": "2", "x": "", "day": ""}]


def test_packed_and_marked_files_are_read_like_plain_ones(tmp_path):
    plain = read_records(written(tmp_path, "x.csv", KINDS["x.csv"])).frame
    packed = read_records(written(tmp_path, "p.csv.gz", gzip.compress(KINDS["x.csv"].encode()))).frame
    marked = read_records(written(tmp_path, "m.csv", KINDS["x.csv"].encode("utf-8-sig"))).frame
    wide = read_records(written(tmp_path, "w.csv", KINDS["x.csv"].encode("utf-16")))
    assert plain.equals(packed) and plain.equals(marked) and plain.equals(wide.frame)
    assert "utf-16" in wide.notes[0]


def test_a_text_file_is_a_record_per_line(tmp_path):
    frame = read_records(written(tmp_path, "x.txt", "one\n\nthree\n")).frame
    assert frame.to_dict("list") == {"line": ["1", "2", "3"], "text": ["one", "", "three"]}


def test_a_folder_is_a_record_per_file_and_says_what_it_leaves_out(tmp_path):
    (tmp_path / "sub").mkdir()
    for name, text in {"b.txt": "bee", "sub/a.txt": "ay", "empty.txt": "", "x.pdf": "no", ".hidden.txt": "no"}.items():
        written(tmp_path, name, text)
    records = read_records(tmp_path)
    assert records.frame.to_dict("list") == {"file": ["b.txt", "empty.txt", "sub/a.txt"], "text": ["bee", "", "ay"]}
    assert "1 file of another kind is left out (first: x.pdf)" in records.notes[0]


def test_cells_stay_as_they_stand(tmp_path):
    long = "word " * 50_000
    frame = read_records(written(tmp_path, "x.csv", f"id,body\nNA,007\n,{long}\n")).frame
    assert frame.to_dict("list") == {"id": ["NA", ""], "body": ["007", long]}


def test_values_of_json_lines_that_are_no_strings_are_kept_as_json(tmp_path):
    lines = [{"text": "a", "year": 1999, "tags": ["x"]}, {"text": None}]
    frame = read_records(written(tmp_path, "x.jsonl", "\n".join(map(json.dumps, lines)))).frame
    assert frame.to_dict("list") == {"text": ["a", ""], "year": ["1999", ""], "tags": ['["x"]', ""]}


MISTAKES = {
    "an empty file": ("x.csv", "", "is empty"),
    "a header alone": ("x.csv", "a,b\n", "holds no record"),
    "a comma without quotes": ("x.csv", "id,body\n1,one, two\n", "line 2 has 3 cells, the first line has 2"),
    "two columns of one name": ("x.csv", "a,a\n1,2\n", "two columns named 'a'"),
    "another encoding": ("x.csv", "id,body\n1,ok\n2,caf\xe9\n".encode("latin-1"), "not UTF-8: byte 0xe9 in line 3"),
    "no text": ("x.txt", b"PK\x00\x03", "no text file"),
    "no JSON": ("x.jsonl", '{"a": 1}\n{a}\n', "line 2 is not JSON"),
    "JSON deeper than Python reads": ("x.jsonl", '{"a": ' + "[" * 100_000 + "\n", "line 1 is not JSON"),
    "a longer number than Python reads": ("x.jsonl", f'{{"a": {"1" * 5_000}}}\n', "line 1 is not JSON"),
    "a byte order mark alone": ("x.csv", b"\xef\xbb\xbf", "x.csv is empty: 3 bytes, no text in them"),
    "no JSON object": ("x.jsonl", "[1]\n", "line 1 is no JSON object"),
    "another kind": ("x.docx", "words", ".docx is not a kind of text"),
    "a damaged packing": ("x.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-4], "not a readable .gz"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake, tmp_path):
    name, content, said = MISTAKES[mistake]
    with pytest.raises(DataError, match=said):
        read_records(written(tmp_path, name, content))


def test_the_encoding_can_be_given_and_must_exist(tmp_path):
    path = written(tmp_path, "x.txt", "caf\xe9".encode("latin-1"))
    assert read_records(path, encoding="latin-1").frame.text[0] == "caf\xe9"
    with pytest.raises(DataError, match="no encoding 'utf9'"):
        read_records(path, encoding="utf9")


def test_what_does_not_exist_is_said(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        read_records(tmp_path / "x.csv")
    with pytest.raises(DataError, match="without text files"):
        read_records(tmp_path)
