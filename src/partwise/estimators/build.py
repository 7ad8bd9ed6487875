"""What this installation computes with, for bug reports and ``partwise doctor``."""

from __future__ import annotations

from typing import Any

from partwise import kernels
from partwise.kernels import pool


def build_info() -> dict[str, Any]:
    """The kernels, the threads and the BLAS libraries in use.

    Returns
    -------
    dict
        ``kernel``: "native x86-64-v4" (or -v3, baseline) or "reference"; ``threads``: how many a fit may use;
        ``blas``: one dict per library, as threadpoolctl describes it.

    Examples
    --------
    >>> build_info()["threads"] >= 1
    True
    """
    import scipy.linalg  # noqa: F401  its BLAS must be there to be found
    from threadpoolctl import threadpool_info

    blas = [library for library in threadpool_info() if library.get("user_api") == "blas"]
    return {"kernel": kernels.BUILD, "threads": pool.available(), "blas": blas}
