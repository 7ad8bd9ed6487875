"""The other stops of ``partwise demo``: pictures, ratings and sound, each a few lines, each with a known truth.

A stop tells what it found, adds what can be drawn of it to ``pictures``, and returns it for machines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.cli.voice import Voice

__all__ = ["parts_stop", "recommend_stop", "separate_stop"]

SECONDS, TEMPLATES = 8, 3
"""Of the piano that is taken apart, and spectra to a key."""

FOUND_ABOVE = 0.999
"""Cosine of a part with a true cell from which the cell counts as found."""


def parts_stop(voice: Voice, seed: int, pictures: dict[str, Any]) -> dict[str, Any]:
    """A hundred pictures of a seven-cell display: which parts are they made of?"""
    from partwise import plot
    from partwise.apps.images import parts
    from partwise.datasets import make_lcd_digits

    lcd = make_lcd_digits()
    found = parts(lcd.X, 7, size=lcd.extra["image_shape"], random_state=seed)
    H = found.components.reshape(7, -1)
    cosines = H @ lcd.H.T / np.linalg.norm(H, axis=1)[:, None] / np.linalg.norm(lcd.H, axis=1)
    cells = int((cosines.max(axis=0) > FOUND_ABOVE).sum())
    three = next(i for i, row in enumerate(lcd.W) if np.count_nonzero(row) == 3)
    equation = found.build_up(three).equation()
    voice.say(f"\nPictures: {len(lcd.X)} of a display, cells lit by chance. Learned: {cells} of its 7 cells.")
    voice.say(f"  picture {three} {equation}")
    pictures["parts"] = lambda: plot.lee_seung(found, three)
    return {"cells_found": cells, "cells": 7, "error": found.error, "equation": equation}


def recommend_stop(voice: Voice, seed: int, pictures: dict[str, Any]) -> dict[str, Any]:
    """Planted ratings of films: whose taste is like whose, and what to see next?"""
    from partwise import plot
    from partwise.apps.ratings import Recommender, compare, read_ratings, split
    from partwise.datasets import make_ratings

    train, test, _ = split(read_ratings(make_ratings().extra["table"]))
    model = Recommender(4, random_state=seed).fit(train)
    errors: Any = compare(train, test, {"tastes": model})["RMSE"]
    user = str(train.users[0])
    wanted = model.recommend(user, 3)["item"].tolist()
    voice.say(
        f"\nRatings: {len(train.users)} people, {len(train.items)} films, the last ratings of each held out. "
        f"Error in stars: {errors['tastes']:.2f} with four tastes, {errors['biases']:.2f} with averages alone."
    )
    voice.say(f"  for {user}: {', '.join(wanted)}")
    rmse = {name: float(errors[name]) for name in ("tastes", "biases", "global mean")}
    pictures["tastes"] = lambda: plot.taste_cards(model)
    return {"rmse": rmse, "user": user, "recommended": wanted}


def separate_stop(voice: Voice, seed: int, pictures: dict[str, Any]) -> dict[str, Any]:
    """Piano chords and recordings of the single keys: which key sounds when?"""
    from partwise import plot
    from partwise.apps.audio import learn_templates, separate
    from partwise.datasets import load_piano_mix, load_piano_notes
    from partwise.io import as_sound

    mix: Any = load_piano_mix()
    notes: Any = load_piano_notes()
    rate = mix.extra["rate"]
    keys = dict(zip(notes.feature_names, notes.extra["waves"], strict=True))
    known = {name: as_sound(keys[name][: 2 * rate], rate) for name in mix.extra["notes"]}
    wave = mix.extra["wave"][: SECONDS * rate]
    found = separate(wave, rate=rate, templates=learn_templates(known, TEMPLATES, random_state=seed))
    rest = float(np.abs(found.sources.sum(axis=0)[:, 0] - wave).max() / np.abs(wave).max())
    heard = found.find_notes()
    first = [f"{onset:.2f} s {name}" for onset, name in zip(heard["onset"], heard["name"], strict=True)][:6]
    voice.say(
        f"\nSound: {SECONDS} s of piano chords, {len(known)} keys known from recordings of each alone. "
        f"{len(found.names)} stems sum to the mix to {rest:.0e} of its peak; {len(heard)} notes:"
    )
    voice.say(f"  {', '.join(first)}, ...")
    pictures["piano_roll"] = lambda: plot.piano_roll(heard)
    return {"stems": len(found.names), "rest": rest, "notes": len(heard)}
