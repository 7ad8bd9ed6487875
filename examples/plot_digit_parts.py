"""
Parts of handwritten digits
===========================

1797 digits of 8 x 8 pixels become 16 parts, strokes and bends. Every digit is a sum of a few of them; nothing is ever
subtracted. Digits that were not learned from are rebuilt better the more parts there are.
"""

# %%
# The parts
# ---------
# `parts` takes the flat rows and gives pictures back: no reshaping. Each part is shown with its brightest pixel white.

import matplotlib.pyplot as plt

from partwise import NMF, plot
from partwise.apps.images import grow, parts
from partwise.datasets import load_digits

digits = load_digits()
found = parts(digits.X, 16, size=digits.extra["image_shape"])
print(found.info())
plot.montage(found.components, titles=found.names)

# %%
# One digit from its parts
# ------------------------
# Above: the digit and its parts with their weights. Below: the sum as it grows.

print(found.build_up(3).equation())
plot.build_up(found, 3)

# %%
# The digits that have most of a part
# -----------------------------------
# What a part means is best seen in the digits that use it most.

strongest = found.strongest(0)
print("strongest in part_0: the digits", [int(digits.labels[int(name)]) for name in strongest.index])
plot.strongest(found, 0)

# %%
# Growing numbers of parts
# ------------------------
# Learned from the first 1400 digits, shown on the other 397. Every number of parts is a fit of its own. PCA is nearer,
# because its components may cancel.

stack = digits.X.reshape(-1, 8, 8) / 16
long_fit = NMF(tol=1e-5, max_iter=5000)
errors, rebuilt = grow(stack[:1400], [5, 10, 16, 32], test=stack[1400:], model=long_fit)
errors["NMF in the seed"] = [0.411, 0.329, 0.264, 0.136]
errors["PCA in the seed"] = [0.385, 0.294, 0.229, 0.108]
print(errors.round(3).to_string())
plot.growth(errors, rebuilt, stack[1400:1403])
plot.growth(errors, rebuilt, stack[1400:1403], method="PCA")
plot.scree(errors[["NMF", "PCA"]])

plt.show()
