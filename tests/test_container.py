"""The file holds what was given, byte for byte, and refuses everything else with a reason."""

import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from partwise import container
from partwise.container import CSR
from partwise.errors import MissingFileError, ModelFileError

ARRAYS = {"H": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "b"])}
SPARSE = CSR(np.array([1.0, 2.0]), np.array([0, 2]), np.array([0, 1, 1, 2]), (3, 3))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.pw"
    container.write(path, {"class": "NMF"}, {**ARRAYS, "X": SPARSE})
    return path


def rewrite(path, envelope=None, compression=zipfile.ZIP_STORED, **members):
    """Write the zip ``path`` again with another envelope or other members (None leaves one out)."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if envelope is not None:
        old = json.loads(content["header.json"])
        envelope(old)
        content["header.json"] = json.dumps(old).encode()
    content.update({name.replace("__", "."): data for name, data in members.items()})
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def npy(array, **kwargs):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), **kwargs)
    return buffer.getvalue()


def npy_claiming(shape, descr="<f8", payload=b""):
    """An ``.npy`` whose header promises more than it has."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + payload


plain = st.sampled_from(["?", "<i1", ">i4", "<u8", "<f2", "<f4", ">f8", "<c16", "<U3", "<M8[s]"]).map(np.dtype)
arrays = plain.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), values, max_size=4), st.dictionaries(names, arrays, max_size=4))
def test_what_is_written_is_read(tmp_path_factory, header, arrays):
    path = tmp_path_factory.mktemp("round") / "m.pw"
    container.write(path, header, arrays)
    read_header, read_arrays = container.read(path)
    assert read_header == header
    assert read_arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read_arrays[name].dtype == array.dtype
        assert read_arrays[name].shape == array.shape
        assert read_arrays[name].tobytes() == array.tobytes()


def test_a_sparse_array_is_read_as_it_was(path):
    read = container.read(path)[1]["X"]
    assert isinstance(read, CSR)
    assert read.shape == (3, 3)
    for mine, given_ in zip(read[:3], SPARSE[:3], strict=True):
        assert_array_equal(mine, given_, strict=True)


def test_the_header_tells_the_arrays_without_reading_them(path, monkeypatch):
    monkeypatch.setattr(np.lib.format, "read_array", None)
    header, layout = container.read_header(path)
    assert header == {"class": "NMF"}
    assert layout["H"] == {"kind": "dense", "dtype": "<f8", "shape": [2, 3]}
    assert layout["X"] == {"kind": "csr", "dtype": "<f8", "shape": [3, 3]}


def test_equal_content_gives_equal_bytes(tmp_path):
    container.write(tmp_path / "1.pw", {"a": 1, "b": 2}, {"H": np.eye(2), "W": np.ones(3)})
    container.write(tmp_path / "2.pw", {"b": 2, "a": 1}, {"W": np.ones(3), "H": np.eye(2)})
    assert (tmp_path / "1.pw").read_bytes() == (tmp_path / "2.pw").read_bytes()


def test_numpy_opens_the_file_and_members_are_stored_plain(path):
    with np.load(path) as opened:
        assert_array_equal(opened["H"], ARRAYS["H"])
    with zipfile.ZipFile(path) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        first, *others = archive.namelist()
    assert first == "header.json"
    assert others == sorted(others)


def test_a_fortran_array_and_a_view_are_written_from_where_they_are(tmp_path):
    base = np.arange(24.0).reshape(4, 6)
    container.write(tmp_path / "m.pw", {}, {"F": np.asfortranarray(base), "view": base[::2, ::3]})
    read = container.read(tmp_path / "m.pw")[1]
    assert_array_equal(read["F"], base)
    assert read["F"].flags.f_contiguous
    assert_array_equal(read["view"], base[::2, ::3])


UNWRITABLE = [
    ({}, {"X": np.array([object()])}, "array 'X' has dtype object.*pickle"),
    ({}, {"X": np.zeros(2, "i4,f8")}, "array 'X' has dtype"),
    ({}, {"X": np.ma.masked_equal([1, 2], 1)}, "array 'X' is masked"),
    ({}, {"X": CSR(np.array([None]), np.array([0]), np.array([0, 1]), (1, 1))}, "array 'X' has dtype object"),
    ({}, {"../X": np.eye(2)}, "bad array name '../X'"),
    ({}, {"": np.eye(2)}, "bad array name ''"),
    ({}, {"X": SPARSE, "X.data": np.eye(2)}, "two arrays would be stored as 'X.data'"),
    ({"a": object()}, {}, "header is not JSON"),
    ({"a": {1, 2}}, {}, "header is not JSON"),
    ({"a": "x" * (container.MAX_HEADER + 1)}, {}, "header has .* bytes"),
]


@pytest.mark.parametrize("header, arrays, text", UNWRITABLE, ids=[case[2] for case in UNWRITABLE])
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(header, arrays, text, tmp_path):
    with pytest.raises(ModelFileError, match=text):
        container.write(tmp_path / "m.pw", header, arrays)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="no folder"):
        container.write(tmp_path / "absent" / "m.pw", {}, {})


def other_zip(path):
    np.savez(path.with_suffix(".npz"), a=np.eye(2))
    os.replace(path.with_suffix(".npz"), path)


def docx(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")


def twice(path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("H.npy", npy(np.eye(3)))


def encrypted(path):
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x01\x02", 0, data.index(b"header.json", data.index(b"PK\x01\x02")) + 1)
    data[end + 8] |= 1
    path.write_bytes(data)


def flipped(path):
    data = bytearray(path.read_bytes())
    data[data.index(np.float64(5.0).tobytes())] ^= 1
    path.write_bytes(data)


def overlapping(path):
    """Many directory entries for the bytes of one member: a bomb without compression."""
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    directory = data[start : data.rindex(b"PK\x05\x06")]
    count = struct.unpack("<H", data[-12:-10])[0]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count * 9, count * 9, len(directory) * 9, start, 0)
    path.write_bytes(data[:start] + directory * 9 + end)


def envelope(**changes):
    return lambda path: rewrite(path, envelope=lambda old: old.update(changes))


def layout(**changes):
    return lambda path: rewrite(path, envelope=lambda old: old["arrays"]["H"].update(changes))


BROKEN = {
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "text": (lambda p: p.write_text("hello"), "not even a zip"),
    "pickle": (lambda p: p.write_bytes(b"\x80\x04K\x01."), "not even a zip"),
    "npz": (other_zip, "zip without header.json; its first member is 'a.npy'"),
    "docx": (docx, "zip without header.json; its first member is 'word/document.xml'"),
    "zip start only": (lambda p: p.write_bytes(b"PK\x03\x04"), "cut short"),
    "bad JSON": (lambda p: rewrite(p, header__json=b"{"), "not JSON"),
    "bad text": (lambda p: rewrite(p, header__json=b"\xff\xfe\xfa"), "not JSON"),
    "deep JSON": (lambda p: rewrite(p, header__json=b"[" * 200_000), "not JSON"),
    "endless number": (lambda p: rewrite(p, header__json=b"1" * 10_000), "not JSON"),
    "list": (lambda p: rewrite(p, header__json=b"[]"), "lacks"),
    "foreign header": (lambda p: rewrite(p, header__json=b'{"format": 1}'), 'lacks "magic"'),
    "newer": (
        envelope(format=3),
        r"model.pw was written by format 3; this partwise reads up to 1. Upgrade: pip install -U partwise\.",
    ),
    "format text": (envelope(format="1"), "unknown format '1'"),
    "format true": (envelope(format=True), "unknown format True"),
    "format zero": (envelope(format=0), "unknown format 0"),
    "no layout": (envelope(arrays=None), "does not describe"),
    "odd layout": (envelope(arrays={"H": 1}), "does not describe"),
    "odd kind": (layout(kind="object"), "does not describe"),
    "unhashable kind": (layout(kind=["dense"]), "does not describe"),
    "odd shape": (layout(shape=[2, -3]), "does not describe"),
    "other shape": (layout(shape=[3, 2]), "array 'H' that differs"),
    "other dtype": (layout(dtype="<f4"), "array 'H' that differs"),
    "missing array": (lambda p: rewrite(p, H__npy=None), "lacks the array 'H.npy'"),
    "surplus": (lambda p: rewrite(p, evil__npy=npy([1])), "holds 'evil.npy'"),
    "traversal": (lambda p: rewrite(p, **{"../../evil": b""}), "which its header does not list"),
    "same name twice": (twice, "two members of the same name"),
    "compressed": (lambda p: rewrite(p, compression=zipfile.ZIP_DEFLATED), "compressed"),
    "encrypted": (encrypted, "cannot be read"),
    "flipped bit": (flipped, "cut short or changed.*CRC"),
    "overlapping": (overlapping, "two members|more than the file"),
    "pickled array": (lambda p: rewrite(p, H__npy=npy(np.array([{}]))), "dtype object, which is not read"),
    "huge claim": (lambda p: rewrite(p, H__npy=npy_claiming((10**12, 10**3))), "whose length is not"),
    "negative claim": (lambda p: rewrite(p, H__npy=npy_claiming((-1, 0))), "not read"),
    "short": (lambda p: rewrite(p, H__npy=npy_claiming((2, 3), payload=b"12345678")), "whose length is not"),
    "long": (lambda p: rewrite(p, H__npy=npy(ARRAYS["H"]) + b"more"), "whose length is not"),
    "no npy": (lambda p: rewrite(p, H__npy=b"hello"), "cannot be read"),
    "npy 3.0": (lambda p: rewrite(p, H__npy=npy(ARRAYS["H"], version=(3, 0))), r"version \(3, 0\)"),
    "rows fall": (lambda p: rewrite(p, X__indptr__npy=npy([0, 2, 1, 2])), "point outside"),
    "column 3 of 3": (lambda p: rewrite(p, X__indices__npy=npy([0, 3])), "point outside"),
    "column -1": (lambda p: rewrite(p, X__indices__npy=npy([0, -1])), "point outside"),
    "column 1.5": (lambda p: rewrite(p, X__indices__npy=npy([0, 1.5])), "do not fit"),
    "rows missing": (lambda p: rewrite(p, X__indptr__npy=npy([0, 2])), "do not fit"),
    "three axes": (lambda p: rewrite(p, X__shape__npy=npy([3, 3, 3])), "do not fit"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_strange_file_is_refused_with_its_name_and_the_finding(case, path):
    spoil, text = BROKEN[case]
    spoil(path)
    with pytest.raises(ModelFileError, match=text) as caught:
        container.read(path)
    assert str(caught.value).startswith(str(path))


def test_an_absurd_header_is_not_read(path, monkeypatch):
    monkeypatch.setattr(container, "MAX_HEADER", 10)
    with pytest.raises(ModelFileError, match="at most 10"):
        container.read_header(path)


def test_a_compressed_header_is_not_unpacked(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b" " * (container.MAX_HEADER - 1))
    with pytest.raises(ModelFileError, match="compressed"):
        container.read_header(path)


def test_a_file_cut_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match=r"model\.pw"):
            container.read(path)


def test_a_changed_byte_is_refused_or_harmless(path):
    whole, expected = path.read_bytes(), container.read(path)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            header, arrays = container.read(path)
        except ModelFileError:
            continue
        assert header == expected[0]  # the byte was a date or a right, which is not read
        assert arrays["H"].tobytes() == expected[1]["H"].tobytes()


def test_a_missing_file_is_named_with_its_neighbours(path):
    with pytest.raises(MissingFileError, match=r"modle\.pw does not exist. Did you mean model\.pw\?"):
        container.read(path.with_name("modle.pw"))
    with pytest.raises(ModelFileError, match="is a folder"):
        container.read(path.parent)


STAGES = ["json.dumps", "zipfile.ZipFile.open", "numpy.lib.format.write_array", "os.fsync", "os.replace"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("accident", [OSError("disk full"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_write_that_fails_at_any_stage_leaves_the_previous_file(stage, accident, path, monkeypatch):
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise accident

    monkeypatch.setattr(stage, fail)
    with pytest.raises(type(accident)):
        container.write(path, {"new": True}, {"W": np.ones((50, 50))})
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["model.pw"]


KILLED = """
import os, sys, signal, numpy as np
from partwise import container
stage, path = sys.argv[1:]
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
module, _, name = stage.rpartition(".")
setattr({"os": os, "numpy.lib.format": np.lib.format}[module], name, die)
container.write(path, {"new": True}, {"W": np.ones((50, 50))})
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("stage", ["numpy.lib.format.write_array", "os.fsync", "os.replace"])
def test_a_process_killed_while_writing_leaves_the_previous_file(stage, path):
    import subprocess
    import sys

    before = path.read_bytes()
    source = os.path.dirname(os.path.dirname(os.path.abspath(container.__file__)))
    run = subprocess.run(
        [sys.executable, "-c", KILLED, stage, str(path)],
        env={**os.environ, "PYTHONPATH": source},
        check=False,
    )
    assert run.returncode == -9
    assert path.read_bytes() == before


def test_bytes_are_on_disk_before_the_name_changes_and_the_folder_after(path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda *names: (events.append("replace"), replace(*names))[1])
    container.write(path, {}, {})
    assert events == (["fsync", "replace", "fsync"] if os.name != "nt" else ["fsync", "replace"])


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_keeps_pointing_at_the_written_file(path):
    link = path.with_name("link.pw")
    link.symlink_to(path)
    container.write(link, {"new": 1}, {})
    assert link.is_symlink()
    assert container.read(path)[0] == {"new": 1}
