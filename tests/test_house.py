"""The house itself: who may import whom, what an import loads, what is installed, and that the prose is true."""

import ast
import doctest
import importlib
import importlib.metadata
import importlib.resources
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import partwise

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "partwise"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["name"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}
LAYERS = CONTRACTS["Each line knows its room"]["layers"]

GUESTS = {  # the distributions of the extras -> the names they are imported by
    "matplotlib": "matplotlib",
    "soundfile": "soundfile",
    "pillow": "PIL",
    "anndata": "anndata",
    "h5py": "h5py",
    "zarr": "zarr",
    "distributed": "distributed",
    "snowballstemmer": "snowballstemmer",
    "stopwordsiso": "stopwordsiso",
    "pyarrow": "pyarrow",
    "openpyxl": "openpyxl",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
}


def run_python(*arguments, cwd, **environment):
    """A fresh interpreter on the same installation."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )


# Who may import whom


def lint_imports(tree):
    """What import-linter says about ``tree/src/partwise`` under ``tree/pyproject.toml``."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return run_python("-c", code, "--no-cache", cwd=tree, PYTHONPATH=str(tree / "src"))


def verdicts(output):
    """Contract name -> KEPT or BROKEN."""
    return {name: match[1] for name in CONTRACTS if (match := re.search(rf"{re.escape(name)} (KEPT|BROKEN)", output))}


@pytest.fixture
def copy_of_the_house(tmp_path):
    shutil.copytree(SRC, tmp_path / "src" / "partwise", ignore=shutil.ignore_patterns("__pycache__", "native", "_data"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(tree, room, line):
    """Append ``line`` to a room, which is built first if need be."""
    path = tree / "src" / "partwise" / room
    path.parent.mkdir(exist_ok=True)
    (path.parent / "__init__.py").touch()
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def test_every_import_contract_holds():
    result = lint_imports(ROOT)
    assert verdicts(result.stdout) == dict.fromkeys(CONTRACTS, "KEPT"), result.stdout + result.stderr
    assert result.returncode == 0


VIOLATIONS = {
    "Each line knows its room": [("losses/beta.py", "import partwise.engine.step")],
    "Above the estimators only the public API is used": [("cli/__init__.py", "import partwise.engine.step")],
    "Applications do not know each other": [("apps/signals.py", "import partwise.apps.topics")],
    "Guests stay at the door": [("engine/step.py", "import pandas")],
}


@pytest.mark.parametrize("contract", list(CONTRACTS))
def test_a_planted_violation_breaks_its_contract(contract, copy_of_the_house):
    for room, line in VIOLATIONS[contract]:
        plant(copy_of_the_house, room, line)
    result = lint_imports(copy_of_the_house)
    expected = {name: "BROKEN" if name == contract else "KEPT" for name in CONTRACTS}
    assert verdicts(result.stdout) == expected, result.stdout + result.stderr
    assert result.returncode != 0


def test_a_room_that_no_layer_names_breaks_the_contract(copy_of_the_house):
    plant(copy_of_the_house, "attic/__init__.py", "")
    result = lint_imports(copy_of_the_house)
    assert "partwise.attic" in result.stdout
    assert result.returncode != 0


def test_a_new_room_above_the_estimators_is_kept_to_the_public_api_without_being_named(copy_of_the_house):
    plant(copy_of_the_house, "serve/__init__.py", "import partwise.engine.step")
    assert (
        verdicts(lint_imports(copy_of_the_house).stdout)["Above the estimators only the public API is used"] == "BROKEN"
    )


def rooms_of(layers):
    return {name.strip() for layer in layers for name in layer.split("|")}


ROOMS = {path.stem for path in SRC.iterdir() if (path / "__init__.py").exists() or path.suffix == ".py"}
ROOMS -= {"__init__", "__main__"}


def test_a_layer_is_optional_exactly_as_long_as_its_room_is_not_built():
    assert {name for name in rooms_of(LAYERS) if not name.startswith("(")} == ROOMS


def test_every_room_below_the_estimators_is_closed_to_guests():
    below = rooms_of(LAYERS[LAYERS.index("engine") :])
    assert set(CONTRACTS["Guests stay at the door"]["source_modules"]) == {f"partwise.{name}" for name in below}


@pytest.mark.parametrize("room", sorted(rooms_of(LAYERS[LAYERS.index("estimators | io") :])))
def test_an_inner_room_imports_other_rooms_but_never_the_package_itself(room):
    for path in [SRC / f"{room}.py", *(SRC / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8") if path.exists() else "")):
            if isinstance(node, ast.Import):
                assert "partwise" not in {alias.name for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom) and node.module == "partwise":
                assert {alias.name for alias in node.names} <= ROOMS, path


def test_every_extra_is_a_guest_and_is_imported_in_one_file():
    extras = SETTINGS["project"]["optional-dependencies"]
    required = {
        re.match(r"[\w.-]+", requirement)[0]
        for extra, requirements in extras.items()
        if extra not in {"all", "test", "docs"}
        for requirement in requirements
    }
    assert required == set(GUESTS)
    assert set(GUESTS.values()) <= set(CONTRACTS["Guests stay at the door"]["forbidden_modules"])
    for guest in GUESTS.values():
        assert len(files_importing(guest)) <= 1, f"{guest} is imported in {files_importing(guest)}"


def files_importing(module):
    return [path.relative_to(SRC) for path in sorted(SRC.rglob("*.py")) if module in imported_by(path)]


def imported_by(path):
    """The top-level names of everything that a file imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def test_all_means_every_extra_for_users():
    extras = SETTINGS["project"]["optional-dependencies"]
    (requirement,) = extras["all"]
    named = re.fullmatch(r"partwise\[(.+)\]", requirement)[1].split(",")
    assert sorted(named) == sorted(set(extras) - {"all", "test", "docs"})


# What an import loads


def test_importing_partwise_loads_neither_scikit_learn_nor_pandas_nor_an_extra(tmp_path):
    result = run_python("-c", "import sys, partwise; print(*sorted(sys.modules))", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert loaded & {"sklearn", "pandas", "click", "rich", "jinja2", *GUESTS.values()} == set()


WITHOUT_EXTRAS = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import partwise
for name in partwise.__all__:
    getattr(partwise, name)
print(f"{partwise.NMF(1).fit([[1.0, 2.0], [2.0, 4.0]]).reconstruction_err_:.3f}")
"""


def test_every_public_name_and_a_fit_work_with_every_extra_absent(tmp_path):
    result = run_python("-c", WITHOUT_EXTRAS, *GUESTS.values(), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "0.000\n"


def test_the_public_names_are_the_ones_listed():
    assert set(partwise.__all__) <= set(dir(partwise))
    with pytest.raises(AttributeError, match="no_such_name"):
        partwise.no_such_name  # noqa: B018


# What is installed


def test_the_version_comes_from_one_place():
    assert partwise.__version__ == importlib.metadata.version("partwise") == SETTINGS["project"]["version"]
    repeated = [path for path in SRC.rglob("*.py") if f'"{partwise.__version__}"' in path.read_text(encoding="utf-8")]
    assert repeated == []


def test_the_package_says_that_it_is_typed():
    assert importlib.resources.files("partwise").joinpath("py.typed").is_file()


def test_no_source_of_the_native_kernels_is_installed():
    assert [
        path for path in importlib.metadata.files("partwise") if path.suffix in {".cpp", ".h", ".hpp", ".inc"}
    ] == []


def test_the_licence_is_installed_with_the_package():
    shipped = [path for path in importlib.metadata.files("partwise") if path.name == "LICENSE"]
    assert len(shipped) == 1
    assert shipped[0].read_text(encoding="utf-8") == (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_command_is_installed():
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="partwise")
    assert callable(command.load())


# That the prose tells the truth


BUILT = ("docs/generated/", "docs/gallery/")  # where the site lays what it makes
PAGES = [
    page
    for page in sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes/*.md")})
    if not page.relative_to(ROOT).as_posix().startswith(BUILT)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page):
    text = page.read_text(encoding="utf-8")
    linked = [page.parent / link for link in re.findall(r"\]\((?!\w+:|gallery/)([^)#\s]+)[^)]*\)", text)]
    named = [ROOT / path for path in re.findall(r"`((?:src|tests|docs|changes|\.ci)/[\w./-]+)`", text)]
    assert [str(path) for path in linked + named if not path.exists()] == []


def test_every_change_has_a_kind_and_a_sentence():
    index = (ROOT / "changes" / "README.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^\* `(\w+)`", index, flags=re.MULTILINE)
    for path in (ROOT / "changes").glob("*.md"):
        if path.name != "README.md":
            assert path.name.split(".")[1] in kinds, path
            assert path.read_text(encoding="utf-8").strip().endswith("."), path


def modules():
    yield "partwise"
    for module in pkgutil.walk_packages(partwise.__path__, "partwise."):
        if not module.name.endswith(("._native", ".__main__")):
            yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_the_examples_in_docstrings_print_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0
