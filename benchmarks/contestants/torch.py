"""Two libraries on torch: torchnmf (multiplicative, any beta, dense and sparse) and nmf-torch (dense)."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.contestants.base import Contestant, Start

LARGEST = 2 << 30  # bytes that a matrix may take for a library that knows no sparse ones


class TorchNMF(Contestant):
    """`torchnmf.nmf.NMF.fit`, whose H is our W and whose W is our H'; a sparse X goes in as a torch sparse tensor."""

    name = "torchnmf"
    needs = "torchnmf"
    losses = (2.0, 1.0, 0.0)

    def prepare(self, X: Any, threads: int) -> Any:
        """A tensor that shares the memory of X if X is dense."""
        import torch

        torch.set_num_threads(threads)
        if not sp.issparse(X):
            return torch.from_numpy(X)
        triple = X.tocoo()
        indices = torch.from_numpy(np.stack((triple.row, triple.col)).astype(np.int64))
        return torch.sparse_coo_tensor(indices, torch.from_numpy(triple.data), X.shape).coalesce()

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call; a tolerance of minus infinity turns its stop rule off."""
        import torch
        from torchnmf.nmf import NMF

        before = torch.get_default_dtype()
        torch.set_default_dtype(X.dtype)  # it makes its parameters of the default dtype
        try:
            model = NMF(W=torch.from_numpy(np.ascontiguousarray(H.T)), H=torch.from_numpy(W))
            model.fit(X, beta=int(beta), tol=float("-inf"), max_iter=iterations)
        finally:
            torch.set_default_dtype(before)
        return model

    def factors(self, answer: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Our names for them."""
        return answer.H.detach().numpy(), answer.W.detach().numpy().T


class NmfTorch(Contestant):
    """nmf-torch's batch models: hals, halsvar (several inner sweeps), bpp, mu.

    They offer no way in for W and H, so a subclass hands them over where the model draws its own; the same subclass
    says that it has never converged.
    """

    needs = "nmf"

    def __init__(self, algorithm: str):
        self.algorithm = algorithm
        self.name = f"nmf-torch-{algorithm}"
        self.losses = (2.0, 1.0, 0.0) if algorithm == "mu" else (2.0,)
        self.threads = 1

    def refusal(self, X: Any, beta: float) -> str | None:
        """It knows dense matrices only."""
        needed = X.shape[0] * X.shape[1] * X.dtype.itemsize
        if sp.issparse(X) and needed > LARGEST:
            return f"takes dense matrices only; this one would be {needed / 2**30:.1f} GiB"
        return super().refusal(X, beta)

    def prepare(self, X: Any, threads: int) -> Any:
        """A dense array."""
        self.threads = threads
        return X.toarray() if sp.issparse(X) else X

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call."""
        inner = {"hals": {"hals_max_iter": 1}, "halsvar": {"hals_max_iter": 200}}.get(self.algorithm, {})
        precision = "double" if X.dtype == np.float64 else "float"
        none = dict.fromkeys(("alpha_W", "l1_ratio_W", "alpha_H", "l1_ratio_H"), 0.0)
        general = {"init": "random", "beta_loss": beta, "tol": 0.0, "random_state": 0, "max_iter": iterations}
        model = started(self.algorithm, W, H)(
            n_components=start.k,
            n_jobs=self.threads,
            device_type="cpu",
            fp_precision=precision,
            **general,
            **none,
            **inner,
        )
        with contextlib.redirect_stdout(io.StringIO()):  # it prints every tenth loss
            model.fit(X)
        return model

    def factors(self, answer: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Our names for them."""
        return answer.H.numpy(), answer.W.numpy()


def started(algorithm: str, W: np.ndarray, H: np.ndarray) -> type:
    """The model's class, beginning at W and H and ending with ``max_iter``."""
    import torch
    from nmf import nmf_models

    base = {"mu": nmf_models.NMFBatchMU, "bpp": nmf_models.NMFBatchNnlsBpp}.get(algorithm, nmf_models.NMFBatchHALS)

    class Started(base):
        def _initialize_H_W(self, eps: float = 0) -> None:
            self.H, self.W = torch.from_numpy(W), torch.from_numpy(H)

        def _is_converged(self, *errors: Any) -> bool:
            return False

    return Started
