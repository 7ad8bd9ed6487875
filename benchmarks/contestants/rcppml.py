"""RcppML (R), run as a black box in a process of its own and timed there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.contestants.base import Contestant, Run, Start
from benchmarks.contestants.rpackages import Session, r_version


class RcppML(Contestant):
    """`RcppML::nmf` of features by samples, as its manual asks: our W is its h', our H its w'.

    Its seed is a number (0.3.7 takes no matrix), so it draws its own start; it computes in double precision whatever X
    is. A negative tolerance turns its stop rule off.
    """

    name = "RcppML"
    needs = "RcppML"
    own_start = True

    def __init__(self) -> None:
        self.session: Session | None = None
        self.folder = ""

    def refusal(self, X: Any, beta: float) -> str | None:
        """R and the package must be there."""
        if r_version(self.needs) is None:
            return "R has no package RcppML (Debian: apt-get install r-cran-rcppml)"
        return None if beta in self.losses else "has no loss but Frobenius"

    def prepare(self, X: Any, threads: int) -> Any:
        """The transpose in R, by way of files: the arrays of a CSR matrix are those of its transpose in CSC."""
        self.folder = tempfile.mkdtemp(prefix="rcppml-")
        self.session = Session(Path(__file__).with_name("rcppml.R"))
        folder, sparse = Path(self.folder), sp.issparse(X)
        (X.data if sparse else X).astype(np.float64).tofile(folder / "data")
        if sparse:
            X.indices.astype(np.int32).tofile(folder / "indices")
            X.indptr.astype(np.int32).tofile(folder / "indptr")
        kind, stored = ("sparse", X.nnz) if sparse else ("dense", X.size)
        self.session.ask(f"load {folder} {kind} {X.shape[1]} {X.shape[0]} {stored} {threads}")
        for file in folder.iterdir():
            file.unlink()
        return X

    def run(self, X: Any, start: Start, beta: float, iterations: int) -> Run:
        """The call, timed by R."""
        assert self.session is not None
        seconds = float(self.session.ask(f"run {self.folder} {start.k} {iterations} {start.seed + 1}"))
        H = np.fromfile(f"{self.folder}/w").reshape(start.k, X.shape[1])
        W = np.fromfile(f"{self.folder}/h").reshape(X.shape[0], start.k)
        return Run(W, H, seconds)

    def process(self) -> str:
        """R's."""
        assert self.session is not None
        return str(self.session.child.pid)

    def close(self) -> None:
        """End R and remove its files."""
        if self.session:
            self.session.close()
            shutil.rmtree(self.folder, ignore_errors=True)
