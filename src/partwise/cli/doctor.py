"""``partwise doctor``: what this installation computes with, for people in doubt and for bug reports."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import click

from partwise.cli import options
from partwise.cli.voice import Voice

__all__ = ["EXTRAS", "doctor"]

EXTRAS = {
    "plot": ("matplotlib",),
    "audio": ("soundfile",),
    "images": ("PIL",),
    "omics": ("anndata", "h5py", "zarr"),
    "dask": ("distributed",),
    "text": ("snowballstemmer", "stopwordsiso"),
    "parquet": ("pyarrow",),
    "excel": ("openpyxl",),
    "serve": ("starlette", "uvicorn"),
}
"""Extra -> the modules it brings."""

THREAD_VARIABLES = ("PARTWISE_NUM_THREADS", "OMP_NUM_THREADS")
"""In the order in which they are asked."""


@click.command()
@options.voice
def doctor(voice: Voice) -> None:
    """Tell what this installation computes with: versions, kernels, threads, BLAS, extras."""
    from partwise.cli.run import versions
    from partwise.estimators import build_info

    build = build_info()
    found: dict[str, Any] = {
        "verb": "doctor",
        "versions": versions() | {"pandas": metadata.version("pandas")},
        "platform": f"{platform.system()} {platform.machine()}",
        "kernel": build["kernel"],
        "threads": build["threads"],
        "threads_from": threads_from(),
        "blas": [blas_in_words(library) for library in build["blas"]],
        "extras": {extra: [name for name in modules if find_spec(name) is None] for extra, modules in EXTRAS.items()},
    }
    voice.table(["what", "found"], [*facts(found), *extras(found["extras"])])
    if build["kernel"] == "reference":
        voice.note("kernels are NumPy's (a pure build, or PARTWISE_ISA=reference): same results, slower.")
    voice.result(found)


def facts(found: dict[str, Any]) -> list[list[str]]:
    """Everything but the extras, a line each."""
    return [
        *([name, version] for name, version in found["versions"].items()),
        ["platform", found["platform"]],
        ["kernels", found["kernel"]],
        ["threads", f"{found['threads']} (from {found['threads_from']})"],
        *(["BLAS", words] for words in found["blas"]),
    ]


def extras(missing: dict[str, list[str]]) -> list[list[str]]:
    """Present, or what is missing and how to get it."""
    return [
        [f"extra {name}", f'missing: {", ".join(gone)}; pip install "partwise[{name}]"' if gone else "present"]
        for name, gone in missing.items()
    ]


def threads_from() -> str:
    """What decides the number of threads."""
    return next((name for name in THREAD_VARIABLES if os.environ.get(name)), "the CPUs granted to this process")


def blas_in_words(library: dict[str, Any]) -> str:
    """Name, version and threads of one BLAS, as threadpoolctl found them."""
    name, version, count = (library.get(key) for key in ("internal_api", "version", "num_threads"))
    build = f", {library['architecture']}" if library.get("architecture") else ""
    return f"{name} {version or '(version unknown)'}, {count} threads{build}"
