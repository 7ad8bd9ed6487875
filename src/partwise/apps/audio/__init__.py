"""Sound: from a recording to stems that sum to it, and from known notes to a piano roll.

`separate` takes a spectrogram apart and returns `Separation`; `learn_templates` makes known parts of other recordings.
`sdr_sir_sar` and `si_sdr` judge stems where the true ones are known. Reading and writing files is the business of
`partwise.io`, drawing that of `partwise.plot`.
"""

from .grouping import timbre_groups
from .measures import sdr_sir_sar, si_sdr
from .pitch import find_notes, note_name, pitch_of
from .separate import apply, separate
from .separation import Separation
from .templates import Templates, learn_templates, recordings_in
from .transform import Grid, resampled

__all__ = [
    "Grid",
    "Separation",
    "Templates",
    "apply",
    "find_notes",
    "learn_templates",
    "note_name",
    "pitch_of",
    "recordings_in",
    "resampled",
    "sdr_sir_sar",
    "separate",
    "si_sdr",
    "timbre_groups",
]
