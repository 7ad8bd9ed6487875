"""
How many components?
====================

The error of the fit falls with every component, also with those that only fit noise. The error on cells that the fit
has not seen does not: it is least near the true number. (Seed rows B1, C5.)
"""

# %%
# Cells are held out, not rows
# ----------------------------
# A tenth of the cells is hidden by a weight. Six components are planted, with noise. Beside the errors stand those of
# PCA and of the singular values, as in the seed. A little ridge on W keeps hidden cells sober, see below.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from partwise import NMF, plot
from partwise.datasets import make_planted

X = make_planted(200, 60, 6, noise=0.3, random_state=1).X
hidden = np.random.default_rng(0).random(X.shape) < 0.1
sizes, RIDGE = range(1, 10), 3e-3


def held_out(k):
    """Relative error on the cells that were seen, and on those that were not."""
    model = NMF(k, alpha_W=RIDGE, alpha_H=0, random_state=0).fit(X, weight=~hidden)
    left = X - model.transform(X, weight=~hidden) @ model.components_
    return [np.linalg.norm(left[cells]) / np.linalg.norm(X[cells]) for cells in (~hidden, hidden)]


held = pd.DataFrame([held_out(k) for k in sizes], columns=["seen", "held out"], index=sizes)
errors = plot.errors_by_size(X, sizes, NMF(random_state=0))
print(errors.join(held).round(3).to_string())
best = held["held out"].idxmin()
print(f"least held-out error with {best} components (planted: 6)")
assert best == 6 and held["seen"].is_monotonic_decreasing
assert (errors["NMF"] >= errors["SVD"]).all()

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
plot.scree(errors, left)
held.plot(ax=right, marker="o", xlabel="components", ylabel="relative error")
right.axvline(6, color="grey", linestyle=":")

# %%
# Too many: cells that nothing determines
# ---------------------------------------
# A component that hardly any seen cell asks for may be of any size, and then so are the hidden cells that it fills.

for k in (6, 7):
    for ridge in (0, RIDGE):
        model = NMF(k, alpha_W=ridge, alpha_H=0, random_state=0).fit(X, weight=~hidden)
        loss = -model.score(X, weight=~hidden, test_weight=hidden)
        print(f"{k} components, alpha_W={ridge:g}: held-out loss per row {loss:.4g}")

# %%
# Fewer components are another set
# --------------------------------
# A fit with four is not the first four of six: each of them is a mixture of what six tell apart.

six, four = (NMF(k, random_state=0).fit(X) for k in (6, 4))
plot.similarity(four, six)

plt.show()
