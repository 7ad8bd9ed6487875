"""Stochastic gradient descent beside coordinate descent on planted ratings: ``python -m benchmarks.sgd``.

Seconds to reach the same error on the observed cells: that of 30 passes of ``sgd`` at the learning rate that was best
for it here. Objective and gradient, which `NMF` takes after every pass, are counted for both.
"""

import time
import warnings

import numpy as np
import scipy.sparse as sp

from partwise import NMF, SGD

N, P, RANK, OBSERVED, PASSES = 670, 9000, 10, 100_000, 30
RATES = (2e-4, 2e-3, 5e-3, 1e-2, 2e-2)


def ratings() -> sp.csr_array:
    """A table of the size of MovieLens latest-small: about 100,000 cells, rank 10 and noise up to .1."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.integers(N, size=OBSERVED - N), np.arange(N)])
    columns = np.concatenate([rng.integers(P, size=OBSERVED - P), np.arange(P)])
    rows, columns = np.divmod(np.unique(rows * P + columns), P)
    W, H = rng.gamma(2.0, 0.3, (N, RANK)), rng.gamma(2.0, 0.3, (P, RANK))
    x = np.einsum("ij,ij->i", W[rows], H[columns]) + 0.1 * rng.random(len(rows))
    return sp.coo_array((x, (rows, columns)), shape=(N, P)).tocsr()


def timed(X: sp.csr_array, solver: object, passes: int) -> np.ndarray:
    """Root mean square error of the observed cells and seconds, after every iteration."""
    warnings.simplefilter("ignore")
    model = NMF(RANK, solver=solver, tol=0, max_iter=passes, random_state=0)  # type: ignore[arg-type]
    began = time.perf_counter()
    model.fit(X, weight="stored")
    fit, history = time.perf_counter() - began, model.history_
    seconds = history.seconds.to_numpy()
    print(f"{solver!s:68} {passes:4} passes, {1e3 * seconds[-1] / passes:6.1f} ms each, {fit:5.2f} s in all")
    return np.stack([np.sqrt(2 * history.objective / X.nnz), seconds], axis=1)


def main() -> None:
    """Print the passes, and the seconds to the error of the best SGD."""
    X = ratings()
    runs = {rate: timed(X, SGD(rate, regularisation=0.0), PASSES) for rate in RATES}
    rate = min(runs, key=lambda rate: np.nan_to_num(runs[rate][-1, 0], nan=np.inf))
    goal, seconds = runs[rate][-1]
    cd = timed(X, "cd", PASSES)
    there = np.flatnonzero(cd[:, 0] <= goal)
    reached = f"{cd[there[0], 1]:.2f} s ({there[0] + 1} iterations)" if len(there) else "never"
    print(f"error {goal:.4f}: sgd (learning rate {rate:g}) {seconds:.2f} s, cd {reached}")


if __name__ == "__main__":
    main()
