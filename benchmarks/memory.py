"""Peak resident memory of a sparse Kullback-Leibler fit, each measured in a process of its own.

    python -m benchmarks.memory

X has 20,000 x 10,000 cells and 2e6 non-zeros, k = 50. The growth of the peak over what the process held once X was made
must stay below X again (one copy by columns, should the plan want it) + 4 (W + H) + 64 MiB; X itself is in the baseline
here, so the allowance of "X + one copy" leaves one X to spare.
"""

from __future__ import annotations

import subprocess
import sys

CHILD = """
import resource, warnings
import numpy as np, scipy.sparse as sp
import partwise
warnings.simplefilter("ignore")
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
rng = np.random.default_rng(0)
n, p, nnz, k = 20000, 10000, 2_000_000, 50
indptr = np.arange(0, nnz + 1, nnz // n, dtype=np.int32)
X = sp.csr_array((rng.random(nnz, dtype=np.{dtype}) + np.{dtype}(0.1), rng.integers(0, p, nnz, dtype=np.int32), indptr),
                 shape=(n, p))
partwise.NMF(2, max_iter=1).fit(np.ones((3, 3)))   # imports, pool and BLAS are not the fit's
before = peak()
partwise.NMF(k, beta_loss={loss!r}, init={init!r}, max_iter=20, random_state=0, n_jobs=2).fit(X)
size = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes) / 2**20
factors = 4 * (n + p) * k * X.dtype.itemsize / 2**20
print(before, peak() - before, size, factors)
"""


def main() -> None:
    """Print a table; exit 1 if a bound is broken."""
    failed = False
    print(f"{'':44}{'baseline':>9}{'growth':>8}{'bound MiB':>11}")
    for dtype in ("float64", "float32"):
        for loss in ("kullback-leibler", "frobenius"):
            for init in (None, "random"):
                code = CHILD.format(dtype=dtype, loss=loss, init=init)
                done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
                before, growth, size, factors = map(float, done.stdout.split())
                bound = 2 * size + factors + 64
                failed |= growth > bound
                name = f"{loss}, {dtype}, init={init}"
                print(f"{name:44}{before:9.0f}{growth:8.0f}{bound:11.0f}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
