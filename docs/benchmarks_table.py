"""The page of benchmark results, from every JSON in docs/benchmarks that ``benchmarks.peers --json`` wrote."""

import json

NONE = (
    "No results have been recorded for this version. `python -m benchmarks.peers --all` makes them on your machine.\n"
)


def page(folder):
    """A section a file; a sentence where there is none."""
    return "\n".join(run(path) for path in sorted(folder.glob("*.json"))) or NONE


def run(path):
    """Where, when and how a run was made, and its races."""
    found = json.loads(path.read_text(encoding="utf-8"))
    versions = ", ".join(f"{name} {value}" for name, value in found["versions"].items())
    limits = ", ".join(f"{name} {value:.3g}" for name, value in found["limits"].items())
    lines = [
        f"## {path.stem}\n",
        f"Measured on {found.get('date', 'a day that the file does not tell')} by\n",
        f"    {found.get('command') or command(found['options'])}\n",
        f"with {versions}; {found['options']['threads']} threads. The machine: {limits}.\n",
    ]
    return "\n".join(lines + [race(one) for one in found["races"]])


def command(options):
    """The command line again, where the file has only its options."""
    return f"python -m benchmarks.peers --workload {' '.join(options['workload'])} --dtype {options['dtype']}"


def race(found):
    """The verdict on a workload in words, and who needed how long."""
    targets = [name for name in found["rows"][0] if is_number(name)] if found["rows"] else []
    terms = f"k={found['k']}, beta={found['beta']:g}, {found['dtype']}, {found['starts']} starts."
    head = f"### {found['workload']}\n\n{terms}"
    titles = ["", *(f"s to {float(target):.1%}" for target in targets), "times partwise", "peak MiB", ""]
    rows = [titles, ["---"] * len(titles), *(contestant(row, targets) for row in found["rows"])]
    rows += [[name, *["-"] * (len(titles) - 2), cell(reason)] for name, reason in found["absent"].items()]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{head} {verdict(found)}\n\n{table}\n"


def is_number(text):
    """Whether a column of a row is a target."""
    return text.replace(".", "", 1).isdigit()


def verdict(found):
    """Who was the fastest peer, and whether the run counts."""
    won = found["verdict"]
    if found["lacking"]:
        return f"This run does not count: without {', '.join(found['lacking'])}."
    if not won or not won["ratio"]:
        return "No ratio: partwise or every peer did not arrive."
    ratio = f"{'more than ' * won['bound']}{won['ratio']:.2f}"
    return f"The fastest peer, {won['peer']}, takes {ratio} times as long as partwise."


def contestant(row, targets):
    """The cells of a contestant; a dash is a target that was not reached."""
    seconds = [f"{row[target]['seconds']:.3g}" if row[target] else "-" for target in targets]
    ratio = f"{'> ' * row['bound']}{row['ratio']:.2f}" if row["ratio"] else "-"
    memory = "-" if row["memory"] is None else f"{row['memory']:.0f}"
    return [row["name"] + "\\*" * row["own_start"], *seconds, ratio, memory, cell(row["why"])]


def cell(text):
    """A text that cannot break the table."""
    return " ".join(str(text).replace("|", "\\|").split())
