"""Estimators: drop-in supersets of scikit-learn's ``NMF``, ``MiniBatchNMF`` and ``non_negative_factorization``."""

from partwise.estimators.build import build_info
from partwise.estimators.function import non_negative_factorization
from partwise.estimators.minibatch import MiniBatchNMF
from partwise.estimators.nmf import NMF
from partwise.estimators.warn import NotConvergedWarning

__all__ = ["NMF", "MiniBatchNMF", "NotConvergedWarning", "build_info", "non_negative_factorization"]
