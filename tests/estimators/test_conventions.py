"""scikit-learn's conventions for estimators, as its own checks see them."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from partwise import NMF, MiniBatchNMF

DRAWN = (
    "k = n_features = 30 parts of 15 samples are not unique, and the random start has a number for each row, repeated "
    "or not; from one start repeated rows and weights agree (tests/laws/test_weights.py)"
)


def known_to_fail(estimator):
    names = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")
    return dict.fromkeys(names, DRAWN) if isinstance(estimator, NMF) else {}


@pytest.mark.filterwarnings("ignore")  # the checks fit tiny random tables, few of which converge or have rank k
@parametrize_with_checks(
    [NMF(), MiniBatchNMF(), NMF(solver="mu", beta_loss=1), NMF(solver="bpp")], expected_failed_checks=known_to_fail
)
def test_estimators_keep_the_conventions(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        return  # other array libraries are not supported, and not claimed to be: the check skips itself
    check(estimator)
