"""
Pure spectra from mixed pixels
==============================

A pixel of a distant camera sees trees, soil and water at once. Its spectrum is a mixture; from many pixels NMF finds
the pure spectra, and how much of each is where.
"""

# %%
# A planted scene
# ---------------
# Three materials, each thinning out from its own corner, and a little noise.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from partwise import plot
from partwise.apps.spectra import unmix

wavelengths = np.linspace(400, 1000, 60)


def bell(middle, width):
    return np.exp(-((wavelengths - middle) ** 2) / (2 * width**2))


pure = pd.DataFrame(
    [0.1 + bell(800, 120), 0.1 + bell(450, 60), 0.1 + 0.8 * bell(600, 80)],
    index=["tree", "water", "soil"],
    columns=wavelengths.round(),
)
rng = np.random.default_rng(0)
rows, columns = np.mgrid[0:24, 0:32]
corners = [(0, 0), (23, 0), (12, 31)]
near = np.array([np.exp(-np.hypot(rows - i, columns - j) / 4) for i, j in corners])
shares = near / near.sum(axis=0)
cube = np.moveaxis(shares, 0, -1) @ pure.to_numpy()
cube = np.maximum(cube + 0.003 * rng.normal(size=cube.shape), 0)

# %%
# Any exact fit, and the one of least volume
# ------------------------------------------
# Many triangles hold all pixels; their corners are pure spectra of exact fits. The smallest triangle is the true one.

plain = unmix(cube, 3, reference=pure)
least = unmix(cube, 3, method="minimum-volume", reference=pure)
print(least.info())
angles = pd.DataFrame(
    {"plain NMF": plain.matches["angle"].to_numpy(), "least volume": least.matches["angle"].to_numpy()}
)
print(angles.round(3).to_string())
assert angles["least volume"].max() < 0.05
assert angles["least volume"].max() < angles["plain NMF"].max()

plot.endmembers(least)

# %%
# Maps
# ----

plot.abundance_maps(least)

plt.show()
