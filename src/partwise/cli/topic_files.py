"""What comes out of topics: tables, pictures and words, after a fit and for new texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from partwise.cli.voice import Voice

if TYPE_CHECKING:
    from partwise.apps.topics import Documents

__all__ = ["apply_topics", "findings", "for_machines", "prepare_folder", "show_topics", "tell", "write", "write_page"]

TABLES = {"time": "over_time.csv", "by": "per_group.csv"}
NEIGHBOURS = 5


def prepare_folder(chosen: dict[str, Any], voice: Voice) -> Path:
    """The folders of ``--out`` and ``--plots``, known to be writable; matplotlib is asked for before the fit."""
    from partwise.cli.components import output_folder
    from partwise.cli.pages import prepare_views

    prepare_views(chosen, voice)
    names = ["topics.csv", "documents.csv", *(TABLES[name] for name in TABLES if chosen[name]), "model.pw", "run.toml"]
    return output_folder(chosen["out"], names, voice)


def findings(model: Any, columns: dict[str, Any], chosen: dict[str, Any], similar_to: int | None) -> dict[str, Any]:
    """Everything that is told, written or drawn: tables by name, and figures."""
    top = chosen["top"]
    npmi = model.coherence("npmi", top)
    found: dict[str, Any] = {
        "topics": model.get_topic_info(top).assign(NPMI=npmi),
        "quality": {
            "explained": model.explained_,
            "npmi": mean(npmi),
            "c_v": mean(model.coherence("c_v", top)),
            "u_mass": mean(model.coherence("u_mass", top)),
            "diversity": model.diversity(top),
        },
    }
    if "time" in columns:
        found["time"] = model.topics_over_time(columns["time"].tolist(), period(chosen["every"]))
    if "by" in columns:
        found["by"] = model.topics_per_class(columns["by"].tolist())
        found["agreement"] = agreement(columns["by"], model.topics_)
    if similar_to is not None:
        found["similar"] = model.similar_documents(similar_to, NEIGHBOURS + 1)
    return found


def mean(values: np.ndarray) -> float:
    """The mean of the topics that have a value."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def period(every: str | None) -> float | str | None:
    """A number where it is one."""
    try:
        return None if every is None else int(every)
    except ValueError:
        return every


def agreement(groups: Any, topics: np.ndarray) -> float:
    """Normalized mutual information of groups and strongest topics, over the documents that have a topic."""
    from sklearn.metrics import normalized_mutual_info_score

    kept = topics >= 0
    return float(normalized_mutual_info_score(np.asarray(groups, dtype=str)[kept], topics[kept]))


# ------------------------------------------------------------------ files


def write(
    folder: Path, model: Any, read: Documents, found: dict[str, Any], chosen: dict[str, Any], sha256: dict[str, str]
) -> list[str]:
    """The files, each whole or not at all, run.toml last; their names."""
    from partwise.cli.run import write_frame, write_run

    table = found["topics"].assign(
        Representation=[", ".join(words) for words in found["topics"].Representation],
        Representative_Docs=[" | ".join(names) for names in found["topics"].Representative_Docs],
    )
    tables = {"topics.csv": table, "documents.csv": with_topics(model, read)}
    tables |= {file: found[name] for name, file in TABLES.items() if name in found}
    for name, frame in tables.items():
        write_frame(folder / name, frame, index=False)
    model.save(folder / "model.pw")
    drawn = draw(model, found, chosen["plots"])
    inner = model.model_
    write_run(
        folder / "run.toml", "topics", chosen, sha256, {"stop_reason": inner.stop_reason_, "n_iter": inner.n_iter_}
    )
    return [*tables, "model.pw", "run.toml", *drawn]


def with_topics(model: Any, read: Documents, texts: list[str] | None = None) -> pd.DataFrame:
    """The table that the texts came in (of bare texts: their names), with columns of topics beside it."""
    info = model.get_document_info(texts)
    shares = model.topic_shares_ if texts is None else model.topic_shares(texts)
    ours = pd.DataFrame({"topic": info.Topic, "topic_label": info.Name, "topic_share": info.Share})
    ours = pd.concat([ours, pd.DataFrame(shares, columns=[f"share_{q}" for q in range(shares.shape[1])])], axis=1)
    table = read.table
    if table is None or list(table.columns) in (["file", "text"], ["line", "text"]):
        return pd.concat([pd.DataFrame({"document": read.names}), ours], axis=1)
    taken = set(map(str, table.columns))
    ours.columns = [f"{name}_" if name in taken else name for name in ours.columns]
    return pd.concat([table.reset_index(drop=True), ours], axis=1)


def pictures_of(model: Any) -> dict[str, Any]:
    """What can be drawn of a topic model alone: name -> function."""
    from partwise import plot

    return {"topics": lambda: plot.top_words(model), "topic_similarity": lambda: plot.topic_similarity(model)}


def draw(model: Any, found: dict[str, Any], directory: str | None) -> list[str]:
    """The pictures, and their paths."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    pictures = pictures_of(model)
    if "time" in found:
        pictures["topics_over_time"] = lambda: plot.topics_over_time(found["time"])
    return list(draw_all(directory, pictures).values())


def write_page(
    voice: Voice, model: Any, read: Documents, columns: dict[str, Any], chosen: dict[str, Any], sha256: str
) -> dict[str, str]:
    """The report, if one is asked for, with the periods and groups that were: its name -> its path."""
    from partwise.cli.pages import write_report

    classes: dict[str, Any] = {}
    if "time" in columns:
        classes |= {"time": columns["time"].tolist(), "every": period(chosen["every"])}
    if "by" in columns:
        classes["groups"] = {chosen["by"]: columns["by"].tolist()}
    return write_report(voice, chosen["report"], model, read, W=model.document_topics_, sha256=sha256, **classes)


# ------------------------------------------------------------------ words


def tell(voice: Voice, model: Any, found: dict[str, Any], source: str, seconds: float, chosen: dict[str, Any]) -> None:
    """What came out, for people."""
    from partwise.cli.fit import tell_starts, tell_stop

    quality = found["quality"]
    voice.say(
        f"{Path(source).name}: {model.report_['documents']:,} documents, {len(model.terms_):,} words, "
        f"{len(found['topics'])} topics, seed {chosen['seed']}"
    )
    tell_stop(voice, model.model_, seconds)
    tell_starts(voice, model.model_)
    voice.say(
        f"Topics: NPMI {quality['npmi']:.3f}, C_v {quality['c_v']:.3f}, UMass {quality['u_mass']:.2f} "
        f"(higher is better); diversity {quality['diversity']:.2f} (1: no two topics share a top word)\n"
    )
    tell_topics(voice, found["topics"])
    if "time" in found:
        tell_time(voice, found["time"])
    if "by" in found:
        tell_groups(voice, found["by"], chosen["by"], found["agreement"])
    if "similar" in found:
        voice.say("\nMost similar documents (cosine of their topics):\n")
        voice.table(["document", "cosine"], [[str(n), f"{v:.6f}"] for n, v in found["similar"].items()], right=(1,))


def tell_topics(voice: Voice, table: pd.DataFrame) -> None:
    """A line per topic."""
    rows = [
        [str(row["Topic"]), f"{row['Share']:.1%}", str(row["Count"]), f"{row['NPMI']:.2f}", ", ".join(words)]
        for row, words in zip(table.to_dict("records"), table["Representation"], strict=True)
    ]
    voice.table(["topic", "share", "documents", "NPMI", "top words"], rows, right=(0, 1, 2, 3))


def tell_time(voice: Voice, table: pd.DataFrame) -> None:
    """When each topic was largest."""
    voice.say("\nWhen was which topic largest?\n")
    peaks = table.loc[table.groupby("Topic").Share.idxmax()]
    rows = [[str(row.Topic), str(row.Name), said(row.Timestamp), f"{row.Share:.1%}"] for row in peaks.itertuples()]
    voice.table(["topic", "name", "from", "share then"], rows, right=(0, 3))


def said(stamp: Any) -> str:
    """A number, or the day of a date."""
    return str(stamp.date()) if isinstance(stamp, pd.Timestamp) else f"{stamp:g}"


def tell_groups(voice: Voice, table: pd.DataFrame, name: str, nmi: float) -> None:
    """How many documents of which group have which topic as their strongest."""
    voice.say(f"\nWhich topic is strongest in how many documents of which {name}?\n")
    counts = table.pivot(index="Class", columns="Topic", values="Documents")
    rows = [[str(group), *(str(n) if n else "." for n in counts.loc[group])] for group in counts.index]
    numbers = tuple(range(1, counts.shape[1] + 1))
    voice.table([name, *(f"topic {q}" for q in counts.columns)], rows, right=numbers)
    voice.say(f"\nAgreement of topic and {name}: NMI {nmi:.3f} (1 is perfect, 0 is chance)")


def for_machines(
    model: Any,
    found: dict[str, Any],
    shape: tuple[int, int],
    seconds: float,
    files: list[str],
    folder: Path,
    chosen: dict[str, Any],
) -> dict[str, Any]:
    """The findings as one object."""
    from partwise.cli.fit import quality

    result: dict[str, Any] = {
        "verb": "topics",
        "shape": list(shape),
        "language": model.lang_,
        "report": model.report_,
        **quality(model.model_, seconds),
        **found["quality"],
        "options": chosen,
        "topics": found["topics"].rename(columns=str.lower).to_dict("records"),
        "files": {Path(name).name: str(folder / name) for name in files},
    }
    for name in ("time", "by"):
        if name in found:
            result[name] = found[name].astype({found[name].columns[0]: str}).to_dict("records")
    if "agreement" in found:
        result["nmi"] = found["agreement"]
    if "similar" in found:
        result["similar"] = [{"document": str(n), "cosine": float(v)} for n, v in found["similar"].items()]
    return result


# ------------------------------------------------------------------ a model from a file


def apply_topics(model: Any, path: str, text: str | None, out: str | None, plots: str | None, voice: Voice) -> None:
    """Topics of new texts: their table with columns of topics, to a file, to stdout or into the JSON object."""
    import click

    from partwise.cli.pictures import draw_loadings
    from partwise.cli.run import write_frame
    from partwise.cli.topics import read_texts

    read = read_texts(path, text, None, "utf-8", voice)
    table, shares = with_topics(model, read, read.texts), model.topic_shares(read.texts)
    draw_loadings(voice, plots, shares, None, model.topic_labels_)
    unknown = int(np.sum(shares.sum(axis=1) == 0))
    if unknown:
        voice.note(f"{unknown:,} of {len(table):,} documents hold no word that the model knows; they have no topic.")
    result: dict[str, Any] = {"verb": "apply", "shape": [len(table), model.n_topics_]}
    if out is not None:
        write_frame(Path(out), table, index=False)
        voice.say(f"Wrote {len(table):,} documents with their topics to {out}")
        result["files"] = {"documents": out}
    elif voice.json:
        result["documents"] = table.to_dict("records")
    else:
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
    voice.result(result)


def show_topics(model: Any, path: str, topic: int | None, top: int, plots: str | None, voice: Voice) -> None:
    """A topic model in words, or one topic with its weights."""
    from partwise.cli.pictures import tell_drawn

    if topic is None:
        voice.say(model.info())
    else:
        voice.say(f"Topic {topic} of {path}: {model.topic_labels_[topic]}")
        voice.table(["word", "weight"], [[w, f"{v:.6g}"] for w, v in model.get_topic(topic, top)], right=(1,))
    tell_drawn(voice, plots, pictures_of(model))
    topics = model.get_topic_info(top).rename(columns=str.lower).to_dict("records")
    voice.result({"verb": "show", "model": path, "class": "TopicModel", "info": model.info(), "components": topics})
