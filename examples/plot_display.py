"""
The cells of a display
======================

A digit on a seven-cell display is the sum of its lit cells. From pictures in which every cell is lit by the toss of a
coin, NMF finds all seven cells; PCA finds none, and needs negative light.
"""

# %%
# Seven cells from a hundred pictures
# -----------------------------------

import matplotlib.pyplot as plt
import numpy as np

from partwise import plot
from partwise.apps.images import compare, parts
from partwise.datasets import make_lcd_digits

lcd = make_lcd_digits()
shape = lcd.extra["image_shape"]
found = parts(lcd.X, 7, size=shape)


def cells_found(components):
    """How many true cells some component has a cosine above 0.999 with."""
    H = components.reshape(len(components), -1)
    cosines = H @ lcd.H.T / np.linalg.norm(H, axis=1)[:, None] / np.linalg.norm(lcd.H, axis=1)
    return int((cosines.max(axis=0) > 0.999).sum())


print(f"cells found: {cells_found(found.components)} of 7 (seed: 7); error {found.error:.1e} (seed: 1.2e-4)")
plot.montage(found.components, columns=7, titles=found.names)

# %%
# One picture as an equation
# --------------------------
# The seed shows ``0.98 part + 0.91 part + 0.94 part``. Cells that are dark have weight 0 and are left out.

three = next(i for i in range(100) if np.count_nonzero(lcd.W[i]) == 3)
recipe = found.build_up(three)
truth = np.sort(lcd.W[three])[::-1][:3]
print(recipe.equation(), "  true brightness:", ", ".join(f"{value:.2f}" for value in truth))
plot.build_up(found, three)

# %%
# PCA beside it
# -------------
# PCA is exact as well, but its components mix the cells, with both signs.

both = compare(found)
print(both.table.round(3).to_string())
print(f"cells found by PCA: {cells_found(both.parts['PCA'])} (seed: none; 12 % of its entries are negative)")
plot.methods(both)

# %%
# Digits are harder
# -----------------
# If only the digits 0 to 9 are shown, cells are lit together, the exact fit is not unique, and a small error does not
# promise the cells. In the seed not one of 100 random starts finds all seven.

only_digits = make_lcd_digits(100, digits=True)
harder = parts(only_digits.X, 7, size=shape)
print(f"digits only: {cells_found(harder.components)} of 7 cells, error {harder.error:.1e}")
plot.montage(harder.components, columns=7)

plt.show()
