"""Several computations side by side, so that one reading of X serves all of them.

A fit is ordinary code that asks the data for sweeps. Here each of several fits runs on a thread of its own, one at a
time, until it asks for a sweep; when all of them wait, their sweeps are made as one: block after block, every fit takes
its turn while the block is in cache. Nothing in a fit knows of it, hence every loss, solver, penalty and acceleration
can be run side by side, and has the bits that it has alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Semaphore, Thread, current_thread
from typing import Any

from partwise.interfaces import Array, Data
from partwise.kernels import pool
from partwise.kernels.interrupts import answering


class Abandoned(BaseException):
    """Raised where a computation waits for a sweep that it will not get."""


@dataclass(frozen=True)
class Request:
    """A sweep that somebody waits for."""

    data: Data
    fn: Callable[[Any, Any, Any], Any]
    W: Array
    collect: bool


class Strand(Thread):
    """A job that runs only when told to, until it asks for a sweep or ends: a coroutine whose body is plain code."""

    def __init__(self, job: Callable[[], object]) -> None:
        super().__init__(name="partwise-side-by-side", daemon=True)
        self.job = job
        self.turn, self.waits = Semaphore(0), Semaphore(0)
        self.request: Request | None = None
        self.answer: Any = None
        self.error: BaseException | None = None
        self.abandoned = False

    def run(self) -> None:
        """The job; what it raises is kept for `proceed`."""
        pool.prepare_thread()
        try:
            self.job()
        except Abandoned:
            pass
        except BaseException as error:
            self.error = error
        self.request = None
        self.waits.release()

    def ask(self, request: Request) -> Any:
        """From inside: hand over the sweep and wait for what it gives."""
        self.request = request
        self.waits.release()
        self.turn.acquire()
        if self.abandoned:
            raise Abandoned
        return self.answer

    def proceed(self) -> bool:
        """From outside: let it run; True if it has asked for a sweep, False if it has ended."""
        if self.ident is None:
            with answering() as ctrl_c, ctrl_c:  # a thread that has half begun cannot be stopped
                self.start()
        else:
            self.turn.release()
        self.waits.acquire()
        if self.error:
            raise self.error
        return self.request is not None

    def stop(self) -> None:
        """Give it up if it still waits; returns when it writes no more, even if interrupted meanwhile."""
        self.abandoned = True
        self.turn.release()
        interrupted = None
        while self.is_alive():
            try:
                self.join()
            except KeyboardInterrupt as error:
                interrupted = error
        if interrupted:
            raise interrupted


class Shared:
    """Data whose sweeps are shared by the computations that run `together`; elsewhere just the data."""

    def __init__(self, data: Data) -> None:
        self.data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Array, collect: bool = True) -> Any:
        """See `partwise.interfaces.Data`."""
        strand = current_thread()
        if isinstance(strand, Strand):
            return strand.ask(Request(self.data, fn, W, collect))
        return self.data.sweep(fn, W, collect)


def together(jobs: Sequence[Callable[[], object]]) -> None:
    """Run all jobs to their ends; sweeps over `Shared` data that they ask for at the same time become one.

    An error in one, or an interruption, ends all of them where they wait for a sweep. Only one job runs at a time, so
    the threads in a sweep or in the pool are as many as ever.
    """
    strands = [Strand(job) for job in jobs]
    try:
        waiting = strands
        while waiting := [strand for strand in waiting if strand.proceed()]:
            serve(waiting)
    finally:
        for strand in strands:
            strand.stop()


def serve(strands: list[Strand]) -> None:
    """Make the sweeps that the strands wait for: one for all that read the same data in the same way."""
    groups: dict[tuple[int, bool], list[tuple[Strand, Request]]] = {}
    for strand in strands:
        if request := strand.request:
            groups.setdefault((id(request.data), request.collect), []).append((strand, request))
    for group in groups.values():
        _, first = group[0]
        fns: Any = Abreast([request.fn for _, request in group])
        factors: Any = Stack([request.W for _, request in group])
        total = first.data.sweep(fns, factors, first.collect)
        for (strand, _), answer in zip(group, total.parts, strict=True):
            strand.answer = answer


@dataclass(frozen=True)
class Abreast:
    """Several functions of a block, called in turn."""

    fns: list[Callable[[Any, Any, Any], Any]]

    def __call__(self, X: Any, parts: list[Array], total: Totals | None) -> Totals:
        totals = total.parts if total else [None] * len(self.fns)
        return Totals([fn(X, part, t) for fn, part, t in zip(self.fns, parts, totals, strict=True)])


@dataclass(frozen=True)
class Stack:
    """Several factors, or factors with what is aligned to them, with the same rows: sliced at once."""

    factors: list[Any]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, and the columns of all factors."""
        return len(self.factors[0]), sum(factor.shape[1] for factor in self.factors)

    def __getitem__(self, rows: slice) -> list[Any]:
        return [factor[rows] for factor in self.factors]


@dataclass
class Totals:
    """What several functions have added up; adds part by part."""

    parts: list[Any]

    def __iadd__(self, other: Totals) -> Totals:
        for i, part in enumerate(other.parts):
            self.parts[i] += part
        return self
