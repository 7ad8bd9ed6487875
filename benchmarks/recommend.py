"""Recommendations on MovieLens latest-small beside the baselines; exits 1 if a bound is missed.

    python -m benchmarks.recommend [--plain | --grid]

The last 20 % of each user are held out. Purchases ("implicit"): every rating is a sign of interest, whatever its
height. The defaults of `partwise.apps.ratings.implicit` are those of the grid below with the best nDCG@10 on the last
20 % of each user of the *training part*; ``--grid`` prints it.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import replace

import numpy as np

from benchmarks.movielens import movielens
from partwise.apps.ratings import Ratings, Recommender, compare, ranking, split
from partwise.apps.ratings.implicit import Recipe, fit

MORE = 1.25
"""So many times the nDCG and recall of the most popular films."""

GRID = (16, 32, 64), (0.1, 0.3, 0.7), (5.0, 12.0, 25.0)
"""Tastes, weights of cells without a sign, ridges."""


def signs(ratings: Ratings) -> Ratings:
    """Every rating as a sign of interest."""
    return replace(ratings, value=np.ones(len(ratings)), explicit=False)


def grid() -> None:
    """nDCG@10 and recall@10 inside the training part."""
    inner, held, _ = split(signs(split(movielens())[0]))
    for k, background, ridge in itertools.product(*GRID):
        found = ranking(fit(inner, Recipe(k, background, ridge)).scores, inner, held)
        print(f"{k:4}{background:6}{ridge:6}{found['nDCG@10']:9.4f}{found['recall@10']:9.4f}", flush=True)


def main() -> int:
    """Print the table; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plain", action="store_true", help="the usual strengths, none chosen by held-out cells")
    parser.add_argument("--grid", action="store_true", help="print how the defaults were chosen, and stop")
    options = parser.parse_args()
    if options.grid:
        grid()
        return 0
    train, test, notes = split(movielens())
    models = {
        "explicit": Recommender(tune=not options.plain).fit(train),
        "implicit": Recommender(tune=not options.plain).fit(signs(train)),
    }
    table = compare(train, test, models)
    print(*notes, table.round(4).to_string(), sep="\n")
    for model in models.values():
        print(model.settings_, model.model_.n_iter_, model.model_.stop_reason_)
    print(*split(movielens(), "global")[2])
    popular, ours = table.loc["most popular"], table.loc["implicit"]
    met = [ours[name] >= MORE * popular[name] for name in ("nDCG@10", "recall@10")]
    met.append(table.RMSE["explicit"] <= table.RMSE["biases"])
    print("bounds met:", met)
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
