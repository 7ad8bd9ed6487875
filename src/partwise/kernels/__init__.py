"""The kernels: one set of names, native where the extension is built, else the NumPy reference.

Each kernel is a serial function of a range of rows; `partwise.kernels.reference` is their specification. ``BUILD`` says
which ones were imported: ``"native x86-64-v4"``, ``"native x86-64-v3"``, ``"native baseline"`` or ``"reference"``. The
environment variable ``PARTWISE_ISA``, read at import, pins the choice to the name after ``native`` or ``reference``.
"""

import os

_CHOICES = ("baseline", "x86-64-v3", "x86-64-v4", "reference")
_pinned = os.environ.get("PARTWISE_ISA") or None
if _pinned not in (None, *_CHOICES):
    raise ValueError(f"PARTWISE_ISA={_pinned!r} is unknown; use one of {', '.join(_CHOICES)}, or unset it.")

try:
    if _pinned == "reference":
        raise ModuleNotFoundError("the reference kernels are asked for")
    import partwise.kernels._native as _kernels

    BUILD = f"native {_kernels.ISA}"
except ModuleNotFoundError:
    if _pinned not in (None, "reference"):
        raise ImportError(
            f"PARTWISE_ISA={_pinned!r} asks for native kernels, but this installation has none (it was built with "
            "PARTWISE_PURE=1 or without a compiler); use reference, or unset it."
        ) from None
    from partwise.kernels import reference as _kernels

    BUILD = "reference"

add_parts_norm2 = _kernels.add_parts_norm2
column_sums = _kernels.column_sums
csr_dot = _kernels.csr_dot
csr_t_dot_add = _kernels.csr_t_dot_add
csr_ratio_dot = _kernels.csr_ratio_dot
csr_ratio_t_dot_add = _kernels.csr_ratio_t_dot_add
csr_residual = _kernels.csr_residual
csr_value = _kernels.csr_value
csr_weighted_value = _kernels.csr_weighted_value
divergence = _kernels.divergence
dot = _kernels.dot
gram_add = _kernels.gram_add
hals = _kernels.hals
hals_solve = _kernels.hals_solve
look_ahead = _kernels.look_ahead
mu = _kernels.mu
summary = _kernels.summary
pivot = _kernels.pivot
quadratic_value = _kernels.quadratic_value
row_descend = _kernels.row_descend
row_gram_hals = _kernels.row_gram_hals
row_grams = _kernels.row_grams
row_hals = _kernels.row_hals
row_hals_solve = _kernels.row_hals_solve
rows_dot = _kernels.rows_dot
sgd_pass = _kernels.sgd_pass
split = _kernels.split
split_t_add = _kernels.split_t_add
t_dot_add = _kernels.t_dot_add
kl_solve = _kernels.kl_solve
kl_sweep = _kernels.kl_sweep
take_parts = _kernels.take_parts
wait_for_change = _kernels.wait_for_change

__all__ = [
    "BUILD",
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
