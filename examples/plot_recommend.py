"""
Recommending films
==================

What somebody has not rated is not a zero: it is unknown. A weight says so, and tastes appear. (Seed rows A10, B2, B3,
B20 to B25.)
"""

# %%
# Seven people, five films
# ------------------------
# The textbook's table has two blocks. Read as a complete matrix, two components fit it exactly, and each is a block.

import warnings

import numpy as np

from partwise import NMF, plot
from partwise.apps.ratings import Recommender, compare, read_ratings, split
from partwise.datasets import make_ratings, ratings_7x5
from partwise.errors import DataWarning

table = ratings_7x5()
nmf = NMF(n_components=2)
W = nmf.fit_transform(table)
H = nmf.components_ / nmf.components_.max(axis=1, keepdims=True)
print(f"error {nmf.reconstruction_err_:.1e} (seed: 3.2e-8)")
print(H.round(6))
assert nmf.reconstruction_err_ < 1e-6
assert (1e-8 * W.max() > W).sum() == 7 and (H < 1e-8).sum() == 5
plot.factor_heatmaps(nmf, table, W=W)

# %%
# Zeros are unobserved
# --------------------
# The slide's own program leaves them out and penalises large factors. ``weight`` does the same, without a learning
# rate; l = 0.02 is its penalty. Rounding then returns every rating that was given.

penalty = 0.02
masked = NMF(2, alpha_W=penalty / 5, alpha_H=penalty / 7, max_iter=5000, tol=1e-8, random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DataWarning)  # spoken of below
    W = masked.fit_transform(table, weight=(table > 0))
observed = (table > 0).to_numpy()
left = (W @ masked.components_ - table.to_numpy())[observed]
objective = 0.5 * (left**2).sum() + penalty / 2 * ((W**2).sum() + (masked.components_**2).sum())
right = (np.round(W @ masked.components_) == table.to_numpy())[observed].sum()
print(f"objective {objective:.6f} (seed: 0.436723); RMSE {np.sqrt((left**2).mean()):.5f} (seed: 0.0273)")
print(f"{right} of {observed.sum()} observed ratings come back by rounding (seed: 18)")
assert objective < 0.436724 and right == 18

# %%
# The other cells are not determined: no person rated films of both blocks. partwise says so when it fits.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    masked.fit(table, weight=(table > 0))
print(*(warning.message for warning in caught))
assert any("do not determine them" in str(warning.message) for warning in caught)

# %%
# Two hundred people, forty films
# -------------------------------
# Here four tastes are planted, and three cells of ten are rated.

planted = make_ratings()
films = read_ratings(planted.extra["table"])
train, test, notes = split(films)
print(*films.notes, *notes, sep="\n")
model = Recommender(4).fit(train)
beside = compare(train, test, {"tastes": model})
print(beside.round(3).to_string())
assert beside.RMSE["tastes"] < 0.65 * beside.RMSE["biases"]
plot.metric_bars(beside)

# %%
# The tastes are readable: the films that stand for each are of one kind.

own = dict(zip(planted.feature_names, np.repeat(planted.component_names, 10), strict=True))
cards = model.taste_cards()
model.set_taste_labels({card.taste: own[card.items[0]] for card in cards.itertuples(index=False)})
print(model.taste_cards()[["share", "name", "items"]].to_string())
plot.taste_cards(model)

# %%
# What to see next, and why
# -------------------------

print(model.recommend("user001", n=5).to_string())
best = model.recommend("user001", n=1)["item"][0]
print(model.explain("user001", best).to_string())
plot.user_profile(model, "user001")

# %%
# Observed cells have a frame and bold numbers; the others are predictions.

people, few = films.users[:8], planted.feature_names[::4]
plot.predicted_cells(*model.predicted_table(people, few))

# %%
# Somebody new is folded in: their ratings are solved for, with the films as they are.

print(model.recommend(n=3, ratings={"Alien": 5, "Gravity": 5, "Carol": 1}).to_string())
print(model.similar_items("Alien", 4).round(3).to_string())
