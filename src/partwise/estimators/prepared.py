"""What `transform` needs of the components alone, kept between calls as long as nobody can have changed them.

Transposing the components and multiplying them with themselves takes longer than solving many rows. What comes of it
is kept beside the model, not in it: a model is pickled, copied and compared without. Whoever reads
``model.components_`` might write into the array, so reading it forgets what was kept; nothing is kept while anybody
else holds the array.
"""

from __future__ import annotations

import sys
from typing import Any, overload
from weakref import WeakKeyDictionary, ref

import numpy as np

from partwise.engine.units import Units
from partwise.estimators.checks import largest
from partwise.interfaces import Array, Fixed

NAME = "components_"

_kept: WeakKeyDictionary[Any, dict[Any, tuple[ref[Array], Prepared]]] = WeakKeyDictionary()

Prepared = tuple[Fixed, int]
"""The components in the units of a solve, and the power of two by which they were divided."""


class Components:
    """The attribute ``components_``: an ordinary one, but every reading and writing forgets what was prepared."""

    @overload
    def __get__(self, model: None, owner: type) -> Components: ...
    @overload
    def __get__(self, model: Any, owner: type) -> Array: ...
    def __get__(self, model: Any, owner: type) -> Components | Array:
        if model is None:
            return self
        _kept.pop(model, None)
        if NAME not in vars(model):
            raise AttributeError(f"{owner.__name__!r} object has no attribute {NAME!r}: it has not been fitted.")
        return vars(model)[NAME]

    def __set__(self, model: Any, value: Array) -> None:
        _kept.pop(model, None)
        vars(model)[NAME] = value

    def __delete__(self, model: Any) -> None:
        self.__get__(model, type(model))
        del vars(model)[NAME]


def prepare(H: Array, loss: Any, dtype: np.dtype, threads: int = 1) -> Prepared:
    """Transposed, in the dtype of the data and in ordinary units, with what the loss makes of it. O(p k^2)."""
    units = Units.of_factor(largest(H), dtype)
    Ht = np.array(units.inward(H.astype(dtype, copy=False)).T, order="C")
    return loss.fix(Ht, threads), units.half


def prepared(model: Any, loss: Any, dtype: np.dtype, threads: int) -> Prepared:
    """The same for the components of a model, from an earlier call if possible.

    Two threads may both prepare; either result will do.
    """
    state, key = vars(model), (loss, dtype)
    entry = _kept.get(model, {}).get(key)
    if entry and entry[0]() is state[NAME]:
        return entry[1]
    found = prepare(state[NAME], loss, dtype, threads)
    _kept.setdefault(model, {})[key] = ref(state[NAME]), found
    if holders(state) > ALONE:  # looked at last: whoever takes the array from now on forgets what was just kept
        _kept.pop(model, None)
    return found


def holders(state: dict[str, Any]) -> float:
    """References to the components, or to an array that they are a view of, whichever has more.

    Infinite where the memory is not NumPy's own: who else writes there cannot be seen.
    """
    array, most = state[NAME], 0
    while isinstance(array, np.ndarray):
        most = max(most, sys.getrefcount(array))
        array = array.base
    return most if array is None else np.inf


ALONE = holders({NAME: np.empty(0)})


def own(state: dict[str, Any]) -> None:
    """Copy components that came out of a pickle as a view of its bytes, so that it can be seen who holds them."""
    H = state.get(NAME)
    if type(H) is np.ndarray and H.base is not None:
        state[NAME] = H.copy(order="K")
