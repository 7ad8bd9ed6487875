"""The contestants by name: partwise and its peers, each through its public interface."""

from __future__ import annotations

from benchmarks.contestants.base import Contestant, Run, Start
from benchmarks.contestants.gensim import Gensim
from benchmarks.contestants.partwise import Partwise
from benchmarks.contestants.rcppml import RcppML
from benchmarks.contestants.rpackages import Absent
from benchmarks.contestants.sklearn import CoordinateDescent, MiniBatch, Multiplicative
from benchmarks.contestants.torch import NmfTorch, TorchNMF

__all__ = ["NAMES", "Contestant", "Run", "Start", "contestant"]

TABLE = {
    "sklearn-cd": CoordinateDescent,
    "sklearn-mu": Multiplicative,
    "sklearn-minibatch": MiniBatch,
    "torchnmf": TorchNMF,
    "nmf-torch-hals": lambda: NmfTorch("hals"),
    "nmf-torch-halsvar": lambda: NmfTorch("halsvar"),
    "nmf-torch-bpp": lambda: NmfTorch("bpp"),
    "nmf-torch-mu": lambda: NmfTorch("mu"),
    "RcppML": RcppML,
    "gensim": Gensim,
    "fastTopics": lambda: Absent("fastTopics"),
    "NNLM": lambda: Absent("NNLM"),
}
NAMES = ("partwise", *(name for name in TABLE if name != "nmf-torch-bpp"))


def contestant(name: str) -> Contestant:
    """The contestant of that name; ``partwise:mu`` is partwise with that solver."""
    first, _, solver = name.partition(":")
    if first == "partwise":
        return Partwise(solver or "auto")
    if name not in TABLE:
        raise SystemExit(f'no contestant "{name}"; names: {", ".join(NAMES)}, partwise:SOLVER.')
    return TABLE[name]()
