"""Warnings: whose line they name."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from partwise import NMF, MiniBatchNMF, non_negative_factorization
from partwise.estimators import NotConvergedWarning

FITS = {
    "fit": lambda X: NMF(2, max_iter=2, tol=1e-12).fit(X),
    "fit_transform": lambda X: NMF(2, max_iter=2, tol=1e-12).fit_transform(X),
    "batches": lambda X: MiniBatchNMF(2, max_iter=1, tol=1e-12).fit(X),
    "pipeline": lambda X: make_pipeline(NMF(2, max_iter=2, tol=1e-12)).fit(X),
    "function": lambda X: non_negative_factorization(X, n_components=2, max_iter=2, tol=1e-12),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_warning_names_the_line_that_asked_for_the_fit(fit):
    X = np.random.default_rng(0).random((6, 4))
    with pytest.warns(NotConvergedWarning) as caught:
        fit(X)
    assert [found.filename for found in caught] == [__file__]
