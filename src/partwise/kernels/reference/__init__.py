"""The kernels in NumPy and SciPy: specification, oracle and fallback of the native ones.

A kernel is a serial function of a range of rows. It knows neither threads nor losses nor files: it
gets arrays, writes into the arrays that its docstring names, and returns at most a few numbers.

Conventions shared by all of them:

* ``csr`` is the tuple ``(indptr, indices, data)`` of the whole matrix X of shape (n, p); ``indptr`` and
  ``indices`` are both int32 or both int64, ``data`` is float32 or float64. Indices inside a row need not be
  sorted and may repeat (a repeated index counts as its sum wherever that is linear in x; callers sum duplicates
  before a non-linear loss sees them).
* ``start, stop`` is the range of rows; ``m = stop - start``.
* ``A`` of shape (m, k) holds the rows of the factor that belongs to these rows of X, ``B`` of shape (p, k) the
  other one; both C-ordered, of the dtype of ``data``. ``y = A @ B.T`` is never formed for a sparse X.
* Sums over rows are float64 whatever the dtype: ``total`` of shape (p, k) and the vectors ``grad2``, ``neg2``
  of shape (k,) are float64 and are *added to*.
* ``floor > 0`` is the smallest y that is divided by; the caller derives it from the scale of X.
* The native kernels of multiplicative updates and of momentum (`mu`, `split`, `csr_ratio_dot`, `look_ahead`, ...) take
  numbers too small to be normal, below 1.2e-38 in float32, for 0.
* ``lower, upper``, both or neither, are (m, k) of the dtype of ``A``: bounds that stand in place of 0 and infinity,
  ``0 <= lower <= upper``, equal for an entry that is fixed. ``A`` comes within them and stays there. Gradients are
  projected: at a lower bound only a negative one counts, at an upper one only a positive one, where both meet none.
"""

from partwise.kernels.reference.descent import (
    hals,
    hals_solve,
    quadratic_value,
    row_descend,
    row_gram_hals,
    row_hals,
    row_hals_solve,
)
from partwise.kernels.reference.divergences import divergence, split, split_t_add
from partwise.kernels.reference.kullback_leibler import kl_solve, kl_sweep
from partwise.kernels.reference.multiplicative import look_ahead, mu
from partwise.kernels.reference.parts import add_parts_norm2, take_parts
from partwise.kernels.reference.pivoting import pivot
from partwise.kernels.reference.products import (
    csr_dot,
    csr_ratio_dot,
    csr_ratio_t_dot_add,
    csr_residual,
    csr_t_dot_add,
    dot,
    gram_add,
    row_grams,
    rows_dot,
    t_dot_add,
)
from partwise.kernels.reference.stochastic import sgd_pass
from partwise.kernels.reference.sums import column_sums, csr_value, csr_weighted_value, summary
from partwise.kernels.reference.waiting import wait_for_change

__all__ = [
    "add_parts_norm2",
    "column_sums",
    "csr_dot",
    "csr_ratio_dot",
    "csr_ratio_t_dot_add",
    "csr_residual",
    "csr_t_dot_add",
    "csr_value",
    "csr_weighted_value",
    "divergence",
    "dot",
    "gram_add",
    "hals",
    "hals_solve",
    "kl_solve",
    "kl_sweep",
    "look_ahead",
    "mu",
    "pivot",
    "quadratic_value",
    "row_descend",
    "row_gram_hals",
    "row_grams",
    "row_hals",
    "row_hals_solve",
    "rows_dot",
    "sgd_pass",
    "split",
    "split_t_add",
    "summary",
    "t_dot_add",
    "take_parts",
    "wait_for_change",
]
