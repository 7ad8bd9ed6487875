"""
Signatures of mutations
=======================

Tobacco smoke, sunlight and failing repair each change DNA in their own way. A tumour shows the sum of what it lived
through; from many tumours NMF tells the causes apart, and how many mutations each made in whom.
"""

# %%
# A catalogue, and what made it
# -----------------------------
# A hundred tumours with planted causes. A mutation is counted by what changed and by its neighbours: 96 channels.
# Counts are Poisson, so the loss is that of Kullback and Leibler, and the best of 20 starts is kept.

import matplotlib.pyplot as plt
import pandas as pd

from partwise import plot
from partwise.apps.programs import refit, signatures
from partwise.datasets import make_mutations

made = make_mutations(100)
catalogue = pd.DataFrame(made.X, index=made.row_names, columns=made.feature_names)
truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
found = signatures(catalogue, 5, reference=truth)
print(found.info())
print(found.to_frame().round(3).to_string())
assert sorted(found.matches["reference"]) == sorted(truth.index)
assert found.matches["cosine"].min() > 0.95
assert found.gap < 0.01  # exposures sum to the mutations

plot.signature_bars(found)

# %%
# Who was exposed to what
# -----------------------

plot.exposure_bars(found.exposures.iloc[:40])

# %%
# One new tumour
# --------------
# One sample is too little to learn from, but known signatures can be fitted to it.

new = catalogue.iloc[[7]]
table = pd.DataFrame({"found": refit(new, truth).exposures.iloc[0], "planted": made.W[7]})
print(table.round(0).to_string())
assert (table["found"] - table["planted"]).abs().max() < 0.1 * new.to_numpy().sum()

plt.show()
