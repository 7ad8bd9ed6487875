"""Write docs/seeds.md, and fail where a figure is worse than the seed's: ``python docs/seeds_table.py``."""

import sys
from pathlib import Path

from seeds import SEEDS, Row

PAGE = Path(__file__).with_name("seeds.md")
BEGIN, END = "<!-- seeds: written by docs/seeds_table.py -->", "<!-- end of the seeds -->"
HEAD = "| row | it shows | the seed's figure | ours | example or test |\n|---|---|---|---|---|"


def computed() -> tuple[str, list[str]]:
    """The tables as Markdown, and the ids of the rows whose figures are worse."""
    lines: list[str] = []
    worse: list[str] = []
    for title, rows in SEEDS.items():
        lines += [f"## {title}", "", HEAD]
        for row in rows:
            ours = [figure.compared() for figure in row.figures]
            worse += [row.id for _, is_worse in ours if is_worse]
            lines.append(line(row, [text for text, _ in ours]))
        lines += ["", *(f"* **{row.id}**: {row.note}" for row in rows if row.note), ""]
    return "\n".join(lines), worse


def line(row: Row, ours: list[str]) -> str:
    """One line of a table."""
    seeds = "; ".join(figure.shown_seed() for figure in row.figures) or "-"
    proof = [link(name) for name in row.by] + ([f"*pending: {row.pending}*"] if row.pending else [])
    return f"| {row.id} | {row.shows} | {seeds} | {'; '.join(ours) or '-'} | {', '.join(proof)} |"


def link(name: str) -> str:
    """A test by its sentence, an example by its file."""
    path, _, test = name.partition("::")
    return f"[{test.removeprefix('test_').replace('_', ' ') or Path(path).stem}](../{path})"


def written(page: str, tables: str) -> str:
    """The page with the tables as they should be."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{tables}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    tables, worse = computed()
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    sys.exit(f"Worse than the seed: {', '.join(worse)}" if worse else 0)
