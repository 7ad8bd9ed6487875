"""Blocks, lanes and sweeps: every row once, in an order that follows from sizes alone."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import Dense, Sparse, as_data, grid, has_duplicates
from partwise.data import sparse as sparse_data
from partwise.kernels import pool


def table(n=50, p=20, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, p)) * (rng.random((n, p)) < 0.4)


@pytest.mark.parametrize(
    "n, row_bytes, block_bytes", [(1, 8, 1), (10, 8, 80), (10, 8, 79), (1000, 800, 4096), (7, 1000, 10)]
)
def test_dense_blocks_cover_every_row_once(n, row_bytes, block_bytes, monkeypatch):
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    blocks = grid.dense_blocks(n, row_bytes)
    assert [i for low, high in blocks for i in range(low, high)] == list(range(n))
    limit = block_bytes * (2 if n * row_bytes > grid.DENSE_MANY * block_bytes else 1)
    assert all((high - low - 1) * row_bytes <= limit for low, high in blocks)


@pytest.mark.parametrize("lengths", [[0], [5], [0, 0, 0], [1000] * 7, [0, 5000, 0, 0, 10, 3], list(range(200))])
def test_sparse_blocks_cover_every_row_once(lengths):
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    blocks = grid.sparse_blocks(indptr, 300, 8)
    assert [i for low, high in blocks for i in range(low, high)] == list(range(len(lengths)))
    assert all(low < high for low, high in blocks)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1000])
@pytest.mark.parametrize("most", [0, 1, 7, 1000])
def test_lanes_keep_the_blocks_in_order(count, most):
    blocks = [(i, i + 1) for i in range(count)]
    lanes = grid.lanes(blocks, most)
    assert [block for lane in lanes for block in lane] == blocks
    assert 1 <= len(lanes) <= max(1, min(most, grid.MOST_LANES))
    assert max(map(len, lanes)) - min(map(len, lanes)) <= 1


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 64])
def test_parts_are_added_by_a_fixed_tree(count):
    def tree(parts):
        if len(parts) == 1:
            return parts[0]
        paired = [f"({a}{b})" for a, b in zip(parts[::2], parts[1::2], strict=False)]
        return tree(paired + parts[len(parts) - len(parts) % 2 :])

    class Text(str):
        def __add__(self, other):
            return Text(f"({self!s}{other!s})")

    names = [chr(48 + i) for i in range(count)]
    for seed in range(3):
        total = grid.Sum(count)
        for i in np.random.default_rng(seed).permutation(count).tolist():  # whoever comes first
            total.put(i, Text(names[i]))
        assert total.result == tree(names)


def test_blocks_of_wide_rows_hold_128_of_them_or_16_mebibytes():
    assert {high - low for low, high in grid.dense_blocks(5120, 40_000)} <= {127, 128}
    assert {high - low for low, high in grid.dense_blocks(500, 400_000)} <= {41, 42}
    assert {high - low for low, high in grid.dense_blocks(400, 40_000, collect=False)} <= {50, 51}
    low, high = grid.dense_blocks(100_000, 400)[0]
    assert (high - low) * 400 <= grid.DENSE_BLOCK_BYTES


def test_blocks_grow_to_twice_their_size_where_there_are_many():
    def bytes_of_a_block(n):
        low, high = grid.dense_blocks(n, 6272)[0]
        return (high - low) * 6272

    few, more, many = (bytes_of_a_block(n) for n in (10_000, 16_000, 100_000))
    assert few <= grid.DENSE_BLOCK_BYTES < more < many <= 2 * grid.DENSE_BLOCK_BYTES


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("collect", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_sweep_meets_every_row_once_and_adds_everything(form, collect, threads, monkeypatch):
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 600)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    monkeypatch.setattr(grid, "SPARSE_BLOCK_STORED", 30)
    monkeypatch.setattr(sparse_data, "ENTRIES_PER_LANE", 1)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)
    X = table()
    data, W = as_data(form(X), threads), np.zeros((50, 2))

    def fn(block, rows, total):
        rows += block.dot(np.ones((20, 2)))
        return (total or 0.0) + float(rows[:, 0].sum())

    assert data.sweep(fn, W, collect) == pytest.approx(X.sum(), rel=1e-13)
    np.testing.assert_allclose(W[:, 1], X.sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_sums_of_the_data_are_numpys(form):
    X = table()
    data = as_data(form(X))
    assert data.total == pytest.approx(X.sum(), rel=1e-13)
    assert data.norm2 == pytest.approx((X**2).sum(), rel=1e-13)
    assert data.largest == X.max()
    assert data.nonzeros == np.count_nonzero(X)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_the_transpose_has_the_same_numbers(form):
    X = table()
    turned = as_data(form(X)).transposed()
    assert turned.shape == (20, 50)
    out = np.zeros((20, 50))

    def fn(block, rows, total):
        rows[...] = block.dot(np.eye(50))
        return 0

    turned.sweep(fn, out, collect=False)
    np.testing.assert_array_equal(out, X.T)


def test_the_door_makes_dense_or_sparse_data_and_copies_nothing_it_need_not():
    X = table()
    assert isinstance(as_data(X), Dense)
    assert as_data(X).X is X
    csr = sp.csr_array(X)
    assert isinstance(as_data(csr), Sparse)
    assert as_data(csr).X is csr
    assert np.shares_memory(as_data(csr).arrays[2], csr.data)


def test_duplicates_are_found_sorted_or_not():
    def csr(indices, indptr=(0, 3, 3, 5)):
        return sp.csr_array((np.ones(5), np.array(indices), np.array(indptr)), shape=(3, 6))

    assert not has_duplicates(csr([0, 1, 2, 0, 1]))
    assert not has_duplicates(csr([2, 0, 1, 1, 0]))
    assert not has_duplicates(csr([0, 1, 2, 2, 3]))  # the same index at the end of a row and the start of the next
    assert has_duplicates(csr([1, 0, 1, 0, 1]))
    assert has_duplicates(csr([0, 1, 2, 4, 4]))
    assert not has_duplicates(sp.csr_array((3, 6)))


def test_the_grid_does_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 600)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    for form in (np.asarray, sp.csr_array):
        blocks = [as_data(form(table()), threads).blocks for threads in (1, 2, 16)]
        assert blocks[0] == blocks[1] == blocks[2]


def test_the_worst_row_is_the_one_that_is_missed_most():
    X = table()
    rng = np.random.default_rng(1)
    W, Ht = 0.3 * rng.random((50, 2)), 0.3 * rng.random((20, 2))
    missed = np.maximum(X - W @ Ht.T, 0)
    worst = np.argmax((missed**2).sum(axis=1))
    for form in (np.asarray, sp.csr_array):
        found = as_data(form(X)).block((0, 50)).worst_row(W, Ht)
        np.testing.assert_allclose(found.row, missed[worst], rtol=1e-12, atol=1e-14)
        assert found.size == pytest.approx((missed[worst] ** 2).sum(), rel=1e-12)


def test_the_work_of_rows_is_counted_beyond_32_bits():
    indptr = np.array([0, 2**31 - 1], np.int32)
    assert grid.sparse_blocks(indptr, 125_000, 8) == [(0, 1)]
