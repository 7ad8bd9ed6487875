"""
A table, its model, and what is left
====================================

The best-known toy table of ratings, five people by four items, with two components: the table V, its model W H, the
difference, and the two factors, with the names and the numbers in the cells.
"""

# %%
# V, W H and V - W H
# ------------------
# The first two share a scale; in the difference, white is 0.

import matplotlib.pyplot as plt
import numpy as np

from partwise import NMF, plot
from partwise.datasets import ratings_5x4

V = ratings_5x4()
model = NMF(n_components=2, init="random", random_state=42, max_iter=500)
W = model.fit_transform(V)
plot.fit_heatmaps(model, V, W=W)

# %%
# W and H
# -------

plot.factor_heatmaps(model, V, W=W)

# %%
# The error
# ---------
# The seed prints 0.6743, which is impossible: no matrix of rank two, whatever its signs, is nearer than 3.832720.

bound = model.certify(V).lower_bound_
print(f"error {model.reconstruction_err_:.6f} (scikit-learn: 3.874591), lower bound {bound:.6f} (seed: 0.6743)")
assert np.isclose(np.linalg.norm(V - W @ model.components_), model.reconstruction_err_)
assert model.reconstruction_err_ <= 3.874592

# %%
# How the fit went, and how alike the components are
# --------------------------------------------------

plot.convergence(model)
plot.similarity(model)

plt.show()
