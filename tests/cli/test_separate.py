"""``separate``: from a raw sound file to stems that sum to it, notes and scores; and every mistake with its message."""

import json
import sys
import tomllib

import mido
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import wavfile

import partwise
from partwise.io import wav_bytes

RATE = 8000
QUICK = ("--window", 512, "--hop", 128, "--max-iter", 50)


def tone(frequency):
    t = np.arange(2 * RATE) / RATE
    return sum(np.sin(2 * np.pi * frequency * h * t) / h for h in range(1, 6)) / 4


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder: a mix of two notes and noise, the notes alone, and the true stems."""
    monkeypatch.chdir(tmp_path)
    t = np.arange(2 * RATE) / RATE
    a, b = tone(440) * (t % 1 < 0.6), tone(659.26) * (t % 0.7 > 0.3)
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(t))
    files = {
        "mix.wav": a + b + noise,
        "notes/A4.wav": tone(440),
        "notes/E5.wav": tone(659.26),
        "truth/low.wav": a,
        "truth/high.wav": b,
        "stereo.wav": np.stack([a + noise, b - noise], axis=1),
        "silent.wav": np.zeros(900),
        "one.wav": np.ones(1),
        "nan.wav": np.r_[a[:900], np.nan],
        "short/x.wav": a[:99],
        "quiet/x.wav": np.zeros(900),
    }
    for name, wave in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(wav_bytes(wave, RATE))
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound at all", encoding="utf-8")
    (tmp_path / "song.doc").write_text("no sound at all", encoding="utf-8")
    (tmp_path / "song.mp3").write_text("x", encoding="utf-8")
    (tmp_path / "song.flac").write_text("fLaC", encoding="utf-8")
    (tmp_path / "texts").mkdir()
    return tmp_path


def summed(folder):
    return sum(wavfile.read(path)[1].astype(np.float64) for path in folder.glob("source_*.wav"))


@pytest.mark.parametrize("name", ["mix", "stereo"])
def test_a_sound_needs_only_the_number_of_components_and_its_stems_sum_to_it(name, place, run):
    result = run("separate", f"{name}.wav", "-k", 3)
    out = place / f"{name}-stems"
    stems = {f"source_component_{q}.wav" for q in range(3)}
    assert {path.name for path in out.iterdir()} == stems | {"components.csv", "model.pw", "run.toml"}
    mix = wavfile.read(f"{name}.wav")[1]
    assert np.abs(summed(out) - mix).max() <= 1e-6 * np.abs(mix).max()
    for said in (f"{name}.wav: 2.0 s at 8,000 Hz", "3 components", "Stop:", "component_0", "Wrote source_"):
        assert said in result.stdout
    assert partwise.load(out / "model.pw").components_.shape == (3, 1025)


@pytest.mark.parametrize(("dtype", "step"), [(np.uint8, 2**-6), (np.int16, 2**-14)])
def test_whole_numbers_of_8_and_16_bits_are_read(dtype, step, place, run):
    wave = tone(440) / 2
    scaled = wave * 127 + 128 if dtype is np.uint8 else wave * 32767
    wavfile.write("whole.wav", RATE, np.rint(scaled).astype(dtype))
    run("separate", "whole.wav", "-k", 1, *QUICK)
    assert np.abs(summed(place / "whole-stems") - wave).max() <= step


def test_templates_give_named_stems_notes_and_scores(place, run):
    result = run(
        "separate",
        "mix.wav",
        "--templates",
        "notes",
        "--per-source",
        2,
        "--notes",
        "--truth",
        "truth",
        "--json",
        *QUICK,
    )
    found = json.loads(result.stdout)
    assert [stem["stem"] for stem in found["stems"]] == ["A4", "E5"]
    assert {score["truth"]: score["stem"] for score in found["scores"]} == {"low": "A4", "high": "E5"}
    assert all(score["gain"] > 6 for score in found["scores"])
    notes = pd.read_csv("mix-stems/notes.csv")
    assert set(notes["name"]) == {"A4", "E5"}
    assert len(notes) == found["notes_found"] == 5
    played = [message for message in mido.MidiFile("mix-stems/notes.mid") if message.type == "note_on"]
    assert sorted(message.note for message in played) == sorted(notes["pitch"])
    assert "Against the true stems" in result.stderr


def test_components_are_joined_to_as_many_stems_as_asked_and_it_is_said_to_be_a_guess(place, run):
    result = run("separate", "mix.wav", "-k", 4, "--groups", 2, "--loss", "is", *QUICK)
    assert len(list((place / "mix-stems").glob("source_group_*.wav"))) == 2
    assert "which is a guess" in result.stderr


def test_what_no_template_explains_is_the_rest(place, run):
    run("separate", "mix.wav", "-k", 1, "--templates", "notes/A4.wav", "-o", "out", *QUICK)
    assert {path.name for path in (place / "out").glob("*.wav")} == {"source_A4.wav", "source_rest.wav"}
    assert "2 stems of an earlier run" in run("separate", "mix.wav", "-k", 1, "-o", "out", *QUICK).stderr


def test_plots_are_drawn_into_their_folder(place, run):
    run("separate", "mix.wav", "-k", 2, "--plots", "pictures", *QUICK)
    names = {"spectrogram", "templates", "activations", "piano_roll", "convergence"}
    assert {path.stem for path in (place / "pictures").iterdir()} == names
    for name in names:
        with Image.open(place / "pictures" / f"{name}.png") as picture:
            assert min(picture.size) > 150


def test_a_run_can_be_repeated_byte_for_byte(place, run):
    run("separate", "mix.wav", "--templates", "notes", "--per-source", 1, "--notes", "-o", "out", *QUICK)
    first = {path.name: path.read_bytes() for path in (place / "out").iterdir() if path.suffix != ".pw"}
    assert tomllib.loads(first["run.toml"].decode())["options"]["templates"] == ["../notes"]
    run("--config", "out/run.toml")
    assert {name: (place / "out" / name).read_bytes() for name in first} == first


def test_an_unfinished_fit_says_so_and_is_an_error_when_strict(place, run):
    result = run("separate", "mix.wav", "-k", 3, "--max-iter", 2, "--strict", code=4)
    assert "--max-iter 4 goes on" in result.stderr


# mistakes

MISTAKES = {
    "no such file": (["mxi.wav", "-k", 2], 2, "mxi.wav does not exist. Did you mean mix.wav"),
    "no -k": (["mix.wav"], 2, "-k is missing"),
    "-k too large": (["mix.wav", "-k", 99], 2, "-k 99 is more than min(frames, frequencies) = 35"),
    "unknown loss": (["mix.wav", "-k", 2, "--loss", "l1"], 2, "'l1' is not one of"),
    "hop above half a window": (["mix.wav", "-k", 2, "--hop", 1500], 2, "--window and --hop: window=2048 and hop=1500"),
    "more groups than components": (["mix.wav", "-k", 2, "--groups", 3], 2, "--groups 3 is more than -k 2"),
    "groups and templates": (["mix.wav", "--templates", "notes", "--groups", 2], 2, "--groups does not go with"),
    "a folder": (["notes", "-k", 2], 3, "notes is a folder. Give one sound file"),
    "empty": (["empty.wav", "-k", 2], 3, "empty.wav is empty (0 bytes)"),
    "not audio": (["text.wav", "-k", 2], 3, "text.wav is not a readable sound file"),
    "broken mp3": (["song.mp3", "-k", 2], 3, "song.mp3 is not a readable sound file of the kind .mp3. It may be cut"),
    "broken flac": (["song.flac", "-k", 2], 3, "song.flac is not a readable sound file"),
    "wrong extension": (["song.doc", "-k", 2], 3, ".doc is no kind of sound that is known. Known: .wav, .flac"),
    "one sample": (["one.wav", "-k", 1], 3, "one.wav holds 1 samples"),
    "silence": (["silent.wav", "-k", 1], 3, "silent.wav is silent: all 900 samples are 0"),
    "nan": (["nan.wav", "-k", 1], 3, "nan.wav has 1 samples that are nan or infinite (first: sample 900"),
    "missing templates": (["mix.wav", "--templates", "note"], 2, "note does not exist. Did you mean notes"),
    "templates without sound": (["mix.wav", "--templates", "texts"], 3, "texts holds no sound file"),
    "silent template": (["mix.wav", "--templates", "quiet"], 3, "x: the recording is silent"),
    "truth of another length": (["mix.wav", "-k", 1, "--truth", "short"], 3, "True stems are as long as the mix"),
}


@pytest.mark.parametrize(("arguments", "code", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_each_mistake_has_its_message_and_exit_code(arguments, code, said, place, run):
    assert said in " ".join(run("separate", *arguments, code=code).stderr.split())
    assert not list(place.glob("*-stems"))


def test_true_stems_are_as_many_as_the_stems(place, run):
    said = "--truth holds 2 stems, but there are 3"
    assert said in run("separate", "mix.wav", "-k", 3, "--truth", "truth", *QUICK, code=2).stderr


ABSENT = {"audio": ("soundfile", ["song.flac"]), "plot": ("matplotlib", ["mix.wav", "--plots", "p"])}


@pytest.mark.parametrize("extra", list(ABSENT))
def test_a_missing_extra_is_named_before_anything_is_computed(extra, place, run, monkeypatch):
    library, arguments = ABSENT[extra]
    monkeypatch.setitem(sys.modules, library, None)
    assert f'pip install "partwise[{extra}]"' in run("separate", *arguments, "-k", 2, code=2).stderr
