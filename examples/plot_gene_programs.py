"""
Programs of genes in single cells
=================================

Genes work in groups: some make a cell what it is, some answer to what happens to it. A cell mixes a few such programs;
from the counts of many cells NMF finds them, and how much each cell uses each.
"""

# %%
# Counts, and the programs behind them
# ------------------------------------
# 300 cells, 600 genes, five planted programs with twenty marker genes each. The fit sees the genes that differ most
# between cells; the spectra are then solved for all. Three starts tell whether the programs are found again.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from partwise import plot
from partwise.apps.programs import programs
from partwise.datasets import make_cells

made = make_cells(300, 600, 5)
counts = pd.DataFrame(made.X.toarray(), index=made.row_names, columns=made.feature_names)
found = programs(counts, 5, genes=200, runs=3)
print(*found.notes, found.info(), sep="\n")
print(found.to_frame().round(3).to_string())
assert found.stability.min() > 0.95
np.testing.assert_allclose(found.usages.sum(axis=1), 1)

plot.program_genes(found)

# %%
# Which cell uses what
# --------------------

plot.usage_bars(found)

# %%
# Are the top genes the markers?
# ------------------------------

top = found.top_genes(20)
markers = [set(made.feature_names[columns]) for columns in made.extra["markers"]]
hits = pd.Series({name: max(len(set(top[name]) & known) for known in markers) for name in top})
print("Markers among the 20 top genes of each program:", hits.to_dict())
assert hits.min() >= 18

plt.show()
