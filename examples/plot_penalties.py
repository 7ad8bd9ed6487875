"""
Penalties side by side
======================

The same pictures, the same number of components; what is asked of the components differs. The numbers say what each
costs and what it buys. (Seed rows B4, B5: few patterns in a picture.)
"""

# %%
# Digits, twenty-five components
# ------------------------------

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from partwise import NMF, plot
from partwise.apps.images import hoyer
from partwise.datasets import load_digits
from partwise.errors import DeadComponentWarning
from partwise.penalties import L1, L2, Exclusive, Graph, Group, Hoyer, UnitNorm

X = load_digits().X / 16
place = np.arange(64).reshape(8, 8)
beside = np.zeros((64, 64))
for a, b in ((place[:, :-1], place[:, 1:]), (place[:-1], place[1:])):
    beside[a, b] = beside[b, a] = 1.0

wishes = {
    "none": {},
    "L1 on H, L2 on W": {"penalty_H": L1(3.0), "penalty_W": L2(0.5)},
    "sparseness of .95": {"penalty_H": Hoyer(0.95)},
    "a pixel in few parts": {"penalty_H": Exclusive(0.1), "penalty_W": UnitNorm()},
    "neighbours alike": {"penalty_H": Graph(2.0, beside), "penalty_W": L2(0.5)},
    "few components": {"penalty_H": Group(15.0), "penalty_W": Group(15.0)},
}

# %%
# The error, the sparseness of the parts (Hoyer's: 0 all alike, 1 a single pixel), the share of cells that are zero,
# how unlike neighbouring pixels are, and how many components are left.

rows, figure = {}, plt.figure(figsize=(10, 6.5), layout="constrained")
for ax, (name, wish) in zip(figure.subplots(2, 3).flat, wishes.items(), strict=True):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeadComponentWarning)  # the last wish is that some of them go
        model = NMF(25, random_state=0, max_iter=500, tol=1e-3, **wish).fit(X)
    H = model.components_[model.components_.max(axis=1) > 0]
    unit = H / np.linalg.norm(H, axis=1, keepdims=True)
    jumps = sum(
        ((unit[:, a] - unit[:, b]) ** 2).sum() for a, b in ((place[:, 1:], place[:, :-1]), (place[1:], place[:-1]))
    )
    rows[name] = {
        "relative error": model.reconstruction_err_ / np.linalg.norm(X),
        "sparseness": hoyer(H).mean(),
        "zeros": (unit < 1e-6).mean(),
        "roughness": jumps / len(H),
        "components": len(H),
    }
    plot.montage((H / H.max(axis=1, keepdims=True)).reshape(-1, 8, 8), ax)
    ax.set_title(name)
table = pd.DataFrame(rows).T
print(table.round(3).to_string())

# %%
# Every wish is fulfilled, and every one costs some of the fit.

assert table["relative error"].idxmin() == "none"
assert table["sparseness"]["L1 on H, L2 on W"] > table["sparseness"]["none"]
assert abs(table["sparseness"]["sparseness of .95"] - 0.95) < 0.01
assert table["roughness"]["neighbours alike"] < table["roughness"]["none"]
assert table["components"]["few components"] < 25

plt.show()
