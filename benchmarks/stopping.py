"""The default stop on the digits in four units, beside scikit-learn's.

    python -m benchmarks.stopping

Relative error, iterations and the reason, for NMF(16) as it is on the same images with maxima 1, 16, 256 and 65536.
"""

from __future__ import annotations

import warnings

import numpy as np
import sklearn.decomposition
from sklearn.datasets import load_digits

import partwise


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    X = load_digits().data / 16
    print(f"{'maximum':>8}{'partwise':>12}{'iterations':>12}{'reason':>12}{'scikit-learn':>15}{'iterations':>12}")
    for top in (1, 16, 256, 65536):
        ours = partwise.NMF(16).fit(X * top)
        theirs = sklearn.decomposition.NMF(16, max_iter=1000).fit(X * top)
        size = np.linalg.norm(X * top)
        errors = ours.reconstruction_err_ / size, theirs.reconstruction_err_ / size
        print(f"{top:8}{errors[0]:12.5f}{ours.n_iter_:12}{ours.stop_reason_:>12}{errors[1]:15.5f}{theirs.n_iter_:12}")


if __name__ == "__main__":
    main()
