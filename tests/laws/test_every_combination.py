"""Laws that every compatible loss, solver and penalty must keep, whatever the storage of X.

The grid is generated from the pairing rule, so a new loss or solver is tested as soon as it is listed here. Objectives
are computed anew in NumPy, from the dense X.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import kl_div

from partwise.data import as_data, grid
from partwise.data import sparse as sparse_data
from partwise.engine import step as stepping
from partwise.engine.iterate import Limits, iterate
from partwise.engine.problem import SOLVERS, Problem, gap, solver_of
from partwise.engine.step import State, half_step, step
from partwise.errors import IncompatibleError
from partwise.interfaces import Rows
from partwise.kernels import pool
from partwise.losses import Beta
from partwise.penalties import Elastic

BETAS = (2, 1, 0, 0.5, 1.5, 3, -1)
PENALTIES = {"free": Elastic(), "elastic": Elastic(l1=0.02, l2=0.05)}
GRID = [
    pytest.param(beta, solver, penalty, id=f"{beta}-{solver}-{name}")
    for beta in BETAS
    for solver in SOLVERS
    for name, penalty in PENALTIES.items()
    if not gap(Beta(float(beta)), solver_of(solver, Beta(float(beta))), penalty)
]
every_combination = pytest.mark.parametrize("beta, solver, penalty", GRID)
SEEDS = (0, 1, 2)


def matrix(beta, seed=0, n=37, p=23):
    """Positive for beta <= 0, where a zero costs infinitely much, else four cells in ten are 0; rank 3 and noise."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3)) @ rng.random((3, p)) + 0.1 * rng.random((n, p))
    return X if beta <= 0 else X * (rng.random((n, p)) < 0.6)


def start(X, k=3, seed=0):
    """Positive factors, tall, whose product has about the size of X."""
    rng = np.random.default_rng(100 + seed)
    level = np.sqrt(X.mean() / k)
    return State(level * (0.5 + rng.random((X.shape[0], k))), level * (0.5 + rng.random((X.shape[1], k))))


def problem_of(data, beta, solver, penalty):
    loss = Beta(float(beta)).on(data)
    method = solver_of(solver, loss)
    return Problem(loss, method, method, penalty, penalty)


def columns_of(problem, data):
    """X by columns for the solvers that work on the data themselves; the others can do without."""
    return data.transposed() if problem.solver_H.needs is Rows else None


def after(X, beta, solver, penalty, state, iterations=8, threads=1):
    """The state after some iterations, with X in whatever storage it comes."""
    with pool.session(threads) as threads:
        data = as_data(X, threads)
        problem = problem_of(data, beta, solver, penalty)
        problem.check()
        state = state.copy()
        for _ in range(iterations):
            step(problem, data, columns_of(problem, data), state)
    return state


def objective(X, state, beta, penalty):
    """Divergence and penalties by their textbook formulas."""
    W, H = state.W, state.Ht.T
    Y = W @ H
    if beta == 2:
        loss = 0.5 * np.sum((X - Y) ** 2)
    elif beta == 1:
        loss = kl_div(X, Y).sum()
    elif beta == 0:
        loss = np.sum(X / Y - np.log(X / Y) - 1)
    else:
        loss = np.sum(X**beta + (beta - 1) * Y**beta - beta * X * Y ** (beta - 1)) / (beta * (beta - 1))
    return loss + sum(penalty.l1 * A.sum() + penalty.l2 / 2 * np.sum(A**2) for A in (W, H))


def assert_near(one, other, rtol):
    """Both factors agree to ``rtol`` of their largest entry."""
    for A, B in ((one.W, other.W), (one.Ht, other.Ht)):
        np.testing.assert_allclose(A, B, rtol=rtol, atol=rtol * np.abs(B).max())


def assert_same_bits(one, other):
    assert one.W.tobytes() == other.W.tobytes()
    assert one.Ht.tobytes() == other.Ht.tobytes()


@pytest.fixture
def many_blocks(monkeypatch):
    """Constants of the grid so small that a small matrix has many blocks, lanes and chunks, and threads are woken."""
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 700)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    monkeypatch.setattr(grid, "SPARSE_BLOCK_STORED", 60)
    monkeypatch.setattr(sparse_data, "ENTRIES_PER_LANE", 1)
    monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 5)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)


# ---------------------------------------------------------------------- storages


def with_duplicates(X):
    """CSR in which every entry of the first column is stored in two halves."""
    coo = sp.coo_array(X)
    first = coo.col == 0
    values = np.concatenate([np.where(first, coo.data / 2, coo.data), coo.data[first] / 2])
    rows, cols = np.concatenate([coo.row, coo.row[first]]), np.concatenate([coo.col, coo.col[first]])
    order = np.argsort(rows, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=X.shape[0]))])
    return sp.csr_array((values[order], cols[order], indptr), shape=X.shape)


def unsorted(X):
    """CSR whose rows store their entries from right to left."""
    csr = sp.csr_array(X)
    order = np.concatenate(
        [np.arange(high - 1, low - 1, -1) for low, high in zip(csr.indptr, csr.indptr[1:], strict=False)]
    )
    return sp.csr_array((csr.data[order], csr.indices[order], csr.indptr), shape=X.shape)


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def wide_indices(X):
    csr = sp.csr_array(X)
    return sp.csr_array((csr.data, csr.indices.astype(np.int64), csr.indptr.astype(np.int64)), shape=X.shape)


def memory_map(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


STORAGES = {
    "fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "read-only": read_only,
    "csr": sp.csr_array,
    "csr-matrix": sp.csr_matrix,
    "csc": sp.csc_array,
    "csc-matrix": sp.csc_matrix,
    "coo": sp.coo_array,
    "int64-indices": wide_indices,
    "unsorted": unsorted,
    "duplicates": with_duplicates,
}


@pytest.fixture(params=[*STORAGES, "memmap"])
def storage(request, tmp_path):
    """A function that puts a dense C-ordered X into another storage."""
    if request.param == "memmap":
        return lambda X: memory_map(X, tmp_path)
    return STORAGES[request.param]


def content(X):
    """Every byte that X consists of."""
    parts = (X.data, *(getattr(X, name) for name in ("indptr", "indices", "row", "col") if hasattr(X, name)))
    return [np.asarray(part).tobytes() for part in parts] if sp.issparse(X) else [X.tobytes()]


# ---------------------------------------------------------------------- the laws


def test_the_grid_is_what_the_pairing_rule_promises():
    pairs = {(param.values[0], param.values[1]) for param in GRID}
    assert pairs == {(beta, solver) for beta in BETAS for solver in ("mu", "mue")} | {
        *((2, solver) for solver in ("cd", "bpp", "pg", "admm")),
        (1, "scd"),
    }
    assert len(GRID) == 2 * len(pairs)


@pytest.mark.parametrize("beta", BETAS[1:])
@pytest.mark.parametrize("solver", ["cd", "bpp"])
def test_a_wrong_pair_is_refused_with_both_names_and_a_way_out(beta, solver):
    loss = Beta(float(beta))
    method = solver_of(solver, loss)
    with pytest.raises(IncompatibleError, match=rf"'{solver}'.*beta_loss = {float(beta)}.*solver='mu'"):
        Problem(loss, method, method).check()


@every_combination
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_no_iteration_raises_the_objective_where_that_is_declared(beta, solver, penalty, seed, form):
    X = matrix(beta, seed)
    data = as_data(form(X), 1)
    problem = problem_of(data, beta, solver, penalty)
    assert problem.monotone
    state = start(X, seed=seed)
    before = first = objective(X, state, beta, penalty)
    for _ in range(25):
        step(problem, data, columns_of(problem, data), state)
        now = objective(X, state, beta, penalty)
        assert now <= before + 1e-13 * first  # sums of 851 cells round by less than that
        before = now
    assert now < 0.9 * first
    assert state.W.min() >= 0
    assert state.Ht.min() >= 0


@every_combination
def test_storage_does_not_matter(beta, solver, penalty, storage):
    X = matrix(beta)
    expected = after(X, beta, solver, penalty, start(X))
    # other order of the sums in 8 iterations; coordinate and multiplicative steps pass errors on without enlarging them
    assert_near(after(storage(X), beta, solver, penalty, start(X)), expected, rtol=1e-10)


@every_combination
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_blocks_do_not_matter(beta, solver, penalty, form, request):
    X = matrix(beta)
    expected = after(form(X), beta, solver, penalty, start(X))
    request.getfixturevalue("many_blocks")
    data = as_data(form(X), 1)
    assert len(data.blocks) > 5
    assert_near(after(form(X), beta, solver, penalty, start(X)), expected, rtol=1e-10)  # sums in another order


@every_combination
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_any_number_of_threads_gives_the_same_bits(beta, solver, penalty, form, dtype, many_blocks):
    X = matrix(beta).astype(dtype)
    first = start(X)
    first = State(first.W.astype(dtype), first.Ht.astype(dtype))
    serial = after(form(X), beta, solver, penalty, first, threads=1)
    for threads in (2, 4):
        assert_same_bits(after(form(X), beta, solver, penalty, first, threads=threads), serial)


def test_sparse_data_have_several_lanes_when_bits_are_compared(many_blocks):
    seen = []
    data = as_data(sp.csr_array(matrix(1)), 1)

    def count(X, A, total):
        seen.append(total is None)
        return 0

    data.sweep(count, np.zeros((37, 1)))
    assert seen.count(True) > 3


@every_combination
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_one_reading_of_x_equals_a_half_step_on_x_and_one_on_its_transpose(beta, solver, penalty, form):
    X = matrix(beta)
    data = as_data(form(X), 1)
    problem = problem_of(data, beta, solver, penalty)
    once, twice = start(X), start(X)
    step(problem, data, columns_of(problem, data), once)
    half_step(problem.loss, problem.solver_W, penalty, data, twice.W, problem.loss.fix(twice.Ht))
    half_step(problem.loss, problem.solver_H, penalty, as_data(form(X.T.copy())), twice.Ht, problem.loss.fix(twice.W))
    assert_near(once, twice, rtol=1e-12)  # the same sums in another order


@every_combination
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_the_columns_as_data_of_their_own_give_the_same_iterations(beta, solver, penalty, form):
    X = matrix(beta)
    data = as_data(form(X), 1)
    problem = problem_of(data, beta, solver, penalty)
    one, two = start(X), start(X)
    for _ in range(5):
        step(problem, data, columns_of(problem, data), one)
        step(problem, data, data.transposed(), two)
    assert_near(two, one, rtol=1e-11)


@pytest.mark.parametrize("seed", [0, 1])
@every_combination
def test_x_and_its_transpose_end_at_the_same_error(beta, solver, penalty, seed):
    X = matrix(0, seed)  # positive and of low rank, hence without the many local minima of a matrix full of holes
    state = start(X, seed=seed)
    turned = State(state.Ht.copy(), state.W.copy())
    iterations = 300 if solver in ("mu", "mue") else 100
    one = after(X, beta, solver, penalty, state, iterations)
    two = after(X.T.copy(), beta, solver, penalty, turned, iterations)
    errors = [objective(A, B, beta, penalty) for A, B in ((X, one), (X.T, two))]
    assert errors[0] == pytest.approx(errors[1], rel=0.01)  # who moves first differs, so the paths do


@every_combination
def test_the_order_of_the_components_does_not_matter(beta, solver, penalty):
    X = matrix(beta)
    state, order = start(X), [2, 0, 1]
    shuffled = State(state.W[:, order].copy(), state.Ht[:, order].copy())
    if solver in ("cd", "scd"):  # they visit coordinates in turn, so the path depends on the order but the end does not
        ends = [objective(X, after(X, beta, solver, penalty, s, 300), beta, penalty) for s in (state, shuffled)]
        assert ends[0] == pytest.approx(ends[1], rel=1e-3)
        return
    expected = after(X, beta, solver, penalty, state)
    found = after(X, beta, solver, penalty, shuffled)
    assert_near(found, State(expected.W[:, order], expected.Ht[:, order]), rtol=1e-10)  # sums in another order


@every_combination
@pytest.mark.parametrize("c", [1e-12, 1e-4, 3.7, 1e6, 1e12])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_scaled_data_give_scaled_factors(beta, solver, penalty, c, form):
    """d(cx, cy) = c^beta d(x, y): with penalties scaled alike, both factors grow by the root of c."""
    X = matrix(beta)
    one = start(X)
    root = np.sqrt(c)
    other = State(root * one.W, root * one.Ht)
    scaled = Elastic(penalty.l1 * c**beta / root, penalty.l2 * c**beta / c)
    expected = after(form(X), beta, solver, penalty, one)
    found = after(form(c * X), beta, solver, scaled, other)
    assert_near(State(found.W / root, found.Ht / root), expected, rtol=1e-9)  # powers of c round a little more


@every_combination
@pytest.mark.parametrize("cut", [1, 4, 10, 13])
def test_resuming_from_a_state_is_never_having_stopped(beta, solver, penalty, cut):
    X = matrix(beta)
    data = as_data(X, 1)
    problem = problem_of(data, beta, solver, penalty)
    whole, parts = start(X), start(X)
    for _ in iterate(problem, data, whole, Limits(tol=0, max_iter=17), columns_of(problem, data)):
        pass
    for limit in (cut, 17 - cut):
        kept = parts.copy()
        for progress in iterate(problem, data, kept, Limits(tol=0, max_iter=limit), columns_of(problem, data)):
            parts = progress.state.copy()
    assert parts.n_iter == whole.n_iter == 17
    assert_same_bits(parts, whole)


@every_combination
def test_breaking_out_of_the_loop_keeps_a_state_to_go_on_from(beta, solver, penalty):
    X = matrix(beta)
    data = as_data(X, 1)
    problem = problem_of(data, beta, solver, penalty)
    whole, parts = start(X), start(X)
    for _ in iterate(problem, data, whole, Limits(tol=0, max_iter=16), columns_of(problem, data)):
        pass
    for progress in iterate(problem, data, parts, Limits(tol=0, max_iter=100), columns_of(problem, data)):
        if progress.state.n_iter == 12:
            break
    for _ in iterate(problem, data, parts, Limits(tol=0, max_iter=4), columns_of(problem, data)):
        pass
    assert_same_bits(parts, whole)


@every_combination
def test_the_data_are_never_written_to(beta, solver, penalty, storage):
    X = storage(matrix(beta))
    before = content(X)
    after(X, beta, solver, penalty, start(matrix(beta)), iterations=2)
    assert content(X) == before


@every_combination
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_float32_stays_float32_and_near_float64(beta, solver, penalty, form):
    X = matrix(beta)
    state = start(X)
    low = State(state.W.astype(np.float32), state.Ht.astype(np.float32))
    found = after(form(X.astype(np.float32)), beta, solver, penalty, low)
    assert found.W.dtype == found.Ht.dtype == np.float32
    exact = after(X, beta, solver, penalty, state)
    ends = [objective(X, State(s.W.astype(float), s.Ht.astype(float)), beta, penalty) for s in (found, exact)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)  # eight iterations of 7 digits


@every_combination
def test_the_evidence_of_a_half_step_vanishes_at_its_own_optimum(beta, solver, penalty):
    """Repeating one half step with the other factor fixed must drive its projected gradient to zero."""
    X = matrix(beta)
    data = as_data(X, 1)
    problem = problem_of(data, beta, solver, penalty)
    state = start(X)
    seen = []
    for _ in range(400):
        total = half_step(problem.loss, problem.solver_W, penalty, data, state.W, problem.loss.fix(state.Ht))
        seen.append(np.sqrt(total.evidence.grad2.sum() / total.evidence.neg2.sum()))
    limit = 0.05 if solver in ("mu", "mue") else 1e-9  # multiplicative steps approach a zero entry only as 1 / t
    assert seen[-1] < limit * seen[0]
