"""
Parts that are known
====================

Often some components are known: a background, a reference spectrum, a lamp. ``fixed_H`` keeps their numbers and
leaves NaN free, so that the rest is learned beside them.
"""

# %%
# A background and two substances
# -------------------------------
# Every sample has a sloping background, in another amount. One substance is known; the other is not, and is present
# everywhere, so that blind fits may put some of it into any spectrum.

import matplotlib.pyplot as plt
import numpy as np

from partwise import NMF
from partwise.apps.spectra import spectral_angles

channels = np.linspace(0, 1, 80)


def peak(place, width=0.05):
    return np.exp(-((channels - place) ** 2) / (2 * width**2))


background = 1.2 - channels
pure = np.array([background, peak(0.3) + 0.5 * peak(0.7), peak(0.4) + 0.6 * peak(0.6)])
rng = np.random.default_rng(0)
amounts = rng.gamma(1.0, size=(60, 3)) + [0.0, 0.0, 1.0]
X = np.maximum(amounts @ pure + 0.02 * rng.normal(size=(60, 80)), 0)

# %%
# With nothing known, three spectra fit that are not pure. What is known is kept to the last digit, and helps the rest.

blind = np.full(pure.shape, np.nan)
partly, mostly = blind.copy(), blind.copy()
partly[0] = pure[0]
mostly[:2] = pure[:2]
found = {}
for name, known in {"nothing": blind, "the background": partly, "and one substance": mostly}.items():
    model = NMF(3, random_state=0, tol=1e-7, max_iter=20000)
    W = model.fit_transform(X, fixed_H=known)
    angle = np.asarray(spectral_angles(pure, model.components_)).min(axis=1)
    found[name] = model.components_, angle
    print(f"{name} known: error {model.reconstruction_err_:.3f}, angles {np.degrees(angle).round(1)} degrees")
assert np.array_equal(found["and one substance"][0][:2], pure[:2])
assert found["and one substance"][1].max() < found["nothing"][1].max()

figure, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True, layout="constrained")
for ax, (name, (H, _)) in zip(axes, found.items(), strict=True):
    ax.plot(channels, (pure / pure.max(axis=1, keepdims=True)).T, color="lightgrey", linewidth=4)
    ax.plot(channels, (H / H.max(axis=1, keepdims=True)).T)
    ax.set_title(f"known: {name}")

# %%
# An intercept
# ------------
# A column of ones in W gives every feature a floor of its own: NMF then need not start from zero.

ones = np.full((60, 3), np.nan)
ones[:, 0] = 1.0
raised = amounts[:, 1:] @ pure[1:] + background
plain, floor = NMF(2, random_state=0).fit(raised), NMF(3, random_state=0, tol=1e-7, max_iter=20000)
W = floor.fit_transform(raised, fixed_W=ones)
print(f"two components: error {plain.reconstruction_err_:.2f}; with an intercept {floor.reconstruction_err_:.4f}")
assert (W[:, 0] == 1).all() and floor.reconstruction_err_ < 0.01 * plain.reconstruction_err_

# %%
# New samples
# -----------
# ``transform`` solves new rows for the components as they are; the known ones mean the same as before.

new = np.array([[1.5, 0.7, 0.2]])
model = NMF(3, random_state=0, tol=1e-7, max_iter=20000).fit(X, fixed_H=mostly)
amount = model.transform(new @ pure)
print("amounts of the background and of the known substance:", amount[0, :2].round(2), "(planted: 1.5, 0.7)")

plt.show()
