"""Finding data by name, and what importing the room costs."""

import subprocess
import sys

import numpy as np
import pytest

from partwise import datasets


@pytest.mark.parametrize("name", datasets.names())
def test_every_name_loads_what_its_function_returns(name):
    functions = [f"{prefix}{name}" for prefix in ("load_", "make_", "") if f"{prefix}{name}" in datasets.__all__]
    assert len(functions) == 1
    data = datasets.load(name)
    assert type(data) is type(getattr(datasets, functions[0])())
    assert getattr(data, "name", name) == name


def test_every_function_that_gives_data_has_a_name():
    functions = [f for f in datasets.__all__ if f not in ("load", "names", "Dataset", "Planted")]
    assert len(functions) == len(datasets.names())


def test_a_misspelt_name_is_answered_with_the_likely_one_and_the_list():
    with pytest.raises(ValueError, match=r'no data set "novel"; did you mean "novels"\? Names: novels, novels_text, '):
        datasets.load("novel")


def test_a_strange_name_is_answered_with_the_list():
    with pytest.raises(ValueError, match=r'no data set "iris"\. Names: novels, '):
        datasets.load("iris")


def test_a_repr_says_what_and_how_large():
    assert repr(datasets.load("moon").shape) == "(8, 8)"
    assert repr(datasets.slide_3x3()) == "Dataset('slide_3x3', 3 x 3 dense)"
    assert (
        repr(datasets.make_planted(noise=0.1)) == "Planted('planted', 100 x 50 dense, 5 components, gaussian noise 0.1)"
    )


def test_a_data_set_cannot_be_reassigned():
    with pytest.raises(AttributeError):
        datasets.slide_3x3().X = np.eye(3)


def test_importing_the_room_loads_neither_pandas_nor_scikit_learn():
    code = "import sys, partwise.datasets; print({'pandas', 'sklearn', 'scipy.signal'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
