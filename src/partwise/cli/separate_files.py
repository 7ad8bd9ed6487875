"""What comes out of a separation: stems, tables, notes, pictures and words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import pandas as pd

    from partwise.apps.audio import Separation

__all__ = ["draw", "prepare_folder", "report", "score", "write"]

TABLES = ("components.csv", "model.pw", "run.toml")
NOTES = ("notes.csv", "notes.mid")


def prepare_folder(chosen: dict[str, Any], voice: Voice) -> Path:
    """The folders of ``--out`` and ``--plots``, known to be writable; matplotlib is asked for before the fit."""
    from partwise.cli.components import output_folder
    from partwise.cli.pages import prepare_views

    prepare_views(chosen, voice)
    return output_folder(chosen["out"], [*TABLES, *(NOTES if chosen["notes"] else ())], voice)


def score(found: Separation, truth: dict[str, np.ndarray] | None) -> list[dict[str, Any]]:
    """SDR, SIR and SAR of every true stem, and how much better its SDR is than that of the mix."""
    if truth is None:
        return []
    from partwise.apps.audio import sdr_sir_sar

    if len(truth) != len(found.names):
        raise Refusal(
            f"--truth holds {len(truth)} stems, but there are {len(found.names)}: {', '.join(found.names)}. Use "
            f"--groups {len(truth)} or --templates.",
            USAGE,
        )
    waves = np.stack(list(truth.values()))
    sdr, sir, sar, order = sdr_sir_sar(waves, found.sources.mean(axis=2))
    mix = np.tile(found.sound.wave.mean(axis=1), (len(waves), 1))
    before = sdr_sir_sar(waves, mix)[0]
    return [
        {"truth": name, "stem": found.names[q], "sdr": sdr[i], "sir": sir[i], "sar": sar[i], "gain": sdr[i] - before[i]}
        for i, (name, q) in enumerate(zip(truth, order, strict=True))
    ]


def write(
    folder: Path, found: Separation, notes: Any, chosen: dict[str, Any], sha256: dict[str, str], voice: Voice
) -> dict[str, str]:
    """Every file whole or not at all; run.toml last."""
    from partwise.apps.audio.separation import stem_file
    from partwise.cli.run import write_run, write_whole
    from partwise.io import midi_bytes, wav_bytes

    old = {path.name for path in folder.glob("source_*.wav")}
    files = []
    for name, wave in found.stems():
        write_whole(folder / stem_file(name), wav_bytes(wave, found.sound.rate))
        files.append(stem_file(name))
    if stale := sorted(old - set(files)):
        voice.note(f"{folder} still holds {len(stale)} stems of an earlier run ({stale[0]}).")
    write_whole(folder / "components.csv", csv(found.to_frame().reset_index()))
    if notes is not None:
        write_whole(folder / "notes.csv", csv(notes))
        events = notes[["onset", "offset", "pitch", "velocity"]].itertuples(index=False, name=None)
        write_whole(folder / "notes.mid", midi_bytes(events))
    found.save(folder / "model.pw")
    result = {"stop_reason": found.model.stop_reason_, "n_iter": found.model.n_iter_}
    write_run(folder / "run.toml", "separate", chosen, sha256, result)
    files += [*(NOTES if notes is not None else ()), *TABLES]
    return {name: str(folder / name) for name in files}


def csv(table: pd.DataFrame) -> bytes:
    """A table as text."""
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, float_format="%.6g", lineterminator="\n")
    return buffer.getvalue().encode("utf-8")


def draw(directory: str | None, found: Separation, notes: Any) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    drawn = {
        "spectrogram": lambda: plot.spectrogram(found),
        "templates": lambda: plot.templates(found),
        "activations": lambda: plot.activations(found),
        "piano_roll": lambda: plot.piano_roll(found.find_notes() if notes is None else notes),
        "convergence": lambda: plot.convergence(found.model),
    }
    return draw_all(directory, drawn)


def report(
    voice: Voice,
    found: Separation,
    notes: Any,
    scores: list[dict[str, Any]],
    folder: Path,
    files: dict[str, str],
    seconds: float,
    chosen: dict[str, Any],
) -> None:
    """What came out, for people and for machines."""
    from partwise.cli.fit import quality, tell_starts, tell_stop
    from partwise.cli.pages import inside, views_too

    voice.say(f"{found.info().splitlines()[0]}  (seed {chosen['seed']})")
    tell_stop(voice, found.model, seconds)
    tell_starts(voice, found.model)
    voice.say()
    stems = stem_rows(found)
    tell_stems(voice, stems)
    if chosen["groups"]:
        voice.note("components were joined by the colour of their sound, which is a guess: listen to the stems.")
    if notes is not None:
        voice.say(f"\n{len(notes)} notes, {notes['name'].nunique()} pitches.")
    if scores:
        tell_scores(voice, scores)
    voice.say(f"\nWrote {inside(folder, files)} to {folder}{views_too(chosen)}")
    voice.result(
        {
            "verb": "separate",
            "seconds_of_sound": found.sound.seconds,
            "rate": found.sound.rate,
            "channels": found.sound.wave.shape[1],
            **quality(found.model, seconds),
            "stems": stems,
            "notes_found": None if notes is None else len(notes),
            "scores": scores,
            "options": chosen,
            "files": files,
        }
    )


def stem_rows(found: Separation) -> list[dict[str, Any]]:
    """A row per stem."""
    midi, clarity = found.pitches()
    loudest = found.times[found.loudness.argmax(axis=0)]
    columns = (found.names, found.shares.tolist(), midi.tolist(), clarity.tolist(), loudest.tolist())
    keys = ("stem", "share", "pitch", "clarity", "loudest")
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def tell_stems(voice: Voice, stems: list[dict[str, Any]]) -> None:
    """A line per stem."""
    from partwise.apps.audio import note_name

    rows = [
        [
            row["stem"],
            f"{row['share']:.1%}",
            note_name(row["pitch"]) if row["clarity"] > 0 else "-",
            f"{row['clarity']:.2f}",
            f"{row['loudest']:.2f} s",
        ]
        for row in stems
    ]
    voice.table(["stem", "share", "pitch", "clarity", "loudest at"], rows, right=(1, 3, 4))


def tell_scores(voice: Voice, scores: list[dict[str, Any]]) -> None:
    """A line per true stem."""
    voice.say("\nAgainst the true stems, in dB (gain: SDR over that of the mix):\n")
    rows = [
        [row["truth"], row["stem"], *(f"{row[key]:.1f}" for key in ("sdr", "sir", "sar", "gain"))] for row in scores
    ]
    voice.table(["truth", "stem", "SDR", "SIR", "SAR", "gain"], rows, right=(2, 3, 4, 5))
