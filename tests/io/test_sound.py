"""Sound files of every common kind, read and written; other parsers agree."""

import sys

import mido
import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from partwise.errors import DataError, MissingExtraError, MissingFileError
from partwise.io import as_sound, midi_bytes, read_sound, wav_bytes


@pytest.fixture
def wave():
    t = np.arange(4000) / 8000
    return 0.5 * np.sin(2 * np.pi * np.outer(t, [440, 660]))


@pytest.mark.parametrize(
    ("subtype", "step"),
    [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 2**-30), ("FLOAT", 1e-7), ("DOUBLE", 0)],
)
def test_a_wav_of_any_width_is_read_without_the_extra(subtype, step, wave, tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", wave, 8000, subtype=subtype)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    sound = read_sound(tmp_path / "a.wav")
    assert (sound.rate, sound.wave.shape, sound.seconds) == (8000, (4000, 2), 0.5)
    assert np.abs(sound.wave - wave).max() <= step


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "ulaw.wav"])
def test_other_kinds_are_read_by_soundfile_and_the_extra_is_named_where_it_is_missing(
    name, wave, tmp_path, monkeypatch
):
    soundfile.write(tmp_path / name, wave, 8000, subtype="ULAW" if name == "ulaw.wav" else None)
    sound = read_sound(tmp_path / name)
    assert (sound.rate, sound.wave.shape) == (8000, wave.shape)
    assert np.corrcoef(sound.wave[:, 0], wave[:, 0])[0, 1] > 0.99
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingExtraError, match=r'pip install "partwise\[audio\]"'):
        read_sound(tmp_path / name)


def test_what_is_written_is_read_back_by_three_parsers(wave, tmp_path):
    loud = 3 * wave  # beyond full scale: floats are not clipped
    (tmp_path / "a.wav").write_bytes(wav_bytes(loud, 44100))
    rate, by_scipy = wavfile.read(tmp_path / "a.wav")
    by_soundfile, same = soundfile.read(tmp_path / "a.wav")
    ours = read_sound(tmp_path / "a.wav")
    assert rate == same == ours.rate == 44100
    for samples in (by_scipy, by_soundfile, ours.wave):
        np.testing.assert_allclose(samples, loud, atol=2e-7)


def test_clipping_is_told(wave):
    assert "may be clipped" in as_sound(np.clip(5 * wave, -1, 1), 8000).notes[0]
    assert as_sound(wave, 8000).notes == ()


REFUSED = {
    "empty": ("empty.wav", b"", "is empty \\(0 bytes\\)"),
    "no samples": ("none.wav", wav_bytes(np.zeros((0, 1)), 8000), "holds 0 samples"),
    "one sample": ("one.wav", wav_bytes([[0.5]], 8000), "holds 1 samples"),
    "nan": ("nan.wav", wav_bytes([0.1, np.nan, 0.2], 8000), "first: sample 1"),
    "text": ("text.wav", b"this is a text and no sound at all", "not a readable sound file"),
    "a broken header": ("cut.wav", wav_bytes(np.ones(9), 8000)[:20], "not a readable"),
    "a wrong suffix": ("a.txt", b"sound", "is no kind of sound that is known. Known: .wav"),
    "no suffix": ("sound", b"sound", "no suffix is no kind"),
}


@pytest.mark.parametrize(("name", "content", "said"), list(REFUSED.values()), ids=list(REFUSED))
def test_what_is_no_sound_is_refused(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_sound(tmp_path / name)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(MissingFileError):
        read_sound(tmp_path / "a.wav")
    with pytest.raises(DataError, match="is a folder"):
        read_sound(tmp_path)


def test_notes_come_back_from_a_midi_file(tmp_path):
    notes = [(0.0, 0.5, 69, 100), (0.25, 1.0, 60, 64), (0.5, 0.75, 69, 1), (700.0, 700.5, 108, 127)]
    (tmp_path / "a.mid").write_bytes(midi_bytes(notes))
    now, sounding, found = 0.0, {}, []
    for message in mido.MidiFile(tmp_path / "a.mid"):
        now += message.time
        if message.type == "note_on":
            sounding[message.note] = (now, message.velocity)
        elif message.type == "note_off":
            start, velocity = sounding.pop(message.note)
            found.append((start, now, message.note, velocity))
    assert not sounding
    np.testing.assert_allclose(sorted(found), sorted(notes), atol=1 / 960)


@pytest.mark.parametrize("note", [(0, 0, 60, 1), (-1, 1, 60, 1), (0, 1, 128, 1), (0, 1, 60, 0)])
def test_an_impossible_note_is_refused(note):
    with pytest.raises(DataError, match="cannot be written"):
        midi_bytes([note])
