"""
One picture as a matrix
=======================

A picture of the moon, 8 x 8 pixels, is a matrix too. Its relative error falls with the number of components; the
singular values say how far any matrix of that rank must be, whatever its signs.
"""

# %%

import matplotlib.pyplot as plt

from partwise import NMF, plot
from partwise.datasets import moon

picture = moon()
model = NMF(n_init=50, init="random", solver="bpp", random_state=0, tol=1e-6, max_iter=20000)
table = plot.errors_by_size(picture, range(1, 6), model)
table["NMF in the seed"] = [0.373969, 0.237317, 0.024504, 0.013808, 0.001959]
print(table.round(6).to_string())
assert (table["NMF"] <= table["NMF in the seed"] + 2e-6).all()
plot.scree(table[["NMF", "PCA", "SVD"]])

# %%
# The picture, and its model with three components
# ------------------------------------------------

plot.fit_heatmaps(model.set_params(n_components=3).fit(picture), picture, annotate=True)

plt.show()
