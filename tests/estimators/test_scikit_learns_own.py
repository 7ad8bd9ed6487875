"""scikit-learn's own ``test_nmf.py``, from the installed wheel, with our classes in place of theirs.

The file is executed with ``NMF``, ``MiniBatchNMF`` and ``non_negative_factorization`` exchanged. Left out are its tests
of private functions (recognised by ``nmf._``): those functions do not exist here.
"""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest
import sklearn.decomposition

from partwise import NMF, MiniBatchNMF, non_negative_factorization

OURS = {"NMF": NMF, "MiniBatchNMF": MiniBatchNMF, "non_negative_factorization": non_negative_factorization}

# Their tests let warnings pass (non-convergence, k above the rank), so these do too.
pytestmark = pytest.mark.filterwarnings("ignore")

NOT_THE_PUBLIC_API = re.compile(r"\bnmf\._")


def theirs():
    """The module, executed with our names, which its parametrizations read while it loads."""
    path = Path(sklearn.decomposition.__file__).parent / "tests" / "test_nmf.py"
    spec = importlib.util.spec_from_file_location("scikit_learns_test_nmf", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name, thing in OURS.items():
            patch.setattr(sklearn.decomposition, name, thing)
        spec.loader.exec_module(module)
    return module


MODULE = theirs()
TESTS = {name: test for name, test in vars(MODULE).items() if name.startswith("test_")}
PRIVATE = {name for name, test in TESTS.items() if NOT_THE_PUBLIC_API.search(inspect.getsource(test))}

globals().update({name: test for name, test in TESTS.items() if name not in PRIVATE})


def test_only_tests_of_private_functions_are_left_out():
    assert len(TESTS) - len(PRIVATE) >= 29
    assert "test_nmf_minibatchnmf_equivalence" not in PRIVATE
