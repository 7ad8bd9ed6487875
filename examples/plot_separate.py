"""
Notes out of piano chords
=========================

Thirty seconds of piano chords, thirteen keys, the true score known. First NMF learns twenty spectra from the mix alone;
then it gets to know the keys from recordings of single notes, several spectra to each, and only asks when they sound.
"""

# %%
# Blind: twenty components of the mix
# -----------------------------------
# What is found is matched to the true notes, one to one, by the correlation of activations.

import matplotlib.pyplot as plt
import numpy as np

from partwise import plot
from partwise.apps.audio import learn_templates, separate
from partwise.apps.signals import match
from partwise.datasets import load_piano_mix, load_piano_notes
from partwise.io import as_sound

mix = load_piano_mix()
wave, rate, times = mix.extra["wave"], mix.extra["rate"], mix.extra["times"]


def agreement(found, activations):
    """Mean correlation with the score, in the frames that both know."""
    frames = np.searchsorted(found.times, times - 1e-6)
    return match(activations[frames], mix.extra["roll"].T)[1].mean()


blind = separate(wave, 20, rate=rate, random_state=4)
print(blind.info().splitlines()[0])
print(f"blind, 20 components: correlation {agreement(blind, blind.activations):.3f} (scikit-learn .840 to .847)")

# %%
# With templates of the single notes
# ----------------------------------
# A note changes its colour while it decays, so it gets four spectra, from its first two seconds. They stay in the unit
# of their own recording: activations then say how loud a note was struck, not how much of it is left.

notes = load_piano_notes()
waves = dict(zip(notes.feature_names, notes.extra["waves"], strict=True))
templates = learn_templates({name: as_sound(waves[name][: 2 * rate], rate) for name in mix.extra["notes"]}, 4)
known = separate(wave, rate=rate, templates=templates)
print(f"four templates a note: correlation {agreement(known, known.loudness):.3f} (one a note: .82)")

error = np.abs(known.sources.sum(axis=0)[:, 0] - wave).max() / np.abs(wave).max()
print(f"the stems sum to the mix to {error:.0e} of its peak")
assert agreement(known, known.loudness) > 0.86
assert error < 1e-6

# %%
# The piano roll over the score
# -----------------------------

found = known.find_notes()
print(f"{len(found)} notes; the first: {', '.join(found['name'].head(6))}")
figure, axes = plt.subplots(2, figsize=(10, 8), layout="constrained")
plot.spectrogram(known, axes[0])
plot.piano_roll(found, axes[1], truth=mix.extra["roll"], pitches=mix.extra["midi"], times=times)

plt.show()
