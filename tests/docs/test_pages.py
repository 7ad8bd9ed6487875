"""The prose is true: blocks of Python and of commands are run, and print what the page says."""

import contextlib
import io
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = {
    "README.md",
    *(f"docs/{name}.md" for name in ("start", "how_it_works", "choosing", "coming_from", "faq", "maths", "serve")),
}
MEASURED = r"[\d.]+ s\b|(?<=KKT residual )[\d.e+-]+|(?<=after )\d+(?= iterations)"


def fenced_blocks(path):
    """(language, first line number, text) of every fenced block of a page."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield match[1], text[: match.start(2)].count("\n") + 1, match[2]


def steps(path):
    """(language, first line, text, the lines that it must print) of every block that is run.

    What a block of Python prints stands behind its lines, or all of it in the block of text that follows.
    """
    blocks = [*fenced_blocks(path), ("", 0, "")]
    for (language, line, text), (following, _, output) in itertools.pairwise(blocks):
        if language == "python":
            behind = re.findall(r"^ *print\(.*\) +# (.+)$", text, flags=re.MULTILINE)
            yield language, line, text, output.splitlines() if following == "text" else behind
        elif language == "console" and text.startswith("$ "):
            yield language, line, *commands(text)
        elif language == "csv":
            yield language, line, text, []


def commands(text):
    """The command lines of a block, and what they print."""
    lines = text.splitlines()
    run = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(run), [line for line in lines if not line.startswith("$ ")]


def in_python(path, line, text, names):
    """What a block prints; a traceback points into the page."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * (line - 1) + text, path, "exec"), names)
    return printed.getvalue()


def in_shell(text):
    """What commands print, notes first."""
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    found = subprocess.run(
        ["bash", "-euc", text],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stdout
    return found.stdout


def lines_of(text):
    """The lines, without what no two runs have in common."""
    return [re.sub(MEASURED, "...", line.rstrip()) for line in text.splitlines()]


@pytest.mark.parametrize("page", sorted(PYTHON))
def test_the_blocks_of_a_page_print_what_stands_beside_them(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, count = {}, 0
    for language, line, text, expected in steps(ROOT / page):
        count += 1
        if language == "csv":
            Path("films.csv").write_text(text, encoding="utf-8")
        else:
            printed = in_shell(text) if language == "console" else in_python(ROOT / page, line, text, names)
            assert lines_of(printed) == lines_of("\n".join(expected)), f"{page}, line {line}"
    assert count


def test_every_page_with_python_is_run():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    written = {str(page.relative_to(ROOT)) for page in pages if "```python" in page.read_text(encoding="utf-8")}
    assert written <= PYTHON


def test_the_first_two_blocks_of_the_readme_are_the_two_commands():
    blocks = [text for _, _, text in fenced_blocks(ROOT / "README.md")][:2]
    assert blocks == [
        "python -m pip install . && partwise demo\n",
        'python -m pip install ".[test]" && python -m pytest\n',
    ]


def test_ci_runs_the_two_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^run_tests\(\) \{.*?command=\$\(readme_command 2\)\s+in_fresh_venv", script, re.M | re.S)
    assert re.search(r"^demo\(\) \{.*?command=\$\(readme_command 1\).*?in_fresh_venv demo", script, re.M | re.S)
