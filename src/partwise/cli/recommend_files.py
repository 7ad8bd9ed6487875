"""What goes into recommendations beside the ratings, and what comes out: tables, pictures and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partwise.cli.voice import Voice, finite
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from partwise.apps.ratings import Ratings

__all__ = [
    "findings",
    "for_machines",
    "load_model",
    "prepare_folder",
    "ratings_of",
    "read_new_user",
    "read_titles",
    "read_users",
    "show_tastes",
    "tell",
    "write",
]

FILES = ("recommendations.csv", "tastes.csv", "metrics.json", "model.pw", "run.toml")
NEW = "new user"
SHOWN = 8
"""Tastes, and users, in the text for people."""


def prepare_folder(chosen: dict[str, Any], voice: Voice) -> Path:
    """The folders of ``--out`` and ``--plots``, known to be writable; matplotlib is asked for before the fit."""
    from partwise.cli.components import output_folder
    from partwise.cli.pages import prepare_views

    prepare_views(chosen, voice)
    return output_folder(chosen["out"], FILES, voice)


# ------------------------------------------------------------------ in


def load_model(path: str) -> Any:
    """The model in ``path`` if it is a .pw file, else None."""
    from partwise.persist import load

    if not path.lower().endswith(".pw"):
        return None
    model = load(path)
    if type(model).__name__ != "Recommender":
        raise DataError(f"{path} holds an {type(model).__name__}, not the Recommender of `partwise recommend`.")
    return model


def ratings_of(model: Any) -> Ratings:
    """What the model was fitted on."""
    from partwise.apps.ratings import Ratings

    cells = model.seen_.tocoo()
    return Ratings(cells.row, cells.col, cells.data, model.users_, model.items_, model.explicit_)


def read_titles(path: str | None, encoding: str) -> dict[str, str]:
    """Item -> title, from the first two columns of a table."""
    if path is None:
        return {}
    from partwise.io import read_records

    frame = read_records(path, encoding).frame
    if frame.shape[1] < 2:
        raise DataError(f"{path} has one column; titles need two: item, title.")
    return dict(zip(frame.iloc[:, 0].astype(str), frame.iloc[:, 1].astype(str), strict=True))


def read_new_user(chosen: dict[str, Any]) -> dict[str, float] | None:
    """Item -> rating of somebody new, by the names of the columns or else the first two; alone, items count once."""
    path = chosen["new_user"]
    if path is None:
        return None
    from partwise.apps.ratings.reading import column_like
    from partwise.io import read_records

    frame = read_records(path, chosen["encoding"]).frame
    names = list(frame.columns)
    item = column_like(frame, "item") or names[0]
    rating = column_like(frame, "rating") or column_like(frame, "count") or next((n for n in names if n != item), None)
    if rating is None:
        return dict.fromkeys(frame[item].astype(str), 1.0)
    found = {}
    for row, (name, value) in enumerate(zip(frame[item].astype(str), frame[rating], strict=True), 1):
        try:
            found[name] = float(value)
        except ValueError:
            raise DataError(f"{path}, row {row}: {value!r} is no rating. The columns are item, rating.") from None
    return found


def read_users(given: list[str], ratings: Ratings, encoding: str = "utf-8") -> list[str]:
    """The users that were asked for: names, or files with one per line."""
    known, users = set(ratings.users), []
    for name in given:
        if name not in known and Path(name).is_file():
            users += [line.strip() for line in Path(name).read_text(encoding=encoding).splitlines() if line.strip()]
        else:
            users.append(name)
    return list(dict.fromkeys(users))


# ------------------------------------------------------------------ findings


def findings(
    model: Any, ratings: Ratings, metrics: Any, chosen: dict[str, Any], new_user: dict[str, float] | None
) -> dict[str, Any]:
    """Everything that is told, written or drawn."""
    import pandas as pd

    users, n, filter_seen = read_users(chosen["for_users"], ratings, chosen["encoding"]), chosen["number"], not chosen[
        "include_seen"
    ]  # fmt: skip
    tables = []
    if new_user is not None:
        tables.append(model.recommend(n=n, filter_seen=filter_seen, ratings=new_user).assign(user=NEW))
    if users or new_user is None:
        tables.append(model.recommend_all(users or None, n, filter_seen, chosen["fallback"]))
    table = pd.concat(tables, ignore_index=True)
    table["title"] = [model.title_of(item) for item in table["item"]]
    names = ["user", "item", *(["title"] if model.titles_ else []), "score", "rank", "because"]
    found: dict[str, Any] = {"recommendations": table[names], "tastes": model.taste_cards(), "metrics": metrics}
    found["asked"] = [*([NEW] if new_user is not None else []), *users]
    unknown = [user for user in users if user not in set(model.users_)]
    found["unknown"] = unknown
    if chosen["similar"] is not None:
        found["similar"] = model.similar_items(chosen["similar"], n + 1)
    return found


def write(folder: Path, model: Any, found: dict[str, Any], chosen: dict[str, Any], sha256: dict[str, str]) -> list[str]:
    """The files, each whole or not at all, run.toml last; their names."""
    from partwise.cli.run import write_frame, write_run, write_whole

    cards = found["tastes"]
    tastes = cards.assign(**{name: [" | ".join(part) for part in cards[name]] for name in ("items", "users")})
    write_frame(folder / "recommendations.csv", found["recommendations"], index=False)
    write_frame(folder / "tastes.csv", tastes.drop(columns="weights"), index=False)
    text = json.dumps(finite(as_dict(found["metrics"])), indent=1, allow_nan=False)
    write_whole(folder / "metrics.json", text.encode())
    model.save(folder / "model.pw")
    drawn = draw(model, found, chosen["plots"])
    result = {"stop_reason": model.model_.stop_reason_, "n_iter": model.model_.n_iter_}
    write_run(folder / "run.toml", "recommend", chosen, sha256, result)
    return [*FILES, *drawn]


def as_dict(metrics: pd.DataFrame | None) -> dict[str, Any]:
    """Model -> measure -> value."""
    return {} if metrics is None else {str(name): dict(row) for name, row in metrics.iterrows()}


def draw(model: Any, found: dict[str, Any], directory: str | None) -> list[str]:
    """The pictures, and their paths."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    pictures = {"tastes": lambda: plot.taste_cards(model), "ratings": lambda: plot.long_tail(model)}
    if found["metrics"] is not None:
        pictures["metrics"] = lambda: plot.metric_bars(found["metrics"])
    known = [user for user in found["asked"] if user in set(model.users_)]
    if known:
        pictures["user"] = lambda: plot.user_profile(model, known[0])
    return list(draw_all(directory, pictures).values())


# ------------------------------------------------------------------ words


def tell(voice: Voice, model: Any, found: dict[str, Any], source: str, seconds: float, chosen: dict[str, Any]) -> None:
    """What came out, for people."""
    from partwise.cli.fit import STOPS

    inner, kind = model.model_, "ratings" if model.explicit_ else "purchases"
    voice.say(
        f"{Path(source).name}: {model.seen_.nnz:,} {kind} of {len(model.items_):,} items by {len(model.users_):,} "
        f"users; {len(found['tastes'])} tastes, seed {chosen['seed']}"
    )
    voice.say(f"Stop: {STOPS[inner.stop_reason_]}, after {inner.n_iter_} iterations and {seconds:.2f} s\n")
    if not inner.converged_:
        voice.note(f"stopped early; --max-iter {2 * chosen['max_iter']} goes on.")
    if found["metrics"] is not None:
        tell_metrics(voice, found["metrics"])
    voice.say("\nTastes: what stands for each, and its share of what tastes explain\n")
    shown = found["tastes"].head(SHOWN)
    rows = [[str(c["taste"]), f"{c['share']:.1%}", ", ".join(c["items"])] for c in shown.to_dict("records")]
    voice.table(["taste", "share", "items"], rows, right=(0, 1))
    for user in found["asked"][:SHOWN]:
        tell_user(voice, user, found["recommendations"], user in found["unknown"])
    if "similar" in found:
        voice.say("\nItems most like it (cosine of their tastes):\n")
        named = [[model.title_of(item), f"{value:.3f}"] for item, value in found["similar"].items()]
        voice.table(["item", "cosine"], named, right=(1,))


def tell_metrics(voice: Voice, metrics: pd.DataFrame) -> None:
    """Models beside each other."""
    voice.say("On what was held out (RMSE, MAE: lower is better; the others: higher):\n")
    measures = [name for name in metrics.columns if name != "users"]
    rows = [
        [str(name), *("" if value != value else f"{value:.4f}" for value in row)]
        for name, row in zip(metrics.index, metrics[measures].to_numpy(), strict=True)
    ]
    voice.table(["model", *measures], rows, right=tuple(range(1, len(measures) + 1)))
    for said in shortfalls(metrics):
        voice.note(said)


def shortfalls(metrics: pd.DataFrame) -> list[str]:
    """Where the model does not beat a baseline."""
    ours, others = metrics.loc["partwise"], metrics.drop("partwise")
    of_ratings = "RMSE" in metrics
    found = []
    if of_ratings and ours["RMSE"] > others["RMSE"].min():
        found.append("a baseline errs less than the model (RMSE): these ratings show no tastes beyond it.")
    name = next(str(column) for column in metrics.columns if str(column).startswith("nDCG"))
    if ours[name] > others[name].max():
        return found
    if of_ratings:
        found.append(f"lists go by what is liked, not by what is chosen next ({name}); --implicit learns the latter.")
    else:
        found.append(f"what is popular is as good as the model ({name}): these purchases show no tastes beyond it.")
    return found


def tell_user(voice: Voice, user: str, table: pd.DataFrame, unknown: bool) -> None:
    """The list of one user."""
    why = " (unknown: what most users have)" if unknown else ""
    voice.say(f"\nFor {user}{why}:\n")
    label = "title" if "title" in table else "item"
    rows: Any = table[table["user"] == user]
    cells = [
        [str(row["rank"]), str(row[label]), f"{row['score']:.2f}", str(row["because"])]
        for row in rows.to_dict("records")
    ]
    voice.table(["rank", label, "score", "because of"], cells, right=(0, 2))


def for_machines(
    model: Any, found: dict[str, Any], seconds: float, files: list[str], folder: Path, chosen: dict[str, Any]
) -> dict[str, Any]:
    """The findings as one object."""
    asked = found["recommendations"]
    if found["asked"]:
        asked = asked[asked["user"].isin(found["asked"])]
    result: dict[str, Any] = {
        "verb": "recommend",
        "shape": list(model.seen_.shape),
        "explicit": model.explicit_,
        "settings": model.settings_,
        "n_iter": model.model_.n_iter_,
        "stop_reason": model.model_.stop_reason_,
        "converged": model.model_.converged_,
        "seconds": round(seconds, 3),
        "metrics": as_dict(found["metrics"]),
        "tastes": found["tastes"].to_dict("records"),
        "recommendations": asked.to_dict("records"),
        "options": chosen,
        "files": {Path(name).name: str(folder / name) for name in files},
    }
    if "similar" in found:
        result["similar"] = [{"item": str(n), "cosine": float(v)} for n, v in found["similar"].items()]
    return result


def show_tastes(path: str, taste: int | None, top: int, plots: str | None, voice: Voice) -> None:
    """A recommender in words, or one taste with its weights."""
    from partwise import plot
    from partwise.cli.pictures import tell_drawn
    from partwise.cli.show import wanted

    model = load_model(path)
    cards = model.taste_cards(top)
    chosen: Any = cards[cards["taste"].isin(wanted(taste, len(cards), path))]
    if taste is None:
        voice.say(model.info())
    else:
        card = chosen.to_dict("records")[0]
        voice.say(f"Taste {taste} of {path}: {card['name']}")
        rows = [[item, f"{weight:.6g}"] for item, weight in zip(card["items"], card["weights"], strict=True)]
        voice.table(["item", "weight"], rows, right=(1,))
    tell_drawn(voice, plots, {"tastes": lambda: plot.taste_cards(model)})
    components = chosen.to_dict("records")
    voice.result(
        {"verb": "show", "model": path, "class": "Recommender", "info": model.info(), "components": components}
    )
