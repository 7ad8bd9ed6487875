"""Waiting for another thread without sleeping."""


def wait_for_change(cell, seen, seconds):
    """Whether ``cell[0]``, int64 and written by another thread, became something else than ``seen`` within the seconds.

    Awake and without the GIL; whoever cannot do that, as NumPy, looks once.
    """
    return bool(cell[0] != seen)
