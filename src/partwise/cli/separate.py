"""``partwise separate``: a recording into stems that sum to it, and notes where they are asked for."""

from __future__ import annotations

import warnings
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice
from partwise.errors import DataError

if TYPE_CHECKING:
    from partwise.apps.audio import Grid, Separation, Templates
    from partwise.io import Sound

__all__ = ["separate"]


@click.command()
@click.argument("sound")
@click.option(
    "-k",
    "--components",
    type=options.Size(),
    metavar="N",
    help="Components to learn from SOUND. Required, save beside --templates, where they become the stem rest.",
)
@click.option("--loss", type=click.Choice(("kl", "is")), default="kl", show_default=True, help="is: the quiet as well.")
@click.option(
    "--templates",
    multiple=True,
    metavar="DIR|FILE",
    help="Recordings of single sources, a stem each: a file, or a folder of files and of folders that are one source.",
)
@click.option(
    "--per-source", type=click.IntRange(min=1), default=5, show_default=True, help="Templates to learn of each source."
)
@click.option("--groups", type=click.IntRange(min=1), metavar="N", help="Join components of like timbre to N stems.")
@click.option("--notes", is_flag=True, help="Write the notes of all stems with a pitch: notes.csv and notes.mid.")
@click.option("--truth", metavar="DIR", help="The true stems, as many: print SDR, SIR and SAR.")
@click.option("--window", type=click.IntRange(min=16), default=2048, show_default=True, help="Samples in a frame.")
@click.option("--hop", type=click.IntRange(min=1), default=512, show_default=True, help="Samples from frame to frame.")
@click.option(
    "--n-init", type=click.IntRange(min=1), default=1, show_default=True, help="Starts to choose the best of."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="For random starts.")
@click.option("--max-iter", type=click.IntRange(min=1), default=1000, show_default=True, help="Most iterations.")
@click.option("--max-time", type=options.Duration(), metavar="TIME", help="Most time for the fit: 60s, 2m, 1h.")
@click.option("--tol", type=options.Number(min=0), help="When it has converged; default: 1e-2, 1e-3 for is.")
@click.option("--strict", is_flag=True, help="Exit with 4 if the fit has not converged.")
@options.threads
@options.views
@options.folder("Where to write the stems, components.csv and run.toml; default: NAME-stems.")
@options.voice
def separate(sound: str, voice: Voice, **chosen: Any) -> None:
    """Take a sound apart into stems that sum to it.

    SOUND is a .wav file, or a .flac, .ogg, .mp3 or .aif file (extra: audio), of any rate, channels and bits. Writes
    source_NAME.wav for every stem (32-bit floats), components.csv, model.pw and run.toml.
    """
    check_options(chosen)
    from partwise.cli import separate_files
    from partwise.cli.components import default_folder
    from partwise.cli.fit import ending
    from partwise.cli.pages import write_report

    recording = read(sound, voice)
    check_size(chosen, recording)
    templates = learn(chosen, recording, voice)
    truth = read_truth(chosen["truth"], recording)
    chosen["out"] = chosen["out"] or default_folder(sound, "stems")
    folder = separate_files.prepare_folder(chosen, voice)
    sha256 = fingerprints({"sound": sound}, voice)

    found, seconds = take_apart(recording, templates, chosen, voice)
    notes = found.find_notes() if chosen["notes"] else None
    scores = separate_files.score(found, truth)
    files = separate_files.write(folder, found, notes, {"sound": sound, **chosen}, sha256, voice)
    files |= separate_files.draw(chosen["plots"], found, notes)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["sound"])
    separate_files.report(voice, found, notes, scores, folder, files, seconds, {"sound": sound, **chosen})
    ending(found.model, chosen["strict"])


# ------------------------------------------------------------------ before


def check_options(chosen: dict[str, Any]) -> None:
    """Refuse what cannot go together, before anything is read."""
    from partwise.apps.audio import Grid
    from partwise.cli.fit import check_size_given

    if not chosen["templates"]:
        check_size_given(chosen["components"])
    elif chosen["groups"]:
        raise Refusal("--groups does not go with --templates: their sources are the stems.", USAGE)
    k = chosen["components"] or 0
    if chosen["groups"] and chosen["groups"] > k:
        raise Refusal(f"--groups {chosen['groups']} is more than -k {k}: a stem has one component or more.", USAGE)
    try:
        Grid(1, chosen["window"], chosen["hop"])
    except DataError as error:
        raise Refusal(f"--window and --hop: {error}", USAGE) from None


def read(path: str, voice: Voice) -> Sound:
    """The recording, with what there is to tell."""
    from partwise.apps.audio.separate import check_loud
    from partwise.io import read_sound

    sound = read_sound(path)
    check_loud(sound)
    return sound


def grid_of(chosen: dict[str, Any], sound: Sound) -> Grid:
    """The frames that the options ask for."""
    from partwise.apps.audio import Grid

    return Grid(sound.rate, chosen["window"], chosen["hop"])


def check_size(chosen: dict[str, Any], sound: Sound) -> None:
    """Refuse more components than the spectrogram can tell apart."""
    frames = grid_of(chosen, sound).n_frames(len(sound.wave)) * sound.wave.shape[1]
    bins = chosen["window"] // 2 + 1
    if not chosen["templates"] and chosen["components"] > min(frames, bins):
        raise Refusal(
            f"-k {chosen['components']} is more than min(frames, frequencies) = {min(frames, bins)} of {sound.source}. "
            f"Parts beyond that cannot be told apart; use fewer, or a smaller --hop or larger --window.",
            USAGE,
        )


def learn(chosen: dict[str, Any], sound: Sound, voice: Voice) -> Templates | None:
    """The templates of the recordings that were named."""
    if not chosen["templates"]:
        return None
    from partwise.apps.audio import learn_templates, recordings_in

    learned = learn_templates(
        recordings_in(*chosen["templates"]),
        chosen["per_source"],
        rate=sound.rate,
        loss=chosen["loss"],
        window=chosen["window"],
        hop=chosen["hop"],
        random_state=chosen["seed"],
    )
    for note in learned.notes:
        voice.note(note)
    return learned


def read_truth(path: str | None, sound: Sound) -> dict[str, Any] | None:
    """The true stems by name, one channel each."""
    if path is None:
        return None
    from partwise.apps.audio import recordings_in
    from partwise.io import read_sound

    waves = {name: read_sound(files[0]) for name, files in recordings_in(path).items()}
    for name, true in waves.items():
        if (true.rate, len(true.wave)) != (sound.rate, len(sound.wave)):
            raise DataError(
                f"--truth: {name} has {len(true.wave):,} samples at {true.rate} Hz, {sound.source} {len(sound.wave):,} "
                f"at {sound.rate}. True stems are as long as the mix."
            )
    return {name: true.wave.mean(axis=1) for name, true in waves.items()}


def fingerprints(paths: dict[str, str], voice: Voice) -> dict[str, str]:
    """SHA-256 of the recording."""
    from partwise.cli import run

    return run.fingerprints(paths, voice)


# ------------------------------------------------------------------ the fit


def take_apart(
    sound: Sound, templates: Templates | None, chosen: dict[str, Any], voice: Voice
) -> tuple[Separation, float]:
    """The separation, and the seconds of the fit."""
    from partwise.apps import audio
    from partwise.apps.audio.templates import BETA, TOL
    from partwise.cli.fit import new_model
    from partwise.cli.progress import watch
    from partwise.estimators import NotConvergedWarning

    if chosen["tol"] is None:
        chosen["tol"] = TOL[chosen["loss"]]
    model = new_model({**chosen, "init": "random", "solver": "mu", "loss": BETA[chosen["loss"]]}, voice)
    watch(model, voice)
    warnings.simplefilter("ignore", NotConvergedWarning)  # told in the command line's own words
    began = perf_counter()
    how = {"loss": chosen["loss"], "window": chosen["window"], "hop": chosen["hop"], "groups": chosen["groups"]}
    found = audio.separate(
        sound, chosen["components"] or (0 if templates else None), templates=templates, model=model, **how
    )
    for note in found.notes:
        voice.note(note)
    return found, perf_counter() - began
