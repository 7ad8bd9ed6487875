"""
PCA, NMF and vector quantization
================================

Lee and Seung's comparison: describe pictures by 49 others, in three ways. PCA comes nearest, with parts of both signs
that cancel. Vector quantization replaces every picture by one prototype. NMF adds parts, and these are the sparsest.
The paper used faces; here are the digits that are shipped, and the seed's figures for faces are printed beside them.
"""

# %%
# Three montages of 7 x 7
# -----------------------

import matplotlib.pyplot as plt
import pandas as pd

from partwise import plot
from partwise.apps.images import compare, parts
from partwise.datasets import load_digits

digits = load_digits()
found = parts(digits.X, 49, size=(8, 8))
both = compare(found)
plot.methods(both)

# %%
# Errors and sparseness
# ---------------------
# On the ORL faces (19 x 19 pixels) the seed has these errors and Hoyer sparsenesses. The order is the same:
# PCA < NMF < VQ in error, and NMF is the sparsest.

seed = pd.DataFrame({"error": [0.0817, 0.0885, 0.1530], "sparseness": [0.22, 0.49, 0.06]}, index=["PCA", "NMF", "VQ"])
print(both.table.join(seed.add_suffix(" (seed, faces)")).round(4).to_string())
assert both.table["error"].idxmin() == "PCA" and both.table["sparseness"].idxmax() == "NMF"

# %%
# A picture is parts times weights
# --------------------------------
# Left the parts, then the weights of one digit at the places of their parts, their product, and the digit itself.

plot.lee_seung(found, 0)

# %%
# Originals, reconstructions and what is left
# -------------------------------------------

plot.rebuilt(found, range(10))

plt.show()
